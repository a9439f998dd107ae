"""Named scenarios: what each leaves of margin, profit and cash, and what the worst is made of."""

from __future__ import annotations

from collections.abc import Sequence

from diligence.analysis import DealAnalysis
from diligence.analysis.stress_analysis import Attribution
from diligence.projections.responses import Lever
from diligence.reporting.blocks import Block, Column, Heading, Note, Paragraph, Table
from diligence.reporting.documents import Section
from diligence.reporting.wording import (
    MoneyStyle,
    joined,
    money_style,
    months_cell,
    needs,
    percent_cell,
    sentence,
)
from diligence.stress.scenario_results import Outcome, ScenarioOutcome, ScenarioTable
from diligence.units import format_percent

FLOOR_MONTHS = 12


def scenarios_section(analysis: DealAnalysis) -> Section:
    """Scenario table, worst first, and the attribution of the worst one's loss."""
    future = analysis.future
    if not analysis.inputs:
        missing = needs("exposure in deal.yaml (which inputs are bought or rented)")
        return Section("Scenarios", (Paragraph(sentence(missing)),), key="scenarios")
    style = money_style(analysis)
    blocks: list[Block] = [
        Paragraph(_opening(future.scenarios, analysis.horizon_months)),
        *scenario_table_blocks(future.scenarios, style, horizon_months=analysis.horizon_months),
    ]
    if future.model.levers:
        blocks.append(lever_table(future.model.levers, style))
    if future.model.notes:
        blocks.append(Note(" ".join(sentence(note) for note in dict.fromkeys(future.model.notes))))
    if future.attribution is not None:
        blocks += [Heading("What the worst scenario's loss is made of")]
        blocks += attribution_blocks(future.attribution, style)
    return Section("Scenarios", tuple(blocks), key="scenarios")


def scenario_table_blocks(
    table: ScenarioTable, style: MoneyStyle, *, horizon_months: int
) -> list[Block]:
    """Scenarios that move the company, lowest gross profit first; the others by name."""
    moved, still = _parted(table)
    rows = [
        ("baseline", "", *_cells(table.baseline, style, horizon_months), "", "", ""),
        *(_row(found, style, horizon_months) for found in moved),
    ]
    columns = (
        Column("Scenario"),
        Column("Kind, date"),
        Column("Paid margin, %", "number"),
        Column(f"Gross profit a month, {style.unit}", "number"),
        Column("Runway, months", "number"),
        Column("Scenario range of the margin, %"),
        Column("Held still, %", "number"),
        Column("With levers, %", "number"),
    )
    notes: list[Block] = [
        Note(
            "Paid margin and gross profit of month 12, runway before the round. As the company "
            "answers: contract lags, pass-through, customers who leave, re-routing and own GPUs. "
            "Held still: nothing answers. With levers: planned mitigation counts from its start, "
            "net of its cost. The range is the scenario's own low and high case."
        )
    ]
    if still:
        names = joined(found.scenario.title for found in still)
        notes.append(Note(f"Nothing of this company moves with: {names}."))
    caption = "Scenarios, lowest gross profit first"
    return [Table(columns, tuple(rows), caption=caption, emphasised=frozenset({0})), *notes]


def lever_table(levers: Sequence[Lever], style: MoneyStyle) -> Table:
    """Mitigation the company can still start, beyond what its base has: saving, cost and time."""
    rows = [
        (
            lever.name.replace("_", " "),
            percent_cell(lever.saving),
            percent_cell(lever.reach),
            str(lever.start_month),
            str(lever.start_month + lever.ramp_months - 1),
            percent_cell(lever.success_probability),
            style.cell_of(lever.one_off_cost, 3),
            style.cell_of(lever.monthly_cost, 3),
        )
        for lever in levers
    ]
    columns = (
        Column("Lever"),
        Column("Saves of what it reaches, %", "number"),
        Column("Reaches of inference cost, %", "number"),
        Column("From month", "number"),
        Column("In full by month", "number"),
        Column("Chance of success, %", "number"),
        Column(f"Cost once, {style.unit}", "number"),
        Column(f"Cost a month, {style.unit}", "number"),
    )
    return Table(columns, tuple(rows), caption="Levers beyond what the base already has")


