"""Units of money: a currency and a scale, written ``USD m`` or ``CNY``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from diligence.errors import DiligenceError
from diligence.units.money import SCALES

_CODES = (
    "AUD BRL CAD CHF CNY DKK EUR GBP HKD ILS INR JPY "
    "KRW MXN NOK NZD PLN SEK SGD THB TRY TWD USD ZAR"
)
CURRENCIES = frozenset(_CODES.split())
_ALIASES = {"RMB": "CNY", "US$": "USD", "$": "USD", "€": "EUR", "£": "GBP"}
_SCALE_WORDS = {
    "": "",
    "k": "k",
    "000": "k",
    "'000": "k",
    "000s": "k",
    "thousand": "k",
    "thousands": "k",
    "m": "m",
    "mm": "m",
    "mn": "m",
    "million": "m",
    "millions": "m",
    "bn": "bn",
    "b": "bn",
    "billion": "bn",
    "billions": "bn",
}
_UNIT = re.compile(r"(US\$|RMB|[A-Z]{3}|[$€£])\s*('?000s?|[A-Za-z]*)", re.IGNORECASE)


class MoneyUnitError(DiligenceError):
    """A text that should name a unit of money does not."""


@dataclass(frozen=True)
class MoneyUnit:
    """A currency and a scale.

    Examples
    --------
    >>> unit = parse_money_unit("USD m")
    >>> unit.in_units(Decimal("53.44"))
    Decimal('53440000.00')
    """

    currency: str
    scale: str = ""

    def in_units(self, amount: Decimal) -> Decimal:
        """Return the amount in whole currency units, exactly."""
        return amount * SCALES[self.scale]

    def __str__(self) -> str:
        return f"{self.currency} {self.scale}".strip()


def parse_money_unit(text: str) -> MoneyUnit:
    """Read ``USD``, ``USD k``, ``USD m``, ``CNY m``, ``$000``, ``RMB bn``.

    Raises
    ------
    MoneyUnitError
        When the currency is unknown or the scale is none of k, m, bn.

    Examples
    --------
    >>> str(parse_money_unit("$000"))
    'USD k'
    """
    match = _UNIT.fullmatch(text.strip())
    if match:
        name = match[1].upper()
        currency = _ALIASES.get(name, name)
        scale = _SCALE_WORDS.get(match[2].lower())
        if currency in CURRENCIES and scale is not None:
            return MoneyUnit(currency, scale)
    raise MoneyUnitError(f"{text!r} is not a unit of money such as USD, USD k, USD m or CNY bn")
