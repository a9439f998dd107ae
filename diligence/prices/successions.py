"""Which model followed which under the same name and tier, and how many tokens it makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from diligence.errors import InputError
from diligence.resources import resource_path
from diligence.units import AmountError, PeriodError, parse_amount, parse_date

if TYPE_CHECKING:
    from diligence.inputs.problems import ProblemLog
    from diligence.inputs.tables import Row

REQUIRED = (
    "provider",
    "predecessor",
    "successor",
    "effective_date",
    "token_multiple",
    "measured_on",
    "source",
    "checked",
)
OPTIONAL = ("grade", "note")
ONE = Decimal(1)


@dataclass(frozen=True)
class Succession:
    """From a day on, a provider's line goes on under a new version of its name and tier.

    Parameters
    ----------
    provider, predecessor, successor
        Identifiers of the price book.
    effective_date
        First day on which the successor was listed.
    token_multiple
        Tokens the successor makes of the same text over those of its predecessor, above 0; 1
        where nobody measured it.
    measured_on
        Day on which the multiple became known; None when nobody measured it.
    source, note
        Where it stands, and what to bear in mind.
    """

    provider: str
    predecessor: str
    successor: str
    effective_date: date
    token_multiple: Decimal = ONE
    measured_on: date | None = None
    source: str = ""
    note: str = ""

    def tokens(self, known_on: date | None = None) -> Decimal:
        """Token multiple as known on a day; 1 before anybody had measured it."""
        if known_on is None or self.measured_on is None or self.measured_on <= known_on:
            return self.token_multiple
        return ONE


@cache
def successions() -> tuple[Succession, ...]:
    """Successions that travel with the package: same provider, name and tier, next version."""
    return read_successions(resource_path("datasets", "prices", "successions.csv"))


def read_successions(path: Path) -> tuple[Succession, ...]:
    """Read successions from a CSV file, in the order of their dates.

    Raises
    ------
    InputError
        With every problem of the file. A model has one successor and one predecessor at most.
    """
    from diligence.inputs.problems import ProblemLog
    from diligence.inputs.tables import read_table

    log = ProblemLog()
    table = read_table(path, name=path.name, log=log, required=REQUIRED, optional=OPTIONAL)
    rows = table.rows if table else ()
    _refuse_forks(rows, path.name, log)
    found = [entry for row in rows if (entry := _succession(row, path.name, log))]
    if log.problems:
        raise InputError(f"{path.name} cannot be used as a table of successions", log.problems)
    return tuple(sorted(found, key=lambda s: (s.effective_date, s.provider, s.predecessor)))


def _succession(row: Row, name: str, log: ProblemLog) -> Succession | None:
    before = len(log.problems)
    cells = {column: text.strip() for column, text in row.cells.items()}
    for column in ("provider", "predecessor", "successor", "source"):
        if not cells[column]:
            log.add(name, row.number, column, "an empty cell", f"the {column}")
    start, _ = (_day(row, column, name, log) for column in ("effective_date", "checked"))
    multiple = _multiple(row, name, log)
    measured = _day(row, "measured_on", name, log) if cells["token_multiple"] else None
    if len(log.problems) > before or start is None:
        return None
    return Succession(
        cells["provider"],
        cells["predecessor"],
        cells["successor"],
        start,
        multiple,
        measured,
        cells["source"],
        cells["note"],
    )


def _day(row: Row, column: str, name: str, log: ProblemLog) -> date | None:
    text = row.cells[column].strip()
    try:
        return parse_date(text)
    except PeriodError:
        log.add(name, row.number, column, repr(text), "a day such as 2026-04-16")
        return None


def _multiple(row: Row, name: str, log: ProblemLog) -> Decimal:
    text = row.cells["token_multiple"].strip()
    if not text:
        return ONE
    try:
        multiple = parse_amount(text)
    except AmountError:
        multiple = None
    if multiple is not None and multiple > 0:
        return multiple
    expected = "tokens after over tokens before, such as 1.32, or an empty cell"
    log.add(name, row.number, "token_multiple", repr(text), expected)
    return ONE


def _refuse_forks(rows: Sequence[Row], name: str, log: ProblemLog) -> None:
    for column in ("predecessor", "successor"):
        seen: dict[tuple[str, str], int] = {}
        for row in rows:
            key = row.cells["provider"].strip(), row.cells[column].strip()
            first = seen.setdefault(key, row.number)
            if first != row.number:
                expected = f"one {column} a row: row {first} names it too"
                log.add(name, row.number, column, repr(key[1]), expected)
