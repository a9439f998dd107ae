"""One look for every chart: colours that survive colour blindness and a grey printer."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import cache, wraps
from html import escape
from typing import TYPE_CHECKING, Any, ParamSpec

from diligence.reporting.blocks import Chart
from diligence.resources import resource_path

if TYPE_CHECKING:
    import altair as alt

P = ParamSpec("P")

FONT = "Source Sans Pro"
FALLBACK_FONTS = "'Source Sans Pro', 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"

INK = "#1b2430"
QUIET = "#5d6875"
FAINT = "#d5dae0"
NAVY = "#1f3a5f"
BLUE = "#5b8db8"
SKY = "#b3cfe5"
SAND = "#efe4c8"
RED = "#b8321f"

# Ordered so that neighbours differ in lightness as well as in hue.
SERIES = (NAVY, "#c77f1a", BLUE, "#6b4c7d", QUIET)
DASHES = ((1, 0), (5, 2), (2, 2), (7, 2, 2, 2), (1, 2))

# Vega has no pattern fill: marks drawn in this colour are hatched afterwards.
HATCHED = "#fe01fe"
_HATCH_ID = "dd-hatch"
_HATCH = (
    f'<defs><pattern id="{_HATCH_ID}" width="3" height="3" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect width="3" height="3" fill="#ffffff"/>'
    f'<rect width="1" height="3" fill="{NAVY}"/></pattern></defs>'
)

# Width of an exhibit on paper: two side by side, or one across the page.
HALF_MM = 85.0
FULL_MM = 160.0

_POINTS_PER_MM = 72 / 25.4
_OPENING_TAG = re.compile(r"<svg [^>]*>")
_IDENTIFIER = re.compile(r'(\bid="|url\(#|xlink:href="#|href="#)([\w-]+)')


def points(width_mm: float) -> int:
    """Width in points; a chart is drawn one unit to the point, so 7 units print as 7 pt.

    Examples
    --------
    >>> points(25.4)
    72
    """
    return round(width_mm * _POINTS_PER_MM)


def without_schema_checks(draw: Callable[P, Chart]) -> Callable[P, Chart]:
    """Draw without checking every part against the Vega-Lite schema, which takes half the time.

    The tests draw every chart with the checks on (``draw.__wrapped__``).
    """

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Chart:
        from altair.utils.schemapi import debug_mode

        with debug_mode(False):
            return draw(*args, **kwargs)

    return drawn


def finished_chart(
    drawing: alt.TopLevelMixin, *, title: str, alt_text: str, source: str = ""
) -> Chart:
    """Turn an Altair drawing into SVG with the house theme and hatching.

    The same drawing gives the same text in every process.
    """
    from altair.utils import schemapi

    spec = drawing.to_dict(validate=schemapi.DEBUG_MODE)
    spec["config"] = theme_config()
    svg = _vega_converter().vegalite_to_svg(spec, allowed_base_urls=[])
    return Chart(_finish(svg, title, alt_text), title, alt_text, source)


def theme_config() -> dict[str, Any]:
    """Vega-Lite configuration of the house theme."""
    quiet_text = {"labelFont": FONT, "labelFontSize": 7, "labelColor": QUIET}
    return {
        "aria": False,
        "background": None,
        "font": FONT,
        "padding": {"left": 1, "right": 1, "top": 1, "bottom": 1},
        "view": {"stroke": None},
        "title": {
            "font": FONT,
            "fontSize": 7,
            "fontWeight": "normal",
            "color": QUIET,
            "anchor": "start",
            "frame": "bounds",
            "offset": 5,
        },
        "axis": quiet_text
        | {
            "titleFont": FONT,
            "titleFontSize": 7,
            "titleFontWeight": "normal",
            "titleColor": QUIET,
            "titlePadding": 4,
            "domainColor": QUIET,
            "domainWidth": 0.6,
            "tickColor": QUIET,
            "tickWidth": 0.6,
            "tickSize": 3,
            "gridColor": FAINT,
            "gridWidth": 0.5,
            "labelPadding": 2,
        },
        "axisY": {"domain": False, "ticks": False, "grid": True, "titleAngle": 0},
        "axisX": {"grid": False, "labelAngle": 0},
        "legend": quiet_text
        | {
            "title": None,
            "orient": "top",
            "direction": "horizontal",
            "symbolSize": 45,
            "symbolType": "square",
            "symbolStrokeWidth": 0,
            "offset": 4,
            "padding": 0,
            "columnPadding": 7,
            "labelLimit": 140,
        },
        "text": {"font": FONT, "fontSize": 7, "color": INK},
    }


@cache
def _vega_converter() -> Any:
    import vl_convert

    vl_convert.register_font_directory(str(resource_path("templates", "fonts")))
    return vl_convert


def _finish(svg: str, title: str, alt_text: str) -> str:
    svg = svg.replace(f'font-family="{FONT}"', f'font-family="{FALLBACK_FONTS}"')
    hatch = _HATCH if HATCHED in svg else ""
    opening = f"<title>{escape(title)}</title>{hatch}"
    svg = svg.replace(HATCHED, f"url(#{_HATCH_ID})")
    svg = _OPENING_TAG.sub(lambda tag: tag.group(0) + opening, svg, count=1)
    svg = _unique_identifiers(svg)
    label = f'<svg role="img" aria-label="{escape(alt_text)}" '
    return svg.replace("<svg ", label, 1)


def _unique_identifiers(svg: str) -> str:
    """Two charts on one web page must not answer to the same clip path.

    Vega numbers them through the whole process, so they are counted anew first.
    """
    order: dict[str, str] = {}
    counted = _IDENTIFIER.sub(
        lambda found: found.group(1) + order.setdefault(found.group(2), str(len(order))), svg
    )
    digest = hashlib.sha256(counted.encode()).hexdigest()[:10]
    return _IDENTIFIER.sub(lambda found: f"{found.group(1)}c{digest}-{found.group(2)}", counted)
