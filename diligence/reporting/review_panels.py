"""Small parts below the table of holdings: cash together, value at risk, suppliers, prices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from diligence.portfolio.common_market import LossToFund
from diligence.prices.holdings_file import HeldModel
from diligence.prices.price_watch import Hit, PriceWatch
from diligence.reporting.blocks import Block, Column, Note, Paragraph, Table
from diligence.reporting.documents import Section
from diligence.reporting.review_fund import CURRENCY, FundView, in_usd, position
from diligence.reporting.review_money import in_millions, in_thousands, millions_cell, whole_percent
from diligence.reporting.review_row import ReviewRow
from diligence.reporting.wording import joined, needs, sentence
from diligence.units import format_multiple

SHORT_RUNWAY_MONTHS = 12.0
BANDS = ((float("-inf"), 1.0), (1.0, 1.5), (1.5, 2.0), (2.0, 3.0), (3.0, float("inf")))
SHOWN = 8
DATES_SHOWN = 14
NAMED = 4


def review_panels(fund: FundView, watch: PriceWatch | None) -> tuple[Section, ...]:
    """Panels in reading order."""
    return (
        suppliers_panel(fund),
        bands_panel(fund.rows),
        cash_panel(fund),
        watch_panel(fund.rows, watch),
        calendar_panel(fund.rows),
    )


def suppliers_panel(fund: FundView) -> Section:
    """What the fund loses when one supplier alone doubles its prices."""
    if not fund.losses:
        return _said("Suppliers", needs("exposure in deal.yaml"))
    columns = (
        Column("Supplier"),
        Column("Holdings"),
        Column("Profit a month", "number"),
        Column("Value exposed", "number"),
        Column("lost", "number"),
        Column("of fund, %", "number"),
        Column("Next lock"),
    )
    rows = [_loss_row(loss) for loss in fund.losses[:SHOWN]]
    left = len(fund.losses) - len(rows)
    blocks: list[Block] = [Table(columns, tuple(rows))]
    if left:
        blocks.append(Note(f"{left} smaller losses are not shown."))
    return Section(f"When one supplier alone doubles its prices, {CURRENCY} m", tuple(blocks))


def _loss_row(loss: LossToFund) -> tuple[str, ...]:
    is_valued = len(loss.unvalued) < len(loss.holdings)
    return (
        loss.supplier,
        _names(loss.holdings),
        millions_cell(-loss.gross_profit_per_month, 2),
        millions_cell(loss.exposed) if is_valued else "",
        millions_cell(-loss.loss) if is_valued else "",
        whole_percent(loss.share_of_fund) if is_valued else "",
        loss.next_lock.isoformat() if loss.next_lock else "none",
    )


def bands_panel(rows: Sequence[ReviewRow]) -> Section:
    """Positions by break-even multiple, and how many run short of cash."""
    total = sum(worth for row in rows if (worth := position(row)) is not None)
    columns = (
        Column("k* to no margin"),
        Column("Holdings", "number"),
        Column(f"Value, {CURRENCY} m", "number"),
        Column("Share, %", "number"),
        Column("Runway under 12", "number"),
        Column("doubled", "number"),
    )
    groups = [
        (_band_name(low, high), [row for row in rows if _within(row, low, high)])
        for low, high in BANDS
    ]
    groups.append(("none", [row for row in rows if row.break_even_0 is None]))
    body = [_band(name, found, total) for name, found in groups if found]
    return Section("Value by break-even multiple", (Table(columns, tuple(body)),))


def cash_panel(fund: FundView) -> Section:
    """Holdings that run out of cash on the same path of the market, and what rescue would ask."""
    found = [joint for joint in (fund.within_year, fund.within_horizon) if joint is not None]
    if not found:
        return _said("Out of cash together", needs("cash.csv of a holding"))
    columns = (
        Column("Within"),
        Column("Cash known", "number"),
        Column("Expected", "number"),
        Column("Any, %", "number"),
        Column("Worst twentieth", "number"),
        Column("Own markets", "number"),
    )
    rows = tuple(
        (
            f"{joint.months} months",
            str(joint.holdings),
            f"{joint.expected:.1f}",
            whole_percent(joint.probability_of_any),
            str(joint.at_worst),
            str(joint.if_independent),
        )
        for joint in found
    )
    return Section("Out of cash together", (Table(columns, rows), Note(_reserves(fund.rows))))


def watch_panel(rows: Sequence[ReviewRow], watch: PriceWatch | None) -> Section:
    """Price moves of the quarter that touch a holding's model."""
    title = "Price moves of the quarter, and who is hit"
    if not held_models(rows):
        return _said(title, needs("a model of bought tokens under exposure in deal.yaml"))
    if watch is None:
        return _said(title, needs("list prices of the quarter"))
    dearer = sum(move.multiple > 1 for move in watch.versions)
    words = sentence(
        f"List prices at unchanged models: {len(watch.rises)} up, {len(watch.falls)} down; "
        f"{dearer} of {len(watch.versions)} new versions dearer; {len(watch.announced)} announced, "
        f"{len(watch.taken_back)} taken back"
    )
    if not watch.hits:
        return Section(title, (Paragraph(f"{words} No holding buys a model that moved."),))
    columns = (
        Column("On"),
        Column("Move"),
        Column("x", "number"),
        Column("Who"),
        Column("USD k a month", "number"),
    )
    return Section(title, (Paragraph(words), Table(columns, tuple(_move_rows(watch.hits)[:SHOWN]))))


