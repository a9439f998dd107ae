import numpy as np
import pandas as pd
import pytest

from diligence.errors import EstimationError
from diligence.trajectories.method_choice import RIVALS, choose_method
from diligence.trajectories.methods import (
    DEFAULT_METHOD,
    METHODS,
    find_method,
    fit_trajectory,
    method_of,
)

QUICK = ("log_trend",)


def walk(seed, n=25):
    changes = np.random.default_rng(seed).normal(-0.1, 0.2, n)
    return pd.Series(np.exp(np.cumsum(changes)), index=range(2000, 2000 + n))


def line(seed, n=40):
    bumps = np.random.default_rng(seed).normal(0, 0.3, n)
    return pd.Series(np.exp(-0.1 * np.arange(n) + bumps), index=range(1980, 1980 + n))


def test_a_short_series_keeps_the_default_and_says_why():
    chosen = choose_method(walk(1, n=8), horizon=3, methods=QUICK)
    assert chosen.method == "random_walk"
    assert chosen.reason == (
        "Default: 3 past dates to forecast from cannot tell curves apart; 12 are needed."
    )


def test_walks_rarely_leave_the_default():
    chosen = [choose_method(walk(seed), horizon=5, methods=QUICK).method for seed in range(20)]
    assert chosen.count("random_walk") >= 18


def test_costs_that_return_to_a_line_leave_it():
    chosen = [choose_method(line(seed), horizon=5, methods=QUICK) for seed in range(8)]
    assert [found.method for found in chosen].count("log_trend") >= 6
    picked = next(found for found in chosen if found.method == "log_trend")
    assert picked.reason.startswith("log_trend forecast this series' past better than random_walk")
    assert picked.fit.method == "log-linear trend"
    assert picked.scores.loc["log_trend", "p_value"] <= 0.05
    assert picked.backtest.crps < 0.5


def test_a_curve_that_cannot_be_fitted_is_set_aside_with_its_reason():
    falling = pd.Series(np.linspace(3.0, 1.0, 25), index=walk(1).index)
    chosen = choose_method(walk(1), horizon=3, volume=falling, methods=("experience_curve",))
    assert chosen.method == "random_walk"
    assert "cannot fall" in chosen.scores.loc["experience_curve", "error"]
    assert "not fitted" in chosen.summary()


def test_without_volume_no_curve_in_volume_is_tried():
    chosen = choose_method(walk(1), horizon=3, methods=("experience_curve", "log_trend"))
    assert chosen.scores.index.tolist() == ["random_walk", "log_trend"]


def test_every_curve_can_be_tried_on_a_real_length():
    chosen = choose_method(
        walk(3, n=20),
        horizon=2,
        volume=pd.Series(1.2 ** np.arange(20.0), index=walk(3, n=20).index),
    )
    assert set(chosen.scores.index) == {DEFAULT_METHOD, *RIVALS}
    assert chosen.scores["error"].isna().all()
    assert chosen.to_frame().equals(chosen.scores)
    assert "<th>Reason</th>" in chosen._repr_html_()


def test_every_method_is_fitted_by_its_name():
    cost = walk(2, n=12)
    volume = pd.Series(1.2 ** np.arange(12.0), index=cost.index)
    for name in METHODS:
        fit = fit_trajectory(cost, method=name, volume=volume)
        assert method_of(fit).name == name
        assert (fit.forecast(2)["low95"] < fit.forecast(2)["high95"]).all()


@pytest.mark.parametrize(
    ("name", "hint"),
    [("random-walk", "Did you mean random_walk"), ("spline", "There are random_walk,")],
)
def test_an_unknown_method_gets_a_hint(name, hint):
    with pytest.raises(EstimationError, match=hint):
        find_method(name)


def test_a_curve_in_volume_needs_volume():
    with pytest.raises(EstimationError, match="explains cost by volume, and there is no volume"):
        fit_trajectory(walk(1), method="experience_curve")


def test_a_backtest_never_sees_later_volume():
    seen = []
    cost, volume = walk(5, n=10), pd.Series(1.2 ** np.arange(10.0), index=walk(5, n=10).index)
    fitter = METHODS["experience_curve"].fitter(volume)

    def watched(past):
        fit = fitter(past)
        seen.append((past.index[-1], len(fit.volume.values)))
        return fit

    METHODS["experience_curve"].backtest(cost, watched)
    assert all(length == last - 2000 + 1 for last, length in seen)
