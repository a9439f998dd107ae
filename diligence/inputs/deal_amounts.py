"""How amounts, shares and currencies are written in deal.yaml."""

from __future__ import annotations

import re
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from diligence.inputs.yaml_files import DecimalText, near_match, parse_number
from diligence.units import AmountError
from diligence.units.currency import CURRENCIES
from diligence.units.money import SCALES

_SCALED = re.compile(r"(.+?)\s*(k|m|bn)", re.IGNORECASE)
_FRACTION = re.compile(r"([+-]?\d+)\s*/\s*(\d+)")
_DIGITS = Context(prec=28)
CURRENCY_ALIASES = {"RMB": "CNY"}


def parse_scaled_amount(text: str) -> Decimal:
    """Read money of deal.yaml: a number, or a number with k, m or bn.

    Raises
    ------
    AmountError
        When the text is neither.

    Examples
    --------
    >>> parse_scaled_amount("1.2 bn")
    Decimal('1200000000.0')
    """
    match = _SCALED.fullmatch(text.strip())
    number = parse_number(match[1] if match else text)
    if number is None:
        raise AmountError(f"{text!r} is not an amount such as 10 m, 250 k or 1.2 bn")
    return number * SCALES[match[2].lower()] if match else number


def parse_factor(text: str) -> Decimal:
    """Read a factor: a number or a fraction such as 12/9, to 28 digits.

    Raises
    ------
    AmountError
        When the text is neither.

    Examples
    --------
    >>> parse_factor("12/9")
    Decimal('1.333333333333333333333333333')
    """
    match = _FRACTION.fullmatch(text.strip())
    if match and int(match[2]):
        exact = Fraction(int(match[1]), int(match[2]))
        with localcontext(_DIGITS):
            return Decimal(exact.numerator) / Decimal(exact.denominator)
    number = parse_number(text)
    if number is None:
        raise AmountError(f"{text!r} is not a factor such as 1, -1 or 12/9")
    return number


def _money(value: Any) -> Any:
    return _read(parse_scaled_amount, value, "an amount such as 10 m, 250 k, 1.2 bn or 1250000")


def _positive_money(value: Any) -> Any:
    amount = _money(value)
    if isinstance(amount, Decimal) and amount < 0:
        raise ValueError("an amount of zero or more")
    return amount


def _factor(value: Any) -> Any:
    return _read(parse_factor, value, "a factor such as 1, -1 or 12/9")


def _read(reader: Any, value: Any, expected: str) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return reader(value)
    except AmountError as error:
        raise ValueError(expected) from error


def _currency(value: Any) -> Any:
    name = str(value).strip().upper()
    name = CURRENCY_ALIASES.get(name, name)
    if name not in CURRENCIES:
        raise ValueError(f"a currency: {near_match(name.lower(), sorted(CURRENCIES))}")
    return name


def currency_or_none(value: Any) -> Any:
    """Read a currency that may be left empty; for pydantic fields."""
    return "" if value == "" else _currency(value)


def scale_of_display(value: Any) -> Any:
    """Read a scale of display; whole units are written as nothing; for pydantic fields."""
    return "" if value in ("1", "units", "none") else value


Money = Annotated[Decimal, BeforeValidator(_positive_money)]
Factor = Annotated[Decimal, BeforeValidator(_factor)]
Currency = Annotated[str, BeforeValidator(_currency)]
Share = Annotated[DecimalText, Field(ge=0, le=1)]
Multiple = Annotated[DecimalText, Field(ge=0)]
