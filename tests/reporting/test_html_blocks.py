from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.reporting.blocks import (
    Bullets,
    Column,
    Columns,
    Exhibit,
    Heading,
    KeyValues,
    Note,
    PageBreak,
    Paragraph,
    Table,
)
from diligence.reporting.html_blocks import STYLE, to_html, to_styled_html
from tests.reporting.sample_document import (
    ladder_table,
    sample_memo,
    sample_review,
    sample_screen,
    split_chart,
)

VOID = {"br", "hr", "img"}


class Reading(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(markup: str) -> Reading:
    reading = Reading()
    reading.feed(markup)
    reading.close()
    assert reading.open == []
    return reading


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])))
def test_deal_text_comes_back_as_text_and_opens_no_tag(text: str) -> None:
    blocks = (
        Paragraph(text),
        Note(text),
        Heading(text),
        Bullets((text,)),
        KeyValues(((text, ""),)),
    )
    for block in blocks:
        reading = read(to_html(block))
        assert "".join(reading.words) == text
        assert not {"script", "a", "img"} & set(reading.tags)


def test_figures_hang_on_their_decimal_point() -> None:
    table = Table((Column("%", "number"),), (("23.3",), ("−0.4",), ("45.0–61.7",), ("n/a",)))
    markup = to_html(table)
    # The widest tail is ".0–61.7", seven characters.
    assert '<span class="dd-figure">23<span class="dd-tail" style="min-width: 7ch">.3<' in markup
    assert (
        '<span class="dd-figure">45<span class="dd-tail" style="min-width: 7ch">.0–61.7<' in markup
    )
    assert '<td class="dd-number"><span class="dd-missing">n/a</span></td>' in markup


def test_a_table_has_heads_caption_source_and_its_total() -> None:
    markup = to_html(ladder_table())
    assert markup.count('scope="col"') == 7
    assert "<figcaption>Margin ladder, nine months to 30 September 2025</figcaption>" in markup
    assert '<tr class="dd-total"><td>After training</td>' in markup


@pytest.mark.parametrize("document", [sample_memo(), sample_review(), sample_screen()])
def test_documents_are_well_formed_and_reach_nowhere(document: object) -> None:
    markup = to_styled_html(document)
    reading = read(markup)
    assert not {"script", "link", "iframe", "object", "img"} & set(reading.tags)
    addresses = markup.replace("http://www.w3.org/2000/svg", "").replace(
        "http://www.w3.org/1999/xlink", ""
    )
    assert "http" not in addresses
    assert "@import" not in markup


def test_page_one_links_each_row_to_its_section() -> None:
    markup = to_html(sample_memo())
    for row in sample_memo().page_one.rows:
        assert f'<a href="#dd-{row.page}">' in markup
        assert f'id="dd-{row.page}"' in markup


def test_every_style_is_scoped_to_our_class() -> None:
    rules = STYLE.removeprefix("<style>").removesuffix("</style>").split("}")
    selectors = [part for rule in rules if "{" in rule for part in rule.split("{")[0].split(",")]
    assert all(part.strip().startswith((".dd", "@media")) for part in selectors)


def test_blocks_show_themselves_in_a_notebook() -> None:
    exhibit = Exhibit(split_chart())
    assert exhibit._repr_html_() == to_styled_html(exhibit)
    assert split_chart().svg in exhibit._repr_html_()
    both = Columns((Paragraph("left"),), (PageBreak(), Paragraph("right")))
    assert read(both._repr_html_()).words[-2:] == ["left", "right"]


def test_an_unknown_object_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="int is not a block"):
        to_html(3)
