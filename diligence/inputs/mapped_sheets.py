"""mapping.yaml: how to read a spreadsheet that is not in the long form, confirmed once."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from diligence.errors import UnitError
from diligence.inputs.amounts import PrintedAmount, file_locale, read_amount
from diligence.inputs.context import ReadingContext
from diligence.inputs.deal import Payer, Role, SourceRef
from diligence.inputs.ledger_rows import LEDGER_GRADE, LedgerRow
from diligence.inputs.period_order import tolerance
from diligence.inputs.problems import ProblemLog
from diligence.inputs.records import convert_money
from diligence.inputs.tables import Grid, read_grid
from diligence.inputs.yaml_files import DateText, read_yaml
from diligence.units import AmountError, Period, PeriodError, parse_period
from diligence.units.currency import MoneyUnit, MoneyUnitError, parse_money_unit
from diligence.units.money import Locale

MAPPING_FILE = "mapping.yaml"
Layout = Literal["long", "wide"]
Sign = Literal["cost_positive", "cost_negative"]


@dataclass(frozen=True)
class MappedAccount:
    """What a row of the sheet is."""

    label: str
    role: Role
    segment: str = ""
    payer: Payer = ""


@dataclass(frozen=True)
class FileMapping:
    """How one sheet is laid out; rows are numbers, columns are letters.

    ``subtotals`` names the rows that add up to a row, a negative number is subtracted.
    ``totals`` names the columns that add up to a column.
    """

    sheet: str = ""
    layout: Layout = "wide"
    header_row: int = 1
    first_row: int = 2
    last_row: int = 0
    label_column: str = "A"
    code_column: str = ""
    unit: str = "USD"
    sign: Sign = "cost_positive"
    locale: str = ""
    periods: MappingType[str, str] = field(default_factory=dict)
    subtotals: MappingType[int, Sequence[int]] = field(default_factory=dict)
    totals: MappingType[str, Sequence[str]] = field(default_factory=dict)
    skip_rows: Sequence[int] = ()
    accounts: MappingType[int, MappedAccount] = field(default_factory=dict)


@dataclass(frozen=True)
class Mapping:
    """All files of mapping.yaml, and who confirmed it; None while it is only proposed."""

    files: MappingType[str, FileMapping]
    confirmed_by: str = ""
    confirmed_on: date | None = None

    @property
    def confirmed(self) -> bool:
        """True when a person has read the mapping."""
        return bool(self.confirmed_by) and self.confirmed_on is not None

    def for_file(self, name: str) -> FileMapping | None:
        """Mapping of one file, if it has one."""
        return self.files.get(name)


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Confirmed(_Entry):
    by: str
    date: DateText


class _Account(_Entry):
    label: str
    role: Role
    segment: str = ""
    payer: Literal["", "paid", "promo", "free", "internal"] = ""


class _File(_Entry):
    sheet: str = ""
    layout: Layout = "wide"
    header_row: int = 1
    first_row: int = 2
    last_row: int = 0
    label_column: str = "A"
    code_column: str = ""
    unit: str = "USD"
    sign: Sign = "cost_positive"
    locale: Literal["", "en", "eu"] = ""
    periods: dict[str, str] = {}
    subtotals: dict[int, list[int]] = {}
    totals: dict[str, list[str]] = {}
    skip_rows: list[int] = []
    accounts: dict[int, _Account] = {}


class _MappingFile(_Entry):
    confirmed: _Confirmed | None = None
    files: dict[str, _File]


def read_mapping(path: Path, *, name: str, log: ProblemLog) -> Mapping | None:
    """Read mapping.yaml; an unconfirmed one is a problem, but is returned for a draft."""
    stated = read_yaml(path, name=name, log=log, model=_MappingFile)
    if stated is None:
        return None
    if stated.confirmed is None:
        expected = "confirmed: {by: NAME, date: 2026-07-01} after reading the mapping"
        log.add(name, 1, "confirmed", "a proposal nobody confirmed", expected)
    return Mapping(
        files={file: _file_mapping(entry) for file, entry in stated.files.items()},
        confirmed_by=stated.confirmed.by if stated.confirmed else "",
        confirmed_on=stated.confirmed.date if stated.confirmed else None,
    )


def _file_mapping(entry: _File) -> FileMapping:
    accounts = {
        row: MappedAccount(account.label, account.role, account.segment, account.payer)
        for row, account in entry.accounts.items()
    }
    return FileMapping(**{**dict(entry), "accounts": accounts})


def read_mapped_rows(
    path: Path, *, name: str, context: ReadingContext, mapping: FileMapping
) -> tuple[LedgerRow, ...]:
    """Read a wide sheet by its mapping: one row an account and period, subtotals checked."""
    log = context.log
    grid = read_grid(path, name=name, log=log, sheet=mapping.sheet or None)
    unit = _unit(mapping, log)
    periods = _periods(mapping, context)
    if grid is None or unit is None:
        return ()
    _check_rows(grid, mapping, name, log)
    figures = _figures(grid, mapping, periods, name, log)
    _check_subtotals(figures, mapping, name, log)
    _check_totals(grid, figures, mapping, name, log)
    rows = [
        _row(grid, mapping, row, column, period, figures, unit, name, context)
        for row in sorted(mapping.accounts)
        for column, period in periods.items()
        if (row, column) in figures
    ]
    return tuple(row for row in rows if row is not None)


_Figures = dict[tuple[int, str], PrintedAmount]


def _unit(mapping: FileMapping, log: ProblemLog) -> MoneyUnit | None:
    try:
        return parse_money_unit(mapping.unit)
    except MoneyUnitError:
        wanted = "a unit of money such as USD, USD k, USD m or CNY bn"
        log.add(MAPPING_FILE, 0, "unit", repr(mapping.unit), wanted)
        return None


def _periods(mapping: FileMapping, context: ReadingContext) -> dict[str, Period]:
    month = context.terms.fiscal_year_start_month
    found: dict[str, Period] = {}
    for column, label in mapping.periods.items():
        try:
            found[column] = parse_period(label, fiscal_year_start_month=month)
        except (PeriodError, ValueError) as error:
            context.log.add(MAPPING_FILE, 0, f"periods.{column}", repr(label), str(error))
    return found


def _check_rows(grid: Grid, mapping: FileMapping, name: str, log: ProblemLog) -> None:
    spoken_for = {*mapping.accounts, *mapping.subtotals, *mapping.skip_rows}
    last = mapping.last_row or len(grid.rows)
    for row in range(mapping.first_row, last + 1):
        label = grid.cell(row, mapping.label_column)
        has_figures = any(grid.cell(row, column) for column in mapping.periods)
        if row not in spoken_for and label and has_figures:
            expected = "the row under accounts, subtotals or skip_rows of mapping.yaml"
            log.add(name, row, mapping.label_column, f"{label!r}, which is not mapped", expected)
    for row, account in mapping.accounts.items():
        label = grid.cell(row, mapping.label_column)
        if label != account.label.strip():
            expected = f"the label {account.label!r} of mapping.yaml; propose the mapping again"
            log.add(
                name, row, mapping.label_column, repr(label) if label else "an empty cell", expected
            )


def _figures(
    grid: Grid, mapping: FileMapping, periods: MappingType[str, Period], name: str, log: ProblemLog
) -> _Figures:
    rows = sorted({*mapping.accounts, *mapping.subtotals})
    columns = [*periods, *mapping.totals]
    texts = [grid.cell(row, column) for row in rows for column in columns]
    locale = _locale(mapping, texts, name, log)
    found: _Figures = {}
    for row in rows:
        for column in columns:
            text = grid.cell(row, column)
            try:
                amount = read_amount(text, locale=locale)
            except AmountError:
                expected = "an amount such as 1,200.50 or (1,200.50)"
                log.add(name, row, column, repr(text), expected, period=periods.get(column))
                continue
            if amount is not None:
                found[row, column] = amount
    return found


def _locale(mapping: FileMapping, texts: Sequence[str], name: str, log: ProblemLog) -> Locale:
    if mapping.locale in ("en", "eu"):
        return "en" if mapping.locale == "en" else "eu"
    return file_locale(texts, name=name, log=log)


def _check_subtotals(figures: _Figures, mapping: FileMapping, name: str, log: ProblemLog) -> None:
    for row, children in mapping.subtotals.items():
        for column in mapping.periods:
            stated = figures.get((row, column))
            parts = [(child, figures.get((abs(child), column))) for child in children]
            known = [(child, part) for child, part in parts if part is not None]
            if stated is None or not known:
                continue
            total = sum(
                (part.value if child > 0 else -part.value for child, part in known), Decimal(0)
            )
            gap = stated.value - total
            if abs(gap) > tolerance([stated.quantum, *(part.quantum for _, part in known)]):
                found = (
                    f"{stated.value:,f}, rows {', '.join(map(str, children))} add up to {total:,f}"
                )
                log.add(
                    name, row, column, found, f"the sum of its children; the difference is {gap:,f}"
                )


def _check_totals(
    grid: Grid, figures: _Figures, mapping: FileMapping, name: str, log: ProblemLog
) -> None:
    for column, children in mapping.totals.items():
        for row in (*mapping.accounts, *mapping.subtotals):
            stated = figures.get((row, column))
            known = [figures[row, child] for child in children if (row, child) in figures]
            if stated is None or not known:
                continue
            total = sum((part.value for part in known), Decimal(0))
            gap = stated.value - total
            if abs(gap) > tolerance([stated.quantum, *(part.quantum for part in known)]):
                found = f"{stated.value:,f}, columns {children[0]} to {children[-1]} add up to {total:,f}"
                log.add(
                    name, row, column, found, f"the sum of its columns; the difference is {gap:,f}"
                )


def _row(
    grid: Grid,
    mapping: FileMapping,
    row: int,
    column: str,
    period: Period,
    figures: _Figures,
    unit: MoneyUnit,
    name: str,
    context: ReadingContext,
) -> LedgerRow | None:
    account, figure = mapping.accounts[row], figures[row, column]
    is_cost = account.role is not Role.REVENUE
    sign = -1 if mapping.sign == "cost_negative" and is_cost else 1
    try:
        amount, note = convert_money(figure.value, unit, period=period, context=context)
        quantum = convert_money(figure.quantum, unit, period=period, context=context)[0]
    except UnitError as error:
        context.log.add(name, row, column, str(unit), error.message, period=period)
        return None
    return LedgerRow(
        period=period,
        account=account.label,
        role=account.role,
        kind="amount",
        amount=sign * amount,
        quantum=quantum,
        source=SourceRef(name, row, column, grade=LEDGER_GRADE, note=note),
        code=f"{grid.cell(row, mapping.code_column)} row {row}".strip()
        if mapping.code_column
        else f"row {row}",
        segment=account.segment,
        payer=account.payer,
    )
