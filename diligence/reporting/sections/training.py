"""The training programme: runs, outcomes, and what replacement costs."""

from __future__ import annotations

from decimal import Decimal

from diligence.analysis import DealAnalysis
from diligence.costs.depreciation import LifeSensitivity
from diligence.reporting.blocks import Block, Column, Paragraph, Table
from diligence.reporting.documents import Section
from diligence.reporting.wording import money_style, needs, percent_cell, ratio_cell, sentence
from diligence.units import format_percent


def training_section(analysis: DealAnalysis) -> Section:
    """Cash training, its ratio to inference and revenue, and the run register."""
    blocks: list[Block] = [Paragraph(_opening(analysis))]
    if analysis.deal.training_runs:
        blocks.append(_run_table(analysis))
    else:
        blocks.append(
            Paragraph(
                sentence(
                    f"amortised training is {needs('training_runs.csv with earlier vintages')}"
                )
            )
        )
    if analysis.gpu_lives is not None:
        blocks.append(_life_table(analysis, analysis.gpu_lives))
    return Section("Training programme and reinvestment", tuple(blocks), key="training")


def _life_table(analysis: DealAnalysis, lives: LifeSensitivity) -> Table:
    style = money_style(analysis)
    rows = [("as booked", style.cell(lives.booked_charge), "")] + [
        (
            f"{effect.life_years} years",
            style.cell(effect.charge),
            percent_cell(effect.margin_effect),
        )
        for effect in lives.effects
    ]
    columns = (
        Column("Useful life of owned accelerators"),
        Column(f"Charge, {style.unit}", "number"),
        Column("Effect on paid margin, points", "number"),
    )
    return Table(
        columns,
        tuple(rows),
        caption=f"Depreciation at other lives, {lives.period.label}",
        source="Straight line; only the part that serves moves the margin. Cash goes at purchase.",
    )


def _opening(analysis: DealAnalysis) -> str:
    split, style = analysis.split, money_style(analysis)
    training = split.training_capex + split.allocated_training
    if not training:
        return sentence(f"cash training is {needs('training cost in the ledger')}")
    revenue = analysis.ladder.company.basis.revenue
    intensity = f", {format_percent(training / revenue, 0)} of revenue" if revenue else ""
    ratio = ratio_cell(split.training_to_inference) or needs("inference cost")
    return sentence(
        f"cash training in {split.period.label} is {style.text(training)}{intensity}; training to "
        f"inference {ratio}; steady-state replacement is {_replacement(analysis)}"
    )


def _replacement(analysis: DealAnalysis) -> str:
    basis, style = analysis.ladder.company.basis, money_style(analysis)
    if basis.replacement_training is not None:
        return f"cadence times cost per cycle, {style.text(basis.replacement_training)}"
    return "the period's cash training, as no cadence is stated"


def _run_table(analysis: DealAnalysis) -> Table:
    style = money_style(analysis)
    runs = sorted(analysis.deal.training_runs, key=lambda run: (run.start, run.name))
    rows = [
        (
            run.name,
            run.purpose.replace("_", " "),
            f"{run.start.isoformat()} to {run.end.isoformat()}",
            run.outcome,
            run.release_date.isoformat() if run.release_date else "",
            f"{run.gpu_hours:,.0f}" if run.gpu_hours is not None else "",
            style.cell(run.cost),
        )
        for run in runs
    ]
    total = ("total", "", "", "", "", "", style.cell(sum((r.cost for r in runs), Decimal(0))))
    columns = (
        Column("Run"),
        Column("Purpose"),
        Column("From, to"),
        Column("Outcome"),
        Column("Released"),
        Column("GPU-hours", "number"),
        Column(f"Cost, {style.unit}", "number"),
    )
    return Table(
        columns, (*rows, total), caption="Training-run register", emphasised=frozenset({len(rows)})
    )
