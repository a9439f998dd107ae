"""Ten thousand futures of one market: chances of running out of cash, and fans."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from diligence.analysis import DealAnalysis
from diligence.reporting.blocks import (
    Block,
    Chart,
    Column,
    Columns,
    Exhibit,
    Note,
    Paragraph,
    Table,
)
from diligence.reporting.documents import Section
from diligence.reporting.fan_chart import chart_fan
from diligence.reporting.wording import (
    MoneyStyle,
    joined,
    money_style,
    needs,
    percent_cell,
    sentence,
)
from diligence.stress.simulation import LEVELS, Estimate, Simulation
from diligence.units import format_percent
from diligence.units.money import SCALES

if TYPE_CHECKING:
    import pandas as pd

MONTHS = (12, 24, 36)
_CASH = "a cash balance and burn in cash.csv"


def simulation_section(analysis: DealAnalysis) -> Section:
    """Chances with their standard errors, quantiles, and fans of margin and cash."""
    found, style = analysis.future.simulation, money_style(analysis)
    margin = margin_fan(found)
    model = analysis.future.model
    cash = cash_fan(found, style, today=model.cash, minimum=model.minimum_cash)
    blocks: list[Block] = [Paragraph(_opening(found))]
    blocks += _paired([Exhibit(chart) for chart in (margin, cash) if chart is not None])
    tables = (cash_out_table(found), quantile_table(found, style))
    blocks += _paired([table for table in tables if table.rows])
    blocks.append(
        Note(
            f"{found.paths:,} paths, seed {found.seed}; prices are drawn once for all companies, "
            "with jumps and correlations as assumed; volume, unit cost and levers by company. The "
            "fans are quantiles over paths; the standard error is of the simulation alone, not of "
            "what it assumes."
        )
    )
    return Section("Simulation", tuple(blocks), key="simulation")


def fan_frame(found: Simulation, figure: str) -> pd.DataFrame | None:
    """Quantiles by quarter of ``cash`` or ``paid_margin``; None where a path has none."""
    return found.fan(figure) if _is_known(found, figure) else None


def margin_fan(found: Simulation) -> Chart | None:
    """Fan of the paid margin; None when no path has revenue."""
    frame = fan_frame(found, "paid_margin")
    if frame is None:
        return None
    last = frame.iloc[-1]
    middle = f"{format_percent(last['p10'], 0)} and {format_percent(last['p90'], 0)}"
    columns = [name for name in frame.columns if name != "month"]
    return chart_fan(
        frame.assign(**{name: 100 * frame[name] for name in columns}),
        title=f"Paid margin of month {found.months}: between {middle} in 80 % of paths",
        unit="paid gross margin, %",
        red_line=0.0,
        source=_source(found),
    )


def cash_fan(
    found: Simulation, style: MoneyStyle, *, today: float | None, minimum: float
) -> Chart | None:
    """Fan of cash from today's, with its minimum; None when cash is unknown."""
    import pandas as pd

    frame = fan_frame(found, "cash")
    if frame is None or today is None:
        return None
    start = pd.DataFrame([dict.fromkeys(frame.columns, today) | {"month": 0}])
    frame = pd.concat([start, frame], ignore_index=True)
    scale = float(SCALES[style.scale])
    columns = [name for name in frame.columns if name != "month"]
    chance = found.p_cash_out(found.months)
    return chart_fan(
        frame.assign(**{name: frame[name] / scale for name in columns}),
        title=f"Cash runs out within {found.months} months in {_chance(chance)} of paths",
        unit=f"cash, {style.unit}",
        red_line=minimum / scale,
        red_label="minimum cash" if minimum else "no cash",
        source=_source(found),
    )


def cash_out_table(found: Simulation) -> Table:
    """Chance of running out of cash by month, with its standard error."""
    rows = [
        (
            f"within {month} months",
            percent_cell(chance.value),
            percent_cell(chance.standard_error),
        )
        for month in MONTHS
        if month <= found.months and (chance := found.p_cash_out(month)) is not None
    ]
    columns = (
        Column("Cash out"),
        Column("Chance, %", "number"),
        Column("Standard error, points", "number"),
    )
    return Table(columns, tuple(rows), caption="Chance of running out of cash, before the round")


def quantile_table(found: Simulation, style: MoneyStyle) -> Table:
    """Quantiles of the last margin, and of runway and capital needed where cash is known."""
    figures: tuple[tuple[str, str, Callable[[float], str]], ...] = (
        (f"Paid margin of month {found.months}, %", "paid_margin", percent_cell),
        ("Runway, months", "runway_months", lambda value: _months(value, found.months)),
        (f"Capital needed, {style.unit}", "capital_needed", style.cell_of),
    )
    rows = [
        (title, *(shown(quantiles[level]) for level in LEVELS))
        for title, name, shown in figures
        if _is_known(found, name) and (quantiles := found.quantiles(name)) is not None
    ]
    columns = (
        Column("Quantile over paths"),
        *(Column(f"{level * 100:g} %", "number") for level in LEVELS),
    )
    return Table(columns, tuple(rows), caption="What 90 % of paths lie between")


def chance_words(found: Simulation, month: int) -> str:
    """Chance of cash running out by a month with its standard error; empty where unknown."""
    chance = found.p_cash_out(month)
    if chance is None or month > found.months:
        return ""
    return f"{_chance(chance)} of paths within {month} months"


def _opening(found: Simulation) -> str:
    chances = [words for month in MONTHS if (words := chance_words(found, month))]
    if not chances:
        return sentence(f"the chance of running out of cash is {needs(_CASH)}")
    text = f"without the round's money cash runs out in {joined(chances)}"
    runway = found.quantiles("runway_months")
    if runway is not None:
        text += f"; half of the paths last {_lasting(runway[0.5], found.months)}"
    return sentence(text)


def _paired(blocks: Sequence[Block]) -> list[Block]:
    return [Columns((blocks[0],), (blocks[1],))] if len(blocks) == 2 else list(blocks)


def _lasting(months: float, horizon: int) -> str:
    if months == float("inf"):
        return f"beyond {horizon} months"
    return f"{months:.1f} months or longer"


def _chance(chance: Estimate | None) -> str:
    if chance is None:
        return needs(_CASH)
    return f"{format_percent(chance.value)} (\u00b1 {100 * chance.standard_error:.1f})"


def _months(value: float, horizon: int) -> str:
    return f"over {horizon}" if value == float("inf") else f"{value:.1f}"


def _source(found: Simulation) -> str:
    return f"{found.company}, {found.paths:,} paths of one market, seed {found.seed}"


def _is_known(found: Simulation, figure: str) -> bool:
    """False where cash is unknown, or a path has no revenue and so no margin."""
    import numpy as np

    values = getattr(found.results, figure)
    return values is not None and (figure != "paid_margin" or bool(np.isfinite(values).all()))
