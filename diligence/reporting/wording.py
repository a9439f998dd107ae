"""How computed figures are put into words and cells; no figure is typed here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from diligence.analysis import DealAnalysis
from diligence.costs import MarginRung, Range
from diligence.costs.ladder import RUNG_TITLES
from diligence.stress import BreakEven
from diligence.units import format_amount, format_months, format_multiple, format_percent
from diligence.units.display import Number

STATUS_WORDS = {
    "already_below": "already below",
    "never": "never",
    "not_exposed": "not exposed",
    "unknown": "unknown",
}
TARGET_WORDS = {
    "gross_margin_0": "margin 0 %",
    "gross_margin_50": "margin 50 %",
    "runway_12m": "runway 12 months",
}


def needs(what: str) -> str:
    """Say what a figure needs; the one phrase for it everywhere."""
    return f"not computable: needs {what}"


@dataclass(frozen=True)
class MoneyStyle:
    """Currency and scale of a memo's money columns."""

    currency: str
    scale: str

    @property
    def unit(self) -> str:
        """Unit for a column head, such as ``USD m``."""
        return f"{self.currency} {self.scale}".strip()

    def cell(self, amount: Decimal | None, places: int = 2) -> str:
        """Amount without its unit, for a column whose head names it."""
        return "" if amount is None else format_amount(amount, scale=self.scale, places=places)

    def cell_of(self, amount: float | None, places: int = 2) -> str:
        """Projected amount without its unit; projections are floats."""
        return "" if amount is None else self.cell(Decimal(repr(float(amount))), places)

    def text(self, amount: Decimal, places: int = 2) -> str:
        """Amount with its unit, for a sentence."""
        return f"{self.currency} {self.cell(amount, places)} {self.scale}".rstrip()


def money_style(analysis: DealAnalysis) -> MoneyStyle:
    """Style of the deal: reporting currency and display scale of deal.yaml."""
    terms = analysis.deal.terms
    return MoneyStyle(terms.reporting_currency, terms.display_scale)


def percent_cell(share: Number | None) -> str:
    """Percentage without its sign, for a column whose head names it."""
    return "" if share is None else format_percent(share).removesuffix(" %")


def rung_cell(rung: MarginRung) -> str:
    """Base margin of a rung, or what it needs."""
    return needs(rung.needs) if rung.base is None else percent_cell(rung.base)


def rung_interval(rung: MarginRung) -> str:
    """Range of a rung without unit; empty where there is none."""
    if rung.kind == "point" or rung.low is None or rung.high is None:
        return ""
    return f"{percent_cell(rung.low)} to {percent_cell(rung.high)}"


def rung_sentence(rung: MarginRung) -> str:
    """Title, base and range of a rung in words."""
    title = RUNG_TITLES[rung.rung]
    if rung.base is None:
        return f"{title} is {needs(rung.needs)}"
    interval = rung_interval(rung)
    spread = f" ({rung.kind} {interval} %)" if interval else ""
    return f"{title} {format_percent(rung.base)}{spread}"


def break_even_cell(found: BreakEven | None) -> str:
    """k* with its status: a figure when there is one, never a clipped one."""
    if found is None:
        return "no such input"
    if found.k is None:
        words = STATUS_WORDS[found.status]
        return f"{words}: {found.note}" if found.status == "unknown" and found.note else words
    if found.k < 0:
        return f"{STATUS_WORDS['already_below']}; no price reaches the target"
    limit = {"at_least": "\u2265 ", "at_most": "\u2264 ", "": ""}[found.limit]
    text = f"{limit}{format_multiple(found.k)}"
    return f"{text}, already below" if found.status == "already_below" else text


def break_even_interval(found: BreakEven | None) -> str:
    """Range of k* over the unresolved pool; empty where there is none."""
    if found is None or not found.has_range or found.status == "unknown":
        return ""
    low, high = (
        format_multiple(end.k) if end.k is not None else STATUS_WORDS[end.status]
        for end in (found.all_serve, found.none_serves)
    )
    return "" if low == high else f"{low} to {high}"


def ratio_cell(ratio: Range) -> str:
    """Ratio with its range."""
    if ratio.base is None:
        return ""
    text = format_multiple(ratio.base)
    if ratio.low is not None and ratio.high is None:
        return f"{text} (at least {format_multiple(ratio.low)})"
    if ratio.low is None or ratio.high is None or ratio.low == ratio.high:
        return text
    return f"{text} ({format_multiple(ratio.low)} to {format_multiple(ratio.high)})"


def months_cell(months: Number | None, status: str, horizon_months: int) -> str:
    """Months without unit, or the status in words."""
    if months is None:
        beyond = f"over {horizon_months}"
        return {"not_burning": "not burning", "beyond_horizon": beyond}.get(status, "unknown")
    return format_months(months).removesuffix(" months")


def joined(names: Iterable[str]) -> str:
    """Names in a sentence: a, b and c.

    Examples
    --------
    >>> joined(["A", "B", "C"])
    'A, B and C'
    """
    known = list(names)
    if len(known) < 2:
        return "".join(known)
    return f"{', '.join(known[:-1])} and {known[-1]}"


def sentence(text: str) -> str:
    """Capitalise the first letter and end with a full stop.

    Examples
    --------
    >>> sentence("margins hold")
    'Margins hold.'
    """
    return f"{text[:1].upper()}{text[1:]}".rstrip(".") + "." if text else ""
