"""Wright's law: unit cost falls by a fixed share with each doubling of cumulative volume."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from diligence.errors import EstimationError
from diligence.trajectories.cost_history import CostHistory, read_cost_history
from diligence.trajectories.cumulative_volume import (
    CumulativeVolume,
    VolumeBasis,
    read_cumulative_volume,
)
from diligence.trajectories.forecast_variance import variance_factor
from diligence.trajectories.learning_rate import learning_rate
from diligence.trajectories.trajectory_fit import TrajectoryFit
from diligence.trajectories.wright_variance import (
    exponent_variance_factor,
    require_rho,
    shock_deviation,
    wright_variance_factor,
)

POOLED_RHO = 0.19
"""Moving-average term pooled over technologies (Lafond et al. 2018)."""

STEADY_GROWTH_SPREAD = 0.25
"""Spread of volume growth over its mean below which Wright and a time trend look alike."""


FUTURE = "Forecasts"
HINDCAST_NOTE = (
    "Intervals are somewhat narrow: in hindcasts from 10 points on, 80 % intervals held 72 % of "
    "outcomes and 95 % intervals 91 % (own hindcast, 53 technologies with cost and volume)."
)


@dataclass(frozen=True)
class ExperienceCurveFit(TrajectoryFit):
    """Wright's law in first differences; the drift is the one at the volume growth assumed.

    Adds to `TrajectoryFit`:

    Parameters
    ----------
    exponent
        Omega: per cent by which cost falls when cumulative volume rises by one per cent.
    exponent_std_error
        Standard error of the exponent.
    rho
        Moving-average term of the noise in use; 0 when dates are uneven.
    shock_std_log
        Standard deviation of one step's shock to log cost.
    volume_growth_per_year
        Growth of log cumulative volume a year behind the forecast.
    volume_growth_spread
        Standard deviation of that growth in one step; 0 along a stated path.
    volume_ahead
        Log growth of cumulative volume from the last date to each future step, when a path was
        given; empty when volume keeps its mean growth.
    volume
        Cumulative volume at the observed dates.
    """

    exponent: float
    exponent_std_error: float
    rho: float
    shock_std_log: float
    volume_growth_per_year: float
    volume_growth_spread: float
    volume_ahead: tuple[float, ...]
    volume: CumulativeVolume = field(repr=False, compare=False)

    @property
    def learning_rate(self) -> float:
        """Share of unit cost removed by each doubling of cumulative volume."""
        return learning_rate(self.exponent)

    def learning_rate_conf_int(self, level: float = 0.90) -> tuple[float, float]:
        """Interval for ``learning_rate``.

        Parameters
        ----------
        level
            Share of samples in which the interval should hold the true rate, between 0 and 1.

        Raises
        ------
        EstimationError
            `level` is not between 0 and 1.
        """
        if not 0 < level < 1:
            raise EstimationError(f"The level must lie between 0 and 1, got {level!r}; try 0.90.")
        reach = self._quantile(level) * self.exponent_std_error
        return learning_rate(self.exponent - reach), learning_rate(self.exponent + reach)

    def with_volume(self, path: Sequence[float] | pd.Series) -> ExperienceCurveFit:
        """Forecast along another future volume; the history and its estimates stay.

        Parameters
        ----------
        path
            One volume a step from the last date on, in the basis the history was given in.

        Returns
        -------
        ExperienceCurveFit
            ``decline_per_year`` is the mean over the path; forecasts end where the path ends.

        Raises
        ------
        EstimationError
            The path holds a missing value or lets cumulative volume fall.
        """
        ahead = self.volume.log_growth_ahead(path)
        growth = float(ahead[-1]) / (len(ahead) * self.step_years)
        note = (
            f"{FUTURE} follow a stated volume path of {len(ahead)} steps, cumulative volume "
            f"growing {math.expm1(growth):.1%} a year, taken as certain."
        )
        return replace(
            self,
            drift_per_year=-self.exponent * growth,
            drift_std_error=self.exponent_std_error * abs(growth),
            volume_growth_per_year=growth,
            volume_growth_spread=0.0,
            volume_ahead=tuple(ahead.tolist()),
            notes=(*(item for item in self.notes if not item.startswith(FUTURE)), note),
        )

    def log_median(self, steps: float) -> float:
        """Median of log cost, `steps` ahead of the last date, at the volume assumed."""
        return math.log(self.level) - self.exponent * self._growth_ahead(steps)

    def log_std_error(self, steps: float) -> float:
        """Scale of the forecast error of log cost, exact for a stated volume.

        Extrapolated volume adds omega^2 s^2 (tau + tau^2 / m), s its spread a step.
        """
        factor = wright_variance_factor(
            self.volume.log_growth,
            self._growth_ahead(steps),
            horizon=steps,
            rho=self.rho,
            spacings=self.history.spacings_in_steps,
        )
        unsteady = variance_factor(steps, differences=float(self.history.spacings_in_steps.sum()))
        volume = (self.exponent * self.volume_growth_spread) ** 2 * unsteady
        return math.sqrt(self.shock_std_log**2 * factor + volume)

    def to_frame(self) -> pd.DataFrame:
        """Observed cost, the curve through the last point at the same volumes, and the volumes."""
        since_last = np.log(self.volume.values / self.volume.last)
        frame = pd.DataFrame(
            {
                "observed": self.history.cost,
                "fitted": self.level * np.exp(-self.exponent * since_last),
                "cumulative_volume": self.volume.values,
            }
        )
        return frame.rename_axis("date")

    def _growth_ahead(self, steps: float) -> float:
        if not self.volume_ahead:
            return self.volume_growth_per_year * self.step_years * steps
        if steps > len(self.volume_ahead):
            raise EstimationError(
                f"The volume path covers {len(self.volume_ahead)} steps, asked for {steps:g}. "
                "Give with_volume() a longer path."
            )
        reached = [0.0, *self.volume_ahead]
        return float(np.interp(steps, np.arange(len(reached)), reached))

    def _facts(self) -> dict[str, str]:
        low, high = self.learning_rate_conf_int()
        facts = super()._facts()
        facts["Learning rate"] = (
            f"{self.learning_rate:.1%} a doubling (90 % interval {low:.1%} to {high:.1%})"
        )
        facts["Volume growth"] = f"{math.expm1(self.volume_growth_per_year):.1%} a year"
        return facts


def fit_experience_curve(
    cost: pd.Series,
    volume: pd.Series,
    *,
    volume_basis: VolumeBasis = "cumulative",
    prior_volume: float | None = None,
    rho: float = POOLED_RHO,
) -> ExperienceCurveFit:
    """Fit Wright's law to changes of log cost and log cumulative volume.

    Parameters
    ----------
    cost
        Unit cost or price, above 0, at least 4 points, indexed by dates, periods, or plain
        numbers read as years.
    volume
        Volume at the same dates: cumulative, or per period with ``volume_basis``.
    volume_basis
        ``"cumulative"``: all volume up to each date. ``"per_period"``: volume since the date
        before.
    prior_volume
        With per-period volume: cumulative volume before the first date. None infers it from the
        growth of the series, and a note says so.
    rho
        Moving-average term of the noise, from -1 to 1, stated rather than estimated. With uneven
        dates 0 is used and a note says so: shocks then accumulate in proportion to elapsed time
        and each change counts by the inverse of its time.

    Returns
    -------
    ExperienceCurveFit
        Forecasts extrapolate volume at its mean log growth, and intervals include how unsteadily
        it has grown; ``with_volume`` takes a stated path instead, as certain. Intervals use t
        quantiles on the exact forecast variance.

    Raises
    ------
    EstimationError
        The series cannot be fitted, or volume does not change.

    Notes
    -----
    Changes of log cost are -omega X_i + u_i + rho u_(i-1); omega is estimated by least squares
    through the origin. The shock variance is the residual sum of squares over its expectation
    under that noise, so it is unbiased; the degrees of freedom match its variance
    (Satterthwaite), which is m - 1 when rho is 0. When volume grows at a steady rate this is a
    random walk with drift under another name: the data cannot say whether volume or time brought
    the cost down, and a note says so; ``volume_or_time`` tests it. With extrapolated volume, 80 %
    intervals held 72 % and 95 % intervals 91 % of outcomes (own hindcast from 10 points on, 53
    technologies of the Performance Curve Database). Not for a cost that follows its suppliers'
    prices rather than the company's own doing.

    Examples
    --------
    >>> years = range(2020, 2026)
    >>> cost = pd.Series([10.0, 8.1, 6.3, 5.2, 4.0, 3.3], index=years)
    >>> shipped = pd.Series([1.0, 2.0, 4.1, 8.3, 16.0, 33.0], index=years)
    >>> fit = fit_experience_curve(cost, shipped)
    >>> round(fit.learning_rate, 3), fit.n
    (0.197, 6)
    >>> fit.forecast(1)["median"].round(2).to_list()
    [2.65]
    >>> fit.with_volume([33.0]).forecast(1)["median"].round(2).to_list()
    [3.3]

    Each doubling took a fifth off the cost, but next year's 2.65 needs another doubling: without
    new volume the model expects no decline at all.

    References
    ----------
    Lafond, F., Bailey, A. G., Bakker, J. D., Rebois, D., Zadourian, R., McSharry, P. and
    Farmer, J. D. (2018). How well do experience curves predict technological progress? A method
    for making distributional forecasts. Technological Forecasting and Social Change, 128,
    104-117.
    """
    require_rho(rho)
    history = read_cost_history(cost)
    cumulative = read_cumulative_volume(
        volume, history, basis=volume_basis, prior_volume=prior_volume
    )
    _require_growth(cumulative)
    in_use = rho if history.evenly_spaced else 0.0
    root_time = np.sqrt(history.spacings_in_steps)
    growth = cumulative.log_growth / root_time
    changes = np.diff(history.log_cost) / root_time
    exponent = -float(growth @ changes / (growth @ growth))
    shock_std, degrees_of_freedom = shock_deviation(changes + exponent * growth, growth, rho=in_use)
    exponent_std_error = shock_std * math.sqrt(exponent_variance_factor(growth, rho=in_use))
    volume_growth = float(cumulative.log_growth.sum() / history.years[-1])
    spread = cumulative.growth_spread(history.spacings_in_steps)
    growth_error = spread / math.sqrt(history.spacings_in_steps.sum()) / history.step_years
    return ExperienceCurveFit(
        method="experience curve (Wright)",
        n=history.n,
        drift_per_year=-exponent * volume_growth,
        drift_std_error=math.hypot(exponent_std_error * volume_growth, exponent * growth_error),
        degrees_of_freedom=degrees_of_freedom,
        level=history.last_value,
        step_years=history.step_years,
        last_date=history.last_date,
        last_value=history.last_value,
        notes=(
            *history.notes,
            *cumulative.notes,
            *_notes(history, cumulative, rho, in_use),
            HINDCAST_NOTE,
            _extrapolation_note(volume_growth),
        ),
        history=history,
        exponent=exponent,
        exponent_std_error=exponent_std_error,
        rho=in_use,
        shock_std_log=shock_std,
        volume_growth_per_year=volume_growth,
        volume_growth_spread=spread,
        volume_ahead=(),
        volume=cumulative,
    )


def _require_growth(cumulative: CumulativeVolume) -> None:
    if not float(cumulative.log_growth.sum()) > 0:
        raise EstimationError(
            f"Cumulative volume stays at {cumulative.last:g} throughout, so it cannot explain the "
            "cost and no learning rate exists. Use fit_random_walk(cost) instead."
        )


def _extrapolation_note(volume_growth: float) -> str:
    return (
        f"{FUTURE} extrapolate cumulative volume at {math.expm1(volume_growth):.1%} a year, the "
        "mean of the history; with_volume() takes a stated path."
    )


def _notes(
    history: CostHistory, cumulative: CumulativeVolume, rho: float, in_use: float
) -> tuple[str, ...]:
    notes = []
    if rho and not in_use:
        notes.append(
            "Dates are uneven: shocks count in proportion to elapsed time, and rho is 0 instead "
            f"of {rho:g}."
        )
    elif rho:
        notes.append(
            f"rho = {rho:g} is stated, not estimated ({POOLED_RHO:g} is pooled over the "
            "technologies of Lafond et al. 2018)."
        )
    if cumulative.growth_variation(history.spacings_in_steps) < STEADY_GROWTH_SPREAD:
        notes.append(
            "Volume grew at a steady rate, so volume and time explain the cost equally well: the "
            "data cannot tell Wright's law from a trend in time."
        )
    return tuple(notes)
