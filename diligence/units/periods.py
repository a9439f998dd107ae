"""Accounting periods with a start and an end; never a guess."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from diligence.errors import DiligenceError

_YEAR = re.compile(r"(?:FY|CY)?\s?(\d{4})", re.IGNORECASE)
_HALF = re.compile(r"(?:FY)?(\d{4})\s?-?H([12])|H([12])\s?-?(?:FY)?(\d{4})", re.IGNORECASE)
_QUARTER = re.compile(r"(?:FY)?(\d{4})\s?-?Q([1-4])|Q([1-4])\s?-?(?:FY)?(\d{4})", re.IGNORECASE)
_MONTH = re.compile(r"(\d{4})[-/](\d{1,2})")
_YEAR_TO_DATE = re.compile(r"([1-9]|1[01])M\s?-?(\d{4})|(\d{4})\s?-?([1-9]|1[01])M", re.IGNORECASE)
_NAMED_MONTH = re.compile(r"([A-Za-z]{3,9})\.?[\s\-']*(\d{4}|\d{2})")
_MONTH_NAMES = {
    name.lower(): number
    for names in (calendar.month_name, calendar.month_abbr)
    for number, name in enumerate(names)
    if name
} | {"sept": 9}
PERIOD_FORMS = "2024, FY2024, 2024H1, 2024Q3, 2024-07, Jul 2024 or 9M2025"


class PeriodError(DiligenceError):
    """A text that should name a period or a date does not."""


@dataclass(frozen=True, order=True)
class Period:
    """A stretch of days, both ends included.

    Examples
    --------
    >>> nine_months = parse_period("9M2025")
    >>> nine_months.months, nine_months.label
    (9, '9M2025')
    >>> parse_period("2025").minus(nine_months).label
    '2025Q4'
    """

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise PeriodError(f"period ends {self.end} before it starts {self.start}")

    @property
    def days(self) -> int:
        """Length in days, both ends included."""
        return (self.end - self.start).days + 1

    @property
    def is_whole_months(self) -> bool:
        """True when the period starts on a first and ends on a last day of a month."""
        return self.start.day == 1 and self.end == _last_day(self.end.year, self.end.month)

    @property
    def months(self) -> int:
        """Length in whole months.

        Raises
        ------
        PeriodError
            When the period does not run from a first to a last day of a month.
        """
        if not self.is_whole_months:
            raise PeriodError(f"{self.start}..{self.end} is not a whole number of months")
        return 12 * (self.end.year - self.start.year) + self.end.month - self.start.month + 1

    @property
    def label(self) -> str:
        """Shortest name: 2024, 2024H1, 2024Q3, 2024-07, 9M2025, 12M to 2026-06."""
        year, months = self.start.year, self.months if self.is_whole_months else 0
        if months == 0:
            return f"{self.start}..{self.end}"
        if months == 1:
            return f"{year}-{self.start.month:02d}"
        if months == 3 and self.start.month in (1, 4, 7, 10):
            return f"{year}Q{(self.start.month + 2) // 3}"
        if months == 6 and self.start.month in (1, 7):
            return f"{year}H{1 if self.start.month == 1 else 2}"
        if self.start.month == 1 and months == 12:
            return f"{year}"
        if self.start.month == 1 and months < 12:
            return f"{months}M{year}"
        if months == 12:
            return f"12M to {self.end:%Y-%m}"
        return f"{self.start:%Y-%m}..{self.end:%Y-%m}"

    def contains(self, other: Period) -> bool:
        """True when every day of ``other`` lies in this period."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Period) -> bool:
        """True when the two periods share a day."""
        return self.start <= other.end and other.start <= self.end

    def minus(self, other: Period) -> Period:
        """Return what is left when ``other`` is cut from the start or the end.

        Raises
        ------
        PeriodError
            When ``other`` does not share exactly one end with this period.
        """
        if self.contains(other) and self != other:
            if self.start == other.start:
                return Period(other.end + timedelta(days=1), self.end)
            if self.end == other.end:
                return Period(self.start, other.start - timedelta(days=1))
        raise PeriodError(f"{other.label} cannot be subtracted from {self.label}")

    def split_months(self) -> tuple[Period, ...]:
        """Calendar months of the period, in order.

        Raises
        ------
        PeriodError
            When the period is not a whole number of months.

        Examples
        --------
        >>> [month.label for month in parse_period("2025Q4").split_months()]
        ['2025-10', '2025-11', '2025-12']
        """
        first = month_of(self.start)
        return tuple(first.shifted(count) for count in range(self.months))

    def shifted(self, months: int) -> Period:
        """Return the period of as many whole months that starts ``months`` later.

        Examples
        --------
        >>> parse_period("2025-12").shifted(2).label
        '2026-02'
        """
        first = 12 * self.start.year + self.start.month - 1 + months
        last = first + self.months - 1
        return Period(date(first // 12, first % 12 + 1, 1), _last_day(last // 12, last % 12 + 1))

    def __str__(self) -> str:
        return self.label


def parse_period(text: str, *, fiscal_year_start_month: int = 1) -> Period:
    """Read a period label.

    Parameters
    ----------
    text
        ``2024``, ``FY2024``, ``2024H1``, ``2024Q3``, ``2024-07``, ``Jul 2024``, ``9M2025``.
    fiscal_year_start_month
        1 to 12. With 2, ``FY2026`` runs from February 2025 to January 2026: a fiscal year is
        named after the year in which it ends. Months are calendar months always.

    Raises
    ------
    PeriodError
        When the text is none of these forms.

    Examples
    --------
    >>> parse_period("2025Q4").start
    datetime.date(2025, 10, 1)
    >>> parse_period("FY2026", fiscal_year_start_month=2).end
    datetime.date(2026, 1, 31)
    """
    cleaned = text.strip()
    if match := _YEAR.fullmatch(cleaned):
        return _fiscal_slice(int(match[1]), 0, 12, fiscal_year_start_month)
    if match := _HALF.fullmatch(cleaned):
        year, half = int(match[1] or match[4]), int(match[2] or match[3])
        return _fiscal_slice(year, 6 * (half - 1), 6, fiscal_year_start_month)
    if match := _QUARTER.fullmatch(cleaned):
        year, quarter = int(match[1] or match[4]), int(match[2] or match[3])
        return _fiscal_slice(year, 3 * (quarter - 1), 3, fiscal_year_start_month)
    if match := _YEAR_TO_DATE.fullmatch(cleaned):
        months, year = int(match[1] or match[4]), int(match[2] or match[3])
        return _fiscal_slice(year, 0, months, fiscal_year_start_month)
    if match := _MONTH.fullmatch(cleaned):
        return _calendar_month(int(match[1]), int(match[2]), text)
    if match := _NAMED_MONTH.fullmatch(cleaned):
        month = _MONTH_NAMES.get(match[1].lower())
        if month:
            year = int(match[2]) if len(match[2]) == 4 else 2000 + int(match[2])
            return _calendar_month(year, month, text)
    raise PeriodError(f"{text!r} is not a period such as {PERIOD_FORMS}")


def parse_date(text: str) -> date:
    """Read an ISO date; a date that does not exist is refused.

    Examples
    --------
    >>> parse_date("2025-09-30")
    datetime.date(2025, 9, 30)
    """
    try:
        return date.fromisoformat(text.strip()[:10] if "T" in text else text.strip())
    except ValueError as error:
        raise PeriodError(f"{text!r} is not a date that exists, written 2025-09-30") from error


def smallest_tiling(period: Period, parts: Sequence[Period]) -> tuple[Period, ...]:
    """Return the finest set of parts that covers the period exactly once, or nothing.

    Examples
    --------
    >>> months = [parse_period(f"2025-{m:02d}") for m in range(1, 13)]
    >>> len(smallest_tiling(parse_period("2025Q2"), months))
    3
    """
    inside = sorted({p for p in parts if period.contains(p)}, key=lambda p: (p.start, p.days))
    by_start: dict[date, list[Period]] = {}
    for part in inside:
        by_start.setdefault(part.start, []).append(part)
    # From each day the tiling of what follows, worked out from the end so that no choice of a
    # short part hides a tiling by a longer one.
    tilings: dict[date, tuple[Period, ...]] = {period.end + timedelta(days=1): ()}
    for start in sorted(by_start, reverse=True):
        for part in by_start[start]:
            rest = tilings.get(part.end + timedelta(days=1))
            if rest is not None:
                tilings[start] = (part, *rest)
                break
    return tilings.get(period.start, ())


def month_of(day: date) -> Period:
    """Return the calendar month a day lies in.

    Examples
    --------
    >>> month_of(date(2026, 2, 14)).label
    '2026-02'
    """
    return Period(day.replace(day=1), _last_day(day.year, day.month))


def trailing(end: date, months: int) -> Period:
    """Return the period of whole months that ends on ``end`` (a month's last day)."""
    index = 12 * end.year + end.month - months
    return Period(date(index // 12, index % 12 + 1, 1), end)


def _fiscal_slice(year: int, offset: int, months: int, start_month: int) -> Period:
    first_year = year if start_month == 1 else year - 1
    first = 12 * first_year + start_month - 1 + offset
    last = first + months - 1
    return Period(date(first // 12, first % 12 + 1, 1), _last_day(last // 12, last % 12 + 1))


def _calendar_month(year: int, month: int, text: str) -> Period:
    if not 1 <= month <= 12:
        raise PeriodError(f"{text!r} has no month {month}; months run from 01 to 12")
    return Period(date(year, month, 1), _last_day(year, month))


def _last_day(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])
