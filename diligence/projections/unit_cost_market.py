"""What the market asked, period by period, for what the company buys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from diligence.errors import EstimationError
from diligence.prices import PriceBook, PriceRecord
from diligence.prices.price_records import ruling
from diligence.projections.model_listings import ModelListings
from diligence.projections.unit_cost_history import UnitCostHistory
from diligence.projections.unit_cost_usage import NO_TOKENS
from diligence.projections.usage_rows import TOKEN_KINDS
from diligence.units import Period, format_percent

if TYPE_CHECKING:
    import pandas as pd

    from diligence.prices.listings import Listing
    from diligence.prices.token_basket import TokenBasket

OWN_MODELS = "the list price of the company's own models"
_LISTED = (
    "usd_per_mtok_input",
    "usd_per_mtok_cached_input",
    "usd_per_mtok_cache_write",
    "usd_per_mtok_output",
)


@dataclass(frozen=True)
class MarketPrices:
    """Level of a market price in each period, 1 in the first; vintage and method beside it."""

    label: str
    levels: Mapping[Period, Decimal]
    vintage: str
    notes: tuple[str, ...] = ()

    def level(self, period: Period) -> Decimal | None:
        """Level in a period; None where it is not known."""
        return self.levels.get(period)

    @property
    def change(self) -> Decimal:
        """Last level over the first, minus 1."""
        levels = list(self.levels.values())
        return levels[-1] / levels[0] - 1

    def to_frame(self) -> pd.DataFrame:
        """One row a period."""
        import pandas as pd

        rows = [(period.label, level) for period, level in self.levels.items()]
        return pd.DataFrame(rows, columns=["period", "level"], dtype=object)

    def summary(self) -> str:
        """The move over all periods, with its vintage."""
        first, *_, last = self.levels
        head = (
            f"{self.label} moved by {format_percent(float(self.change))} from {first.label} to "
            f"{last.label} ({self.vintage})"
        )
        return "\n".join([head, *(f"note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def own_model_prices(
    history: UnitCostHistory,
    *,
    book: PriceBook,
    models: ModelListings,
    known_on: date | None = None,
) -> MarketPrices:
    """Index of the list prices of the models in use: same models, the company's own token mix.

    Chained Törnqvist over model and token kind; a model counts between two periods in which its
    list price of the last day is known, by what it took of the bill at list in both. A move to
    another model is no change of price here: it is a choice of the company.

    Parameters
    ----------
    history
        Unit costs of at least two periods, with their tokens by model.
    book, models
        The price book, and the listings of the models in usage.
    known_on
        Use only prices known by this day.

    Raises
    ------
    EstimationError
        When fewer than two periods have a model with a list price, or two neighbours share none.
    """
    import pandas as pd

    from diligence.prices.price_index import price_index

    used = {name for point in history.used for name in point.usage.by_model}
    rows = [
        (point.period.end, (*name, kind), float(price), counts[place])
        for point in history.used
        for name in sorted(used & set(models.found))
        for counts in [point.usage.by_model.get(name, NO_TOKENS)]
        for place, kind, price in _priced(models.found[name], point.period, book, known_on)
    ]
    frame = pd.DataFrame(rows, columns=["period", "item", "price", "quantity"])
    if frame["period"].nunique() < 2:
        raise EstimationError(
            "the list price of the company's models needs two periods in which a model in usage/ "
            f"is listed; {frame['period'].nunique()} have one"
        )
    index = price_index(frame, method="tornqvist")
    ends = {point.period.end: point.period for point in history.used}
    unlisted = ", ".join(models.unlisted)
    notes = ("same models only: a move to another model is a choice, not a price",)
    return MarketPrices(
        label=OWN_MODELS,
        levels={ends[point.period]: Decimal(repr(point.index)) for point in index.points},
        vintage=book.vintage,
        notes=(*notes, f"no list price: {unlisted}") if unlisted else notes,
    )


def market_prices(
    history: UnitCostHistory,
    *,
    book: PriceBook,
    models: ModelListings,
    known_on: date | None = None,
) -> MarketPrices:
    """Index of all models that the company's suppliers make, at the company's token mix.

    Models matched by name from month to month, each counting alike (Jevons, chained); a period is
    priced on its last day. What the same tokens cost at list, whichever model a buyer had chosen.

    Parameters
    ----------
    history
        Unit costs of at least two periods that end with a month, with their tokens by kind.
    book, models
        The price book, and the listings of the models in usage: their makers are the market.
    known_on
        Use only prices known by this day.

    Raises
    ------
    EstimationError
        When fewer than two periods are priced, or neighbouring months share no model.
    """
    from diligence.prices.market_index import market_index

    makers = {listing.provider for listing in models.listings}
    catalogue = [x for x in book.listings if x.provider in makers and x.first_party]
    periods = [point.period for point in history.used]
    table = _monthly(catalogue, periods, book, known_on)
    if table["month"].nunique() < 2:
        raise EstimationError(
            f"the price book prices {table['month'].nunique()} of {len(periods)} periods; a market "
            "price needs two"
        )
    basket = _basket(history)
    index = market_index(table, basket=basket, vintage=book.vintage).list_index
    by_end = {point.period.end_time.date(): point for point in index.points}
    found = {period: by_end[period.end] for period in periods if period.end in by_end}
    first = next(iter(found.values()))
    fewest = min(point.n_matched for point in found.values())
    return MarketPrices(
        label=f"the list price of all models of {', '.join(sorted(makers))}",
        levels={p: Decimal(repr(point.index / first.index)) for p, point in found.items()},
        vintage=book.vintage,
        notes=(f"mix {basket}, at least {fewest} models matched in a month", *index.notes),
    )


def _monthly(
    catalogue: Sequence[Listing],
    periods: Sequence[Period],
    book: PriceBook,
    known_on: date | None,
) -> pd.DataFrame:
    """Prices in force on the last day of each period, in the columns of `PriceBook.monthly`."""
    import pandas as pd

    known = book.knowledge(known_on)
    months = [(period.end, pd.Period(period.end, "M")) for period in periods]
    rows = [
        (record.provider, record.model, month, *_floats(record))
        for listing in catalogue
        for line in [ruling(book.line(listing), known)]
        for end, month in months
        if end <= known and (record := _in_force(line, end)) is not None
    ]
    columns = ("usd_per_mtok_input", "usd_per_mtok_output", "usd_per_mtok_cached_input")
    return pd.DataFrame(rows, columns=["provider", "model", "month", *columns])


def _in_force(line: Sequence[PriceRecord], day: date) -> PriceRecord | None:
    """Record that prices a day, if one does at all hours."""
    record = next((r for r in reversed(line) if r.effective_date <= day), None)
    return record if record is not None and record.is_priced and not record.hours else None


def _floats(record: PriceRecord) -> tuple[float, ...]:
    rates = (record.input, record.output, record.cached_input)
    return tuple(float(rate.base) if rate else float("nan") for rate in rates)


def _basket(history: UnitCostHistory) -> TokenBasket:
    """The company's tokens in per cent; a cache write counts as input."""
    from diligence.prices.token_basket import TokenBasket

    kinds = zip(*(point.usage.kinds for point in history.used), strict=True)
    given, cached, written, received = (Decimal(sum(counts)) for counts in kinds)
    parts = (given + written, received, cached)
    shares = [round(100 * part / sum(parts), 1) for part in parts]
    return TokenBasket(*shares)


def _priced(
    listing: Listing, period: Period, book: PriceBook, known_on: date | None
) -> Iterator[tuple[int, str, Decimal]]:
    """Position, kind and list price of each token kind on the last day of a period."""
    price = book.as_of(period.end, known_on=known_on).price(listing)
    rates = [getattr(price, column) for column in _LISTED]
    for place, (kind, listed) in enumerate(zip(TOKEN_KINDS, rates, strict=True)):
        if listed and price.state == "effective":
            yield place, kind, listed
