"""What every fitted cost trajectory can answer, whatever curve lies behind it."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from html import escape
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from diligence.errors import EstimationError
from diligence.trajectories import decline_rate
from diligence.trajectories.cost_history import CostHistory, date_label

# A least-squares slope through a constant cost is rounding residue, not a decline.
ROUNDING_DRIFT = 1e-12


@dataclass(frozen=True)
class TrajectoryFit(ABC):
    """A cost trajectory: pace of decline, its uncertainty, and forecasts from it.

    The logarithm of cost, `steps` ahead of the last date, follows a Student t distribution
    around ``log_median(steps)`` with scale ``log_std_error(steps)``.

    Parameters
    ----------
    method
        Name of the curve.
    n
        Number of points used.
    drift_per_year
        Change of log cost a year; -0.69 halves the cost each year.
    drift_std_error
        Standard error of that drift.
    degrees_of_freedom
        Of the t distribution of a forecast; infinite means normal.
    level
        Median of the cost at the last date, in the unit of the series.
    step_years
        One forecast step in years: the median spacing of the points.
    last_date, last_value
        Last observation.
    notes
        What a reader of the number has to know.
    history
        The observed series.
    """

    method: str
    n: int
    drift_per_year: float
    drift_std_error: float
    degrees_of_freedom: float
    level: float
    step_years: float
    last_date: Any
    last_value: float
    notes: tuple[str, ...]
    history: CostHistory = field(repr=False, compare=False)

    @abstractmethod
    def log_std_error(self, steps: float) -> float:
        """Scale of the forecast error of log cost, `steps` ahead."""

    def log_median(self, steps: float) -> float:
        """Median of log cost, `steps` ahead of the last date."""
        return math.log(self.level) + self.drift_per_year * self.step_years * steps

    @property
    def drift_degrees_of_freedom(self) -> float:
        """Of the t distribution of the drift; the forecast's unless a curve says otherwise."""
        return self.degrees_of_freedom

    @property
    def decline_per_year(self) -> float:
        """Share of the cost removed each year: 0.9 is ten times cheaper; negative is a rise."""
        return _decline(self.drift_per_year)

    @property
    def half_life_months(self) -> float | None:
        """Months in which the cost halves; None when it does not fall."""
        if self.drift_per_year > -ROUNDING_DRIFT:
            return None
        return decline_rate.MONTHS_PER_YEAR * math.log(2) / -self.drift_per_year

    def conf_int(self, level: float = 0.90) -> tuple[float, float]:
        """Interval for ``decline_per_year``.

        Parameters
        ----------
        level
            Share of samples in which the interval should hold the true rate, between 0 and 1.

        Returns
        -------
        tuple of float
            Low and high decline a year; a negative low means that a rise is not excluded.

        Raises
        ------
        EstimationError
            `level` is not between 0 and 1.
        """
        if not 0 < level < 1:
            raise EstimationError(f"The level must lie between 0 and 1, got {level!r}; try 0.90.")
        quantile = float(stdtrit(self.drift_degrees_of_freedom, (1 + level) / 2))
        reach = quantile * self.drift_std_error
        return _decline(self.drift_per_year + reach), _decline(self.drift_per_year - reach)

    def forecast(self, horizon: int) -> pd.DataFrame:
        """Forecast the cost with 80 and 95 % intervals.

        Parameters
        ----------
        horizon
            Steps ahead, at least 1; a step is the median spacing of the series.

        Returns
        -------
        pandas.DataFrame
            One row per step, indexed by ``date``: ``median``, ``low80``, ``high80``, ``low95``
            and ``high95`` in the unit of the series. A bound beyond the largest float is ``inf``.

        Raises
        ------
        EstimationError
            `horizon` is not a whole number of at least 1.
        """
        _require_horizon(horizon)
        steps = range(1, horizon + 1)
        median = np.array([self.log_median(step) for step in steps])
        scale = np.array([self.log_std_error(step) for step in steps])
        columns = {"median": median}
        for level in (80, 95):
            reach = self._quantile(level / 100) * scale
            columns |= {f"low{level}": median - reach, f"high{level}": median + reach}
        log_cost = pd.DataFrame(columns, index=self.history.dates_ahead(horizon))
        with np.errstate(over="ignore"):
            return log_cost.apply(np.exp)

    def probability_below(self, value: float, horizon: int) -> float:
        """Probability that the cost lies below `value`, `horizon` steps ahead.

        Parameters
        ----------
        value
            Cost in the unit of the series, above 0: today's price, or the floor.
        horizon
            Steps ahead, at least 1.

        Notes
        -----
        One tail is less certain than both. On hindcasts of 47 technologies the calibrated random
        walk had 4.6 % of outcomes above its 80 % interval and 14.1 % below it (mean of the
        technologies 18.9 %), where 10 % each would be right: costs fall below a low value more
        often than this says, and rise above a high one less often. See ``technology_scores``.

        Raises
        ------
        EstimationError
            `value` is not above 0 or `horizon` is not a whole number of at least 1.
        """
        _require_horizon(horizon)
        if not (math.isfinite(value) and value > 0):
            raise EstimationError(f"The cost to compare with must be above 0, got {value!r}.")
        distance = math.log(value) - self.log_median(horizon)
        scale = self.log_std_error(horizon)
        if scale == 0:
            return float(distance > 0)
        return float(stdtr(self.degrees_of_freedom, distance / scale))

    def to_frame(self) -> pd.DataFrame:
        """Observed cost and the fitted median at the same dates."""
        years_back = self.history.years - self.history.years[-1]
        fitted = self.level * np.exp(self.drift_per_year * years_back)
        frame = pd.DataFrame({"observed": self.history.cost, "fitted": fitted})
        return frame.rename_axis("date")

    def summary(self) -> str:
        """Result in plain lines, the same on every run."""
        facts = [f"{name + ':':<18}{text}" for name, text in self._facts().items()]
        return "\n".join([self.method, *facts, *(f"Note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>"
            for name, text in self._facts().items()
        )
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        return f"<table><caption>{escape(self.method)}</caption>{rows}</table><ul>{notes}</ul>"

    def _facts(self) -> dict[str, str]:
        low, high = self.conf_int()
        half_life = self.half_life_months
        return {
            "Points": f"{self.n}, last {date_label(self.last_date)} at {self.last_value:.6g}",
            "Decline per year": f"{self.decline_per_year:.1%} "
            f"(90 % interval {low:.1%} to {high:.1%})",
            "Half-life": "none, cost does not fall"
            if half_life is None
            else f"{half_life:.1f} months",
            "Forecast step": f"{self.step_years:.4g} years",
        }

    def _quantile(self, level: float) -> float:
        return float(stdtrit(self.degrees_of_freedom, (1 + level) / 2))


def _decline(drift_per_year: float) -> float:
    with np.errstate(over="ignore"):
        return -float(np.expm1(drift_per_year))


def _require_horizon(horizon: int) -> None:
    if not isinstance(horizon, Integral) or horizon < 1:
        raise EstimationError(
            f"The horizon must be a whole number of steps, at least 1, got {horizon!r}."
        )
