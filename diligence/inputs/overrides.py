"""assumptions.yaml: the deal's own values for names of the register."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from diligence.assumptions import Assumption, AssumptionRegister
from diligence.assumptions.register import override_problem, unknown_name
from diligence.errors import UnitError
from diligence.inputs.context import ReadingContext
from diligence.inputs.deal import AssumptionOverride
from diligence.inputs.records import unit_problem
from diligence.inputs.yaml_files import DateText, DecimalText, parse_number, read_yaml_list
from diligence.units import AmountError
from diligence.units.currency import MoneyUnit, MoneyUnitError, parse_money_unit

OVERRIDES_FILE = "assumptions.yaml"
_HUNDRED = Decimal(100)
_Text = Annotated[str, Field(min_length=1)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: _Text
    value: _Text
    unit: _Text
    reason: _Text
    source: _Text
    who: _Text
    date: DateText
    low: DecimalText | None = None
    high: DecimalText | None = None


def read_overrides(
    path: Path, *, name: str = OVERRIDES_FILE, context: ReadingContext
) -> tuple[AssumptionOverride, ...]:
    """Read assumptions.yaml; entries with problems are logged and left out.

    Percentages come back as shares, money in whole units of the reporting currency. Names that
    the register does not know are refused with near matches.
    """
    register = AssumptionRegister.load(context.terms.as_of)
    overrides: dict[str, AssumptionOverride] = {}
    for line, entry in read_yaml_list(path, name=name, log=context.log, item=_Entry):
        problem = _problem(entry, register, overrides, context)
        if problem:
            context.log.add(name, line, *problem)
            continue
        override = _converted(entry, register.get(entry.name), context)
        overrides[entry.name] = override
    return tuple(overrides.values())


def _problem(
    entry: _Entry,
    register: AssumptionRegister,
    earlier: dict[str, AssumptionOverride],
    context: ReadingContext,
) -> tuple[str, str, str] | None:
    if entry.name not in register.names:
        return "name", repr(entry.name), unknown_name(entry.name, register.names)
    if entry.name in earlier:
        return "name", f"{entry.name!r} a second time", "each assumption once"
    known = register.get(entry.name)
    try:
        override = _converted(entry, known, context)
    except UnitError as error:
        return "unit", *unit_problem(entry.unit, error)
    why = override_problem(known.unit, override.value, override.unit)
    if why:
        return "value", repr(f"{entry.value} {entry.unit}"), why
    numbers = [override.low, override.value, override.high]
    present = [number for number in numbers if isinstance(number, Decimal)]
    if present != sorted(present):
        found = f"low {entry.low}, value {entry.value}, high {entry.high}"
        return "value", found, "a value between low and high"
    return None


def _converted(entry: _Entry, known: Assumption, context: ReadingContext) -> AssumptionOverride:
    factor, unit = _factor(entry.unit, known.unit, context)
    value = _number(entry.value)
    return AssumptionOverride(
        entry.name,
        value * factor if isinstance(value, Decimal) else value,
        unit,
        entry.reason,
        entry.source,
        entry.who,
        entry.date,
        low=None if entry.low is None else entry.low * factor,
        high=None if entry.high is None else entry.high * factor,
    )


def _number(text: str) -> Decimal | str:
    try:
        number = parse_number(text)
    except AmountError:
        return text
    return text if number is None else number


def _factor(unit: str, known_unit: str, context: ReadingContext) -> tuple[Decimal, str]:
    """What turns a stated number into the register's unit."""
    if known_unit.startswith("share") and unit.lower() in ("percent", "%", "percent per month"):
        return 1 / _HUNDRED, known_unit
    if known_unit != "currency":
        return Decimal(1), unit
    try:
        money: MoneyUnit = parse_money_unit(unit)
    except MoneyUnitError:
        return Decimal(1), unit
    terms = context.terms
    factor, _ = context.rates.convert_balance(
        money.in_units(Decimal(1)), money.currency, terms.reporting_currency, terms.as_of
    )
    return factor, terms.reporting_currency
