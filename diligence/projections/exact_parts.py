"""Exact fractions of a bill as money: parts that add up to it, and single amounts."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import TypeVar

from diligence.costs.allocation import allocate

K = TypeVar("K", bound=Hashable)
FINEST = Decimal("0.000001")
"""A millionth of the currency; a query may cost less than a cent."""


def apportion(amount: Decimal, weights: Mapping[K, Fraction]) -> dict[K, Decimal]:
    """Divide an amount in proportion to fractions; the parts add up to it exactly.

    Parts stand to a millionth, or as fine as the amount itself.

    Raises
    ------
    EstimationError
        When there is an amount to divide and every weight is 0.

    Examples
    --------
    >>> parts = apportion(Decimal(100), {"a": Fraction(1, 3), "b": Fraction(2, 3)})
    >>> [str(part) for part in parts.values()]
    ['33.333333', '66.666667']
    """
    if not amount:
        return dict.fromkeys(weights, Decimal(0))
    keys = {repr(key): key for key in weights}
    scale = lcm(*(weight.denominator for weight in weights.values()))
    whole = {name: Decimal(int(weights[key] * scale)) for name, key in keys.items()}
    parts = allocate(amount, whole, quantum=FINEST)
    return {key: parts[name] for name, key in keys.items()}


def to_decimal(value: Fraction, quantum: Decimal = FINEST) -> Decimal:
    """Round a fraction to a multiple of a power of ten.

    Examples
    --------
    >>> to_decimal(Fraction(1, 3), Decimal("0.01"))
    Decimal('0.33')
    """
    return round(value / Fraction(quantum)) * quantum
