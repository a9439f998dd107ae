"""Small deals built in code, for tests of what comes after the reading."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from diligence.costs.classify import ClassifiedLine
from diligence.inputs.bills.bill import LINE_COLUMNS, Bill, BillLine
from diligence.inputs.deal import (
    Archetype,
    CashItem,
    CashKind,
    Deal,
    DealTerms,
    LedgerLine,
    RevenueLine,
    Role,
    SourceRef,
)
from diligence.units import parse_period
from diligence.units.periods import month_of


def source(grade="B", row=2, file="ledger.csv"):
    return SourceRef(file, row, grade=grade)


def line(account, amount, role=Role.COST_OF_REVENUE, period="2025", grade="B", **fields):
    return LedgerLine(
        period=parse_period(period),
        account=account,
        role=role,
        amount=Decimal(str(amount)),
        source=source(grade),
        **fields,
    )


def revenue(net, period="2025", **fields):
    return RevenueLine(
        period=parse_period(period), net=Decimal(str(net)), source=source(), **fields
    )


def cash(kind, amount, period="2025", **fields):
    return CashItem(
        kind=CashKind(kind),
        item=fields.pop("item", kind),
        period=parse_period(period),
        amount=Decimal(str(amount)),
        source=source(fields.pop("grade", "B"), file="cash.csv"),
        **fields,
    )


def deal(lines, revenues, archetype=Archetype.APPLICATION, terms=None, **fields):
    stated = {"as_of": date(2026, 6, 30)} | (terms or {})
    return Deal(
        terms=DealTerms(
            company="Test Company",
            archetype=archetype,
            reporting_currency="USD",
            **stated,
        ),
        ledger=tuple(lines),
        revenue=tuple(revenues),
        **fields,
    )


def bill_line(text, effective, day="2025-01-01", **fields):
    """One row of a bill's table; what is paid and listed is what is consumed unless stated."""
    spent = Decimal(str(effective))
    row = dict.fromkeys(LINE_COLUMNS, "") | {
        "supplier": "AWS",
        "text": text,
        "kind": "usage",
        "currency": "USD",
        "day": date.fromisoformat(day),
        "quantity": None,
        "effective": spent,
        "n_rows": 1,
        "first_row": 2,
    }
    row |= dict.fromkeys(("billed", "list_cost", "contracted"), spent)
    unknown = set(fields) - set(LINE_COLUMNS)
    assert not unknown, f"no column of a bill line: {unknown}"
    money = ("billed", "list_cost", "contracted", "quantity")
    return row | {
        name: Decimal(str(value)) if name in money and value is not None else value
        for name, value in fields.items()
    }


def bill(rows, name="bills/aws.csv", system="aws", **fields):
    """A bill as the reader gives it; it reaches from the first to the last day of its months."""
    import pyarrow as pa

    columns = {column: [row[column] for row in rows] for column in LINE_COLUMNS}
    money = pa.decimal128(38, 18)
    exact = ("quantity", "billed", "effective", "list_cost", "contracted")
    table = pa.table(
        {
            column: pa.array(cells, money) if column in exact else pa.array(cells)
            for column, cells in columns.items()
        }
    )
    days = [row["day"] for row in rows]
    stated = {
        "format": "focus_1_0",
        "format_title": "FOCUS 1.0",
        "how": "detected",
        "currency": "USD",
        "first_day": min(days).replace(day=1),
        "last_day": month_of(max(days)).end,
        "n_rows": len(rows),
    }
    return Bill(name=name, system=system, lines=table, **(stated | fields))


def classified(cost_class, amount, *, subclass="x", payer="", ask="", **fields):
    """A cost line with its class; open ones could serve or train unless stated."""
    could_be = ("inference_opex", "training_capex") if cost_class == "shared" else ()
    finding = {
        name: fields.pop(name)
        for name in ("alternatives", "payer_told", "basis", "rule")
        if name in fields
    }
    stated = {"basis": "meter", "rule": "by hand", "reason": "by hand", "alternatives": could_be}
    return ClassifiedLine(
        line=line(fields.pop("account", "Cloud"), amount, **fields),
        cost_class=cost_class,
        subclass=subclass,
        payer=payer,
        ask=ask,
        **(stated | finding),
    )


def on_bill(cost_class, amount, *, day="2025-01-01", text="", supplier="AWS", **fields):
    """A classified line of a bill, booked in the month of its use unless stated."""
    stated = {"period": day[:7], "vendor": supplier, "text": text}
    found = BillLine(**bill_line(text, amount, day, supplier=supplier))
    return classified(cost_class, amount, bill=found, **(stated | fields))
