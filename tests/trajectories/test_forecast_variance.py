import numpy as np
import pytest

from diligence.errors import EstimationError
from diligence.trajectories import expected_squared_error, variance_factor


def test_variance_factor_of_five_differences_ten_steps_ahead():
    # -1.26 + (1 + 2 * 4 * .63 / 5 + .3969) * (10 + 100 / 5) = -1.26 + 2.4049 * 30
    assert variance_factor(10, differences=5, theta=0.63) == pytest.approx(70.887, abs=1e-9)


def test_solar_module_forecast_of_the_paper():
    # Farmer & Lafond (2016), solar PV: mu = -0.10, K = 0.15, theta = 0.63, m = 33; 17 years on.
    factor = variance_factor(17, differences=33, theta=0.63)
    assert factor == pytest.approx(66.192, abs=5e-4)
    assert 0.15 * (factor / (1 + 0.63**2)) ** 0.5 == pytest.approx(1.0325, abs=5e-5)
    assert 0.15 * variance_factor(17, differences=33) ** 0.5 == pytest.approx(0.7613, abs=5e-5)


def test_independent_changes_give_tau_plus_tau_squared_over_m():
    assert variance_factor(4, differences=8) == 4 + 16 / 8


@pytest.mark.parametrize(
    ("horizon", "expected"), [(1, 2.4), (5, 20.0), (10, 60.0), (15, 120.0), (20, 200.0)]
)
def test_expected_squared_error_of_five_independent_differences(horizon, expected):
    assert expected_squared_error(horizon, differences=5) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("theta", "horizon", "expected"),
    [
        (0.25, 1, 2.36),
        (0.25, 10, 81.65),
        (0.25, 20, 274.35),
        (0.63, 1, 2.33),
        (0.63, 10, 101.49),
        (0.63, 20, 342.52),
    ],
)
def test_expected_squared_error_with_correlated_differences(theta, horizon, expected):
    found = expected_squared_error(horizon, differences=5, theta=theta)
    assert found == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(
    ("differences", "horizon", "theta"), [(5, 10, 0.63), (5, 1, 0.63), (9, 4, -0.3), (4, 7, 0.0)]
)
def test_variance_factor_agrees_with_simulation(differences, horizon, theta):
    shocks = np.random.default_rng(20160511).standard_normal((200_000, differences + horizon + 1))
    changes = shocks[:, 1:] + theta * shocks[:, :-1]
    drift = changes[:, :differences].mean(axis=1)
    errors = changes[:, differences:].sum(axis=1) - horizon * drift
    expected = variance_factor(horizon, differences=differences, theta=theta)
    assert errors.var() == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("theta", [1.01, -2.0, float("nan")])
def test_refuses_a_theta_outside_minus_one_to_one(theta):
    with pytest.raises(EstimationError, match=f"between -1 and 1, got {theta}"):
        variance_factor(1, differences=5, theta=theta)


@pytest.mark.parametrize(("horizon", "theta"), [(0, 0.0), (-1, 0.0), (0.5, 0.63), (np.inf, 0.0)])
def test_refuses_a_horizon_that_is_too_short_or_endless(horizon, theta):
    with pytest.raises(EstimationError, match=f"got {horizon}"):
        variance_factor(horizon, differences=5, theta=theta)


def test_refuses_a_window_without_a_difference():
    with pytest.raises(EstimationError, match="at least 1 difference, got 0"):
        variance_factor(1, differences=0)


def test_mean_squared_error_does_not_exist_for_three_differences():
    with pytest.raises(EstimationError, match="more than 3 differences, got 3"):
        expected_squared_error(1, differences=3)
