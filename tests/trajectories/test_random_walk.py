import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from diligence.errors import EstimationError
from diligence.trajectories import fit_random_walk
from diligence.trajectories.calibration import ForecastCalibration

LOG_CHANGES = st.lists(st.floats(-1, 1), min_size=4, max_size=30)


def yearly(log_changes, scale=1.0):
    log_cost = np.concatenate([[0.0], np.cumsum(log_changes)])
    return pd.Series(scale * np.exp(log_cost), index=range(2000, 2000 + len(log_cost)))


def test_ten_times_cheaper_in_a_year(tenfold_a_year):
    fit = fit_random_walk(tenfold_a_year)
    assert fit.n == 13
    assert fit.decline_per_year == pytest.approx(0.9, rel=1e-12)
    assert fit.half_life_months == pytest.approx(12 * math.log(2) / math.log(10), rel=1e-12)
    plain = fit_random_walk(tenfold_a_year, calibration=None)
    assert plain.forecast(12)["median"].iloc[-1] == pytest.approx(1.0, rel=1e-9)


def test_drift_and_volatility_by_hand(bumpy):
    # Log changes -1, -3, -1, -3: mean -2, squared deviations 4 x 1, divided by 4 - 1.
    fit = fit_random_walk(bumpy, theta=0, calibration=None)
    assert fit.drift_per_year == pytest.approx(-2)
    assert fit.volatility_per_sqrt_year == pytest.approx(math.sqrt(4 / 3))
    assert fit.degrees_of_freedom == 3


def test_forecast_by_hand(bumpy):
    # Two steps: median exp(0 - 4); scale sqrt(4/3 * (2 + 4/4)) = 2; t quantiles of a printed
    # table with 3 degrees of freedom: 1.638 (10 % in each tail) and 3.182 (2.5 %).
    row = fit_random_walk(bumpy, theta=0, calibration=None).forecast(2).loc[2026]
    assert np.log(row["median"]) == pytest.approx(-4)
    assert np.log(row["low80"]) == pytest.approx(-4 - 1.638 * 2, abs=2e-3)
    assert np.log(row["high80"]) == pytest.approx(-4 + 1.638 * 2, abs=2e-3)
    assert np.log(row["low95"]) == pytest.approx(-4 - 3.182 * 2, abs=2e-3)
    assert np.log(row["high95"]) == pytest.approx(-4 + 3.182 * 2, abs=2e-3)


def test_forecast_scale_with_the_pooled_theta(bumpy):
    # m = 4, two steps: A* = -1.26 + (1 + 2 * 3 * .63 / 4 + .3969) * 3 = 5.7657.
    scale = fit_random_walk(bumpy, calibration=None).log_std_error(2)
    assert scale == pytest.approx(math.sqrt(4 / 3 * 5.7657 / 1.3969), rel=1e-12)


def test_conf_int_is_the_t_interval_of_the_mean_change(bumpy):
    low, high = fit_random_walk(bumpy, theta=0).conf_int(0.90)
    interval = stats.t.interval(0.90, 3, loc=-2, scale=math.sqrt(4 / 3) / 2)
    assert (low, high) == pytest.approx((1 - math.exp(interval[1]), 1 - math.exp(interval[0])))


def test_conf_int_allows_for_correlated_changes(bumpy):
    # Var(mean of 4) = (1 + .3969 + 2 * 3 * .63 / 4) / 4 = .585475 shock variances.
    assert fit_random_walk(bumpy).drift_std_error == pytest.approx(
        math.sqrt(4 / 3 * 0.585475 / 1.3969), rel=1e-12
    )


def test_solar_module_forecast_of_the_paper():
    # Farmer & Lafond (2016): mu = -0.10, K = 0.15, m = 33, theta = 0.63; the median after
    # 17 years is exp(-1.7) = .183 of today's cost and the deviation of its log is 1.0325.
    pattern = np.tile([1.0, -1.0], 17)[:33]
    pattern = (pattern - pattern.mean()) / pattern.std(ddof=1)
    fit = fit_random_walk(yearly(-0.10 + 0.15 * pattern), calibration=None)
    assert fit.log_std_error(17) == pytest.approx(1.0325, abs=5e-5)
    assert fit.forecast(17)["median"].iloc[-1] / fit.last_value == pytest.approx(0.183, abs=5e-4)


