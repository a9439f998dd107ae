import numpy as np
import pandas as pd
import pytest

from diligence.errors import EstimationError
from diligence.trajectories import fit_log_trend, fit_random_walk
from diligence.trajectories.combination import combine_trajectories, fit_combination


def test_medians_and_80_percent_intervals_are_averages_of_logs(bumpy):
    walk, trend = fit_random_walk(bumpy), fit_log_trend(bumpy)
    both = combine_trajectories([walk, trend]).forecast(3)
    for column in ("median", "low80", "high80"):
        mean = np.sqrt(walk.forecast(3)[column] * trend.forecast(3)[column])
        assert both[column].to_numpy() == pytest.approx(mean.to_numpy())


def test_a_curve_averaged_with_itself_stays_itself(bumpy):
    walk = fit_random_walk(bumpy)
    both = combine_trajectories([walk, walk])
    pd.testing.assert_frame_equal(both.forecast(4), walk.forecast(4))
    assert both.decline_per_year == pytest.approx(walk.decline_per_year)
    assert both.conf_int() == pytest.approx(walk.conf_int())


def test_tails_are_those_of_the_member_with_the_heaviest(bumpy):
    walk, trend = fit_random_walk(bumpy), fit_log_trend(bumpy)
    dof = min(walk.degrees_of_freedom, trend.degrees_of_freedom)
    assert combine_trajectories([walk, trend]).degrees_of_freedom == dof


def test_one_fit_is_no_combination(bumpy):
    with pytest.raises(EstimationError, match="at least 2 fits, got 1"):
        combine_trajectories([fit_random_walk(bumpy)])


def test_fits_of_two_series_are_not_combined(bumpy):
    with pytest.raises(EstimationError, match="fitted to another series"):
        combine_trajectories([fit_random_walk(bumpy), fit_log_trend(2 * bumpy)])


def test_members_are_named_in_summary(bumpy):
    fit = fit_combination(bumpy, methods=("random_walk", "log_trend"))
    assert "Equal weights: random walk with drift and log-linear trend." in fit.summary()
    assert len(fit.members) == 2