def attribution_blocks(attribution: Attribution, style: MoneyStyle) -> list[Block]:
    """Shapley shares of the loss, which add up to it."""
    loss = attribution.loss
    causes = sorted(loss.causes, key=lambda cause: cause.gross_profit)
    rows = [
        (
            cause.words,
            style.cell_of(cause.gross_profit),
            style.cell_of(cause.operating_result),
            style.cell_of(cause.cash),
        )
        for cause in causes
    ]
    knows_cash = any(cause.cash is not None for cause in causes)
    rows.append(
        (
            "all together",
            style.cell_of(loss.total("gross_profit")),
            style.cell_of(loss.total("operating_result")),
            style.cell_of(loss.total("cash") if knows_cash else None),
        )
    )
    columns = (
        Column("Cause"),
        Column(f"Gross profit of month {loss.month}, {style.unit}", "number"),
        Column(f"Operating result of month {loss.month}, {style.unit}", "number"),
        Column(f"Cash by then, {style.unit}", "number"),
    )
    return [
        Table(
            columns,
            tuple(rows),
            caption=f"{attribution.scenario.title}: change from the baseline by cause",
            emphasised=frozenset({len(rows) - 1}),
        ),
        Note(
            "Shapley shares: each cause at its average over all orders in which the causes could "
            "come, so that they add up exactly. The company's own answers are causes too."
        ),
    ]


def _opening(table: ScenarioTable, horizon_months: int) -> str:
    moved, _ = _parted(table)
    if not moved:
        return "No scenario moves a price, a volume or a cost of this company."
    worst = moved[0]
    below = sum(_is_below(found.stated) for found in moved)
    short = sum(found.stated.months_or_beyond < FLOOR_MONTHS for found in moved)
    text = f"{len(moved)} of {len(table.outcomes)} scenarios move this company"
    if table.baseline.gross_margin is not None:
        text += f"; the paid margin ends below zero in {below}"
    if table.baseline.runway_status != "unknown":
        text += f"; cash lasts under {FLOOR_MONTHS} months in {short}"
    margin = worst.stated.gross_margin
    months = months_cell(worst.stated.runway_months, worst.stated.runway_status, horizon_months)
    left = "no margin" if margin is None else f"paid margin {format_percent(margin)}"
    held = worst.held_still.gross_margin
    still = f" ({format_percent(held)} held still)" if held is not None else ""
    parts = [
        sentence(text),
        sentence(
            f"the worst for gross profit is \u201c{worst.scenario.title}\u201d: {left}{still}"
            + ("" if worst.stated.runway_status == "unknown" else f", runway {_months(months)}")
        ),
    ]
    shrinking = [found.scenario.title for found in moved if found.label]
    if shrinking:
        parts.append(sentence(f"margin or runway improves by shrinking in: {joined(shrinking)}"))
    return " ".join(parts)


def _months(cell: str) -> str:
    return cell if cell in ("unknown", "not burning") else f"{cell} months"


def _is_below(outcome: Outcome) -> bool:
    return outcome.gross_margin is not None and outcome.gross_margin < 0


def _parted(
    table: ScenarioTable,
) -> tuple[tuple[ScenarioOutcome, ...], tuple[ScenarioOutcome, ...]]:
    """Scenarios that move the company, lowest gross profit first, and those that do not."""
    moved = [found for found in table.outcomes if _moves(found, table.baseline)]
    still = [found for found in table.outcomes if not _moves(found, table.baseline)]
    return tuple(sorted(moved, key=lambda found: found.stated.gross_profit)), tuple(still)


def _moves(found: ScenarioOutcome, baseline: Outcome) -> bool:
    ends = (found.stated, found.low or found.stated, found.high or found.stated)
    return any(outcome != baseline for outcome in ends)


def _row(found: ScenarioOutcome, style: MoneyStyle, horizon_months: int) -> tuple[str, ...]:
    scenario = found.scenario
    dated = f" {scenario.dated.strftime('%Y-%m')}" if scenario.dated else ""
    ends = [found.low.gross_margin if found.low else None]
    ends.append(found.high.gross_margin if found.high else None)
    low, high = (percent_cell(end) for end in ends)
    return (
        f"{scenario.title} ({found.label})" if found.label else scenario.title,
        f"{scenario.kind}{dated}",
        *_cells(found.stated, style, horizon_months),
        f"{low} to {high}" if low and high else "",
        percent_cell(found.held_still.gross_margin),
        percent_cell(found.with_levers.gross_margin),
    )


def _cells(outcome: Outcome, style: MoneyStyle, horizon_months: int) -> tuple[str, str, str]:
    return (
        percent_cell(outcome.gross_margin),
        style.cell_of(outcome.gross_profit),
        months_cell(outcome.runway_months, outcome.runway_status, horizon_months),
    )
