"""Likelihood of a falling log price of which only the new lows are seen, for many samples at once.

Offers scatter around a line, log price = a + b t + s e with e standard normal. A record adds its
density, any other offer the probability of lying above the low that stood on its date. In the
parameters (a/s, b/s, 1/s) the logarithm of that likelihood is concave (Olsen 1978), so Newton's
method finds the one maximum from any start.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import erfcx

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MAX_ITERATIONS = 60
MAX_HALVINGS = 15
NEWTON_TOLERANCE = 1e-7
RIDGE = 1e-10
SQRT_2 = math.sqrt(2.0)
# Below -30 the survival is 1 in double precision, and erfcx would overflow.
LOWEST_Z = -30.0


@dataclass(frozen=True, eq=False)
class Maxima:
    """Where the likelihood of each sample is highest.

    Parameters
    ----------
    slope, noise
        Change of log price a year, and its standard deviation around the line.
    level
        Minus the mean distance of the standing lows from the line, in units of the noise.
    log_likelihood
        Logarithm of the likelihood there.
    """

    slope: FloatArray
    noise: FloatArray
    level: FloatArray
    log_likelihood: FloatArray


def maximum_likelihood(
    years: FloatArray,
    log_standing: FloatArray,
    is_record: BoolArray,
    *,
    start: Maxima | None = None,
) -> Maxima:
    """Slope, level and noise at the maximum; one row a sample, one column an offer."""
    scale = _scale(log_standing)
    design = np.stack(
        [
            np.full_like(log_standing, -1.0),
            -_centred(years),
            _centred(log_standing) / scale[:, None],
        ],
        axis=2,
    )
    points = np.tile([0.0, -1.0, 1.0], (len(scale), 1))
    if start is not None:
        points = np.column_stack([start.level, start.slope, scale])
        points[:, 1:] /= start.noise[:, None]
    found, log_likelihood = _newton(design, is_record, points)
    noise = scale / found[:, 2]
    corrected = log_likelihood - is_record.sum(axis=1) * np.log(scale)
    return Maxima(found[:, 1] * noise, noise, found[:, 0], corrected)


def profile(
    years: FloatArray, log_standing: FloatArray, is_record: BoolArray, slopes: FloatArray
) -> Maxima:
    """Level and noise at the maximum for a given slope a sample."""
    price = _centred(log_standing - slopes[:, None] * years)
    scale = _scale(price)
    design = np.stack([np.full_like(price, -1.0), price / scale[:, None]], axis=2)
    found, log_likelihood = _newton(design, is_record, np.tile([0.0, 1.0], (len(price), 1)))
    corrected = log_likelihood - is_record.sum(axis=1) * np.log(scale)
    return Maxima(slopes, scale / found[:, 1], found[:, 0], corrected)


def signed_root(
    years: FloatArray, log_standing: FloatArray, is_record: BoolArray, slopes: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Signed root of the likelihood ratio of a slope, positive below the estimate; and its noise.

    Standard normal in large samples; in small ones its mean and spread have to be simulated.
    """
    given = profile(years, log_standing, is_record, slopes)
    best = maximum_likelihood(years, log_standing, is_record, start=given)
    ratio = np.maximum(best.log_likelihood - given.log_likelihood, 0.0)
    return np.sign(best.slope - slopes) * np.sqrt(2 * ratio), given.noise


def line_covariance(
    years: FloatArray, log_standing: FloatArray, is_record: BoolArray, at: Maxima
) -> FloatArray:
    """Covariance of the line's log level at the last date with its slope, a sample a row.

    From the curvature of the log likelihood in (level/s, slope/s, 1/s), by the delta method.
    """
    since_last = years - years[:, -1:]
    price = _centred(log_standing)
    design = np.stack([np.full_like(price, -1.0), -since_last, price], axis=2)
    precision = 1 / at.noise
    middle = at.level - at.slope * precision * since_last.mean(axis=1)
    point = np.column_stack([middle, at.slope * precision, precision])
    _, curvature = _derivatives(design, is_record, _evaluate(design, is_record, point))
    inverse = np.linalg.inv(curvature)
    first = np.column_stack([at.noise, np.zeros_like(precision), -middle * at.noise**2])
    second = np.column_stack([np.zeros_like(precision), at.noise, -at.slope * at.noise])
    change = np.stack([first, second], axis=1)
    return np.asarray(change @ inverse @ change.transpose(0, 2, 1), dtype=float)


