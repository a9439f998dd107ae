import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from diligence.errors import RenderError
from diligence.runner.html import clean_markup, render_notebook_html, require_self_contained

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg"><g aria-label="Title text \'Margin &lt; 50%\'"/>'
    "<script>run()</script></svg>"
)


class TagCollector(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def tags_of(page: str) -> list[tuple[str, dict[str, str | None]]]:
    collector = TagCollector()
    collector.feed(page)
    return collector.tags


def render(tmp_path: Path, *cells: object, title: str = "Acme") -> str:
    node = new_notebook(cells=list(cells))
    return render_notebook_html(node, out=tmp_path / "memo.html", title=title).read_text("utf-8")


def shown(mimetype: str, content: str, source: str = "secret_code()") -> object:
    return new_code_cell(source, outputs=[new_output("display_data", data={mimetype: content})])


def test_page_holds_no_external_address(tmp_path: Path) -> None:
    table = pd.DataFrame({"usd": [1.5]}).to_html()
    page = render(
        tmp_path,
        new_markdown_cell("# Memo\n\n[price list](https://example.org/p) <https://example.org>"),
        shown("text/html", table),
        shown("image/svg+xml", SVG),
        shown("image/png", "iVBORw0KGgo="),
    )
    for tag, attributes in tags_of(page):
        assert tag not in {"script", "link", "iframe", "object", "embed"}
        for name in ("src", "href", "srcset", "action", "data"):
            assert (attributes.get(name) or "data:").startswith(("data:", "#"))
    assert "url(" not in page
    assert "@import" not in page
    # The address stands in the text for a reader to type; nothing links to it.
    assert re.findall(r"https?://[^<\s]*", page) == ["https://example.org"]


def test_code_and_hidden_cells_are_left_out(tmp_path: Path) -> None:
    hidden = shown("text/plain", "hidden result")
    hidden["metadata"]["tags"] = ["hide"]
    page = render(tmp_path, shown("text/plain", "visible result"), hidden)
    assert "visible result" in page
    assert "hidden result" not in page
    assert "secret_code" not in page


def test_page_prints_and_aligns_numbers(tmp_path: Path) -> None:
    page = render(tmp_path)
    assert "@media print" in page
    assert "@page { size: A4" in page
    assert "tabular-nums" in page
    assert "max-width: 960px" in page


def test_chart_is_an_image_described_by_its_title(tmp_path: Path) -> None:
    page = render(tmp_path, shown("image/svg+xml", SVG))
    images = [attributes for tag, attributes in tags_of(page) if tag == "img"]
    assert [image["alt"] for image in images] == ["Margin < 50%"]
    assert "<script>" not in page


@pytest.mark.parametrize("kind", ["text/html", "text/markdown", "text/plain", "stream", "title"])
def test_deal_text_never_becomes_markup(tmp_path: Path, kind: str) -> None:
    hostile = '<script>x()</script><img src=x onerror="x()"><iframe src="//example.org">'
    cell = shown(kind, hostile) if "/" in kind else new_code_cell("")
    if kind == "stream":
        cell["outputs"] = [new_output("stream", name="stdout", text=hostile)]
    page = render(tmp_path, cell, title=hostile if kind == "title" else "Acme")
    assert {tag for tag, _ in tags_of(page)} <= {
        "html", "head", "meta", "title", "style", "body", "main", "div", "section", "pre", "p",
    }  # fmt: skip
    assert "&lt;script&gt;" in page


def test_failed_cells_show_the_message_only(tmp_path: Path) -> None:
    error = new_output("error", ename="KeyError", evalue="'<price>'", traceback=["File /home/me"])
    page = render(tmp_path, new_code_cell("x", outputs=[error]))
    assert "KeyError: '&lt;price&gt;'" in page.replace("&#x27;", "'")
    assert "/home/me" not in page


def test_same_notebook_gives_the_same_bytes(tmp_path: Path) -> None:
    cells = [new_markdown_cell("# Memo\n\n## Part"), shown("image/svg+xml", SVG)]
    assert render(tmp_path, *cells) == render(tmp_path, *cells)


def test_tables_keep_their_shape() -> None:
    spans = '<th colspan="2" rowspan="2" scope="col" class="n" style="text-align: right;">x</th>'
    kept = clean_markup(f"<table><thead><tr>{spans}</tr></thead></table>")
    assert kept == f"<table><thead><tr>{spans}</tr></thead></table>"


@pytest.mark.parametrize(
    "markup",
    [
        '<td style="background-image: url(https://example.org/x)">1</td>',
        '<a href="javascript:x()">1</a>',
        '<a href="//example.org">1</a>',
        '<p onclick="x()">1</p>',
        "<style>@import 'https://example.org/x.css';</style><b>1</b>",
    ],
)
def test_what_reaches_outside_is_removed(markup: str) -> None:
    kept = clean_markup(markup)
    assert "1" in kept
    assert not re.search(r"example|javascript|onclick|import", kept)
    require_self_contained(kept)


@given(st.text(alphabet="<>/\"'=& abcdefghij:scriptonmgurl()", max_size=60))
def test_cleaned_markup_is_always_self_contained(markup: str) -> None:
    require_self_contained(clean_markup(markup))


@pytest.mark.parametrize(
    "page",
    [
        '<img src="https://example.org/x.png">',
        "<img srcset='//example.org/x.png 2x'>",
        '<link rel="stylesheet" href="memo.css">',
        "<script>x()</script>",
        '<p style="background: URL (x)">',
        "<style>p { background: url(x) }</style>",
        "<style>@import 'x.css';</style>",
        '<svg><use xlink:href="x.svg#a"/></svg>',
        '<body onload="x()">',
        '<meta http-equiv="refresh" content="0; https://example.org">',
    ],
)
def test_page_that_reaches_outside_is_refused(page: str) -> None:
    with pytest.raises(RenderError, match="reaches outside the file"):
        require_self_contained(page)


def test_namespaces_fragments_and_embedded_images_are_accepted() -> None:
    require_self_contained(
        '<svg xmlns="http://www.w3.org/2000/svg"></svg><a href="#cash">Cash</a>'
        '<img alt="Chart" src="data:image/png;base64,iVBORw0KGgo=">'
    )
