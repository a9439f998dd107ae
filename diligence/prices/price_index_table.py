"""Observed prices as a table of periods by items, checked once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diligence.errors import EstimationError
from diligence.prices.price_index_formulas import Comparison, Formula
from diligence.units import Period

if TYPE_CHECKING:
    import pandas as pd

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class PriceTable:
    """Prices, and quantities where known, by period (rows) and item (columns).

    A price that was not observed is NaN; nothing is filled in.
    """

    periods: tuple[Any, ...]
    items: tuple[Any, ...]
    price: Matrix = field(repr=False, compare=False)
    quantity: Matrix | None = field(repr=False, compare=False)

    def n_items(self, period: int) -> int:
        """Items priced in a period."""
        return int(np.isfinite(self.price[period]).sum())

    def n_matched(self, base: int, period: int) -> int:
        """Items priced in both periods."""
        return int(self._in_both(base, period).sum())

    def relative(self, formula: Formula, base: int, period: int) -> float | None:
        """Price level of `period` against `base`; None when no item is priced in both.

        Raises
        ------
        EstimationError
            The matched items carry no quantity, so there is nothing to weigh them by.
        """
        if base == period:
            return 1.0
        both = self._in_both(base, period)
        if not both.any():
            return None
        with np.errstate(divide="ignore", invalid="ignore"):
            value = formula(self._comparison(both, base, period))
        if np.isfinite(value) and value > 0:
            return value
        raise EstimationError(
            f"The {int(both.sum())} items priced in both {period_label(self.periods[base])} and "
            f"{period_label(self.periods[period])} were bought in neither or only one of them "
            "(quantity 0), so they carry no weight. Leave these periods out, or use the unweighted "
            "method 'jevons'."
        )

    def _in_both(self, base: int, period: int) -> NDArray[np.bool_]:
        both: NDArray[np.bool_] = np.logical_and(*np.isfinite(self.price[[base, period]]))
        return both

    def _comparison(self, both: NDArray[np.bool_], base: int, period: int) -> Comparison:
        known = np.ones_like(self.price) if self.quantity is None else self.quantity
        return Comparison(
            base_price=self.price[base, both],
            price=self.price[period, both],
            base_quantity=known[base, both],
            quantity=known[period, both],
        )


def read_price_table(observations: pd.DataFrame, *, weighted: bool) -> PriceTable:
    """Check a tidy frame of prices and turn it into a table.

    Parameters
    ----------
    observations
        One row per period and item: ``period``, ``item``, ``price`` above 0, and ``quantity``
        of at least 0 when `weighted`.
    weighted
        Whether the method needs quantities.

    Raises
    ------
    EstimationError
        A column is missing, a value cannot be used, or a period and item stand twice.
    """
    import pandas as pd

    values = ("price", "quantity") if weighted else ("price",)
    require_columns(observations, ("period", "item", *values))
    rows = observations.loc[:, ["period", "item"]].assign(
        **{name: as_numbers(observations, name) for name in values}
    )
    _require_usable(rows, values)
    periods, items = (
        pd.Index(rows[key]).unique().sort_values() if key == "period" else rows[key].unique()
        for key in ("period", "item")
    )
    tables = {
        name: rows.pivot(index="period", columns="item", values=name)
        .reindex(index=periods, columns=items)
        .to_numpy(dtype=float)
        for name in values
    }
    return PriceTable(tuple(periods), tuple(items), tables["price"], tables.get("quantity"))


def require_columns(observations: pd.DataFrame, wanted: Sequence[str]) -> None:
    """Refuse a frame without rows or without the columns a method needs."""
    missing = [name for name in wanted if name not in observations.columns]
    if missing:
        raise EstimationError(
            f"A price index needs the columns {', '.join(wanted)}; {', '.join(missing)} missing, "
            f"found {', '.join(map(str, observations.columns)) or 'none'}. Rename the columns, or "
            "choose a method that needs fewer: 'jevons' needs no quantity."
        )
    if observations.empty:
        raise EstimationError(
            "A price index needs at least two periods, got no row; widen the dates or the models."
        )


def as_numbers(observations: pd.DataFrame, name: str) -> pd.Series:
    """Values of a column as floats; what is no number becomes NaN."""
    import pandas as pd

    return pd.to_numeric(observations[name], errors="coerce").astype(float)


def period_label(period: Any) -> str:
    """Period as a reader writes it; a time stamp at midnight is a date.

    Examples
    --------
    >>> from datetime import date
    >>> period_label(date(2026, 3, 31)), period_label("2026-03")
    ('2026-03-31', '2026-03')
    """
    return str(period).removesuffix(" 00:00:00")


def years_between(first: Any, last: Any) -> float | None:
    """Years from one period to another; None when they are not dates.

    Examples
    --------
    >>> from datetime import date
    >>> years_between(date(2025, 1, 31), date(2026, 1, 31)), years_between(1, 5)
    (0.9993..., None)
    """
    from datetime import date, datetime

    import pandas as pd

    ends = [
        p.end_time if isinstance(p, pd.Period) else p.end if isinstance(p, Period) else p
        for p in (first, last)
    ]
    if not all(isinstance(end, date | datetime) for end in ends):
        return None
    days: float = (pd.Timestamp(ends[1]) - pd.Timestamp(ends[0])) / pd.Timedelta(days=1)
    return days / 365.25 or None


def _require_usable(rows: pd.DataFrame, values: Sequence[str]) -> None:
    unusable = rows[["period", "item"]].isna().any(axis="columns") | ~(
        np.isfinite(rows["price"]) & (rows["price"] > 0)
    )
    if "quantity" in values:
        unusable |= ~(np.isfinite(rows["quantity"]) & (rows["quantity"] >= 0))
    if unusable.any():
        first = rows[unusable].iloc[0]
        found = ", ".join(f"{name} {first[name]}" for name in rows.columns)
        raise EstimationError(
            "Each row needs a period, an item, a price above 0"
            f"{' and a quantity of at least 0' if 'quantity' in values else ''}; "
            f"{int(unusable.sum())} of {len(rows)} rows have not, the first: {found}. "
            "Leave out what was not priced; a free listing says nothing about paid use."
        )
    twice = rows[rows.duplicated(["period", "item"], keep=False)]
    if len(twice):
        first = twice.iloc[0]
        raise EstimationError(
            f"Item {first['item']!r} has {len(twice)} prices marked twice, first in "
            f"{period_label(first['period'])}; give one price per period and item."
        )
    if rows["period"].nunique() < 2:
        raise EstimationError(
            f"A price index needs at least two periods, got one ({rows['period'].iloc[0]}); "
            "add an earlier or a later one."
        )
