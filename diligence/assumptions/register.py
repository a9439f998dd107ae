"""The register of assumptions: every number nobody computed, with its birth certificate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from diligence.errors import DiligenceError, InputError
from diligence.resources import resource_path
from diligence.units.currency import MoneyUnitError, parse_money_unit

if TYPE_CHECKING:
    import pandas as pd

Unit = Literal[
    "share",
    "share per month",
    "months",
    "ratio",
    "count per year",
    "log",
    "log per month",
    "log per year",
    "currency",
    "USD per GPU-hour",
    "text",
]


@dataclass(frozen=True)
class Assumption:
    """One number that is not computed.

    ``value`` is None when the register knows the name but has no default: the deal has to say
    it. Shares are fractions; money is in whole units of the reporting currency.
    """

    name: str
    value: Decimal | str | None
    low: Decimal | None
    high: Decimal | None
    unit: str
    effective_date: date | None
    source: str
    checked: date | None
    reason: str = ""
    who: str = ""
    origin: Literal["register", "deal"] = "register"


class Override(Protocol):
    """What an entry of the deal's assumptions.yaml offers."""

    @property
    def name(self) -> str:
        """Name of the register."""

    @property
    def value(self) -> Decimal | str:
        """What stands in place of the default."""

    @property
    def unit(self) -> str:
        """Unit of the value."""

    @property
    def reason(self) -> str:
        """Why the deal differs."""

    @property
    def source(self) -> str:
        """Where the value was read."""

    @property
    def who(self) -> str:
        """Who states it."""

    @property
    def stated_on(self) -> date:
        """Day it was stated."""

    @property
    def low(self) -> Decimal | None:
        """Lower end, if known."""

    @property
    def high(self) -> Decimal | None:
        """Upper end, if known."""


@dataclass(frozen=True)
class AssumptionRegister:
    """Assumptions in force on a date, with what the deal replaces.

    Examples
    --------
    >>> register = AssumptionRegister.load(date(2026, 6, 30))
    >>> life = register.get("training_life_months")
    >>> life.low, life.value, life.high
    (Decimal('12'), Decimal('15'), Decimal('18'))

    A model that lives 18 months costs a third less a year than one that lives 12.
    """

    entries: Mapping[str, Assumption]

    @classmethod
    def load(cls, as_of: date) -> AssumptionRegister:
        """Read the register under ``datasets/assumptions`` as it stood on a date.

        Parameters
        ----------
        as_of
            Of each entry the latest value that was effective on or before this date.

        Raises
        ------
        DiligenceError
            When a file of the register breaks its own schema.
        """
        return cls({entry.name: entry.as_of(as_of) for entry in _register_entries()})

    @property
    def names(self) -> tuple[str, ...]:
        """Every name of the register, sorted."""
        return tuple(sorted(self.entries))

    def get(self, name: str) -> Assumption:
        """Return one assumption.

        Raises
        ------
        InputError
            When the register does not know the name; the message lists near matches.
        """
        if name not in self.entries:
            raise InputError(unknown_name(name, self.names))
        return self.entries[name]

    def override(self, overrides: Iterable[Override]) -> AssumptionRegister:
        """Return a register in which the deal's own values stand; this one is not changed.

        Raises
        ------
        InputError
            On an unknown name, on a unit other than the register's, on a share outside 0 to 1.
        """
        entries = dict(self.entries)
        for stated in overrides:
            known = self.get(stated.name)
            problem = override_problem(known.unit, stated.value, stated.unit)
            if problem:
                raise InputError(f"assumption {stated.name!r}: {problem}")
            entries[stated.name] = _overridden(known, stated)
        return replace(self, entries=entries)

    def to_frame(self) -> pd.DataFrame:
        """One row an assumption, sorted by name, with value, range, unit, date and source."""
        import pandas as pd

        columns = [
            "name",
            "value",
            "low",
            "high",
            "unit",
            "effective_date",
            "source",
            "checked",
            "reason",
            "who",
            "origin",
        ]
        rows = [[getattr(self.entries[name], c) for c in columns] for name in self.names]
        return pd.DataFrame(rows, columns=columns, dtype=object)

    def summary(self) -> str:
        """One line an assumption: name, value, range and unit; the deal's own are marked."""
        return "\n".join(_line(self.entries[name]) for name in self.names)

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def unknown_name(name: str, names: Sequence[str]) -> str:
    """Say that the register has no such name, with near matches.

    Examples
    --------
    >>> unknown_name("pass_thru", ["pass_through", "projection_months"])
    "no assumption is named 'pass_thru'; did you mean pass_through?"
    """
    near = get_close_matches(name, names, n=3, cutoff=0.6)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known names: {', '.join(names)}"
    return f"no assumption is named {name!r}; {hint}"


