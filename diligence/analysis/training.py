"""Amortised training beside cash training: from the whole vintage history or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from diligence.assumptions import AssumptionRegister
from diligence.costs import (
    MarginLadder,
    amortised_charge,
    full_cost_vintages,
    successful_efforts_vintages,
)
from diligence.inputs.deal import Deal
from diligence.units import Period


@dataclass(frozen=True)
class AmortisedMargin:
    """Margin after amortised training at one life; shown beside the ladder, never in it."""

    life_months: int
    charge: Decimal
    full_cost_charge: Decimal
    margin: Decimal | None


def amortised_margins(
    deal: Deal, ladder: MarginLadder, register: AssumptionRegister, *, period: Period
) -> tuple[AmortisedMargin, ...]:
    """Charge a period at the shortest, base and longest useful life of the register.

    Empty when the folder has no training_runs.csv: a single year's amortisation flatters growth,
    so nothing is shown without the history.
    """
    if not deal.training_runs:
        return ()
    return tuple(_at_life(deal, ladder, life, period) for life in training_lives(register))


def training_lives(register: AssumptionRegister) -> tuple[int, ...]:
    """Useful lives in months: low, base and high of ``training_life_months``."""
    life = register.get("training_life_months")
    return tuple(int(v) for v in (life.low, life.value, life.high) if isinstance(v, Decimal))


def _at_life(deal: Deal, ladder: MarginLadder, life: int, period: Period) -> AmortisedMargin:
    released = successful_efforts_vintages(deal.training_runs)
    carried = full_cost_vintages(deal.training_runs)
    charge = amortised_charge(released, period=period, life_months=life)
    loaded = ladder.company.rung("fully_loaded")
    margin = None
    if loaded.cost_base is not None and loaded.revenue:
        margin = (loaded.revenue - loaded.cost_base - charge) / loaded.revenue
    return AmortisedMargin(
        life_months=life,
        charge=charge,
        full_cost_charge=amortised_charge(carried, period=period, life_months=life),
        margin=margin,
    )
