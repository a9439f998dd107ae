import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import EstimationError
from diligence.trajectories import volume_or_time

UNEVEN_GROWTH = np.array([0.1, 0.9, 0.2, 0.05, 0.8, 0.3, 0.6, 0.1, 1.0, 0.2, 0.4, 0.05])


def series(changes):
    return pd.Series(np.exp(np.cumsum([0.0, *changes])), index=range(2000, 2001 + len(changes)))


def test_volume_is_named_when_cost_follows_it():
    noise = 0.02 * np.array([1, -1, 0, 1, -1, 1, 0, -1, 0, 1, -1, 0])
    found = volume_or_time(series(-0.4 * UNEVEN_GROWTH + noise), series(UNEVEN_GROWTH))
    assert found.explanation == "volume"
    assert found.volume_p_value < 1e-6 < 0.05 < found.time_p_value


def test_time_is_named_when_cost_follows_the_calendar():
    noise = 0.02 * np.array([1, -1, 0, 1, -1, 1, 0, -1, 0, 1, -1, 0])
    found = volume_or_time(series(-0.2 + noise), series(UNEVEN_GROWTH))
    assert found.explanation == "time"


def test_exact_laws_are_told_apart_too():
    volume = series(UNEVEN_GROWTH)
    assert volume_or_time(series(-0.4 * UNEVEN_GROWTH), volume).explanation == "volume"
    assert volume_or_time(series(np.full(12, -0.2)), volume).explanation == "time"
    assert volume_or_time(series(np.zeros(12)), volume).explanation == "not separable"


@given(st.lists(st.floats(-1, 1), min_size=6, max_size=20), st.floats(0.05, 1))
def test_steady_growth_is_never_ranked(changes, growth):
    found = volume_or_time(series(changes), series([growth] * len(changes)))
    assert found.explanation == "not separable"
    assert any("not ranked" in note for note in found.notes)


def test_both_or_neither_is_not_a_ranking():
    noise = 0.01 * np.array([1, -1, 0, 1, -1, 1, 0, -1, 0, 1, -1, 0])
    both = volume_or_time(series(-0.3 - 0.4 * UNEVEN_GROWTH + noise), series(UNEVEN_GROWTH))
    assert both.explanation == "not separable"
    assert any("neither law alone" in note for note in both.notes)
    wild = volume_or_time(series(100 * noise), series(UNEVEN_GROWTH))
    assert any("Neither is shown to matter" in note for note in wild.notes)


def test_a_false_ranking_is_rare():
    # Cost falls with the calendar only; naming volume is the error, 5 % by design.
    rng = np.random.default_rng(4)
    volume = series(UNEVEN_GROWTH)
    named = [
        volume_or_time(series(-0.2 + 0.1 * rng.standard_normal(12)), volume).explanation
        for _ in range(300)
    ]
    assert named.count("volume") / len(named) < 0.08


def test_printing_and_refusals():
    found = volume_or_time(series([-0.2] * 8), series([0.5] * 8))
    assert "not separable" in found.summary()
    assert "not separable" in found._repr_html_()
    assert found.to_frame()["p_value"].tolist() == [1, 1]
    with pytest.raises(EstimationError, match=r"stays at 3 throughout.*fit_random_walk"):
        volume_or_time(series([-0.2] * 8), pd.Series(3.0, index=range(2000, 2009)))
    with pytest.raises(EstimationError, match="at least 6 points, got 4"):
        volume_or_time(series([-0.2] * 3), series([0.5] * 3))
    with pytest.raises(EstimationError, match="got 5"):
        volume_or_time(series([-0.2] * 8), series([0.5] * 8), significance=5)
