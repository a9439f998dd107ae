"""Read dated list prices from CSV files: the project's own, or a user's contract list.

Rows are appended, never overwritten: what changes is a new row with the day it became known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from diligence.errors import InputError
from diligence.prices.list_cells import PRICE_COLUMNS, RowReader
from diligence.prices.price_records import (
    DateBasis,
    HourlyRate,
    PriceRecord,
    RecordState,
    TieredRate,
)
from diligence.resources import resource_path

if TYPE_CHECKING:
    from diligence.inputs.problems import ProblemLog
    from diligence.inputs.tables import Row

REQUIRED = ("provider", "model", "effective_date", "known_on", "state", "source", "checked")
OPTIONAL = (
    *PRICE_COLUMNS,
    "unit",
    "context_tier",
    "hours_utc",
    "date_basis",
    "not_before",
    "grade",
    "how_checked",
    "note",
)
COLUMNS = (
    *REQUIRED[:5],
    *PRICE_COLUMNS,
    *OPTIONAL[len(PRICE_COLUMNS) : len(PRICE_COLUMNS) + 5],
    *("source", "grade", "checked", "how_checked", "note"),
)
OWN_RANK = 1
EXTRA_RANK = 2
RecordKey = tuple[str, str, date, date]


@dataclass(frozen=True)
class ListLine:
    """One row of a list: a base price, or the price of a context tier or of some hours."""

    row: int
    record: PriceRecord
    context_tier: int
    hours: tuple[time, time] | None

    @property
    def is_base(self) -> bool:
        """Whether the row opens a record rather than adding a tier or hours to one."""
        return not self.context_tier and self.hours is None

    @property
    def key(self) -> RecordKey:
        """What the row speaks of, and since when that is known."""
        r = self.record
        return r.provider, r.model.lower(), r.effective_date, r.known_on


def read_list_file(path: Path, *, rank: int = EXTRA_RANK) -> tuple[PriceRecord, ...]:
    """Read dated list prices from a CSV file.

    Parameters
    ----------
    path
        File with the columns of ``docs/prices.md``.
    rank
        Which source rules where two speak of the same effective date; the higher one does.

    Raises
    ------
    InputError
        With every problem of the file, one a line: ``file:row:column: found, expected``. Two rows
        that state the same record known on the same day contradict each other and are refused.
    """
    from diligence.inputs.problems import ProblemLog

    log = ProblemLog()
    lines = read_list_lines(path, rank=rank, log=log)
    refuse_unfounded(lines, lines, path.name, log)
    if log.problems:
        raise InputError(f"{path.name} cannot be used as a price list", log.problems)
    return tuple(_joined(lines))


@cache
def own_list() -> tuple[PriceRecord, ...]:
    """Dated first-party list prices that travel with the package."""
    return read_list_file(resource_path("datasets", "prices", "list_prices.csv"), rank=OWN_RANK)


def read_list_lines(path: Path, *, rank: int, log: ProblemLog) -> tuple[ListLine, ...]:
    """Read every row that can be read; problems are logged, nothing is raised."""
    from diligence.inputs.tables import read_table

    table = read_table(path, name=path.name, log=log, required=REQUIRED, optional=OPTIONAL)
    rows = table.rows if table else ()
    return tuple(_line(row, path.name, rank, log) for row in rows)


def refuse_unfounded(
    lines: Iterable[ListLine], founded_on: Sequence[ListLine], name: str, log: ProblemLog
) -> None:
    """Log rows that state a record twice, and tiers and cancellations of nothing.

    Parameters
    ----------
    lines
        Rows to check.
    founded_on
        Rows that may hold the announcement which a cancellation takes back.
    """
    bases = {line.key for line in founded_on if line.is_base}
    priced = [line.key for line in founded_on if line.record.is_priced]
    seen: dict[object, ListLine] = {}
    for line in lines:
        key = (*line.key, line.context_tier, line.hours)
        first = seen.setdefault(key, line)
        if first is not line:
            expected = (
                f"one row a record: row {first.row} states the same model, effective_date and "
                "known_on; give a correction the day on which it became known"
            )
            log.add(name, line.row, "known_on", str(line.record.known_on), expected)
        if line.key not in bases:
            expected = "a row with the base price of the same effective_date and known_on"
            log.add(name, line.row, "context_tier", "a tier or hours alone", expected)
        if line.record.state == "cancelled" and not _has_announcement(line, priced):
            expected = "an earlier row that announces a price for this effective_date"
            log.add(name, line.row, "state", "'cancelled'", expected)


def _has_announcement(line: ListLine, priced: Iterable[RecordKey]) -> bool:
    return any(key[:3] == line.key[:3] and key[3] < line.key[3] for key in priced)


def _line(row: Row, name: str, rank: int, log: ProblemLog) -> ListLine:
    cells = RowReader(row, name, log)
    before = len(log.problems)
    rates = cells.rates()
    record = PriceRecord(
        provider=cells.word("provider").lower(),
        model=cells.word("model"),
        effective_date=cells.day("effective_date"),
        known_on=cells.day("known_on"),
        state=cells.choice("state", get_args(RecordState)),  # type: ignore[arg-type]
        input=rates.get("input"),
        output=rates.get("output"),
        cached_input=rates.get("cached_input"),
        cache_write=rates.get("cache_write"),
        batch_input=rates.get("batch_input"),
        batch_output=rates.get("batch_output"),
        date_basis=cells.choice("date_basis", get_args(DateBasis), default="documented"),  # type: ignore[arg-type]
        not_before=cells.day("not_before") if cells.text("not_before") else None,
        source=cells.word("source"),
        grade=cells.text("grade").upper(),
        checked=cells.day("checked"),
        how_checked=cells.text("how_checked"),
        note=cells.text("note"),
        rank=rank,
    )
    line = ListLine(row.number, record, cells.tier(), cells.hours())
    if len(log.problems) == before:
        _check_state(cells, record, has_prices=bool(rates))
    return line


def _check_state(cells: RowReader, record: PriceRecord, *, has_prices: bool) -> None:
    effective, known = record.effective_date, record.known_on
    if record.state == "announced" and known >= effective:
        expected = f"a day before the effective date {effective} for an announced price"
        cells.refuse("known_on", str(known), expected)
    if record.state in ("announced", "effective") and not has_prices:
        cells.refuse("input", "no price", "an input or output price above 0")
    if record.state in ("cancelled", "withdrawn") and has_prices:
        cells.refuse("state", repr(record.state), "no prices in this row, or another state")


def _joined(lines: Iterable[ListLine]) -> Iterator[PriceRecord]:
    """Rows of one record, its tiers and hours, as one record."""
    groups: dict[RecordKey, list[ListLine]] = defaultdict(list)
    for line in lines:
        groups[line.key].append(line)
    for group in groups.values():
        base = next(line.record for line in group if line.is_base)
        tiers = sorted((x for x in group if x.context_tier), key=lambda x: x.context_tier)
        yield replace(
            base,
            input=_tiered("input", base, tiers),
            output=_tiered("output", base, tiers),
            cached_input=_tiered("cached_input", base, tiers),
            cache_write=_tiered("cache_write", base, tiers),
            hours=tuple(_hourly(line) for line in group if line.hours),
        )


def _tiered(kind: str, base: PriceRecord, tiers: Sequence[ListLine]) -> TieredRate | None:
    rate: TieredRate | None = getattr(base, kind)
    steps = [(line.context_tier, getattr(line.record, kind)) for line in tiers]
    if rate is None:
        return None
    return TieredRate(rate.base, tuple((start, step.base) for start, step in steps if step))


def _hourly(line: ListLine) -> HourlyRate:
    assert line.hours is not None
    record = line.record
    return HourlyRate(*line.hours, record.input, record.output, record.cached_input)
