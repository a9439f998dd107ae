"""Everything that has to hold before a deal can be analysed, in one list."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from diligence.analysis.prices import model_prices
from diligence.analysis.stress_analysis import chosen_scenarios
from diligence.assumptions import AssumptionRegister
from diligence.costs import (
    analysis_periods,
    classify_deal,
    detailed_books,
    headline_period,
    scenario_amounts,
)
from diligence.errors import InputError, Problem
from diligence.inputs.deal import Deal
from diligence.inputs.load import check_deal, load_deal


def check_folder(folder: str | Path) -> tuple[Problem, ...]:
    """List every problem of a deal folder: of its files, then of what they say together.

    A ruling that matches no line, a headline period without books, a scenario on a fact that is
    not there or a model nobody lists are found only once the files can be read.

    Raises
    ------
    InputError
        When the folder does not exist.
    """
    problems = check_deal(folder)
    if problems:
        return problems
    deal = load_deal(folder)
    found: list[Problem] = []
    steps = (_overrides, _rulings, headline_period, _scenarios, _moves, model_prices)
    for step in steps:
        found += _problems(step, deal)
    return tuple(found)


def _problems(step: Callable[[Deal], object], deal: Deal) -> tuple[Problem, ...]:
    try:
        step(deal)
    except InputError as error:
        place, _, message = error.message.rpartition("deal.yaml: ")
        return error.problems or (
            Problem("deal.yaml", 0, "", message or place, "what the message asks for"),
        )
    return ()


def _overrides(deal: Deal) -> None:
    AssumptionRegister.load(deal.terms.as_of).override(deal.overrides)


def _rulings(deal: Deal) -> None:
    register = AssumptionRegister.load(deal.terms.as_of).override(deal.overrides)
    classify_deal(deal, detailed_books(deal, register))


def _scenarios(deal: Deal) -> None:
    for period in analysis_periods(deal):
        scenario_amounts(deal, period)


def _moves(deal: Deal) -> None:
    """Scenarios can be read, and none starts before the analysis."""
    for scenario in chosen_scenarios(deal):
        for move in scenario.moves:
            move.path(months=1, after=deal.terms.as_of)
