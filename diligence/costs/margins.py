"""The margin ladder of a deal: sums the split into a cost basis per scope and builds the rungs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from diligence.assumptions import AssumptionRegister
from diligence.costs.ladder import CostBasis, MarginLadder, MarginRung, ScopeLadder, build_ladder
from diligence.costs.periods import lines_in
from diligence.costs.scenarios import ScenarioAmount, scenario_amounts
from diligence.costs.split import CostSplit, SplitLine
from diligence.inputs.deal import Deal, Role
from diligence.units import Period

ZERO = Decimal(0)
COMPANY_ONLY = "(company only)"
MAINTENANCE_SUBCLASSES = frozenset({"recurring_finetune", "maintenance_training"})


def margin_ladder(deal: Deal, split: CostSplit, register: AssumptionRegister) -> MarginLadder:
    """Build the ladder of the split's period for the company and each segment.

    Segments (with ``(unallocated)`` and ``(company only)``) add up to the company. A segment
    whose serving cost is booked for the company only is not computable above ``reported``.
    Where the deal states scenarios for cost booked elsewhere, the fully loaded rung carries
    them as a scenario range.
    """
    revenue = _revenue_by_segment(deal, split.period)
    segments = _segment_order(revenue, split)
    amounts = scenario_amounts(deal, split.period)
    base = next((amount for amount in amounts if amount.scenario.is_base), None)
    company = _company_scope(split, register, revenue, base)
    scopes = [_with_scenarios(company, amounts)]
    scopes += [_segment_scope(name, split, register, revenue) for name in segments]
    return MarginLadder(split.period.label, split.currency, tuple(scopes))


def reclassified(basis: CostBasis, amount: ScenarioAmount) -> CostBasis:
    """Move a scenario's cost from where it is booked into free serving; the total stays."""
    moved = dataclasses.replace(basis, free_elsewhere=basis.free_elsewhere + amount.value)
    if amount.scenario.from_role is Role.RESEARCH_AND_DEVELOPMENT:
        return dataclasses.replace(
            moved, training_elsewhere=basis.training_elsewhere - amount.value
        )
    return dataclasses.replace(moved, other_elsewhere=basis.other_elsewhere - amount.value)


def _company_scope(
    split: CostSplit,
    register: AssumptionRegister,
    revenue: dict[str, Decimal],
    base: ScenarioAmount | None,
) -> ScopeLadder:
    basis = _basis(split.lines, sum(revenue.values(), ZERO), register, split.period)
    basis = _with_credits(basis, register, split.period)
    basis = dataclasses.replace(
        basis,
        training_needs=_training_needs(split.lines),
        operating_needs=_operating_needs(split.lines),
    )
    return build_ladder(reclassified(basis, base) if base else basis)


def _segment_scope(
    segment: str, split: CostSplit, register: AssumptionRegister, revenue: dict[str, Decimal]
) -> ScopeLadder:
    wanted = "" if segment == COMPANY_ONLY else segment
    lines = [line for line in split.lines if line.line.segment == wanted]
    company_lines = [line for line in split.lines if not line.line.segment]
    basis = _basis(lines, revenue.get(wanted, ZERO), register, split.period)
    if segment != COMPANY_ONLY:
        basis = dataclasses.replace(
            basis,
            serving_needs=_serving_needs(company_lines),
            training_needs="training cost by segment" if _training(company_lines) else "",
            operating_needs="operating cost by segment",
        )
    return build_ladder(basis, segment=segment)


def _basis(
    lines: Iterable[SplitLine],
    revenue: Decimal,
    register: AssumptionRegister,
    period: Period,
) -> CostBasis:
    known = tuple(lines)
    share = register.get("serving_share_of_unresolved")
    return CostBasis(
        revenue=revenue,
        paid_in_cogs=_total(known, True, _is_paid_serving),
        paid_elsewhere=_total(known, False, _is_paid_serving),
        free_in_cogs=_total(known, True, _is_free_serving),
        free_elsewhere=_total(known, False, _is_free_serving),
        maintenance_in_cogs=_total(known, True, _is_maintenance),
        maintenance_elsewhere=_total(known, False, _is_maintenance),
        training_in_cogs=_total(known, True, _is_training),
        training_elsewhere=_total(known, False, _is_training),
        other_in_cogs=_total(known, True, _is_other),
        other_elsewhere=_total(known, False, _is_other),
        pool_in_cogs=_total(known, True, _is_pool),
        pool_elsewhere=_total(known, False, _is_pool),
        pool_share=_decimal(share.value, Decimal(1)),
        pool_share_low=_decimal(share.low, ZERO),
        pool_share_high=_decimal(share.high, Decimal(1)),
        replacement_training=_replacement(register, period),
        inference_at_most=_upper_limits(known),
        internal_tools=_total(known, False, lambda line: line.item.payer == "internal"),
    )


