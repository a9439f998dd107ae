"""The company's own cost series: fit, forecast, and the backtest printed beside it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from diligence.analysis import CostTrajectory, DealAnalysis
from diligence.reporting.blocks import Block, Chart, Column, Exhibit, Note, Paragraph, Table
from diligence.reporting.charts import chart_trajectory
from diligence.reporting.documents import Section
from diligence.reporting.theme import FULL_MM
from diligence.reporting.wording import sentence
from diligence.units import format_months, format_percent, format_span

if TYPE_CHECKING:
    import pandas as pd

    from diligence.trajectories import Backtest, TrajectoryFit


def trajectory_section(analysis: DealAnalysis) -> Section:
    """Pace of decline with its interval, forecast, rival and backtest."""
    found = analysis.trajectory
    if found.fit is None:
        text = f"the trajectory of {found.series_name} is not computable: {found.needs}"
        return Section("Cost trajectory", (Paragraph(sentence(text)),), key="trajectory")
    blocks: list[Block] = [
        Paragraph(_opening(found, found.fit)),
        Exhibit(_chart(analysis, found, found.fit)),
        _forecast_table(found, found.fit),
        Note(_backtest_text(found.backtest)),
        Note(" ".join(sentence(note) for note in _notes(found, found.fit))),
    ]
    return Section("Cost trajectory", tuple(blocks), key="trajectory")


def _opening(found: CostTrajectory, fit: TrajectoryFit) -> str:
    low, high = fit.conf_int(0.90)
    half_life = fit.half_life_months
    pace = format_percent(fit.decline_per_year)
    interval = (
        format_span(format_percent(low), format_percent(high))
        if math.isfinite(low) and math.isfinite(high)
        else "unbounded"
    )
    halving = f", halving every {format_months(half_life)}" if half_life else ""
    return sentence(
        f"{found.series_name} fell {pace} a year over {fit.n} points (90 % interval {interval})"
        f"{halving}; a negative figure is a rise. It is a ratio: prices charged to customers move "
        "it as well as costs"
    )


def _chart(analysis: DealAnalysis, found: CostTrajectory, fit: TrajectoryFit) -> Chart:
    forecast = _from_last_point(fit, _forecast_frame(fit, found.steps))
    rival = None
    if found.rival is not None:
        ahead = _from_last_point(fit, _forecast_frame(found.rival, found.steps))
        rival = ahead[["date", "median"]].rename(columns={"median": "cost"})
    observed = found.observed.rename("cost").rename_axis("date").reset_index()
    return chart_trajectory(
        observed,
        forecast,
        title=_title(fit),
        unit=found.series_name,
        rival=rival,
        source=f"{analysis.company}, books to {observed['date'].iloc[-1]:%Y-%m-%d}; {fit.method}",
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
    return Table(columns, tuple(rows), caption=f"Forecast of {found.series_name}")


def _cell(value: float) -> str:
    return f"{value:,.3f}" if math.isfinite(value) and value < 1e6 else "beyond 1,000,000"


def _backtest_text(backtest: Backtest | None) -> str:
    if backtest is None or not backtest.n or backtest.coverage80 is None:
        return "Backtest: too few points to forecast any of them from the earlier ones."
    return (
        f"Backtest on this series, {backtest.n} forecasts from earlier points: "
        f"{format_percent(backtest.coverage80, 0)} of outcomes inside the 80 % interval, "
        f"{format_percent(backtest.coverage95 or 0.0, 0)} inside the 95 % interval."
    )


def _notes(found: CostTrajectory, fit: TrajectoryFit) -> list[str]:
    rival = found.rival.notes if found.rival is not None else ()
    return list(dict.fromkeys([*fit.notes, *rival]))
