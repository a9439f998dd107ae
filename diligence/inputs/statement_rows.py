"""How one file writes amounts and dates, found once a file, and rows read by it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal
from typing import cast, get_args

from diligence.errors import UnitError
from diligence.inputs.context import ReadingContext
from diligence.inputs.deal import Bound, Grade, Payer, SourceRef
from diligence.inputs.period_sets import (
    DateOrder,
    DateOrderError,
    PeriodSet,
    detect_date_order,
    parse_any_date,
)
from diligence.inputs.problems import ProblemLog
from diligence.inputs.records import RowReader, unit_problem
from diligence.inputs.tables import Row, Table, shown, value_words
from diligence.inputs.yaml_files import MOST_DIGITS
from diligence.units import AmountError, Period, PeriodError, parse_amount
from diligence.units.currency import MoneyUnit
from diligence.units.money import Locale, detect_locale

# Statements and ledgers are the company's books: evidence B unless a row says otherwise.
DEFAULT_STATEMENT_GRADE: Grade = "B"
# Wide enough that sums and products of ledger amounts are never rounded.
EXACT = Context(prec=150)
EXCEL_DIGITS = 15
PAYERS = cast(tuple[Payer, ...], get_args(Payer))
BOUNDS = cast(tuple[Bound, ...], get_args(Bound))
PERCENT_OF_REVENUE = "percent of revenue"
PERCENT_OF_PARENT = "percent of parent"
PERCENT_OF_TOTAL = "percent of total"
HUNDREDTH = Decimal("0.01")
_EITHER_LOCALE = re.compile(r"\d{1,3}[.,]\d{3}")
_LOCALE_WANTED = "one way of writing decimals; declare locale: en or eu in mapping.yaml"


@dataclass(frozen=True)
class FileHabits:
    """Decimal sign and order of day and month of one file."""

    locale: Locale = "en"
    date_order: DateOrder | None = None


def find_habits(
    table: Table, *, money_columns: Iterable[str], log: ProblemLog, locale: Locale | None = None
) -> FileHabits | None:
    """Find how a table writes amounts and dates; None when its amounts cannot be read.

    A declared locale wins. Amounts such as ``1.234`` in a file with semicolons may be either
    locale: that is asked once a file, as is an order of day and month that no date tells.
    """
    columns = tuple(money_columns)
    texts = [
        row.cells[c]
        for row in table.rows
        for c in columns
        if row.cells.get(c) and c not in row.numbers
    ]
    found = locale or find_locale(texts, table.delimiter, name=table.name, log=log)
    dates = [row.cells.get(c, "") for row in table.rows for c in ("start", "end", "contract_end")]
    order: DateOrder | None = None
    try:
        order = detect_date_order(dates)
    except DateOrderError as error:
        log.add(table.name, 0, "start", str(error), "dates written 2025-04-03, or one that tells")
    return FileHabits(found, order) if found else None


def find_locale(
    texts: Iterable[str], delimiter: str, *, name: str, log: ProblemLog
) -> Locale | None:
    """Find the locale of a file from its amounts; None when it has to be declared."""
    known = list(texts)
    try:
        found = detect_locale(known)
    except AmountError as error:
        log.add(name, 0, "", str(error), _LOCALE_WANTED)
        return None
    if found or delimiter != ";":
        return found or "en"
    unclear = next((text for text in known if _EITHER_LOCALE.search(text)), None)
    if unclear:
        found_words = f"{shown(unclear)}, which is two different amounts"
        log.add(name, 0, "", found_words, _LOCALE_WANTED)
        return None
    return "en"


def parse_book_amount(text: str, *, locale: Locale = "en") -> Decimal | None:
    """Read one amount of bookkeeping size; None when the cell says that there is none.

    Raises
    ------
    AmountError
        When the text is no amount, or one beyond 30 digits.

    Examples
    --------
    >>> parse_book_amount("(1.200,50)", locale="eu")
    Decimal('-1200.50')
    """
    try:
        amount = parse_amount(text, locale=locale)
    except ArithmeticError as error:
        raise AmountError(f"{shown(text)} is no amount of at most {MOST_DIGITS} digits") from error
    if amount is None:
        return None
    exponent = amount.as_tuple().exponent
    is_small = isinstance(exponent, int) and -MOST_DIGITS <= exponent <= MOST_DIGITS
    if not is_small or len(amount.as_tuple().digits) + cast(int, exponent) > MOST_DIGITS:
        raise AmountError(f"{shown(text)} is no amount of at most {MOST_DIGITS} digits")
    return amount


def half_unit(amount: Decimal, *, is_stored: bool = False) -> Decimal:
    """Half a unit of the last digit; a workbook's stored number shows 15 digits at most.

    Examples
    --------
    >>> half_unit(Decimal("53.44"))
    Decimal('0.005')
    """
    exponent = min(cast(int, amount.as_tuple().exponent), 0)
    if is_stored and amount:
        exponent = max(exponent, amount.adjusted() - EXCEL_DIGITS + 1)
    return Decimal(5).scaleb(exponent - 1)


class StatementRow(RowReader):
    """A row of a ledger or of revenue.csv, read by the habits of its file."""

    def __init__(self, row: Row, *, name: str, context: ReadingContext, habits: FileHabits) -> None:
        super().__init__(row, name=name, context=context)
        self.habits = habits

    def number(self, column: str, *, required: bool = False) -> Decimal | None:
        """Exact number of a cell in the locale of the file; None when there is none."""
        text = self.text(column)
        locale = "en" if column in self.row.numbers else self.habits.locale
        try:
            value = parse_book_amount(text, locale=locale)
        except AmountError:
            self.refuse(column, shown(text), amount_words(text, self.habits.locale))
            return None
        if required and not text:
            self.refuse(column, "an empty cell", "a number, or n/a when there is none")
        return value

    def half_unit(self, column: str, amount: Decimal) -> Decimal:
        """Half a unit of the last printed digit of a cell."""
        return half_unit(amount, is_stored=column in self.row.numbers)

    def day(self, column: str, *, required: bool = False) -> date | None:
        """Date of a cell in the order of day and month of the file."""
        text = self.text(column)
        if not text and not required:
            return None
        try:
            return parse_any_date(text, self.habits.date_order)
        except (PeriodError, ValueError):
            found = shown(text) if text else "an empty cell"
            self.refuse(column, found, "a date that exists, written 2025-09-30")
            return None

    def source(self, *, note: str = "", column: str = "") -> SourceRef:
        """Where the row comes from; grade B unless it says otherwise."""
        grades = cast(tuple[Grade, ...], get_args(Grade))
        grade = self.choice("grade", grades, DEFAULT_STATEMENT_GRADE)
        return SourceRef(
            self.name,
            self.row.number,
            column=column,
            document=self.text("document"),
            page=self.text("page"),
            grade=grade or DEFAULT_STATEMENT_GRADE,
            note="; ".join(part for part in (self.text("note"), note) if part),
        )


def amount_words(text: str, locale: Locale) -> str:
    """Say what an amount looks like in a locale, or what the cell needs."""
    if text.startswith(("=", "#")):
        return value_words(text)
    if locale == "eu":
        return "an amount such as 1.200,50 or (1.200,50)"
    return "an amount such as 1,200.50 or (1,200.50)"


def convert(
    amount: Decimal,
    unit: MoneyUnit,
    *,
    period: Period,
    context: ReadingContext,
    as_balance: bool = False,
) -> tuple[Decimal, str]:
    """Convert money of a period to the reporting currency, exactly when it already is.

    Raises
    ------
    UnitError
        When no dated rate is known.
    """
    whole, to = unit.in_units(amount), context.terms.reporting_currency
    if unit.currency == to:
        return whole, ""
    if as_balance:
        return context.rates.convert_balance(whole, unit.currency, to, period.end)
    return context.rates.convert_flow(whole, unit.currency, to, period)


def rate_problem(unit: MoneyUnit, error: UnitError) -> tuple[str, str]:
    """Words for an amount that no dated rate converts."""
    return unit_problem(str(unit), error)


def log_period_problems(
    arranged: PeriodSet, what: str, rows: dict[Period, int], *, name: str, log: ProblemLog
) -> None:
    """Log totals that do not add up and periods that overlap."""
    for miss in arranged.mismatches:
        parts = ", ".join(period.label for period in miss.parts)
        difference = plain(miss.stated - miss.summed)
        found = f"{what} {miss.period.label} = {plain(miss.stated)}"
        expected = f"the sum of {parts} = {plain(miss.summed)}; the difference is {difference}"
        log.add(name, rows[miss.period], "amount", found, expected, period=miss.period)
    for first, second in arranged.overlaps:
        found = f"{what} {second.label}, which overlaps {first.label} in row {rows[first]}"
        expected = "periods that do not overlap, or basis: comparative on one of them"
        log.add(name, rows[second], "period", found, expected, period=second)


def plain(amount: Decimal) -> str:
    """Write an exact amount for a message, without an exponent.

    Examples
    --------
    >>> plain(Decimal("1.2E+3")), plain(Decimal("53440000.00"))
    ('1,200', '53,440,000')
    """
    text = f"{amount:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