def test_uneven_dates_use_time_not_steps():
    # Log cost 0, -1, -4, -5 at years 0, 1, 3, 4: drift -5/4. Departures from it: .25, -.5, .25;
    # squared over time: .0625 + .125 + .0625 = .25, divided by 3 - 1. Two years on, with four
    # years of history: variance .125 * (2 + 4/4).
    cost = pd.Series(np.exp([0.0, -1.0, -4.0, -5.0]), index=[2020, 2021, 2023, 2024])
    fit = fit_random_walk(cost, calibration=None)
    assert fit.drift_per_year == pytest.approx(-1.25)
    assert fit.volatility_per_sqrt_year == pytest.approx(math.sqrt(0.125))
    assert (fit.theta, fit.window_steps, fit.step_years) == (0.0, 4.0, 1.0)
    assert fit.log_std_error(2) == pytest.approx(math.sqrt(0.375))
    assert any("Dates are uneven" in note for note in fit.notes)


def test_missing_months_do_not_change_a_noise_free_rate(tenfold_a_year):
    fit = fit_random_walk(tenfold_a_year.iloc[[0, 1, 4, 5, 6, 11, 12]])
    assert fit.decline_per_year == pytest.approx(0.9, rel=1e-12)
    assert fit.theta == 0


def test_three_differences_fall_back_to_independent_changes():
    fit = fit_random_walk(yearly([-1.0, -2.0, -1.5]))
    assert fit.theta == 0
    assert any("Only 3 differences" in note for note in fit.notes)


def test_the_stated_theta_is_named_in_the_notes(bumpy):
    assert any("theta = 0.63 is stated, not estimated" in n for n in fit_random_walk(bumpy).notes)


def test_probability_below_by_hand(bumpy):
    fit = fit_random_walk(bumpy, theta=0, calibration=None)
    assert fit.probability_below(math.exp(-4), 2) == pytest.approx(0.5)
    assert fit.probability_below(math.exp(-4 + 1.638 * 2), 2) == pytest.approx(0.9, abs=1e-3)


def test_probability_without_noise_is_zero_or_one():
    flat = fit_random_walk(pd.Series(3.0, index=range(2020, 2026)), calibration=None)
    assert flat.probability_below(3.1, 4) == 1
    assert flat.probability_below(2.9, 4) == 0


def test_a_rising_cost_has_a_negative_decline_and_no_half_life():
    fit = fit_random_walk(yearly([math.log(2)] * 5))
    assert fit.decline_per_year == pytest.approx(-1.0)
    assert fit.half_life_months is None
    assert "none, cost does not fall" in fit.summary()


def test_a_daily_explosion_does_not_overflow():
    days = pd.date_range("2025-01-01", periods=5, freq="D")
    fit = fit_random_walk(pd.Series([1.0, 1e3, 1e5, 1e9, 1e12], index=days))
    assert fit.conf_int()[0] == -math.inf
    assert fit.forecast(400)["high95"].iloc[-1] == math.inf


def test_to_frame_runs_from_the_first_to_the_last_observation(bumpy):
    frame = fit_random_walk(bumpy).to_frame()
    assert np.log(frame["fitted"]).tolist() == pytest.approx([8, 6, 4, 2, 0])
    assert frame["observed"].tolist() == bumpy.tolist()
    assert frame.index.name == "date"


def test_summary_reads_the_same_twice(tenfold_a_year):
    first, second = fit_random_walk(tenfold_a_year), fit_random_walk(tenfold_a_year)
    assert first.summary() == second.summary()
    assert first._repr_html_() == second._repr_html_()
    assert "13, last 2025-01-31 at 10" in first.summary()
    assert "Farmer &amp; Lafond" in first._repr_html_()


