import math

import numpy as np
import pandas as pd
import pytest

from diligence.errors import EstimationError
from diligence.trajectories.record_trend import fit_record_trend


def test_line_by_hand():
    # Log price 1, 0, 1, -2, -1, -2 at years 0 to 5: slope -10.5 / 17.5 = -.6, level at year 5
    # -.5 - .6 * 2.5 = -2; residuals 0, -.4, 1.2, -1.2, .4, 0: squares 3.2 over 4 degrees.
    fit = fit_record_trend(pd.Series(np.exp([1.0, 0.0, 1.0, -2.0, -1.0, -2.0]), index=range(6)))
    assert fit.drift_per_year == pytest.approx(-0.6)
    assert fit.fold_per_year == pytest.approx(math.exp(0.6))
    assert fit.scatter_log == pytest.approx(math.sqrt(0.8))
    assert fit.drift_std_error == pytest.approx(math.sqrt(0.8 / 17.5))
    assert math.log(fit.level) == pytest.approx(-2)
    # Sum of squares around the mean -.5: 2.25 + .25 + 2.25 + 2.25 + .25 + 2.25 = 9.5.
    assert fit.r2 == pytest.approx(1 - 3.2 / 9.5)
    # t(4) at 95 %: 2.1318.
    reach = 2.1318 * math.sqrt(0.8 / 17.5)
    assert fit.fold_conf_int() == pytest.approx(
        (math.exp(0.6 - reach), math.exp(0.6 + reach)), rel=1e-4
    )


def test_reversing_time_flips_the_sign():
    price = np.array([9.0, 5.0, 6.0, 2.0, 1.5])
    there = fit_record_trend(pd.Series(price, index=[0.0, 1, 2, 3, 4]))
    back = fit_record_trend(pd.Series(price[::-1], index=[0.0, 1, 2, 3, 4]))
    assert there.drift_per_year == pytest.approx(-back.drift_per_year)


def test_a_year_of_365_days_counts_fewer_days():
    days = pd.to_datetime(["2024-01-01", "2024-06-01", "2025-03-01"])
    price = pd.Series([9.0, 4.0, 1.0], index=days)
    short, long = fit_record_trend(price, days_per_year=365), fit_record_trend(price)
    assert short.drift_per_year / long.drift_per_year == pytest.approx(365 / 365.25)


def test_a_constant_price_has_no_drift():
    fit = fit_record_trend(pd.Series(3.0, index=range(5)))
    assert fit.drift_per_year == pytest.approx(0, abs=1e-12)
    assert (fit.r2, fit.half_life_months) == (0.0, None)


def test_the_note_says_that_it_is_too_steep():
    fit = fit_record_trend(pd.Series([9.0, 4.0, 1.0], index=[2022, 2023, 2024]))
    assert any("too steep" in note and "fit_record_decline" in note for note in fit.notes)


def test_two_records_are_too_few():
    with pytest.raises(EstimationError, match="at least 3 points, got 2"):
        fit_record_trend(pd.Series([9.0, 4.0], index=[2022, 2023]))


def test_a_year_has_days():
    with pytest.raises(EstimationError, match="must have days, got 0"):
        fit_record_trend(pd.Series([9.0, 4.0, 1.0], index=[2022, 2023, 2024]), days_per_year=0)
