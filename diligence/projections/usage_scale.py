"""What ten and a hundred times the usage of existing customers does to cost and margin by plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from diligence.errors import InputError
from diligence.projections.unit_costs import UnitCosts
from diligence.projections.usage_rows import NOT_STATED
from diligence.projections.user_months import PAYING
from diligence.units import format_multiple, format_percent

if TYPE_CHECKING:
    import pandas as pd

ZERO, ONE = Decimal(0), Decimal(1)
COMPANY = "all plans"
MULTIPLES = (ONE, Decimal(10), Decimal(100))


@dataclass(frozen=True)
class PlanRevenue:
    """Net revenue of a plan in the period: what does not move with usage, and what does."""

    flat: Decimal
    usage: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """Both together."""
        return self.flat + self.usage


@dataclass(frozen=True)
class DiscountTier:
    """Discount off today's unit cost, a share, on cost of the period above an amount."""

    above: Decimal
    discount: Decimal


@dataclass(frozen=True)
class ScaledPlan:
    """A plan at a multiple of today's paid usage.

    ``revenue`` is as priced today: the flat part stays, the usage part moves. The margins are
    shares of revenue: as priced, when all of it were flat, and when all of it were priced by
    usage, which is also what more customers of the same kind would give. None where revenue is
    not known or not above 0.
    """

    name: str
    multiple: Decimal
    cost: Decimal
    revenue: Decimal | None
    margin: Decimal | None
    margin_flat: Decimal | None
    margin_usage: Decimal | None


@dataclass(frozen=True)
class UsageScale:
    """Plans and the company at each multiple, in the period and currency of the unit costs.

    ``breaks_at`` gives by plan the usage multiple at which its margin falls to the target; None
    when no multiple breaks it or its revenue is not known. Idle commitments and discounts are not
    counted there.
    """

    plans: tuple[ScaledPlan, ...]
    breaks_at: Mapping[str, Decimal | None]
    target_margin: Decimal
    notes: tuple[str, ...]

    def at(self, multiple: Decimal, name: str = COMPANY) -> ScaledPlan | None:
        """One plan, or all plans together, at a multiple."""
        found = (plan for plan in self.plans if (plan.name, plan.multiple) == (name, multiple))
        return next(found, None)

    def to_frame(self) -> pd.DataFrame:
        """One row a plan and multiple."""
        import pandas as pd

        columns = ["name", "multiple", "cost", "revenue", "margin", "margin_flat", "margin_usage"]
        rows = [[getattr(plan, column) for column in columns] for plan in self.plans]
        return pd.DataFrame(rows, columns=columns, dtype=object)

    def summary(self) -> str:
        """Company margin at each multiple, as priced today, then the assumptions."""
        lines = [
            f"{format_multiple(plan.multiple, 0)} usage: cost {plan.cost:,.2f}, margin "
            + ("not computable" if plan.margin is None else format_percent(plan.margin))
            for plan in self.plans
            if plan.name == COMPANY
        ]
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def scale_usage(
    costs: UnitCosts,
    revenue: Mapping[str, PlanRevenue],
    *,
    multiples: Sequence[Decimal] = MULTIPLES,
    idle_commitment: Decimal = ZERO,
    discount_tiers: Sequence[DiscountTier] = (),
    target_margin: Decimal = ZERO,
) -> UsageScale:
    """Scale the paid usage of today's customers; their number stays.

    Parameters
    ----------
    costs
        Unit costs by plan and payer.
    revenue
        Net revenue of the period by plan, in the names usage has.
    multiples
        Above 0; an agent's multiple of a query (`UnitCosts.tasks`) belongs here too.
    idle_commitment
        Money of the period already paid for capacity that stands idle: more usage uses it up
        before it costs anything.
    discount_tiers
        Volume discounts off today's unit cost that cost above today's would earn.
    target_margin
        Margin at which a plan counts as broken, a share below 1.

    Raises
    ------
    InputError
        On a multiple not above 0, a negative amount, or a share outside 0 to 1.

    Examples
    --------
    >>> import pandas as pd
    >>> from diligence.projections.unit_costs import unit_costs
    >>> from diligence.units import parse_period
    >>> usage = pd.DataFrame(
    ...     {"day": "2026-06-01", "plan": ["Pro", "API"], "requests": 1, "input_tokens": [1, 3]}
    ... )
    >>> june = parse_period("2026-06")
    >>> costs = unit_costs(usage, Decimal(40), kind="daily", period=june)
    >>> priced = {"Pro": PlanRevenue(Decimal(50)), "API": PlanRevenue(ZERO, Decimal(60))}
    >>> scale = scale_usage(costs, priced)
    >>> [f"{scale.at(ONE * m, 'Pro').margin:.1f}" for m in (1, 10)], scale.breaks_at["Pro"]
    (['0.8', '-1.0'], Decimal('5'))

    The flat plan loses everything at five times the usage; the one priced by usage never does.
    """
    _check(multiples, idle_commitment, discount_tiers, target_margin)
    paid, rest = paid_cost_by_plan(costs)
    today = sum(paid.values(), rest)
    plans: list[ScaledPlan] = []
    for multiple in multiples:
        extra = (multiple - 1) * (today - rest)
        share = _payable(extra, today, idle_commitment, discount_tiers) / extra if extra else ONE
        grown = {name: cost + cost * (multiple - 1) * share for name, cost in paid.items()}
        plans += [_scaled(name, multiple, grown[name], revenue.get(name)) for name in grown]
        plans.append(
            _scaled(COMPANY, multiple, sum(grown.values(), rest), _all_plans(revenue, paid))
        )
    return UsageScale(
        plans=tuple(plans),
        breaks_at={
            name: _breaks_at(cost, revenue.get(name), target_margin) for name, cost in paid.items()
        },
        target_margin=target_margin,
        notes=tuple(_notes(revenue, paid, rest, idle_commitment, discount_tiers)),
    )


