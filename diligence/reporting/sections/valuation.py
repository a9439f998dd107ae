"""Value of the position, base and stressed: an indicative sensitivity, not fair value."""

from __future__ import annotations

from collections.abc import Callable

from diligence.analysis import DealAnalysis
from diligence.reporting.blocks import Block, Column, Note, Paragraph, Table
from diligence.reporting.documents import Section
from diligence.reporting.wording import MoneyStyle, money_style, needs, percent_cell, sentence
from diligence.units import format_multiple, format_percent
from diligence.valuation import CaseValue, Valuation
from diligence.valuation.position import WalkAway

_METHODS = {
    "point": "the round's multiple carried forward",
    "scenario_weighted": "weighted states of the exit",
    "none": "",
}


def valuation_section(analysis: DealAnalysis) -> Section:
    """Return, walk-away price and the position through the stack of preferences."""
    found, style = analysis.future.valuation, money_style(analysis)
    blocks: list[Block] = [Paragraph(sentence(return_words(found, style)))]
    if found.base.method != "none":
        blocks.append(value_table(found, style))
    blocks.append(Note(_note(found)))
    return Section("Value of the position", tuple(blocks), key="value")


def value_table(found: Valuation, style: MoneyStyle) -> Table:
    """One row a figure, base and stressed side by side."""
    missing = needs(_missing(found) or "figures that the round does not state")

    def money(pick: Callable[[CaseValue], float | None]) -> Callable[[CaseValue], str]:
        return lambda case: missing if pick(case) is None else style.cell_of(pick(case))

    def share(pick: Callable[[CaseValue], float | None]) -> Callable[[CaseValue], str]:
        return lambda case: missing if pick(case) is None else percent_cell(pick(case))

    def multiple(pick: Callable[[CaseValue], float | None]) -> Callable[[CaseValue], str]:
        return lambda case: _multiple(pick(case)) or missing

    unit = style.unit
    figures: tuple[tuple[str, Callable[[CaseValue], str]], ...] = (
        (f"Enterprise value, {unit}", money(lambda case: case.enterprise_value)),
        (f"Position through the stack, {unit}", money(lambda case: case.position_value)),
        ("Change against the cheque, %", share(lambda case: case.change)),
        ("Multiple of money at the exit", multiple(lambda case: case.multiple_of_money)),
        ("The same without any preference", multiple(lambda case: case.multiple_as_converted)),
        ("Rate of return a year, %", share(lambda case: case.irr)),
        (f"Walk-away post-money, {unit}", lambda case: walk_away_cell(case.walk_away, style)),
        ("Growth needed to meet the hurdle, %", lambda case: _growth(case)),
        (f"Capital needed beyond the round, {unit}", money(lambda case: case.capital_needed)),
        ("Dilution of the round needed to survive, %", _dilution),
        ("Ownership at the exit, %", share(lambda case: case.ownership_at_exit)),
    )
    rows = tuple((name, shown(found.base), shown(found.stressed)) for name, shown in figures)
    columns = (Column("Figure"), Column("Base", "number"), Column("Stressed", "number"))
    return Table(
        columns,
        rows,
        caption=(
            f"Position over {found.exit_years:g} years against a hurdle of "
            f"{format_multiple(found.hurdle)}; stressed: every bought and rented price doubles"
        ),
    )


def return_words(found: Valuation, style: MoneyStyle) -> str:
    """Return and walk-away price in a phrase, or what they need."""
    base, stressed = found.base, found.stressed
    if base.multiple_of_money is None or stressed.multiple_of_money is None:
        return f"return and walk-away post-money are {needs(_missing(found))}"
    return (
        f"the position returns {format_multiple(base.multiple_of_money)} in "
        f"{found.exit_years:g} years, {format_multiple(stressed.multiple_of_money)} stressed, "
        f"against a hurdle of {format_multiple(found.hurdle)}; {walk_away_words(found, style)}"
    )


def return_cell(found: Valuation) -> str:
    """Multiple of money, base and stressed, or what it needs."""
    base, stressed = found.base.multiple_of_money, found.stressed.multiple_of_money
    if base is None or stressed is None:
        return needs(_missing(found))
    return f"{format_multiple(base)} base, {format_multiple(stressed)} stressed"


def walk_away_words(found: Valuation, style: MoneyStyle) -> str:
    """Walk-away post-money, base and stressed, in a phrase."""
    base, stressed = found.base.walk_away, found.stressed.walk_away
    if base.status == stressed.status == "at_no_price":
        return "no post-money meets the hurdle, base or stressed"
    words = [_walk_away_text(case, style) for case in (base, stressed)]
    return f"walk-away post-money {words[0]}, {words[1]} stressed"


def _walk_away_text(found: WalkAway, style: MoneyStyle) -> str:
    if found.post_money is None:
        return {"at_no_price": "none", "at_any_price": "any"}.get(found.status, "unknown")
    return f"{style.currency} {walk_away_cell(found, style)} {style.scale}".rstrip()


def walk_away_cell(found: WalkAway, style: MoneyStyle) -> str:
    """Walk-away post-money without unit, or why there is none."""
    if found.post_money is not None:
        return style.cell_of(found.post_money, 0)
    return {
        "at_no_price": "no price meets the hurdle",
        "at_any_price": "any price: the preference alone meets it",
    }.get(found.status, "unknown")


def _multiple(value: float | None) -> str:
    return "" if value is None else format_multiple(value)


def _growth(case: CaseValue) -> str:
    return "none found" if case.growth_needed is None else percent_cell(case.growth_needed)


def _dilution(case: CaseValue) -> str:
    if case.capital_needed is None:
        return needs("a cash balance and burn")
    if case.dilution_to_survive is None:
        return "cannot be priced: nothing stands above debt"
    return percent_cell(case.dilution_to_survive)


def _missing(found: Valuation) -> str:
    return ", ".join(found.needs).replace("_", " ")


def _note(found: Valuation) -> str:
    notes = [*found.notes, *found.base.notes, *found.stressed.notes]
    if found.base.method != "none":
        notes.insert(0, f"method: {_METHODS[found.base.method]}")
    calibration = found.calibration
    if calibration is not None and calibration.multiple is not None:
        notes.insert(
            0,
            f"calibrated at the round: {format_multiple(calibration.multiple, 1)} of a year's "
            "fully loaded gross profit, carried to the stressed gross profit",
        )
    words = [sentence(note) for note in dict.fromkeys(notes)]
    return " ".join([*words, sentence(found.label)])


def stressed_change(found: Valuation) -> str:
    """What stress does to the position's value, in a phrase; empty where there is no mark."""
    change = found.stressed.change
    if change is None or found.calibration is None or found.calibration.multiple is None:
        return ""
    return f"stress moves the position by {format_percent(change, 0)}"
