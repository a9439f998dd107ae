import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import EstimationError
from diligence.trajectories import backtest, fit_log_trend


def test_forecasts_are_every_origin_to_every_later_point(bumpy):
    cost = pd.Series(np.exp([8.0, 7.0, 4.0, 3.0, 0.0, -2.0, -8.0]), index=range(2020, 2027))
    frame = backtest(cost).to_frame()
    assert frame[["origin", "target", "steps"]].to_numpy().tolist() == [
        [2024, 2025, 1],
        [2024, 2026, 2],
        [2025, 2026, 1],
    ]


def test_first_forecast_by_hand():
    # After log changes -1, -3, -1, -3 (mean -2, K^2 = 4/3) one step has variance 4/3 * 1.25,
    # scale 1.291, and 80 % reach 1.638 * 1.291 = 2.115, 95 % reach 3.182 * 1.291 = 4.108.
    for surprise, inside80, inside95 in [(2.0, 1, 1), (3.0, 0, 1), (-4.2, 0, 0)]:
        log_cost = [8.0, 7.0, 4.0, 3.0, 0.0, -2.0 + surprise]
        result = backtest(pd.Series(np.exp(log_cost), index=range(6)), theta=0, calibration=None)
        assert result.n == 1
        assert (result.coverage80, result.coverage95) == (inside80, inside95)
        assert result.bias_log == pytest.approx(surprise)


@pytest.mark.parametrize("n", [0, 1, 5])
def test_too_short_gives_no_figures_and_says_so(n):
    result = backtest(pd.Series(np.ones(n), index=range(n)))
    assert result.n == 0
    assert result.coverage80 is result.coverage95 is result.bias_log is result.crps is None
    assert result.notes == (f"{n} points are too few to backtest; 6 are needed.",)
    assert result.to_frame().empty
    assert "not available" in result.summary()


def test_bad_values_are_refused_even_when_too_short():
    with pytest.raises(EstimationError, match="found -1.0 at 1, position 1 of 2"):
        backtest(pd.Series([1.0, -1.0], index=[0, 1]))


def test_a_steady_decline_is_always_inside(tenfold_a_year):
    result = backtest(tenfold_a_year, calibration=None)
    assert (result.coverage80, result.coverage95) == (1, 1)
    assert result.bias_log == pytest.approx(0, abs=1e-12)
    assert result.crps == pytest.approx(0, abs=1e-9)


def test_a_decline_that_stops_shows_as_positive_bias():
    log_cost = np.concatenate([-np.arange(8.0), np.full(6, -7.0)])
    assert backtest(pd.Series(np.exp(log_cost), index=range(14))).bias_log > 0


def test_horizon_can_be_capped(tenfold_a_year):
    assert backtest(tenfold_a_year).n == sum(range(1, 9))
    assert backtest(tenfold_a_year, max_horizon=2).n == 2 * 7 + 1
    assert backtest(tenfold_a_year, max_horizon=2).to_frame()["steps"].max() == 2


def test_uneven_dates_count_true_time():
    # A year a step; the last point comes two years after the origin before it.
    cost = pd.Series(np.exp(-np.array([0.0, 1, 2, 3, 4, 6])), index=[0.0, 1, 2, 3, 4, 6])
    frame = backtest(cost, calibration=None).to_frame()
    assert frame["steps"].tolist() == [2]
    assert frame["error_log"].tolist() == pytest.approx([0])


def test_random_walks_are_covered_as_often_as_stated():
    # 300 walks of 12 points, independent changes, one step ahead from each origin.
    changes = np.random.default_rng(7).normal(-0.1, 0.2, size=(300, 11))
    walks = np.exp(np.cumsum(changes, axis=1))
    results = [
        backtest(pd.Series(w, index=range(11)), theta=0, max_horizon=1, calibration=None)
        for w in walks
    ]
    assert np.mean([r.coverage80 for r in results]) == pytest.approx(0.80, abs=0.03)
    assert np.mean([r.coverage95 for r in results]) == pytest.approx(0.95, abs=0.02)


def test_a_rival_curve_can_be_tested_and_is_overconfident_on_random_walks():
    changes = np.random.default_rng(7).normal(-0.1, 0.2, size=(40, 16))
    walks = [pd.Series(w, index=range(16)) for w in np.exp(np.cumsum(changes, axis=1))]
    trend = np.mean([backtest(w, fit=fit_log_trend).coverage80 for w in walks])
    walk = np.mean([backtest(w, theta=0).coverage80 for w in walks])
    assert trend < 0.6 < walk


def test_summary_reads_the_same_twice(tenfold_a_year):
    assert backtest(tenfold_a_year).summary() == backtest(tenfold_a_year).summary()
    assert "<th>Forecasts</th><td>36</td>" in backtest(tenfold_a_year)._repr_html_()


def test_the_frame_handed_out_is_a_copy(tenfold_a_year):
    result = backtest(tenfold_a_year)
    frame = result.to_frame()
    frame["actual"] = math.nan
    assert result.to_frame()["actual"].notna().all()


@pytest.mark.parametrize(("name", "value"), [("min_differences", 2), ("max_horizon", 0)])
def test_refuses_a_setting_that_scores_nothing(tenfold_a_year, name, value):
    with pytest.raises(EstimationError, match=f"{name} must be .* got {value}"):
        backtest(tenfold_a_year, **{name: value})


@given(st.lists(st.floats(-1, 1), min_size=6, max_size=14), st.floats(1e-3, 1e3))
def test_the_unit_of_cost_changes_no_score(log_cost, scale):
    cost = pd.Series(np.exp(log_cost), index=range(len(log_cost)))
    plain, scaled = backtest(cost, max_horizon=3), backtest(scale * cost, max_horizon=3)
    assert scaled.bias_log == pytest.approx(plain.bias_log, abs=1e-9)
    assert scaled.crps == pytest.approx(plain.crps, abs=1e-9)
    assert plain.coverage80 <= plain.coverage95
