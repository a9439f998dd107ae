"""Which models a company buys from whom: tokens a month, share of its cost, and what it pays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from diligence.prices import DatedPrices, RequestShape, TokenPrice
from diligence.prices.price_floor import BLENDED
from diligence.projections.company_model import CompanyModel, PriceKey
from diligence.projections.model_listings import model_listings
from diligence.projections.token_weights import DEFAULT_RATIOS
from diligence.units.periods import trailing

if TYPE_CHECKING:
    import pandas as pd

    from diligence.inputs.deal import Deal
    from diligence.prices.listings import Listing

ZERO, ONE = Decimal(0), Decimal(1)
RECENT_MONTHS = 3
_USAGE_COLUMNS = ("input_tokens", "cached_input_tokens", "cache_write_tokens", "output_tokens")
_ASSUMED_MIX = (3_000_000, 0, 0, 1_000_000)


@dataclass(frozen=True)
class MonthlyTokens:
    """Tokens of one model in an average month; the four kinds never overlap."""

    input: Decimal
    cached_input: Decimal
    cache_write: Decimal
    output: Decimal
    requests: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """All tokens."""
        return self.read + self.output

    @property
    def read(self) -> Decimal:
        """All tokens of prompts."""
        return self.input + self.cached_input + self.cache_write

    def times(self, share: Decimal) -> MonthlyTokens:
        """The same mix, a share of it."""
        counts = (self.input, self.cached_input, self.cache_write, self.output, self.requests)
        return MonthlyTokens(*(count * share for count in counts))

    @property
    def request(self) -> RequestShape | None:
        """The average request; None where requests are not counted."""
        if not self.requests or not self.read:
            return None
        return RequestShape(
            float(self.read / self.requests),
            float(self.output / self.requests),
            float(self.cached_input / self.read),
        )

    def usd_per_mtok(self, rates: Mapping[str, Decimal]) -> Decimal:
        """Blended price of this mix; a kind without a rate of its own pays that of input."""
        level = rates["input"]
        money = (
            self.input * level
            + self.cached_input * rates.get("cached input", level)
            + self.cache_write * rates.get("cache write", level)
            + self.output * rates["output"]
        )
        return money / self.total


@dataclass(frozen=True)
class ModelUse:
    """One model bought from one supplier: cost a month in reporting currency, and its price.

    ``seller`` is the maker in the price book; ``price`` is what the company pays by kind of token
    and ``blended`` at its own mix, in USD per million, None where no list price is known.
    ``is_assumed`` marks a mix of three tokens in to one out where no usage is at hand.
    """

    key: PriceKey
    seller: str
    model: str
    cost: Decimal
    tokens: MonthlyTokens | None = None
    price: Mapping[str, Decimal] | None = field(default=None)
    list_price: Decimal | None = None
    is_assumed: bool = False

    @property
    def name(self) -> str:
        """Supplier and model."""
        return f"{self.key.supplier} {self.model}".strip()


@dataclass(frozen=True)
class ModelMix:
    """Everything a company buys or rents whose seller has a floor, with its weights."""

    uses: tuple[ModelUse, ...]
    notes: tuple[str, ...] = ()

    @property
    def cost(self) -> Decimal:
        """Cost a month of all of them."""
        return sum((use.cost for use in self.uses), ZERO)

    def to_frame(self) -> pd.DataFrame:
        """One row a model: supplier, model, share of cost, Mtok a month, list and paid price."""
        import pandas as pd

        rows = [
            {
                "input": use.key.input,
                "supplier": use.key.supplier,
                "model": use.model,
                "cost_share": float(use.cost / self.cost),
                "mtok_per_month": _mtok(use),
                "list_usd_per_mtok": None if use.list_price is None else float(use.list_price),
                "paid_usd_per_mtok": float(use.price[BLENDED]) if use.price else None,
            }
            for use in self.uses
        ]
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """How many models, and what is assumed."""
        priced = sum(use.price is not None for use in self.uses)
        return "\n".join([f"{priced} of {len(self.uses)} models have a price", *self.notes])

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def model_mix(
    model: CompanyModel,
    *,
    prices: DatedPrices,
    usage: pd.DataFrame | None = None,
    discounts: Mapping[str, Decimal] | None = None,
) -> ModelMix:
    """Split the cost of bought tokens over models by usage at list price.

    Where two suppliers sell the same maker's models, as a lab and a cloud do, each is taken to
    serve the same mix, and a share of the tokens as large as its share of their cost.

    Parameters
    ----------
    model
        The company; its lines say what each supplier's tokens and GPU-hours cost a month.
    prices
        The price book on the day; usage of the three months before it counts.
    usage
        Usage with ``day``, ``provider``, ``model`` and token counts; without it each supplier's
        cost stands for the model its exposure names, at three tokens in to one out.
    discounts
        Contract discount off list by supplier, 0 to 1.
    """
    notes: list[str] = []
    seen = _recent(usage, prices.day)
    used = _by_listing(seen, prices) if seen is not None else {}
    uses: list[ModelUse] = []
    costs = [(key, cost, _listing(key, prices)) for key, cost in _costs(model)]
    by_maker: dict[str, Decimal] = {}
    for _, cost, named in costs:
        if named is not None:
            by_maker[named.provider] = by_maker.get(named.provider, ZERO) + cost
    for key, cost, named in costs:
        if key.input != "tokens":
            uses.append(ModelUse(key, key.supplier, "", cost))
            continue
        if named is None:
            uses.append(ModelUse(key, key.supplier, key.model, cost))
            notes.append(f"{key.label}: no list price is known for the model it names")
            continue
        kept = 1 - (discounts or {}).get(key.supplier, ZERO)
        share = cost / by_maker[named.provider]
        bought = [
            (listing, tokens.times(share))
            for (maker, _), (listing, tokens) in used.items()
            if maker == named.provider
        ]
        if not bought:
            notes.append(f"{key.label}: no usage at hand, three tokens in to one out assumed")
        uses += _split(key, cost, named, bought, prices, kept)
        notes += [
            f"{listing.model} has no price on {prices.day}: its cost counts with the other models"
            for listing, _ in bought
            if _rates(prices.price(listing)) is None
        ]
    notes += [
        f"{model_name} of {provider} is in usage and in no exposure of deal.yaml"
        for provider, model_name in sorted(used)
        if provider not in by_maker
    ]
    return ModelMix(tuple(uses), tuple(notes))


def deal_model_mix(model: CompanyModel, deal: Deal, *, prices: DatedPrices) -> ModelMix:
    """Mix of models by the deal's usage, at its contract discounts."""
    discounts = {
        contract.supplier: contract.discount
        for contract in deal.contracts
        if contract.input == "tokens" and contract.discount
    }
    return model_mix(model, prices=prices, usage=_usage_of(deal), discounts=discounts)


