"""The credit cliff: the earlier of expiry and exhaustion under growth."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.costs import CreditBalance, credit_cliff_months
from diligence.errors import EstimationError


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
