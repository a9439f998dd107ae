"""Rules of the red lines: ours for every archetype, changed entry by entry by the firm's own."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from diligence.assumptions import AssumptionRegister
from diligence.errors import DiligenceError, InputError
from diligence.inputs.deal import Archetype
from diligence.inputs.problems import ProblemLog
from diligence.inputs.yaml_files import (
    BoolText,
    DateText,
    DecimalText,
    near_match,
    read_yaml_list,
)
from diligence.resources import resource_path

if TYPE_CHECKING:
    import pandas as pd

Comparison = Literal["above", "below"]
Unit = Literal["share", "ratio"]


@dataclass(frozen=True)
class RedLineRule:
    """One red line in force: crossed when the value lies beyond the threshold.

    ``threshold`` is a fraction for the unit ``share``. ``origin`` says whose threshold it is:
    ours, the deal's (its assumptions.yaml) or the firm's. ``reason`` says why it does not apply.
    """

    name: str
    text: str
    comparison: Comparison
    unit: Unit
    threshold: Decimal
    source: str
    needs: str
    origin: Literal["register", "deal", "firm"] = "register"
    applies: bool = True
    reason: str = ""

    def is_crossed_by(self, value: Decimal | float) -> bool:
        """True when a value lies beyond the threshold; a value equal to it does not."""
        if self.comparison == "above":
            return value > self.threshold
        return value < self.threshold


@dataclass(frozen=True)
class RedLineTable:
    """Red lines of an archetype, with what the firm replaces."""

    archetype: Archetype
    rules: tuple[RedLineRule, ...]

    def rule(self, name: str) -> RedLineRule:
        """Return one rule.

        Raises
        ------
        InputError
            When there is none of that name.
        """
        found = {rule.name: rule for rule in self.rules}
        if name not in found:
            raise InputError(f"no red line is named {name!r}; known: {near_match(name, found)}")
        return found[name]

    def to_frame(self) -> pd.DataFrame:
        """One row a rule."""
        import pandas as pd

        return pd.DataFrame([dataclasses.asdict(rule) for rule in self.rules], dtype=object)

    def summary(self) -> str:
        """One line a rule."""
        return "\n".join(
            f"{rule.name}: {rule.comparison} {rule.threshold:f} ({rule.origin})"
            if rule.applies
            else f"{rule.name}: not applied, {rule.reason}"
            for rule in self.rules
        )

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def load_red_lines(
    archetype: Archetype,
    *,
    register: AssumptionRegister,
    as_of: date,
    override: Path | None = None,
) -> RedLineTable:
    """Red lines in force on a day.

    Parameters
    ----------
    archetype
        ``datasets/red_lines/common.yaml`` holds for all, the file of the archetype changes it.
    register
        Thresholds that the register of assumptions holds come from there, with what the deal
        replaces.
    as_of
        Of each threshold the latest effective on or before this day.
    override
        The firm's own table, a YAML list; each entry wins over ours.

    Raises
    ------
    InputError
        When the firm's table has a problem; every problem is listed with its line.

    Examples
    --------
    >>> from datetime import date
    >>> day = date(2026, 6, 30)
    >>> table = load_red_lines(
    ...     Archetype.GPU_CLOUD, register=AssumptionRegister.load(day), as_of=day
    ... )
    >>> print(table.summary().splitlines()[3])
    idle_reservation: above 0.2 (register)

    For a GPU cloud idle capacity is the line to watch: nobody pays for the hours not rented.
    """
    rules: dict[str, RedLineRule] = {}
    for entry in (*_entries("common"), *_entries(archetype.value)):
        rules[entry.name] = _ours(entry, rules.get(entry.name), register, as_of)
    for stated in _firm_entries(override, rules) if override else ():
        rules[stated.name] = _theirs(stated, rules[stated.name])
    return RedLineTable(archetype, tuple(rules.values()))


class _Threshold(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    effective_date: DateText
    threshold: DecimalText
    source: str = Field(min_length=10)
    checked: DateText


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    text: str = ""
    comparison: Comparison | None = None
    unit: Unit | None = None
    assumption: str = ""
    values: tuple[_Threshold, ...] = ()
    needs: str = ""
    applies: BoolText = True
    reason: str = ""


class _FirmEntry(BaseModel):
    """An entry of the firm's table; what it leaves out stays as it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    threshold: DecimalText | None = None
    comparison: Comparison | None = None
    source: str = Field(min_length=3)
    applies: BoolText = True
    reason: str = ""


