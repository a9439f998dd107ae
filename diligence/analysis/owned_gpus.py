"""Depreciation of owned accelerators at other useful lives than the books use."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from diligence.costs import SplitLine
from diligence.costs.depreciation import SENSITIVITY_LIVES, LifeEffect, LifeSensitivity
from diligence.costs.phrases import fold, phrases
from diligence.inputs.deal import Deal
from diligence.units import Period

ZERO = Decimal(0)
USEFUL_LIFE = "gpu_useful_life"
_DEPRECIATION = phrases(["depreciation", "abschreibung", "amortissement"])


def owned_gpu_lives(
    deal: Deal, lines: Sequence[SplitLine], *, period: Period, revenue: Decimal
) -> LifeSensitivity | None:
    """Charge at 3, 4, 5 and 6 years, and what it does to the paid margin.

    The booked straight-line charge is scaled by the lives: cost is the same, so a charge over a
    shorter life is larger in proportion. Only what serves moves the margin.

    Returns
    -------
    LifeSensitivity or None
        None without depreciation of accelerators, or without the fact ``gpu_useful_life`` (the
        booked life in months).
    """
    booked = [line for line in lines if _is_depreciation(line)]
    charge = sum((line.line.amount for line in booked), ZERO)
    months = _booked_life(deal)
    if not charge or not months:
        return None
    serving = sum((line.inference for line in booked), ZERO) / charge
    return LifeSensitivity(
        period,
        charge,
        tuple(
            _effect(Decimal(life), charge, months / 12, serving, revenue)
            for life in SENSITIVITY_LIVES
        ),
    )


def _effect(
    life: Decimal, charge: Decimal, booked_years: Decimal, serving: Decimal, revenue: Decimal
) -> LifeEffect:
    at_life = charge * booked_years / life
    effect = (charge - at_life) * serving / revenue if revenue > 0 else None
    return LifeEffect(life, at_life, effect)


def _is_depreciation(line: SplitLine) -> bool:
    words = fold(f"{line.line.account} | {line.line.text}")
    is_ai = line.item.cost_class == "shared" or bool(line.inference or line.training)
    return is_ai and _DEPRECIATION.found_in(words)


def _booked_life(deal: Deal) -> Decimal | None:
    stated = [f for f in deal.facts if f.concept == USEFUL_LIFE and f.status == "used"]
    return max(stated, key=lambda fact: fact.period.end).value if stated else None
