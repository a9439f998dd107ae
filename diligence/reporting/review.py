"""The quarterly review: one row a company, failed ones with their reason, one market for all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from diligence.analysis import FailedAnalysis
from diligence.prices.price_watch import PriceWatch
from diligence.reporting.blocks import Column, Table
from diligence.reporting.documents import Review
from diligence.reporting.review_fund import CURRENCY, FundView, fund_view, in_usd
from diligence.reporting.review_money import in_millions, in_thousands, whole_percent
from diligence.reporting.review_panels import is_short, review_panels
from diligence.reporting.review_row import ReviewRow
from diligence.reporting.wording import joined, months_cell, needs, percent_cell, sentence
from diligence.units import format_multiple, format_percent

FRAGILE_MULTIPLE = 2.0
INVENTED = "*"
USUAL_RANGE = "bound"
_COLUMNS = (
    Column("Company"),
    Column("Books"),
    Column("Verdict"),
    Column("Reported, %", "number"),
    Column("Paid, %", "number"),
    Column("Range, %"),
    Column("Loaded, %", "number"),
    Column("Range, %"),
    Column("k* 0 %", "number"),
    Column("k* 50 %", "number"),
    Column("Runway, months", "number"),
    Column("at 2x", "number"),
    Column("worst", "number"),
    Column("Out in 12, %", "number"),
    Column("Top supplier"),
    Column("Share, %", "number"),
    Column("HHI", "number"),
    Column("If it doubles, USD k", "number"),
    Column("value, %", "number"),
    Column("Open, %", "number"),
    Column("Note"),
)


def build_review(
    rows: Sequence[ReviewRow],
    failed: Sequence[FailedAnalysis],
    *,
    fund: str,
    quarter: str,
    as_of: date,
    run_id: str,
    watch: PriceWatch | None = None,
) -> Review:
    """Build the one-page review, weakest companies first.

    Parameters
    ----------
    rows, failed
        Holdings that were analysed, and those that were not.
    fund, quarter, as_of, run_id
        What the page is about.
    watch
        Price moves of the quarter against the holdings' models; None where prices are unknown.
    """
    view = fund_view(rows)
    ordered = sorted(rows, key=_weakness)
    return Review(
        fund=fund,
        quarter=quarter,
        as_of=as_of,
        run_id=run_id,
        heading=(
            ("Quarter", quarter),
            ("Prices and rates known on", as_of.isoformat()),
            ("Holdings", str(len(rows) + len(failed))),
            ("Analysed", str(len(rows))),
            ("Failed", str(len(failed))),
            ("Positions, indicative", _value(view)),
        ),
        sentences=_sentences(view, failed),
        table=_table(ordered, failed),
        panels=review_panels(view, watch),
        notes=_notes(view),
        footer=(
            ("Failed", joined(f.company for f in failed) or "none"),
            (
                "Not valued",
                joined(row.company for row in view.rows if row.position is None) or "none",
            ),
            (
                "Cash unknown",
                joined(r.company for r in view.rows if r.cash_out_12 is None) or "none",
            ),
        ),
        marks=_marks(rows),
    )


def _marks(rows: Sequence[ReviewRow]) -> tuple[str, ...]:
    is_invented = bool(rows) and all(row.is_fictional for row in rows)
    return ("FICTIONAL COMPANIES",) if is_invented else ()


def _sentences(view: FundView, failed: Sequence[FailedAnalysis]) -> tuple[str, ...]:
    rows = view.rows
    fragile = [r for r in rows if r.verdict == "fragile"]
    near = [r for r in rows if r.break_even_0 is not None and r.break_even_0 < FRAGILE_MULTIPLE]
    short = [r for r in rows if is_short(r.runway_at_2x_months)]
    return (
        sentence(
            f"{len(rows)} of {len(rows) + len(failed)} holdings were analysed, {len(fragile)} "
            f"graded fragile; {len(near)} lose their paid gross margin below "
            f"{format_multiple(FRAGILE_MULTIPLE, 0)} of today's input price{_named(near)}; "
            f"{len(short)} have less than a year of cash when an input doubles"
        ),
        _cash_sentence(view),
        _supplier_sentence(view),
    )


def _cash_sentence(view: FundView) -> str:
    found = view.within_horizon or view.within_year
    if found is None:
        return sentence(f"How many run out of cash together is {needs('cash.csv of a holding')}")
    year = view.within_year
    soon = f"; within {year.months} months {year.expected:.1f} and {year.at_worst}" if year else ""
    return sentence(f"{found.summary()}{soon if found is not year else ''}")


def _supplier_sentence(view: FundView) -> str:
    if not view.losses:
        return sentence(f"Whose price hurts most is {needs('exposure in deal.yaml')}")
    worst = view.losses[0]
    takes = (
        f"takes {format_percent(worst.share_of_fund, 0)} of the value of all positions"
        if worst.share_of_fund
        else f"takes {in_millions(worst.gross_profit_per_month, 2)} of gross profit a month"
    )
    lock = (
        f"the next price lock ends on {worst.next_lock}" if worst.next_lock else "none has a lock"
    )
    return sentence(
        f"{worst.supplier} hurts most: doubling its prices alone {takes}, through "
        f"{joined(worst.holdings)}; {lock}"
    )


def _named_or_none(rows: Iterable[ReviewRow]) -> str:
    return joined(sorted(row.company for row in rows)) or "none"


def _named(rows: Sequence[ReviewRow]) -> str:
    return f" ({joined(row.company for row in rows)})" if rows else ""


def _notes(view: FundView) -> tuple[str, ...]:
    paths = max((row.paths for row in view.rows if row.company not in view.apart), default=0)
    notes = [
        "Paid gross margin: all serving of paying users in cost, credits added back; loaded adds "
        f"free users and recurring tuning; ranges without a word are {USUAL_RANGE}s, all or none "
        "of the unresolved pool (open, %). k*: price multiple of the most dangerous bought or "
        "rented input. Worst: the scenario under which cash ends first. Runway and cash-out count "
        "today's cash, without the round.",
        f"One market: every holding meets the same {paths:,} price paths, drawn from one seed, so "
        "that a quarter's change comes from the holding and not from the draw. Suppliers are "
        "looked through: a reseller counts as the maker of the model. HHI: sum of squared shares; "
        "1 is one supplier. Doubling: gross profit a month in month 12, after locks that end "
        f"before, and value of the position. Money in {CURRENCY} at the rates of the day. Value "
        "is an indicative sensitivity, not fair value.",
    ]
    if any(row.is_fictional for row in view.rows):
        notes.append(f"{INVENTED} Invented company.")
    if view.apart:
        notes.append(
            sentence(
                "Left out of the joint counts, because assumptions.yaml gives them a market of "
                f"their own: {joined(view.apart)}"
            )
        )
    return tuple(notes)


def _table(rows: Sequence[ReviewRow], failed: Sequence[FailedAnalysis]) -> Table:
    empty = [""] * (len(_COLUMNS) - 4)
    body = [_cells(row) for row in rows]
    body += [(f.company, "", "failed", *empty, f.reason.splitlines()[0]) for f in failed]
    return Table(_COLUMNS, tuple(body), caption="Holdings, weakest first")


def _cells(row: ReviewRow) -> tuple[str, ...]:
    return (
        f"{row.company}{INVENTED if row.is_fictional else ''}",
        _books(row),
        row.verdict,
        percent_cell(row.reported_margin),
        percent_cell(row.paid_margin),
        _range(row.paid_low, row.paid_high, row.paid_kind),
        percent_cell(row.fully_loaded_margin),
        _range(row.loaded_low, row.loaded_high, row.loaded_kind),
        _multiple(row.break_even_0),
        _multiple(row.break_even_50),
        months_cell(row.runway_months, row.runway_status, row.horizon_months),
        _stressed_runway(row.runway_at_2x_months, row),
        _stressed_runway(row.runway_worst_months, row),
        whole_percent(row.p_cash_out_12),
        *_supplier_cells(row),
        percent_cell(row.unresolved_share),
        _note(row),
    )


def _supplier_cells(row: ReviewRow) -> tuple[str, ...]:
    if not row.suppliers:
        return ("",) * 5
    top = row.suppliers[0]
    lost = in_usd(row, top.gross_profit_loss)
    return (
        top.supplier,
        whole_percent(top.share),
        "" if row.supplier_concentration is None else f"{row.supplier_concentration:.2f}",
        "" if lost is None else in_thousands(-lost),
        whole_percent(None if top.position_loss is None else -top.position_loss),
    )


def _books(row: ReviewRow) -> str:
    month = row.books_to[:7]
    return row.period if row.period.endswith(month) else f"{row.period}, to {month}"


def _note(row: ReviewRow) -> str:
    parts = (
        f"k* of {row.break_even_input}" if row.break_even_input else "",
        f"worst: {row.worst_scenario}" if row.worst_scenario else "",
    )
    return "; ".join(part for part in parts if part)


def _range(low: float | None, high: float | None, kind: str) -> str:
    if low is None or high is None or low == high:
        return ""
    span = f"{percent_cell(low)} to {percent_cell(high)}"
    return span if kind == USUAL_RANGE else f"{span} ({kind})"


def _stressed_runway(months: float | None, row: ReviewRow) -> str:
    known = "unknown" if row.runway_status == "unknown" else "beyond_horizon"
    return months_cell(months, known, row.horizon_months)


def _weakness(row: ReviewRow) -> tuple[float, str]:
    return (row.break_even_0 if row.break_even_0 is not None else float("inf"), row.company)


def _value(view: FundView) -> str:
    return needs("round terms in deal.yaml") if view.value is None else in_millions(view.value)


def _multiple(multiple: float | None) -> str:
    return "" if multiple is None else format_multiple(multiple)
