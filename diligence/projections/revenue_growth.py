"""Growth of revenue over a year, from the longest span that has its equal a year before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from diligence.costs.periods import lines_in
from diligence.inputs.deal import RevenueLine
from diligence.units import Period
from diligence.units.periods import trailing

SPANS = (12, 9, 6, 3, 1)
_YEAR = 12


@dataclass(frozen=True)
class RevenueGrowth:
    """Growth of a span over the same span a year earlier, so that seasons cancel.

    ``per_year`` is a fraction: 1 is a doubling.
    """

    span: Period
    revenue: Decimal
    revenue_before: Decimal

    @property
    def per_year(self) -> float:
        """Growth in a year."""
        return float(self.revenue / self.revenue_before) - 1

    def summary(self) -> str:
        """Growth and span in words."""
        return f"revenue grew {self.per_year:+.0%} in a year ({self.span.label})"


def revenue_growth(revenue: Sequence[RevenueLine]) -> RevenueGrowth | None:
    """Measure growth over a year; None where no span has its equal a year before.

    Parameters
    ----------
    revenue
        Rows of revenue.csv. Twelve months are preferred, then nine, six, three and one.
    """
    if not revenue:
        return None
    end = max(line.period.end for line in revenue)
    for months in SPANS:
        span = trailing(end, months)
        now, before = _total(revenue, span), _total(revenue, span.shifted(-_YEAR))
        if now is not None and before is not None and before > 0:
            return RevenueGrowth(span, now, before)
    return None


def _total(revenue: Sequence[RevenueLine], span: Period) -> Decimal | None:
    lines = lines_in(revenue, span)
    return sum((line.net for line in lines), Decimal(0)) if lines else None
