"""What the spend is, who it served, how sure we are, and what is still open."""

from __future__ import annotations

from decimal import Decimal

from diligence.analysis import DealAnalysis, OpenLine
from diligence.analysis.deal_analysis import PeriodResult
from diligence.costs import CostSplit, account_totals
from diligence.reporting.blocks import Block, Chart, Column, Exhibit, Heading, Paragraph, Table
from diligence.reporting.charts import chart_cost_split
from diligence.reporting.documents import Section
from diligence.reporting.theme import FULL_MM
from diligence.reporting.wording import (
    money_style,
    needs,
    percent_cell,
    ratio_cell,
    sentence,
)
from diligence.units import format_percent
from diligence.units.money import SCALES

UNRESOLVED_SHOWN = 20
LINES_SHOWN = 30
FEWEST_BARS = 4
_CLASS_WORDS = {
    "training_capex": "training capex",
    "inference_opex": "inference opex",
    "shared": "shared",
    "neither": "neither",
}
_PAYERS = ("paid", "promo", "free", "internal", "")


def split_section(analysis: DealAnalysis) -> Section:
    """Class by payer, the ratio of training to inference, evidence, and the open lines."""
    split = analysis.split
    blocks: list[Block] = [
        Paragraph(_opening(analysis)),
        _class_table(analysis),
        *([Exhibit(split_chart(analysis))] if len(analysis.history) > 1 else []),
        Heading("Lines"),
        _line_table(analysis),
        Heading("How sure"),
        _evidence_table(split),
    ]
    if split.unresolved_lines:
        blocks += [Heading("Open lines, by money"), unresolved_table(analysis)]
    return Section("Cost split", tuple(blocks), key="split")


def split_chart(analysis: DealAnalysis) -> Chart:
    """Stacked classes over the periods of the books."""
    import pandas as pd

    style = money_style(analysis)
    rows = [
        {
            "period": result.period.label,
            "cost_class": name,
            "amount": float(amount / SCALES[style.scale]),
        }
        for result in _alike_periods(analysis)
        for name, amount in _class_amounts(result.split)
    ]
    return chart_cost_split(
        pd.DataFrame(rows),
        title=_chart_title(analysis),
        unit=style.unit,
        unresolved="shared, unresolved",
        source=f"{analysis.company}, ledger by class",
        width_mm=FULL_MM,
    )


def _alike_periods(analysis: DealAnalysis) -> list[PeriodResult]:
    """Periods of one length, so that bars compare: quarters where there are four, else years."""
    for months in (3, 6, 12):
        alike = [result for result in analysis.history if result.period.months == months]
        if len(alike) >= FEWEST_BARS:
            return alike
    return list(analysis.history)


def unresolved_table(analysis: DealAnalysis) -> Table:
    """The largest open lines with what would settle them."""
    style = money_style(analysis)
    rows = [
        (
            line.name,
            style.cell(line.amount),
            percent_cell(abs(line.amount) / analysis.split.total),
            " or ".join(_possible(line)),
            line.first.item.ask,
        )
        for line in analysis.open_lines[:UNRESOLVED_SHOWN]
    ]
    columns = (
        Column("Line"),
        Column(f"{style.unit}", "number"),
        Column("Share of cost, %", "number"),
        Column("Could be"),
        Column("What would settle it"),
    )
    return Table(columns, tuple(rows), caption=f"Open lines, {analysis.period.label}")


def _possible(line: OpenLine) -> list[str]:
    item = line.first.item
    classes = dict.fromkeys((item.cost_class, *item.alternatives))
    return [_CLASS_WORDS[name] for name in classes if name != "shared"] or ["shared"]


def _opening(analysis: DealAnalysis) -> str:
    split, style = analysis.split, money_style(analysis)
    ratio = ratio_cell(split.training_to_inference)
    known = sentence(
        f"operating cost of {style.text(split.total)} in {split.period.label} "
        "adds up to the ledger: "
        f"training capex {style.text(split.training_capex + split.allocated_training)}, "
        f"inference opex {style.text(split.inference_opex + split.allocated_inference)}, "
        f"shared and unresolved {style.text(split.unresolved)}, "
        f"neither {style.text(split.neither)}"
    )
    if not ratio:
        return f"{known} Training to inference is {needs(_ratio_needs(split))}."
    return f"{known} Training to inference stands at {ratio}; the range moves every open line."


