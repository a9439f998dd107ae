"""A realistic memo, review and screening card for looking at and for the tests.

The figures resemble a listed model developer's; nothing here is used as a fact.
"""

from __future__ import annotations

from datetime import date
from functools import cache

import pandas as pd

from diligence.reporting.blocks import (
    Block,
    Bullets,
    Chart,
    Column,
    Columns,
    Exhibit,
    Heading,
    KeyValues,
    Note,
    Paragraph,
    Table,
)
from diligence.reporting.charts import (
    FULL_MM,
    BreakEvenMarker,
    RedLine,
    RepricingEvent,
    chart_cash,
    chart_cost_split,
    chart_margin_against_multiple,
    chart_margin_bridge,
    chart_margins_by_period,
    chart_trajectory,
)
from diligence.reporting.documents import Memo, Review, ScreenCard, Section
from diligence.reporting.page_one import PageOne, PageOneRow, Verdict

SOURCE = "Source: prospectus, tables 4 and 9; ledger to 30 Sep 2025. As of 30 Sep 2025."


@cache
def bridge_chart() -> Chart:
    steps = [
        ("Reported", "rung", 0.0, 23.3, None, None),
        ("Credits added back", "step", 23.3, 18.1, None, None),
        ("API bill outside COGS", "step", 18.1, 11.6, None, None),
        ("Paid", "rung", 0.0, 11.6, 4.2, 16.9),
        ("Free users", "step", 11.6, -6.2, None, None),
        ("Maintenance training", "step", -6.2, -9.0, None, None),
        ("Fully loaded", "rung", 0.0, -9.0, -16.4, -3.7),
        ("Steady-state training", "step", -9.0, -61.5, None, None),
        ("After training", "rung", 0.0, -61.5, None, None),
    ]
    frame = pd.DataFrame(steps, columns=["step", "kind", "start", "end", "low", "high"])
    return chart_margin_bridge(
        frame.astype({"low": float, "high": float}).assign(range_kind="bound"),
        title="A reported 23.3 % is 11.6 % on paying users and −9.0 % with free users",
        source=SOURCE,
    )


def multiple_frame() -> pd.DataFrame:
    rows = []
    for series, base, serving, bound in (
        ("paid", 11.6, 48.0, 6.0),
        ("open platform", 69.4, 20.0, 2.0),
    ):
        for step in range(37):
            multiple = 10 ** (step / 36)
            margin = base - serving * (multiple - 1)
            rows.append(
                (multiple, series, margin, margin - bound * multiple, margin + bound * multiple)
            )
    return pd.DataFrame(rows, columns=["multiple", "series", "margin", "low", "high"])


@cache
def multiple_chart() -> Chart:
    frame = multiple_frame()
    runway = pd.DataFrame(
        [(m, "paid", 14.0 / (0.6 + 0.4 * m)) for m in frame["multiple"].unique()],
        columns=["multiple", "series", "value"],
    ).assign(low=float("nan"), high=float("nan"))
    return chart_margin_against_multiple(
        frame,
        title="Paid margin reaches zero when rented compute costs 1.24 times today’s price",
        events=(
            RepricingEvent("Model A list, Mar 2026", 1.25),
            RepricingEvent("H100 rental, Q2 2026", 1.4),
            RepricingEvent("Model B withdrawn", 2.0),
            RepricingEvent("Reasoning tier", 4.0),
        ),
        targets=(RedLine(0.0), RedLine(50.0, "50 % target")),
        break_evens=(BreakEvenMarker(1.24, 0.0, "1.24×"), BreakEvenMarker(1.97, 50.0, "1.97×")),
        second=runway,
        second_red_line=12.0,
        source="Source: price book known on 30 Sep 2025. Band: bound on unresolved spend.",
    )


@cache
def split_chart() -> Chart:
    classes = ("training", "inference", "shared allocated", "shared unresolved", "neither")
    rows = [
        (f"{quarter} {year}", name, amount * (1 + 0.16 * position))
        for position, (year, quarter) in enumerate(
            (year, quarter) for year in (2023, 2024) for quarter in ("Q1", "Q2", "Q3", "Q4")
        )
        for name, amount in zip(classes, (22.0, 8.5, 4.0, 3.2, 2.0), strict=True)
    ]
    return chart_cost_split(
        pd.DataFrame(rows, columns=["period", "cost_class", "amount"]),
        title="Training takes more than half of the compute bill in every quarter",
        unit="USD m a quarter",
        source=SOURCE,
        width_mm=FULL_MM,
    )


