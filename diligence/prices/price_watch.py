"""What moved in a quarter: list prices, versions, indices, announcements, and who is hit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING

from diligence.errors import InputError
from diligence.prices.holdings_file import HeldModel
from diligence.prices.market_index import MarketIndex, market_index
from diligence.prices.price_book import PriceBook
from diligence.prices.price_records import PriceRecord
from diligence.prices.repricing_events import RepricingEvent
from diligence.prices.repricings import Repricing
from diligence.prices.successions import successions
from diligence.prices.token_basket import THREE_TO_ONE, TokenBasket
from diligence.prices.version_moves import VersionMove, version_moves
from diligence.units import Period, PeriodError, parse_period

if TYPE_CHECKING:
    import pandas as pd

# Announcements reach a year or two ahead; none beyond this day is looked for.
FAR_AHEAD = timedelta(days=1500)
MONTHS_OF_HISTORY = 24
ONE = Decimal(1)


@dataclass(frozen=True)
class Hit:
    """A move that touches a model of a holding.

    Parameters
    ----------
    held
        Company, model and spend.
    what, effective_date
        The move in words, and its day.
    multiple
        Price after over before.
    certain
        False for what is announced, and for a new version that the company may decline.
    """

    held: HeldModel
    what: str
    effective_date: date
    multiple: Decimal
    certain: bool

    @property
    def usd_per_month(self) -> Decimal | None:
        """Added cost a month at unchanged tokens; None when the spend is not known."""
        spend = self.held.usd_per_month
        return None if spend is None else spend * (self.multiple - 1)


@dataclass(frozen=True)
class PriceWatch:
    """What moved in one quarter, as known on one day.

    Parameters
    ----------
    quarter, known_on
        The quarter, and the last day of knowledge used.
    list_changes
        Changes of list price at an unchanged model, by the models' own makers.
    announced
        Changes known by `known_on` that start later and were not taken back by then.
    taken_back
        Announcements withdrawn in the quarter: they never reach a bill.
    versions
        Lines that went on under a new version in the quarter.
    events
        Events of the library in the quarter, by what moved the bill.
    market
        Index over the quarter, from the month before it.
    history
        The same index over two years up to the quarter's end, for a chart.
    hits
        Moves that touch the holdings, dearest first.
    vintage
        Price lists behind all of it.
    """

    quarter: Period
    known_on: date
    list_changes: tuple[Repricing, ...]
    announced: tuple[Repricing, ...]
    taken_back: tuple[PriceRecord, ...]
    versions: tuple[VersionMove, ...]
    events: tuple[RepricingEvent, ...]
    market: MarketIndex
    history: MarketIndex = field(repr=False)
    hits: tuple[Hit, ...] = ()
    vintage: str = ""

    @property
    def rises(self) -> tuple[Repricing, ...]:
        """List prices that went up at an unchanged model."""
        return tuple(change for change in self.list_changes if change.multiple > 1)

    @property
    def falls(self) -> tuple[Repricing, ...]:
        """List prices that went down at an unchanged model."""
        return tuple(change for change in self.list_changes if change.multiple < 1)

    def to_frame(self) -> pd.DataFrame:
        """One row a move: ``kind, provider, what, effective_date, known_on, multiple, source``."""
        import pandas as pd

        names = ["kind", "provider", "what", "effective_date", "known_on", "multiple", "source"]
        return pd.DataFrame(list(self._rows()), columns=names)

    def summary(self) -> str:
        """The quarter in five lines."""
        listed, paid = self.market.list_index.change, self.market.effective_index.change
        dearer = [move for move in self.versions if move.multiple > 1]
        return "\n".join(
            [
                f"{self.quarter.label}, as known on {self.known_on}",
                f"List prices at unchanged models: {len(self.rises)} up, {len(self.falls)} down; "
                f"index {listed:+z.1%}",
                f"New versions: {len(dearer)} of {len(self.versions)} dearer than what they "
                f"follow; index that follows them {paid:+z.1%}",
                f"Announced and not yet in force: {len(self.announced)}; taken back: "
                f"{len(self.taken_back)}",
                f"Prices: {self.vintage}",
            ]
        )

    def _rows(self) -> Iterator[tuple[object, ...]]:
        for change in (*self.list_changes, *self.announced):
            kind = "announced" if change.state == "announced" else "list price"
            days = change.effective_date, change.known_on
            yield kind, change.provider, change.model, *days, float(change.multiple), change.source
        for record in self.taken_back:
            days = record.effective_date, record.known_on
            yield "taken back", record.provider, record.model, *days, None, record.source
        for move in self.versions:
            step = move.succession
            what = f"{step.predecessor} to {step.successor}"
            days = step.effective_date, step.effective_date
            yield "version", step.provider, what, *days, float(move.multiple), step.source
        for event in self.events:
            size = None if event.multiple is None else float(event.multiple)
            kind = f"event, {event.channel.replace('_', ' ')}"
            yield (
                kind,
                event.provider,
                event.label,
                event.effective_date,
                event.known_on,
                size,
                event.source,
            )

    def _repr_html_(self) -> str:
        lines = escape(self.summary()).replace("\n", "<br>")
        return f"<p>{lines}</p>{self.to_frame().to_html(index=False, na_rep='depends')}"


def price_watch(
    book: PriceBook,
    quarter: str,
    *,
    known_on: date | None = None,
    basket: TokenBasket = THREE_TO_ONE,
    holdings: Sequence[HeldModel] = (),
) -> PriceWatch:
    """What moved in a quarter at the makers of the models, and whom it hits.

    Parameters
    ----------
    book
        The price book.
    quarter
        Such as ``2026Q2``; any other period works too.
    known_on
        Last day of knowledge to use; the quarter's last day when left out, so that running the
        watch again later gives the same result.
    basket
        Token mix at which a model's prices become one.
    holdings
        Models that companies buy, with the spend where known.

    Raises
    ------
    InputError
        The quarter cannot be read or lies outside what is known, or a held model is not listed.

    Examples
    --------
    >>> watch = price_watch(PriceBook.load(), "2026Q2")
    >>> [f"{c.model} x{c.multiple} on {c.effective_date}" for c in watch.announced]
    ['claude-sonnet-5 x1.5 on 2026-09-01']

    At the end of June the rise was on the vendor's page and belonged in a stress case. It was
    taken back in August: a watch with ``known_on`` in September no longer shows it.
    """
    period = _period(quarter)
    known = min(known_on or period.end, book.vintage_date)
    if known < period.start:
        raise InputError(
            f"the price book knows prices up to {known}, before {period.label} starts; choose an "
            "earlier quarter or a later known_on"
        )
    changes = book.repricings(period.start, known + FAR_AHEAD, known_on=known)
    listed = tuple(c for c in changes if c.effective_date <= period.end and c.kind == "repricing")
    announced = tuple(c for c in changes if c.effective_date > max(period.end, known))
    versions = version_moves(
        book, period.start, min(period.end, known), known_on=known, basket=basket
    )
    return PriceWatch(
        quarter=period,
        known_on=known,
        list_changes=listed,
        announced=announced,
        taken_back=tuple(_taken_back(book, period.start, min(period.end, known))),
        versions=versions,
        events=book.events(period.start, period.end, known_on=known),
        market=_market(book, _month_before(period.start), period.end, known, basket),
        history=_market(
            book, _months_before(period.end, MONTHS_OF_HISTORY), period.end, known, basket
        ),
        hits=_hits(book, holdings, (*listed, *announced), versions),
        vintage=book.vintage,
    )


def _period(text: str) -> Period:
    try:
        return parse_period(text)
    except PeriodError as error:
        raise InputError(f"quarter: {error}; write it as 2026Q2") from error


def _month_before(start: date) -> date:
    return (start - timedelta(days=1)).replace(day=1)


def _months_before(end: date, months: int) -> date:
    count = end.year * 12 + end.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)


def _market(
    book: PriceBook, start: date, end: date, known: date, basket: TokenBasket
) -> MarketIndex:
    prices = book.monthly(start, end, known_on=known)
    if prices["month"].nunique() < 2:
        raise InputError(
            f"the prices known on {known} cover {prices['month'].nunique()} month ends from "
            f"{start} to {end}, an index needs two; choose an earlier quarter or a later known_on"
        )
    return market_index(
        prices, basket=basket, successions=successions(), known_on=known, vintage=book.vintage
    )


def _taken_back(book: PriceBook, start: date, end: date) -> Iterator[PriceRecord]:
    return (r for r in book.own if r.state == "cancelled" and start <= r.known_on <= end)


def _hits(
    book: PriceBook,
    holdings: Iterable[HeldModel],
    changes: Sequence[Repricing],
    versions: Sequence[VersionMove],
) -> tuple[Hit, ...]:
    found: list[Hit] = []
    for held in holdings:
        listing = book.find(held.model, provider=held.provider or None)
        key = listing.provider, listing.model
        for change in changes:
            if (change.provider, change.model) == key:
                certain = change.state == "effective"
                what = f"{change.model}: list price{'' if certain else ', announced'}"
                found.append(Hit(held, what, change.effective_date, change.multiple, certain))
        for move in versions:
            step = move.succession
            if (step.provider, step.predecessor) == key and move.multiple != ONE:
                what = f"{step.predecessor} to {step.successor}, if it follows"
                found.append(Hit(held, what, step.effective_date, move.multiple, False))
    return tuple(sorted(found, key=lambda hit: (-(hit.usd_per_month or 0), hit.held.company)))
