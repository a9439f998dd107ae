"""What caps a supplier's price: open-weight models bought or hosted, with switching and delay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Literal

from diligence.assumptions import AssumptionRegister
from diligence.errors import InputError
from diligence.prices import (
    DatedPrices,
    ScenarioRange,
    TokenPrice,
    accelerator,
    estimate_serving_cost,
    model_architecture,
    read_serving_assumptions,
)
from diligence.prices.open_alternatives import OpenAlternative, open_alternatives
from diligence.prices.price_floor import BLENDED
from diligence.prices.serving_cost import HOURS_PER_MONTH
from diligence.projections.model_mix import ModelMix, ModelUse, MonthlyTokens
from diligence.projections.price_floors import register_range

if TYPE_CHECKING:
    import pandas as pd

ZERO, ONE = Decimal(0), Decimal(1)
MTOK = Decimal(1_000_000)


@dataclass(frozen=True)
class OwnGpus:
    """Rented accelerators that serve a share of the tokens: whole replicas, USD a month."""

    gpus: int
    usd_per_gpu_month: Decimal
    volume_in_gpus: Decimal
    accelerator: str


@dataclass(frozen=True)
class CapOption:
    """One way out of a supplier's price, for the share of the work that can take it.

    Parameters
    ----------
    kind
        Bought from another seller, or hosted by the company.
    name, seller
        Open-weight model, and who serves it.
    running
        Its cost for the same work over today's price, extra tokens included.
    switching
        One-off cost of the switch spread over its life, over today's price.
    share, months
        Share of the work that can move, and months until it has.
    own
        The accelerators of a hosted option at the base case.
    grade, source
        Why it counts.
    """

    kind: Literal["bought", "hosted"]
    name: str
    seller: str
    running: ScenarioRange
    switching: ScenarioRange
    share: ScenarioRange
    months: ScenarioRange
    grade: str
    source: str
    own: OwnGpus | None = None

    @property
    def multiple(self) -> ScenarioRange:
        """Multiple of today's price at which the switch pays: running and switching cost."""
        pairs = zip(self.running.cases, self.switching.cases, strict=True)
        return ScenarioRange(*(a + b for a, b in pairs))


@dataclass(frozen=True)
class PriceCap:
    """The ways out of one price, cheapest first."""

    use: ModelUse
    options: tuple[CapOption, ...]
    needs: str = ""

    @property
    def best(self) -> CapOption | None:
        """The cheapest way out at the base case; None when none is known."""
        return self.options[0] if self.options else None

    def cost_multiple(self, price_multiple: Decimal | float) -> Decimal:
        """Cost of the same work over today's once the share that can move has moved.

        It moves only where that is cheaper: at today's price friction, not price, holds it.
        """
        k = Decimal(str(price_multiple))
        if self.best is None:
            return k
        movable = self.best.share.base
        return (1 - movable) * k + movable * min(k, max(ONE, self.best.multiple.base))

    def summary(self) -> str:
        """What caps the price, from where on, and for how much of the work."""
        if self.best is None:
            return f"{self.use.name}: nothing known caps it, needs {self.needs}"
        best = self.best
        return (
            f"{self.use.name}: {best.name} {best.kind} from {best.seller} at ×{best.multiple:.2f} "
            f"of today's price, for {best.share:.0%} of the work after {best.months:.0f} months"
        )


@dataclass(frozen=True)
class PriceCaps:
    """What caps each token price of a company."""

    caps: tuple[PriceCap, ...]

    def cost_multiple(self, price_multiple: Decimal | float) -> Decimal:
        """Token cost over today's when every supplier multiplies its price, after the switches."""
        total = sum((cap.use.cost for cap in self.caps), ZERO)
        if not total:
            raise InputError("the company buys no tokens; nothing caps a price it does not pay")
        paid = (cap.use.cost * cap.cost_multiple(price_multiple) for cap in self.caps)
        return sum(paid, ZERO) / total

    def to_frame(self) -> pd.DataFrame:
        """One row a model and way out: multiples, share, delay and the alternative."""
        import pandas as pd

        rows = [
            {
                "supplier": cap.use.key.supplier,
                "model": cap.use.model,
                "alternative": option.name,
                "kind": option.kind,
                "seller": option.seller,
                "multiple_low": float(option.multiple.low),
                "multiple_base": float(option.multiple.base),
                "multiple_high": float(option.multiple.high),
                "share": float(option.share.base),
                "months": float(option.months.base),
                "grade": option.grade,
                "caps_first": option is cap.best,
            }
            for cap in self.caps
            for option in cap.options
        ]
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """One line a price."""
        return "\n".join(cap.summary() for cap in self.caps) or "no tokens are bought"

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False, float_format="{:,.2f}".format))