@cache
def trajectory_chart() -> Chart:
    past = pd.date_range("2023-01-31", periods=33, freq="ME")
    wobble = (0.0, 0.06, -0.05, 0.02, -0.03, 0.04)
    cost = [12.0 * 0.93**n * (1 + wobble[n % 6]) for n in range(33)]
    future = pd.date_range("2025-10-31", periods=12, freq="ME")
    median = [cost[-1] * 0.94 ** (n + 1) for n in range(12)]
    spread = [1 + 0.10 * (n + 1) ** 0.5 for n in range(12)]
    forecast = pd.DataFrame(
        {
            "date": future,
            "median": median,
            "low80": [m / s for m, s in zip(median, spread, strict=True)],
            "high80": [m * s for m, s in zip(median, spread, strict=True)],
            "low95": [m / s**1.6 for m, s in zip(median, spread, strict=True)],
            "high95": [m * s**1.6 for m, s in zip(median, spread, strict=True)],
        }
    )
    rival = pd.DataFrame({"date": [past[0], future[-1]], "cost": [12.3, 12.3 * 0.928**44]})
    return chart_trajectory(
        pd.DataFrame({"date": past, "cost": cost}),
        forecast,
        title="Unit cost fell by 58 % a year; the forecast does not lean on volume",
        unit="USD per million tokens, log scale",
        rival=rival,
        source=SOURCE,
    )


@cache
def cash_chart() -> Chart:
    months = pd.date_range("2025-10-31", periods=18, freq="ME")
    rows = [(m, "base", 362.0 - 14.5 * n) for n, m in enumerate(months)]
    rows += [(m, "prices doubled", 362.0 - 24.0 * n) for n, m in enumerate(months)]
    return chart_cash(
        pd.DataFrame(rows, columns=["month", "scenario", "cash"]),
        title="Doubled prices bring the covenant forward by nine months",
        unit="USD m",
        minimum_cash=60.0,
        source=SOURCE,
    )


