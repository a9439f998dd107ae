"""A position in one case: its value, its return, and the price that would meet the hurdle."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from diligence.projections.exact_parts import to_decimal
from diligence.valuation.assumptions import ValuationAssumptions
from diligence.valuation.exit_cases import Method, Outcome, as_money
from diligence.valuation.returns import (
    DAYS_A_YEAR,
    DatedFlow,
    dilution_of_round,
    internal_rate_of_return,
    ownership_after_rounds,
)
from diligence.valuation.round_stack import RoundStack

WalkAwayStatus = Literal["priced", "at_no_price", "at_any_price", "unknown"]
_STEPS = 45
_HIGHEST = 1e4
"""A post-money ten thousand times the larger of the exit's value and the round is any price."""


@dataclass(frozen=True)
class WalkAway:
    """Highest post-money at which the hurdle is met.

    ``at_no_price``: not even a post-money of the round's size meets it. ``at_any_price``: the
    preference alone meets it.
    """

    post_money: float | None
    status: WalkAwayStatus


@dataclass(frozen=True)
class Financing:
    """The round needed to survive, priced at the case's value today, and dilution until the exit.

    ``dilution`` is None where the round cannot be priced, because nothing stands above debt.
    ``dilutions`` are those of the rounds until the exit, the one to survive first.
    """

    capital_needed: float
    dilution: float | None
    dilutions: tuple[Decimal, ...]


@dataclass(frozen=True)
class CaseValue:
    """The position in one case; money in reporting currency, rates a year, None where unknown.

    ``position_value`` is through the stack: before the exit by option pricing where the method is
    ``point``, else the weighted proceeds discounted at the hurdle. ``proceeds`` is the cheque's
    part at the exit, weighted. ``change`` is ``position_value`` over the cheque less 1.
    ``growth_needed`` is the growth of the first year at which the hurdle is met at the round's
    price. ``ownership_after_rounds`` starts with the ownership bought.
    """

    name: str
    method: Method
    enterprise_value: float | None = None
    position_value: float | None = None
    as_converted_value: float | None = None
    change: float | None = None
    outcomes: tuple[Outcome, ...] = ()
    proceeds: Decimal | None = None
    multiple_of_money: float | None = None
    multiple_as_converted: float | None = None
    irr: float | None = None
    walk_away: WalkAway = WalkAway(None, "unknown")
    growth_needed: float | None = None
    capital_needed: float | None = None
    dilution_to_survive: float | None = None
    ownership_after_rounds: tuple[float, ...] = ()
    p_cash_out: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def ownership_at_exit(self) -> float | None:
        """Share of the company at the exit, as converted."""
        return self.ownership_after_rounds[-1] if self.ownership_after_rounds else None


def financing(
    capital_needed: float | None,
    *,
    enterprise_value: float,
    debt: Decimal,
    assumed: ValuationAssumptions,
) -> Financing:
    """Dilution until the exit: the assumed rounds, the first at least as large as survival asks.

    Parameters
    ----------
    capital_needed
        Money beyond this round; unknown counts as none, which the caller has to say.
    enterprise_value
        Of the case, today: what the new money is priced on, less debt.
    """
    needed = as_money(max(capital_needed or 0.0, 0.0))
    survive = dilution_of_round(needed, pre_money=as_money(enterprise_value) - debt)
    usual = assumed.dilution_per_later_round
    later = (usual,) * assumed.later_rounds
    if survive is None:
        return Financing(float(needed), None, (Decimal(1),))
    first = max(survive, *later[:1], Decimal(0))
    dilutions = (first, *later[1:]) if first else ()
    return Financing(float(needed), float(survive), dilutions)


def exit_proceeds(after: RoundStack, outcomes: Sequence[Outcome], plan: Financing) -> Decimal:
    """Weighted proceeds of the cheque through the stack at the exit.

    Cash at the exit is taken as spent. Nothing is left where the round needed to survive cannot
    be priced.
    """
    if plan.dilution is None:
        return Decimal(0)
    rescue = as_money(plan.capital_needed)
    stack = after.at_exit(plan.dilutions, rescue=rescue)
    paid = Fraction(0)
    for outcome in outcomes:
        payoffs = stack.payoffs(Fraction(as_money(outcome.enterprise_value)))
        paid += payoffs[after.share_class] * Fraction(outcome.weight)
    return to_decimal(paid * Fraction(after.held))


def as_converted_proceeds(
    after: RoundStack, outcomes: Sequence[Outcome], plan: Financing
) -> Decimal:
    """Weighted proceeds if nobody had a preference: ownership at the exit times equity."""
    equity = sum(
        (
            Fraction(outcome.weight)
            * Fraction(max(as_money(outcome.enterprise_value) - after.debt, Decimal(0)))
            for outcome in outcomes
        ),
        Fraction(0),
    )
    left = ownership_after_rounds(after.ownership, (Decimal(0), *plan.dilutions))[-1]
    return to_decimal(equity * Fraction(left))


def position_irr(cheque: Decimal, proceeds: Decimal, *, on: date, years: float) -> float:
    """Rate of return of one cheque and one exit."""
    sold = on + timedelta(days=round(years * DAYS_A_YEAR))
    return internal_rate_of_return([DatedFlow(on, -cheque), DatedFlow(sold, proceeds)])


def walk_away(
    after: RoundStack, outcomes: Sequence[Outcome], plan: Financing, *, hurdle: float
) -> WalkAway:
    """Find the highest post-money at which the cheque returns the hurdle.

    Parameters
    ----------
    hurdle
        Multiple of money asked for.
    """

    def meets(post_money: float) -> bool:
        priced = after.at_post_money(Decimal(repr(post_money)))
        return float(exit_proceeds(priced, outcomes, plan) / after.cheque) >= hurdle

    low = float(after.round_size)
    high = _HIGHEST * max(low, *(outcome.enterprise_value for outcome in outcomes))
    if not meets(low):
        return WalkAway(None, "at_no_price")
    if meets(high):
        return WalkAway(None, "at_any_price")
    for _ in range(_STEPS):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if meets(middle) else (low, middle)
    return WalkAway(low, "priced")
