"""Heat map of price multiple against saving, with the contours where margin targets are missed."""

from __future__ import annotations

import bisect
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

from diligence.errors import InputError
from diligence.reporting.blocks import Chart
from diligence.reporting.theme import (
    BLUE,
    FULL_MM,
    INK,
    SAND,
    SKY,
    finished_chart,
    points,
    without_schema_checks,
)

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

_EDGES = (0.0, 0.25, 0.5, 0.75)
_BANDS = ("under 0 %", "0 to 25 %", "25 to 50 %", "50 to 75 %", "75 % and over")
_COLOURS = ("#cf8f83", SAND, "#e6eef5", SKY, BLUE)
_DASHES = ([1, 0], [4, 2])


@without_schema_checks
def chart_heat_map(
    cells: pd.DataFrame,
    contours: pd.DataFrame,
    *,
    title: str,
    source: str = "",
    width_mm: float = FULL_MM,
) -> Chart:
    """Paid margin at each price multiple and saving, in bands, and the lines it breaks along.

    Parameters
    ----------
    cells
        ``multiple, saving, paid_margin`` on a full grid: multiples of today's price, fractions.
    contours
        ``target, saving, multiple``: each target's line; multiples outside the grid are cut off.
    title
        The finding.
    source
        What the grid assumes, with the date.
    width_mm
        Width on paper.

    Raises
    ------
    InputError
        When a column is missing or there is no cell.
    """
    import altair as alt

    _require(cells)
    x = alt.X(
        "left:Q",
        title="multiple of today's price",
        scale=alt.Scale(domain=_span(cells["multiple"]), nice=False, zero=False),
        axis=alt.Axis(labelExpr="datum.label + 'x'", tickCount=10),
    )
    y = alt.Y(
        "low:Q",
        title=None,
        scale=alt.Scale(domain=_span(cells["saving"]), nice=False),
        axis=alt.Axis(format=".0%", tickCount=5, grid=False),
    )
    runs = alt.Chart(alt.InlineData(values=_runs(cells))).mark_rect()
    lines = _lines(contours, cells)
    layers: list[Any] = [
        runs.encode(x=x, x2="right:Q", y=y, y2="high:Q", color=_colour()),
    ]
    if lines:
        drawn = alt.Chart(alt.InlineData(values=lines)).mark_line(color=INK, strokeWidth=1.4)
        layers.append(
            drawn.encode(x=x, y=y, order="order:Q", detail="target:N", strokeDash=_dash(lines))
        )
    drawing = (
        alt.layer(*layers)
        .resolve_scale(color="independent")
        .properties(
            title="share of the work at that price that is saved",
            width=points(width_mm),
            height=round(points(width_mm) * 0.34),
            autosize={"type": "fit", "contains": "padding"},
        )
    )
    return finished_chart(drawing, title=title, alt_text=f"{title}. {_words(lines)}", source=source)


def _require(cells: pd.DataFrame) -> None:
    columns = ("multiple", "saving", "paid_margin")
    absent = [name for name in columns if name not in cells.columns]
    if absent:
        raise InputError(
            f"Columns {absent!r} are missing for the heat map; supply {', '.join(columns)}."
        )
    if cells.empty:
        raise InputError("The grid for the heat map has 0 cells; leave the chart out instead.")


def _span(values: pd.Series) -> list[float]:
    return [float(values.min()), float(values.max())]


def _runs(cells: pd.DataFrame) -> list[dict[str, Any]]:
    """Neighbouring cells of one band in a row of the grid, as one rectangle; edges lie midway."""
    multiples, savings = sorted(set(cells["multiple"])), sorted(set(cells["saving"]))
    across, up = _edges(multiples), _edges(savings)
    band = {
        (saving, multiple): bisect.bisect_right(_EDGES, margin)
        for multiple, saving, margin in zip(
            cells["multiple"], cells["saving"], cells["paid_margin"], strict=True
        )
    }
    found = []
    for row, saving in enumerate(savings):
        for which, run in groupby(
            range(len(multiples)), key=lambda place: band[saving, multiples[place]]
        ):
            places = list(run)
            found.append(
                {
                    "left": across[places[0]],
                    "right": across[places[-1] + 1],
                    "low": up[row],
                    "high": up[row + 1],
                    "margin": _BANDS[which],
                }
            )
    return found


def _edges(values: list[float]) -> list[float]:
    middles = [(a + b) / 2 for a, b in pairwise(values)]
    return [values[0], *middles, values[-1]]


def _lines(contours: pd.DataFrame, cells: pd.DataFrame) -> list[dict[str, Any]]:
    low, high = _span(cells["multiple"])
    inside = contours[contours["multiple"].between(low, high)]
    rows = zip(inside["target"], inside["multiple"], inside["saving"], strict=True)
    return [
        {"target": target, "left": float(multiple), "low": float(saving), "order": order}
        for order, (target, multiple, saving) in enumerate(rows)
    ]


def _colour() -> alt.Color:
    import altair as alt

    scale = alt.Scale(domain=list(_BANDS), range=list(_COLOURS))
    return alt.Color("margin:N", scale=scale, legend=alt.Legend(orient="top"))


def _dash(lines: list[dict[str, Any]]) -> alt.StrokeDash:
    import altair as alt

    targets = list(dict.fromkeys(line["target"] for line in lines))
    legend = alt.Legend(symbolType="stroke", symbolStrokeWidth=1.4, symbolSize=120, orient="top")
    scale = alt.Scale(domain=targets, range=list(_DASHES[: len(targets)]))
    return alt.StrokeDash("target:N", scale=scale, legend=legend)


def _words(lines: list[dict[str, Any]]) -> str:
    if not lines:
        return "No contour of a margin target crosses the grid."
    firsts: dict[str, dict[str, Any]] = {}
    for line in lines:
        firsts.setdefault(line["target"], line)
    return " ".join(
        f"{target}: {line['left']:.2f}x at {line['low']:.0%} saved."
        for target, line in firsts.items()
    )
