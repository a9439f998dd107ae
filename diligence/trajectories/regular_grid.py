"""Cost on evenly spaced dates, with gaps left empty: what state-space models need."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from diligence.errors import EstimationError
from diligence.trajectories.cost_history import CostHistory, FloatArray

SPARSEST_GRID = 4
GRID_TOLERANCE = 0.10


@dataclass(frozen=True)
class RegularGrid:
    """Log cost on evenly spaced dates.

    Parameters
    ----------
    log_cost
        One value per date of the grid; missing where nothing was observed.
    positions
        Place of each observation on the grid.
    cells_per_step
        Cells of the grid in one forecast step (the median spacing of the observations).
    """

    log_cost: FloatArray
    positions: FloatArray
    cells_per_step: float

    @property
    def notes(self) -> tuple[str, ...]:
        """How many dates of the grid are empty."""
        empty = int(np.isnan(self.log_cost).sum())
        if not empty:
            return ()
        return (
            f"{empty} of {len(self.log_cost)} evenly spaced dates carry no cost; they were kept "
            "as missing, not filled.",
        )


def regular_grid(history: CostHistory) -> RegularGrid:
    """Place a cost on the widest even grid that holds all its dates.

    Parameters
    ----------
    history
        The cost, checked. Spacings within 10 % of the median count as even.

    Raises
    ------
    EstimationError
        The dates fit no grid, or one with more than 4 dates for each observation.

    Examples
    --------
    >>> import pandas as pd
    >>> from diligence.trajectories.cost_history import read_cost_history
    >>> months = pd.PeriodIndex(["2025-01", "2025-02", "2025-03", "2025-05"], freq="M")
    >>> grid = regular_grid(read_cost_history(pd.Series([8.0, 4.0, 2.0, 1.0], index=months)))
    >>> np.round(grid.log_cost, 2).tolist()
    [2.08, 1.39, 0.69, nan, 0.0]

    April has no cost. It stays empty, because any filled-in value would pass for evidence.
    """
    if history.evenly_spaced:
        return RegularGrid(history.log_cost, np.arange(float(history.n)), 1.0)
    cell = _cell(history)
    positions = np.round((history.ticks - history.ticks[0]) / cell)
    cells = int(positions[-1]) + 1
    if cells > SPARSEST_GRID * history.n:
        raise _no_grid(history, f"the finest common spacing is {cell:g} {history.unit}")
    log_cost = np.full(cells, np.nan)
    log_cost[positions.astype(int)] = history.log_cost
    return RegularGrid(log_cost, positions, history.step / cell)


def _cell(history: CostHistory) -> float:
    gaps = np.diff(history.ticks)
    if not np.allclose(gaps, np.round(gaps)):
        multiples = gaps / gaps.min()
        if np.all(np.abs(multiples - np.round(multiples)) <= GRID_TOLERANCE):
            return float(gaps.min())
        raise _no_grid(history, "the spacings have no common measure")
    return float(math.gcd(*np.round(gaps).astype(int).tolist()))


def _no_grid(history: CostHistory, reason: str) -> EstimationError:
    gaps = np.diff(history.ticks)
    return EstimationError(
        f"This model needs evenly spaced dates, but spacings run from {gaps.min():g} to "
        f"{gaps.max():g} {history.unit} and {reason}. Take one value a month, for example "
        "cost.resample('ME').last().dropna(), or use fit_random_walk(cost), which takes any dates."
    )
