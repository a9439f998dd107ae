"""What a document is made of: plain text and figures, never markup."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from diligence.errors import InputError

ColumnKind = Literal["text", "number"]

NOT_COMPUTABLE = "not computable"
HALF_PAGE_POINTS = 241.0

_SVG_WIDTH = re.compile(r'<svg[^>]*? width="([0-9.]+)')

_SIGN_AND_DIGITS = r"[−+–-]?\s?(?:[A-Z]{0,3}[$€£¥])?[0-9][0-9,\u00a0\u202f']*"
_NUMBER = re.compile(rf"^([<>≤≥≈~]?\s?\(?{_SIGN_AND_DIGITS})((?:\.[0-9]+)?.{{0,16}})$")


class Shown:
    """Gives a block its HTML in a notebook."""

    def _repr_html_(self) -> str:
        from diligence.reporting.html_blocks import to_styled_html

        return to_styled_html(self)


@dataclass(frozen=True)
class Heading(Shown):
    """Title inside a section; level 2 is the largest, level 1 belongs to the section."""

    text: str
    level: int = 2

    def __post_init__(self) -> None:
        if self.level not in (2, 3, 4):
            raise InputError(
                f"Heading {self.text!r} has level {self.level!r}; use 2, 3 or 4 "
                "(level 1 is the section's own title)."
            )


@dataclass(frozen=True)
class Paragraph(Shown):
    """Running text."""

    text: str


@dataclass(frozen=True)
class Bullets(Shown):
    """A list; ``numbered`` when the order carries meaning, such as a ranking."""

    items: tuple[str, ...]
    numbered: bool = False


@dataclass(frozen=True)
class KeyValues(Shown):
    """Label and value pairs, two pairs to a line where the width allows."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Note(Shown):
    """Small print below what it explains."""

    text: str


@dataclass(frozen=True)
class Column:
    """Head of a table column; number columns align on the decimal point."""

    title: str
    kind: ColumnKind = "text"


@dataclass(frozen=True)
class Table(Shown):
    """Rows of text as they are to be read, already rounded and with their units.

    Parameters
    ----------
    columns
        Heads, the unit in the title.
    rows
        One text per column; an empty text is an empty cell.
    caption
        What the reader learns from the table.
    source
        Where the figures come from, with the date.
    emphasised
        Positions of rows set in semibold above a rule, such as totals.

    Raises
    ------
    InputError
        If a row is longer or shorter than the heads.

    Examples
    --------
    >>> table = Table((Column("Rung"), Column("Margin, %", "number")), (("paid", "23.3"),))
    >>> table.n_rows
    1
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    source: str = ""
    emphasised: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        for position, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise InputError(
                    f"Row {position} of table {self.caption!r} has {len(row)} cells {row!r}; "
                    f"the table has {len(self.columns)} columns. Give one text per column."
                )

    @property
    def n_rows(self) -> int:
        """Rows below the head."""
        return len(self.rows)


@dataclass(frozen=True)
class Chart(Shown):
    """A finished drawing.

    Parameters
    ----------
    svg
        The drawing alone; title and source are set by the document around it.
    title
        The finding, as a sentence.
    alt
        What a reader who cannot see the drawing needs to know.
    source
        Where the figures come from, with the date.
    """

    svg: str
    title: str
    alt: str
    source: str = ""

    @property
    def width_points(self) -> float:
        """Width on paper, from the drawing's own width; half a page if it states none."""
        stated = _SVG_WIDTH.search(self.svg)
        return float(stated.group(1)) if stated else HALF_PAGE_POINTS


@dataclass(frozen=True)
class Exhibit(Shown):
    """A chart in a document; caption and source, if empty, are the chart's own."""

    chart: Chart
    caption: str = ""
    source: str = ""

    @property
    def title(self) -> str:
        """Finding printed above the drawing."""
        return self.caption or self.chart.title

    @property
    def source_line(self) -> str:
        """Source printed below the drawing."""
        return self.source or self.chart.source


@dataclass(frozen=True)
class Columns(Shown):
    """Two stacks of blocks side by side, such as two exhibits."""

    left: tuple[Block, ...]
    right: tuple[Block, ...]


@dataclass(frozen=True)
class PageBreak(Shown):
    """Start of a new page on paper; nothing on a screen."""


Block = (
    Heading | Paragraph | Bullets | KeyValues | Note | Table | Exhibit | Chart | Columns | PageBreak
)


def split_at_decimal_point(text: str) -> tuple[str, str] | None:
    """Split a figure where a column of figures is aligned; None for words.

    A range is aligned on its first figure.

    Examples
    --------
    >>> split_at_decimal_point("−0.4 %")
    ('−0', '.4 %')
    >>> split_at_decimal_point("45.0–61.7")
    ('45', '.0–61.7')
    >>> split_at_decimal_point("not computable: needs usage.csv") is None
    True
    """
    found = _NUMBER.match(text.strip())
    return (found.group(1), found.group(2)) if found else None


def is_missing(text: str) -> bool:
    """Tell whether a cell states that something is missing rather than a value.

    Examples
    --------
    >>> is_missing("not computable: needs claims.yaml"), is_missing("23.3")
    (True, False)
    """
    return text.strip().lower().startswith((NOT_COMPUTABLE, "n/a", "unknown"))
