"""Cumulative volume behind each cost: what an experience curve is drawn against."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from diligence.errors import EstimationError
from diligence.trajectories.cost_history import CostHistory, FloatArray, date_label

VolumeBasis = Literal["cumulative", "per_period"]
VOLUME_BASES = ("cumulative", "per_period")


@dataclass(frozen=True)
class CumulativeVolume:
    """All volume ever made or served, at each date of a cost.

    Parameters
    ----------
    values
        Cumulative volume at the dates of the cost, above 0, never falling.
    basis
        How the volume was given.
    notes
        What was assumed to cumulate it.
    """

    values: FloatArray
    basis: VolumeBasis
    notes: tuple[str, ...]

    @property
    def last(self) -> float:
        """Cumulative volume at the last date."""
        return float(self.values[-1])

    @property
    def log_growth(self) -> FloatArray:
        """Change of log cumulative volume between neighbouring dates."""
        return np.asarray(np.diff(np.log(self.values)), dtype=float)

    def growth_spread(self, spacings: FloatArray) -> float:
        """Standard deviation of log growth in one step, points `spacings` steps apart."""
        growth = self.log_growth
        if len(growth) < 2:
            return 0.0
        surprises = growth - growth.sum() / spacings.sum() * spacings
        return math.sqrt(float(np.sum(surprises**2 / spacings)) / (len(growth) - 1))

    def growth_variation(self, spacings: FloatArray) -> float:
        """Spread of log growth in one step over its mean; below 0.25 growth is near steady."""
        mean = float(self.log_growth.sum() / spacings.sum())
        return self.growth_spread(spacings) / mean if mean > 0 else math.inf

    def log_growth_ahead(self, volume: Sequence[float] | pd.Series) -> FloatArray:
        """Turn future volumes, in the same basis, into log growth since the last date.

        Raises
        ------
        EstimationError
            The path is empty, holds a value that is no number, or lets cumulative volume fall.
        """
        path = _path_values(volume)
        if self.basis == "per_period":
            path = self.last + np.cumsum(path)
        reached = np.concatenate([[self.last], path])
        falls = np.flatnonzero(np.diff(reached) < 0)
        if len(falls):
            step = int(falls[0]) + 1
            raise EstimationError(
                f"Cumulative volume cannot fall: step {step} of the path would bring it from "
                f"{reached[step - 1]:g} to {reached[step]:g}. Volume is read as {self.basis}; "
                "give the path in the same basis as the history."
            )
        return np.asarray(np.log(path / self.last), dtype=float)


def read_cumulative_volume(
    volume: pd.Series,
    history: CostHistory,
    *,
    basis: VolumeBasis = "cumulative",
    prior_volume: float | None = None,
) -> CumulativeVolume:
    """Check a volume series and cumulate it at the dates of a cost.

    Parameters
    ----------
    volume
        Volume in any unit, on the same kind of index as the cost, with a value at each date of
        the cost; it may have further dates.
    history
        The cost, checked.
    basis
        ``"cumulative"``: volume made up to each date, above 0. ``"per_period"``: volume made
        since the date before in the volume series, 0 or more.
    prior_volume
        Per-period volume only: cumulative volume before the first date. None takes
        v / (e^g - 1), the sum of a past in which the first volume v had always grown at the
        mean log growth g a period.

    Raises
    ------
    EstimationError
        The volume cannot be used; the message quotes value and position.

    Examples
    --------
    >>> from diligence.trajectories.cost_history import read_cost_history
    >>> cost = read_cost_history(pd.Series([8.0, 6.0, 5.0, 4.0], index=range(2022, 2026)))
    >>> served = pd.Series([1.0, 2.0, 4.0, 8.0], index=range(2022, 2026))
    >>> read_cumulative_volume(served, cost, basis="per_period").values
    array([ 2.,  4.,  8., 16.])

    Volume that had always doubled adds up to 1 before the first period.
    """
    if basis not in VOLUME_BASES:
        raise EstimationError(f"volume_basis must be 'cumulative' or 'per_period', got {basis!r}.")
    served = _volume_on_cost_index(volume, history)
    if basis == "cumulative":
        _refuse_prior_volume(prior_volume)
        served = served.loc[history.cost.index]
        _require_cumulative(served)
        note = "Volume was read as cumulative: all that was ever made up to each date."
        return CumulativeVolume(served.to_numpy(), basis, (note,))
    return _cumulated(served, history, prior_volume)


def _cumulated(
    served: pd.Series, history: CostHistory, prior_volume: float | None
) -> CumulativeVolume:
    _refuse(served, served.to_numpy() < 0, "Volume per period must be 0 or more")
    if prior_volume is None:
        prior = _implied_prior_volume(served.to_numpy())
        note = (
            f"Volume before the first date was taken as {prior:.6g}: the first period's volume, "
            "had it always grown at its mean rate. Pass prior_volume if it is known."
        )
    else:
        if not (math.isfinite(prior_volume) and prior_volume >= 0):
            raise EstimationError(f"prior_volume must be 0 or more, got {prior_volume!r}.")
        prior, note = prior_volume, f"Volume before the first date: {prior_volume:g}, as stated."
    total = (prior + served.cumsum()).loc[history.cost.index]
    _refuse(total, total.to_numpy() <= 0, "Cumulative volume must be above 0 at every cost")
    return CumulativeVolume(total.to_numpy(), "per_period", (note,))


def _implied_prior_volume(values: FloatArray) -> float:
    first, last = float(values[0]), float(values[-1])
    if not 0 < first < last:
        raise EstimationError(
            f"Volume per period goes from {first:g} to {last:g} without growing, so the volume "
            "before the first date cannot be inferred. Pass prior_volume (0 if there was none)."
        )
    growth = math.log(last / first) / (len(values) - 1)
    return first / math.expm1(growth)


def _volume_on_cost_index(volume: pd.Series, history: CostHistory) -> pd.Series:
    if not isinstance(volume, pd.Series):
        raise EstimationError(
            "volume must be a pandas Series on the dates of the cost, got "
            f"{type(volume).__name__}. Build it with pd.Series(values, index=cost.index)."
        )
    if isinstance(history.cost.index, pd.DatetimeIndex):
        volume = volume.set_axis(pd.DatetimeIndex(volume.index).tz_localize(None))
    if volume.index.has_duplicates or not volume.index.is_monotonic_increasing:
        raise EstimationError(
            "The dates of the volume must rise, each standing once. Sort with "
            "volume.sort_index() and sum repeated dates first."
        )
    absent = history.cost.index.difference(volume.index)
    if len(absent):
        raise EstimationError(
            f"Volume is missing at {len(absent)} of {history.n} dates of the cost, first at "
            f"{date_label(absent[0])}. Add it, or drop the date from the cost."
        )
    served = pd.to_numeric(volume, errors="coerce").astype(float)
    _refuse(volume, ~np.isfinite(served.to_numpy()), "Volume must be a number at every date")
    return served


def _require_cumulative(served: pd.Series) -> None:
    values = served.to_numpy()
    _refuse(served, values <= 0, "Cumulative volume must be above 0")
    falls = np.flatnonzero(np.diff(values) < 0)
    if len(falls):
        position = int(falls[0]) + 1
        raise EstimationError(
            f"Cumulative volume cannot fall, but goes from {values[position - 1]:g} to "
            f"{values[position]:g} at {date_label(served.index[position])}. If it is volume a "
            "period, pass volume_basis='per_period'."
        )


def _refuse(volume: pd.Series, unusable: np.ndarray, rule: str) -> None:
    if unusable.any():
        position = int(np.argmax(unusable))
        raise EstimationError(
            f"{rule}; found {volume.iloc[position]} at {date_label(volume.index[position])}, "
            f"position {position} of {len(volume)}. Correct the value or drop the date."
        )


def _refuse_prior_volume(prior_volume: float | None) -> None:
    if prior_volume is not None:
        raise EstimationError(
            f"prior_volume = {prior_volume:g} was given with cumulative volume, which already "
            "holds it. Drop it, or pass volume_basis='per_period'."
        )


def _path_values(volume: Sequence[float] | pd.Series) -> FloatArray:
    path = np.asarray(volume, dtype=float)
    if path.ndim != 1 or len(path) == 0 or not np.isfinite(path).all():
        raise EstimationError(
            f"The volume path must hold one finite number a step, got {path.tolist()!r}."
        )
    return path
