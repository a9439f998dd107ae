"""Shapes of a level: what a reader expects of them, and what holds for any of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.stress import price_paths as paths

multiples = st.floats(0.05, 20)


def test_a_corridor_whose_subsidy_ends_meets_the_falling_cost():
    level = paths.corridor(0.5, months=120, half_life=1, cost_decline=0.3)
    # Cost falls 30 % a year and the price stood at half of it.
    assert level[119] == pytest.approx(2 * 0.7**10, rel=1e-6)
    assert level[0] > 1


def test_a_price_above_cost_falls_with_it():
    level = paths.corridor(-0.5, months=60, half_life=6, cost_decline=0.0)
    assert level[-1] == pytest.approx(1 / 1.5, rel=1e-2)


def test_a_regime_visits_its_long_run_share_of_months():
    drawn = paths.drawn_regime(
        2.0, months=240, enter_per_month=0.05, leave_per_month=0.2, paths=4_000, seed=1
    )
    expected = paths.expected_regime(2.0, months=240, enter_per_month=0.05, leave_per_month=0.2)
    assert np.abs(drawn.mean(axis=1) - expected).max() < 0.04
    assert expected[-1] == pytest.approx(1.2)


def test_fares_rise_by_ninety_two_per_cent_in_forty_two_months():
    slow = paths.ramp(1.371, months=42, over=30)
    fast = paths.ramp(1.4, months=42, over=12, start=31)
    assert (slow * fast)[-1] == pytest.approx(1.92, abs=0.001)


@given(multiple=multiples, start=st.integers(1, 30), over=st.integers(1, 24))
def test_nothing_moves_before_its_start_and_all_of_it_in_the_end(multiple, start, over):
    shapes = [
        paths.step(multiple, months=60, start=start),
        paths.ramp(multiple, months=60, over=over, start=start),
        paths.late_and_sudden(multiple, months=60, start=start),
        paths.half_life(multiple, months=600, half_life=over, start=start),
        paths.reverting(multiple, months=600, per_month=0.2, start=start),
    ]
    corridor = paths.corridor(0.4, months=60, half_life=6, cost_decline=0.5, start=start)
    assert (corridor[: start - 1] == 1).all()
    for level in shapes:
        assert (level[: start - 1] == 1).all()
        assert level[-1] == pytest.approx(multiple, rel=1e-6)


@given(multiple=multiples, over=st.integers(1, 24), half=st.floats(0.5, 36))
def test_a_multiple_of_one_is_exactly_one(multiple, over, half):
    for level in (
        paths.step(1.0, months=24),
        paths.ramp(1.0, months=24, over=over),
        paths.half_life(1.0, months=24, half_life=half),
        paths.pulse(1.0, months=24, over=over),
        paths.corridor(0.0, months=24, half_life=half, cost_decline=0.0),
        paths.reverting(1.0, months=24, per_month=0.3),
    ):
        assert (level == 1).all()


@given(multiple=multiples, over=st.integers(1, 24))
def test_a_rise_and_its_inverse_cancel(multiple, over):
    up = paths.ramp(multiple, months=36, over=over)
    down = paths.ramp(1 / multiple, months=36, over=over)
    assert np.allclose(up * down, 1)
