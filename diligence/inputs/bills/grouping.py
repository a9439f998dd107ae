"""One pass over the rows of a bill: distinct evidence and month, amounts added exactly."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from diligence.inputs.bills.bill import EVIDENCE_COLUMNS, KEY_COLUMNS, MONEY_COLUMNS
from diligence.inputs.bills.layout import quoted
from diligence.inputs.bills.sources import BILL_ROWS, ROW

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

GROUPS = "bill_groups"
"""Rows added up by the raw texts of the key; rules of a format are then asked once a group."""
N_ROWS, FIRST_ROW, PRICED = '"~rows"', '"~first"', '"~priced"'
DAY, FIRST_DAY, LAST_DAY = '"~day"', '"~from"', '"~to"'
_LAST_OF_LONG, _SHORT = '"~end"', '"~short"'
TAG_WORDS, _TAG_CELL = '"~words"', '"~tag cell"'
_ONE_TAG_CELL = re.compile(r'as_pairs\(("(?:[^"]|"")+")\)')
_LONGEST_PERIOD_DAYS = 32
LAST_OF_ALL = (
    f"CASE WHEN 2 * sum({_SHORT}) >= sum({N_ROWS}) THEN max({LAST_DAY}) "
    f"ELSE max({_LAST_OF_LONG}) END"
)
"""SQL over the groups of the last day that is charged.

Periods of several days count only where most rows have one: a monthly fee among daily rows
reaches to the end of the month before the month is over.
"""
_DEFAULTS = {"kind": "'usage'"}
_TEXT_KEYS = (*EVIDENCE_COLUMNS, "kind", "commitment", "unit", "currency")
_AMOUNTS = ("quantity", *MONEY_COLUMNS)
_MACROS = """
CREATE TEMP MACRO as_text(x) AS CASE
  WHEN trim(CAST(x AS VARCHAR)) IN ('NULL', 'null') THEN '' ELSE trim(CAST(x AS VARCHAR)) END;
CREATE TEMP MACRO words_of(entries) AS array_to_string(list_sort(list_transform(
  entries, lambda e: concat_ws('=', e."key", nullif(e."value", '')))), ' ');
CREATE TEMP MACRO braced(x) AS
  CASE WHEN x[1] IN ('{', '[') OR x = '' THEN x ELSE '{' || x || '}' END;
CREATE TEMP MACRO as_pairs(x) AS coalesce(
  CASE WHEN braced(as_text(x))[1] = '['
    THEN words_of(list_filter(TRY_CAST(TRY_CAST(as_text(x) AS JSON)
      AS STRUCT("key" VARCHAR, "value" VARCHAR)[]), lambda e: e."key" IS NOT NULL))
    ELSE words_of(map_entries(TRY_CAST(TRY_CAST(braced(as_text(x)) AS JSON)
      AS MAP(VARCHAR, VARCHAR)))) END,
  as_text(x), '');
"""


@dataclass(frozen=True)
class RowSql:
    """SQL of a bill's lines over ``BILL_ROWS``, with amounts and days already chosen."""

    columns: Mapping[str, str]
    where: str
    by_day: bool

    def of(self, name: str) -> str:
        """SQL of one column of a bill line."""
        return self.columns.get(name) or _DEFAULTS.get(name, "''")


def define_macros(con: duckdb.DuckDBPyConnection) -> None:
    """Define ``as_text`` and ``as_pairs`` for the connection."""
    con.execute(_MACROS)


def key_cells(
    columns: Mapping[str, str], *, names: Iterable[str], per_row: frozenset[str]
) -> list[str]:
    """Columns of the file whose raw texts make up the key of a line."""
    asked = " ".join(columns.get(key, "") for key in _TEXT_KEYS if key not in per_row)
    return [name for name in names if quoted(name) in asked]


def group_rows(
    con: duckdb.DuckDBPyConnection,
    sql: RowSql,
    *,
    names: Iterable[str],
    per_row: frozenset[str],
) -> None:
    """Add the rows up by the raw cells that the key of a line is made of.

    Parameters
    ----------
    names
        Columns of the file.
    per_row
        Key columns and ``where`` whose SQL needs more than text cells; they are worked out for
        each row.
    """
    raw = map(quoted, key_cells(sql.columns, names=names, per_row=per_row))
    worked = [f"{sql.of(key)} AS {quoted(f'~{key}')}" for key in _TEXT_KEYS if key in per_row]
    day, month = sql.of("day"), month_or_day(sql)
    billed = sql.of("billed")
    sums = [f"sum({cell}) AS {quoted(f'~{name}')}" for name, cell in _row_amounts(sql).items()]
    selected = [
        *raw,
        *worked,
        f"{month} AS {DAY}",
        f"min({day}) AS {FIRST_DAY}",
        *_last_days(day, sql.columns.get("end", "NULL")),
        f"count(*) AS {N_ROWS}",
        f"count({billed}) AS {PRICED}",
        f"min({ROW}) AS {FIRST_ROW}",
        *sums,
    ]
    kept = f" WHERE {sql.where}" if "where" in per_row else ""
    query = f"SELECT {', '.join(selected)} FROM {BILL_ROWS}{kept} GROUP BY ALL"
    con.execute(f"CREATE TEMP TABLE {GROUPS} AS {query}")


