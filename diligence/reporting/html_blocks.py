"""Documents to HTML fragments: escaped text, inline drawings, no script and no address."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import singledispatch
from html import escape
from typing import Any

from diligence.reporting.blocks import (
    Bullets,
    Chart,
    Column,
    Columns,
    Exhibit,
    Heading,
    KeyValues,
    Note,
    PageBreak,
    Paragraph,
    Table,
    is_missing,
    split_at_decimal_point,
)
from diligence.reporting.documents import Memo, Review, ScreenCard, Section, TitleLine
from diligence.reporting.page_one import PageOne, PageOneRow
from diligence.reporting.theme import FAINT, FALLBACK_FONTS, INK, NAVY, QUIET

STYLE = f"""<style>
.dd {{font-family: {FALLBACK_FONTS}; color: {INK}; background: #fff; font-size: 14px;
  line-height: 1.45; max-width: 60em; font-variant-numeric: tabular-nums lining-nums;
  overflow-wrap: break-word;}}
.dd h1, .dd h2, .dd h3, .dd h4 {{font-weight: 600; line-height: 1.25; margin: 1.4em 0 .5em;}}
.dd h1 {{font-size: 1.6em;}} .dd h2 {{font-size: 1.3em;}} .dd h3 {{font-size: 1.1em;}}
.dd h4 {{font-size: 1em;}}
.dd p, .dd ul, .dd ol {{margin: .5em 0;}}
.dd .dd-quiet, .dd figcaption.dd-source, .dd .dd-note {{color: {QUIET}; font-size: .82em;}}
.dd .dd-missing {{color: {QUIET}; font-style: italic;}}
.dd table.dd-table {{border-collapse: collapse; width: 100%; margin: .4em 0; font-size: .9em;
  border-bottom: 1.5px solid {INK}; table-layout: auto;}}
.dd .dd-table th, .dd .dd-table td {{padding: .22em .6em; text-align: left;
  vertical-align: top; border: 0; background: none;}}
.dd .dd-table thead th {{color: {QUIET}; font-weight: 600; vertical-align: bottom;
  border-bottom: 1.5px solid {INK};}}
.dd .dd-table tbody th {{font-weight: 600;}}
.dd .dd-table tbody tr + tr > * {{border-top: 1px solid {FAINT};}}
.dd .dd-table tbody tr.dd-total > * {{font-weight: 600; border-top: 1px solid {INK};}}
.dd .dd-table .dd-number {{text-align: right;}}
.dd .dd-figure {{white-space: nowrap;}}
.dd .dd-tail {{display: inline-block; text-align: left;}}
.dd figure {{margin: 1em 0; break-inside: avoid;}}
.dd figcaption {{font-weight: 600;}} .dd figcaption.dd-source {{font-weight: 400;}}
.dd figure svg {{width: 100%; height: auto; display: block;}}
.dd .dd-columns {{display: grid; grid-template-columns: 1fr 1fr; gap: 1.5em;}}
.dd .dd-pairs {{display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5em, 1fr));
  gap: .5em 1em; margin: .6em 0;}}
