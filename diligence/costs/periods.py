"""Which periods a deal can be analysed on, and which lines belong to one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Protocol, TypeVar

from diligence.errors import InputError, Problem
from diligence.inputs.deal import Deal, Role
from diligence.units import Period, PeriodError, parse_period
from diligence.units.periods import smallest_tiling, trailing

TRAILING_TWELVE_MONTHS = "TTM"


class _Dated(Protocol):
    @property
    def period(self) -> Period: ...


_D = TypeVar("_D", bound=_Dated)


def lines_in(lines: Iterable[_D], period: Period) -> tuple[_D, ...]:
    """Return the lines of a period, caption by caption.

    A caption (cost of revenue, selling, ...) booked on the period exactly gives those lines;
    otherwise the shortest periods of the caption that tile it do. An account that keeps coarser
    periods than the rest of its caption is added where its own periods tile the period. A caption
    with a gap gives nothing: a part is never taken for the whole (see :func:`captions_with_gaps`).
    """
    chosen: set[int] = set()
    known = tuple(lines)
    for members in _by_caption(known).values():
        parts = _own_periods(members, period)
        chosen |= {id(line) for line in members if line.period in parts}
        if parts:
            chosen |= _coarser_accounts(members, period, parts)
    return tuple(line for line in known if id(line) in chosen)


def captions_with_gaps(lines: Iterable[_Dated], period: Period) -> tuple[str, ...]:
    """Name the captions that have lines inside the period but do not cover it."""
    return tuple(
        caption
        for caption, members in _by_caption(tuple(lines)).items()
        if any(period.contains(line.period) for line in members)
        and not _own_periods(members, period)
    )


def _by_caption(lines: Sequence[_D]) -> dict[str, list[_D]]:
    groups: dict[str, list[_D]] = {}
    for line in lines:
        groups.setdefault(str(getattr(line, "role", "")), []).append(line)
    return groups


def _own_periods(members: Sequence[_Dated], period: Period) -> frozenset[Period]:
    booked = {line.period for line in members}
    if period in booked:
        return frozenset({period})
    return frozenset(smallest_tiling(period, sorted(booked)))


def _coarser_accounts(
    members: Sequence[_Dated], period: Period, parts: frozenset[Period]
) -> set[int]:
    accounts: dict[str, list[_Dated]] = {}
    for line in members:
        accounts.setdefault(str(getattr(line, "account", "")), []).append(line)
    added: set[int] = set()
    for own in accounts.values():
        if not any(line.period in parts for line in own):
            tiling = _own_periods(own, period)
            added |= {id(line) for line in own if line.period in tiling}
    return added


def analysis_periods(deal: Deal) -> tuple[Period, ...]:
    """Periods that have both cost and revenue, oldest first.

    Periods of the books, and the calendar quarters, years and trailing twelve months that
    shorter periods of the books tile.
    """
    costs = [line for line in deal.ledger if line.role is Role.COST_OF_REVENUE]
    booked = {line.period for line in costs} & {line.period for line in deal.revenue}
    candidates = booked | _aggregates(booked)
    return tuple(
        sorted(
            (p for p in candidates if _covers(costs, p) and _covers(deal.revenue, p)),
            key=lambda p: (p.end, p.days),
        )
    )


def headline_period(deal: Deal) -> Period:
    """Return the period the memo leads with.

    deal.yaml may name it (a label or ``TTM``); otherwise it is the latest one with cost and
    revenue, trailing twelve months where the books are monthly.

    Raises
    ------
    InputError
        When no period has both cost of revenue and revenue, or the named one has not.
    """
    periods = analysis_periods(deal)
    if not periods:
        raise InputError(
            f"{deal.company}: no period has both cost of revenue and revenue; "
            "check the periods in the ledger and in revenue.csv."
        )
    named = deal.terms.headline_period
    if not named:
        return max(periods, key=lambda p: (p.end, p.days))
    wanted = _named_period(named, deal, periods)
    if wanted not in periods:
        known = ", ".join(period.label for period in periods)
        problem = Problem("deal.yaml", 0, "headline_period", repr(named), f"a period of {known}")
        raise InputError(
            f"deal.yaml: headline_period {named!r} has no cost and revenue; "
            f"the books have {known}.",
            [problem],
        )
    return wanted


def _covers(lines: Iterable[_Dated], period: Period) -> bool:
    return bool(lines_in(lines, period))


def _named_period(named: str, deal: Deal, periods: Sequence[Period]) -> Period:
    if named.upper() == TRAILING_TWELVE_MONTHS:
        return trailing(max(period.end for period in periods), 12)
    try:
        return parse_period(named, fiscal_year_start_month=deal.terms.fiscal_year_start_month)
    except PeriodError as error:
        raise InputError(f"deal.yaml: headline_period: {error}") from error


def _aggregates(booked: set[Period]) -> set[Period]:
    if not booked:
        return set()
    last = max(period.end for period in booked)
    years = {period.end.year for period in booked}
    quarters = {_calendar_quarter(year, q) for year in years for q in range(4)}
    whole_years = {Period(date(year, 1, 1), date(year, 12, 31)) for year in years}
    recent = {trailing(last, 12)} if all(p.is_whole_months for p in booked) else set()
    return {p for p in quarters | whole_years | recent if smallest_tiling(p, sorted(booked))}


def _calendar_quarter(year: int, quarter: int) -> Period:
    return parse_period(f"{year}Q{quarter + 1}")
