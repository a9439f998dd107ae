"""Sums over the months so far."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.projections.running_sum import running_sum


@given(paths=st.integers(1, 80), months=st.integers(1, 40))
def test_it_is_cumsum_to_the_last_bit_for_any_number_of_paths(paths, months):
    values = np.random.default_rng(paths).normal(size=(months, paths))
    assert np.array_equal(running_sum(values), np.cumsum(values, axis=0))
    assert np.array_equal(running_sum(values > 0), np.cumsum(values > 0, axis=0))


def test_a_sum_that_keeps_half_of_itself():
    values = np.array([[4.0], [0.0], [1.0]])
    assert running_sum(values, kept=0.5)[:, 0].tolist() == [4, 2, 2]


@pytest.mark.parametrize("paths", [1, 100])
def test_no_months_add_up_to_nothing(paths):
    assert running_sum(np.empty((0, paths))).shape == (0, paths)
