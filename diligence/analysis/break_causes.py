"""Why a price breaks a company early or late: exposure, plans, pass-through, locks, suppliers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from diligence.analysis.deal_analysis import DealAnalysis
from diligence.costs.ladder import RungName
from diligence.costs.periods import lines_in
from diligence.inputs.deal import Archetype, Exposure
from diligence.projections.company_model import PriceKey
from diligence.projections.exposure import PricedInput, exposed
from diligence.units import format_percent
from diligence.units.periods import month_of

ONE, ZERO = Decimal(1), Decimal(0)
# House rules (grade E): from where a share is told as a danger, or as a hedge.
HIGH_EXPOSURE = Decimal("0.3")
"""Share of revenue: with a tenth of other cost, three times the price takes the margin to zero."""
CONCENTRATED = Decimal("0.7")
PASSED_ON = Decimal("0.25")
MOSTLY = Decimal("0.5")
SHOWN = Decimal("0.05")
KINDS = {
    Archetype.MODEL_LAB: "a model lab",
    Archetype.CODING_ASSISTANT: "a coding assistant",
    Archetype.CONSUMER_CHAT: "a consumer chat product",
    Archetype.SEARCH: "an answer engine",
    Archetype.IMAGE_GENERATION: "an image generator",
    Archetype.ENTERPRISE_AGENT: "an agent for enterprises",
    Archetype.GPU_CLOUD: "a GPU cloud",
    Archetype.APPLICATION: "an application",
}


@dataclass(frozen=True)
class BreakCauses:
    """What speaks for an early break of one price, and what holds against it, in clauses.

    ``kind`` is the company in words, ``margin_words`` today's fully loaded margin.
    """

    kind: str
    margin_words: str
    against: tuple[str, ...]
    hedges: tuple[str, ...]


def break_causes(analysis: DealAnalysis, key: PriceKey) -> BreakCauses:
    """Read the causes from the deal's exposures, revenue, contracts and ladder.

    Parameters
    ----------
    analysis
        The deal.
    key
        Input and side of the price that breaks first.
    """
    priced = next(p for p in analysis.inputs if (p.input, p.side) == (key.input, key.side))
    flat = flat_share(analysis)
    margin = analysis.ladder.rung("fully_loaded").base
    if key.side == "sell":
        words = _seller_facts(analysis, priced)
    else:
        words = _buyer_facts(analysis, priced, flat)
    return BreakCauses(
        kind=_kind(analysis.deal.terms.archetype, flat),
        margin_words="unknown" if margin is None else format_percent(margin),
        against=tuple(text for hurts, text in words if hurts),
        hedges=tuple(text for hurts, text in words if not hurts),
    )


def flat_share(analysis: DealAnalysis) -> Decimal | None:
    """Share of the headline period's revenue on flat plans; None where pricing is not stated."""
    rows = [
        row
        for row in lines_in(analysis.deal.revenue, analysis.period)
        if row.pricing and row.payer in ("", "paid")
    ]
    total = sum((row.net for row in rows), ZERO)
    if total <= 0:
        return None
    return sum((row.net for row in rows if row.pricing == "flat"), ZERO) / total


def joined_words(clauses: Sequence[str]) -> str:
    """Clauses in a sentence: a, b and c.

    Examples
    --------
    >>> joined_words(["a", "b", "c"])
    'a, b and c'
    """
    if len(clauses) < 2:
        return "".join(clauses)
    return f"{', '.join(clauses[:-1])} and {clauses[-1]}"


_Fact = tuple[bool, str]


def _buyer_facts(analysis: DealAnalysis, priced: PricedInput, flat: Decimal | None) -> list[_Fact]:
    share = _share_of_revenue(analysis, priced, "fully_loaded")
    unpaid = share - _share_of_revenue(analysis, priced, "paid")
    passed = exposed(priced, analysis.ladder, rung="fully_loaded").pass_through
    return [
        _exposure_fact(priced.label, share, unpaid),
        *([] if flat is None else [_flat_fact(flat)]),
        _passed_fact(passed),
        _supplier_fact(priced),
        *_lock_facts(analysis, priced),
        *_own_facts(analysis),
        *_sold_facts(analysis),
    ]


