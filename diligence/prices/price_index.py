"""Price indices of tidy price observations: direct, chained, and the drift between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING, Any, get_args

from diligence.errors import EstimationError
from diligence.prices.price_index_formulas import FORMULAS, UNWEIGHTED, Formula, IndexMethod
from diligence.prices.price_index_table import (
    PriceTable,
    period_label,
    read_price_table,
    years_between,
)

if TYPE_CHECKING:
    import pandas as pd

# Chaining that moves the level by more than this needs a word to the reader.
NOTABLE_DRIFT = 0.01
# Below this a comparison is a few price lists, not a market.
FEW_MATCHED = 5
# A move of a few months is not blown up to a yearly rate.
SHORTEST_YEAR = 0.99

MATCHED_NOTE = (
    "Matched items only: an item counts where both periods of a comparison price it; "
    "one that enters cheaper than the rest is no fall in price."
)


@dataclass(frozen=True)
class IndexPoint:
    """The index in one period, base period 1.

    Parameters
    ----------
    period, index
        The period, and the price level against the base period.
    n_items, n_matched
        Items priced in the period; items behind the comparison that made this point.
    direct
        The same formula straight from base period to this one; None when no item is in both.
    low, high
        90 % interval where the method is statistical.
    """

    period: Any
    index: float
    n_items: int
    n_matched: int
    direct: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class PriceIndex:
    """A price index by period, with what is needed to judge it.

    Parameters
    ----------
    method
        Formula and construction in words, such as "chained Jevons".
    base_period
        Period at which the index is 1.
    points
        The index in each period, in order of time.
    notes
        What a reader of the numbers has to know.
    """

    method: str
    base_period: Any
    points: tuple[IndexPoint, ...] = field(repr=False)
    notes: tuple[str, ...] = ()

    @property
    def last(self) -> IndexPoint:
        """The latest point."""
        return self.points[-1]

    @property
    def change(self) -> float:
        """Last over first period, minus 1: -0.4 is a fall of 40 %."""
        return self.last.index / self.points[0].index - 1

    @property
    def change_per_year(self) -> float | None:
        """The change as a yearly rate; None when the periods are not dates."""
        years = self._years()
        return float((1 + self.change) ** (1 / years) - 1) if years else None

    @property
    def drift(self) -> float | None:
        """Last value over the direct comparison with the base period, minus 1.

        Zero for a direct index. None when no item is priced in both periods.
        """
        return None if self.last.direct is None else self.last.index / self.last.direct - 1

    def to_frame(self) -> pd.DataFrame:
        """One row a period: ``period, index, direct, drift, n_items, n_matched, low, high``."""
        import pandas as pd

        frame = pd.DataFrame(
            [
                {
                    "period": point.period,
                    "index": point.index,
                    "direct": point.direct,
                    "drift": None if point.direct is None else point.index / point.direct - 1,
                    "n_items": point.n_items,
                    "n_matched": point.n_matched,
                    "low": point.low,
                    "high": point.high,
                }
                for point in self.points
            ]
        )
        numbers = ["index", "direct", "drift", "low", "high"]
        return frame.astype(dict.fromkeys(numbers, float))

    def to_json(self) -> dict[str, Any]:
        """Shape that ``diligence prices index --json`` prints; a missing value is null."""
        return {
            "method": self.method,
            "base_period": period_label(self.base_period),
            "change": self.change,
            "change_per_year": self.change_per_year,
            "chain_drift": self.drift,
            "points": [vars(p) | {"period": period_label(p.period)} for p in self.points],
            "notes": list(self.notes),
        }

    def summary(self) -> str:
        """Result in plain lines, the same on every run."""
        facts = [f"{name + ':':<18}{text}" for name, text in self._facts().items()]
        return "\n".join([self.method, *facts, *(f"Note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>"
            for name, text in self._facts().items()
        )
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        return f"<table><caption>{escape(self.method)}</caption>{rows}</table><ul>{notes}</ul>"

    def _years(self) -> float:
        return years_between(self.points[0].period, self.last.period) or 0.0

    def _facts(self) -> dict[str, str]:
        first, last = self.points[0], self.last
        facts = {
            "Index": f"{last.index:.4f} in {period_label(last.period)} "
            f"({period_label(self.base_period)} = 1)",
            "Change": f"{self.change:+z.1%} since {period_label(first.period)}",
            "Matched items": f"{last.n_matched} of {last.n_items} in the last period",
        }
        if self.change_per_year is not None and self._years() >= SHORTEST_YEAR:
            facts["Change"] += f", {self.change_per_year:+z.1%} a year"
        if last.direct is not None:
            facts["Direct"] = f"{last.direct:.4f} (chain drift {self.drift:+z.1%})"
        if last.low is not None:
            facts["90 % interval"] = f"{last.low:.4f} to {last.high:.4f}"
        return facts


def price_index(
    observations: pd.DataFrame,
    *,
    method: IndexMethod = "jevons",
    chained: bool = True,
    base: Any = None,
) -> PriceIndex:
    """Index of matched items, chained period by period or straight from the base period.

    Parameters
    ----------
    observations
        One row per period and item: ``period`` (dates, or anything that sorts in order of time),
        ``item``, ``price`` above 0 and, for the weighted methods, ``quantity`` of at least 0.
    method
        ``jevons`` (geometric mean, the choice without quantities), ``dutot``, ``carli``;
        weighted: ``tornqvist``, ``fisher`` and ``walsh`` (both periods' quantities),
        ``laspeyres`` (base basket), ``paasche`` (current basket).
    chained
        Multiply the links between neighbouring periods. Every link then uses all items priced on
        both sides, so entries and exits are followed; where prices or quantities bounce the level
        drifts, which `PriceIndex.drift` shows. False compares each period with the base.
    base
        Period at which the index is 1; the first when left out.

    Raises
    ------
    EstimationError
        A value cannot be used, or two periods to be compared share no item.

    Examples
    --------
    >>> import pandas as pd
    >>> prices = pd.DataFrame(
    ...     {
    ...         "period": [1, 1, 2, 2, 2],
    ...         "item": ["old", "large", "old", "large", "new"],
    ...         "price": [1.0, 10.0, 1.0, 4.0, 0.1],
    ...     }
    ... )
    >>> round(price_index(prices).change, 3)
    -0.368

    The large model's cut of 60 % and the unchanged old one make a fall of 37 %. The new model,
    ten times cheaper than the old, is no price change: whoever can move to it saves more than any
    index of matched models shows, and whoever cannot saves nothing by it.
    """
    formula = _formula(method)
    table = read_price_table(observations, weighted=method not in UNWEIGHTED)
    start = position_of(table, base)
    levels = _chain(table, formula, start) if chained else _all_direct(table, formula, start)
    points = tuple(
        IndexPoint(
            period=period,
            index=levels[t],
            n_items=table.n_items(t),
            n_matched=table.n_matched(_compared_with(t, start) if chained else start, t),
            direct=direct_level(table, formula, start, t),
        )
        for t, period in enumerate(table.periods)
    )
    name = f"{'chained' if chained else 'direct'} {METHOD_NAMES[method]}"
    notes = (MATCHED_NOTE, *few_matched_note(points))
    return _with_drift_note(PriceIndex(name, table.periods[start], points, notes))


METHOD_NAMES: dict[IndexMethod, str] = {
    method: method.capitalize().replace("Torn", "Törn") for method in get_args(IndexMethod)
}


def position_of(table: PriceTable, base: Any) -> int:
    """Row of the base period; the first when none is named.

    Raises
    ------
    EstimationError
        The period is not in the table.
    """
    if base is None:
        return 0
    if base not in table.periods:
        raise EstimationError(
            f"Base period {base!r} is not among the observations, which run from "
            f"{period_label(table.periods[0])} to {period_label(table.periods[-1])}; "
            "choose one of these."
        )
    return table.periods.index(base)


def few_matched_note(points: Sequence[IndexPoint]) -> tuple[str, ...]:
    """Warning where a comparison rests on few items; empty where none does."""
    thin = [point for point in points if point.n_matched < FEW_MATCHED]
    if not thin:
        return ()
    thinnest = min(thin, key=lambda point: point.n_matched)
    return (
        f"{len(thin)} of {len(points)} periods are compared on fewer than {FEW_MATCHED} items, "
        f"{period_label(thinnest.period)} on {thinnest.n_matched}: read them as the price of these "
        "items, not of the market.",
    )


def direct_level(table: PriceTable, formula: Formula, start: int, period: int) -> float | None:
    """Level straight from the base period; None where the two cannot be compared."""
    try:
        return table.relative(formula, start, period)
    except EstimationError:
        return None


def no_overlap(table: PriceTable, base: int, period: int, remedy: str) -> EstimationError:
    """Error for two periods that share no item."""
    return EstimationError(
        f"No item is priced in both {period_label(table.periods[base])} and "
        f"{period_label(table.periods[period])}, so they cannot be compared; {remedy}."
    )


def _formula(method: str) -> Formula:
    known: dict[str, Formula] = {str(name): formula for name, formula in FORMULAS.items()}
    if method not in known:
        raise EstimationError(
            f"Method {method!r} is unknown; use one of {', '.join(known)}, or geks_index() and "
            "hedonic_index() for the multilateral and the quality-adjusted index."
        )
    return known[method]


def _chain(table: PriceTable, formula: Formula, start: int) -> list[float]:
    levels = [1.0]
    for period in range(1, len(table.periods)):
        link = table.relative(formula, period - 1, period)
        if link is None:
            raise no_overlap(
                table, period - 1, period, "the chain breaks here, start after it or add items"
            )
        levels.append(levels[-1] * link)
    return [level / levels[start] for level in levels]


def _all_direct(table: PriceTable, formula: Formula, start: int) -> list[float]:
    levels = []
    for period in range(len(table.periods)):
        level = table.relative(formula, start, period)
        if level is None:
            raise no_overlap(table, start, period, "use chained=True or a base period nearer to it")
        levels.append(level)
    return levels


def _compared_with(period: int, start: int) -> int:
    """Neighbour of a period on the way to the base."""
    return period - 1 if period > start else min(period + 1, start)


def _with_drift_note(index: PriceIndex) -> PriceIndex:
    if index.drift is None:
        note = (
            f"No item of {period_label(index.base_period)} is still priced and bought in "
            f"{period_label(index.last.period)}: chain drift cannot be measured."
        )
    elif abs(index.drift) > NOTABLE_DRIFT:
        note = (
            f"Chaining moved the level by {index.drift:+z.1%} against the direct comparison: items "
            "that entered or left after the base period, or prices and quantities that bounced. "
            "Compare geks_index()."
        )
    else:
        return index
    return replace(index, notes=(*index.notes, note))
