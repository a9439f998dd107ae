"""The day-one card: six numbers in, ranges and questions out, on one page."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from diligence.analysis import Screen
from diligence.analysis.screen import ScreenResult
from diligence.reporting.atomic_files import write_atomically
from diligence.reporting.blocks import Column, Table
from diligence.reporting.documents import ScreenCard
from diligence.reporting.wording import sentence
from diligence.units import format_percent


def write_screen_card(screen: Screen, *, out: Path) -> Path:
    """Render the card to ``screen.pdf`` in a folder."""
    from diligence.reporting.typst_pdf import render_pdf

    return write_atomically(out / "screen.pdf", render_pdf(screen_card(screen)))


def screen_card(screen: Screen) -> ScreenCard:
    """Turn a screen into its card."""
    analysis = screen.analysis
    return ScreenCard(
        company=screen.inputs.company,
        as_of=analysis.deal.terms.as_of,
        run_id=_run_id(screen),
        inputs=_inputs(screen),
        reading=sentence(screen.reading),
        results=_results(screen),
        questions=screen.questions,
        assumptions=_assumptions(screen),
        notes=(
            "Six numbers as management states them, evidence grade D. The low end takes all AI "
            "spend as booked outside cost of revenue. The full run on a deal folder uses "
            "the same code.",
        ),
    )


def _inputs(screen: Screen) -> tuple[tuple[str, str], ...]:
    given = screen.inputs
    money = f"{given.currency} {{:,.0f}}"
    return (
        ("ARR", money.format(given.arr)),
        ("Growth a year", format_percent(given.growth, 0)),
        ("Gross margin as stated", format_percent(given.gross_margin)),
        ("AI spend a year", money.format(given.ai_spend)),
        ("Cash", money.format(given.cash)),
        ("Net burn a month", money.format(given.burn)),
    )


def _results(screen: Screen) -> Table:
    rows = [
        (result.label, result.base_text, result.range_text, _kind(result))
        for result in screen.results
    ]
    columns = (Column("Figure"), Column("Base", "number"), Column("Range"), Column("Kind or note"))
    return Table(columns, tuple(rows), caption="What the six numbers say")


def _kind(result: ScreenResult) -> str:
    return result.note or (result.kind if result.kind != "point" else "")


def _assumptions(screen: Screen) -> Table:
    used = (*screen.priors, *screen.analysis.book_assumptions)
    rows = [
        (item.name.replace("_", " "), str(item.value), item.unit, item.source)
        for item in used
        if item.value is not None
    ]
    columns = (Column("Assumption"), Column("Value", "number"), Column("Unit"), Column("Source"))
    return Table(columns, tuple(rows), caption="Priors and assumptions used")


def _run_id(screen: Screen) -> str:
    text = json.dumps({k: str(v) for k, v in vars(screen.inputs).items()}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
