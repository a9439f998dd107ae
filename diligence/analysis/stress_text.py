"""``diligence stress`` for a reader: reverse stress first, then scenarios, futures and value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from diligence.analysis.stress_words import in_two_sentences
from diligence.stress.break_even import Target
from diligence.stress.reverse_stress import ReverseStress
from diligence.stress.scenario_results import Outcome, ScenarioTable
from diligence.stress.simulation import Simulation
from diligence.units.display import format_multiple, format_percent
from diligence.units.text_table import text_table

if TYPE_CHECKING:
    from diligence.analysis.deal_analysis import DealAnalysis

_TARGETS: tuple[tuple[str, str, Target], ...] = (
    ("margin 0 %", "paid", "gross_margin_0"),
    ("margin 50 %", "paid", "gross_margin_50"),
    ("runway 12 m", "cash", "runway_12m"),
)
_MONTHS = (12, 24, 36)


def stress_text(analysis: DealAnalysis) -> str:
    """Everything that the stress of a deal says, in tables a person reads."""
    future = analysis.future
    parts = [
        f"{analysis.company}, {analysis.period.label}: {analysis.verdict.summary()}",
        in_two_sentences(analysis),
        _titled("Price multiple at which the target is missed (k*)", _reverse(future.reverse)),
        _titled("First day on which a price can move", _locks(future.reverse)),
        f"Nearest joint shock: {future.joint.summary()}" if future.joint else "",
        _titled("Scenarios, paid margin of month 12 and runway", _scenarios(future.scenarios)),
        _titled("Futures of one market", _futures(future.simulation)),
        _titled("Each supplier alone doubles its prices", future.suppliers.summary()),
        _titled(
            "Sensitivity", future.sensitivity.summary() if future.sensitivity is not None else ""
        ),
        _titled("Price floors", future.floors.summary() if future.floors is not None else ""),
        _titled("Self-hosting", "\n".join(worth.summary() for worth in future.self_host)),
        _titled("Value of the position", future.valuation.summary()),
    ]
    return "\n\n".join(part for part in parts if part)


def _titled(title: str, body: str) -> str:
    return f"{title}\n{body}" if body else ""


def _reverse(reverse: ReverseStress) -> str:
    keys = dict.fromkeys(
        point.key for point in reverse.points if not point.segment and not point.key.model
    )
    rows = [
        (key.label, *(_k(reverse, key, rung, target) for _, rung, target in _TARGETS))
        for key in keys
    ]
    return text_table(("price", *(head for head, _, _ in _TARGETS)), rows)


def _k(reverse: ReverseStress, key: object, rung: str, target: Target) -> str:
    found = next(
        (
            point
            for point in reverse.points
            if (point.key, point.rung, point.target, point.segment) == (key, rung, target, "")
        ),
        None,
    )
    if found is None:
        return ""
    if found.k is None:
        return found.status.replace("_", " ")
    below = " (below)" if found.status == "already_below" else ""
    return f"{format_multiple(found.k)}{below}"


def _locks(reverse: ReverseStress) -> str:
    rows = [(move.key.label, move.on.isoformat()) for move in reverse.first_moves]
    return text_table(("price", "can move from"), rows)


def _scenarios(table: ScenarioTable) -> str:
    def rows() -> Iterator[tuple[str, ...]]:
        yield ("baseline", *_shown(table.baseline), "", "", "")
        for found in table.outcomes:
            if not found.touches:
                continue
            yield (
                found.scenario.name,
                *_shown(found.stated),
                _percent(found.held_still.gross_margin),
                _percent(found.with_levers.gross_margin),
                found.label,
            )

    head = ("scenario", "margin", "runway", "held still", "with levers", "")
    untouched = [found.scenario.name for found in table.outcomes if not found.touches]
    note = f"\nDo not touch this company: {', '.join(untouched)}" if untouched else ""
    return text_table(head, rows()) + note


def _shown(outcome: Outcome) -> tuple[str, str]:
    months = outcome.runway_months
    runway = outcome.runway_status.replace("_", " ") if months is None else f"{months:.1f} months"
    return _percent(outcome.gross_margin), runway


def _futures(simulation: Simulation) -> str:
    chances = [
        (month, found)
        for month in _MONTHS
        if month <= simulation.months and (found := simulation.p_cash_out(month)) is not None
    ]
    if not chances:
        return simulation.summary()
    rows = [
        (f"by month {month}", format_percent(chance.value), format_percent(chance.standard_error))
        for month, chance in chances
    ]
    table = text_table(("cash out", "chance", "standard error"), rows)
    return f"{table}\n{simulation.paths:,} paths, seed {simulation.seed}"


def _percent(margin: float | None) -> str:
    return "n/a" if margin is None else format_percent(margin)
