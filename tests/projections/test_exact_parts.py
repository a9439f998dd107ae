"""Parts that add up."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import EstimationError
from diligence.projections.exact_parts import apportion

amounts = st.decimals(0, 10**12, places=4)
weights = st.dictionaries(
    st.text(max_size=3), st.fractions(0, 10**9), min_size=1, max_size=8
).filter(lambda parts: any(parts.values()))


@given(amounts, weights)
def test_parts_add_up_exactly_and_each_is_within_a_millionth(amount, parts):
    found = apportion(amount, parts)
    assert sum(found.values()) == amount
    total = sum(parts.values())
    for key, part in found.items():
        assert abs(Fraction(part) - Fraction(amount) * parts[key] / total) <= Fraction(1, 10**6)
        assert part >= 0


@given(amounts, weights, st.fractions(Fraction(1, 1000), 1000))
def test_only_ratios_of_weights_matter(amount, parts, factor):
    scaled = {key: weight * factor for key, weight in parts.items()}
    assert apportion(amount, scaled) == apportion(amount, parts)


def test_a_weight_of_nothing_gets_nothing_and_no_weight_at_all_is_refused():
    assert apportion(Decimal(7), {"a": Fraction(0), "b": Fraction(3)}) == {"a": 0, "b": 7}
    assert apportion(Decimal(0), {"a": Fraction(0)}) == {"a": 0}
    with pytest.raises(EstimationError, match="every weight is zero"):
        apportion(Decimal(7), {"a": Fraction(0)})


def test_an_amount_finer_than_a_millionth_stays_whole():
    found = apportion(Decimal("1.00000001"), {"a": Fraction(1), "b": Fraction(1)})
    assert sum(found.values()) == Decimal("1.00000001")
