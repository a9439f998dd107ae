"""Proposes how to read a finance team's workbook; a person reads and confirms it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import yaml

from diligence.inputs.amounts import PrintedAmount, read_amount
from diligence.inputs.deal import Role
from diligence.inputs.mapped_sheets import FileMapping, MappedAccount, Mapping
from diligence.inputs.period_order import tolerance
from diligence.inputs.problems import ProblemLog
from diligence.inputs.tables import Grid, read_grids
from diligence.units import AmountError, Period, PeriodError, parse_period
from diligence.units.currency import MoneyUnitError, parse_money_unit
from diligence.units.money import Locale, detect_locale
from diligence.units.periods import smallest_tiling

_UNIT_WORDS = re.compile(
    r"(US\$|USD|EUR|GBP|CNY|RMB|[$€£])?\s*\(?\s*(?:in\s+)?('?000s?|thousands?|millions?|mm?|k|bn|billions?)\b",
    re.IGNORECASE,
)
_SUBTOTAL_WORDS = re.compile(
    r"^(sub-?\s?total|total|gross (profit|loss|margin)|ebit|operating (income|loss|profit|result)|"
    r"(net )?(income|loss|profit)\b|cost of revenue$|opex$|all )",
    re.IGNORECASE,
)
_RATIO_WORDS = re.compile(r"%|margin\b|per cent|headcount|growth", re.IGNORECASE)
_CODE = re.compile(r"\d{3,6}([.-]\d+)?")
_ROLE_WORDS: tuple[tuple[str, Role], ...] = (
    (r"cost of (revenue|sales|goods)|cogs|direct cost", Role.COST_OF_REVENUE),
    (r"research|r ?& ?d\b|engineering|product development", Role.RESEARCH_AND_DEVELOPMENT),
    (r"sales|marketing|s ?& ?m\b|growth|customer acquisition", Role.SALES_AND_MARKETING),
    (r"general|admin|g ?& ?a\b|overhead", Role.GENERAL_AND_ADMINISTRATIVE),
    (r"interest|tax|financ|below|fair value|foreign exchange|fx\b", Role.BELOW_OPERATING),
    (r"asset|liabilit|equity|balance sheet|deferred revenue|prepaid", Role.BALANCE_SHEET),
    (r"revenue|subscriptions?|arr\b|turnover", Role.REVENUE),
    (r"software|tools|other|operating expense|opex", Role.OTHER_OPERATING),
)
_HEADER_PERIODS = 2


def propose_mapping(path: Path, *, name: str, log: ProblemLog) -> FileMapping | None:
    """Find header, months, accounts, subtotals and unit of the most tabular sheet.

    Subtotals are found by arithmetic: a row that equals the sum of the rows above it since the last
    caption, or a difference of earlier subtotals (gross profit). Roles come from section captions
    and words. Nothing is applied until a person confirms it.
    """
    best: FileMapping | None = None
    for grid in read_grids(path, name=name, log=log):
        found = _propose(grid, grid.sheet)
        if found is not None and (best is None or len(found.accounts) > len(best.accounts)):
            best = found
    if best is None:
        expected = "a sheet with at least two periods in one row and figures below"
        log.add(name, 0, "", "no table of accounts and periods", expected)
    return best


def to_yaml(mapping: Mapping) -> str:
    """Write a mapping the way it is read; an unconfirmed one says how to confirm it."""
    head = (
        f"confirmed: {{by: {mapping.confirmed_by}, date: {mapping.confirmed_on}}}\n"
        if mapping.confirmed
        else "# Proposed by diligence. Read every row, correct it, then write who confirms it and when:\n"
        "# confirmed: {by: A. Analyst, date: 2026-07-01}\n"
    )
    files = {name: _plain(entry) for name, entry in mapping.files.items()}
    text = yaml.safe_dump({"files": files}, sort_keys=False, allow_unicode=True, width=100)
    return head + text


def _plain(entry: FileMapping) -> dict[str, object]:
    return {
        "sheet": entry.sheet,
        "layout": entry.layout,
        "header_row": entry.header_row,
        "first_row": entry.first_row,
        "last_row": entry.last_row,
        "label_column": entry.label_column,
        "code_column": entry.code_column,
        "unit": entry.unit,
        "sign": entry.sign,
        "locale": entry.locale,
        "periods": dict(entry.periods),
        "subtotals": {row: list(children) for row, children in entry.subtotals.items()},
        "totals": {column: list(children) for column, children in entry.totals.items()},
        "skip_rows": list(entry.skip_rows),
        "accounts": {
            row: {
                key: value
                for key, value in (
                    ("label", account.label),
                    ("role", str(account.role)),
                    ("segment", account.segment),
                    ("payer", account.payer),
                )
                if value
            }
            for row, account in entry.accounts.items()
        },
    }


@dataclass(frozen=True)
class _Sheet:
    grid: Grid
    header_row: int
    periods: dict[str, Period]
    label_column: str
    locale: Locale

    def label(self, row: int) -> str:
        return self.grid.cell(row, self.label_column)

    def figures(self, row: int) -> dict[str, PrintedAmount]:
        found: dict[str, PrintedAmount] = {}
        for column in self.periods:
            try:
                amount = read_amount(self.grid.cell(row, column), locale=self.locale)
            except AmountError:
                continue
            if amount is not None:
                found[column] = amount
        return found


def _propose(grid: Grid, sheet_name: str) -> FileMapping | None:
    header = _header(grid)
    if header is None:
        return None
    header_row, dated = header
    periods, totals = _leaf_periods(dated)
    label_column = _label_column(grid, header_row, min(dated, key=grid.columns.index))
    if label_column is None:
        return None
    texts = [
        grid.cell(row, column)
        for row in range(header_row + 1, len(grid.rows) + 1)
        for column in dated
    ]
    locale = _locale(texts)
    sheet = _Sheet(grid, header_row, periods, label_column, locale)
    rows = _Rows.of(sheet)
    if not rows.accounts:
        return None
    return FileMapping(
        sheet=sheet_name,
        header_row=header_row,
        first_row=header_row + 1,
        last_row=max([*rows.accounts, *rows.subtotals]),
        label_column=label_column,
        code_column=_code_column(grid, rows.accounts, label_column),
        unit=_unit(grid, header_row),
        sign="cost_negative" if rows.has_negative_costs(sheet) else "cost_positive",
        locale=locale,
        periods={column: period.label for column, period in periods.items()},
        subtotals=rows.subtotals,
        totals=totals,
        skip_rows=rows.skipped,
        accounts=rows.accounts,
    )


def _locale(texts: Sequence[str]) -> Locale:
    try:
        return detect_locale(texts) or "en"
    except AmountError:
        return "en"


def _header(grid: Grid) -> tuple[int, dict[str, Period]] | None:
    best: tuple[int, dict[str, Period]] | None = None
    for row in range(1, len(grid.rows) + 1):
        found = {c: p for c in grid.columns if (p := _period(grid.cell(row, c))) is not None}
        if len(found) >= _HEADER_PERIODS and (best is None or len(found) > len(best[1])):
            best = (row, found)
    return best


def _period(text: str) -> Period | None:
    cleaned = re.sub(r"^(actuals?|act)\s+", "", text.strip(), flags=re.IGNORECASE)
    try:
        return parse_period(cleaned[:7] if re.fullmatch(r"\d{4}-\d{2}-\d{2}", cleaned) else cleaned)
    except (PeriodError, ValueError):
        return None


def _leaf_periods(
    dated: dict[str, Period],
) -> tuple[dict[str, Period], dict[str, list[str]]]:
    columns = {period: column for column, period in dated.items()}
    totals: dict[str, list[str]] = {}
    for column, period in dated.items():
        shorter = [p for p in columns if period.contains(p) and p != period]
        parts = smallest_tiling(period, shorter)
        if len(parts) > 1:
            totals[column] = [columns[part] for part in parts]
    return {c: p for c, p in dated.items() if c not in totals}, totals


def _label_column(grid: Grid, header_row: int, first_period_column: str) -> str | None:
    left = grid.columns[: grid.columns.index(first_period_column)]
    words = {
        column: sum(
            1
            for row in range(header_row + 1, len(grid.rows) + 1)
            if re.search(r"[A-Za-z]{2}", grid.cell(row, column))
        )
        for column in left
    }
    best = max(words, key=lambda column: words[column], default=None)
    return best if best is not None and words[best] else None


def _code_column(grid: Grid, accounts: Sequence[int] | dict[int, MappedAccount], label: str) -> str:
    for column in grid.columns:
        texts = [grid.cell(row, column) for row in accounts]
        if column != label and any(texts) and all(_CODE.fullmatch(t) for t in texts if t):
            filled = [t for t in texts if t]
            if len(filled) > len(texts) / 2:
                return column
        if column == label:
            break
    return ""


def _unit(grid: Grid, header_row: int) -> str:
    above = [text for row in grid.rows[:header_row] for text in row if text]
    for text in above:
        match = _UNIT_WORDS.search(text)
        if match:
            try:
                return str(parse_money_unit(f"{match[1] or 'USD'} {match[2]}"))
            except MoneyUnitError:
                continue
    return "USD"


@dataclass
class _Rows:
    accounts: dict[int, MappedAccount]
    subtotals: dict[int, list[int]]
    skipped: list[int]

    @classmethod
    def of(cls, sheet: _Sheet) -> _Rows:
        """Walk down the sheet: captions open sections, subtotals close them."""
        found = cls({}, {}, [])
        section = ""
        open_rows: list[int] = []
        for row in range(sheet.header_row + 1, len(sheet.grid.rows) + 1):
            label, figures = sheet.label(row), sheet.figures(row)
            if not label or not figures:
                if label:
                    section = label
                found.skipped.append(row)
                continue
            if _RATIO_WORDS.search(label) and not found._adds_up(sheet, row, open_rows):
                found.skipped.append(row)
                continue
            children = found._children(sheet, row, open_rows, label)
            if children:
                found.subtotals[row] = children
                open_rows = []
            elif _SUBTOTAL_WORDS.search(label):
                found.skipped.append(row)
            else:
                found.accounts[row] = MappedAccount(label, _role(section, label))
                open_rows.append(row)
        last = max([*found.accounts, *found.subtotals], default=0)
        found.skipped = [row for row in found.skipped if row < last]
        return found

    def _children(self, sheet: _Sheet, row: int, open_rows: list[int], label: str) -> list[int]:
        if len(open_rows) > 1 and self._adds_up(sheet, row, open_rows):
            return list(open_rows)
        if not _SUBTOTAL_WORDS.search(label):
            return []
        if len(open_rows) == 1 and self._adds_up(sheet, row, open_rows):
            return list(open_rows)
        return self._of_subtotals(sheet, row)

    def _of_subtotals(self, sheet: _Sheet, row: int) -> list[int]:
        earlier = list(self.subtotals)[-8:]
        for first in earlier:
            for count in range(1, len(earlier)):
                others = [r for r in earlier if r > first][:count]
                for sign in (1, -1):
                    signed = [first, *(sign * other for other in others)]
                    if others and self._adds_up(sheet, row, signed):
                        return signed
        return []

    def _adds_up(self, sheet: _Sheet, row: int, children: Sequence[int]) -> bool:
        if not children:
            return False
        stated = sheet.figures(row)
        parts = [(child, sheet.figures(abs(child))) for child in children]
        for column, figure in stated.items():
            known = [(child, f[column]) for child, f in parts if column in f]
            total = sum(
                (amount.value if child > 0 else -amount.value for child, amount in known),
                Decimal(0),
            )
            quanta = [figure.quantum, *(amount.quantum for _, amount in known)]
            if abs(figure.value - total) > tolerance(quanta):
                return False
        return True

    def has_negative_costs(self, sheet: _Sheet) -> bool:
        """True when most cost figures are below zero."""
        signs = [
            amount.value < 0
            for row, account in self.accounts.items()
            if account.role is not Role.REVENUE
            for amount in sheet.figures(row).values()
            if amount.value
        ]
        return sum(signs) > len(signs) / 2


def _role(section: str, label: str) -> Role:
    for text in (section, label):
        for words, role in _ROLE_WORDS:
            if re.search(words, text, re.IGNORECASE):
                return role
    return Role.OTHER_OPERATING
