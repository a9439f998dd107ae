"""Whole documents: the deal memo, the quarterly review and the screening card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from diligence.reporting.blocks import Block, Shown, Table
from diligence.reporting.page_one import PageOne


@dataclass(frozen=True)
class Section(Shown):
    """A titled part of a document; ``key`` is what page one and other parts refer to."""

    title: str
    blocks: tuple[Block, ...]
    key: str = ""


@dataclass(frozen=True)
class Memo(Shown):
    """A deal memo.

    Parameters
    ----------
    company
        Name as printed.
    as_of
        Date of the analysis; also the date stamped into the file.
    run_id
        Names the run in every footer.
    page_one
        The summary page.
    sections
        The parts that follow.
    marks
        Words printed at the head of every page, such as "DRAFT".
    """

    company: str
    as_of: date
    run_id: str
    page_one: PageOne
    sections: tuple[Section, ...] = ()
    marks: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Title of the file."""
        return f"{self.company}: deal memo"


@dataclass(frozen=True)
class TitleLine(Shown):
    """Name of a document with its marks, for the top of a screen page."""

    title: str
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Review(Shown):
    """The quarterly review of a portfolio, one page.

    Parameters
    ----------
    fund, quarter
        Names in the title.
    as_of, run_id
        As in the memo.
    heading
        FX date, prices known on, holdings, NAV, share of NAV with recent data.
    sentences
        Three computed sentences.
    table
        One row a company, failed ones with their reason.
    panels
        Small parts below the table, two to a line.
    notes
        Small print.
    footer
        Restated, failed, unchanged, KPI-only, method changes.
    marks
        Words printed at the head of every page.
    """

    fund: str
    quarter: str
    as_of: date
    run_id: str
    heading: tuple[tuple[str, str], ...]
    sentences: tuple[str, ...]
    table: Table
    panels: tuple[Section, ...] = ()
    notes: tuple[str, ...] = ()
    footer: tuple[tuple[str, str], ...] = ()
    marks: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Title of the file."""
        return f"{self.fund}: AI cost review {self.quarter}"


@dataclass(frozen=True)
class ScreenCard(Shown):
    """Day one on a page: six figures in, ranges and questions out.

    Parameters
    ----------
    company, as_of, run_id
        As in the memo.
    inputs
        The six figures as given.
    reading
        What the results say, in a sentence or two.
    results
        Results with their ranges.
    questions
        What to ask, most useful first.
    assumptions
        Priors used, with their sources.
    notes
        Small print.
    marks
        Words printed at the head of the page.
    """

    company: str
    as_of: date
    run_id: str
    inputs: tuple[tuple[str, str], ...]
    reading: str
    results: Table
    questions: tuple[str, ...]
    assumptions: Table
    notes: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Title of the file."""
        return f"{self.company}: first screen"


Document = Memo | Review | ScreenCard
