"""A checked cost series together with its clock: how far apart the points stand."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from diligence.errors import EstimationError

FloatArray = npt.NDArray[np.float64]
TimeUnit = Literal["months", "days", "years"]

UNITS_PER_YEAR: dict[TimeUnit, float] = {"months": 12.0, "days": 365.25, "years": 1.0}
EVEN_SPACING_TOLERANCE = 0.10


@dataclass(frozen=True)
class CostHistory:
    """Cost over time, checked: present, above zero, dates rising and unique.

    Parameters
    ----------
    cost
        Unit cost or price, any currency unit, indexed as it was given.
    unit
        What one tick is: a calendar month when all points fall on the same day of the month
        (or on month ends), else a day; a year when the index is plain numbers.
    ticks
        Time of each point in that unit.
    """

    cost: pd.Series
    unit: TimeUnit
    ticks: FloatArray

    @property
    def n(self) -> int:
        """Number of points."""
        return len(self.cost)

    @property
    def last_date(self) -> Any:
        """Label of the last point: Timestamp, Period or number."""
        return self.cost.index[-1]

    @property
    def last_value(self) -> float:
        """Last cost."""
        return float(self.cost.iloc[-1])

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed to read the dates."""
        if self.unit == "years":
            return ("The index is plain numbers and was read as years.",)
        return ()

    @property
    def log_cost(self) -> FloatArray:
        """Natural logarithm of the cost."""
        return np.asarray(np.log(self.cost.to_numpy(dtype=float)), dtype=float)

    @property
    def years(self) -> FloatArray:
        """Years since the first point."""
        return np.asarray((self.ticks - self.ticks[0]) / UNITS_PER_YEAR[self.unit], dtype=float)

    @property
    def step(self) -> float:
        """Median spacing in ticks; of an even number of spacings the lower middle one."""
        return float(statistics.median_low(np.diff(self.ticks).tolist()))

    @property
    def step_years(self) -> float:
        """Median spacing in years."""
        return self.step / UNITS_PER_YEAR[self.unit]

    @property
    def evenly_spaced(self) -> bool:
        """Whether every spacing lies within 10 % of the median one."""
        return bool(np.all(np.abs(np.diff(self.ticks) / self.step - 1) <= EVEN_SPACING_TOLERANCE))

    @property
    def spacings_in_steps(self) -> FloatArray:
        """Distance between neighbouring points in steps; all 1 when evenly spaced."""
        if self.evenly_spaced:
            return np.ones(self.n - 1)
        return np.asarray(np.diff(self.ticks) / self.step, dtype=float)

    def dates_ahead(self, horizon: int) -> pd.Index:
        """Continue the index by `horizon` steps of the median spacing."""
        steps: FloatArray = self.step * np.arange(1.0, horizon + 1)
        if self.unit == "years":
            numbers = (self.ticks[-1] + steps).astype(self.cost.index.to_numpy().dtype)
            years_ahead: pd.Index = pd.Index(numbers, name="date")
            return years_ahead
        stamps = _timestamps(self.cost.index)
        if self.unit == "months":
            ahead = _months_ahead(stamps, steps)
        else:
            ahead = pd.DatetimeIndex(stamps[-1] + pd.to_timedelta(steps, unit="D"))
        if isinstance(self.cost.index, pd.PeriodIndex):
            return ahead.to_period(self.cost.index.freqstr).rename("date")
        return ahead.rename("date")


def read_cost_history(cost: pd.Series, *, min_points: int = 4) -> CostHistory:
    """Check a cost series and work out its clock; the series itself is left as it is.

    Parameters
    ----------
    cost
        Unit cost or price, above 0, indexed by dates, periods, or plain numbers read as years.
    min_points
        Fewest points accepted.

    Raises
    ------
    EstimationError
        Too few points; a missing, zero or negative cost; dates that are missing, repeated,
        unsorted or not dates. The message quotes the value and its position.

    Examples
    --------
    >>> months = pd.date_range("2025-01-31", periods=4, freq="ME")
    >>> history = read_cost_history(pd.Series([8.0, 4.0, 2.0, 1.0], index=months))
    >>> history.unit, history.step, history.evenly_spaced
    ('months', 1.0, True)
    """
    if not isinstance(cost, pd.Series):
        raise EstimationError(
            f"cost must be a pandas Series indexed by date, got {type(cost).__name__}. "
            "Build it with pd.Series(values, index=dates)."
        )
    if cost.index.nlevels > 1:
        raise EstimationError(
            f"The index must hold one date per row, got levels {list(cost.index.names)}. "
            "Fit one series at a time, for example cost.xs(name)."
        )
    index = _dated_index(cost.index)
    _require_rising(index, cost)
    values = _positive_values(cost)
    if len(values) < min_points:
        raise EstimationError(
            f"A trajectory needs at least {min_points} points, got {len(values)}: "
            f"{values.tolist()}. Add history, or state a rate as an assumption."
        )
    unit, ticks = _clock(index)
    return CostHistory(pd.Series(values, index=index, name=cost.name), unit, ticks)


