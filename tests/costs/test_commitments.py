"""Commitments: future minimums, take-or-pay, idle reservations and the flags."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.costs.commitments import (
    IdleReservation,
    commitments_above_cash,
    commitments_by_month,
    future_minimums,
    shortfall,
)
from diligence.errors import InputError
from diligence.units import parse_period

AS_OF = date(2026, 6, 30)
money = st.decimals(min_value=0, max_value=10**9, places=2)


def test_a_minimum_a_month_until_the_term_ends():
    schedule = future_minimums(
        "cloud", as_of=AS_OF, term_end=date(2026, 9, 30), minimum_per_month=D(40)
    )
    assert [(m.label, due) for m, due in schedule.months] == [
        ("2026-07", 40),
        ("2026-08", 40),
        ("2026-09", 40),
    ]
    assert schedule.due_in(parse_period("2026Q3")) == 120


def test_parts_of_months_count_by_days():
    # From 21 June: 10 of 30 days; to 31 July the whole month.
    schedule = future_minimums(
        "cloud", as_of=date(2026, 6, 20), term_end=date(2026, 7, 31), minimum_per_month=D(30)
    )
    assert [due for _, due in schedule.months] == [10, 30]


def test_a_total_less_what_was_consumed_over_the_remaining_days():
    # 1,000 - 448 = 552 over 184 days: 3 a day.
    schedule = future_minimums(
        "cloud",
        as_of=AS_OF,
        term_end=date(2026, 12, 31),
        minimum_total=D(1_000),
        consumed=D(448),
    )
    assert [due for _, due in schedule.months] == [93, 93, 90, 93, 90, 93]


def test_a_total_that_is_consumed_leaves_nothing():
    schedule = future_minimums(
        "cloud", as_of=AS_OF, term_end=date(2026, 12, 31), minimum_total=D(10), consumed=D(11)
    )
    assert schedule.months == ()
    assert schedule.summary() == "cloud: no minimum after 2026-06-30"
    assert list(schedule.to_frame().columns) == ["supplier", "month", "minimum"]


def test_months_and_total_together_are_not_added():
    # 6 x 40 = 240 of a total of 300: the total adds 60.
    schedule = future_minimums(
        "cloud",
        as_of=AS_OF,
        term_end=date(2026, 12, 31),
        minimum_per_month=D(40),
        minimum_total=D(300),
    )
    assert schedule.total == 300


def test_a_term_that_starts_later_and_one_that_is_over():
    later = future_minimums(
        "cloud",
        as_of=AS_OF,
        term_start=date(2026, 9, 1),
        term_end=date(2026, 10, 31),
        minimum_per_month=D(5),
    )
    assert [m.label for m, _ in later.months] == ["2026-09", "2026-10"]
    over = future_minimums("cloud", as_of=AS_OF, term_end=AS_OF, minimum_per_month=D(5))
    assert over.total == 0


def test_negative_terms_are_refused():
    with pytest.raises(InputError, match="cloud: consumed must be 0 or more; found -1"):
        future_minimums("cloud", as_of=AS_OF, term_end=AS_OF, consumed=D(-1))
    with pytest.raises(InputError, match="before it starts"):
        future_minimums("cloud", as_of=AS_OF, term_end=AS_OF, term_start=date(2027, 1, 1))


def test_take_or_pay():
    assert shortfall(D(100), D(70)) == 30
    assert shortfall(D(100), D(101)) == 0


def test_minimums_above_cash_raise_a_flag():
    one = future_minimums("a", as_of=AS_OF, term_end=date(2026, 8, 31), minimum_per_month=D(40))
    two = future_minimums("b", as_of=AS_OF, term_end=date(2026, 7, 31), minimum_per_month=D(30))
    assert commitments_by_month([one, two]) == {
        parse_period("2026-07"): 70,
        parse_period("2026-08"): 40,
    }
    assert commitments_above_cash([one, two], unrestricted_cash=D(110)) == ""
    assert "110.00 exceed" in commitments_above_cash([one, two], unrestricted_cash=D(109))


def test_idle_reservation_over_the_house_limit():
    # 720 GPU-hours of 1,000 used: 28 % idle of a cost of 50 is 14.
    idle = IdleReservation(reserved=D(1_000), used=D(720), cost=D(50))
    assert (idle.unused, idle.share, idle.idle_cost) == (280, D("0.28"), 14)
    assert idle.flag() == "28.0 % of the reserved capacity is idle (limit 20.0 %)"
    assert IdleReservation(reserved=D(10), used=D(8), cost=D(1)).flag() == ""


def test_use_beyond_a_reservation_leaves_none_idle():
    assert IdleReservation(reserved=D(10), used=D(12), cost=D(1)).idle_cost == 0


def test_a_reservation_of_nothing_is_refused():
    with pytest.raises(InputError, match="reserved 0"):
        IdleReservation(reserved=D(0), used=D(1), cost=D(1))


@given(
    per_month=money,
    total=money,
    consumed=money,
    as_of=st.dates(date(2025, 1, 1), date(2026, 12, 31)),
    term_end=st.dates(date(2025, 1, 1), date(2029, 12, 31)),
)
def test_at_least_the_rest_of_the_total_is_due(per_month, total, consumed, as_of, term_end):
    schedule = future_minimums(
        "cloud",
        as_of=as_of,
        term_end=term_end,
        minimum_per_month=per_month,
        minimum_total=total,
        consumed=consumed,
    )
    if term_end <= as_of:
        assert schedule.total == 0
    else:
        assert schedule.total >= total - consumed
        assert all(due > 0 for _, due in schedule.months)
        by_months = future_minimums(
            "cloud", as_of=as_of, term_end=term_end, minimum_per_month=per_month
        )
        assert schedule.total == max(by_months.total, total - consumed)


@given(money, money, money)
def test_consuming_more_never_raises_the_shortfall(minimum, consumed, more):
    assert shortfall(minimum, consumed + more) <= shortfall(minimum, consumed)
    assert consumed + shortfall(minimum, consumed) == max(minimum, consumed)
