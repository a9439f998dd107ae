"""Charts of list prices: each model's price as steps, announced steps dashed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from diligence.errors import InputError
from diligence.reporting.blocks import Chart
from diligence.reporting.theme import (
    FULL_MM,
    HALF_MM,
    SERIES,
    finished_chart,
    points,
    without_schema_checks,
)

if TYPE_CHECKING:
    import altair as alt

MOST_MODELS = 5
WIDE = 10
"""Dearest over cheapest price from which only a log scale shows both."""
_COLUMNS = ("date", "price", "model", "announced")


@without_schema_checks
def chart_price_steps(
    frame: pd.DataFrame, *, title: str, source: str = "", width_mm: float = FULL_MM
) -> Chart:
    """List prices as steps: solid what is in force, dashed what is announced.

    Parameters
    ----------
    frame
        ``date, price, model, announced``: USD per million tokens from a day on, and whether that
        price was only announced. Five models at most; each ends with a row at the last day shown.
    title
        The finding.
    source
        Vintage of the prices.
    width_mm
        Width on paper.

    Raises
    ------
    InputError
        When a column is missing, the frame is empty or names more than five models.
    """
    import altair as alt

    _require(frame)
    names = list(dict.fromkeys(frame["model"]))
    rows = _in_milliseconds(frame)
    ticks = 8 if width_mm > 1.2 * HALF_MM else 4
    axis = alt.Axis(tickCount=ticks, format="%b %Y", labelFlush=True, labelOverlap=True)
    x = alt.X("date:T", title=None, scale=alt.Scale(type="utc"), axis=axis)
    base = alt.Chart(rows).encode(x=x, y=_price_axis(rows), color=_colours(names))
    layers = [
        base.transform_filter(f"{'' if dashed else '!'}datum.announced").mark_line(
            interpolate="step-after", strokeWidth=1.5, strokeDash=[4, 2] if dashed else [1, 0]
        )
        for dashed in (False, True)
    ]
    drawing = alt.layer(*layers).properties(
        title="USD per Mtok, three parts input to one part output",
        width=points(width_mm),
        height=round(points(width_mm) * 0.26),
        autosize={"type": "fit", "contains": "padding"},
    )
    words = f"{len(names)} models, {frame['date'].min():%B %Y} to {frame['date'].max():%B %Y}."
    return finished_chart(drawing, title=title, alt_text=f"{title} {words}", source=source)


def _require(frame: pd.DataFrame) -> None:
    absent = [name for name in _COLUMNS if name not in frame.columns]
    if absent:
        raise InputError(
            f"Columns {absent!r} are missing for the price steps; supply {', '.join(_COLUMNS)}."
        )
    if frame.empty:
        raise InputError("The frame for the price steps has 0 rows; leave the chart out instead.")
    count = frame["model"].nunique()
    if count > MOST_MODELS:
        raise InputError(
            f"{count} models do not stay apart in one chart; choose at most {MOST_MODELS}."
        )


def _in_milliseconds(frame: pd.DataFrame) -> pd.DataFrame:
    """Plain dates would be read in the machine's own time zone and shift the drawing."""
    since = pd.to_datetime(frame["date"]) - pd.Timestamp("1970-01-01")
    return frame.assign(date=since // pd.Timedelta(milliseconds=1))


def _price_axis(rows: pd.DataFrame) -> alt.Y:
    """From zero, so that a step shows its size; on a log scale where prices lie far apart."""
    import altair as alt

    if rows["price"].max() < WIDE * rows["price"].min():
        return alt.Y("price:Q", title=None, axis=alt.Axis(tickCount=4, format="~g"))
    values = [digit * 10.0**power for power in range(-4, 4) for digit in (1, 2, 5)]
    scale = alt.Scale(type="log", nice=False, padding=6)
    return alt.Y("price:Q", title=None, scale=scale, axis=alt.Axis(values=values, format="~g"))


def _colours(names: list[str]) -> Any:
    import altair as alt

    scale = alt.Scale(domain=names, range=list(SERIES[: len(names)]))
    legend = alt.Legend(symbolType="stroke", symbolStrokeWidth=1.5, symbolSize=90)
    return alt.Color("model:N", sort=names, scale=scale, legend=legend)
