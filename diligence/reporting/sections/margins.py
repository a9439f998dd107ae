"""The bridge from the reported margin to the margin after training, and its history."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from diligence.analysis import DealAnalysis
from diligence.assumptions import ExchangeRates
from diligence.costs import MarginLadder, ScopeLadder
from diligence.costs.ladder import RUNG_TITLES, RUNGS, SERVING_RUNGS, RungName
from diligence.errors import UnitError
from diligence.reporting.blocks import (
    Block,
    Chart,
    Column,
    Exhibit,
    Heading,
    Note,
    Paragraph,
    Table,
)
from diligence.reporting.charts import chart_margin_bridge, chart_margins_by_period
from diligence.reporting.documents import Section
from diligence.reporting.theme import FULL_MM, HALF_MM
from diligence.reporting.wording import (
    MoneyStyle,
    money_style,
    needs,
    percent_cell,
    rung_cell,
    rung_interval,
    rung_sentence,
    sentence,
)
from diligence.units import format_percent

if TYPE_CHECKING:
    import pandas as pd

_HALF = Decimal("0.5")
_CHARTED: tuple[RungName, ...] = ("reported", "paid", "fully_loaded", "after_training")


def bridge_section(analysis: DealAnalysis) -> Section:
    """Reported to paid to fully loaded to after training, for the company and its segments."""
    ladder = analysis.ladder
    blocks: list[Block] = [
        Paragraph(_opening(analysis)),
        _step_table(analysis),
    ]
    if ladder.segments:
        blocks += [Heading("By segment"), _segment_table(ladder), Note(_segment_note(ladder))]
    if len(analysis.scenarios) > 1:
        blocks += [Heading("Where serving cost may be booked elsewhere"), _scenario_table(analysis)]
    if analysis.amortised:
        blocks += [Heading("Amortised training, shown beside"), _amortised_table(analysis)]
    return Section("Bridge from reported to economic margin", tuple(blocks), key="bridge")


def history_section(analysis: DealAnalysis) -> Section:
    """Every period of the books on every rung that it supports."""
    shown = shown_history(analysis)
    rows = tuple(
        (
            ladder.period,
            money_style(analysis).cell(ladder.company.basis.revenue),
            *(rung_cell(ladder.rung(rung)) for rung in RUNGS),
            "; ".join(derivations(analysis, ladder.period)),
        )
        for ladder in shown
    )
    columns = (
        Column("Period"),
        Column(f"Revenue, {money_style(analysis).unit}", "number"),
        *(Column(f"{RUNG_TITLES[rung]}, %", "number") for rung in RUNGS),
        Column("Derived"),
    )
    table = Table(columns, rows, caption="Margins by period", source=_books_source(analysis))
    blocks: list[Block] = [table]
    if analysis.deal.terms.also_show:
        blocks.append(_converted_table(analysis))
    if len(shown) > 1:
        blocks.append(Exhibit(history_chart(analysis, width_mm=FULL_MM)))
    return Section("Margins by period", tuple(blocks), key="history")


def _converted_table(analysis: DealAnalysis) -> Table:
    """Revenue and reported gross profit in the second currency, each period at its own rate."""
    terms, rates = analysis.deal.terms, ExchangeRates.load()
    style = MoneyStyle(terms.also_show, terms.display_scale)
    rows = []
    for ladder, period in (
        (r.ladder, r.period) for r in analysis.history if r.ladder in shown_history(analysis)
    ):
        revenue = ladder.company.basis.revenue
        profit = revenue - ladder.company.basis.reported_cost
        try:
            shown, rate = rates.convert_flow(
                revenue, terms.reporting_currency, terms.also_show, period
            )
            gained, _ = rates.convert_flow(
                profit, terms.reporting_currency, terms.also_show, period
            )
        except UnitError as error:
            rows.append((ladder.period, "", "", needs(f"a dated rate: {error.message}")))
            continue
        rows.append((ladder.period, style.cell(shown), style.cell(gained), rate))
    columns = (
        Column("Period"),
        Column(f"Revenue, {style.unit}", "number"),
        Column(f"Reported gross profit, {style.unit}", "number"),
        Column("Rate, date and source"),
    )
    return Table(columns, tuple(rows), caption=f"The same in {style.currency}")


def bridge_chart(analysis: DealAnalysis, *, width_mm: float = HALF_MM) -> Chart | None:
    """Waterfall of the company's rungs and steps; None when no rung is computable."""
    ladder = analysis.ladder
    if all(ladder.rung(name).base is None for name in _CHARTED):
        return None
    return chart_margin_bridge(
        bridge_frame(ladder.company),
        title=_bridge_title(ladder.company),
        source=f"{analysis.company}, {ladder.period}; hatched: bound, whisker: scenario range",
        width_mm=width_mm,
    )


