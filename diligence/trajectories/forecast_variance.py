"""How fast the error of a drift forecast grows with the horizon."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from diligence.errors import EstimationError

POOLED_THETA = 0.63
"""Moving-average term pooled over 53 technologies (Farmer and Lafond 2016)."""


def variance_factor(horizon: float, *, differences: float, theta: float = 0.0) -> float:
    """Forecast variance of a random walk with drift, in units of the shock variance.

    A* = -2 theta + (1 + 2 (m-1) theta / m + theta^2) (tau + tau^2 / m), where the drift was
    estimated from m differences and the forecast looks tau steps ahead. With ``theta = 0`` this
    is tau + tau^2 / m: shocks still to come, plus the error in the drift.

    Parameters
    ----------
    horizon
        Steps ahead (tau), above 0; at least 1 when `theta` is not 0.
    differences
        Differences behind the drift (m), at least 1. For uneven dates: the length of the
        window in steps, which need not be whole.
    theta
        Moving-average term of the increments, from -1 to 1.

    Raises
    ------
    EstimationError
        An argument is out of its range.

    Examples
    --------
    >>> round(variance_factor(10, differences=5, theta=0.63), 3)
    70.887
    >>> variance_factor(10, differences=5)
    30.0

    Ignoring the correlation of successive changes would understate the variance of this forecast
    by more than half.

    References
    ----------
    Farmer, J. D. and Lafond, F. (2016). How predictable is technological progress?
    Research Policy, 45(3), 647-665.
    """
    require_theta(theta)
    _require_window(horizon, differences, theta)
    spread = horizon + horizon**2 / differences
    return -2 * theta + (1 + 2 * (differences - 1) * theta / differences + theta**2) * spread


def variance_growth(
    steps: npt.ArrayLike, *, window_steps: npt.ArrayLike, theta: npt.ArrayLike = 0.0
) -> npt.NDArray[np.float64]:
    """Forecast variance in units of the variance of one change, for whole arrays.

    A* / (1 + theta^2), see ``variance_factor``. Within the first step, where the formula would
    go below zero, the variance rises in proportion to time.

    Parameters
    ----------
    steps
        Steps ahead, above 0. All arguments broadcast.
    window_steps
        Length of the history behind the drift in steps, at least 1.
    theta
        Moving-average term of the increments, from -1 to 1.

    Examples
    --------
    >>> variance_growth([1, 2, 10], window_steps=5).tolist()
    [1.2, 2.8, 30.0]
    """
    ahead, window, ma = (np.asarray(item, dtype=float) for item in (steps, window_steps, theta))
    whole = np.maximum(ahead, 1.0)
    correlated = 1 + 2 * (window - 1) * ma / window + ma**2
    factor = -2 * ma + correlated * (whole + whole**2 / window)
    growth = factor / (1 + ma**2) * np.minimum(ahead, 1.0)
    return np.asarray(growth, dtype=float)


def expected_squared_error(horizon: float, *, differences: float, theta: float = 0.0) -> float:
    """Mean squared forecast error, in units of the estimated variance of the differences.

    Xi = (m-1)/(m-3) A* / (1 + theta^2). It exceeds the variance factor because the volatility
    is itself estimated from m differences.

    Parameters
    ----------
    horizon
        Steps ahead (tau), above 0; at least 1 when `theta` is not 0.
    differences
        Differences behind the drift (m), above 3: with fewer the mean does not exist.
    theta
        Moving-average term of the increments, from -1 to 1.

    Raises
    ------
    EstimationError
        An argument is out of its range.

    Examples
    --------
    >>> expected_squared_error(10, differences=5)
    60.0

    Five differences say little: the squared error ten steps ahead is sixty times the variance
    of one step, where known parameters would give ten.

    References
    ----------
    Farmer, J. D. and Lafond, F. (2016). How predictable is technological progress?
    Research Policy, 45(3), 647-665.
    """
    if not differences > 3:
        raise EstimationError(
            f"The mean squared error exists only for more than 3 differences, got {differences:g}. "
            "Add history, or use variance_factor()."
        )
    factor = variance_factor(horizon, differences=differences, theta=theta)
    return (differences - 1) / (differences - 3) * factor / (1 + theta**2)


def require_theta(theta: float) -> None:
    """Refuse a moving-average term outside -1 to 1.

    Raises
    ------
    EstimationError
        `theta` is not a number from -1 to 1.

    Examples
    --------
    >>> require_theta(0.63)
    """
    if not -1 <= theta <= 1:
        raise EstimationError(
            f"theta must lie between -1 and 1, got {theta!r}. Use 0.63 (pooled over 53 "
            "technologies) or 0 for independent changes."
        )


def _require_window(horizon: float, differences: float, theta: float) -> None:
    shortest = 1 if theta else 0
    if not (math.isfinite(horizon) and horizon > 0 and horizon >= shortest):
        bound = "at least 1 step when theta is not 0" if theta else "above 0 steps"
        raise EstimationError(f"The horizon must be {bound}, got {horizon!r}.")
    if not differences >= 1:
        raise EstimationError(
            f"The drift needs at least 1 difference, got {differences!r}. Add history."
        )
