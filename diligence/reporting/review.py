"""The quarterly review: one row a company, failed ones with their reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from diligence.analysis import DealAnalysis, FailedAnalysis
from diligence.analysis.deal_analysis import dangerous_multiple
from diligence.reporting.blocks import Column, Table
from diligence.reporting.documents import Review
from diligence.reporting.wording import joined, needs, sentence
from diligence.units import format_months, format_multiple, format_percent

FRAGILE_MULTIPLE = 2.0
SHORT_RUNWAY_MONTHS = 12.0


@dataclass(frozen=True)
class ReviewRow:
    """One company in the review; None where a figure is not known. Margins are fractions."""

    company: str
    is_fictional: bool
    period: str
    books_to: str
    verdict: str
    reported_margin: float | None
    paid_margin: float | None
    paid_low: float | None
    paid_high: float | None
    fully_loaded_margin: float | None
    break_even_input: str
    break_even_0: float | None
    break_even_50: float | None
    runway_months: float | None
    runway_at_2x_months: float | None
    unresolved_share: float
    run_id: str

    def to_json(self) -> dict[str, Any]:
        """Plain values; missing figures are null."""
        return dict(vars(self))


def review_row(analysis: DealAnalysis, *, run_id: str) -> ReviewRow:
    """Condense an analysis to its row."""
    paid = analysis.ladder.rung("paid")
    at_zero = dangerous_multiple(analysis.break_evens, target="gross_margin_0")
    at_half = dangerous_multiple(analysis.break_evens, target="gross_margin_50")
    return ReviewRow(
        company=analysis.company,
        is_fictional=analysis.deal.terms.fictional,
        period=analysis.period.label,
        books_to=max(result.period.end for result in analysis.history).isoformat(),
        verdict=analysis.verdict.name,
        reported_margin=_number(analysis.ladder.rung("reported").base),
        paid_margin=_number(paid.base),
        paid_low=_number(paid.low),
        paid_high=_number(paid.high),
        fully_loaded_margin=_number(analysis.ladder.rung("fully_loaded").base),
        break_even_input=at_zero.input if at_zero else "",
        break_even_0=_number(at_zero.k) if at_zero else None,
        break_even_50=_number(at_half.k) if at_half else None,
        runway_months=_number(analysis.runway.base_months),
        runway_at_2x_months=analysis.stress.shortest_runway_doubled,
        unresolved_share=float(analysis.unresolved_share),
        run_id=run_id,
    )


def build_review(
    rows: Sequence[ReviewRow],
    failed: Sequence[FailedAnalysis],
    *,
    fund: str,
    quarter: str,
    as_of: date,
    run_id: str,
) -> Review:
    """Build the one-page review, weakest companies first."""
    ordered = sorted(rows, key=_weakness)
    return Review(
        fund=fund,
        quarter=quarter,
        as_of=as_of,
        run_id=run_id,
        heading=(
            ("Quarter", quarter),
            ("Prices known on", as_of.isoformat()),
            ("Holdings", str(len(rows) + len(failed))),
            ("Analysed", str(len(rows))),
            ("Failed", str(len(failed))),
        ),
        sentences=_sentences(rows, failed),
        table=_table(ordered, failed),
        notes=(
            "Paid gross margin: all serving of paying users in cost, credits added back; range: "
            "all or none of the unresolved pool. k*: price multiple of the most dangerous bought "
            "or rented input.",
        ),
        footer=(
            ("Failed", joined(f.company for f in failed) or "none"),
            ("NAV, watch list, suppliers", needs("positions of the fund")),
        ),
    )


def _sentences(rows: Sequence[ReviewRow], failed: Sequence[FailedAnalysis]) -> tuple[str, ...]:
    fragile = [r for r in rows if r.verdict == "fragile"]
    near = [r for r in rows if r.break_even_0 is not None and r.break_even_0 < FRAGILE_MULTIPLE]
    short = [
        r
        for r in rows
        if r.runway_at_2x_months is not None and r.runway_at_2x_months < SHORT_RUNWAY_MONTHS
    ]
    return (
        sentence(
            f"{len(rows)} of {len(rows) + len(failed)} holdings were analysed, "
            f"{len(fragile)} graded fragile{_named(fragile)}"
        ),
        sentence(
            f"{len(near)} lose their paid gross margin below "
            f"{format_multiple(FRAGILE_MULTIPLE, 0)} of today's input price{_named(near)}"
        ),
        sentence(
            f"{len(short)} have less than {format_months(SHORT_RUNWAY_MONTHS, 0)} of cash "
            f"when their most dangerous input doubles{_named(short)}"
        ),
    )


def _named(rows: Sequence[ReviewRow]) -> str:
    return f": {joined(row.company for row in rows)}" if rows else ""


def _table(rows: Sequence[ReviewRow], failed: Sequence[FailedAnalysis]) -> Table:
    columns = (
        Column("Company"),
        Column("Books"),
        Column("Verdict"),
        Column("Reported, %", "number"),
        Column("Paid, %", "number"),
        Column("Range, %"),
        Column("Fully loaded, %", "number"),
        Column("k* 0 %", "number"),
        Column("k* 50 %", "number"),
        Column("Runway, months", "number"),
        Column("at 2x", "number"),
        Column("Unresolved, %", "number"),
        Column("Note"),
    )
    body = [_cells(row) for row in rows]
    body += [(f.company, "", "failed", *[""] * 9, f.reason.splitlines()[0]) for f in failed]
    return Table(columns, tuple(body), caption="Holdings, weakest first")


def _cells(row: ReviewRow) -> tuple[str, ...]:
    return (
        f"{row.company}{' (fictional)' if row.is_fictional else ''}",
        f"{row.period}, to {row.books_to}",
        row.verdict,
        _percent(row.reported_margin),
        _percent(row.paid_margin),
        _range(row),
        _percent(row.fully_loaded_margin),
        _multiple(row.break_even_0),
        _multiple(row.break_even_50),
        _months(row.runway_months),
        _months(row.runway_at_2x_months),
        _percent(row.unresolved_share),
        f"k* of {row.break_even_input}" if row.break_even_input else "",
    )


def _range(row: ReviewRow) -> str:
    if row.paid_low is None or row.paid_high is None or row.paid_low == row.paid_high:
        return ""
    return f"{_percent(row.paid_low)} to {_percent(row.paid_high)}"


def _weakness(row: ReviewRow) -> tuple[float, str]:
    return (row.break_even_0 if row.break_even_0 is not None else float("inf"), row.company)


def _percent(share: float | None) -> str:
    return "" if share is None else format_percent(share).removesuffix(" %")


def _multiple(multiple: float | None) -> str:
    return "" if multiple is None else format_multiple(multiple)


def _months(months: float | None) -> str:
    return "" if months is None else format_months(months).removesuffix(" months")


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