def history_chart(analysis: DealAnalysis, *, width_mm: float = HALF_MM) -> Chart:
    """Reported margin of the company and its segments over the periods."""
    import pandas as pd

    rows = [
        {
            "period": ladder.period,
            "series": scope.segment or "company",
            "margin": float(rung.base) * 100,
            "low": float("nan"),
            "high": float("nan"),
        }
        for ladder in shown_history(analysis)
        for scope in ladder.scopes
        for rung in [scope.rung("reported")]
        if rung.base is not None and not scope.segment.startswith("(")
    ]
    return chart_margins_by_period(
        pd.DataFrame(rows, columns=["period", "series", "margin", "low", "high"]),
        title=_history_title(analysis),
        source=f"{analysis.company}, reported gross margin",
        width_mm=width_mm,
    )


def bridge_frame(scope: ScopeLadder) -> pd.DataFrame:
    """Frame of the waterfall in per cent of revenue, rungs that are not computable left out."""
    import pandas as pd

    revenue = scope.basis.revenue
    rows: list[dict[str, object]] = []
    for rung_name in _CHARTED:
        rung = scope.rung(rung_name)
        if rung.base is None or rung.low is None or rung.high is None:
            continue
        if rows:
            rows += _step_rows(scope, rung_name, revenue)
        rows.append(
            {
                "step": RUNG_TITLES[rung_name],
                "kind": "rung",
                "start": 0.0,
                "end": _percent(rung.base),
                "low": _percent(rung.low),
                "high": _percent(rung.high),
                "range_kind": rung.kind,
            }
        )
    return pd.DataFrame(rows)


def shown_history(analysis: DealAnalysis) -> tuple[MarginLadder, ...]:
    """Ladders worth a row: all of them, or quarters and longer where the books are monthly."""
    ladders = [result.ladder for result in analysis.history if result.period.months > 1]
    return tuple(ladders or [result.ladder for result in analysis.history])


def derivations(analysis: DealAnalysis, period: str) -> list[str]:
    """How figures of a period were derived, when they were not reported."""
    result = next(r for r in analysis.history if r.ladder.period == period)
    revenue = [line for line in analysis.deal.revenue if line.period == result.period]
    texts = [line.line.derivation for line in result.split.lines] + [r.derivation for r in revenue]
    kept = [text for text in texts if " minus " in text]
    return list(dict.fromkeys(kept))


