"""Multiples, rates of return, fading growth and dilution."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import EstimationError, InputError
from diligence.valuation import (
    DatedFlow,
    dilution_of_round,
    growth_path,
    internal_rate_of_return,
    multiple_of_money,
    ownership_after_rounds,
)

START = date(2026, 1, 1)


def flows(*rows):
    return [DatedFlow(on, D(amount)) for on, amount in rows]


def test_the_published_example_of_xirr():
    # Microsoft's page on the worksheet function XIRR: 0.373362535.
    found = internal_rate_of_return(
        flows(
            (date(2008, 1, 1), -10_000),
            (date(2008, 3, 1), 2_750),
            (date(2008, 10, 30), 4_250),
            (date(2009, 2, 15), 3_250),
            (date(2009, 4, 1), 2_750),
        )
    )
    assert found == pytest.approx(0.373362535, abs=1e-8)


def test_a_doubling_in_a_year_and_a_total_loss():
    paid = (START, -10)
    assert internal_rate_of_return(flows(paid, (date(2027, 1, 1), 20))) == pytest.approx(1.0)
    assert internal_rate_of_return(flows(paid, (date(2027, 1, 1), 10))) == 0.0
    assert internal_rate_of_return(flows(paid, (date(2027, 1, 1), 0))) == -1.0


def test_multiple_of_money_counts_every_cheque():
    found = multiple_of_money(flows((START, -10), (START, -5), (date(2030, 1, 1), 45)))
    assert found == 3


def test_no_cheque_and_two_rates_are_refused():
    with pytest.raises(InputError, match="needs money paid in"):
        multiple_of_money(flows((START, 5)))
    # Two rates: x = 1.138 and 1.362 solve 10x^2 - 25x + 15.5 = 0.
    two = flows((START, -10), (date(2027, 1, 1), 25), (date(2028, 1, 1), D("-15.5")))
    with pytest.raises(EstimationError, match="more than one rate"):
        internal_rate_of_return(two)


@given(st.floats(0.01, 200), st.integers(200, 4000), st.floats(1e-3, 1e9))
def test_one_cheque_and_one_exit_in_closed_form(multiple, days, cheque):
    paid = D(repr(cheque))
    back = paid * D(repr(multiple))
    found = internal_rate_of_return(
        [DatedFlow(START, -paid), DatedFlow(START + timedelta(days=days), back)]
    )
    assert found == pytest.approx(multiple ** (365 / days) - 1, rel=1e-6, abs=1e-9)


def test_growth_fades_by_its_endurance():
    assert growth_path(1.0, endurance=0.5, years=2) == pytest.approx(2 * 1.5)
    assert growth_path(0.5, endurance=1.0, years=3) == pytest.approx(1.5**3)
    assert growth_path(0.21, endurance=0.7, years=0.5) == pytest.approx(1.1)
    assert growth_path(0.0, endurance=0.7, years=5) == 1
    assert growth_path(-2.0, endurance=0.7, years=1) == 0


def test_ownership_through_rounds():
    found = ownership_after_rounds(D("0.05"), [D("0.2"), D("0.1")])
    assert found == (D("0.04"), D("0.036"))
    assert ownership_after_rounds(D("0.05"), []) == ()


def test_the_round_needed_to_survive():
    assert dilution_of_round(D(25), pre_money=D(75)) == D("0.25")
    assert dilution_of_round(D(0), pre_money=D(-5)) == 0
    assert dilution_of_round(D(25), pre_money=D(0)) is None
