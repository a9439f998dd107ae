"""Small deals built in code, for tests of what comes after the reading."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

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
