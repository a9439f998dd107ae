"""Unit economics: cost per token, query, user and task, who loses money, and what scale does."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from diligence.analysis import DealAnalysis
from diligence.projections import RedLine, UnitCosts, UsageScale, UserEconomics
from diligence.projections.query_costs import QueryCost
from diligence.reporting.blocks import (
    Block,
    Bullets,
    Chart,
    Column,
    Exhibit,
    Heading,
    Paragraph,
    Table,
)
from diligence.reporting.charts import chart_cohorts, chart_query_costs
from diligence.reporting.documents import Section
from diligence.reporting.wording import money_style, needs, percent_cell, sentence
from diligence.units import format_multiple, format_percent

_DIMENSIONS = ("feature", "plan", "payer", "cohort")
_KIND_WORDS = {
    "input": "input tokens",
    "cached_input": "cached input tokens",
    "cache_write": "cache writes",
    "output": "output tokens, reasoning included",
}
_SHOWN = 12
_FEWEST_COHORT_MONTHS = 3


def unit_costs_section(analysis: DealAnalysis) -> Section:
    """What serving costs by unit, feature, plan, payer and cohort; what is missing says so."""
    units = analysis.units
    blocks: list[Block] = [_headline_table(analysis)]
    if units.costs is None:
        missing = needs(units.needs)
        blocks.append(Paragraph(sentence(f"cost per token, query and user is {missing}")))
    else:
        blocks += _of_costs(analysis, units.costs)
    if units.users is not None:
        blocks += _of_users(analysis, units.users)
    if units.scale is not None:
        blocks += [Heading("Usage at 10x and 100x"), _scale_table(analysis, units.scale)]
    blocks += [Heading("Red lines"), red_line_table(analysis)]
    return Section("Unit economics", tuple(blocks), key="units")


def red_line_table(analysis: DealAnalysis) -> Table:
    """Every red line with its value; what is not known is not passed."""
    rows = [
        (
            _about(line),
            _value(line),
            f"{line.comparison} {_threshold(line)}",
            _verdict(line),
            line.source,
        )
        for line in analysis.units.red_lines.lines
    ]
    columns = (
        Column("Red line"),
        Column("Value", "number"),
        Column("Crossed when"),
        Column("Verdict"),
        Column("Threshold from"),
    )
    return Table(columns, tuple(rows), caption="Red lines of the archetype, the firm's own on top")


def _headline_table(analysis: DealAnalysis) -> Table:
    company = analysis.ladder.company
    paid = company.rung("paid")
    inference = analysis.split.inference_opex + analysis.split.allocated_inference
    rows = [("Inference opex / revenue, %", _share(inference, company.basis.revenue))]
    if paid.cost_base is not None:
        rows.append(
            ("Paid serving cost / revenue, %", _share(paid.cost_base, company.basis.revenue))
        )
    if inference and company.basis.revenue > 0:
        rows.append(
            ("Revenue / inference cost", format_multiple(company.basis.revenue / inference, 1))
        )
    customers = _customers(analysis)
    if customers and paid.cost_base is not None:
        monthly = paid.cost_base / customers / analysis.period.months
        label = f"Serving cost per customer and month, {money_style(analysis).currency}"
        rows.append((label, f"{monthly:,.2f}"))
    return Table(
        (Column("Figure"), Column("Value", "number")),
        tuple(rows),
        caption=f"{analysis.period.label}",
    )


def _of_costs(analysis: DealAnalysis, costs: UnitCosts) -> list[Block]:
    blocks: list[Block] = [Paragraph(_opening(analysis, costs)), _token_table(costs)]
    chart = _query_chart(costs)
    if chart is not None:
        blocks.append(Exhibit(chart))
    blocks += [_query_table(costs), *_task_block(costs), *_conversion_block(analysis)]
    if costs.notes:
        blocks.append(Bullets(costs.notes))
    return blocks


def _opening(analysis: DealAnalysis, costs: UnitCosts) -> str:
    style = money_style(analysis)
    parts = [
        f"serving of {style.text(costs.serving_cost)} in {costs.period.label} is spread over the "
        "usage of the same months, so that volume times unit cost is the serving cost"
    ]
    if costs.per_mtok is not None:
        parts.append(f"a million tokens cost {style.currency} {costs.per_mtok:,.2f}")
    if costs.query.median is not None and costs.query.p95 is not None:
        parts.append(
            f"a query costs {style.currency} {costs.query.median:,.4f} at the median and "
            f"{costs.query.p95:,.4f} at the 95th percentile"
        )
    if costs.recurring_tuning:
        parts.append(f"recurring fine-tuning of {style.text(costs.recurring_tuning)} stands apart")
    return sentence("; ".join(parts))


def _token_table(costs: UnitCosts) -> Table:
    rows = [
        (
            _KIND_WORDS.get(item.kind.removesuffix("_tokens"), item.kind.replace("_", " ")),
            f"{item.count:,}",
            f"{item.cost:,.2f}",
            "" if item.per_million is None else f"{item.per_million:,.3f}",
        )
        for item in costs.kinds
        if item.count
    ]
    columns = (
        Column("What"),
        Column("Count", "number"),
        Column(f"Cost, {costs.currency}", "number"),
        Column(f"{costs.currency} per million", "number"),
    )
    return Table(columns, tuple(rows), caption=f"Serving cost by kind, {costs.period.label}")


def _query_table(costs: UnitCosts) -> Table:
    items = [costs.query] + [item for name in _DIMENSIONS for item in costs.by(name)[:_SHOWN]]
    rows = [
        (
            "all queries" if item.dimension == "all" else f"{item.dimension}: {item.name or '-'}",
            f"{item.cost:,.0f}",
            "" if item.queries is None else f"{item.queries:,}",
            "" if item.mean is None else f"{item.mean:,.4f}",
            _quantile(item.median, item),
            _quantile(item.p95, item),
            "" if item.tail is None else format_multiple(item.tail, 1),
        )
        for item in items
    ]
    columns = (
        Column("Queries"),
        Column(f"Cost, {costs.currency}", "number"),
        Column("Queries", "number"),
        Column("Mean", "number"),
        Column("Median", "number"),
        Column("95th percentile", "number"),
        Column("Tail", "number"),
    )
    return Table(
        columns,
        tuple(rows),
        caption=f"Cost per query, all-in, {costs.currency}",
        source="All-in: input, cached, output and reasoning tokens, retrieval, tools, guardrails, "
        "retries. Median for pricing, 95th percentile for the tail.",
    )


def _quantile(value: float | None, item: QueryCost) -> str:
    return f"{value:,.4f}" if value is not None else ("not known" if item.needs else "")


def _task_block(costs: UnitCosts) -> list[Block]:
    return [Paragraph(sentence(costs.tasks.summary().rstrip(".")))] if costs.tasks else []


def _conversion_block(analysis: DealAnalysis) -> list[Block]:
    units = analysis.units
    if units.conversion is not None:
        return [Paragraph(sentence(units.conversion.summary()))]
    text = f"free-tier cost per conversion is {needs(units.conversion_needs)}"
    return [Paragraph(sentence(text))] if units.conversion_needs else []


def _of_users(analysis: DealAnalysis, users: UserEconomics) -> list[Block]:
    if users.needs:
        text = f"users below zero contribution: {needs(users.needs)}"
        return [Heading("Users"), Paragraph(sentence(text))]
    blocks: list[Block] = [Heading("Users"), Paragraph(sentence(users.summary().splitlines()[0]))]
    rows = [
        (
            f"decile {group.name}",
            f"{group.members:,}",
            f"{group.revenue:,.0f}",
            f"{group.cost:,.0f}",
            f"{group.contribution:,.0f}",
            percent_cell(group.share_below_zero),
        )
        for group in users.deciles
    ]
    columns = (
        Column("By cost of serving"),
        Column("Users", "number"),
        Column("Revenue", "number"),
        Column("Serving", "number"),
        Column("Contribution", "number"),
        Column("Below zero, %", "number"),
    )
    if rows:
        table = Table(columns, tuple(rows), caption=f"Paying users seen, {users.currency}")
        blocks.append(table)
    points = Counter(point.cohort for point in users.curve)
    if max(points.values(), default=0) >= _FEWEST_COHORT_MONTHS:
        frame = users.curve_frame()
        title = "Contribution of a user by months since signing up"
        source = f"{analysis.company}, users seen in usage"
        chart = chart_cohorts(frame, title=title, unit=users.currency, source=source)
        blocks.append(Exhibit(chart))
    return blocks


def _query_chart(costs: UnitCosts) -> Chart | None:
    import pandas as pd

    shown = [item for item in costs.by("feature") if item.median and item.p95][:_SHOWN]
    if not shown:
        return None
    frame = pd.DataFrame(
        [{"feature": i.name or "not stated", "median": i.median, "p95": i.p95} for i in shown]
    )
    widest = max(shown, key=lambda item: item.tail or 0)
    title = (
        f"{widest.name or 'Queries'}: the dearest twentieth costs "
        f"{format_multiple(widest.tail or 0, 0)} of the median query"
    )
    return chart_query_costs(frame, title=title, unit=f"{costs.currency} a query")


def _scale_table(analysis: DealAnalysis, scale: UsageScale) -> Table:
    style = money_style(analysis)
    rows = [
        (
            plan.name,
            format_multiple(plan.multiple, 0),
            style.cell(plan.cost),
            style.cell(plan.revenue),
            _margin(plan.margin),
            _margin(plan.margin_flat),
            _margin(plan.margin_usage),
        )
        for plan in scale.plans
    ]
    columns = (
        Column("Plan"),
        Column("Usage", "number"),
        Column(f"Serving, {style.unit}", "number"),
        Column(f"Revenue, {style.unit}", "number"),
        Column("Margin as priced, %", "number"),
        Column("If all flat, %", "number"),
        Column("If all by usage, %", "number"),
    )
    return Table(
        columns,
        tuple(rows),
        caption="Same customers, more usage",
        source=" ".join(sentence(note) for note in scale.notes),
    )


def _margin(value: Decimal | None) -> str:
    return "not known" if value is None else percent_cell(value)


def _about(line: RedLine) -> str:
    return f"{line.text}: {line.subject}" if line.subject else line.text


def _value(line: RedLine) -> str:
    if line.value is None:
        return "not known"
    return format_percent(line.value) if line.unit == "share" else f"{line.value:,.1f}"


def _threshold(line: RedLine) -> str:
    return format_percent(line.threshold, 0) if line.unit == "share" else f"{line.threshold:f}"


def _verdict(line: RedLine) -> str:
    if line.crossed is None:
        return f"not known: needs {line.needs}"
    return "CROSSED" if line.crossed else "held"


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
