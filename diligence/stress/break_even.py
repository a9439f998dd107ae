"""Break-even price multiples k*: how far one input's price may move before a target is missed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from diligence.costs import CostBasis, MarginLadder, ScopeLadder
from diligence.costs.ladder import RungName, build_ladder
from diligence.projections.exposure import PricedInput, exposed_amount

Status = Literal["breaks_at", "already_below", "never", "not_exposed", "unknown"]
Target = Literal["gross_margin_0", "gross_margin_50", "runway_12m"]
MARGIN_TARGETS: dict[Target, Decimal] = {
    "gross_margin_0": Decimal(0),
    "gross_margin_50": Decimal("0.5"),
}
BREAK_EVEN_RUNGS: tuple[RungName, ...] = ("paid", "fully_loaded", "after_training")
ONE = Decimal(1)


@dataclass(frozen=True)
class Multiple:
    """A multiple with its status; k is kept below 1, and None where none exists."""

    k: Decimal | None
    status: Status


@dataclass(frozen=True)
class BreakEven:
    """k* of one input, rung, segment and target.

    ``low`` and ``high`` are k* when all or none of the unresolved pool serves; equal to ``k``
    where nothing is open. For a sold input the company breaks when its price falls to ``k``.
    """

    input: str
    side: str
    suppliers: str
    rung: str
    segment: str
    target: Target
    k: Decimal | None
    low: Decimal | None
    high: Decimal | None
    status: Status
    pass_through: Decimal
    note: str = ""


def break_even_multiple(
    *,
    revenue: Decimal,
    other_cost: Decimal,
    exposed_cost: Decimal,
    target_margin: Decimal,
    pass_through: Decimal = Decimal(0),
) -> Multiple:
    """Multiple of a bought or rented input's price at which the margin falls to its target.

    k* = [R(1-g) - O - phi(1-g)I] / [I(1 - phi(1-g))] with revenue R, other cost of the rung O,
    exposed cost I, target margin g and pass-through phi, the share of the cost rise that
    customers bear in dollars, before churn. Never clipped at 1: below 1 the margin is already
    under its target and prices would have to fall.

    Parameters
    ----------
    revenue, other_cost, exposed_cost
        Amounts of one period in one currency; ``exposed_cost`` 0 or more.
    target_margin
        Fraction below 1.
    pass_through
        0 to 1.

    Examples
    --------
    Revenue 100, other cost 10, exposed cost 30: the price may rise by a third before the margin
    is under 50 %, threefold before it is gone, and without end if every dollar is passed on.

    >>> numbers = dict(revenue=Decimal(100), other_cost=Decimal(10), exposed_cost=Decimal(30))
    >>> round(break_even_multiple(**numbers, target_margin=Decimal("0.5")).k, 2)
    Decimal('1.33')
    >>> break_even_multiple(**numbers, target_margin=Decimal(0)).k
    Decimal('3')
    >>> break_even_multiple(**numbers, target_margin=Decimal(0), pass_through=Decimal(1)).status
    'never'
    """
    kept = 1 - target_margin
    headroom = revenue * kept - other_cost - exposed_cost
    if exposed_cost == 0:
        return Multiple(None, "not_exposed")
    borne = exposed_cost * (1 - pass_through * kept)
    if borne == 0:
        return Multiple(None, "never" if headroom >= 0 else "already_below")
    k = ONE + headroom / borne
    return Multiple(k, "breaks_at" if k >= 1 else "already_below")


def sold_break_even_multiple(
    *, revenue: Decimal, cost: Decimal, sold_revenue: Decimal, target_margin: Decimal
) -> Multiple:
    """Multiple of a sold input's price at which the margin meets its target.

    k* = 1 - [R - C/(1-g)] / X with revenue R, cost C and revenue X earned at that price. A
    company above its target breaks when the price falls to k* < 1 (``never`` when it would hold
    at a price of zero); one below needs a rise to k* > 1.

    Examples
    --------
    Revenue 100, all of it tokens sold, cost 60: the margin is gone when prices fall by 40 %.

    >>> sold_break_even_multiple(revenue=Decimal(100), cost=Decimal(60),
    ...     sold_revenue=Decimal(100), target_margin=Decimal(0)).k
    Decimal('0.6')
    """
    if sold_revenue == 0:
        return Multiple(None, "not_exposed")
    k = ONE - (revenue - cost / (1 - target_margin)) / sold_revenue
    if k > 1:
        return Multiple(k, "already_below")
    return Multiple(k, "breaks_at") if k > 0 else Multiple(None, "never")


def runway_multiple(
    *,
    cash: Decimal,
    monthly_burn: Decimal,
    exposed_monthly: Decimal,
    months: Decimal,
    pass_through: Decimal = Decimal(0),
) -> Multiple:
    """Multiple at which cash lasts exactly ``months``: k* = 1 + (cash/months - burn) / [I(1-phi)].

    Examples
    --------
    24 of cash, burn 1 a month and exposed cost 0.5 a month: at three times the price the burn is
    2 and the cash lasts a year.

    >>> runway_multiple(cash=Decimal(24), monthly_burn=Decimal(1),
    ...     exposed_monthly=Decimal("0.5"), months=Decimal(12)).k
    Decimal('3')
    """
    if exposed_monthly == 0:
        return Multiple(None, "not_exposed")
    headroom = cash / months - monthly_burn
    borne = exposed_monthly * (1 - pass_through)
    if borne == 0:
        return Multiple(None, "never" if headroom >= 0 else "already_below")
    k = ONE + headroom / borne
    return Multiple(k, "breaks_at" if k >= 1 else "already_below")


def break_even_multiples(
    ladder: MarginLadder, inputs: Iterable[PricedInput], *, inference_unknown: str = ""
) -> tuple[BreakEven, ...]:
    """Compute k* for every input, rung, segment and margin target of a ladder.

    Parameters
    ----------
    ladder
        Rungs of the headline period.
    inputs
        Priced inputs of the deal.
    inference_unknown
        What is missing when the books do not say how much of their cost is inference; every
        bought or rented input is then ``unknown``.
    """
    return tuple(
        _break_even(priced, scope, rung, target, inference_unknown)
        for priced in inputs
        for scope in ladder.scopes
        if _can_break(scope, priced)
        for rung in BREAK_EVEN_RUNGS
        for target in MARGIN_TARGETS
    )


def _can_break(scope: ScopeLadder, priced: PricedInput) -> bool:
    """Leave out what segments leave over, and segments a sold input says nothing about."""
    if scope.segment.startswith("("):
        return False
    if priced.side != "sell" or not scope.segment:
        return True
    return any(exposure.segment == scope.segment for exposure in priced.exposures)


def _break_even(
    priced: PricedInput,
    scope: ScopeLadder,
    rung: RungName,
    target: Target,
    inference_unknown: str,
) -> BreakEven:
    basis = scope.basis
    needs = scope.rung(rung).needs
    if not needs and priced.side in ("buy", "rent"):
        needs = inference_unknown
    found = Multiple(None, "unknown")
    low = high = found
    if priced.side == "own":
        found = low = high = Multiple(None, "not_exposed")
    elif not needs:
        found = _at_pool_share(priced, scope, rung, target, basis.pool_share)
        low = _at_pool_share(priced, scope, rung, target, basis.pool_share_high)
        high = _at_pool_share(priced, scope, rung, target, basis.pool_share_low)
    bounds = [m.k for m in (low, found, high) if m.k is not None]
    return BreakEven(
        input=priced.label,
        side=priced.side,
        suppliers=priced.suppliers,
        rung=rung,
        segment=scope.segment,
        target=target,
        k=found.k,
        low=min(bounds) if bounds else None,
        high=max(bounds) if bounds else None,
        status=found.status,
        pass_through=priced.pass_through,
        note=f"needs {needs}" if needs else _note(priced, basis),
    )


def _at_pool_share(
    priced: PricedInput, scope: ScopeLadder, rung: RungName, target: Target, share: Decimal
) -> Multiple:
    basis = scope.basis
    cost = _cost_at(basis, rung, share)
    exposed = exposed_amount(priced, basis, rung=rung, pool_share=share, segment=scope.segment)
    goal = MARGIN_TARGETS[target]
    if priced.side == "sell":
        return sold_break_even_multiple(
            revenue=basis.revenue, cost=cost, sold_revenue=exposed, target_margin=goal
        )
    return break_even_multiple(
        revenue=basis.revenue,
        other_cost=cost - exposed,
        exposed_cost=exposed,
        target_margin=goal,
        pass_through=priced.pass_through,
    )


def _cost_at(basis: CostBasis, rung: RungName, share: Decimal) -> Decimal:
    at_base = build_ladder(basis).rung(rung)
    if at_base.cost_base is None:
        return Decimal(0)
    return at_base.cost_base + at_base.per_pool_share * (share - basis.pool_share)


def _note(priced: PricedInput, basis: CostBasis) -> str:
    if basis.inference_at_most and priced.side in ("buy", "rent"):
        return "exposed cost is an upper limit, so k* is at least this"
    return ""