def _dated_index(index: pd.Index) -> pd.Index:
    if index.hasnans:
        position = int(np.argmax(index.isna()))
        raise EstimationError(
            f"The date at position {position} of {len(index)} is missing ({index[position]!r}). "
            "Date the row or drop it."
        )
    if isinstance(index, pd.DatetimeIndex):
        return index.tz_localize(None)
    if isinstance(index, pd.PeriodIndex) or _is_number_line(index):
        return index
    if all(isinstance(label, date) for label in index):
        return pd.DatetimeIndex(index)
    raise EstimationError(
        "The index must hold dates, periods or numbers (years); found "
        f"{index[0]!r} at position 0. Convert it with pd.to_datetime(cost.index)."
    )


def _is_number_line(index: pd.Index) -> bool:
    numeric = pd.api.types.is_numeric_dtype(index) and not pd.api.types.is_bool_dtype(index)
    return bool(numeric and np.isfinite(index.to_numpy(dtype=float)).all())


def _require_rising(index: pd.Index, cost: pd.Series) -> None:
    labels = [date_label(item) for item in index]
    for position in range(1, len(labels)):
        before, here = index[position - 1], index[position]
        if here < before:
            raise EstimationError(
                f"Dates must rise: {labels[position]} at position {position} comes after "
                f"{labels[position - 1]}. Sort first with cost.sort_index()."
            )
        if here == before:
            raise EstimationError(
                f"Date {labels[position]} stands twice, at positions {position - 1} and "
                f"{position}, with values {cost.iloc[position - 1]} and {cost.iloc[position]}. "
                "Keep one, or combine them into one cost per date."
            )


def _positive_values(cost: pd.Series) -> FloatArray:
    values = np.array([_as_float(item) for item in cost], dtype=float)
    unusable = ~(np.isfinite(values) & (values > 0))
    if unusable.any():
        position = int(np.argmax(unusable))
        found = cost.iloc[position]
        raise EstimationError(
            f"Cost must be a number above 0 at every date; found {found} at "
            f"{date_label(cost.index[position])}, position {position} of {len(cost)}. "
            f"{_advice(found)}"
        )
    return values


def _advice(found: object) -> str:
    if math.isnan(_as_float(found)):
        return "Drop the date (uneven spacing is allowed) or enter the cost; do not interpolate."
    return "Drop periods without usage, and add credits and refunds back before fitting."


def _as_float(item: Any) -> float:
    try:
        return float(item)
    except (TypeError, ValueError):
        return math.nan


def _clock(index: pd.Index) -> tuple[TimeUnit, FloatArray]:
    if not isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex)):
        return "years", index.to_numpy(dtype=float)
    stamps = _timestamps(index)
    if _on_calendar_grid(stamps):
        return "months", (12 * stamps.year + stamps.month).to_numpy(dtype=float)
    if len(stamps) == 0:
        return "days", np.array([], dtype=float)
    return "days", ((stamps - stamps[0]) / pd.Timedelta(days=1)).to_numpy(dtype=float)


def _timestamps(index: pd.Index) -> pd.DatetimeIndex:
    if isinstance(index, pd.PeriodIndex):
        return index.to_timestamp()
    return pd.DatetimeIndex(index)


def _on_calendar_grid(stamps: pd.DatetimeIndex) -> bool:
    if len(stamps) == 0:
        return False
    months = 12 * stamps.year + stamps.month
    same_day = stamps.day == np.minimum(stamps.day.max(), stamps.days_in_month)
    return bool(months.is_unique and same_day.all())


def _months_ahead(stamps: pd.DatetimeIndex, months: FloatArray) -> pd.DatetimeIndex:
    day = int(stamps.day.max())
    offsets: Sequence[pd.DateOffset] = [pd.DateOffset(months=int(m), day=day) for m in months]
    return pd.DatetimeIndex([stamps[-1] + offset for offset in offsets])


def date_label(item: object) -> str:
    """Write a date without its midnight; periods and numbers as they print.

    Examples
    --------
    >>> date_label(pd.Timestamp("2026-06-30"))
    '2026-06-30'
    """
    if isinstance(item, pd.Timestamp) and item == item.normalize():
        return f"{item:%Y-%m-%d}"
    return str(item)
