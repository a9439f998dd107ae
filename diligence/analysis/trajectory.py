"""A company's own cost series, handed to the statistics as a plain series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from diligence.costs import analysis_periods
from diligence.costs.periods import lines_in
from diligence.errors import EstimationError
from diligence.inputs.deal import Deal, Role
from diligence.units import Period

if TYPE_CHECKING:
    import pandas as pd

    from diligence.trajectories import Backtest, LogTrendFit, RandomWalkFit

SERIES_NAME = "cost of revenue per unit of revenue"
FEWEST_POINTS = 4


@dataclass(frozen=True)
class CostTrajectory:
    """Fit of a cost series, or the reason why there is none."""

    series_name: str
    observed: pd.Series[float]
    fit: RandomWalkFit | None
    rival: LogTrendFit | None
    backtest: Backtest | None
    needs: str = ""

    @property
    def steps(self) -> int:
        """Forecast steps shown: never more than half of what was observed, at least one."""
        return max(1, min(12, len(self.observed) // 2))


def cost_trajectory(deal: Deal) -> CostTrajectory:
    """Fit the random walk with drift to cost of revenue per unit of revenue.

    The series uses the shortest periods of the books that do not overlap, dated at their ends. It
    is a cost ratio, not a cost per token: prices charged to customers move it too.
    """
    from diligence.trajectories import backtest, fit_log_trend, fit_random_walk

    observed = _cost_ratio(deal)
    if len(observed) < FEWEST_POINTS:
        needed = f"at least {FEWEST_POINTS} periods, the books have {len(observed)}"
        return CostTrajectory(SERIES_NAME, observed, None, None, None, f"needs {needed}")
    try:
        fit = fit_random_walk(observed)
    except EstimationError as error:
        return CostTrajectory(SERIES_NAME, observed, None, None, None, str(error))
    return CostTrajectory(SERIES_NAME, observed, fit, fit_log_trend(observed), backtest(observed))


def _cost_ratio(deal: Deal) -> pd.Series[float]:
    import pandas as pd

    points: dict[pd.Timestamp, float] = {}
    for period in _disjoint(analysis_periods(deal)):
        revenue = sum((line.net for line in lines_in(deal.revenue, period)), Decimal(0))
        if revenue > 0:
            points[pd.Timestamp(period.end)] = float(_cost_of_revenue(deal, period) / revenue)
    return pd.Series(points, dtype=float).sort_index()


def _cost_of_revenue(deal: Deal, period: Period) -> Decimal:
    costs = [line for line in deal.ledger if line.role is Role.COST_OF_REVENUE]
    return sum((line.amount for line in lines_in(costs, period)), Decimal(0))


def _disjoint(periods: Sequence[Period]) -> list[Period]:
    chosen: list[Period] = []
    for period in sorted(periods, key=lambda p: (p.days, p.start)):
        if not any(period.overlaps(other) for other in chosen):
            chosen.append(period)
    return sorted(chosen)
