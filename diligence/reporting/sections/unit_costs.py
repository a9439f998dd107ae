"""Unit economics; without usage they say what they need."""

from __future__ import annotations

from decimal import Decimal

from diligence.analysis import DealAnalysis
from diligence.reporting.blocks import Column, Paragraph, Table
from diligence.reporting.documents import Section
from diligence.reporting.wording import money_style, needs, sentence
from diligence.units import format_percent


def unit_costs_section(analysis: DealAnalysis) -> Section:
    """Serving cost over revenue, and per customer where customers are known."""
    style, company = money_style(analysis), analysis.ladder.company
    paid = company.rung("paid")
    inference = analysis.split.inference_opex + analysis.split.allocated_inference
    rows = [("Inference opex / revenue, %", _share(inference, company.basis.revenue))]
    if paid.cost_base is not None:
        rows.append(
            ("Paid serving cost / revenue, %", _share(paid.cost_base, company.basis.revenue))
        )
    customers = _customers(analysis)
    if customers and paid.cost_base is not None:
        monthly = paid.cost_base / customers / analysis.period.months
        rows.append((f"Serving cost per customer and month, {style.currency}", f"{monthly:,.2f}"))
    table = Table(
        (Column("Figure"), Column("Value", "number")),
        tuple(rows),
        caption=f"{analysis.period.label}",
    )
    missing = Paragraph(
        sentence(
            "cost per million tokens, per query at median and p95, per feature and by cohort are "
            + needs("usage/ (requests with tokens, feature and plan)")
        )
    )
    return Section("Unit economics", (table, missing), key="units")


def _share(amount: Decimal, revenue: Decimal) -> str:
    if not revenue:
        return needs("revenue")
    return (
        format_percent(amount / revenue).removesuffix(" %") if amount else needs("inference cost")
    )


def _customers(analysis: DealAnalysis) -> Decimal | None:
    inside = [
        line
        for line in analysis.deal.revenue
        if line.customers is not None and analysis.period.contains(line.period)
    ]
    if not inside:
        return None
    last = max(line.period.end for line in inside)
    return sum(
        (line.customers for line in inside if line.period.end == last and line.customers),
        Decimal(0),
    )
