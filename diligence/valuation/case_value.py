"""One case of a company, from its gross profit to the position's value, return and price."""

from __future__ import annotations

import dataclasses
from datetime import date

from diligence.valuation.assumptions import ValuationAssumptions
from diligence.valuation.calibration import Calibration, MarkInputs
from diligence.valuation.exit_cases import (
    CompanyCase,
    Outcome,
    expected_today,
    forward_outcomes,
    point_outcome,
)
from diligence.valuation.position import (
    CaseValue,
    Financing,
    as_converted_proceeds,
    exit_proceeds,
    financing,
    position_irr,
    walk_away,
)
from diligence.valuation.returns import ownership_after_rounds
from diligence.valuation.round_stack import RoundStack

_GROWTH_SEARCH = (-0.99, 100.0)


def value_case(
    name: str,
    case: CompanyCase,
    *,
    base: CompanyCase,
    after: RoundStack,
    calibration: Calibration,
    assumed: ValuationAssumptions,
    on: date,
) -> CaseValue:
    """Value the position in one case.

    Parameters
    ----------
    name
        ``base`` or ``stressed``.
    case, base
        This case, and the base that stress is measured against.
    after
        The stack right after the round.
    calibration
        Of the round, on the base.
    on
        Day the cheque is paid.
    """
    mark = _mark(case, calibration)
    outcomes = _outcomes(case, base, calibration, assumed)
    if mark is None and not outcomes:
        return CaseValue(name, "none", capital_needed=case.capital_needed)
    today = mark.enterprise_value if mark else expected_today(outcomes, assumed)
    plan = financing(case.capital_needed, enterprise_value=today, debt=after.debt, assumed=assumed)
    marked = CaseValue(
        name,
        "point" if mark else "scenario_weighted",
        enterprise_value=today,
        position_value=mark.position_value if mark else None,
        as_converted_value=mark.as_converted_value if mark else None,
        outcomes=outcomes,
        capital_needed=case.capital_needed,
        dilution_to_survive=plan.dilution if case.capital_needed is not None else None,
        ownership_after_rounds=tuple(
            float(left)
            for left in (
                after.ownership,
                *ownership_after_rounds(after.ownership, plan.dilutions),
            )
        ),
        p_cash_out=case.p_cash_out,
        notes=_notes(case, mark, plan),
    )
    returned = _returns(marked, after, plan, assumed, on) if outcomes else marked
    if mark and case.growth is not None:
        returned = dataclasses.replace(
            returned, growth_needed=_growth_needed(case, after, plan, calibration, assumed)
        )
    return _against_cheque(returned, after)


def _mark(case: CompanyCase, calibration: Calibration) -> MarkInputs | None:
    if calibration.inputs is None:
        return None
    return dataclasses.replace(calibration.inputs, gross_profit=case.gross_profit)


def _outcomes(
    case: CompanyCase, base: CompanyCase, calibration: Calibration, assumed: ValuationAssumptions
) -> tuple[Outcome, ...]:
    if case.growth is None:
        return ()
    if calibration.multiple is None:
        return forward_outcomes(case, base=base, growth=case.growth, assumed=assumed)
    multiple = exit_multiple(calibration, assumed)
    return (point_outcome(case, growth=case.growth, multiple=multiple, assumed=assumed),)


def exit_multiple(calibration: Calibration, assumed: ValuationAssumptions) -> float:
    """Multiple at the exit: the lower of the round's and the assumed one."""
    if calibration.multiple is None:
        return assumed.exit_gross_profit_multiple
    return min(calibration.multiple, assumed.exit_gross_profit_multiple)


def _returns(
    marked: CaseValue,
    after: RoundStack,
    plan: Financing,
    assumed: ValuationAssumptions,
    on: date,
) -> CaseValue:
    proceeds = exit_proceeds(after, marked.outcomes, plan)
    years = assumed.exit_years
    discounted = float(proceeds) / (1 + assumed.hurdle_irr) ** years
    return dataclasses.replace(
        marked,
        position_value=discounted if marked.position_value is None else marked.position_value,
        proceeds=proceeds,
        multiple_of_money=float(proceeds / after.cheque),
        multiple_as_converted=float(
            as_converted_proceeds(after, marked.outcomes, plan) / after.cheque
        ),
        irr=position_irr(after.cheque, proceeds, on=on, years=years),
        walk_away=walk_away(after, marked.outcomes, plan, hurdle=assumed.hurdle),
    )


def _growth_needed(
    case: CompanyCase,
    after: RoundStack,
    plan: Financing,
    calibration: Calibration,
    assumed: ValuationAssumptions,
) -> float | None:
    """Growth of the first year at which the hurdle is met at the round's price."""
    from scipy.optimize import brentq

    def excess(growth: float) -> float:
        at_exit = point_outcome(
            case, growth=growth, multiple=exit_multiple(calibration, assumed), assumed=assumed
        )
        return float(exit_proceeds(after, [at_exit], plan) / after.cheque) - assumed.hurdle

    low, high = _GROWTH_SEARCH
    if excess(low) >= 0 or excess(high) < 0:
        return None
    return float(brentq(excess, low, high, xtol=1e-6))


def _against_cheque(found: CaseValue, after: RoundStack) -> CaseValue:
    if found.position_value is None:
        return found
    return dataclasses.replace(found, change=found.position_value / float(after.cheque) - 1)


def _notes(case: CompanyCase, mark: MarkInputs | None, plan: Financing) -> tuple[str, ...]:
    notes = []
    if case.capital_needed is None:
        notes.append("capital needed is unknown and counts as none in the return")
    if plan.dilution is None:
        notes.append(
            "the round needed to survive cannot be priced: nothing stands above debt today; the "
            "return counts the cheque as lost"
        )
    if mark and case.gross_profit <= 0:
        notes.append("gross profit is not positive in this case: enterprise value counts as nil")
    if mark:
        notes.append("the mark counts cash after the round in full, before what is burnt")
    return tuple(notes)
