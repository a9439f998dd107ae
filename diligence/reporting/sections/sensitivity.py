"""Which assumption matters most: tornados on k* and on the stressed runway."""

from __future__ import annotations

from math import inf

from diligence.analysis import DealAnalysis
from diligence.reporting.blocks import Block, Chart, Columns, Exhibit, Note, Paragraph
from diligence.reporting.documents import Section
from diligence.reporting.tornado_chart import chart_tornado
from diligence.reporting.wording import joined, needs, sentence
from diligence.stress.sensitivity import HORIZON, Bar, Measure, Sensitivity, SensitivityPoint
from diligence.units import format_multiple, format_percent

LARGEST_SHOWN = 10.0
MOST_BARS = 9
_NAMES = {
    "pass_through": "pass-through",
    "price_elasticity": "price elasticity",
    "growth": "growth a month",
    "other_cost": "other cost of revenue",
    "exposed_cost": "cost exposed to prices",
    "cash": "cash",
    "burn": "burn",
    "lever_saving": "saving of levers",
    "levers": "levers",
    "unresolved_pool": "unresolved pool serving",
}
_SHARES = ("pass_through", "growth", "unresolved_pool")
_LEVELS = ("price_elasticity",)


def sensitivity_section(analysis: DealAnalysis) -> Section:
    """Tornados of the largest bought or rented price."""
    found = analysis.future.sensitivity
    if found is None:
        missing = needs("a bought or rented input with cost in the paid rung")
        return Section("Sensitivity", (Paragraph(sentence(missing)),), key="sensitivity")
    charts = [
        Exhibit(chart)
        for measure in _MEASURES
        if (chart := tornado(found, measure, company=analysis.company)) is not None
    ]
    blocks: list[Block] = [Paragraph(_opening(found)), Note(_note(found))]
    if len(charts) == len(_MEASURES):
        blocks.append(Columns((charts[0],), (charts[1],)))
    else:
        blocks += charts
    return Section("Sensitivity", tuple(blocks), key="sensitivity")


_MEASURES: tuple[Measure, ...] = ("k", "runway")


def tornado(found: Sensitivity, measure: Measure, *, company: str = "") -> Chart | None:
    """Tornado of one measure; None where its base is unknown or nothing moves it."""
    import pandas as pd

    base = _value(found.base, measure)
    bars = [bar for bar in found.ranked(measure) if _is_drawn(bar, measure)][:MOST_BARS]
    if base is None or not bars:
        return None
    rows = [
        {
            "assumption": assumption_words(bar),
            "at_low": _value(bar.low, measure),
            "at_high": _value(bar.high, measure),
        }
        for bar in bars
    ]
    label = found.key.label
    unit = (
        f"k* of {label}, paid margin 0 %, as it answers"
        if measure == "k"
        else f"runway in months with {label} at {format_multiple(found.multiple, 0)}"
    )
    what = "k*" if measure == "k" else "The stressed runway"
    return chart_tornado(
        pd.DataFrame(rows),
        base=base,
        title=f"{what} hangs most on {_NAMES.get(bars[0].name, bars[0].name)}",
        unit=unit,
        source=f"{company}; one assumption at a time, the rest at base",
    )


def assumption_words(bar: Bar) -> str:
    """Name of an assumption with the ends it is varied between."""
    name = _NAMES.get(bar.name, bar.name.replace("_", " "))
    ends = (bar.low_value, bar.high_value)
    if bar.name in _SHARES:
        low, high = (format_percent(end, 0).removesuffix(" %") for end in ends)
        return f"{name}, {low} to {high} %"
    if bar.name == "levers":
        return f"{name}, none to all"
    if bar.name in _LEVELS:
        return f"{name}, {ends[0]:g} to {ends[1]:g}"
    return f"{name}, \u00d7{ends[0]:g} to \u00d7{ends[1]:g}"


def _value(point: SensitivityPoint, measure: Measure) -> float | None:
    """Result as drawn: endless ones stand at the edge."""
    if measure == "runway":
        return None if point.runway is None else min(point.runway, float(HORIZON))
    if point.status == "never":
        return LARGEST_SHOWN
    return None if point.k is None else min(point.k, LARGEST_SHOWN)


def _is_drawn(bar: Bar, measure: Measure) -> bool:
    ends = (_value(bar.low, measure), _value(bar.high, measure))
    return None not in ends and ends[0] != ends[1]


def _opening(found: Sensitivity) -> str:
    parts = [
        f"as the company answers without levers, k* of {found.key.label} is {_k_words(found.base)}"
    ]
    k, runway = found.ranked("k")[:1], found.ranked("runway")[:1]
    if k and k[0].swing("k"):
        ends = " to ".join(_k_words(point) for point in (k[0].low, k[0].high))
        parts.append(f"it hangs most on {assumption_words(k[0])}: {ends}")
    if found.base.runway is None:
        parts.append(f"the stressed runway is {needs('a cash balance and burn')}")
    elif runway and runway[0].swing("runway"):
        ends = " to ".join(_months(point) for point in (runway[0].low, runway[0].high))
        parts.append(
            f"runway at {format_multiple(found.multiple, 0)} is {_months(found.base)} months "
            f"and hangs most on {assumption_words(runway[0])}: {ends} months"
        )
    return sentence("; ".join(parts))


def _k_words(point: SensitivityPoint) -> str:
    if point.k is None:
        return {"never": "no price", "already_below": "missed already"}.get(
            point.status, point.status.replace("_", " ")
        )
    return format_multiple(point.k)


def _months(point: SensitivityPoint) -> str:
    if point.runway is None:
        return "unknown"
    return f"over {HORIZON}" if point.runway == inf else f"{point.runway:.1f}"


def _note(found: Sensitivity) -> str:
    text = (
        "Ends are scenario ranges of the assumptions register; figures of the books are varied by "
        f"a tenth. Bars stop at {format_multiple(LARGEST_SHOWN, 0)} and at {HORIZON} months, "
        "beyond which nothing is told apart."
    )
    open_ended = [
        assumption_words(bar) for bar in found.bars if None in (bar.low.k, bar.high.k)
        and "never" not in (bar.low.status, bar.high.status)
    ]  # fmt: skip
    if open_ended:
        text += f" No k* at one end: {joined(open_ended)}."
    return text
