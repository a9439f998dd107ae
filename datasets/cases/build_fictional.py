"""Write the fictional case folder ``quillfern-code`` from a seed.

Quillfern Code does not exist. Its last twelve months add up to the worked bridge of the project's
documentation to the dollar; the months are shaped by growth and seeded noise. Run
``python datasets/cases/build_fictional.py`` to write the figures again: the bytes are the same.
What people wrote (deal.yaml, contracts, claims, assumptions, rulings, commentary) is kept by hand.
"""

from __future__ import annotations

import calendar
import csv
import io
import re
import sys
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

SEED = 20260630
FOLDER = "quillfern-code"
R_AND_D = "research_and_development"
MONTHS = [(2025, m) for m in range(1, 13)] + [(2026, m) for m in range(1, 7)]
TTM = slice(6, 18)
LABELS = [f"{year}-{month:02d}" for year, month in MONTHS]
GPU_HOUR_USD = 2.90
LISTED_USD_PER_MTOK = {
    "gpt-5.4": {"input": 2.50, "cached input": 0.25, "output": 15.00},
    "gpt-5.4-mini": {"input": 0.75, "cached input": 0.075, "output": 4.50},
    "claude-sonnet-4-6": {"input": 3.00, "cached input": 0.30, "output": 15.00},
}
BILL_MIX = {"input": 0.36, "cached input": 0.06, "output": 0.58}


@dataclass(frozen=True)
class Account:
    """A ledger account: its last twelve months in whole dollars, its growth a month, its noise."""

    code: int
    name: str
    role: str
    ttm: int
    growth: float = 0.0
    noise: float = 0.03
    fixed: Mapping[int, int] = field(default_factory=dict)
    missing: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Run:
    """A training run; its cost is spread evenly over its months."""

    name: str
    purpose: str
    start: str
    end: str
    cost: int
    outcome: str
    release: str = ""


RUNS = (
    Run("fern-0 ablations", "experiment", "2024-01", "2024-02", 450_000, "abandoned"),
    Run("fern-0 base", "final_run", "2024-02", "2024-03", 1_100_000, "released", "2024-04-22"),
    Run("fern-1 base, first attempt", "final_run", "2024-06", "2024-07", 900_000, "failed"),
    Run("fern-1 base", "final_run", "2024-08", "2024-09", 1_600_000, "released", "2024-10-15"),
    Run(
        "fern-1 instruct", "post_training", "2024-10", "2024-10", 350_000, "released", "2024-11-12"
    ),
    Run(
        "fern-1.5 context", "post_training", "2025-01", "2025-02", 620_000, "released", "2025-03-18"
    ),
    Run("fern-2 ablations", "experiment", "2025-03", "2025-04", 740_000, "abandoned"),
    Run("fern-2 base, first attempt", "final_run", "2025-05", "2025-06", 1_150_000, "failed"),
    Run("fern-2 base", "final_run", "2025-07", "2025-09", 2_100_000, "released", "2025-10-21"),
    Run(
        "fern-2 instruct", "post_training", "2025-10", "2025-10", 480_000, "released", "2025-11-18"
    ),
    Run("fern-2 evaluation", "evaluation", "2025-11", "2025-11", 120_000, "released", "2025-11-18"),
    Run("fern-2.5 ablations", "experiment", "2025-12", "2026-01", 700_000, "abandoned"),
    Run("fern-2.5 base", "final_run", "2026-02", "2026-04", 1_950_000, "released", "2026-05-19"),
    Run(
        "fern-2.5 instruct",
        "post_training",
        "2026-05",
        "2026-05",
        450_000,
        "released",
        "2026-06-16",
    ),
    Run("fern-3 ablations", "experiment", "2026-06", "2026-06", 400_000, "running"),
)

