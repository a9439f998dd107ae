"""Usage files brought to columns of text: bounded, complete rows only, each with its number."""

from __future__ import annotations

import gzip
import zlib
from csv import reader as lines
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diligence.inputs.bills.faults import UnreadableBillError
from diligence.inputs.bills.text_scan import scan_text
from diligence.inputs.problems import ProblemLog
from diligence.inputs.tables import (
    DELIMITERS,
    EXCEL_ROW_LIMIT,
    LARGEST_FILE_BYTES,
    LARGEST_UNPACKED_BYTES,
    shown,
)

if TYPE_CHECKING:
    import pyarrow as pa

MOST_PROBLEMS = 20
_BLOCK_BYTES = 1 << 24
_HEADER = "a header row: date, model, requests, input_tokens, ..."
_DAMAGED = (OSError, EOFError, zlib.error)


@dataclass(frozen=True)
class UsageText:
    """Cells of a usage file as trimmed text, and the row of the file each row stands on.

    ``export`` names the supplier's export that the columns were made from.
    """

    names: tuple[str, ...]
    columns: tuple[pa.Array, ...]
    rows: pa.Array
    export: str = ""


class _UnreadableError(Exception):
    def __init__(self, row: int, found: str, expected: str) -> None:
        super().__init__(found)
        self.row, self.found, self.expected = row, found, expected


def read_usage_text(path: Path, *, name: str, log: ProblemLog) -> UsageText | None:
    """Read a CSV, gzipped CSV or Parquet file; None when it cannot be read as a whole.

    Rows of the wrong width are logged and left out.
    """
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            wanted = f"at most {LARGEST_FILE_BYTES:,} bytes; export it in parts"
            raise _UnreadableError(0, f"{path.stat().st_size:,} bytes", wanted)
        return _parquet(path) if name.lower().endswith(".parquet") else _csv(path, name, log)
    except (_UnreadableError, UnreadableBillError) as error:
        log.add(name, error.row, "", error.found, error.expected)
    except _DAMAGED as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        found = f"a file that cannot be opened ({reason})"
        log.add(name, 0, "", found, "a complete, readable file; send or copy it again")
    return None


def _parquet(path: Path) -> UsageText:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        groups = (file.metadata.row_group(i) for i in range(file.metadata.num_row_groups))
        _refuse_size(sum(group.total_byte_size for group in groups))
        table = file.read()
        columns = tuple(_as_text(column) for column in table.columns)
    except (pa.ArrowException, OSError) as error:
        wanted = "a complete Parquet file of plain columns; send or copy it again"
        found = f"a Parquet file that does not open ({type(error).__name__})"
        raise _UnreadableError(0, found, wanted) from error
    rows = pa.array(range(1, table.num_rows + 1), pa.int64())
    return UsageText(tuple(table.column_names), columns, rows)


