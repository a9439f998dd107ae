import math
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import EstimationError
from diligence.trajectories import fit_experience_curve, fit_random_walk

VARIABLE = "DILIGENCE_REFERENCE_DATA"
SOLAR = Path(os.environ.get(VARIABLE, ""), "technology-curves", "solar_pv_pcdb_iea_irena.csv")

CHANGES = st.lists(st.floats(-1, 1), min_size=4, max_size=20)


def yearly(log_values):
    return pd.Series(np.exp(np.asarray(log_values)), index=range(2000, 2000 + len(log_values)))


def cost_and_volume(changes, growth=None):
    growth = [0.5 + 0.1 * (i % 3) for i in range(len(changes))] if growth is None else growth
    return yearly(np.cumsum([0.0, *changes])), yearly(np.cumsum([0.0, *growth]))


@pytest.mark.skipif(
    not os.environ.get(VARIABLE) or not SOLAR.exists(),
    reason=f"reference data not found; set {VARIABLE} to its folder",
)
def test_solar_electricity_learns_as_published():
    # Way et al. 2022: exponent .319 (standard error .043), shocks .111. The series at hand runs
    # some years longer, so the figures must be near, within one published standard error.
    table = pd.read_csv(SOLAR).set_index("Time (Year)")
    fit = fit_experience_curve(
        table["Unit cost (2022 USD/MWh)"], table["Cumulative production (MWh)"]
    )
    assert fit.exponent == pytest.approx(0.319, abs=0.043)
    assert fit.exponent_std_error == pytest.approx(0.043, abs=0.01)
    assert fit.shock_std_log == pytest.approx(0.111, abs=0.01)


def test_a_fifth_off_each_doubling():
    volume = pd.Series([1.0, 2.0, 8.0, 16.0, 64.0], index=range(2020, 2025))
    cost = pd.Series([100.0, 80.0, 51.2, 40.96, 26.2144], index=range(2020, 2025))
    fit = fit_experience_curve(cost, volume)
    assert fit.learning_rate == pytest.approx(0.2)
    assert fit.learning_rate_conf_int() == pytest.approx((0.2, 0.2))
    # One more doubling is another fifth off; none leaves the cost where it is.
    assert fit.with_volume([128.0]).forecast(1)["median"].tolist() == pytest.approx([20.97152])
    assert fit.with_volume([64.0]).forecast(1)["median"].tolist() == pytest.approx([26.2144])


def test_slope_through_the_origin_by_hand():
    # Log growth 1, 2, 1, 2 (squares 10), log changes -1, -1, 0, -3: omega = 9 / 10. Residuals
    # -.1, .8, .9, -1.2: squares 2.9, over 3 degrees of freedom; se = sqrt(2.9 / 3 / 10).
    cost, volume = cost_and_volume([-1.0, -1.0, 0.0, -3.0], [1.0, 2.0, 1.0, 2.0])
    fit = fit_experience_curve(cost, volume, rho=0)
    assert fit.exponent == pytest.approx(0.9)
    assert fit.shock_std_log == pytest.approx(math.sqrt(2.9 / 3))
    assert fit.degrees_of_freedom == pytest.approx(3)
    assert fit.exponent_std_error == pytest.approx(math.sqrt(0.29 / 3))
    assert fit.drift_per_year == pytest.approx(-0.9 * 1.5)


def test_a_stated_path_by_hand():
    # Growth 3 over two steps: variance (2.9 / 3) (2 + 3^2 / 10).
    cost, volume = cost_and_volume([-1.0, -1.0, 0.0, -3.0], [1.0, 2.0, 1.0, 2.0])
    fit = fit_experience_curve(cost, volume, rho=0)
    stated = fit.with_volume([volume.iloc[-1] * math.e, volume.iloc[-1] * math.e**3])
    assert stated.log_median(2) == pytest.approx(math.log(cost.iloc[-1]) - 2.7)
    assert stated.log_std_error(2) == pytest.approx(math.sqrt(2.9 / 3 * 2.9))
    assert stated.drift_per_year == pytest.approx(-0.9 * 1.5)


def test_extrapolated_volume_adds_its_own_spread():
    # Growth 1, 2, 1, 2: mean 1.5, variance .25 * 4 / 3 = 1/3; one step ahead omega^2 / 3 * 1.25.
    cost, volume = cost_and_volume([-1.0, -1.0, 0.0, -3.0], [1.0, 2.0, 1.0, 2.0])
    fit = fit_experience_curve(cost, volume, rho=0)
    certain = fit.with_volume([volume.iloc[-1] * math.exp(1.5)])
    gain = fit.log_std_error(1) ** 2 - certain.log_std_error(1) ** 2
    assert gain == pytest.approx(0.81 / 3 * 1.25)
    assert any("extrapolate cumulative volume" in note for note in fit.notes)
    assert not any("extrapolate cumulative volume" in note for note in certain.notes)
    assert sum("stated volume path" in n for n in certain.with_volume([1e9]).notes) == 1


def test_steady_growth_is_the_random_walk_with_drift(bumpy):
    volume = pd.Series(2.0 ** np.arange(len(bumpy)), index=bumpy.index)
    for rho in (0, 0.63):
        wright = fit_experience_curve(bumpy, volume, rho=rho)
        walk = fit_random_walk(bumpy, theta=rho, calibration=None)
        assert wright.drift_per_year == pytest.approx(walk.drift_per_year)
        assert wright.log_median(3) == pytest.approx(walk.log_median(3))
    independent = fit_experience_curve(bumpy, volume, rho=0)
    walk = fit_random_walk(bumpy, theta=0, calibration=None)
    pd.testing.assert_frame_equal(independent.forecast(5), walk.forecast(5), rtol=1e-9)
    assert any("cannot tell Wright's law from a trend" in note for note in independent.notes)


