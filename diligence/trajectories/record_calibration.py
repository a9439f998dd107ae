"""What a small sample does to the likelihood ratio of a record-aware rate, found by simulation.

With forty offers and a handful of records the signed root of the likelihood ratio is neither
centred nor of unit spread. For each of a few slopes the sample is drawn again many times on its
own dates, at that slope and the noise that goes with it; the mean and spread of the simulated
roots turn the observed one into a standard normal one. Zero of that is the estimate, and its
quantiles are the interval (parametric bootstrap of the signed root; DiCiccio, Martin and Stern
2001).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from diligence.errors import EstimationError
from diligence.trajectories.record_likelihood import (
    maximum_likelihood,
    signed_root,
)
from diligence.trajectories.record_prices import MIN_RECORDS, RecordSample

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

FARTHEST_ROOT = 3.2
LEVELS = 41
SIMULATED_LEVELS = 5
PROFILE_POINTS = 61
MAX_DOUBLINGS = 14
FEWEST_USABLE = 20
LEAST_SCATTER = 1e-6


@dataclass(frozen=True, eq=False)
class CalibratedRoot:
    """Calibrated signed root against the slope of log price.

    Parameters
    ----------
    slopes
        Slopes a year, rising.
    roots
        Calibrated root at each, falling; standard normal at the true slope.
    noise
        Standard deviation of log price that goes with each slope, freed of its small-sample bias.
    """

    slopes: FloatArray
    roots: FloatArray
    noise: FloatArray

    def slope_at(self, root: float) -> float:
        """Slope with that root; infinite where the likelihood does not bound it."""
        if root > self.roots[0]:
            return -np.inf
        if root < self.roots[-1]:
            return np.inf
        return float(np.interp(-root, -self.roots, self.slopes))

    def noise_at(self, slope: float) -> float:
        """Noise that goes with a slope."""
        return float(np.interp(slope, self.slopes, self.noise))


def calibrate_root(sample: RecordSample, *, draws: int, seed: int) -> CalibratedRoot:
    """Simulate the signed root on the sample's own dates at slopes around the estimate."""
    slopes, roots, noise = _observed_profile(sample)
    dates = _Dates(sample.years)
    shocks = _stratified_shocks(draws, sample.offers, seed=seed)
    simulated = np.linspace(0, LEVELS - 1, SIMULATED_LEVELS).astype(int)
    measured = _simulate(dates, shocks, (slopes / noise)[simulated])
    centre, spread, shortfall = (np.interp(np.arange(LEVELS), simulated, m) for m in measured)
    calibrated = (roots - centre) / spread
    return CalibratedRoot(slopes, np.minimum.accumulate(calibrated), noise / shortfall)


class _Dates:
    """Positions of the first and last offer of each offer's date, for samples with shared dates."""

    def __init__(self, years: FloatArray) -> None:
        self.years = years
        self.first = np.searchsorted(years, years, side="left")
        self.last = np.searchsorted(years, years, side="right") - 1

    def records(self, log_price: FloatArray) -> tuple[FloatArray, BoolArray]:
        """Lowest price at the end of each offer's date, and which offers were new lows."""
        lows = np.minimum.accumulate(log_price, axis=1)
        standing = lows[:, self.last]
        before = np.where(self.first > 0, lows[:, self.first - 1], np.inf)
        return standing, (log_price == standing) & (log_price < before)


def _observed_profile(sample: RecordSample) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Slopes at which the signed root takes evenly spread values, with root and noise."""
    years, standing, seen = sample.years[None], sample.log_standing[None], sample.is_record[None]
    best = maximum_likelihood(years, standing, seen)
    _require_scatter(sample, float(best.noise[0]))
    reach = 4 * best.noise[0] / (years.std() * np.sqrt(years.size))
    low = high = reach
    for _ in range(MAX_DOUBLINGS):
        slopes = best.slope[0] + np.concatenate(
            [np.linspace(-low, 0, PROFILE_POINTS), np.linspace(0, high, PROFILE_POINTS)[1:]]
        )
        roots, _ = _roots(sample, slopes)
        if roots[0] >= FARTHEST_ROOT and roots[-1] <= -FARTHEST_ROOT:
            break
        low = low if roots[0] >= FARTHEST_ROOT else 2 * low
        high = high if roots[-1] <= -FARTHEST_ROOT else 2 * high
    wanted = np.linspace(min(FARTHEST_ROOT, roots[0]), max(-FARTHEST_ROOT, roots[-1]), LEVELS)
    chosen = np.interp(-wanted, -roots, slopes)
    return chosen, *_roots(sample, chosen)


def _require_scatter(sample: RecordSample, noise: float) -> None:
    if noise < LEAST_SCATTER * np.ptp(sample.log_standing):
        raise EstimationError(
            f"All {sample.records} new lows lie on one line without any scatter, so nothing tells "
            "how lucky they were. If these are all offers, use fit_log_trend; else add the dates "
            "of the others."
        )


def _roots(sample: RecordSample, slopes: FloatArray) -> tuple[FloatArray, FloatArray]:
    shape = (len(slopes), sample.offers)
    return signed_root(
        np.broadcast_to(sample.years, shape),
        np.broadcast_to(sample.log_standing, shape),
        np.broadcast_to(sample.is_record, shape),
        slopes,
    )


def _stratified_shocks(draws: int, offers: int, *, seed: int) -> FloatArray:
    """Standard normal errors, each offer's evenly spread over its draws (Latin hypercube).

    Independent draws leave an error in the simulated mean that is the same in every fit of one
    seed and length; even spreading more than halves it.
    """
    rng = np.random.default_rng(seed)
    stratum = rng.permuted(np.tile(np.arange(draws)[:, None], (1, offers)), axis=0)
    return np.asarray(ndtri((stratum + rng.random((draws, offers))) / draws), dtype=float)


def _simulate(
    dates: _Dates, shocks: FloatArray, slopes: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean and spread of the root at the true slope, and the median of the fitted noise.

    Slopes are in units of the noise, which is 1. Lists that could not be fitted are left out.
    """
    price = slopes[:, None, None] * dates.years + shocks
    level = np.repeat(np.arange(len(slopes)), len(shocks))
    standing, seen = dates.records(price.reshape(-1, price.shape[-1]))
    usable = seen.sum(axis=1) >= MIN_RECORDS
    standing, seen, level = standing[usable], seen[usable], level[usable]
    years = np.broadcast_to(dates.years, standing.shape)
    roots, noise = signed_root(years, standing, seen, slopes[level])
    enough = np.flatnonzero(np.bincount(level, minlength=len(slopes)) >= FEWEST_USABLE)
    if not len(enough):
        raise EstimationError(
            "Prices that rise as these do hardly ever set a second record, so no interval can be "
            "simulated. Use all prices with fit_log_trend, or a longer history."
        )
    groups = [level == number for number in enough]
    measured = (
        [roots[group].mean() for group in groups],
        [roots[group].std(ddof=1) for group in groups],
        [np.median(noise[group]) for group in groups],
    )
    # At slopes that hardly ever give a second record the nearest measured slope stands in.
    centre, spread, shortfall = (np.interp(np.arange(len(slopes)), enough, m) for m in measured)
    return centre, spread, shortfall
