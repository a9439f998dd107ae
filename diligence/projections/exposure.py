"""What a company buys, rents, owns or sells at a price that can move."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from diligence.assumptions import AssumptionRegister
from diligence.costs import CostBasis
from diligence.costs.ladder import RungName
from diligence.inputs.deal import Deal, Exposure

Side = Literal["buy", "rent", "own", "sell"]
ZERO = Decimal(0)
_TRAINING_RUNGS: tuple[RungName, ...] = ("after_training", "operating")


@dataclass(frozen=True)
class PricedInput:
    """One input on one side, over all its suppliers: the unit that a price multiple moves.

    ``pass_through`` is the share of a cost rise that customers bear in dollars, before churn,
    weighted by supplier share. ``lock_until`` is the earliest end of a price lock; None when
    some supplier may reprice at once.
    """

    input: str
    side: Side
    exposures: tuple[Exposure, ...]
    pass_through: Decimal
    lock_until: date | None

    @property
    def label(self) -> str:
        """Input and side in words, with the suppliers.

        Tokens a company buys and tokens it sells are two inputs.
        """
        verb = {"buy": "bought", "rent": "rented", "own": "owned", "sell": "sold"}[self.side]
        noun = {"gpu_hours": "GPU-hours", "tokens": "tokens"}.get(self.input, self.input)
        return f"{noun} {verb}"

    @property
    def suppliers(self) -> str:
        """Names of the suppliers (or buyers), in the order of deal.yaml."""
        return ", ".join(dict.fromkeys(exposure.supplier for exposure in self.exposures))

    def share(self, applies_to: str) -> Decimal:
        """Share of a cost pool (or of revenue) that is exposed, over all suppliers."""
        return sum((e.share for e in self.exposures if e.applies_to == applies_to), ZERO)


def priced_inputs(deal: Deal, register: AssumptionRegister) -> tuple[PricedInput, ...]:
    """Group the exposures of deal.yaml by input and side, in their order of appearance."""
    default = register.get("pass_through").value
    standard = default if isinstance(default, Decimal) else ZERO
    groups: dict[tuple[str, Side], list[Exposure]] = {}
    for exposure in deal.terms.exposures:
        groups.setdefault((exposure.input, exposure.side), []).append(exposure)
    return tuple(
        PricedInput(
            input=name,
            side=side,
            exposures=tuple(members),
            pass_through=_weighted_pass_through(members, standard),
            lock_until=_earliest_lock(members),
        )
        for (name, side), members in groups.items()
    )


def exposed_amount(
    priced: PricedInput,
    basis: CostBasis,
    *,
    rung: RungName,
    pool_share: Decimal | None = None,
    segment: str = "",
) -> Decimal:
    """Amount of one rung that moves with the input's price, per period of the basis.

    For a bought or rented input a cost: its share of inference in the rung, and of training
    from ``after_training`` down. For a sold one the revenue at that price. Zero for an owned
    input: its price does not reach the accounts.
    """
    share = basis.pool_share if pool_share is None else pool_share
    if priced.side == "own":
        return ZERO
    if priced.side == "sell":
        return _sold_share(priced.exposures, segment) * basis.revenue
    amount = priced.share("inference") * _inference(basis, rung, share)
    if rung in _TRAINING_RUNGS:
        amount += priced.share("training") * (basis.discrete_training + basis.pool * (1 - share))
    if rung == "operating":
        amount += priced.share("internal_tools") * basis.internal_tools
    return amount


def _inference(basis: CostBasis, rung: RungName, share: Decimal) -> Decimal:
    if rung == "reported":
        return basis.paid_in_cogs + basis.free_in_cogs + basis.maintenance_in_cogs
    paid = basis.paid_in_cogs + basis.paid_elsewhere + basis.credits_high + basis.pool * share
    if rung == "paid":
        return paid
    free = basis.free_in_cogs + basis.free_elsewhere
    return paid + free + basis.maintenance_in_cogs + basis.maintenance_elsewhere


def _sold_share(exposures: Iterable[Exposure], segment: str) -> Decimal:
    """Share of a scope's revenue; a row for the company says nothing about its segments."""
    return sum(
        (e.share for e in exposures if e.applies_to == "revenue" and e.segment == segment),
        ZERO,
    )


def _weighted_pass_through(exposures: Iterable[Exposure], standard: Decimal) -> Decimal:
    known = tuple(exposures)
    weight = sum((exposure.share for exposure in known), ZERO)
    if not weight:
        return standard
    passed = sum(
        (e.share * (standard if e.pass_through is None else e.pass_through) for e in known),
        ZERO,
    )
    return passed / weight


def _earliest_lock(exposures: Iterable[Exposure]) -> date | None:
    locks = [exposure.lock_until for exposure in exposures]
    dated = [lock for lock in locks if lock is not None]
    return min(dated) if dated and len(dated) == len(locks) else None
