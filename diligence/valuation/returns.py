"""Multiples and rates of return of dated cash flows, and what dilution does to a stake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np

from diligence.errors import EstimationError, InputError

DAYS_A_YEAR = 365
TOTAL_LOSS = -1.0
RATE_PLACES = 12
_RATES = np.concatenate([np.linspace(-0.9999, 1.0, 400), np.geomspace(1.005, 1e6, 400)])


@dataclass(frozen=True)
class DatedFlow:
    """Money on a day: negative when paid in, positive when received."""

    on: date
    amount: Decimal


def multiple_of_money(flows: Sequence[DatedFlow]) -> Decimal:
    """Money received over money paid in (MOIC).

    Raises
    ------
    InputError
        When nothing was paid in.

    Examples
    --------
    >>> paid = DatedFlow(date(2026, 1, 1), Decimal(-10))
    >>> multiple_of_money([paid, DatedFlow(date(2031, 1, 1), Decimal(30))])
    Decimal('3')
    """
    paid = -sum((flow.amount for flow in flows if flow.amount < 0), Decimal(0))
    if not paid:
        raise InputError("A multiple of money needs money paid in: a negative flow.")
    return sum((flow.amount for flow in flows if flow.amount > 0), Decimal(0)) / paid


def internal_rate_of_return(flows: Sequence[DatedFlow]) -> float:
    """Yearly rate at which dated flows are worth nothing together, in years of 365 days.

    Returns
    -------
    float
        A fraction; -1 when nothing comes back.

    Raises
    ------
    InputError
        When nothing was paid in.
    EstimationError
        When no rate from -99.99 % up fits, or more than one does, as with money paid in again
        after money was received.

    Examples
    --------
    Ten paid in and thirty received five years later: 24.6 % a year, under a hurdle of 30 %.

    >>> flows = [DatedFlow(date(2026, 1, 1), Decimal(-10)),
    ...          DatedFlow(date(2030, 12, 31), Decimal(30))]
    >>> round(internal_rate_of_return(flows), 3)
    0.246
    """
    from scipy.optimize import brentq

    if multiple_of_money(flows) == 0:
        return TOTAL_LOSS
    start = min(flow.on for flow in flows)
    years = np.array([(flow.on - start).days / DAYS_A_YEAR for flow in flows])
    scale = max(abs(flow.amount) for flow in flows)
    amounts = np.array([float(flow.amount / scale) for flow in flows])

    def worth(rate: float) -> float:
        return float(amounts @ (1 + rate) ** -years)

    values = np.array([worth(rate) for rate in _RATES])
    changes = np.flatnonzero(np.sign(values[:-1]) * np.sign(values[1:]) < 0)
    exact = _RATES[values == 0]
    if len(changes) + len(exact) != 1:
        count = "no" if not len(changes) + len(exact) else "more than one"
        raise EstimationError(
            f"{count} rate of return fits these flows; state the multiple of money instead."
        )
    if len(exact):
        return float(exact[0])
    at = int(changes[0])
    return round(float(brentq(worth, _RATES[at], _RATES[at + 1], xtol=1e-14)), RATE_PLACES)


def growth_path(growth: float, *, endurance: float, years: float) -> float:
    """Factor by which a figure grows over years when its growth fades.

    Year by year the growth rate is multiplied by ``endurance``; a part of a year counts by its
    power.

    Examples
    --------
    Doubling in the first year and keeping 70 % of its growth rate each year: 8.4-fold in five.

    >>> round(growth_path(1.0, endurance=0.7, years=5), 1)
    8.4
    """
    factor, rate, left = 1.0, growth, years
    while left > 0:
        factor *= max(1 + rate, 0.0) ** min(left, 1.0)
        rate, left = rate * endurance, left - 1
    return factor


def ownership_after_rounds(ownership: Decimal, dilutions: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Ownership after each later round in which the holder does not take part.

    Examples
    --------
    >>> [str(left) for left in ownership_after_rounds(Decimal("0.10"), [Decimal("0.2")] * 2)]
    ['0.080', '0.0640']
    """
    held = []
    for dilution in dilutions:
        ownership = ownership * (1 - dilution)
        held.append(ownership)
    return tuple(held)


def dilution_of_round(new_money: Decimal, *, pre_money: Decimal) -> Decimal | None:
    """Share of the company that a round sells; None when it cannot be priced.

    Examples
    --------
    Twenty needed by a company that stress has brought down to 30 costs two fifths of it.

    >>> dilution_of_round(Decimal(20), pre_money=Decimal(30))
    Decimal('0.4')
    """
    if new_money <= 0:
        return Decimal(0)
    return new_money / (pre_money + new_money) if pre_money > 0 else None
