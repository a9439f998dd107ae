"""One deal under parameters that an analyst moves: scenarios, prices, responses, savings."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from diligence.analysis.deal_analysis import DealAnalysis
from diligence.analysis.stress_analysis import chosen_scenarios
from diligence.errors import InputError
from diligence.projections import CompanyModel, PriceKey, Projection, project
from diligence.projections.company_model import SegmentModel
from diligence.projections.levers import combined_saving
from diligence.projections.response_modes import frozen, without_levers
from diligence.projections.responses import Lever
from diligence.stress.mitigation_map import MitigationMap, mitigation_map
from diligence.stress.model_break_even import exposed_lines
from diligence.stress.price_stress import moving_inputs
from diligence.stress.scenario_results import (
    SHRINKING,
    Outcome,
    ScenarioOutcome,
    improves_by_shrinking,
    run_scenarios,
)
from diligence.stress.scenarios import PRICE_TARGETS, Move, Scenario, Size

if TYPE_CHECKING:
    import pandas as pd

TODAY, OWN = "today's prices", "your own multiples"
MOST_SCENARIOS = 3
"""Scenarios at once: with today's prices and the analyst's own multiples, five lines stay apart."""
LEVER_RAMP_MONTHS = 6
_SIDES: tuple[Literal["buy", "rent", "sell"], ...] = ("buy", "rent", "sell")
_UNMOVED = Scenario("unmoved", TODAY, (Move("usage", "step", Size(1.0)),))
_RANGES = {
    "tokens_per_task": (0.01, 100.0),
    "pass_through": (0.0, 1.0),
    "elasticity": (0.0, 5.0),
    "saving": (0.0, 0.95),
}


@dataclass(frozen=True)
class WhatIf:
    """What an analyst moves; the defaults move nothing.

    Parameters
    ----------
    scenarios
        Names of at most three scenarios, each a line of its own; ``a+b`` is two at once.
    multiples
        Price multiple by input ("tokens bought", "GPU-hours rented"), from month 1 or the end of a
        lock; above 0 and up to 100.
    tokens_per_task
        Tokens for the same work over today's, 0.01 to 100; with ``multiples`` the analyst's own
        line.
    pass_through
        Share of a rise in dollars that customers bear, 0 to 1; None leaves it as stated.
    elasticity
        Price elasticity of volume, 0 to 5; None leaves it as stated.
    saving
        Share of inference cost that is saved, 0 to 0.95, over six months and without its cost: an
        upper limit.
    levers
        Pull the company's own levers, re-routing and self-hosting as stated, too.

    Raises
    ------
    InputError
        When a parameter is out of its range.
    """

    scenarios: tuple[str, ...] = ()
    multiples: Mapping[str, float] = field(default_factory=dict)
    tokens_per_task: float = 1.0
    pass_through: float | None = None
    elasticity: float | None = None
    saving: float = 0.0
    levers: bool = False

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise InputError(f"{name} runs from {low:g} to {high:g}; found {value!r}.")
        for label, multiple in self.multiples.items():
            if not 0 < multiple <= 100:
                raise InputError(
                    f"A price multiple is above 0 and at most 100; found {multiple!r} for {label}."
                )
        if len(self.scenarios) > MOST_SCENARIOS:
            raise InputError(
                f"{len(self.scenarios)} scenarios do not stay apart in one chart; choose at most "
                f"{MOST_SCENARIOS}, or join some by '+'."
            )


@dataclass(frozen=True)
class Course:
    """One line: a scenario, month by month, and what it leaves at month 12."""

    name: str
    projection: Projection
    outcome: Outcome
    label: str = ""


@dataclass(frozen=True)
class WhatIfResult:
    """A company under what an analyst moved; today's prices come first.

    ``model`` is the company with the analyst's responses, ``mitigation`` the map of the bought or
    rented input that most cost moves with; None without one.
    """

    company: str
    settings: WhatIf
    model: CompanyModel
    courses: tuple[Course, ...]
    mitigation: MitigationMap | None

    def __getitem__(self, name: str) -> Course:
        """Return a line by its name."""
        return next(course for course in self.courses if course.name == name)

    def to_frame(self) -> pd.DataFrame:
        """One row a month and line: paid margin as a fraction, cash in reporting currency."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "month": result.month,
                    "scenario": course.name,
                    "paid_margin": course.projection.paid_margin(result.month),
                    "cash": result.cash,
                }
                for course in self.courses
                for result in course.projection.months
            ]
        )

    def summary(self) -> str:
        """One line a course."""
        return "\n".join(f"{c.name}: {c.projection.summary()}" for c in self.courses)

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def what_if(analysis: DealAnalysis, settings: WhatIf) -> WhatIfResult:
    """Run what an analyst moved through the engine.

    Nothing moved gives the deal's own projection without levers.

    Raises
    ------
    InputError
        When a scenario or an input is unknown.
    """
    model = changed_model(analysis.model, settings)
    after, months = analysis.deal.terms.as_of, analysis.horizon_months
    scenarios = [
        _UNMOVED,
        *own_scenario(analysis.model, settings),
        *(chosen_scenarios(analysis.deal, settings.scenarios) if settings.scenarios else ()),
    ]
    outcomes = run_scenarios(model, scenarios, after=after, months=months).outcomes
    courses = []
    for found in outcomes:
        answering = frozen(model) if found.scenario.responses == "frozen" else model
        shock = found.scenario.shock(model.keys, months=months, after=after)
        courses.append(
            Course(
                found.scenario.title,
                project(answering, shock),
                found.with_levers,
                SHRINKING if _shrinks(found, outcomes[0]) else "",
            )
        )
    return WhatIfResult(analysis.company, settings, model, tuple(courses), _map(model))


