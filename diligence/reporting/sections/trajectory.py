"""The company's own cost over time: fit, forecast, hindcasts, the market, and volume."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from diligence.analysis import CostTrajectory, DealAnalysis
from diligence.projections.price_fall_keeper import PriceFallKeeper
from diligence.projections.unit_cost_history import UnitCostHistory, UnitCostPoint
from diligence.projections.unit_cost_trajectory import UnitCostTrajectory, pace_against_market
from diligence.reporting.blocks import (
    Block,
    Chart,
    Column,
    Exhibit,
    Heading,
    Note,
    Paragraph,
    Table,
)
from diligence.reporting.charts import chart_trajectory
from diligence.reporting.documents import Section
from diligence.reporting.theme import FULL_MM
from diligence.reporting.wording import needs, percent_cell, sentence
from diligence.units import format_months, format_multiple, format_percent

if TYPE_CHECKING:
    import pandas as pd

    from diligence.trajectories import Backtest, TrajectoryFit

_SHOWN_PERIODS = 12
_PARTS = {
    "fall": "Kept of the fall",
    "rise": "Borne of the rise",
    "flat": "Gained while the market stood still",
}


def trajectory_section(analysis: DealAnalysis) -> Section:
    """Pace of the unit cost with its interval, forecast, backtest, market and scale."""
    found = analysis.trajectory
    blocks = [*_fitted_blocks(analysis, found), *_company_blocks(found)]
    return Section("Cost trajectory", tuple(blocks), key="trajectory")


def _fitted_blocks(analysis: DealAnalysis, found: CostTrajectory) -> list[Block]:
    blocks: list[Block] = []
    if found.fallback:
        text = f"the cost per token is {needs(found.fallback)}; a ratio of the books stands in"
        blocks.append(Paragraph(sentence(text)))
    if found.fit is None:
        text = f"the trajectory of {found.series_name} is not computable: {found.needs}"
        return [*blocks, Paragraph(sentence(text))]
    return [
        *blocks,
        Paragraph(_opening(found, found.fit)),
        Exhibit(_chart(analysis, found, found.fit)),
        _forecast_table(found, found.fit),
        Note(f"{sentence(found.panel.summary())} {_backtest_text(found.backtest)}"),
        Note(" ".join(sentence(note) for note in _notes(found, found.fit))),
    ]


def _opening(found: CostTrajectory, fit: TrajectoryFit) -> str:
    low, high = fit.conf_int(0.90)
    half_life = fit.half_life_months
    halving = f", halving every {format_months(half_life)}" if half_life else ""
    basis = (
        "It is the serving cost of all payers over their tokens, change by change at the same mix "
        "of features"
        if found.is_unit_cost
        else "It is a ratio: prices charged to customers move it as well as costs"
    )
    pace = sentence(
        f"{found.series_name}: {_pace(fit.decline_per_year)} a year over {fit.n} points (90 % "
        f"interval from {_pace(low)} to {_pace(high)}){halving}"
    )
    return f"{pace} {sentence(basis)}"


def _pace(decline: float) -> str:
    """A fall or a rise; a rise beyond double as a multiple, which a percentage hides."""
    if not math.isfinite(decline):
        return "a rise without bound"
    if decline >= 0:
        return f"a fall of {format_percent(decline)}"
    if decline > -1:
        return f"a rise of {format_percent(-decline)}"
    return f"a rise to {format_multiple(1 - decline, 1)}"


def _chart(analysis: DealAnalysis, found: CostTrajectory, fit: TrajectoryFit) -> Chart:
    forecast = _from_last_point(fit, _forecast_frame(fit, found.steps))
    rival = None
    if found.rival is not None:
        ahead = _from_last_point(fit, _forecast_frame(found.rival, found.steps))
        rival = ahead[["date", "median"]].rename(columns={"median": "cost"})
    observed = found.observed.rename("cost").rename_axis("date").reset_index()
    of = "usage and bills" if found.is_unit_cost else "books"
    return chart_trajectory(
        observed,
        forecast,
        title=_title(fit),
        unit=f"{found.series_name}, {found.fitted.unit}",
        rival=rival,
        source=f"{analysis.company}, {of} to {observed['date'].iloc[-1]:%Y-%m-%d}; {fit.method}",
        width_mm=FULL_MM,
    )


def _from_last_point(fit: TrajectoryFit, forecast: pd.DataFrame) -> pd.DataFrame:
    """Put the last observation in front, so that the bands open from it."""
    import pandas as pd

    start = dict.fromkeys(forecast.columns, fit.last_value)
    start["date"] = fit.history.index[-1] if hasattr(fit.history, "index") else fit.last_date
    return pd.concat([pd.DataFrame([start]), forecast], ignore_index=True)


def _title(fit: TrajectoryFit) -> str:
    low, high = fit.conf_int(0.90)
    if low <= 0 <= high:
        return f"{fit.n} points do not tell a decline from a rise"
    direction = "falls" if low > 0 else "rises"
    return f"Cost {direction} by {format_percent(abs(fit.decline_per_year), 0)} a year"


def _forecast_frame(fit: TrajectoryFit, steps: int) -> pd.DataFrame:
    frame = fit.forecast(steps).rename_axis("date").reset_index()
    if hasattr(frame["date"].dtype, "freq"):
        frame["date"] = frame["date"].dt.to_timestamp(how="end")
    return frame


def _forecast_table(found: CostTrajectory, fit: TrajectoryFit) -> Table:
    frame = _forecast_frame(fit, found.steps)
    rows = [
        (f"{row.date:%Y-%m-%d}", *(_cell(value) for value in row[1:]))
        for row in frame[["date", "median", "low80", "high80", "low95", "high95"]].itertuples(
            index=False, name="Row"
        )
    ]
    columns = (
        Column("Date"),
        Column("Median", "number"),
        Column("80 % low", "number"),
        Column("80 % high", "number"),
        Column("95 % low", "number"),
        Column("95 % high", "number"),
    )
    caption = f"Forecast of {found.series_name}, {found.fitted.unit}"
    return Table(columns, tuple(rows), caption=caption)


def _cell(value: float) -> str:
    return f"{value:,.3f}" if math.isfinite(value) and value < 1e6 else "beyond 1,000,000"


def _backtest_text(backtest: Backtest | None) -> str:
    if backtest is None or not backtest.n or backtest.coverage80 is None:
        return "Backtest on this series: too few points to forecast any of them from earlier ones."
    return (
        f"Backtest on this series, {backtest.n} forecasts from earlier points (they overlap): "
        f"{format_percent(backtest.coverage80, 0)} of outcomes inside the 80 % interval, "
        f"{format_percent(backtest.coverage95 or 0.0, 0)} inside the 95 % interval."
    )


def _notes(found: CostTrajectory, fit: TrajectoryFit) -> list[str]:
    rival = found.rival.notes if found.rival is not None else ()
    return list(dict.fromkeys([*fit.notes, *rival]))


def _company_blocks(found: CostTrajectory) -> list[Block]:
    company = found.company
    if company is None or not company.history.points:
        return []
    blocks: list[Block] = [
        Heading("Unit cost by period"),
        _history_table(company),
        Note(" ".join(sentence(note) for note in _history_notes(company))),
        Heading("Who keeps the price fall"),
        *_keeper_blocks(company),
        Heading("Scale"),
        Paragraph(_scale_text(company)),
    ]
    return [block for block in blocks if not (isinstance(block, Note) and not block.text)]


def _history_table(company: UnitCostTrajectory) -> Table:
    """Unit costs of the last year; the market's column only where a market price is known."""
    market, currency = company.market, company.currency
    cells: list[tuple[Column, Callable[[UnitCostPoint], str]]] = [
        (Column("Period"), lambda point: point.period.label),
        (
            Column(f"{currency} per Mtok, features matched", "number"),
            lambda point: _money(point.per_mtok_matched),
        ),
        (Column("per Mtok, all usage", "number"), lambda point: _money(point.per_mtok)),
        (Column("per query", "number"), lambda point: _money(point.per_query, 5)),
        (Column("per active user", "number"), lambda point: _money(point.per_active_user)),
        (Column("Revenue per Mtok", "number"), lambda point: _money(point.revenue_per_mtok)),
    ]
    if market is not None:
        cells.append(
            (
                Column("Market index", "number"),
                lambda point: _money(market.level(point.period)),
            )
        )
    cells += [
        (Column("Days"), lambda point: f"{point.usage.days} of {point.period.days}"),
        (Column("Open, %", "number"), lambda point: percent_cell(point.served.open_share)),
    ]
    shown = company.history.points[-_SHOWN_PERIODS:]
    return Table(
        tuple(column for column, _ in cells),
        tuple(tuple(cell(point) for _, cell in cells) for point in shown),
        caption="Serving cost per unit, periods with bills and usage",
    )


