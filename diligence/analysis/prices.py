"""List prices of the models a company uses: on the deal's price date, and over time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from diligence.inputs.deal import Deal
from diligence.inputs.usage import Usage
from diligence.prices import PriceBook, TokenPrice
from diligence.projections.model_listings import ModelListings, model_listings
from diligence.projections.model_price_history import ModelPriceHistory, model_price_history
from diligence.units.periods import trailing

WINDOW_MONTHS = 24


@dataclass(frozen=True)
class ModelPrice:
    """Price of one model named in the deal's exposures."""

    supplier: str
    price: TokenPrice
    vintage: str


def price_book(deal: Deal) -> PriceBook | None:
    """The price book, where the deal names a model to look up."""
    has_models = deal.usage is not None or any(_bought(deal))
    return PriceBook.load() if has_models else None


def model_prices(deal: Deal, book: PriceBook | None = None) -> tuple[ModelPrice, ...]:
    """Look up every model the exposures name.

    Raises
    ------
    UnknownModelError
        When the price book does not know a model; the message names near matches.
    """
    named = {e.model: e.supplier for e in deal.terms.exposures if e.model and e.side == "buy"}
    if not named:
        return ()
    book = book or PriceBook.load()
    dated = book.as_of(price_day(deal), known_on=price_day(deal))
    return tuple(
        ModelPrice(supplier, dated.show(model), book.vintage) for model, supplier in named.items()
    )


def price_day(deal: Deal) -> date:
    """Day whose prices and knowledge the memo uses."""
    return deal.terms.prices_known_on or deal.terms.as_of


def used_models(deal: Deal, book: PriceBook | None) -> ModelListings | None:
    """Listings of the models that usage names, then of those the exposures buy."""
    if book is None:
        return None
    return model_listings([*_in_usage(deal.usage), *_bought(deal)], book, day=price_day(deal))


def price_history(
    deal: Deal, models: ModelListings | None, book: PriceBook | None
) -> ModelPriceHistory | None:
    """Price steps of the models in use over two years, announced ones after them.

    None when the deal names no model.
    """
    if book is None or models is None or not (models.found or models.unlisted):
        return None
    day = price_day(deal)
    start = trailing(day, WINDOW_MONTHS).start
    return model_price_history(models, book, start=start, end=day, known_on=day)


def _in_usage(usage: Usage | None) -> Iterator[tuple[str, str]]:
    if usage is None:
        return
    pairs = usage.frame[["provider", "model"]].drop_duplicates()
    yield from sorted((str(provider), str(model)) for provider, model in pairs.to_numpy())


def _bought(deal: Deal) -> Iterator[tuple[str, str]]:
    for exposure in deal.terms.exposures:
        if exposure.model and exposure.side == "buy":
            yield "", exposure.model