def override_problem(known_unit: str, value: Decimal | str, unit: str) -> str:
    """Say why a value in a unit cannot replace one in the register's unit; empty when it can.

    Examples
    --------
    >>> override_problem("share", Decimal("40"), "share")
    '40 is no share; a share lies between 0 and 1, 40 % is 0.4'
    """
    if not _same_unit(known_unit, unit):
        return f"its unit is {known_unit!r}, not {unit!r}; state the value in {known_unit!r}"
    if known_unit != "text" and not isinstance(value, Decimal):
        return f"{value!r} is no number; it needs a number in {known_unit!r}"
    if known_unit == "share" and isinstance(value, Decimal) and not 0 <= value <= 1:
        return f"{value} is no share; a share lies between 0 and 1, 40 % is 0.4"
    return ""


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    effective_date: date
    source: str = Field(min_length=10)
    checked: date
    value: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    page: str = ""

    @model_validator(mode="after")
    def _range_holds_the_value(self) -> _Value:
        present = [x for x in (self.low, self.value, self.high) if x is not None]
        if present != sorted(present):
            raise ValueError(f"low {self.low}, value {self.value}, high {self.high} do not rise")
        return self

    @property
    def cited(self) -> str:
        return f"{self.source}, {self.page}" if self.page else self.source


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    unit: Unit
    description: str = Field(min_length=10)
    values: tuple[_Value, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _values_are_appended(self) -> _Entry:
        dates = [value.effective_date for value in self.values]
        if dates != sorted(set(dates)):
            raise ValueError(f"{self.name}: effective dates must rise, got {dates}")
        return self

    def as_of(self, day: date) -> Assumption:
        in_force = [value for value in self.values if value.effective_date <= day]
        if not in_force:
            return Assumption(
                self.name,
                None,
                None,
                None,
                self.unit,
                None,
                f"no value in force on {day}",
                None,
            )
        latest = in_force[-1]
        return Assumption(
            self.name,
            latest.value,
            latest.low,
            latest.high,
            self.unit,
            latest.effective_date,
            latest.cited,
            latest.checked,
            reason=self.description,
        )


@lru_cache(maxsize=1)
def _register_entries() -> tuple[_Entry, ...]:
    return read_register(resource_path("datasets", "assumptions"))


def read_register(folder: Path) -> tuple[_Entry, ...]:
    """Read and check every YAML file of a register folder.

    Raises
    ------
    DiligenceError
        When an entry breaks the schema or a name stands twice.
    """
    entries: dict[str, _Entry] = {}
    for path in sorted(folder.glob("*.yaml")):
        # BaseLoader keeps every scalar as text, so that 0.1 stays exactly 0.1
        for raw in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader) or []:
            try:
                entry = _Entry.model_validate(raw)
            except ValidationError as error:
                raise DiligenceError(f"{path.name}: {raw!r} breaks the schema: {error}") from error
            if entry.name in entries:
                raise DiligenceError(f"{path.name}: {entry.name!r} stands twice in the register")
            entries[entry.name] = entry
    return tuple(entries.values())


def _same_unit(known: str, stated: str) -> bool:
    if known != "currency":
        return known == stated
    try:
        parse_money_unit(stated)
    except MoneyUnitError:
        return False
    return True


def _overridden(known: Assumption, stated: Override) -> Assumption:
    return Assumption(
        known.name,
        stated.value,
        stated.low,
        stated.high,
        stated.unit,
        stated.stated_on,
        stated.source,
        stated.stated_on,
        stated.reason,
        stated.who,
        "deal",
    )


def _line(entry: Assumption) -> str:
    value = "not stated" if entry.value is None else str(entry.value)
    spread = f" [{entry.low}, {entry.high}]" if entry.low is not None else ""
    mark = f" (deal: {entry.who})" if entry.origin == "deal" else ""
    return f"{entry.name}: {value}{spread} {entry.unit}{mark}"
