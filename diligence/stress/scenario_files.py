"""Scenario files: YAML with a closed form; every mistake named with its line and the remedy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from diligence.errors import InputError
from diligence.inputs.problems import ProblemLog
from diligence.inputs.yaml_files import (
    DateText,
    DecimalText,
    YamlDocument,
    date_from_text,
    key_path,
    load_yaml,
    near_match,
    validate,
)
from diligence.resources import resource_path
from diligence.stress.scenarios import (
    PRICE_TARGETS,
    Kind,
    Move,
    Scenario,
    Shape,
    Size,
    Target,
    composed,
)

LONGEST_MONTHS = 120
LARGEST_MULTIPLE = Decimal(1000)
_RISE = re.compile(r"([+-])\s*([\d.,]+)\s*%")
_TIMES = re.compile(r"([\d.,]+)\s*x?", re.IGNORECASE)
_NEEDS: dict[Shape, tuple[str, ...]] = {
    "step": ("multiple",),
    "ramp": ("multiple", "over"),
    "half_life": ("multiple", "half_life"),
    "late_and_sudden": ("multiple", "start"),
    "intro_expiry": ("multiple", "start"),
    "retirement": ("multiple", "start"),
    "pulse": ("multiple", "over"),
    "compounding": ("per_year",),
    "corridor": ("subsidy", "half_life", "cost_decline"),
    "reverting": ("multiple", "per_month"),
    "regime": ("multiple", "enter", "leave"),
}
_MAY = {"retirement": ("tokens",)}
_COMMON = ("of", "shape", "start", "side", "supplier", "model")


def _multiple(value: Any) -> Any:
    """A multiple: 3, 3x, +200 % or -80 %; a bare percentage is refused, it has two readings."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    rise = _RISE.fullmatch(text)
    times = _TIMES.fullmatch(text)
    try:
        if rise:
            size = Decimal(rise[2].replace(",", "")) / 100
            found = 1 + (size if rise[1] == "+" else -size)
        elif times:
            found = Decimal(times[1].replace(",", ""))
        else:
            found = None
    except InvalidOperation:
        found = None
    if found is None:
        if text.endswith("%"):
            raise ValueError("a sign: +380 % for 4.8 times today's level, or 3.8x for 380 % of it")
        raise ValueError("a multiple of today's level: 3, 3x, +200 % or -80 %")
    if not 0 < found <= LARGEST_MULTIPLE:
        raise ValueError(f"a multiple above 0 and up to {LARGEST_MULTIPLE}; a free input is 0.01")
    return found


def _size(value: Any) -> Any:
    return value if isinstance(value, Mapping) else {"base": value}


def _start(value: Any) -> Any:
    if isinstance(value, str) and value.strip().isdigit():
        return int(value)
    try:
        return date_from_text(value)
    except ValueError as error:
        raise ValueError("a month from 1 on, or a date written 2027-01-31") from error


Multiple = Annotated[Decimal, BeforeValidator(_multiple)]
Share = Annotated[DecimalText, Field(gt=0, le=1)]
Months = Annotated[int, Field(ge=1, le=LONGEST_MONTHS)]


class _Size(BaseModel):
    model_config = ConfigDict(extra="forbid")
    low: Multiple | None = None
    base: Multiple
    high: Multiple | None = None


