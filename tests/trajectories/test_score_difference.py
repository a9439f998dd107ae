import numpy as np
import pandas as pd
import pytest

from diligence.trajectories import backtest, fit_log_trend
from diligence.trajectories.score_difference import mean_is_zero_p_value, score_difference


def autocorrelated(random, rows, n, rho):
    noise = random.normal(size=(rows, n + 50))
    series = np.zeros_like(noise)
    for t in range(1, n + 50):
        series[:, t] = rho * series[:, t - 1] + noise[:, t]
    return series[:, 50:]


@pytest.mark.parametrize(("rho", "most"), [(0.0, 0.065), (0.5, 0.085)])
def test_chance_alone_is_rarely_significant(rho, most):
    # An ordinary t-test rejects 26 % of series of 20 with autocorrelation 0.5 at the 5 % level.
    sets = autocorrelated(np.random.default_rng(3), 2000, 20, rho)
    assert np.mean([mean_is_zero_p_value(values) < 0.05 for values in sets]) < most


def test_a_clear_difference_is_found():
    values = 1 + 0.1 * np.random.default_rng(1).normal(size=30)
    assert mean_is_zero_p_value(values) < 1e-4


def test_no_difference_at_all():
    assert mean_is_zero_p_value(np.zeros(20)) == 1
    assert mean_is_zero_p_value(np.ones(20)) == 0


def test_signs_turn_with_the_order():
    changes = np.random.default_rng(4).normal(-0.1, 0.2, 25)
    cost = pd.Series(np.exp(np.cumsum(changes)), index=range(25))
    walk, trend = backtest(cost), backtest(cost, fit=fit_log_trend)
    there, back = score_difference(walk, trend), score_difference(trend, walk)
    assert there.mean == pytest.approx(-back.mean)
    assert there.p_value == pytest.approx(back.p_value)
    assert there.p_first_is_better() + back.p_first_is_better() == pytest.approx(1)
    assert there.origins == 20


def test_few_origins_carry_no_test():
    cost = pd.Series([5.0, 4.0, 4.1, 3.0, 2.5, 2.6, 2.0], index=range(7))
    found = score_difference(backtest(cost), backtest(cost, fit=fit_log_trend))
    assert (found.origins, found.p_value, found.p_first_is_better()) == (2, None, None)
    assert found.mean is not None


def test_nothing_scored():
    empty = backtest(pd.Series([1.0], index=[0]))
    found = score_difference(empty, empty)
    assert (found.origins, found.mean, found.p_value) == (0, None, None)


def test_far_horizons_can_be_left_out():
    cost = pd.Series(np.exp(np.random.default_rng(2).normal(size=20)), index=range(20))
    walk, trend = backtest(cost), backtest(cost, fit=fit_log_trend)
    gaps = walk.forecasts["crps_log"] - trend.forecasts["crps_log"]
    near = gaps[walk.forecasts["steps"] == 1]
    assert score_difference(walk, trend, max_steps=1).mean == pytest.approx(near.mean())
