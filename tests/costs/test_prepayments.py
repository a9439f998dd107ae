"""Prepayments: by days, on use, and what expires unused."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.costs.prepayments import recognise, recognise_on_use, recognition_schedule
from diligence.errors import InputError
from diligence.units import Period, parse_period

money = st.decimals(min_value=-(10**9), max_value=10**9, places=2)
days = st.dates(date(2020, 1, 1), date(2030, 12, 31))


def month(label):
    return parse_period(label)


def test_a_year_paid_ahead_in_a_leap_year():
    # 366 over 2024: a unit a day, 29 of them in February.
    term = {"start": date(2024, 1, 1), "end": date(2024, 12, 31)}
    assert recognise(D(366), **term, period=month("2024-02")) == 29
    assert recognise(D(366), **term, period=month("2024")) == 366
    assert recognise(D(366), **term, period=month("2025-01")) == 0


def test_a_capacity_block_costs_over_its_days_and_not_when_invoiced():
    # 14 days from 25 March: 7 days in March, 7 in April, nothing in February when it was paid.
    block = {"start": date(2026, 3, 25), "end": date(2026, 4, 7)}
    found = [recognise(D(14_000), **block, period=month(f"2026-0{m}")) for m in (2, 3, 4, 5)]
    assert found == [0, 7_000, 7_000, 0]


def test_the_last_month_takes_what_rounding_leaves():
    # 1 over three days in three months cannot be split evenly, yet adds up.
    schedule = recognition_schedule(D(1), start=date(2026, 1, 31), end=date(2026, 3, 1))
    assert [c.period.label for c in schedule.costs] == ["2026-01", "2026-02", "2026-03"]
    assert schedule.recognised() == 1


def test_a_refund_follows_the_same_days():
    term = {"start": date(2026, 1, 1), "end": date(2026, 4, 10)}
    # 100 days, 31 of them in January.
    assert recognise(D(-200), **term, period=month("2026-01")) == -62


def test_a_term_that_ends_before_it_starts_is_refused():
    with pytest.raises(InputError, match="ends 2026-01-01, before it starts 2026-02-01"):
        recognition_schedule(D(1), start=date(2026, 2, 1), end=date(2026, 1, 1))


def test_unused_prepaid_is_a_cost_of_the_month_it_expires():
    used = {month("2026-01"): D(30), month("2026-02"): D(45)}
    schedule = recognise_on_use(D(100), used, as_of=date(2026, 6, 30), expires=date(2026, 3, 31))
    rows = [(c.period.label, c.kind, c.amount) for c in schedule.costs]
    assert rows == [
        ("2026-01", "use", 30),
        ("2026-02", "use", 45),
        ("2026-03", "unused at expiry", 25),
    ]
    assert schedule.unused_at_expiry == 25
    assert list(schedule.to_frame().columns) == ["period", "kind", "amount"]


def test_what_has_not_expired_is_no_cost_yet():
    used = {month("2026-01"): D(30)}
    schedule = recognise_on_use(D(100), used, as_of=date(2026, 3, 30), expires=date(2026, 3, 31))
    assert (schedule.recognised(), schedule.remaining) == (30, 70)
    lasting = recognise_on_use(D(100), used, as_of=date(2036, 1, 1))
    assert lasting.remaining == 70


def test_use_beyond_the_balance_and_after_expiry_is_paid_some_other_way():
    used = {month("2026-01"): D(80), month("2026-02"): D(50), month("2026-05"): D(10)}
    schedule = recognise_on_use(D(100), used, as_of=date(2026, 6, 30), expires=date(2026, 3, 31))
    assert (schedule.recognised(), schedule.beyond) == (100, 40)
    assert schedule.unused_at_expiry == 0


def test_returned_use_gives_the_balance_back():
    used = {month("2026-01"): D(60), month("2026-02"): D(-20), month("2026-03"): D(60)}
    schedule = recognise_on_use(D(100), used, as_of=date(2026, 3, 31))
    assert [c.amount for c in schedule.costs] == [60, -20, 60]
    assert schedule.remaining == 0


def test_a_negative_balance_is_refused_and_says_what_to_do():
    with pytest.raises(InputError, match=r"found -5.*Take a refund off"):
        recognise_on_use(D(-5), {}, as_of=date(2026, 1, 31))


@given(money, days, days)
def test_a_schedule_adds_up_to_what_was_paid(amount, one, other):
    schedule = recognition_schedule(amount, start=min(one, other), end=max(one, other))
    assert schedule.recognised() == amount


@given(money, days, st.integers(0, 900), st.integers(0, 900))
def test_any_tiling_adds_up(amount, start, length, cut):
    end = start + timedelta(days=length)
    edge = start + timedelta(days=cut)
    term = {"start": start, "end": end}
    before = recognise(amount, **term, period=Period(start, edge))
    after = recognise(
        amount, **term, period=Period(edge + timedelta(days=1), end + timedelta(days=1000))
    )
    assert before + after == amount


@given(st.decimals(min_value=0, max_value=10**9, places=2), days, days)
def test_no_month_of_a_payment_is_negative(amount, one, other):
    schedule = recognition_schedule(amount, start=min(one, other), end=max(one, other))
    assert all(cost.amount >= 0 for cost in schedule.costs)


@given(
    st.decimals(min_value=0, max_value=10**6, places=2),
    st.lists(st.decimals(min_value=-1000, max_value=10**6, places=2), max_size=12),
    st.one_of(st.none(), st.dates(date(2025, 12, 1), date(2027, 3, 1))),
)
def test_paid_is_recognised_expired_or_left(prepaid, uses, expires):
    first = month("2026-01")
    used = {first.shifted(n): amount for n, amount in enumerate(uses)}
    found = recognise_on_use(prepaid, used, as_of=date(2026, 12, 31), expires=expires)
    assert found.recognised() + found.remaining == prepaid
    assert 0 <= found.recognised() <= prepaid
    assert found.beyond >= 0