def test_uneven_dates_weigh_by_time():
    # Years 0, 1, 3, 4: growth 1, 2, 1 over 1, 2, 1 years is steady, so omega is total over total.
    index = [2020, 2021, 2023, 2024]
    cost = pd.Series(np.exp([0.0, -1.0, -4.0, -5.0]), index=index)
    volume = pd.Series(np.exp([0.0, 1.0, 3.0, 4.0]), index=index)
    fit = fit_experience_curve(cost, volume)
    assert fit.exponent == pytest.approx(5 / 4)
    assert fit.rho == 0
    walk = fit_random_walk(cost, calibration=None)
    assert fit.log_std_error(2) == pytest.approx(walk.log_std_error(2))
    assert any("rho is 0 instead of 0.19" in note for note in fit.notes)


def test_intervals_hold_what_they_promise():
    rng = np.random.default_rng(11)
    growth, ahead, inside = np.array([0.1, 0.6, 0.2, 0.9, 0.3, 0.5]), np.array([0.8, 0.2]), []
    for _ in range(400):
        shocks = 0.2 * rng.standard_normal(9)
        noise = shocks[1:] + 0.19 * shocks[:-1]
        changes = -0.4 * np.concatenate([growth, ahead]) + noise
        cost, volume = cost_and_volume(changes[:6], growth)
        path = volume.iloc[-1] * np.exp(np.cumsum(ahead))
        row = fit_experience_curve(cost, volume).with_volume(path).forecast(2).iloc[-1]
        inside.append(row["low80"] <= cost.iloc[-1] * math.exp(changes[6:].sum()) <= row["high80"])
    assert np.mean(inside) == pytest.approx(0.80, abs=0.05)


def test_result_reads_the_same_twice_and_shows_the_curve():
    cost, volume = cost_and_volume([-0.3, -0.5, -0.1, -0.4])
    first, second = fit_experience_curve(cost, volume), fit_experience_curve(cost, volume)
    assert first.summary() == second.summary()
    assert "Learning rate" in first.summary()
    assert "Learning rate" in first._repr_html_()
    frame = first.to_frame()
    assert list(frame.columns) == ["observed", "fitted", "cumulative_volume"]
    assert frame["fitted"].iloc[-1] == pytest.approx(cost.iloc[-1])


@given(CHANGES, st.floats(1e-6, 1e6), st.floats(1e-6, 1e6))
def test_units_of_cost_and_volume_change_no_rate(changes, cost_unit, volume_unit):
    cost, volume = cost_and_volume(changes)
    plain = fit_experience_curve(cost, volume)
    scaled = fit_experience_curve(cost_unit * cost, volume_unit * volume)
    assert scaled.exponent == pytest.approx(plain.exponent, abs=1e-8)
    assert scaled.log_std_error(4) == pytest.approx(plain.log_std_error(4), abs=1e-7)


@given(CHANGES)
def test_a_mirrored_cost_turns_the_exponent_round(changes):
    cost, volume = cost_and_volume(changes)
    plain, mirrored = fit_experience_curve(cost, volume), fit_experience_curve(1 / cost, volume)
    assert mirrored.exponent == pytest.approx(-plain.exponent, abs=1e-9)
    assert mirrored.exponent_std_error == pytest.approx(plain.exponent_std_error, abs=1e-9)


@given(st.floats(1e-3, 1e3), st.integers(4, 20))
def test_a_constant_cost_teaches_nothing(value, n):
    _, volume = cost_and_volume([0.0] * (n - 1))
    fit = fit_experience_curve(pd.Series(value, index=volume.index), volume)
    assert fit.learning_rate == 0
    assert fit.conf_int() == (0, 0)
    assert fit.half_life_months is None


@given(CHANGES, st.floats(1, 5))
def test_more_noise_never_narrows_an_interval(changes, factor):
    growth = np.array([0.5 + 0.1 * (i % 3) for i in range(len(changes))])
    noise = np.array(changes)
    noise = noise - growth * (growth @ noise) / (growth @ growth)
    calm = fit_experience_curve(*cost_and_volume(-0.3 * growth + noise, growth))
    wild = fit_experience_curve(*cost_and_volume(-0.3 * growth + factor * noise, growth))
    assert wild.exponent == pytest.approx(calm.exponent, abs=1e-9)
    assert wild.log_std_error(4) >= calm.log_std_error(4) - 1e-9
    assert wild.exponent_std_error >= calm.exponent_std_error - 1e-9


def test_refusals_say_what_to_do():
    cost, volume = cost_and_volume([-0.3, -0.5, -0.1, -0.4])
    with pytest.raises(EstimationError, match=r"stays at 7 throughout.*fit_random_walk"):
        fit_experience_curve(cost, pd.Series(7.0, index=cost.index))
    with pytest.raises(EstimationError, match="at least 4 points, got 3"):
        fit_experience_curve(cost.iloc[:3], volume)
    with pytest.raises(EstimationError, match="got 1.5"):
        fit_experience_curve(cost, volume, rho=1.5)
    with pytest.raises(EstimationError, match=r"covers 1 steps, asked for 2.*longer path"):
        fit_experience_curve(cost, volume).with_volume([50.0]).forecast(2)
    with pytest.raises(EstimationError, match="between 0 and 1, got 90"):
        fit_experience_curve(cost, volume).learning_rate_conf_int(90)
