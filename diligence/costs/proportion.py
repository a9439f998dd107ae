"""Amounts spread over the entries they explain so that both add up to the last digit."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import accumulate, pairwise

_PLACES = -9


def in_running_proportion(
    amounts: Sequence[Decimal], weights: Sequence[Decimal]
) -> list[list[Decimal]]:
    """Spread each amount over the weights; running totals are rounded, not single parts.

    Amounts that add up to the weights give each entry exactly its weight, and the parts of each
    amount add up to it. Without a weight above zero the first entry takes all.

    Parameters
    ----------
    amounts
        Money of either sign.
    weights
        Zero or more.

    Returns
    -------
    list of list of Decimal
        One list a weight, its parts in the order of the amounts.

    Examples
    --------
    >>> parts = in_running_proportion([Decimal(1), Decimal(2)], [Decimal(2), Decimal(1)])
    >>> [sum(entry) for entry in parts]
    [Decimal('2.000000000'), Decimal('1.000000000')]
    """
    rest = [[Decimal(0)] * len(amounts) for _ in weights[1:]]
    if not any(weights[1:]):
        return [list(amounts), *rest]
    exponent = min(_PLACES, *(int(n.as_tuple().exponent) for n in (*amounts, *weights)))
    units = [_units(amount, exponent) for amount in amounts]
    shares = [_units(weight, exponent) for weight in weights]
    whole, totals = sum(shares), list(accumulate(units, initial=0))
    columns = [
        [after - before for before, after in pairwise(_rounded(t * share, whole) for t in totals)]
        for share in shares[1:]
    ]
    first = [unit - sum(parts) for unit, *parts in zip(units, *columns, strict=True)]
    return [[_amount(unit, exponent) for unit in column] for column in (first, *columns)]


def _rounded(dividend: int, divisor: int) -> int:
    return (2 * dividend + divisor) // (2 * divisor)


def _units(amount: Decimal, exponent: int) -> int:
    sign, digits, place = amount.as_tuple()
    whole: int = int("".join(map(str, digits))) * 10 ** (int(place) - exponent)
    return -whole if sign else whole


def _amount(units: int, exponent: int) -> Decimal:
    """Exact whatever the number of digits: arithmetic in the decimal context would round."""
    return Decimal((int(units < 0), tuple(map(int, str(abs(units)))), exponent))
