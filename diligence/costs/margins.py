"""The margin ladder of a deal: sums the split into a cost basis per scope and builds the rungs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal

from diligence.assumptions import AssumptionRegister
from diligence.costs.buckets import (
    UNDIVIDED,
    is_unreconciled,
    movable,
    parts_of,
    serving_credits,
    summed,
)
from diligence.costs.ladder import CostBasis, MarginLadder, MarginRung, ScopeLadder, build_ladder
from diligence.costs.periods import lines_in
from diligence.costs.scenarios import ScenarioAmount, scenario_amounts
from diligence.costs.split import CostSplit
from diligence.costs.split_line import SplitLine
from diligence.errors import InputError
from diligence.inputs.deal import OPERATING_COST_ROLES, Deal, Role
from diligence.units import Period
from diligence.units.periods import trailing

ZERO = Decimal(0)
_BOOKS = ("ledger.csv", "ledger.xlsx", "pnl.csv", "pnl.xlsx", "revenue.csv")
COMPANY_ONLY = "(company only)"


def margin_ladder(deal: Deal, split: CostSplit, register: AssumptionRegister) -> MarginLadder:
    """Build the ladder of the split's period for the company and each segment.

    Costs of the segments (with ``(unallocated)`` and ``(company only)``) add up to the company; a
    stated replacement of training and credits are the company's alone. A segment whose cost is
    booked for the company only is not computable from that rung down. Where the deal states
    scenarios for cost booked elsewhere, the rungs they move carry them as a scenario range.

    Raises
    ------
    InputError
        When a scenario names an unknown fact or moves more than is booked.
    """
    revenue = _revenue_by_segment(deal, split.period)
    segments = _segment_order(revenue, split)
    amounts = scenario_amounts(deal, split.period)
    base = next((amount for amount in amounts if amount.scenario.is_base), None)
    plain = _company_basis(deal, split, register, revenue)
    company = build_ladder(reclassified(plain, base) if base else plain)
    scopes = [_with_scenarios(company, plain, amounts)]
    scopes += [_segment_scope(name, split, register, revenue, plain) for name in segments]
    return MarginLadder(split.period.label, split.currency, tuple(scopes))


def scenario_ladders(
    deal: Deal, split: CostSplit, register: AssumptionRegister
) -> tuple[tuple[ScenarioAmount, ScopeLadder], ...]:
    """Build the company's ladder under each stated view of cost booked elsewhere."""
    revenue = _revenue_by_segment(deal, split.period)
    plain = _company_basis(deal, split, register, revenue)
    return tuple(
        (amount, build_ladder(reclassified(plain, amount)))
        for amount in scenario_amounts(deal, split.period)
    )


def reclassified(basis: CostBasis, amount: ScenarioAmount) -> CostBasis:
    """Move a scenario's cost from where it is booked into serving; the total stays.

    Raises
    ------
    InputError
        When more is moved than is booked there.
    """
    scenario, value = amount.scenario, amount.value
    place = "in_cogs" if scenario.from_role is Role.COST_OF_REVENUE else "elsewhere"
    payer = "free" if scenario.payer in ("free", "promo") else "paid"
    source = f"other_{place}"
    if scenario.from_role is Role.RESEARCH_AND_DEVELOPMENT and basis.training_elsewhere >= value:
        source = "training_elsewhere"
    if getattr(basis, source) < value:
        raise InputError(
            f"deal.yaml: scenario {scenario.name!r} moves {value:,f} out of "
            f"{scenario.from_role}, where only {getattr(basis, source):,f} is booked. State "
            "another from_role, or correct the facts it sums."
        )
    target = f"{payer}_{place}"
    return dataclasses.replace(
        basis,
        **{source: getattr(basis, source) - value, target: getattr(basis, target) + value},
    )


