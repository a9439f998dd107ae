"""What following each provider's newest version does to the price of the same text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from diligence.prices.price_book import PriceBook
from diligence.prices.successions import Succession, successions
from diligence.prices.token_basket import THREE_TO_ONE, TokenBasket
from diligence.prices.token_price import TokenPrice


@dataclass(frozen=True)
class VersionMove:
    """A line that went on under a new version, and what following it did to the price.

    Parameters
    ----------
    succession
        Which model followed which, when, and how many tokens it makes.
    list_multiple
        List price of the successor over its predecessor's on the day of the succession, at the mix.
    token_multiple
        Tokens of the same text, as known on a day; 1 where nobody had measured it.
    """

    succession: Succession
    list_multiple: Decimal
    token_multiple: Decimal

    @property
    def multiple(self) -> Decimal:
        """List price times tokens: what the same text costs after over before."""
        return self.list_multiple * self.token_multiple


def version_moves(
    book: PriceBook,
    start: date,
    end: date,
    *,
    known_on: date | None = None,
    basket: TokenBasket = THREE_TO_ONE,
    steps: Iterable[Succession] | None = None,
) -> tuple[VersionMove, ...]:
    """Successions between two days, with the price of the successor over its predecessor's.

    Parameters
    ----------
    book
        The price book.
    start, end
        First and last day of a succession.
    known_on
        Use only prices and token multiples known by this day.
    basket
        Token mix at which a model's prices become one.
    steps
        Successions to look at; those that travel with the package when left out.

    Returns
    -------
    tuple of VersionMove
        A succession in which one of the two prices is not known is left out.

    Examples
    --------
    >>> moves = version_moves(PriceBook.load(), date(2026, 4, 1), date(2026, 4, 30))
    >>> [(move.succession.successor, f"{move.multiple:.2f}") for move in moves]
    [('claude-opus-4-7', '1.32'), ('gpt-5.5', '2.00')]

    One rise came by the tokenizer, the other by the list, and no list price of April's models
    moved: a company that wants the newest version has no say in either.
    """
    known = steps if steps is not None else successions()
    inside = (step for step in known if start <= step.effective_date <= end)
    moves = (_move(book, step, known_on, basket) for step in inside)
    return tuple(move for move in moves if move is not None)


def _move(
    book: PriceBook, step: Succession, known_on: date | None, basket: TokenBasket
) -> VersionMove | None:
    view = book.as_of(step.effective_date, known_on=known_on)
    models = (step.predecessor, step.successor)
    before, after = (_at_mix(view.show(m, provider=step.provider), basket) for m in models)
    if before is None or after is None:
        return None
    return VersionMove(step, after / before, step.tokens(known_on))


def _at_mix(price: TokenPrice, basket: TokenBasket) -> Decimal | None:
    """Price of the mix; None where a price that it needs is not listed."""
    cached = price.usd_per_mtok_cached_input or price.usd_per_mtok_input
    pairs = (
        (price.usd_per_mtok_input, basket.input),
        (price.usd_per_mtok_output, basket.output),
        (cached, basket.cached_input),
    )
    usd = Decimal(0)
    for listed, parts in pairs:
        if parts and listed is None:
            return None
        usd += (listed or Decimal(0)) * parts
    return usd
