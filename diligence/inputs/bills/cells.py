"""Questions that the readers of amounts and days put to the rows of a bill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from diligence.inputs.bills.sources import BILL_ROWS, ROW
from diligence.inputs.tables import shown

if TYPE_CHECKING:
    import duckdb

_SHOWN_CELLS = 5


@dataclass(frozen=True)
class BadCell:
    """A cell that should be an amount or a date and is none."""

    row: int
    column: str
    found: str
    expected: str


def kind_of(con: duckdb.DuckDBPyConnection, argument: str) -> str:
    """Database type of some SQL over the rows."""
    return str(con.execute(f"DESCRIBE SELECT {argument} AS x FROM {BILL_ROWS}").fetchall()[0][1])


def select_one(
    con: duckdb.DuckDBPyConnection, selected: str, where: str = "true"
) -> tuple[Any, ...]:
    """The one row of an aggregate over the rows."""
    found = con.execute(f"SELECT {selected} FROM {BILL_ROWS} WHERE {where}").fetchone()
    return found if found is not None else ()


def column_name(argument: str) -> str:
    """Name of a column as the file writes it, from its SQL."""
    return argument.strip('"').replace('""', '"')


def bad_cells(
    con: duckdb.DuckDBPyConnection, argument: str, *, condition: str, text: str, expected: str
) -> list[BadCell]:
    """The first cells that a condition finds, and how many more there are."""
    first = f"SELECT {ROW}, {text} FROM {BILL_ROWS} WHERE {condition}"
    rows = con.execute(f"{first} ORDER BY 1 LIMIT {_SHOWN_CELLS + 1}").fetchall()
    cells = [BadCell(row, column_name(argument), shown(str(cell)), expected) for row, cell in rows]
    if len(cells) <= _SHOWN_CELLS:
        return cells
    count = select_one(con, "count(*)", condition)[0] - _SHOWN_CELLS
    more = BadCell(cells[-1].row, cells[-1].column, f"{count:,} more such cells", expected)
    return [*cells[:-1], more]
