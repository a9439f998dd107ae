"""Reads revenue.csv: gross, discounts and net by period, segment, plan and payer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import cast, get_args

from diligence.errors import UnitError
from diligence.inputs.amounts import PrintedAmount, file_locale, read_amount
from diligence.inputs.context import ReadingContext
from diligence.inputs.deal import LedgerLine, Payer, RevenueLine, SourceRef
from diligence.inputs.period_order import AS_REPORTED, Entry, arrange_periods
from diligence.inputs.records import SOURCE_COLUMNS, RowReader, convert_money, unit_problem
from diligence.inputs.tables import Row, read_table
from diligence.units import AmountError, Period
from diligence.units.money import Locale

PERCENT_OF_TOTAL = "percent of total"
UNALLOCATED = "(unallocated)"
REQUIRED = ("net", "unit")
OPTIONAL = (
    "period", "start", "end", "segment", "plan", "payer", "customers", "gross", "discounts",
    "channel_fees", "deferred", "basis", "pricing", "contract_end", "currency", *SOURCE_COLUMNS,
)  # fmt: skip
PAYERS = cast(tuple[Payer, ...], get_args(Payer))
_MONEY_COLUMNS = ("gross", "discounts", "channel_fees", "deferred")
_HUNDRED = Decimal(100)


@dataclass(frozen=True)
class _Parsed:
    """A readable row; ``share`` is set instead of an amount for percent of total."""

    line: RevenueLine
    quantum: Decimal
    share: Decimal | None = None


def read_revenue(path: Path, *, name: str, context: ReadingContext) -> tuple[RevenueLine, ...]:
    """Read revenue, period by period.

    Rows in ``percent of total`` become amounts of the company row of their period; what the
    segments leave of that row stands as ``(unallocated)``. A rest of a longer period is derived by
    subtraction and labelled so.
    """
    table = read_table(path, name=name, log=context.log, required=REQUIRED, optional=OPTIONAL)
    if table is None:
        return ()
    texts = [row.cells[column] for row in table.rows for column in ("net", *_MONEY_COLUMNS)]
    locale = file_locale(texts, name=name, log=context.log, delimiter=table.delimiter)
    parsed = [p for row in table.rows if (p := _parse(row, name, context, locale)) is not None]
    amounts = _shares_to_amounts(parsed, name, context)
    arranged = arrange_periods(_entries(amounts))
    for clash in arranged.clashes:
        context.log.add(
            name, clash.row, "period", clash.found, clash.expected,
            amount=clash.amount, period=clash.period,
        )  # fmt: skip
    lines = [
        replace(e.payload, period=e.period, net=e.amount, derivation=e.derivation)
        if e.derivation == AS_REPORTED
        else _rest(e)
        for e in arranged.entries
    ]
    return _with_unallocated(lines)


def revenue_from_ledger(rows: Iterable[LedgerLine]) -> tuple[RevenueLine, ...]:
    """Turn revenue rows of a ledger into revenue lines."""
    return tuple(
        RevenueLine(
            period=row.period,
            net=row.amount,
            source=row.source,
            segment=row.segment,
            payer=row.payer,
            derivation=row.derivation,
        )
        for row in rows
    )


def _parse(row: Row, name: str, context: ReadingContext, locale: Locale) -> _Parsed | None:
    reader = RowReader(row, name=name, context=context)
    period = reader.read_period()
    net = _printed(reader, "net", locale, required=True)
    is_share = reader.text("unit").lower() == PERCENT_OF_TOTAL
    unit = None if is_share else reader.money_unit()
    payer = reader.choice("payer", PAYERS, "")
    basis = reader.choice("basis", ("", "billed", "recognised"), "")
    pricing = reader.choice("pricing", ("", "flat", "usage", "hybrid"), "")
    customers = _printed(reader, "customers", locale)
    contract_end = reader.day("contract_end")
    source = reader.source()
    others = {column: _printed(reader, column, locale) for column in _MONEY_COLUMNS}
    if is_share and not reader.text("segment"):
        reader.refuse("segment", "an empty cell", "a segment, as a share is of the company's total")
    if net is None or period is None or (unit is None and not is_share):
        reader.is_good()
        return None
    quantum = net.quantum
    value = net.value
    rate_note = ""
    if unit is not None:
        try:
            value, rate_note = convert_money(net.value, unit, period=period, context=context)
            quantum = convert_money(net.quantum, unit, period=period, context=context)[0]
            money = {
                column: None if amount is None
                else convert_money(amount.value, unit, period=period, context=context)[0]
                for column, amount in others.items()
            }  # fmt: skip
        except UnitError as error:
            reader.refuse("unit", *unit_problem(reader.text("unit"), error))
            money = {}
    else:
        money = {}
    reader.amount = None if is_share else value
    if not reader.is_good():
        return None
    line = RevenueLine(
        period=period,
        net=value,
        source=_with_note(source, rate_note),
        segment=reader.text("segment"),
        plan=reader.text("plan"),
        payer=payer or "",
        customers=customers.value if customers else None,
        basis=basis or "",
        pricing=pricing or "",
        contract_end=contract_end,
        **money,
    )
    return _Parsed(line, quantum, value / _HUNDRED if is_share else None)


def _printed(
    reader: RowReader, column: str, locale: Locale, *, required: bool = False
) -> PrintedAmount | None:
    text = reader.text(column)
    try:
        amount = read_amount(text, locale=locale)
    except AmountError as error:
        reader.refuse(column, repr(text), str(error).partition(" is not ")[2] or "an amount")
        return None
    if amount is None and required:
        reader.refuse(column, repr(text) if text else "an empty cell", "an amount")
    return amount


def _shares_to_amounts(
    parsed: Sequence[_Parsed], name: str, context: ReadingContext
) -> list[_Parsed]:
    totals = {p.line.period: p.line for p in parsed if not p.line.segment and p.share is None}
    kept: list[_Parsed] = []
    for entry in parsed:
        if entry.share is None:
            kept.append(entry)
            continue
        total = totals.get(entry.line.period)
        if total is None:
            context.log.add(
                name, entry.line.source.row, "unit", f"{PERCENT_OF_TOTAL} of {entry.line.period.label}",
                "a row of the same period without a segment: the total",
            )  # fmt: skip
            continue
        amount = total.net * entry.share
        text = f"{entry.share * _HUNDRED:f} % of total revenue"
        line = replace(entry.line, net=amount, derivation=text)
        kept.append(_Parsed(line, total.net * entry.quantum / _HUNDRED))
    return kept


def _entries(parsed: Iterable[_Parsed]) -> list[Entry[RevenueLine]]:
    return [
        Entry(
            key=(p.line.segment, p.line.plan, p.line.payer, p.line.basis, p.line.pricing),
            period=p.line.period,
            amount=p.line.net,
            quantum=p.quantum,
            row=p.line.source.row,
            payload=p.line,
            derivation=p.line.derivation,
        )
        for p in parsed
    ]  # fmt: skip


def _rest(entry: Entry[RevenueLine]) -> RevenueLine:
    if " minus " not in entry.derivation:
        return replace(entry.payload, net=entry.amount)
    return RevenueLine(
        period=entry.period,
        net=entry.amount,
        source=entry.payload.source,
        segment=entry.payload.segment,
        plan=entry.payload.plan,
        payer=entry.payload.payer,
        basis=entry.payload.basis,
        pricing=entry.payload.pricing,
        derivation=entry.derivation,
    )


def _with_unallocated(lines: Sequence[RevenueLine]) -> tuple[RevenueLine, ...]:
    by_period: dict[Period, list[RevenueLine]] = {}
    for line in lines:
        by_period.setdefault(line.period, []).append(line)
    kept: list[RevenueLine] = []
    for members in by_period.values():
        named = [line for line in members if line.segment]
        totals = [line for line in members if not line.segment]
        if not named or not totals:
            kept += members
            continue
        rest = sum((t.net for t in totals), Decimal(0)) - sum((s.net for s in named), Decimal(0))
        kept += named
        if rest:
            text = "total less the named segments"
            kept.append(replace(totals[0], net=rest, segment=UNALLOCATED, derivation=text))
    return tuple(kept)


def _with_note(source: SourceRef, note: str) -> SourceRef:
    return replace(source, note="; ".join(part for part in (source.note, note) if part))