REVENUE = (
    Account(4010, "Subscriptions - Pro", "revenue", 9_600_000, 0.040, 0.02),
    Account(4020, "Subscriptions - Team", "revenue", 8_400_000, 0.045, 0.02),
    Account(4030, "Subscriptions - Enterprise", "revenue", 4_200_000, 0.055, 0.04),
    Account(4040, "Usage overage", "revenue", 1_800_000, 0.070, 0.08),
)
COST_OF_REVENUE = (
    Account(5010, "Hosting - COGS (AWS)", "cost_of_revenue", 1_250_000, 0.030),
    Account(
        5020, "Model API - COGS (Anthropic via Bedrock)", "cost_of_revenue", 2_400_000, 0.055, 0.05
    ),
    Account(5030, "Customer support", "cost_of_revenue", 850_000, 0.020),
    Account(5040, "Payment processing fees", "cost_of_revenue", 700_000, 0.043, 0.02),
)
RESEARCH = (
    Account(6100, "Payroll - product engineering", R_AND_D, 4_300_000, 0.015, 0.01),
    Account(6110, "Coding assistant seats (internal)", R_AND_D, 150_000, 0.02,
            missing=frozenset({0, 1, 2})),
    Account(6120, "Cloud infrastructure - AWS", R_AND_D, 360_000, 0.01, 0.06),
    Account(6300, "GPU cluster - CoreWeave reserved", R_AND_D, 4_000_000, 0.012, 0.02),
    Account(6310, "Model training compute", R_AND_D, 6_200_000),
    Account(6320, "Data labelling - Surge AI", R_AND_D, 1_600_000, 0.01, 0.35,
            fixed={1: 0, 11: 0}),
    Account(6330, "Research scientists payroll", R_AND_D, 1_200_000, 0.01, 0.01),
    Account(6340, "Monthly LoRA refresh - customer adapters", R_AND_D, 600_000, 0.02),
)  # fmt: skip
SALES = (
    Account(6200, "Payroll - sales and marketing", "sales_and_marketing", 2_900_000, 0.015, 0.01),
    Account(6210, "Free tier inference - OpenAI API", "sales_and_marketing", 1_400_000, 0.05, 0.05),
    Account(6220, "Advertising and events", "sales_and_marketing", 1_300_000, 0.01, 0.30,
            fixed={8: -12_400}),
)  # fmt: skip
TOOLS = (
    Account(6400, "Software & Tools - OpenAI API", "other_operating", 3_100_000, 0.06, 0.05),
    Account(6410, "Software & Tools - other SaaS", "other_operating", 420_000, 0.01),
)
ADMIN = (
    Account(7000, "Payroll - G&A", "general_and_administrative", 1_100_000, 0.01, 0.01),
    Account(7100, "Rent and office", "general_and_administrative", 380_000, 0.0, 0.01),
    Account(7200, "Legal and accounting", "general_and_administrative", 460_000, 0.0, 0.30),
    Account(7300, "Staff training and onboarding", "general_and_administrative", 60_000, 0.0, 0.40),
)
INTEREST = Account(
    8000, "Interest on venture debt", "below_operating", 220_000, 0.0, 0.0,
    fixed=dict.fromkeys(range(10), 0),
)  # fmt: skip
SECTIONS = (
    ("REVENUE", "Total revenue", REVENUE),
    ("COST OF REVENUE", "Total cost of revenue", COST_OF_REVENUE),
    ("RESEARCH & DEVELOPMENT", "Total research & development", RESEARCH),
    ("SALES & MARKETING", "Total sales & marketing", SALES),
    ("SOFTWARE & TOOLS", "Total software & tools", TOOLS),
    ("GENERAL & ADMINISTRATIVE", "Total general & administrative", ADMIN),
)
CREDITS = Account(0, "credits netted against 5020", "", 900_000, 0.055, 0.05)
PLANS = {
    4010: ("Pro", "flat", 21),
    4020: ("Team", "flat", 32),
    4030: ("Enterprise", "hybrid", 3900),
    4040: ("Usage overage", "usage", 0),
}

Series = dict[int, list[int]]


