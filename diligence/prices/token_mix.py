"""A company's own token mix, and the price index it pays: at list and effective."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Any, Literal, get_args

from diligence.errors import InputError
from diligence.prices.checked_numbers import not_negative, positive
from diligence.prices.price_index import PriceIndex, price_index
from diligence.prices.price_index_formulas import IndexMethod
from diligence.prices.price_index_table import period_label

if TYPE_CHECKING:
    import pandas as pd

TOKENS_PER_MTOK = Decimal(1_000_000)

TokenKind = Literal["input", "cached_input", "cache_write", "batch_input", "output", "batch_output"]
KINDS: tuple[TokenKind, ...] = get_args(TokenKind)

EFFECTIVE_NOTE = (
    "Effective price: what was billed for each unit of work, so caching, batches, tokenizer and "
    "length count as price."
)
PER_TOKEN_NOTE = (
    "No unit of work is given, so the effective price is per token billed: caching and batches "
    "count, a tokenizer that makes more tokens of the same text does not."
)


@dataclass(frozen=True)
class TokenMix:
    """Tokens that one model served a company in one period.

    Parameters
    ----------
    period
        Month or other period; anything that sorts in order of time.
    model
        Model served, as in the rates.
    tokens
        Tokens by kind, at least 0. Cached, written and batch tokens are not part of ``input``.
    service
        What the tokens do. Models of one service count as the same item, so that a successor's
        price follows on its predecessor's. The model itself when left out.
    work
        Units of work done (requests, characters, documents), the same unit in every period of
        the service; None when nobody counts it.
    provider
        From whom it is bought; the model's maker when left out.

    Raises
    ------
    InputError
        If a token kind is unknown or a number is negative.
    """

    period: Any
    model: str
    tokens: Mapping[TokenKind, int]
    service: str = ""
    work: Decimal | None = None
    provider: str = ""

    def __post_init__(self) -> None:
        for kind, count in self.tokens.items():
            if kind not in KINDS:
                raise InputError(
                    f"tokens of {self.model} have the unknown kind {kind!r}; use {', '.join(KINDS)}"
                )
            not_negative(f"{kind} tokens of {self.model}", count)
        if self.work is not None:
            positive(f"work of {self.model} in {period_label(self.period)}", self.work)

    @property
    def item(self) -> str:
        """Item of the index this belongs to."""
        return self.service or self.model


@dataclass(frozen=True)
class TokenRates:
    """Prices of one model in one period, USD per million tokens, by kind."""

    period: Any
    model: str
    usd_per_mtok: Mapping[TokenKind, Decimal]


@dataclass(frozen=True)
class CompanyPriceIndex:
    """What a company's tokens cost over time, at list and as billed.

    Parameters
    ----------
    list_index
        Input and output at list price, with the company's own quantities; no discount counts.
    effective_index
        What was billed for each unit of work, with the company's own quantities.
    bills
        USD billed by period, exact.
    """

    list_index: PriceIndex
    effective_index: PriceIndex
    bills: Mapping[Any, Decimal] = field(repr=False)

    def to_frame(self) -> pd.DataFrame:
        """One row a period: ``period, list_index, effective_index, effective_over_list, bill``."""
        import pandas as pd

        both = zip(self.list_index.points, self.effective_index.points, strict=True)
        rows = [
            {
                "period": listed.period,
                "list_index": listed.index,
                "effective_index": paid.index,
                "effective_over_list": paid.index / listed.index,
                "bill_usd": float(self.bills[listed.period]),
            }
            for listed, paid in both
        ]
        return pd.DataFrame(rows)

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes of both indices, each once."""
        return tuple(dict.fromkeys((*self.list_index.notes, *self.effective_index.notes)))

    def to_json(self) -> dict[str, Any]:
        """Shape that ``diligence prices index --mix FILE --json`` prints."""
        bills = {period_label(period): float(usd) for period, usd in self.bills.items()}
        return {
            "list": self.list_index.to_json(),
            "effective": self.effective_index.to_json(),
            "bill_usd": bills,
        }

    def summary(self) -> str:
        """Both indices and what lies between them, in one line each."""
        listed, paid = self.list_index, self.effective_index
        return (
            f"At list: {listed.change:+z.1%} from {period_label(listed.points[0].period)} to "
            f"{period_label(listed.last.period)} ({listed.method})\n"
            f"Effective: {paid.change:+z.1%} ({paid.method})"
        )

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.summary())}</p>{self.to_frame().to_html(index=False)}"


