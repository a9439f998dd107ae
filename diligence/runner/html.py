"""An executed notebook as one HTML file that asks nothing of the network."""

from __future__ import annotations

import base64
import html
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import bleach
from bleach.css_sanitizer import CSSSanitizer

from diligence.errors import RenderError
from diligence.reporting.atomic_files import write_atomically
from diligence.reporting.html_blocks import STYLE as DOCUMENT_STYLE
from diligence.resources import resource_path

if TYPE_CHECKING:
    from nbformat import NotebookNode

# fmt: off
TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "col", "colgroup", "dd", "del",
    "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
    "i", "li", "ol", "p", "pre", "s", "section", "small", "span", "strong", "sub", "sup",
    "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
}
ATTRIBUTES = {
    "*": ["class", "style", "title", "lang"],
    "a": ["href"],
    "td": ["colspan", "rowspan"],
    "th": ["colspan", "rowspan", "scope"],
    "col": ["span"],
    "ol": ["start"],
}
CSS_PROPERTIES = [
    "background-color", "border", "border-bottom", "border-left", "border-top", "color",
    "font-size", "font-style", "font-weight", "margin", "margin-left", "padding",
    "padding-left", "text-align", "text-decoration", "vertical-align", "white-space", "width",
]

FETCHING_TAGS = frozenset(
    {"script", "link", "iframe", "frame", "object", "embed", "base", "audio", "video", "source"}
)
ADDRESS_ATTRIBUTES = {
    "src", "href", "xlink:href", "srcset", "action", "formaction", "data", "poster",
    "background", "cite", "ping",
}
# fmt: on
LOCAL_ADDRESS = re.compile(r"#|data:image/(svg\+xml|png|jpeg);base64,")
FETCHING_STYLE = re.compile(r"url\s*\(|@import|image-set\s*\(", re.IGNORECASE)
STYLE_BLOCK = re.compile(r"<style\b.*?</style\s*>", re.IGNORECASE | re.DOTALL)
INLINE_SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
CHART_TITLE = re.compile(r"""<svg\b[^>]*aria-label="([^"]*)"|aria-label="Title text '([^"]*)'\"""")


def render_notebook_html(node: NotebookNode, *, out: Path, title: str) -> Path:
    """Write an executed notebook as a page to read, mail and print; code is left out.

    Deal text is data: tables keep a fixed list of tags and attributes, everything else is shown
    as text. Charts are embedded as images, so nothing in them can run.

    Parameters
    ----------
    node
        Executed notebook, as `run_notebook` returns it. Cells tagged ``hide`` are left out.
    out
        File to write, replaced in one step.
    title
        Name of the page, such as the company and the date of its books.

    Returns
    -------
    Path
        `out`.

    Raises
    ------
    RenderError
        If the page would load anything from outside itself.
    """
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(  # type: ignore[no-untyped-call]
        template_name="html",
        extra_template_basedirs=[str(resource_path("templates"))],
        exclude_anchor_links=True,
        filters={"clean_markup": clean_markup, "embed_svg": embed_svg},
    )
    resources = {"metadata": {"name": title}, "document_style": DOCUMENT_STYLE}
    page, _ = exporter.from_notebook_node(node, resources)
    require_self_contained(page)
    return write_atomically(out, page.rstrip() + "\n")


def clean_markup(markup: str) -> str:
    """Keep tables and prose; show any other markup as text.

    Examples
    --------
    >>> clean_markup('<b onclick="x()">1,200</b><script>x()</script>')
    '<b>1,200</b>&lt;script&gt;x()&lt;/script&gt;'
    >>> clean_markup('<a href="https://example.org">price list</a>')
    '<a>price list</a>'
    """
    if markup.startswith(DOCUMENT_STYLE):
        # Our own document blocks: their text is escaped already and their drawings are charts.
        return INLINE_SVG.sub(
            lambda found: embed_svg(found[0]), markup.removeprefix(DOCUMENT_STYLE)
        )
    return str(_cleaner().clean(STYLE_BLOCK.sub("", markup)))


def embed_svg(svg: str | list[str]) -> str:
    """Embed a chart as an image, described by its title.

    Examples
    --------
    >>> embed_svg("<svg/>")
    '<img alt="Chart" src="data:image/svg+xml;base64,PHN2Zy8+">'
    """
    drawing = svg if isinstance(svg, str) else "".join(svg)
    title = CHART_TITLE.search(drawing)
    description = html.escape(html.unescape(title[1] or title[2])) if title else "Chart"
    encoded = base64.b64encode(drawing.encode("utf-8")).decode("ascii")
    return f'<img alt="{description}" src="data:image/svg+xml;base64,{encoded}">'


def require_self_contained(page: str) -> None:
    """Refuse a page that loads, links or runs anything.

    Raises
    ------
    RenderError
        Naming the first offending tag.

    Examples
    --------
    >>> require_self_contained('<p style="color: red">source: https://example.org</p>')
    >>> require_self_contained('<img src="https://example.org/logo.png">')
    Traceback (most recent call last):
    ...
    diligence.errors.RenderError: The HTML memo holds <img src='https://example.org/logo.png'>, ...
    """
    finder = _OutsideFinder()
    finder.feed(page)
    finder.close()
    if finder.found:
        raise RenderError(
            f"The HTML memo holds {finder.found[0]}, which reaches outside the file. "
            "Embed it, or name the address as text."
        )


class _OutsideFinder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"
        if tag in FETCHING_TAGS:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if _reaches_outside(name, value or ""):
                self.found.append(f"<{tag} {name}={value!r}>")

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if self._in_style and (fetch := FETCHING_STYLE.search(data)):
            self.found.append(f"<style> with {fetch[0]!r}")


def _reaches_outside(attribute: str, value: str) -> bool:
    if attribute in ADDRESS_ATTRIBUTES:
        return not LOCAL_ADDRESS.match(value.strip())
    is_script = attribute.startswith("on") or attribute == "http-equiv"
    return is_script or (attribute == "style" and bool(FETCHING_STYLE.search(value)))


def _cleaner() -> bleach.Cleaner:
    return bleach.Cleaner(
        tags=TAGS,
        attributes=ATTRIBUTES,
        protocols=frozenset(),
        css_sanitizer=CSSSanitizer(allowed_css_properties=CSS_PROPERTIES),
    )
