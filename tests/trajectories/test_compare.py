import math

import numpy as np
import pandas as pd
import pytest

from diligence.errors import EstimationError
from diligence.trajectories import (
    backtest,
    compare_trajectories,
    fit_experience_curve,
    fit_log_trend,
    fit_random_walk,
)
from diligence.trajectories.ranking import volume_tells_nothing_new


@pytest.fixture
def wandering():
    """Thirty yearly costs that wander without returning to any line."""
    changes = np.random.default_rng(11).normal(-0.1, 0.2, 30)
    return pd.Series(np.exp(np.cumsum(changes)), index=range(1990, 2020))


@pytest.fixture
def around_a_line():
    """Sixty yearly costs that return to a line after every bump."""
    bumps = np.random.default_rng(1).normal(0, 0.3, 60)
    return pd.Series(np.exp(-0.1 * np.arange(60) + bumps), index=range(1960, 2020))


def test_each_fit_is_a_row_with_its_own_figures(bumpy):
    walk, trend = fit_random_walk(bumpy), fit_log_trend(bumpy)
    table = compare_trajectories({"walk": walk, "trend": trend}, horizon=2).to_frame()
    assert table.index.tolist() == ["walk", "trend"]
    assert table.loc["walk", "method"] == "random walk with drift"
    assert table.loc["trend", "decline_per_year"] == trend.decline_per_year
    assert table.loc["walk", ["low90", "high90"]].tolist() == list(walk.conf_int(0.90))
    assert table.loc["walk", "high95"] == walk.forecast(2)["high95"].iloc[-1]
    assert table["date"].tolist() == [2026, 2026]


def test_the_backtest_stands_beside_the_forecast(wandering):
    table = compare_trajectories({"walk": fit_random_walk(wandering)}, horizon=2).table
    scored = backtest(wandering)
    assert table.loc["walk", "forecasts"] == scored.n
    assert table.loc["walk", "crps"] == pytest.approx(scored.crps)
    assert table.loc["walk", "coverage80"] == pytest.approx(scored.coverage80)


def test_too_few_points_are_not_ranked(bumpy):
    found = compare_trajectories({"walk": fit_random_walk(bumpy), "trend": fit_log_trend(bumpy)})
    assert found.preferred is None
    assert found.verdict.startswith("Not ranked: 0 past dates to forecast from are too few")


def test_a_clear_difference_is_ranked(around_a_line):
    rivals = {"walk": fit_random_walk(around_a_line), "trend": fit_log_trend(around_a_line)}
    found = compare_trajectories(rivals, horizon=5)
    assert found.preferred == "trend"
    assert found.verdict.startswith("trend has forecast this series better than walk")
    (pair,) = found.differences.to_dict("records")
    assert pair["crps_difference"] > 0
    assert pair["p_value"] < 0.05


def test_a_difference_that_chance_explains_is_not_ranked(wandering):
    rivals = {"a": fit_random_walk(wandering), "b": fit_random_walk(wandering, calibration=None)}
    scored = {
        "a": backtest(wandering, theta=0.01),
        "b": backtest(wandering, theta=0.02),
    }
    found = compare_trajectories(rivals, horizon=3, backtests=scored)
    assert (found.preferred is None) == (found.differences["p_value"].iloc[0] > 0.05)


def test_the_same_curve_twice_is_not_ranked(wandering):
    walk = fit_random_walk(wandering)
    found = compare_trajectories({"one": walk, "other": walk}, horizon=3)
    assert found.preferred is None
    assert "chance explains as well (p 1.00)" in found.verdict


def test_moore_and_wright_are_not_ranked_while_volume_grows_steadily(around_a_line):
    volume = pd.Series(1.3 ** np.arange(60.0), index=around_a_line.index)
    wright = fit_experience_curve(around_a_line, volume)
    rivals = {"Moore": fit_log_trend(around_a_line), "Wright": wright}
    found = compare_trajectories(rivals, horizon=5)
    assert volume_tells_nothing_new(wright)
    assert found.preferred is None
    assert "volume and time explain the cost equally well" in found.verdict


def test_volume_that_grows_by_jumps_is_no_clock(wandering):
    jumps = np.cumsum(np.repeat([0.0, 2.0, 0.0], [14, 2, 14])) + 0.01 * np.arange(30)
    assert not volume_tells_nothing_new(
        fit_experience_curve(wandering, np.exp(pd.Series(jumps, wandering.index)))
    )
    assert not volume_tells_nothing_new(fit_random_walk(wandering))


def test_fits_of_two_series_are_not_ranked(bumpy, wandering):
    found = compare_trajectories({"a": fit_random_walk(bumpy), "b": fit_random_walk(wandering)})
    assert found.verdict == "Not ranked: a and b were fitted to different series."


def test_a_curve_alone(bumpy):
    found = compare_trajectories({"walk": fit_random_walk(bumpy)})
    assert (found.preferred, found.verdict) == (
        None,
        "walk stands alone: there is nothing to rank.",
    )


def test_a_cost_that_does_not_fall_has_no_half_life():
    rising = fit_random_walk(pd.Series([1.0, 2.0, 3.0, 5.0, 8.0], index=range(5)))
    table = compare_trajectories({"rising": rising}).table
    assert math.isnan(table.loc["rising", "half_life_months"])


def test_summary_and_html_say_the_verdict(bumpy):
    found = compare_trajectories({"a<b": fit_random_walk(bumpy), "t": fit_log_trend(bumpy)})
    assert found.summary().startswith("Verdict: Not ranked")
    assert "a&lt;b" in found._repr_html_()
    assert found.summary() == found.summary()


def test_nothing_to_compare():
    with pytest.raises(EstimationError, match="got no fits"):
        compare_trajectories({})


def test_an_entry_that_is_no_fit_is_named(bumpy):
    with pytest.raises(EstimationError, match="'raw' is a Series, not a fitted trajectory"):
        compare_trajectories({"raw": bumpy})