def company_price_index(
    mixes: Sequence[TokenMix],
    *,
    rates: Iterable[TokenRates],
    method: IndexMethod = "tornqvist",
    chained: bool = True,
) -> CompanyPriceIndex:
    """Price index of a company's own tokens, at list and effective, side by side.

    Parameters
    ----------
    mixes
        Tokens by period and model.
    rates
        Prices of every period and model in `mixes`, for every kind of token used.
    method, chained
        As in `price_index`; ``tornqvist`` and ``fisher`` weigh by both periods' quantities.

    Raises
    ------
    InputError
        A price is missing, or some but not all rows count their work. A missing price is never 0.

    Examples
    --------
    >>> rates = [
    ...     TokenRates(1, "gpt-5.4", {"input": Decimal("2.5"), "cached_input": Decimal("0.25"),
    ...                               "output": Decimal(15)}),
    ...     TokenRates(2, "gpt-5.5", {"input": Decimal(5), "cached_input": Decimal("0.5"),
    ...                               "output": Decimal(30)})]
    >>> mtok = 1_000_000
    >>> mixes = [
    ...     TokenMix(1, "gpt-5.4", {"input": 60 * mtok, "output": 10 * mtok}, service="agent"),
    ...     TokenMix(2, "gpt-5.5", {"input": 30 * mtok, "cached_input": 30 * mtok,
    ...                             "output": 10 * mtok}, service="agent")]
    >>> index = company_price_index(mixes, rates=rates)
    >>> round(index.list_index.last.index, 2), round(index.effective_index.last.index, 2)
    (2.0, 1.55)

    The successor doubled the list price; a cache hit on half the input took the rise in the bill
    down to 55 %. The company answers for the difference, the supplier for the doubling.
    """
    known = {(r.period, r.model): r for r in rates}
    counted = [mix.work is not None for mix in mixes]
    if any(counted) and not all(counted):
        row = mixes[counted.index(False)]
        raise InputError(
            f"{row.item} in {period_label(row.period)} has no work, other rows have; "
            "count it in every row of the mix or in none"
        )
    work = bool(counted) and all(counted)
    listed = _observations(mixes, known, _at_list)
    billed = _observations(mixes, known, _per_work if work else _per_token)
    effective = price_index(billed, method=method, chained=chained)
    bills: dict[Any, Decimal] = {}
    for mix in mixes:
        bills[mix.period] = bills.get(mix.period, Decimal(0)) + _bill(mix, known, KINDS)
    return CompanyPriceIndex(
        price_index(listed, method=method, chained=chained),
        _noted(effective, EFFECTIVE_NOTE if work else PER_TOKEN_NOTE),
        bills,
    )


Rates = Mapping[tuple[Any, str], TokenRates]
Line = tuple[str, Decimal, Decimal]
SIDES: Mapping[str, tuple[TokenKind, ...]] = {
    "input": ("input", "cached_input", "cache_write", "batch_input"),
    "output": ("output", "batch_output"),
}
LIST_KIND: Mapping[str, TokenKind] = {"input": "input", "output": "output"}


def _observations(mixes: Sequence[TokenMix], rates: Rates, lines_of: Any) -> pd.DataFrame:
    """Tidy frame of (period, item): money over quantity is the price."""
    import pandas as pd

    sums: dict[tuple[Any, str], tuple[Decimal, Decimal]] = {}
    for mix in mixes:
        for item, usd, quantity in lines_of(mix, rates):
            before = sums.get((mix.period, item), (Decimal(0), Decimal(0)))
            sums[mix.period, item] = (before[0] + usd, before[1] + quantity)
    rows = [
        (period, item, usd / quantity, quantity)
        for (period, item), (usd, quantity) in sums.items()
        if quantity
    ]
    return pd.DataFrame(rows, columns=["period", "item", "price", "quantity"])


def _at_list(mix: TokenMix, rates: Rates) -> Iterator[Line]:
    for side, kinds in SIDES.items():
        mtok = _mtok(mix, kinds)
        if mtok:
            yield f"{mix.item} {side}", _rate(mix, rates, LIST_KIND[side]) * mtok, mtok


def _per_token(mix: TokenMix, rates: Rates) -> Iterator[Line]:
    for side, kinds in SIDES.items():
        yield f"{mix.item} {side}", _bill(mix, rates, kinds), _mtok(mix, kinds)


def _per_work(mix: TokenMix, rates: Rates) -> Iterator[Line]:
    yield mix.item, _bill(mix, rates, KINDS), Decimal(mix.work or 0)


def _bill(mix: TokenMix, rates: Rates, kinds: Sequence[TokenKind]) -> Decimal:
    used = [kind for kind in kinds if mix.tokens.get(kind)]
    return sum((_rate(mix, rates, kind) * _mtok(mix, (kind,)) for kind in used), Decimal(0))


def _mtok(mix: TokenMix, kinds: Sequence[TokenKind]) -> Decimal:
    return Decimal(sum(mix.tokens.get(kind, 0) for kind in kinds)) / TOKENS_PER_MTOK


def _rate(mix: TokenMix, rates: Rates, kind: TokenKind) -> Decimal:
    found = rates.get((mix.period, mix.model))
    price = None if found is None else found.usd_per_mtok.get(kind)
    if price is not None:
        return positive(f"{kind} price of {mix.model}", price)
    raise InputError(
        f"no {kind} price for {mix.model} in {period_label(mix.period)}, which served "
        f"{mix.tokens.get(kind, 0):,} such tokens; add the list or contract price to the rates"
    )


def _noted(index: PriceIndex, note: str) -> PriceIndex:
    return replace(index, notes=(*index.notes, note))
