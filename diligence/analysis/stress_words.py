"""What breaks a company first, and why, in two sentences computed from its results."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from diligence.analysis.break_causes import BreakCauses, break_causes, joined_words
from diligence.analysis.deal_analysis import DealAnalysis
from diligence.projections.company_model import PriceKey
from diligence.stress import BreakEven
from diligence.stress.break_points import BreakPoint
from diligence.stress.market_model import price_processes
from diligence.stress.price_reach import Reached, price_of_work, reached
from diligence.stress.scenarios import Scenario
from diligence.stress.shock_sizes import year_sd
from diligence.units import format_months, format_multiple, format_percent

RUNG_WORDS = {"paid": "paid gross margin", "fully_loaded": "fully loaded gross margin"}
NEAR, FAR = 1.0, 2.0
"""Standard deviations of a year's move up to which a break is early, and from which it is late."""
SOON_MONTHS = 12


@dataclass(frozen=True)
class FirstBreak:
    """The price that takes a company's margin to zero soonest.

    Attributes
    ----------
    key, found
        The price over all suppliers, and its k* to a margin of zero.
    paid
        k* of the paid rung beside it.
    distance
        How far ln k* is from today over the standard deviation of a year's move of that price:
        prices that move little are far from the same multiple. 0 or less where the margin is gone
        already, inf where no multiple takes it.
    scenario
        The mildest scenario whose path reaches k* within a year, or within the horizon where none
        does, and when; None when no scenario reaches it.
    runway_months
        Months of cash at today's prices; None where cash is unknown or lasts.
    p_cash_out
        Chance that cash is gone within the horizon; None where cash is unknown.
    """

    company: str
    key: PriceKey
    found: BreakEven
    paid: BreakEven | None
    distance: float
    scenario: Reached | None
    scenario_title: str
    runway_months: float | None
    p_cash_out: float | None

    def to_json(self) -> dict[str, Any]:
        """Shape of ``diligence stress --json``."""
        return {
            "company": self.company,
            "price": self.key.label,
            "rung": self.found.rung,
            "k": None if self.found.k is None else float(self.found.k),
            "status": self.found.status,
            "distance_sds": None if math.isinf(self.distance) else self.distance,
            "scenario": self.scenario.to_json() if self.scenario else None,
            "p_cash_out": self.p_cash_out,
        }

    def summary(self) -> str:
        """Company, price and distance in one line."""
        far = "never" if math.isinf(self.distance) else f"{self.distance:.1f} sd away"
        k = "" if self.found.k is None else f" at {format_multiple(self.found.k)}"
        return f"{self.company}: {self.key.label}{k}, {far}"


def first_break(analysis: DealAnalysis) -> FirstBreak | None:
    """Find what breaks a company first; None where no k* is known.

    What is bought or rented counts, and where nothing is, what is sold: there the danger is a
    price that falls. The fully loaded rung counts, for free users are served at the same price as
    paying ones.
    """
    sds = {name: year_sd(each) for name, each in price_processes(analysis.register).items()}
    every = [
        (_distance(found, sds[key.input]), key, found)
        for key, found in _margin_breaks(analysis, "fully_loaded")
        if found.status in ("breaks_at", "already_below", "never")
    ]
    known = [entry for entry in every if entry[1].side in ("buy", "rent")] or every
    if not known:
        return None
    distance, key, found = min(known, key=lambda entry: (entry[0], entry[1]))
    paid = next((f for k, f in _margin_breaks(analysis, "paid") if k == key), None)
    scenario, title = _mildest(analysis, key, found)
    chance = analysis.future.simulation.p_cash_out(analysis.horizon_months)
    return FirstBreak(
        company=analysis.company,
        key=key,
        found=found,
        paid=paid,
        distance=distance,
        scenario=scenario,
        scenario_title=title,
        runway_months=analysis.future.scenarios.baseline.runway_months,
        p_cash_out=chance.value if chance else None,
    )


def break_order(analyses: Iterable[DealAnalysis]) -> tuple[FirstBreak, ...]:
    """Put companies in the order in which dearer inputs break them, the nearest first.

    Companies without a known k* are left out. Multiples of different inputs are compared by how
    far each of them usually moves in a year, not by their size: a GPU rent that doubles is rarer
    than a token price that doubles.
    """
    found = [each for analysis in analyses if (each := first_break(analysis)) is not None]
    return tuple(sorted(found, key=lambda each: (each.distance, each.company)))


def in_two_sentences(analysis: DealAnalysis) -> str:
    """Say what breaks a company first and by when, and why; every figure is computed.

    Parameters
    ----------
    analysis
        One deal with its exposures, scenarios and simulation.

    Returns
    -------
    str
        Two sentences. A company whose k* is unknown is told with what is missing.

    Examples
    --------
    >>> from diligence.analysis import analyse
    >>> from diligence.analysis.stress_analysis import StressOptions
    >>> from diligence.inputs.load import load_deal
    >>> from diligence.resources import resource_path
    >>> deal = load_deal(resource_path("datasets", "cases", "minimax"))
    >>> found = analyse(deal, stress_options=StressOptions(paths=64))
    >>> print(in_two_sentences(found).split(", ")[2])
    breaks first on GPU-hours rented: its fully loaded gross margin is gone at 1.33x today's price

    A lab that sells tokens is broken by what it rents, not by the price of tokens.
    """
    nearest = first_break(analysis)
    if nearest is None:
        return _nothing_known(analysis)
    causes = break_causes(analysis, nearest.key)
    return f"{_what(nearest, causes, analysis.horizon_months)} {_why(nearest, causes)}"


