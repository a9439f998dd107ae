"""How a company and its customers answer to prices, from its documents and dated defaults."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from diligence.assumptions import AssumptionRegister, ExchangeRates
from diligence.costs import SplitLine
from diligence.errors import UnitError
from diligence.inputs.deal import Archetype, Deal, RevenueLine
from diligence.prices import DatedPrices, PriceBook
from diligence.projections.company_build import REMAINDER
from diligence.projections.company_model import CompanyModel, PriceKey
from diligence.projections.levers import Case, company_levers, levers_in_place
from diligence.projections.model_mix import deal_model_mix
from diligence.projections.price_caps import CapOption, PriceCap, PriceCaps, price_caps
from diligence.projections.price_floors import register_range
from diligence.projections.responses import Rerouting, SegmentResponse, SelfHostPlan
from diligence.projections.supply_terms import (
    commitment_terms,
    credit_term,
    months_until,
    with_contract_locks,
)

ZERO, ONE = Decimal(0), Decimal(1)
_COMMON = (
    "customer_notice_months",
    "fixed_revenue_share",
    "flat_share_unstated",
    "hybrid_flat_share",
    "other_cost_fixed_share",
    "rerouting_cost_months",
    "rerouting_months",
    "rerouting_share",
    "rerouting_trigger",
    "self_host_cost_months",
    "self_host_fixed_share",
    "self_host_hurdle",
    "self_host_lead_months",
    "self_host_share",
    "switching_spread_months",
)


def response_assumptions(archetype: Archetype) -> tuple[str, ...]:
    """Names of the register that a company's responses stand on, for the list of assumptions."""
    own = (f"price_elasticity_{archetype.value}", f"renewal_months_{archetype.value}")
    return tuple(sorted((*_COMMON, *own)))


@dataclass(frozen=True)
class _Terms:
    """Numbers of the register."""

    register: AssumptionRegister

    def number(self, name: str) -> Decimal:
        """The value in force."""
        return register_range(self.register, name).base

    def months(self, name: str) -> int:
        """Whole months."""
        return int(self.number(name))


def with_stated_responses(
    model: CompanyModel,
    deal: Deal,
    register: AssumptionRegister,
    *,
    prices: DatedPrices | None = None,
    lines: Sequence[SplitLine] = (),
    lever_case: Case = "base",
) -> CompanyModel:
    """Switch on the responses that documents state, with the register's defaults for the rest.

    Contracts give price locks, minimums and credits; revenue.csv gives flat and usage-priced
    shares and the ends of customers' contracts; usage and bills say which levers the base has
    already. Elasticity, renewal, notice, re-routing and self-hosting are assumptions by
    archetype, which the deal's assumptions.yaml may replace. What could not be read is in the
    notes of the result.

    Parameters
    ----------
    model, deal, register
        The company's month, its folder, and the register with the deal's own values.
    prices
        The price book on the deal's price date; read when left out.
    lines
        Split cost lines; they say how much of a minimum is consumed and how fast credits go.
    lever_case
        Which case of the levers' savings and reach.

    Returns
    -------
    CompanyModel
        The same month: only what happens when something moves, or as levers start, differs.

    Examples
    --------
    >>> from datetime import date
    >>> from diligence.inputs.deal import DealTerms
    >>> from diligence.projections.company_model import PricedLine, SegmentModel
    >>> day = date(2026, 6, 30)
    >>> line = PricedLine(PriceKey("tokens", "buy", "OpenAI", "gpt-5.4"), paid=60.0)
    >>> model = CompanyModel("Acme", "USD", (SegmentModel("", 200.0, lines=(line,)),))
    >>> deal = Deal(DealTerms("Acme", Archetype.CODING_ASSISTANT, day, "USD"), (), ())
    >>> answered = with_stated_responses(model, deal, AssumptionRegister.load(day))
    >>> answered.segments[0].response.price_elasticity, answered.rerouting[0].share
    (0.8, 0.3)

    A deal that states nothing is stressed on house rules: each is an open request.
    """
    day = deal.terms.prices_known_on or deal.terms.as_of
    dated = PriceBook.load().as_of(day, known_on=day) if prices is None else prices
    terms = _Terms(register)
    held = with_contract_locks(model, deal)
    mix = deal_model_mix(held, deal, prices=dated)
    caps = price_caps(mix, prices=dated, register=register)
    levers = company_levers(held, in_place=levers_in_place(mix, deal.bills), case=lever_case)
    commitments, besides = commitment_terms(held, deal, lines=lines)
    credits, missing = credit_term(deal, register, lines=lines)
    plans, reasons = _self_host(held, deal, caps, terms)
    return dataclasses.replace(
        held,
        segments=tuple(
            dataclasses.replace(part, response=_segment_response(part.name, held, deal, terms))
            for part in held.segments
        ),
        levers=levers.levers,
        rerouting=tuple(_rerouting(held, caps, terms)),
        self_host=plans,
        commitments=commitments,
        credits=credits,
        notes=(*held.notes, *mix.notes, *levers.notes, *besides, *missing, *reasons),
    )


