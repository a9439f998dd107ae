"""Stated views of serving cost booked elsewhere, computed from facts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from diligence.errors import InputError, Problem
from diligence.inputs.deal import Deal, Fact, FactTerm, ReclassScenario
from diligence.units import Period


@dataclass(frozen=True)
class ScenarioAmount:
    """A scenario and the cost it moves into serving, in reporting currency."""

    scenario: ReclassScenario
    value: Decimal


def scenario_amounts(deal: Deal, period: Period) -> tuple[ScenarioAmount, ...]:
    """Compute every scenario of the deal whose facts are known for the period.

    A term without a period of its own takes the fact of the analysed period, else the latest
    fact of that concept inside it.

    Raises
    ------
    InputError
        When a scenario names a concept that facts.csv does not have at all.
    """
    _require_known_concepts(deal)
    computed: list[ScenarioAmount] = []
    for scenario in deal.terms.scenarios:
        values = [_term_value(term, deal.facts, period) for term in scenario.terms]
        if all(value is not None for value in values):
            total = sum((value for value in values if value is not None), Decimal(0))
            computed.append(ScenarioAmount(scenario, total))
    return tuple(computed) if any(s.scenario.terms for s in computed) else ()


def _term_value(term: FactTerm, facts: tuple[Fact, ...], period: Period) -> Decimal | None:
    wanted = term.period or period
    known = [fact for fact in facts if fact.concept == term.concept and fact.status != "rejected"]
    exact = [fact for fact in known if fact.period == wanted]
    inside = sorted(
        (fact for fact in known if wanted.contains(fact.period)), key=lambda fact: fact.period.end
    )
    chosen = exact or inside
    return chosen[-1].value * term.factor if chosen else None


def _require_known_concepts(deal: Deal) -> None:
    known = {fact.concept for fact in deal.facts}
    problems = [
        Problem(
            "deal.yaml",
            0,
            f"scenarios.{scenario.name}",
            f"concept {term.concept!r}",
            f"a concept of facts.csv: {', '.join(sorted(known)) or 'facts.csv is empty'}",
        )
        for scenario in deal.terms.scenarios
        for term in scenario.terms
        if term.concept not in known
    ]
    if problems:
        raise InputError("Scenarios in deal.yaml use facts that are not there:", problems)