def price_caps(mix: ModelMix, *, prices: DatedPrices, register: AssumptionRegister) -> PriceCaps:
    """Price every open-weight alternative for the work of each model a company buys.

    A supplier cannot keep a price above what leaving costs, for the part of the work that can
    leave and after the delay. Which model does whose work is a house rule (grade E).

    Parameters
    ----------
    mix
        What the company buys, with its own mix of tokens.
    prices
        The price book on the day.
    register
        Rents, and the terms of moving: ``rerouting_*``, ``self_host_*``,
        ``switching_spread_months``.

    Examples
    --------
    >>> from datetime import date
    >>> from diligence.prices import PriceBook
    >>> from diligence.projections.company_model import PricedLine, PriceKey, SegmentModel
    >>> from diligence.projections.company_model import CompanyModel
    >>> from diligence.projections.model_mix import model_mix
    >>> day = date(2026, 6, 30)
    >>> line = PricedLine(PriceKey("tokens", "buy", "OpenAI", "gpt-5.4-mini"), paid=60.0)
    >>> company = CompanyModel("Acme", "USD", (SegmentModel("", 200.0, lines=(line,)),))
    >>> prices = PriceBook.load().as_of(day)
    >>> mix = model_mix(company, prices=prices)
    >>> caps = price_caps(mix, prices=prices, register=AssumptionRegister.load(day))
    >>> print(caps.cost_multiple(3))
    2.4

    Three times the price costs 2.4 times: the 30 % of the work that can leave is capped at
    today's price, because its alternative is cheaper already.
    """
    return PriceCaps(
        tuple(_cap(use, prices, register) for use in mix.uses if use.key.input == "tokens")
    )


def _cap(use: ModelUse, prices: DatedPrices, register: AssumptionRegister) -> PriceCap:
    if use.price is None or use.tokens is None:
        return PriceCap(use, (), needs="the model bought and its list price")
    found = [
        option
        for known in open_alternatives().values()
        if known.name != use.model and known.replaces(_list_input(use, prices))
        for option in _options(use, use.tokens, known, prices, register)
    ]
    found.sort(key=lambda option: (option.multiple.base, option.name, option.kind))
    return PriceCap(use, tuple(found), "" if found else "an open-weight model that does its work")


def _list_input(use: ModelUse, prices: DatedPrices) -> Decimal:
    price = prices.show(use.model, provider=use.seller).usd_per_mtok_input
    return price or (use.price or {}).get("input", ZERO)


def _options(
    use: ModelUse,
    tokens: MonthlyTokens,
    known: OpenAlternative,
    prices: DatedPrices,
    register: AssumptionRegister,
) -> Iterator[CapOption]:
    today = (use.price or {})[BLENDED]
    spread = register_range(register, "switching_spread_months")
    rates = _rates(prices.show(known.name, provider=known.provider))
    if rates is not None:
        other = tokens.usd_per_mtok(rates) / today
        yield CapOption(
            "bought",
            known.name,
            known.seller,
            running=ScenarioRange(*(other * extra for extra in known.extra_tokens.cases)),
            switching=_over(register_range(register, "rerouting_cost_months"), spread),
            share=register_range(register, "rerouting_share"),
            months=register_range(register, "rerouting_months"),
            grade=known.grade,
            source=known.source,
        )
    if not use.is_assumed:
        hosted = _hosted(tokens, known, today, register)
        if hosted is not None:
            running, own = hosted
            yield CapOption(
                "hosted",
                known.name,
                f"own {own.accelerator}",
                running=running,
                switching=_over(register_range(register, "self_host_cost_months"), spread),
                share=register_range(register, "self_host_share"),
                months=register_range(register, "self_host_lead_months"),
                grade=known.grade,
                source=known.source,
                own=own,
            )


def _rates(price: TokenPrice) -> Mapping[str, Decimal] | None:
    """Rates of an alternative; where no cached price is listed, cached tokens pay in full."""
    level, received = price.usd_per_mtok_input, price.usd_per_mtok_output
    if not level or not received:
        return None
    cached = price.usd_per_mtok_cached_input or level
    return {"input": level, "output": received, "cached input": cached}


def _hosted(
    tokens: MonthlyTokens, known: OpenAlternative, today: Decimal, register: AssumptionRegister
) -> tuple[ScenarioRange, OwnGpus] | None:
    """Cost of serving the share that can move on whole replicas, over today's price of it."""
    request, share = tokens.request, register_range(register, "self_host_share").base
    if not known.architecture or request is None or not share:
        return None
    try:
        rents = read_serving_assumptions(register, accelerator=known.accelerator)
        cost = estimate_serving_cost(
            model_architecture(known.architecture),
            accelerator(known.accelerator),
            assumptions=rents,
            request=request,
            n_gpu=known.gpus,
        )
    except InputError:
        return None
    beside = register_range(register, "self_host_fixed_share")
    volume = tokens.total / MTOK * share
    over: list[Decimal] = []
    base: OwnGpus | None = None
    for rent, mtok, extra, fixed in zip(
        rents.usd_per_gpu_hour.cases,
        cost.usd_per_mtok_blended.cases,
        known.extra_tokens.cases,
        beside.cases,
        strict=True,
    ):
        replica = known.gpus * rent * HOURS_PER_MONTH
        needed = volume * extra * mtok / replica
        replicas = max(ONE, needed.to_integral_value(ROUND_CEILING))
        over.append(replicas * replica * (1 + fixed) / (volume * today))
        if len(over) == 2:
            monthly = rent * HOURS_PER_MONTH
            gpus = known.gpus
            base = OwnGpus(int(replicas) * gpus, monthly, needed * gpus, known.accelerator)
    return None if base is None else (ScenarioRange(*over), base)


def _over(cost: ScenarioRange, spread: ScenarioRange) -> ScenarioRange:
    """One-off months of the bill over the months they are spread on, low to high."""
    return ScenarioRange(cost.low / spread.high, cost.base / spread.base, cost.high / spread.low)
