"""What a company buys, rents, owns or sells at a price that can move."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from diligence.assumptions import AssumptionRegister
from diligence.costs import CostBasis, MarginLadder
from diligence.costs.ladder import RungName, training_cost
from diligence.inputs.deal import Deal, Exposure

Side = Literal["buy", "rent", "own", "sell"]
ZERO = Decimal(0)
_TRAINING_RUNGS: tuple[RungName, ...] = ("after_training", "operating")


@dataclass(frozen=True)
class PricedInput:
    """One input on one side, over all its suppliers: the unit that a price multiple moves.

    ``standard_pass_through`` stands in for suppliers whose pass-through is not stated.
    ``lock_until`` is the earliest end of a price lock; None when some supplier may reprice at once.
    """

    input: str
    side: Side
    exposures: tuple[Exposure, ...]
    standard_pass_through: Decimal
    lock_until: date | None

    @property
    def label(self) -> str:
        """Input and side in words; tokens a company buys and tokens it sells are two inputs."""
        verb = {"buy": "bought", "rent": "rented", "own": "owned", "sell": "sold"}[self.side]
        noun = {"gpu_hours": "GPU-hours", "tokens": "tokens"}.get(self.input, self.input)
        return f"{noun} {verb}"

    @property
    def suppliers(self) -> str:
        """Names of the suppliers (or buyers), in the order of deal.yaml."""
        return ", ".join(dict.fromkeys(exposure.supplier for exposure in self.exposures))

    @property
    def pass_through(self) -> Decimal:
        """Share of a rise in paid inference cost that customers bear in dollars, before churn."""
        serving = [e for e in self.exposures if e.applies_to == "inference"]
        weight = sum((e.share for e in serving), ZERO)
        passed = sum((e.share * self.passed_share(e) for e in serving), ZERO)
        return passed / weight if weight else ZERO

    def passed_share(self, exposure: Exposure) -> Decimal:
        """Pass-through of one exposure."""
        stated = exposure.pass_through
        return self.standard_pass_through if stated is None else stated


@dataclass(frozen=True)
class Exposed:
    """Money of one rung that moves with an input's price, per period of the ladder.

    ``amount`` is a cost for a bought or rented input and revenue for a sold one. ``passed`` is the
    part of a cost rise of 100 % that customers bear; only paying users' inference is passed on.
    """

    amount: Decimal
    passed: Decimal = ZERO

    @property
    def pass_through(self) -> Decimal:
        """Share of a rise in this amount that customers bear."""
        return self.passed / self.amount if self.amount else ZERO


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
            standard_pass_through=standard,
            lock_until=_earliest_lock(members),
        )
        for (name, side), members in groups.items()
    )


def exposed(
    priced: PricedInput,
    ladder: MarginLadder,
    *,
    rung: RungName,
    segment: str = "",
    pool_share: Decimal | None = None,
) -> Exposed:
    """Money of one rung and scope that moves with the input's price.

    For a bought or rented input its share of inference in the rung (recurring fine-tuning counts
    as inference from ``fully_loaded`` down), of training from ``after_training`` down, and of the
    staff's own tools in ``operating``. For a sold one the revenue at that price. Nothing for an
    owned input: its price does not reach the accounts.

    Parameters
    ----------
    priced, ladder
        The input, and the ladder whose scopes hold the amounts.
    rung, segment
        Which rung of which scope; the company by default. A row of deal.yaml that names a segment
        counts with that segment's money, there and in the company.
    pool_share
        Serving share of the unresolved pool; the ladder's base by default.
    """
    if priced.side == "own":
        return Exposed(ZERO)
    parts = [
        part
        for exposure in priced.exposures
        if (basis := _basis_of(exposure, ladder, segment)) is not None
        for part in [_part(exposure, _at(basis, pool_share), rung, priced)]
    ]
    return Exposed(
        sum((part.amount for part in parts), ZERO), sum((part.passed for part in parts), ZERO)
    )


def _basis_of(exposure: Exposure, ladder: MarginLadder, segment: str) -> CostBasis | None:
    if segment and exposure.segment not in ("", segment):
        return None
    if segment and not exposure.segment and exposure.applies_to == "revenue":
        # A share of the company's revenue says nothing about one segment's.
        return None
    wanted = exposure.segment or segment
    scope = next((scope for scope in ladder.scopes if scope.segment == wanted), None)
    return scope.basis if scope else None


def _at(basis: CostBasis, pool_share: Decimal | None) -> CostBasis:
    return basis if pool_share is None else dataclasses.replace(basis, pool_share=pool_share)


def _part(exposure: Exposure, basis: CostBasis, rung: RungName, priced: PricedInput) -> Exposed:
    match exposure.applies_to:
        case "revenue":
            return Exposed(exposure.share * basis.revenue)
        case "inference":
            paid = exposure.share * _paid_inference(basis, rung)
            return Exposed(
                paid + exposure.share * _unpaid_inference(basis, rung),
                paid * priced.passed_share(exposure),
            )
        case "training":
            if rung not in _TRAINING_RUNGS:
                return Exposed(ZERO)
            return Exposed(exposure.share * training_cost(basis, rung))
        case "internal_tools":
            return Exposed(exposure.share * basis.internal_tools if rung == "operating" else ZERO)


def _paid_inference(basis: CostBasis, rung: RungName) -> Decimal:
    if rung == "reported":
        return basis.paid_in_cogs
    serving_pool = basis.pool * basis.pool_share
    return basis.paid_in_cogs + basis.paid_elsewhere + basis.credits_high + serving_pool


def _unpaid_inference(basis: CostBasis, rung: RungName) -> Decimal:
    in_cogs = basis.free_in_cogs + basis.maintenance_in_cogs
    if rung == "reported":
        return in_cogs
    if rung == "paid":
        return ZERO
    return in_cogs + basis.free_elsewhere + basis.maintenance_elsewhere


def _earliest_lock(exposures: Iterable[Exposure]) -> date | None:
    locks = [exposure.lock_until for exposure in exposures]
    dated = [lock for lock in locks if lock is not None]
    return min(dated) if dated and len(dated) == len(locks) else None
