"""Which entries of the price book are the models that a company uses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from statistics import median

from diligence.errors import InputError
from diligence.prices import PriceBook
from diligence.prices.listings import Listing
from diligence.prices.price_records import PriceRecord, ruling
from diligence.projections.token_weights import (
    DEFAULT_RATIOS,
    ModelWeights,
    TokenWeights,
    model_spellings,
)


@dataclass(frozen=True)
class ModelListings:
    """Listings by the names that usage gives: (provider, model); and the names nobody lists."""

    found: dict[tuple[str, str], Listing]
    unlisted: tuple[str, ...]

    @property
    def listings(self) -> tuple[Listing, ...]:
        """Each listing once, in the order of the names."""
        return tuple({(x.provider, x.model): x for x in self.found.values()}.values())


def model_listings(
    names: Iterable[tuple[str, str]], book: PriceBook, *, day: date
) -> ModelListings:
    """Look up models as usage, bills and deal terms write them.

    Parameters
    ----------
    names
        (provider, model); an empty provider means the model's own maker.
    book
        The price book.
    day
        Day on which a name that a provider moves, such as ``-latest``, is read.

    Examples
    --------
    >>> from datetime import date
    >>> names = [("openai", "gpt-4.1-2025-04-14"), ("", "our-7b")]
    >>> models = model_listings(names, PriceBook.load(), day=date(2026, 6, 30))
    >>> [listing.model for listing in models.listings], models.unlisted
    (['gpt-4.1'], ('our-7b',))

    The in-house model has no list price: it is named, and nothing is priced at 0.
    """
    found: dict[tuple[str, str], Listing] = {}
    unlisted: list[str] = []
    for provider, model in dict.fromkeys(names):
        listing = _listing(provider, model, book, day) if model else None
        if listing is not None:
            found[provider, model] = listing
        elif model:
            unlisted.append(model)
    return ModelListings(found, tuple(dict.fromkeys(unlisted)))


def constant_weights(models: ModelListings, book: PriceBook, *, day: date) -> TokenWeights:
    """Weigh every model at its last list price up to a day, withdrawn ones at their last.

    The same weights in every period make a volume at constant prices. A model that nobody lists
    weighs its input at the median of the others, its other kinds at the default ratios.

    Examples
    --------
    >>> book, day = PriceBook.load(), date(2026, 6, 30)
    >>> models = model_listings([("openai", "gpt-4.1"), ("", "our-7b")], book, day=day)
    >>> weights = constant_weights(models, book, day=day)
    >>> [str(weights.of(*name).output) for name in (("openai", "gpt-4.1"), ("", "our-7b"))]
    ['8', '8']
    """
    weighed = [
        ModelWeights(*name, *rates, basis="list price", source=book.vintage)
        for name, listing in models.found.items()
        if (rates := _last_rates(book.line(listing), day)) is not None
    ]
    default = TokenWeights.default().unlisted
    level = median([item.input for item in weighed]) if weighed else Decimal(1)
    unlisted = replace(
        default,
        **{kind: getattr(default, kind) * level for kind in ("input", *DEFAULT_RATIOS)},
    )
    return TokenWeights(tuple(weighed), unlisted)


def _last_rates(
    line: Sequence[PriceRecord], day: date
) -> tuple[Decimal, Decimal, Decimal, Decimal] | None:
    """Input, cached input, cache write and output of the last priced record."""
    known = [r for r in ruling(line, day) if r.is_priced and r.effective_date <= day]
    if not known or known[-1].input is None:
        return None
    last = known[-1]
    level = known[-1].input.base
    cached, written, received = (
        rate.base if rate else level * DEFAULT_RATIOS[kind]
        for kind, rate in (
            ("cached_input", last.cached_input),
            ("cache_write", last.cache_write),
            ("output", last.output),
        )
    )
    return level, cached, written, received


def _listing(provider: str, model: str, book: PriceBook, day: date) -> Listing | None:
    """Listing at the seller as named, else at the model's maker."""
    for name in model_spellings(model):
        for seller in dict.fromkeys((provider.strip().lower() or None, None)):
            target = _alias_target(name, seller, book, day)
            try:
                return book.find(target, provider=seller)
            except InputError:
                continue
    return None


def _alias_target(name: str, seller: str | None, book: PriceBook, day: date) -> str:
    moves = [
        move
        for move in book.aliases
        if move.alias == name.strip().lower()
        and seller in (None, move.provider)
        and move.effective_date <= day
    ]
    return max(moves, key=lambda move: move.effective_date).target if moves else name
