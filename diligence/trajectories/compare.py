"""Rival trajectories of one cost side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from diligence.errors import EstimationError
from diligence.trajectories.trajectory_fit import TrajectoryFit


def compare_trajectories(fits: Mapping[str, TrajectoryFit], *, horizon: int = 1) -> pd.DataFrame:
    """Line up fitted trajectories: pace, its interval, and where each one leads.

    Parameters
    ----------
    fits
        Fits by the name to show. They should rest on the same series: forecasts are compared
        the same number of steps ahead.
    horizon
        Steps ahead of the forecast shown, at least 1.

    Returns
    -------
    pandas.DataFrame
        One row per fit, indexed by ``name``: ``method``, ``n``, ``decline_per_year`` with
        ``low90`` and ``high90``, ``half_life_months`` (missing when cost does not fall), then
        ``date``, ``median``, ``low80``, ``high80``, ``low95``, ``high95`` at the horizon.

    Raises
    ------
    EstimationError
        There is nothing to compare, or an entry is not a fit.

    Examples
    --------
    >>> from diligence.trajectories import fit_log_trend, fit_random_walk
    >>> cost = pd.Series([10.0, 9.1, 8.0, 7.4, 6.4, 5.9], index=range(2020, 2026))
    >>> rivals = {"random walk": fit_random_walk(cost), "trend": fit_log_trend(cost)}
    >>> table = compare_trajectories(rivals, horizon=3)
    >>> table[["decline_per_year", "low80", "high80"]].round(2)  # doctest: +NORMALIZE_WHITESPACE
                 decline_per_year  low80  high80
    name
    random walk              0.1   3.80    4.87
    trend                    0.1   4.13    4.36

    Same pace, but the trend's interval is a quarter as wide. Which of the two widths has been
    earned is a question for ``backtest``.
    """
    if not fits:
        raise EstimationError("Nothing to compare: got no fits. Pass {'name': fit}.")
    for name, fit in fits.items():
        if not isinstance(fit, TrajectoryFit):
            raise EstimationError(
                f"{name!r} is a {type(fit).__name__}, not a fitted trajectory. "
                "Fit it first, for example with fit_random_walk(cost)."
            )
    rows = {name: _row(fit, horizon) for name, fit in fits.items()}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("name")


def _row(fit: TrajectoryFit, horizon: int) -> dict[str, object]:
    low, high = fit.conf_int(0.90)
    last = fit.forecast(horizon).iloc[[-1]].reset_index()
    return {
        "method": fit.method,
        "n": fit.n,
        "decline_per_year": fit.decline_per_year,
        "low90": low,
        "high90": high,
        "half_life_months": math.nan if fit.half_life_months is None else fit.half_life_months,
        **{str(column): last[column].iloc[0] for column in last},
    }
