"""Months of the sample deals: eighteen booked ones and the one before, which late bookings need."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

MONTHS = tuple(
    [(2024, 12)] + [(2025, month) for month in range(1, 13)] + [(2026, m) for m in range(1, 7)]
)
LABELS = tuple(f"{year}-{month:02d}" for year, month in MONTHS)
BOOKED = range(1, len(MONTHS))
LAST_TWELVE = range(len(MONTHS) - 12, len(MONTHS))


def index_of(label: str) -> int:
    """Place of a month such as ``2026-02``."""
    return LABELS.index(label)


def days_in(month: int) -> int:
    """Number of days of a month."""
    return calendar.monthrange(*MONTHS[month])[1]


def day_of(month: int, day: int) -> date:
    """A day of a month, counted from 1."""
    return date(*MONTHS[month], day)


def first_day(month: int) -> date:
    """First day of a month."""
    return day_of(month, 1)


def last_day(month: int) -> date:
    """Last day of a month."""
    return day_of(month, days_in(month))


def month_after(month: int) -> date:
    """First day of the following month."""
    return last_day(month) + timedelta(days=1)


def month_name(month: int) -> str:
    """Name as an invoice writes it, such as ``June 2026``."""
    year, number = MONTHS[month]
    return f"{calendar.month_name[number]} {year}"