def _ratio_needs(split: CostSplit) -> str:
    accounts = dict.fromkeys(line.line.account for line in split.lines if line.unresolved)
    return f"the nature of {' and '.join(accounts)}" if accounts else "training and inference cost"


def _class_table(analysis: DealAnalysis) -> Table:
    style, split = money_style(analysis), analysis.split
    present = [p for p in _PAYERS if any(line.item.payer == p for line in split.lines)]
    columns = (
        Column("Class"),
        *(Column(f"{payer or 'no payer'}, {style.unit}", "number") for payer in present),
        Column(f"Total, {style.unit}", "number"),
        Column("Share, %", "number"),
    )
    rows = [
        (
            name,
            *(style.cell(_amount(split, part, payer)) for payer in present),
            style.cell(_amount(split, part)),
            percent_cell(_amount(split, part) / split.total if split.total else None),
        )
        for name, part in (
            ("training capex", "training"),
            ("inference opex", "inference"),
            ("shared, unresolved", "unresolved"),
            ("neither", "neither"),
        )
    ]
    total = (
        "total = ledger",
        *(style.cell(_payer_total(split, payer)) for payer in present),
        style.cell(split.total),
        percent_cell(Decimal(1)),
    )
    return Table(
        columns,
        (*rows, total),
        caption=f"Operating cost by class and payer, {split.period.label}",
        source="Shared lines that a driver of the deal splits stand under training and inference.",
        emphasised=frozenset({len(rows)}),
    )


def _line_table(analysis: DealAnalysis) -> Table:
    style = money_style(analysis)
    totals = account_totals(analysis.split.lines)
    rows: list[tuple[str, ...]] = [
        (
            total.name,
            style.cell(total.amount),
            _CLASS_WORDS[total.item.cost_class],
            total.item.basis,
            total.item.line.source.grade,
            total.item.line.derivation,
            total.citation,
        )
        for total in totals[:LINES_SHOWN]
    ]
    others = totals[LINES_SHOWN:]
    if others:
        rest = style.cell(sum((total.amount for total in others), Decimal(0)))
        rows.append((f"{len(others)} smaller lines", rest, "", "", "", "", "memo.xlsx"))
    columns = (
        Column("Line"),
        Column(style.unit, "number"),
        Column("Class"),
        Column("Basis"),
        Column("Grade"),
        Column("As reported or derived"),
        Column("Source"),
    )
    return Table(columns, tuple(rows), caption="Lines by money")


def _evidence_table(split: CostSplit) -> Table:
    rows = [
        ("Grade", grade, percent_cell(share))
        for grade, share in split.spend_by_grade.items()
        if share
    ] + [("Basis", basis, percent_cell(share)) for basis, share in split.spend_by_basis.items()]
    columns = (Column("What"), Column("Value"), Column("Share of spend, %", "number"))
    return Table(
        columns,
        tuple(rows),
        caption="Spend by evidence grade and by basis of classification",
        source="A invoice or export, B ledger or filed statement, C management or leak, "
        "D estimate, E prior",
    )


def _class_amounts(split: CostSplit) -> tuple[tuple[str, Decimal], ...]:
    return (
        ("training capex", split.training_capex + split.allocated_training),
        ("inference opex", split.inference_opex + split.allocated_inference),
        ("neither", split.neither),
        ("shared, unresolved", split.unresolved),
    )


def _chart_title(analysis: DealAnalysis) -> str:
    split = analysis.split
    inference = split.inference_opex + split.allocated_inference
    return (
        f"Inference is {format_percent(inference / split.total, 0)} of operating cost in "
        f"{split.period.label}, {format_percent(split.unresolved / split.total, 0)} is unresolved"
        if split.total
        else "Operating cost by class"
    )


def _amount(split: CostSplit, part: str, payer: str | None = None) -> Decimal:
    return sum(
        (getattr(line, part) for line in split.lines if payer is None or line.item.payer == payer),
        Decimal(0),
    )


def _payer_total(split: CostSplit, payer: str) -> Decimal:
    return sum((line.line.amount for line in split.lines if line.item.payer == payer), Decimal(0))
