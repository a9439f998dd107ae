"""Forecasts that a random walk would have made for every series of a panel, from every date."""

from __future__ import annotations

import numpy as np
import pandas as pd

from diligence.errors import EstimationError
from diligence.trajectories.cost_history import CostHistory, FloatArray, read_cost_history
from diligence.trajectories.random_walk import RandomWalkFit, fit_random_walk
from diligence.trajectories.series_panel import PANEL_COLUMNS

FEWEST_DIFFERENCES = 3
LONGEST_HORIZON = 20


def panel_hindcasts(
    costs: pd.DataFrame,
    *,
    window: int | None = None,
    min_differences: int = 4,
    max_horizon: int | None = LONGEST_HORIZON,
) -> pd.DataFrame:
    """Fit each series up to each of its dates and set the outcome beside the estimates.

    Parameters
    ----------
    costs
        Columns ``series``, ``date`` (dates, periods, or numbers read as years) and ``cost``.
    window
        Differences behind each fit; None uses all history there was (expanding window).
    min_differences
        Differences behind the first fit of an expanding window, at least 3.
    max_horizon
        Most steps ahead; None means all there are.

    Returns
    -------
    pandas.DataFrame
        One row per forecast: ``series``, ``origin``, ``target``, ``steps`` ahead, the change of
        log cost that came (``change_log``), and what the history said: ``differences``,
        ``window_steps``, ``step_years``, ``drift_per_year``, ``volatility_per_sqrt_year``.
        Series too short for one forecast are left out.

    Raises
    ------
    EstimationError
        A column is missing, a series cannot be used, or a window is too short.

    Examples
    --------
    >>> cost = [16.0, 8.0, 4.0, 2.0, 1.0, 1.0]
    >>> costs = pd.DataFrame({"series": "chip", "date": range(2020, 2026), "cost": cost})
    >>> found = panel_hindcasts(costs)
    >>> found[["origin", "steps", "drift_per_year", "change_log"]].round(2).to_numpy().tolist()
    [[2024.0, 1.0, -0.69, 0.0]]

    Four halvings in a row, and then none: this is the kind of surprise an interval must hold.
    """
    differences = min_differences if window is None else window
    if differences < FEWEST_DIFFERENCES:
        raise EstimationError(
            f"A fit needs at least {FEWEST_DIFFERENCES} differences, got {differences!r}."
        )
    missing = [name for name in PANEL_COLUMNS if name not in costs.columns]
    if missing:
        raise EstimationError(
            f"The table lacks {', '.join(missing)}; it has {', '.join(map(str, costs.columns))}. "
            "It needs the columns series, date and cost."
        )
    frames = [
        _origin_hindcasts(history, name, origin=origin, window=window, max_horizon=max_horizon)
        for name, history in panel_histories(costs).items()
        for origin in range(differences, history.n - 1)
    ]
    if not frames:
        raise EstimationError(
            f"No series is long enough: a forecast needs {differences + 2} points. Add history."
        )
    return pd.concat(frames, ignore_index=True)


def panel_histories(costs: pd.DataFrame) -> dict[str, CostHistory]:
    """Every series of a panel as a checked history, by name, in order of the names.

    Raises
    ------
    EstimationError
        A series cannot be used; the message names it.
    """
    histories = {}
    for name, rows in costs.sort_values("date").groupby("series", sort=True):
        cost = pd.Series(rows["cost"].to_numpy(), index=pd.Index(rows["date"]))
        try:
            histories[str(name)] = read_cost_history(cost, min_points=0)
        except EstimationError as error:
            raise EstimationError(f"Series {name!r}: {error}") from error
    return histories


def _origin_hindcasts(
    history: CostHistory, name: str, *, origin: int, window: int | None, max_horizon: int | None
) -> pd.DataFrame:
    first = 0 if window is None else origin - window
    fit = fit_random_walk(history.cost.iloc[first : origin + 1], theta=0, calibration=None)
    steps = _steps_ahead(history, fit, origin=origin)
    within = steps <= (max_horizon or np.inf)
    log_cost = history.log_cost
    return pd.DataFrame(
        {
            "series": name,
            "origin": history.cost.index[origin],
            "target": history.cost.index[origin + 1 :][within],
            "steps": steps[within],
            "change_log": (log_cost[origin + 1 :] - log_cost[origin])[within],
            "differences": fit.n - 1,
            "window_steps": fit.window_steps,
            "step_years": fit.step_years,
            "drift_per_year": fit.drift_per_year,
            "volatility_per_sqrt_year": fit.volatility_per_sqrt_year,
        }
    )


def _steps_ahead(history: CostHistory, fit: RandomWalkFit, *, origin: int) -> FloatArray:
    if history.evenly_spaced:
        return np.arange(1.0, history.n - origin)
    years_ahead: FloatArray = history.years[origin + 1 :] - history.years[origin]
    return np.asarray(years_ahead / fit.step_years, dtype=float)
