"""What each named scenario leaves of a company: margin, profit, cash and months."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from diligence.projections.company_model import CompanyModel
from diligence.projections.projection import Projection, project
from diligence.projections.response_modes import frozen, without_levers
from diligence.projections.shocks import Shock, no_shock
from diligence.stress.scenarios import Case, Scenario

if TYPE_CHECKING:
    import pandas as pd

HORIZON_MONTH = 12
SHRINKING = "improves by shrinking"
CASES: tuple[Case, ...] = ("low", "base", "high")


@dataclass(frozen=True)
class Outcome:
    """A company at month 12 of one projection, and its cash through the horizon.

    Margins are fractions; money is a month's, in reporting currency. ``capital_needed`` keeps cash
    at its minimum through the horizon.
    """

    gross_margin: float | None
    revenue: float
    gross_profit: float
    operating_result: float
    runway_months: float | None
    runway_status: str
    capital_needed: float | None
    segments: tuple[tuple[str, float | None], ...] = ()

    @property
    def months_or_beyond(self) -> float:
        """Runway for comparisons; inf where cash lasts or is unknown."""
        return float("inf") if self.runway_months is None else self.runway_months


@dataclass(frozen=True)
class ScenarioOutcome:
    """One scenario: as the company would answer, held still, and with its levers pulled.

    ``low`` and ``high`` are the ends of the scenario's range, as the company would answer; None
    without a range. ``label`` says when a figure improves only because the company shrinks;
    ``touches`` is False when nothing of the scenario reaches this company.
    """

    scenario: Scenario
    stated: Outcome
    held_still: Outcome
    with_levers: Outcome
    low: Outcome | None = None
    high: Outcome | None = None
    label: str = ""
    touches: bool = True

    def to_json(self) -> dict[str, Any]:
        """Shape of ``diligence stress --json``."""
        return {
            "name": self.scenario.name,
            "title": self.scenario.title,
            "kind": self.scenario.kind,
            "dated": self.scenario.dated.isoformat() if self.scenario.dated else None,
            "source": self.scenario.source,
            "gross_margin": self.stated.gross_margin,
            "gross_margin_low": self.low.gross_margin if self.low else None,
            "gross_margin_high": self.high.gross_margin if self.high else None,
            "gross_margin_held_still": self.held_still.gross_margin,
            "gross_margin_with_levers": self.with_levers.gross_margin,
            "gross_profit_per_month": self.stated.gross_profit,
            "operating_result_per_month": self.stated.operating_result,
            "runway_months": self.stated.runway_months,
            "runway_status": self.stated.runway_status,
            "capital_needed": self.stated.capital_needed,
            "label": self.label,
            "touches": self.touches,
        }


@dataclass(frozen=True)
class ScenarioTable:
    """Every scenario against the baseline, in the order given."""

    baseline: Outcome
    outcomes: tuple[ScenarioOutcome, ...]

    def __getitem__(self, name: str) -> ScenarioOutcome:
        """Return the outcome of a scenario by its name."""
        return next(found for found in self.outcomes if found.scenario.name == name)

    def to_frame(self) -> pd.DataFrame:
        """One row a scenario."""
        import pandas as pd

        return pd.DataFrame([outcome.to_json() for outcome in self.outcomes])

    def summary(self) -> str:
        """One line a scenario."""
        return "\n".join(
            f"{found.scenario.title}: paid margin {_percent(found.stated.gross_margin)}, "
            f"{_runway(found.stated)}" + (f" ({found.label})" if found.label else "")
            for found in self.outcomes
        )

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def run_scenarios(
    model: CompanyModel, scenarios: Sequence[Scenario], *, after: date, months: int = 36
) -> ScenarioTable:
    """Run scenarios through the engine, one at a time.

    Parameters
    ----------
    model
        The company with every response it states.
    scenarios
        Named moves; several at once are one composed scenario.
    after
        Date of the analysis.
    months
        Months ahead, 12 or more for the margin of month 12.

    Raises
    ------
    InputError
        When a scenario's move starts before the analysis.
    """
    company = _Company(model, frozen(model), without_levers(model))
    baseline = _outcome(company.answering, no_shock(months))
    still = _outcome(company.still, no_shock(months))
    return ScenarioTable(
        baseline,
        tuple(
            _run(company, scenario, baseline, still.gross_profit, after=after, months=months)
            for scenario in scenarios
        ),
    )


@dataclass(frozen=True)
class _Company:
    with_levers: CompanyModel
    still: CompanyModel
    answering: CompanyModel


def _run(
    company: _Company,
    scenario: Scenario,
    baseline: Outcome,
    profit_held_still: float,
    *,
    after: date,
    months: int,
) -> ScenarioOutcome:
    shocks = {
        case: scenario.shock(company.still.keys, months=months, after=after, case=case)
        for case in (CASES if scenario.has_range else CASES[1:2])
    }
    is_frozen = scenario.responses == "frozen"
    answering = company.still if is_frozen else company.answering
    held = _outcome(company.still, shocks["base"])
    stated = held if is_frozen else _outcome(answering, shocks["base"])
    worse = held.gross_profit < profit_held_still
    return ScenarioOutcome(
        scenario=scenario,
        stated=stated,
        held_still=held,
        with_levers=held if is_frozen else _outcome(company.with_levers, shocks["base"]),
        low=_outcome(answering, shocks["low"]) if "low" in shocks else None,
        high=_outcome(answering, shocks["high"]) if "high" in shocks else None,
        label=SHRINKING if worse and improves_by_shrinking(stated, baseline) else "",
        touches=_touches(shocks["base"]),
    )


def _touches(shock: Shock) -> bool:
    levels = (shock.tokens, shock.usage, shock.customers, shock.retraining, *shock.prices.values())
    return any(level is not None and bool((level != 1).any()) for level in levels)


def improves_by_shrinking(stressed: Outcome, baseline: Outcome) -> bool:
    """Tell whether margin or runway rises while revenue or gross profit falls.

    Customers who leave take their cost with them: where each one costs more than it pays, burn
    falls and cash lasts longer on a smaller company.
    """
    higher = (
        stressed.gross_margin is not None
        and baseline.gross_margin is not None
        and stressed.gross_margin > baseline.gross_margin
    )
    longer = stressed.months_or_beyond > baseline.months_or_beyond
    smaller = stressed.revenue < baseline.revenue or stressed.gross_profit < baseline.gross_profit
    return (higher or longer) and smaller


def _outcome(model: CompanyModel, shock: Shock) -> Outcome:
    projection = project(model, shock)
    month = min(HORIZON_MONTH, shock.months)
    result = projection.months[month - 1]
    return Outcome(
        gross_margin=projection.paid_margin(month),
        revenue=result.revenue,
        gross_profit=result.gross_profit,
        operating_result=result.operating_result,
        runway_months=projection.runway_months,
        runway_status=projection.runway_status,
        capital_needed=projection.capital_needed,
        segments=_segments(projection, month),
    )


def _segments(projection: Projection, month: int) -> tuple[tuple[str, float | None], ...]:
    return tuple((name, margins[month - 1]) for name, margins in projection.segments.items())


def _percent(value: float | None) -> str:
    return "n/a" if value is None else f"{100 * value:.1f} %"


def _runway(outcome: Outcome) -> str:
    months = outcome.runway_months
    return (
        f"runway {months:.1f} months" if months is not None else f"runway {outcome.runway_status}"
    )
