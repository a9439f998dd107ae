"""Forecasts of many series from each of their past dates, scored in one pass an origin."""

from __future__ import annotations

import numpy as np
import pandas as pd

from diligence.trajectories.backtest import ROUNDING_LOG
from diligence.trajectories.calibration import (
    CalibrationChoice,
    ForecastCalibration,
    chosen_calibration,
)
from diligence.trajectories.cost_history import FloatArray
from diligence.trajectories.crps import crps_student_t_array
from diligence.trajectories.forecast_variance import POOLED_THETA, require_theta
from diligence.trajectories.random_walk_arrays import RandomWalkArrays, estimate_random_walks
from diligence.trajectories.series_panel import (
    IntArray,
    PanelClock,
    SeriesPanel,
    panel_clock,
    read_series_panel,
)

SCORES = ("coverage80", "coverage95", "bias_log", "crps")
FEWEST_DIFFERENCES = 4


def backtest_random_walks(
    costs: pd.DataFrame,
    *,
    theta: float = POOLED_THETA,
    calibration: CalibrationChoice = "technology",
) -> pd.DataFrame:
    """Forecast every series of a table from each of its own past dates and score the forecasts.

    The same scores as ``backtest`` on each series: every origin with at least 4 changes behind
    it uses every point up to it and forecasts every later point.

    Parameters
    ----------
    costs
        Columns ``series``, ``date`` and ``cost``, see ``fit_random_walks``.
    theta
        Moving-average term of the published formula, from -1 to 1; uneven dates use 0.
    calibration
        Constants that turn drift and volatility into the forecast, those learnt from the
        technology panel by default; None for the published formula.

    Returns
    -------
    pandas.DataFrame
        One row per series that can be fitted: ``n`` forecasts scored, ``coverage80``,
        ``coverage95``, ``bias_log`` and ``crps`` (of log cost), missing where ``n`` is 0.

    Raises
    ------
    EstimationError
        A column is missing, the dates cannot be read, or `theta` is out of its range.

    Examples
    --------
    >>> cost = [10.0, 9.1, 8.0, 7.4, 6.4, 5.9, 5.5, 5.4]
    >>> costs = pd.DataFrame({"series": "chat", "date": range(2018, 2026), "cost": cost})
    >>> backtest_random_walks(costs)["n"].to_dict()
    {'chat': 6}

    Six overlapping forecasts of one series say little; the coverage of hundreds of series,
    taken together, says whether the intervals of a portfolio can be believed.
    """
    require_theta(theta)
    constants = chosen_calibration(calibration)
    panel = read_series_panel(costs)
    return backtest_panel(panel, panel_clock(panel), calibration=constants, theta=theta)


def backtest_panel(
    panel: SeriesPanel,
    clock: PanelClock,
    *,
    calibration: ForecastCalibration | None,
    theta: float = POOLED_THETA,
) -> pd.DataFrame:
    """Score a panel that has been read already, see ``backtest_random_walks``."""
    totals = np.zeros((len(panel.names), len(SCORES)))
    counts = np.zeros(len(panel.names), dtype=np.int64)
    longest = int(panel.lengths.max(initial=0))
    for origin in range(FEWEST_DIFFERENCES, longest - 1):
        reaching = np.flatnonzero(panel.lengths > origin + 1)
        past = panel.first(origin + 1, of=reaching)
        walks = estimate_random_walks(
            past,
            panel_clock(past),
            calibration=calibration,
            theta=np.where(clock.even[reaching], theta, 0.0),
        )
        owner, targets = _targets_after(panel, reaching, origin)
        steps = _steps_ahead(panel, clock, walks, reaching[owner], owner, targets, origin)
        scores = _scores(walks, owner, steps, np.log(panel.cost[targets]))
        first = np.flatnonzero(np.diff(owner, prepend=-1))
        totals[reaching] += np.add.reduceat(scores, first, axis=0)
        counts[reaching] += panel.lengths[reaching] - 1 - origin
    with np.errstate(invalid="ignore"):
        means = pd.DataFrame(totals / counts[:, None], columns=list(SCORES))
    means.insert(0, "n", counts)
    return means.set_index(pd.Index(panel.names, name="series"))


def _targets_after(
    panel: SeriesPanel, reaching: IntArray, origin: int
) -> tuple[IntArray, IntArray]:
    """Position of the series among `reaching`, and row in the panel, of every later point."""
    ahead = panel.lengths[reaching] - 1 - origin
    owner = np.repeat(np.arange(len(reaching)), ahead)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(ahead) - ahead, ahead)
    return owner, np.asarray(panel.starts[reaching][owner] + origin + 1 + within)


def _steps_ahead(
    panel: SeriesPanel,
    clock: PanelClock,
    walks: RandomWalkArrays,
    series: IntArray,
    owner: IntArray,
    targets: IntArray,
    origin: int,
) -> FloatArray:
    start = panel.starts[series] + origin
    years_ahead = (clock.ticks[targets] - clock.ticks[start]) / clock.units_per_year[series]
    by_time = years_ahead / walks.step_years[owner]
    return np.where(clock.even[series], (targets - start).astype(float), by_time)


def _scores(
    walks: RandomWalkArrays, owner: IntArray, steps: FloatArray, log_cost: FloatArray
) -> FloatArray:
    each = walks.take(owner)
    error = log_cost - each.log_median(steps[:, None])[:, 0]
    scale = each.log_std_error(steps[:, None])[:, 0]
    inside = [
        np.abs(error) <= walks.forecast_reach(level)[owner] * scale + ROUNDING_LOG
        for level in (0.80, 0.95)
    ]
    dof = each.degrees_of_freedom
    if np.ptp(dof) == 0:
        dof = dof[:1]  # beta functions of one number, not of millions
    crps = crps_student_t_array(error, scale=scale, degrees_of_freedom=dof)
    return np.column_stack([*inside, error, crps])
