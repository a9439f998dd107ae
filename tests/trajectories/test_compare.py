import math

import pandas as pd
import pytest

from diligence import trajectories
from diligence.errors import EstimationError
from diligence.trajectories import compare_trajectories, fit_log_trend, fit_random_walk


def test_each_fit_is_a_row_with_its_own_figures(bumpy):
    walk, trend = fit_random_walk(bumpy), fit_log_trend(bumpy)
    table = compare_trajectories({"walk": walk, "trend": trend}, horizon=2)
    assert table.index.tolist() == ["walk", "trend"]
    assert table.loc["walk", "method"] == "random walk with drift"
    assert table.loc["trend", "decline_per_year"] == trend.decline_per_year
    assert table.loc["walk", ["low90", "high90"]].tolist() == list(walk.conf_int(0.90))
    assert table.loc["walk", "high95"] == walk.forecast(2)["high95"].iloc[-1]
    assert table["date"].tolist() == [2026, 2026]


def test_a_cost_that_does_not_fall_has_no_half_life():
    rising = fit_random_walk(pd.Series([1.0, 2.0, 3.0, 5.0, 8.0], index=range(5)))
    assert math.isnan(compare_trajectories({"rising": rising}).loc["rising", "half_life_months"])


def test_nothing_to_compare():
    with pytest.raises(EstimationError, match="got no fits"):
        compare_trajectories({})


def test_an_entry_that_is_no_fit_is_named(bumpy):
    with pytest.raises(EstimationError, match="'raw' is a Series, not a fitted trajectory"):
        compare_trajectories({"raw": bumpy})


def test_public_names():
    assert sorted(trajectories.__all__) == [
        "Backtest",
        "LogTrendFit",
        "POOLED_THETA",
        "RandomWalkFit",
        "TrajectoryFit",
        "backtest",
        "compare_trajectories",
        "crps_student_t",
        "decline_per_year",
        "expected_squared_error",
        "fit_log_trend",
        "fit_random_walk",
        "fold_from_half_life",
        "fold_per_year",
        "half_life_months",
        "variance_factor",
    ]
