"""Amounts of a bill as exact decimals, whatever the file writes them as."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from diligence.inputs.bills.amount_texts import bare_sizes, decimals_of, digits_of, plain_digits
from diligence.inputs.bills.cells import BadCell, bad_cells, column_name, kind_of, select_one
from diligence.inputs.bills.faults import UnreadableBillError
from diligence.units.money import Locale

if TYPE_CHECKING:
    import duckdb

MOST_DIGITS = 38
_SURELY_HELD = MOST_DIGITS - 10
_PRODUCT_DIGITS = MOST_DIGITS // 2
SMALLEST_KEPT = 18
"""Decimal places that binary noise is cut at when a column of doubles cannot be held whole."""
_INTEGERS = re.compile(r"U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)")


@dataclass(frozen=True)
class AmountReading:
    """Exact SQL of each amount, the cells that are none, and what to note."""

    sql: dict[str, str]
    bad_cells: tuple[BadCell, ...] = ()
    notes: tuple[str, ...] = ()


def read_amounts(
    con: duckdb.DuckDBPyConnection,
    arguments: Iterable[str],
    *,
    locale: Locale | None,
    in_products: bool = False,
) -> AmountReading:
    """Choose, for each argument of ``as_amount``, decimals that lose nothing.

    Parameters
    ----------
    arguments
        SQL over ``BILL_ROWS``, usually the name of one column.
    locale
        ``en`` or ``eu`` when mapping.yaml says so; otherwise the amounts of the file must tell.

    in_products
        Some amounts are multiplied: columns of wide decimals are read at the width they use.

    Raises
    ------
    UnreadableBillError
        When the locale does not show, or no 38 digits hold a column.
    """
    kinds = {argument: kind_of(con, argument) for argument in dict.fromkeys(arguments)}
    sql: dict[str, str] = {}
    bad: list[BadCell] = []
    notes: list[str] = []
    doubles = [argument for argument, kind in kinds.items() if kind in ("DOUBLE", "FLOAT")]
    clean = _short_doubles(con, doubles)
    texts = [argument for argument, kind in kinds.items() if kind in ("VARCHAR", "JSON")]
    sizes = bare_sizes(con, texts, locale)
    numbers = {x: x for x in texts} if sizes else plain_digits(con, texts, locale)
    for argument, kind in kinds.items():
        if kind.startswith("DECIMAL"):
            sql[argument] = _narrowed(con, argument, kind) if in_products else argument
        elif _INTEGERS.fullmatch(kind):
            sql[argument] = f"CAST({argument} AS DECIMAL({_integer_digits(kind)}, 0))"
        elif argument in clean:
            sql[argument] = f"CAST({argument} AS DECIMAL(15, 9))"
        elif argument in doubles:
            sql[argument], more, note = _long_doubles(con, argument)
            bad.extend(more)
            notes.extend(note)
        elif argument in numbers:
            bad.extend(_bad_texts(con, argument, numbers[argument], locale or "en"))
            sql[argument] = _decimal(con, argument, numbers[argument], sizes.get(argument))
        elif kind == '"NULL"':
            sql[argument] = "CAST(NULL AS DECIMAL(9, 0))"
        else:
            found = f"a column of {kind.lower()}"
            raise UnreadableBillError(found, "a column of numbers", column=column_name(argument))
    return AmountReading(sql, tuple(bad), tuple(notes))


def _narrowed(con: duckdb.DuckDBPyConnection, argument: str, kind: str) -> str:
    """A wide decimal at the width it uses, so that a product of two still fits."""
    width, scale = map(int, re.findall(r"\d+", kind))
    if width <= _PRODUCT_DIGITS:
        return argument
    scales = [places for places in (6, 9, 12) if places < scale]
    tests = [f"bool_and({argument} = CAST({argument} AS DECIMAL({width}, {s})))" for s in scales]
    largest, *fits = select_one(con, ", ".join([f"max(abs({argument}))", *tests]))
    scale = next((s for s, is_held in zip(scales, fits, strict=True) if is_held), scale)
    digits = len(str(int(largest or 0)))
    return f"CAST({argument} AS DECIMAL({digits + scale}, {scale}))"


def _integer_digits(kind: str) -> int:
    return 38 if "HUGE" in kind else 20 if "BIG" in kind else 10


def _is_short(argument: str) -> str:
    """A double that 15 digits with nine decimals write: that decimal is its shortest."""
    # a NaN passes a comparison that the statistics of a Parquet file seem to settle
    rounded = f"round({argument} * 1e9) / 1e9 = {argument}"
    return f"(isfinite({argument}) AND {rounded} AND abs({argument}) < 1e6)"


def _short_doubles(con: duckdb.DuckDBPyConnection, doubles: list[str]) -> set[str]:
    if not doubles:
        return set()
    tests = ", ".join(f"coalesce(bool_and({_is_short(x)}), true)" for x in doubles)
    return {x for x, is_short in zip(doubles, select_one(con, tests), strict=True) if is_short}


def _long_doubles(
    con: duckdb.DuckDBPyConnection, argument: str
) -> tuple[str, list[BadCell], list[str]]:
    """Shortest decimal text of each double; noise far behind the point is cut and noted."""
    rest = f"NOT {_is_short(argument)}"
    text = f"CAST({argument} AS VARCHAR)"
    endless = f"{text} IN ('nan', '-nan', 'inf', '-inf')"
    bad = bad_cells(con, argument, condition=endless, text=text, expected="a number")
    digits, scale, rows = select_one(con, digits_of(text), f"{rest} AND isfinite({argument})")
    digits, scale = max(digits or 0, 6), max(scale or 0, 9)
    room = MOST_DIGITS - digits - len(str(rows))
    notes = []
    if scale > room:
        if room < SMALLEST_KEPT:
            raise _too_long(argument, digits, scale)
        finer = f"{rest} AND isfinite({argument}) AND {decimals_of(text)} > {room}"
        cells = select_one(con, "count(*)", finer)[0]
        notes.append(
            f"{column_name(argument)}: {cells:,} cells with binary noise behind decimal {room} are "
            f"rounded there (each by less than 1e-{room})"
        )
        scale = room
    kind = f"DECIMAL({min(MOST_DIGITS, digits + scale)}, {scale})"
    sql = (
        f"CASE WHEN {_is_short(argument)} THEN CAST(CAST({argument} AS DECIMAL(15, 9)) AS {kind}) "
        f"WHEN isfinite({argument}) THEN CAST({text} AS {kind}) END"
    )
    return sql, bad, notes


def _bad_texts(
    con: duckdb.DuckDBPyConnection, argument: str, digits: str, locale: Locale
) -> list[BadCell]:
    if digits == argument:
        return []
    wanted = "1,200.50 or (1,200.50)" if locale == "en" else "1.200,50 or (1.200,50)"
    return bad_cells(
        con,
        argument,
        condition=f"{digits} = ''",
        text=argument,
        expected=f"a number such as {wanted}",
    )


def _decimal(
    con: duckdb.DuckDBPyConnection, argument: str, text: str, size: tuple[int, int] | None
) -> str:
    # a bound that leaves room for any sum spares counting the digits of each cell
    if size and sum(size) <= _SURELY_HELD:
        return f"CAST({text} AS DECIMAL({sum(size)}, {size[1]}))"
    digits, scale, rows = select_one(con, digits_of(f"nullif({text}, '')"))
    digits, scale = max(digits or 0, 1), scale or 0
    if digits + scale + len(str(rows)) > MOST_DIGITS:
        raise _too_long(argument, digits, scale)
    return f"CAST(nullif({text}, '') AS DECIMAL({digits + scale}, {scale}))"


def _too_long(argument: str, digits: int, scale: int) -> UnreadableBillError:
    found = f"amounts of up to {digits} digits before and {scale} behind the decimal point"
    wanted = f"at most {MOST_DIGITS} digits in all, with room for their sum"
    return UnreadableBillError(found, wanted, column=column_name(argument))
