"""Charts of the memo: each takes the frame a result supplies and computes nothing.

Every chart is drawn for the width it will have on paper (85 mm for half a page,
160 mm for a full one), so its type prints at the size it names.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from diligence.errors import InputError
from diligence.reporting.blocks import NOT_COMPUTABLE, Chart
from diligence.reporting.theme import (
    BLUE,
    DASHES,
    FAINT,
    FULL_MM,
    HALF_MM,
    HATCHED,
    INK,
    NAVY,
    QUIET,
    RED,
    SAND,
    SERIES,
    SKY,
    finished_chart,
    points,
    without_schema_checks,
)

if TYPE_CHECKING:
    import altair as alt

_MULTIPLE_TICKS = (0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 7, 10, 20)
_TRAJECTORY_KEYS = {
    "observed": INK,
    "median forecast": "#2f6ea5",
    "80 % interval": "#a9c7df",
    "95 % interval": "#dde9f3",
    "rival: log trend (dashed)": RED,
}
_EVENT_ROW = 8
_LETTER = 3.2
_BRIDGE_PLOT = 0.66
_LOWEST_MARGIN = -100.0
_MINUS = "replace(datum.label, '-', '−')"


@dataclass(frozen=True)
class RepricingEvent:
    """A price change that happened, as a multiple of the price before it."""

    label: str
    multiple: float


@dataclass(frozen=True)
class RedLine:
    """A margin, in per cent, that must not be crossed."""

    value: float
    label: str = ""


@dataclass(frozen=True)
class BreakEvenMarker:
    """Where a margin line meets a red line."""

    multiple: float
    margin: float
    label: str = ""


@without_schema_checks
def chart_margin_bridge(
    frame: pd.DataFrame, *, title: str, source: str = "", width_mm: float = HALF_MM
) -> Chart:
    """Waterfall from the reported margin down the ladder, in per cent of revenue.

    Parameters
    ----------
    frame
        ``step, kind, start, end, low, high``: ``kind`` is "rung" (drawn from zero to
        ``end``; ``low`` and ``high`` bound it: hatched for a "bound" in ``range_kind``, a
        whisker for any other kind) or "step" (drawn from
        ``start`` to ``end``). Per cent of revenue, in reading order.
    title
        The finding.
    source
        Origin and as-of date.
    width_mm
        Width on paper.
    """
    import altair as alt

    _require(
        frame, ("step", "kind", "start", "end", "low", "high", "range_kind"), "the margin bridge"
    )
    rows = _bridge_rows(frame)
    order = list(rows["step"])
    y = alt.Y("step:N", sort=order, title=None, axis=_bridge_axis(rows, width_mm))
    scale = alt.Scale(domain=_with_room(rows, plot=points(width_mm) * _BRIDGE_PLOT))
    x = alt.X("from:Q", scale=scale, title="% of revenue", axis=_thin_axis(5))
    base = alt.Chart(rows)
    drawing = alt.layer(
        _rule_at(0.0, colour=QUIET, channel="x"),
        base.transform_filter("datum.kind == 'step'")
        .mark_bar(color=SKY, height={"band": 0.5})
        .encode(y=y, x=x, x2=alt.X2("to")),
        base.transform_filter("datum.kind == 'rung'")
        .mark_bar(color=NAVY, height={"band": 0.62})
        .encode(y=y, x=x, x2=alt.X2("to")),
        base.transform_filter("datum.hatched")
        .mark_bar(color=HATCHED, height={"band": 0.62}, stroke=NAVY, strokeWidth=0.5)
        .encode(y=y, x=alt.X("low:Q", scale=scale), x2=alt.X2("high")),
        base.transform_filter("datum.hatched")
        .mark_tick(color=INK, thickness=1.6, height={"band": 0.86})
        .encode(y=y, x=alt.X("end:Q", scale=scale)),
        base.transform_filter("datum.whisker")
        .mark_rule(color=RED, strokeWidth=1.6)
        .encode(y=y, x=alt.X("low:Q", scale=scale), x2=alt.X2("high")),
        base.transform_filter("datum.whisker")
        .mark_tick(color=RED, thickness=1.6, height={"band": 0.5})
        .encode(y=y, x=alt.X("low:Q", scale=scale)),
        base.mark_text(align="left", dx=3).encode(
            y=y,
            x=alt.X("edge:Q", scale=scale),
            text=alt.Text("figure:N"),
        ),
    )
    height = 26 + 18 * len(rows)
    return _chart(drawing, title, source, width_mm, height, _bridge_words(rows))


@without_schema_checks
def chart_margin_against_multiple(
    frame: pd.DataFrame,
    *,
    title: str,
    events: Sequence[RepricingEvent] = (),
    targets: Sequence[RedLine] = (RedLine(0.0), RedLine(50.0)),
    break_evens: Sequence[BreakEvenMarker] = (),
    second: pd.DataFrame | None = None,
    second_title: str = "Runway, months",
    second_red_line: float | None = None,
    source: str = "",
    width_mm: float = HALF_MM,
) -> Chart:
    """Margin, and below it runway, against a multiple of the price paid.

    Parameters
    ----------
    frame
        ``multiple, series, margin, low, high``: per cent of revenue; ``low`` and
        ``high`` may be missing. One line a series.
    title
        The finding.
    events
        Price changes that happened; ticks above the plot.
    targets
        Red lines, in per cent.
    break_evens
        Points where a line meets a red line.
    second
        ``multiple, series, value, low, high`` of the panel below, such as runway.
    second_title, second_red_line
        Unit of that panel and its red line.
    source
        Origin and as-of date.
    width_mm
        Width on paper.
    """
    import altair as alt

    _require(frame, ("multiple", "series", "margin", "low", "high"), "margin against multiple")
    names = tuple(dict.fromkeys(frame["series"]))
    x = _multiple_axis(frame["multiple"], title="Price multiple", shown=second is None)
    low, high = float(frame["multiple"].min()), float(frame["multiple"].max())
    if not 0 < low < high:
        raise InputError(
            f"Price multiples run from {low:g} to {high:g}; give at least two, all above 0."
        )
    shown = [event for event in events if low <= event.multiple <= high]
    plot = points(width_mm) - 24
    upper_height = round(plot * (0.44 if second is not None else 0.6))
    layers = [
        *_event_layers(shown, x, low=low, high=high, plot=plot, height=upper_height),
        *[_rule_at(line.value, colour=RED, label=line.label, right=plot) for line in targets],
        *_lines(frame, x, value="margin", names=names, legend=False),
        *_break_even_layers(break_evens, x),
        *_key_above(names, _events_in_rows(shown, low, high, plot)),
    ]
    upper = _panel(alt.layer(*layers), "% of revenue", plot, upper_height)
    words = _line_words(frame, "multiple", "margin", "%")
    if second is None:
        return finished_chart(upper, title=title, alt_text=f"{title} {words}", source=source)
    _require(second, ("multiple", "series", "value", "low", "high"), "the second panel")
    red = [] if second_red_line is None else [_rule_at(second_red_line, colour=RED)]
    lower_x = _multiple_axis(frame["multiple"], title="Price multiple", shown=True)
    lower_names = tuple(dict.fromkeys([*names, *second["series"]]))
    lines = _lines(second, lower_x, value="value", names=lower_names, legend=False)
    lower = _panel(alt.layer(*red, *lines), second_title, plot, round(plot * 0.18))
    stacked = alt.vconcat(upper, lower, spacing=4)
    words = f"{words} {second_title}: {_line_words(second, 'multiple', 'value', '')}"
    return finished_chart(stacked, title=title, alt_text=f"{title} {words}", source=source)


@without_schema_checks
def chart_cost_split(
    frame: pd.DataFrame,
    *,
    title: str,
    unit: str,
    unresolved: str = "shared unresolved",
    source: str = "",
    width_mm: float = FULL_MM,
) -> Chart:
    """Cost by class for each period, the unresolved part hatched.

    Parameters
    ----------
    frame
        ``period, cost_class, amount`` in the order to be drawn.
    title
        The finding.
    unit
        Unit of the amounts, such as "USD m".
    unresolved
        Class that is hatched.
    source
        Origin and as-of date.
    width_mm
        Width on paper.
    """
    import altair as alt

    _require(frame, ("period", "cost_class", "amount"), "the cost split")
    classes = list(dict.fromkeys(frame["cost_class"]))
    solid = iter((NAVY, BLUE, SKY, SAND, FAINT, QUIET))
    colours = [HATCHED if name == unresolved else next(solid) for name in classes]
    rows = frame.assign(order=[classes.index(name) for name in frame["cost_class"]])
    drawing = (
        alt.Chart(rows)
        .mark_bar(stroke="#ffffff", strokeWidth=0.4)
        .encode(
            x=alt.X("period:N", sort=None, title=None, scale=alt.Scale(paddingInner=0.35)),
            y=alt.Y("amount:Q", title=None, axis=_thin_axis(5)),
            color=alt.Color("cost_class:N", scale=alt.Scale(domain=classes, range=colours)),
            order=alt.Order("order:Q"),
        )
    )
    drawing = drawing.properties(title=unit)
    words = f"Stacked bars in {unit} over {rows['period'].nunique()} periods: {', '.join(classes)}."
    return _chart(drawing, title, source, width_mm, _height(width_mm), words)


@without_schema_checks
def chart_trajectory(
    observed: pd.DataFrame,
    forecast: pd.DataFrame,
    *,
    title: str,
    unit: str,
    rival: pd.DataFrame | None = None,
    source: str = "",
    width_mm: float = FULL_MM,
) -> Chart:
    """Unit cost observed and forecast on a log scale, with 80 and 95 % bands.

    Parameters
    ----------
    observed
        ``date, cost``.
    forecast
        ``date, median, low80, high80, low95, high95``.
    title
        The finding.
    unit
        Unit of the cost, such as "USD per million tokens".
    rival
        ``date, cost`` of the log trend; dashed.
    source
        Origin and as-of date.
    width_mm
        Width on paper.
    """
    import altair as alt

    _require(observed, ("date", "cost"), "the trajectory")
    _require(forecast, ("date", "median", "low80", "high80", "low95", "high95"), "the forecast")
    x = _date_channel("date", width_mm)
    future = alt.Chart(_in_milliseconds(forecast, "date"))
    layers = [
        _keyed(future.mark_area(), x, "95 % interval", "low95", y2="high95"),
        _keyed(future.mark_area(), x, "80 % interval", "low80", y2="high80"),
        _keyed(future.mark_line(strokeWidth=1.4), x, "median forecast", "median"),
    ]
    if rival is not None:
        _require(rival, ("date", "cost"), "the rival trend")
        dashed = alt.Chart(_in_milliseconds(rival, "date")).mark_line(
            strokeDash=[4, 2], strokeWidth=1.1
        )
        layers.append(_keyed(dashed, x, "rival: log trend (dashed)", "cost"))
    dots = alt.Chart(_in_milliseconds(observed, "date")).mark_point(filled=True, size=12, opacity=1)
    layers.append(_keyed(dots, x, "observed", "cost"))
    drawing = alt.layer(*layers).properties(title=unit)
    words = (
        f"{len(observed)} observations in {unit} on a log scale and a forecast to "
        f"{forecast['date'].iloc[-1]:%B %Y}."
    )
    return _chart(drawing, title, source, width_mm, _height(width_mm), words)


@without_schema_checks
def chart_cash(
    frame: pd.DataFrame,
    *,
    title: str,
    unit: str,
    minimum_cash: float | None = None,
    source: str = "",
    width_mm: float = HALF_MM,
) -> Chart:
    """Cash by month in each scenario, against the minimum the company must hold.

    Parameters
    ----------
    frame
        ``month, scenario, cash``; dates, names, amounts in ``unit``.
    title
        The finding.
    unit
        Unit of the amounts.
    minimum_cash
        Covenant or floor, drawn as a red line.
    source
        Origin and as-of date.
    width_mm
        Width on paper.
    """
    import altair as alt

    _require(frame, ("month", "scenario", "cash"), "the cash chart")
    names = tuple(dict.fromkeys(frame["scenario"]))
    x = _date_channel("month", width_mm)
    rows = frame.rename(columns={"scenario": "series", "cash": "value"})
    rows = rows.assign(low=float("nan"), high=float("nan"))
    floor = (
        [] if minimum_cash is None else [_rule_at(minimum_cash, colour=RED, label="minimum cash")]
    )
    zero = _rule_at(0.0, colour=QUIET)
    lines = _lines(_in_milliseconds(rows, "month"), x, value="value", names=names)
    drawing = alt.layer(zero, *floor, *lines).properties(title=unit)
    words = _line_words(
        rows.assign(month=rows["month"].dt.strftime("%B %Y")), "month", "value", unit
    )
    return _chart(drawing, title, source, width_mm, _height(width_mm), words)


@without_schema_checks
def chart_margins_by_period(
    frame: pd.DataFrame, *, title: str, source: str = "", width_mm: float = HALF_MM
) -> Chart:
    """Margins by period, one line a segment or rung, with bounds where known.

    Parameters
    ----------
    frame
        ``period, series, margin, low, high``: period names in order, per cent of revenue.
    title
        The finding.
    source
        Origin and as-of date.
    width_mm
        Width on paper.
    """
    import altair as alt

    _require(frame, ("period", "series", "margin", "low", "high"), "margins by period")
    names = tuple(dict.fromkeys(frame["series"]))
    x = alt.X("period:N", sort=None, title=None, scale=alt.Scale(type="point", padding=0.3))
    zero = _rule_at(0.0, colour=QUIET)
    lines = _lines(frame, x, value="margin", names=names, dots=True)
    drawing = alt.layer(zero, *lines).properties(title="% of revenue")
    words = _line_words(frame, "period", "margin", "%")
    return _chart(drawing, title, source, width_mm, _height(width_mm), words)


@without_schema_checks
def chart_query_costs(
    frame: pd.DataFrame, *, title: str, unit: str, source: str = "", width_mm: float = FULL_MM
) -> Chart:
    """Cost of a query by feature: a bar from the median to the 95th percentile, log scale.

    Parameters
    ----------
    frame
        ``feature, median, p95``: money, above zero.
    title
        The finding.
    unit
        Unit of the cost.
    source
        Origin and as-of date.
    width_mm
        Width on paper.
    """
    import altair as alt

    _require(frame, ("feature", "median", "p95"), "cost per query")
    y = alt.Y("feature:N", sort=None, title=None)
    scale = alt.Scale(type="log", nice=True)
    base = alt.Chart(frame)
    bars = base.mark_bar(color=SKY, height=7).encode(
        x=alt.X("median:Q", scale=scale, title=unit), x2="p95:Q", y=y
    )
    median = base.mark_point(color=NAVY, filled=True, size=34).encode(
        x=alt.X("median:Q", scale=scale), y=y
    )
    tail = base.mark_tick(color=RED, thickness=1.6, size=11).encode(
        x=alt.X("p95:Q", scale=scale), y=y
    )
    height = max(48, 15 * len(frame) + 26)
    words = " ".join(
        f"{row.feature}: median {row.median:.4g}, 95th percentile {row.p95:.4g}."
        for row in frame.itertuples()
    )
    drawing = alt.layer(bars, median, tail).properties(title="dot median, tick 95th percentile")
    return _chart(drawing, title, source, width_mm, height, words)


@without_schema_checks
def chart_cohorts(
    frame: pd.DataFrame, *, title: str, unit: str, source: str = "", width_mm: float = FULL_MM
) -> Chart:
    """Contribution of a user by months since signing up, one line a cohort.

    Parameters
    ----------
    frame
        ``cohort, months_since, per_user``: signup month, whole months, money a user and month.
    title
        The finding.
    unit
        Currency.
    source
        Origin and as-of date.
    width_mm
        Width on paper.
    """
    import altair as alt

    _require(frame, ("cohort", "months_since", "per_user"), "the cohort chart")
    order = sorted(set(frame["cohort"]))
    lines = (
        alt.Chart(frame)
        .mark_line(strokeWidth=1.2, point=alt.OverlayMarkDef(size=9))
        .encode(
            x=alt.X("months_since:Q", title="months since signing up", axis=_thin_axis(8)),
            y=alt.Y("per_user:Q", title=None, axis=_thin_axis(5)),
            color=alt.Color("cohort:N", sort=order, scale=alt.Scale(scheme="blues")),
        )
    )
    drawing = alt.layer(_rule_at(0.0, colour=RED), lines)
    drawing = drawing.properties(title=f"{unit} a user and month")
    words = f"{len(order)} cohorts, {order[0]} to {order[-1]}."
    return _chart(drawing, title, source, width_mm, _height(width_mm), words)


def _chart(
    drawing: Any, title: str, source: str, width_mm: float, height: int, words: str
) -> Chart:
    sized = drawing.properties(
        width=points(width_mm),
        height=height,
        autosize={"type": "fit", "contains": "padding"},
    )
    return finished_chart(sized, title=title, alt_text=f"{title} {words}".strip(), source=source)


def _height(width_mm: float) -> int:
    return round(points(width_mm) * (0.32 if width_mm > 1.2 * HALF_MM else 0.6))


def _panel(drawing: Any, unit: str, plot: int, height: int) -> Any:
    """Concatenated panels cannot be fitted, so the plot's own width is given."""
    return drawing.properties(title=unit, width=plot, height=height)


