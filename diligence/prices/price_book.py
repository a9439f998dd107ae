"""List prices of tokens by model, provider and date, from the pinned genai-prices snapshot."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from diligence.errors import InputError, UnknownModelError
from diligence.prices.listings import (
    Listing,
    PriceRecord,
    Snapshot,
    TieredRate,
    first_listed,
    read_snapshot,
    without_day,
)

if TYPE_CHECKING:
    import pandas as pd

TOKENS_PER_MTOK = Decimal(1_000_000)

PriceState = Literal["in_force", "announced", "unknown"]


@dataclass(frozen=True)
class TokenPrice:
    """List price of one model at one provider on one day, or the reason why none is known.

    Parameters
    ----------
    provider, model
        Identifiers of the price book (an alias is resolved to its model).
    as_of, known_on
        The day the price applies to, and the day up to which knowledge is used.
    state
        ``in_force``; ``announced`` when the start date lies after the last day the data know,
        so it may still be cancelled; ``unknown`` when every price is None and `reason` says why.
    usd_per_mtok_input, usd_per_mtok_output, usd_per_mtok_cached_input
        USD per million tokens, exact. None means not listed, never free.
    context_tier
        Input tokens above which this tier starts; 0 is the base tier.
    effective_date
        First day of this price; None when it lies before the source's dated history.
    source, reason, notes
        Where the price stands, why it is unknown, and what to bear in mind.
    """

    provider: str
    model: str
    as_of: date
    known_on: date
    state: PriceState
    usd_per_mtok_input: Decimal | None
    usd_per_mtok_output: Decimal | None
    usd_per_mtok_cached_input: Decimal | None
    context_tier: int
    effective_date: date | None
    source: str
    reason: str = ""
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Shape that ``diligence prices show --json`` prints; missing prices are null."""
        return {
            "provider": self.provider,
            "model": self.model,
            "as_of": self.as_of.isoformat(),
            "known_on": self.known_on.isoformat(),
            "state": self.state,
            "usd_per_mtok": {
                "input": _number(self.usd_per_mtok_input),
                "output": _number(self.usd_per_mtok_output),
                "cached_input": _number(self.usd_per_mtok_cached_input),
            },
            "context_tier": self.context_tier,
            "source": self.source,
            "effective_date": self.effective_date.isoformat() if self.effective_date else None,
            "reason": self.reason or None,
            "notes": list(self.notes),
        }

    def to_frame(self) -> pd.DataFrame:
        """One row a token kind, USD per million tokens."""
        import pandas as pd

        prices = {
            "input": self.usd_per_mtok_input,
            "cached_input": self.usd_per_mtok_cached_input,
            "output": self.usd_per_mtok_output,
        }
        return pd.DataFrame(
            {
                "provider": self.provider,
                "model": self.model,
                "as_of": self.as_of.isoformat(),
                "state": self.state,
                "token_kind": list(prices),
                "usd_per_mtok": [_number(price) for price in prices.values()],
            }
        )

    def summary(self) -> str:
        """Two to four lines: the price, since when, from where."""
        lines = [f"{self.provider}/{self.model} on {self.as_of}: {self._headline()}"]
        if self.effective_date is not None:
            lines.append(f"effective {self.effective_date}, known on {self.known_on}")
        lines += [f"note: {note}" for note in self.notes]
        return "\n".join([*lines, f"source: {self.source}"])

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))

    def _headline(self) -> str:
        if self.state == "unknown":
            return f"price unknown ({self.reason})"
        kinds = [
            ("input", self.usd_per_mtok_input),
            ("cached input", self.usd_per_mtok_cached_input),
            ("output", self.usd_per_mtok_output),
        ]
        listed = [f"{kind} {price:f}" for kind, price in kinds if price is not None]
        above = f", requests above {self.context_tier:,} input tokens" if self.context_tier else ""
        return f"{', '.join(listed)} USD per Mtok ({self.state.replace('_', ' ')}{above})"


