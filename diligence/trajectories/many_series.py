"""Thousands of cost series fitted and forecast in one pass, each as if it stood alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from diligence.errors import EstimationError
from diligence.trajectories.calibration import CalibrationChoice, chosen_calibration
from diligence.trajectories.cost_history import FloatArray
from diligence.trajectories.decline_rate import MONTHS_PER_YEAR
from diligence.trajectories.fact_sheet import FactSheet
from diligence.trajectories.forecast_variance import POOLED_THETA, require_theta
from diligence.trajectories.random_walk_arrays import RandomWalkArrays, estimate_random_walks
from diligence.trajectories.series_panel import (
    PanelClock,
    SeriesPanel,
    dates_ahead,
    panel_clock,
    read_series_panel,
)
from diligence.trajectories.trajectory_fit import (
    ROUNDING_DRIFT,
    _require_horizon,
)

SHOWN_SERIES = 12


@dataclass(frozen=True)
class ManyFits(FactSheet):
    """Random walks with drift through many series: pace, uncertainty and forecasts of each.

    Parameters
    ----------
    method
        Name of the curve.
    errors
        Why a series could not be fitted, by its name.
    estimates
        Arrays with one element a fitted series, in the order of ``names``.
    """

    method: str
    errors: Mapping[str, str]
    estimates: RandomWalkArrays = field(repr=False)
    panel: SeriesPanel = field(repr=False, compare=False)
    clock: PanelClock = field(repr=False, compare=False)

    @property
    def names(self) -> list[str]:
        """Names of the fitted series."""
        return [str(name) for name in self.panel.names]

    @property
    def decline_per_year(self) -> pd.Series:
        """Share of the cost removed each year, by series; negative is a rise."""
        return self._by_series(_decline(self.estimates.drift_per_year), "decline_per_year")

    @property
    def half_life_months(self) -> pd.Series:
        """Months in which the cost halves, by series; missing when it does not fall."""
        drift = self.estimates.drift_per_year
        falling = np.where(drift > -ROUNDING_DRIFT, np.nan, drift)
        return self._by_series(MONTHS_PER_YEAR * np.log(2) / -falling, "half_life_months")

    def conf_int(self, level: float = 0.90) -> pd.DataFrame:
        """Interval for ``decline_per_year``, by series.

        Raises
        ------
        EstimationError
            `level` is not between 0 and 1.
        """
        if not 0 < level < 1:
            raise EstimationError(f"The level must lie between 0 and 1, got {level!r}; try 0.90.")
        drift = self.estimates.drift_per_year
        reach = self.estimates.drift_reach(level) * self.estimates.drift_std_error
        bounds = {"low": _decline(drift + reach), "high": _decline(drift - reach)}
        return pd.DataFrame(bounds, index=self._index())

    def forecast(self, horizon: int) -> pd.DataFrame:
        """Forecast every series with 80 and 95 % intervals.

        Parameters
        ----------
        horizon
            Steps ahead, at least 1; a step is the median spacing of the series.

        Returns
        -------
        pandas.DataFrame
            `horizon` rows a series: ``series``, ``date``, ``median``, ``low80``, ``high80``,
            ``low95`` and ``high95`` in the unit of the series.

        Raises
        ------
        EstimationError
            `horizon` is not a whole number of at least 1.
        """
        _require_horizon(horizon)
        steps = np.arange(1.0, horizon + 1)[None, :]
        median = self.estimates.log_median(steps)
        scale = self.estimates.log_std_error(steps)
        columns = {"median": median}
        for level in (80, 95):
            reach = self.estimates.forecast_reach(level / 100)[:, None] * scale
            columns |= {f"low{level}": median - reach, f"high{level}": median + reach}
        with np.errstate(over="ignore"):
            cost = {name: np.exp(values).ravel() for name, values in columns.items()}
        dates = dates_ahead(self.panel, self.clock, horizon)
        return pd.DataFrame({"series": np.repeat(self.panel.names, horizon), "date": dates, **cost})

    def to_frame(self) -> pd.DataFrame:
        """One row a series, those that could not be fitted last with their reason.

        ``n``, ``decline_per_year`` with ``low90`` and ``high90``, ``half_life_months``,
        ``step_years`` and ``error``.
        """
        bounds = self.conf_int(0.90)
        fitted = pd.DataFrame(
            {
                "n": self.estimates.n,
                "decline_per_year": self.decline_per_year,
                "low90": bounds["low"],
                "high90": bounds["high"],
                "half_life_months": self.half_life_months,
                "step_years": self.estimates.step_years,
                "error": None,
            },
            index=self._index(),
        )
        if not self.errors:
            return fitted
        failed = pd.DataFrame({"error": pd.Series(self.errors)}).rename_axis("series")
        return pd.concat([fitted.astype({"n": "Int64"}), failed.reindex(columns=fitted.columns)])

    @property
    def title(self) -> str:
        """What was fitted."""
        return f"{self.method}, many series"

    @property
    def notes(self) -> tuple[str, ...]:  # type: ignore[override]
        """Series that could not be fitted, the first dozen."""
        return tuple(f"Not fitted: {name}: {why}" for name, why in self._first_errors())

    def _facts(self) -> dict[str, str]:
        decline = self.decline_per_year
        facts = {"Series": f"{len(decline):,} fitted, {len(self.errors):,} not"}
        if len(decline):
            low, middle, high = np.quantile(decline, [0.1, 0.5, 0.9])
            falling = self.conf_int(0.90)["low"] > 0
            facts["Decline per year"] = (
                f"median series {middle:.1%}, middle four fifths {low:.1%} to {high:.1%}"
            )
            facts["Surely falling"] = f"{falling.mean():.0%} (90 % interval above 0)"
        return facts

    def _first_errors(self) -> list[tuple[str, str]]:
        return list(self.errors.items())[:SHOWN_SERIES]

    def _index(self) -> pd.Index:
        return pd.Index(self.panel.names, name="series")

    def _by_series(self, values: FloatArray, name: str) -> pd.Series:
        return pd.Series(values, index=self._index(), name=name)


def fit_random_walks(
    costs: pd.DataFrame,
    *,
    theta: float = POOLED_THETA,
    calibration: CalibrationChoice = "technology",
) -> ManyFits:
    """Fit a random walk with drift to every series of a table.

    The same estimates as ``fit_random_walk`` on each series, in one pass over arrays: lengths,
    dates and clocks (months, days, years) may differ between series.

    Parameters
    ----------
    costs
        Columns ``series``, ``date`` (dates, periods, or numbers read as years) and ``cost``
        (unit cost or price, above 0, at least 4 points a series), rows in any order.
    theta
        Moving-average term of the drift's standard error and of the published formula, from -1
        to 1; series with uneven dates or 3 changes use 0.
    calibration
        Constants that turn drift and volatility into the forecast, those learnt from the
        technology panel by default; None for the published formula.

    Returns
    -------
    ManyFits
        A series that cannot be fitted is named in ``errors`` with the reason; the others are
        fitted.

    Raises
    ------
    EstimationError
        A column is missing, the dates cannot be read, or `theta` is out of its range.

    Examples
    --------
    >>> costs = pd.DataFrame(
    ...     {
    ...         "series": ["chat"] * 4 + ["search"] * 4,
    ...         "date": [2022, 2023, 2024, 2025] * 2,
    ...         "cost": [8.0, 4.0, 2.0, 1.0, 1.0, 1.2, 0.9, 1.0],
    ...     }
    ... )
    >>> fits = fit_random_walks(costs)
    >>> fits.decline_per_year.round(3).to_dict()
    {'chat': 0.5, 'search': 0.0}

    Serving a chat halves in cost every year; a search costs what it did three years ago, and a
    plan that takes the fall of one for the other is off by a factor of eight.
    """
    require_theta(theta)
    constants = chosen_calibration(calibration)
    panel = read_series_panel(costs)
    clock = panel_clock(panel)
    estimates = estimate_random_walks(panel, clock, calibration=constants, theta=theta)
    return ManyFits("random walk with drift", panel.errors, estimates, panel, clock)


def _decline(drift_per_year: FloatArray) -> FloatArray:
    with np.errstate(over="ignore"):
        return np.asarray(0.0 - np.expm1(drift_per_year))
