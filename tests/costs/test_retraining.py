"""Recurring fine-tuning, and required retraining as a scenario."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.costs.retraining import RetrainingScenario, is_recurring, recurrence
from diligence.errors import InputError
from diligence.units import parse_period


def monthly(*amounts, step=1):
    first = parse_period("2026-01")
    return {first.shifted(step * n): D(amount) for n, amount in enumerate(amounts)}


def test_the_same_size_every_month_on_a_schedule_recurs():
    found = recurrence(monthly(50, 48, 55, 50), is_scheduled=True)
    assert found.is_recurring
    assert found.summary() == "recurring: about 50.00 in each of 4 periods"
    assert is_recurring(monthly(50, 48, 55, 50), is_scheduled=True)


def test_every_third_month_is_even_spacing():
    assert is_recurring(monthly(50, 50, 50, step=3), is_scheduled=True)


@pytest.mark.parametrize(
    ("amounts", "scheduled", "reason"),
    [
        (monthly(50, 50, 50), False, "no contract or schedule calls for it"),
        (monthly(50, 50), True, "2 of 3 periods needed"),
        # Median 50: 38 to 62 is within a quarter, 70 is not.
        (monthly(50, 50, 70), True, "1 of 3 periods differ by more than 25 % from 50.00"),
        (monthly(50, 0, 50, 50), True, "it does not come at an even spacing"),
        ({}, True, "0 of 3 periods needed"),
    ],
)
def test_what_does_not_recur_says_why(amounts, scheduled, reason):
    found = recurrence(amounts, is_scheduled=scheduled)
    assert not found.is_recurring
    assert reason in found.summary()


def test_odd_demands_are_refused():
    with pytest.raises(InputError, match="1 periods"):
        recurrence({}, is_scheduled=True, minimum_periods=1)
    with pytest.raises(InputError, match="tolerance -1"):
        recurrence({}, is_scheduled=True, tolerance=D(-1))


def test_steady_state_margin_of_the_bridge():
    # One cycle a year at 10.8 is what the bridge spends: (24.0 - 13.4 - 10.8) / 24.0 = -0.8 %.
    scenario = RetrainingScenario(D(1), D("10.8"), D("10.8"))
    margin = scenario.steady_state_margin(D("24.0"), cost_before_training=D("13.4"))
    assert round(float(margin) * 100, 1) == -0.8
    assert scenario.underinvestment == 0


def test_a_dearer_cadence_shows_what_is_not_spent():
    # Three cycles of 4 need 12 a year; 9 are spent.
    scenario = RetrainingScenario(D(3), D(4), D(9))
    assert (scenario.reinvestment, scenario.underinvestment) == (12, 3)
    assert scenario.summary().startswith("scenario: 3 retrainings a year at 4.00 need 12.00")
    assert scenario.to_frame()["amount"].tolist() == [12, 9, 3]
    assert scenario.steady_state_margin(D(0), cost_before_training=D(1)) is None


def test_negative_scenarios_are_refused():
    with pytest.raises(InputError, match="-1 cycles"):
        RetrainingScenario(D(-1), D(1), D(1))


money = st.decimals(min_value=0, max_value=10**6, places=2)


@given(money, money, money, st.decimals(min_value=1, max_value=10**6, places=2))
def test_a_faster_cadence_never_raises_the_margin(cost, per_cycle, cash, revenue):
    slow, fast = (RetrainingScenario(D(n), per_cycle, cash) for n in (1, 2))
    assert fast.steady_state_margin(revenue, cost_before_training=cost) <= (
        slow.steady_state_margin(revenue, cost_before_training=cost)
    )


@given(st.lists(st.integers(1, 10**6), max_size=8), st.sampled_from([D("0.001"), D(1000)]))
def test_the_scale_of_the_currency_changes_no_verdict(amounts, scale):
    plain = monthly(*amounts)
    scaled = {period: amount * scale for period, amount in plain.items()}
    assert is_recurring(plain, is_scheduled=True) == is_recurring(scaled, is_scheduled=True)


@given(st.integers(1, 10**6), st.integers(3, 24))
def test_a_constant_schedule_always_recurs(amount, n):
    assert is_recurring(monthly(*[amount] * n), is_scheduled=True)