def _step_rows(
    scope: ScopeLadder, rung_name: RungName, revenue: Decimal
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    steps = [step for step in scope.steps if step.below == rung_name]
    level = scope.rung(steps[0].above).base if steps else None
    for step in steps:
        if level is None:
            return []
        after = level - step.amount / revenue
        rows.append(
            {
                "step": step.label,
                "kind": "step",
                "start": _percent(level),
                "end": _percent(after),
                "low": float("nan"),
                "high": float("nan"),
                "range_kind": "point",
            }
        )
        level = after
    return rows


def _opening(analysis: DealAnalysis) -> str:
    company = analysis.ladder.company
    flips = [
        f"{RUNG_TITLES[name].lower()} is {text}"
        for name in SERVING_RUNGS
        if (text := company.rung(name).flip_sentence(_HALF))
    ]
    rungs = "; ".join(rung_sentence(company.rung(name)) for name in RUNGS)
    flip_text = f" Flip points: {'; '.join(flips)}." if flips else ""
    return f"{analysis.ladder.period}: {rungs}.{flip_text} The exhibit on page one draws it."


def _step_table(analysis: DealAnalysis) -> Table:
    style, company = money_style(analysis), analysis.ladder.company
    rows: list[tuple[str, ...]] = []
    emphasised: list[int] = []
    for rung_name in RUNGS:
        rung = company.rung(rung_name)
        rows += [
            (step.label, style.cell(step.amount), "", "")
            for step in company.steps
            if step.below == rung_name and rung.base is not None
        ]
        emphasised.append(len(rows))
        rows.append(
            (
                RUNG_TITLES[rung_name],
                style.cell(rung.cost_base),
                rung_cell(rung),
                rung_interval(rung),
            )
        )
    columns = (
        Column("Step"),
        Column(f"Cost, {style.unit}", "number"),
        Column("Margin, %", "number"),
        Column("Range, %", "number"),
    )
    return Table(
        columns,
        tuple(rows),
        caption=f"Bridge, {analysis.ladder.period}",
        source=_books_source(analysis),
        emphasised=frozenset(emphasised),
    )


def _segment_table(ladder: MarginLadder) -> Table:
    columns = (
        Column("Segment"),
        Column("Share of revenue, %", "number"),
        Column("Reported margin, %", "number"),
        Column("Paid, %", "number"),
        Column("Fully loaded, %", "number"),
        Column("After training, %", "number"),
    )
    total = ladder.company.basis.revenue
    rows = [
        (
            scope.segment or "Company",
            percent_cell(scope.basis.revenue / total if total else None),
            *(_segment_cell(scope, rung) for rung in _CHARTED),
        )
        for scope in (*ladder.segments, ladder.company)
    ]
    return Table(
        columns,
        tuple(rows),
        caption=f"Margins by segment, {ladder.period}",
        emphasised=frozenset({len(rows) - 1}),
    )


def _segment_cell(scope: ScopeLadder, rung: RungName) -> str:
    found = scope.rung(rung)
    if not scope.basis.revenue:
        return ""
    return rung_cell(found)


def _segment_note(ladder: MarginLadder) -> str:
    named = [s for s in ladder.segments if not s.segment.startswith("(") and s.basis.revenue]
    revenue = sum((scope.basis.revenue for scope in named), Decimal(0))
    cost = sum((scope.basis.reported_cost for scope in named), Decimal(0))
    company = ladder.rung("reported")
    if not revenue or company.base is None or not cost:
        return "Cost by segment is not stated; segments add up to the company."
    from_segments = (revenue - cost) / revenue
    return sentence(
        f"the named segments together give a reported margin of {format_percent(from_segments)} "
        f"against {format_percent(company.base)} for the company; what they leave stands as "
        "(unallocated), so that segments add up to the company"
    )


def _scenario_table(analysis: DealAnalysis) -> Table:
    style = money_style(analysis)
    rows = [
        (
            scenario.amount.scenario.name,
            style.cell(scenario.amount.value),
            rung_cell(scenario.ladder.rung("fully_loaded")),
            scenario.amount.scenario.grade,
            scenario.amount.scenario.source,
        )
        for scenario in analysis.scenarios
    ]
    columns = (
        Column("Scenario"),
        Column(f"Moved into serving, {style.unit}", "number"),
        Column("Fully loaded margin, %", "number"),
        Column("Grade"),
        Column("Source"),
    )
    return Table(columns, tuple(rows), caption="Views that are not settled, all shown")


def _amortised_table(analysis: DealAnalysis) -> Table:
    style = money_style(analysis)
    rows = [
        (
            f"{row.life_months} months",
            style.cell(row.charge),
            rung_cell_or_needs(row.margin),
            style.cell(row.full_cost_charge),
        )
        for row in analysis.amortised
    ]
    columns = (
        Column("Useful life"),
        Column(f"Charge, {style.unit}", "number"),
        Column("Margin after charge, %", "number"),
        Column(f"Full-cost charge, {style.unit}", "number"),
    )
    return Table(
        columns,
        tuple(rows),
        caption="Straight line from release over the whole vintage history",
        source="Successful efforts: failed runs are written off; full cost carries them in the "
        "next release. Shown beside the ladder, never mixed with it.",
    )


def rung_cell_or_needs(margin: Decimal | None) -> str:
    """Margin in per cent, or what it needs."""
    return needs("a fully loaded margin") if margin is None else percent_cell(margin)


def _bridge_title(scope: ScopeLadder) -> str:
    computed = [rung for rung in scope.rungs if rung.base is not None and rung.rung in _CHARTED]
    if not computed:
        return needs("revenue and cost of one period")
    first, last = computed[0], computed[-1]
    if first is last or first.base is None or last.base is None:
        return rung_sentence(first)
    return (
        f"{format_percent(first.base)} reported becomes {format_percent(last.base)} "
        f"{_RUNG_ENDS[last.rung]}"
    )


_RUNG_ENDS: dict[RungName, str] = {
    "paid": "for paying users",
    "fully_loaded": "fully loaded",
    "after_training": "after training",
    "operating": "after all cost",
    "reported": "reported",
}


def _history_title(analysis: DealAnalysis) -> str:
    ladders = shown_history(analysis)
    first, last = ladders[0].rung("reported"), ladders[-1].rung("reported")
    if first.base is None or last.base is None:
        return "Reported gross margin by period"
    return (
        f"Reported gross margin {format_percent(first.base)} in {ladders[0].period}, "
        f"{format_percent(last.base)} in {ladders[-1].period}"
    )


def _books_source(analysis: DealAnalysis) -> str:
    documents = dict.fromkeys(
        line.line.source.document for line in analysis.split.lines if line.line.source.document
    )
    named = "; ".join(documents) or "ledger"
    return f"{named}; books to {analysis.period.end.isoformat()}"


def _percent(share: Decimal) -> float:
    return float(share) * 100