def spread(total: int, weights: Sequence[float]) -> list[int]:
    """Split a whole number by weights; the largest remainders take what rounding leaves."""
    scale = total / sum(weights)
    parts = [int(np.floor(weight * scale)) for weight in weights]
    order = sorted(range(len(parts)), key=lambda i: parts[i] - weights[i] * scale)
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts


def monthly(account: Account, rng: np.random.Generator) -> list[int]:
    """Eighteen months of an account whose last twelve add up to its total."""
    draws = 2 * rng.random(len(MONTHS)) - 1
    weights = [
        0.0 if i in account.fixed else (1 + account.growth) ** i * (1 + account.noise * draws[i])
        for i in range(len(MONTHS))
    ]
    fixed = sum(amount for i, amount in account.fixed.items() if i >= TTM.start)
    last = spread(account.ttm - fixed, weights[TTM])
    scale = (account.ttm - fixed) / sum(weights[TTM])
    series = [round(weight * scale) for weight in weights[: TTM.start]] + last
    for i in account.missing:
        series[i] = 0
    return [account.fixed.get(i, amount) for i, amount in enumerate(series)]


def year_and_month(text: str) -> tuple[int, int]:
    """Read ``2025-07``."""
    year, _, month = text.partition("-")
    return int(year), int(month)


def run_months(run: Run) -> list[tuple[int, int]]:
    """Months of a run, both ends included."""
    first, last = year_and_month(run.start), year_and_month(run.end)
    every = [(year, month) for year in (2024, 2025, 2026) for month in range(1, 13)]
    return [month for month in every if first <= month <= last]


def training_compute() -> list[int]:
    """Spend a month from the register of runs."""
    series = [0] * len(MONTHS)
    for run in RUNS:
        months = run_months(run)
        for month, amount in zip(months, spread(run.cost, [1.0] * len(months)), strict=True):
            if month in MONTHS:
                series[MONTHS.index(month)] += amount
    return series


def all_series() -> Series:
    """Every account by code, and the credits under 0, in one fixed order of draws."""
    rng = np.random.default_rng(SEED)
    accounts = [account for _, _, group in SECTIONS for account in group]
    series = {account.code: monthly(account, rng) for account in (*accounts, INTEREST, CREDITS)}
    series[6310] = training_compute()
    return series


def total(series: Series, accounts: Iterable[Account]) -> list[int]:
    """Sum of accounts by month."""
    rows = [series[account.code] for account in accounts]
    return [sum(column) for column in zip(*rows, strict=True)]


def operating_loss(series: Series) -> list[int]:
    """Operating cost less revenue by month."""
    costs = [total(series, group) for _, _, group in SECTIONS[1:]]
    revenue = total(series, REVENUE)
    return [sum(column) - income for *column, income in zip(*costs, revenue, strict=True)]


def last_day(year: int, month: int) -> str:
    """Last day of a month, written out."""
    return f"{year}-{month:02d}-{calendar.monthrange(year, month)[1]:02d}"


# --- the workbook ------------------------------------------------------------------------------

FIRST_MONTH_COLUMN = 4


@dataclass
class Sheet:
    """Rows of the P&L sheet, and what mapping.yaml has to say about them."""

    rows: list[list[object]]
    accounts: dict[int, tuple[str, str]]
    subtotals: dict[int, list[int]]
    skipped: list[int]


def columns() -> tuple[list[str], dict[str, str], dict[str, list[str]]]:
    """Header texts from column D on, month columns and total columns."""
    headers: list[str] = []
    periods: dict[str, str] = {}
    totals: dict[str, list[str]] = {}
    for position, (year, month) in enumerate(MONTHS):
        letter = get_column_letter(FIRST_MONTH_COLUMN + len(headers))
        periods[letter] = LABELS[position]
        headers.append(f"{calendar.month_abbr[month]}-{year % 100}")
        if month == 12:
            headers.append("FY2025")
            totals[get_column_letter(FIRST_MONTH_COLUMN + len(headers) - 1)] = list(periods)
    months = list(periods)
    for header, parts in (("YTD Jun-26", months[12:]), ("LTM Jun-26", months[6:])):
        headers.append(header)
        totals[get_column_letter(FIRST_MONTH_COLUMN + len(headers) - 1)] = parts
    return headers, periods, totals


