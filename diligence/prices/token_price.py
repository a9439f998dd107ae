"""Price of one model on one day, and what tokens cost at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from diligence.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

TOKENS_PER_MTOK = Decimal(1_000_000)

PriceState = Literal["effective", "announced", "withdrawn", "unknown"]


@dataclass(frozen=True)
class TokenPrice:
    """List price of one model at one provider on one day, or the reason why none is known.

    Parameters
    ----------
    provider, model
        Identifiers of the price book (an alias is resolved to its model).
    as_of, known_on
        The day the price applies to, and the day up to which knowledge is used.
    state
        ``effective``; ``announced`` when the start date lies after the last day the data know,
        so it may still be cancelled; ``withdrawn`` and ``unknown`` when every price is None and
        `reason` says why.
    usd_per_mtok_input, usd_per_mtok_output, usd_per_mtok_cached_input
        USD per million tokens, exact. None means not listed, never free.
    context_tier
        Input tokens above which this tier starts; 0 is the base tier.
    effective_date
        First day of this price; None when it lies before the source's dated history.
    source, reason, notes
        Where the price stands, why it is unknown, and what to bear in mind.
    usd_per_mtok_cache_write, usd_per_mtok_batch_input, usd_per_mtok_batch_output
        USD per million tokens written to the cache, and of work that may wait (often half).
    known_since
        First day on which this price could be known.
    vintage
        Names of the price lists and the last day they know, for a memo to print.
    grade
        How good the source of the price is, A to E.
    alias
        The name asked for, when it is one that the provider moves from model to model.
    """

    provider: str
    model: str
    as_of: date
    known_on: date
    state: PriceState
    usd_per_mtok_input: Decimal | None
    usd_per_mtok_output: Decimal | None
    usd_per_mtok_cached_input: Decimal | None
    context_tier: int
    effective_date: date | None
    source: str
    reason: str = ""
    notes: tuple[str, ...] = ()
    usd_per_mtok_cache_write: Decimal | None = None
    usd_per_mtok_batch_input: Decimal | None = None
    usd_per_mtok_batch_output: Decimal | None = None
    known_since: date | None = None
    vintage: str = ""
    grade: str = ""
    alias: str = ""

    @property
    def is_known(self) -> bool:
        """Whether a price stands here, in force or announced."""
        return self.state in ("effective", "announced")

    def to_json(self) -> dict[str, Any]:
        """Shape that ``diligence prices show --json`` prints; missing prices are null."""
        return {
            "provider": self.provider,
            "model": self.model,
            "as_of": self.as_of.isoformat(),
            "known_on": self.known_on.isoformat(),
            "state": self.state,
            "usd_per_mtok": {
                "input": number(self.usd_per_mtok_input),
                "output": number(self.usd_per_mtok_output),
                "cached_input": number(self.usd_per_mtok_cached_input),
            },
            "further_usd_per_mtok": {
                "cache_write": number(self.usd_per_mtok_cache_write),
                "batch_input": number(self.usd_per_mtok_batch_input),
                "batch_output": number(self.usd_per_mtok_batch_output),
            },
            "context_tier": self.context_tier,
            "alias": self.alias or None,
            "source": self.source,
            "grade": self.grade or None,
            "vintage": self.vintage,
            "effective_date": self.effective_date.isoformat() if self.effective_date else None,
            "known_since": self.known_since.isoformat() if self.known_since else None,
            "reason": self.reason or None,
            "notes": list(self.notes),
        }

    def to_frame(self) -> pd.DataFrame:
        """One row a token kind, USD per million tokens."""
        import pandas as pd

        prices = {
            "input": self.usd_per_mtok_input,
            "cached_input": self.usd_per_mtok_cached_input,
            "output": self.usd_per_mtok_output,
        }
        return pd.DataFrame(
            {
                "provider": self.provider,
                "model": self.model,
                "as_of": self.as_of.isoformat(),
                "state": self.state,
                "token_kind": list(prices),
                "usd_per_mtok": [number(price) for price in prices.values()],
            }
        )

    def summary(self) -> str:
        """A few lines: the price, since when, from where, and the vintage of the data."""
        lines = [f"{self.provider}/{self.model} on {self.as_of}: {self._headline()}"]
        if self.effective_date is not None:
            lines.append(f"effective {self.effective_date}, known on {self.known_on}")
        lines += [f"note: {note}" for note in self.notes]
        return "\n".join([*lines, f"source: {self.source}", f"vintage: {self.vintage}"])

    def line(self) -> str:
        """One line of a table of prices."""
        since = f", since {self.effective_date}" if self.is_known and self.effective_date else ""
        return f"{self.provider}/{self.model}: {self._headline()}{since}"

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))

    def _headline(self) -> str:
        if not self.is_known:
            words = "price unknown" if self.state == "unknown" else "withdrawn"
            return f"{words} ({self.reason})"
        kinds = [
            ("input", self.usd_per_mtok_input),
            ("cached input", self.usd_per_mtok_cached_input),
            ("output", self.usd_per_mtok_output),
        ]
        listed = [f"{kind} {price:f}" for kind, price in kinds if price is not None]
        above = f", requests above {self.context_tier:,} input tokens" if self.context_tier else ""
        return f"{', '.join(listed)} USD per Mtok ({self.state}{above})"


def blended_price(
    price: TokenPrice, *, input_tokens: int, output_tokens: int, cached_tokens: int = 0
) -> Decimal:
    """Average USD per million tokens at a token mix.

    Parameters
    ----------
    price
        A price in force or announced.
    input_tokens, output_tokens, cached_tokens
        Tokens of the mix, at least 0. Cached tokens are read from the provider's cache and are
        **not** contained in `input_tokens`.

    Raises
    ------
    InputError
        If the mix is empty or needs a price that is not listed.

    Examples
    --------
    >>> from datetime import date
    >>> from diligence.prices import PriceBook
    >>> price = PriceBook.load().as_of(date(2026, 6, 30)).show("gpt-4.1")
    >>> print(f"{blended_price(price, input_tokens=3, output_tokens=1):.2f}")
    3.50

    Three parts at 2 and one at 8: output, a quarter of the tokens, is more than half the bill.
    """
    total = sum(
        whole_number(name, count)
        for name, count in [
            ("input_tokens", input_tokens),
            ("output_tokens", output_tokens),
            ("cached_tokens", cached_tokens),
        ]
    )
    if total == 0:
        raise InputError(
            "the token mix is empty (0 tokens); give input_tokens or output_tokens above 0"
        )
    usd = task_cost(
        price,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cached_input_tokens=cached_tokens,
    )
    return usd * TOKENS_PER_MTOK / total


def task_cost(
    price: TokenPrice,
    *,
    input_tokens: int,
    output_tokens: int,
    cached_input_tokens: int = 0,
) -> Decimal:
    """USD that one task costs at list price, exact.

    Parameters
    ----------
    price
        A price in force or announced, read at the context tier of the task.
    input_tokens, output_tokens, cached_input_tokens
        Tokens of the task, at least 0. Cached tokens are **not** contained in `input_tokens`.

    Raises
    ------
    InputError
        If a token count is negative or its price is not listed; a missing price is never 0.

    Examples
    --------
    >>> from datetime import date
    >>> from diligence.prices import PriceBook
    >>> price = PriceBook.load().as_of(date(2026, 6, 30)).show("gpt-4.1")
    >>> print(task_cost(price, input_tokens=10_000, output_tokens=2_000))
    0.036

    The list price of a task, not what it costs to serve, and before retries and tool calls.
    """
    parts = [
        ("input", price.usd_per_mtok_input, input_tokens),
        ("output", price.usd_per_mtok_output, output_tokens),
        ("cached_input", price.usd_per_mtok_cached_input, cached_input_tokens),
    ]
    usd = Decimal(0)
    for kind, rate, count in parts:
        if whole_number(f"{kind} tokens", count):
            usd += _listed(price, kind, rate) * count
    return usd / TOKENS_PER_MTOK


def number(price: Decimal | None) -> float | None:
    """Price as JSON and frames hold it; a missing one stays missing."""
    return None if price is None else float(price)


def whole_number(name: str, value: int) -> int:
    """Check a count of tokens.

    Raises
    ------
    InputError
        If it is not a whole number of at least 0.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InputError(f"{name} is {value!r}; give a whole number of at least 0")
    return value


def _listed(price: TokenPrice, kind: str, rate: Decimal | None) -> Decimal:
    if rate is not None:
        return rate
    why = price.reason or "the source lists none"
    raise InputError(
        f"no {kind} price for {price.provider}/{price.model} on {price.as_of}: {why}; "
        f"choose another date or provider, or leave the {kind} tokens out"
    )
