"""Forecasts of the series of one table, with a backtest of each, in the shape programs read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from diligence.trajectories.date_forms import write_dates
from diligence.trajectories.forecast_lines import (
    describe_series,
    shared_notes,
    table_of_series,
)

FORECAST_COLUMNS = ("median", "low80", "high80", "low95", "high95")
SCORE_COLUMNS = ("coverage80", "coverage95", "crps", "bias_log")
DETAILED_SERIES = 3


@dataclass(frozen=True)
class SeriesForecasts:
    """Pace, forecast and backtest of every series of a table.

    Parameters
    ----------
    estimates
        One row a fitted series, indexed by ``series``: ``method``, ``curve``, ``n``,
        ``decline_per_year`` (share of cost removed a year) with ``low90`` and ``high90``, and
        ``half_life_months`` (missing when cost does not fall).
    forecasts
        `horizon` rows a fitted series in the same order: ``series``, ``date`` as written,
        ``median``, ``low80``, ``high80``, ``low95``, ``high95`` in the unit of the series.
    backtests
        One row a fitted series: ``n`` forecasts, ``coverage80``, ``coverage95``, ``crps`` and
        ``bias_log`` of log cost; missing where n is 0.
    notes
        What a reader has to know, by series.
    errors
        Why a series could not be fitted, by name.
    names
        All series in the order of the table.
    horizon
        Steps ahead; a step is the median spacing of the series.
    """

    estimates: pd.DataFrame = field(repr=False, compare=False)
    forecasts: pd.DataFrame = field(repr=False, compare=False)
    backtests: pd.DataFrame = field(repr=False, compare=False)
    notes: Mapping[str, tuple[str, ...]] = field(repr=False)
    errors: Mapping[str, str]
    names: tuple[str, ...]
    horizon: int

    def to_frame(self) -> pd.DataFrame:
        """All forecasts, one row a series and step."""
        return self.forecasts.copy()

    def to_json(self) -> list[dict[str, Any]]:
        """One plain entry a series; what is not known is None.

        A series that could not be fitted has its name and ``error`` only.
        """
        fitted = {entry["series"]: entry for entry in self._entries()}
        return [
            fitted.get(name) or {"series": name, "error": self.errors[name]} for name in self.names
        ]

    def summary(self) -> str:
        """Every series in plain lines; one line each when there are more than three."""
        failed = [f"Not fitted: {name}: {why}" for name, why in self.errors.items()]
        if len(self.estimates) <= DETAILED_SERIES:
            names = enumerate(map(str, self.estimates.index))
            blocks = [describe_series(name, self._one(place, name)) for place, name in names]
            return "\n\n".join([*blocks, *failed])
        title = f"{self._curves()}, {self.horizon} steps of each series' spacing ahead"
        table = table_of_series(self._at_horizon())
        return "\n".join([title, table, *shared_notes(self.notes), *failed])

    def _repr_html_(self) -> str:
        failed = "".join(
            f"<li>{escape(f'{name}: {why}')}</li>" for name, why in self.errors.items()
        )
        return f"<pre>{escape(table_of_series(self._at_horizon()))}</pre><ul>{failed}</ul>"

    def _one(self, place: int, name: str) -> dict[str, Any]:
        rows = self.forecasts.iloc[place * self.horizon : (place + 1) * self.horizon]
        return {
            "estimate": self.estimates.iloc[place],
            "forecast": rows,
            "backtest": self.backtests.iloc[place],
            "notes": self.notes.get(name, ()),
        }

    def _curves(self) -> str:
        curves = self.estimates["curve"].unique()
        return str(curves[0]) if len(curves) == 1 else "Several curves"

    def _at_horizon(self) -> pd.DataFrame:
        last = self.forecasts.iloc[self.horizon - 1 :: self.horizon].set_index("series")
        scored = self.backtests.add_prefix("backtest_")
        return pd.concat([self.estimates, last, scored], axis=1)

    def _entries(self) -> list[dict[str, Any]]:
        estimates = {name: _plain(self.estimates[name]) for name in self.estimates}
        scores = {name: _plain(self.backtests[name]) for name in ("n", *SCORE_COLUMNS)}
        steps = self._steps()
        return [
            {
                "series": name,
                "method": estimates["method"][place],
                "curve": estimates["curve"][place],
                "n": estimates["n"][place],
                "decline_per_year": {
                    "estimate": estimates["decline_per_year"][place],
                    "low90": estimates["low90"][place],
                    "high90": estimates["high90"][place],
                },
                "half_life_months": estimates["half_life_months"][place],
                "forecast": steps[place * self.horizon : (place + 1) * self.horizon],
                "backtest": {column: values[place] for column, values in scores.items()},
                "notes": list(self.notes.get(name, ())),
            }
            for place, name in enumerate(self.estimates.index)
        ]

    def _steps(self) -> list[dict[str, Any]]:
        keys = ("date", *FORECAST_COLUMNS)
        columns = (_plain(self.forecasts[key]) for key in keys)
        return [dict(zip(keys, row, strict=True)) for row in zip(*columns, strict=True)]


def written_dates(dates: pd.Index, forms: pd.Series | None, horizon: int) -> list[str]:
    """Write `horizon` dates a series in the form of each series, in order."""
    if forms is None:
        return write_dates(dates)
    each = np.repeat(forms.to_numpy(dtype=object), horizon)
    texts = np.empty(len(dates), dtype=object)
    for form in pd.unique(each):
        texts[each == form] = write_dates(dates[each == form], str(form))
    return list(texts)


def series_names(costs: pd.DataFrame) -> tuple[str, ...]:
    """Names of all series of a table in its order."""
    return tuple(map(str, pd.unique(costs["series"])))


def date_forms(costs: pd.DataFrame, names: Sequence[str]) -> pd.Series | None:
    """How each of the series writes its dates; None when the table does not say."""
    if "form" not in costs.columns:
        return None
    first = costs.drop_duplicates("series").set_index("series")["form"]
    return first.set_axis(first.index.map(str)).reindex(list(names))


def _plain(column: pd.Series) -> list[Any]:
    """Python values; a number that is not finite is None, and no zero carries a sign."""
    if not pd.api.types.is_float_dtype(column):
        return column.tolist()
    values = column.to_numpy(dtype=float) + 0.0
    if np.isfinite(values).all():
        return list(values.tolist())
    return [value if math.isfinite(value) else None for value in values.tolist()]
