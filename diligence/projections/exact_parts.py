"""Divides an amount into parts that add up to it exactly."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeVar

from diligence.errors import InputError

K = TypeVar("K", bound=Hashable)
_COARSEST = -6


def apportion(amount: Decimal, weights: Mapping[K, Fraction]) -> dict[K, Decimal]:
    """Divide an amount in proportion to weights; the parts add up to it exactly.

    Parts stand to a millionth, or as fine as the amount itself, and are off by less than one such
    unit. A weight of 0 gets 0; the order of the weights does not matter.

    Raises
    ------
    InputError
        When there is an amount to divide and every weight is 0.

    Examples
    --------
    >>> apportion(Decimal(100), {"a": Fraction(1), "b": Fraction(2)})
    {'a': Decimal('33.333333'), 'b': Decimal('66.666667')}
    """
    total = sum(weights.values(), Fraction(0))
    if not total:
        if amount:
            raise InputError(f"nothing to spread {amount:,f} over; it needs a count above 0")
        return dict.fromkeys(weights, Decimal(0))
    places = min(_COARSEST, exponent(amount))
    parts: dict[K, Decimal] = {}
    running, given = Fraction(0), Decimal(0)
    for key in sorted(weights, key=repr):
        running += weights[key]
        reached = to_decimal(Fraction(amount) * running / total, places)
        parts[key] = reached - given
        given = reached
    return {key: parts[key] for key in weights}


def to_decimal(value: Fraction, places: int = _COARSEST) -> Decimal:
    """Round a fraction to a power of ten.

    Examples
    --------
    >>> to_decimal(Fraction(1, 3), -2)
    Decimal('0.33')
    """
    return Decimal(round(value / Fraction(10) ** places)).scaleb(places)


def exponent(amount: Decimal) -> int:
    """Power of ten of an amount's last digit, such as -2 for 1.50."""
    found: Any = amount.as_tuple().exponent
    if not isinstance(found, int):
        raise InputError(f"the amount is {amount}; it needs a finite number")
    return found
