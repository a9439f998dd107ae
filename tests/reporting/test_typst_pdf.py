from __future__ import annotations

import io
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pypdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diligence.errors import RenderError
from diligence.reporting.blocks import Chart, Column, Exhibit, Paragraph, Table
from diligence.reporting.documents import Memo, Section
from diligence.reporting.page_one import PageOne, Verdict
from diligence.reporting.typst_pdf import document_data, render_pdf
from tests.reporting.sample_document import sample_memo, sample_review, sample_screen

HOSTILE = [
    '#panic("x")',
    "$x$",
    "*b* _i_ `c`",
    "<a>",
    "@ref",
    "\\",
    "#image(\"/etc/hostname\")",
    "] #set page(width: 1cm) [",
    "= Heading",
    "// comment",
    "\"};#let x = 1",
    "https://example.org/#anchor",
    "Pneumono" * 40,
    "a" * 900,
]  # fmt: skip


def pages(pdf: bytes) -> list[str]:
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    return [plain(page.extract_text()) for page in reader.pages]


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u200b", "").replace("\u00ad", ""))


def small_memo(company: str, *texts: str) -> Memo:
    page = PageOne((), (), "One sentence.", Verdict("cannot say", "rule"), (), (), (), (), "", ())
    section = Section("Part", tuple(Paragraph(text) for text in texts), "part")
    return Memo(company, date(2026, 9, 30), "run-1", page, (section,), ("DRAFT",))


def test_page_one_holds_on_the_first_page_whatever_is_missing() -> None:
    text = pages(render_pdf(sample_memo()))
    assert "Sample Model Company" in text[0]
    assert "not computable: needs claims.yaml" in text[0]
    assert "Open requests 11" in text[0]
    assert "Deal terms" in text[1]
    assert "Deal terms" not in text[0]


def test_page_one_shrinks_until_long_texts_fit() -> None:
    memo = sample_memo()
    long_rows = tuple(
        replace(row, says="not computable: needs claims.yaml", flips_if=f"{row.flips_if} " * 6)
        for row in memo.page_one.rows
    )
    page = replace(
        memo.page_one, rows=long_rows, conditions=memo.page_one.conditions * 6,
        flags=tuple(flag * 3 for flag in memo.page_one.flags),
    )  # fmt: skip
    text = pages(render_pdf(replace(memo, page_one=page)))
    assert "Open requests" in text[0]
    assert "Deal terms" in text[1]


def test_page_one_is_scaled_when_even_the_smallest_type_is_too_large() -> None:
    page = replace(sample_memo().page_one, conditions="A long condition of the team. " * 300)
    text = pages(render_pdf(replace(sample_memo(), page_one=page)))
    assert "Open requests" in text[0]
    assert "Deal terms" in text[1]


def test_every_page_carries_marks_company_run_and_number() -> None:
    text = pages(render_pdf(sample_memo()))
    for number, page in enumerate(text, start=1):
        assert "FICTIONAL COMPANY · DRAFT" in page
        assert "Sample Model Company (fictional)" in page
        assert "Run 2025-09-30-7f3a9c" in page
        assert f"Page {number} of {len(text)}" in page


def test_page_one_names_the_page_of_the_working() -> None:
    text = pages(render_pdf(sample_memo()))
    where = next(n for n, page in enumerate(text, start=1) if "Training programme" in page)
    row = next(row for row in sample_memo().page_one.rows if row.page == "training")
    assert f"{row.flips_if} {where} " in text[0]


def test_the_same_document_gives_the_same_bytes_in_another_process() -> None:
    program = (
        "import hashlib; from tests.reporting.sample_document import sample_memo;"
        "from diligence.reporting.typst_pdf import render_pdf;"
        "print(hashlib.sha256(render_pdf(sample_memo())).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=Path(__file__).parents[1],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


@pytest.mark.parametrize("name", HOSTILE)
def test_deal_text_is_data_and_never_markup(name: str) -> None:
    text = pages(render_pdf(small_memo(name, name)))
    expected = plain(name).replace(" ", "")
    assert expected in text[1].replace(" ", "")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=60))
def test_any_text_can_be_set(text: str) -> None:
    assert len(pages(render_pdf(small_memo(text, text)))) == 2


def test_characters_without_a_glyph_become_boxes_and_nothing_else_changes() -> None:
    text = pages(render_pdf(small_memo("深度 Labs", "Founded as 深度 in 2021.")))
    assert "Founded as □□ in 2021." in text[1]


def test_document_title_language_date_and_standard_are_in_the_file() -> None:
    reader = pypdf.PdfReader(io.BytesIO(render_pdf(sample_memo())))
    root = reader.trailer["/Root"]
    assert reader.metadata is not None
    assert reader.metadata.title == "Sample Model Company (fictional): deal memo"
    assert str(reader.metadata.creation_date)[:10] == "2025-09-30"
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    xmp = root["/Metadata"].get_data().decode()
    assert "pdfuaid:part>1<" in xmp
    assert "pdfaid:part>2<" in xmp


def test_only_the_bundled_fonts_are_embedded() -> None:
    reader = pypdf.PdfReader(io.BytesIO(render_pdf(sample_memo())))
    names = {
        font.get_object()["/BaseFont"].split("+")[-1]
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert names
    assert all(name.startswith("SourceSansPro") for name in names)


def test_a_table_of_many_wide_columns_stays_inside_the_page() -> None:
    columns = tuple(Column(f"Quantity number {n}, USD m", "number") for n in range(16))
    rows = tuple(("1,234,567.8",) * 16 for _ in range(3))
    memo = replace(small_memo("Acme"), sections=(Section("Wide", (Table(columns, rows),)),))
    reader = pypdf.PdfReader(io.BytesIO(render_pdf(memo)))
    edges: list[float] = []
    reader.pages[1].extract_text(visitor_text=lambda _t, _c, m, _f, _s: edges.append(m[4]))
    assert max(edges) < float(reader.pages[1].mediabox.width) - 50


def test_a_broken_drawing_is_refused_with_the_template_named() -> None:
    section = Section("Part", (Exhibit(Chart("<svg", "t", "alt")),))
    with pytest.raises(RenderError, match=r"memo/memo\.typ could not set the document"):
        render_pdf(replace(small_memo("Acme"), sections=(section,)))


def test_review_and_screen_take_one_page_and_show_failures() -> None:
    review, screen = pages(render_pdf(sample_review())), pages(render_pdf(sample_screen()))
    assert (len(review), len(screen)) == (1, 1)
    assert "ledger.csv row 7: amount is 'abc'" in review[0]
    assert "Which share of AI spend serves free users?" in screen[0]


def test_the_file_written_is_the_document_returned(tmp_path: Path) -> None:
    out = tmp_path / "new" / "screen.pdf"
    pdf = render_pdf(sample_screen(), out=out)
    assert out.read_bytes() == pdf
    assert [path.name for path in out.parent.iterdir()] == ["screen.pdf"]


def test_long_words_can_break_and_units_stay_with_their_figure() -> None:
    data = document_data(small_memo("x" * 27, "12 m at 50 %"))
    assert data["name"] == "\u200b".join(["x" * 13, "x" * 13, "x"])
    assert data["sections"][0]["blocks"][0]["text"] == "12\u00a0m at 50\u00a0%"
