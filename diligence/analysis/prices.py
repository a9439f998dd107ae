"""List prices of the models a company buys, on the deal's price date."""

from __future__ import annotations

from dataclasses import dataclass

from diligence.inputs.deal import Deal
from diligence.prices import PriceBook, TokenPrice


@dataclass(frozen=True)
class ModelPrice:
    """Price of one model named in the deal's exposures."""

    supplier: str
    price: TokenPrice
    vintage: str


def model_prices(deal: Deal) -> tuple[ModelPrice, ...]:
    """Look up every model the exposures name.

    Raises
    ------
    UnknownModelError
        When the price book does not know a model; the message names near matches.
    """
    named = {e.model: e.supplier for e in deal.terms.exposures if e.model and e.side == "buy"}
    if not named:
        return ()
    book = PriceBook.load()
    dated = book.as_of(
        deal.terms.prices_known_on or deal.terms.as_of, known_on=deal.terms.prices_known_on
    )
    return tuple(
        ModelPrice(supplier, dated.show(model), book.vintage) for model, supplier in named.items()
    )
