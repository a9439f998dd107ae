"""Days of a bill: ISO dates and timestamps, dates in either order, seconds of an epoch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from diligence.inputs.bills.cells import BadCell, bad_cells, kind_of, select_one
from diligence.inputs.bills.faults import UnreadableBillError
from diligence.inputs.bills.layout import literal
from diligence.inputs.tables import shown

if TYPE_CHECKING:
    import duckdb

SlashOrder = Literal["mdy", "dmy"]
_ISO = r"\d{4}-\d{2}-\d{2}([T ].*)?"
_SLASHED = r"\d{1,2}/\d{1,2}/(\d{4}|\d{2})( .*)?"
_DOTTED = r"\d{1,2}\.\d{1,2}\.\d{4}( .*)?"
_COMPACT = r"(19|20)\d{6}"
_MONTH = r"\d{4}-\d{2}"
_SECONDS = r"\d{9,10}(\.\d+)?"
_EXPECTED = "a date that exists, such as 2025-09-30"


@dataclass(frozen=True)
class DayReading:
    """SQL of each day, and the cells that are no date."""

    sql: dict[str, str]
    bad_cells: tuple[BadCell, ...] = ()


def read_days(
    con: duckdb.DuckDBPyConnection, arguments: Iterable[str], *, order: SlashOrder | None
) -> DayReading:
    """Choose how each argument of ``as_day`` is read as a date.

    Parameters
    ----------
    order
        Order of 9/2/2023 when mapping.yaml says so; otherwise a value above 12 must tell.

    Raises
    ------
    UnreadableBillError
        When the order of month and day does not show, or both orders do.
    """
    kinds = {argument: kind_of(con, argument) for argument in dict.fromkeys(arguments)}
    texts = [argument for argument, kind in kinds.items() if kind in ("VARCHAR", "JSON")]
    sql = _iso_days(con, texts)
    texts = [argument for argument in texts if argument not in sql]
    order = order or _order(con, texts)
    sql |= {a: _day_sql(con, a, kind, order) for a, kind in kinds.items() if a not in sql}
    bad: list[BadCell] = []
    for text in texts:
        wrong = f"nullif(trim({text}), '') IS NOT NULL AND {sql[text]} IS NULL"
        bad.extend(bad_cells(con, text, condition=wrong, text=text, expected=_EXPECTED))
    return DayReading(sql, tuple(bad))


def _iso_days(con: duckdb.DuckDBPyConnection, texts: list[str]) -> dict[str, str]:
    """Columns that hold ISO dates and nothing else, as most exports do."""
    days = {x: f"TRY_CAST(left({x}, 10) AS DATE)" for x in texts}
    tests = [
        f"coalesce(bool_and({x}[5] = '-' AND {day} IS NOT NULL), true)" for x, day in days.items()
    ]
    found = select_one(con, ", ".join(tests)) if tests else ()
    return {x: day for (x, day), is_iso in zip(days.items(), found, strict=True) if is_iso}


def _day_sql(
    con: duckdb.DuckDBPyConnection, argument: str, kind: str, order: SlashOrder | None
) -> str:
    if kind == "DATE":
        return argument
    if kind.startswith("TIMESTAMP"):
        return f"CAST({argument} AS DATE)"
    if "INT" in kind or kind in ("DOUBLE", "FLOAT"):
        return f"CAST(to_timestamp({argument}) AS DATE)"
    if kind not in ("VARCHAR", "JSON"):
        raise UnreadableBillError(f"a column of {kind.lower()}", _EXPECTED)
    cell = f"trim({argument})"
    cases = {
        _ISO: f"TRY_CAST(left({cell}, 10) AS DATE)",
        _SLASHED: _parsed(cell, "/", order or "mdy"),
        _DOTTED: _parsed(cell, ".", "dmy"),
        _COMPACT: f"CAST(try_strptime({cell}, '%Y%m%d') AS DATE)",
        _MONTH: f"TRY_CAST({cell} || '-01' AS DATE)",
        _SECONDS: f"CAST(to_timestamp(TRY_CAST({cell} AS DOUBLE)) AS DATE)",
    }
    tests = {shape: f"regexp_full_match({cell}, {literal(shape)})" for shape in cases}
    found = select_one(
        con, ", ".join(f"coalesce(bool_or({test}), false)" for test in tests.values())
    )
    present = [shape for shape, is_there in zip(cases, found, strict=True) if is_there]
    if present == [_ISO]:
        return cases[_ISO]
    branches = " ".join(f"WHEN {tests[shape]} THEN {cases[shape]}" for shape in present)
    return f"CASE {branches} END" if present else "CAST(NULL AS DATE)"


def _parsed(cell: str, sign: str, order: SlashOrder) -> str:
    day = f"split_part({cell}, ' ', 1)"
    first = "%m{0}%d{0}" if order == "mdy" else "%d{0}%m{0}"
    short, full = (literal(first.format(sign) + year) for year in ("%y", "%Y"))
    return (
        f"CAST(CASE WHEN length(split_part({day}, '{sign}', 3)) = 4 "
        f"THEN try_strptime({day}, {full}) ELSE try_strptime({day}, {short}) END AS DATE)"
    )


def _order(con: duckdb.DuckDBPyConnection, texts: list[str]) -> SlashOrder | None:
    """Order of dates with slashes in all columns of the file; None when it has none."""
    firsts: dict[SlashOrder, str] = {}
    example = ""
    for text in texts:
        slashed = f"regexp_full_match(trim({text}), {literal(_SLASHED)})"
        first = f"TRY_CAST(split_part(trim({text}), '/', 1) AS INTEGER) > 12"
        second = f"TRY_CAST(split_part(trim({text}), '/', 2) AS INTEGER) > 12"
        selected = f"min({text}), min({text}) FILTER ({first}), min({text}) FILTER ({second})"
        some, dmy, mdy = select_one(con, selected, slashed)
        example = example or some or ""
        firsts |= {"dmy": dmy} if dmy else {}
        firsts |= {"mdy": mdy} if mdy else {}
    if len(firsts) == 2:
        found = f"both {shown(firsts['mdy'])} and {shown(firsts['dmy'])}"
        raise UnreadableBillError(found, "one order of month and day in a file")
    if example and not firsts:
        found = f"dates such as {shown(example)}, where day and month cannot be told apart"
        raise UnreadableBillError(found, "dates: mdy or dates: dmy in mapping.yaml, under bills")
    return next(iter(firsts), None)
