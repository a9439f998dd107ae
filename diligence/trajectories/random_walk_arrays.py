"""Random walk with drift in log cost, estimated for many series in one pass over arrays."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import cast

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from diligence.trajectories.calibration import ForecastCalibration, published_formula
from diligence.trajectories.cost_history import FloatArray
from diligence.trajectories.random_walk import MIN_DIFFERENCES_FOR_THETA
from diligence.trajectories.series_panel import IntArray, PanelClock, SeriesPanel


@dataclass(frozen=True)
class RandomWalkArrays:
    """Estimates of `RandomWalkFit`, one element a series.

    Parameters
    ----------
    n
        Points used.
    drift_per_year, drift_std_error
        Change of log cost a year and its standard error.
    drift_degrees_of_freedom, degrees_of_freedom
        Of the t distributions of the drift and of a forecast.
    log_level
        Log cost at the last date.
    step_years
        One forecast step in years.
    volatility_per_sqrt_year
        Standard deviation of the change of log cost, scaled to one year.
    theta
        Moving-average term of the drift's standard error and of the published formula; 0 where
        dates are uneven or points few.
    window_steps
        Length of the history in forecast steps.
    calibration
        Constants that turn drift and volatility into the forecast; None for the published
        formula.
    """

    n: IntArray
    drift_per_year: FloatArray
    drift_std_error: FloatArray
    drift_degrees_of_freedom: FloatArray
    degrees_of_freedom: FloatArray
    log_level: FloatArray
    step_years: FloatArray
    volatility_per_sqrt_year: FloatArray
    theta: FloatArray
    window_steps: FloatArray
    calibration: ForecastCalibration | None

    def take(self, positions: IntArray) -> RandomWalkArrays:
        """Estimates of the series at `positions`, repeated as often as named."""
        arrays = {
            item.name: getattr(self, item.name)[positions]
            for item in fields(self)
            if item.name != "calibration"
        }
        return replace(self, **arrays)

    def log_median(self, steps: FloatArray) -> FloatArray:
        """Median of log cost; one row a series, `steps` one row or one row a series."""
        pace = self._constants().kept_pace * self.drift_per_year
        return np.asarray(self.log_level[:, None] + (pace * self.step_years)[:, None] * steps)

    def log_std_error(self, steps: FloatArray) -> FloatArray:
        """Scale of the forecast error of log cost, shaped as `log_median`."""
        return self._constants().log_scale(
            self.volatility_per_sqrt_year[:, None],
            drift_per_year=self.drift_per_year[:, None],
            steps=steps,
            differences=self.n[:, None] - 1,
            window_steps=self.window_steps[:, None],
            step_years=self.step_years[:, None],
        )

    def forecast_reach(self, level: float) -> FloatArray:
        """Half width of a two-sided forecast interval in units of its scale."""
        return _t_quantiles(self.degrees_of_freedom, level)

    def drift_reach(self, level: float) -> FloatArray:
        """Half width of a two-sided interval of the drift in units of its standard error."""
        return _t_quantiles(self.drift_degrees_of_freedom, level)

    def _constants(self) -> ForecastCalibration:
        return self.calibration or _published_formulas(self.theta)


def estimate_random_walks(
    panel: SeriesPanel,
    clock: PanelClock,
    *,
    calibration: ForecastCalibration | None,
    theta: npt.ArrayLike,
) -> RandomWalkArrays:
    """Estimate drift and volatility of every series of the panel, see ``fit_random_walk``.

    Parameters
    ----------
    panel, clock
        From ``read_series_panel`` and ``panel_clock``.
    calibration
        Constants that turn drift and volatility into the forecast; None for the published
        formula.
    theta
        Moving-average term, one number or one a series.
    """
    log_cost = np.log(panel.cost)
    differences = panel.lengths - 1
    spacings = np.where(np.repeat(clock.even, differences), 1.0, _in_steps(clock, differences))
    window = _sums(spacings, clock)
    usable = clock.even & (differences >= MIN_DIFFERENCES_FOR_THETA)
    theta_in_use = np.where(usable, theta, 0.0)
    volatility = _volatility_per_step(log_cost, spacings, window, panel, clock)
    step_years = clock.step_years
    years = (clock.ticks[panel.ends] - clock.ticks[panel.starts]) / clock.units_per_year
    constants = calibration or _published_formulas(theta_in_use)
    return RandomWalkArrays(
        n=panel.lengths,
        drift_per_year=(log_cost[panel.ends] - log_cost[panel.starts]) / years,
        drift_std_error=_drift_std_errors(volatility, window, theta_in_use) / step_years,
        drift_degrees_of_freedom=np.asarray(differences - 1, dtype=float),
        degrees_of_freedom=constants.degrees_of_freedom(differences),
        log_level=log_cost[panel.ends],
        step_years=step_years,
        volatility_per_sqrt_year=volatility / np.sqrt(step_years),
        theta=theta_in_use,
        window_steps=window,
        calibration=calibration,
    )


def _published_formulas(theta: FloatArray) -> ForecastCalibration:
    """The published formula with a moving-average term a series, which broadcasts."""
    return published_formula(cast(float, theta[:, None]))


def _drift_std_errors(
    volatility_per_step: FloatArray, window: FloatArray, theta: FloatArray
) -> FloatArray:
    correlated = 1 + theta**2 + 2 * (window - 1) * theta / window
    return np.asarray(volatility_per_step * np.sqrt(correlated / (window * (1 + theta**2))))


def _in_steps(clock: PanelClock, differences: IntArray) -> FloatArray:
    return np.asarray(clock.spacings / np.repeat(clock.step, differences))


def _volatility_per_step(
    log_cost: FloatArray,
    spacings: FloatArray,
    window: FloatArray,
    panel: SeriesPanel,
    clock: PanelClock,
) -> FloatArray:
    within = np.ones(len(log_cost), dtype=bool)
    within[panel.starts] = False
    changes = np.diff(log_cost)[within[1:]]
    differences = panel.lengths - 1
    drift = np.repeat(_sums(changes, clock) / window, differences)
    surprises = changes - drift * spacings
    return np.asarray(np.sqrt(_sums(surprises**2 / spacings, clock) / (differences - 1)))


def _sums(values: FloatArray, clock: PanelClock) -> FloatArray:
    if not len(clock.spacing_starts):
        return np.zeros(0)
    return np.asarray(np.add.reduceat(values, clock.spacing_starts))


def _t_quantiles(degrees_of_freedom: FloatArray, level: float) -> FloatArray:
    distinct, where = np.unique(degrees_of_freedom, return_inverse=True)
    return np.asarray(stdtrit(distinct, (1 + level) / 2)[where])
