"""Black-Scholes and Margrabe: published values, limits, parity."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import InputError
from diligence.valuation import call_option, exchange_option, put_option, ratio_volatility

HULL = {"rate": 0.1, "volatility": 0.2, "years": 0.5}


def test_hull_prices_a_call_and_a_put():
    # Hull, Options, Futures and Other Derivatives, Black-Scholes example: 4.76 and 0.81.
    assert float(call_option(42, 40, **HULL)) == pytest.approx(4.76, abs=0.005)
    assert float(put_option(42, 40, **HULL)) == pytest.approx(0.81, abs=0.005)


def test_margrabe_with_yields():
    # Haug, The Complete Guide to Option Pricing Formulas, exchange of assets: 22 for 20, carry 4 %
    # and 6 % at a rate of 10 %, a tenth of a year, 20 % and 15 %, correlation -0.5: 2.1251.
    found = exchange_option(
        22 * np.exp(0.004),
        20 * np.exp(0.006),
        volatility=ratio_volatility(0.2, 0.15, correlation=-0.5),
        years=0.1,
        discount=np.exp(-0.01),
    )
    assert float(found) == pytest.approx(2.1251, abs=5e-5)


def test_black_scholes_is_the_exchange_for_a_bond():
    bond = 40 * np.exp(-0.05)
    assert exchange_option(42, bond, volatility=0.2, years=0.5) == call_option(42, 40, **HULL)


@pytest.mark.parametrize(("volatility", "years"), [(0.0, 1.0), (0.4, 0.0)])
def test_without_uncertainty_the_value_is_intrinsic(volatility, years):
    received, given_up = np.array([5.0, 3.0, 0.0]), np.array([3.0, 5.0, 2.0])
    found = exchange_option(received, given_up, volatility=volatility, years=years)
    assert found.tolist() == [2.0, 0.0, 0.0]


def test_simulation_agrees_within_its_error():
    stream = np.random.default_rng(11)
    normal = stream.standard_normal((2, 200_000))
    first = 100 * np.exp(-0.5 * 0.3**2 + 0.3 * normal[0])
    mixed = 0.4 * normal[0] + np.sqrt(1 - 0.4**2) * normal[1]
    second = 90 * np.exp(-0.5 * 0.5**2 + 0.5 * mixed)
    gains = np.maximum(first - second, 0)
    volatility = ratio_volatility(0.3, 0.5, correlation=0.4)
    exact = float(exchange_option(100, 90, volatility=volatility, years=1))
    error = gains.std() / np.sqrt(gains.size)
    assert abs(gains.mean() - exact) < 4 * error


positive = st.floats(0.01, 1e6)


@given(positive, positive, st.floats(0, 3), st.floats(0, 30))
def test_bounds_and_parity(received, given_up, volatility, years):
    there = float(exchange_option(received, given_up, volatility=volatility, years=years))
    back = float(exchange_option(given_up, received, volatility=volatility, years=years))
    scale = 1e-9 * (received + given_up)
    assert max(received - given_up, 0) - scale <= there <= received + scale
    assert there - back == pytest.approx(received - given_up, abs=scale)


@given(positive, positive, st.floats(0.01, 2), st.floats(1.01, 2))
def test_more_volatility_is_never_worth_less(received, given_up, volatility, factor):
    calm = float(exchange_option(received, given_up, volatility=volatility, years=1))
    wild = float(exchange_option(received, given_up, volatility=volatility * factor, years=1))
    assert wild >= calm - 1e-9 * (received + given_up)


def test_wrong_arguments_are_refused():
    with pytest.raises(InputError, match="volatility must not be negative; found -0.1"):
        exchange_option(1, 1, volatility=-0.1, years=1)
    with pytest.raises(InputError, match="between -1 and 1; found 1.5"):
        ratio_volatility(0.1, 0.1, correlation=1.5)
