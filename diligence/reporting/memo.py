"""Builds a deal memo from an analysis, and writes everything a run leaves behind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diligence.analysis import DealAnalysis
from diligence.errors import InputError
from diligence.reporting.atomic_files import write_atomically
from diligence.reporting.blocks import Chart, Exhibit
from diligence.reporting.deal_page_one import deal_page_one
from diligence.reporting.documents import Memo, Section, TitleLine
from diligence.reporting.page_one import PageOne
from diligence.reporting.review_row import review_row
from diligence.reporting.run_record import RunRecord, run_record
from diligence.reporting.sections import (
    appendix_section,
    bridge_section,
    cash_section,
    claims_section,
    coverage_section,
    deal_terms_section,
    floors_section,
    history_section,
    prices_section,
    requests_section,
    scenarios_section,
    sensitivity_section,
    simulation_section,
    split_section,
    stress_section,
    suppliers_section,
    training_section,
    trajectory_section,
    unit_costs_section,
    valuation_section,
)
from diligence.reporting.workbook import memo_workbook, requests_workbook

MEMO_FILE = "memo.pdf"
RECORD_FILE = "run.json"
SUMMARY_FILE = "summary.json"


@dataclass(frozen=True)
class DealMemo:
    """A memo with the analysis and the run record it was built from."""

    analysis: DealAnalysis
    record: RunRecord
    document: Memo

    @property
    def title_line(self) -> TitleLine:
        """Company and marks, such as FICTIONAL COMPANY and DRAFT."""
        return TitleLine(self.document.title, self.document.marks)

    @property
    def page_one(self) -> PageOne:
        """The page that is read first."""
        return self.document.page_one

    def section(self, key: str) -> Section:
        """Return one section by its key.

        Raises
        ------
        InputError
            When the memo has no such section; the message lists the keys.
        """
        for section in self.document.sections:
            if section.key == key:
                return section
        known = ", ".join(section.key for section in self.document.sections)
        raise InputError(f"The memo has no section {key!r}; it has {known}.")

    def summary(self) -> str:
        """Company and verdict."""
        return self.analysis.summary()


def build_memo(analysis: DealAnalysis, *, parameters: Mapping[str, Any] | None = None) -> DealMemo:
    """Turn an analysis into a memo document; every figure in it comes from the analysis.

    Parameters
    ----------
    analysis
        Result of ``analyse``.
    parameters
        Parameters of the run, printed in the run record.
    """
    record = run_record(analysis, parameters or {})
    document = Memo(
        company=analysis.company,
        as_of=analysis.deal.terms.as_of,
        run_id=record.run_id,
        page_one=deal_page_one(analysis, record),
        sections=memo_sections(analysis, record),
        marks=memo_marks(analysis),
    )
    return DealMemo(analysis, record, document)


def memo_sections(analysis: DealAnalysis, record: RunRecord) -> tuple[Section, ...]:
    """Sections after page one, in the order of the memo."""
    return (
        deal_terms_section(analysis),
        bridge_section(analysis),
        history_section(analysis),
        split_section(analysis),
        coverage_section(analysis),
        unit_costs_section(analysis),
        trajectory_section(analysis),
        prices_section(analysis),
        floors_section(analysis),
        stress_section(analysis),
        scenarios_section(analysis),
        simulation_section(analysis),
        sensitivity_section(analysis),
        suppliers_section(analysis),
        cash_section(analysis),
        valuation_section(analysis),
        training_section(analysis),
        claims_section(analysis),
        requests_section(analysis),
        appendix_section(analysis, record),
    )


def memo_marks(analysis: DealAnalysis) -> tuple[str, ...]:
    """Words printed at the head of every page."""
    marks = []
    if analysis.deal.terms.fictional:
        marks.append("FICTIONAL COMPANY")
    if analysis.deal.is_draft:
        marks.append("DRAFT")
    return tuple(marks)


def write_memo(memo: DealMemo, *, out: Path | str) -> tuple[str, ...]:
    """Write the files of a memo into a folder.

    memo.pdf, memo.xlsx, requests.xlsx, exhibits/, run.json and summary.json (one row of the
    quarterly review).

    Returns
    -------
    tuple of str
        Names of the files, relative to ``out``.

    Raises
    ------
    RenderError
        When the PDF cannot be rendered or a file is open elsewhere.
    """
    from diligence.reporting.typst_pdf import render_pdf

    folder = Path(out)
    contents: dict[str, str | bytes] = {
        MEMO_FILE: render_pdf(memo.document),
        "memo.xlsx": memo_workbook(memo.analysis),
        "requests.xlsx": requests_workbook(memo.analysis),
        RECORD_FILE: _json_text(memo.record.to_json()),
        SUMMARY_FILE: _json_text(review_row(memo.analysis, run_id=memo.record.run_id).to_json()),
    }
    contents |= {f"exhibits/{k}.svg": svg for k, svg in memo_charts(memo.document).items()}
    for name, content in contents.items():
        write_atomically(folder / name, content)
    return tuple(contents)


def memo_charts(memo: Memo) -> dict[str, str]:
    """SVG of every exhibit by a stable name: the section's key and a number."""
    named: dict[str, str] = {}
    groups = [("page-one", memo.page_one.exhibits)] + [
        (section.key, section.blocks) for section in memo.sections
    ]
    for key, blocks in groups:
        charts = [block for block in blocks if isinstance(block, Exhibit | Chart)]
        for number, block in enumerate(charts, start=1):
            chart = block.chart if isinstance(block, Exhibit) else block
            if chart.svg:
                named[f"{key}-{number}"] = chart.svg
    return named


def _json_text(content: object) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
