"""What every index formula must obey, whatever the prices and quantities."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diligence.prices.price_index import price_index
from diligence.prices.price_index_formulas import (
    FORMULAS,
    TIME_REVERSIBLE,
    UNWEIGHTED,
    Comparison,
)

METHODS = sorted(FORMULAS)
# Dutot averages prices, so it alone depends on the units of its items.
UNIT_FREE = sorted(set(METHODS) - {"dutot"})
positive = st.floats(0.01, 100.0)


@st.composite
def comparisons(draw):
    n = draw(st.integers(1, 6))
    vectors = [draw(st.lists(positive, min_size=n, max_size=n)) for _ in range(4)]
    return Comparison(*(np.array(vector) for vector in vectors))


def swapped(items):
    return Comparison(items.price, items.base_price, items.quantity, items.base_quantity)


@pytest.mark.parametrize("method", METHODS)
@given(items=comparisons())
def test_identity(method, items):
    same = Comparison(items.price, items.price, items.base_quantity, items.quantity)
    assert FORMULAS[method](same) == pytest.approx(1)


@pytest.mark.parametrize("method", METHODS)
@given(items=comparisons(), factor=positive)
def test_proportionality(method, items, factor):
    q0, q1 = items.base_quantity, items.quantity
    moved = Comparison(items.base_price, factor * items.base_price, q0, q1)
    assert FORMULAS[method](moved) == pytest.approx(factor)


@pytest.mark.parametrize("method", METHODS)
@given(items=comparisons(), currency=positive)
def test_currency_changes_nothing(method, items, currency):
    p0, p1 = items.base_price * currency, items.price * currency
    other = Comparison(p0, p1, items.base_quantity, items.quantity)
    assert FORMULAS[method](other) == pytest.approx(FORMULAS[method](items))


@pytest.mark.parametrize("method", UNIT_FREE)
@given(items=comparisons(), scales=st.lists(positive, min_size=6, max_size=6))
def test_commensurability(method, items, scales):
    """Tokens by the thousand for one item and by the million for another: the same index."""
    units = np.array(scales[: len(items.price)])
    other = Comparison(
        items.base_price * units,
        items.price * units,
        items.base_quantity / units,
        items.quantity / units,
    )
    assert FORMULAS[method](other) == pytest.approx(FORMULAS[method](items))


@pytest.mark.parametrize("method", sorted(TIME_REVERSIBLE))
@given(items=comparisons())
def test_reversing_time_inverts(method, items):
    formula = FORMULAS[method]
    assert formula(items) * formula(swapped(items)) == pytest.approx(1)


@given(items=comparisons())
def test_reversing_time_turns_laspeyres_into_paasche(items):
    forward, backward = FORMULAS["laspeyres"](items), FORMULAS["paasche"](swapped(items))
    assert forward * backward == pytest.approx(1)


@given(items=comparisons())
def test_fisher_lies_between_laspeyres_and_paasche(items):
    bounds = sorted([FORMULAS["laspeyres"](items), FORMULAS["paasche"](items)])
    assert bounds[0] * (1 - 1e-9) <= FORMULAS["fisher"](items) <= bounds[1] * (1 + 1e-9)


@pytest.mark.parametrize("method", METHODS)
@given(items=comparisons())
def test_the_index_lies_between_the_smallest_and_the_largest_move(method, items):
    moves = items.price / items.base_price
    assert moves.min() * (1 - 1e-9) <= FORMULAS[method](items) <= moves.max() * (1 + 1e-9)


@pytest.mark.parametrize("method", sorted(set(METHODS) - UNWEIGHTED))
@given(items=comparisons())
def test_equal_prices_need_no_weights(method, items):
    """With one common move the weights do not matter."""
    moved = Comparison(items.base_price, items.base_price * 3, items.base_quantity, items.quantity)
    assert FORMULAS[method](moved) == pytest.approx(3)


@given(items=comparisons(), weight=positive)
def test_tornqvist_with_equal_spending_is_jevons(items, weight):
    equal = Comparison(
        items.base_price, items.price, weight / items.base_price, weight / items.price
    )
    assert FORMULAS["tornqvist"](equal) == pytest.approx(FORMULAS["jevons"](equal))


@settings(max_examples=25)
@given(
    prices=st.lists(st.lists(positive, min_size=3, max_size=3), min_size=3, max_size=6),
    order=st.randoms(use_true_random=False),
)
def test_chained_jevons_of_a_fixed_list_does_not_drift(prices, order):
    rows = [(t, item, price) for t, row in enumerate(prices) for item, price in enumerate(row)]
    order.shuffle(rows)
    index = price_index(pd.DataFrame(rows, columns=["period", "item", "price"]))
    assert index.drift == pytest.approx(0, abs=1e-9)
