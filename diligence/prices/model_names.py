"""Find a model in the price book by the name an invoice or an analyst gives it."""

from __future__ import annotations

from difflib import get_close_matches
from typing import NoReturn

from diligence.errors import UnknownModelError
from diligence.prices.listings import Listing, without_day


def find_listing(
    listings: tuple[Listing, ...], model: str, *, provider: str | None = None
) -> Listing:
    """Listing of a model by identifier, alias, or either without its snapshot date.

    Raises
    ------
    UnknownModelError
        If no such model is listed, or several providers list it and none is its maker; the
        message names near matches. An unknown model never costs 0.
    """
    ref = model.strip().lower()
    sold = _matches(listings, ref)
    if not any(sold) and provider is None:
        _refuse(listings, model)
    if provider is None:
        return _maker(sold, model)
    own = sold_by(provider, listings)
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


def sold_by(provider: str, listings: tuple[Listing, ...]) -> tuple[Listing, ...]:
    """Listings of one provider.

    Raises
    ------
    UnknownModelError
        If nobody of this name is listed; the message names near matches.
    """
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
