"""Tables and charts that answer to what an analyst moved; each property is one block."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from diligence.analysis import DealAnalysis
from diligence.analysis.what_if import Course, WhatIfResult
from diligence.reporting.blocks import Chart, Column, Exhibit, Note, Paragraph, Table
from diligence.reporting.heat_map_chart import chart_heat_map
from diligence.reporting.months_chart import chart_by_month
from diligence.reporting.wording import (
    STATUS_WORDS,
    TARGET_WORDS,
    money_style,
    months_cell,
    percent_cell,
    sentence,
)
from diligence.stress.break_even import MARGIN_TARGETS, Multiple
from diligence.stress.mitigation_map import MitigationMap
from diligence.stress.model_break_even import model_multiple
from diligence.stress.price_stress import moving_inputs
from diligence.units import format_multiple, format_percent
from diligence.units.money import SCALES

if TYPE_CHECKING:
    import pandas as pd

LOWEST_MARGIN, ROOM = -100.0, 20.0
"""Points of margin: where lines are cut off, and what each of them is shown of at least."""
TARGET_MONTH = 12
RUNGS = ("paid", "fully_loaded")


@dataclass(frozen=True)
class StressAnswer:
    """Tables and charts for one set of parameters; each property is one block."""

    analysis: DealAnalysis
    result: WhatIfResult

    @property
    def table(self) -> Table:
        """What each line leaves: margin and gross profit of month 12, runway, capital needed."""
        style = money_style(self.analysis)
        columns = (
            Column("Line"),
            Column("Paid margin, %", "number"),
            Column(f"Gross profit a month, {style.unit}", "number"),
            Column("Runway, months", "number"),
            Column(f"Capital needed, {style.unit}", "number"),
            Column("Remark"),
        )
        rows = tuple(self._row(course) for course in self.result.courses)
        return Table(
            columns,
            rows,
            caption=f"Month {TARGET_MONTH} and cash by line",
            source=self.source,
        )

    @property
    def break_evens(self) -> Table | Paragraph:
        """k* of each bought or rented input at the pass-through that is set."""
        model = self.result.model
        bought = [key for key in moving_inputs(model) if key.side in ("buy", "rent")]
        if not bought:
            return Paragraph("Nothing is bought or rented at a price that moves.")
        unknown = {
            (found.input, found.rung)
            for found in self.analysis.break_evens
            if found.status == "unknown" and not found.segment
        }
        wanted = [(rung, target) for rung in RUNGS for target in MARGIN_TARGETS]
        rows = tuple(
            (
                key.label,
                *(
                    STATUS_WORDS["unknown"]
                    if (key.label, rung) in unknown
                    else _cell(model_multiple(model, key, rung=rung, target=target))
                    for rung, target in wanted
                ),
            )
            for key in bought
        )
        heads = (f"{rung.replace('_', ' ')}, {TARGET_WORDS[target]}" for rung, target in wanted)
        return Table(
            (Column("Input"), *(Column(head, "number") for head in heads)),
            rows,
            caption="k*: multiple of today's price at which a margin meets its target",
            source="Below 1 the target is missed already. Savings and churn are not counted.",
        )

    @property
    def margins(self) -> Exhibit | Paragraph:
        """Paid margin by month, a line a scenario."""
        frame = self.result.to_frame()
        rows = frame.assign(value=100 * frame["paid_margin"].astype(float))
        if rows["value"].notna().sum() == 0:
            return Paragraph("No revenue, so no margin.")
        chart = chart_by_month(
            rows,
            title=self._margin_title(),
            unit="paid gross margin, % of revenue",
            red_line=0.0,
            red_label="0 %",
            lowest=_lowest(rows),
            source=self.source,
        )
        return Exhibit(chart)

    @property
    def cash(self) -> Exhibit | Paragraph:
        """Cash at the end of each month, a line a scenario."""
        frame = self.result.to_frame()
        model = self.result.model
        if frame["cash"].isna().all():
            return Paragraph(f"Cash is not drawn: {self.analysis.runway.needs} is missing.")
        style = money_style(self.analysis)
        divisor = float(SCALES[style.scale])
        rows = frame.assign(value=frame["cash"].astype(float) / divisor)
        chart = chart_by_month(
            rows,
            title=self._cash_title(),
            unit=f"cash at month end, {style.unit}",
            red_line=model.minimum_cash / divisor,
            red_label="minimum cash" if model.minimum_cash else "no cash",
            # a hole as deep as the pile was high is deep enough to see
            lowest=-abs(float(rows["value"].max())),
            source=self.source,
        )
        return Exhibit(chart)

    @property
    def heat_map(self) -> Exhibit | Paragraph:
        """Paid margin by price multiple and saving, at the pass-through that is set."""
        found = self.result.mitigation
        if found is None:
            return Paragraph("Nothing is bought or rented at a price that moves.")
        return Exhibit(_heat_map(found, self.source))

    @property
    def note(self) -> Note:
        """What is set, in words."""
        settings = self.result.settings
        parts = [
            *(f"{label} {format_multiple(k)}" for label, k in settings.multiples.items() if k != 1),
            f"tokens per task {format_multiple(settings.tokens_per_task)}",
            f"pass-through {_set(settings.pass_through)}",
            "elasticity "
            + ("as stated" if settings.elasticity is None else f"{settings.elasticity:g}"),
            f"saving {format_percent(settings.saving, 0)}",
            "the company's own levers " + ("pulled" if settings.levers else "not pulled"),
        ]
        return Note(f"Set: {'; '.join(parts)}.")

    @property
    def blocks(self) -> tuple[Any, ...]:
        """Everything, in the order in which it is shown."""
        return (
            self.table,
            self.margins,
            self.cash,
            self.heat_map,
            self.break_evens,
            self.note,
        )

    @property
    def source(self) -> str:
        """Company, period and date."""
        deal = self.analysis.deal
        return f"{deal.company}, {self.analysis.period.label}, as of {deal.terms.as_of}"

    def to_frame(self) -> pd.DataFrame:
        """One row a month and line."""
        return self.result.to_frame()

    def summary(self) -> str:
        """One line a course."""
        return self.result.summary()

    def _row(self, course: Course) -> tuple[str, ...]:
        style, outcome = money_style(self.analysis), course.outcome
        months = len(course.projection.months)
        needed = outcome.capital_needed
        return (
            course.name,
            percent_cell(outcome.gross_margin),
            style.cell(Decimal(repr(outcome.gross_profit))),
            months_cell(outcome.runway_months, outcome.runway_status, months),
            "" if needed is None else style.cell(Decimal(repr(needed))),
            course.label,
        )

    def _margin_title(self) -> str:
        worst = min(self.result.courses, key=_last_margin)
        last = _last_margin(worst)
        return f"Lowest paid margin at the end: {format_percent(last)}, {worst.name}"

    def _cash_title(self) -> str:
        shortest = min(self.result.courses, key=lambda course: course.outcome.months_or_beyond)
        months = shortest.outcome.runway_months
        if months is None:
            return f"Cash lasts {len(shortest.projection.months)} months on every line"
        return f"Cash is gone soonest in month {months:.1f}: {shortest.name}"

    def _repr_html_(self) -> str:
        from diligence.reporting.html_blocks import to_html, to_styled_html

        first, *others = self.blocks
        return to_styled_html(first) + "".join(
            f'<div class="dd">{to_html(block)}</div>' for block in others
        )


@lru_cache(maxsize=8)
def _heat_map(found: MitigationMap, source: str) -> Chart:
    """Only the pass-through moves it, so most answers find it drawn."""
    contours = found.contour_frame()
    return chart_heat_map(
        found.to_frame(),
        contours.assign(target=[TARGET_WORDS[target] for target in contours["target"]]),
        title=sentence(found.summary()),
        source=f"{source}; savings at once and without their cost: an upper limit",
    )


def _lowest(rows: pd.DataFrame) -> float:
    """Cut lines off where the rest would turn flat, but none of them whole."""
    best = rows.groupby("scenario")["value"].max().min()
    return min(LOWEST_MARGIN, float(best) - ROOM)


def _last_margin(course: Course) -> float:
    margin = course.projection.paid_margin(len(course.projection.months))
    return float("inf") if margin is None else margin


def _cell(found: Multiple) -> str:
    if found.k is None or found.k <= 0:
        return STATUS_WORDS[found.status]
    return format_multiple(found.k)


def _set(share: float | None) -> str:
    return "as stated" if share is None else format_percent(share, 0)
