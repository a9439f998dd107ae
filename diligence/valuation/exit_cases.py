"""What a company is worth at the exit, in one case of its gross profit: outcomes with weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from diligence.projections.projection import Projection
from diligence.valuation.assumptions import MONTHS_A_YEAR, ValuationAssumptions
from diligence.valuation.returns import growth_path

Method = Literal["point", "scenario_weighted", "none"]


@dataclass(frozen=True)
class CompanyCase:
    """A company in one case: base or stressed, both at the same moment.

    Parameters
    ----------
    revenue, gross_profit
        A year's at run rate, reporting currency; gross profit after serving everybody (fully
        loaded).
    growth
        Growth of both over the next year, a fraction; None where unknown.
    capital_needed
        Money beyond this round that keeps cash over its minimum; None where cash is unknown.
    p_cash_out
        Chance of running out of cash before the exit, where simulated.
    """

    revenue: float
    gross_profit: float
    growth: float | None = None
    capital_needed: float | None = None
    p_cash_out: float | None = None

    @property
    def margin(self) -> float:
        """Fully loaded gross margin."""
        return self.gross_profit / self.revenue if self.revenue else 0.0

    @classmethod
    def of(
        cls,
        projection: Projection,
        *,
        growth: float | None,
        new_money: float,
        month: int = MONTHS_A_YEAR,
        p_cash_out: float | None = None,
    ) -> CompanyCase:
        """Read a case from one month of a projection; read base and stressed at the same one.

        Parameters
        ----------
        growth
            Over the next year, a fraction; None where unknown.
        new_money
            The round's primary money, which the projection's cash does not hold.
        month
            Counted from 1.
        """
        at = projection.months[month - 1]
        needed = projection.capital_needed
        return cls(
            revenue=MONTHS_A_YEAR * at.revenue,
            gross_profit=MONTHS_A_YEAR * (at.revenue - at.fully_loaded_cost),
            growth=growth,
            capital_needed=None if needed is None else max(needed - new_money, 0.0),
            p_cash_out=p_cash_out,
        )


@dataclass(frozen=True)
class Outcome:
    """One state at the exit: its weight, and the enterprise value then."""

    name: str
    weight: float
    enterprise_value: float


def point_outcome(
    case: CompanyCase, *, growth: float, multiple: float, assumed: ValuationAssumptions
) -> Outcome:
    """The exit where gross profit grows from today's; nothing where it is not positive.

    Parameters
    ----------
    growth
        Of the first year, a fraction; it fades by the assumed endurance.
    multiple
        Of a year's gross profit at the exit.
    """
    grown = _growth_factor(growth, assumed)
    return Outcome("as projected", 1.0, max(case.gross_profit, 0.0) * grown * multiple)


def forward_outcomes(
    case: CompanyCase, *, base: CompanyCase, growth: float, assumed: ValuationAssumptions
) -> tuple[Outcome, ...]:
    """Weighted states of a company whose gross profit gives no multiple today.

    The margin recovers to its target, less what stress takes from it; it stays as it is; or
    nothing is left. The weight of the last is the higher of the assumed one and the simulated
    chance of running out of cash; the others keep their proportion.
    """
    failure = max(assumed.forward_weight_failure, case.p_cash_out or 0.0)
    open_weight = 1 - assumed.forward_weight_failure
    part = assumed.forward_weight_recovery / open_weight if open_weight > 0 else 0.0
    grown = case.revenue * _growth_factor(growth, assumed)
    lost = max(base.margin - case.margin, 0.0)
    recovered = max(assumed.target_gross_margin - lost, case.margin)
    worth = grown * assumed.exit_gross_profit_multiple
    return (
        Outcome("margin recovers", (1 - failure) * part, worth * max(recovered, 0.0)),
        Outcome("margin stays", (1 - failure) * (1 - part), worth * max(case.margin, 0.0)),
        Outcome("fails", failure, 0.0),
    )


def expected_today(outcomes: Sequence[Outcome], assumed: ValuationAssumptions) -> float:
    """Weighted enterprise value at the exit, discounted at the hurdle."""
    expected = sum(outcome.weight * outcome.enterprise_value for outcome in outcomes)
    return float(expected / (1 + assumed.hurdle_irr) ** assumed.exit_years)


def as_money(value: float) -> Decimal:
    """A float of the projection as whole units of money.

    Examples
    --------
    >>> as_money(1234.56)
    Decimal('1235')
    """
    return Decimal(round(value))


def _growth_factor(growth: float, assumed: ValuationAssumptions) -> float:
    return growth_path(growth, endurance=assumed.growth_endurance, years=assumed.exit_years)
