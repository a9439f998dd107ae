"""Names that a provider moves from model to model, with the day of each move."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from diligence.errors import InputError
from diligence.prices.list_cells import RowReader
from diligence.resources import resource_path

if TYPE_CHECKING:
    from diligence.inputs.problems import ProblemLog
    from diligence.inputs.tables import Row

ALIAS_COLUMNS = ("provider", "alias", "target", "effective_date", "known_on", "source", "checked")


@dataclass(frozen=True)
class AliasMove:
    """From a day on, a name that a provider moves stands for another model."""

    provider: str
    alias: str
    target: str
    effective_date: date
    known_on: date
    source: str
    checked: date
    note: str = ""


@cache
def alias_moves() -> tuple[AliasMove, ...]:
    """Names that providers move from model to model, with the day of each move.

    Raises
    ------
    InputError
        With every problem of the file.
    """
    path = resource_path("datasets", "prices", "aliases.csv")
    return read_alias_file(path)


def read_alias_file(path: Path) -> tuple[AliasMove, ...]:
    """Read alias moves from a CSV file.

    Raises
    ------
    InputError
        With every problem of the file.
    """
    from diligence.inputs.problems import ProblemLog
    from diligence.inputs.tables import read_table

    log = ProblemLog()
    table = read_table(path, name=path.name, log=log, required=ALIAS_COLUMNS, optional=("note",))
    rows = table.rows if table else ()
    moves = [_move(row, path.name, log) for row in rows]
    if log.problems:
        raise InputError(f"{path.name} cannot be used as a table of aliases", log.problems)
    return tuple(sorted(moves, key=lambda m: (m.provider, m.alias, m.effective_date)))


def _move(row: Row, name: str, log: ProblemLog) -> AliasMove:
    cells = RowReader(row, name, log)
    return AliasMove(
        provider=cells.word("provider").lower(),
        alias=cells.word("alias").lower(),
        target=cells.word("target"),
        effective_date=cells.day("effective_date"),
        known_on=cells.day("known_on"),
        source=cells.word("source"),
        checked=cells.day("checked"),
        note=cells.text("note"),
    )
