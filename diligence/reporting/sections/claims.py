"""What management says beside what was computed, and figures that contradict each other."""

from __future__ import annotations

from decimal import Decimal

from diligence.analysis import DealAnalysis, FactConflict, StatementCheck
from diligence.inputs.deal import Claim
from diligence.reporting.blocks import Block, Column, Heading, Paragraph, Table
from diligence.reporting.documents import Section
from diligence.reporting.wording import MoneyStyle, money_style, needs, sentence
from diligence.units import format_multiple, format_percent
from diligence.units.currency import MoneyUnitError, parse_money_unit


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


def claim_text(claim: Claim, style: MoneyStyle) -> str:
    """Value and unit of a claim: money in the memo's unit, percentages, anything else as keyed."""
    return quantity_text(claim.value, claim.unit, style)


def quantity_text(value: Decimal, unit: str, style: MoneyStyle) -> str:
    """Write a keyed figure by what its unit is."""
    if unit.lower() in ("percent", "%"):
        return format_percent(value)
    try:
        parse_money_unit(unit)
    except MoneyUnitError:
        return f"{value:,} {unit}"
    return style.text(value)


def conflict_text(analysis: DealAnalysis, found: FactConflict) -> str:
    """Say which values are stated, which one is used, and which one the arithmetic supports."""
    style = money_style(analysis)

    def text(value: Decimal) -> str:
        return quantity_text(value, found.unit, style)

    used = text(found.used) if found.used is not None else "none"
    others = "; ".join(f"{text(f.value)} ({f.source.citation})" for f in found.others)
    name = found.concept.replace("_", " ")
    stated = f"{name} {found.period.label}: used {used}, also stated {others}."
    if not found.implied:
        return f"{stated} No stated ratio settles it."
    implied = "; ".join(f"{words}, which implies {text(value)}" for words, value in found.implied)
    verdict = "which settles nothing"
    if found.settled is not None:
        is_against = found.is_settled_against_used
        verdict = "the value in use is contradicted" if is_against else "the value in use holds"
    return f"{stated} {sentence(implied)} {sentence(verdict)}"


def _claim_table(analysis: DealAnalysis) -> Table:
    rows = [
        (
            claim.concept.replace("_", " "),
            claim_text(claim, money_style(analysis)),
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
