"""Dates of forecasts written the way the dates of the history were."""

from __future__ import annotations

import numpy as np
import pandas as pd

FORMS = ("day", "month", "quarter", "half-year", "year", "decimal year")


def write_dates(dates: pd.Index | pd.Series, form: str = "day") -> list[str]:
    """Write dates as days, months, quarters, half-years or years.

    Parameters
    ----------
    dates
        Timestamps (first days of periods), periods, or plain numbers read as years.
    form
        One of ``FORMS``; periods and numbers are written as they print.

    Examples
    --------
    >>> starts = pd.DatetimeIndex(["2025-07-01", "2026-01-01"])
    >>> write_dates(starts, "quarter"), write_dates(starts, "half-year")
    (['2025Q3', '2026Q1'], ['2025H2', '2026H1'])
    >>> write_dates(pd.Index([2026.5, 2027.0]))
    ['2026.5', '2027']
    """
    values = pd.Index(dates)
    if not isinstance(values, pd.DatetimeIndex):
        is_number = pd.api.types.is_float_dtype(values)
        return [f"{value:.8g}" if is_number else str(value) for value in values]
    stamps = values.to_numpy()
    if form in ("day", "month", "year"):
        length = {"day": 10, "month": 7, "year": 4}[form]
        return [str(text)[:length] for text in np.datetime_as_string(stamps)]
    years, months = values.year.to_numpy(), values.month.to_numpy()
    letter, length = ("Q", 3) if form == "quarter" else ("H", 6)
    parts = (months - 1) // length + 1
    return [f"{year}{letter}{part}" for year, part in zip(years, parts, strict=True)]
