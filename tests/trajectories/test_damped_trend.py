import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diligence.errors import EstimationError
from diligence.trajectories import fit_damped_trend
from diligence.trajectories.damped_trend import Smoothing


def yearly(log_cost, scale=1.0):
    return pd.Series(scale * np.exp(np.asarray(log_cost)), index=range(2000, 2000 + len(log_cost)))


def fading(n=16, noise=0.03):
    pace = -0.4 * 0.85 ** np.arange(n - 1)
    wobble = noise * np.sin(9.0 * np.arange(n))
    return yearly(np.concatenate([[0.0], np.cumsum(pace)]) + wobble)


def test_variance_by_hand():
    # alpha = .5, beta = .2, phi = .9: shares .5 + .2 * .9 = .68 and .5 + .2 * (.9 + .81) = .842.
    smoothing = Smoothing(level=0.5, trend=0.2, damping=0.9)
    assert smoothing.error_variance(1) == 1
    assert smoothing.error_variance(2) == pytest.approx(1 + 0.68**2)
    assert smoothing.error_variance(3) == pytest.approx(1 + 0.68**2 + 0.842**2)
    assert smoothing.error_variance(2.5) == pytest.approx(1 + 0.68**2 + 0.842**2 / 2)
    assert float(smoothing.slope_reach(2)) == pytest.approx(0.9 + 0.81)


def test_recursion_by_hand():
    # From level 1 and slope -1 with phi .5: expects .5, sees 1, errs .5; level .75, slope -.4.
    smoothing = Smoothing(level=0.5, trend=0.2, damping=0.5)
    errors, level, slope = smoothing.surprises(np.array([1.0, math.nan]), 1.0, -1.0)
    assert errors.tolist() == pytest.approx([0.5, 0.0])
    assert (level, slope) == pytest.approx((0.75 - 0.2, -0.2))


def statsmodels_rival(cost):
    from statsmodels.tsa.statespace.exponential_smoothing import ExponentialSmoothing

    log_cost = np.log(cost.to_numpy())
    return ExponentialSmoothing(log_cost, trend=True, damped_trend=True)


def test_likelihood_is_at_least_that_of_statsmodels():
    rng = np.random.default_rng(6)
    for n in (12, 25):
        cost = yearly(np.cumsum(-0.3 + 0.2 * rng.standard_normal(n)) + 0.1 * rng.standard_normal(n))
        fit = fit_damped_trend(cost)
        with np.errstate(over="ignore"):
            rival = statsmodels_rival(cost).fit(disp=False)
        surprises = np.log(cost / fit.to_frame()["fitted"])
        concentrated = -n / 2 * (math.log(2 * math.pi * float((surprises**2).mean())) + 1)
        assert concentrated >= rival.llf - 1e-3


def test_median_and_variance_agree_with_statsmodels():
    cost = fading()
    fit, rival = fit_damped_trend(cost), statsmodels_rival(cost)
    weights = [fit.smoothing.level, fit.smoothing.trend, fit.smoothing.damping]
    level, slope = (float(item) for item in _start(fit))
    ahead = rival.smooth([*weights, level, slope]).get_forecast(6)
    steps = range(1, 7)
    assert [fit.log_median(step) for step in steps] == pytest.approx(ahead.predicted_mean, abs=1e-8)
    shares = [math.sqrt(fit.smoothing.error_variance(step)) for step in steps]
    assert shares == pytest.approx(ahead.se_mean / ahead.se_mean[0], rel=1e-9)


def _start(fit):
    # The first expected costs give back level and slope at the start: l + phi b, and one later.
    fitted, observed = (np.log(fit.to_frame()[name].to_numpy()) for name in ("fitted", "observed"))
    phi, error = fit.smoothing.damping, observed[0] - fitted[0]
    slope_1 = (fitted[1] - fitted[0] - fit.smoothing.level * error) / phi
    slope = (slope_1 - fit.smoothing.trend * error) / phi
    return fitted[0] - phi * slope, slope