def _money(amount: Decimal | None, places: int = 3) -> str:
    return "" if amount is None else f"{amount:,.{places}f}"


def _history_notes(company: UnitCostTrajectory) -> list[str]:
    history = company.history
    left_out = [point for point in history.points if point.left_out]
    notes = [
        "features matched: each feature's cost per token, weighted by its share of cost, so that "
        "a new feature with cheap tokens is no fall",
        "open: the part of the cost that is not settled",
        *(f"{point.period.label}: left out, {point.left_out}" for point in left_out),
        *history.notes,
    ]
    if history.users_basis:
        notes.append(f"active users are {history.users_basis}")
    return notes


def _keeper_blocks(company: UnitCostTrajectory) -> list[Block]:
    if company.market is None:
        return [Paragraph(sentence(f"the market comparison is {needs(company.market_needs)}"))]
    blocks: list[Block] = [Paragraph(sentence(pace_against_market(company)))]
    if company.keeper is None:
        text = f"who keeps the price fall is {needs(company.keeper_needs)}"
        blocks.append(Paragraph(sentence(text)))
    else:
        blocks.append(_keeper_table(company.history, company.keeper))
    notes = [*company.market.notes, f"prices: {company.market.vintage}"]
    return [*blocks, Note(" ".join(sentence(note) for note in notes))]


