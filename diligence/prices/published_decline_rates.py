"""Published rates at which token prices fall, each with its method and what it measures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from diligence.errors import InputError
from diligence.resources import resource_path

if TYPE_CHECKING:
    import pandas as pd

    from diligence.inputs.problems import ProblemLog
    from diligence.inputs.tables import Row

WORDS = ("id", "source", "published", "method", "measures", "basis", "url", "checked")
NUMBERS = ("fold_per_year", "fold_total", "years", "low", "high")
OPTIONAL = ("range_kind", "period_start", "period_end", "note")


@dataclass(frozen=True)
class PublishedRate:
    """One published pace of price decline.

    Parameters
    ----------
    id, source, published
        Short name, author, and day or month of publication.
    method, measures
        How the rate was computed, and of which price.
    fold_per_year
        Times cheaper a year; below 1 is a rise. None where the source states a range alone.
    low, high, range_kind
        Range of the rate and what it is: an interval, or a spread over benchmarks.
    period_start, period_end
        First and last month or year of the prices.
    basis
        ``stated`` by the source, ``derived`` from two prices or a half-life it states, or
        ``recomputed`` from its data.
    url, checked, note
        Where it stands, the day it was read, and what to bear in mind.
    """

    id: str
    source: str
    published: str
    method: str
    measures: str
    fold_per_year: float | None
    low: float | None
    high: float | None
    range_kind: str
    period_start: str
    period_end: str
    basis: str
    url: str
    checked: str
    note: str


@dataclass(frozen=True)
class PublishedRates:
    """Published paces of price decline, fastest first; those without a middle value come last."""

    rates: tuple[PublishedRate, ...]

    def __getitem__(self, rate_id: str) -> PublishedRate:
        """Rate by its short name.

        Raises
        ------
        InputError
            No rate has that name.
        """
        found = next((rate for rate in self.rates if rate.id == rate_id), None)
        if found is None:
            known = ", ".join(rate.id for rate in self.rates)
            raise InputError(f"No published rate is called {rate_id!r}; known are {known}.")
        return found

    def to_frame(self) -> pd.DataFrame:
        """One row a rate, every field a column, indexed by its short name."""
        import pandas as pd

        return pd.DataFrame([vars(rate) for rate in self.rates]).set_index("id")

    def summary(self) -> str:
        """One line a rate: times a year, range, what is measured, by whom."""
        return "\n".join(
            f"{_fold(r.fold_per_year):>8} {_range(r):>16}  {r.source}: {r.measures}"
            for r in self.rates
        )

    def _repr_html_(self) -> str:
        rows = "".join(
            "<tr>"
            + "".join(
                f"<td>{escape(cell)}</td>"
                for cell in (r.source, r.method, r.measures, _fold(r.fold_per_year), _range(r))
            )
            + "</tr>"
            for r in self.rates
        )
        heads = ("Source", "Method", "Measures", "Times a year", "Range")
        return f"<table><tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr>{rows}</table>"


def load_published_decline_rates(path: Path | None = None) -> PublishedRates:
    """Read published rates of price decline.

    Parameters
    ----------
    path
        CSV file; the one shipped with the package by default. Each row states ``fold_per_year``,
        or ``fold_total`` with ``years`` from which it follows, or ``low`` and ``high`` alone.

    Raises
    ------
    InputError
        The file cannot be used; every problem is listed with row and column.

    Examples
    --------
    >>> rates = load_published_decline_rates()
    >>> round(rates["a16z_mmlu42"].fold_per_year, 1), round(rates["du_mid"].fold_per_year, 2)
    (10.0, 1.56)

    Same market, same years. One follows the cheapest model that clears a fixed bar, the other
    list prices of models that get better all the time: ask what is measured before you compare.
    """
    from diligence.inputs.problems import ProblemLog
    from diligence.inputs.tables import read_table

    path = path or resource_path("datasets", "price_decline_rates.csv")
    log = ProblemLog()
    table = read_table(
        path, name=path.name, log=log, required=(*WORDS, *NUMBERS), optional=OPTIONAL
    )
    found = [_read_rate(row, path.name, log) for row in (table.rows if table else ())]
    rates = [rate for rate in found if rate is not None]
    _log_repeats(rates, path.name, log)
    if log.problems:
        raise InputError("Published decline rates cannot be read.", log.problems)
    return PublishedRates(tuple(sorted(rates, key=_fastest_first)))


def _read_rate(row: Row, file: str, log: ProblemLog) -> PublishedRate | None:
    before = len(log.problems)
    for column in WORDS:
        if not row.cells[column].strip():
            log.add(file, row.number, column, "nothing", "a value in every row")
    total, years, stated, low, high = (
        _number(row, column, file, log)
        for column in ("fold_total", "years", "fold_per_year", "low", "high")
    )
    fold = stated
    if stated is None and total is not None and years is not None:
        fold = total ** (1 / years)
    if fold is None and (low is None or high is None) and len(log.problems) == before:
        wanted = "fold_per_year, or fold_total with years, or low with high"
        log.add(file, row.number, "fold_per_year", "no rate", wanted)
    if len(log.problems) > before:
        return None
    words = {column: row.cells[column].strip() for column in (*WORDS, *OPTIONAL)}
    return PublishedRate(fold_per_year=fold, low=low, high=high, **words)


def _number(row: Row, column: str, file: str, log: ProblemLog) -> float | None:
    text = row.cells[column].strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        log.add(file, row.number, column, repr(text), "a number above 0, such as 11.8")
        return None
    return value


def _log_repeats(rates: Iterable[PublishedRate], file: str, log: ProblemLog) -> None:
    seen: set[str] = set()
    for rate in rates:
        if rate.id in seen:
            log.add(file, 0, "id", repr(rate.id), "each id once")
        seen.add(rate.id)


def _fastest_first(rate: PublishedRate) -> tuple[bool, float, str]:
    return rate.fold_per_year is None, -(rate.fold_per_year or 0.0), rate.id


def _fold(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}x"


def _range(rate: PublishedRate) -> str:
    if rate.low is None or rate.high is None:
        return ""
    return f"{rate.low:.3g} to {rate.high:.3g}"
