"""What was paid ahead becomes a cost over its days or as it is used; the rest at expiry.

A prepaid amount (a Capacity Block fee, a reservation, prepaid credits) is cash on the invoice and
cost when consumed. What is left unused when it expires is a cost of that month, as its own line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from diligence.costs.allocation import QUANTUM
from diligence.errors import InputError
from diligence.units import Period
from diligence.units.periods import month_of

if TYPE_CHECKING:
    import pandas as pd

ZERO = Decimal(0)
RecognitionKind = Literal["term", "use", "unused at expiry"]


@dataclass(frozen=True)
class RecognisedCost:
    """A part of a prepaid amount that became a cost in one period."""

    period: Period
    kind: RecognitionKind
    amount: Decimal


@dataclass(frozen=True)
class RecognitionSchedule:
    """When a prepaid amount becomes a cost; the costs and what remains add up to what was paid.

    ``beyond`` is use that the prepaid amount did not cover: it is paid for some other way and no
    part of the schedule.
    """

    paid: Decimal
    costs: tuple[RecognisedCost, ...]
    remaining: Decimal = ZERO
    beyond: Decimal = ZERO

    @property
    def unused_at_expiry(self) -> Decimal:
        """What expired unused."""
        return self.recognised(kind="unused at expiry")

    def recognised(
        self, period: Period | None = None, *, kind: RecognitionKind | None = None
    ) -> Decimal:
        """Cost inside a period (all of them without one), of one kind or of all."""
        return sum(
            (
                cost.amount
                for cost in self.costs
                if (period is None or period.contains(cost.period)) and kind in (None, cost.kind)
            ),
            ZERO,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a period and kind."""
        import pandas as pd

        return pd.DataFrame(
            [
                {"period": cost.period.label, "kind": cost.kind, "amount": cost.amount}
                for cost in self.costs
            ],
            columns=["period", "kind", "amount"],
        )

    def summary(self) -> str:
        """One line: paid, recognised, expired and left."""
        return (
            f"paid {self.paid:,.2f}: recognised {self.recognised():,.2f}, of which unused at "
            f"expiry {self.unused_at_expiry:,.2f}; left {self.remaining:,.2f}"
        )

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def recognise(amount: Decimal, *, start: date, end: date, period: Period) -> Decimal:
    """Part of a prepaid amount that is a cost of the period, by days.

    The days of any periods that tile the term add up to the amount exactly, because each part is
    the difference of two running totals. A refund is a negative amount over the same days.

    Parameters
    ----------
    amount
        Paid ahead; negative for a refund.
    start, end
        First and last day of what was paid for, both included.
    period
        Any stretch of days; outside the term it costs nothing.

    Raises
    ------
    InputError
        When the term ends before it starts.

    Examples
    --------
    A Capacity Block of 14 days from 25 March costs seven days in each month.

    >>> from diligence.units import parse_period
    >>> block = {"start": date(2026, 3, 25), "end": date(2026, 4, 7)}
    >>> float(recognise(Decimal(14_000), **block, period=parse_period("2026-03")))
    7000.0
    """
    _require_term(start, end)
    before = period.start - timedelta(days=1)
    return _by(period.end, amount, start, end) - _by(before, amount, start, end)


def recognition_schedule(amount: Decimal, *, start: date, end: date) -> RecognitionSchedule:
    """Every month's cost of an amount paid ahead for a term, by days.

    Raises
    ------
    InputError
        When the term ends before it starts.

    Examples
    --------
    >>> schedule = recognition_schedule(
    ...     Decimal(365), start=date(2026, 1, 15), end=date(2027, 1, 14))
    >>> len(schedule.costs), float(schedule.costs[0].amount), float(schedule.recognised())
    (13, 17.0, 365.0)
    """
    _require_term(start, end)
    term = Period(month_of(start).start, month_of(end).end)
    costs = (
        RecognisedCost(month, "term", recognise(amount, start=start, end=end, period=month))
        for month in term.split_months()
    )
    return RecognitionSchedule(amount, tuple(costs))


def recognise_on_use(
    prepaid: Decimal,
    used: Mapping[Period, Decimal],
    *,
    as_of: date,
    expires: date | None = None,
) -> RecognitionSchedule:
    """Recognise a prepaid balance as it is used, and what is left when it expires.

    Parameters
    ----------
    prepaid
        Balance paid for, 0 or more. Credits nobody paid for have no place here: unused, they cost
        nothing.
    used
        What the use cost at the prepaid rate, by period; negative when use was returned.
    as_of
        The balance has expired when this day is on or after ``expires``.
    expires
        Last day on which the balance can be used; None when it never expires.

    Raises
    ------
    InputError
        When the balance is negative.

    Examples
    --------
    Of 100 paid, 30 and 45 are used and 25 expire in March.

    >>> from diligence.units import parse_period
    >>> used = {parse_period("2026-01"): Decimal(30), parse_period("2026-02"): Decimal(45)}
    >>> schedule = recognise_on_use(
    ...     Decimal(100), used, as_of=date(2026, 6, 30), expires=date(2026, 3, 31))
    >>> schedule.summary()
    'paid 100.00: recognised 100.00, of which unused at expiry 25.00; left 0.00'
    """
    if prepaid < 0:
        raise InputError(
            f"A prepaid balance must not be negative; found {prepaid}. Take a refund off what was "
            "paid, or recognise it by days over the term it refunds."
        )
    costs: list[RecognisedCost] = []
    left, beyond = prepaid, ZERO
    for period in sorted(used):
        usable = expires is None or period.start <= expires
        drawn = max(min(used[period], left), left - prepaid) if usable else ZERO
        left -= drawn
        beyond += max(ZERO, used[period] - drawn)
        if drawn:
            costs.append(RecognisedCost(period, "use", drawn))
    if expires is not None and expires <= as_of and left:
        costs.append(RecognisedCost(month_of(expires), "unused at expiry", left))
        left = ZERO
    return RecognitionSchedule(prepaid, tuple(costs), left, beyond)


def _by(day: date, amount: Decimal, start: date, end: date) -> Decimal:
    """Recognised up to and including a day; all of it on the last."""
    if day < start:
        return ZERO
    if day >= end:
        return amount
    return (amount * Period(start, day).days / Period(start, end).days).quantize(QUANTUM)


def _require_term(start: date, end: date) -> None:
    if end < start:
        raise InputError(f"The term of a prepayment ends {end}, before it starts {start}.")
