import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.trajectories import learning_rate


@pytest.mark.parametrize(
    ("exponent", "rate"), [(0.319, 0.198), (0.194, 0.126), (0.421, 0.253), (0.129, 0.086)]
)
def test_learning_rates_of_way_et_al(exponent, rate):
    # Way et al. 2022, Joule 6:2057: solar modules, wind, batteries, electrolysers.
    assert learning_rate(exponent) == pytest.approx(rate, abs=5e-4)


def test_half_off_each_doubling():
    assert learning_rate(1) == pytest.approx(0.5)
    assert learning_rate(0) == 0
    assert learning_rate(-1) == pytest.approx(-1)


@given(st.floats(-3, 3), st.floats(0.01, 2))
def test_a_larger_exponent_learns_faster(exponent, more):
    assert learning_rate(exponent + more) > learning_rate(exponent)
