"""Minimums a company still has to pay, and reserved capacity that nobody used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from diligence.costs.prepayments import recognise
from diligence.errors import InputError
from diligence.units import Period, format_percent
from diligence.units.periods import month_of

if TYPE_CHECKING:
    import pandas as pd

ZERO = Decimal(0)
IDLE_RESERVATION_LIMIT = Decimal("0.20")
"""House cut-off: above this share of unused reserved capacity the memo raises a flag."""


@dataclass(frozen=True)
class CommitmentSchedule:
    """Minimums of one supplier after the as-of date, by month: off the balance sheet, not yet cost.

    ``months`` are calendar months in order; the first and the last may be due in part.
    """

    supplier: str
    as_of: date
    months: tuple[tuple[Period, Decimal], ...] = ()

    @property
    def total(self) -> Decimal:
        """All that is still due."""
        return sum((amount for _, amount in self.months), ZERO)

    def due_in(self, period: Period) -> Decimal:
        """Minimums of the months inside a period."""
        return sum((amount for month, amount in self.months if period.contains(month)), ZERO)

    def to_frame(self) -> pd.DataFrame:
        """One row a month."""
        import pandas as pd

        return pd.DataFrame(
            [
                {"supplier": self.supplier, "month": month.label, "minimum": amount}
                for month, amount in self.months
            ],
            columns=["supplier", "month", "minimum"],
        )

    def summary(self) -> str:
        """One line: how much until when."""
        if not self.months:
            return f"{self.supplier}: no minimum after {self.as_of}"
        return f"{self.supplier}: {self.total:,.2f} until {self.months[-1][0].label}"

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def future_minimums(
    supplier: str,
    *,
    as_of: date,
    term_end: date,
    term_start: date | None = None,
    minimum_per_month: Decimal = ZERO,
    minimum_total: Decimal = ZERO,
    consumed: Decimal = ZERO,
) -> CommitmentSchedule:
    """Minimums still due from the day after as-of to the end of the term.

    A minimum per month counts by days in months that are due in part. Of a minimum in total what
    was consumed comes off, and the rest falls evenly on the remaining days; where both are agreed,
    the total adds only what the months leave of it.

    Parameters
    ----------
    term_end
        Last day of the term. A contract without one lasts for its notice: as-of plus notice.
    minimum_per_month, minimum_total
        Reporting currency, 0 or more.
    consumed
        What has counted towards ``minimum_total`` up to as-of.

    Raises
    ------
    InputError
        When an amount is negative, or the term ends before it starts.

    Examples
    --------
    1,200 over a year, 700 consumed by the half: 500 are due in the other half.

    >>> schedule = future_minimums("a cloud", as_of=date(2026, 6, 30), term_end=date(2026, 12, 31),
    ...                            minimum_total=Decimal(1_200), consumed=Decimal(700))
    >>> schedule.summary()
    'a cloud: 500.00 until 2026-12'
    """
    amounts = {
        "minimum_per_month": minimum_per_month,
        "minimum_total": minimum_total,
        "consumed": consumed,
    }
    _require_terms(supplier, amounts, term_start, term_end)
    first = max(as_of + timedelta(days=1), term_start or as_of)
    if first > term_end:
        return CommitmentSchedule(supplier, as_of)
    months = Period(month_of(first).start, month_of(term_end).end).split_months()
    due = [_part_of_month(minimum_per_month, month, first, term_end) for month in months]
    rest = max(ZERO, minimum_total - consumed - sum(due, ZERO))
    schedule = tuple(
        (month, monthly + recognise(rest, start=first, end=term_end, period=month))
        for month, monthly in zip(months, due, strict=True)
    )
    return CommitmentSchedule(supplier, as_of, tuple(entry for entry in schedule if entry[1]))


def shortfall(minimum: Decimal, consumed: Decimal) -> Decimal:
    """What take-or-pay bills on top: the minimum less what was consumed, never below zero.

    Examples
    --------
    >>> shortfall(Decimal(100), Decimal(70)), shortfall(Decimal(100), Decimal(130))
    (Decimal('30'), Decimal('0'))
    """
    return max(ZERO, minimum - consumed)


def commitments_by_month(schedules: Iterable[CommitmentSchedule]) -> dict[Period, Decimal]:
    """Minimums of all suppliers by month, in order; what a runway has to pay whatever is used."""
    months: dict[Period, Decimal] = {}
    for schedule in schedules:
        for month, amount in schedule.months:
            months[month] = months.get(month, ZERO) + amount
    return dict(sorted(months.items()))


def commitments_above_cash(
    schedules: Iterable[CommitmentSchedule], *, unrestricted_cash: Decimal
) -> str:
    """Red flag when minimums exceed unrestricted cash; empty when they do not.

    Examples
    --------
    >>> due = CommitmentSchedule(
    ...     "a cloud", date(2026, 6, 30), ((month_of(date(2026, 7, 1)), Decimal(8)),))
    >>> commitments_above_cash([due], unrestricted_cash=Decimal(5))
    'minimum commitments of 8.00 exceed unrestricted cash of 5.00'
    """
    total = sum((schedule.total for schedule in schedules), ZERO)
    if total <= unrestricted_cash:
        return ""
    return (
        f"minimum commitments of {total:,.2f} exceed unrestricted cash of {unrestricted_cash:,.2f}"
    )


@dataclass(frozen=True)
class IdleReservation:
    """Reserved capacity against what was used of it, and what the reservation cost.

    ``reserved`` and ``used`` are in one unit (GPU-hours, throughput units), ``cost`` in money.
    """

    reserved: Decimal
    used: Decimal
    cost: Decimal

    def __post_init__(self) -> None:
        if self.reserved <= 0 or self.used < 0:
            raise InputError(
                "A reservation needs a reserved quantity above 0 and a used one from 0; found "
                f"reserved {self.reserved}, used {self.used}."
            )

    @property
    def unused(self) -> Decimal:
        """Quantity nobody used; use beyond the reservation leaves none."""
        return max(ZERO, self.reserved - self.used)

    @property
    def share(self) -> Decimal:
        """Unused share of the reservation, 0 to 1."""
        return self.unused / self.reserved

    @property
    def idle_cost(self) -> Decimal:
        """Cost of the unused part."""
        return self.cost * self.unused / self.reserved

    def flag(self, *, limit: Decimal = IDLE_RESERVATION_LIMIT) -> str:
        """Red flag above the limit; empty at or under it.

        Examples
        --------
        >>> IdleReservation(Decimal(1_000), Decimal(700), Decimal(50)).flag()
        '30.0 % of the reserved capacity is idle (limit 20.0 %)'
        """
        if self.share <= limit:
            return ""
        return (
            f"{format_percent(self.share)} of the reserved capacity is idle "
            f"(limit {format_percent(limit)})"
        )


def _part_of_month(minimum: Decimal, month: Period, first: date, last: date) -> Decimal:
    due = Period(max(month.start, first), min(month.end, last))
    return recognise(minimum, start=month.start, end=month.end, period=due)


def _require_terms(
    supplier: str, amounts: dict[str, Decimal], term_start: date | None, term_end: date
) -> None:
    for name, amount in amounts.items():
        if amount < 0:
            raise InputError(f"{supplier}: {name} must be 0 or more; found {amount}.")
    if term_start is not None and term_end < term_start:
        raise InputError(f"{supplier}: the term ends {term_end}, before it starts {term_start}.")
