"""Random walk with drift in log cost: the forecast that has stood up best to hindcasting."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from diligence.trajectories.calibration import (
    CalibrationChoice,
    ForecastCalibration,
    chosen_calibration,
    published_formula,
)
from diligence.trajectories.cost_history import CostHistory, read_cost_history
from diligence.trajectories.forecast_variance import POOLED_THETA, require_theta
from diligence.trajectories.trajectory_fit import TrajectoryFit

MIN_DIFFERENCES_FOR_THETA = 4
ROUNDING_VOLATILITY = 1e-9


@dataclass(frozen=True)
class RandomWalkFit(TrajectoryFit):
    """Random walk with drift in log cost, increments with a moving-average term.

    Adds to `TrajectoryFit`:

    Parameters
    ----------
    volatility_per_sqrt_year
        Standard deviation of the change of log cost in this series (K), scaled to one year.
    theta
        Moving-average term of the drift's standard error and of the published formula; 0 when
        dates are uneven or points few.
    window_steps
        Length of the history in forecast steps: the number of differences when dates are even.
    calibration
        Constants that turn drift and volatility into the forecast.
    """

    volatility_per_sqrt_year: float
    theta: float
    window_steps: float
    calibration: ForecastCalibration

    @property
    def drift_degrees_of_freedom(self) -> float:
        """Of the interval of the drift: changes less 1."""
        return self.n - 2

    def log_median(self, steps: float) -> float:
        """Median of log cost, `steps` ahead: the share of the past pace that is expected to last.

        See ``ForecastCalibration.kept_pace``; 1 in the published formula.
        """
        pace = self.calibration.kept_pace * self.drift_per_year
        return math.log(self.level) + pace * self.step_years * steps

    def log_std_error(self, steps: float) -> float:
        """Scale of the forecast error of log cost, see ``ForecastCalibration.log_scale``."""
        return float(
            self.calibration.log_scale(
                self.volatility_per_sqrt_year,
                drift_per_year=self.drift_per_year,
                steps=steps,
                differences=self.n - 1,
                window_steps=self.window_steps,
                step_years=self.step_years,
            )
        )


def fit_random_walk(
    cost: pd.Series,
    *,
    theta: float = POOLED_THETA,
    calibration: CalibrationChoice = "technology",
) -> RandomWalkFit:
    """Fit a random walk with drift to the logarithm of a unit cost.

    y_t = y_(t-1) + mu + v_t + theta v_(t-1), over the whole history. The drift mu is the mean
    change; the volatility K is the sample deviation of the changes (divided by m - 1 for m
    changes). What they say about the future was learnt from hindcasts of technologies, see
    ``ForecastCalibration``: part of the pace is lost, the volatility of a short series is drawn
    towards that of technologies as fast as it, and the tails are those of a t distribution.

    Parameters
    ----------
    cost
        Unit cost or price, above 0, at least 4 points, indexed by dates, periods, or plain
        numbers read as years. Dates on the same day of the month, or on month ends, are counted
        in calendar months.
    theta
        Moving-average term, from -1 to 1, of the standard error of the drift and of the published
        formula; a calibration forecasts with its own. The default is pooled over 53
        technologies. A single short series does not identify it, so it is stated and never
        estimated here. With 3 changes, or uneven dates, 0 is used and a note says so.
    calibration
        "technology" for the shipped constants; None for the published formula: the drift goes on
        unchanged, t quantiles with m - 1 degrees of freedom around it, and `theta`.

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
    interval will cover 0. A list price that has never moved may still be halved tomorrow: no
    interval learnt from its history can hold that. ``decline_per_year`` is the past pace;
    ``forecast`` keeps part of it. Read ``backtest`` beside both.

    Examples
    --------
    >>> months = pd.period_range("2025-01", periods=6, freq="M")
    >>> fit = fit_random_walk(pd.Series([10.0, 9.1, 8.0, 7.4, 6.4, 5.9], index=months))
    >>> round(fit.decline_per_year, 3), round(fit.half_life_months, 1)
    (0.718, 6.6)
    >>> fit.forecast(2).round(2)  # doctest: +NORMALIZE_WHITESPACE
             median  low80  high80  low95  high95
    date
    2025-07    5.45   4.93    6.02   4.58    6.48
    2025-08    5.03   4.15    6.10   3.60    7.04

    Cost halved every seven months, and yet a rise next month lies inside the 80 % interval:
    technologies that fell so fast stumbled more often than six smooth points can show.

    References
    ----------
    Farmer, J. D. and Lafond, F. (2016). How predictable is technological progress?
    Research Policy, 45(3), 647-665.
    """
    require_theta(theta)
    chosen = chosen_calibration(calibration)
    history = read_cost_history(cost)
    theta, notes = _usable_theta(history, theta)
    constants = chosen or published_formula(theta)
    volatility = _volatility_per_step(history)
    window = float(history.spacings_in_steps.sum())
    drift_std_error = _drift_std_error(volatility, window=window, theta=theta)
    return RandomWalkFit(
        method="random walk with drift",
        n=history.n,
        drift_per_year=float((history.log_cost[-1] - history.log_cost[0]) / history.years[-1]),
        drift_std_error=drift_std_error / history.step_years,
        degrees_of_freedom=float(constants.degrees_of_freedom(history.n - 1)),
        level=history.last_value,
        step_years=history.step_years,
        last_date=history.last_date,
        last_value=history.last_value,
        notes=(*history.notes, *notes, *_calibration_notes(chosen, volatility)),
        history=history,
        volatility_per_sqrt_year=volatility / math.sqrt(history.step_years),
        theta=theta,
        window_steps=window,
        calibration=constants,
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


def _calibration_notes(
    calibration: ForecastCalibration | None, volatility: float
) -> tuple[str, ...]:
    if calibration is None:
        return ()
    note = (
        f"The forecast keeps {calibration.kept_pace:.0%} of the past pace and its intervals are "
        f"scaled, so that they held on {calibration.panel}."
    )
    if volatility >= ROUNDING_VOLATILITY:
        return (note,)
    return (
        note,
        "The changes show no noise: the width of the interval is that of other technologies. "
        "A list price moves in jumps; stress it instead.",
    )