@dataclass(frozen=True)
class PriceBook:
    """Dated token prices, read once and asked for any day.

    Start with `PriceBook.load()`. The book is offline: it reads the data file of the installed
    genai-prices package and never asks for newer prices.

    Examples
    --------
    >>> from datetime import date
    >>> prices = PriceBook.load().as_of(date(2026, 6, 30))
    >>> print(prices.show("gpt-5.5").summary().splitlines()[0])
    openai/gpt-5.5 on 2026-06-30: input 5, cached input 0.5, output 30 USD per Mtok (in force)
    >>> prices.show("gpt-5.5", context_tokens=300_000).usd_per_mtok_input
    Decimal('10')

    A request of 300,000 input tokens pays the long-context rate for every one of its tokens: a
    company whose prompts grow past the threshold sees its price double with no change of list.
    """

    snapshot: Snapshot = field(repr=False)

    @classmethod
    def load(cls) -> PriceBook:
        """Read the snapshot of the installed genai-prices package; opens no connection."""
        return cls(read_snapshot())

    @property
    def vintage(self) -> str:
        """Name and version of the data, such as ``genai-prices 0.2.3``."""
        return f"genai-prices {self.snapshot.version}"

    @property
    def vintage_date(self) -> date:
        """Last day on which the data were checked against a provider's list."""
        return self.snapshot.latest_check

    def summary(self) -> str:
        """One line: the data, their size and their last check."""
        listed = self.snapshot.listings
        return (
            f"{self.vintage}: {len(listed):,} models at "
            f"{len({item.provider for item in listed})} providers, checked to {self.vintage_date}"
        )

    def as_of(self, day: date, *, known_on: date | None = None) -> DatedPrices:
        """Prices that apply on a day.

        Parameters
        ----------
        day
            The day the prices apply to.
        known_on
            Use only price changes that had started by this day. Default: all the data know.
            A later day than `vintage_date` adds nothing, the data end there.

        Raises
        ------
        InputError
            If a value is not a date.
        """
        known = self.vintage_date if known_on is None else _plain_date("known_on", known_on)
        return DatedPrices(self, _plain_date("as_of", day), known)


@dataclass(frozen=True)
class DatedPrices:
    """The price book on one day; made by `PriceBook.as_of`."""

    book: PriceBook
    day: date
    known_on: date

    def models(self, *, provider: str | None = None) -> tuple[tuple[str, str], ...]:
        """Every (provider, model) listed, priced on this day or not."""
        listings = self.book.snapshot.listings
        return tuple(
            sorted((x.provider, x.model) for x in listings if provider in (None, x.provider))
        )

    def show(
        self, model: str, *, provider: str | None = None, context_tokens: int = 0
    ) -> TokenPrice:
        """Price of one model on this day.

        Parameters
        ----------
        model
            Model identifier or alias, with or without a snapshot date.
        provider
            Provider identifier; the model's own maker when left out.
        context_tokens
            Input tokens of one request. Decides the context tier of providers that charge long
            prompts more; 0 gives the base tier.

        Returns
        -------
        TokenPrice
            With ``state="unknown"`` and no prices when the data do not know the price of that
            day: before the first dated price or the release, for free listings, and where the
            price depends on the hour. A day after the data's end carries the last price on.

        Raises
        ------
        UnknownModelError
            If no such model is listed, or several providers list it and none is its maker.
        InputError
            If `context_tokens` is not a whole number of at least 0.
        """
        tokens = _whole_number("context_tokens", context_tokens)
        listing = _find(self.book.snapshot.listings, model, provider=provider)
        timeline = _timeline(listing, self.book.snapshot)
        reason = _why_unknown(listing, timeline, view=self)
        if reason:
            return self._unknown(listing, reason)
        start, record = _in_force(timeline, view=self)[-1]
        return self._known(listing, start, record, context_tokens=tokens)

    @property
    def _data_end(self) -> date:
        return min(self.known_on, self.book.vintage_date)

    def _known(
        self, listing: Listing, start: date, record: PriceRecord, *, context_tokens: int
    ) -> TokenPrice:
        rates = [r for r in (record.input, record.output, record.cached_input) if r is not None]
        dated = start > self.book.snapshot.history_start
        return TokenPrice(
            provider=listing.provider,
            model=listing.model,
            as_of=self.day,
            known_on=self.known_on,
            state="announced" if start > self._data_end else "in_force",
            usd_per_mtok_input=_at(record.input, context_tokens),
            usd_per_mtok_output=_at(record.output, context_tokens),
            usd_per_mtok_cached_input=_at(record.cached_input, context_tokens),
            context_tier=max(rate.tier(context_tokens) for rate in rates),
            effective_date=start if dated or record.start else None,
            source=f"{self.book.vintage}, {listing.provider}/{listing.model}",
            notes=self._notes(record, dated=dated),
        )

    def _notes(self, record: PriceRecord, *, dated: bool) -> tuple[str, ...]:
        if record.start is not None:
            return ()
        if dated:
            return (
                "the source does not date this price: effective is the first day it vouches for",
            )
        history = self.book.snapshot.history_start
        return (f"in force since before {history}, where the dated history begins",)

    def _unknown(self, listing: Listing, reason: str) -> TokenPrice:
        return TokenPrice(
            provider=listing.provider,
            model=listing.model,
            as_of=self.day,
            known_on=self.known_on,
            state="unknown",
            usd_per_mtok_input=None,
            usd_per_mtok_output=None,
            usd_per_mtok_cached_input=None,
            context_tier=0,
            effective_date=None,
            source=f"{self.book.vintage}, {listing.provider}/{listing.model}",
            reason=reason,
        )


