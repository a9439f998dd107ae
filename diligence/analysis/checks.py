"""Do the figures agree with each other? Statements against lines, and facts against facts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Literal

from diligence.costs.periods import lines_in
from diligence.inputs.deal import OPERATING_COST_ROLES, Deal, Fact
from diligence.units import Period, format_percent

ROUNDING_SHARE = Decimal("0.001")
"""Differences up to a thousandth of the larger figure are called rounding (house rule)."""
SETTLING_SHARE = Decimal("0.1")
"""A stated value within a tenth of what the ratios imply is settled by them (house rule)."""
CheckVerdict = Literal["agrees", "rounding", "difference", "material"]


@dataclass(frozen=True)
class StatementCheck:
    """A total computed from lines beside the total the company states."""

    name: str
    period: Period
    computed: Decimal
    stated: Decimal
    citation: str
    verdict: CheckVerdict

    @property
    def difference(self) -> Decimal:
        """Computed minus stated."""
        return self.computed - self.stated


@dataclass(frozen=True)
class FactConflict:
    """One concept with several stated values, and the arithmetic that settles it, if any."""

    concept: str
    period: Period
    segment: str
    used: Decimal | None
    others: tuple[Fact, ...]
    implied: tuple[tuple[str, Decimal], ...]
    settled: Decimal | None
    unit: str = ""

    @property
    def is_settled_against_used(self) -> bool:
        """True when the identities point at a value other than the one in use."""
        return self.used is not None and self.settled is not None and self.settled != self.used


def statement_checks(deal: Deal, *, reconciliation_limit: Decimal) -> tuple[StatementCheck, ...]:
    """Compare stated totals (facts ``total_costs``, ``operating_loss``) with the lines.

    Parameters
    ----------
    deal
        The deal.
    reconciliation_limit
        Share of the larger figure above which a difference is material.
    """
    checks: list[StatementCheck] = []
    for period in sorted({fact.period for fact in deal.facts}):
        costs = _operating_cost(deal, period)
        revenue = _revenue(deal, period)
        total = _used_fact(deal.facts, "total_costs", period)
        loss = _used_fact(deal.facts, "operating_loss", period)
        if costs is not None and total is not None:
            checks.append(_check("total costs: lines", costs, total, reconciliation_limit))
        if costs is not None and loss is not None and revenue is not None:
            checks.append(
                _check("operating loss: lines", costs - revenue, loss, reconciliation_limit)
            )
        if total is not None and loss is not None and revenue is not None:
            checks.append(
                _check(
                    "operating loss: stated total", total.value - revenue, loss,
                    reconciliation_limit,
                )
            )  # fmt: skip
    return tuple(checks)


@dataclass(frozen=True)
class SpendRatio:
    """Total cost over revenue, and what is left of it as a loss."""

    period: Period
    spend_to_revenue: Decimal

    @property
    def loss_to_revenue(self) -> Decimal:
        """Loss over revenue: spend less one."""
        return self.spend_to_revenue - 1


def spend_ratios(deal: Deal) -> tuple[SpendRatio, ...]:
    """Spend over revenue for every period with stated total costs and revenue."""
    found: list[SpendRatio] = []
    for period in sorted({fact.period for fact in deal.facts}):
        total, revenue = _used_fact(deal.facts, "total_costs", period), _revenue(deal, period)
        if total is not None and revenue:
            found.append(SpendRatio(period, total.value / revenue))
    return tuple(found)


def fact_conflicts(deal: Deal) -> tuple[FactConflict, ...]:
    """Find concepts stated with several values and settle them by stated ratios.

    A fact ``a_to_b`` with a known ``a`` implies b = a / ratio. The stated value of b nearest to
    the implied ones is the settled one; without a ratio nothing is settled.
    """

    def key(fact: Fact) -> tuple[str, Period, str]:
        return fact.concept, fact.period, fact.segment

    conflicts: list[FactConflict] = []
    for (concept, period, segment), group in groupby(sorted(deal.facts, key=key), key):
        stated = list(group)
        if len({fact.value for fact in stated}) < 2:
            continue
        used = next((fact.value for fact in stated if fact.status == "used"), None)
        implied = _implied(deal.facts, concept, period, segment)
        conflicts.append(
            FactConflict(
                concept=concept,
                period=period,
                segment=segment,
                used=used,
                others=tuple(fact for fact in stated if fact.status != "used"),
                implied=implied,
                settled=_settle([fact.value for fact in stated], [value for _, value in implied]),
                unit=stated[0].unit,
            )
        )
    return tuple(conflicts)


def _check(name: str, computed: Decimal, stated: Fact, limit: Decimal) -> StatementCheck:
    gap = abs(computed - stated.value)
    size = max(abs(stated.value), abs(computed))
    verdict: CheckVerdict = "agrees"
    if gap:
        verdict = "rounding" if gap <= ROUNDING_SHARE * size else "difference"
    if gap > limit * size:
        verdict = "material"
    return StatementCheck(
        name, stated.period, computed, stated.value, stated.source.citation, verdict
    )


def _operating_cost(deal: Deal, period: Period) -> Decimal | None:
    costs = [line for line in deal.ledger if line.role in OPERATING_COST_ROLES]
    found = lines_in(costs, period)
    return sum((line.amount for line in found), Decimal(0)) if found else None


def _revenue(deal: Deal, period: Period) -> Decimal | None:
    found = lines_in(deal.revenue, period)
    return sum((line.net for line in found), Decimal(0)) if found else None


def _used_fact(facts: Iterable[Fact], concept: str, period: Period) -> Fact | None:
    return next(
        (
            fact
            for fact in facts
            if fact.concept == concept and fact.period == period and fact.status == "used"
        ),
        None,
    )


def _implied(
    facts: Iterable[Fact], concept: str, period: Period, segment: str
) -> tuple[tuple[str, Decimal], ...]:
    known = [f for f in facts if f.period == period and f.segment == segment and f.status == "used"]
    found: list[tuple[str, Decimal]] = []
    for ratio in known:
        numerator_name, _, denominator_name = ratio.concept.partition("_to_")
        numerator = _used_fact(known, numerator_name, period)
        if denominator_name == concept and numerator is not None and ratio.value:
            text = f"{numerator_name} is {format_percent(ratio.value, 0)} of {concept}"
            found.append((text, numerator.value / ratio.value))
    return tuple(found)


def _settle(stated: list[Decimal], implied: list[Decimal]) -> Decimal | None:
    if not implied:
        return None
    middle = sum(implied, Decimal(0)) / len(implied)
    nearest = min(stated, key=lambda value: abs(value - middle))
    return nearest if abs(nearest - middle) <= SETTLING_SHARE * abs(middle) else None
