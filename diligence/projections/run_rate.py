"""A month of the last actual period: the starting point of every projection."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from diligence.costs import ScopeLadder
from diligence.projections.exposure import PricedInput, exposed_amount
from diligence.units import Period


@dataclass(frozen=True)
class RunRate:
    """Monthly amounts of one scope, in reporting currency.

    ``operating_cost`` is all the ledger holds; where it lacks selling or administrative cost the
    bridge to observed cash burn carries them.

    ``exposed`` holds, for each priced input (same order as ``inputs``), the monthly amount that
    moves with its price in the paid rung and in the whole operating result.
    """

    period: Period
    revenue: float
    paid_cost: float
    operating_cost: float
    inputs: tuple[PricedInput, ...]
    exposed_paid: tuple[float, ...]
    exposed_operating: tuple[float, ...]

    @property
    def paid_margin(self) -> float | None:
        """Paid gross margin, a fraction; None without revenue."""
        return 1 - self.paid_cost / self.revenue if self.revenue else None

    @property
    def operating_loss(self) -> float:
        """Operating loss a month; negative when the company earns money."""
        return self.operating_cost - self.revenue


def run_rate(scope: ScopeLadder, *, period: Period, inputs: tuple[PricedInput, ...]) -> RunRate:
    """Divide a scope's period into equal months.

    Raises
    ------
    PeriodError
        When the period is not a whole number of months.
    """
    months = period.months
    return RunRate(
        period=period,
        revenue=float(scope.basis.revenue) / months,
        paid_cost=_monthly(scope.rung("paid").cost_base, months),
        operating_cost=float(scope.basis.ledger_total + scope.basis.credits_high) / months,
        inputs=inputs,
        exposed_paid=tuple(
            float(exposed_amount(i, scope.basis, rung="paid")) / months for i in inputs
        ),
        exposed_operating=tuple(
            float(exposed_amount(i, scope.basis, rung="operating")) / months for i in inputs
        ),
    )


def _monthly(amount: Decimal | None, months: int) -> float:
    return float(amount) / months if amount is not None else float("nan")
