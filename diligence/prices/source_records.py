"""The collected price list as dated records: since when it vouches for each price."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from diligence.prices.listings import Listing, Snapshot, SourcePrice
from diligence.prices.price_records import DateBasis, HourlyRate, PriceRecord
from diligence.resources import resource_path

FIRST_LISTED = ("datasets", "prices", "first_listed.csv")


@dataclass(frozen=True)
class FirstListing:
    """Day on which genai-prices first listed a price, and the commit that did.

    `replaced` tells that another undated price of the model stood there before: the new one
    holds from this day on, not from the release.
    """

    day: date
    commit: str
    replaced: bool


def source_records(listing: Listing, snapshot: Snapshot) -> tuple[PriceRecord, ...]:
    """Prices of one listing with the day each applies from and the day it became known.

    An undated price counts from the model's release, or from the day the list first showed it;
    a dated one is known from the day the list first showed it, so that an announced rise is
    known before it starts.
    """
    records = list(_records(listing, snapshot))
    hours = tuple(_hourly(price) for price in listing.records if price.hours)
    if hours and records:
        # the source does not date its hourly prices: they belong to the price now in force
        now = max(
            (r for r in records if r.effective_date <= snapshot.latest_check),
            key=lambda r: r.effective_date,
            default=records[-1],
        )
        records[records.index(now)] = replace(now, hours=hours)
    return tuple(records)


@cache
def first_listed() -> dict[tuple[str, str, date | None], FirstListing]:
    """First listing of a price by provider, model and start date (None for an undated price).

    Read from the version history of genai-prices; `first_listed.csv` names the commit of each.
    """
    table = resource_path(*FIRST_LISTED).read_text(encoding="utf-8")
    return {
        (
            row["provider"],
            row["model"],
            date.fromisoformat(row["start"]) if row["start"] else None,
        ): FirstListing(
            date.fromisoformat(row["first_listed"]), row["commit"], row["basis"] == "replaced"
        )
        for row in csv.DictReader(table.splitlines())
    }


def _records(listing: Listing, snapshot: Snapshot) -> Iterator[PriceRecord]:
    dated = sorted((p.start, p) for p in listing.records if p.start is not None and not p.hours)
    undated = next((p for p in listing.records if p.start is None and not p.hours), None)
    changed = any(day <= snapshot.latest_check for day, _ in dated)
    start = _vouched_from(listing, snapshot, is_dated=changed)
    if undated and start and all(start < first for first, _ in dated[:1]):
        yield _record(listing, snapshot, undated, start=start, known=start, basis="undated")
    for day, price in dated:
        known = _known(listing, snapshot, day)
        yield _record(listing, snapshot, price, start=day, known=known, basis="documented")


def _record(
    listing: Listing,
    snapshot: Snapshot,
    price: SourcePrice,
    *,
    start: date,
    known: date,
    basis: DateBasis,
) -> PriceRecord:
    return PriceRecord(
        provider=listing.provider,
        model=listing.model,
        effective_date=start,
        known_on=known,
        state="announced" if known < start else "effective",
        input=price.input,
        output=price.output,
        cached_input=price.cached_input,
        cache_write=price.cache_write,
        batch_input=listing.batch[0] if price is _last(listing) else None,
        batch_output=listing.batch[1] if price is _last(listing) else None,
        date_basis=basis,
        source=f"genai-prices {snapshot.version}, {listing.provider}/{listing.model}",
        grade="B",
        checked=snapshot.latest_check,
    )


def _last(listing: Listing) -> SourcePrice:
    """The price now in force, to which the source's undated batch price belongs."""
    prices = [price for price in listing.records if not price.hours]
    return prices[-1] if prices else listing.records[-1]


def _vouched_from(listing: Listing, snapshot: Snapshot, *, is_dated: bool) -> date | None:
    """First day the undated price is known to apply; None when nothing tells before a dated one."""
    listed = first_listed().get((listing.provider, listing.model, None))
    released = next((day for day, ref in snapshot.dated_ids if listing.accepts(ref)), None)
    if listed and (listed.replaced or is_dated or released is None):
        return max(listed.day, snapshot.history_start)
    if released is None:
        return None if is_dated else snapshot.latest_check
    if is_dated:
        # a dated change may not be the first: the price at release is anybody's guess
        return None
    return max(released, snapshot.history_start)


def _known(listing: Listing, snapshot: Snapshot, start: date) -> date:
    listed = first_listed().get((listing.provider, listing.model, start))
    if listed is not None:
        return listed.day
    return min(start, snapshot.latest_check)


def _hourly(price: SourcePrice) -> HourlyRate:
    assert price.hours is not None
    start, end = price.hours
    return HourlyRate(
        start=start.replace(tzinfo=None),
        end=end.replace(tzinfo=None),
        input=price.input,
        output=price.output,
        cached_input=price.cached_input,
    )
