"""Chart of own accelerators against an API: a staircase and a straight line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diligence.errors import InputError
from diligence.reporting.blocks import Chart
from diligence.reporting.theme import (
    FULL_MM,
    SERIES,
    finished_chart,
    points,
    without_schema_checks,
)

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = ("option", "mtok_per_month", "usd_per_month")


@without_schema_checks
def chart_self_host(
    frame: pd.DataFrame, *, title: str, source: str = "", width_mm: float = FULL_MM
) -> Chart:
    """Monthly cost of a volume of tokens: each option's corners joined by straight lines.

    Parameters
    ----------
    frame
        ``option, mtok_per_month, usd_per_month``, as `SelfHostBreakEven.curve` supplies it; the
        corners of an option in the order in which they are joined.
    title
        The finding.
    source
        Rents, prices and utilisation, with their dates.
    width_mm
        Width on paper.

    Raises
    ------
    InputError
        When a column is missing or the frame is empty.
    """
    import altair as alt

    _require(frame)
    options = list(dict.fromkeys(frame["option"]))
    rows = frame.assign(corner=range(len(frame)))
    drawing = (
        alt.Chart(rows)
        .mark_line(strokeWidth=1.5)
        .encode(
            x=alt.X(
                "mtok_per_month:Q",
                title="million tokens a month",
                axis=alt.Axis(format=",.0f", tickCount=6),
            ),
            y=alt.Y("usd_per_month:Q", title=None, axis=alt.Axis(format=",.0f", tickCount=5)),
            order="corner:Q",
            color=_colours(options),
        )
        .properties(
            title="USD a month",
            width=points(width_mm),
            height=round(points(width_mm) * 0.3),
            autosize={"type": "fit", "contains": "padding"},
        )
    )
    return finished_chart(
        drawing, title=title, alt_text=f"{title} {_words(frame, options)}", source=source
    )


def _require(frame: pd.DataFrame) -> None:
    absent = [name for name in _COLUMNS if name not in frame.columns]
    if absent:
        raise InputError(
            f"Columns {absent!r} are missing for the self-host chart; got {list(frame.columns)!r}. "
            f"Supply {', '.join(_COLUMNS)}."
        )
    if frame.empty:
        raise InputError("The frame for the self-host chart has 0 rows; leave the chart out.")


def _colours(options: list[str]) -> Any:
    import altair as alt

    colours = [SERIES[n % len(SERIES)] for n in range(len(options))]
    legend = alt.Legend(symbolType="stroke", symbolStrokeWidth=1.5, symbolSize=90)
    scale = alt.Scale(domain=options, range=colours)
    return alt.Color("option:N", sort=options, scale=scale, legend=legend)


def _words(frame: pd.DataFrame, options: list[str]) -> str:
    ends = frame.groupby("option").last()
    return " ".join(
        f"{option}: {float(ends['usd_per_month'][option]):,.0f} USD at "
        f"{float(ends['mtok_per_month'][option]):,.0f} million tokens a month."
        for option in options
    )
