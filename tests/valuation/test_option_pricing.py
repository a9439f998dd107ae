"""Allocation before an exit and its backsolve."""

from __future__ import annotations

from decimal import Decimal as D
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diligence.errors import EstimationError, InputError
from diligence.valuation import (
    CapitalStack,
    ExitView,
    ShareClass,
    allocate_before_exit,
    backsolve,
    call_option,
)

VIEW = ExitView(years=5, volatility=0.8, rate=0.04)
STACK = CapitalStack(
    (
        ShareClass("debt", preference=D(10), rank=0),
        ShareClass("B", D(2), preference=D(40), rank=1),
        ShareClass("A", D(2), preference=D(15), rank=2, participating=True, cap=D(45)),
        ShareClass("options", D(1), strike=D(20)),
        ShareClass("common", D(5)),
    )
)


def test_one_preference_is_a_difference_of_calls():
    stack = CapitalStack(
        (ShareClass("B", D("0.1"), preference=D(50)), ShareClass("common", D("0.9")))
    )
    found = allocate_before_exit(stack, 200.0, VIEW).values["B"]
    calls = call_option(200, [50, 500], rate=0.04, volatility=0.8, years=5)
    assert found == pytest.approx(200 - calls[0] + 0.1 * calls[1])


def test_simulated_exits_agree_within_their_error():
    stream = np.random.default_rng(5)
    drift = (VIEW.rate - VIEW.volatility**2 / 2) * VIEW.years
    exits = 120 * np.exp(
        drift + VIEW.volatility * np.sqrt(VIEW.years) * stream.standard_normal(4000)
    )
    paid = [STACK.payoffs(Fraction(int(value * 1000), 1000)) for value in exits]
    exact = allocate_before_exit(STACK, 120.0, VIEW)
    for name, value in exact.values.items():
        discounted = np.exp(-0.2) * np.array([float(payoff[name]) for payoff in paid])
        error = discounted.std() / np.sqrt(discounted.size)
        assert abs(discounted.mean() - value) < 4 * error + 1e-3


@given(st.floats(0, 1e4))
def test_values_add_up_to_the_company(total):
    found = allocate_before_exit(STACK, total, VIEW)
    assert sum(found.values.values()) == pytest.approx(total, abs=1e-9 * (1 + total))
    assert all(value >= -1e-9 * (1 + total) for value in found.values.values())


@given(st.floats(1, 1e4))
def test_without_time_or_volatility_it_is_the_waterfall(total):
    still = ExitView(years=1, volatility=0.0, rate=0.0)
    found = allocate_before_exit(STACK, total, still).values
    exact = STACK.payoffs(Fraction(total))
    assert found == pytest.approx({k: float(v) for k, v in exact.items()}, abs=1e-8 * total)


@settings(max_examples=40)
@given(st.floats(5, 5000), st.sampled_from(["B", "A", "options", "common"]))
def test_backsolve_undoes_the_allocation(total, name):
    paid = allocate_before_exit(STACK, total, VIEW).values[name]
    assert backsolve(STACK, name, paid=paid, view=VIEW) == pytest.approx(total, rel=1e-6)


def test_a_preferred_price_implies_less_than_the_headline():
    stack = CapitalStack(
        (ShareClass("B", D("0.1"), preference=D(50)), ShareClass("common", D("0.9")))
    )
    assert 50 < backsolve(stack, "B", paid=50.0, view=VIEW) < 500
    plain = CapitalStack((ShareClass("B", D("0.1")), ShareClass("common", D("0.9"))))
    assert backsolve(plain, "B", paid=50.0, view=VIEW) == pytest.approx(500)


def test_debt_is_never_worth_more_than_its_claim():
    with pytest.raises(EstimationError, match="No value of the company makes debt worth 11.00"):
        backsolve(STACK, "debt", paid=11.0, view=VIEW)
    with pytest.raises(InputError, match="no class 'C'"):
        backsolve(STACK, "C", paid=1.0, view=VIEW)


def test_an_allocation_reads():
    found = allocate_before_exit(STACK, 100.0, VIEW)
    assert found.summary().splitlines()[0].startswith("debt: ")
    assert list(found.to_frame()["class"]) == ["debt", "B", "A", "options", "common"]
    assert "common" in found._repr_html_()