def changed_model(model: CompanyModel, settings: WhatIf) -> CompanyModel:
    """The company with the analyst's pass-through, elasticity and savings.

    Examples
    --------
    >>> from diligence.projections.company_model import PricedLine, SegmentModel
    >>> line = PricedLine(PriceKey("tokens", "buy", "OpenAI"), paid=30.0)
    >>> model = CompanyModel("A", "USD", (SegmentModel("", 100.0, lines=(line,)),))
    >>> changed = changed_model(model, WhatIf(pass_through=0.5))
    >>> changed.segments[0].lines[0].pass_through
    0.5

    Half of a rise reaches the customers' bill, whatever the deck says.
    """
    base = model if settings.levers else without_levers(model)
    if settings.saving:
        lever = Lever("your own saving", settings.saving, ramp_months=LEVER_RAMP_MONTHS)
        base = dataclasses.replace(base, levers=(*base.levers, lever))
    segments = base.segments
    if settings.pass_through is not None:
        segments = tuple(_with_pass_through(part, settings.pass_through) for part in segments)
    if settings.elasticity is not None:
        segments = tuple(_with_elasticity(part, settings.elasticity) for part in segments)
    return dataclasses.replace(base, segments=segments)


def own_scenario(model: CompanyModel, settings: WhatIf) -> Iterator[Scenario]:
    """The analyst's own multiples as a scenario, if any of them moves something.

    Raises
    ------
    InputError
        When the company has no such input.
    """
    keys = {key.label: key for key in moving_inputs(model)}
    unknown = [label for label in settings.multiples if label not in keys]
    if unknown:
        raise InputError(
            f"No priced input {unknown[0]!r}; the deal has {', '.join(keys) or 'none'}."
        )
    moves = [
        _step(keys[label], multiple)
        for label, multiple in sorted(settings.multiples.items())
        if multiple != 1.0
    ]
    if settings.tokens_per_task != 1.0:
        moves.append(Move("tokens_per_task", "step", Size(settings.tokens_per_task)))
    if moves:
        yield Scenario(OWN, OWN, tuple(moves))


def stated_pass_through(model: CompanyModel) -> float:
    """Share of a rise in paid inference cost that customers bear as stated."""
    lines = [line for part in model.segments for line in part.lines if line.key.side != "sell"]
    paid = sum(line.paid for line in lines)
    return sum(line.paid * line.pass_through for line in lines) / paid if paid else 0.0


def stated_elasticity(model: CompanyModel) -> float:
    """Price elasticity as stated, segments weighed by their revenue."""
    revenue = model.revenue
    weighed = sum(part.revenue * part.response.price_elasticity for part in model.segments)
    return weighed / revenue if revenue > 0 else 0.0


def stated_saving(model: CompanyModel) -> float:
    """Share of inference cost that the company's own levers save together at full ramp."""
    return combined_saving(model.levers)


def _with_pass_through(part: SegmentModel, share: float) -> SegmentModel:
    lines = tuple(dataclasses.replace(line, pass_through=share) for line in part.lines)
    return dataclasses.replace(part, lines=lines)


def _with_elasticity(part: SegmentModel, elasticity: float) -> SegmentModel:
    response = dataclasses.replace(part.response, price_elasticity=elasticity)
    return dataclasses.replace(part, response=response)


def _step(key: PriceKey, multiple: float) -> Move:
    of = next(name for name in PRICE_TARGETS if name == key.input)
    side = next(name for name in _SIDES if name == key.side)
    return Move(of, "step", Size(multiple), side=side)


def _shrinks(found: ScenarioOutcome, today: ScenarioOutcome) -> bool:
    """The model given to the table pulls only the levers that the analyst wants pulled."""
    worse = found.held_still.gross_profit < today.held_still.gross_profit
    return worse and improves_by_shrinking(found.with_levers, today.with_levers)


def _map(model: CompanyModel) -> MitigationMap | None:
    bought = [key for key in moving_inputs(model) if key.side in ("buy", "rent")]

    def cost(key: PriceKey) -> float:
        return sum(line.paid for line in exposed_lines(model, key))

    exposed = [key for key in bought if cost(key) > 0]
    if not exposed or model.revenue <= 0:
        return None
    return mitigation_map(model, max(exposed, key=cost))