def _keeper_table(history: UnitCostHistory, keeper: PriceFallKeeper) -> Table:
    sign = -1 if keeper.move == "rise" else 1
    rows: list[tuple[str, str, str]] = [
        (part.who, _signed(sign * part.money), percent_cell(part.share)) for part in keeper.parts
    ]
    rows.append(("together, the market's move", _signed(sign * keeper.market_fall), ""))
    ends = _ends(history)
    columns = (
        Column("Party"),
        Column(f"{_PARTS[keeper.move]}, {keeper.unit}", "number"),
        Column("Share, %", "number"),
    )
    return Table(
        columns,
        tuple(rows),
        caption=f"Who keeps the price fall, {ends[0].period.label} to {ends[1].period.label}",
        source=sentence(keeper.needs and f"needs {keeper.needs}"),
        emphasised=frozenset({len(rows) - 1}),
    )


def _signed(money: Decimal) -> str:
    return f"{money:+,.4f}".replace("-", "\u2212")


def _ends(history: UnitCostHistory) -> tuple[UnitCostPoint, UnitCostPoint]:
    known = [point for point in history.used if point.matched]
    return known[0], known[-1]


def _scale_text(company: UnitCostTrajectory) -> str:
    found = company.elasticity
    if found is None:
        text = f"the elasticity of cost to volume is not computable: {company.elasticity_needs}"
        return sentence(text)
    lines = found.summary().replace(" -", " \u2212").splitlines()
    return " ".join(sentence(line.removeprefix("note: ")) for line in lines)
