"""A token mix, and how it is written."""

from decimal import Decimal

import pytest

from diligence.errors import InputError
from diligence.prices.token_basket import TokenBasket, parse_basket


def test_parts_are_read():
    assert parse_basket(" 3 : 1 ") == TokenBasket(Decimal(3), Decimal(1))
    assert parse_basket("1:0.5:8").cached_input == 8


@pytest.mark.parametrize("text", ["", "3", "3:1:1:1", "three:one", "3;1"])
def test_text_that_is_no_mix(text):
    with pytest.raises(InputError, match=r"the mix is .*write parts"):
        parse_basket(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("-1:2", "input parts is"),
        ("0:0", "0 parts; give input or output above 0"),
        ("nan:1", "input parts is"),
    ],
)
def test_parts_that_cannot_be_meant(text, says):
    with pytest.raises(InputError, match=says):
        parse_basket(text)
