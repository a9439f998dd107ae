"""Multilateral index without chain drift: GEKS, on the whole span or a rolling window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from diligence.errors import EstimationError
from diligence.prices.price_index import (
    MATCHED_NOTE,
    METHOD_NAMES,
    IndexPoint,
    PriceIndex,
    direct_level,
    few_matched_note,
    no_overlap,
    position_of,
)
from diligence.prices.price_index_formulas import (
    FORMULAS,
    TIME_REVERSIBLE,
    UNWEIGHTED,
    Formula,
    IndexMethod,
)
from diligence.prices.price_index_table import Matrix, PriceTable, read_price_table

if TYPE_CHECKING:
    import pandas as pd

Splice = Literal["mean", "movement", "window"]

WINDOW_NOTE = (
    "Rolling window: published values are never revised, so a small chain drift can return."
)


def geks_index(
    observations: pd.DataFrame,
    *,
    method: IndexMethod = "jevons",
    window: int | None = None,
    splice: Splice = "mean",
    base: Any = None,
) -> PriceIndex:
    """Index that compares every period with every other and averages, so that no drift builds up.

    The level between two periods is the geometric mean of all detours through a third:
    log P(a, b) is the mean over k of log P(a, k) + log P(k, b).

    Parameters
    ----------
    observations
        As in `price_index`.
    method
        Formula of the comparisons: ``jevons``, ``fisher``, ``tornqvist`` or ``walsh``.
    window
        Periods in a rolling window, at least 2; the whole span when left out, and then a new
        period revises all earlier values.
    splice
        How a window's last period joins the published index: ``mean`` over all periods shared,
        ``movement`` from the period before, ``window`` from the window's first period.
    base
        Period at which the index is 1; the first when left out.

    Raises
    ------
    EstimationError
        A value cannot be used, two periods share no item, or the window does not fit.

    Notes
    -----
    Two periods give the plain formula. With all items in all periods GEKS-Jevons is Jevons.

    Examples
    --------
    >>> import pandas as pd
    >>> sales = pd.DataFrame(
    ...     {
    ...         "period": [1, 1, 2, 2, 3, 3, 4, 4],
    ...         "item": ["a", "b"] * 4,
    ...         "price": [10.0, 10.0, 5.0, 10.0, 10.0, 10.0, 10.0, 10.0],
    ...         "quantity": [10.0, 10.0, 90.0, 5.0, 2.0, 12.0, 10.0, 10.0],
    ...     }
    ... )
    >>> from diligence.prices.price_index import price_index
    >>> round(price_index(sales, method="tornqvist").last.index, 3)
    0.884
    >>> round(geks_index(sales, method="tornqvist").last.index, 3)
    1.0

    Prices and quantities ended where they began, yet the chain ends 12 % lower: buyers rushed to
    the offer and stayed away after it. GEKS is back at 1.

    References
    ----------
    Ivancic, L., Diewert, W. E. and Fox, K. J. (2011). Scanner data, time aggregation and the
    construction of price indexes. Journal of Econometrics, 161(1), 24-35.
    """
    formula = _reversible(method)
    table = read_price_table(observations, weighted=method not in UNWEIGHTED)
    start = position_of(table, base)
    width = _window_width(window, len(table.periods))
    logs = _spliced(_pairwise_logs(table, formula, width), width, splice)
    points = tuple(
        IndexPoint(
            period=period,
            index=float(np.exp(logs[t] - logs[start])),
            n_items=table.n_items(t),
            n_matched=table.n_matched(max(t - 1, 0), t),
            direct=direct_level(table, formula, start, t),
        )
        for t, period in enumerate(table.periods)
    )
    rolling = width < len(table.periods)
    name = f"GEKS-{METHOD_NAMES[method]}" + (
        f", rolling window of {width} periods, {splice} splice" if rolling else ""
    )
    notes = (MATCHED_NOTE, *few_matched_note(points), *((WINDOW_NOTE,) if rolling else ()))
    return PriceIndex(name, table.periods[start], points, notes)


def _reversible(method: str) -> Formula:
    known = {name: FORMULAS[name] for name in FORMULAS if name in TIME_REVERSIBLE}
    found = {str(name): formula for name, formula in known.items()}.get(method)
    if found is None:
        raise EstimationError(
            f"GEKS needs a formula that inverts when the periods are swapped, got {method!r}; "
            f"use one of {', '.join(known)}."
        )
    return found


def _window_width(window: int | None, n_periods: int) -> int:
    if window is None:
        return n_periods
    if isinstance(window, bool) or not isinstance(window, int) or not 2 <= window <= n_periods:
        raise EstimationError(
            f"The window must be a whole number of periods from 2 to {n_periods}, got {window!r}."
        )
    return window


def _pairwise_logs(table: PriceTable, formula: Formula, width: int) -> Matrix:
    """Log price level of each period (column) against each other (row), within a window."""
    n = len(table.periods)
    logs = np.full((n, n), np.nan)
    np.fill_diagonal(logs, 0.0)
    for base in range(n):
        for period in range(base + 1, min(base + width, n)):
            level = table.relative(formula, base, period)
            if level is None:
                raise no_overlap(table, base, period, "choose a shorter window")
            logs[base, period] = np.log(level)
            logs[period, base] = -logs[base, period]
    return logs


def _spliced(logs: Matrix, width: int, splice: Splice) -> list[float]:
    """Log index by period: the first window whole, then one period at a time."""
    published = [float(value) for value in logs[:width, :width].mean(axis=0)]
    for period in range(width, len(logs)):
        first = period - width + 1
        shared = {
            "mean": slice(first, period),
            "movement": slice(period - 1, period),
            "window": slice(first, first + 1),
        }
        if splice not in shared:
            raise EstimationError(f"Splice {splice!r} is unknown; use {', '.join(shared)}.")
        window = logs[first : period + 1, first : period + 1].mean(axis=0)
        known = shared[splice]
        steps = window[-1] - window[known.start - first : known.stop - first]
        published.append(float(np.mean(np.array(published[known]) + steps)))
    return published