def _company_basis(
    deal: Deal, split: CostSplit, register: AssumptionRegister, revenue: dict[str, Decimal]
) -> CostBasis:
    basis = _basis(split.lines, sum(revenue.values(), ZERO), register)
    recent = trailing(_month_end(deal), 12).contains(split.period)
    stated = _yearly_credits(register) * split.period.months / 12 if recent else ZERO
    # A ledger net of credits and a bill that shows them: the same credits are added back once.
    credits = max(ZERO, stated + basis.credits_in_cogs + basis.credits_elsewhere)
    discount = _decimal(register.get("credit_discount_available").value, ZERO)
    return dataclasses.replace(
        basis,
        credits_low=credits * (1 - discount),
        credits_high=credits,
        replacement_training=_replacement(register, split.period),
        unread=basis.unread + _unread(deal, split.period),
        reported_needs=_gap(split, Role.COST_OF_REVENUE),
        training_needs=_gap(split, Role.RESEARCH_AND_DEVELOPMENT) or _training_needs(split.lines),
        operating_needs=_operating_needs(split),
    )


def _segment_scope(
    segment: str,
    split: CostSplit,
    register: AssumptionRegister,
    revenue: dict[str, Decimal],
    company: CostBasis,
) -> ScopeLadder:
    wanted = "" if segment == COMPANY_ONLY else segment
    lines = [line for line in split.lines if line.line.segment == wanted]
    company_lines = [line for line in split.lines if not line.line.segment]
    basis = _basis(lines, revenue.get(wanted, ZERO), register)
    if segment == COMPANY_ONLY:
        return build_ladder(basis, segment=segment)
    unsplit = [line for line in company_lines if line.line.role is Role.COST_OF_REVENUE]
    return build_ladder(
        dataclasses.replace(
            basis,
            reported_needs="cost of revenue by segment" if unsplit else "",
            serving_needs=_serving_needs(company_lines, company),
            training_needs="training cost by segment" if _training(company_lines) else "",
            operating_needs="operating cost by segment",
        ),
        segment=segment,
    )


def _basis(lines: Iterable[SplitLine], revenue: Decimal, register: AssumptionRegister) -> CostBasis:
    known = tuple(lines)
    sums = summed(known)
    share = register.get("serving_share_of_unresolved")
    discount = _decimal(register.get("credit_discount_available").value, ZERO)
    return CostBasis(
        revenue=revenue,
        paid_in_cogs=sums["paid", True],
        paid_elsewhere=sums["paid", False],
        free_in_cogs=sums["free", True],
        free_elsewhere=sums["free", False],
        maintenance_in_cogs=sums["maintenance", True],
        maintenance_elsewhere=sums["maintenance", False],
        training_in_cogs=sums["training", True],
        training_elsewhere=sums["training", False],
        other_in_cogs=sums["other", True],
        other_elsewhere=sums["other", False] + sums["internal_tools", False],
        pool_in_cogs=sums["pool", True],
        pool_elsewhere=sums["pool", False],
        credits_in_cogs=sums["credits", True],
        credits_elsewhere=sums["credits", False],
        credit_discount_serving=discount * serving_credits(known),
        credit_discount_all=-discount * (sums["credits", True] + sums["credits", False]),
        timing_in_cogs=sums["timing", True],
        timing_elsewhere=sums["timing", False],
        pool_share=_decimal(share.value, Decimal(1)),
        pool_share_low=_decimal(share.low, ZERO),
        pool_share_high=_decimal(share.high, Decimal(1)),
        inference_at_most=_upper_limits(known),
        internal_tools=sums["internal_tools", False],
        unreconciled=sum((abs(line.line.amount) for line in known if is_unreconciled(line)), ZERO),
        open_training_elsewhere=sums["open_training", False],
        **vars(movable(known)),
    )


def _upper_limits(lines: Iterable[SplitLine]) -> Decimal:
    return sum(
        (
            line.inference
            for line in lines
            if line.line.bound == "at_most" and "paid" in parts_of(line)
        ),
        ZERO,
    )


def _unread(deal: Deal, period: Period) -> Decimal:
    """Money a draft set aside in the period, or at a date nobody could read."""
    return sum(
        (
            abs(entry.amount)
            for entry in deal.set_aside
            if entry.amount is not None
            and (entry.period is None or entry.period.overlaps(period))
            and entry.problem.file in _BOOKS
        ),
        ZERO,
    )


def _yearly_credits(register: AssumptionRegister) -> Decimal:
    return _decimal(register.get("credits_booked_net").value, ZERO)


