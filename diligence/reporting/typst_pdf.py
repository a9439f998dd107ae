"""Documents to PDF: the data goes to the template as JSON and is never read as markup."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from diligence.errors import RenderError
from diligence.reporting.atomic_files import write_atomically
from diligence.reporting.blocks import (
    Block,
    Bullets,
    Chart,
    Columns,
    Exhibit,
    Heading,
    KeyValues,
    Table,
    is_missing,
    split_at_decimal_point,
)
from diligence.reporting.documents import Document, Memo, Review, ScreenCard, Section
from diligence.reporting.page_one import PageOne, PageOneRow
from diligence.resources import resource_path

PDF_STANDARDS = ["ua-1", "a-2a"]
TEMPLATES = {
    Memo: ("memo", "memo.typ"),
    Review: ("review", "review.typ"),
    ScreenCard: ("screen", "screen.typ"),
}

_LONGEST_WORD = 26
_SAMPLES = 4
_SHORT = 12
_SPACE = re.compile("[ \n\u200b]")
_BEFORE_UNIT = re.compile(r" (?=%)|(?<=\d) (?=(?:m|bn|k)\b)")
_NO_TITLE = "not stated"
_WITHOUT_GLYPH = "□"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_NO_GLYPH = re.compile(r'the text `"(.+?)"` could not be displayed')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")

Json = dict[str, Any]


def render_pdf(document: Document, *, out: Path | None = None) -> bytes:
    """Render a document to PDF/UA-1 and PDF/A-2a; the same document gives the same bytes.

    Parameters
    ----------
    document
        A memo, a quarterly review or a screening card.
    out
        File to write as well; written whole or not at all.

    Raises
    ------
    RenderError
        If the template refuses the document, with the template's reason.

    Notes
    -----
    Fonts come with the package. A character they lack is printed as □; the HTML
    keeps it.
    """
    data = json.dumps(document_data(document), ensure_ascii=False, sort_keys=True)
    pdf = _compile(data, template=TEMPLATES[type(document)], stamp=document.as_of)
    if out is not None:
        write_atomically(out, pdf)
    return pdf


def document_data(document: Document) -> Json:
    """Give the document as the template reads it, every text plain.

    Examples
    --------
    >>> from diligence.reporting.documents import ScreenCard
    >>> from diligence.reporting.blocks import Table
    >>> card = ScreenCard("Acme", date(2026, 9, 30), "r1", (), "", Table((), ()), (), Table((), ()))
    >>> document_data(card)["date"]
    {'year': 2026, 'month': 9, 'day': 30}
    """
    common = {
        "title": _plain(document.title),
        "run_id": _plain(document.run_id),
        "marks": _plains(document.marks),
        "date": {
            "year": document.as_of.year,
            "month": document.as_of.month,
            "day": document.as_of.day,
        },
    }
    if isinstance(document, Memo):
        return common | _memo_data(document)
    if isinstance(document, Review):
        return common | _review_data(document)
    return common | _screen_data(document)


def _memo_data(memo: Memo) -> Json:
    keys = {section.key for section in memo.sections if section.key}
    return {
        "name": _title(memo.company),
        "page_one": _page_one_data(memo.page_one, keys),
        "sections": _sections_data(memo.sections),
    }


def _review_data(review: Review) -> Json:
    return {
        "name": _plain(f"{review.fund}, {review.quarter}"),
        "fund": _plain(review.fund),
        "quarter": _plain(review.quarter),
        "heading": _pairs(review.heading),
        "sentences": _plains(review.sentences),
        "table": block_data(review.table),
        "panels": _sections_data(review.panels),
        "notes": _plains(review.notes),
        "footer": _pairs(review.footer),
    }


def _screen_data(card: ScreenCard) -> Json:
    return {
        "name": _title(card.company),
        "inputs": _pairs(card.inputs),
        "reading": _plain(card.reading),
        "results": block_data(card.results),
        "questions": _plains(card.questions),
        "assumptions": block_data(card.assumptions),
        "notes": _plains(card.notes),
    }


def _sections_data(sections: Sequence[Section]) -> list[Json]:
    return [
        {
            "title": _title(section.title),
            "key": section.key or f"number-{position}",
            "blocks": [block_data(block) for block in section.blocks],
        }
        for position, section in enumerate(sections)
    ]


def _page_one_data(page: PageOne, keys: set[str]) -> Json:
    return {
        "strip": _pairs(page.strip),
        "deal": _pairs(page.deal),
        "so_what": _plain(page.so_what),
        "verdict": {"label": page.verdict.label, "rule": _plain(page.verdict.rule)},
        "rows": [_row_data(row, keys) for row in page.rows],
        "exhibits": [block_data(exhibit) for exhibit in page.exhibits],
        "flags": _plains(page.flags),
        "requests": _plains(page.requests),
        "conditions": _value(page.conditions),
        "footer": _pairs(page.footer),
    }


def _row_data(row: PageOneRow, keys: set[str]) -> Json:
    return {
        "label": _plain(row.label),
        "says": _value(row.says),
        "reported": _value(row.reported),
        "economic": _value(row.economic),
        "interval": _plain(row.interval),
        "kind": _plain(row.kind),
        "evidence": _value(row.evidence),
        "red_line": _value(row.red_line),
        "flips_if": _value(row.flips_if),
        "page": _plain(row.page),
        "page_is_key": row.page in keys,
    }


def block_data(block: Block) -> Json:
    """Give one block as the template reads it."""
    named: Json = {"block": type(block).__name__.lower()}
    if isinstance(block, Table):
        return named | _table_data(block)
    if isinstance(block, Exhibit):
        return named | _exhibit_data(block)
    if isinstance(block, Chart):
        return {"block": "exhibit"} | _exhibit_data(Exhibit(block))
    if isinstance(block, Columns):
        return named | {
            "left": [block_data(inner) for inner in block.left],
            "right": [block_data(inner) for inner in block.right],
        }
    if isinstance(block, KeyValues):
        return named | {"pairs": _pairs(block.pairs)}
    if isinstance(block, Bullets):
        return named | {"items": _plains(block.items), "numbered": block.numbered}
    if isinstance(block, Heading):
        return named | {"text": _title(block.text), "level": block.level}
    texts = {field.name: getattr(block, field.name) for field in fields(block)}
    return named | {k: _plain(v) if isinstance(v, str) else v for k, v in texts.items()}


def _exhibit_data(exhibit: Exhibit) -> Json:
    return {
        "svg": exhibit.chart.svg,
        "width": exhibit.chart.width_points,
        "alt": _plain(exhibit.chart.alt),
        "caption": _plain(exhibit.title),
        "source": _plain(exhibit.source_line),
    }


def _table_data(table: Table) -> Json:
    return {
        "caption": _plain(table.caption),
        "source": _plain(table.source),
        "emphasised": sorted(table.emphasised),
        "columns": [_column_data(table, position) for position in range(len(table.columns))],
        "rows": [
            [_cell(text, column.kind) for text, column in zip(row, table.columns, strict=True)]
            for row in table.rows
        ],
    }


def _column_data(table: Table, position: int) -> Json:
    column = table.columns[position]
    cells = [_cell(row[position], column.kind) for row in table.rows]
    texts = [cell["text"] for cell in cells if cell["head"] is None]
    words = [part for text in [*texts, _plain(column.title)] for part in _SPACE.split(text)]
    short = [text for text in texts if len(text) <= _SHORT]
    return {
        "title": _plain(column.title),
        "kind": column.kind,
        "heads": _longest(cell["head"] for cell in cells if cell["head"] is not None),
        "tails": _longest(cell["tail"] for cell in cells if cell["head"] is not None),
        "texts": _longest(cell["text"] for cell in [*cells, {"text": _plain(column.title)}]),
        "words": _longest([*words, *short]),
    }


def _longest(texts: Any) -> list[str]:
    return sorted(set(texts), key=lambda text: (-len(text), text))[:_SAMPLES]


def _cell(text: str, kind: str) -> Json:
    parts = split_at_decimal_point(text) if kind == "number" else None
    head, tail = (_plain(parts[0]), _plain(parts[1])) if parts else (None, None)
    return _value(text) | {"head": head, "tail": tail}


def _value(text: str) -> Json:
    return {"text": _plain(text), "missing": is_missing(text)}


def _pairs(pairs: Sequence[tuple[str, str]]) -> list[Json]:
    return [{"label": _plain(label), "value": _value(value)} for label, value in pairs]


def _plains(texts: Sequence[str]) -> list[str]:
    return [_plain(text) for text in texts]


def _title(text: str) -> str:
    """PDF/UA refuses an empty heading."""
    plain = _plain(text)
    is_visible = any(letter.isprintable() and not letter.isspace() for letter in plain)
    return plain if is_visible else _NO_TITLE


def _plain(text: str) -> str:
    """Drop control characters, keep units with their figure, let a very long word break."""
    printable = _BEFORE_UNIT.sub("\u00a0", _CONTROL.sub(" ", text))
    return " ".join(
        re.sub(rf"(.{{{_LONGEST_WORD // 2}}})", "\\1\u200b", word)
        if len(word) > _LONGEST_WORD
        else word
        for word in printable.split(" ")
    )


def _compile(data: str, *, template: tuple[str, str], stamp: date) -> bytes:
    import typst

    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=True,
        font_paths=[str(resource_path("templates", "fonts"))],
    )
    compiler = typst.Compiler(
        str(resource_path("templates", *template)),
        root=str(resource_path("templates")),
        font_paths=fonts,
        ignore_system_fonts=True,
    )
    options: Json = {
        "format": "pdf",
        "pdf_standards": PDF_STANDARDS,
        "timestamp": int(datetime(stamp.year, stamp.month, stamp.day, tzinfo=UTC).timestamp()),
    }
    try:
        return _pdf_bytes(compiler.compile(sys_inputs={"document": data}, **options))
    except typst.TypstError as error:
        printable = _without(_undrawable(str(error.diagnostic)), data)
        if printable == data:
            raise RenderError(_reason(error, template)) from error
    try:
        return _pdf_bytes(compiler.compile(sys_inputs={"document": printable}, **options))
    except typst.TypstError as error:
        raise RenderError(_reason(error, template)) from error


def _pdf_bytes(compiled: bytes | list[bytes] | None) -> bytes:
    if not isinstance(compiled, bytes):
        raise RenderError(
            f"The template gave {type(compiled).__name__} instead of one PDF; reinstall typst."
        )
    return compiled


def _undrawable(diagnostic: str) -> set[str]:
    clusters = (
        _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), cluster)
        for cluster in _NO_GLYPH.findall(diagnostic)
    )
    return {character for cluster in clusters for character in cluster if ord(character) > 127}


def _without(characters: set[str], data: str) -> str:
    return data.translate({ord(character): _WITHOUT_GLYPH for character in characters})


def _reason(error: Any, template: tuple[str, str]) -> str:
    hints = " ".join(error.hints)
    return (
        f"The template {'/'.join(template)} could not set the document: {error.message!r}. "
        f"{hints} Report this with the run record; the HTML and the workbook are not affected."
    )
