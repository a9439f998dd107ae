"""A method's name leads to its index."""

from __future__ import annotations

import pandas as pd
import pytest

from diligence.errors import DiligenceError
from diligence.prices.price_index_choice import index_by_method

ROWS = pd.DataFrame(
    {
        "period": [1, 1, 1, 2, 2, 2],
        "item": list("abc") * 2,
        "price": [1.0, 2.0, 4.0, 2.0, 5.0, 8.0],
        "quantity": [3.0, 1.0, 1.0, 2.0, 1.0, 1.0],
        "score": [1.0, 2.0, 3.0, 1.0, 2.0, 3.0],
    }
)


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("walsh", "chained Walsh"),
        ("geks", "GEKS-Jevons"),
        ("geks-tornqvist", "GEKS-Törnqvist"),
    ],
)
def test_the_named_method_is_used(method, name):
    assert index_by_method(ROWS, method=method).method == name


def test_hedonic_takes_its_qualities():
    index = index_by_method(ROWS, method="hedonic", quality=["score"])
    assert index.method == "time-dummy hedonic"
    # the same three scores in both periods leave the geometric means: 1 x 2 x 4 and 2 x 5 x 8
    assert index.last.index == pytest.approx((80 / 8) ** (1 / 3))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"method": "hedonic"}, "'hedonic' with 0 columns of quality"),
        ({"method": "jevons", "quality": ["score"]}, "'jevons' with 1 columns of quality"),
        ({"method": "geks-carli"}, "inverts when the periods are swapped, got 'carli'"),
        ({"method": "mean"}, "Method 'mean' is unknown"),
    ],
)
def test_refusals(arguments, says):
    with pytest.raises(DiligenceError, match=says):
        index_by_method(ROWS, **arguments)
