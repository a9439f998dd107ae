"""Periods of one account beside each other: totals checked, overlaps refused, rests derived."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations
from typing import Generic, TypeVar

from diligence.units import Period
from diligence.units.periods import smallest_tiling

AS_REPORTED = "as reported"
P = TypeVar("P")


@dataclass(frozen=True)
class Entry(Generic[P]):
    """One amount of one key (account, segment, ...) in one period.

    ``quantum`` is one unit of the last printed digit; totals may differ from their parts by half
    of it for each figure involved.
    """

    key: tuple[str, ...]
    period: Period
    amount: Decimal
    quantum: Decimal
    row: int
    payload: P
    is_comparative: bool = False
    derivation: str = AS_REPORTED


@dataclass(frozen=True)
class Clash:
    """A period that cannot stand beside another."""

    row: int
    period: Period
    amount: Decimal
    found: str
    expected: str


@dataclass(frozen=True)
class Arranged(Generic[P]):
    """Entries that can be added up, with derived rests, and what had to be left out."""

    entries: tuple[Entry[P], ...]
    clashes: tuple[Clash, ...]


def arrange_periods(entries: Iterable[Entry[P]]) -> Arranged[P]:
    """Put the periods of every key in order.

    A period that shorter ones of the file tile is a total: it is checked and left out. A period
    inside a longer one that shares its start or end is cumulative (nine months of a year): both
    stay, and the rest is derived and labelled so. Other overlaps are refused unless one of the two
    is marked comparative; so is the same period twice.
    """
    groups: dict[tuple[str, ...], list[Entry[P]]] = {}
    for entry in entries:
        groups.setdefault(entry.key, []).append(entry)
    kept: list[Entry[P]] = []
    clashes: list[Clash] = []
    for members in groups.values():
        arranged = _arrange(members)
        kept += arranged.entries
        clashes += arranged.clashes
    return Arranged(tuple(kept), tuple(clashes))


def tolerance(quanta: Iterable[Decimal]) -> Decimal:
    """Difference that printing alone can make: half a unit of the last digit a figure."""
    return sum(quanta, Decimal(0)) / 2


def _arrange(members: Sequence[Entry[P]]) -> Arranged[P]:
    unique, clashes = _without_duplicates(members)
    leaves, total_clashes = _without_totals(unique)
    sound, overlap_clashes = _without_overlaps(leaves)
    derived = _rests(sound)
    return Arranged((*sound, *derived), (*clashes, *total_clashes, *overlap_clashes))


def _without_duplicates(
    members: Sequence[Entry[P]],
) -> tuple[list[Entry[P]], list[Clash]]:
    first: dict[Period, Entry[P]] = {}
    clashes: list[Clash] = []
    for entry in members:
        earlier = first.setdefault(entry.period, entry)
        if earlier is not entry:
            found = f"{entry.period.label} a second time, as in row {earlier.row}"
            expected = (
                "one row an account and period, or rows that differ in text, vendor or project"
            )
            clashes.append(Clash(entry.row, entry.period, entry.amount, found, expected))
    return list(first.values()), clashes


def _without_totals(entries: Sequence[Entry[P]]) -> tuple[list[Entry[P]], list[Clash]]:
    by_period = {entry.period: entry for entry in entries}
    kept: list[Entry[P]] = []
    clashes: list[Clash] = []
    for entry in entries:
        shorter = [p for p in by_period if entry.period.contains(p) and p != entry.period]
        parts = [by_period[p] for p in smallest_tiling(entry.period, shorter)]
        if not parts:
            kept.append(entry)
            continue
        total = sum((part.amount for part in parts), Decimal(0))
        if abs(total - entry.amount) > tolerance(e.quantum for e in (entry, *parts)):
            found = f"{entry.amount:,f} for {entry.period.label}, its parts add up to {total:,f}"
            expected = f"the sum of its parts; the difference is {entry.amount - total:,f}"
            clashes.append(Clash(entry.row, entry.period, entry.amount, found, expected))
    return kept, clashes


def _without_overlaps(entries: Sequence[Entry[P]]) -> tuple[list[Entry[P]], list[Clash]]:
    refused: dict[int, Clash] = {}
    for earlier, later in combinations(sorted(entries, key=lambda e: e.row), 2):
        is_marked = earlier.is_comparative or later.is_comparative
        if is_marked or not earlier.period.overlaps(later.period):
            continue
        if not _is_cumulative(earlier.period, later.period):
            found = (
                f"{later.period.label}, which overlaps {earlier.period.label} in row {earlier.row}"
            )
            expected = "periods that do not overlap, or basis: comparative"
            refused.setdefault(
                id(later), Clash(later.row, later.period, later.amount, found, expected)
            )
    return [e for e in entries if id(e) not in refused], list(refused.values())


def _is_cumulative(one: Period, other: Period) -> bool:
    nested = one.contains(other) or other.contains(one)
    return nested and (one.start == other.start or one.end == other.end)


def _rests(entries: Sequence[Entry[P]]) -> list[Entry[P]]:
    own = [entry for entry in entries if not entry.is_comparative]
    derived: list[Entry[P]] = []
    for longer in sorted(own, key=lambda e: e.period.days):
        inside = [e for e in own if longer.period.contains(e.period) and e is not longer]
        if not inside:
            continue
        longest = max(inside, key=lambda e: e.period.days)
        if not _is_cumulative(longer.period, longest.period):
            continue
        rest = longer.period.minus(longest.period)
        if not any(rest.overlaps(e.period) for e in (*inside, *derived)):
            derived.append(
                replace(
                    longer,
                    period=rest,
                    amount=longer.amount - longest.amount,
                    quantum=longer.quantum + longest.quantum,
                    derivation=f"{longer.period.label} minus {longest.period.label}",
                )
            )
    return derived
