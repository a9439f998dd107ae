"""Prices with their dates and qualities, checked: what a hedonic regression is fitted to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from diligence.errors import EstimationError
from diligence.trajectories.cost_history import UNITS_PER_YEAR, FloatArray, date_label

SPARE_ROWS = 3
IMPLIED_R2 = 1 - 1e-9
LARGEST_LEVERAGE = 1 - 1e-9
DATE_TERM = "year"


@dataclass(frozen=True)
class QualityTable:
    """Log prices with the design matrix behind them.

    Parameters
    ----------
    log_price
        Natural logarithm of each price.
    years
        Years since the latest date in the table, 0 or below.
    quality
        One column per characteristic.
    characteristics
        Their names.
    clusters
        Group of each row, or None.
    last_date
        Latest date.
    notes
        What was left out or assumed.
    """

    log_price: FloatArray
    years: FloatArray
    quality: FloatArray
    characteristics: tuple[str, ...]
    clusters: tuple[Any, ...] | None
    last_date: Any
    notes: tuple[str, ...]

    @property
    def n(self) -> int:
        """Rows."""
        return len(self.log_price)

    @property
    def terms(self) -> list[str]:
        """Names of the columns of the design."""
        return ["constant", DATE_TERM, *self.characteristics]

    @property
    def design(self) -> FloatArray:
        """Constant, years, characteristics."""
        return np.column_stack([np.ones(self.n), self.years, self.quality])

    @property
    def variance_inflation(self) -> tuple[float, ...]:
        """How much each term's variance grows because the others imply it; 1 is not at all."""
        design = self.design
        return tuple(
            1 / (1 - _implied_share(design, column)) for column in range(1, design.shape[1])
        )

    @property
    def leverage(self) -> FloatArray:
        """Pull of each row on its own fitted price; at 1 the row alone decides a term."""
        basis, _ = np.linalg.qr(self.design)
        return np.asarray((basis**2).sum(axis=1))

    def quality_row(self, characteristics: Mapping[str, float] | None) -> FloatArray:
        """Qualities in the order of the design; the mean of the table when None.

        Raises
        ------
        EstimationError
            A quality is missing, unknown or not a number.
        """
        if characteristics is None:
            return np.asarray(self.quality.mean(axis=0))
        if set(characteristics) != set(self.characteristics):
            raise EstimationError(
                f"State the qualities {sorted(self.characteristics)}, each once; got "
                f"{sorted(characteristics)}."
            )
        row = np.array([float(characteristics[name]) for name in self.characteristics])
        if not np.isfinite(row).all():
            raise EstimationError(f"Every quality must be a number, got {dict(characteristics)}.")
        return row


def read_quality_table(
    prices: pd.DataFrame,
    *,
    price: str,
    date: str,
    characteristics: Sequence[str],
    cluster: str | None = None,
) -> QualityTable:
    """Check a table of prices and lay out its regression.

    Parameters
    ----------
    prices
        One row per price.
    price, date, characteristics, cluster
        Columns; see ``fit_hedonic_trend``.

    Raises
    ------
    EstimationError
        The table cannot be used; the message quotes row and value.

    Examples
    --------
    >>> rows = {"date": [2023, 2024, 2024, 2025, 2025], "score": [5, 7, 5, 9, 6],
    ...         "price": [8.0, 6.0, 4.0, 5.0, 2.5]}
    >>> table = read_quality_table(
    ...     pd.DataFrame(rows), price="price", date="date", characteristics=["score"])
    >>> [round(inflation, 2) for inflation in table.variance_inflation]
    [1.7, 1.7]

    Later models score higher, which makes the variance of the pace of price 1.7 times as large.
    """
    _require_columns(prices, [price, date, *characteristics, *([cluster] if cluster else [])])
    if cluster:
        _refuse(prices, cluster, prices[cluster].isna(), "must be present")
    years, last_date = _years(prices, date)
    quality = [_numbers(prices, name) for name in characteristics]
    table = QualityTable(
        log_price=np.asarray(np.log(_prices(prices, price)), dtype=float),
        years=years,
        quality=np.array(quality).reshape(len(quality), len(prices)).T,
        characteristics=tuple(characteristics),
        clusters=tuple(prices[cluster]) if cluster else None,
        last_date=last_date,
        notes=(),
    )
    _require_identified(table)
    return table