def _centred(values: FloatArray) -> FloatArray:
    return np.asarray(values - values.mean(axis=1, keepdims=True), dtype=float)


def _scale(price: FloatArray) -> FloatArray:
    spread = np.asarray(price.std(axis=1), dtype=float)
    return np.where(spread > 0, spread, 1.0)


def _newton(
    design: FloatArray, is_record: BoolArray, start: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Maximise each sample's likelihood; the last parameter is 1/noise and stays above zero."""
    found, reached = start.copy(), np.full(len(start), -np.inf)
    rows = np.arange(len(start))
    at = _evaluate(design, is_record, start)
    for _ in range(MAX_ITERATIONS):
        gradient, curvature = _derivatives(design, is_record, at)
        step = np.asarray(np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0], float)
        at = _climb(design, is_record, at, step)
        found[rows], reached[rows] = at.point, at.value
        unfinished = (gradient * step).sum(axis=1) > NEWTON_TOLERANCE
        if not unfinished.any():
            break
        rows, design, is_record = rows[unfinished], design[unfinished], is_record[unfinished]
        at = at.of(unfinished)
    return found, reached


@dataclass(frozen=True, eq=False)
class _Evaluation:
    """Likelihood at a point, with minus its first and second derivative by each offer's z."""

    point: FloatArray
    value: FloatArray
    slope: FloatArray
    weight: FloatArray

    def of(self, rows: BoolArray) -> _Evaluation:
        return _Evaluation(self.point[rows], self.value[rows], self.slope[rows], self.weight[rows])

    def unless(self, worse: BoolArray, before: _Evaluation) -> _Evaluation:
        wide = worse[:, None]
        return _Evaluation(
            np.where(wide, before.point, self.point),
            np.where(worse, before.value, self.value),
            np.where(wide, before.slope, self.slope),
            np.where(wide, before.weight, self.weight),
        )


def _evaluate(design: FloatArray, is_record: BoolArray, point: FloatArray) -> _Evaluation:
    z = np.matmul(design, point[:, :, None])[:, :, 0]
    bounded = np.maximum(z, LOWEST_Z)
    scaled = erfcx(bounded / SQRT_2)
    hazard = math.sqrt(2 / math.pi) / scaled
    log_survival = np.log(0.5 * scaled) - 0.5 * bounded**2
    value = np.where(is_record, -0.5 * z**2, log_survival).sum(axis=1)
    return _Evaluation(
        point=point,
        value=value + is_record.sum(axis=1) * np.log(point[:, -1]),
        slope=np.where(is_record, z, hazard),
        weight=np.where(is_record, 1.0, hazard * (hazard - bounded)),
    )


def _derivatives(
    design: FloatArray, is_record: BoolArray, at: _Evaluation
) -> tuple[FloatArray, FloatArray]:
    records, precision = is_record.sum(axis=1), at.point[:, -1]
    gradient = -np.matmul(at.slope[:, None, :], design)[:, 0, :]
    gradient[:, -1] += records / precision
    curvature = np.matmul((design * at.weight[:, :, None]).transpose(0, 2, 1), design)
    curvature[:, -1, -1] += records / precision**2
    diagonal = np.arange(at.point.shape[1])
    curvature[:, diagonal, diagonal] *= 1 + RIDGE
    return gradient, curvature


def _climb(
    design: FloatArray, is_record: BoolArray, at: _Evaluation, step: FloatArray
) -> _Evaluation:
    """Go along the step, halved until the likelihood does not fall."""
    shrinking, allowed = np.maximum(-step[:, -1], 0.0), 0.9 * at.point[:, -1]
    share = np.where(shrinking > allowed, allowed / np.where(shrinking > 0, shrinking, 1.0), 1.0)
    for _ in range(MAX_HALVINGS):
        ahead = _evaluate(design, is_record, at.point + share[:, None] * step)
        worse = ~(ahead.value >= at.value - 1e-9)
        if not worse.any():
            return ahead
        share = np.where(worse, share / 2, share)
    return ahead.unless(worse, at)
