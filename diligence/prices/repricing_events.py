"""Price moves that happened: dated, sized, by what moved the bill."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from diligence.errors import InputError, Problem
from diligence.resources import resource_path

if TYPE_CHECKING:
    import pandas as pd

Channel = Literal["list_price", "tokenizer", "verbosity", "billing_unit", "cache", "bill"]
Basis = Literal["same_model", "successor", "product"]
EventState = Literal["effective", "announced", "cancelled"]
_WORDS = ("label", "what", "source", "grade")
_CHOICES: dict[str, tuple[str, ...]] = {
    "channel": get_args(Channel),
    "basis": get_args(Basis),
    "state": get_args(EventState),
}
_SIZES = ("multiple", "low", "high")


@dataclass(frozen=True)
class RepricingEvent:
    """One move of what customers pay.

    Parameters
    ----------
    effective_date, known_on
        Day of effect, and the first day on which it could be known.
    label, what
        Short name, and what changed.
    multiple, low, high
        Price or bill after over before; below 1 is a fall, None where it depends on the customer.
    channel
        What moved the bill: the list price, the tokenizer, the verbosity of answers, the unit
        billed, the cache, or the bill as a whole.
    basis
        The same model, its successor on the same shelf, or a whole product.
    state
        ``announced`` until the day comes; a ``cancelled`` event takes back an announced one.
    source, grade, checked
        Where it stands, how good the source is (A to E), when it was looked up.
    provider
        Who moved it; empty for a market.
    exhibit
        Drawn as a tick on the stress exhibit.
    """

    effective_date: date
    known_on: date
    label: str
    what: str
    multiple: Decimal | None
    low: Decimal | None
    high: Decimal | None
    channel: Channel
    basis: Basis
    state: EventState
    source: str
    grade: str
    checked: date
    provider: str = ""
    exhibit: bool = False

    @property
    def direction(self) -> Literal["up", "down", "depends"]:
        """Way the bill went."""
        if self.multiple is None:
            return "depends"
        return "up" if self.multiple > 1 else "down"

    def to_json(self) -> dict[str, Any]:
        """Shape that ``diligence prices events --json`` prints; an unknown size is null."""
        return {
            "date": self.effective_date.isoformat(),
            "known_on": self.known_on.isoformat(),
            "label": self.label,
            "provider": self.provider or None,
            "channel": self.channel,
            "basis": self.basis,
            "state": self.state,
            "direction": self.direction,
            **{name: _number(getattr(self, name)) for name in _SIZES},
            "what": self.what,
            "source": self.source,
            "grade": self.grade,
        }

    def summary(self) -> str:
        """One line: day, label, size, channel."""
        size = "depends on use" if self.multiple is None else f"x{self.multiple:f}"
        span = f" [{self.low:f} to {self.high:f}]" if self.low and self.high else ""
        state = "" if self.state == "effective" else f" ({self.state})"
        channel = self.channel.replace("_", " ")
        return f"{self.effective_date}  {self.label}{state}: {size}{span}, {channel}. {self.what}"


@cache
def repricing_events() -> tuple[RepricingEvent, ...]:
    """Every event of ``datasets/repricing_events.yaml``, oldest first.

    Raises
    ------
    InputError
        With every problem of the file.

    Examples
    --------
    >>> falls = [e for e in repricing_events() if e.label == "o3 cut"]
    >>> print(falls[0].summary())
    2025-06-10  o3 cut: x0.2, list price. 10/40 to 2/8 USD per Mtok

    Four fifths off at an unchanged model in one day: a margin built on resale at the old price
    was gone, or doubled, overnight.
    """
    return read_events(resource_path("datasets", "repricing_events.yaml"))


def read_events(path: Path) -> tuple[RepricingEvent, ...]:
    """Read repricing events from a YAML file.

    Raises
    ------
    InputError
        With every problem of the file.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    entries = content.get("events") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise InputError(f"{path.name} holds no list of events; start it with 'events:'")
    problems = [p for i, e in enumerate(entries) for p in _problems(e, f"events[{i}]", path.name)]
    if problems:
        raise InputError(f"{path.name} cannot be used as a list of events", problems)
    return tuple(
        sorted(map(_event, entries), key=lambda e: (e.effective_date, e.known_on, e.label))
    )


def in_force(events: Iterable[RepricingEvent], known_on: date) -> tuple[RepricingEvent, ...]:
    """Events known by a day, an announced one left out once its cancellation is known.

    The cancellation itself is left out too: nothing happened to any bill.
    """
    known = [event for event in events if event.known_on <= known_on]
    gone = {(e.effective_date, e.label) for e in known if e.state == "cancelled"}
    return tuple(e for e in known if (e.effective_date, e.label) not in gone)


def events_frame(events: Sequence[RepricingEvent]) -> pd.DataFrame:
    """One row an event."""
    import pandas as pd

    return pd.DataFrame([event.to_json() for event in events])


def _event(entry: dict[str, Any]) -> RepricingEvent:
    return RepricingEvent(
        effective_date=entry["date"],
        known_on=entry.get("known_on", entry["date"]),
        label=str(entry["label"]),
        what=str(entry["what"]),
        multiple=_decimal(entry.get("multiple")),
        low=_decimal(entry.get("low")),
        high=_decimal(entry.get("high")),
        channel=entry["channel"],
        basis=entry["basis"],
        state=entry.get("state", "effective"),
        source=str(entry["source"]),
        grade=str(entry["grade"]),
        checked=entry["checked"],
        provider=str(entry.get("provider", "")),
        exhibit=bool(entry.get("exhibit", False)),
    )


def _problems(entry: Any, place: str, name: str) -> Iterable[Problem]:
    if not isinstance(entry, dict):
        yield Problem(name, 0, place, repr(entry), "an event with date, label and multiple")
        return
    for key in _WORDS:
        if not entry.get(key):
            yield Problem(name, 0, f"{place}.{key}", "nothing", f"the {key} of this event")
    for key in ("date", "checked", "known_on"):
        value = entry.get(key, entry.get("date") if key == "known_on" else None)
        if not isinstance(value, date):
            yield Problem(name, 0, f"{place}.{key}", repr(value), "a day such as 2025-06-10")
    for key, allowed in _CHOICES.items():
        value = entry.get(key, "effective" if key == "state" else None)
        if value not in allowed:
            yield Problem(name, 0, f"{place}.{key}", repr(value), f"one of {', '.join(allowed)}")
    for key in _SIZES:
        value = entry.get(key)
        if value is not None and not _is_size(value):
            expected = "a multiple above 0 such as 0.2, or null where it depends on the customer"
            yield Problem(name, 0, f"{place}.{key}", repr(value), expected)


def _is_size(value: Any) -> bool:
    try:
        size = Decimal(str(value))
    except InvalidOperation:
        return False
    return size.is_finite() and size > 0


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
