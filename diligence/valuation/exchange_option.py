"""The right to give one thing for another: Margrabe, with Black-Scholes as its special case."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from diligence.errors import InputError

Array = NDArray[np.float64]
Number = float | Sequence[float] | Array
_STILL = 1e-12
"""A spread under this moves a value by less than floats resolve."""


def exchange_option(
    received: Number, given: Number, *, volatility: Number, years: Number, discount: Number = 1.0
) -> Array:
    """Value today of the right, not the duty, to give one thing for another on a later day.

    With forwards F1 of what is received and F2 of what is given, and v = volatility x sqrt(years):
    discount x [F1 N(d1) - F2 N(d1 - v)], d1 = ln(F1/F2)/v + v/2 (Margrabe 1978, Journal of
    Finance 33:177).

    Parameters
    ----------
    received, given
        Values expected on that day (forwards), 0 or more; today's values where neither yields.
    volatility
        Of their ratio, a year: see ``ratio_volatility``.
    years
        0 or more. Without time or volatility the value is the difference, if positive.
    discount
        Value today of one unit of money on that day; 1 where values are today's.

    Raises
    ------
    InputError
        On a negative argument.

    Examples
    --------
    A stream worth 100 that could be had for one worth 100 as well, their ratio moving by 40 % a
    year: keeping the choice open for a year is worth 16.

    >>> round(float(exchange_option(100, 100, volatility=0.4, years=1)), 1)
    15.9
    """
    f1, f2, sd, time, factor = (
        np.asarray(x, dtype=float) for x in (received, given, volatility, years, discount)
    )
    for words, found in (("received", f1), ("given", f2), ("volatility", sd), ("years", time)):
        if np.any(found < 0):
            raise InputError(f"{words} must not be negative; found {found.min()}.")
    spread = sd * np.sqrt(time)
    moves = (spread > _STILL) & (f1 > 0) & (f2 > 0)
    safe = np.where(moves, spread, 1.0)
    log_ratio = np.log(np.where(moves, f1, 1.0)) - np.log(np.where(moves, f2, 1.0))
    d1 = log_ratio / safe + safe / 2
    open_value = f1 * ndtr(d1) - f2 * ndtr(d1 - safe)
    return np.asarray(factor * np.where(moves, open_value, np.maximum(f1 - f2, 0.0)))


def ratio_volatility(first: float, second: float, *, correlation: float = 0.0) -> float:
    """Volatility of the ratio of two prices.

    Raises
    ------
    InputError
        When the correlation lies outside -1 to 1.

    Examples
    --------
    >>> round(ratio_volatility(0.3, 0.4), 2)
    0.5
    """
    if not -1 <= correlation <= 1:
        raise InputError(f"A correlation lies between -1 and 1; found {correlation}.")
    variance = first**2 + second**2 - 2 * correlation * first * second
    return float(np.sqrt(max(variance, 0.0)))


def call_option(
    value: Number, strike: Number, *, rate: float, volatility: float, years: float
) -> Array:
    """Black-Scholes value of the right to buy at a strike, without dividends.

    Examples
    --------
    Hull, Options, Futures and Other Derivatives: 42, 40, 10 %, 20 %, half a year.

    >>> round(float(call_option(42, 40, rate=0.1, volatility=0.2, years=0.5)), 2)
    4.76
    """
    owed = np.asarray(strike, dtype=float) * np.exp(-rate * years)
    return exchange_option(value, owed, volatility=volatility, years=years)


def put_option(
    value: Number, strike: Number, *, rate: float, volatility: float, years: float
) -> Array:
    """Black-Scholes value of the right to sell at a strike, without dividends.

    Examples
    --------
    >>> round(float(put_option(42, 40, rate=0.1, volatility=0.2, years=0.5)), 2)
    0.81
    """
    owed = np.asarray(strike, dtype=float) * np.exp(-rate * years)
    return exchange_option(owed, value, volatility=volatility, years=years)