def _is_paid_serving(line: SplitLine) -> bool:
    return (
        line.item.cost_class == "inference_opex"
        and not _is_maintenance(line)
        and line.item.payer in ("", "paid")
    )


def _is_free_serving(line: SplitLine) -> bool:
    return (
        line.item.cost_class == "inference_opex"
        and not _is_maintenance(line)
        and line.item.payer in ("free", "promo")
    )


def _is_maintenance(line: SplitLine) -> bool:
    return line.item.subclass in MAINTENANCE_SUBCLASSES


def _is_training(line: SplitLine) -> bool:
    return line.item.cost_class == "training_capex" and not _is_maintenance(line)


def _is_other(line: SplitLine) -> bool:
    return not (
        _is_paid_serving(line)
        or _is_free_serving(line)
        or _is_maintenance(line)
        or _is_training(line)
        or line.is_pool
    )


def _is_pool(line: SplitLine) -> bool:
    return line.is_pool


def _total(
    lines: Sequence[SplitLine], in_cogs: bool, chosen: Callable[[SplitLine], bool]
) -> Decimal:
    return sum(
        (
            line.line.amount
            for line in lines
            if (line.line.role is Role.COST_OF_REVENUE) == in_cogs and chosen(line)
        ),
        ZERO,
    )


def _upper_limits(lines: Iterable[SplitLine]) -> Decimal:
    return sum(
        (
            line.inference
            for line in lines
            if line.line.bound == "at_most" and _is_paid_serving(line)
        ),
        ZERO,
    )


def _with_credits(basis: CostBasis, register: AssumptionRegister, period: Period) -> CostBasis:
    a_year = _decimal(register.get("credits_booked_net").value, ZERO)
    at_list = a_year * period.months / 12
    discount = _decimal(register.get("credit_discount_available").value, ZERO)
    return dataclasses.replace(basis, credits_low=at_list * (1 - discount), credits_high=at_list)


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
        if line.unresolved and "training_capex" in line.item.alternatives and not line.is_pool
    ]
    if not open_lines:
        return ""
    accounts = " and ".join(sorted({line.line.account for line in open_lines}))
    return f"the training share of {accounts}"


def _operating_needs(lines: Iterable[SplitLine]) -> str:
    overhead = (Role.SALES_AND_MARKETING, Role.GENERAL_AND_ADMINISTRATIVE, Role.OTHER_OPERATING)
    if any(line.line.role in overhead for line in lines):
        return ""
    return "selling and administrative cost"


def _serving_needs(company_lines: Iterable[SplitLine]) -> str:
    serving = [
        line
        for line in company_lines
        if line.is_pool
        or line.item.cost_class == "inference_opex"
        or line.line.role is Role.COST_OF_REVENUE
    ]
    if not serving:
        return ""
    return "serving cost by segment (booked for the company only)"


def _training(lines: Iterable[SplitLine]) -> bool:
    return any(_is_training(line) or "training_capex" in line.item.alternatives for line in lines)


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


def _with_scenarios(company: ScopeLadder, amounts: Sequence[ScenarioAmount]) -> ScopeLadder:
    if len(amounts) < 2:
        return company
    base = next((amount.value for amount in amounts if amount.scenario.is_base), ZERO)
    shifts = [amount.value - base for amount in amounts]
    rungs = tuple(
        _widened(rung, min(shifts), max(shifts)) if rung.rung == "fully_loaded" else rung
        for rung in company.rungs
    )
    return dataclasses.replace(company, rungs=rungs)


def _widened(rung: MarginRung, least: Decimal, most: Decimal) -> MarginRung:
    if rung.cost_low is None or rung.cost_high is None:
        return rung
    return dataclasses.replace(
        rung,
        cost_low=rung.cost_low + min(least, ZERO),
        cost_high=rung.cost_high + max(most, ZERO),
        kind="scenario range",
    )


def _decimal(value: Decimal | str | None, default: Decimal) -> Decimal:
    return value if isinstance(value, Decimal) else default