def _month_end(deal: Deal) -> date:
    """Last month end on or before the as-of date; credits are a matter of the last year."""
    following = deal.terms.as_of + timedelta(days=1)
    if following.day == 1:
        return deal.terms.as_of
    return deal.terms.as_of.replace(day=1) - timedelta(days=1)


def _replacement(register: AssumptionRegister, period: Period) -> Decimal | None:
    cycles = register.get("training_cycles_per_year").value
    cost = register.get("training_cost_per_cycle").value
    if not isinstance(cycles, Decimal) or not isinstance(cost, Decimal):
        return None
    return cycles * cost * period.months / 12


def _training_needs(lines: Iterable[SplitLine]) -> str:
    open_lines = [
        line
        for line in lines
        if line.unresolved
        and "training_capex" in line.item.alternatives
        and line.item.subclass.startswith(UNDIVIDED)
    ]
    if not open_lines:
        return ""
    accounts = " and ".join(sorted({line.line.account for line in open_lines}))
    return f"the training share of {accounts}"


def _gap(split: CostSplit, role: Role) -> str:
    """Say which caption does not cover the whole period; empty when it does."""
    if role not in split.captions_with_gaps:
        return ""
    return f"{role.replace('_', ' ')} for the whole of {split.period.label}"


def _operating_needs(split: CostSplit) -> str:
    """Selling and administrative cost have to be there; a stray other line is not enough."""
    gaps = [_gap(split, role) for role in OPERATING_COST_ROLES]
    if any(gaps):
        return " and ".join(gap for gap in gaps if gap)
    overhead = (Role.SALES_AND_MARKETING, Role.GENERAL_AND_ADMINISTRATIVE)
    if any(line.line.role in overhead for line in split.lines):
        return ""
    return "selling and administrative cost"


def _serving_needs(company_lines: Iterable[SplitLine], company: CostBasis) -> str:
    serving = [
        line
        for line in company_lines
        if line.is_pool
        or line.item.cost_class == "inference_opex"
        or line.line.role is Role.COST_OF_REVENUE
    ]
    if serving:
        return "serving cost by segment (booked for the company only)"
    return "credits by segment" if company.credits_high else ""


def _training(lines: Iterable[SplitLine]) -> bool:
    return any(
        "training" in parts_of(line) or "training_capex" in line.item.alternatives for line in lines
    )


def _revenue_by_segment(deal: Deal, period: Period) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = {}
    for line in lines_in(deal.revenue, period):
        totals[line.segment] = totals.get(line.segment, ZERO) + line.net
    return totals


def _segment_order(revenue: dict[str, Decimal], split: CostSplit) -> list[str]:
    named = {segment for segment in revenue if segment}
    named |= {line.line.segment for line in split.lines if line.line.segment}
    if not named:
        return []
    ordered = sorted(named, key=lambda name: (name.startswith("("), -revenue.get(name, ZERO), name))
    has_company_lines = "" in revenue or any(not line.line.segment for line in split.lines)
    return [*ordered, COMPANY_ONLY] if has_company_lines else ordered


def _with_scenarios(
    company: ScopeLadder, plain: CostBasis, amounts: Sequence[ScenarioAmount]
) -> ScopeLadder:
    if len(amounts) < 2:
        return company
    views = [build_ladder(reclassified(plain, amount)) for amount in amounts]
    rungs = tuple(_spanned(rung, [v.rung(rung.rung) for v in views]) for rung in company.rungs)
    return dataclasses.replace(company, rungs=rungs)


def _spanned(rung: MarginRung, views: Sequence[MarginRung]) -> MarginRung:
    """Widen a rung to all views; rungs that no view moves keep their own range."""
    lows = [view.cost_low for view in views if view.cost_low is not None]
    highs = [view.cost_high for view in views if view.cost_high is not None]
    if len({view.cost_base for view in views}) < 2 or not lows or not highs:
        return rung
    return dataclasses.replace(
        rung, cost_low=min(lows), cost_high=max(highs), kind="scenario range"
    )


def _decimal(value: Decimal | str | None, default: Decimal) -> Decimal:
    return value if isinstance(value, Decimal) else default
