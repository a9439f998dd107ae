"""Partial pooling of the drifts of several fitted trajectories."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from diligence.errors import EstimationError
from diligence.trajectories import decline_rate
from diligence.trajectories.between_variance import PoolingMethod
from diligence.trajectories.fact_sheet import FactSheet
from diligence.trajectories.random_effects import (
    FEWEST_FOR_PREDICTION,
    PooledEstimates,
    pool_estimates,
)
from diligence.trajectories.trajectory_fit import ROUNDING_DRIFT, TrajectoryFit


@dataclass(frozen=True)
class ShrunkenFit(TrajectoryFit):
    """A fitted trajectory whose drift was pulled towards the mean of its peers.

    Adds to `TrajectoryFit`:

    Parameters
    ----------
    unpooled
        The fit by itself. Its shocks and its degrees of freedom are kept; only the drift and
        the part of the forecast variance that comes from not knowing it are replaced.
    """

    unpooled: TrajectoryFit = field(repr=False)

    @property
    def drift_degrees_of_freedom(self) -> float:
        """Of the t distribution of the drift, as of the fit by itself."""
        return self.unpooled.drift_degrees_of_freedom

    def log_median(self, steps: float) -> float:
        """Median of log cost, `steps` ahead: the fit's own, at the pooled drift.

        Where a curve lets only part of its drift last, the same part of the pooled one does.
        """
        start, own = self.unpooled.log_median(0), self.unpooled.log_median(steps)
        if abs(self.unpooled.drift_per_year) <= ROUNDING_DRIFT:
            return own + self.drift_per_year * self.step_years * steps
        return start + (own - start) * self.drift_per_year / self.unpooled.drift_per_year

    def log_std_error(self, steps: float) -> float:
        """Scale of the forecast error: the fit's own, with the error of the pooled drift."""
        years = self.step_years * steps
        own_drift = self.unpooled.drift_std_error * years
        shocks = max(self.unpooled.log_std_error(steps) ** 2 - own_drift**2, 0.0)
        return math.sqrt(shocks + (self.drift_std_error * years) ** 2)


@dataclass(frozen=True)
class PooledDrifts(FactSheet):
    """Drifts of several trajectories, pooled, with one pulled-in fit for each.

    Parameters
    ----------
    pooled
        Random-effects result on the drifts (change of log cost a year).
    notes
        What a reader of the numbers has to know.
    fits
        The pulled-in fit of each name.
    """

    pooled: PooledEstimates
    notes: tuple[str, ...]
    fits: Mapping[str, ShrunkenFit] = field(repr=False, compare=False)

    @property
    def n(self) -> int:
        """Number of trajectories pooled."""
        return self.pooled.n

    @property
    def title(self) -> str:
        """What was estimated."""
        return f"pooled drifts ({self.pooled.method})"

    @property
    def decline_per_year(self) -> float:
        """Share of the cost removed each year at the mean drift."""
        return -math.expm1(self.pooled.mean)

    @property
    def half_life_months(self) -> float | None:
        """Months in which a cost at the mean drift halves; None when it does not fall."""
        if self.pooled.mean > -ROUNDING_DRIFT:
            return None
        return decline_rate.MONTHS_PER_YEAR * math.log(2) / -self.pooled.mean

    def conf_int(self, level: float = 0.90) -> tuple[float, float]:
        """Interval for the ``decline_per_year`` of the mean drift.

        Parameters
        ----------
        level
            Between 0 and 1.

        Raises
        ------
        EstimationError
            `level` is not between 0 and 1.
        """
        low, high = self.pooled.conf_int(level)
        return -math.expm1(high), -math.expm1(low)

    def prediction_interval(self, level: float = 0.90) -> tuple[float, float]:
        """Interval for the true decline a year of one further trajectory of this kind.

        Parameters
        ----------
        level
            Between 0 and 1.

        Raises
        ------
        EstimationError
            `level` is not between 0 and 1, or fewer than 3 trajectories were pooled.
        """
        low, high = self.pooled.prediction_interval(level)
        return -math.expm1(high), -math.expm1(low)

    def forecast(self, horizon: int) -> pd.DataFrame:
        """Forecasts of every pulled-in fit, indexed by ``name`` and ``date``.

        Parameters
        ----------
        horizon
            Steps ahead, at least 1; a step is the median spacing of each series.

        Raises
        ------
        EstimationError
            `horizon` is not a whole number of at least 1.
        """
        ahead = {name: fit.forecast(horizon) for name, fit in self.fits.items()}
        return pd.concat(ahead, names=["name", "date"])

    def to_frame(self) -> pd.DataFrame:
        """Forest table in decline a year: own, pulled in, 90 % intervals, then the mean."""
        forest = self.pooled.to_frame(0.90)
        columns = {
            "decline_per_year": "estimate",
            "low90": "high",
            "high90": "low",
            "shrunken_decline_per_year": "shrunken",
            "shrunken_low90": "shrunken_high",
            "shrunken_high90": "shrunken_low",
        }
        table = pd.DataFrame({name: -np.expm1(forest[column]) for name, column in columns.items()})
        return table.assign(weight=forest["weight"])

    def _facts(self) -> dict[str, str]:
        low, high = self.conf_int()
        facts = {
            "Trajectories": str(self.n),
            "Mean decline": f"{self.decline_per_year:.1%} a year "
            f"(90 % interval {low:.1%} to {high:.1%})",
            "Spread of drifts": f"{math.sqrt(self.pooled.tau2):.3f} in log cost a year",
        }
        if self.n >= FEWEST_FOR_PREDICTION:
            low, high = self.prediction_interval()
            facts["A further one"] = f"{low:.1%} to {high:.1%} (90 %)"
        return facts


