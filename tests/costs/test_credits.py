"""The credit cliff: the earlier of expiry and exhaustion under growth."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.costs import CreditBalance, credit_cliff_months
from diligence.costs.credits import (
    added_back_once,
    attribute_credits,
    cost_of_unused,
    credit_add_back,
    credit_cliff,
)
from diligence.errors import EstimationError, InputError

AS_OF = date(2026, 6, 30)


def test_published_cliff():
    # 900k at 75k a month growing 8 %: month 8.7, not 12.
    assert round(credit_cliff_months(CreditBalance(900_000, 75_000, 0.08)), 1) == 8.7
    assert credit_cliff_months(CreditBalance(900_000, 75_000)) == 12


def test_expiry_comes_first():
    assert credit_cliff_months(CreditBalance(900_000, 75_000, 0.08, months_to_expiry=6)) == 6


def test_credits_nobody_uses_last():
    assert credit_cliff_months(CreditBalance(100, 0)) == math.inf


def test_shrinking_use_may_never_exhaust_them():
    assert credit_cliff_months(CreditBalance(1_000, 10, -0.5)) == math.inf


def test_negative_balance_is_refused():
    with pytest.raises(EstimationError, match="balance -1"):
        credit_cliff_months(CreditBalance(-1, 10))


@given(balance=st.floats(1, 1e9), use=st.floats(1, 1e6), growth=st.floats(0.001, 0.5))
def test_growth_never_lengthens(balance, use, growth):
    growing = credit_cliff_months(CreditBalance(balance, use, growth))
    assert growing <= credit_cliff_months(CreditBalance(balance, use)) * (1 + 1e-9)


@given(st.integers(2, 40), st.floats(1, 1e6), st.floats(0.001, 0.3))
def test_whole_months_are_exhausted_exactly(months, use, growth):
    balance = sum(use * (1 + growth) ** m for m in range(months))
    found = credit_cliff_months(CreditBalance(balance, use, growth))
    assert found == pytest.approx(months, rel=1e-9)


def test_the_published_cliff_is_dated():
    # Eight months of 75k growing 8 % use 797,747; 102,253 of the ninth month's 138,820 is 0.7366:
    # the 23rd of March's 31 days.
    cliff = credit_cliff(CreditBalance(900_000, 75_000, 0.08), as_of=AS_OF)
    assert (cliff.last_day, cliff.cause) == (date(2027, 3, 23), "exhaustion")
    assert round(cliff.months, 1) == 8.7
    assert cliff.unused == 0


def test_twelve_even_months_end_on_a_month_end():
    cliff = credit_cliff(CreditBalance(900_000, 75_000), as_of=AS_OF)
    assert cliff.last_day == date(2027, 6, 30)


def test_expiry_before_exhaustion_leaves_a_rest_that_is_no_cost():
    # 100 a month until the end of September: 300 of 1,000 used.
    cliff = credit_cliff(CreditBalance(1_000, 100), as_of=AS_OF, expires=date(2026, 9, 30))
    assert (cliff.last_day, cliff.cause, cliff.months) == (date(2026, 9, 30), "expiry", 3)
    assert cliff.unused == 700
    assert cost_of_unused(D(700), paid_for=False) == 0
    assert cost_of_unused(D(700), paid_for=True) == 700


def test_expiry_in_months_counts_without_a_date():
    cliff = credit_cliff(CreditBalance(1_000, 100, months_to_expiry=2), as_of=AS_OF)
    assert (cliff.last_day, cliff.unused) == (date(2026, 8, 31), 800)


def test_expiry_within_a_month_under_growth():
    # 100 in July, half of August's 110 by the 15.5th day; 16 August is 16/31 of it.
    cliff = credit_cliff(CreditBalance(1_000, 100, 0.1), as_of=AS_OF, expires=date(2026, 8, 16))
    assert cliff.unused == pytest.approx(1_000 - 100 - 110 * 16 / 31)


def test_credits_that_have_expired_are_over():
    cliff = credit_cliff(CreditBalance(1_000, 100), as_of=AS_OF, expires=date(2026, 1, 31))
    assert (cliff.months, cliff.cause, cliff.unused) == (0, "expiry", 1_000)


def test_credits_that_never_end_have_no_date():
    cliff = credit_cliff(CreditBalance(1e12, 1), as_of=AS_OF, expires=date(9999, 12, 31))
    assert cliff.last_day is None
    assert cliff.summary() == "credits do not end at the present use"


def test_a_balance_of_nothing_ended_already():
    cliff = credit_cliff(CreditBalance(0, 10), as_of=AS_OF)
    assert (cliff.months, cliff.last_day) == (0, AS_OF)


def test_a_credit_follows_the_usage_it_paid_for():
    # 0.9 over serving 2 and training 1.
    parts = attribute_credits(D("-0.9"), {"inference_opex": D(2), "training_capex": D(1)})
    assert parts == {"inference_opex": D("-0.6"), "training_capex": D("-0.3")}


def test_credits_without_usage_are_refused():
    with pytest.raises(EstimationError, match="every weight is zero"):
        attribute_credits(D("-0.9"), {"inference_opex": D(0)})


def test_add_back_interval():
    # 0.9 at list with a 30 % discount available is 0.63.
    found = credit_add_back(D("0.9"), discount_available=D("0.30"))
    assert (found.low, found.high) == (D("0.63"), D("0.9"))


@pytest.mark.parametrize(("at_list", "discount"), [(D(-1), D(0)), (D(1), D("1.1"))])
def test_odd_add_backs_are_refused(at_list, discount):
    with pytest.raises(InputError, match="Bills show credits negative"):
        credit_add_back(at_list, discount_available=discount)


@pytest.mark.parametrize(
    ("net", "bill", "register", "low", "high", "source"),
    [
        (True, D("0.9"), D("0.9"), D("0.63"), D("0.9"), "bill"),
        (True, D("0.4"), D("0.9"), D("0.63"), D("0.9"), "register"),
        (True, None, D("0.9"), D("0.63"), D("0.9"), "register"),
        (True, D("0.9"), None, D("0.63"), D("0.9"), "bill"),
        (True, None, None, D(0), D(0), "none"),
        (False, D("0.9"), D("0.9"), D(0), D(0), "none"),
        (None, D("0.9"), None, D(0), D("0.9"), "bill"),
    ],
)
def test_a_net_ledger_and_a_gross_bill_are_added_back_once(net, bill, register, low, high, source):
    found = added_back_once(
        ledger_is_net=net,
        bill_credits=bill,
        register_credits=register,
        discount_available=D("0.30"),
    )
    assert (found.low, found.high, found.source) == (low, high, source)
    assert bool(found.ask) is (net is None)


def test_two_statements_that_differ_say_by_how_much():
    found = added_back_once(ledger_is_net=True, bill_credits=D("0.4"), register_credits=D("0.9"))
    assert found.difference == D("0.5")


@given(
    balance=st.floats(1, 1e9),
    use=st.floats(1, 1e6),
    growth=st.floats(0, 0.5),
    later=st.integers(0, 2_000),
)
def test_the_cliff_is_never_after_expiry_nor_exhaustion(balance, use, growth, later):
    expires = date.fromordinal(AS_OF.toordinal() + later)
    credits = CreditBalance(balance, use, growth)
    cliff = credit_cliff(credits, as_of=AS_OF, expires=expires)
    assert AS_OF <= cliff.last_day <= expires
    assert cliff.months <= credit_cliff_months(credits) * (1 + 1e-9)
    assert 0 <= cliff.unused <= balance


money = st.decimals(min_value=0, max_value=10**9, places=2)


@given(money, money, st.decimals(min_value=0, max_value=1, places=2))
def test_adding_back_once_is_never_the_sum(bill, register, discount):
    found = added_back_once(
        ledger_is_net=True,
        bill_credits=bill,
        register_credits=register,
        discount_available=discount,
    )
    assert found.high == max(bill, register)
    assert found.low <= found.high
