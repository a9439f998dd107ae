"""How figures are written for a reader; rounding happens here and nowhere else."""

from __future__ import annotations

from decimal import Decimal

from diligence.units.money import format_amount

Number = Decimal | float
MINUS = "\u2212"


def format_percent(share: Number, places: int = 1) -> str:
    """Write a fraction as a percentage.

    Examples
    --------
    >>> format_percent(Decimal("0.2329"))
    '23.3 %'
    """
    return f"{_plain(float(share) * 100, places)} %"


def format_multiple(multiple: Number, places: int = 2) -> str:
    """Write a multiple.

    Examples
    --------
    >>> format_multiple(1.328)
    '1.33x'
    """
    return f"{_plain(float(multiple), places)}x"


def format_months(months: Number, places: int = 1) -> str:
    """Write a number of months.

    Examples
    --------
    >>> format_months(Decimal("43.36"))
    '43.4 months'
    """
    return f"{_plain(float(months), places)} months"


def format_money(amount: Decimal, *, currency: str, scale: str = "m", places: int = 2) -> str:
    """Write an amount with its unit.

    Examples
    --------
    >>> format_money(Decimal("53440000"), currency="USD")
    'USD 53.44 m'
    """
    return f"{currency} {format_amount(amount, scale=scale, places=places)} {scale}".rstrip()


def format_span(low: str, high: str) -> str:
    """Write a range whose ends carry the same unit, naming the unit once.

    Examples
    --------
    >>> format_span("45.0 %", "61.7 %")
    '45.0 to 61.7 %'
    """
    low_number, _, low_unit = low.rpartition(" ")
    _, _, high_unit = high.rpartition(" ")
    return f"{low_number} to {high}" if low_number and low_unit == high_unit else f"{low} to {high}"


def _plain(value: float, places: int) -> str:
    text = f"{value:,.{places}f}"
    if float(text.replace(",", "")) == 0:
        text = text.replace("-", "")
    return text.replace("-", MINUS)
