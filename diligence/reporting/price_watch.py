"""The quarter's price watch as tables, a chart and sentences for the run notebook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from diligence.errors import InputError
from diligence.prices import PriceBook
from diligence.prices.holdings_file import read_holdings
from diligence.prices.price_watch import Hit, PriceWatch, price_watch
from diligence.prices.repricing_events import RepricingEvent
from diligence.prices.repricings import Repricing
from diligence.prices.token_basket import parse_basket
from diligence.reporting.blocks import Bullets, Column, Exhibit, Paragraph, Table
from diligence.reporting.index_chart import chart_market_index
from diligence.units import PeriodError, format_amount, format_multiple, format_percent, parse_date

DEPENDS = "depends on use"


@dataclass(frozen=True)
class PriceWatchReport:
    """What a notebook shows of a price watch; each property is one block."""

    watch: PriceWatch

    @property
    def headline(self) -> Bullets:
        """The quarter in sentences."""
        return Bullets(tuple(f"{line}." for line in self.watch.summary().splitlines()))

    @property
    def list_changes(self) -> Table | Paragraph:
        """List prices that changed at an unchanged model."""
        if not self.watch.list_changes:
            return Paragraph("No maker changed the list price of an unchanged model.")
        return _change_table(self.watch.list_changes, "In force", self._source)

    @property
    def announced(self) -> Table | Paragraph:
        """What is announced and not yet in force."""
        if not self.watch.announced:
            return Paragraph(f"Nothing is announced beyond {self.watch.known_on}.")
        return _change_table(self.watch.announced, "From", self._source)

    @property
    def taken_back(self) -> Table | Paragraph:
        """Announcements withdrawn in the quarter."""
        if not self.watch.taken_back:
            return Paragraph("No announcement was taken back.")
        rows = tuple(
            (r.provider, r.model, r.effective_date.isoformat(), r.known_on.isoformat(), r.note)
            for r in self.watch.taken_back
        )
        heads = ("Provider", "Model", "Was to start", "Taken back", "Note")
        return Table(tuple(map(Column, heads)), rows, source=self._source)

    @property
    def versions(self) -> Table | Paragraph:
        """New versions against what they follow."""
        if not self.watch.versions:
            return Paragraph("No line went on under a new version.")
        heads = ("Provider", "From", "To", "On")
        numbers = ("List price, x", "Tokens, x", "Same text, x")
        columns = (*map(Column, heads), *(Column(head, "number") for head in numbers))
        rows = tuple(
            (
                move.succession.provider,
                move.succession.predecessor,
                move.succession.successor,
                move.succession.effective_date.isoformat(),
                _times(move.list_multiple),
                _times(move.token_multiple),
                _times(move.multiple),
            )
            for move in self.watch.versions
        )
        return Table(columns, rows, source=self._source)

    @property
    def index(self) -> Exhibit:
        """Both indices over two years, the quarter shaded."""
        listed, paid = self.watch.market.list_index, self.watch.market.effective_index
        title = (
            f"{self.watch.quarter.label}: same models {_signed(listed.change)}, newest versions "
            f"{_signed(paid.change)}"
        )
        shaded = (self.watch.quarter.start, self.watch.quarter.end)
        frame = self.watch.history.to_frame()
        return Exhibit(chart_market_index(frame, title=title, shaded=shaded, source=self._source))

    @property
    def index_methods(self) -> Bullets:
        """How the indices are made, and what they leave out."""
        market = self.watch.market
        return Bullets((f"Mix: {market.basket}.", *market.notes))

    @property
    def events(self) -> Table | Paragraph:
        """Events of the quarter by what moved the bill."""
        if not self.watch.events:
            return Paragraph("The library holds no event of this quarter.")
        heads = ("Moved by", "Who", "Event", "On")
        columns = (*map(Column, heads), Column("Bill, x", "number"), Column("What"))
        ordered = sorted(self.watch.events, key=lambda e: (e.channel, e.effective_date))
        return Table(columns, tuple(map(_event_row, ordered)), source=self._source)

    @property
    def hits(self) -> Table | Paragraph:
        """Which holdings buy what moved."""
        if not self.watch.hits:
            return Paragraph("No holding given buys a model that moved.")
        heads = ("Company", "Model", "Move", "On")
        columns = (
            *map(Column, heads),
            Column("Price, x", "number"),
            Column("USD a month", "number"),
        )
        return Table(columns, tuple(map(_hit_row, self.watch.hits)), source=self._source)

    @property
    def _source(self) -> str:
        return f"{self.watch.vintage}; read as known on {self.watch.known_on}"


def open_price_watch(
    quarter: str, *, known_on: str = "", holdings: str = "", mix: str = "3:1"
) -> PriceWatchReport:
    """Watch a quarter with the price book that travels with the package.

    Parameters
    ----------
    quarter
        Such as ``2026Q2``.
    known_on
        ISO date: last day of knowledge to use; the quarter's last day when empty.
    holdings
        File of ``company, model`` and, if known, ``provider, usd_per_month``; empty for none.
    mix
        Parts of input, output and, if any, cached input.

    Raises
    ------
    InputError
        A parameter cannot be read; a file with every problem in it.
    """
    known = _day(known_on) if known_on else None
    held = read_holdings(Path(holdings)) if holdings else ()
    watch = price_watch(
        PriceBook.load(), quarter, known_on=known, basket=parse_basket(mix), holdings=held
    )
    return PriceWatchReport(watch)


def _day(text: str) -> date:
    try:
        return parse_date(text)
    except PeriodError as error:
        raise InputError(f"known_on: {error}") from error


def _change_table(changes: Sequence[Repricing], start: str, source: str) -> Table:
    numbers = ("Input before", "Input after", "Output before", "Output after", "Mix 3:1, x")
    columns = (
        *map(Column, ("Provider", "Model", start, "Known on")),
        *(Column(head, "number") for head in numbers),
    )
    rows = tuple(
        (
            change.provider,
            change.model,
            change.effective_date.isoformat(),
            change.known_on.isoformat(),
            _usd(change.input_before),
            _usd(change.input_after),
            _usd(change.output_before),
            _usd(change.output_after),
            _times(change.multiple),
        )
        for change in changes
    )
    return Table(columns, rows, caption="USD per million tokens", source=source)


def _event_row(event: RepricingEvent) -> tuple[str, ...]:
    size = DEPENDS if event.multiple is None else _times(event.multiple)
    if event.low is not None and event.high is not None:
        size += f" ({_times(event.low)} to {_times(event.high)})"
    channel = event.channel.replace("_", " ")
    day = event.effective_date.isoformat()
    return channel, event.provider, event.label, day, size, event.what


def _hit_row(hit: Hit) -> tuple[str, ...]:
    added = hit.usd_per_month
    return (
        hit.held.company,
        hit.held.model,
        hit.what,
        hit.effective_date.isoformat(),
        _times(hit.multiple),
        "" if added is None else f"{'+' if added > 0 else ''}{format_amount(added, places=0)}",
    )


def _usd(price: Decimal | None) -> str:
    return "" if price is None else f"{price.normalize():f}"


def _times(multiple: Decimal) -> str:
    return format_multiple(multiple).removesuffix("x")


def _signed(change: float) -> str:
    text = format_percent(change)
    return f"+{text}" if change > 0 else text