def blended_price(
    price: TokenPrice, *, input_tokens: int, output_tokens: int, cached_tokens: int = 0
) -> Decimal:
    """Average USD per million tokens at a token mix.

    Parameters
    ----------
    price
        A price in force or announced.
    input_tokens, output_tokens, cached_tokens
        Tokens of the mix, at least 0. Cached tokens are read from the provider's cache and are
        **not** contained in `input_tokens`.

    Raises
    ------
    InputError
        If the mix is empty or needs a price that is not listed.

    Examples
    --------
    >>> from datetime import date
    >>> price = PriceBook.load().as_of(date(2026, 6, 30)).show("gpt-4.1")
    >>> print(f"{blended_price(price, input_tokens=3, output_tokens=1):.2f}")
    3.50

    Three parts at 2 and one at 8: output, a quarter of the tokens, is more than half the bill.
    """
    total = sum(
        _whole_number(name, count)
        for name, count in [
            ("input_tokens", input_tokens),
            ("output_tokens", output_tokens),
            ("cached_tokens", cached_tokens),
        ]
    )
    if total == 0:
        raise InputError(
            "the token mix is empty (0 tokens); give input_tokens or output_tokens above 0"
        )
    usd = task_cost(
        price,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cached_input_tokens=cached_tokens,
    )
    return usd * TOKENS_PER_MTOK / total


def task_cost(
    price: TokenPrice,
    *,
    input_tokens: int,
    output_tokens: int,
    cached_input_tokens: int = 0,
) -> Decimal:
    """USD that one task costs at list price, exact.

    Parameters
    ----------
    price
        A price in force or announced, read at the context tier of the task.
    input_tokens, output_tokens, cached_input_tokens
        Tokens of the task, at least 0. Cached tokens are **not** contained in `input_tokens`.

    Raises
    ------
    InputError
        If a token count is negative or its price is not listed; a missing price is never 0.

    Examples
    --------
    >>> from datetime import date
    >>> price = PriceBook.load().as_of(date(2026, 6, 30)).show("gpt-4.1")
    >>> print(task_cost(price, input_tokens=10_000, output_tokens=2_000))
    0.036

    The list price of a task, not what it costs to serve, and before retries and tool calls.
    """
    parts = [
        ("input", price.usd_per_mtok_input, input_tokens),
        ("output", price.usd_per_mtok_output, output_tokens),
        ("cached_input", price.usd_per_mtok_cached_input, cached_input_tokens),
    ]
    usd = Decimal(0)
    for kind, rate, count in parts:
        if _whole_number(f"{kind} tokens", count):
            usd += _listed(price, kind, rate) * count
    return usd / TOKENS_PER_MTOK


def _listed(price: TokenPrice, kind: str, rate: Decimal | None) -> Decimal:
    if rate is not None:
        return rate
    why = price.reason or "the source lists none"
    raise InputError(
        f"no {kind} price for {price.provider}/{price.model} on {price.as_of}: {why}; "
        f"choose another date or provider, or leave the {kind} tokens out"
    )


def _find(listings: tuple[Listing, ...], model: str, *, provider: str | None) -> Listing:
    ref = model.strip().lower()
    sold = _matches(listings, ref)
    if not any(sold) and provider is None:
        _refuse(listings, model)
    if provider is None:
        return _maker(sold, model)
    own = _sold_by(provider, listings)
    found = [item for stage in _matches(own, ref) for item in stage]
    if found:
        return found[0]
    elsewhere = sorted({item.provider for stage in sold for item in stage})
    if not elsewhere:
        _refuse(listings, model)
    raise UnknownModelError(
        f"model {model!r} is not listed at provider {provider!r}; "
        f"it is listed at {', '.join(elsewhere)}: name one of these"
    )


def _sold_by(provider: str, listings: tuple[Listing, ...]) -> tuple[Listing, ...]:
    wanted = provider.strip().lower()
    own = tuple(item for item in listings if item.provider == wanted)
    if own:
        return own
    known = sorted({item.provider for item in listings})
    close = get_close_matches(wanted, known, n=3)
    raise UnknownModelError(
        f"unknown provider {provider!r}; "
        + (f"near matches: {', '.join(close)}; " if close else f"known: {', '.join(known)}; ")
        + "leave the provider out to get the model's own maker"
    )


