import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diligence.errors import EstimationError
from diligence.trajectories import fit_local_level, fit_random_walk

CHANGES = st.lists(st.floats(-1, 1), min_size=6, max_size=16)


def yearly(changes, scale=1.0):
    log_cost = np.cumsum([0.0, *changes])
    return pd.Series(scale * np.exp(log_cost), index=range(2000, 2000 + len(log_cost)))


def sawtooth(n):
    return yearly([(-1.0) ** i * 0.4 - 0.2 for i in range(n)])


def test_nile():
    # Durbin and Koopman (2012), section 2.10: variances 15,099 and 1,469.1; log likelihood
    # -632.54 (diffuse, as statsmodels counts it). The flow is fitted in place of a log cost, in
    # thousands to keep its exponential finite: variances scale by 1e6, the likelihood by 99 logs.
    import statsmodels.api as sm

    flow = sm.datasets.nile.load_pandas().data["volume"].to_numpy()
    fit = fit_local_level(pd.Series(np.exp(flow / 1000), index=range(1871, 1971)), drift=False)
    assert fit.noise_std_log**2 * 1e6 == pytest.approx(15_099, rel=0.015)
    assert fit.level_std_log**2 * 1e6 == pytest.approx(1_469.1, rel=0.015)
    assert fit.noise_std_log**2 * 1e6 == pytest.approx(15_078, rel=0.015)
    assert fit.level_std_log**2 * 1e6 == pytest.approx(1_478.8, rel=0.015)
    assert fit.log_likelihood - 99 * math.log(1000) == pytest.approx(-632.54, abs=0.01)


def test_forecast_variance_agrees_with_statsmodels():
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    rng = np.random.default_rng(8)
    changes = -0.3 + 0.2 * rng.standard_normal(24)
    cost = yearly(changes) * np.exp(0.2 * rng.standard_normal(25))
    fit = fit_local_level(cost)
    model = UnobservedComponents(np.log(cost.to_numpy()), level="lldtrend")
    ahead = model.smooth([fit.noise_std_log**2, fit.level_std_log**2]).get_forecast(6)
    median = [fit.log_median(step) for step in range(1, 7)]
    error = [fit.log_std_error(step) for step in range(1, 7)]
    assert median == pytest.approx(ahead.predicted_mean, abs=1e-4)
    assert error == pytest.approx(ahead.se_mean, rel=1e-4)


def test_without_noise_it_is_the_random_walk():
    changes = -0.3 + 0.2 * np.array([1.0, 0.8, 0.9, -0.2, -1.0, -0.9, -0.7, 0.3, 0.9, 1.2, 0.1])
    fit, walk = (
        fit_local_level(yearly(changes)),
        fit_random_walk(yearly(changes), theta=0, calibration=None),
    )
    assert any("random walk with theta = 0" in note for note in fit.notes)
    pd.testing.assert_frame_equal(fit.forecast(5), walk.forecast(5), rtol=1e-3)
    assert fit.drift_std_error == pytest.approx(walk.drift_std_error, rel=1e-3)


def test_without_shocks_it_is_the_straight_line():
    # Departures that undo each other leave the least-squares line: slope by hand in numpy.
    cost = sawtooth(11)
    fit = fit_local_level(cost)
    slope = np.polyfit(np.arange(12), np.log(cost), 1)[0]
    assert fit.drift_per_year == pytest.approx(slope, rel=1e-3)
    assert any("as overconfident as those of a log trend" in note for note in fit.notes)


def test_missing_months_are_left_missing(tenfold_a_year):
    noisy = tenfold_a_year * np.exp(0.1 * np.sin(7 * np.arange(13.0)))
    fit = fit_local_level(noisy.drop(noisy.index[[3, 4, 9]]))
    assert any("3 of 13 evenly spaced dates carry no cost" in note for note in fit.notes)
    assert fit.decline_per_year == pytest.approx(0.9, abs=0.05)
    assert len(fit.to_frame()) == 10


