"""What of a bill must not be summed: gaps, unknown words and currencies, refused rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from diligence.inputs.bills.bill import CHARGE_KINDS
from diligence.inputs.bills.cells import BadCell
from diligence.inputs.bills.grouping import DAY, FIRST_ROW, GROUPS, N_ROWS, PRICED
from diligence.inputs.bills.layout import Check
from diligence.inputs.bills.sources import BILL_ROWS, ROW, Source
from diligence.inputs.problems import ProblemLog
from diligence.inputs.tables import shown
from diligence.units.currency import CURRENCIES, MoneyUnit

if TYPE_CHECKING:
    import pyarrow as pa

_MOST_LOGGED = 20


def log_cells(source: Source, cells: Iterable[BadCell], *, name: str, log: ProblemLog) -> None:
    """Log cells that are no amount or no date, with their rows as a spreadsheet shows them."""
    for cell in cells:
        log.add(name, source.file_row(cell.row), cell.column, cell.found, cell.expected)


def log_checks(
    source: Source,
    checks: Iterable[Check],
    *,
    where: str,
    name: str,
    log: ProblemLog,
    grouped: bool,
) -> None:
    """Log rows that a format refuses, once for each distinct offending text.

    All checks are asked in one pass; only those that find something cost another.
    """
    rows, row, count = (
        (GROUPS, FIRST_ROW, f"sum({N_ROWS})") if grouped else (BILL_ROWS, ROW, "count(*)")
    )
    asked = tuple(checks)
    if not asked:
        return
    tests = ", ".join(f"bool_or(({where}) AND ({check.condition}))" for check in asked)
    is_met = source.con.execute(f"SELECT {tests} FROM {rows}").fetchall()[0]
    for check in (check for check, found in zip(asked, is_met, strict=True) if found):
        found = source.con.execute(
            f"SELECT {check.found} AS found, min({row}), CAST({count} AS BIGINT) FROM {rows} "
            f"WHERE ({where}) AND ({check.condition}) GROUP BY 1 ORDER BY 2 LIMIT {_MOST_LOGGED}"
        ).fetchall()
        for text, first, rows_found in found:
            words = shown(str(text)) if text not in (None, "") else "an empty cell"
            more = f" (in {rows_found:,} rows)" if rows_found > 1 else ""
            at = source.file_row(first)
            log.add(name, at, check.column, f"{words}{more}", check.expected)


def log_gaps(source: Source, *, where: str, name: str, log: ProblemLog) -> None:
    """Log rows without a day or an amount, and a bill without rows."""
    rows, priced, first = source.con.execute(
        f"SELECT coalesce(sum({N_ROWS}), 0), coalesce(sum({PRICED}), 0), "
        f"min({FIRST_ROW}) FILTER ({PRICED} < {N_ROWS}) FROM {GROUPS} WHERE {where}"
    ).fetchall()[0]
    if rows == 0:
        log.add(name, 0, "", "no rows below the header", "a bill with at least one charge")
        return
    if priced == 0:
        found = f"quantities without amounts in all {rows:,} rows"
        log.add(name, 0, "billed", found, "a bill with amounts, or a rate for each quantity")
    elif priced < rows:
        found = f"{rows - priced:,} rows without an amount"
        wanted = "an amount in each row, 0 where nothing is charged"
        log.add(name, source.file_row(first), "billed", found, wanted)
    undated = source.con.execute(
        f"SELECT min({FIRST_ROW}), sum({N_ROWS}) FROM {GROUPS} WHERE ({where}) AND {DAY} IS NULL"
    ).fetchall()[0]
    if undated[0] is not None:
        found = f"{undated[1]:,} rows without a date"
        log.add(name, source.file_row(undated[0]), "day", found, "a date in each row")


def log_lines(
    source: Source,
    lines: pa.Table,
    *,
    name: str,
    log: ProblemLog,
    unit: MoneyUnit | None = None,
) -> None:
    """Log lines whose currency or kind of charge is none that is known, or not that of a unit."""
    import pyarrow.compute as pc

    for code in sorted(set(lines["currency"].to_pylist())):
        if unit is not None and code.upper() != unit.currency:
            rows = lines.filter(pc.equal(lines["currency"], code))
            first = source.file_row(pc.min(rows["first_row"]).as_py())
            found = f"{shown(code)} beside unit: {unit.currency} in mapping.yaml"
            wanted = "one currency for an amount; no unit where the bill states its own"
            log.add(name, first, "currency", found, wanted)
        elif code.upper() not in CURRENCIES:
            rows = lines.filter(pc.equal(lines["currency"], code))
            first = source.file_row(pc.min(rows["first_row"]).as_py())
            found = shown(code) if code else "no currency"
            wanted = "a currency such as USD; or unit: USD in mapping.yaml, under bills"
            log.add(name, first, "currency", found, wanted)
    for kind in sorted(set(lines["kind"].to_pylist()) - set(CHARGE_KINDS)):
        rows = lines.filter(pc.equal(lines["kind"], kind))
        first = source.file_row(pc.min(rows["first_row"]).as_py())
        log.add(name, first, "kind", shown(kind), f"one of {', '.join(CHARGE_KINDS)}")
