import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import EstimationError
from diligence.trajectories import (
    decline_per_year,
    fold_from_half_life,
    fold_per_year,
    half_life_months,
)


def test_llmflation_from_60_dollars_to_6_cents_in_three_years():
    # a16z, "LLMflation" (Nov 2024): $60 to $0.06 per million tokens in three years.
    fold = fold_per_year(60, 0.06, 3)
    assert fold == pytest.approx(10.0, rel=1e-12)
    assert half_life_months(fold) == pytest.approx(3.61, abs=0.005)


def test_ten_times_in_eighteen_months_is_less_than_five_times_a_year():
    fold = fold_per_year(10, 1, 1.5)
    assert fold == pytest.approx(4.642, abs=5e-4)
    assert half_life_months(fold) == pytest.approx(5.42, abs=0.005)


def test_two_times_a_year_halves_in_twelve_months():
    assert half_life_months(2.0) == 12.0


@pytest.mark.parametrize(
    ("fold", "decline"), [(10.0, 0.9), (2.0, 0.5), (1.0, 0.0), (0.5, -1.0), (0.8, -0.25)]
)
def test_share_removed_a_year(fold, decline):
    assert decline_per_year(fold) == pytest.approx(decline, abs=1e-15)


@pytest.mark.parametrize("fold", [1.0, 0.5])
def test_a_cost_that_does_not_fall_has_no_half_life(fold):
    assert half_life_months(fold) is None


@pytest.mark.parametrize(
    ("arguments", "named"),
    [((0, 1, 1), "start"), ((1, -2.0, 1), "end"), ((1, 1, 0), "years"), ((1, 1, 1e999), "years")],
)
def test_refuses_what_has_no_ratio(arguments, named):
    with pytest.raises(EstimationError, match=f"{named} must be above 0"):
        fold_per_year(*arguments)


@given(st.floats(0.5, 1000))
def test_half_life_and_fold_undo_each_other(months):
    assert half_life_months(fold_from_half_life(months)) == pytest.approx(months, rel=1e-6)


@given(st.floats(0.01, 1e6), st.floats(0.01, 1e6), st.floats(0.1, 50))
def test_going_back_is_the_inverse(start, end, years):
    there, back = fold_per_year(start, end, years), fold_per_year(end, start, years)
    assert there * back == pytest.approx(1, rel=1e-9)
