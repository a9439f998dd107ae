"""A month of the headline period: the starting point of every projection."""

from __future__ import annotations

from dataclasses import dataclass

from diligence.costs import MarginLadder
from diligence.costs.ladder import rung_costs
from diligence.projections.exposure import Exposed, PricedInput, exposed
from diligence.units import Period


@dataclass(frozen=True)
class ExposedMonth:
    """Money a month that moves with one input: in the paid rung, and in all operating cost.

    ``passed`` is what customers bear of a rise of 100 %.
    """

    paid: float
    operating: float
    passed: float


@dataclass(frozen=True)
class RunRate:
    """Monthly amounts of the company, in reporting currency.

    ``operating_cost`` is all the ledger holds; where it lacks selling or administrative cost the
    bridge to observed cash burn carries them. ``volume_cost`` is the part that grows with volume:
    all inference, and what else the cost of revenue holds.
    """

    period: Period
    revenue: float
    paid_cost: float
    volume_cost: float
    operating_cost: float
    inputs: tuple[PricedInput, ...]
    exposed: tuple[ExposedMonth, ...]

    @property
    def paid_margin(self) -> float | None:
        """Paid gross margin, a fraction; None without revenue."""
        return 1 - self.paid_cost / self.revenue if self.revenue > 0 else None

    @property
    def operating_loss(self) -> float:
        """Operating loss a month; negative when the company earns money."""
        return self.operating_cost - self.revenue


def run_rate(ladder: MarginLadder, *, period: Period, inputs: tuple[PricedInput, ...]) -> RunRate:
    """Divide the company's period into equal months.

    Raises
    ------
    PeriodError
        When the period is not a whole number of months.
    """
    months = period.months
    costs = {name: float(cost) / months for name, cost in rung_costs(ladder.company.basis).items()}
    return RunRate(
        period=period,
        revenue=float(ladder.company.basis.revenue) / months,
        paid_cost=costs["paid"],
        volume_cost=costs["fully_loaded"],
        operating_cost=costs["operating"],
        inputs=inputs,
        exposed=tuple(_month(priced, ladder, months) for priced in inputs),
    )


def _month(priced: PricedInput, ladder: MarginLadder, months: int) -> ExposedMonth:
    paid: Exposed = exposed(priced, ladder, rung="paid")
    operating: Exposed = exposed(priced, ladder, rung="operating")
    return ExposedMonth(
        float(paid.amount) / months,
        float(operating.amount) / months,
        float(operating.passed) / months,
    )