def pool_drifts(
    fits: Mapping[str, TrajectoryFit],
    *,
    method: PoolingMethod = "reml",
    hartung_knapp: bool = True,
) -> PooledDrifts:
    """Pool the drifts of several trajectories and pull each one towards their mean.

    Parameters
    ----------
    fits
        At least 2 fits by name, each with a drift whose standard error is above 0.
    method, hartung_knapp
        As in ``pool_estimates``.

    Returns
    -------
    PooledDrifts

    Raises
    ------
    EstimationError
        Fewer than 2 fits, an entry that is not a fit, or one without noise.

    Notes
    -----
    The pooling takes each standard error as known, although it comes from few points. On
    technology curves pooling hardly improved forecasts: use it to steady short series beside
    longer ones, and do not expect much else. Prices that move together, such as models of one
    supplier, are fewer independent drifts than their number.

    Examples
    --------
    >>> from diligence.trajectories import fit_random_walk
    >>> years = range(2020, 2026)
    >>> fits = {
    ...     "steady": fit_random_walk(pd.Series([10.0, 9.1, 8.0, 7.4, 6.4, 5.9], index=years)),
    ...     "jumpy": fit_random_walk(pd.Series([10.0, 4.0, 7.0, 2.0, 3.5, 1.8], index=years)),
    ... }
    >>> pool_drifts(fits).to_frame()["shrunken_decline_per_year"].round(2).head(2).to_list()
    [0.1, 0.1]

    The jumpy series alone said 29 % a year; it is so uncertain that its peer's 10 % is the better
    guess. That is a guess about its kind, and no evidence about it.

    References
    ----------
    DerSimonian, R. and Laird, N. (1986). Meta-analysis in clinical trials. Controlled Clinical
    Trials, 7(3), 177-188.
    """
    for name, fit in fits.items():
        if not isinstance(fit, TrajectoryFit):
            raise EstimationError(
                f"{name!r} is a {type(fit).__name__}, not a fitted trajectory. "
                "Fit it first, for example with fit_random_walk(cost)."
            )
    pooled = pool_estimates(
        {name: fit.drift_per_year for name, fit in fits.items()},
        {name: fit.drift_std_error for name, fit in fits.items()},
        method=method,
        hartung_knapp=hartung_knapp,
    )
    shrunken = {name: _shrunken(name, fit, pooled) for name, fit in fits.items()}
    return PooledDrifts(pooled, pooled.notes, shrunken)


def _shrunken(name: str, fit: TrajectoryFit, pooled: PooledEstimates) -> ShrunkenFit:
    drift = float(pooled.estimates["shrunken"].to_dict()[str(name)])
    error = float(pooled.estimates["shrunken_std_error"].to_dict()[str(name)])
    note = (
        f"Drift pulled from {fit.drift_per_year:+.3f} to {drift:+.3f} a year "
        f"towards the mean of {pooled.n} trajectories."
    )
    return ShrunkenFit(
        method=f"{fit.method}, drift pooled",
        n=fit.n,
        drift_per_year=drift,
        drift_std_error=error,
        degrees_of_freedom=fit.degrees_of_freedom,
        level=fit.level,
        step_years=fit.step_years,
        last_date=fit.last_date,
        last_value=fit.last_value,
        notes=(*fit.notes, note),
        history=fit.history,
        unpooled=fit,
    )
