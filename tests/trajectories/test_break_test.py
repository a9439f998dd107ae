import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diligence.errors import EstimationError
from diligence.trajectories import find_break, fit_random_walk

WOBBLE = 0.05 * np.array([1, -1, 0, 1, -1, 1, 0, -1, 0, 1, -1, 0, 1, -1, 1, -1])


def yearly(changes, scale=1.0):
    log_cost = np.cumsum([0.0, *changes])
    return pd.Series(scale * np.exp(log_cost), index=range(2000, 2000 + len(log_cost)))


def slowed(at=8):
    return yearly(np.where(np.arange(16) < at, -1.0, -0.2) + WOBBLE)


def test_a_clear_break_is_found_at_its_date():
    # Eight changes at -1 and eight at -.2: the last date of the old pace is 2008.
    test = find_break(slowed())
    assert test.has_break
    assert test.p_value == pytest.approx(0.001)
    assert test.break_date == 2008
    assert test.drift_before == pytest.approx(-1 + WOBBLE[:8].mean())
    assert test.drift_after == pytest.approx(-0.2 + WOBBLE[8:].mean())
    low, high = test.break_interval()
    assert low <= 2008 <= high


def test_the_pace_in_force_is_that_after_the_break():
    cost = slowed()
    test = find_break(cost)
    after = fit_random_walk(cost.loc[2008:])
    assert test.fit.n == 9
    assert test.decline_per_year == after.decline_per_year
    assert test.half_life_months == after.half_life_months
    assert test.conf_int(0.8) == after.conf_int(0.8)
    pd.testing.assert_frame_equal(test.forecast(3), after.forecast(3))
    assert any("rests on the 9 points from 2008 on" in note for note in test.notes)


def test_one_pace_keeps_all_points():
    test = find_break(yearly(-0.5 + WOBBLE))
    assert not test.has_break
    assert test.fit.n == 17
    assert "no break shown" in test.summary()
    assert any("no proof of one pace" in note for note in test.notes)


def test_f_at_each_candidate_by_hand():
    # 16 changes leave ceil(.15 * 16) = 3 on either side: candidates after 2003 to 2013.
    changes = np.where(np.arange(16) < 8, -1.0, -0.2) + WOBBLE
    frame = find_break(slowed()).to_frame()
    assert frame.index.tolist() == list(range(2003, 2014))
    first, second = changes[:8], changes[8:]
    left = ((first - first.mean()) ** 2).sum() + ((second - second.mean()) ** 2).sum()
    total = ((changes - changes.mean()) ** 2).sum()
    assert frame.loc[2008, "f_statistic"] == pytest.approx((total - left) / (left / 14))
    assert frame.loc[2008, "likelihood_ratio"] == 0


def test_the_test_rarely_finds_what_is_not_there():
    # Null of correlated changes (moving average .63): 5 % tests reject about 5 %. The full-size
    # measurement is benchmarks/bench_break_test.py.
    rng, found = np.random.default_rng(12), []
    for seed in range(120):
        shocks = rng.standard_normal(21)
        changes = -0.4 + 0.1 * (shocks[1:] + 0.63 * shocks[:-1])
        found.append(find_break(yearly(changes), draws=99, seed=seed).has_break)
    assert np.mean(found) < 0.11


def test_the_test_finds_a_break_of_two_deviations_in_forty_points():
    rng, found, covered = np.random.default_rng(13), [], []
    for seed in range(40):
        changes = -0.4 + 0.2 * (np.arange(39) >= 20) + 0.1 * rng.standard_normal(39)
        test = find_break(yearly(changes), draws=99, seed=seed)
        low, high = test.break_interval(0.90)
        found.append(test.has_break)
        covered.append(low <= 2020 <= high)
    assert np.mean(found) > 0.9
    assert np.mean(covered) > 0.85


def test_uneven_dates_count_in_time():
    # The same pace on uneven dates is no break, although changes per point halve.
    index = [*range(2000, 2016, 2), *range(2015, 2024)]
    log_cost = -0.3 * np.array(index) + 0.02 * np.sin(9.0 * np.arange(len(index)))
    test = find_break(pd.Series(np.exp(log_cost - log_cost[0]), index=index))
    assert not test.has_break
    assert test.drift_before == pytest.approx(-0.3, abs=0.02)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=10, max_size=25), st.floats(1e-5, 1e5))
def test_currency_changes_nothing(changes, scale):
    changes = np.array(changes) + 0.1 * np.cos(np.arange(len(changes)))
    plain = find_break(yearly(changes), draws=99)
    scaled = find_break(yearly(changes, scale), draws=99)
    assert scaled.f_statistic == pytest.approx(plain.f_statistic, rel=1e-6)
    assert scaled.p_value == pytest.approx(plain.p_value, abs=0.011)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=10, max_size=25))
def test_reversing_time_turns_the_drifts_round(changes):
    changes = np.array(changes) + 0.1 * np.cos(np.arange(len(changes)))
    cost = yearly(changes)
    there = find_break(cost, draws=99)
    back = find_break(pd.Series(cost.to_numpy()[::-1], index=cost.index), draws=99)
    assert back.f_statistic == pytest.approx(there.f_statistic, rel=1e-6)
    paces = there.to_frame()["drift_before"].iloc[::-1].to_numpy()
    assert back.to_frame()["drift_after"].to_numpy() == pytest.approx(-paces)


@given(st.floats(1e-6, 1e9), st.integers(10, 30))
def test_a_constant_cost_never_breaks(value, n):
    test = find_break(pd.Series(value, index=range(n)), draws=99)
    assert (test.f_statistic, test.p_value) == (0, 1)
    assert test.decline_per_year == 0


def test_a_noise_free_pace_never_breaks(tenfold_a_year):
    assert find_break(tenfold_a_year).p_value == 1


def test_result_reads_the_same_twice():
    first, second = find_break(slowed(), seed=5), find_break(slowed(), seed=5)
    assert first.summary() == second.summary()
    assert "the pace changed" in first.summary()
    assert "Best break after" in first._repr_html_()


def test_refusals():
    with pytest.raises(EstimationError, match="at least 10 points, got 5"):
        find_break(yearly(WOBBLE[:4]))
    with pytest.raises(EstimationError, match="significance must lie between 0 and 1, got 5"):
        find_break(slowed(), significance=5)
    with pytest.raises(EstimationError, match="at least 99, got 10"):
        find_break(slowed(), draws=10)
    with pytest.raises(EstimationError, match="between 0 and 1, got 90"):
        find_break(slowed()).break_interval(90)
    with pytest.raises(EstimationError, match="found nan at 2004"):
        find_break(slowed().where(lambda cost: cost.index != 2004, math.nan))
