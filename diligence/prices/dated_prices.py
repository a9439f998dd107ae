"""The price book on one day, read with the knowledge of one day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from diligence.prices.model_names import sold_by
from diligence.prices.price_records import PriceRecord, TieredRate, ruling, run_start
from diligence.prices.token_price import PriceState, TokenPrice, number, whole_number

if TYPE_CHECKING:
    import pandas as pd

    from diligence.prices.alias_file import AliasMove
    from diligence.prices.listings import Listing
    from diligence.prices.price_book import PriceBook


@dataclass(frozen=True)
class DatedPrices:
    """The price book on one day; made by `PriceBook.as_of`."""

    book: PriceBook
    day: date
    known_on: date

    def models(self, *, provider: str | None = None) -> tuple[tuple[str, str], ...]:
        """Every (provider, model) listed, priced on this day or not."""
        listings = self.book.listings
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
            Model identifier or alias, with or without a snapshot date. A name that the provider
            moves, such as ``mistral-large-latest``, stands for the model of that day.
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
        tokens = whole_number("context_tokens", context_tokens)
        ref = model.strip().lower()
        moves = [
            move
            for move in self.book.aliases
            if move.alias == ref and provider in (None, move.provider)
        ]
        move = self._move_in_force(moves)
        if moves and move is None:
            return self._before_the_alias(moves[0])
        if move is not None:
            listing = self.book.find(move.target, provider=move.provider)
            return self.price(listing, context_tokens=tokens, move=move)
        return self.price(self.book.find(model, provider=provider), context_tokens=tokens)

    def price(
        self, listing: Listing, *, context_tokens: int = 0, move: AliasMove | None = None
    ) -> TokenPrice:
        """Price of one listing on this day, as `show` gives it."""
        line = ruling(self.book.line(listing), self.known_on)
        applying = [record for record in line if record.effective_date <= self.day]
        details = {
            "alias": move.alias if move else "",
            "notes": _alias_notes(move),
        }
        reason = _why_unknown(line, applying, listing, view=self)
        if reason:
            is_gone = bool(applying) and applying[-1].state == "withdrawn"
            state: PriceState = "withdrawn" if is_gone else "unknown"
            return self._unpriced(listing.provider, listing.model, reason, state=state, **details)
        return self._known(applying, context_tokens, **details)

    def summary(self) -> str:
        """One line: the day, the knowledge and the vintage."""
        return f"prices on {self.day}, known on {self.known_on}: {self.book.vintage}"

    def listings(
        self, *, provider: str | None = None, first_party: bool = True
    ) -> tuple[Listing, ...]:
        """Listings of one provider, or of every maker, or of everybody, in order of name.

        Raises
        ------
        UnknownModelError
            If nobody of this name is listed.
        """
        if provider is not None:
            found = sold_by(provider, self.book.listings)
        else:
            found = tuple(x for x in self.book.listings if x.first_party or not first_party)
        return tuple(sorted(found, key=lambda x: (x.provider, x.model.lower())))

    def to_frame(self, *, provider: str | None = None, first_party: bool = True) -> pd.DataFrame:
        """Base-tier prices of every model, one row a model; unknown prices are missing."""
        import pandas as pd

        found = self.listings(provider=provider, first_party=first_party)
        prices = [self.price(listing) for listing in found]
        return pd.DataFrame(
            {
                "provider": [p.provider for p in prices],
                "model": [p.model for p in prices],
                "state": [p.state for p in prices],
                "usd_per_mtok_input": [number(p.usd_per_mtok_input) for p in prices],
                "usd_per_mtok_output": [number(p.usd_per_mtok_output) for p in prices],
                "usd_per_mtok_cached_input": [number(p.usd_per_mtok_cached_input) for p in prices],
                "effective_date": [p.effective_date for p in prices],
                "source": [p.source for p in prices],
            }
        )

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False, max_rows=60))

    @property
    def _data_end(self) -> date:
        return min(self.known_on, self.book.vintage_date)

    def _move_in_force(self, moves: Sequence[AliasMove]) -> AliasMove | None:
        known = [m for m in moves if m.known_on <= self.known_on and m.effective_date <= self.day]
        return max(known, key=lambda m: m.effective_date, default=None)

    def _before_the_alias(self, move: AliasMove) -> TokenPrice:
        reason = (
            f"{move.alias} first stands for a model on {move.effective_date} (known on "
            f"{move.known_on}), asked for {self.day} as known on {self.known_on}"
        )
        return self._unpriced(move.provider, move.alias, reason, alias=move.alias)

    def _known(
        self, applying: Sequence[PriceRecord], context_tokens: int, **details: Any
    ) -> TokenPrice:
        record, first = applying[-1], run_start(applying)
        rates = [r for r in (record.input, record.output, record.cached_input) if r is not None]
        is_dated = first.date_basis != "undated" or first.effective_date > self.book.history_start
        notes = (*details.pop("notes"), *_notes(first, self.book.history_start))
        return TokenPrice(
            provider=record.provider,
            model=record.model,
            as_of=self.day,
            known_on=self.known_on,
            state="announced" if first.effective_date > self._data_end else "effective",
            usd_per_mtok_input=_at(record.input, context_tokens),
            usd_per_mtok_output=_at(record.output, context_tokens),
            usd_per_mtok_cached_input=_at(record.cached_input, context_tokens),
            usd_per_mtok_cache_write=_at(record.cache_write, context_tokens),
            usd_per_mtok_batch_input=_at(record.batch_input, context_tokens),
            usd_per_mtok_batch_output=_at(record.batch_output, context_tokens),
            context_tier=max(rate.tier(context_tokens) for rate in rates),
            effective_date=first.effective_date if is_dated else None,
            known_since=first.known_on if is_dated else None,
            source=record.source,
            grade=record.grade,
            vintage=self.book.vintage,
            notes=notes if record.note in notes else (*notes, *filter(None, [record.note])),
            **details,
        )

    def _unpriced(
        self,
        provider: str,
        model: str,
        reason: str,
        *,
        state: PriceState = "unknown",
        **details: Any,
    ) -> TokenPrice:
        return TokenPrice(
            provider=provider,
            model=model,
            as_of=self.day,
            known_on=self.known_on,
            state=state,
            usd_per_mtok_input=None,
            usd_per_mtok_output=None,
            usd_per_mtok_cached_input=None,
            context_tier=0,
            effective_date=None,
            source=f"{self.book.vintage}, {provider}/{model}",
            vintage=self.book.vintage,
            reason=reason,
            **details,
        )


def _why_unknown(
    line: Sequence[PriceRecord],
    applying: Sequence[PriceRecord],
    listing: Listing,
    *,
    view: DatedPrices,
) -> str:
    asked = f"asked for {view.day} as known on {view.known_on}"
    if not applying and line:
        return f"the first dated price or release known is {line[0].effective_date}, {asked}"
    if not applying:
        known = [record.known_on for record in view.book.line(listing)]
        first = f"; the first is known on {min(known)}" if known else ""
        return f"no price of this model is known{first}, {asked}"
    record = applying[-1]
    if record.state == "withdrawn":
        return f"withdrawn on {record.effective_date}; {_last_price(applying)}"
    if record.hours:
        return f"the price depends on the hour of the day: {_hourly_range(record)}"
    if not record.is_priced:
        return "listed free or without a price per token, which says nothing about paid use"
    return ""


def _last_price(applying: Sequence[PriceRecord]) -> str:
    priced = [record for record in applying if record.is_priced]
    if not priced:
        return "no price before it is known"
    last = priced[-1]
    kinds = [("input", last.input), ("output", last.output)]
    words = ", ".join(f"{kind} {rate.base:f}" for kind, rate in kinds if rate)
    return f"the last price was {words} USD per Mtok"


def _hourly_range(record: PriceRecord) -> str:
    inputs = _bases([record.input, *(hour.input for hour in record.hours)])
    outputs = _bases([record.output, *(hour.output for hour in record.hours)])
    labels = ", ".join(hour.label for hour in record.hours)
    return (
        f"input {inputs[0]:f} to {inputs[-1]:f}, output {outputs[0]:f} to {outputs[-1]:f} "
        f"USD per Mtok (other prices at {labels})"
    )


def _bases(rates: Sequence[TieredRate | None]) -> list[Decimal]:
    return sorted(rate.base for rate in rates if rate is not None)


def _notes(first: PriceRecord, history_start: date) -> tuple[str, ...]:
    if first.date_basis == "first_seen":
        since = f"after {first.not_before} and " if first.not_before else ""
        return (f"the source dates no start: it lies {since}by {first.effective_date}",)
    if first.date_basis != "undated":
        return ()
    if first.effective_date > history_start:
        return ("the source does not date this price: effective is the first day it vouches for",)
    return (f"in force since before {history_start}, where the dated history begins",)


def _alias_notes(move: AliasMove | None) -> tuple[str, ...]:
    if move is None:
        return ()
    return (f"{move.alias} stands for {move.target} since {move.effective_date}",)


def _at(rate: TieredRate | None, context_tokens: int) -> Decimal | None:
    return None if rate is None else rate.at(context_tokens)
