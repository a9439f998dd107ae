"""Unit economics of a deal: what its serving cost comes to per token, query, user and task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from diligence.analysis.prices import price_day
from diligence.assumptions import AssumptionRegister
from diligence.costs import CostBasis, SplitLine, margin_ladder, split_costs
from diligence.costs.allocated import IDLE
from diligence.costs.free_tier import ConversionCost, free_tier_cost_per_conversion
from diligence.costs.periods import lines_in
from diligence.errors import InputError
from diligence.inputs.deal import Deal
from diligence.inputs.usage import Usage
from diligence.prices import PriceBook
from diligence.projections import (
    PlanRevenue,
    RedLines,
    UnitCosts,
    UsageScale,
    UserEconomics,
    check_red_lines,
    load_red_lines,
    red_line_values,
    scale_usage,
    unit_costs,
    user_economics,
)
from diligence.projections.usage_rows import usage_rows
from diligence.units import Period
from diligence.units.periods import month_of, trailing

ZERO = Decimal(0)
LONGEST_MONTHS = 12
MULTIPLES = (Decimal(1), Decimal(10), Decimal(100))


@dataclass(frozen=True, eq=False)
class UnitEconomics:
    """Unit costs, users, scale and red lines over the months that usage covers.

    What is None could not be computed; ``needs`` says why. The red lines are always held.
    """

    red_lines: RedLines
    period: Period | None = None
    costs: UnitCosts | None = None
    users: UserEconomics | None = None
    scale: UsageScale | None = None
    conversion: ConversionCost | None = None
    needs: str = ""
    conversion_needs: str = ""

    def summary(self) -> str:
        """Unit costs in words, or what they need."""
        if self.costs is None:
            return f"unit economics: not computable: needs {self.needs}"
        return self.costs.summary()


def unit_economics(
    deal: Deal,
    register: AssumptionRegister,
    *,
    lines: Sequence[SplitLine],
    headline: Sequence[SplitLine],
    basis: CostBasis,
) -> UnitEconomics:
    """Spread the serving cost of the months that usage covers over that usage.

    Parameters
    ----------
    lines
        All split lines of the deal.
    headline, basis
        Lines and company basis of the headline period, for the red lines that need no usage.
    """
    table = load_red_lines(
        deal.terms.archetype,
        register=register,
        as_of=deal.terms.as_of,
        override=deal.red_lines,
    )
    shares = _company_shares(headline, basis)
    period = usage_period(deal.usage)
    if deal.usage is None or period is None:
        needed = "usage/ of at least one whole month (requests with tokens, feature, plan, payer)"
        return UnitEconomics(check_red_lines(table, red_line_values() | shares), needs=needed)
    try:
        costs = _costs(deal, register, deal.usage, period, lines)
    except InputError as error:
        held = check_red_lines(table, red_line_values() | shares)
        return UnitEconomics(held, period=period, needs=error.message)
    revenue = plan_revenue(deal, period)
    users = _users(deal, deal.usage, costs, period)
    scale = scale_usage(costs, revenue, multiples=MULTIPLES) if revenue else None
    conversion, missing = _conversion(deal, costs, period)
    values = red_line_values(costs=costs, users=users, revenue=revenue)
    return UnitEconomics(
        red_lines=check_red_lines(table, values | shares),
        period=period,
        costs=costs,
        users=users,
        scale=scale,
        conversion=conversion,
        conversion_needs=missing,
    )


def usage_period(usage: Usage | None) -> Period | None:
    """Last whole months that usage covers, twelve at most; None without a whole month."""
    if usage is None:
        return None
    first, last = month_of(usage.first_day), month_of(usage.last_day)
    if usage.first_day != first.start:
        first = first.shifted(1)
    if usage.last_day != last.end:
        last = last.shifted(-1)
    if last.end < first.start:
        return None
    months = 12 * (last.start.year - first.start.year) + last.start.month - first.start.month + 1
    return trailing(last.end, min(months, LONGEST_MONTHS))


def plan_revenue(deal: Deal, period: Period) -> dict[str, PlanRevenue]:
    """Net revenue of the period by plan: flat, or moving with usage."""
    found: dict[str, PlanRevenue] = {}
    for line in lines_in(deal.revenue, period):
        if line.plan:
            held = found.get(line.plan, PlanRevenue(ZERO))
            by_usage = line.net if line.pricing == "usage" else ZERO
            found[line.plan] = PlanRevenue(held.flat + line.net - by_usage, held.usage + by_usage)
    return found


def _costs(
    deal: Deal,
    register: AssumptionRegister,
    usage: Usage,
    period: Period,
    lines: Sequence[SplitLine],
) -> UnitCosts:
    split = split_costs(deal, register, period=period, lines=lines)
    basis = margin_ladder(deal, split, register).company.basis
    prices = PriceBook.load().as_of(
        period.start + timedelta(days=period.days // 2), known_on=price_day(deal)
    )
    return unit_costs(
        usage.frame,
        _serving(basis),
        kind=usage.kind,
        period=period,
        prices=prices,
        requests=usage.sample.frame if usage.sample else None,
        recurring_tuning=basis.maintenance_in_cogs + basis.maintenance_elsewhere,
        currency=deal.terms.reporting_currency,
    )


def _users(deal: Deal, usage: Usage, costs: UnitCosts, period: Period) -> UserEconomics:
    """Economics of the users that single requests name, at the rates of all usage."""
    spread, prices = costs.spread, _plan_prices(deal, period)
    seen = usage_period(usage.sample)
    if usage.sample is not None and seen is not None:
        rows = usage_rows(usage.sample.frame, kind="request", period=seen)
        cost = Decimal(repr(float(costs.spread.row_costs(rows).sum())))
        spread = unit_costs(
            usage.sample.frame, cost, kind="request", period=seen, weights=costs.spread.weights
        ).spread
        prices = _plan_prices(deal, seen)
    return user_economics(spread, prices, currency=deal.terms.reporting_currency)


def _serving(basis: CostBasis) -> Decimal:
    """Serving of all payers, credits added back, with the base share of the open pool."""
    paid = basis.paid_in_cogs + basis.paid_elsewhere
    free = basis.free_in_cogs + basis.free_elsewhere
    return paid + free + basis.credits_high + basis.pool * basis.pool_share


def _plan_prices(deal: Deal, period: Period) -> dict[str, Decimal]:
    """Net revenue of one customer a month by plan."""
    net: dict[str, Decimal] = {}
    months: dict[str, Decimal] = {}
    for line in lines_in(deal.revenue, period):
        if line.plan and line.customers:
            net[line.plan] = net.get(line.plan, ZERO) + line.net
            customers = line.customers * line.period.months
            months[line.plan] = months.get(line.plan, ZERO) + customers
    return {plan: net[plan] / months[plan] for plan in net if net[plan] >= 0}


def _conversion(deal: Deal, costs: UnitCosts, period: Period) -> tuple[ConversionCost | None, str]:
    monthly = costs.monthly_cost_of("payer", "free")
    if monthly is None:
        return None, "usage of free users (payer)"
    last = period.split_months()[-1]
    before = _free_tier(deal, last.shifted(-1))
    now = _free_tier(deal, last)
    users, converted = before.get("free_users"), now.get("conversions")
    if not users or converted is None:
        return None, "free_users and conversions by month in revenue.csv"
    try:
        return (
            free_tier_cost_per_conversion(
                monthly, free_users_at_start=users, conversions=converted
            ),
            "",
        )
    except InputError as error:
        return None, error.message


def _free_tier(deal: Deal, month: Period) -> Mapping[str, Decimal]:
    found: dict[str, Decimal] = {}
    for line in lines_in(deal.revenue, month):
        for name in ("free_users", "conversions"):
            value = getattr(line, name)
            if value is not None:
                found[name] = found.get(name, ZERO) + value
    return found


def _company_shares(lines: Sequence[SplitLine], basis: CostBasis) -> dict[str, Decimal | None]:
    total = sum((abs(line.line.amount) for line in lines), ZERO)
    unresolved = sum((abs(line.unresolved) for line in lines), ZERO)
    serving = _serving(basis)
    return {
        "blended_margin": (basis.revenue - serving - basis.other_in_cogs) / basis.revenue
        if basis.revenue > 0
        else None,
        "idle_reservation": _idle_share(lines),
        "single_provider": _largest_supplier(lines),
        "unresolved": unresolved / total if total else None,
    }


def _idle_share(lines: Sequence[SplitLine]) -> Decimal | None:
    """Idle over all reserved capacity; None when nothing is reserved."""
    idle = sum((abs(line.line.amount) for line in lines if line.item.subclass == IDLE), ZERO)
    reserved = idle + sum(
        (
            abs(line.line.amount)
            for line in lines
            if line.item.subclass == "reserved_commitment"
            or (line.line.bill is not None and line.line.bill.commitment == "used")
        ),
        ZERO,
    )
    return idle / reserved if reserved else None


def _largest_supplier(lines: Sequence[SplitLine]) -> Decimal | None:
    """Largest supplier's share of inference whose supplier a bill or the books name."""
    sums: dict[str, Decimal] = {}
    for line in lines:
        if line.inference and line.line.vendor:
            sums[line.line.vendor] = sums.get(line.line.vendor, ZERO) + line.inference
    total = sum(sums.values(), ZERO)
    return max(sums.values()) / total if total > 0 else None
