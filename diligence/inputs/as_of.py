"""What was known on a date: later rows are left out of a deal, and counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from diligence.inputs.deal import CashItem, Deal, Driver, Fact, LedgerLine, RevenueLine

if TYPE_CHECKING:
    from diligence.inputs.bills.bill import Bill
    from diligence.inputs.usage import Usage

Dated = TypeVar("Dated", LedgerLine, RevenueLine, Fact, CashItem, Driver)


def known_by(deal: Deal, as_of: date) -> Deal:
    """Leave out what ends after the as-of date, and say so."""
    ledger, ledger_note = _until(deal.ledger, as_of, "ledger lines")
    memo_lines, memo_note = _until(deal.memo_lines, as_of, "revenue and balance-sheet lines")
    revenue, revenue_note = _until(deal.revenue, as_of, "revenue lines")
    facts, facts_note = _until(deal.facts, as_of, "facts")
    cash, cash_note = _until(deal.cash, as_of, "cash rows")
    drivers, drivers_note = _until(deal.drivers, as_of, "driver rows")
    usage, usage_notes = _usage_until(deal.usage, as_of)
    bills, bill_notes = _bills_until(deal.bills, as_of)
    runs = tuple(run for run in deal.training_runs if run.start <= as_of)
    late_runs = len(deal.training_runs) - len(runs)
    of_all = f"{late_runs} of {len(deal.training_runs)} training runs"
    runs_note = f"{of_all} start after {as_of} and are left out"
    notes = (ledger_note, memo_note, revenue_note, facts_note, cash_note, drivers_note)
    other_notes = (*usage_notes, *bill_notes)
    return replace(
        deal,
        ledger=ledger,
        memo_lines=memo_lines,
        revenue=revenue,
        facts=facts,
        cash=cash,
        training_runs=runs,
        drivers=drivers,
        usage=usage,
        bills=bills,
        notes=(
            *deal.notes,
            *filter(None, notes),
            *([runs_note] if late_runs else []),
            *other_notes,
        ),
    )


def _until(rows: Iterable[Dated], as_of: date, what: str) -> tuple[tuple[Dated, ...], str]:
    every = tuple(rows)
    kept = tuple(row for row in every if row.period.end <= as_of)
    late = len(every) - len(kept)
    note = f"{late} of {len(every)} {what} end after {as_of} and are left out"
    return kept, note if late else ""


def _usage_until(usage: Usage | None, as_of: date) -> tuple[Usage | None, tuple[str, ...]]:
    kept = usage.until(as_of) if usage else None
    if usage and kept is None:
        note = f"all {len(usage.frame):,} usage rows are after {as_of} and are left out"
        return None, (*usage.notes, note)
    if kept is None:
        return None, ()
    return kept, (*kept.notes, *(kept.sample.notes if kept.sample else ()))


def _bills_until(bills: tuple[Bill, ...], as_of: date) -> tuple[tuple[Bill, ...], list[str]]:
    """Lines up to the as-of date; a month it cuts is kept whole, and both are said."""
    kept: list[Bill] = []
    notes: list[str] = []
    for bill in bills:
        if bill.last_day <= as_of:
            kept.append(bill)
            continue
        import pyarrow.compute as pc

        lines = bill.lines.filter(pc.less_equal(bill.lines["day"], as_of))
        late = bill.lines.num_rows - lines.num_rows
        if late:
            of_all = f"{late:,} of {bill.lines.num_rows:,} distinct lines"
            notes.append(f"{bill.name}: {of_all} start after {as_of} and are left out")
        else:
            notes.append(f"{bill.name}: charges up to {bill.last_day}, after {as_of}, are kept")
        if late and lines.num_rows:
            n_rows = pc.sum(lines["n_rows"]).as_py()
            kept.append(replace(bill, lines=lines, n_rows=n_rows, last_day=as_of))
        elif lines.num_rows:
            kept.append(bill)
    return tuple(kept), notes
