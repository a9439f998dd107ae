"""Made-up technologies that follow the random walk exactly, to see what an interval is worth."""

from __future__ import annotations

import numpy as np
import pandas as pd

from diligence.errors import EstimationError
from diligence.trajectories.forecast_variance import require_theta


def simulate_panel(
    *,
    series: int,
    points: int,
    drift_per_year: float,
    volatility_per_sqrt_year: float,
    theta: float = 0.0,
    seed: int = 0,
) -> pd.DataFrame:
    """Draw yearly costs whose logarithm is a random walk with drift.

    Parameters
    ----------
    series, points
        How many series, of how many years each, both at least 1.
    drift_per_year
        Mean change of log cost.
    volatility_per_sqrt_year
        Standard deviation of one change (K), at least 0.
    theta
        Moving-average term of the changes, from -1 to 1.
    seed
        Of the random numbers.

    Returns
    -------
    pandas.DataFrame
        Columns ``series``, ``date`` (years from 2000) and ``cost``, which starts at 100.

    Raises
    ------
    EstimationError
        An argument is out of its range.

    Examples
    --------
    >>> costs = simulate_panel(
    ...     series=2, points=3, drift_per_year=-0.7, volatility_per_sqrt_year=0.0
    ... )
    >>> costs["cost"].round(1).to_list()
    [100.0, 49.7, 24.7, 100.0, 49.7, 24.7]

    Without noise every technology halves each year; nothing real does.
    """
    require_theta(theta)
    if series < 1 or points < 1 or not volatility_per_sqrt_year >= 0:
        raise EstimationError(
            "A simulation needs at least 1 series of 1 point and a volatility of at least 0, got "
            f"{series!r}, {points!r} and {volatility_per_sqrt_year!r}."
        )
    shocks = np.random.default_rng(seed).standard_normal((series, points))
    noise = (shocks[:, 1:] + theta * shocks[:, :-1]) / np.sqrt(1 + theta**2)
    changes = drift_per_year + volatility_per_sqrt_year * noise
    log_cost = np.concatenate([np.zeros((series, 1)), np.cumsum(changes, axis=1)], axis=1)
    width = len(str(series))
    return pd.DataFrame(
        {
            "series": np.repeat([f"technology {i + 1:0{width}d}" for i in range(series)], points),
            "date": np.tile(np.arange(2000, 2000 + points), series),
            "cost": 100 * np.exp(log_cost).ravel(),
        }
    )