def paid_cost_by_plan(costs: UnitCosts) -> tuple[dict[str, Decimal], Decimal]:
    """Serving cost of paid usage by plan, and of all free, promotional and internal usage."""
    paid: dict[str, Decimal] = {}
    rest = ZERO
    for (plan, payer), cost in sorted(costs.spread.cost_by(("plan", "payer")).items()):
        if payer in PAYING:
            name = plan or NOT_STATED
            paid[name] = paid.get(name, ZERO) + cost
        else:
            rest += cost
    return paid, rest


def _check(
    multiples: Sequence[Decimal],
    idle: Decimal,
    tiers: Sequence[DiscountTier],
    target: Decimal,
) -> None:
    for multiple in multiples:
        if not multiple.is_finite() or multiple <= 0:
            raise InputError(f"usage multiple is {multiple}; it needs a number above 0")
    for name, amount in [("idle_commitment", idle), *(("tier above", t.above) for t in tiers)]:
        if not amount.is_finite() or amount < 0:
            raise InputError(f"{name} is {amount}; it needs an amount of at least 0")
    for tier in tiers:
        if not 0 <= tier.discount <= 1:
            raise InputError(f"discount is {tier.discount}; it needs a share from 0 to 1")
    if not target < 1:
        raise InputError(f"target_margin is {target}; it needs a share below 1")


def _payable(
    extra: Decimal, today: Decimal, idle: Decimal, tiers: Sequence[DiscountTier]
) -> Decimal:
    """Cost of more usage after idle capacity is used up, each band at its discount."""
    if extra <= 0:
        return extra
    start, end = today + min(idle, extra), today + extra
    steps = sorted(tiers, key=lambda tier: tier.above)
    edges = [start, *(tier.above for tier in steps if start < tier.above < end), end]
    total = ZERO
    for low, high in pairwise(edges):
        reached = [tier.discount for tier in steps if tier.above <= low]
        total += (high - low) * (1 - (reached[-1] if reached else ZERO))
    return total


def _scaled(name: str, multiple: Decimal, cost: Decimal, priced: PlanRevenue | None) -> ScaledPlan:
    if priced is None:
        return ScaledPlan(name, multiple, cost, None, None, None, None)
    revenue = priced.flat + priced.usage * multiple
    return ScaledPlan(
        name=name,
        multiple=multiple,
        cost=cost,
        revenue=revenue,
        margin=_margin(revenue, cost),
        margin_flat=_margin(priced.total, cost),
        margin_usage=_margin(priced.total * multiple, cost),
    )


def _margin(revenue: Decimal, cost: Decimal) -> Decimal | None:
    return 1 - cost / revenue if revenue > 0 else None


def _all_plans(
    revenue: Mapping[str, PlanRevenue], paid: Mapping[str, Decimal]
) -> PlanRevenue | None:
    """Revenue of every plan; None while the revenue of a plan with usage is not known."""
    if not revenue or not set(paid) <= set(revenue):
        return None
    return PlanRevenue(
        sum((plan.flat for plan in revenue.values()), ZERO),
        sum((plan.usage for plan in revenue.values()), ZERO),
    )


def _breaks_at(cost: Decimal, priced: PlanRevenue | None, target: Decimal) -> Decimal | None:
    """Solve flat + usage x m - cost x m = target x (flat + usage x m) for m."""
    if priced is None:
        return None
    slope = cost - priced.usage * (1 - target)
    return priced.flat * (1 - target) / slope if slope > 0 else None


def _notes(
    revenue: Mapping[str, PlanRevenue],
    paid: Mapping[str, Decimal],
    rest: Decimal,
    idle: Decimal,
    tiers: Sequence[DiscountTier],
) -> list[str]:
    notes = [
        "paid usage of today's customers is scaled, not their number; cost of a query, mix and "
        "cached share stay as they are"
    ]
    if rest:
        notes.append(f"free, promotional and internal usage stays at today's cost, {rest:,.2f}")
    if not idle:
        notes.append("no idle commitment counted: the first extra query costs as much as the last")
    if not tiers:
        notes.append("no volume discount counted")
    unpriced = [name for name in paid if name not in revenue]
    if unpriced:
        notes.append(f"no revenue known for {', '.join(unpriced)}: no margin of it or of all plans")
    unused = sorted(set(revenue) - set(paid))
    if unused:
        notes.append(
            f"no paid usage seen on {', '.join(unused)}: their revenue counts in all plans"
        )
    return notes
