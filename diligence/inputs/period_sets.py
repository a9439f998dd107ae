"""Periods of one account that nest: totals checked, missing rests derived, overlaps refused."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from diligence.errors import DiligenceError
from diligence.units import Period, parse_date

DateOrder = Literal["day_first", "month_first"]
_SLASHED = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")
_NAMED_FORMS = ("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%Y/%m/%d", "%Y%m%d")


class DateOrderError(DiligenceError):
    """Dates of one file contradict each other or do not tell day from month."""


@dataclass(frozen=True)
class Stated:
    """A figure of one period; ``half_unit`` is half a unit of its last printed digit."""

    amount: Decimal
    half_unit: Decimal


@dataclass(frozen=True)
class DerivedPeriod:
    """A period no row states: what is added and what is taken away to get it."""

    period: Period
    plus: tuple[Period, ...]
    minus: tuple[Period, ...] = ()

    @property
    def derivation(self) -> str:
        """Words for a line: ``2025 minus 9M2025`` or ``sum of 2025Q1, 2025Q2``."""
        parts = ", ".join(period.label for period in self.plus)
        if not self.minus:
            return f"sum of {parts}"
        return f"{parts} minus {', '.join(period.label for period in self.minus)}"


@dataclass(frozen=True)
class TotalMismatch:
    """A total that is not the sum of its parts."""

    period: Period
    parts: tuple[Period, ...]
    stated: Decimal
    summed: Decimal


@dataclass(frozen=True)
class PeriodSet:
    """How the periods of one account fit together.

    ``totals`` are tiled by shorter periods and stand for them; ``kept`` and ``derived`` are the
    periods that carry leaves.
    """

    kept: tuple[Period, ...]
    totals: tuple[Period, ...] = ()
    derived: tuple[DerivedPeriod, ...] = ()
    mismatches: tuple[TotalMismatch, ...] = ()
    overlaps: tuple[tuple[Period, Period], ...] = ()

    @property
    def periods(self) -> frozenset[Period]:
        """Every period that has leaves."""
        return frozenset(self.kept) | {rest.period for rest in self.derived}


def arrange_periods(stated: Mapping[Period, Stated]) -> PeriodSet:
    """Sort the periods of one account into totals, periods kept, derived rests and overlaps.

    A period tiled exactly by shorter ones is a total: checked to half a unit of the last
    printed digit times the number of its parts, and left out. Periods that share a start or an
    end with a longer one are kept beside it, and the rest of the longer one is derived.

    Examples
    --------
    >>> from diligence.units import parse_period
    >>> year, nine_months = parse_period("2025"), parse_period("9M2025")
    >>> half = Decimal("0.5")
    >>> books = {year: Stated(Decimal(100), half), nine_months: Stated(Decimal(70), half)}
    >>> [rest.derivation for rest in arrange_periods(books).derived]
    ['2025 minus 9M2025']
    """
    tilings = {period: finest_tiling(period, stated) for period in stated}
    totals = tuple(sorted(period for period, parts in tilings.items() if parts))
    kept = tuple(sorted(period for period in stated if period not in totals))
    return PeriodSet(
        kept,
        totals,
        _rests(kept),
        tuple(filter(None, (_mismatch(p, tilings[p], stated) for p in totals))),
        _overlaps(kept),
    )


def complete_periods(sets: Sequence[PeriodSet]) -> tuple[PeriodSet, ...]:
    """Give every account the periods that another one keeps, where its own tile them.

    An annual figure of one account then stands beside annual figures of all accounts that have
    quarters: a total left out is kept again, or the quarters are summed and labelled so.
    """
    wanted = sorted(set().union(*(one.periods for one in sets)))
    return tuple(_completed(one, wanted) for one in sets)


def finest_tiling(period: Period, parts: Iterable[Period]) -> tuple[Period, ...]:
    """Return the shortest periods that cover ``period`` exactly once, itself excluded.

    Examples
    --------
    >>> from diligence.units import parse_period
    >>> halves = [parse_period("2025H1"), parse_period("2025H2"), parse_period("2025-01")]
    >>> [part.label for part in finest_tiling(parse_period("2025"), halves)]
    ['2025H1', '2025H2']
    """
    inside = sorted({p for p in parts if period.contains(p) and p != period})
    chains: dict[int, tuple[Period, ...]] = {_day_before(period): ()}
    for part in sorted(inside, key=lambda p: (p.end, -p.days)):
        before, last = _day_before(part), part.end.toordinal()
        known = chains.get(last)
        if before in chains and (known is None or len(known) <= len(chains[before])):
            chains[last] = (*chains[before], part)
    return chains.get(period.end.toordinal(), ())


def detect_date_order(texts: Iterable[str]) -> DateOrder | None:
    """Tell day from month in dates such as 03/04/2025, from all dates of a file.

    Returns
    -------
    DateOrder or None
        None when no date needs it.

    Raises
    ------
    DateOrderError
        When dates contradict each other, or none tells.

    Examples
    --------
    >>> detect_date_order(["03/04/2025", "31/12/2025"])
    'day_first'
    """
    proofs: dict[DateOrder, str] = {}
    open_text = ""
    for text in texts:
        match = _SLASHED.fullmatch(text.strip())
        if match is None or match[1] == match[2]:
            continue
        if int(match[1]) > 12:
            proofs.setdefault("day_first", text)
        elif int(match[2]) > 12:
            proofs.setdefault("month_first", text)
        else:
            open_text = open_text or text
    if len(proofs) == 2:
        raise DateOrderError(f"both {proofs['day_first']!r} and {proofs['month_first']!r}")
    if open_text and not proofs:
        raise DateOrderError(f"{open_text!r}, which is two different days")
    return next(iter(proofs), None)


def parse_any_date(text: str, order: DateOrder | None = None) -> date:
    """Read a date in ISO form or another form that tells day from month.

    Raises
    ------
    PeriodError
        When the text is no date that exists.

    Examples
    --------
    >>> parse_any_date("30 Sep 2025")
    datetime.date(2025, 9, 30)
    >>> parse_any_date("03/04/2025", "day_first")
    datetime.date(2025, 4, 3)
    """
    cleaned = " ".join(text.split())
    match = _SLASHED.fullmatch(cleaned)
    if match and (order or match[1] == match[2]):
        day, month = (match[1], match[2]) if order != "month_first" else (match[2], match[1])
        return parse_date(f"{match[3]}-{int(month):02d}-{int(day):02d}")
    for form in _NAMED_FORMS:
        try:
            return datetime.strptime(cleaned, form).date()
        except ValueError:
            continue
    return parse_date(cleaned)


def _mismatch(
    total: Period, parts: tuple[Period, ...], stated: Mapping[Period, Stated]
) -> TotalMismatch | None:
    figures = [stated[part] for part in parts]
    summed = sum((figure.amount for figure in figures), Decimal(0))
    if abs(stated[total].amount - summed) <= tolerance(stated[total], figures):
        return None
    return TotalMismatch(total, parts, stated[total].amount, summed)


def tolerance(total: Stated, parts: Collection[Stated]) -> Decimal:
    """Half a unit of the coarsest last digit, times the number of parts."""
    coarsest = max(figure.half_unit for figure in (total, *parts))
    return coarsest * max(len(parts), 1)


def _rests(kept: Sequence[Period]) -> tuple[DerivedPeriod, ...]:
    known = set(kept)
    rests: list[DerivedPeriod] = []
    for period in sorted(kept, key=lambda p: p.days):
        rest = _rest(period, kept)
        if rest and rest.period not in known:
            known.add(rest.period)
            rests.append(rest)
    return tuple(rests)


def _rest(period: Period, kept: Sequence[Period]) -> DerivedPeriod | None:
    taken = _taken(period, kept)
    if not taken:
        return None
    gap_start, gap_end = period.start.toordinal(), period.end.toordinal()
    for part in taken:
        if _day_before(part) + 1 != gap_start:
            gap_end = _day_before(part)
            break
        gap_start = part.end.toordinal() + 1
    rest = Period(date.fromordinal(gap_start), date.fromordinal(gap_end))
    return DerivedPeriod(rest, (period,), taken)


def _taken(period: Period, kept: Sequence[Period]) -> tuple[Period, ...]:
    """Periods that follow each other from the start of a longer one, and up to its end."""
    inside = [p for p in kept if period.contains(p) and p != period]
    head = _longest_chain(inside, period)
    reached = head[-1].end.toordinal() if head else _day_before(period)
    after_gap = [p for p in inside if _day_before(p) > reached]
    return (*head, *_longest_chain_back(after_gap, period))


def _longest_chain(inside: Sequence[Period], period: Period) -> tuple[Period, ...]:
    chains: dict[int, tuple[Period, ...]] = {_day_before(period): ()}
    for part in sorted(inside, key=lambda p: (p.end, p.days)):
        before, last = _day_before(part), part.end.toordinal()
        if before in chains:
            known = chains.get(last)
            if known is None or len(chains[before]) + 1 < len(known):
                chains[last] = (*chains[before], part)
    return chains[max(chains)]


def _longest_chain_back(inside: Sequence[Period], period: Period) -> tuple[Period, ...]:
    chains: dict[int, tuple[Period, ...]] = {period.end.toordinal(): ()}
    for part in sorted(inside, key=lambda p: (p.start, -p.days), reverse=True):
        before, last = _day_before(part), part.end.toordinal()
        if last in chains and before not in chains:
            chains[before] = (part, *chains[last])
    return chains[min(chains)]


def _day_before(period: Period) -> int:
    """Number of the day before a period; a number, since no date precedes the year 1."""
    return period.start.toordinal() - 1


def _overlaps(kept: Sequence[Period]) -> tuple[tuple[Period, Period], ...]:
    pairs = itertools.combinations(sorted(kept), 2)
    return tuple((a, b) for a, b in pairs if a.overlaps(b) and not _nest(a, b, kept))


def _nest(first: Period, second: Period, kept: Sequence[Period]) -> bool:
    """True when one lies in the other at an end, in a run from an end, or in a period between."""
    longer, shorter = (first, second) if first.contains(second) else (second, first)
    if not longer.contains(shorter):
        return False
    if longer.start == shorter.start or longer.end == shorter.end:
        return True
    between = (p for p in kept if longer.contains(p) and p.contains(shorter))
    return any(p not in (longer, shorter) for p in between) or shorter in _taken(longer, kept)


def _completed(one: PeriodSet, wanted: Sequence[Period]) -> PeriodSet:
    lacking = [period for period in wanted if period not in one.periods]
    again = tuple(period for period in lacking if period in one.totals)
    sums = tuple(
        DerivedPeriod(period, parts)
        for period in lacking
        if period not in one.totals and (parts := finest_tiling(period, one.periods))
    )
    return replace(one, kept=(*one.kept, *again), derived=(*one.derived, *sums))
