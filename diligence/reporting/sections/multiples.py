"""Price multiples from 1x to 10x: margin and runway, one input at a time."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from diligence.analysis import DealAnalysis
from diligence.costs import ScopeLadder
from diligence.costs.ladder import rung_costs
from diligence.prices import repricing_events as library
from diligence.projections import PricedInput, exposed
from diligence.reporting.blocks import Block, Chart, Column, Note, Table
from diligence.reporting.charts import (
    BreakEvenMarker,
    RepricingEvent,
    chart_margin_against_multiple,
)
from diligence.reporting.theme import HALF_MM
from diligence.reporting.wording import months_cell, needs, percent_cell
from diligence.stress import BreakEven, margin_at_multiple
from diligence.units import format_multiple, format_percent

if TYPE_CHECKING:
    import pandas as pd

CHARTED_MULTIPLES = tuple(1 + step / 4 for step in range(37))


def multiple_blocks(analysis: DealAnalysis) -> list[Block]:
    """Table of margin and runway by multiple, a pair of columns an input."""
    return [
        _multiple_table(analysis),
        Note(
            "One input moves at a time, from month 1 unless its price is locked; paid gross margin "
            f"of month 12, {_volume_words(analysis)}. No response of the company but the stated "
            "pass-through is counted."
        ),
    ]


def stress_chart(analysis: DealAnalysis, *, width_mm: float = HALF_MM) -> Chart | None:
    """Paid margin and runway against the multiple of the largest bought or rented input.

    None when the deal has no such input or no paid margin.
    """
    priced = charted_input(analysis)
    if priced is None or not _charted_scopes(analysis):
        return None
    return chart_margin_against_multiple(
        _margin_frame(analysis, priced),
        title=_chart_title(analysis, priced),
        events=repricing_events(),
        break_evens=_markers(analysis, priced),
        second=_runway_frame(analysis, priced),
        second_red_line=12.0,
        source=f"{analysis.company}, {analysis.period.label}; ticks: price rises that happened",
        width_mm=width_mm,
    )


def charted_input(analysis: DealAnalysis) -> PricedInput | None:
    """The bought or rented input with the largest exposed cost."""
    bought = [priced for priced in analysis.inputs if priced.side in ("buy", "rent")]
    return max(bought, key=lambda p: exposed(p, analysis.ladder, rung="paid").amount, default=None)


def broken_words(found: BreakEven) -> str:
    """Where the paid margin of one input is gone, in words."""
    if found.k is None:
        words = {
            "never": "the paid gross margin stays above zero at any price",
            "not_exposed": "no cost of the paid rung moves with this price",
            "already_below": "the paid gross margin is already below zero",
            "unknown": needs(found.note.removeprefix("needs ")),
        }
        return words[found.status]
    if found.side == "sell":
        return f"the paid gross margin is zero when the price falls to {format_multiple(found.k)}"
    if found.status == "already_below":
        return (
            "the paid gross margin is already below zero; "
            f"the price would have to fall to {format_multiple(found.k)}"
        )
    return f"the paid gross margin is zero at {format_multiple(found.k)} of today's price"


@cache
def repricing_events() -> tuple[RepricingEvent, ...]:
    """Price rises that happened, from ``datasets/repricing_events.yaml``."""
    return tuple(
        RepricingEvent(event.label, float(event.multiple))
        for event in library.repricing_events()
        if event.exhibit and event.multiple is not None
    )


def _volume_words(analysis: DealAnalysis) -> str:
    growth = analysis.register.get("monthly_revenue_growth").value
    if not isinstance(growth, Decimal) or not growth:
        return "volumes at the run rate"
    return f"volumes growing {format_percent(growth)} a month as stated"


def _multiple_table(analysis: DealAnalysis) -> Table:
    base = analysis.stress.baseline
    moved = [result for result in analysis.stress.scenarios if result.multiple != 1.0]
    labels = list(dict.fromkeys(result.input for result in moved))
    by_place = {(result.input, result.multiple): result for result in moved}
    rows = [
        (
            format_multiple(multiple),
            *(
                cell
                for label in labels
                for result in [by_place.get((label, multiple), base)]
                for cell in (
                    percent_cell(result.gross_margin),
                    months_cell(
                        result.runway_months, result.runway_status, analysis.horizon_months
                    ),
                )
            ),
        )
        for multiple in sorted({1.0, *(result.multiple for result in moved)})
    ]
    columns = [Column("Multiple", "number")]
    for label in labels:
        columns += [
            Column(f"{label}: paid margin, %", "number"),
            Column("Runway, months", "number"),
        ]
    return Table(tuple(columns), tuple(rows), caption="Margin and runway by price multiple")


def _margin_frame(analysis: DealAnalysis, priced: PricedInput) -> pd.DataFrame:
    import pandas as pd

    rows = [
        {
            "multiple": multiple,
            "series": _series_name(scope),
            "margin": 100 * _margin_at(analysis, scope, priced, multiple, scope.basis.pool_share),
            "low": 100 * _margin_at(analysis, scope, priced, multiple, scope.basis.pool_share_high),
            "high": 100 * _margin_at(analysis, scope, priced, multiple, scope.basis.pool_share_low),
        }
        for scope in _charted_scopes(analysis)
        for multiple in CHARTED_MULTIPLES
    ]
    frame = pd.DataFrame(rows, columns=["multiple", "series", "margin", "low", "high"])
    if (frame["low"] == frame["high"]).all():
        frame[["low", "high"]] = float("nan")
    return frame


def _charted_scopes(analysis: DealAnalysis) -> list[ScopeLadder]:
    return [
        scope
        for scope in analysis.ladder.scopes
        if not scope.segment.startswith("(") and scope.rung("paid").base is not None
    ]


def _margin_at(
    analysis: DealAnalysis,
    scope: ScopeLadder,
    priced: PricedInput,
    multiple: float,
    pool_share: Decimal,
) -> float:
    basis = dataclasses.replace(scope.basis, pool_share=pool_share)
    cost = rung_costs(basis)["paid"]
    moving = exposed(
        priced, analysis.ladder, rung="paid", segment=scope.segment, pool_share=pool_share
    )
    return margin_at_multiple(
        float(1 - cost / basis.revenue),
        float(moving.amount / basis.revenue),
        multiple,
        pass_through=float(moving.pass_through),
    )


def _markers(analysis: DealAnalysis, priced: PricedInput) -> tuple[BreakEvenMarker, ...]:
    percent = {"gross_margin_0": 0.0, "gross_margin_50": 50.0}
    return tuple(
        BreakEvenMarker(float(found.k), percent[found.target], format_multiple(found.k))
        for found in analysis.break_evens
        if found.input == priced.label
        and found.rung == "paid"
        and found.target in percent
        and found.k is not None
        and not found.segment.startswith("(")
        and CHARTED_MULTIPLES[0] <= found.k <= CHARTED_MULTIPLES[-1]
    )


def _runway_frame(analysis: DealAnalysis, priced: PricedInput) -> pd.DataFrame | None:
    import pandas as pd

    rows = [
        {
            "multiple": result.multiple,
            "series": "company",
            "value": result.runway_months,
            "low": float("nan"),
            "high": float("nan"),
        }
        for result in analysis.stress.scenarios
        if result.input == priced.label and result.runway_months is not None
    ]
    return pd.DataFrame(rows) if len(rows) > 1 else None


def _series_name(scope: ScopeLadder) -> str:
    return scope.segment or "company"


def _chart_title(analysis: DealAnalysis, priced: PricedInput) -> str:
    found = analysis.break_even(input=priced.label, rung="paid", target="gross_margin_0")
    label = f"{priced.label[:1].upper()}{priced.label[1:]}"
    return f"{label}: {broken_words(found)}" if found else label