def test_fits_are_frozen(bumpy):
    with pytest.raises(AttributeError):
        fit_random_walk(bumpy).theta = 0.2


@pytest.mark.parametrize("horizon", [0, -1, 1.5])
def test_refuses_a_horizon_that_is_no_number_of_steps(bumpy, horizon):
    with pytest.raises(EstimationError, match=f"at least 1, got {horizon}"):
        fit_random_walk(bumpy).forecast(horizon)


def test_refuses_a_level_in_percent(bumpy):
    with pytest.raises(EstimationError, match="between 0 and 1, got 90"):
        fit_random_walk(bumpy).conf_int(90)


def test_refuses_to_compare_with_a_cost_of_zero(bumpy):
    with pytest.raises(EstimationError, match="above 0, got 0"):
        fit_random_walk(bumpy).probability_below(0, 1)


@given(LOG_CHANGES, st.floats(1e-6, 1e6))
def test_the_unit_of_cost_changes_no_rate(log_changes, scale):
    plain, scaled = (
        fit_random_walk(yearly(log_changes)),
        fit_random_walk(yearly(log_changes, scale)),
    )
    assert scaled.drift_per_year == pytest.approx(plain.drift_per_year, abs=1e-9)
    assert scaled.conf_int() == pytest.approx(plain.conf_int(), rel=1e-7, abs=1e-7)
    assert scaled.log_std_error(3) == pytest.approx(plain.log_std_error(3), abs=1e-9)


@given(LOG_CHANGES)
def test_reversing_time_turns_the_drift_round(log_changes):
    cost = yearly(log_changes)
    backwards = pd.Series(cost.to_numpy()[::-1], index=cost.index)
    there, back = fit_random_walk(cost), fit_random_walk(backwards)
    assert back.drift_per_year == -there.drift_per_year
    assert back.volatility_per_sqrt_year == pytest.approx(there.volatility_per_sqrt_year)


@given(st.floats(1e-6, 1e9), st.integers(4, 40), st.integers(1, 50))
def test_a_constant_cost_has_no_drift_and_still_an_honest_interval(value, n, horizon):
    fit = fit_random_walk(pd.Series(value, index=range(n)))
    assert fit.drift_per_year == 0
    assert fit.conf_int() == (0, 0)
    last = fit.forecast(horizon).iloc[-1]
    assert last["median"] == pytest.approx(value, rel=1e-12)
    assert last["low95"] < last["low80"] < value < last["high80"] < last["high95"]
    assert any("no noise" in note for note in fit.notes)


@given(st.floats(1e-6, 1e9), st.integers(4, 40), st.integers(1, 50))
def test_by_the_published_formula_a_constant_cost_is_certain(value, n, horizon):
    fit = fit_random_walk(pd.Series(value, index=range(n)), calibration=None)
    assert fit.forecast(horizon).to_numpy() == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("calibration", ["technology", None])
@given(LOG_CHANGES, st.floats(1, 5))
def test_more_noise_never_narrows_an_interval(calibration, log_changes, factor):
    noise = np.array(log_changes) - np.mean(log_changes)
    calm, noisy = (
        fit_random_walk(yearly(-0.3 + noise), calibration=calibration),
        fit_random_walk(yearly(-0.3 + factor * noise), calibration=calibration),
    )
    assert noisy.log_std_error(4) >= calm.log_std_error(4) - 1e-9
    assert noisy.drift_std_error >= calm.drift_std_error - 1e-9


@given(LOG_CHANGES, st.sampled_from([-0.5, 0.0, 0.25, 0.63, 1.0]))
def test_a_longer_horizon_never_narrows_an_interval(log_changes, theta):
    for calibration in ("technology", None):
        fit = fit_random_walk(yearly(log_changes), theta=theta, calibration=calibration)
        forecast = np.log(fit.forecast(12))
        for level in (80, 95):
            width = (forecast[f"high{level}"] - forecast[f"low{level}"]).to_numpy()
            assert (np.diff(width) >= -1e-9).all()


