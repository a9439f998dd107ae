"""Compute paid for in equity, and recharges of related parties at arm's length."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.costs.equity_compute import (
    EquityForCompute,
    RelatedPartyRecharge,
    equity_compute_cost,
    equity_compute_flags,
    related_party_adjustment,
)
from diligence.errors import InputError
from diligence.units import parse_period

JANUARY = parse_period("2026-01")
money = st.decimals(min_value=0, max_value=10**6, places=2)


def test_fair_value_is_cost_over_the_service():
    # 365 over 2026: a unit a day.
    warrants = EquityForCompute("a cloud", D(365), date(2026, 1, 1), date(2026, 12, 31))
    assert equity_compute_cost([warrants], period=JANUARY) == 31
    assert equity_compute_cost([warrants], period=parse_period("2026")) == 365
    assert warrants.flag == "compute from a cloud is paid for in equity worth 365.00"


def test_what_is_booked_is_not_added_again():
    grant = EquityForCompute("a cloud", D(365), date(2026, 1, 1), date(2026, 12, 31), booked=D(365))
    assert equity_compute_cost([grant], period=JANUARY) == 0


@pytest.mark.parametrize(
    ("recharge", "adjustment", "words"),
    [
        (D(1_800), 700, "700.00 below arm's length"),
        (D(2_500), 0, "at arm's length"),
        (D(3_000), -500, "500.00 above arm's length"),
    ],
)
def test_a_recharge_is_brought_to_arms_length(recharge, adjustment, words):
    # 1,000 GPU-hours at 2.50 = 2,500.
    found = RelatedPartyRecharge("the parent", JANUARY, D(1_000), D("2.50"), recharge)
    assert found.adjustment == adjustment
    assert found.flag.endswith(words)


def test_adjustments_of_the_period_and_every_flag():
    recharges = [
        RelatedPartyRecharge("the parent", parse_period(label), D(10), D(3), D(20))
        for label in ("2025-12", "2026-01", "2026-02")
    ]
    assert related_party_adjustment(recharges, period=parse_period("2026Q1")) == 20
    assert len(equity_compute_flags(recharges=recharges)) == 3
    assert equity_compute_flags() == ()


def test_negative_terms_are_refused():
    with pytest.raises(InputError, match="found -1 and 0"):
        EquityForCompute("a cloud", D(-1), date(2026, 1, 1), date(2026, 1, 2))
    with pytest.raises(InputError, match="usage, market rate and recharge from 0"):
        RelatedPartyRecharge("the parent", JANUARY, D(1), D(-1), D(1))


@given(money, st.dates(date(2024, 1, 1), date(2026, 1, 1)), st.integers(1, 1500))
def test_fair_value_is_charged_once_and_whole(value, start, days):
    grant = EquityForCompute("x", value, start, date.fromordinal(start.toordinal() + days))
    years = [parse_period(str(year)) for year in range(2024, 2032)]
    assert sum((equity_compute_cost([grant], period=year) for year in years), D(0)) == value


@given(money, money, money)
def test_recharge_and_adjustment_are_the_market_price(usage, rate, recharge):
    found = RelatedPartyRecharge("p", JANUARY, usage, rate, recharge)
    assert recharge + found.adjustment == usage * rate
