"""What the small record files share: cells, dates, periods, quantities with their units."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import TypeVar, cast, get_args

from diligence.errors import UnitError
from diligence.inputs.context import ReadingContext
from diligence.inputs.deal import Bound, FactStatus, Grade, SourceRef
from diligence.inputs.tables import Row
from diligence.inputs.yaml_files import near_match, parse_number
from diligence.units import AmountError, Period, PeriodError, parse_date, parse_period
from diligence.units.currency import MoneyUnit, MoneyUnitError, parse_money_unit

DEFAULT_GRADE: Grade = "C"
DEFAULT_STATUS: FactStatus = "used"
DEFAULT_BOUND: Bound = "exact"
PERCENT = "percent"
PLAIN_UNITS = ("ratio", "count", "months", "GPU-hours")
PERIOD_COLUMNS = ("period", "start", "end")
SOURCE_COLUMNS = ("document", "page", "grade", "note")
_PER_UNIT = re.compile(r"[^\s]+( (k|m|bn))? per \S.*", re.IGNORECASE)
_HUNDRED = Decimal(100)

T = TypeVar("T", bound=str)


class RowReader:
    """Reads the cells of one row and keeps its problems until the row is done.

    The money and the period a row still shows are logged once, with its first problem, so that
    a draft run counts them once.
    """

    def __init__(self, row: Row, *, name: str, context: ReadingContext) -> None:
        self.row, self.name, self.context = row, name, context
        self.amount: Decimal | None = None
        self.period: Period | None = None
        self._problems: list[tuple[str, str, str]] = []

    def refuse(self, column: str, found: str, expected: str) -> None:
        """Note a problem of this row."""
        self._problems.append((column, found, expected))

    def is_good(self) -> bool:
        """Log what was refused; True when nothing was."""
        amount, period = self.amount, self.period
        for column, found, expected in self._problems:
            log = self.context.log
            log.add(
                self.name, self.row.number, column, found, expected, amount=amount, period=period
            )
            amount = period = None
        return not self._problems

    def text(self, column: str) -> str:
        """Text of a cell; empty when the column or the cell is empty."""
        return self.row.cells.get(column, "").strip()

    def required(self, column: str, what: str) -> str:
        """Text of a cell that must not be empty."""
        text = self.text(column)
        if not text:
            self.refuse(column, "an empty cell", what)
        return text

    def choice(self, column: str, choices: Iterable[T], default: T | None = None) -> T | None:
        """Text of a cell that is one of some words, in any case; near matches are named."""
        text = self.text(column)
        if not text and default is not None:
            return default
        known = {choice.lower(): choice for choice in choices}
        if text.lower() not in known:
            found = repr(text) if text else "an empty cell"
            self.refuse(column, found, near_match(text, known.values()))
            return None
        return known[text.lower()]

    def number(self, column: str, *, required: bool = False) -> Decimal | None:
        """Exact number of a cell; None when it says that there is none."""
        text = self.text(column)
        try:
            value = parse_number(text)
        except AmountError:
            self.refuse(column, repr(text), "a number such as 1,200.50 or (1,200.50)")
            return None
        if value is None and required:
            self.refuse(column, repr(text) if text else "an empty cell", "a number")
        return value

    def day(self, column: str, *, required: bool = False) -> date | None:
        """Date of a cell, written 2025-09-30."""
        text = self.text(column)
        if not text and not required:
            return None
        try:
            return parse_date(text)
        except PeriodError:
            found = repr(text) if text else "an empty cell"
            self.refuse(column, found, "a date that exists, written 2025-09-30")
            return None

    def read_period(self) -> Period | None:
        """Period from ``period``, or from ``start`` and ``end``; kept for the log."""
        label = self.text("period")
        if label:
            self.period = self._labelled(label)
        elif self.text("start") or self.text("end"):
            self.period = self._bounded()
        else:
            self.refuse("period", "an empty cell", "a period such as 2025Q3, or start and end")
        return self.period

    def _labelled(self, label: str) -> Period | None:
        month = self.context.terms.fiscal_year_start_month
        try:
            return parse_period(label, fiscal_year_start_month=month)
        except (PeriodError, ValueError):
            wanted = "a period such as 2024, 2024H1, 2024Q3, 2024-07, Jul 2024 or 9M2025"
            self.refuse("period", repr(label), wanted)
            return None

    def _bounded(self) -> Period | None:
        start, end = self.day("start", required=True), self.day("end", required=True)
        if start is None or end is None:
            return None
        if end < start:
            self.refuse("end", str(end), f"a date on or after the start ({start})")
            return None
        return Period(start, end)

    def money_unit(self, column: str = "unit") -> MoneyUnit | None:
        """Unit of money of a cell."""
        text = self.text(column)
        try:
            return parse_money_unit(text)
        except MoneyUnitError:
            found = repr(text) if text else "an empty cell"
            self.refuse(column, found, "a unit of money such as USD, USD k, USD m or CNY bn")
            return None

    def source(self, *, note: str = "") -> SourceRef:
        """Where the row comes from; grade C unless it says otherwise."""
        grade = self.choice("grade", cast(tuple[Grade, ...], get_args(Grade)), DEFAULT_GRADE)
        notes = "; ".join(part for part in (self.text("note"), note) if part)
        return SourceRef(
            self.name,
            self.row.number,
            document=self.text("document"),
            page=self.text("page"),
            grade=grade or DEFAULT_GRADE,
            note=notes,
        )


def convert_money(
    amount: Decimal, unit: MoneyUnit, *, period: Period, context: ReadingContext
) -> tuple[Decimal, str]:
    """Convert money to the reporting currency: a single day is a balance, else a flow.

    Raises
    ------
    UnitError
        When no dated rate is known.
    """
    whole, to = unit.in_units(amount), context.terms.reporting_currency
    if period.start == period.end:
        return context.rates.convert_balance(whole, unit.currency, to, period.end)
    return context.rates.convert_flow(whole, unit.currency, to, period)


def convert_quantity(
    value: Decimal, unit: str, *, period: Period, context: ReadingContext
) -> tuple[Decimal, str]:
    """Bring a keyed figure to its plain unit: money whole, percent as a fraction.

    Returns
    -------
    tuple of Decimal and str
        The value, and the exchange rates used if any.

    Raises
    ------
    UnitError
        When the unit is unknown or no dated rate is known.
    """
    if unit.lower() in (PERCENT, "%"):
        return value / _HUNDRED, ""
    if unit.lower() in {plain.lower() for plain in PLAIN_UNITS} or _PER_UNIT.fullmatch(unit):
        return value, ""
    try:
        money = parse_money_unit(unit)
    except MoneyUnitError as error:
        known = (PERCENT, *PLAIN_UNITS, "USD", "USD m", "USD per Mtok")
        raise UnitError(f"a unit: {near_match(unit, known)}") from error
    return convert_money(value, money, period=period, context=context)


def unit_problem(unit: str, error: UnitError) -> tuple[str, str]:
    """Words for a unit that cannot be used: what was found, what is expected."""
    reason, _, cure = error.message.partition(": ")
    if reason.startswith("no "):
        return f"{unit!r} with {reason}", f"a dated rate; {cure}"
    return repr(unit), error.message
