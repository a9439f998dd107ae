"""Break-even price multiples k*: how far one input's price may move before a target is missed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from diligence.costs import CostBasis, MarginLadder, ScopeLadder
from diligence.costs.ladder import RungName, rung_costs
from diligence.projections.exposure import PricedInput, exposed

Status = Literal["breaks_at", "already_below", "never", "not_exposed", "unknown"]
Limit = Literal["", "at_least", "at_most"]
Target = Literal["gross_margin_0", "gross_margin_50", "runway_12m"]
MARGIN_TARGETS: dict[Target, Decimal] = {
    "gross_margin_0": Decimal(0),
    "gross_margin_50": Decimal("0.5"),
}
BREAK_EVEN_RUNGS: tuple[RungName, ...] = ("paid", "fully_loaded", "after_training")
ONE = Decimal(1)


@dataclass(frozen=True)
class Multiple:
    """A multiple with its status; k is never clipped at 1, and None where none exists."""

    k: Decimal | None
    status: Status


@dataclass(frozen=True)
class BreakEven:
    """k* of one input, rung, segment and target.

    ``all_serve`` and ``none_serves`` are k* when all or none of the unresolved pool serves; the
    range leaves out credits and scenarios. For a sold input the company breaks when its price falls
    to ``k``. ``limit`` says that ``k`` is at least or at most the figure, because exposed cost is
    known as an upper limit only.
    """

    input: str
    side: str
    suppliers: str
    rung: str
    segment: str
    target: Target
    k: Decimal | None
    status: Status
    all_serve: Multiple
    none_serves: Multiple
    pass_through: Decimal
    limit: Limit = ""
    note: str = ""

    @property
    def multiple(self) -> Multiple:
        """k* with its status."""
        return Multiple(self.k, self.status)

    @property
    def has_range(self) -> bool:
        """True when the pool moves k*, or moves it out of existence."""
        return self.all_serve != self.none_serves

    @property
    def low(self) -> Decimal | None:
        """Lower end of the range; None when that end has no k*."""
        return self._end(min)

    @property
    def high(self) -> Decimal | None:
        """Upper end of the range; None when that end has no k*."""
        return self._end(max)

    def _end(self, pick: Callable[[Decimal, Decimal], Decimal]) -> Decimal | None:
        ends = (self.all_serve.k, self.none_serves.k)
        if ends[0] is not None and ends[1] is not None:
            return pick(ends[0], ends[1])
        # Serving more never raises k*: the end without one lies above for what is bought.
        return ends[0] if pick is min else ends[1]


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
        _break_even(priced, ladder, scope, rung, target, inference_unknown)
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
    return any(row.segment == scope.segment for row in priced.exposures)


def _break_even(
    priced: PricedInput,
    ladder: MarginLadder,
    scope: ScopeLadder,
    rung: RungName,
    target: Target,
    inference_unknown: str,
) -> BreakEven:
    basis = scope.basis
    needs = scope.rung(rung).needs
    if not needs and priced.side in ("buy", "rent"):
        needs = inference_unknown
    unknown = Multiple(None, "unknown")
    found, all_serve, none_serves = unknown, unknown, unknown
    if not needs:
        found, all_serve, none_serves = (
            _at_pool_share(priced, ladder, scope, rung, target, share)
            for share in (basis.pool_share, basis.pool_share_high, basis.pool_share_low)
        )
    return BreakEven(
        input=priced.label,
        side=priced.side,
        suppliers=priced.suppliers,
        rung=rung,
        segment=scope.segment,
        target=target,
        k=found.k,
        status=found.status,
        all_serve=all_serve,
        none_serves=none_serves,
        pass_through=exposed(priced, ladder, rung=rung, segment=scope.segment).pass_through,
        limit="" if needs else _limit(priced, basis, found),
        note=f"needs {needs}" if needs else "",
    )


def _at_pool_share(
    priced: PricedInput,
    ladder: MarginLadder,
    scope: ScopeLadder,
    rung: RungName,
    target: Target,
    share: Decimal,
) -> Multiple:
    if priced.side == "own":
        return Multiple(None, "not_exposed")
    basis = dataclasses.replace(scope.basis, pool_share=share)
    cost, goal = rung_costs(basis)[rung], MARGIN_TARGETS[target]
    moving = exposed(priced, ladder, rung=rung, segment=scope.segment, pool_share=share)
    if priced.side == "sell":
        return sold_break_even_multiple(
            revenue=basis.revenue, cost=cost, sold_revenue=moving.amount, target_margin=goal
        )
    return break_even_multiple(
        revenue=basis.revenue,
        other_cost=cost - moving.amount,
        exposed_cost=moving.amount,
        target_margin=goal,
        pass_through=moving.pass_through,
    )


def _limit(priced: PricedInput, basis: CostBasis, found: Multiple) -> Limit:
    """With exposed cost known as an upper limit, less of it moves k* away from one."""
    if not basis.inference_at_most or priced.side not in ("buy", "rent") or found.k is None:
        return ""
    return "at_least" if found.k >= 1 else "at_most"
