"""Random walk with drift in log cost: the forecast that has stood up best to hindcasting."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from diligence.trajectories.cost_history import CostHistory, read_cost_history
from diligence.trajectories.forecast_variance import require_theta, variance_factor
from diligence.trajectories.trajectory_fit import TrajectoryFit

POOLED_THETA = 0.63
"""Moving-average term pooled over 53 technologies (Farmer and Lafond 2016)."""

MIN_DIFFERENCES_FOR_THETA = 4


@dataclass(frozen=True)
class RandomWalkFit(TrajectoryFit):
    """Random walk with drift in log cost, increments with a moving-average term.

    Adds to `TrajectoryFit`:

    Parameters
    ----------
    volatility_per_sqrt_year
        Standard deviation of the change of log cost, scaled to one year.
    theta
        Moving-average term in use; 0 when dates are uneven or points few.
    window_steps
        Length of the history in forecast steps: the number of differences when dates are even.
    """

    volatility_per_sqrt_year: float
    theta: float
    window_steps: float

    def log_std_error(self, steps: float) -> float:
        """Scale of the forecast error of log cost: K sqrt(A* / (1 + theta^2))."""
        factor = variance_factor(steps, differences=self.window_steps, theta=self.theta)
        volatility_per_step = self.volatility_per_sqrt_year * math.sqrt(self.step_years)
        return volatility_per_step * math.sqrt(factor / (1 + self.theta**2))


def fit_random_walk(cost: pd.Series, *, theta: float = POOLED_THETA) -> RandomWalkFit:
    """Fit a random walk with drift to the logarithm of a unit cost.

    y_t = y_(t-1) + mu + v_t + theta v_(t-1), over the whole history. The drift mu is the mean
    change; the volatility K is the sample deviation of the changes (divided by m - 1 for m
    changes). Forecast errors follow a t distribution with m - 1 degrees of freedom and scale
    K sqrt(A* / (1 + theta^2)), see ``variance_factor``.

    Parameters
    ----------
    cost
        Unit cost or price, above 0, at least 4 points, indexed by dates, periods, or plain
        numbers read as years. Dates on the same day of the month, or on month ends, are counted
        in calendar months.
    theta
        Moving-average term, from -1 to 1. The default is pooled over 53 technologies. A single
        short series does not identify it, so it is stated and never estimated here. With
        3 changes, or uneven dates, 0 is used and a note says so.

    Returns
    -------
    RandomWalkFit
        With uneven dates the drift is total change over total time and the volatility comes
        from changes scaled by the square root of the time between points.

    Raises
    ------
    EstimationError
        The series cannot be fitted; the message quotes value and position.

    Notes
    -----
    Not for a cost with a floor it has already reached, nor for a series with a known break:
    the drift then averages two regimes. For energy or GPU rent, which do not trend, the drift
    interval will cover 0. The t intervals are somewhat narrow, because K is biased low when
    changes are correlated: on the 53 technologies they held 76.0 % (nominal 80) and 93.7 %
    (nominal 95) of outcomes. Read ``backtest`` beside them.

    Examples
    --------
    >>> months = pd.period_range("2025-01", periods=6, freq="M")
    >>> fit = fit_random_walk(pd.Series([10.0, 9.1, 8.0, 7.4, 6.4, 5.9], index=months))
    >>> round(fit.decline_per_year, 3), round(fit.half_life_months, 1)
    (0.718, 6.6)
    >>> fit.forecast(2).round(2)  # doctest: +NORMALIZE_WHITESPACE
             median  low80  high80  low95  high95
    date
    2025-07    5.31   5.05    5.58   4.85    5.81
    2025-08    4.78   4.36    5.23   4.05    5.63

    Cost halves every seven months, and even the dear end of next month's 95 % interval is below
    today's 5.90. Six smooth points are thin ground all the same: look at ``backtest``.

    References
    ----------
    Farmer, J. D. and Lafond, F. (2016). How predictable is technological progress?
    Research Policy, 45(3), 647-665.
    """
    require_theta(theta)
    history = read_cost_history(cost)
    theta, notes = _usable_theta(history, theta)
    window = float(history.spacings_in_steps.sum())
    volatility_per_step = _volatility_per_step(history)
    drift_std_error = _drift_std_error(volatility_per_step, window=window, theta=theta)
    return RandomWalkFit(
        method="random walk with drift",
        n=history.n,
        drift_per_year=float((history.log_cost[-1] - history.log_cost[0]) / history.years[-1]),
        drift_std_error=drift_std_error / history.step_years,
        degrees_of_freedom=history.n - 2,
        level=history.last_value,
        step_years=history.step_years,
        last_date=history.last_date,
        last_value=history.last_value,
        notes=(*history.notes, *notes),
        history=history,
        volatility_per_sqrt_year=volatility_per_step / math.sqrt(history.step_years),
        theta=theta,
        window_steps=window,
    )


def _volatility_per_step(history: CostHistory) -> float:
    changes, spacings = np.diff(history.log_cost), history.spacings_in_steps
    surprises = changes - changes.sum() / spacings.sum() * spacings
    return math.sqrt(float(np.sum(surprises**2 / spacings)) / (len(changes) - 1))


def _drift_std_error(volatility_per_step: float, *, window: float, theta: float) -> float:
    correlated = 1 + theta**2 + 2 * (window - 1) * theta / window
    return volatility_per_step * math.sqrt(correlated / (window * (1 + theta**2)))


def _usable_theta(history: CostHistory, theta: float) -> tuple[float, tuple[str, ...]]:
    differences = history.n - 1
    if theta == 0:
        return 0.0, ()
    if not history.evenly_spaced:
        note = (
            "Dates are uneven: drift is total change over total time, volatility comes from "
            f"changes scaled by the square root of time, and theta is 0 instead of {theta:g}."
        )
        return 0.0, (note,)
    if differences < MIN_DIFFERENCES_FOR_THETA:
        note = (
            f"Only {differences} differences: theta is 0 instead of {theta:g}, which needs "
            f"{MIN_DIFFERENCES_FOR_THETA}. The intervals are wide and still uncertain."
        )
        return 0.0, (note,)
    note = (
        f"theta = {theta:g} is stated, not estimated: one short series does not identify it "
        f"({POOLED_THETA:g} is pooled over the 53 technologies of Farmer & Lafond 2016)."
    )
    return theta, (note,)