@cache
def _entries(name: str) -> tuple[_Entry, ...]:
    path = resource_path("datasets", "red_lines") / f"{name}.yaml"
    if not path.exists():
        return ()
    log = ProblemLog()
    entries = read_yaml_list(path, name=f"datasets/red_lines/{path.name}", log=log, item=_Entry)
    if log.problems:
        raise DiligenceError("\n".join(map(str, log.problems)))
    return tuple(entry for _, entry in entries)


def _ours(
    entry: _Entry, base: RedLineRule | None, register: AssumptionRegister, as_of: date
) -> RedLineRule:
    if base is None:
        if entry.comparison is None or entry.unit is None:
            raise DiligenceError(f"red line {entry.name!r} states no comparison or no unit")
        base = RedLineRule(
            name=entry.name,
            text=entry.text,
            comparison=entry.comparison,
            unit=entry.unit,
            threshold=Decimal(0),
            source="",
            needs=entry.needs,
        )
        if not entry.assumption and not entry.values:
            raise DiligenceError(f"red line {entry.name!r} states no threshold")
    changed = dataclasses.replace(
        base,
        text=entry.text or base.text,
        needs=entry.needs or base.needs,
        comparison=entry.comparison or base.comparison,
        applies=entry.applies,
        reason=entry.reason,
    )
    if entry.assumption:
        return _from_register(changed, entry.assumption, register)
    return _dated(changed, entry.values, as_of) if entry.values else changed


def _from_register(rule: RedLineRule, name: str, register: AssumptionRegister) -> RedLineRule:
    stated = register.get(name)
    if not isinstance(stated.value, Decimal):
        reason = f"no value of {name!r} is in force"
        return dataclasses.replace(rule, applies=False, reason=reason)
    return dataclasses.replace(
        rule, threshold=stated.value, source=stated.source, origin=stated.origin
    )


def _dated(rule: RedLineRule, values: Sequence[_Threshold], as_of: date) -> RedLineRule:
    in_force = [value for value in values if value.effective_date <= as_of]
    if not in_force:
        reason = f"no threshold in force on {as_of}"
        return dataclasses.replace(rule, applies=False, reason=reason)
    latest = max(in_force, key=lambda value: value.effective_date)
    return dataclasses.replace(rule, threshold=latest.threshold, source=latest.source)


def _firm_entries(path: Path, rules: Mapping[str, RedLineRule]) -> list[_FirmEntry]:
    log = ProblemLog()
    stated = read_yaml_list(path, name=path.name, log=log, item=_FirmEntry)
    seen: set[str] = set()
    for line, entry in stated:
        for problem in _problems(entry, rules, seen):
            log.add(path.name, line, *problem)
        seen.add(entry.name)
    if log.problems:
        raise InputError("the firm's red lines cannot be used as they stand:", log.problems)
    return [entry for _, entry in stated]


def _problems(
    entry: _FirmEntry, rules: Mapping[str, RedLineRule], seen: set[str]
) -> list[tuple[str, str, str]]:
    if entry.name not in rules:
        return [("name", repr(entry.name), near_match(entry.name, rules))]
    if entry.name in seen:
        return [("name", f"{entry.name!r} a second time", "each red line once")]
    found = []
    threshold, unit = entry.threshold, rules[entry.name].unit
    if threshold is None and entry.applies:
        found.append(("threshold", "nothing", "a threshold, or applies: false with a reason"))
    if threshold is not None and unit == "share" and not 0 <= threshold <= 1:
        found.append(("threshold", str(threshold), "a share from 0 to 1; 40 % is 0.4"))
    if threshold is not None and unit == "ratio" and threshold <= 0:
        found.append(("threshold", str(threshold), "a ratio above 0"))
    if not entry.applies and not entry.reason:
        found.append(("reason", "nothing", "why the red line does not apply"))
    return found


def _theirs(stated: _FirmEntry, ours: RedLineRule) -> RedLineRule:
    return dataclasses.replace(
        ours,
        threshold=ours.threshold if stated.threshold is None else stated.threshold,
        comparison=stated.comparison or ours.comparison,
        source=stated.source,
        origin="firm",
        applies=stated.applies,
        reason=stated.reason,
    )
