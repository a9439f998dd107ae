"""Read the price snapshot that ships inside genai-prices into closed types.

Only the data module is imported: the package's price calculator and its updater are never
called, so a run needs no network and a price does not depend on the day it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from diligence.prices.price_records import TieredRate

if TYPE_CHECKING:
    from genai_prices.types import (
        MatchLogic,
        ModelInfo,
        ModelPrice,
        Provider,
        TieredPrices,
    )

_DAY_IN_ID = re.compile(r"(20\d\d)-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])(?!\d)")
_DAY_AT_END = re.compile(r"[-@]20\d\d-?\d\d-?\d\d$")

# the source's rule for a maker covers only part of what these sell, which is all their own
_SELL_THEIR_OWN = frozenset({"anthropic", "cohere", "openai", "perplexity", "voyageai"})
# and these host the models of others under identifiers of their own
_HOSTS = frozenset({"cloudflare", "databricks"})


@dataclass(frozen=True)
class SourcePrice:
    """One price as the source lists it; `start` is None where the source does not date it.

    `hours` are the times of the day (UTC) between which it replaces the other prices.
    """

    start: date | None
    hours: tuple[time, time] | None
    input: TieredRate | None
    output: TieredRate | None
    cached_input: TieredRate | None
    cache_write: TieredRate | None = None


@dataclass(frozen=True)
class Listing:
    """One model at one provider, its prices in the source's order; `batch` is input and output."""

    provider: str
    model: str
    aliases: tuple[str, ...]
    accepts: Callable[[str], bool] = field(repr=False)
    first_party: bool
    records: tuple[SourcePrice, ...]
    batch: tuple[TieredRate | None, TieredRate | None] = (None, None)

    def starts(self) -> Iterator[date]:
        """Dates at which a new price starts."""
        return (record.start for record in self.records if record.start is not None)


@dataclass(frozen=True)
class Snapshot:
    """Everything the installed package knows about prices.

    `latest_check` is the newest start date at OpenRouter: its records start on the day they
    were checked, so they never lie ahead of the data, while other providers announce rises
    months early. `history_start` is the first dated record of any model.
    """

    version: str
    listings: tuple[Listing, ...]
    history_start: date
    latest_check: date
    dated_ids: tuple[tuple[date, str], ...]


@cache
def read_snapshot() -> Snapshot:
    """Read every provider and model of the installed genai-prices package."""
    from importlib.metadata import version

    from genai_prices.data import providers

    listings = tuple(_listing(p, m) for p in providers for m in p.models)
    return Snapshot(
        version=version("genai-prices"),
        listings=listings,
        history_start=min(day for item in listings for day in item.starts()),
        latest_check=max(
            day for item in listings if item.provider == "openrouter" for day in item.starts()
        ),
        dated_ids=tuple(sorted(_dated_ids(listings))),
    )


def without_day(model_ref: str) -> str:
    """Model reference without the snapshot date at its end."""
    return _DAY_AT_END.sub("", model_ref)


def day_in(model_ref: str) -> date | None:
    """Snapshot date written inside a model reference, if there is one."""
    found = _DAY_IN_ID.search(model_ref)
    if found is None:
        return None
    try:
        return date(*map(int, found.groups()))
    except ValueError:  # eight digits that only look like a day, such as 20260231
        return None


def _listing(provider: Provider, model: ModelInfo) -> Listing:
    maker = provider.model_match
    return Listing(
        provider=provider.id,
        model=model.id,
        aliases=tuple(sorted({text.lower() for text in _alias_texts(model.match)})),
        accepts=model.is_match,
        first_party=provider.id in _SELL_THEIR_OWN
        or (provider.id not in _HOSTS and maker is not None and maker.is_match(model.id.lower())),
        records=tuple(_records(model)),
        batch=_batch(model),
    )


def _records(model: ModelInfo) -> Iterator[SourcePrice]:
    from genai_prices.types import ModelPrice, StartDateConstraint, TimeOfDateConstraint

    if isinstance(model.prices, ModelPrice):
        yield _record(model.prices, start=None, hours=None)
        return
    for item in model.prices:
        rule = item.constraint
        start = rule.start_date if isinstance(rule, StartDateConstraint) else None
        hours = None
        if isinstance(rule, TimeOfDateConstraint):
            hours = (rule.start_time, rule.end_time)
        yield _record(item.prices, start=start, hours=hours)


def _record(
    price: ModelPrice, *, start: date | None, hours: tuple[time, time] | None
) -> SourcePrice:
    return SourcePrice(
        start=start,
        hours=hours,
        input=_rate(price.input_mtok),
        output=_rate(price.output_mtok),
        cached_input=_rate(price.cache_read_mtok),
        cache_write=_rate(price.cache_write_mtok),
    )


def _batch(model: ModelInfo) -> tuple[TieredRate | None, TieredRate | None]:
    for variant in model.price_variants or ():
        if variant.when == {"processing": "batch"}:
            return _rate(variant.prices.input_mtok), _rate(variant.prices.output_mtok)
    return None, None


def _rate(price: Decimal | TieredPrices | None) -> TieredRate | None:
    if price is None or isinstance(price, Decimal):
        # a free listing promises nothing about the price of real use
        return TieredRate(price) if price else None
    return TieredRate(price.base, tuple((tier.start, tier.price) for tier in price.tiers))


def _alias_texts(rule: MatchLogic) -> Iterator[str]:
    from genai_prices.types import ClauseAnd, ClauseEquals, ClauseOr, ClauseStartsWith

    if isinstance(rule, ClauseEquals):
        yield rule.equals
    elif isinstance(rule, ClauseStartsWith):
        yield rule.starts_with
    elif isinstance(rule, ClauseOr):
        for part in rule.or_:
            yield from _alias_texts(part)
    elif isinstance(rule, ClauseAnd):
        for part in rule.and_:
            yield from _alias_texts(part)


def _dated_ids(listings: tuple[Listing, ...]) -> set[tuple[date, str]]:
    dated: set[tuple[date, str]] = set()
    for item in listings:
        for text in (item.model.lower(), *item.aliases):
            day = day_in(text)
            if day is not None:
                # resellers prefix the maker's identifier with a path or a vendor name
                bare = text.rpartition("/")[2].removeprefix("anthropic.")
                dated |= {(day, text), (day, bare)}
    return dated
