"""Numbers of the serving arithmetic, refused with their value when they cannot be meant."""

from __future__ import annotations

from decimal import Decimal
from math import isfinite

from diligence.errors import InputError


def positive(name: str, value: Decimal | float) -> Decimal:
    """Return a number above 0 as an exact decimal, or raise `InputError`.

    Examples
    --------
    >>> positive("n_gpu", 8)
    Decimal('8')
    """
    if not isfinite(value) or value <= 0:
        raise InputError(f"{name} is {value!r}; give a number above 0")
    return Decimal(str(value))


def not_negative(name: str, value: Decimal | float) -> Decimal:
    """Return a number of at least 0 as an exact decimal, or raise `InputError`."""
    if not isfinite(value) or value < 0:
        raise InputError(f"{name} is {value!r}; give a number of at least 0")
    return Decimal(str(value))


def positive_share(name: str, value: Decimal | float) -> Decimal:
    """Return a share above 0 and at most 1 as an exact decimal, or raise `InputError`."""
    if isfinite(value) and value > 1:
        raise InputError(f"{name} is {value!r}; give a share above 0 and at most 1")
    return positive(name, value)


def share(name: str, value: Decimal | float) -> Decimal:
    """Return a share from 0 to 1 as an exact decimal, or raise `InputError`."""
    if not isfinite(value) or not 0 <= value <= 1:
        raise InputError(f"{name} is {value!r}; give a share from 0 to 1, 40 % is 0.4")
    return Decimal(str(value))


def whole_positive(name: str, value: int) -> int:
    """Return a whole number above 0, or raise `InputError`."""
    if not isfinite(value) or value != int(value) or value < 1:
        raise InputError(f"{name} is {value!r}; give a whole number of at least 1")
    return int(value)
