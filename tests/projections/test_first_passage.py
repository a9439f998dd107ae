"""First passage of cash: published values, and simulation within its stated error."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import InputError
from diligence.projections.first_passage import (
    mean_months_to_cash_out,
    p_cash_out,
    p_low_within_month,
)

CASE = {"burn": 1.0, "volatility": 2.0, "months": 18}


def paths(cash, *, burn, volatility, months, number, seed):
    moves = np.random.default_rng(seed).normal(-burn, volatility, (months, number))
    return np.vstack([np.full((1, number), cash), cash + moves.cumsum(axis=0)])


def test_a_year_of_runway_that_varies():
    # Inverse Gaussian distribution function at 12, 1, 2 and 18.
    assert p_cash_out(12, **CASE) == pytest.approx(0.8423, abs=5e-5)
    assert mean_months_to_cash_out(12, burn=1) == 12


def test_simulation_with_the_bridge_is_the_closed_form_within_its_error():
    number = 200_000
    levels = paths(12.0, **CASE, number=number, seed=1)
    kept = np.prod(1 - p_low_within_month(levels[:-1], levels[1:], volatility=2.0), axis=0)
    error = kept.std() / np.sqrt(number)
    assert abs(1 - kept.mean() - p_cash_out(12, **CASE)) < 4 * error


@pytest.mark.parametrize(("cash", "volatility"), [(12.0, 2.0), (6.0, 1.0), (8.0, 4.0)])
def test_simulation_by_month_is_the_shifted_form_within_a_point(cash, volatility):
    case = {"burn": 0.5, "volatility": volatility, "months": 24}
    number = 200_000
    levels = paths(cash, **case, number=number, seed=2)
    found = (levels.min(axis=0) <= 0).mean()
    assert abs(found - p_cash_out(cash, **case, monthly=True)) < 0.01
    assert found < p_cash_out(cash, **case)


@pytest.mark.parametrize(("burn", "cash", "low_by"), [(0.5, 6.0, 0.015), (1.0, 10.0, 0.019)])
def test_over_a_year_the_shifted_form_is_low_by_what_it_says(burn, cash, low_by):
    case = {"burn": burn, "volatility": 1.0, "months": 12}
    levels = paths(cash, **case, number=200_000, seed=3)
    found = (levels.min(axis=0) <= 0).mean()
    # Four standard errors of 200,000 paths are half a point.
    assert found - p_cash_out(cash, **case, monthly=True) == pytest.approx(low_by, abs=0.005)


@given(st.floats(0.1, 500), st.floats(-20, 20), st.floats(0.05, 50), st.floats(1, 120))
def test_a_probability_that_grows_with_burn_and_falls_with_cash(cash, burn, volatility, months):
    case = {"volatility": volatility, "months": months}
    found = p_cash_out(cash, burn=burn, **case)
    assert 0 <= found <= 1
    assert p_cash_out(cash, burn=burn + 1, **case) >= found - 1e-12
    assert p_cash_out(cash + 1, burn=burn, **case) <= found + 1e-12
    assert p_cash_out(cash, burn=burn, **case, monthly=True) <= found + 1e-12


@given(st.floats(0.1, 100), st.floats(-5, 5), st.floats(0.1, 10), st.floats(0.001, 1e6))
def test_units_of_currency_change_nothing(cash, burn, volatility, factor):
    one = p_cash_out(cash, burn=burn, volatility=volatility, months=12)
    many = p_cash_out(cash * factor, burn=burn * factor, volatility=volatility * factor, months=12)
    assert many == pytest.approx(one, rel=1e-6, abs=1e-12)


def test_edges():
    assert p_cash_out(0, **CASE) == 1.0
    assert p_cash_out(1e9, **CASE) == 0.0
    assert mean_months_to_cash_out(12, burn=-1) is None
    assert mean_months_to_cash_out(0, burn=1) == 0.0
    ends = p_low_within_month(np.array([-1.0, 5.0]), np.array([3.0, 0.0]), volatility=1.0)
    assert ends.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("wrong", [{"volatility": 0.0}, {"months": 0}])
def test_wrong_arguments_are_refused(wrong):
    with pytest.raises(InputError, match="volatility and months above 0"):
        p_cash_out(12, **{**CASE, **wrong})


def test_a_month_without_volatility_is_refused():
    with pytest.raises(InputError, match="volatility above 0; found 0"):
        p_low_within_month(np.ones(1), np.ones(1), volatility=0.0)
