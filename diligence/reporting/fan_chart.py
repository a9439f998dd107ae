"""Fan of simulated futures: the median and the middle 80 and 90 % of paths, month by month."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diligence.errors import InputError
from diligence.reporting.blocks import Chart
from diligence.reporting.theme import (
    INK,
    QUIET,
    RED,
    finished_chart,
    points,
    without_schema_checks,
)

if TYPE_CHECKING:
    import pandas as pd

PAIRED_MM = 76.0
"""Width of one of two exhibits beside each other in a section."""
_COLUMNS = ("month", "p5", "p10", "p50", "p90", "p95")
_MEDIAN, _MIDDLE_80, _MIDDLE_90 = "median", "middle 80 % of paths", "middle 90 % of paths"
_KEYS = {_MEDIAN: INK, _MIDDLE_80: "#a9c7df", _MIDDLE_90: "#dde9f3"}
_MINUS = "replace(datum.label, '-', '−')"


@without_schema_checks
def chart_fan(
    frame: pd.DataFrame,
    *,
    title: str,
    unit: str,
    red_line: float | None = None,
    red_label: str = "",
    source: str = "",
    width_mm: float = PAIRED_MM,
) -> Chart:
    """Quantiles of one simulated figure by month.

    Parameters
    ----------
    frame
        ``month, p5, p10, p50, p90, p95`` as `Simulation.fan` supplies them, in ``unit``.
    title
        The finding.
    unit
        Unit of the figure.
    red_line, red_label
        Level that must not be crossed, and its name.
    source
        Paths, seed and date.
    width_mm
        Width on paper.

    Raises
    ------
    InputError
        When a column is missing or the frame is empty.
    """
    import altair as alt

    _require(frame)
    last = int(frame["month"].max())
    x = alt.X(
        "month:Q",
        title="months ahead",
        scale=alt.Scale(domain=[0, last], nice=False),
        axis=alt.Axis(values=list(range(0, last + 1, 6)), format="d"),
    )
    y = alt.Y("low:Q", title=None, axis=alt.Axis(tickCount=5, labelExpr=_MINUS))
    colour = alt.Color("key:N", scale=alt.Scale(domain=list(_KEYS), range=list(_KEYS.values())))
    bands, median = (alt.Chart(alt.InlineData(values=rows)) for rows in _bands(frame))
    drawing = alt.layer(
        bands.mark_area().encode(x=x, y=y, y2=alt.Y2("high"), color=colour),
        *_rules(red_line, red_label),
        median.mark_line(strokeWidth=1.5).encode(x=x, y=y, color=colour),
    ).properties(
        title=unit,
        width=points(width_mm),
        height=round(points(width_mm) * 0.58),
        autosize={"type": "fit", "contains": "padding"},
    )
    return finished_chart(
        drawing, title=title, alt_text=f"{title}. {_words(frame, unit)}", source=source
    )


def _require(frame: pd.DataFrame) -> None:
    absent = [name for name in _COLUMNS if name not in frame.columns]
    if absent:
        raise InputError(
            f"Columns {absent!r} are missing for the fan chart; supply {', '.join(_COLUMNS)}."
        )
    if frame.empty:
        raise InputError("The frame for the fan chart has 0 rows; leave the chart out instead.")


def _bands(frame: pd.DataFrame) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The bands, widest first so that it is drawn beneath, and the median."""

    def rows(key: str, lower: str, upper: str) -> list[dict[str, Any]]:
        return [
            {"month": int(month), "key": key, "low": float(low), "high": float(high)}
            for month, low, high in zip(frame["month"], frame[lower], frame[upper], strict=True)
        ]

    bands = rows(_MIDDLE_90, "p5", "p95") + rows(_MIDDLE_80, "p10", "p90")
    return bands, rows(_MEDIAN, "p50", "p50")


def _rules(red_line: float | None, red_label: str) -> list[Any]:
    import altair as alt

    if red_line is None:
        return []
    # Data of its own: a mark is drawn once a row.
    once = alt.Chart(alt.InlineData(values=[{}]))
    at = alt.datum(red_line)
    label = once.mark_text(align="left", baseline="top", dx=2, dy=2, color=RED, x=0)
    return [
        once.mark_rule(color=RED if red_label else QUIET, strokeWidth=0.9).encode(y=at),
        *([label.encode(y=at, text=alt.datum(red_label))] if red_label else []),
    ]


def _words(frame: pd.DataFrame, unit: str) -> str:
    last = frame.iloc[-1]
    return (
        f"At month {int(last['month'])}, in {unit}: median {last['p50']:,.1f}, 80 % of paths "
        f"between {last['p10']:,.1f} and {last['p90']:,.1f}, 90 % between {last['p5']:,.1f} "
        f"and {last['p95']:,.1f}."
    )