def _margin_breaks(analysis: DealAnalysis, rung: str) -> Iterator[tuple[PriceKey, BreakEven]]:
    """k* of the company's bought, rented and sold prices to a margin of zero."""
    keys = {priced.label: PriceKey(priced.input, priced.side) for priced in analysis.inputs}
    for found in analysis.break_evens:
        if (found.rung, found.target, found.segment) != (rung, "gross_margin_0", ""):
            continue
        if found.side != "own":
            yield keys[found.input], found


def _distance(found: BreakEven, sd: float) -> float:
    if found.k is None:
        return -math.inf if found.status == "already_below" else math.inf
    if found.k <= 0:
        return -math.inf
    rise = math.log(found.k) / sd
    return -rise if found.side == "sell" else rise


def _mildest(analysis: DealAnalysis, key: PriceKey, found: BreakEven) -> tuple[Reached | None, str]:
    """The scenario that reaches k* with the smallest move, within a year if any does."""
    if found.status != "breaks_at" or found.k is None:
        return None, ""
    point = BreakPoint(key, found.rung, "", found.target, float(found.k), found.status)
    after, months = analysis.deal.terms.as_of, analysis.horizon_months
    scenarios = [outcome.scenario for outcome in analysis.future.scenarios.outcomes]
    there = {
        each.scenario: each
        for each in reached(analysis.model, [point], scenarios, after=after, months=months)
        if each.status == "reached"
    }

    def order(scenario: Scenario) -> tuple[bool, float, int]:
        shock = scenario.shock(analysis.model.keys, months=months, after=after)
        path = price_of_work(analysis.model, shock, key)
        farthest = float(1 - path.min() if key.side == "sell" else path.max() - 1)
        month = there[scenario.name].month or 0
        return month > SOON_MONTHS, round(farthest, 6), month

    candidates = [scenario for scenario in scenarios if scenario.name in there]
    if not candidates:
        return None, ""
    chosen = min(candidates, key=order)
    return there[chosen.name], chosen.title


def _what(nearest: FirstBreak, causes: BreakCauses, horizon: int) -> str:
    label, rung = nearest.key.label, RUNG_WORDS[nearest.found.rung]
    who, cash = f"{nearest.company}, {causes.kind},", _cash(nearest, horizon)
    k = nearest.found.k
    if nearest.found.status == "already_below":
        back = (
            f"{label} would have to cost {format_multiple(k)} today's price to bring it back"
            if k is not None and k > 0
            else f"no price of {label} would bring it back"
        )
        return f"{who} is broken already: its {rung} is {causes.margin_words}, and {back}{cash}."
    if k is None:
        return f"{who} keeps its {rung} above zero at any price of {label}{cash}."
    gone = "gone when they fall to" if nearest.key.side == "sell" else "gone at"
    return (
        f"{who} breaks first on {label}: its {rung} is {gone} {format_multiple(k)} today's price"
        f"{_beside(nearest)}, {nearest.distance:.1f} standard deviations of a year's move away"
        f"{_when(nearest, horizon)}{cash}."
    )


def _beside(nearest: FirstBreak) -> str:
    limit = {"at_least": " or more", "at_most": " or less"}.get(nearest.found.limit, "")
    paid, k = nearest.paid, nearest.found.k
    if paid is None or paid.k is None or k is None or format_multiple(paid.k) == format_multiple(k):
        return limit
    return f"{limit} (the paid one at {format_multiple(paid.k)})"


def _when(nearest: FirstBreak, horizon: int) -> str:
    if nearest.scenario is None or nearest.scenario.on is None:
        return f", where no scenario gets within {horizon} months"
    return f", reached in {nearest.scenario.on:%B %Y} under “{nearest.scenario_title}”"


def _cash(nearest: FirstBreak, horizon: int) -> str:
    if nearest.p_cash_out is None:
        return "; its cash is not known"
    months = nearest.runway_months
    lasts = "" if months is None else f" lasts {format_months(months)} at today's prices and"
    chance = format_percent(nearest.p_cash_out, 0)
    return (
        f"; without new money its cash{lasts} is gone within {horizon} months in {chance} of "
        "simulated futures"
    )


def _why(nearest: FirstBreak, causes: BreakCauses) -> str:
    against, held = joined_words(causes.against), joined_words(causes.hedges)
    margin = f"today's margin is {causes.margin_words}"
    if nearest.distance > FAR:
        return f"It breaks late because {held or margin}" + _tail(", although ", against)
    if nearest.distance > NEAR:
        return f"It stands in between because {against or margin}" + _tail(", while ", held)
    opening = "It breaks early because" if nearest.distance > 0 else "That is because"
    return f"{opening} {against or margin}" + _tail(", softened only in that ", held)


def _tail(joint: str, clauses: str) -> str:
    return f"{joint}{clauses}." if clauses else "."


def _nothing_known(analysis: DealAnalysis) -> str:
    notes: Sequence[str] = [
        found.note for _, found in _margin_breaks(analysis, "fully_loaded") if found.note
    ]
    missing = notes[0] if notes else "needs exposure in deal.yaml (which inputs are bought)"
    margin = analysis.ladder.rung("paid").base
    shown = "unknown" if margin is None else format_percent(Decimal(margin))
    return (
        f"What breaks {analysis.company} first is not computable: {missing}. "
        f"Its paid gross margin is {shown} today."
    )