def _require(frame: pd.DataFrame, columns: tuple[str, ...], chart: str) -> None:
    absent = [name for name in columns if name not in frame.columns]
    if absent:
        raise InputError(
            f"Columns {absent!r} are missing for {chart}; got {list(frame.columns)!r}. "
            f"Supply {', '.join(columns)}."
        )
    if frame.empty:
        raise InputError(f"The frame for {chart} has 0 rows; leave the chart out instead.")


def _thin_axis(ticks: int) -> alt.Axis:
    import altair as alt

    return alt.Axis(tickCount=ticks, labelExpr=_MINUS)


def _date_channel(column: str, width_mm: float) -> alt.X:
    import altair as alt

    ticks = 8 if width_mm > 1.2 * HALF_MM else 4
    axis = alt.Axis(tickCount=ticks, format="%b %Y", labelFlush=True, labelOverlap=True)
    return alt.X(f"{column}:T", title=None, scale=alt.Scale(type="utc"), axis=axis)


def _in_milliseconds(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Plain dates would be read in the machine's own time zone and shift the drawing."""
    since = pd.to_datetime(frame[column]) - pd.Timestamp("1970-01-01")
    return frame.assign(**{column: since // pd.Timedelta(milliseconds=1)})


def _keyed(mark: Any, x: alt.X, key: str, value: str, *, y2: str | None = None) -> Any:
    import altair as alt

    scale = alt.Scale(domain=list(_TRAJECTORY_KEYS), range=list(_TRAJECTORY_KEYS.values()))
    y_scale = alt.Scale(type="log", nice=False)
    y = alt.Y(f"{value}:Q", title=None, scale=y_scale, axis=_log_axis())
    channels: dict[str, Any] = {"x": x, "y": y, "color": alt.Color("key:N", scale=scale)}
    keyed = mark.transform_calculate(key=f"'{key}'")
    return keyed.encode(**channels | ({} if y2 is None else {"y2": y2}))


def _log_axis() -> alt.Axis:
    import altair as alt

    values = [digit * 10.0**power for power in range(-6, 7) for digit in (1, 2, 5)]
    return alt.Axis(values=values, format="~g")


def _bridge_rows(frame: pd.DataFrame) -> pd.DataFrame:
    if not frame["step"].is_unique:
        twice = sorted(frame.loc[frame["step"].duplicated(), "step"])
        raise InputError(f"Bridge steps {twice!r} occur twice; give each step its own name.")
    is_rung = frame["kind"].eq("rung")
    low, high = frame["low"].fillna(frame["end"]), frame["high"].fillna(frame["end"])
    begins = frame["start"].where(~is_rung, 0.0)
    hatched = is_rung & (high > low)
    figures = [
        _bridge_figure(row.kind, row.start, row.end, row.low, row.high) for row in _records(frame)
    ]
    return frame.assign(
        low=low.where(hatched, frame["end"]),
        high=high.where(hatched, frame["end"]),
        hatched=hatched & frame["range_kind"].eq("bound"),
        whisker=hatched & frame["range_kind"].ne("bound"),
        figure=figures,
        start=frame["start"].fillna(0.0),
        **{"from": begins, "to": frame["end"]},
    ).assign(
        edge=lambda rows: rows[["from", "to", "high"]].max(axis="columns").clip(lower=0).fillna(0)
    )


def _bridge_figure(kind: Any, start: Any, end: Any, low: Any, high: Any) -> str:
    if pd.isna(end):
        return NOT_COMPUTABLE
    if kind == "step":
        return _signed(end - start)
    if pd.notna(low) and pd.notna(high) and high > low:
        return f"{_figure(end)} ({_figure(low)} to {_figure(high)})"
    return _figure(end)


def _figure(value: float) -> str:
    return NOT_COMPUTABLE if pd.isna(value) else f"{value:.1f}".replace("-", "−")


def _records(frame: pd.DataFrame) -> list[Any]:
    return list(frame.itertuples(index=False))


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")


def _bridge_axis(rows: pd.DataFrame, width_mm: float) -> alt.Axis:
    import altair as alt

    rungs = list(rows.loc[rows["kind"] == "rung", "step"])
    return alt.Axis(
        ticks=False,
        domain=False,
        grid=False,
        labelColor=INK,
        labelLimit=points(width_mm) * 0.4,
        labelFontWeight=alt.ExprRef(f"indexof({json.dumps(rungs)}, datum.value) < 0 ? 400 : 600"),
    )


def _bridge_words(rows: pd.DataFrame) -> str:
    listed = "; ".join(f"{row.step} {row.figure}" for row in _records(rows))
    return f"In % of revenue: {listed}."


def _with_room(rows: pd.DataFrame, *, plot: float) -> list[float]:
    """Widen the scale until the figure beside each bar fits into the plot."""
    drawn = rows[["from", "to", "low", "high"]]
    low = min(float(drawn.min().min()), 0.0)
    ends = [
        low + (row.edge - low) * plot / (plot - _LETTER * len(row.figure) - 6)
        for row in _records(rows)
    ]
    return [low, max([*ends, float(drawn.max().max()), low + 1.0])]


def _rule_at(
    value: float, *, colour: str, label: str = "", channel: str = "y", right: int = 0
) -> Any:
    import altair as alt

    rows = pd.DataFrame({"at": [value], "label": [label]})
    dash = [3, 2] if colour == RED else [1, 0]
    rule = alt.Chart(rows).mark_rule(color=colour, strokeDash=dash, strokeWidth=0.8)
    if channel == "x":
        return rule.encode(x=alt.X("at:Q"))
    text = alt.Chart(rows).mark_text(
        color=RED, align="right" if right else "left", dx=-2 if right else 2, dy=-4, fontSize=6.5
    )
    where = {"y": alt.Y("at:Q", title=None), "x": alt.value(right)}
    return rule.encode(y=where["y"]) + text.encode(text=alt.Text("label:N"), **where)


def _multiple_axis(multiples: pd.Series, *, title: str, shown: bool) -> alt.X:
    import altair as alt

    low, high = float(multiples.min()), float(multiples.max())
    ticks = [tick for tick in _MULTIPLE_TICKS if low <= tick <= high]
    return alt.X(
        "multiple:Q",
        title=title if shown else None,
        scale=alt.Scale(type="log", domain=[low, high], nice=False),
        axis=alt.Axis(
            values=ticks,
            labelExpr="datum.label + '×'",
            format="~g",
            labelFlush=True,
            labels=shown,
        ),
    )


def _lines(
    frame: pd.DataFrame,
    x: alt.X,
    *,
    value: str,
    names: tuple[str, ...],
    dots: bool = False,
    legend: bool = True,
) -> list[Any]:
    import altair as alt

    y = alt.Y(f"{value}:Q", title=None, axis=_thin_axis(4), scale=_clipped(frame, value))
    drawn = alt.Legend(symbolType="stroke", symbolOpacity=1, symbolStrokeWidth=1.5, symbolSize=90)
    shown = drawn if legend and len(names) > 1 else None
    colours = alt.Scale(domain=list(names), range=[SERIES[i % 5] for i in range(len(names))])
    dashes = alt.Scale(domain=list(names), range=[list(DASHES[i % 5]) for i in range(len(names))])
    colour = alt.Color("series:N", sort=list(names), scale=colours, legend=shown)
    dash = alt.StrokeDash("series:N", sort=list(names), scale=dashes, legend=shown)
    layers: list[Any] = []
    bounded = frame.dropna(subset=["low", "high"])
    if len(bounded):
        band = alt.Chart(bounded).mark_area(opacity=0.18, clip=True)
        layers.append(
            band.encode(x=x, y=alt.Y("low:Q", title=None), y2=alt.Y2("high"), color=colour)
        )
    layers.append(
        alt.Chart(frame)
        .mark_line(strokeWidth=1.4, clip=True)
        .encode(x=x, y=y, color=colour, strokeDash=dash)
    )
    if dots:
        marks = alt.Chart(frame).mark_point(filled=True, size=16, opacity=1)
        layers.append(marks.encode(x=x, y=y, color=colour))
    return layers


def _clipped(frame: pd.DataFrame, value: str) -> alt.Scale:
    """A margin at ten times the price can fall so far that the rest turns flat."""
    import altair as alt

    floor = float(frame[value].min())
    if value != "margin" or floor >= _LOWEST_MARGIN:
        return alt.Scale()
    return alt.Scale(domainMin=_LOWEST_MARGIN)


def _break_even_layers(markers: Sequence[BreakEvenMarker], x: alt.X) -> list[Any]:
    import altair as alt

    if not markers:
        return []
    rows = pd.DataFrame([vars(marker) for marker in markers])
    base = alt.Chart(rows).encode(x=x, y=alt.Y("margin:Q", title=None))
    return [
        base.mark_point(shape="diamond", filled=True, size=26, color=RED, opacity=1),
        base.mark_text(align="left", dx=4, dy=-5, fontWeight=600, fontSize=6.5).encode(
            text=alt.Text("label:N")
        ),
    ]


def _event_layers(
    events: Sequence[RepricingEvent], x: alt.X, *, low: float, high: float, plot: int, height: int
) -> list[Any]:
    import altair as alt

    layers: list[Any] = []
    for event, row, to_left in _events_in_rows(events, low, high, plot):
        label_y = -3 - _EVENT_ROW * row
        base = alt.Chart(pd.DataFrame({"multiple": [event.multiple], "label": [event.label]}))
        rule = base.mark_rule(color=QUIET, strokeWidth=0.5, opacity=0.55)
        text = base.mark_text(
            color=QUIET, fontSize=6.5, align="right" if to_left else "left", dx=-2 if to_left else 2
        )
        layers.append(rule.encode(x=x, y=alt.value(label_y - 2), y2=alt.value(height)))
        layers.append(text.encode(x=x, y=alt.value(label_y - 1), text=alt.Text("label:N")))
    return layers


def _key_above(
    names: tuple[str, ...], events: Sequence[tuple[RepricingEvent, int, bool]]
) -> list[Any]:
    """Stacked panels would place a legend across both, so the key is drawn above the events."""
    import altair as alt

    y = alt.value(-6 - _EVENT_ROW * (1 + max((row for _, row, _ in events), default=-1)))
    layers: list[Any] = []
    left = 0.0
    for position, name in enumerate(names if len(names) > 1 else ()):
        base = alt.Chart(pd.DataFrame({"name": [name]}))
        stroke = base.mark_rule(
            color=SERIES[position % 5], strokeDash=list(DASHES[position % 5]), strokeWidth=1.5
        )
        layers.append(stroke.encode(x=alt.value(left), x2=alt.value(left + 12), y=y))
        text = base.mark_text(align="left", baseline="middle", color=QUIET)
        layers.append(text.encode(x=alt.value(left + 15), y=y, text=alt.Text("name:N")))
        left += 24 + _LETTER * len(name)
    return layers


def _share(multiple: float, low: float, high: float) -> float:
    return math.log(multiple / low) / math.log(high / low)


def _events_in_rows(
    events: Sequence[RepricingEvent], low: float, high: float, plot: int
) -> list[tuple[RepricingEvent, int, bool]]:
    """Give each label the lowest row in which it touches no other, and its side.

    The dearest event comes first, so that no leader crosses a label to its left.
    """
    taken: list[list[tuple[float, float]]] = []
    placed = []
    for event in sorted(events, key=lambda event: (-event.multiple, event.label)):
        at, width = _share(event.multiple, low, high) * plot, _LETTER * len(event.label) + 4
        to_left = at + width > plot
        span = (at - width, at) if to_left else (at, at + width)
        row = next((n for n, row in enumerate(taken) if _is_free(row, span)), len(taken))
        taken.extend([[]] if row == len(taken) else [])
        taken[row].append(span)
        placed.append((event, row, to_left))
    return placed


def _is_free(row: Sequence[tuple[float, float]], span: tuple[float, float]) -> bool:
    return all(span[1] <= start or span[0] >= end for start, end in row)


def _line_words(frame: pd.DataFrame, x: str, value: str, unit: str) -> str:
    """First and last value of each line, for a reader who cannot see it."""
    return " ".join(
        f"{name}: {_figure(rows[value].iloc[0])} {unit} at {rows[x].iloc[0]}, "
        f"{_figure(rows[value].iloc[-1])} {unit} at {rows[x].iloc[-1]}."
        for name, rows in frame.groupby("series", sort=False)
    )
