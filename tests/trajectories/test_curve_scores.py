import numpy as np
import pandas as pd
import pytest
from scipy import stats

from diligence.errors import EstimationError
from diligence.trajectories import backtest, fit_log_trend, fit_random_walk
from diligence.trajectories.calibration import technology_calibration
from diligence.trajectories.calibration_fit import score_calibration
from diligence.trajectories.curve_scores import score_curve
from diligence.trajectories.panel_hindcasts import panel_hindcasts
from diligence.trajectories.simulated_panel import simulate_panel
from diligence.trajectories.technology_scores import technology_scores


@pytest.fixture(scope="module")
def walks():
    """Three seeded walks of nine points."""
    return simulate_panel(
        series=3, points=9, drift_per_year=-0.2, volatility_per_sqrt_year=0.1, theta=0.3, seed=2
    )


def test_the_random_walk_scores_as_its_calibration_does(walks):
    hindcasts = panel_hindcasts(walks)
    by_curve = score_curve(walks, hindcasts, fit_random_walk)
    by_constants = score_calibration(hindcasts, technology_calibration())
    pd.testing.assert_frame_equal(by_curve, by_constants)


def test_a_panel_of_one_scores_as_its_backtest(walks):
    one = walks[walks["series"] == "technology 2"]
    scores = score_curve(one, panel_hindcasts(one), fit_log_trend)
    found = backtest(one.set_index("date")["cost"], fit=fit_log_trend)
    assert len(scores) == found.n
    assert scores["inside80"].mean() == pytest.approx(found.coverage80)
    assert scores["crps_log"].mean() == pytest.approx(found.crps)


def test_a_window_hands_the_curve_its_own_points_only(walks):
    seen = []

    def remember(past):
        seen.append(len(past))
        return fit_random_walk(past)

    score_curve(walks, panel_hindcasts(walks, window=5), remember)
    assert set(seen) == {6}


def test_a_curve_that_refuses_everything_is_an_error(walks):
    def refuse(past):
        raise EstimationError("no volume")

    with pytest.raises(EstimationError, match="fitted at none of 30 origins"):
        score_curve(walks, panel_hindcasts(walks), refuse)


def test_shipped_scores_hold_what_is_claimed():
    scores = technology_scores().set_index(["window", "method"])
    ours = scores.loc[("expanding", "ours, technology left out")]
    assert ours["coverage80"] == pytest.approx(0.80, abs=0.015)
    assert ours["coverage95"] == pytest.approx(0.95, abs=0.015)
    trends = ("log trend, as shipped", "log trend, textbook OLS")
    for rival in ("random walk, theta 0", "random walk, theta 0.63", *trends):
        assert ours["crps"] < scores.loc[("expanding", rival), "crps"]


def test_shipped_misses_are_mostly_falls_deeper_than_forecast():
    scores = technology_scores()
    for level in ("80", "95"):
        sides = scores[f"above{level}"] + scores[f"below{level}"]
        assert (1 - scores[f"coverage{level}"]).to_list() == pytest.approx(sides, abs=2e-4)
    ours = scores.set_index(["window", "method"]).loc[("expanding", "ours, technology left out")]
    assert ours["below80"] > 2 * ours["above80"]


def test_simulated_changes_have_the_stated_moments():
    walks = simulate_panel(
        series=200, points=60, drift_per_year=-0.3, volatility_per_sqrt_year=0.2, theta=0.5
    )
    changes = np.log(walks["cost"]).groupby(walks["series"]).diff().dropna()
    assert changes.mean() == pytest.approx(-0.3, abs=0.01)
    assert changes.std() == pytest.approx(0.2, rel=0.02)
    # An MA(1) with theta = .5 has autocorrelation .5 / 1.25 = .4.
    lagged = changes.groupby(walks["series"].loc[changes.index]).shift()
    assert stats.pearsonr(*np.array(pd.concat([changes, lagged], axis=1).dropna()).T)[
        0
    ] == pytest.approx(0.4, abs=0.02)


def test_the_same_seed_gives_the_same_panel():
    same = {"series": 2, "points": 5, "drift_per_year": 0.0, "volatility_per_sqrt_year": 1.0}
    pd.testing.assert_frame_equal(simulate_panel(**same, seed=4), simulate_panel(**same, seed=4))
    assert not simulate_panel(**same, seed=4).equals(simulate_panel(**same, seed=5))


@pytest.mark.parametrize("wrong", [{"series": 0}, {"points": 0}, {"volatility_per_sqrt_year": -1}])
def test_refuses_an_empty_simulation(wrong):
    good = {"series": 2, "points": 5, "drift_per_year": 0.0, "volatility_per_sqrt_year": 1.0}
    with pytest.raises(EstimationError, match="at least 1 series of 1 point"):
        simulate_panel(**(good | wrong))
