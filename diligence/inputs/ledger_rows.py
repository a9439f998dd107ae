"""Rows of a ledger in the long form, before they are put beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Literal, cast, get_args

from diligence.errors import UnitError
from diligence.inputs.amounts import PrintedAmount, file_locale, read_amount
from diligence.inputs.context import ReadingContext
from diligence.inputs.deal import AS_REPORTED, Bound, Grade, Payer, Role, SourceRef
from diligence.inputs.records import SOURCE_COLUMNS, RowReader, convert_money, unit_problem
from diligence.inputs.tables import Row, read_table
from diligence.units import AmountError, Period
from diligence.units.money import Locale

LEDGER_GRADE: Grade = "B"
GROSS_MARGIN = "gross_margin"
SUBTOTAL = "subtotal"
RowKind = Literal["amount", "percent of revenue", "percent of parent", "gross_margin", "subtotal"]
PERCENT_UNITS: tuple[RowKind, ...] = ("percent of revenue", "percent of parent")
REQUIRED = ("account", "amount", "unit")
OPTIONAL = (
    "period", "start", "end", "role", "code", "text", "vendor", "department", "project", "segment",
    "payer", "of_which", "basis", "bound", *SOURCE_COLUMNS,
)  # fmt: skip
ROLE_WORDS: tuple[str, ...] = (*Role, GROSS_MARGIN, SUBTOTAL)
PAYERS = cast(tuple[Payer, ...], get_args(Payer))
BOUNDS = cast(tuple[Bound, ...], get_args(Bound))


@dataclass(frozen=True)
class LedgerRow:
    """One readable row: an amount in reporting currency, or a percentage still to be resolved."""

    period: Period
    account: str
    role: Role
    kind: RowKind
    amount: Decimal
    quantum: Decimal
    source: SourceRef
    code: str = ""
    text: str = ""
    vendor: str = ""
    department: str = ""
    project: str = ""
    segment: str = ""
    payer: Payer = ""
    of_which: str = ""
    bound: Bound = "exact"
    is_comparative: bool = False
    derivation: str = AS_REPORTED
    children: tuple[str, ...] = field(default=())

    @property
    def key(self) -> tuple[str, ...]:
        """What makes two rows the same account; the period is not part of it."""
        return (
            str(self.role), self.account, self.segment, self.of_which, self.code, self.text,
            self.vendor, self.department, self.project, self.payer,
        )  # fmt: skip


def read_ledger_rows(path: Path, *, name: str, context: ReadingContext) -> tuple[LedgerRow, ...]:
    """Read the rows of a long ledger; rows with problems are logged and left out."""
    table = read_table(path, name=name, log=context.log, required=REQUIRED, optional=OPTIONAL)
    if table is None:
        return ()
    texts = [row.cells["amount"] for row in table.rows]
    locale = file_locale(texts, name=name, log=context.log, delimiter=table.delimiter)
    _log_repeated(table.rows, name, context)
    rows = [_read_row(row, name, context, locale) for row in table.rows]
    return tuple(row for row in rows if row is not None)


def _log_repeated(rows: Sequence[Row], name: str, context: ReadingContext) -> None:
    seen: dict[tuple[str, ...], int] = {}
    for row in rows:
        cells = tuple(row.cells.values())
        first = seen.setdefault(cells, row.number)
        if first != row.number:
            expected = "each row once; if both are real, say what differs in text"
            context.log.add(name, row.number, "", f"the same row as row {first}", expected)


def _read_row(row: Row, name: str, context: ReadingContext, locale: Locale) -> LedgerRow | None:
    reader = RowReader(row, name=name, context=context)
    period = reader.read_period()
    account = reader.required("account", "the name of an account")
    role = reader.choice(
        "role", ROLE_WORDS, str(Role.COST_OF_REVENUE) if not reader.text("role") else None
    )
    kind = _kind(reader, role)
    amount = _amount(reader, locale)
    payer = reader.choice("payer", PAYERS, "")
    bound = reader.choice("bound", BOUNDS, "exact")
    basis = reader.choice("basis", ("", "comparative"), "")
    source = replace(reader.source(), grade=_grade(reader))
    if kind == "percent of parent" and not reader.text("of_which"):
        reader.refuse("of_which", "an empty cell", "the account that the percentage is of")
    whole, quantum, note = _in_currency(reader, kind, amount, period, context)
    if not reader.is_good() or period is None or amount is None:
        return None
    return LedgerRow(
        period=period,
        account=account,
        role=_role(role),
        kind=kind,
        amount=whole,
        quantum=quantum,
        source=replace(source, note="; ".join(p for p in (source.note, note) if p)),
        code=reader.text("code"),
        text=reader.text("text") if kind != "subtotal" else "",
        vendor=reader.text("vendor"),
        department=reader.text("department"),
        project=reader.text("project"),
        segment=reader.text("segment"),
        payer=payer or "",
        of_which=reader.text("of_which"),
        bound=bound or "exact",
        is_comparative=basis == "comparative",
        children=_children(reader) if kind == "subtotal" else (),
    )


def _role(word: str | None) -> Role:
    return Role(word) if word in set(Role) else Role.COST_OF_REVENUE


def _grade(reader: RowReader) -> Grade:
    written = reader.text("grade").upper()
    return cast(Grade, written) if written in get_args(Grade) else LEDGER_GRADE


def _kind(reader: RowReader, role: str | None) -> RowKind:
    unit = reader.text("unit").lower()
    if role == GROSS_MARGIN:
        if unit != "percent of revenue":
            reader.refuse(
                "unit", repr(reader.text("unit")), "'percent of revenue' for a gross_margin"
            )
        return "gross_margin"
    if role == SUBTOTAL:
        return "subtotal"
    return next((kind for kind in PERCENT_UNITS if kind == unit), "amount")


def _amount(reader: RowReader, locale: Locale) -> PrintedAmount | None:
    text = reader.text("amount")
    try:
        found = read_amount(text, locale=locale)
    except AmountError:
        wanted = "an amount such as 1,200.50 or (1,200.50)"
        reader.refuse(
            "amount", repr(text), wanted if locale == "en" else "an amount such as 1.200,50"
        )
        return None
    if found is None:
        reader.refuse(
            "amount", repr(text) if text else "an empty cell", "an amount; a dash is zero"
        )
    return found


def _in_currency(
    reader: RowReader,
    kind: RowKind,
    amount: PrintedAmount | None,
    period: Period | None,
    context: ReadingContext,
) -> tuple[Decimal, Decimal, str]:
    zero = Decimal(0)
    if kind in PERCENT_UNITS or kind == "gross_margin":
        return (amount.value, amount.quantum, "") if amount else (zero, zero, "")
    unit = reader.money_unit()
    if unit is None or amount is None or period is None:
        return zero, zero, ""
    try:
        whole, note = convert_money(amount.value, unit, period=period, context=context)
        quantum = convert_money(amount.quantum, unit, period=period, context=context)[0]
    except UnitError as error:
        reader.refuse("unit", *unit_problem(reader.text("unit"), error))
        return zero, zero, ""
    reader.amount = whole
    return whole, quantum, note


def _children(reader: RowReader) -> tuple[str, ...]:
    children = tuple(part.strip() for part in reader.text("text").split(";") if part.strip())
    if not children:
        reader.refuse("text", "an empty cell", "the accounts that add up to this subtotal, by ';'")
    return children
