"""Opens a bill as a relation of the database: CSV, Parquet or JSON, plain or packed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from diligence.inputs.bills.faults import UnreadableBillError, from_database
from diligence.inputs.bills.json_rows import JsonBill, open_json
from diligence.inputs.bills.layout import PART, literal, quoted
from diligence.inputs.bills.text_scan import (
    MOST_COLUMNS,
    CsvHeader,
    TextScan,
    find_header,
    scan_text,
)
from diligence.inputs.tables import EXCEL_ROW_LIMIT

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

BILL_ROWS = "bill_rows"
"""Relation of the rows as the file has them, with ``ROW`` beside its columns."""
ROW = '"~row"'
MOST_ROWS = 500_000_000
_MEMORY = "600MB"
_THREADS = 2
_JSON_ENDINGS = (".json", ".jsonl", ".ndjson")
_ABSENT = "['', 'NULL', 'null']"


@dataclass
class Source:
    """An opened bill: its columns, and how its rows come into ``BILL_ROWS``.

    ``columns`` maps each column to the SQL that reads it; ``repeated`` are those whose name
    stands more than once in the header. Exactly one of ``csv``, ``json`` and ``parquet`` is set.
    """

    con: duckdb.DuckDBPyConnection
    link: Path
    columns: dict[str, str]
    repeated: frozenset[str] = frozenset()
    csv: tuple[CsvHeader, TextScan] | None = None
    json: JsonBill | None = None
    first_row: int = 1
    is_loose: bool = False

    def stage(self, sql: str) -> None:
        """Bring the columns that some SQL names into ``BILL_ROWS``.

        Raises
        ------
        UnreadableBillError
            When the file is cut, broken or has no rows.
        """
        used = [name for name in self.columns if quoted(name) in sql]
        twice = [name for name in used if name in self.repeated]
        if twice:
            row = self.csv[0].row if self.csv else 1
            found = f"the column {twice[0]!r} a second time"
            raise UnreadableBillError(found, "each column once", row=row, column=twice[0])
        if self.csv:
            self._stage_csv(used)
        elif self.json is None:
            chosen = "".join(f"{self.columns[name]} AS {quoted(name)}, " for name in used)
            self.con.execute(
                f"CREATE VIEW {BILL_ROWS} AS SELECT {chosen}file_row_number + 1 AS {ROW} "
                f"FROM {_parquet(self.link)}"
            )

    def split_rows(self, parts: str) -> None:
        """Count each row once for each part of a list; the column ``PART`` names it."""
        self.con.execute(f"ALTER VIEW {BILL_ROWS} RENAME TO whole_rows")
        self.con.execute(
            f"CREATE VIEW {BILL_ROWS} AS SELECT *, unnest({parts}) AS {quoted(PART)} "
            "FROM whole_rows"
        )

    def stage_rows(self, table: pa.Table) -> None:
        """Bring rows of text into ``BILL_ROWS``."""
        self.con.register("flat_rows", table)
        self.con.execute(
            f"CREATE TABLE flat AS SELECT *, row_number() OVER () AS {ROW} FROM flat_rows"
        )
        self.con.unregister("flat_rows")
        self.con.execute(f"CREATE VIEW {BILL_ROWS} AS SELECT * FROM flat")

    def file_row(self, row: int) -> int:
        """Row as a spreadsheet shows it: empty records count."""
        for blank in self.csv[1].blank_rows if self.csv else ():
            if blank > row:
                break
            row += blank > self.first_row - 1
        return row

    def _stage_csv(self, used: list[str]) -> None:
        assert self.csv is not None
        header, scan = self.csv
        chosen = "".join(f"{self.columns[name]} AS {quoted(name)}, " for name in used)
        read = _csv(self.link, header, strict=True)
        select = f"CREATE TABLE staged AS SELECT {chosen.removesuffix(', ')} FROM "
        try:
            self.con.execute(select + read)
        except Exception as error:
            if "state machine" not in str(error) or not scan.is_loose or scan.has_open_quote:
                raise
            self.is_loose = True
            self.con.execute(select + _csv(self.link, header, strict=False))
        count = self.con.execute("SELECT count(*) FROM staged").fetchall()[0][0]
        if self.file_row(count + self.first_row - 1) == EXCEL_ROW_LIMIT:
            found = f"exactly {EXCEL_ROW_LIMIT:,} rows, the most Excel can hold"
            raise UnreadableBillError(found, "the whole file; Excel cut it, so export it in parts")
        self.con.execute(
            f"CREATE VIEW {BILL_ROWS} AS SELECT *, rowid + {self.first_row} AS {ROW} FROM staged "
            f"WHERE coalesce({', '.join(map(quoted, used))}) IS NOT NULL"
        )


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """Open a bill; what it is decides its content, not its name.

    Raises
    ------
    UnreadableBillError
        When the file is no readable text, JSON or Parquet.
    """
    import duckdb

    try:
        with (
            TemporaryDirectory(prefix="bill-", ignore_cleanup_errors=True) as folder,
            _connect(Path(folder), path) as con,
        ):
            yield _opened(con, path, Path(folder))
    except duckdb.Error as error:
        raise from_database(error) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        found = f"a file that cannot be read ({reason})"
        raise UnreadableBillError(found, "a readable file") from error


def _opened(con: duckdb.DuckDBPyConnection, path: Path, folder: Path) -> Source:
    with path.open("rb") as stream:
        start = stream.read(4)
    if not start:
        raise UnreadableBillError("an empty file", "a bill with a header row")
    if start == b"PAR1" or path.suffix.lower() == ".parquet":
        return _open_parquet(con, _linked(path, folder / "bill.parquet"))
    is_gzip = start[:2] == b"\x1f\x8b"
    name = path.name.lower().removesuffix(".gz")
    scan = scan_text(path, is_gzip=is_gzip, is_json=name.endswith(_JSON_ENDINGS))
    if scan.is_empty:
        raise UnreadableBillError("an empty file", "a bill with a header row")
    if scan.is_json:
        is_lines = not name.endswith(".json") and scan.head.lstrip()[:1] != "["
        return Source(con, path, {}, json=open_json(path, is_gzip=is_gzip, is_lines=is_lines))
    header = find_header(scan.head)
    link = _linked(path, folder / ("bill.csv.gz" if is_gzip else "bill.csv"))
    names, repeated = _distinct(header.names)
    columns = {name: f"c{place}" for place, name in enumerate(names) if name}
    return Source(con, link, columns, repeated, (header, scan), first_row=header.row + 1)


def _distinct(names: tuple[str, ...]) -> tuple[list[str], frozenset[str]]:
    """Names in any case are one column to a database; later ones get a number."""
    seen: dict[str, int] = {}
    given, repeated = [], set()
    for name in names:
        key = name.casefold()
        seen[key] = seen.get(key, 0) + 1
        given.append(name if seen[key] == 1 else f"{name} ({seen[key]})")
    repeated = {name for name in given if seen.get(name.casefold(), 1) > 1}
    return given, frozenset(repeated)


def _linked(path: Path, link: Path) -> Path:
    """Give the file a name without wildcards inside the only folder the database may read."""
    with suppress(OSError, NotImplementedError):
        link.symlink_to(path.resolve())
        return link
    try:
        os.link(path, link)
    except OSError:
        shutil.copyfile(path, link)
    return link


@contextmanager
def _connect(folder: Path, path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    import duckdb

    con = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "threads": str(_THREADS),
            "memory_limit": _MEMORY,
        },
    )
    try:
        place = literal(str(folder) + os.sep)
        con.execute(f"SET temp_directory = {literal(str(folder / 'spill'))}")
        con.execute(f"SET allowed_directories = [{place}]")
        con.execute(f"SET allowed_paths = [{literal(str(path.resolve()))}]")
        con.execute("SET TimeZone = 'UTC'")
        con.execute("SET enable_external_access = false; SET lock_configuration = true")
        yield con
    finally:
        con.close()


def _csv(link: Path, header: CsvHeader, *, strict: bool) -> str:
    columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(len(header.names)))
    return (
        f"read_csv({literal(str(link))}, columns = {{{columns}}}, auto_detect = false, "
        f"delim = {literal(header.delimiter)}, quote = '\"', escape = '\"', header = true, "
        f"skip = {header.lines_before}, nullstr = {_ABSENT}, strict_mode = {str(strict).lower()})"
    )


def _parquet(link: Path) -> str:
    return f"read_parquet({literal(str(link))}, file_row_number = true, binary_as_string = true)"


def _open_parquet(con: duckdb.DuckDBPyConnection, link: Path) -> Source:
    rows = con.execute(
        f"SELECT num_rows FROM parquet_file_metadata({literal(str(link))})"
    ).fetchall()[0][0]
    if not 0 <= rows <= MOST_ROWS:
        wanted = f"at most {MOST_ROWS:,} rows; export it in parts"
        raise UnreadableBillError(f"{rows:,} rows", wanted)
    found = con.execute(f"DESCRIBE SELECT * FROM {_parquet(link)}").fetchall()
    columns = dict(
        chain.from_iterable(
            _parquet_columns(str(name), quoted(str(name)), str(kind))
            for name, kind, *_ in found
            if name != "file_row_number"
        )
    )
    if len(columns) > MOST_COLUMNS:
        wanted = f"at most {MOST_COLUMNS:,} columns"
        raise UnreadableBillError(f"{len(columns):,} columns", wanted)
    return Source(con, link, columns)


def _parquet_columns(name: str, sql: str, kind: str) -> Iterator[tuple[str, str]]:
    """A column as it stands; nested ones as JSON text, records also field by field."""
    if not kind.startswith(("MAP(", "STRUCT(")) and not kind.endswith("]"):
        yield name, sql
        return
    yield name, f"CAST(to_json({sql}) AS VARCHAR)"
    if kind.startswith("STRUCT(") and not kind.endswith("]"):
        for field, inner in _fields(kind[len("STRUCT(") : -1]):
            yield from _parquet_columns(f"{name}.{field}", f"{sql}.{quoted(field)}", inner)


def _fields(inside: str) -> Iterator[tuple[str, str]]:
    """Fields of a record type, split at the commas that stand outside brackets and quotes."""
    depth, start, in_quotes = 0, 0, False
    for place, sign in enumerate(f"{inside},"):
        if sign == '"':
            in_quotes = not in_quotes
        elif not in_quotes and sign in "()":
            depth += 1 if sign == "(" else -1
        elif sign == "," and not depth and not in_quotes:
            yield _field(inside[start:place].strip())
            start = place + 1


def _field(text: str) -> tuple[str, str]:
    if text.startswith('"'):
        end = text.index('" ')
        return text[1:end].replace('""', '"'), text[end + 2 :]
    name, _, kind = text.partition(" ")
    return name, kind


def whole_rows(source: Source) -> tuple[str, dict[str, str]]:
    """Relation of all rows with all columns, and the SQL of each column over it.

    After ``stage``; rows that hold nothing at all are no rows.
    """
    if source.json is not None:
        return "flat", {name: quoted(name) for name in source.columns}
    if not source.csv:
        link = literal(str(source.link))
        return f"read_parquet({link}, binary_as_string = true)", dict(source.columns)
    header, _ = source.csv
    named = ", ".join(f"{cell} AS {quoted(name)}" for name, cell in source.columns.items())
    filled = f"coalesce({', '.join(source.columns.values())}) IS NOT NULL"
    read = _csv(source.link, header, strict=not source.is_loose)
    return f"(SELECT {named} FROM {read} WHERE {filled})", {n: quoted(n) for n in source.columns}
