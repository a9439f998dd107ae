"""The first page of the memo, read first and often alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from diligence.errors import InputError
from diligence.reporting.blocks import Exhibit, Shown

VerdictLabel = Literal["robust", "exposed", "fragile", "cannot say"]


@dataclass(frozen=True)
class PageOneRow:
    """One line of the table on page one; every text may be "not computable: needs X".

    Parameters
    ----------
    label
        Figure and unit, such as "Paid gross margin, %".
    says, reported
        Management's figure and the figure as booked.
    economic
        Base figure.
    interval
        Range around it, such as "45.0–61.7"; empty if there is none.
    kind
        Kind of range: "bound", "80 % interval" or "scenario range".
    evidence, red_line, flips_if
        Evidence grade, line that must not be crossed, and what would cross it.
    page
        Key of the section that shows the working, printed as its page number;
        any other text is printed as it stands.
    """

    label: str
    says: str = ""
    reported: str = ""
    economic: str = ""
    interval: str = ""
    kind: str = ""
    evidence: str = ""
    red_line: str = ""
    flips_if: str = ""
    page: str = ""


@dataclass(frozen=True)
class Verdict:
    """Grade of cost quality and evidence, with the rule that fired."""

    label: VerdictLabel
    rule: str

    def __post_init__(self) -> None:
        known = get_args(VerdictLabel)
        if self.label not in known:
            raise InputError(f"Verdict {self.label!r} is unknown; use one of {', '.join(known)}.")


@dataclass(frozen=True)
class PageOne(Shown):
    """Everything on page one, from the strip at the top to the footer.

    Parameters
    ----------
    strip
        Books to, prices known on, currency and unit, status, prepared, reviewed, run.
    deal
        Round, instrument, cheque, post-money, ownership, multiples, decision date.
    so_what
        One computed sentence.
    verdict
        Grade and the rule behind it.
    rows
        The seven figures.
    exhibits
        Up to two exhibits, drawn for half the width.
    flags, requests
        Three each, ranked; flags by money, requests by points they would narrow.
    conditions
        The team's own words.
    footer
        Spend by evidence grade, gap to ledger, months of bills, open requests.
    """

    strip: tuple[tuple[str, str], ...]
    deal: tuple[tuple[str, str], ...]
    so_what: str
    verdict: Verdict
    rows: tuple[PageOneRow, ...]
    exhibits: tuple[Exhibit, ...]
    flags: tuple[str, ...]
    requests: tuple[str, ...]
    conditions: str
    footer: tuple[tuple[str, str], ...]