def _seller_facts(analysis: DealAnalysis, priced: PricedInput) -> list[_Fact]:
    share = _share_of_revenue(analysis, priced, "paid")
    facts: list[_Fact] = [
        (True, f"{priced.label} are {format_percent(share, 0)} of revenue"),
        (False, "it gains when their price rises"),
    ]
    own = [(True, f"{text}, whose cost stays") for _, text in _own_facts(analysis)]
    return [facts[0], *own, facts[1]]


def _kind(archetype: Archetype, flat: Decimal | None) -> str:
    return KINDS[archetype] + (" on flat plans" if flat is not None and flat >= MOSTLY else "")


def _share_of_revenue(analysis: DealAnalysis, priced: PricedInput, rung: RungName) -> Decimal:
    revenue = analysis.ladder.company.basis.revenue
    amount = exposed(priced, analysis.ladder, rung=rung).amount
    return amount / revenue if revenue else ZERO


def _exposure_fact(label: str, share: Decimal, unpaid: Decimal) -> _Fact:
    free = (
        f", {format_percent(unpaid / share, 0)} of that for free users and tuning"
        if unpaid >= SHOWN
        else ""
    )
    if share >= HIGH_EXPOSURE:
        return True, f"{label} take {format_percent(share, 0)} of revenue{free}"
    return False, f"{label} take only {format_percent(share, 0)} of revenue{free}"


def _flat_fact(flat: Decimal) -> _Fact:
    if flat >= MOSTLY:
        return True, f"{format_percent(flat, 0)} of revenue is on flat plans"
    return False, f"only {format_percent(flat, 0)} of revenue is on flat plans"


def _passed_fact(passed: Decimal) -> _Fact:
    if passed <= 0:
        return True, "nothing of a rise is passed on"
    if passed < PASSED_ON:
        return True, f"only {format_percent(passed, 0)} of a rise is passed on"
    return False, f"{format_percent(passed, 0)} of a rise is passed on"


def _supplier_fact(priced: PricedInput) -> _Fact:
    serving = _serving(priced)
    total = sum((exposure.share for exposure in serving), ZERO)
    by_name: dict[str, Decimal] = {}
    for exposure in serving:
        by_name[exposure.supplier] = by_name.get(exposure.supplier, ZERO) + exposure.share
    top = max(by_name, key=lambda name: by_name[name])
    share = by_name[top] / total if total else ONE
    if len(by_name) == 1:
        return True, f"all {priced.label} come from {top}"
    if share > CONCENTRATED:
        return True, f"{top} alone supplies {format_percent(share, 0)} of them"
    return False, f"{len(by_name)} suppliers share them"


def _lock_facts(analysis: DealAnalysis, priced: PricedInput) -> list[_Fact]:
    lines = [
        line
        for part in analysis.model.segments
        for line in part.lines
        if (line.key.input, line.key.side) == (priced.input, priced.side)
        and line.applies_to == "inference"
    ]
    total = sum(line.paid + line.unpaid for line in lines)
    locked = [line for line in lines if line.locked_months > 0]
    held = sum(line.paid + line.unpaid for line in locked)
    if not total or not held:
        return [(True, "no price is locked")]
    ends = {line.locked_months for line in locked}
    until = _month_after(analysis.deal.terms.as_of, max(ends))
    part = "all" if held >= total * 0.995 else format_percent(held / total, 0)
    latest = " at the latest" if len(ends) > 1 else ""
    return [(False, f"the price of {part} of them is locked until {until:%B %Y}{latest}")]


def _own_facts(analysis: DealAnalysis) -> list[_Fact]:
    share = sum(
        (
            exposure.share
            for priced in analysis.inputs
            if priced.side == "own"
            for exposure in _serving(priced)
        ),
        ZERO,
    )
    return [(False, f"own GPUs carry {format_percent(share, 0)} of serving")] if share else []


def _sold_facts(analysis: DealAnalysis) -> list[_Fact]:
    facts: list[_Fact] = []
    for priced in analysis.inputs:
        if priced.side != "sell":
            continue
        share = _share_of_revenue(analysis, priced, "paid")
        facts.append(
            (
                False,
                f"{priced.label} are {format_percent(share, 0)} of revenue and gain when their "
                "price rises",
            )
        )
    return facts


def _serving(priced: PricedInput) -> list[Exposure]:
    return [e for e in priced.exposures if e.applies_to == "inference"]


def _month_after(after: date, months: int) -> date:
    return month_of(after).shifted(months).end
