"""Open requests, method, assumptions with sources, and the run record."""

from __future__ import annotations

from decimal import Decimal

from diligence.analysis import DealAnalysis, Request
from diligence.reporting.blocks import Block, Bullets, Column, Heading, KeyValues, Paragraph, Table
from diligence.reporting.documents import Section
from diligence.reporting.run_record import RunRecord
from diligence.reporting.wording import MoneyStyle, money_style, percent_cell

_METHOD = (
    "Bills stand in place of the booked totals they explain, at what was used; timing and what no "
    "bill explains stay as lines of their own, so that the ledger's total is kept.",
    "Every cost line gets one class by the order of evidence: ruling, tag, sibling of the same "
    "project and day, product, meter, account, vendor.",
    "Shared lines are split by a driver that names them, overhead with its supplier's other lines; "
    "inference by payer as names, plans and usage say.",
    "Spend that could serve or train stays a bound through the serving rungs; after training it "
    "has no width, because what is not serving is training.",
    "The break-even multiple k* is [R(1-g) - O - phi(1-g)I] / [I(1 - phi(1-g))], never clipped.",
    "Trajectories: random walk with drift and IMA(1,1) noise, t intervals "
    "(Farmer and Lafond 2016).",
    "Runway is cash over cash burn, never the P&L alone; the bridge from operating loss to burn "
    "is held at its observed size.",
    "Amounts are exact decimals at the source's precision; rounding happens on the page only.",
)


def requests_section(analysis: DealAnalysis) -> Section:
    """Data requests ranked by what they would narrow."""
    style = money_style(analysis)
    rows = [
        (str(rank), request.what, request.why, _points(request), _weight(request, style))
        for rank, request in enumerate(analysis.requests, start=1)
    ]
    columns = (
        Column("Rank"),
        Column("Request"),
        Column("Why"),
        Column("Narrows paid margin by at most, points", "number"),
        Column(f"Money it settles, {style.unit}", "number"),
    )
    table = Table(columns, tuple(rows), caption="Open requests, by the range they would remove")
    return Section("Open requests", (table,), key="requests")


def appendix_section(analysis: DealAnalysis, record: RunRecord) -> Section:
    """Method, assumptions, files and versions."""
    blocks: list[Block] = [
        Heading("Method"),
        Bullets(_METHOD),
        Heading("Assumptions used"),
        assumption_table(analysis),
        Heading("Run record"),
        KeyValues(
            (
                ("Run", record.run_id),
                ("As of", record.as_of),
                ("Prices known on", record.prices_known_on),
                ("Parameters", _pairs(record.parameters)),
                ("Versions", _pairs(record.versions)),
            )
        ),
        _file_table(record),
    ]
    if analysis.deal.set_aside:
        blocks += [Heading("Rows set aside in this draft"), _set_aside_table(analysis)]
    if analysis.deal.notes:
        blocks += [Heading("Notes of the reading"), Bullets(analysis.deal.notes)]
    if analysis.deal.commentary:
        blocks += [
            Heading("The deal team's words"),
            *_commentary(analysis.deal.commentary),
        ]
    return Section("Appendix", tuple(blocks), key="appendix")


def assumption_table(analysis: DealAnalysis) -> Table:
    """Every assumption a result used: value, range, unit, date and source."""
    rows = [
        (
            assumption.name.replace("_", " "),
            _plain(assumption.value),
            f"{_plain(assumption.low)} to {_plain(assumption.high)}"
            if assumption.low is not None
            else "",
            assumption.unit,
            assumption.effective_date.isoformat() if assumption.effective_date else "",
            f"{'deal: ' if assumption.origin == 'deal' else ''}{assumption.source}",
        )
        for assumption in analysis.assumptions
    ]
    columns = (
        Column("Assumption"),
        Column("Value", "number"),
        Column("Range"),
        Column("Unit"),
        Column("Since"),
        Column("Source"),
    )
    return Table(columns, tuple(rows), caption="Assumptions with their birth certificates")


def _weight(request: Request, style: MoneyStyle) -> str:
    return style.cell(request.money) if request.money else ""


def _points(request: Request) -> str:
    return percent_cell(request.points) if request.points else ""


def _file_table(record: RunRecord) -> Table:
    rows = [(file.path, file.status, f"{file.size_bytes:,}", file.sha256) for file in record.files]
    columns = (Column("File"), Column("Status"), Column("Bytes", "number"), Column("SHA-256"))
    return Table(columns, tuple(rows), caption="Files of the deal folder")


def _set_aside_table(analysis: DealAnalysis) -> Table:
    style = money_style(analysis)
    rows = [(str(entry.problem), style.cell(entry.amount)) for entry in analysis.deal.set_aside]
    columns = (Column("Problem"), Column(f"Money, {style.unit}", "number"))
    return Table(columns, tuple(rows), caption="Not read; every figure is widened by this money")


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return "" if value is None else str(value)


def _pairs(values: object) -> str:
    items = dict(values).items()  # type: ignore[call-overload]
    return ", ".join(f"{name} {value}" for name, value in items) or "none"


def _commentary(text: str) -> list[Block]:
    """Headings, bullets and paragraphs of commentary.md; all other marks stay as written."""
    blocks: list[Block] = []
    for part in text.split("\n\n"):
        lines = [line.strip() for line in part.splitlines() if line.strip()]
        if not lines:
            continue
        if lines[0].startswith("#"):
            blocks.append(Heading(lines[0].lstrip("# "), level=3))
            lines = lines[1:]
        if lines and all(line.startswith(("- ", "* ")) for line in lines):
            blocks.append(Bullets(tuple(line[2:] for line in lines)))
        elif lines:
            blocks.append(Paragraph(" ".join(lines)))
    return blocks
