"""How much true values differ beyond the sampling error of their estimates."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from diligence.errors import EstimationError
from diligence.trajectories.cost_history import FloatArray

PoolingMethod = Literal["reml", "dersimonian_laird"]
POOLING_METHODS: dict[PoolingMethod, str] = {
    "reml": "restricted maximum likelihood",
    "dersimonian_laird": "DerSimonian-Laird",
}
GRID_POINTS = 201
SPREAD_POINTS = 400
ROUNDING_DEVIANCE = 1e-12


def between_variance(
    values: FloatArray, variances: FloatArray, *, method: PoolingMethod = "reml"
) -> float:
    """Variance between the true values (tau squared), 0 when sampling error explains the scatter.

    Parameters
    ----------
    values
        Estimates, at least 2.
    variances
        Sampling variance of each, above 0.
    method
        ``"reml"`` or ``"dersimonian_laird"`` (moments; closed form).

    Raises
    ------
    EstimationError
        `method` is not one of these.

    Examples
    --------
    >>> drifts, variances = np.array([-1.0, -1.4, -0.6]), np.array([0.04, 0.04, 0.04])
    >>> round(between_variance(drifts, variances), 4)
    0.12

    The estimates vary by 0.16, of which 0.04 is their own sampling error.

    References
    ----------
    DerSimonian, R. and Laird, N. (1986). Meta-analysis in clinical trials. Controlled Clinical
    Trials, 7(3), 177-188.
    Viechtbauer, W. (2005). Bias and efficiency of meta-analytic variance estimators in the
    random-effects model. Journal of Educational and Behavioral Statistics, 30(3), 261-293.
    """
    if method not in POOLING_METHODS:
        raise EstimationError(f"method must be one of {list(POOLING_METHODS)}, got {method!r}.")
    if method == "dersimonian_laird":
        return _moment_variance(values, variances)
    return _restricted_variance(values, variances)


def cochran_q(values: FloatArray, variances: FloatArray) -> float:
    """Scatter around the common mean in units of sampling variance (Cochran's Q).

    Parameters
    ----------
    values
        Estimates.
    variances
        Sampling variance of each, above 0.

    Examples
    --------
    >>> round(cochran_q(np.array([-1.0, -1.4, -0.6]), np.array([0.04, 0.04, 0.04])), 6)
    8.0

    Three estimates of one value would give 2 on average.
    """
    weights = 1 / variances
    common_mean = weights @ values / weights.sum()
    return float(weights @ (values - common_mean) ** 2)


def spread_weights(values: FloatArray, variances: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Standard deviations of the true values that the estimates allow, with their weights.

    The restricted likelihood as a density of tau, which a prior flat in tau would give. It needs
    at least 3 estimates to be finite.

    Parameters
    ----------
    values
        Estimates, at least 3.
    variances
        Sampling variance of each, above 0.

    Returns
    -------
    tuple of array
        Values of tau from 0 to far beyond the data, and weights that add up to 1.

    Examples
    --------
    >>> tau, weight = spread_weights(np.array([-1.0, -1.4, -0.6]), np.array([0.04, 0.04, 0.04]))
    >>> round(float(weight[tau < 0.35].sum()), 2), round(float(weight[tau > 1].sum()), 2)
    (0.21, 0.39)

    The best single value is 0.35, but three estimates allow a third of that or three times it.
    """
    share = (np.arange(SPREAD_POINTS) + 0.5) / SPREAD_POINTS
    scale = float(np.std(values)) + math.sqrt(float(np.median(variances)))
    tau = scale * share / (1 - share)
    deviance = _restricted_deviance(tau, values, variances)
    density = np.exp(-(deviance - deviance.min()) / 2) / (1 - share) ** 2
    return tau, density / density.sum()


def _moment_variance(values: FloatArray, variances: FloatArray) -> float:
    weights = 1 / variances
    scale = float(weights.sum() - weights @ weights / weights.sum())
    return max(0.0, (cochran_q(values, variances) - (len(variances) - 1)) / scale)


def _restricted_variance(values: FloatArray, variances: FloatArray) -> float:
    from scipy.optimize import minimize_scalar

    # The profile may have several peaks: a coarse grid in the spread brackets the highest.
    widest = float(np.ptp(values)) + math.sqrt(float(variances.max()))
    grid = np.linspace(0.0, widest, GRID_POINTS)
    loss = _restricted_deviance(grid, values, variances)
    best = int(np.argmin(loss))
    around = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    refined = minimize_scalar(
        lambda tau: float(_restricted_deviance(np.array([tau]), values, variances)[0]),
        bounds=around,
        method="bounded",
        options={"xatol": 1e-10 * widest},
    )
    at_zero = float(loss[0]) - ROUNDING_DEVIANCE * (1 + abs(float(loss[0])))
    return float(refined.x) ** 2 if refined.fun < at_zero else 0.0


def _restricted_deviance(tau: FloatArray, values: FloatArray, variances: FloatArray) -> FloatArray:
    weights = 1 / (variances + np.square(tau)[:, np.newaxis])
    total = weights.sum(axis=1)
    means = weights @ values / total
    scatter = (weights * (values - means[:, np.newaxis]) ** 2).sum(axis=1)
    return np.asarray(scatter - np.log(weights).sum(axis=1) + np.log(total))
