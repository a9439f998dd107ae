"""Straight line through log cost: the usual exhibit, shown only as a rival."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from diligence.trajectories.cost_history import CostHistory, read_cost_history
from diligence.trajectories.trajectory_fit import TrajectoryFit

OVERCONFIDENCE_NOTE = (
    "Rival only, not a forecast to rely on: 80 % intervals of log-linear trends held 38 % of "
    "outcomes and 95 % intervals 55 % (own hindcast, 53 technologies of Farmer & Lafond 2016)."
)
SHORT_SERIES = 30


@dataclass(frozen=True)
class LogTrendFit(TrajectoryFit):
    """Log-linear trend by least squares.

    Adds to `TrajectoryFit`:

    Parameters
    ----------
    residual_std_log
        Standard deviation of log cost around the line.
    level_std_error
        Standard error of the line's log level at the last date.
    level_drift_covariance
        Covariance of that level with the drift a year.
    """

    residual_std_log: float
    level_std_error: float
    level_drift_covariance: float

    def log_std_error(self, steps: float) -> float:
        """Scale of the forecast error of log cost: error of the line plus the residual."""
        years = self.step_years * steps
        line_variance = (
            self.level_std_error**2
            + 2 * years * self.level_drift_covariance
            + (years * self.drift_std_error) ** 2
        )
        return math.sqrt(max(line_variance, 0.0) + self.residual_std_log**2)


def fit_log_trend(cost: pd.Series, *, robust: bool = True) -> LogTrendFit:
    """Fit a straight line to log cost over time, by least squares with robust standard errors.

    Parameters
    ----------
    cost
        Unit cost or price, above 0, at least 4 points, indexed by dates, periods, or plain
        numbers read as years.
    robust
        False for the textbook standard errors of least squares, which take departures from the
        line for independent.

    Returns
    -------
    LogTrendFit
        Same questions as ``fit_random_walk``. Standard errors are Newey-West with
        floor(4 (n / 100)^(2/9)) lags, or the classic ones where those are larger: in short series
        Newey-West errors are often far too small. Intervals use t with n - 2 degrees of freedom.

    Raises
    ------
    EstimationError
        The series cannot be fitted; the message quotes value and position.

    Notes
    -----
    Most published price declines are this line. It treats each departure from the line as
    temporary, so its intervals are far too narrow: nominal 80 % intervals of such trends held
    37.6 % of outcomes in a hindcast over the 53 technologies of Farmer & Lafond (2016). Show it
    beside ``fit_random_walk``, never alone.

    Examples
    --------
    >>> months = pd.period_range("2025-01", periods=6, freq="M")
    >>> fit = fit_log_trend(pd.Series([10.0, 9.1, 8.0, 7.4, 6.4, 5.9], index=months))
    >>> round(fit.decline_per_year, 3), round(fit.half_life_months, 1)
    (0.726, 6.4)

    The pace agrees with the random walk; the narrower interval around it is not to be believed.

    References
    ----------
    Newey, W. K. and West, K. D. (1987). A simple, positive semi-definite, heteroskedasticity
    and autocorrelation consistent covariance matrix. Econometrica, 55(3), 703-708.
    """
    history = read_cost_history(cost)
    line = _fit_line(history)
    newey_west = np.asarray(line.cov_params())
    covariance = np.asarray(line.normalized_cov_params) * line.mse_resid
    corrected = robust and newey_west[1, 1] >= covariance[1, 1]
    if corrected:
        covariance = newey_west
    errors = _name_of_errors(robust, corrected)
    return LogTrendFit(
        method="log-linear trend",
        n=history.n,
        drift_per_year=float(line.params[1]),
        drift_std_error=math.sqrt(covariance[1, 1]),
        degrees_of_freedom=history.n - 2,
        level=math.exp(line.params[0]),
        step_years=history.step_years,
        last_date=history.last_date,
        last_value=history.last_value,
        notes=(*history.notes, OVERCONFIDENCE_NOTE, *_notes(history, errors)),
        history=history,
        residual_std_log=math.sqrt(line.mse_resid),
        level_std_error=math.sqrt(covariance[0, 0]),
        level_drift_covariance=float(covariance[0, 1]),
    )


def _name_of_errors(robust: bool, corrected: bool) -> str:
    if not robust:
        return "classic"
    return "Newey-West" if corrected else "classic (Newey-West would be smaller still)"


def _notes(history: CostHistory, errors: str) -> tuple[str, ...]:
    notes = []
    if history.n < SHORT_SERIES:
        notes.append(
            f"Standard errors are {errors}; with {history.n} points they understate what "
            "correlated departures from the line leave open."
        )
    if not history.evenly_spaced:
        notes.append("Dates are uneven: the lags of the errors count points, not time.")
    return tuple(notes)


def _fit_line(history: CostHistory) -> Any:
    # Time counts from the last point, so the intercept is the level forecasts start from.
    from statsmodels.regression.linear_model import OLS

    years = history.years - history.years[-1]
    design = np.column_stack([np.ones(history.n), years])
    lags = int(4 * (history.n / 100) ** (2 / 9))
    return OLS(history.log_cost, design).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}, use_t=True
    )