def test_a_fading_decline_levels_off():
    fit = fit_damped_trend(fading())
    median = np.log(fit.forecast(40)["median"].to_numpy())
    steps = -np.diff(median)
    assert (steps > 0).all()
    assert (np.diff(steps) < 0).all()
    assert math.log(fit.lowest_median) <= median[-1]
    assert any("next step only" in note for note in fit.notes)
    # Stop of the true curve: -.4 / (1 - .85).
    assert math.log(fit.lowest_median) == pytest.approx(-0.4 / 0.15, abs=0.3)


def test_drift_is_the_change_over_the_next_step():
    fit = fit_damped_trend(fading())
    assert fit.log_median(1) - fit.log_median(0) == pytest.approx(fit.drift_per_year)


def test_missing_months_and_grid_steps(tenfold_a_year):
    noisy = tenfold_a_year * np.exp(0.1 * np.sin(7 * np.arange(13.0)))
    fit = fit_damped_trend(noisy.drop(noisy.index[[3, 4]]))
    assert any("2 of 13 evenly spaced dates" in note for note in fit.notes)
    assert len(fit.to_frame()) == 11
    assert fit.decline_per_year > 0.5


def test_result_reads_the_same_twice():
    first, second = fit_damped_trend(fading()), fit_damped_trend(fading())
    assert first.summary() == second.summary()
    assert "Levels off at" in first._repr_html_()
    assert any("16 points hardly identify" in note for note in first.notes)


def test_a_constant_cost_stays():
    fit = fit_damped_trend(pd.Series(7.0, index=range(2010, 2022)))
    assert fit.drift_per_year == 0
    assert fit.conf_int() == (0, 0)
    assert fit.half_life_months is None
    assert fit.forecast(5).to_numpy() == pytest.approx(7.0)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.floats(-0.5, 0.5), min_size=9, max_size=14), st.floats(1e-4, 1e4))
def test_the_unit_of_cost_changes_no_rate(changes, scale):
    log_cost = np.cumsum(np.array(changes) + 0.05 * np.cos(np.arange(len(changes))))
    plain, scaled = fit_damped_trend(yearly(log_cost)), fit_damped_trend(yearly(log_cost, scale))
    assert scaled.drift_per_year == pytest.approx(plain.drift_per_year, rel=1e-2, abs=1e-3)
    assert scaled.log_std_error(3) == pytest.approx(plain.log_std_error(3), rel=1e-2, abs=1e-3)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.floats(-0.5, 0.5), min_size=9, max_size=14), st.floats(1.5, 4))
def test_scaling_all_movement_scales_the_interval(changes, factor):
    log_cost = np.cumsum(np.array(changes) + 0.05 * np.cos(np.arange(len(changes))))
    calm, wild = fit_damped_trend(yearly(log_cost)), fit_damped_trend(yearly(factor * log_cost))
    assert wild.log_std_error(3) == pytest.approx(factor * calm.log_std_error(3), rel=1e-2)
    assert wild.drift_per_year == pytest.approx(factor * calm.drift_per_year, rel=1e-2, abs=1e-3)


def test_a_mirrored_cost_turns_the_drift_round():
    assert fit_damped_trend(1 / fading()).drift_per_year == pytest.approx(
        -fit_damped_trend(fading()).drift_per_year, rel=1e-2
    )


def test_refusals(tenfold_a_year, bumpy):
    with pytest.raises(EstimationError, match="at least 8 points, got 5"):
        fit_damped_trend(bumpy)
    with pytest.raises(EstimationError, match=r"nothing speaks for a decline that fades.*random"):
        fit_damped_trend(tenfold_a_year)
    with pytest.raises(EstimationError, match="0.0 at 2003"):
        fit_damped_trend(fading().where(lambda cost: cost.index != 2003, 0.0))
