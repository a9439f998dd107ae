"""cash.csv: balances and cash flows, what turns a P&L into a runway."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from diligence.errors import UnitError
from diligence.inputs.context import ReadingContext
from diligence.inputs.deal import CASH_BALANCE_KINDS, CashItem, CashKind
from diligence.inputs.facts import STATUSES
from diligence.inputs.records import (
    DEFAULT_STATUS,
    PERIOD_COLUMNS,
    SOURCE_COLUMNS,
    RowReader,
    unit_problem,
)
from diligence.inputs.tables import Row, read_table
from diligence.units import Period
from diligence.units.currency import MoneyUnit

CASH_FILE = "cash.csv"
REQUIRED = ("kind", "item", "amount", "unit")
OPTIONAL = (*PERIOD_COLUMNS, "date", "status", *SOURCE_COLUMNS)


def read_cash(
    path: Path, *, name: str = CASH_FILE, context: ReadingContext
) -> tuple[CashItem, ...]:
    """Read cash.csv; rows with problems are logged and left out.

    Balances are converted with the spot rate of their date, flows with the average of their
    period; the amount as stated is kept beside a converted one.
    """
    table = read_table(path, name=name, log=context.log, required=REQUIRED, optional=OPTIONAL)
    items = [_read_item(row, name, context) for row in (table.rows if table else ())]
    return tuple(item for item in items if item is not None)


def _read_item(row: Row, name: str, context: ReadingContext) -> CashItem | None:
    reader = RowReader(row, name=name, context=context)
    kind = reader.choice("kind", tuple(CashKind))
    period = _when(reader, kind)
    item = reader.required("item", "the name of the line")
    amount, unit = reader.number("amount", required=True), reader.money_unit()
    status = reader.choice("status", STATUSES, DEFAULT_STATUS)
    rates_used = ""
    whole = converted = None
    if kind is not None and amount is not None and unit is not None and period is not None:
        whole = unit.in_units(amount)
        converted, rates_used = _convert(reader, kind, amount, unit, period)
    source = reader.source(note=rates_used)
    if not reader.is_good() or kind is None or period is None or converted is None:
        return None
    is_foreign = unit is not None and unit.currency != context.terms.reporting_currency
    return CashItem(
        kind,
        item,
        period,
        converted,
        source,
        status=status or DEFAULT_STATUS,
        original_amount=whole if is_foreign else None,
        original_currency=unit.currency if unit is not None and is_foreign else "",
    )


def _when(reader: RowReader, kind: CashKind | None) -> Period | None:
    """The day of a balance, or the period of a flow."""
    if not reader.text("date"):
        return reader.read_period()
    day = reader.day("date")
    if kind is not None and kind not in CASH_BALANCE_KINDS:
        if reader.text("period") or reader.text("start"):
            return reader.read_period()
        reader.refuse("period", "a date only", f"the period of the flow {kind.value!r}")
        return None
    return Period(day, day) if day else None


def _convert(
    reader: RowReader, kind: CashKind, amount: Decimal, unit: MoneyUnit, period: Period
) -> tuple[Decimal | None, str]:
    terms, rates = reader.context.terms, reader.context.rates
    whole, to = unit.in_units(amount), terms.reporting_currency
    try:
        if kind in CASH_BALANCE_KINDS:
            converted, text = rates.convert_balance(whole, unit.currency, to, period.end)
        else:
            converted, text = rates.convert_flow(whole, unit.currency, to, period)
    except UnitError as error:
        reader.refuse("unit", *unit_problem(str(unit), error))
        return None, ""
    reader.amount = converted
    return converted, text