class _Move(BaseModel):
    model_config = ConfigDict(extra="forbid")
    of: Target
    shape: Shape
    multiple: Annotated[_Size, BeforeValidator(_size)] | None = None
    start: Annotated[int | date, BeforeValidator(_start)] | None = None
    side: Literal["buy", "rent", "sell", "every"] | None = None
    supplier: str | None = None
    model: str | None = None
    over: Months | None = None
    half_life: Annotated[DecimalText, Field(gt=0, le=LONGEST_MONTHS)] | None = None
    per_year: Multiple | None = None
    per_month: Share | None = None
    subsidy: Annotated[DecimalText, Field(gt=-10, lt=1)] | None = None
    cost_decline: Annotated[DecimalText, Field(gt=-10, lt=1)] | None = None
    enter: Share | None = None
    leave: Share | None = None
    tokens: Multiple | None = None


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(min_length=1, pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    title: Annotated[str, Field(min_length=1)]
    kind: Kind = "analyst"
    source: Annotated[str, Field(min_length=1)]
    dated: DateText
    checked: DateText | None = None
    note: str = ""
    responses: Literal["stated", "frozen"] = "stated"
    moves: Annotated[tuple[_Move, ...], Field(min_length=1)] | None = None
    includes: tuple[str, ...] = ()


def read_scenarios(
    path: Path, *, name: str = "", known: Mapping[str, Scenario] | None = None
) -> tuple[Scenario, ...]:
    """Read a scenario file.

    Parameters
    ----------
    path
        A YAML list of scenarios.
    name
        The file's name in problems; its own by default.
    known
        Scenarios of other files that ``includes`` may name.

    Raises
    ------
    InputError
        With every problem of the file: unknown keys, units, dates, and what cannot go together,
        each with its line and what to write instead.
    """
    log = ProblemLog()
    shown = name or path.name
    document = load_yaml(path, name=shown, log=log)
    read = _scenarios(document, shown, dict(known or {}), log) if document else []
    if log.problems:
        raise InputError(f"{shown} cannot be used as it stands.", log.problems)
    return tuple(read)


@cache
def shipped_scenarios() -> Mapping[str, Scenario]:
    """Scenarios of ``datasets/scenarios/`` by name, in the order of files and entries."""
    found: dict[str, Scenario] = {}
    for path in sorted(resource_path("datasets", "scenarios").glob("*.yaml")):
        for scenario in read_scenarios(path, name=f"datasets/scenarios/{path.name}", known=found):
            found[scenario.name] = scenario
    return found


def find_scenarios(wanted: Iterable[str], *, own: Sequence[Scenario] = ()) -> tuple[Scenario, ...]:
    """Look scenarios up by name; ``a+b`` composes two.

    Raises
    ------
    InputError
        Naming the nearest match of every unknown name.
    """
    known = {**shipped_scenarios(), **{scenario.name: scenario for scenario in own}}
    names = list(wanted)
    unknown = [
        part.strip() for name in names for part in name.split("+") if part.strip() not in known
    ]
    if unknown:
        hints = "; ".join(f"{name!r}: {near_match(name, known)}" for name in unknown)
        raise InputError(f"No such scenario. Found {hints}.")
    return tuple(composed([known[part.strip()] for part in name.split("+")]) for name in names)


def _scenarios(
    document: YamlDocument, file: str, known: dict[str, Scenario], log: ProblemLog
) -> list[Scenario]:
    if not isinstance(document.content, list):
        log.add(file, 1, "", "no list", "a list of scenarios, each starting with '- name:'")
        return []
    read: list[Scenario] = []
    for position, content in enumerate(document.content):
        entry = validate(
            document, name=file, log=log, model=_Entry, content=content, under=(position,)
        )
        if entry is None:
            continue
        checks = _EntryChecks(entry, position, document, file, known, log)
        if not checks.passed():
            continue
        scenario = _joined(entry, known)
        known[scenario.name] = scenario
        read.append(scenario)
    return read


def _joined(entry: _Entry, known: Mapping[str, Scenario]) -> Scenario:
    included = [move for name in entry.includes for move in known[name].moves]
    return Scenario(
        name=entry.name,
        title=entry.title,
        moves=(*included, *(_move(move) for move in entry.moves or ())),
        kind=entry.kind,
        source=entry.source,
        dated=entry.dated,
        note=entry.note,
        responses=entry.responses,
    )


@dataclass
class _EntryChecks:
    """What a reader of one key at a time cannot see: what goes together, and what cannot."""

    entry: _Entry
    position: int
    document: YamlDocument
    file: str
    known: Mapping[str, Scenario]
    log: ProblemLog

    def passed(self) -> bool:
        before = len(self.log.problems)
        if self.entry.name in self.known:
            self._add(("name",), repr(self.entry.name), "a name no other scenario has")
        for name in self.entry.includes:
            if name not in self.known:
                near = near_match(name, self.known)
                self._add(("includes",), repr(name), f"a scenario defined before: {near}")
        if len(set(self.entry.includes)) < len(self.entry.includes):
            self._add(("includes",), "a name twice", "each name once; moves multiply")
        if not self.entry.moves and not self.entry.includes:
            self._add(("moves",), "nothing", "at least one move, or a scenario to include")
        for number, move in enumerate(self.entry.moves or ()):
            self._check_keys(move, number)
            self._check_values(move, number)
        return len(self.log.problems) == before

    def _check_keys(self, move: _Move, number: int) -> None:
        stated = {key for key, value in move if value is not None}
        needed, shape = _NEEDS[move.shape], move.shape
        for key in needed:
            if key not in stated:
                self._at(number, "", "nothing", f"{key}: the shape {shape} needs it")
        for key in sorted(stated - {*_COMMON, *needed, *_MAY.get(shape, ())}):
            self._at(number, key, key, f"no {key}: the shape {shape} has no use for it")
        if move.of not in PRICE_TARGETS:
            for key in sorted(stated & {"side", "supplier", "model"}):
                self._at(number, key, key, f"no {key}: {move.of} is no supplier's price")

    def _check_values(self, move: _Move, number: int) -> None:
        if move.of in ("seats", "cloud") and move.side in ("rent", "sell"):
            self._at(number, "side", repr(move.side), f"buy: {move.of} are bought")
        if move.shape == "retirement" and not move.model:
            self._at(number, "", "nothing", "model: the one that is withdrawn")
        size = move.multiple
        if size and not (size.low or size.base) <= size.base <= (size.high or size.base):
            self._at(number, "multiple", "low, base and high out of order", "low <= base <= high")
        if move.enter and move.leave and move.enter + move.leave > 1:
            found = f"{move.enter} and {move.leave}"
            self._at(number, "enter", found, "chances to enter and leave of 1 at most together")
        if isinstance(move.start, int) and not 1 <= move.start <= LONGEST_MONTHS:
            self._at(number, "start", str(move.start), f"a month from 1 to {LONGEST_MONTHS}")

    def _at(self, number: int, key: str, found: str, expected: str) -> None:
        self._add(("moves", number, *([key] if key else [])), found, expected)

    def _add(self, location: tuple[str | int, ...], found: str, expected: str) -> None:
        place = (self.position, *location)
        self.log.add(self.file, self.document.line_of(place), key_path(place), found, expected)


def _move(move: _Move) -> Move:
    stated: dict[str, Any] = {
        key: float(value) if isinstance(value, Decimal) else value
        for key, value in move
        if value is not None and key != "multiple"
    }
    if move.multiple:
        size = move.multiple
        stated["multiple"] = Size(
            float(size.base),
            None if size.low is None else float(size.low),
            None if size.high is None else float(size.high),
        )
    return Move(**stated)