def test_steps_of_several_grid_cells():
    # Two-monthly costs with one odd month: doubling the cells must not double the pace.
    months = pd.PeriodIndex([f"2025-{m:02d}" for m in (1, 3, 5, 6, 7, 9, 11)], freq="M")
    log_cost = -0.1 * np.array([0, 2, 4, 5, 6, 8, 10]) + 0.01 * np.array([1, -1, 1, -1, 1, -1, 1])
    fit = fit_local_level(pd.Series(np.exp(log_cost), index=months))
    assert fit.drift_per_year == pytest.approx(-1.2, abs=0.05)
    # A step is the lower median spacing; the odd month leaves it at two months.
    assert fit.log_median(1) - fit.log_median(0) == pytest.approx(-0.2, abs=0.01)
    assert list(fit.forecast(1).index.astype(str)) == ["2026-01"]


def test_a_flat_level_has_no_drift():
    fit = fit_local_level(sawtooth(11), drift=False)
    assert fit.drift_per_year == 0
    assert fit.half_life_months is None
    assert "0, the level has no drift" in fit.summary()
    assert fit.log_median(9) == fit.log_median(1)


def test_noise_free_series(tenfold_a_year):
    fit = fit_local_level(tenfold_a_year)
    assert fit.decline_per_year == pytest.approx(0.9)
    assert fit.conf_int() == pytest.approx((0.9, 0.9))
    assert fit.forecast(12)["high95"].iloc[-1] == pytest.approx(1.0)
    with pytest.raises(EstimationError, match=r"-90\.0% a year.*drift=True"):
        fit_local_level(tenfold_a_year, drift=False)


@given(st.floats(1e-6, 1e9), st.integers(5, 20), st.booleans())
def test_a_constant_cost_has_no_drift_and_a_point_interval(value, n, drift):
    fit = fit_local_level(pd.Series(value, index=range(n)), drift=drift)
    assert fit.drift_per_year == 0
    assert fit.conf_int() == (0, 0)
    assert fit.forecast(4).to_numpy() == pytest.approx(value)


@settings(max_examples=8, deadline=None)
@given(CHANGES, st.floats(1e-6, 1e6))
def test_the_unit_of_cost_changes_no_rate(changes, scale):
    noisy = np.array(changes) + 0.01 * np.cos(np.arange(len(changes)))
    plain, scaled = fit_local_level(yearly(noisy)), fit_local_level(yearly(noisy, scale))
    assert scaled.drift_per_year == pytest.approx(plain.drift_per_year, rel=1e-3, abs=1e-4)
    assert scaled.log_std_error(3) == pytest.approx(plain.log_std_error(3), rel=1e-3, abs=1e-6)


@settings(max_examples=8, deadline=None)
@given(CHANGES, st.floats(1.5, 5))
def test_more_noise_never_narrows_an_interval(changes, factor):
    noise = np.array(changes) + 0.05 * np.cos(np.arange(len(changes)))
    noise = noise - noise.mean()
    calm, wild = fit_local_level(yearly(noise - 0.3)), fit_local_level(yearly(factor * noise - 0.3))
    assert wild.log_std_error(3) >= calm.log_std_error(3) * (1 - 1e-6)


@settings(max_examples=8, deadline=None)
@given(CHANGES)
def test_reversing_time_turns_the_drift_round(changes):
    noisy = np.array(changes) + 0.05 * np.cos(np.arange(len(changes)))
    cost = yearly(noisy)
    back = fit_local_level(pd.Series(cost.to_numpy()[::-1], index=cost.index))
    assert back.drift_per_year == pytest.approx(-fit_local_level(cost).drift_per_year, abs=2e-3)


def test_refusals(bumpy):
    with pytest.raises(EstimationError, match="at least 5 points, got 4"):
        fit_local_level(bumpy.iloc[:4])
    with pytest.raises(EstimationError, match="found -1.0 at 2021"):
        fit_local_level(bumpy.where(bumpy.index != 2021, -1.0))
    with pytest.raises(EstimationError, match=r"resample\('ME'\)"):
        fit_local_level(bumpy.set_axis([2020.0, 2020.5, 2021.2, 2023.1, 2023.2]))
