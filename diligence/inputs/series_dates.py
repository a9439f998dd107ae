"""Dates of a cost series as analysts write them: days, months, quarters, half-years, years."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from diligence.units import PeriodError, parse_date, parse_period

DATE_WORDS = "a date such as 2025-07-31, 2025-07, 2025Q3 or 2025"
_DECIMAL_YEAR = re.compile(r"[12]\d{3}\.\d+")
_MIDNIGHT = re.compile(r"[T ]00:00(:00(\.0+)?)?(Z|\+00:00)?")
_SLASHED_DAY = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}")
_FORM_BY_MONTHS = {1: "month", 3: "quarter", 6: "half-year", 12: "year"}


@dataclass(frozen=True)
class SeriesDate:
    """One date: its first day, or a year with decimals, and the form it was written in."""

    day: date | None
    year: float
    form: str


def read_series_date(text: str) -> SeriesDate:
    """Read one date of a series.

    Raises
    ------
    PeriodError
        When the text is no such date; the message says what is needed.

    Examples
    --------
    >>> read_series_date("2025Q3")
    SeriesDate(day=datetime.date(2025, 7, 1), year=2025.0, form='quarter')
    >>> read_series_date("2019.0").form, read_series_date("2019.5").form
    ('year', 'decimal year')
    """
    cleaned = _MIDNIGHT.sub("", text.strip())
    if _DECIMAL_YEAR.fullmatch(cleaned):
        year = float(cleaned)
        if not year.is_integer():
            return SeriesDate(None, year, "decimal year")
        cleaned = str(int(year))
    try:
        day = parse_date(cleaned) if len(cleaned) >= 10 else None
    except PeriodError:
        day = None
    if day is not None:
        return SeriesDate(day, float(day.year), "day")
    return _period_start(cleaned, text)


def _period_start(cleaned: str, text: str) -> SeriesDate:
    try:
        period = parse_period(cleaned)
    except (PeriodError, ValueError):
        hint = ""
        if _SLASHED_DAY.fullmatch(cleaned):
            hint = "; day and month cannot be told apart here"
        raise PeriodError(DATE_WORDS + hint) from None
    form = _FORM_BY_MONTHS.get(period.months)
    if form is None:
        raise PeriodError(f"{DATE_WORDS}; {text.strip()} spans {period.months} months")
    return SeriesDate(period.start, float(period.start.year), form)
