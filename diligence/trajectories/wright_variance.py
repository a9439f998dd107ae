"""How wrong a forecast from Wright's law can be, for any past and future of the volume."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from diligence.errors import EstimationError
from diligence.trajectories.cost_history import FloatArray


def wright_variance_factor(
    past_growth: Sequence[float] | FloatArray,
    growth_ahead: float,
    *,
    horizon: float,
    rho: float = 0.0,
    spacings: Sequence[float] | FloatArray | None = None,
) -> float:
    """Forecast variance of Wright's law in first differences, in units of the shock variance.

    Changes of log cost are -omega X_i + u_i + rho u_(i-1), with X_i the change of log cumulative
    volume, and omega is estimated through the origin. With H_i = -(sum of future X) X_i / sum of
    X^2, the exact variance of the error of log cost tau steps ahead is

    rho^2 H_1^2 + sum_(i<m) (H_i + rho H_(i+1))^2 + (rho + H_m)^2 + (tau - 1)(1 + rho)^2 + 1.

    Parameters
    ----------
    past_growth
        Changes of log cumulative volume in the history (X_1 to X_m), not all 0.
    growth_ahead
        Change of log cumulative volume from the last date to the target.
    horizon
        Steps ahead (tau), above 0; at least 1 when `rho` is not 0.
    rho
        Moving-average term of the noise, from -1 to 1.
    spacings
        Time between points in steps; None means 1 throughout. Uneven spacings need ``rho = 0``:
        variance is then proportional to elapsed time and omega is weighted by 1 / time.

    Raises
    ------
    EstimationError
        An argument is out of its range.

    Examples
    --------
    >>> round(wright_variance_factor([0.2] * 5, 2.0, horizon=10, rho=0.63), 3)
    70.887
    >>> wright_variance_factor([0.2] * 5, 0.0, horizon=10)
    10.0

    With volume growing at a constant rate this is the variance of the random walk with drift:
    the curve then knows no more than the calendar does. If volume stands still, only the shocks
    remain: the learning rate no longer matters.

    References
    ----------
    Lafond, F., Bailey, A. G., Bakker, J. D., Rebois, D., Zadourian, R., McSharry, P. and
    Farmer, J. D. (2018). How well do experience curves predict technological progress? A method
    for making distributional forecasts. Technological Forecasting and Social Change, 128,
    104-117.
    """
    require_rho(rho)
    shortest = 1 if rho else 0
    if not (math.isfinite(horizon) and horizon > 0 and horizon >= shortest):
        bound = "at least 1 step when rho is not 0" if rho else "above 0 steps"
        raise EstimationError(f"The horizon must be {bound}, got {horizon!r}.")
    growth = np.asarray(past_growth, dtype=float)
    time = _steps_between(growth, spacings, rho)
    information = float(np.sum(growth**2 / time))
    if not information > 0:
        raise EstimationError(
            f"Volume did not change in the history ({growth.tolist()}), so it cannot explain cost."
        )
    leverage = -growth_ahead * growth / information / np.sqrt(time)
    carried_on = np.append(leverage[1:], 1.0)
    past = (rho * leverage[0]) ** 2 + float(np.sum((leverage + rho * carried_on) ** 2))
    return float(past + (horizon - 1) * (1 + rho) ** 2 + 1)


def exponent_variance_factor(growth: FloatArray, *, rho: float = 0.0) -> float:
    """Variance of the estimated exponent, in units of the shock variance.

    Parameters
    ----------
    growth
        Changes of log cumulative volume in the history, not all 0.
    rho
        Moving-average term of the noise, from -1 to 1.

    Examples
    --------
    >>> exponent_variance_factor(np.array([0.5, 0.5, 0.5, 0.5]))
    1.0
    """
    weights = growth / float(growth @ growth)
    padded = np.concatenate([[0.0], weights, [0.0]])
    return float(np.sum((padded[:-1] + rho * padded[1:]) ** 2))


def shock_deviation(
    residuals: FloatArray, growth: FloatArray, *, rho: float = 0.0
) -> tuple[float, float]:
    """Deviation of one shock from the residuals of Wright's law, and its degrees of freedom.

    The residual sum of squares is divided by its expectation under moving-average noise, so its
    square is unbiased; the degrees of freedom match its variance (Satterthwaite) and are m - 1
    for m changes when `rho` is 0.

    Parameters
    ----------
    residuals
        Changes of log cost less what volume explains.
    growth
        Changes of log cumulative volume, not all 0.
    rho
        Moving-average term of the noise, from -1 to 1.

    Examples
    --------
    >>> residuals, growth = np.array([0.1, -0.1, 0.1, -0.1]), np.ones(4)
    >>> deviation, degrees_of_freedom = shock_deviation(residuals, growth)
    >>> round(deviation, 4), round(degrees_of_freedom, 6)
    (0.1155, 3.0)
    """
    # Residuals are M eta with M = I - X X'/X'X and eta of covariance C: E[r'r] = tr(MC) and
    # Var[r'r] = 2 tr(MCMC), both in units of the shock variance.
    m = len(growth)
    covariance = (1 + rho**2) * np.eye(m) + rho * (np.eye(m, k=1) + np.eye(m, k=-1))
    annihilator = np.eye(m) - np.outer(growth, growth) / float(growth @ growth)
    noise = annihilator @ covariance
    expected = float(np.trace(noise))
    spread = float(np.sum(noise * noise.T))
    return math.sqrt(float(residuals @ residuals) / expected), expected**2 / spread


def require_rho(rho: float) -> None:
    """Refuse a moving-average term outside -1 to 1.

    Raises
    ------
    EstimationError
        `rho` is not a number from -1 to 1.

    Examples
    --------
    >>> require_rho(0.19)
    """
    if not -1 <= rho <= 1:
        raise EstimationError(
            f"rho must lie between -1 and 1, got {rho!r}. Use 0.19 (pooled over the "
            "technologies of Lafond et al. 2018) or 0 for independent changes."
        )


def _steps_between(
    growth: FloatArray, spacings: Sequence[float] | FloatArray | None, rho: float
) -> FloatArray:
    if growth.ndim != 1 or len(growth) == 0:
        raise EstimationError("The variance needs at least 1 change of log volume, got none.")
    if spacings is None:
        return np.ones(len(growth))
    time = np.asarray(spacings, dtype=float)
    if time.shape != growth.shape or not (time > 0).all():
        raise EstimationError(
            f"Give one spacing above 0 for each of the {len(growth)} changes, got {time.tolist()}."
        )
    if rho and not np.allclose(time, 1):
        raise EstimationError(f"Uneven spacings need rho = 0, got rho = {rho:g}.")
    return time