def month_or_day(sql: RowSql) -> str:
    """SQL of the day of a line: the first of the month unless the format keeps days apart."""
    day = sql.of("day")
    return day if sql.by_day else f"CAST(date_trunc('month', {day}) AS DATE)"


def _last_days(day: str, end: str) -> tuple[str, ...]:
    """Last day of charges of a day, and of longer ones; a term of years is no such period."""
    if end == "NULL":
        last = f"max({day}) AS {LAST_DAY}"
        return last, f"CAST(NULL AS DATE) AS {_LAST_OF_LONG}", f"count(*) AS {_SHORT}"
    days = f"date_diff('day', {day}, {end})"
    is_long = f"{days} BETWEEN 1 AND {_LONGEST_PERIOD_DAYS}"
    is_short = f"({days} < 1) IS NOT FALSE"
    return (
        f"max({day}) FILTER ({is_short}) AS {LAST_DAY}",
        f"count(*) FILTER ({is_short}) AS {_SHORT}",
        f"max(CASE WHEN {is_long} THEN {end} ELSE {day} END) AS {_LAST_OF_LONG}",
    )


def lines_of(
    con: duckdb.DuckDBPyConnection, sql: RowSql, *, per_row: frozenset[str], supplier: str
) -> pa.Table:
    """Lines in the order of their key; ``supplier`` is SQL for rows that name none."""
    keys = {k: quoted(f"~{k}") if k in per_row else sql.of(k) for k in _TEXT_KEYS}
    keys["supplier"] = f"coalesce(nullif({keys['supplier']}, ''), {supplier})"
    tagged = _with_tag_words(con, keys["tags"])
    if tagged != GROUPS:
        keys["tags"] = TAG_WORDS
    where = "true" if "where" in per_row else sql.where
    given = _row_amounts(sql)
    inner = [*(f"{text} AS {quoted(key)}" for key, text in keys.items()), f"{DAY} AS day"]
    inner += [N_ROWS, FIRST_ROW, *(quoted(f"~{name}") for name in given)]
    sums = []
    for name in _AMOUNTS:
        source = name if name in given else _stand_in(name, given)
        cell = f"sum({quoted(f'~{source}')})" if source else "CAST(NULL AS DECIMAL(38, 0))"
        sums.append(f"{cell} AS {quoted(name)}")
    order = ("supplier", "service", "text", "day", *KEY_COLUMNS)
    query = (
        f"SELECT {', '.join(map(quoted, KEY_COLUMNS))}, {', '.join(sums)}, "
        f"CAST(sum({N_ROWS}) AS BIGINT) AS n_rows, min({FIRST_ROW}) AS first_row "
        f"FROM (SELECT {', '.join(inner)} FROM {tagged} WHERE {where}) "
        f"GROUP BY {', '.join(map(quoted, KEY_COLUMNS))} "
        f"ORDER BY {', '.join(map(quoted, dict.fromkeys(order)))}"
    )
    return con.sql(query).to_arrow_table()


def _with_tag_words(con: duckdb.DuckDBPyConnection, tags: str) -> str:
    """Source of the groups with the words of their tags: each distinct tag text is parsed once."""
    cell = _ONE_TAG_CELL.fullmatch(tags)
    if cell is None:
        return GROUPS
    name = cell.group(1)
    kind = con.execute(f"SELECT any_value(typeof({name})) FROM {GROUPS}").fetchone()
    if kind is None or kind[0] != "VARCHAR":
        return GROUPS
    con.execute(
        f"CREATE TEMP TABLE bill_tags AS SELECT {_TAG_CELL}, as_pairs({_TAG_CELL}) AS {TAG_WORDS} "
        f"FROM (SELECT DISTINCT {name} AS {_TAG_CELL} FROM {GROUPS})"
    )
    return f"{GROUPS} LEFT JOIN bill_tags ON {name} IS NOT DISTINCT FROM {_TAG_CELL}"


def _row_amounts(sql: RowSql) -> dict[str, str]:
    """Amounts that the format gives; a cell that is empty takes the nearest one given."""
    money = ("billed", "effective", "contracted", "list_cost")
    given = [name for name in money if sql.columns.get(name, "NULL") != "NULL"]
    found = {}
    for place, name in enumerate(given):
        nearest = [sql.of(other) for other in reversed(given[: place + 1])]
        found[name] = nearest[0] if len(nearest) == 1 else f"coalesce({', '.join(nearest)})"
    if sql.columns.get("quantity", "NULL") != "NULL":
        found["quantity"] = sql.of("quantity")
    return found


def _stand_in(name: str, given: Mapping[str, str]) -> str:
    nearest = {"effective": ("billed",), "contracted": ("effective", "billed")}
    nearest["list_cost"] = ("contracted", "effective", "billed")
    return next((other for other in nearest.get(name, ()) if other in given), "")
