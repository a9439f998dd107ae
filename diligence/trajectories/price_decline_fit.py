"""A fitted price decline, quoted the way the market quotes it: so many times cheaper a year."""

from __future__ import annotations

import math
from abc import ABC
from dataclasses import dataclass

import numpy as np

from diligence.errors import EstimationError
from diligence.trajectories.trajectory_fit import TrajectoryFit


@dataclass(frozen=True)
class PriceDeclineFit(TrajectoryFit, ABC):
    """A straight line through log price that also quotes its rate in times cheaper a year.

    Adds to `TrajectoryFit`:

    Parameters
    ----------
    scatter_log
        Standard deviation of log price around the line.
    level_std_error
        Standard error of the line's log level at the last date.
    level_drift_covariance
        Covariance of that level with the drift a year.
    """

    scatter_log: float
    level_std_error: float
    level_drift_covariance: float

    def log_std_error(self, steps: float) -> float:
        """Scale of the forecast error of log price: error of the line plus the scatter."""
        if math.isinf(self.drift_std_error):
            return math.inf
        years = self.step_years * steps
        line = (
            self.level_std_error**2
            + 2 * years * self.level_drift_covariance
            + (years * self.drift_std_error) ** 2
        )
        return math.sqrt(max(line, 0.0) + self.scatter_log**2)

    @property
    def fold_per_year(self) -> float:
        """Times cheaper after a year: 10 is a fall by 90 %, below 1 is a rise."""
        return _fold(self.drift_per_year)

    def fold_conf_int(self, level: float = 0.90) -> tuple[float, float]:
        """Interval for ``fold_per_year``.

        Parameters
        ----------
        level
            Share of samples in which the interval should hold the true rate, between 0 and 1.

        Returns
        -------
        tuple of float
            Low and high times a year; 0 or infinity where the data set no bound.

        Raises
        ------
        EstimationError
            `level` is not between 0 and 1.
        """
        steep, flat = self._drift_interval(level)
        return _fold(flat), _fold(steep)

    def conf_int(self, level: float = 0.90) -> tuple[float, float]:
        """Interval for ``decline_per_year``, see `TrajectoryFit.conf_int`."""
        steep, flat = self._drift_interval(level)
        with np.errstate(over="ignore"):
            return -float(np.expm1(flat)), -float(np.expm1(steep))

    def _drift_interval(self, level: float) -> tuple[float, float]:
        require_level(level)
        reach = self._quantile(level) * self.drift_std_error
        return self.drift_per_year - reach, self.drift_per_year + reach

    def _facts(self) -> dict[str, str]:
        low, high = self.fold_conf_int()
        rate = f"{self.fold_per_year:.3g} (90 % interval {low:.3g} to {high:.3g})"
        facts = super()._facts()
        points = {"Points": facts.pop("Points"), "Times per year": rate}
        return points | facts | {"Scatter": f"{self.scatter_log:.2f} in logs"}


def _fold(drift_per_year: float) -> float:
    with np.errstate(over="ignore"):
        return float(np.exp(-drift_per_year))


def require_level(level: float) -> None:
    """Refuse a level of confidence that is not between 0 and 1."""
    if not 0 < level < 1:
        raise EstimationError(f"The level must lie between 0 and 1, got {level!r}; try 0.90.")
