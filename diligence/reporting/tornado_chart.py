"""Tornado: how far each assumption, alone, moves a result from its base."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diligence.errors import InputError
from diligence.reporting.blocks import Chart
from diligence.reporting.fan_chart import PAIRED_MM
from diligence.reporting.theme import (
    INK,
    NAVY,
    SKY,
    finished_chart,
    points,
    without_schema_checks,
)

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = ("assumption", "at_low", "at_high")
_ENDS = {"at its low end": SKY, "at its high end": NAVY}
_ROW = 12
_MARGIN = 0.04


@without_schema_checks
def chart_tornado(
    frame: pd.DataFrame,
    *,
    base: float,
    title: str,
    unit: str,
    limit: float | None = None,
    source: str = "",
    width_mm: float = PAIRED_MM,
) -> Chart:
    """Bars from the base to what each end of each assumption makes of it.

    Parameters
    ----------
    frame
        ``assumption, at_low, at_high``, in ``unit``, widest first. An end without a limit is
        infinite and is drawn to the edge.
    base
        Result with nothing varied.
    title
        The finding.
    unit
        Unit of the result.
    limit
        Edge at which endless bars stop; found from the finite ones when left out.
    source
        Origin and date.
    width_mm
        Width on paper.

    Raises
    ------
    InputError
        When a column is missing or the frame is empty.
    """
    import altair as alt

    _require(frame)
    names = list(frame["assumption"])
    low, high = _domain(frame, base, limit)
    rows = _bars(frame, base, high)
    y = alt.Y(
        "assumption:N",
        scale=alt.Scale(domain=names),
        title=None,
        axis=alt.Axis(grid=False, labelLimit=0, labelColor=INK),
    )
    x = alt.X(
        "start:Q",
        title=None,
        scale=alt.Scale(domain=[low, high], nice=False, zero=False),
        axis=alt.Axis(tickCount=4, grid=True, labelExpr="replace(datum.label, '-', '−')"),
    )
    scale = alt.Scale(domain=list(_ENDS), range=list(_ENDS.values()))
    bars = alt.Chart(alt.InlineData(values=rows)).mark_bar(height={"band": 0.62})
    drawing = bars.encode(x=x, x2="stop:Q", y=y, color=alt.Color("end:N", scale=scale)).properties(
        title=unit,
        width=points(width_mm),
        height=_ROW * len(names) + 40,
        autosize={"type": "fit", "contains": "padding"},
    )
    return finished_chart(
        drawing, title=title, alt_text=f"{title}. {_words(frame, unit)}", source=source
    )


def _require(frame: pd.DataFrame) -> None:
    absent = [name for name in _COLUMNS if name not in frame.columns]
    if absent:
        raise InputError(
            f"Columns {absent!r} are missing for the tornado; supply {', '.join(_COLUMNS)}."
        )
    if frame.empty:
        raise InputError("The frame for the tornado has 0 rows; leave the chart out instead.")


def _domain(frame: pd.DataFrame, base: float, limit: float | None) -> tuple[float, float]:
    ends = [*frame["at_low"], *frame["at_high"], base]
    finite = [float(end) for end in ends if abs(end) != float("inf")]
    low, high = min(finite), max(finite)
    endless = len(finite) < len(ends)
    room = _MARGIN * (high - low or abs(high) or 1.0)
    top = high + (8 if endless else 1) * room
    return low - room, top if limit is None else max(limit, top)


def _bars(frame: pd.DataFrame, base: float, edge: float) -> list[dict[str, Any]]:
    return [
        {"assumption": name, "start": base, "stop": min(float(value), edge), "end": end}
        for name, at_low, at_high in zip(
            frame["assumption"], frame["at_low"], frame["at_high"], strict=True
        )
        for end, value in zip(_ENDS, (at_low, at_high), strict=True)
    ]


def _words(frame: pd.DataFrame, unit: str) -> str:
    def shown(value: float) -> str:
        return "no limit" if value == float("inf") else f"{value:,.2f}"

    return " ".join(
        f"{name}: {shown(low)} to {shown(high)} {unit}."
        for name, low, high in zip(
            frame["assumption"], frame["at_low"], frame["at_high"], strict=True
        )
    )
