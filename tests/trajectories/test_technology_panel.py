import numpy as np
import pandas as pd
import pytest

from diligence.errors import EstimationError
from diligence.trajectories.panel_hindcasts import panel_hindcasts
from diligence.trajectories.technology_panel import (
    falling_series,
    mean_squared_errors,
    volatility_law,
)
from diligence.trajectories.theta_matching import match_theta


def panel(changes_by_series):
    frames = []
    for name, changes in changes_by_series.items():
        log = np.concatenate([[0.0], np.cumsum(changes)])
        frames.append(pd.DataFrame({"series": name, "date": range(len(log)), "cost": np.exp(log)}))
    return pd.concat(frames, ignore_index=True)


def test_selection_by_hand():
    # Three changes of mean -1 and deviation .5: t = -1 / .5 * sqrt(3) = -3.46; one tenth of a
    # t distribution with 2 degrees of freedom lies below -1.886. Mean -.5, deviation 1: t = -.87.
    costs = panel({"fast": [-0.5, -1.0, -1.5], "slow": [-1.5, -0.5, 0.5], "up": [1.0, 1.0, 1.1]})
    assert falling_series(costs) == ["fast"]


def test_a_smooth_fall_is_a_fall_and_a_constant_is_none():
    costs = panel({"smooth": [-0.1] * 5, "flat": [0.0] * 5})
    assert falling_series(costs) == ["smooth"]


def test_the_law_of_three_series_by_hand():
    # Changes mu - d, mu, mu + d: drift mu, K = d. K = .1 - .5 mu, and in logs d = mu / 2.
    affine = panel({str(m): [m - k, m, m + k] for m, k in [(-1, 0.6), (-0.2, 0.2), (0, 0.1)]})
    falling = {str(m): [m - k, m, m + k] for m, k in [(-1, 0.5), (-0.2, 0.1), (-0.4, 0.2)]}
    with pytest.raises(EstimationError, match="at least 3 series that fall, got 2 of 3"):
        volatility_law(affine)
    law = volatility_law(panel(falling))
    assert (law.slope, law.intercept) == pytest.approx((-0.5, 0), abs=1e-9)
    assert (law.log_slope, law.r_squared, law.log_r_squared) == pytest.approx((1, 1, 1))
    assert law.n == 3
    assert "Log-log slope:    1.0000, R2 1.0000" in law.summary()


def test_squared_errors_are_in_units_of_the_estimated_variance():
    # Up to the origin drift -2 and K^2 = 4/3; then -1 and 0 came: errors 1 and 3.
    costs = panel({"chip": [-1.0, -3, -1, -3, -1, 0]})
    found = mean_squared_errors(panel_hindcasts(costs).head(2))
    assert found.to_dict() == pytest.approx({1.0: 0.75, 2.0: 6.75})


def test_simulated_technologies_give_their_theta_back():
    draw = np.random.default_rng(11)
    shocks = draw.standard_normal((60, 25))
    walks = {f"s{i:03d}": 0.1 * (v[1:] + 0.5 * v[:-1]) - 0.05 for i, v in enumerate(shocks)}
    found = match_theta(panel(walks), simulations=8)
    assert found.theta == pytest.approx(0.5, abs=0.2)
    assert found.ratios.is_monotonic_decreasing


def test_noise_beyond_any_theta_has_no_match():
    # A decline that stops for good misses by more than any random walk would.
    walks = {name: [-1.0, -1.01, -0.99, -1.0, -1.01] + [0.0] * 15 for name in "abc"}
    found = match_theta(panel(walks), simulations=20)
    assert found.theta is None
    assert "not on the grid" in found.summary()


def test_refuses_a_significance_in_percent():
    with pytest.raises(EstimationError, match="between 0 and 1, got 10"):
        falling_series(panel({"a": [1.0, 2.0, 1.0]}), significance=10)


def test_refuses_a_window_of_three():
    with pytest.raises(EstimationError, match="at least 4 differences, got 3"):
        match_theta(panel({"a": [1.0] * 9}), window=3)
