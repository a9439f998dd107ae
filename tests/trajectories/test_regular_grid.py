import numpy as np
import pandas as pd
import pytest

from diligence.errors import EstimationError
from diligence.trajectories.cost_history import read_cost_history
from diligence.trajectories.regular_grid import regular_grid


def grid_of(index):
    return regular_grid(read_cost_history(pd.Series(range(1, len(index) + 1), index=index)))


def test_even_dates_have_no_gaps():
    grid = grid_of(pd.period_range("2025-01", periods=5, freq="M"))
    assert np.exp(grid.log_cost).tolist() == pytest.approx([1, 2, 3, 4, 5])
    assert grid.cells_per_step == 1
    assert grid.notes == ()


def test_missing_months_stay_missing():
    grid = grid_of(pd.PeriodIndex(["2025-01", "2025-02", "2025-05", "2025-06"], freq="M"))
    assert np.isnan(grid.log_cost).tolist() == [False, False, True, True, False, False]
    assert grid.positions.tolist() == [0, 1, 4, 5]
    assert "2 of 6 evenly spaced dates" in grid.notes[0]


def test_a_step_may_span_several_cells():
    # Two-monthly with one odd month: cells are months, a step is two of them.
    grid = grid_of(pd.PeriodIndex(["2025-01", "2025-03", "2025-05", "2025-06"], freq="M"))
    assert grid.cells_per_step == 2
    assert len(grid.log_cost) == 6


def test_fractions_of_years_on_a_grid():
    grid = grid_of([2020.0, 2020.25, 2020.5, 2021.0])
    assert grid.positions.tolist() == [0, 1, 2, 4]


def test_odd_dates_are_refused_with_what_to_do():
    odd = pd.to_datetime(["2025-01-03", "2025-02-17", "2025-02-20", "2025-06-01", "2025-07-30"])
    with pytest.raises(EstimationError, match=r"3 to 101 days.*resample\('ME'\)\.last\(\)"):
        grid_of(odd)
    with pytest.raises(EstimationError, match=r"no common measure.*fit_random_walk"):
        grid_of([2020.0, 2020.5, 2021.2, 2023.1])