def _usage_of(deal: Deal) -> pd.DataFrame | None:
    """Usage rows; each row of a log of requests is one request."""
    if deal.usage is None:
        return None
    frame = deal.usage.frame
    if deal.usage.kind == "daily":
        return frame
    return frame.assign(requests=frame["requests"].fillna(1))


def _mtok(use: ModelUse) -> float | None:
    if use.tokens is None or use.is_assumed:
        return None
    return float(use.tokens.total / 1_000_000)


def _costs(model: CompanyModel) -> Iterator[tuple[PriceKey, Decimal]]:
    """Inference cost a month by price, in order."""
    for key in model.keys:
        if (key.input, key.side) not in (("tokens", "buy"), ("gpu_hours", "rent")):
            continue
        lines = [line for part in model.segments for line in part.lines if line.key == key]
        cost = sum((Decimal(repr(line.paid + line.unpaid)) for line in lines), ZERO)
        if cost > 0:
            yield key, cost


def _recent(usage: pd.DataFrame | None, until: date) -> pd.DataFrame | None:
    """Rows of the last months of usage up to a day, with the months they stand for."""
    import pandas as pd

    if usage is None or usage.empty:
        return None
    rows = usage[usage["day"] <= pd.Timestamp(until)]
    if rows.empty:
        return None
    window = trailing(rows["day"].max().date(), RECENT_MONTHS)
    rows = rows[rows["day"] >= pd.Timestamp(window.start)]
    return rows.assign(month=rows["day"].dt.year * 12 + rows["day"].dt.month)


def _by_listing(
    usage: pd.DataFrame, prices: DatedPrices
) -> dict[tuple[str, str], tuple[Listing, MonthlyTokens]]:
    """Tokens of an average month by the maker and the model as the price book names them."""
    columns = [*_USAGE_COLUMNS, "requests"]
    months = usage["month"].nunique()
    totals = usage.groupby(["provider", "model"], observed=True)[columns].sum()
    counted = {
        (str(provider), str(name)): [Decimal(int(count)) / months for count in counts]
        for (provider, name), *counts in totals.itertuples(name=None)
    }
    found = model_listings(counted, prices.book, day=prices.day).found
    merged: dict[tuple[str, str], tuple[Listing, MonthlyTokens]] = {}
    for name, listing in found.items():
        place = (listing.provider, listing.model)
        sums = counted[name]
        if place in merged:
            before = merged[place][1]
            old = (before.input, before.cached_input, before.cache_write, before.output)
            sums = [a + b for a, b in zip(sums, (*old, before.requests), strict=True)]
        tokens = MonthlyTokens(*sums)
        if tokens.total:
            merged[place] = (listing, tokens)
    return merged


def _split(
    key: PriceKey,
    cost: Decimal,
    named: Listing,
    bought: Sequence[tuple[Listing, MonthlyTokens]],
    prices: DatedPrices,
    kept: Decimal,
) -> Iterable[ModelUse]:
    """One use a model; each takes its share of the supplier's cost by money at list price."""
    stand_in = MonthlyTokens(*(Decimal(count) for count in _ASSUMED_MIX))
    entries = bought or [(named, stand_in)]
    rated = [(listing, tokens, _rates(prices.price(listing))) for listing, tokens in entries]
    money = [
        ZERO if rates is None else tokens.usd_per_mtok(rates) * tokens.total
        for _, tokens, rates in rated
    ]
    total = sum(money, ZERO)
    for (listing, tokens, rates), paid in zip(rated, money, strict=True):
        if rates is None:
            continue
        at_list = {"input": rates["input"], "output": rates["output"]}
        price = {kind: rate * kept for kind, rate in rates.items() if kind != "cache write"}
        yield ModelUse(
            key,
            listing.provider,
            listing.model,
            cost * paid / total,
            tokens,
            price | {BLENDED: tokens.usd_per_mtok(rates) * kept},
            tokens.usd_per_mtok(at_list),
            is_assumed=not bought,
        )
    if not total:
        yield ModelUse(key, named.provider, named.model, cost)


def _listing(key: PriceKey, prices: DatedPrices) -> Listing | None:
    if key.input != "tokens":
        return None
    found = model_listings([("", key.model)], prices.book, day=prices.day).found
    return found.get(("", key.model))


def _rates(price: TokenPrice) -> dict[str, Decimal] | None:
    level, received = price.usd_per_mtok_input, price.usd_per_mtok_output
    if not level or not received:
        return None
    return {
        "input": level,
        "cached input": price.usd_per_mtok_cached_input or level * DEFAULT_RATIOS["cached_input"],
        "cache write": price.usd_per_mtok_cache_write or level * DEFAULT_RATIOS["cache_write"],
        "output": received,
    }