def _matches(listings: tuple[Listing, ...], ref: str) -> tuple[list[Listing], ...]:
    """Listings by identifier, by alias, and by either without the snapshot date."""
    stem = without_day(ref)
    by_id = [item for item in listings if item.model.lower() == ref]
    by_alias = [item for item in listings if ref in item.aliases]
    by_stem = [
        item
        for item in listings
        if stem != ref and stem in (item.model.lower(), *item.aliases) and item.accepts(ref)
    ]
    return by_id, by_alias, by_stem


def _maker(sold: tuple[list[Listing], ...], model: str) -> Listing:
    makers = ([item for item in stage if item.first_party] for stage in sold)
    best = next(filter(None, makers), None) or next(filter(None, sold))
    if len(best) == 1:
        return best[0]
    raise UnknownModelError(
        f"model {model!r} is sold by several providers: "
        f"{', '.join(sorted({item.provider for item in best}))}; name one with provider="
    )


def _refuse(listings: tuple[Listing, ...], model: str) -> NoReturn:
    by_id = {item.model.lower(): item for item in reversed(listings)}
    by_id |= {item.model.lower(): item for item in listings if item.first_party}
    close = [by_id[key] for key in get_close_matches(model.strip().lower(), sorted(by_id), n=5)]
    names = ", ".join(f"{item.model} ({item.provider})" for item in close)
    raise UnknownModelError(
        f"unknown model {model!r}; "
        + (f"near matches: {names}; " if close else "nothing listed is near it; ")
        + "use an identifier of `diligence prices list`, or enter the contract price as an "
        "assumption"
    )


def _timeline(listing: Listing, snapshot: Snapshot) -> list[tuple[date, PriceRecord]]:
    """Records with the first day each is known to apply, in order of that day."""
    dated = [(record.start, record) for record in listing.records if record.start is not None]
    ordered = sorted(dated, key=lambda pair: pair[0])
    if ordered and ordered[0][0] <= snapshot.latest_check:
        return ordered
    # no dated price yet: the undated record is today's, from the release on
    first = listing.records[0]
    return [(_floor(listing, snapshot), first), *ordered]


def _floor(listing: Listing, snapshot: Snapshot) -> date:
    """First day the undated price is known to apply; the last check when nothing tells."""
    released = next((day for day, ref in snapshot.dated_ids if listing.accepts(ref)), None)
    listed = first_listed().get((listing.provider, listing.model))
    return max(released or listed or snapshot.latest_check, snapshot.history_start)


def _in_force(
    timeline: list[tuple[date, PriceRecord]], *, view: DatedPrices
) -> list[tuple[date, PriceRecord]]:
    # a later start is known only as an announcement, and only to the whole data
    everything = view.known_on >= view.book.vintage_date
    return [
        (start, record)
        for start, record in timeline
        if start <= view.day and (everything or start <= view.known_on)
    ]


def _why_unknown(
    listing: Listing, timeline: list[tuple[date, PriceRecord]], *, view: DatedPrices
) -> str:
    applying = _in_force(timeline, view=view)
    if not applying:
        return (
            f"the first dated price or release known is {timeline[0][0]}, "
            f"asked for {view.day} as known on {view.known_on}"
        )
    record = applying[-1][1]
    if any(other.by_hour for other in listing.records):
        return f"the price depends on the hour of the day: {_hourly_range(listing, record)}"
    if record.input is None and record.output is None:
        return "listed free or without a price per token, which says nothing about paid use"
    return ""


def _hourly_range(listing: Listing, record: PriceRecord) -> str:
    hours = [record, *(other for other in listing.records if other.by_hour)]
    inputs = sorted(item.input.base for item in hours if item.input)
    outputs = sorted(item.output.base for item in hours if item.output)
    return (
        f"input {inputs[0]:f} to {inputs[-1]:f}, output {outputs[0]:f} to {outputs[-1]:f} "
        "USD per Mtok"
    )


def _at(rate: TieredRate | None, context_tokens: int) -> Decimal | None:
    return None if rate is None else rate.at(context_tokens)


def _number(price: Decimal | None) -> float | None:
    return None if price is None else float(price)


def _plain_date(name: str, value: date) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    raise InputError(f"{name} is {value!r}; give a datetime.date such as date(2026, 6, 30)")


def _whole_number(name: str, value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InputError(f"{name} is {value!r}; give a whole number of at least 0")
    return value