def _segment_response(name: str, model: CompanyModel, deal: Deal, terms: _Terms) -> SegmentResponse:
    """Response of one segment's customers: revenue.csv first, the archetype's defaults after."""
    archetype = deal.terms.archetype.value
    rows = list(_revenue_of(name, model, deal))
    shares = [(row.net, _flat_share(row, terms)) for row in rows]
    total = sum((net for net, _ in shares), ZERO)
    flat = (
        sum((net * part for net, part in shares), ZERO) / total
        if total
        else terms.number("flat_share_unstated")
    )
    renewal = _renewal_months(rows, deal)
    return SegmentResponse(
        notice_months=terms.months("customer_notice_months"),
        renewal_months=terms.months(f"renewal_months_{archetype}") if renewal is None else renewal,
        flat_share=float(flat),
        fixed_share=float(terms.number("fixed_revenue_share")),
        price_elasticity=float(terms.number(f"price_elasticity_{archetype}")),
        usage_priced_share=float(1 - flat),
        other_fixed_share=float(terms.number("other_cost_fixed_share")),
    )


def _revenue_of(name: str, model: CompanyModel, deal: Deal) -> Iterator[RevenueLine]:
    """Rows with revenue of the latest period that belong to a segment of the model."""
    rows = [row for row in deal.revenue if row.net > 0 and row.period.end <= deal.terms.as_of]
    latest = max((row.period.end for row in rows), default=None)
    names = {part.name for part in model.segments} - {REMAINDER}
    for row in rows:
        if row.period.end != latest:
            continue
        is_rest = name == REMAINDER and row.segment not in names
        if len(model.segments) == 1 or row.segment == name or is_rest:
            yield row


def _flat_share(row: RevenueLine, terms: _Terms) -> Decimal:
    match row.pricing:
        case "flat":
            return ONE
        case "usage":
            return ZERO
        case "hybrid":
            return terms.number("hybrid_flat_share")
        case "":
            return terms.number("flat_share_unstated")


def _renewal_months(rows: Iterable[RevenueLine], deal: Deal) -> int | None:
    """Twice the mean time to the end of flat contracts, so that they renew evenly over it."""
    as_of = deal.terms.as_of
    dated = [
        (row.net, months_until(as_of, row.contract_end))
        for row in rows
        if row.contract_end is not None and row.pricing != "usage"
    ]
    total = sum((net for net, _ in dated), ZERO)
    if not total:
        return None
    mean = sum((net * months for net, months in dated), ZERO) / total
    return max(1, round(2 * mean))


