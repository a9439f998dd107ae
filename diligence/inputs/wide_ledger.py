"""A ledger with accounts down and periods across, read as mapping.yaml says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from diligence.errors import UnitError
from diligence.inputs.context import ReadingContext
from diligence.inputs.deal import LedgerLine, Role, SourceRef
from diligence.inputs.ledger_figures import Figure
from diligence.inputs.mapping import MAPPING_FILE, AccountRow, FileMapping
from diligence.inputs.period_sets import Stated, tolerance
from diligence.inputs.sheet_layout import heading_period
from diligence.inputs.statement_rows import (
    DEFAULT_STATEMENT_GRADE,
    amount_words,
    convert,
    find_locale,
    half_unit,
    parse_book_amount,
    plain,
    rate_problem,
)
from diligence.inputs.tables import Grid, read_grid, shown
from diligence.units import AmountError, Period, PeriodError, parse_period
from diligence.units.currency import MoneyUnit, MoneyUnitError, parse_money_unit
from diligence.units.money import Locale


@dataclass(frozen=True)
class _Sheet:
    """A sheet with its mapping, both known to be sound."""

    grid: Grid
    entry: FileMapping
    context: ReadingContext
    unit: MoneyUnit
    locale: Locale
    periods: Mapping[str, Period]

    @property
    def rows(self) -> range:
        return range(self.entry.first_row or 1, (self.entry.last_row or len(self.grid.rows)) + 1)


def read_wide(
    path: Path, *, name: str, context: ReadingContext, entry: FileMapping
) -> list[Figure]:
    """Read the account rows of a wide sheet; every problem is logged.

    Subtotal rows and total columns are checked on the figures as printed, before any change of
    sign, and left out. Every row with a figure and every period column must be in the mapping,
    and labels and headings must still be those of the sheet, so that no money is lost when the
    company sends a new version.
    """
    grid = read_grid(path, name=name, log=context.log, sheet=entry.sheet)
    if grid is None:
        return []
    unit, periods = _unit(entry, name, context), _periods(grid, entry, context)
    columns = [*periods, *entry.totals]
    cells = [
        (row, column)
        for row in [*entry.accounts, *entry.subtotals]
        for column in columns
        if not grid.is_number(row, column)
    ]
    texts = [grid.cell(*cell) for cell in cells]
    locale = entry.locale or find_locale(texts, grid.delimiter, name=name, log=context.log)
    if unit is None or locale is None or not periods:
        return []
    sheet = _Sheet(grid, entry, context, unit, locale, periods)
    _check_rows(sheet)
    _check_columns(sheet)
    _check_subtotals(sheet)
    _check_totals(sheet)
    return list(_figures(sheet))


def _unit(entry: FileMapping, name: str, context: ReadingContext) -> MoneyUnit | None:
    try:
        return parse_money_unit(entry.unit or "")
    except MoneyUnitError:
        found = shown(entry.unit) if entry.unit else "no unit"
        expected = "a unit of money such as USD, USD k, USD m or CNY bn"
        context.log.add(MAPPING_FILE, 0, f"files.{name}.unit", found, expected)
        return None


def _periods(grid: Grid, entry: FileMapping, context: ReadingContext) -> dict[str, Period]:
    month, where = context.terms.fiscal_year_start_month, f"files.{grid.name}.periods"
    periods: dict[str, Period] = {}
    for column, label in entry.periods.items():
        try:
            period = parse_period(label, fiscal_year_start_month=month)
        except (PeriodError, ValueError):
            expected = "a period such as 2025-01, 2025Q1, 2025 or 9M2025"
            context.log.add(MAPPING_FILE, 0, f"{where}.{column}", shown(label), expected)
            continue
        if period in periods.values():
            found = f"{period.label} a second time"
            context.log.add(MAPPING_FILE, 0, f"{where}.{column}", found, "each period once")
            continue
        periods[column] = period
    if not entry.periods:
        context.log.add(MAPPING_FILE, 0, where, "no periods", "columns with their periods")
    return periods


def _check_rows(sheet: _Sheet) -> None:
    """Every row with a figure is mapped, and mapped labels are those of the sheet."""
    grid, entry, log = sheet.grid, sheet.entry, sheet.context.log
    mapped = {*entry.accounts, *entry.subtotals, *entry.skip_rows}
    for row in sheet.rows:
        label = grid.cell(row, entry.label_column)
        if row not in mapped and any(grid.cell(row, column) for column in sheet.periods):
            found = f"the row {shown(label)}, which mapping.yaml does not name"
            log.add(grid.name, row, entry.label_column, found, "accounts, subtotals or skip_rows")
    for row, account in entry.accounts.items():
        label = grid.cell(row, entry.label_column)
        if _words(account.label) != _words(label):
            expected = f"{shown(account.label)} as mapping.yaml says; propose the mapping again"
            log.add(grid.name, row, entry.label_column, shown(label), expected)


def _check_columns(sheet: _Sheet) -> None:
    """Every heading that names a period is mapped, to that period."""
    grid, entry, log = sheet.grid, sheet.entry, sheet.context.log
    if entry.header_row is None:
        return
    month = sheet.context.terms.fiscal_year_start_month
    for column in grid.columns:
        text = grid.cell(entry.header_row, column)
        heading = heading_period(text, fiscal_year_start_month=month)
        known = sheet.periods.get(column)
        if heading and known is None and column not in entry.totals:
            found = f"the heading {shown(text)}, which mapping.yaml does not name"
            log.add(grid.name, entry.header_row, column, found, "periods or totals")
        elif heading and known and heading != known:
            expected = f"{known.label} as mapping.yaml says; propose the mapping again"
            log.add(grid.name, entry.header_row, column, shown(text), expected)


def _check_subtotals(sheet: _Sheet) -> None:
    for row, children in sheet.entry.subtotals.items():
        label = shown(sheet.grid.cell(row, sheet.entry.label_column))
        for column, period in sheet.periods.items():
            parts = [(child, (abs(child), column)) for child in children]
            words = ", ".join(map(str, children))
            _check_sum(sheet, (row, column), parts, f"{label} {period.label}", f"rows {words}")


def _check_totals(sheet: _Sheet) -> None:
    entry = sheet.entry
    for column, children in entry.totals.items():
        for row in (*entry.accounts, *entry.subtotals):
            label = shown(sheet.grid.cell(row, entry.label_column))
            parts = [(1, (row, child)) for child in children]
            words = f"columns {', '.join(children)}"
            _check_sum(sheet, (row, column), parts, f"{label} in column {column}", words)


def _check_sum(
    sheet: _Sheet,
    total: tuple[int, str],
    parts: Iterable[tuple[int, tuple[int, str]]],
    what: str,
    words: str,
) -> None:
    stated = _stated(sheet, *total)
    if stated is None:
        return
    children = [(sign, _stated(sheet, *place)) for sign, place in parts]
    known = [(sign, child) for sign, child in children if child is not None]
    summed = sum((c.amount if sign > 0 else -c.amount for sign, c in known), Decimal(0))
    difference = stated.amount - summed
    if abs(difference) > tolerance(stated, [child for _, child in known]):
        found = f"{what} = {plain(stated.amount)}"
        expected = f"the sum of {words} = {plain(summed)}; the difference is {plain(difference)}"
        sheet.context.log.add(sheet.grid.name, total[0], total[1], found, expected)


def _stated(sheet: _Sheet, row: int, column: str) -> Stated | None:
    """Printed figure of a cell; None when it has none or cannot be read."""
    try:
        amount = _amount(sheet, row, column)
    except AmountError:
        return None
    if amount is None:
        return None
    return Stated(amount, half_unit(amount, is_stored=sheet.grid.is_number(row, column)))


def _amount(sheet: _Sheet, row: int, column: str) -> Decimal | None:
    locale = "en" if sheet.grid.is_number(row, column) else sheet.locale
    return parse_book_amount(sheet.grid.cell(row, column), locale=locale)


def _figures(sheet: _Sheet) -> Iterable[Figure]:
    for row, account in sorted(sheet.entry.accounts.items()):
        for column, period in sheet.periods.items():
            figure = _figure(sheet, row, column, account, period)
            if figure is not None:
                yield figure


def _figure(
    sheet: _Sheet, row: int, column: str, account: AccountRow, period: Period
) -> Figure | None:
    text, locale = sheet.grid.cell(row, column), sheet.locale
    log, name = sheet.context.log, sheet.grid.name
    try:
        amount = _amount(sheet, row, column)
    except AmountError:
        log.add(name, row, column, shown(text), amount_words(text, locale), period=period)
        return None
    if amount is None:
        return None
    half = half_unit(amount, is_stored=sheet.grid.is_number(row, column))
    if sheet.entry.sign == "cost_negative" and account.role is not Role.REVENUE:
        amount = amount * -1 if amount else amount
    try:
        money, rates = _money(sheet, amount, account, period)
        half, _ = _money(sheet, half, account, period)
    except UnitError as error:
        log.add(name, row, column, *rate_problem(sheet.unit, error), period=period)
        return None
    return Figure(_line(sheet, row, column, account, period, money, rates), half, place=row,
                  of_which=account.of_which)  # fmt: skip


def _money(
    sheet: _Sheet, amount: Decimal, account: AccountRow, period: Period
) -> tuple[Decimal, str]:
    return convert(
        amount,
        sheet.unit,
        period=period,
        context=sheet.context,
        as_balance=account.role is Role.BALANCE_SHEET,
    )


def _line(
    sheet: _Sheet,
    row: int,
    column: str,
    account: AccountRow,
    period: Period,
    amount: Decimal,
    rates: str,
) -> LedgerLine:
    code_column = sheet.entry.code_column
    return LedgerLine(
        period,
        account.label,
        account.role,
        amount,
        SourceRef(sheet.grid.name, row, column, grade=DEFAULT_STATEMENT_GRADE, note=rates),
        code=sheet.grid.cell(row, code_column) if code_column else "",
        vendor=account.vendor,
        department=account.department,
        project=account.project,
        segment=account.segment,
        payer=account.payer,
    )


def _words(label: str) -> str:
    return " ".join(label.split()).lower()
