"""Any curve judged on a panel: the same past dates, windows and horizons for all."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from diligence.errors import EstimationError
from diligence.trajectories.calibration_fit import score_forecasts
from diligence.trajectories.panel_hindcasts import panel_histories
from diligence.trajectories.trajectory_fit import TrajectoryFit


def score_curve(
    costs: pd.DataFrame, hindcasts: pd.DataFrame, fit: Callable[[pd.Series], TrajectoryFit]
) -> pd.DataFrame:
    """Fit a curve up to each origin of a panel and score its forecasts.

    Parameters
    ----------
    costs
        Columns ``series``, ``date`` and ``cost``.
    hindcasts
        Which forecasts to make: ``panel_hindcasts(costs)``, all with the same window.
    fit
        For example ``fit_log_trend``.

    Returns
    -------
    pandas.DataFrame
        ``series``, ``steps``, ``error_log``, ``inside80``, ``inside95`` and ``crps_log``, one row
        per hindcast; origins that the curve refuses are left out. See ``summarise_scores``.

    Raises
    ------
    EstimationError
        The curve refuses every origin.

    Examples
    --------
    >>> from diligence.trajectories import fit_log_trend, panel_hindcasts
    >>> cost = [16.0, 8.0, 4.0, 2.1, 1.0, 1.0]
    >>> costs = pd.DataFrame({"series": "chip", "date": range(2020, 2026), "cost": cost})
    >>> bool(score_curve(costs, panel_hindcasts(costs), fit_log_trend)["inside95"].iloc[0])
    False

    Four halvings make a trend line look certain; the first year without one was not in it.
    """
    histories = panel_histories(costs)
    pieces = []
    for (name, origin), rows in hindcasts.groupby(["series", "origin"]):
        history, differences = histories[str(name)], int(rows["differences"].iloc[0])
        last = int(np.flatnonzero(history.cost.index == origin)[0])
        try:
            fitted = fit(history.cost.iloc[last - differences : last + 1])
        except EstimationError:
            continue
        median = np.array([fitted.log_median(step) for step in rows["steps"]])
        forecasts = {
            "error": rows["change_log"] + history.log_cost[last] - median,
            "scale": [fitted.log_std_error(step) for step in rows["steps"]],
            "degrees_of_freedom": float(fitted.degrees_of_freedom),
        }
        pieces.append(pd.DataFrame(forecasts, index=rows.index))
    if not pieces:
        raise EstimationError(
            f"The curve could be fitted at none of {len(hindcasts)} origins. Fit one series alone "
            "to read why."
        )
    found = pd.concat(pieces).sort_index()
    return score_forecasts(
        hindcasts.loc[found.index],
        error=found["error"].to_numpy(dtype=float),
        scale=found["scale"].to_numpy(dtype=float),
        degrees_of_freedom=found["degrees_of_freedom"].to_numpy(dtype=float),
    )
