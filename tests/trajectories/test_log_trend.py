import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.trajectories import fit_log_trend, fit_random_walk


def test_ten_times_cheaper_in_a_year(tenfold_a_year):
    fit = fit_log_trend(tenfold_a_year)
    assert fit.decline_per_year == pytest.approx(0.9, rel=1e-9)
    assert fit.conf_int() == pytest.approx((0.9, 0.9), rel=1e-9)
    assert fit.forecast(12)["median"].iloc[-1] == pytest.approx(1.0, rel=1e-9)


def test_line_by_hand():
    # Log cost 1, 0, 1, -2, -1, -2 at years 0 to 5: mean -.5, slope
    # (-2.5*1 - 1.5*0 - .5*1 + .5*-2 + 1.5*-1 + 2.5*-2) / 17.5 = -10.5 / 17.5 = -.6.
    # Level at year 5: -.5 - .6 * 2.5 = -2. Residuals 0, -.4, 1.2, -1.2, .4, 0: squares 3.2 / 4.
    fit = fit_log_trend(pd.Series(np.exp([1.0, 0.0, 1.0, -2.0, -1.0, -2.0]), index=range(6)))
    assert fit.drift_per_year == pytest.approx(-0.6)
    assert math.log(fit.level) == pytest.approx(-2)
    assert fit.residual_std_log == pytest.approx(math.sqrt(0.8))


def test_newey_west_error_by_hand():
    # n = 10 gives int(4 * .1^(2/9)) = 2 lags with weights 2/3 and 1/3. Scores are residual times
    # centred year; the slope's variance is their long-run sum over 82.5 squared, times 10/8 for
    # two parameters. A cost that bends leaves correlated departures, so this is the larger error.
    log_cost = np.array([3.0, 0, -2, -3, -2, -2, -3, -1, 0, 2])
    year = np.arange(10) - 4.5
    residual = log_cost - log_cost.mean() - (year @ log_cost / 82.5) * year
    score = residual * year
    long_run = (
        score @ score
        + 2 * (2 / 3) * (score[1:] @ score[:-1])
        + 2 * (1 / 3) * (score[2:] @ score[:-2])
    )
    fit = fit_log_trend(pd.Series(np.exp(log_cost), index=range(10)))
    assert fit.drift_std_error == pytest.approx(math.sqrt(long_run * 10 / 8) / 82.5)
    assert fit.drift_std_error > math.sqrt(residual @ residual / 8 / 82.5)


def test_the_classic_error_stands_in_where_newey_west_is_smaller():
    # The line of the test before last: residual variance .8, squared years 17.5. Its departures
    # change sign, and Newey-West would give .048 where the classic error is sqrt(.8 / 17.5) = .214.
    fit = fit_log_trend(pd.Series(np.exp([1.0, 0.0, 1.0, -2.0, -1.0, -2.0]), index=range(6)))
    assert fit.drift_std_error == pytest.approx(math.sqrt(0.8 / 17.5))
    assert any("Newey-West would be smaller still" in note for note in fit.notes)


def test_textbook_errors_on_request():
    # The bent cost of the test before last, for which Newey-West is the larger.
    log_cost = np.array([3.0, 0, -2, -3, -2, -2, -3, -1, 0, 2])
    years = np.arange(10) - 4.5
    slope = years @ log_cost / 82.5
    residual = log_cost - log_cost.mean() - slope * years
    cost = pd.Series(np.exp(log_cost), index=range(10))
    corrected, textbook = fit_log_trend(cost), fit_log_trend(cost, robust=False)
    assert textbook.drift_std_error == pytest.approx(math.sqrt(residual @ residual / 8 / 82.5))
    assert textbook.drift_std_error < corrected.drift_std_error
    assert textbook.drift_per_year == corrected.drift_per_year
    assert any(note.startswith("Standard errors are classic;") for note in textbook.notes)


def test_notes_on_short_and_uneven_series():
    fit = fit_log_trend(pd.Series([9.0, 7.0, 6.5, 4.0, 4.2], index=[2015, 2016, 2019, 2020, 2025]))
    assert any("with 5 points they understate" in note for note in fit.notes)
    assert any("lags of the errors count points, not time" in note for note in fit.notes)


def test_the_note_says_how_often_such_intervals_hold(bumpy):
    fit = fit_log_trend(bumpy)
    assert any("held 38 % of outcomes" in note and "Rival only" in note for note in fit.notes)
    assert "Rival only" in fit.summary()


def test_a_constant_cost_has_no_drift():
    fit = fit_log_trend(pd.Series(7.0, index=range(2015, 2025)))
    assert fit.drift_per_year == pytest.approx(0, abs=1e-12)
    assert fit.half_life_months is None
    assert fit.forecast(3).to_numpy() == pytest.approx(7.0)


@given(st.lists(st.floats(-1, 1), min_size=5, max_size=20), st.floats(1e-3, 1e3))
def test_the_unit_of_cost_changes_no_rate(log_cost, scale):
    cost = pd.Series(np.exp(log_cost), index=range(len(log_cost)))
    assert fit_log_trend(scale * cost).drift_per_year == pytest.approx(
        fit_log_trend(cost).drift_per_year, abs=1e-9
    )


@given(st.lists(st.floats(-1, 1), min_size=5, max_size=20))
def test_no_forecast_is_surer_than_the_scatter_around_the_line(log_cost):
    fit = fit_log_trend(pd.Series(np.exp(log_cost), index=range(len(log_cost))))
    assert all(fit.log_std_error(steps) >= fit.residual_std_log for steps in range(1, 20))


def test_both_curves_agree_without_noise(tenfold_a_year):
    walk = fit_random_walk(tenfold_a_year, calibration=None)
    line = fit_log_trend(tenfold_a_year)
    pd.testing.assert_frame_equal(walk.forecast(6), line.forecast(6), rtol=1e-6)
    pd.testing.assert_frame_equal(walk.to_frame(), line.to_frame(), rtol=1e-6)
