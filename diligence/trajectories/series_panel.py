"""Many cost series in one table, checked, with the clock of each: the plural of a cost history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from diligence.errors import EstimationError
from diligence.trajectories.cost_history import (
    EVEN_SPACING_TOLERANCE,
    UNITS_PER_YEAR,
    FloatArray,
    read_cost_history,
)

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

PANEL_COLUMNS = ("series", "date", "cost")
FEWEST_POINTS = 4
LAST_YEAR = 9999
_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class SeriesPanel:
    """Checked series one after another, the rows of each in order of date.

    Parameters
    ----------
    names
        Series that can be fitted, in the order of the table.
    starts
        First row of each series.
    lengths
        Points of each series.
    dates
        Date of each row: ``datetime64``, or plain numbers read as years.
    cost
        Unit cost or price of each row, above 0.
    errors
        Why a series was left out, by name.
    freq
        Frequency of the periods that the dates were given as; empty when they were not.
    """

    names: npt.NDArray[np.object_]
    starts: IntArray
    lengths: IntArray
    dates: npt.NDArray[Any] = field(repr=False)
    cost: FloatArray = field(repr=False)
    errors: Mapping[str, str]
    freq: str = ""

    @property
    def ends(self) -> IntArray:
        """Last row of each series."""
        return np.asarray(self.starts + self.lengths - 1)

    def series(self, place: int) -> pd.Series:
        """One series on its own, as ``fit_random_walk`` takes it."""
        rows = slice(self.starts[place], self.starts[place] + self.lengths[place])
        dates = pd.Index(self.dates[rows])
        if self.freq:
            dates = pd.PeriodIndex(dates, freq=self.freq)
        return pd.Series(self.cost[rows], index=dates)

    def first(self, points: int, *, of: IntArray) -> SeriesPanel:
        """Only the first `points` of the series at the positions `of`."""
        rows = (self.starts[of][:, None] + np.arange(points)).ravel()
        return SeriesPanel(
            names=self.names[of],
            starts=np.arange(len(of)) * points,
            lengths=np.full(len(of), points),
            dates=self.dates[rows],
            cost=self.cost[rows],
            errors={},
            freq=self.freq,
        )


@dataclass(frozen=True)
class PanelClock:
    """Time of every row and the step of every series, as `CostHistory` counts them.

    Parameters
    ----------
    in_months
        Whether the ticks of a series are calendar months.
    units_per_year
        Ticks a year: 12 months, 365.25 days or 1 year, a series.
    ticks
        Time of each row; counts from the series' first point when the ticks are days.
    spacings
        Ticks between neighbouring points, series after series.
    spacing_starts
        First spacing of each series.
    step
        Median spacing in ticks, the lower middle one of an even number.
    even
        Whether all spacings of a series lie within 10 % of its step.
    """

    in_months: BoolArray
    units_per_year: FloatArray
    ticks: FloatArray = field(repr=False)
    spacings: FloatArray = field(repr=False)
    spacing_starts: IntArray = field(repr=False)
    step: FloatArray
    even: BoolArray

    @property
    def step_years(self) -> FloatArray:
        """Median spacing in years."""
        return np.asarray(self.step / self.units_per_year)


def read_series_panel(costs: pd.DataFrame, *, min_points: int = FEWEST_POINTS) -> SeriesPanel:
    """Check a table of many series; a series that cannot be used is named, the others go on.

    Parameters
    ----------
    costs
        Columns ``series``, ``date`` (dates, periods, or numbers read as years) and ``cost``,
        rows in any order.
    min_points
        Fewest points accepted.

    Raises
    ------
    EstimationError
        A column is missing, or the dates are neither dates, periods nor numbers.

    Examples
    --------
    >>> costs = pd.DataFrame({"series": "a", "date": range(4), "cost": [8.0, 4.0, 2.0, 0.0]})
    >>> read_series_panel(costs).errors["a"][:60]
    'Cost must be a number above 0 at every date; found 0.0 at 3,'
    """
    missing = [name for name in PANEL_COLUMNS if name not in costs.columns]
    if missing:
        raise EstimationError(
            f"The table lacks {', '.join(missing)}; it has {', '.join(map(str, costs.columns))}. "
            "It needs the columns series, date and cost."
        )
    dates, freq = _plain_dates(costs["date"])
    codes, labels = pd.factorize(costs["series"], use_na_sentinel=False)
    order = np.lexsort((dates, codes)) if len(costs) else np.zeros(0, dtype=np.int64)
    codes, dates = codes[order], dates[order]
    cost = pd.to_numeric(costs["cost"], errors="coerce").to_numpy(dtype=float)[order]
    starts, lengths = _runs(codes)
    usable = _usable(dates, cost, starts, lengths, min_points)
    names = np.array([str(label) for label in labels], dtype=object)[codes[starts]]
    errors = {
        name: _reason(costs.iloc[order[start : start + length]], min_points)
        for name, start, length in zip(
            names[~usable], starts[~usable], lengths[~usable], strict=True
        )
    }
    kept = np.repeat(usable, lengths)
    lengths = lengths[usable]
    starts = np.concatenate([[0], np.cumsum(lengths)])[:-1].astype(np.int64)
    return SeriesPanel(names[usable], starts, lengths, dates[kept], cost[kept], errors, freq)


def panel_clock(panel: SeriesPanel) -> PanelClock:
    """Work out ticks, step and evenness of every series at once."""
    in_months, ticks = _ticks(panel)
    is_first = np.zeros(len(ticks), dtype=bool)
    is_first[panel.starts] = True
    spacings = np.diff(ticks)[~is_first[1:]]
    spacing_starts = panel.starts - np.arange(len(panel.starts))
    step = _lower_medians(spacings, spacing_starts, panel.lengths - 1)
    uneven = np.abs(spacings / np.repeat(step, panel.lengths - 1) - 1) > EVEN_SPACING_TOLERANCE
    on_calendar = np.issubdtype(panel.dates.dtype, np.datetime64)
    per_year = np.where(in_months, UNITS_PER_YEAR["months"], UNITS_PER_YEAR["days"])
    return PanelClock(
        in_months=in_months,
        units_per_year=per_year if on_calendar else np.full(len(in_months), 1.0),
        ticks=ticks,
        spacings=spacings,
        spacing_starts=spacing_starts,
        step=step,
        even=~np.logical_or.reduceat(uneven, spacing_starts) if len(step) else np.zeros(0, bool),
    )


def dates_ahead(panel: SeriesPanel, clock: PanelClock, horizon: int) -> pd.Index:
    """Continue the dates of every series by `horizon` steps; all steps of a series together.

    Raises
    ------
    EstimationError
        A date would lie beyond the year 9999.
    """
    steps = clock.step[:, None] * np.arange(1.0, horizon + 1)
    last = panel.dates[panel.ends]
    if not np.issubdtype(panel.dates.dtype, np.datetime64):
        numbers: pd.Index = pd.Index((last[:, None] + steps).astype(panel.dates.dtype).ravel())
        return numbers
    by_days = last[:, None] + (steps * 86_400e6).round().astype("timedelta64[us]")
    ahead = pd.DatetimeIndex(
        np.where(clock.in_months[:, None], _months_ahead(panel, steps), by_days).ravel()
    )
    if (ahead.year > LAST_YEAR).any():
        raise EstimationError(
            f"The forecast reaches beyond the year {LAST_YEAR}; take a shorter horizon, or look "
            "for a mistyped year among the dates."
        )
    if not panel.freq:
        return ahead
    return ahead.to_period(panel.freq)


def _plain_dates(column: pd.Series) -> tuple[npt.NDArray[Any], str]:
    index = pd.Index(column)
    if isinstance(index, pd.PeriodIndex):
        return index.to_timestamp().to_numpy().astype("datetime64[us]"), index.freqstr
    if index.dtype == object:
        index = pd.Index(index.tolist())
    if pd.api.types.is_numeric_dtype(index) and not pd.api.types.is_bool_dtype(index):
        return index.to_numpy(), ""
    try:
        stamps = pd.DatetimeIndex(index)
    except (TypeError, ValueError) as error:
        raise EstimationError(
            f"The dates must be dates, periods or numbers (years); found {column.iloc[0]!r} first. "
            "Convert them with pd.to_datetime."
        ) from error
    return stamps.tz_localize(None).to_numpy().astype("datetime64[us]"), ""


def _runs(codes: IntArray) -> tuple[IntArray, IntArray]:
    starts = np.flatnonzero(np.diff(codes, prepend=-1)).astype(np.int64)
    return starts, np.diff(starts, append=len(codes)).astype(np.int64)


def _usable(
    dates: npt.NDArray[Any], cost: FloatArray, starts: IntArray, lengths: IntArray, fewest: int
) -> BoolArray:
    if not len(starts):
        return np.zeros(0, dtype=bool)
    undated = np.isnat(dates) if dates.dtype.kind == "M" else ~np.isfinite(dates.astype(float))
    repeated = np.concatenate([[False], dates[1:] == dates[:-1]])
    repeated[starts] = False
    faulty = ~(np.isfinite(cost) & (cost > 0)) | undated | repeated
    return np.asarray(~np.logical_or.reduceat(faulty, starts) & (lengths >= fewest))


def _reason(rows: pd.DataFrame, min_points: int) -> str:
    cost = pd.Series(rows["cost"].to_numpy(), index=pd.Index(rows["date"]))
    try:
        read_cost_history(cost, min_points=min_points)
    except EstimationError as error:
        return str(error)
    return "Each row needs a date of its own and a cost that is a number above 0."


def _ticks(panel: SeriesPanel) -> tuple[BoolArray, FloatArray]:
    if panel.dates.dtype.kind != "M":
        return np.zeros(len(panel.starts), dtype=bool), panel.dates.astype(float)
    if not len(panel.starts):
        return np.zeros(0, dtype=bool), np.zeros(0)
    month = panel.dates.astype("datetime64[M]")
    days_in_month = ((month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")) / _DAY
    day = (panel.dates.astype("datetime64[D]") - month.astype("datetime64[D]")) / _DAY + 1
    latest_day = np.repeat(np.maximum.reduceat(day, panel.starts), panel.lengths)
    off_grid = day != np.minimum(latest_day, days_in_month)
    same_month = np.concatenate([[False], month[1:] == month[:-1]])
    same_month[panel.starts] = False
    in_months = ~np.logical_or.reduceat(off_grid | same_month, panel.starts)
    months = month.astype(np.int64) + 12.0 * 1970 + 1
    first = np.repeat(panel.dates[panel.starts], panel.lengths)
    days = (panel.dates - first) / _DAY
    return in_months, np.where(np.repeat(in_months, panel.lengths), months, days)


def _lower_medians(values: FloatArray, starts: IntArray, lengths: IntArray) -> FloatArray:
    group = np.repeat(np.arange(len(starts)), lengths)
    ordered = values[np.lexsort((values, group))]
    return np.asarray(ordered[starts + (lengths - 1) // 2])


def _months_ahead(panel: SeriesPanel, steps: FloatArray) -> npt.NDArray[Any]:
    month = panel.dates.astype("datetime64[M]")
    day = (panel.dates.astype("datetime64[D]") - month.astype("datetime64[D]")) / _DAY
    latest_day = np.maximum.reduceat(day, panel.starts)[:, None]
    target = month[panel.ends][:, None] + steps.astype(np.int64).astype("timedelta64[M]")
    first = target.astype("datetime64[D]")
    longest = ((target + 1).astype("datetime64[D]") - first) / _DAY - 1
    days = np.minimum(latest_day, longest).astype(np.int64)
    clock_time = panel.dates[panel.ends] - panel.dates[panel.ends].astype("datetime64[D]")
    ahead = (first + days.astype("timedelta64[D]")).astype("datetime64[us]")
    return np.asarray(ahead + clock_time[:, None])
