"""Chart of the market's two price indices, with the quarter under watch shaded."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from diligence.errors import InputError
from diligence.reporting.blocks import Chart
from diligence.reporting.theme import (
    DASHES,
    FAINT,
    FULL_MM,
    SERIES,
    finished_chart,
    points,
    without_schema_checks,
)

if TYPE_CHECKING:
    import altair as alt

LINES = {
    "list_index": "same models, list price",
    "effective_index": "newest version of each line, effective",
}
_COLUMNS = ("month", *LINES)


@without_schema_checks
def chart_market_index(
    frame: pd.DataFrame,
    *,
    title: str,
    shaded: tuple[date, date] | None = None,
    source: str = "",
    width_mm: float = FULL_MM,
) -> Chart:
    """List and effective price index by month on one scale.

    Parameters
    ----------
    frame
        ``month`` (a monthly period), ``list_index, effective_index``, the first month 1; a
        missing index leaves a gap.
    title
        The finding.
    shaded
        First and last day of the quarter to shade.
    source
        Vintage of the prices.
    width_mm
        Width on paper.

    Raises
    ------
    InputError
        A column is missing or the frame is empty.
    """
    import altair as alt

    rows = _long(frame)
    x = alt.X("day:T", title=None, scale=alt.Scale(type="utc"), axis=_month_axis())
    y = alt.Y("index:Q", title=None, axis=alt.Axis(tickCount=5), scale=alt.Scale(zero=False))
    names = list(LINES.values())
    colours = alt.Scale(domain=names, range=list(SERIES[: len(names)]))
    dashes = alt.Scale(domain=names, range=[list(dash) for dash in DASHES[: len(names)]])
    key = alt.Legend(symbolType="stroke", symbolStrokeWidth=1.5, symbolSize=90, labelLimit=220)
    lines = (
        alt.Chart(rows)
        .mark_line(strokeWidth=1.5)
        .encode(
            x=x,
            y=y,
            color=alt.Color("series:N", sort=names, scale=colours, legend=key),
            strokeDash=alt.StrokeDash("series:N", sort=names, scale=dashes, legend=key),
        )
    )
    layers = [lines] if shaded is None else [_shade(shaded, x), lines]
    drawing = alt.layer(*layers).properties(
        title=f"price index, {frame['month'].iloc[0]} = 1",
        width=points(width_mm),
        height=round(points(width_mm) * 0.3),
        autosize={"type": "fit", "contains": "padding"},
    )
    return finished_chart(drawing, title=title, alt_text=f"{title} {_words(frame)}", source=source)


def _long(frame: pd.DataFrame) -> pd.DataFrame:
    absent = [name for name in _COLUMNS if name not in frame.columns]
    if absent:
        raise InputError(
            f"Columns {absent!r} are missing for the index chart; supply {', '.join(_COLUMNS)}."
        )
    if frame.empty:
        raise InputError("The frame for the index chart has 0 rows; leave the chart out instead.")
    days = [_milliseconds(month.end_time.date()) for month in frame["month"]]
    rows = frame.assign(day=days).melt("day", list(LINES), "series", "index")
    return rows.assign(series=rows["series"].map(LINES)).dropna(subset=["index"])


def _milliseconds(day: date) -> int:
    """A plain date would be read in the machine's own time zone and shift the drawing."""
    return (day - date(1970, 1, 1)).days * 86_400_000


def _month_axis() -> alt.Axis:
    import altair as alt

    return alt.Axis(tickCount=8, format="%b %Y", labelFlush=True, labelOverlap=True)


def _shade(shaded: tuple[date, date], x: Any) -> Any:
    import altair as alt

    start, end = (_milliseconds(day) for day in shaded)
    rows = pd.DataFrame({"day": [start], "until": [end]})
    return alt.Chart(rows).mark_rect(color=FAINT, opacity=0.5).encode(x=x, x2="until:T")


def _words(frame: pd.DataFrame) -> str:
    ends = [
        f"{words} {frame[name].dropna().iloc[-1]:.2f}"
        for name, words in LINES.items()
        if frame[name].notna().any()
    ]
    span = f"{frame['month'].iloc[0]} to {frame['month'].iloc[-1]}"
    return f"Index from {span}, at the end: {'; '.join(ends)}."