def _require_columns(prices: pd.DataFrame, columns: Sequence[str]) -> None:
    absent = [column for column in columns if column not in prices.columns]
    if absent:
        raise EstimationError(
            f"The table has no column {absent[0]!r}; it has {prices.columns.tolist()}."
        )
    twice = sorted({column for column in columns if list(columns).count(column) > 1})
    if twice:
        raise EstimationError(f"Column {twice[0]!r} was named twice; name each column once.")


def _years(prices: pd.DataFrame, date: str) -> tuple[FloatArray, Any]:
    dates = prices[date]
    if pd.api.types.is_numeric_dtype(dates):
        numbers = _numbers(prices, date)
        return np.asarray(numbers - numbers.max(), dtype=float), float(numbers.max())
    stamps = pd.to_datetime(dates, errors="coerce", format="ISO8601")
    _refuse(prices, date, stamps.isna(), "must be a date, such as 2026-06-30")
    days = (stamps - stamps.max()) / pd.Timedelta(days=1)
    years = days.to_numpy(dtype=float) / UNITS_PER_YEAR["days"]
    return np.asarray(years, dtype=float), date_label(stamps.max())


def _prices(prices: pd.DataFrame, price: str) -> FloatArray:
    values = _numbers(prices, price)
    _refuse(prices, price, values <= 0, "must be above 0")
    return values


def _numbers(prices: pd.DataFrame, column: str) -> FloatArray:
    values = pd.to_numeric(prices[column], errors="coerce").to_numpy(dtype=float)
    _refuse(prices, column, ~np.isfinite(values), "must be a number")
    return np.asarray(values, dtype=float)


def _refuse(prices: pd.DataFrame, column: str, unusable: Any, rule: str) -> None:
    flags = np.asarray(unusable, dtype=bool)
    if flags.any():
        position = int(np.argmax(flags))
        raise EstimationError(
            f"Column {column!r} {rule} in every row; found {prices[column].iloc[position]} in "
            f"row {position + 1} of {len(prices)}. Correct or drop the row."
        )


def _require_identified(table: QualityTable) -> None:
    needed = len(table.terms) + SPARE_ROWS - 1
    if table.n < needed:
        raise EstimationError(
            f"{len(table.terms)} terms need at least {needed} prices, got {table.n}. Add prices "
            "or drop a characteristic."
        )
    design = table.design
    for column, term in enumerate(table.terms[1:], start=1):
        if np.ptp(design[:, column]) == 0:
            what = "All prices carry one date" if term == DATE_TERM else f"{term!r} never varies"
            raise EstimationError(
                f"{what} ({design[0, column]:g}), so its effect cannot be estimated. Drop the "
                "characteristic, or add prices that differ in it."
            )
        if _implied_share(design, column) > IMPLIED_R2:
            raise EstimationError(
                f"{term!r} follows from the other terms {_others(table.terms, term)} without "
                "error, so their effects cannot be told apart. Drop one of them."
            )

    if table.leverage.max() > LARGEST_LEVERAGE:
        row = int(np.argmax(table.leverage)) + 1
        raise EstimationError(
            f"Row {row} of {table.n} alone decides a term (it is the only one of its kind), so "
            "no error can be given. Drop the row or the characteristic."
        )


def _others(terms: Sequence[str], term: str) -> list[str]:
    return [other for other in terms if other not in (term, "constant")]


def _implied_share(design: FloatArray, column: int) -> float:
    target = design[:, column] - design[:, column].mean()
    others = np.delete(design, [0, column], axis=1)
    others = others - others.mean(axis=0)
    scatter = float(target @ target)
    if not math.isfinite(scatter) or scatter == 0 or others.shape[1] == 0:
        return 0.0
    spread = np.sqrt((others**2).sum(axis=0))
    others = others / np.where(spread > 0, spread, 1.0)
    coefficients, *_ = np.linalg.lstsq(others, target, rcond=None)
    left = target - others @ coefficients
    return 1 - float(left @ left) / scatter