def _as_text(column: pa.ChunkedArray) -> pa.Array:
    """Text of a typed column; whole floats lose their point, so that counts stay counts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
        is_whole = pc.all(pc.equal(column, pc.floor(column))).as_py()
        biggest = pc.max(pc.abs(column)).as_py() or 0
        column = column.cast(pa.int64()) if is_whole and biggest < 2**53 else column
    return _trimmed(column.cast(pa.string()))


def _trimmed(column: pa.ChunkedArray) -> pa.Array:
    import pyarrow.compute as pc

    whole = column.combine_chunks()
    return pc.fill_null(pc.utf8_trim_whitespace(whole), "")


def _csv(path: Path, name: str, log: ProblemLog) -> UsageText:
    scan = scan_text(path, is_gzip=_is_gzip(name))
    head = scan.head.partition("\n")[0].strip("\r")
    if scan.is_empty:
        raise _UnreadableError(0, "an empty file", _HEADER)
    if not head.strip():
        raise _UnreadableError(1, "an empty first line", _HEADER)
    table, wrong = _parse(path, name, head)
    for number, found, expected in wrong[:MOST_PROBLEMS]:
        log.add(name, number, "", found, expected)
    if len(wrong) > MOST_PROBLEMS:
        found = f"{len(wrong):,} rows of another width in all"
        log.add(name, 0, "", found, "one cell a column in each row")
    return _numbered(table, {number for number, _, _ in wrong}, name, log)


def _refuse_size(size: int) -> None:
    if size > LARGEST_UNPACKED_BYTES:
        wanted = f"at most {LARGEST_UNPACKED_BYTES:,} bytes when unpacked; export it in parts"
        raise _UnreadableError(0, "a file that unpacks to more", wanted)


def _content(path: Path, name: str) -> pa.Buffer:
    """Bytes of a CSV file, unpacked if need be; a plain file stays on disk until it is read."""
    import pyarrow as pa

    if not _is_gzip(name):
        return pa.memory_map(str(path)).read_buffer()
    with gzip.open(path) as stream:
        unpacked = stream.read(LARGEST_UNPACKED_BYTES + 1)
    _refuse_size(len(unpacked))
    return pa.py_buffer(unpacked)


def _is_gzip(name: str) -> bool:
    return name.lower().endswith(".gz")


def _parse(path: Path, name: str, head: str) -> tuple[pa.Table, list[tuple[int, str, str]]]:
    import pyarrow as pa
    from pyarrow import csv

    delimiter = max(DELIMITERS, key=head.count)
    wrong: list[tuple[int, str, str]] = []

    def refuse(row: Any) -> str:
        found = f"{row.actual_columns} cells ({shown(row.text)})"
        wrong.append((row.number, found, f"{row.expected_columns} cells, one a column"))
        return "skip"

    options = csv.ParseOptions(
        delimiter=delimiter,
        invalid_row_handler=refuse,
        ignore_empty_lines=False,
        newlines_in_values=True,
    )
    reading = csv.ReadOptions(use_threads=False, block_size=_BLOCK_BYTES)
    as_text = csv.ConvertOptions(
        column_types=dict.fromkeys(next(lines([head], delimiter=delimiter)), pa.string()),
        strings_can_be_null=False,
    )
    try:
        source = pa.BufferReader(_content(path, name))
        return csv.read_csv(source, reading, options, as_text), wrong
    except pa.ArrowInvalid as error:
        found = f"a table that is no CSV ({shown(str(error).splitlines()[0])})"
        raise _UnreadableError(0, found, "one row a line, quotes around a cell") from error


def _numbered(table: pa.Table, wrong: set[int], name: str, log: ProblemLog) -> UsageText:
    """Number the rows as the file does, and leave blank lines out."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    names = tuple(table.column_names)
    columns = tuple(_trimmed(column.cast(pa.string())) for column in table.columns)
    numbers = np.arange(2, table.num_rows + len(wrong) + 2)
    numbers = numbers[~np.isin(numbers, list(wrong))]
    if len(numbers) and numbers[-1] == EXCEL_ROW_LIMIT:
        wanted = "the whole file; Excel cut it, so export it in parts"
        raise _UnreadableError(0, f"exactly {EXCEL_ROW_LIMIT:,} rows, the most Excel holds", wanted)
    _refuse_line_breaks(columns, numbers, name)
    filled = np.zeros(table.num_rows, dtype=bool)
    for column in columns:
        filled |= pc.not_equal(column, "").to_numpy(zero_copy_only=False)
    mask = pa.array(filled)
    kept = tuple(column.filter(mask) for column in columns)
    return UsageText(names, kept, pa.array(numbers[filled]))


def _refuse_line_breaks(columns: tuple[pa.Array, ...], numbers: Any, name: str) -> None:
    import pyarrow.compute as pc

    for column in columns:
        broken = pc.index(pc.match_substring(column, "\n"), True).as_py()
        if broken >= 0:
            found = "a line break inside a cell"
            wanted = "a quote closed in its row; the file may be cut off"
            raise _UnreadableError(int(numbers[broken]), found, wanted)
