"""Dated token prices: what was known on a day about the price of another day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from diligence.errors import InputError
from diligence.prices.alias_file import AliasMove, alias_moves
from diligence.prices.dated_prices import DatedPrices
from diligence.prices.list_file import own_list, read_list_file
from diligence.prices.listings import Listing, Snapshot, read_snapshot
from diligence.prices.model_names import find_listing
from diligence.prices.price_records import PriceRecord, combine
from diligence.prices.repricing_events import RepricingEvent, in_force, repricing_events
from diligence.prices.repricings import Repricing, alias_repricings, is_moving_name, repricings
from diligence.prices.source_records import source_records

if TYPE_CHECKING:
    import pandas as pd

ModelKey = tuple[str, str]


@dataclass(frozen=True)
class PriceBook:
    """Dated token prices from every list the project keeps, asked for any day.

    Start with `PriceBook.load()`. Each record carries the day it applies from and the day it
    became known, so a memo of last March sees what was known last March. The book is offline:
    it reads the data file of the installed genai-prices package and the project's own files,
    and never asks for newer prices. See ``docs/prices.md``.

    Examples
    --------
    >>> from datetime import date
    >>> prices = PriceBook.load().as_of(date(2026, 6, 30))
    >>> print(prices.show("gpt-5.5").summary().splitlines()[0])
    openai/gpt-5.5 on 2026-06-30: input 5, cached input 0.5, output 30 USD per Mtok (effective)
    >>> prices.show("gpt-5.5", context_tokens=300_000).usd_per_mtok_input
    Decimal('10')

    A request of 300,000 input tokens pays the long-context rate for every one of its tokens: a
    company whose prompts grow past the threshold sees its price double with no change of list.
    """

    snapshot: Snapshot = field(repr=False)
    own: tuple[PriceRecord, ...] = field(default=(), repr=False)
    aliases: tuple[AliasMove, ...] = field(default=(), repr=False)
    files: tuple[str, ...] = ()
    _lines: dict[ModelKey, tuple[PriceRecord, ...]] = field(
        default_factory=dict, repr=False, compare=False
    )

    @classmethod
    def load(cls, *extra: Path) -> PriceBook:
        """Read the pinned data and the project's own list; opens no connection.

        Parameters
        ----------
        extra
            Price lists of the user, such as contract prices, in the columns of
            ``docs/prices.md``. They rule over the public lists.

        Raises
        ------
        InputError
            With every problem of a list.
        """
        book = cls(read_snapshot(), own_list(), alias_moves())
        for path in extra:
            book = book.with_list(path)
        return book

    def with_list(self, path: Path) -> PriceBook:
        """The book with the records of a user's price list on top.

        Raises
        ------
        InputError
            With every problem of the list.
        """
        return replace(
            self,
            own=(*self.own, *read_list_file(path)),
            files=(*self.files, path.name),
            _lines={},
        )

    @property
    def vintage(self) -> str:
        """Names of the lists and the last day they know, such as a memo prints."""
        lists = [f"genai-prices {self.snapshot.version}", "list_prices.csv", *self.files]
        return f"{' with '.join(lists[:2])}{''.join(f', {n}' for n in lists[2:])}, {self._until}"

    @cached_property
    def vintage_date(self) -> date:
        """Last day of which the data know: an announcement counts from the day it was made."""
        return max([self.snapshot.latest_check, *(record.known_on for record in self.own)])

    @property
    def history_start(self) -> date:
        """First day on which the collected lists price anything."""
        return self.snapshot.history_start

    @cached_property
    def listings(self) -> tuple[Listing, ...]:
        """Every model of every list; one the collected list lacks comes from the own list."""
        return (*self.snapshot.listings, *_own_listings(self.own, self.snapshot.listings))

    def fixed_listings(self, *, first_party: bool = True) -> tuple[Listing, ...]:
        """Listings whose name always stands for the same model: no name that is moved."""
        return tuple(
            item
            for item in self.listings
            if (item.first_party or not first_party)
            and not is_moving_name(self.aliases, item.provider, item.model)
        )

    def line(self, listing: Listing) -> tuple[PriceRecord, ...]:
        """Every record of one model, whenever it became known."""
        key = (listing.provider, listing.model)
        if key not in self._lines:
            mine = self._own_lines.get(_folded(*key), ())
            self._lines[key] = combine([*source_records(listing, self.snapshot), *mine])
        return self._lines[key]

    def find(self, model: str, *, provider: str | None = None) -> Listing:
        """Listing of a model by identifier or alias.

        Raises
        ------
        UnknownModelError
            With near matches; an unknown model never costs 0.
        """
        return find_listing(self.listings, model, provider=provider)

    def summary(self) -> str:
        """One line: the lists, their size and their last check."""
        listed = self.listings
        return (
            f"{self.vintage}: {len(listed):,} models at "
            f"{len({item.provider for item in listed})} providers, "
            f"{len(self.own):,} dated records of the project's own"
        )

    def as_of(self, day: date, *, known_on: date | None = None) -> DatedPrices:
        """Prices that apply on a day.

        Parameters
        ----------
        day
            The day the prices apply to.
        known_on
            Use only what was known by this day. Default: all the data know. A later day than
            `vintage_date` adds nothing, the data end there.

        Raises
        ------
        InputError
            If a value is not a date.
        """
        return DatedPrices(self, plain_date("as_of", day), self.knowledge(known_on))

    def monthly(
        self,
        start: date,
        end: date,
        *,
        known_on: date | None = None,
        first_party: bool = True,
    ) -> pd.DataFrame:
        """Month-end prices in force, one row per model and month: the input of a price index.

        A step function: the price in force on the last day of the month, never interpolated and
        never carried beyond what the data know. Announced prices stay out until they start;
        withdrawn models, free listings and prices by the hour have no row.

        Parameters
        ----------
        start, end
            First and last day of the range; a month counts when its last day lies inside.
        known_on
            Use only what was known by this day.
        first_party
            Only prices at the model's own maker.

        Returns
        -------
        pandas.DataFrame
            ``provider, model, month`` (a monthly ``pandas.Period``), ``usd_per_mtok_input``,
            ``usd_per_mtok_output``, ``usd_per_mtok_cached_input``, ``effective_date``,
            ``source``.

        Raises
        ------
        InputError
            If a value is not a date or the range ends before it starts.

        Examples
        --------
        >>> from datetime import date
        >>> table = PriceBook.load().monthly(date(2025, 5, 1), date(2025, 6, 30))
        >>> table.loc[table["model"] == "o3", "usd_per_mtok_input"].tolist()
        [10.0, 2.0]

        The cut of 10 June shows in full at the end of June; a mean over the month would report
        a fall that no customer was ever billed.
        """
        from diligence.prices.monthly_prices import monthly_prices

        until = min(self.knowledge(known_on), self.vintage_date)
        first, last = plain_date("start", start), plain_date("end", end)
        return monthly_prices(self, first, last, until=until, first_party=first_party)

    def repricings(
        self,
        start: date,
        end: date,
        *,
        known_on: date | None = None,
        first_party: bool = True,
    ) -> tuple[Repricing, ...]:
        """Changes of list price at an unchanged name, alias moves marked as such.

        Parameters
        ----------
        start, end
            First and last effective date.
        known_on, first_party
            As in `monthly`.
        """
        known = self.knowledge(known_on)
        until = min(known, self.vintage_date)
        found = [
            change
            for listing in self.fixed_listings(first_party=first_party)
            for change in repricings(self.line(listing), known_on=known, until=until)
        ]
        found += alias_repricings(self, known_on=known, until=until)
        inside = (c for c in found if start <= c.effective_date <= end)
        return tuple(sorted(inside, key=lambda c: (c.effective_date, c.provider, c.model)))

    def events(
        self, start: date, end: date, *, known_on: date | None = None
    ) -> tuple[RepricingEvent, ...]:
        """Repricing events of the library, up and down, whatever moved the bill.

        Parameters
        ----------
        start, end
            First and last day on which an event took effect.
        known_on
            Only events known by this day. Default: every event of the library. A rise whose
            cancellation is known is left out.
        """
        last = date.max if known_on is None else plain_date("known_on", known_on)
        known = in_force(repricing_events(), last)
        return tuple(event for event in known if start <= event.effective_date <= end)

    def knowledge(self, known_on: date | None) -> date:
        """Day up to which knowledge is used; everything the data know when none is named."""
        return self.vintage_date if known_on is None else plain_date("known_on", known_on)

    @cached_property
    def _own_lines(self) -> dict[ModelKey, list[PriceRecord]]:
        lines: dict[ModelKey, list[PriceRecord]] = defaultdict(list)
        for record in self.own:
            lines[_folded(record.provider, record.model)].append(record)
        return lines

    @property
    def _until(self) -> str:
        return f"known to {self.vintage_date}"


def plain_date(name: str, value: date) -> date:
    """Check a day.

    Raises
    ------
    InputError
        If the value is no date.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    raise InputError(f"{name} is {value!r}; give a datetime.date such as date(2026, 6, 30)")


def _own_listings(
    records: Sequence[PriceRecord], listings: Iterable[Listing]
) -> tuple[Listing, ...]:
    known = {_folded(item.provider, item.model) for item in listings}
    names = {_folded(r.provider, r.model): (r.provider, r.model) for r in records}
    return tuple(_listing(*name) for key, name in names.items() if key not in known)


def _folded(provider: str, model: str) -> ModelKey:
    return provider.lower(), model.lower()


def _listing(provider: str, model: str) -> Listing:
    return Listing(
        provider=provider,
        model=model,
        aliases=(),
        accepts=lambda text: text == model.lower(),
        first_party=True,
        records=(),
    )
