"""Runway from cash, every definition shown, contradictions named."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from diligence.analysis import DealAnalysis
from diligence.projections import BurnDefinition, CashDefinition
from diligence.reporting.blocks import Block, Chart, Column, Exhibit, Heading, Paragraph, Table
from diligence.reporting.charts import chart_cash
from diligence.reporting.documents import Section
from diligence.reporting.sections.commitments import commitment_blocks
from diligence.reporting.sections.multiples import charted_input
from diligence.reporting.theme import FULL_MM
from diligence.reporting.wording import MoneyStyle, money_style, needs, sentence
from diligence.units import format_months, format_multiple
from diligence.units.money import SCALES

_STRESSED = 2.0


def cash_section(analysis: DealAnalysis) -> Section:
    """Runway before and after the round, by definition, and cash under a doubled price."""
    blocks: list[Block] = [Paragraph(_opening(analysis))]
    table = analysis.runway
    if table.cash and table.burn:
        blocks += [Heading("Runway by definition"), _grid(analysis)]
    if table.burn:
        blocks.append(_burn_table(analysis))
    if table.base_cash and table.base_burn:
        blocks.append(Exhibit(_chart(analysis, table.base_cash.balance_date)))
    blocks += [Heading("Commitments and credits"), *commitment_blocks(analysis)]
    return Section("Commitments, credits and runway", tuple(blocks), key="cash")


def runway_text(analysis: DealAnalysis) -> str:
    """Runway, or operating-loss cover, or what is missing: one phrase."""
    table = analysis.runway
    if table.base_months is not None:
        return format_months(table.base_months)
    if table.status == "not_burning":
        return "not burning cash"
    if table.operating_loss_cover_months is not None:
        cover = format_months(table.operating_loss_cover_months)
        return f"operating-loss cover {cover} (runway needs {table.needs})"
    return needs(table.needs)


def _opening(analysis: DealAnalysis) -> str:
    table, style = analysis.runway, money_style(analysis)
    text = sentence(f"runway: {runway_text(analysis)}")
    if table.base_cash and table.base_burn:
        text = sentence(
            f"runway before the round is {runway_text(analysis)}: {table.base_cash.name} of "
            f"{style.text(table.base_cash.amount)} at "
            f"{table.base_cash.balance_date.isoformat()} over "
            f"{table.base_burn.name} of {style.text(table.base_burn.monthly)} a month"
        )
    if table.span and table.span[0] != table.span[1]:
        low, high = table.span
        text += f" By definition it lies between {format_months(low)} and {format_months(high)}."
    projected = analysis.baseline.runway_months
    if projected is not None and analysis.register.get("monthly_revenue_growth").value:
        text += f" With volumes growing as stated the projection gives {format_months(projected)}."
    if table.new_money and table.base_months_after_round is not None:
        text += f" With the round's primary money: {format_months(table.base_months_after_round)}."
    objections = [objection_text(burn, style) for burn in table.burn if burn.contradicts]
    return " ".join([text, *(sentence(objection) for objection in objections)])


def objection_text(burn: BurnDefinition, style: MoneyStyle) -> str:
    """Why a statement of burn is not used; empty when nothing contradicts it."""
    if burn.contradicted_by is None or burn.factor_apart is None:
        return ""
    return (
        f"{burn.name} of {style.text(burn.monthly)} is not used: {burn.contradicts} comes to "
        f"{style.text(burn.contradicted_by)}, {format_multiple(burn.factor_apart, 1)} apart"
    )


def _grid(analysis: DealAnalysis) -> Table:
    table, style = analysis.runway, money_style(analysis)
    burns = [burn for burn in table.burn if burn.status != "rejected"]
    columns = (
        Column("Cash"),
        Column("At"),
        Column(style.unit, "number"),
        Column("Grade"),
        Column("Use"),
        *(Column(f"Months: {burn.name}", "number") for burn in burns),
    )
    rows = [
        (
            cash.name,
            cash.balance_date.isoformat(),
            style.cell(cash.amount, 1),
            cash.grade,
            cash.status,
            *(_months(analysis, cash, burn) for burn in burns),
        )
        for cash in table.cash
    ]
    return Table(
        columns, tuple(rows), caption="Months of cash, each definition of cash against each of burn"
    )


def _burn_table(analysis: DealAnalysis) -> Table:
    style = money_style(analysis)
    rows = [
        (
            burn.name,
            style.cell(burn.monthly),
            burn.grade,
            _use(burn, style),
            burn.source,
        )
        for burn in analysis.runway.burn
    ]
    columns = (
        Column("Burn"),
        Column(f"{style.unit} a month", "number"),
        Column("Grade"),
        Column("Use"),
        Column("Source"),
    )
    return Table(columns, tuple(rows), caption="Statements of burn")


def _use(burn: BurnDefinition, style: MoneyStyle) -> str:
    return f"rejected: {objection_text(burn, style)}" if burn.contradicts else burn.status


def _months(analysis: DealAnalysis, cash: CashDefinition, burn: BurnDefinition) -> str:
    months: Decimal | None = analysis.runway.months(cash, burn)
    return "" if months is None else format_months(months).removesuffix(" months")


def _chart(analysis: DealAnalysis, balance_date: date) -> Chart:
    import pandas as pd

    style = money_style(analysis)
    scale = float(SCALES[style.scale])
    start = pd.Timestamp(balance_date)
    projections = [("base", analysis.baseline)]
    priced = charted_input(analysis)
    if priced is not None:
        projections.append(
            (f"{priced.label} doubled", analysis.projected({priced.label: _STRESSED}))
        )
    rows = [
        {
            "month": start + pd.DateOffset(months=result.month),
            "scenario": name,
            "cash": result.cash / scale,
        }
        for name, projection in projections
        for result in projection.months
        if result.cash is not None
    ]
    return chart_cash(
        pd.DataFrame(rows),
        title=f"Cash lasts {runway_text(analysis)} at the run rate",
        unit=style.unit,
        minimum_cash=float(analysis.runway.minimum_cash) / scale
        if analysis.runway.minimum_cash
        else None,
        source=f"{analysis.company}; burn held at its observed size",
        width_mm=FULL_MM,
    )
