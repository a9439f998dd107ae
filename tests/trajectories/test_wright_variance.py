import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import EstimationError
from diligence.trajectories.forecast_variance import variance_factor
from diligence.trajectories.wright_variance import (
    exponent_variance_factor,
    shock_deviation,
    wright_variance_factor,
)

GROWTH = st.lists(st.floats(0.05, 2), min_size=2, max_size=30)
TERMS = st.sampled_from([-0.5, 0.0, 0.19, 0.63, 1.0])


def test_equals_the_published_random_walk_factor_when_growth_is_steady():
    # Farmer & Lafond (2016): A* = 70.887 at m = 5, tau = 10, theta = 0.63.
    factor = wright_variance_factor([0.3] * 5, 3.0, horizon=10, rho=0.63)
    assert factor == pytest.approx(70.887, abs=5e-4)


@given(st.floats(0.01, 3), st.integers(2, 40), st.integers(1, 40), TERMS)
def test_steady_growth_is_the_random_walk_with_drift(growth, changes, horizon, rho):
    wright = wright_variance_factor([growth] * changes, growth * horizon, horizon=horizon, rho=rho)
    walk = variance_factor(horizon, differences=changes, theta=rho)
    assert wright == pytest.approx(walk, rel=1e-9, abs=1e-9)


def test_two_changes_by_hand():
    # X = 1, 2 (sum of squares 5), future growth 5, so H = -1, -2; rho = 0.5, two steps ahead:
    # .25 * 1 + (-1 + .5 * -2)^2 + (.5 - 2)^2 + 1 * 2.25 + 1 = .25 + 4 + 2.25 + 2.25 + 1 = 9.75.
    assert wright_variance_factor([1, 2], 5, horizon=2, rho=0.5) == pytest.approx(9.75)


def test_agrees_with_simulation_on_an_uneven_path():
    past, ahead, rho = np.array([0.1, 0.5, 0.2, 0.9, 0.4]), np.array([0.7, 0.1, 0.3]), 0.19
    shocks = np.random.default_rng(7).standard_normal((200_000, 9))
    noise = shocks[:, 1:] + rho * shocks[:, :-1]
    exponent_error = -(noise[:, :5] @ past) / (past @ past)
    error = noise[:, 5:].sum(axis=1) + exponent_error * ahead.sum()
    exact = wright_variance_factor(past, float(ahead.sum()), horizon=3, rho=rho)
    assert error.var() == pytest.approx(exact, rel=0.01)


def test_without_future_volume_only_the_shocks_remain():
    assert wright_variance_factor([0.2, 0.4, 0.1], 0.0, horizon=7) == pytest.approx(7)


@given(GROWTH, st.floats(0.05, 5), TERMS)
def test_the_unit_of_log_volume_changes_nothing(growth, scale, rho):
    plain = wright_variance_factor(growth, 2.0, horizon=3, rho=rho)
    scaled = wright_variance_factor([scale * g for g in growth], 2 * scale, horizon=3, rho=rho)
    assert scaled == pytest.approx(plain, rel=1e-9)


@given(GROWTH, st.floats(0.1, 3))
def test_uneven_spacings_weigh_time_and_even_ones_change_nothing(growth, ahead):
    plain = wright_variance_factor(growth, ahead, horizon=2)
    spaced = wright_variance_factor(growth, ahead, horizon=2, spacings=[1.0] * len(growth))
    assert spaced == pytest.approx(plain, rel=1e-12)


def test_exponent_variance_by_hand():
    # Weights 1/5 and 2/5; with rho = .5: (.5 * .2)^2 + (.2 + .5 * .4)^2 + .4^2.
    assert exponent_variance_factor(np.array([1.0, 2.0]), rho=0.5) == pytest.approx(
        0.01 + 0.16 + 0.16
    )


def test_shock_deviation_is_unbiased_under_moving_average_noise():
    growth = np.array([0.2, 0.5, 0.1, 0.8, 0.3, 0.3])
    shocks = np.random.default_rng(3).standard_normal((100_000, 7))
    noise = shocks[:, 1:] + 0.63 * shocks[:, :-1]
    residuals = noise - np.outer(noise @ growth / (growth @ growth), growth)
    _, degrees_of_freedom = shock_deviation(residuals[0], growth, rho=0.63)
    one = shock_deviation(np.ones(6), growth, rho=0.63)[0]
    variances = (residuals**2).sum(axis=1) * one**2 / 6
    assert variances.mean() == pytest.approx(1, rel=0.01)
    assert 2 / variances.var() == pytest.approx(degrees_of_freedom, rel=0.05)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([0.0, 0.0], 1.0), {"horizon": 1}, r"did not change in the history \(\[0.0, 0.0\]\)"),
        (([], 1.0), {"horizon": 1}, "at least 1 change of log volume"),
        (([0.1], 1.0), {"horizon": 0}, "above 0 steps, got 0"),
        (([0.1], 1.0), {"horizon": 0.5, "rho": 0.2}, "at least 1 step when rho is not 0, got 0.5"),
        (([0.1], 1.0), {"horizon": 1, "rho": 2}, "between -1 and 1, got 2"),
        (([0.1], 1.0), {"horizon": 1, "spacings": [0.0]}, "one spacing above 0"),
        (([0.1], 1.0), {"horizon": 1, "spacings": [2.0], "rho": 0.2}, "need rho = 0"),
        (([0.1], 1.0), {"horizon": math.inf}, "above 0 steps, got inf"),
    ],
)
def test_bad_input_is_named(arguments, options, message):
    with pytest.raises(EstimationError, match=message):
        wright_variance_factor(*arguments, **options)
