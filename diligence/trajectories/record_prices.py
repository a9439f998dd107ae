"""Record prices: the new lows of a dated price list, and the dates of every other offer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from diligence.errors import EstimationError
from diligence.trajectories.cost_history import CostHistory, date_label, read_cost_history

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MIN_RECORDS = 2
MIN_OFFERS = 5


@dataclass(frozen=True, eq=False)
class RecordSample:
    """Every offer on one clock: records with their price, the others with their date alone.

    Parameters
    ----------
    history
        Lowest price so far at each date with an offer.
    years
        Date of every offer in years since the first; several offers may share a date.
    is_record
        Which offers are the new lows.
    log_standing
        Logarithm of the lowest price so far, at the end of each offer's date.
    """

    history: CostHistory
    years: FloatArray
    is_record: BoolArray
    log_standing: FloatArray

    @property
    def span_years(self) -> float:
        """Years from the first to the last offer."""
        return float(self.years[-1])

    @property
    def records(self) -> int:
        """Number of new lows."""
        return int(self.is_record.sum())

    @property
    def offers(self) -> int:
        """Number of offers, new lows among them."""
        return len(self.years)


def record_prices(prices: pd.Series) -> pd.Series:
    """Keep the prices that were new lows on their date.

    Parameters
    ----------
    prices
        Price of each offer, above 0, indexed by dates, periods, or plain numbers read as years;
        several offers may share a date, of which the lowest counts.

    Returns
    -------
    pandas.Series
        The first price and every later one strictly below all before it, in date order.

    Raises
    ------
    EstimationError
        A price is missing, zero or negative, or a date is missing or not a date.

    Examples
    --------
    >>> record_prices(pd.Series([30.0, 10.0, 60.0, 2.0], index=[2023.0, 2023.5, 2024.0, 2024.5]))
    2023.0    30.0
    2023.5    10.0
    2024.5     2.0
    dtype: float64

    The 60 is gone: a line through what is left is steeper than the market, because at each date
    only the luckiest offer is seen.
    """
    lowest = prices.groupby(level=0).min() if isinstance(prices, pd.Series) else prices
    history = read_cost_history(lowest, min_points=1)
    lows = history.cost.cummin()
    return history.cost[lows < lows.shift(fill_value=np.inf)]


def read_record_sample(records: pd.Series, offer_dates: Iterable[Any]) -> RecordSample:
    """Check records and offer dates and put them on one clock.

    Parameters
    ----------
    records
        Record prices, strictly falling, indexed by date.
    offer_dates
        Dates of the offers; those of the records may be among them, and a date on which several
        offers came stands several times.

    Raises
    ------
    EstimationError
        The records do not fall, fewer than 2 records or 5 offers, an offer before the first
        record, or dates of another kind than the records'.
    """
    checked = read_cost_history(records, min_points=1)
    _require_falling(checked)
    dates = _every_date(checked, offer_dates)
    _require_enough(checked, dates)
    standing = checked.cost.reindex(dates.unique()).ffill()
    history = read_cost_history(standing, min_points=1)
    offers_a_date = dates.value_counts().reindex(standing.index).to_numpy()
    first_of_date = np.r_[True, np.asarray(dates[1:] > dates[:-1])]
    return RecordSample(
        history=history,
        years=np.repeat(history.years, offers_a_date),
        is_record=first_of_date & dates.isin(checked.cost.index),
        log_standing=np.repeat(history.log_cost, offers_a_date),
    )


def _every_date(history: CostHistory, offer_dates: Iterable[Any]) -> pd.Index:
    """Offer dates with the record dates among them, each of these at least once."""
    index = history.cost.index
    offers = pd.Index(list(offer_dates))
    if offers.hasnans:
        position = int(np.argmax(offers.isna()))
        raise EstimationError(
            f"The offer date at position {position} of {len(offers)} is missing. Date it or drop "
            "it; a dropped offer makes the decline look steeper than it was."
        )
    try:
        offers = _same_kind(offers, index)
    except (TypeError, ValueError) as error:
        raise EstimationError(
            f"Offer dates must be of the records' kind ({date_label(index[0])!r}); found "
            f"{offers[0]!r}. Convert both with pd.to_datetime."
        ) from error
    unlisted = index[~index.isin(offers)]
    every: pd.Index = offers.append(unlisted).sort_values() if len(offers) else index
    return every


def _same_kind(offers: pd.Index, index: pd.Index) -> pd.Index:
    if isinstance(index, pd.DatetimeIndex):
        if pd.api.types.is_numeric_dtype(offers):
            raise TypeError
        return pd.DatetimeIndex(offers).tz_localize(None).as_unit(index.unit)
    if isinstance(index, pd.PeriodIndex):
        return pd.PeriodIndex(offers, freq=index.freqstr)
    numbers: pd.Index = pd.Index(offers.to_numpy(dtype=float))
    return numbers


def _require_falling(history: CostHistory) -> None:
    rises = np.flatnonzero(np.diff(history.log_cost) >= 0)
    if len(rises):
        position = int(rises[0]) + 1
        before, here = history.cost.iloc[position - 1], history.cost.iloc[position]
        raise EstimationError(
            f"Record prices must fall: {here:g} at {date_label(history.cost.index[position])} is "
            f"not below {before:g} before it. Keep the new lows with record_prices(prices)."
        )


def _require_enough(history: CostHistory, dates: pd.Index) -> None:
    if dates[0] < history.cost.index[0]:
        raise EstimationError(
            f"The first offer, {date_label(dates[0])}, comes before the first record, "
            f"{date_label(history.cost.index[0])}; the first offer is always a record. Add its "
            "price to the records, or drop the offers before them."
        )
    if history.n < MIN_RECORDS:
        raise EstimationError(
            f"Among {len(dates)} offers no price went below the first, {history.last_value:g} at "
            f"{date_label(history.last_date)}: one record says nothing about the pace. Use all "
            "prices with fit_log_trend, or a longer history."
        )
    if len(dates) < MIN_OFFERS:
        raise EstimationError(
            f"A record-aware rate needs at least {MIN_OFFERS} offers, got {len(dates)}. List the "
            "dates of every offer that met the same bar, not of the cheapest ones alone."
        )
