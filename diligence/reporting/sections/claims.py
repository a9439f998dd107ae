"""What management says beside what was computed, and figures that contradict each other."""

from __future__ import annotations

from diligence.analysis import DealAnalysis, FactConflict, StatementCheck
from diligence.inputs.deal import Claim
from diligence.reporting.blocks import Block, Column, Heading, Paragraph, Table
from diligence.reporting.documents import Section
from diligence.reporting.wording import MoneyStyle, money_style, needs, sentence
from diligence.units import format_multiple, format_percent


def claims_section(analysis: DealAnalysis) -> Section:
    """Claims as stated, statement checks, and facts with more than one value."""
    blocks: list[Block] = []
    if analysis.deal.claims:
        blocks.append(_claim_table(analysis))
    else:
        blocks.append(Paragraph(sentence(f"management's claims are {needs('claims.yaml')}")))
    if analysis.checks:
        blocks += [Heading("Do the statements add up"), _check_table(analysis)]
        blocks.append(_spend_table(analysis))
    if analysis.conflicts:
        blocks += [Heading("Figures stated with more than one value")]
        blocks += [Paragraph(conflict_text(analysis, found)) for found in analysis.conflicts]
    return Section("Claims and checks", tuple(blocks), key="claims")


def claim_text(claim: Claim) -> str:
    """Value and unit of a claim as stated."""
    if claim.unit == "percent":
        return format_percent(claim.value)
    return f"{claim.value:,} {claim.unit}"


def conflict_text(analysis: DealAnalysis, found: FactConflict) -> str:
    """Say which values are stated, which one is used, and which one the arithmetic supports."""
    style = money_style(analysis)
    used = style.text(found.used) if found.used is not None else "none"
    others = "; ".join(f"{style.text(f.value)} ({f.source.citation})" for f in found.others)
    text = (
        f"{found.concept.replace('_', ' ')} {found.period.label}: "
        f"used {used}, also stated {others}."
    )
    if found.settled is None:
        return f"{text} No stated ratio settles it."
    implied = "; ".join(
        f"{name}, which implies {style.text(value)}" for name, value in found.implied
    )
    verdict = (
        "the value in use is contradicted"
        if found.is_settled_against_used
        else "the value in use holds"
    )
    return f"{text} {sentence(implied)} {sentence(verdict)}"


def _claim_table(analysis: DealAnalysis) -> Table:
    rows = [
        (
            claim.concept.replace("_", " "),
            claim_text(claim),
            claim.period.label if claim.period else "",
            f"{claim.source} {claim.page}".strip(),
        )
        for claim in analysis.deal.claims
    ]
    columns = (Column("Claim"), Column("Value"), Column("Period"), Column("Source"))
    return Table(columns, tuple(rows), caption="What management says")


def _check_table(analysis: DealAnalysis) -> Table:
    style = money_style(analysis)
    rows = [_check_row(check, style) for check in analysis.checks]
    columns = (
        Column("Check"),
        Column("Period"),
        Column(f"Computed, {style.unit}", "number"),
        Column(f"Stated, {style.unit}", "number"),
        Column(f"Difference, {style.unit}", "number"),
        Column("Verdict"),
        Column("Source"),
    )
    return Table(columns, tuple(rows), caption="Totals computed from lines beside totals as stated")


def _spend_table(analysis: DealAnalysis) -> Table:
    """Spend is not loss: both over revenue, so that nobody takes one for the other."""
    rows = [
        (
            ratio.period.label,
            format_multiple(ratio.spend_to_revenue, 3),
            format_multiple(ratio.loss_to_revenue, 3),
        )
        for ratio in analysis.spend_ratios
    ]
    columns = (
        Column("Period"),
        Column("Spent per unit of revenue", "number"),
        Column("Lost per unit of revenue", "number"),
    )
    return Table(
        columns, tuple(rows), caption="Spend and loss over revenue, from stated total costs"
    )


def _check_row(check: StatementCheck, style: MoneyStyle) -> tuple[str, ...]:
    return (
        check.name,
        check.period.label,
        style.cell(check.computed),
        style.cell(check.stated),
        style.cell(check.difference),
        check.verdict,
        check.citation,
    )