.dd .dd-pairs dt {{color: {QUIET}; font-size: .82em; font-weight: 400;}}
.dd .dd-pairs dd {{margin: 0;}}
.dd .dd-verdict {{background: #f3f5f7; padding: .7em 1em; margin: .8em 0;}}
.dd .dd-grade {{color: {NAVY}; font-size: 1.5em; font-weight: 600;}}
.dd .dd-marks {{font-weight: 600; letter-spacing: .06em; font-size: .82em;
  border-bottom: 1px solid {QUIET};}}
@media (max-width: 45em) {{.dd .dd-columns {{grid-template-columns: 1fr;}}}}
</style>"""

_PIXELS_PER_POINT = 1.6


def to_styled_html(block: Any) -> str:
    """Give a block with its style, complete for a notebook cell.

    Examples
    --------
    >>> to_styled_html(Paragraph("Costs fell."))[-40:]
    '<div class="dd"><p>Costs fell.</p></div>'
    """
    return f'{STYLE}<div class="dd">{to_html(block)}</div>'


@singledispatch
def to_html(block: Any) -> str:
    """Give a block, a page or a whole document as a fragment without its style.

    Examples
    --------
    >>> to_html(Paragraph("a < b"))
    '<p>a &lt; b</p>'
    """
    raise TypeError(
        f"{type(block).__name__} is not a block of a document; use a class of "
        "diligence.reporting.blocks, page_one or documents."
    )


@to_html.register
def _heading(block: Heading) -> str:
    level = block.level + 1
    return f"<h{level}>{escape(block.text)}</h{level}>"


@to_html.register
def _paragraph(block: Paragraph) -> str:
    return f"<p>{escape(block.text)}</p>"


@to_html.register
def _note(block: Note) -> str:
    return f'<p class="dd-note">{escape(block.text)}</p>'


@to_html.register
def _page_break(block: PageBreak) -> str:
    return ""


@to_html.register
def _bullets(block: Bullets) -> str:
    tag = "ol" if block.numbered else "ul"
    return f"<{tag}>{_each(block.items, lambda item: f'<li>{escape(item)}</li>')}</{tag}>"


@to_html.register
def _key_values(block: KeyValues) -> str:
    pairs = _each(
        block.pairs,
        lambda pair: f"<div><dt>{escape(pair[0])}</dt><dd>{_value(pair[1])}</dd></div>",
    )
    return f'<dl class="dd-pairs">{pairs}</dl>'


@to_html.register
def _columns(block: Columns) -> str:
    return (
        f'<div class="dd-columns"><div>{_each(block.left, to_html)}</div>'
        f"<div>{_each(block.right, to_html)}</div></div>"
    )


@to_html.register
def _exhibit(block: Exhibit) -> str:
    width = round(block.chart.width_points * _PIXELS_PER_POINT)
    source = f'<figcaption class="dd-source">{escape(block.source_line)}</figcaption>'
    return (
        f'<figure style="max-width: {width}px"><figcaption>{escape(block.title)}</figcaption>'
        f"{block.chart.svg}{source if block.source_line else ''}</figure>"
    )


@to_html.register
def _chart(block: Chart) -> str:
    return to_html(Exhibit(block))


@to_html.register
def _table(block: Table) -> str:
    tails = [_tail_width(block, position) for position in range(len(block.columns))]
    rows = "".join(
        _table_row(block, row, tails, emphasised=position in block.emphasised)
        for position, row in enumerate(block.rows)
    )
    caption = f"<figcaption>{escape(block.caption)}</figcaption>" if block.caption else ""
    source = f'<figcaption class="dd-source">{escape(block.source)}</figcaption>'
    return (
        f'<figure>{caption}<table class="dd-table"><thead><tr>{_each(block.columns, _head)}</tr>'
        f"</thead><tbody>{rows}</tbody></table>{source if block.source else ''}</figure>"
    )


@to_html.register
def _section(block: Section) -> str:
    anchor = f' id="{_anchor(block.key)}"' if block.key else ""
    return f"<h2{anchor}>{escape(block.title)}</h2>{_each(block.blocks, to_html)}"


@to_html.register
def _page_one(page: PageOne) -> str:
    return _page_one_html(page, section_titles={})


@to_html.register
def _memo(memo: Memo) -> str:
    titles = {section.key: section.title for section in memo.sections if section.key}
    return (
        f"{_marks(memo.marks)}<h1>{escape(memo.title)}</h1>"
        f"{_page_one_html(memo.page_one, section_titles=titles)}{_each(memo.sections, to_html)}"
    )


@to_html.register
def _title_line(line: TitleLine) -> str:
    return f"{_marks(line.marks)}<h1>{escape(line.title)}</h1>"


@to_html.register
def _review(review: Review) -> str:
    return (
        f"{_marks(review.marks)}<h1>{escape(review.title)}</h1>"
        f"{to_html(KeyValues(review.heading))}{to_html(Bullets(review.sentences))}"
        f"{to_html(review.table)}{_each(review.panels, to_html)}"
        f"{_each(map(Note, review.notes), to_html)}{to_html(KeyValues(review.footer))}"
    )


@to_html.register
def _screen_card(card: ScreenCard) -> str:
    return (
        f"{_marks(card.marks)}<h1>{escape(card.title)}</h1>{to_html(KeyValues(card.inputs))}"
        f'<div class="dd-verdict"><b>{escape(card.reading)}</b></div>{to_html(card.results)}'
        f"<h3>Ask next</h3>{to_html(Bullets(card.questions, numbered=True))}"
        f"{to_html(card.assumptions)}{_each(map(Note, card.notes), to_html)}"
    )


def _page_one_html(page: PageOne, *, section_titles: dict[str, str]) -> str:
    verdict = (
        f'<div class="dd-verdict"><span class="dd-grade">{escape(page.verdict.label)}</span>'
        f'<br><b>{escape(page.so_what)}</b><br><span class="dd-quiet">'
        f"{escape(page.verdict.rule)}</span></div>"
    )
    exhibits = _each(page.exhibits, lambda exhibit: f"<div>{to_html(exhibit)}</div>")
    return (
        f"{to_html(KeyValues(page.strip))}{to_html(KeyValues(page.deal))}{verdict}"
        f"{_seven_rows(page.rows, section_titles)}"
        f'<div class="dd-columns">{exhibits}</div>'
        f"<h3>Flags, by money at stake</h3>{to_html(Bullets(page.flags, numbered=True))}"
        f"<h3>Requests, by points they would narrow</h3>"
        f"{to_html(Bullets(page.requests, numbered=True))}"
        f"<h3>Conditions, in the team’s words</h3><p>{_value(page.conditions)}</p>"
        f"{to_html(KeyValues(page.footer))}"
    )


def _seven_rows(rows: Iterable[PageOneRow], section_titles: dict[str, str]) -> str:
    heads = (
        "",
        "Management says",
        "Reported",
        "Economic, with range",
        "Evidence",
        "Red line",
        "Flips if",
        "Working",
    )
    head = _each(heads, lambda title: f'<th scope="col">{title}</th>')
    body = _each(rows, lambda row: _seven_row(row, section_titles))
    return f'<table class="dd-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _seven_row(row: PageOneRow, section_titles: dict[str, str]) -> str:
    spread = " ".join(part for part in (row.interval, row.kind) if part)
    economic = f'<b>{_value(row.economic)}</b><br><span class="dd-quiet">{escape(spread)}</span>'
    cells = (
        _value(row.says),
        _value(row.reported),
        economic,
        _value(row.evidence),
        _value(row.red_line),
        _value(row.flips_if),
        _working(row.page, section_titles),
    )
    return (
        f'<tr><th scope="row">{escape(row.label)}</th>'
        f"{_each(cells, lambda cell: f'<td>{cell}</td>')}</tr>"
    )


def _working(page: str, section_titles: dict[str, str]) -> str:
    if page not in section_titles:
        return escape(page)
    return f'<a href="#{_anchor(page)}">{escape(section_titles[page])}</a>'


def _anchor(key: str) -> str:
    return "dd-" + "".join(letter if letter.isalnum() else "-" for letter in key)


def _marks(marks: tuple[str, ...]) -> str:
    return f'<p class="dd-marks">{escape("  ·  ".join(marks))}</p>' if marks else ""


def _head(column: Column) -> str:
    number = ' class="dd-number"' if column.kind == "number" else ""
    return f'<th scope="col"{number}>{escape(column.title)}</th>'


def _table_row(table: Table, row: tuple[str, ...], tails: list[int], *, emphasised: bool) -> str:
    cells = "".join(
        _number_cell(text, tail) if column.kind == "number" else f"<td>{_value(text)}</td>"
        for text, column, tail in zip(row, table.columns, tails, strict=True)
    )
    return f'<tr class="dd-total">{cells}</tr>' if emphasised else f"<tr>{cells}</tr>"


def _number_cell(text: str, tail_width: int) -> str:
    parts = split_at_decimal_point(text)
    if parts is None:
        return f'<td class="dd-number">{_value(text)}</td>'
    head, tail = map(escape, parts)
    return (
        f'<td class="dd-number"><span class="dd-figure">{head}<span class="dd-tail" '
        f'style="min-width: {tail_width}ch">{tail}</span></span></td>'
    )


def _tail_width(table: Table, position: int) -> int:
    parts = [split_at_decimal_point(row[position]) for row in table.rows]
    return max((len(part[1]) for part in parts if part), default=0)


def _value(text: str) -> str:
    return f'<span class="dd-missing">{escape(text)}</span>' if is_missing(text) else escape(text)


def _each(items: Iterable[Any], one: Callable[[Any], str]) -> str:
    return "".join(one(item) for item in items)