def calendar_panel(rows: Sequence[ReviewRow]) -> Section:
    """Locks, credits, prepaid balances and minimums that end within a year."""
    title = "Locks, credits and minimums that end within a year"
    terms = sorted((term.day, row.company, term.what) for row in rows for term in row.calendar)
    if not terms:
        return _said(title, "none is stated")
    shown = tuple((day.isoformat(), company, what) for day, company, what in terms[:DATES_SHOWN])
    return Section(title, (Table((Column("On"), Column("Company"), Column("What")), shown),))


def held_models(rows: Iterable[ReviewRow]) -> tuple[HeldModel, ...]:
    """Models that holdings buy, for the price watch."""
    return tuple(
        HeldModel(
            row.company,
            bought.model,
            usd_per_month=None
            if bought.usd_per_month is None
            else Decimal(repr(bought.usd_per_month)),
        )
        for row in rows
        for bought in row.models
    )


def is_short(months: float | None) -> bool:
    """Tell whether a runway is known and under a year."""
    return months is not None and months < SHORT_RUNWAY_MONTHS


def _reserves(rows: Sequence[ReviewRow]) -> str:
    known = [
        (base, doubled)
        for row in rows
        if (base := in_usd(row, row.capital_needed)) is not None
        and (doubled := in_usd(row, row.capital_needed_doubled)) is not None
    ]
    base, doubled = (sum(amounts) for amounts in zip(*known, strict=True)) if known else (0, 0)
    return sentence(
        f"To keep {len(known)} holdings at their minimum cash beyond this round takes "
        f"{in_millions(base)} at today's prices and {in_millions(doubled)} when every bought and "
        "rented price doubles"
    )


def _band(name: str, rows: Sequence[ReviewRow], total: float) -> tuple[str, ...]:
    positions = [worth for row in rows if (worth := position(row)) is not None]
    return (
        name,
        str(len(rows)),
        millions_cell(sum(positions) if positions else None),
        whole_percent(sum(positions) / total) if positions and total else "",
        str(sum(is_short(row.runway_months) for row in rows)),
        str(sum(is_short(row.runway_at_2x_months) for row in rows)),
    )


def _within(row: ReviewRow, low: float, high: float) -> bool:
    return row.break_even_0 is not None and low <= row.break_even_0 < high


def _band_name(low: float, high: float) -> str:
    if low == float("-inf"):
        return f"below {format_multiple(high, 0)}"
    if high == float("inf"):
        return f"{format_multiple(low, 0)} and above"
    return f"{format_multiple(low, 1)} to {format_multiple(high, 1)}"


def _move_rows(hits: Sequence[Hit]) -> list[tuple[str, ...]]:
    """One row a move, with all whom it hits; the dearest first."""
    moves: dict[tuple[str, str], list[Hit]] = {}
    for hit in hits:
        moves.setdefault((hit.effective_date.isoformat(), hit.what), []).append(hit)
    return [
        (
            day,
            what,
            format_multiple(found[0].multiple).removesuffix("x"),
            joined(sorted({hit.held.company for hit in found})),
            _added(found),
        )
        for (day, what), found in moves.items()
    ]


def _added(hits: Sequence[Hit]) -> str:
    added = [hit.usd_per_month for hit in hits if hit.usd_per_month is not None]
    return in_thousands(float(sum(added))) if added else ""


def _names(names: Sequence[str]) -> str:
    return joined(names) if len(names) <= NAMED else f"{', '.join(names[:NAMED])} and more"


def _said(title: str, words: str) -> Section:
    return Section(title, (Paragraph(sentence(words)),))