@cache
def margins_chart() -> Chart:
    periods = ("2022", "2023", "2024", "9M 2025")
    series = {
        "company": (-12.0, -24.7, 12.2, 23.3),
        "AI products": (None, None, -7.9, 4.7),
        "open platform": (None, 62.0, 63.3, 69.4),
    }
    rows = [
        (period, name, margin, None, None)
        for name, margins in series.items()
        for period, margin in zip(periods, margins, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["period", "series", "margin", "low", "high"])
    return chart_margins_by_period(
        frame.astype({"margin": float, "low": float, "high": float}).dropna(subset=["margin"]),
        title="The open platform carries the margin; products have only just turned",
        source=SOURCE,
    )


def page_one() -> PageOne:
    return PageOne(
        strip=(
            ("Books to", "30 Sep 2025"),
            ("Prices known on", "30 Sep 2025"),
            ("Currency and unit", "USD m"),
            ("Status", "DRAFT"),
            ("Prepared", "A. Analyst, 14 Oct 2025"),
            ("Reviewed", "not reviewed"),
            ("Run", "2025-09-30-7f3a9c"),
        ),
        deal=(
            ("Round", "Pre-IPO, Series D"),
            ("Instrument and seniority", "Preferred, 1× non-participating, pari passu"),
            ("Cheque", "USD 75.0 m"),
            ("Post-money", "USD 4,200 m"),
            ("Ownership", "1.8 % fully diluted"),
            ("Primary / secondary", "80 % / 20 %"),
            ("EV / ARR", "53.1×"),
            ("EV / economic gross profit", "458× [315–1,270]"),
            ("Net cash after the round", "not computable: needs cash.csv"),
            ("Decision", "21 Nov 2025"),
        ),
        so_what=(
            "At the proposed price the base case returns 1.4× (IRR 9 %), with input prices doubled "
            "0.5×; a 3.0× return needs a post-money of at most USD 1,950 m."
        ),
        verdict=Verdict(
            "fragile",
            "Rule F2: break-even multiple of the largest priced input below 1.5 at a 0 % margin. "
            "Grades cost quality and evidence, not the investment.",
        ),
        rows=(
            PageOneRow(
                "Paid gross margin, %",
                "not computable: needs claims.yaml",
                "23.3",
                "11.6",
                "4.2–16.9",
                "bound",
                "62 % billed, 21 % keyed",
                "below 50",
                "already below; above 0 unless 100 % of the pool serves",
                "bridge",
            ),
            PageOneRow(
                "Fully loaded gross margin, %",
                "not computable: needs claims.yaml",
                "23.3",
                "−9.0",
                "−16.4 to −3.7",
                "bound",
                "62 % billed, 21 % keyed",
                "below 0",
                "already below in every allocation",
                "bridge",
            ),
            PageOneRow(
                "After steady-state training, %",
                "not computable: needs claims.yaml",
                "not computable: needs cadence",
                "−61.5",
                "",
                "",
                "register of 14 runs",
                "below −25",
                "cadence slower than one cycle in 31 months",
                "training",
            ),
            PageOneRow(
                "Serving cost / revenue, %",
                "“about 60”",
                "76.7",
                "88.4",
                "83.1–95.8",
                "bound",
                "invoices, 33 months",
                "above 50",
                "price-exposed 71 % of it; lock ends 31 Mar 2026",
                "split",
            ),
            PageOneRow(
                "Break-even price multiple, GPU-hours rented",
                "not computable: needs claims.yaml",
                "n/a",
                "1.24",
                "1.08–1.39",
                "bound",
                "price book, contract C-11",
                "below 1.5",
                "pass-through of 40 % lifts it to 1.58",
                "stress",
            ),
            PageOneRow(
                "Runway after the round, months, base / prices doubled",
                "24",
                "n/a",
                "20.8 / 12.6",
                "17.0–24.4",
                "80 % interval",
                "bank statements to Sep 2025",
                "below 12",
                "prices above 2.1×",
                "runway",
            ),
            PageOneRow(
                "Return, base / prices doubled, MOIC",
                "5.0",
                "n/a",
                "1.4 / 0.5",
                "0.3–3.1",
                "scenario range",
                "deal terms, exit multiples 2021–2025",
                "below 1.0",
                "post-money above USD 1,950 m for 3.0×",
                "terms",
            ),
        ),
        exhibits=(Exhibit(bridge_chart()), Exhibit(multiple_chart())),
        flags=(
            "USD 41.2 m of API charges booked in R&D serve paying users: 6.5 points of margin.",
            "Credits of USD 33.0 m expire on 31 Mar 2026, inside the runway of both scenarios.",
            "One supplier provides 78 % of rented compute and may reprice on 30 days’ notice.",
        ),
        requests=(
            "Scheduler logs by namespace, 24 months: narrows paid margin by 9.8 points.",
            "Map of billing accounts to products: narrows paid margin by 2.9 points.",
            "Cash-flow statement by month: turns loss cover into runway.",
        ),
        conditions=(
            "Price protection on 60 % of rented hours before closing; monthly cost report to the "
            "board; consent right on commitments above USD 20 m."
        ),
        footer=(
            ("Billed", "62 %"),
            ("Keyed by the company", "21 %"),
            ("Unresolved", "17 %"),
            ("Gap to ledger, 12 months", "USD −0.4 m (−0.1 %)"),
            ("Months of bills held", "33 of 36"),
            ("Superseded documents", "2"),
            ("Open requests", "11"),
        ),
    )


def ladder_table() -> Table:
    return Table(
        columns=(
            Column("Rung"),
            Column("Low, %", "number"),
            Column("Base, %", "number"),
            Column("High, %", "number"),
            Column("Range", "number"),
            Column("Kind"),
            Column("Management, %", "number"),
        ),
        rows=(
            ("Reported", "23.3", "23.3", "23.3", "0.0", "as booked", "23.3"),
            (
                "Paid",
                "4.2",
                "11.6",
                "16.9",
                "45.0–61.7",
                "bound",
                "not computable: needs claims.yaml",
            ),
            ("Fully loaded", "−16.4", "−9.0", "−3.7", "12.7", "bound", "n/a"),
            (
                "After training",
                "−61.5",
                "−61.5",
                "−61.5",
                "0.0",
                "none",
                "not computable: needs claims.yaml",
            ),
            ("Operating", "−512.4", "−512.4", "−512.4", "0.0", "as booked", "−0.4"),
        ),
        caption="Margin ladder, nine months to 30 September 2025",
        source=SOURCE,
        emphasised=frozenset({3}),
    )


def coverage_table() -> Table:
    months = [
        f"{month} 25" for month in ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep")
    ]
    return Table(
        columns=(Column("Supplier"), *(Column(month) for month in months)),
        rows=(
            ("Cloud A", *["have"] * 9),
            ("Cloud B", *["have"] * 6, "keyed", "keyed", "missing"),
            ("Model API C", "keyed", *["have"] * 8),
        ),
        caption="Coverage: bills by supplier and month",
        source=SOURCE,
    )


def unresolved_table(n: int = 34) -> Table:
    return Table(
        columns=(
            Column("Ledger line"),
            Column("Service"),
            Column("Amount, USD m", "number"),
            Column("Share, %", "number"),
            Column("What would resolve it"),
        ),
        rows=tuple(
            (
                f"CLD-{4100 + i} p4d.24xlarge reserved, account 77{i:02d}",
                "compute",
                f"{42.6 / (i + 1):,.2f}",
                f"{17.1 / (i + 1):.1f}",
                "scheduler logs by namespace"
                if i % 3
                else "tag of the reservation, or the invoice’s usage file",
            )
            for i in range(n)
        ),
        caption="Largest unresolved lines",
        source=SOURCE,
    )


def _sections() -> tuple[Section, ...]:
    text = Paragraph(
        "Nine-month revenue was USD 53.4 m and cost of revenue USD 41.0 m as booked. A further "
        "USD 41.2 m of API charges sits in research and development although the usage logs "
        "attribute it to paying users; moving it takes 6.5 points from the margin. The range is a "
        "bound: all or none of the unresolved pool serves paying users."
    )
    terms = KeyValues(
        (
            ("Round", "Pre-IPO, Series D"),
            ("Instrument", "Preferred, 1× non-participating"),
            ("Cheque", "USD 75.0 m"),
            ("Pre-money", "USD 3,800 m"),
            ("Pro rata", "not computable: needs terms.yaml"),
            ("Anti-dilution", "broad-based weighted average, with a carve-out for the option pool"),
        )
    )
    flags = Bullets(
        (
            "Amounts are net of credits; the gross bill is USD 33.0 m higher.",
            "The reserved capacity is idle 24 % of the time, above the house cut-off of 20 %.",
        )
    )
    pair: tuple[Block, ...] = (Columns((Exhibit(margins_chart()),), (Exhibit(cash_chart()),)),)
    return (
        Section("Deal terms", (terms, text), "terms"),
        Section("Margin bridge", (text, ladder_table(), Exhibit(bridge_chart()), flags), "bridge"),
        Section("Cost split and coverage", (Exhibit(split_chart()), coverage_table()), "split"),
        Section("Unit economics", (text, *pair), "units"),
        Section(
            "Cost trajectory",
            (
                Exhibit(trajectory_chart()),
                Note("Backtest: 24 origins, coverage of the 80 % interval 79 %."),
            ),
            "trajectory",
        ),
        Section("Price-floor gap", (text, ladder_table()), "floor"),
        Section(
            "Stress and sensitivity",
            (Heading("Reverse stress"), text, Heading("Simulation"), flags),
            "stress",
        ),
        Section("Suppliers and contracts", (text, flags), "suppliers"),
        Section(
            "Commitments, credits, runway",
            (Columns((Exhibit(cash_chart()),), (text, flags)),),
            "runway",
        ),
        Section("Training programme", (text,), "training"),
        Section("Claims", (text,), "claims"),
        Section(
            "Appendix: unresolved lines",
            (unresolved_table(), Note("Run record: inputs sha256 7f3a9c0d5e…, prices 2025-09-30.")),
            "appendix",
        ),
    )


def sample_memo(company: str = "Sample Model Company (fictional)") -> Memo:
    return Memo(
        company=company,
        as_of=date(2025, 9, 30),
        run_id="2025-09-30-7f3a9c",
        page_one=page_one(),
        sections=_sections(),
        marks=("FICTIONAL COMPANY", "DRAFT"),
    )


def sample_review() -> Review:
    columns = (
        Column("Company"),
        Column("Status"),
        Column("ARR, USD m", "number"),
        Column("Paid GM, %", "number"),
        Column("Fully loaded, %", "number"),
        Column("k* at 0 %", "number"),
        Column("k* at 50 %", "number"),
        Column("Top supplier, %", "number"),
        Column("Runway, base", "number"),
        Column("Doubled", "number"),
        Column("What moved"),
    )
    rows = [
        (
            f"Holding {name}",
            "watch" if i % 3 else "on track",
            f"{12.4 * (i + 1):.1f}",
            f"{61.2 - 4 * i:.1f}",
            f"{48.0 - 6.3 * i:.1f}".replace("-", "−"),
            f"{3.1 - 0.2 * i:.2f}",
            f"{1.7 - 0.1 * i:.2f}",
            f"{40 + 4 * i}",
            f"{26 - i}",
            f"{18 - i}",
            "price −1.2, mix +0.3 points",
        )
        for i, name in enumerate("ABCDEFGHI")
    ]
    failed = ("Holding J", "failed", *["n/a"] * 8, "ledger.csv row 7: amount is 'abc'")
    return Review(
        fund="Example Fund II",
        quarter="2026 Q3",
        as_of=date(2026, 9, 30),
        run_id="2026Q3-11ab",
        heading=(
            ("FX date", "30 Sep 2026"),
            ("Prices known on", "30 Sep 2026"),
            ("Holdings", "10"),
            ("NAV", "USD 412.0 m"),
            ("NAV with data within a quarter", "81 %"),
        ),
        sentences=(
            "Share of NAV with a break-even multiple below 1.5 rose from 22 % to 27 %.",
            "Doubled token prices bring four holdings, 31 % of NAV, under twelve months.",
            "One supplier stands behind 64 % of NAV; its next lock ends in March 2027.",
        ),
        table=Table(columns, (*rows, failed), "Holdings", "Source: quarter-end runs of each deal."),
        panels=(
            Section(
                "NAV at risk by break-even band",
                (
                    Table(
                        (
                            Column("Band"),
                            Column("Base, %", "number"),
                            Column("Doubled, %", "number"),
                        ),
                        (
                            ("below 1", "4.1", "27.0"),
                            ("1 to 1.5", "22.9", "18.4"),
                            ("above 1.5", "73.0", "54.6"),
                        ),
                    ),
                ),
            ),
            Section(
                "Watch list",
                (
                    Bullets(
                        (
                            "Holding C: price of model A up 25 %; renegotiate; partner.",
                            "Holding H: bills missing since June; request sent; analyst.",
                        )
                    ),
                ),
            ),
        ),
        notes=("Value sensitivity is indicative and not a fair value.",),
        footer=(
            ("Restated", "1"),
            ("Failed", "1"),
            ("Unchanged", "2"),
            ("KPI-only", "1"),
            ("Method changes", "none"),
        ),
        marks=("FICTIONAL COMPANIES",),
    )


def sample_screen() -> ScreenCard:
    return ScreenCard(
        company="Sample Application Company (fictional)",
        as_of=date(2026, 9, 30),
        run_id="screen-5d21",
        inputs=(
            ("ARR", "USD 12.0 m"),
            ("Growth", "180 % a year"),
            ("Gross margin", "58 %"),
            ("AI spend", "USD 3.1 m a year"),
            ("Cash", "USD 9.4 m"),
            ("Burn", "USD 0.8 m a month"),
        ),
        reading="Margin reaches 50 % when token prices rise by 62 %; cash lasts 11.8 months.",
        results=Table(
            (
                Column("Result"),
                Column("Base", "number"),
                Column("Range", "number"),
                Column("Kind"),
                Column("Red line"),
            ),
            (
                ("Break-even multiple at 0 %", "3.31", "2.84–3.90", "scenario range", "below 1.5"),
                ("Break-even multiple at 50 %", "1.62", "1.31–1.94", "scenario range", "below 1.5"),
                ("Runway, months", "11.8", "10.2–13.0", "80 % interval", "below 12"),
                (
                    "Fully loaded margin, %",
                    "not computable: needs free-user share",
                    "n/a",
                    "",
                    "below 0",
                ),
            ),
        ),
        questions=(
            "Which share of AI spend serves free users?",
            "When does the provider’s price lock end?",
        ),
        assumptions=Table(
            (Column("Assumption"), Column("Value", "number"), Column("Source")),
            (
                ("Pass-through", "0.0", "house prior, 2026-07-01"),
                ("Price-exposed share of AI spend", "0.85", "house prior, 2026-07-01"),
            ),
        ),
        notes=("Operating-loss cover, not runway: no cash-flow statement was given.",),
    )
