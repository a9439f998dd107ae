"""Serving cost of one period of the books with its bound: what a unit cost is made from."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from diligence.units import Period

if TYPE_CHECKING:
    from diligence.costs import CostBasis

ZERO = Decimal(0)


@dataclass(frozen=True)
class ServedPeriod:
    """Serving cost and net revenue of one period of the books, in reporting currency.

    ``low`` to ``high`` is a bound: all or none of what is not settled. ``needs`` says why the
    cost is not known; the period then counts in no unit cost.
    """

    period: Period
    cost: Decimal
    low: Decimal
    high: Decimal
    revenue: Decimal | None = None
    needs: str = ""

    @property
    def open_share(self) -> Decimal:
        """Width of the bound over the cost; 0 without cost."""
        return (self.high - self.low) / self.cost if self.cost > 0 else ZERO


def served_period(period: Period, basis: CostBasis) -> ServedPeriod:
    """Serving of all payers, credits added back, with the base share of the open pool.

    Examples
    --------
    >>> from diligence.costs import CostBasis
    >>> from diligence.units import parse_period
    >>> june = CostBasis(
    ...     revenue=Decimal(90), paid_in_cogs=Decimal(30), pool_in_cogs=Decimal(10)
    ... )
    >>> found = served_period(parse_period("2026-06"), june)
    >>> found.cost, found.low, found.high
    (Decimal('40'), Decimal('30'), Decimal('40'))

    A pool of 10 may serve or train: by prudence it serves, and serving costs at least 30.
    """
    settled = basis.paid_in_cogs + basis.paid_elsewhere + basis.free_in_cogs + basis.free_elsewhere
    cost = settled + basis.credits_high + basis.serving_pool
    shares = (basis.pool_share_low, basis.pool_share_high)
    swings = [basis.pool * (share - basis.pool_share) for share in shares]
    less = basis.serving_less + basis.may_leave_paid + basis.unread
    more = basis.serving_more + basis.may_join_serving + basis.unread + basis.unreconciled
    return ServedPeriod(
        period=period,
        cost=cost,
        low=cost + min(*swings, ZERO) - less - (basis.credits_high - basis.credits_low),
        high=cost + max(*swings, ZERO) + more,
        revenue=basis.revenue,
        needs=basis.serving_needs,
    )
