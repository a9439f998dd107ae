"""Month-end prices in force, as a tidy table."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from diligence.errors import InputError
from diligence.prices.price_records import PriceRecord, ruling
from diligence.prices.token_price import number

if TYPE_CHECKING:
    from diligence.prices.price_book import PriceBook

COLUMNS = (
    "provider",
    "model",
    "month",
    "usd_per_mtok_input",
    "usd_per_mtok_output",
    "usd_per_mtok_cached_input",
    "effective_date",
    "source",
)


def monthly_prices(
    book: PriceBook, start: date, end: date, *, until: date, first_party: bool
) -> pd.DataFrame:
    """Tidy month-end prices; `PriceBook.monthly` describes them.

    Raises
    ------
    InputError
        If the range ends before it starts.
    """
    if end < start:
        raise InputError(f"the range ends on {end}, before it starts on {start}; swap the days")
    months = pd.period_range(start, end, freq="M")
    ends = [m for m in months if start <= m.end_time.date() <= min(end, until)]
    listings = sorted(
        book.fixed_listings(first_party=first_party), key=lambda x: (x.provider, x.model)
    )
    rows = [row for listing in listings for row in _rows(ruling(book.line(listing), until), ends)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(line: Sequence[PriceRecord], months: Sequence[pd.Period]) -> Iterator[tuple[object, ...]]:
    starts = [record.effective_date for record in line]
    for month in months:
        position = bisect_right(starts, month.end_time.date())
        if position and _has_one_price(line[position - 1]):
            yield _row(line[position - 1], month)


def _has_one_price(record: PriceRecord) -> bool:
    return record.is_priced and not record.hours


def _row(record: PriceRecord, month: pd.Period) -> tuple[object, ...]:
    rates = (record.input, record.output, record.cached_input)
    prices = (number(rate.base if rate else None) for rate in rates)
    return (record.provider, record.model, month, *prices, record.effective_date, record.source)
