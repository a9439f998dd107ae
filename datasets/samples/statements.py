"""The small tables of a sample folder: revenue, cash, drivers, runs and facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from growth import draws_of, monthly_dollars
from months import BOOKED, LABELS, MONTHS, last_day
from sample_deal import BELOW, SampleDeal
from sample_files import Row, csv_text


def revenue_csv(deal: SampleDeal) -> str:
    """Revenue by month and plan, with free users and those who went to paid."""
    rows: list[Row] = []
    for month in BOOKED:
        rows += [_plan_row(deal, i, month) for i in range(len(deal.plans))]
        rows += [_free_row(deal, i, month) for i in range(len(deal.free_users))]
    header = (
        "period", "segment", "plan", "payer", "net", "unit", "gross", "discounts", "channel_fees",
        "customers", "new_customers", "free_users", "conversions", "basis", "pricing", "document",
        "grade",
    )  # fmt: skip
    return csv_text(header, rows)


def _plan_row(deal: SampleDeal, position: int, month: int) -> Row:
    plan = deal.plans[position]
    net = deal.net_revenue(plan)[month] // 100
    discount = round(net * plan.discount / (1 - plan.discount - plan.fees))
    fees = round(net * plan.fees / (1 - plan.discount - plan.fees))
    customers = round(net / plan.price) if plan.price else ""
    joined = round(customers * 0.07) if isinstance(customers, int) else ""
    return (LABELS[month], plan.segment, plan.name, plan.payer, net, "USD", net + discount + fees,
            discount, fees, customers, joined, "", "", "recognised", plan.pricing,
            "billing export", "B")  # fmt: skip


def _free_row(deal: SampleDeal, position: int, month: int) -> Row:
    free = deal.free_users[position]
    draw = draws_of(deal.name, free.plan, str(month)).random()
    users = round(
        free.users * (1 + free.growth) ** (month - len(MONTHS) + 1) * (0.98 + 0.04 * draw)
    )
    return (LABELS[month], "", free.plan, free.payer, 0, "USD", 0, 0, 0, "", "", users,
            round(users * free.conversion), "recognised", "flat", "product analytics",
            "C")  # fmt: skip


def operating_loss(deal: SampleDeal) -> list[int]:
    """Operating cost less revenue by month, in cents."""
    costs = [deal.booked(account) for account in deal.accounts if account.role not in BELOW]
    income = [deal.net_revenue(plan) for plan in deal.plans]
    return [
        sum(series[i] for series in costs) - sum(series[i] for series in income)
        for i in range(len(MONTHS))
    ]


def cash_csv(deal: SampleDeal) -> str:
    """Month-end balances and flows; every balance is the one before plus the flows."""
    loss = operating_loss(deal)
    swing = draws_of(deal.name, "cash").random(len(MONTHS))
    capital = monthly_dollars(f"{deal.name}/capital", deal.capital)
    balance = deal.opening_cash
    rows: list[Row] = []
    bank = ("USD", "used", "bank statements", "A")
    for i in BOOKED:
        flow = -loss[i] // 100 + round(80_000 * (2 * swing[i] - 1))
        spent = -capital[i]
        amount, name = deal.financing.get(LABELS[i], (0, ""))
        balance += flow + spent + amount
        rows.append(("operating_cash_flow", "operating cash flow", "", LABELS[i], flow, *bank))
        rows.append(("capital_expenditure", "equipment", "", LABELS[i], spent, *bank))
        if amount:
            rows.append(("financing", name, "", LABELS[i], amount, *bank))
        rows.append(("cash", "operating accounts", last_day(i), "", balance, *bank))
    header = ("kind", "item", "date", "period", "amount", "unit", "status", "document", "grade")
    return csv_text(header, rows)


def drivers_csv(rows: Iterable[Row]) -> str:
    """What each workload used of something shared."""
    header = (
        "period", "selector", "driver", "workload", "value", "unit", "document", "grade", "note",
    )  # fmt: skip
    return csv_text(header, rows)


@dataclass(frozen=True)
class Run:
    """A training run of the register."""

    name: str
    purpose: str
    start: str
    end: str
    cost: int
    outcome: str
    release: str = ""
    gpu_hours: int = 0
    note: str = ""


def runs_csv(runs: Sequence[Run]) -> str:
    """The register of training runs."""
    header = (
        "name", "purpose", "start", "end", "cost", "unit", "outcome", "release_date", "gpu_hours",
        "document", "grade", "note",
    )  # fmt: skip
    rows = [
        (run.name, run.purpose, run.start, run.end, run.cost, "USD", run.outcome, run.release,
         run.gpu_hours or "", "training run register", "B", run.note)
        for run in runs
    ]  # fmt: skip
    return csv_text(header, rows)


def facts_csv(rows: Iterable[Row]) -> str:
    """Figures keyed by hand: concept, period, value, unit, status, document, page, grade, note."""
    header = (
        "concept", "period", "value", "unit", "status", "document", "page", "keyed_by",
        "checked_by", "grade", "note",
    )  # fmt: skip
    keyed = ((*row[:7], "A. Analyst", "B. Reviewer", *row[7:]) for row in rows)
    return csv_text(header, keyed)
