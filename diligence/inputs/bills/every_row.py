"""Every row of a bill as the file has it, with columns that belong to its line beside it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from diligence.inputs.bills.faults import UnreadableBillError
from diligence.inputs.bills.grouping import key_cells, month_or_day
from diligence.inputs.bills.layout import PART, literal, quoted
from diligence.inputs.bills.read import Reading, prepare
from diligence.inputs.bills.sources import open_source, whole_rows
from diligence.inputs.mapping import BillMapping
from diligence.inputs.problems import ProblemLog

if TYPE_CHECKING:
    import pyarrow as pa

_OURS = "diligence_"
_KINDS, _PLACES, _BESIDE = "row_kinds", "row_places", "beside_lines"


def copy_rows(
    path: Path,
    beside: pa.Table,
    *,
    keys: Sequence[str],
    out: Path,
    mapping: BillMapping | None = None,
) -> int:
    """Write all rows of a bill to Parquet, with the columns of a table looked up by their line.

    Parameters
    ----------
    beside
        ``keys``, each combination once, and the columns to write. Rows that no line of the table
        has (those the format leaves out) get nulls.
    keys
        Key columns of a bill's lines, see ``KEY_COLUMNS``; ``day`` is as the bill's lines have it.
    out
        Written at once or not at all; the order of rows is not kept.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    UnreadableBillError
        When the bill cannot be read.
    """
    log = ProblemLog()
    with open_source(path) as source:
        reading = prepare(source, name=path.name, log=log, mapping=mapping or BillMapping())
        if reading is None:
            raise UnreadableBillError("cells that are no amounts or dates", "a bill that is read")
        hidden = [f"~{name}" for name in beside.column_names]
        source.con.complete()  # staging may have left a statement that still runs
        source.con.register(_BESIDE, beside.rename_columns(hidden))
        names = [name for name in beside.column_names if name not in keys]
        supplier = (mapping.supplier if mapping else None) or ""
        rows = _joined(reading, keys, names, supplier)
        made = source.link.parent / "rows.parquet"
        query = f"COPY ({rows}) TO {literal(str(made))} (FORMAT parquet, COMPRESSION snappy)"
        count = source.con.execute(query).fetchall()[0][0]
        _move(made, out)
    return int(count)


def _joined(reading: Reading, keys: Sequence[str], names: Sequence[str], supplier: str) -> str:
    """Rows joined by the raw cells of the key: the rules of a format are asked once a kind."""
    source, sql = reading.source, reading.sql
    whole, cells = whole_rows(source)
    key_sql = {key: sql.of(key) for key in keys if key != "day"}
    if "supplier" in key_sql:
        key_sql["supplier"] = f"coalesce(nullif({key_sql['supplier']}, ''), {literal(supplier)})"
    raw = key_cells(key_sql, names=[*source.columns, PART], per_row=reading.per_row)
    worked = {key: text for key, text in key_sql.items() if key in reading.per_row}
    if "day" in keys:
        worked["day"] = month_or_day(sql)
    if sql.where != "true":
        worked["~counts"] = sql.where
    of_row = [cells.get(name, "''") for name in raw]
    of_row += [_over(text, cells) for text in worked.values()]
    kind = dict(zip([*raw, *worked], map(quoted, _numbered(len(of_row))), strict=True))
    selected = [f"{text} AS {name}" for text, name in zip(of_row, kind.values(), strict=True)]
    source.con.execute(
        f"CREATE TEMP TABLE {_KINDS} AS SELECT DISTINCT {', '.join(selected)} FROM {whole}"
    )
    again = "".join(f", {kind[name]} AS {quoted(name)}" for name in raw)
    same = [f"b.{quoted(f'~{k}')} = {kind[k] if k in worked else key_sql[k]}" for k in keys]
    same += [kind["~counts"]] if "~counts" in worked else []
    source.con.execute(
        f"CREATE TEMP TABLE {_PLACES} AS SELECT {', '.join(kind.values())}, "
        f"{', '.join('b.' + quoted(f'~{name}') for name in names)} "
        f"FROM (SELECT *{again} FROM {_KINDS}) LEFT JOIN {_BESIDE} b ON {' AND '.join(same)}"
    )
    found = [
        f"{text} IS NOT DISTINCT FROM p.{name}"
        for text, name in zip(of_row, kind.values(), strict=True)
    ]
    taken = {name.casefold() for name in source.columns}
    added = ", ".join(
        f"p.{quoted(f'~{name}')} AS {quoted(f'{_OURS}{name}' if name in taken else name)}"
        for name in names
    )
    return f"SELECT f.*, {added} FROM {whole} f LEFT JOIN {_PLACES} p ON {' AND '.join(found)}"


def _numbered(count: int) -> list[str]:
    return [f"~k{place}" for place in range(count)]


def _over(sql: str, cells: dict[str, str]) -> str:
    for name, text in cells.items():
        sql = sql.replace(quoted(name), text)
    return sql


def _move(made: Path, out: Path) -> None:
    part = out.with_name(f".{out.name}.part")
    try:
        shutil.move(made, part)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