def _rerouting(model: CompanyModel, caps: PriceCaps, terms: _Terms) -> Iterator[Rerouting]:
    """One way out a supplier: the cheapest open-weight model that is sold, by cost.

    An alternative that is cheaper today counts at today's price: the company has not moved, so
    what holds it is worth at least the difference, and a rise must not earn it that.
    """
    share = terms.number("rerouting_share")
    for key, found in _by_supplier(caps, "bought"):
        cost = sum((cap.use.cost for cap, _ in found), ZERO)
        ratio = sum((cap.use.cost * o.running.base for cap, o in found), ZERO) / cost
        largest = max(found, key=lambda pair: pair[0].use.cost)[1]
        one_off = terms.number("rerouting_cost_months") * share * cost
        if share:
            yield Rerouting(
                key.input,
                key.supplier,
                price_ratio=float(max(ONE, ratio)),
                share=float(share),
                months=terms.months("rerouting_months"),
                trigger=float(terms.number("rerouting_trigger")),
                one_off_cost=float(one_off) / _lines_of(model, key),
                alternative=largest.seller,
            )


def _self_host(
    model: CompanyModel, deal: Deal, caps: PriceCaps, terms: _Terms
) -> tuple[tuple[SelfHostPlan, ...], tuple[str, ...]]:
    """One plan a supplier whose whole cost stands in one line: whole GPUs serve one line."""
    plans: list[SelfHostPlan] = []
    notes: list[str] = []
    share = terms.number("self_host_share")
    for key, found in _by_supplier(caps, "hosted"):
        if _lines_of(model, key) != 1:
            notes.append(f"no own GPUs for {key.supplier}: its tokens stand in several lines")
            continue
        try:
            plan = _plan(key, found, deal, terms, share)
        except UnitError as error:
            notes.append(f"no own GPUs for {key.supplier}: {error}")
            continue
        if plan is not None:
            plans.append(plan)
    return tuple(plans), tuple(notes)


def _plan(
    key: PriceKey,
    found: Sequence[tuple[PriceCap, CapOption]],
    deal: Deal,
    terms: _Terms,
    share: Decimal,
) -> SelfHostPlan | None:
    """Whole GPUs for all of a supplier's models, at the base case of rent and use.

    As with re-routing, a plan that is cheaper today counts at what it would replace: the
    difference stands in its fixed cost.
    """
    gpus = sum(option.own.gpus for _, option in found if option.own)
    rent = sum((o.own.gpus * o.own.usd_per_gpu_month for _, o in found if o.own), ZERO)
    cost = sum((cap.use.cost for cap, _ in found), ZERO)
    if not gpus or not share:
        return None
    monthly, _ = ExchangeRates.load().convert_balance(
        rent, "USD", deal.terms.reporting_currency, deal.terms.as_of
    )
    fixed = max(monthly * terms.number("self_host_fixed_share"), share * cost - monthly)
    return SelfHostPlan(
        key.input,
        key.supplier,
        share=float(share),
        gpus=float(gpus),
        gpu_cost_per_month=float(monthly / gpus),
        fixed_per_month=float(fixed),
        hurdle=float(terms.number("self_host_hurdle")),
        lead_months=terms.months("self_host_lead_months"),
        switching_cost=float(terms.number("self_host_cost_months") * share * cost),
    )


def _by_supplier(
    caps: PriceCaps, kind: str
) -> Iterator[tuple[PriceKey, list[tuple[PriceCap, CapOption]]]]:
    """Each price with a way out of this kind for every model behind it."""
    for key in dict.fromkeys(cap.use.key for cap in caps.caps):
        mine = [cap for cap in caps.caps if cap.use.key == key]
        found = [
            (cap, option)
            for cap in mine
            for option in [next((o for o in cap.options if o.kind == kind), None)]
            if option is not None
        ]
        if len(found) == len(mine):
            yield key, found


def _lines_of(model: CompanyModel, key: PriceKey) -> int:
    return sum(
        (line.key.input, line.key.supplier) == (key.input, key.supplier) and line.key.side != "sell"
        for part in model.segments
        for line in part.lines
    )
