"""Reads a bill of any known system into one exact record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from diligence.inputs.bills.amounts import read_amounts
from diligence.inputs.bills.bill import MONEY_COLUMNS, Bill
from diligence.inputs.bills.checks import log_cells, log_checks, log_gaps, log_lines
from diligence.inputs.bills.days import read_days
from diligence.inputs.bills.detect import How, choose_format
from diligence.inputs.bills.faults import UnreadableBillError
from diligence.inputs.bills.formats import ALL_FORMATS
from diligence.inputs.bills.grouping import (
    FIRST_DAY,
    GROUPS,
    LAST_OF_ALL,
    N_ROWS,
    RowSql,
    define_macros,
    group_rows,
    key_cells,
    lines_of,
)
from diligence.inputs.bills.json_rows import (
    JsonBill,
    documents_of,
    entries_of,
    rows_of,
    to_arrow,
)
from diligence.inputs.bills.layout import PART, BillFormat, Check, Header, literal, quoted
from diligence.inputs.bills.sources import BILL_ROWS, Source, open_source
from diligence.inputs.bills.sql_calls import arguments, replace_calls
from diligence.inputs.bills.systems import common_system
from diligence.inputs.mapping import BillMapping
from diligence.inputs.problems import ProblemLog
from diligence.units.currency import MoneyUnit, MoneyUnitError, parse_money_unit

if TYPE_CHECKING:
    import pyarrow as pa

MIXED = "mixed"
FOCUS = "focus"
_CENTS = " cents"
_HUNDREDTH = Decimal("0.01")
_PEEKED = 100
"""Lines of JSON that are asked for their format; the first days may have no charges."""
_CALLS = ("as_amount(", "as_day(")


def read_bill(
    path: Path, *, name: str, log: ProblemLog, mapping: BillMapping | None = None
) -> Bill | None:
    """Read a bill or usage export; problems are logged, nothing is raised.

    Parameters
    ----------
    path
        CSV, gzipped CSV, Parquet, JSON or one JSON object a line; told by its content.
    name
        The file's name in problems.
    mapping
        What mapping.yaml says about the file.

    Returns
    -------
    Bill or None
        None when the file cannot be read or one of its cells cannot be counted.
    """
    entry = mapping or BillMapping()
    try:
        with open_source(path) as source:
            return _read(source, name, log, entry)
    except UnreadableBillError as error:
        row = error.row
        log.add(name, row, error.column, error.found, error.expected)
        return None


@dataclass(frozen=True)
class Reading:
    """A file, its format and its SQL, on the way to a bill."""

    source: Source
    fmt: BillFormat
    how: How
    sql: RowSql
    per_row: frozenset[str]
    row_checks: tuple[Check, ...]
    group_checks: tuple[Check, ...]
    notes: tuple[str, ...]


def _read(source: Source, name: str, log: ProblemLog, mapping: BillMapping) -> Bill | None:
    before = len(log.entries)
    unit, factor = _unit(mapping)
    reading = prepare(source, name=name, log=log, mapping=mapping)
    if reading is None:
        return None
    sql, checks = reading.sql, reading.group_checks
    log_checks(source, reading.row_checks, where=sql.where, name=name, log=log, grouped=False)
    group_rows(source.con, sql, names=[*source.columns, PART], per_row=reading.per_row)
    where = "true" if "where" in reading.per_row else sql.where
    log_checks(source, checks, where=where, name=name, log=log, grouped=True)
    log_gaps(source, where=where, name=name, log=log)
    if len(log.entries) > before:
        return None
    supplier = literal(mapping.supplier or "")
    lines = lines_of(source.con, sql, per_row=reading.per_row, supplier=supplier)
    log_lines(source, lines, name=name, log=log, unit=unit)
    if len(log.entries) > before:
        return None
    bill = _bill(reading, _finished(source, lines, factor), where=where, name=name)
    return replace(bill, ledger=mapping.ledger)


def prepare(source: Source, *, name: str, log: ProblemLog, mapping: BillMapping) -> Reading | None:
    """Choose the format of an opened bill and how its cells are read; None after a problem."""
    unit, _ = _unit(mapping)
    define_macros(source.con)
    fmt, how = _format(source, mapping)
    _refuse_settings(fmt, mapping)
    if mapping.prices and fmt.with_prices:
        fmt = fmt.with_prices(mapping.prices)
    return _prepare(source, fmt, how, name=name, log=log, mapping=mapping, unit=unit)


def _unit(mapping: BillMapping) -> tuple[MoneyUnit | None, Decimal]:
    if mapping.unit is None:
        return None, Decimal(1)
    is_cents = mapping.unit.lower().endswith(_CENTS)
    try:
        unit = parse_money_unit(mapping.unit[: -len(_CENTS)] if is_cents else mapping.unit)
    except MoneyUnitError as error:
        found = f"unit: {mapping.unit}"
        wanted = "a unit of money such as USD, USD cents or USD k"
        raise UnreadableBillError(found, wanted, column="unit") from error
    return unit, _HUNDREDTH if is_cents else unit.in_units(Decimal(1))


def _refuse_settings(fmt: BillFormat, mapping: BillMapping) -> None:
    """Refuse what mapping.yaml says of a bill that says otherwise itself."""
    if mapping.unit and fmt.fixed_unit:
        found = f"unit: {mapping.unit} for a bill whose amounts are in {fmt.fixed_unit}"
        wanted = "no unit, or amounts are converted twice; it is read in whole units already"
        raise UnreadableBillError(found, wanted, column="unit")
    if mapping.prices and fmt.with_prices is None:
        wanted = "no prices; only usage without amounts, such as databricks_usage, needs them"
        raise UnreadableBillError(f"prices for {fmt.name}", wanted, column="prices")


def _format(source: Source, mapping: BillMapping) -> tuple[BillFormat, How]:
    """Choose the format; JSON is flattened on the way, because that gives it a header."""
    if source.json is None:
        return choose_format(source.columns, mapping=mapping)
    document, fmt = _document(source.json, mapping.format)
    rows = fmt.flatten(document) if fmt and fmt.flatten else rows_of(source.json)
    table = to_arrow(rows)
    source.columns = {name: quoted(name) for name in table.column_names}
    source.stage_rows(table)
    if fmt and fmt.flatten:
        return fmt, "detected" if mapping.format is None else "forced"
    return choose_format(source.columns, mapping=mapping)


def _document(bill: JsonBill, name: str | None) -> tuple[object, BillFormat | None]:
    """Document and the nested format it is of; lines may be pages of one report."""
    nested = [f for f in ALL_FORMATS if f.tells and name in (None, f.name)]
    first = islice(entries_of(bill), _PEEKED) if bill.document is None else iter([bill.document])
    told = (f for entry in first for f in nested if f.tells and f.tells(entry))
    fmt = next(told, None)
    if fmt is None or bill.document is not None:
        return bill.document, fmt
    return documents_of(bill), fmt


def _prepare(
    source: Source,
    fmt: BillFormat,
    how: How,
    *,
    name: str,
    log: ProblemLog,
    mapping: BillMapping,
    unit: MoneyUnit | None,
) -> Reading | None:
    """Stage what the format asks for, and choose how its amounts and days are read."""
    header = Header([*source.columns, PART] if fmt.split else source.columns)
    columns = _columns(fmt, header, unit)
    where, checks = fmt.where(header), fmt.checks(header)
    texts = [*columns.values(), where, *(f"{c.condition} {c.found}" for c in checks)]
    parts = fmt.split(header) if fmt.split else ""
    if source.json is None:
        source.stage(" ".join([*texts, parts]))
    if parts:
        source.split_rows(parts)
    amounts = read_amounts(
        source.con,
        _arguments(texts, "as_amount"),
        locale=mapping.locale,
        in_products=any("*" in text for text in columns.values()),
    )
    days = read_days(source.con, _arguments(texts, "as_day"), order=mapping.dates)
    bad = (*amounts.bad_cells, *days.bad_cells)
    log_cells(source, bad, name=name, log=log)
    if bad:
        return None

    def chosen(sql: str) -> str:
        done = replace_calls(sql, "as_amount", amounts.sql)
        return replace_calls(done, "as_day", days.sql)

    sql = RowSql({key: chosen(text) for key, text in columns.items()}, chosen(where), fmt.by_day)
    names = [*source.columns, PART]
    per_row = frozenset(key for key, text in columns.items() if _asks(text))
    keys = set(key_cells(columns, names=names, per_row=per_row))

    def is_of_key(sql: str) -> bool:
        return not _asks(sql) and keys.issuperset(n for n in names if quoted(n) in sql)

    if not is_of_key(where):
        per_row |= {"where"}
    row_checks = [c for c in checks if not is_of_key(f"{where} {c.condition} {c.found}")]
    return Reading(
        source,
        fmt,
        how,
        sql,
        per_row,
        tuple(replace(c, condition=chosen(c.condition), found=chosen(c.found)) for c in row_checks),
        tuple(c for c in checks if c not in row_checks),
        amounts.notes,
    )


def _columns(fmt: BillFormat, header: Header, unit: MoneyUnit | None) -> dict[str, str]:
    columns = dict(fmt.select(header))
    stated = columns.get("currency", "''")
    if unit is not None:
        named = f"coalesce(nullif({stated}, ''), {literal(unit.currency)})"
        stated = literal(unit.currency) if stated == "''" else named
    columns["currency"] = f"upper({stated})"
    for name, missing in (("billed", "CAST(NULL AS DECIMAL(9, 0))"), ("day", "CAST(NULL AS DATE)")):
        if columns.get(name, "NULL") == "NULL":
            columns[name] = missing
    return columns


def _arguments(texts: Iterable[str], function: str) -> list[str]:
    return [found for text in texts for found in arguments(text, function)]


def _asks(sql: str) -> bool:
    """True when some SQL needs more than the text cells of a row."""
    return any(call in sql for call in _CALLS)


def _finished(source: Source, lines: pa.Table, factor: Decimal) -> pa.Table:
    """Lines in whole units of money, with the rows a spreadsheet shows."""
    import pyarrow as pa

    if source.csv and source.csv[1].blank_rows:
        rows = [source.file_row(row) for row in lines["first_row"].to_pylist()]
        place = lines.schema.get_field_index("first_row")
        lines = lines.set_column(place, "first_row", pa.array(rows, pa.int64()))
    for column in MONEY_COLUMNS if factor != 1 else ():
        with localcontext(prec=80):
            cells = [cell * factor for cell in lines[column].to_pylist()]
        lines = lines.set_column(lines.schema.get_field_index(column), column, pa.array(cells))
    return lines


def _bill(reading: Reading, lines: pa.Table, *, where: str, name: str) -> Bill:
    import pyarrow.compute as pc

    fmt = reading.fmt
    if reading.how == "detected":
        fmt = fmt.refined(lines) or fmt
    first, last, rows = reading.source.con.execute(
        f"SELECT min({FIRST_DAY}), {LAST_OF_ALL}, CAST(sum({N_ROWS}) AS BIGINT) "
        f"FROM {GROUPS} WHERE {where}"
    ).fetchall()[0]
    if fmt.split:
        whole = (
            f"SELECT count(*) FROM {BILL_ROWS} WHERE {quoted(PART)} = '' AND ({reading.sql.where})"
        )
        rows = reading.source.con.execute(whole).fetchall()[0][0]
    system = fmt.system
    if system == FOCUS:
        system = common_system(pc.unique(lines["supplier"]).to_pylist()) or FOCUS
    currencies = pc.unique(lines["currency"]).to_pylist()
    return Bill(
        name=name,
        format=fmt.name,
        format_title=fmt.title,
        how=reading.how,
        system=system,
        currency=currencies[0] if len(currencies) == 1 else MIXED,
        first_day=first,
        last_day=last,
        n_rows=rows,
        lines=lines,
        notes=(*reading.notes, *_left_out(reading, where), *_remarks(reading, lines)),
    )


def _remarks(reading: Reading, lines: pa.Table) -> tuple[str, ...]:
    """What the format has to say of such lines."""
    remarks = reading.fmt.remarks
    if not remarks:
        return ()
    con = reading.source.con
    con.register("bill_lines", lines)
    asked = ", ".join(f"coalesce({remark.condition}, false)" for remark in remarks)
    found = con.execute(f"SELECT {asked} FROM bill_lines").fetchall()[0]
    con.unregister("bill_lines")
    return tuple(remark.words for remark, holds in zip(remarks, found, strict=True) if holds)


def _left_out(reading: Reading, where: str) -> tuple[str, ...]:
    """Say how many rows the format leaves out, and why."""
    if not reading.fmt.left_out:
        return ()
    rows = f"SELECT sum({N_ROWS}) FROM {GROUPS} WHERE ({where}) IS NOT TRUE"
    if "where" in reading.per_row:
        rows = f"SELECT count(*) FROM {BILL_ROWS} WHERE ({reading.sql.where}) IS NOT TRUE"
    count = reading.source.con.execute(rows).fetchall()[0][0]
    return (f"{count:,} rows left out: {reading.fmt.left_out}",) if count else ()
