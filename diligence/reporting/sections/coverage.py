"""Which bills are there, and whether bills, invoices and books agree."""

from __future__ import annotations

from diligence.analysis import DealAnalysis
from diligence.costs import SupplierCheck
from diligence.reporting.blocks import Block, Column, Heading, Paragraph, Table
from diligence.reporting.documents import Section
from diligence.reporting.wording import money_style, needs, percent_cell, sentence
from diligence.units import format_percent

_WORDS = {"have": "have", "keyed": "keyed", "missing": "MISSING", "none booked": "-"}


def coverage_section(analysis: DealAnalysis) -> Section:
    """Supplier by month (have, keyed, missing), and the reconciliation by supplier."""
    blocks: list[Block] = [Paragraph(_opening(analysis))]
    if analysis.coverage.cells:
        blocks.append(_matrix(analysis))
    blocks.append(Heading("Bills against books"))
    if analysis.books.checks:
        blocks += [_reconciliation(analysis), *_gap_words(analysis)]
    else:
        blocks.append(
            Paragraph(sentence(f"the comparison is {needs('bills/ of a booked supplier')}"))
        )
    blocks += [Paragraph(sentence(text)) for text in _left_aside(analysis)]
    if analysis.deal.bills:
        blocks += [Heading("Bills as read"), _bills(analysis)]
    return Section("Coverage and reconciliation", tuple(blocks), key="coverage")


def bills_held(analysis: DealAnalysis) -> str:
    """Months with bills over months that should have them, in words."""
    cells = [cell for cell in analysis.coverage.cells if cell.held != "none booked"]
    if not cells:
        return needs("bills/")
    held = sum(cell.held == "have" for cell in cells)
    return f"{held} of {len(cells)} supplier months"


def _opening(analysis: DealAnalysis) -> str:
    share = analysis.coverage.share_with_bills
    if share is None:
        return sentence(f"coverage by bills is {needs('bills/ and the suppliers they come from')}")
    return sentence(
        f"{format_percent(share, 0)} of what the books show for these suppliers in the last twelve "
        f"months has its bill; {bills_held(analysis)} are held; nothing is extrapolated unless "
        "assumptions.yaml states bill_extrapolation_months"
    )


def _matrix(analysis: DealAnalysis) -> Table:
    found = analysis.coverage
    columns = (Column("Supplier"), *(Column(f"{m.start:%y-%m}") for m in found.months))
    rows = [
        (name, *(_WORDS[found.cell(name, month).held] for month in found.months))
        for name in found.suppliers
    ]
    return Table(
        columns,
        tuple(rows),
        caption="Bills by supplier and month",
        source="have: the bill is there; keyed: its total was keyed by hand; MISSING: cost is "
        "booked or committed and neither is there",
    )


def _reconciliation(analysis: DealAnalysis) -> Table:
    style = money_style(analysis)
    rows = [
        (
            check.supplier,
            style.cell(check.booked),
            style.cell(check.billed),
            style.cell(check.gap),
            percent_cell(check.gap_share),
            style.cell(check.timing),
            "same month" if not check.lag_months else f"{check.lag_months} months later",
            "as invoiced" if check.measure == "billed" else "as consumed",
            style.cell(check.invoice_gap) if check.invoice_gap is not None else "not keyed",
            "MATERIAL" if check.is_material else "within limit",
        )
        for check in analysis.books.checks
    ]
    columns = (
        Column("Supplier"),
        Column(f"Ledger, {style.unit}", "number"),
        Column(f"Bills, {style.unit}", "number"),
        Column("Gap", "number"),
        Column("Gap, %", "number"),
        Column("Timing", "number"),
        Column("Booked"),
        Column("Basis"),
        Column("Lines less invoices", "number"),
        Column("Verdict"),
    )
    return Table(
        columns,
        tuple(rows),
        caption="Ledger against bills, trailing twelve months, after the best lag of 0 to 2 months",
        source="Timing: what bills of the window say beyond those its bookings pay for; no gap.",
    )


def _left_aside(analysis: DealAnalysis) -> list[str]:
    """Bills that no booked line names, and bills that repeat others."""
    texts = [
        f"bills of {supplier} are held, but no line of the books names that supplier: name it as "
        "the vendor in the ledger"
        for supplier in analysis.books.not_in_books
    ]
    return texts + [repeat.summary().rstrip(".") for repeat in analysis.books.repeated]


def _gap_words(analysis: DealAnalysis) -> list[Block]:
    return [Paragraph(gap_sentence(analysis, check)) for check in analysis.books.material_gaps]


def gap_sentence(analysis: DealAnalysis, check: SupplierCheck) -> str:
    """One sentence on a material gap."""
    style = money_style(analysis)
    return sentence(
        f"{check.supplier}: ledger and bills differ by {style.text(abs(check.gap))} over twelve "
        f"months, above the limit of {style.text(check.limit)}"
    )


def _bills(analysis: DealAnalysis) -> Table:
    rows = [
        (
            bill.name,
            f"{bill.format_title} ({bill.how})",
            f"{bill.n_rows:,}",
            f"{bill.first_day.isoformat()} to {bill.last_day.isoformat()}",
            bill.currency,
            f"{bill.total():,.2f}",
            f"{bill.total('effective'):,.2f}",
        )
        for bill in analysis.deal.bills
    ]
    columns = (
        Column("File"),
        Column("Format"),
        Column("Rows", "number"),
        Column("Days"),
        Column("Currency"),
        Column("Billed", "number"),
        Column("Consumed", "number"),
    )
    return Table(columns, tuple(rows), caption="Bills as read, in their own currency")
