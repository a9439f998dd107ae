"""The workbook beside the memo: every table with its numbers as numbers, text as text."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any

from diligence.analysis import DealAnalysis
from diligence.analysis.stress_analysis import StressAnalysis
from diligence.reporting.sections.simulation import fan_frame

if TYPE_CHECKING:
    import pandas as pd

_WIDTH_LIMIT = 60


def memo_workbook(analysis: DealAnalysis) -> bytes:
    """Write every table to its sheet, from margins and cost lines to scenarios and value.

    Amounts are in whole units of the reporting currency, margins are fractions; a missing value is
    an empty cell, never 0. Text is written as text, so a formula in a deal file stays words.
    """
    import pandas as pd

    history = pd.concat([result.ladder.to_frame() for result in analysis.history])
    sheets = (
        ("Margins", analysis.ladder.to_frame()),
        ("History", history),
        ("Cost lines", analysis.split.to_frame()),
        ("Coverage", analysis.coverage.to_frame()),
        ("Bills and books", _reconciled(analysis)),
        ("Break-even", pd.DataFrame([vars(found) for found in analysis.break_evens])),
        ("Stress", analysis.stress.to_frame()),
        *_future_sheets(analysis.future),
        ("Runway", analysis.runway.to_frame()),
        ("Assumptions", pd.DataFrame([vars(item) for item in analysis.assumptions])),
        ("Files", pd.DataFrame([vars(file) for file in analysis.deal.files])),
    )
    return workbook_bytes(sheets, as_of=analysis.deal.terms.as_of)


def _future_sheets(future: StressAnalysis) -> tuple[tuple[str, pd.DataFrame], ...]:
    """Sheets of what moved prices leave; what could not be computed has none."""
    sheets: list[tuple[str, pd.DataFrame]] = [
        ("Reverse stress", future.reverse.to_frame()),
        ("Scenarios", future.scenarios.to_frame()),
        ("Simulation", future.simulation.to_frame()),
    ]
    fans = [fan_frame(future.simulation, figure) for figure in ("paid_margin", "cash")]
    sheets += [
        (name, fan)
        for name, fan in zip(("Margin fan", "Cash fan"), fans, strict=True)
        if fan is not None
    ]
    if future.sensitivity is not None:
        sheets.append(("Sensitivity", future.sensitivity.to_frame()))
    if future.attribution is not None:
        sheets.append(("Loss by cause", future.attribution.loss.to_frame()))
    if future.suppliers.losses:
        sheets.append(("Suppliers", future.suppliers.to_frame()))
    if future.floors is not None:
        sheets.append(("Price floors", future.floors.to_frame()))
    if future.caps is not None:
        sheets.append(("Price caps", future.caps.to_frame()))
    sheets.append(("Value", future.valuation.to_frame()))
    return tuple(sheets)


def _reconciled(analysis: DealAnalysis) -> pd.DataFrame:
    import pandas as pd

    frames = [check.to_frame() for check in analysis.books.checks]
    columns = ["supplier", "period", "booked", "billed", "gap"]
    return pd.concat(frames) if frames else pd.DataFrame(columns=columns)


def requests_workbook(analysis: DealAnalysis) -> bytes:
    """One sheet to send to the company: what is asked for, why, and an empty answer column."""
    import pandas as pd

    rows = [
        {
            "rank": rank,
            "request": request.what,
            "why": request.why,
            "narrows paid margin by at most (share of revenue)": request.points or None,
            "money it settles": request.money or None,
            "answer": "",
        }
        for rank, request in enumerate(analysis.requests, start=1)
    ]
    frame = pd.DataFrame(rows)
    return workbook_bytes((("Requests", frame),), as_of=analysis.deal.terms.as_of)


def workbook_bytes(sheets: Iterable[tuple[str, pd.DataFrame]], *, as_of: date) -> bytes:
    """Write frames to a workbook; the same frames give the same bytes."""
    import xlsxwriter

    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        stamp = datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC).replace(tzinfo=None)
        book.set_properties({"created": stamp})
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        for name, frame in sheets:
            sheet = book.add_worksheet(name)
            _write(sheet, frame, head)
    return buffer.getvalue()


def _write(sheet: Any, frame: pd.DataFrame, head: Any) -> None:
    rows = [[_cell(value) for value in row] for row in frame.itertuples(index=False, name=None)]
    for column, title in enumerate(frame.columns):
        sheet.write_string(0, column, str(title), head)
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(number, column, value)
            elif value is not None:
                sheet.write_number(number, column, value)
    for column, width in enumerate(_widths([str(c) for c in frame.columns], rows)):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)


def _cell(value: object) -> str | float | None:
    if value is None or value != value:
        return None
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, Decimal | int | float):
        return float(value) if isfinite(value) else "no limit"
    return str(value) or None


def _widths(titles: Sequence[str], rows: Sequence[Sequence[object]]) -> list[int]:
    return [
        min(_WIDTH_LIMIT, 2 + max([len(title), *(len(str(row[column])) for row in rows)]))
        for column, title in enumerate(titles)
    ]