@given(LOG_CHANGES)
def test_intervals_nest_around_the_median(log_changes):
    forecast = fit_random_walk(yearly(log_changes)).forecast(5)
    order = forecast[["low95", "low80", "median", "high80", "high95"]].to_numpy()
    assert (np.diff(order, axis=1) >= 0).all()


def test_calibrated_forecast_by_hand(bumpy):
    # Drift -2, K^2 = 4/3 from 4 changes. Pooled: (3 (.1^2 + .25^2 2^2) + 3 * 4/3) / (3 + 3)
    # = (.78 + 4) / 6 = .796667. Two steps keep half the pace; variance times 2 + 4/4.
    constants = ForecastCalibration(
        kept_pace=0.5,
        prior_differences=3.0,
        calm_volatility_per_sqrt_year=0.1,
        volatility_per_pace=0.25,
        own_volatility_floor=0.7,
        tail_degrees_of_freedom=5.0,
        theta=0.0,
        panel="three made-up series",
    )
    fit = fit_random_walk(bumpy, calibration=constants)
    assert fit.log_median(2) == pytest.approx(-2)
    assert fit.log_std_error(2) == pytest.approx(math.sqrt(0.796667 * 3), rel=1e-6)
    assert fit.degrees_of_freedom == 5
    assert any("keeps 50% of the past pace" in note for note in fit.notes)


def test_the_interval_of_the_past_pace_is_its_own(bumpy):
    shipped, published = fit_random_walk(bumpy), fit_random_walk(bumpy, calibration=None)
    assert shipped.conf_int() == published.conf_int()
    assert shipped.decline_per_year == published.decline_per_year


def test_the_same_walk_read_monthly_or_yearly_has_the_same_yearly_forecast():
    # One change a year by -0.5 and three of none, quarter by quarter, against its yearly points.
    quarters = pd.period_range("2018Q1", periods=33, freq="Q")
    log_cost = -0.5 * np.floor(np.arange(33) / 4)
    quarterly = fit_random_walk(pd.Series(np.exp(log_cost), index=quarters))
    yearly_fit = fit_random_walk(pd.Series(np.exp(log_cost[::4]), index=range(2018, 2027)))
    assert quarterly.log_median(4) == pytest.approx(yearly_fit.log_median(1), abs=1e-9)


@given(LOG_CHANGES)
def test_reversing_time_mirrors_the_forecast(log_changes):
    cost = yearly(log_changes)
    back = fit_random_walk(pd.Series(cost.to_numpy()[::-1], index=cost.index))
    there = fit_random_walk(cost)
    assert back.log_median(3) - math.log(back.level) == pytest.approx(
        math.log(there.level) - there.log_median(3), abs=1e-9
    )
    assert back.log_std_error(3) == pytest.approx(there.log_std_error(3))


@pytest.mark.parametrize(
    ("values", "dates", "message"),
    [
        ([3.0], [2024], "at least 4 points"),
        ([3.0, 2.0, math.nan, 1.0], range(2020, 2024), "Drop the date"),
        ([3.0, 0.0, 2.0, 1.0], range(2020, 2024), "Drop periods without usage"),
        ([3.0, -1.0, 2.0, 1.0], range(2020, 2024), "add credits and refunds back"),
        ([3.0, 2.0, 2.0, 1.0], [2020, 2021, 2021, 2022], "stands twice"),
        ([3.0, 2.0, 2.0, 1.0], [2021, 2020, 2022, 2023], "sort_index"),
    ],
)
def test_what_cannot_be_fitted_says_what_to_do(values, dates, message):
    with pytest.raises(EstimationError, match=message):
        fit_random_walk(pd.Series(values, index=list(dates)))


def test_gaps_are_kept_as_time(tenfold_a_year):
    gapped = tenfold_a_year.drop(tenfold_a_year.index[[3, 4, 8]])
    assert fit_random_walk(gapped).decline_per_year == pytest.approx(0.9, rel=1e-12)
