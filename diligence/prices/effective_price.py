"""What the same work costs: list price times tokenizer, verbosity, cache, batch and billing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Any

from diligence.errors import InputError
from diligence.prices.checked_numbers import positive
from diligence.prices.price_terms import CHANNELS, SIDES, PriceTerms, Side, Work

if TYPE_CHECKING:
    import pandas as pd

CHARACTERS_PER_MILLION = Decimal(1_000_000)
UNEXPLAINED = "not explained"


@dataclass(frozen=True)
class EffectivePrice:
    """What a piece of work costs on given terms.

    Parameters
    ----------
    terms, work
        What was priced.
    usd
        Effective price of the work, exact.
    list_usd
        The same text at list price and the model's tokenizer, nothing else counted.
    """

    terms: PriceTerms
    work: Work
    usd: Decimal
    list_usd: Decimal

    @property
    def over_list(self) -> float:
        """Effective over list price of the work: 0.6 means that 40 % of the list is not paid."""
        return float(self.usd / self.list_usd)

    def to_frame(self) -> pd.DataFrame:
        """One row a side: characters, each factor, and the USD it comes to."""
        import pandas as pd

        rows = [
            {"side": side, "characters": float(self.work.characters(side))}
            | {channel: float(factor) for channel, factor in self.terms.factors(side).items()}
            | {"usd": float(_side_usd(self.terms, self.work, side))}
            for side in SIDES
        ]
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """One line: effective and list price of the work."""
        return (
            f"{self.terms.model}: {self.usd.normalize():f} USD for the work, "
            f"{self.over_list:.2f} of its list price of {self.list_usd.normalize():f} USD"
        )

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.summary())}</p>{self.to_frame().to_html(index=False)}"


@dataclass(frozen=True)
class EffectivePriceChange:
    """How the price of the same work moved, and through which channel.

    Parameters
    ----------
    before, after
        The two prices.
    log_contributions
        Part of each channel in the log of the change; they add up to ``log(multiple)`` exactly.
    multiple
        Effective price after over before; what was billed, where that is known.
    """

    before: EffectivePrice
    after: EffectivePrice
    log_contributions: Mapping[str, float]
    multiple: float

    @property
    def list_multiple(self) -> float:
        """Part of the list price alone, as a multiple."""
        return math.exp(self.log_contributions["list price"])

    def to_frame(self) -> pd.DataFrame:
        """One row a channel: ``channel, multiple, log_contribution, share_of_change``."""
        import pandas as pd

        total = math.log(self.multiple)
        rows = [
            {
                "channel": channel,
                "multiple": math.exp(log),
                "log_contribution": log,
                "share_of_change": log / total if total else None,
            }
            for channel, log in (*self.log_contributions.items(), ("all channels", total))
        ]
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """One line: the multiple and the channels that moved it."""
        moved = ", ".join(
            f"{channel} ×{math.exp(log):.2f}"
            for channel, log in self.log_contributions.items()
            if abs(log) > 5e-4
        )
        return (
            f"{self.before.terms.model} to {self.after.terms.model}: ×{self.multiple:.2f} "
            f"({moved or 'nothing moved'})"
        )

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.summary())}</p>{self.to_frame().to_html(index=False)}"


def effective_price(terms: PriceTerms, *, work: Work) -> EffectivePrice:
    """Price of a piece of work on given terms.

    For each side: characters x list price x tokens per character x verbosity (output)
    x (1 - cache share x discount + write share x premium) (input)
    x (1 - batch share x discount) x billing multiple.

    Parameters
    ----------
    terms
        The model's price and how it is used.
    work
        Characters in and out that the work takes.

    Examples
    --------
    >>> from diligence.prices.price_terms import PriceTerms, Work
    >>> terms = PriceTerms("model", Decimal(5), Decimal(30), tokens_per_character=Decimal("0.25"),
    ...                    cache_share=Decimal("0.5"), cache_discount=Decimal("0.9"))
    >>> print(effective_price(terms, work=Work(Decimal(40_000), Decimal(8_000))).summary())
    model: 0.0875 USD for the work, 0.80 of its list price of 0.11 USD

    Half the prompt comes from the cache, which takes 45 % off the input and a fifth off the bill:
    the list price overstates what this buyer pays, until the cache stops being hit.
    """
    usd = sum((_side_usd(terms, work, side) for side in SIDES), Decimal(0))
    listed = (
        work.characters(side) * terms.factors(side)["list price"] * terms.tokens_per_character
        for side in SIDES
    )
    return EffectivePrice(terms, work, usd, sum(listed, Decimal(0)) / CHARACTERS_PER_MILLION)


def effective_price_change(
    before: PriceTerms, after: PriceTerms, *, work: Work, billed_multiple: Decimal | None = None
) -> EffectivePriceChange:
    """Split the change in the price of the same work into its channels, without a residue.

    Parameters
    ----------
    before, after
        Terms on the two dates, or of two models.
    work
        The work, the same for both.
    billed_multiple
        Bill after over bill before for the same work, where it was observed. What the terms do
        not account for becomes a channel of its own, "not explained".

    Notes
    -----
    Input and output move by different factors, so each side's log change is weighted by the
    logarithmic mean of its two shares in the cost (Sato and Vartia). The parts then add up to the
    log of the whole exactly, a factor common to both sides counts in full, and swapping the dates
    only flips the signs.

    Examples
    --------
    >>> from diligence.prices.price_terms import PriceTerms, Work
    >>> old = PriceTerms("Opus 4.6", Decimal(5), Decimal(25), tokens_per_character=Decimal("0.25"))
    >>> new = PriceTerms("Opus 4.7", Decimal(5), Decimal(25), tokens_per_character=Decimal("0.33"))
    >>> change = effective_price_change(
    ...     old, new, work=Work(Decimal(40_000), Decimal(8_000)), billed_multiple=Decimal("1.12"))
    >>> print(change.summary())
    Opus 4.6 to Opus 4.7: ×1.12 (tokenizer ×1.32, not explained ×0.85)

    The list price did not move, and the same text makes 32 % more tokens. Bills rose by 12 %, so
    shorter answers, caching or a different mix gave back 15 %: part of that is the buyers' doing
    and need not last.

    References
    ----------
    Vartia, Y. O. (1976). Ideal log-change index numbers. Scandinavian Journal of Statistics, 3(3),
    121-126.
    """
    prices = effective_price(before, work=work), effective_price(after, work=work)
    logs = dict.fromkeys(map(str, CHANNELS), 0.0)
    for side, weight in _side_weights(*prices).items():
        for channel, factor in after.factors(side).items():
            logs[channel] += weight * _log_ratio(factor, before.factors(side)[channel])
    modelled = _log_ratio(prices[1].usd, prices[0].usd)
    if billed_multiple is None:
        return EffectivePriceChange(*prices, logs, math.exp(modelled))
    billed = positive("billed_multiple", billed_multiple)
    logs[UNEXPLAINED] = math.log(billed) - modelled
    return EffectivePriceChange(*prices, logs, float(billed))


def _side_usd(terms: PriceTerms, work: Work, side: Side) -> Decimal:
    usd = work.characters(side) / CHARACTERS_PER_MILLION
    for factor in terms.factors(side).values():
        usd *= factor
    if usd or not work.characters(side):
        return usd
    raise InputError(
        f"the {side} of {terms.model} comes out free: the discounts take off the whole price; "
        "check shares and discounts, a supplier who gives work away is no price"
    )


def _side_weights(before: EffectivePrice, after: EffectivePrice) -> dict[Side, float]:
    """Weights that add up to 1: logarithmic means of each side's share in the cost."""
    means = {
        side: _log_mean(_side_share(before, side), _side_share(after, side))
        for side in SIDES
        if before.work.characters(side)
    }
    return {side: mean / sum(means.values()) for side, mean in means.items()}


def _side_share(price: EffectivePrice, side: Side) -> float:
    return float(_side_usd(price.terms, price.work, side) / price.usd)


def _log_ratio(after: Any, before: Any) -> float:
    return math.log(float(after) / float(before))


def _log_mean(a: float, b: float) -> float:
    """Logarithmic mean; its limit where the two are all but equal."""
    gap = math.log(b / a)
    return (b - a) / gap if abs(gap) > 1e-8 else math.sqrt(a * b)