def with_totals(values: Sequence[float]) -> list[float]:
    """Months with the total columns where the headers have them."""
    year = round(sum(values[:12]), 3)
    half, twelve = round(sum(values[12:]), 3), round(sum(values[TTM]), 3)
    return [*values[:12], year, *values[12:], half, twelve]


def cells(account: Account, amounts: Sequence[int]) -> list[object]:
    """One row as the finance team left it: numbers, and some of them typed as text."""
    shown: list[object] = list(with_totals([amount / 1000 for amount in amounts]))
    for i, amount in enumerate(amounts):
        place = i if i < 12 else i + 1
        if i in account.missing:
            shown[place] = "n/a"
        elif amount == 0:
            shown[place] = "–"
        elif amount < 0:
            shown[place] = f"({-amount / 1000:,.1f})"
    if account.code == 6100:
        shown[3] = f"{amounts[3] / 1000:,.3f}"
    return shown


def lay_out(series: Series) -> Sheet:
    """Build the P&L sheet row by row."""
    headers, _, _ = columns()
    sheet = Sheet([], {}, {}, [])
    sheet.rows += [
        ["Quillfern Code, Inc. - Management accounts (unaudited)"],
        ["Profit & loss by month, $000 unless stated"],
        ["Prepared by finance, 14 July 2026, version 3 - replaces version 2 of 9 July"],
        [],
        ["Acct", "Account", "Dept", *headers],
    ]
    for caption, label, accounts in SECTIONS:
        _add_section(sheet, series, caption, label, accounts)
        if caption == "COST OF REVENUE":
            _add_gross_profit(sheet, series)
    loss = [-amount / 1000 for amount in operating_loss(series)]
    _skip(sheet, ["", "Operating income (loss)", "", *_bracketed(with_totals(loss))])
    _skip(sheet, [])
    sheet.rows.append([INTEREST.code, INTEREST.name, "", *cells(INTEREST, series[INTEREST.code])])
    sheet.accounts[len(sheet.rows)] = (INTEREST.name, INTEREST.role)
    return sheet


def _add_section(
    sheet: Sheet, series: Series, caption: str, label: str, accounts: Sequence[Account]
) -> None:
    _skip(sheet, ["", caption])
    children = []
    for account in accounts:
        row = [
            account.code,
            account.name,
            _department(account),
            *cells(account, series[account.code]),
        ]
        sheet.rows.append(row)
        children.append(len(sheet.rows))
        sheet.accounts[len(sheet.rows)] = (account.name, account.role)
    sums = [amount / 1000 for amount in total(series, accounts)]
    sheet.rows.append(["", label, "", *with_totals(sums)])
    sheet.subtotals[len(sheet.rows)] = children
    _skip(sheet, [])


def _add_gross_profit(sheet: Sheet, series: Series) -> None:
    revenue, cost = total(series, REVENUE), total(series, COST_OF_REVENUE)
    profit = with_totals([(a - b) / 1000 for a, b in zip(revenue, cost, strict=True)])
    income = with_totals([amount / 1000 for amount in revenue])
    margin = [f"{100 * a / b:.1f}%" for a, b in zip(profit, income, strict=True)]
    _skip(sheet, ["", "Gross profit", "", *profit])
    _skip(sheet, ["", "Gross margin %", "", *margin])
    _skip(sheet, [])


def _skip(sheet: Sheet, row: list[object]) -> None:
    sheet.rows.append(row)
    sheet.skipped.append(len(sheet.rows))


def _bracketed(values: Sequence[float]) -> list[object]:
    return [f"({-value:,.0f})" if value < 0 else value for value in values]


