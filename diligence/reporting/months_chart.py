"""One figure by months ahead, a line a scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diligence.errors import InputError
from diligence.reporting.blocks import Chart
from diligence.reporting.theme import (
    DASHES,
    FULL_MM,
    RED,
    SERIES,
    finished_chart,
    points,
    without_schema_checks,
)

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

MOST_LINES = len(SERIES)
_COLUMNS = ("month", "scenario", "value")
_MINUS = "replace(datum.label, '-', '−')"


@without_schema_checks
def chart_by_month(
    frame: pd.DataFrame,
    *,
    title: str,
    unit: str,
    red_line: float | None = None,
    red_label: str = "",
    lowest: float | None = None,
    source: str = "",
    width_mm: float = FULL_MM,
) -> Chart:
    """Lines over the months ahead.

    Parameters
    ----------
    frame
        ``month, scenario, value``: months from 1, names, the figure in ``unit``; a missing value
        leaves a gap. Five scenarios at most.
    title
        The finding.
    unit
        Unit of the figure.
    red_line, red_label
        Level that must not be crossed, and its name.
    lowest
        Level below which lines are cut off, so that the rest keeps its shape.
    source
        Where the figures come from, with the date.
    width_mm
        Width on paper.

    Raises
    ------
    InputError
        When a column is missing, the frame is empty or names more than five scenarios.
    """
    import altair as alt

    _require(frame)
    names = list(dict.fromkeys(frame["scenario"]))
    shown = frame.dropna(subset=["value"])
    least = None if lowest is None or shown["value"].min() >= lowest else lowest
    records: Any = shown.loc[:, list(_COLUMNS)].to_dict("records")
    rows = alt.InlineData(values=records)
    lines = (
        alt.Chart(rows)
        .mark_line(strokeWidth=1.5, clip=True)
        .encode(
            x=_months(int(frame["month"].max())),
            y=alt.Y("value:Q", title=None, axis=_value_axis(), scale=_scale(least)),
            **_keys(names),
        )
    )
    drawing = alt.layer(*_rules(red_line, red_label), lines).properties(
        title=unit,
        width=points(width_mm),
        height=round(points(width_mm) * 0.36),
        autosize={"type": "fit", "contains": "padding"},
    )
    words = _words(shown, names, unit)
    return finished_chart(drawing, title=title, alt_text=f"{title}. {words}", source=source)


def _require(frame: pd.DataFrame) -> None:
    absent = [name for name in _COLUMNS if name not in frame.columns]
    if absent:
        raise InputError(
            f"Columns {absent!r} are missing for lines by month; supply {', '.join(_COLUMNS)}."
        )
    if frame["value"].notna().sum() == 0:
        raise InputError("No value for lines by month; leave the chart out instead.")
    count = frame["scenario"].nunique()
    if count > MOST_LINES:
        raise InputError(
            f"{count} scenarios do not stay apart in one chart; choose at most {MOST_LINES}."
        )


def _months(last: int) -> alt.X:
    import altair as alt

    axis = alt.Axis(values=list(range(0, last + 1, 6)), format="d")
    scale = alt.Scale(domain=[0, last], nice=False)
    return alt.X("month:Q", title="months ahead", axis=axis, scale=scale)


def _value_axis() -> alt.Axis:
    import altair as alt

    return alt.Axis(tickCount=5, labelExpr=_MINUS)


def _scale(least: float | None) -> alt.Scale:
    import altair as alt

    return alt.Scale() if least is None else alt.Scale(domainMin=least)


def _keys(names: list[str]) -> dict[str, Any]:
    import altair as alt

    key = alt.Legend(
        symbolType="stroke",
        symbolStrokeWidth=1.5,
        symbolSize=90,
        labelLimit=220,
        columns=2,
        columnPadding=24,
    )
    colours = alt.Scale(domain=names, range=list(SERIES[: len(names)]))
    dashes = alt.Scale(domain=names, range=[list(dash) for dash in DASHES[: len(names)]])
    return {
        "color": alt.Color("scenario:N", sort=names, scale=colours, legend=key),
        "strokeDash": alt.StrokeDash("scenario:N", sort=names, scale=dashes, legend=key),
    }


def _rules(red_line: float | None, red_label: str) -> list[Any]:
    import altair as alt

    if red_line is None:
        return []
    # With the chart's own data the rule would be drawn once a row.
    base = alt.Chart(alt.InlineData(values=[{"level": red_line, "label": red_label}]))
    y = alt.Y("level:Q", title=None)
    text = base.mark_text(align="right", baseline="bottom", dy=-2, color=RED, x="width")
    return [
        base.mark_rule(color=RED, strokeWidth=0.9).encode(y=y),
        *([text.encode(y=y, text="label:N")] if red_label else []),
    ]


def _words(frame: pd.DataFrame, names: list[str], unit: str) -> str:
    ends = [
        f"{name} {rows['value'].iloc[-1]:,.1f} at month {int(rows['month'].iloc[-1])}"
        for name in names
        for rows in [frame[frame["scenario"] == name]]
        if len(rows)
    ]
    return f"In {unit}: {'; '.join(ends)}."