def _department(account: Account) -> str:
    departments = {R_AND_D: "R&D", "sales_and_marketing": "GTM"}
    return departments.get(account.role, "Ops" if account.role == "cost_of_revenue" else "G&A")


def workbook_bytes(sheet: Sheet) -> bytes:
    """The workbook, with the same bytes every time."""
    book = Workbook()
    book.properties.creator = "Finance"
    book.properties.created = datetime(2026, 7, 14, 9, 0)
    page = book.worksheets[0]
    page.title = "P&L"
    for row in sheet.rows:
        page.append(row)
    notes = (
        "(1) 5020 is shown net of AWS promotional credits.",
        "(2) 6400 is the production API bill; finance books it with software.",
        "(3) n/a: tool not yet bought.  – : nil.",
    )
    page.append([])
    for note in notes:
        page.append(["", note])
    _format(page)
    _add_headcount(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return _repacked(buffer.getvalue())


def _format(page: Worksheet) -> None:
    bold = Font(bold=True)
    for row in page.iter_rows(min_row=1, max_row=5):
        for cell in row:
            cell.font = bold
    for row in page.iter_rows(min_row=6, min_col=FIRST_MONTH_COLUMN):
        for cell in row:
            if isinstance(cell.value, float):
                cell.number_format = "#,##0;(#,##0)"
    page.column_dimensions["B"].width = 44
    page.freeze_panes = "D6"


def _add_headcount(book: Workbook) -> None:
    page = book.create_sheet("Headcount plan")
    page.append(["Headcount plan - not part of the P&L"])
    page.append(["Team", "Jun-25", "Dec-25", "Jun-26", "Dec-26 plan"])
    for team, *heads in (
        ("Product engineering", 21, 24, 27, 34),
        ("Research", 5, 6, 7, 9),
        ("Sales and marketing", 16, 18, 20, 26),
        ("Support", 8, 9, 10, 12),
        ("G&A", 6, 6, 7, 8),
    ):
        page.append([team, *heads])


def _repacked(content: bytes) -> bytes:
    """Store every part uncompressed, dated alike, and pin the time of saving."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as target,
    ):
        for name in sorted(source.namelist()):
            part = source.read(name)
            if name == "docProps/core.xml":
                stamp = rb"\g<1>2026-07-14T09:00:00Z"
                part = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", stamp, part)
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 0
            target.writestr(entry, part)
    return packed.getvalue()


def mapping_text(sheet: Sheet) -> str:
    """mapping.yaml as the analyst confirmed it."""
    _, periods, totals = columns()
    skipped = [row for row in sheet.skipped if row <= max(sheet.accounts)]
    lines = [
        "# How to read the workbook; row numbers are those of the sheet.",
        "confirmed: {by: A. Analyst, date: 2026-07-16}",
        "files:",
        "  ledger.xlsx:",
        "    sheet: P&L",
        "    layout: wide",
        "    header_row: 5",
        "    first_row: 6",
        f"    last_row: {max(sheet.accounts)}",
        "    label_column: B",
        "    code_column: A",
        "    unit: USD k",
        "    sign: cost_positive",
        "    locale: en",
        "    periods:",
        *(f"      {letter}: {label}" for letter, label in periods.items()),
        "    subtotals:          # row: its children",
        *(f"      {row}: {children}" for row, children in sheet.subtotals.items()),
        "    totals:             # column: its children",
        *(f"      {letter}: [{', '.join(parts)}]" for letter, parts in totals.items()),
        "    # captions, blank rows, and rows that subtract (gross profit, operating income)",
        f"    skip_rows: {skipped}",
        "    accounts:",
        *(
            f'      {row}: {{label: "{label}", role: {role}}}'
            for row, (label, role) in sheet.accounts.items()
        ),
    ]
    return "\n".join(lines) + "\n"


# --- the small tables --------------------------------------------------------------------------

Row = Sequence[object]


def table(header: str, rows: Iterable[Row]) -> str:
    """CSV text with plain line ends."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return buffer.getvalue()


def revenue_table(series: Series) -> str:
    """Revenue by month and plan; sums to the revenue rows of the ledger."""
    rows: list[Row] = []
    for i, label in enumerate(LABELS):
        for code, (plan, pricing, price) in PLANS.items():
            net = series[code][i]
            customers = round(net / price) if price else ""
            discount = round(net * 0.04) if plan == "Enterprise" else 0
            rows.append((label, net, "USD", plan, "paid", customers, net + discount, discount,
                         "recognised", pricing, "ledger.xlsx and billing export", "B"))  # fmt: skip
        rows.append((label, 0, "USD", "Free", "free", 5200 + 340 * i, 0, 0, "recognised", "flat",
                     "product analytics", "C"))  # fmt: skip
    header = "period,net,unit,plan,payer,customers,gross,discounts,basis,pricing,document,grade"
    return table(header, rows)


def cash_table(series: Series) -> str:
    """Month-end balances and flows; every balance is the one before plus the flows."""
    rng = np.random.default_rng(SEED + 1)
    swing = [round(120_000 * (2 * draw - 1)) for draw in rng.random(len(MONTHS))]
    loss, interest = operating_loss(series), series[INTEREST.code]
    flows = [-a - b + c for a, b, c in zip(loss, interest, swing, strict=True)]
    capital = [-18_000 if month % 3 == 0 else -6_000 for _, month in MONTHS]
    money = {2: (18_000_000, "Series A"), 9: (3_000_000, "venture debt")}
    raised = sum(amount for amount, _ in money.values())
    balance = 14_200_000 - sum(flows) - sum(capital) - raised
    rows: list[Row] = []
    for i, label in enumerate(LABELS):
        amount, name = money.get(i, (0, ""))
        balance += flows[i] + capital[i] + amount
        bank = ("USD", "used", "bank statements", "A")
        rows.append(("operating_cash_flow", "operating cash flow", "", label, flows[i], *bank))
        rows.append(("capital_expenditure", "laptops and office", "", label, capital[i], *bank))
        if amount:
            rows.append(("financing", name, "", label, amount, *bank))
        rows.append(("cash", "operating accounts", last_day(*MONTHS[i]), "", balance, *bank))
    rows.append(("restricted_cash", "deposit for the office lease", "2026-06-30", "", 500_000,
                 "USD", "used", "bank statements", "A"))  # fmt: skip
    return table("kind,item,date,period,amount,unit,status,document,grade", rows)


def run_table() -> str:
    """The register of training runs, with earlier vintages."""
    rows = [
        (run.name, run.purpose, f"{run.start}-01", last_day(*year_and_month(run.end)),
         run.cost, "USD", run.outcome, run.release, round(run.cost / GPU_HOUR_USD),
         "training run register", "B")
        for run in RUNS
    ]  # fmt: skip
    header = "name,purpose,start,end,cost,unit,outcome,release_date,gpu_hours,document,grade"
    return table(header, rows)


def openai_bill(series: Series) -> str:
    """June 2026 costs export by day, project and line item; sums to 6400 and 6210 of the month."""
    rng = np.random.default_rng(SEED + 2)
    projects = (
        ("proj_prod", "production", "gpt-5.4", 6400),
        ("proj_free", "free tier", "gpt-5.4-mini", 6210),
    )
    rows: list[Row] = []
    for project, name, model, code in projects:
        days = _daily_cents(series[code][-1], rng)
        for day, cents in enumerate(days, start=1):
            for kind, part in zip(BILL_MIX, spread(cents, list(BILL_MIX.values())), strict=True):
                start = f"2026-06-{day:02d}"
                rows.append((start, f"{part / 100:.2f}", "usd", f"{model}, {kind}", project, name,
                             "org-quillfern"))  # fmt: skip
    header = "date,amount_value,amount_currency,line_item,project_id,project_name,organization_id"
    return table(header, sorted(rows, key=lambda row: (str(row[0]), str(row[4]), str(row[3]))))


def _daily_cents(dollars: int, rng: np.random.Generator) -> list[int]:
    weekend = {6, 7, 13, 14, 20, 21, 27, 28}
    draws = rng.random(30)
    weights = [
        (0.6 if day in weekend else 1.0) * (1 + 0.1 * draws[day - 1]) for day in range(1, 31)
    ]
    return spread(100 * dollars, weights)


def focus_bill(series: Series) -> str:
    """June 2026 FOCUS export; net of credits it sums to 5010, 5020 and 6120 of the month."""
    hosting, tokens, dev = series[5010][-1], series[5020][-1], series[6120][-1]
    credit = series[0][-1]
    bedrock = spread(tokens + credit, list(BILL_MIX.values()))
    servers, storage, network = spread(hosting, [0.62, 0.23, 0.15])
    build, logs = spread(dev, [0.7, 0.3])
    names = [f"Claude Sonnet 4.6 {kind} tokens" for kind in BILL_MIX]
    machine, ai = "AI and Machine Learning", "Amazon Bedrock"
    lines = [
        *((machine, ai, text, amount, "prod") for text, amount in zip(names, bedrock, strict=True)),
        ("Compute", "Amazon EC2", "m7i.2xlarge on demand", servers, "prod"),
        ("Storage", "Amazon S3", "Standard storage", storage, "prod"),
        ("Networking", "Amazon CloudFront", "Data transfer out", network, "prod"),
        ("Compute", "Amazon EC2", "c7i.4xlarge build runners", build, "dev"),
        ("Management and Governance", "Amazon CloudWatch", "Logs ingestion", logs, "dev"),
    ]
    rows: list[Row] = [_focus_row("Usage", *line) for line in lines]
    rows.append(_focus_row("Credit", machine, ai, "AWS promotional credit", -credit, "prod"))
    header = (
        "BillingPeriodStart,BillingPeriodEnd,ChargePeriodStart,ChargePeriodEnd,ChargeCategory,"
        "ServiceCategory,ServiceName,ChargeDescription,BilledCost,EffectiveCost,ListCost,"
        "ContractedCost,BillingCurrency,ProviderName,PublisherName,InvoiceIssuerName,"
        "SubAccountName,Tags"
    )
    return table(header, rows)


def _focus_row(
    charge: str, category: str, service: str, text: str, amount: int, account: str
) -> Row:
    month = ("2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z")
    listed = 0 if charge == "Credit" else amount
    tags = f'{{"env": "{account}"}}'
    return (*month, *month, charge, category, service, text, f"{amount}.00", f"{amount}.00",
            f"{listed}.00", f"{listed}.00", "USD", "AWS", "AWS", "AWS", f"quillfern-{account}",
            tags)  # fmt: skip


def usage_table(series: Series) -> str:
    """Daily aggregates of June 2026; tokens at list price give the gross bills of the month."""
    rng = np.random.default_rng(SEED + 2)
    bills = (
        ("openai", "gpt-5.4", "agent", "Team", "paid", series[6400][-1]),
        ("openai", "gpt-5.4-mini", "completion", "Free", "free", series[6210][-1]),
        ("anthropic", "claude-sonnet-4-6", "chat", "Pro", "paid", series[5020][-1] + series[0][-1]),
    )
    rows: list[Row] = []
    for provider, model, feature, plan, payer, dollars in bills:
        for day, cents in enumerate(_daily_cents(dollars, rng), start=1):
            parts = spread(cents, list(BILL_MIX.values()))
            prices = LISTED_USD_PER_MTOK[model]
            tokens = [
                round(part / 100 / prices[kind] * 1e6)
                for kind, part in zip(BILL_MIX, parts, strict=True)
            ]
            requests = round((tokens[0] + tokens[1]) / 9_000)
            rows.append((f"2026-06-{day:02d}", provider, model, feature, plan, payer, requests,
                         *tokens, round(tokens[2] * 0.3), round(requests / 22)))  # fmt: skip
    header = (
        "date,provider,model,feature,plan,payer,requests,input_tokens,cached_input_tokens,"
        "output_tokens,reasoning_tokens,active_users"
    )
    return table(header, sorted(rows, key=lambda row: (str(row[0]), str(row[2]))))


def kpi_table(series: Series) -> str:
    """What the company sends its present holders each quarter."""
    revenue, cost = total(series, REVENUE), total(series, COST_OF_REVENUE)
    loss = operating_loss(series)
    rows: list[Row] = []
    for quarter in range(6):
        part = slice(3 * quarter, 3 * quarter + 3)
        year, month = MONTHS[3 * quarter]
        income, booked = sum(revenue[part]), sum(cost[part])
        rows.append((f"{year}Q{(month + 2) // 3}", income, 12 * revenue[3 * quarter + 2],
                     f"{100 * (income - booked) / income:.1f}", sum(loss[part]),
                     sum(series[6400][part]), sum(series[6300][part]), sum(series[6310][part]),
                     "USD", "percent", "finance"))  # fmt: skip
    header = (
        "period,revenue,arr,gross_margin_reported,operating_loss,openai_api,gpu_cluster,"
        "training_compute,unit,margin_unit,sent_by"
    )
    return table(header, rows)


def fact_table(series: Series) -> str:
    """Figures keyed by hand from view-only documents."""
    year = slice(0, 12)
    loss = sum(operating_loss(series)[year])
    costs = loss + sum(total(series, REVENUE)[year])
    run_rate = 12 * total(series, REVENUE)[-1]
    board = ("board pack February 2026", "p. 4", "C", "rounded by the company")
    update = ("investor update June 2026", "p. 1", "C", "")
    deck = ("pitch deck July 2026", "p. 3", "D", "counts signed contracts that are not live")
    console = ("cloud console screenshot", "1", "C", "expires 2027-03-31")
    order = ("GPU cloud order form", "p. 2", "A", "reserved for twelve months")
    seats = round(series[4010][-1] / 21 + series[4020][-1] / 32)
    keyed = [
        ("total_costs", "2025", f"{costs / 1e6:.2f}", "USD m", "used", board),
        ("operating_loss", "2025", f"{loss / 1e6:.2f}", "USD m", "used", board),
        ("arr", "2026-06", f"{run_rate / 1e6:.1f}", "USD m", "used", update),
        ("arr", "2026-06", f"{run_rate * 1.06 / 1e6:.1f}", "USD m", "alternative", deck),
        ("credit_balance", "2026-06", "0.62", "USD m", "used", console),
        ("paying_seats", "2026-06", seats, "count", "used", update),
        ("gpu_hour_price", "2026-06", "2.90", "USD per GPU-hour", "used", order),
    ]
    rows: list[Row] = [
        (*fact, document, page, "A. Analyst", "B. Reviewer", grade, note)
        for *fact, (document, page, grade, note) in keyed
    ]
    header = "concept,period,value,unit,status,document,page,keyed_by,checked_by,grade,note"
    return table(header, rows)


def case_files() -> dict[str, bytes]:
    """Every computed file of the folder by its path."""
    series = all_series()
    sheet = lay_out(series)
    texts = {
        "mapping.yaml": mapping_text(sheet),
        "revenue.csv": revenue_table(series),
        "cash.csv": cash_table(series),
        "training_runs.csv": run_table(),
        "facts.csv": fact_table(series),
        "kpis.csv": kpi_table(series),
        "bills/openai_costs_2026-06.csv": openai_bill(series),
        "bills/aws_focus_2026-06.csv": focus_bill(series),
        "usage/daily_2026-06.csv": usage_table(series),
    }
    files = {name: text.encode("utf-8") for name, text in texts.items()}
    return {**files, "ledger.xlsx": workbook_bytes(sheet)}


def build(folder: Path) -> None:
    """Write the folder; files of the same name are replaced."""
    for name, content in case_files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / FOLDER)
