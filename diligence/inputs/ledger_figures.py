"""Figures of a ledger before they are leaves: percentages resolved, periods arranged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from diligence.inputs.deal import Bound, Grade, LedgerLine, RevenueLine, Role
from diligence.inputs.period_sets import (
    DerivedPeriod,
    PeriodSet,
    Stated,
    arrange_periods,
    complete_periods,
)
from diligence.inputs.problems import ProblemLog
from diligence.inputs.revenue import revenue_of
from diligence.inputs.statement_rows import HUNDREDTH, log_period_problems, plain
from diligence.inputs.yaml_files import near_match
from diligence.units import Period

Measure = Literal["money", "percent of revenue", "percent of parent", "gross margin"]
_HUNDRED = Decimal(100)
_OPPOSITE: dict[Bound, Bound] = {"exact": "exact", "at_most": "at_least", "at_least": "at_most"}


@dataclass(frozen=True)
class Figure:
    """One stated figure; ``line.amount`` is a percentage until ``measure`` is money.

    ``place`` is the row of a wide sheet, where one row is one account whatever its label.
    """

    line: LedgerLine
    half_unit: Decimal
    measure: Measure = "money"
    of_which: str = ""
    is_comparative: bool = False
    place: int = 0

    @property
    def row(self) -> int:
        """Row of the file the figure stands in."""
        return self.line.source.row


def worst_grade(lines: Iterable[LedgerLine]) -> Grade:
    """Weakest evidence among the lines a figure is derived from."""
    return max(line.source.grade for line in lines)


def opposite(bound: Bound) -> Bound:
    """Bound of what remains when a bounded part is taken away."""
    return _OPPOSITE[bound]


def resolve_percentages(
    figures: Sequence[Figure], revenue: Sequence[RevenueLine], *, name: str, log: ProblemLog
) -> list[Figure]:
    """Turn percentages of revenue, gross margins and percentages of a parent into money.

    A gross margin beside the stated cost of the same account, segment and period is checked
    and left out. What cannot be resolved is logged and left out.
    """
    resolved = [
        known
        for figure in figures
        if (known := _from_revenue(figure, revenue, name, log)) is not None
    ]
    return _from_parents(_without_checked_margins(resolved, name, log), name, log)


def unique_figures(figures: Iterable[Figure], *, name: str, log: ProblemLog) -> list[Figure]:
    """Leave out rows that state the same thing a second time, as problems."""
    first: dict[tuple[object, ...], Figure] = {}
    for figure in figures:
        line = figure.line
        is_margin = figure.measure == "gross margin"
        words = (*_detail(line), line.code, line.text, line.period)
        key = (*_account_key(figure), *words, is_margin)
        if key in first:
            row = first[key].row
            found = f"a second figure of {line.account!r} for {line.period.label}"
            expected = f"another text, or one row: it is the same row as row {row}"
            amount = line.amount if figure.measure == "money" else None
            column = line.source.column if figure.place else ""
            log.add(name, figure.row, column, found, expected, amount=amount, period=line.period)
        else:
            first[key] = figure
    return list(first.values())


def arrange_figures(figures: Sequence[Figure], *, name: str, log: ProblemLog) -> list[Figure]:
    """Check totals of shorter periods, derive missing rests, account by account.

    Comparative figures are kept as they are, unless the file states the same account and
    period itself.
    """
    stated = [figure for figure in figures if not figure.is_comparative]
    groups = _groups(stated)
    arranged = [_arranged(group, name, log) for group in groups]
    pairs = zip(groups, complete_periods(arranged), strict=True)
    own = [figure for group, one in pairs for figure in _with_rests(group, one)]
    known = {(_account_key(figure), figure.line.period) for figure in own}
    return own + [
        figure
        for figure in figures
        if figure.is_comparative and (_account_key(figure), figure.line.period) not in known
    ]


def _from_revenue(
    figure: Figure, revenue: Sequence[RevenueLine], name: str, log: ProblemLog
) -> Figure | None:
    if figure.measure not in ("percent of revenue", "gross margin"):
        return figure
    line, percent = figure.line, figure.line.amount
    base = revenue_of(revenue, line.period, line.segment)
    if base is None:
        whose = f"revenue of {line.period.label}" + (line.segment and f", {line.segment}")
        found = f"{percent:,} percent without the {whose}"
        log.add(name, figure.row, "amount", found, f"the {whose}", period=line.period)
        return None
    share, derivation = percent * HUNDREDTH, f"{percent:,} % of revenue"
    if figure.measure == "gross margin":
        share, derivation = 1 - share, f"derived from gross margin {percent:,} %"
    money = replace(line, amount=base * share, derivation=derivation)
    return replace(figure, line=money, half_unit=abs(figure.half_unit * HUNDREDTH * base))


def _without_checked_margins(figures: Sequence[Figure], name: str, log: ProblemLog) -> list[Figure]:
    stated = {
        (f.line.account, f.line.segment, f.line.period): f
        for f in figures
        if f.measure != "gross margin" and f.line.role is Role.COST_OF_REVENUE and not f.of_which
    }
    kept: list[Figure] = []
    for figure in figures:
        line = figure.line
        other = stated.get((line.account, line.segment, line.period))
        if figure.measure != "gross margin" or other is None:
            kept.append(_in_money(figure))
        elif other.measure == "money":
            _check_margin(figure, other, name, log)
    return kept


def _in_money(figure: Figure) -> Figure:
    if figure.measure in ("money", "percent of parent"):
        return figure
    return replace(figure, measure="money")


def _check_margin(margin: Figure, stated: Figure, name: str, log: ProblemLog) -> None:
    difference = stated.line.amount - margin.line.amount
    if abs(difference) > margin.half_unit + stated.half_unit:
        found = f"{margin.line.derivation}: {plain(margin.line.amount)}"
        expected = (
            f"{plain(stated.line.amount)} as row {stated.row} states; "
            f"the difference is {plain(difference)}"
        )
        log.add(name, margin.row, "amount", found, expected, period=margin.line.period)


def _from_parents(figures: list[Figure], name: str, log: ProblemLog) -> list[Figure]:
    resolved = figures
    for _ in figures:
        step = [_from_parent(figure, resolved) for figure in resolved]
        if step == resolved:
            break
        resolved = step
    kept: list[Figure] = []
    for figure in resolved:
        if figure.measure == "money":
            kept.append(figure)
        else:
            log_unknown_parent(figure, figures, name=name, log=log)
    return kept


def _from_parent(figure: Figure, figures: Sequence[Figure]) -> Figure:
    if figure.measure != "percent of parent":
        return figure
    line = figure.line
    base = _parent_amount(figure, figures)
    if base is None:
        return figure
    amount = line.amount * HUNDREDTH * base
    derivation = f"{line.amount:,} % of {figure.of_which}"
    half = abs(figure.half_unit * HUNDREDTH * base)
    money = replace(line, amount=amount, derivation=derivation)
    return replace(figure, line=money, half_unit=half, measure="money")


def _parent_amount(figure: Figure, figures: Sequence[Figure]) -> Decimal | None:
    """Amount of the parent in the same segment, else of the company."""
    rows = [
        other.line
        for other in figures
        if other.line.account == figure.of_which
        and other.line.period == figure.line.period
        and other is not figure
    ]
    pending = {o.line.account for o in figures if o.measure != "money"}
    if not rows or figure.of_which in pending:
        return None
    same = [line for line in rows if line.segment == figure.line.segment]
    company = [line for line in rows if not line.segment]
    return sum((line.amount for line in same or company or rows), Decimal(0))


def log_unknown_parent(
    figure: Figure, figures: Iterable[Figure], *, name: str, log: ProblemLog
) -> None:
    """Log that the account a row is a part of is not stated for its period."""
    line = figure.line
    accounts = sorted({other.line.account for other in figures} - {line.account})
    found = f"of_which {figure.of_which!r}, which has no figure for {line.period.label}"
    if figure.of_which in accounts:
        expected = f"a row of {figure.of_which!r} for {line.period.label}"
    else:
        expected = f"an account of this file: {near_match(figure.of_which, accounts)}"
    amount = line.amount if figure.measure == "money" else None
    log.add(name, figure.row, "of_which", found, expected, amount=amount, period=line.period)


def _account_key(figure: Figure) -> tuple[object, ...]:
    line = figure.line
    return (line.account, line.role, line.segment, figure.of_which, figure.place)


def _detail(line: LedgerLine) -> tuple[str, ...]:
    return (line.payer, line.vendor, line.department, line.project)


def _groups(figures: Sequence[Figure]) -> list[list[Figure]]:
    """Rows of one account and segment; by vendor and alike when every period names the same."""
    accounts: dict[tuple[object, ...], list[Figure]] = defaultdict(list)
    for figure in figures:
        accounts[_account_key(figure)].append(figure)
    groups: list[list[Figure]] = []
    for rows in accounts.values():
        details: dict[Period, set[tuple[str, ...]]] = defaultdict(set)
        for figure in rows:
            details[figure.line.period].add(_detail(figure.line))
        if len(set(map(frozenset, details.values()))) > 1:
            groups.append(rows)
            continue
        finer: dict[tuple[str, ...], list[Figure]] = defaultdict(list)
        for figure in rows:
            finer[_detail(figure.line)].append(figure)
        groups.extend(finer.values())
    return groups


def _arranged(group: Sequence[Figure], name: str, log: ProblemLog) -> PeriodSet:
    by_period = _by_period(group)
    arranged = arrange_periods({p: _stated(rows) for p, rows in by_period.items()})
    first = group[0].line
    what = first.account + (first.segment and f", {first.segment}")
    rows = {period: figures[0].row for period, figures in by_period.items()}
    log_period_problems(arranged, what, rows, name=name, log=log)
    return arranged


def _by_period(group: Iterable[Figure]) -> dict[Period, list[Figure]]:
    by_period: dict[Period, list[Figure]] = defaultdict(list)
    for figure in group:
        by_period[figure.line.period].append(figure)
    return by_period


def _stated(figures: Sequence[Figure]) -> Stated:
    amount = sum((figure.line.amount for figure in figures), Decimal(0))
    return Stated(amount, sum((figure.half_unit for figure in figures), Decimal(0)))


def _with_rests(group: Sequence[Figure], one: PeriodSet) -> list[Figure]:
    by_period = _by_period(group)
    known = {period: by_period[period] for period in one.kept}
    for rest in one.derived:
        known[rest.period] = [_derived(rest, known)]
    return [figure for figures in known.values() for figure in figures]


def _derived(rest: DerivedPeriod, known: dict[Period, list[Figure]]) -> Figure:
    plus = [figure for period in rest.plus for figure in known[period]]
    minus = [figure for period in rest.minus for figure in known[period]]
    used = [*plus, *minus]
    first = plus[0].line
    rows = ", ".join(str(figure.row) for figure in used)
    grounds = {f"{f.line.period.label} {f.line.derivation}" for f in used}
    note = f"{rest.derivation} (rows {rows}): {'; '.join(sorted(grounds))}"
    grade = worst_grade(figure.line for figure in used)
    line = replace(
        _common(used),
        period=rest.period,
        amount=_stated(plus).amount - _stated(minus).amount,
        derivation=rest.derivation,
        source=replace(first.source, grade=grade, note=note),
        bound=_bound([f.line.bound for f in plus], [opposite(f.line.bound) for f in minus]),
    )
    half = sum((figure.half_unit for figure in used), Decimal(0))
    return replace(plus[0], line=line, half_unit=half)


def _common(figures: Sequence[Figure]) -> LedgerLine:
    """The first line, without the words that not all lines share."""
    first = figures[0].line
    fields = ("code", "text", "vendor", "department", "project", "payer")
    differing = {
        field: ""
        for field in fields
        if any(getattr(figure.line, field) != getattr(first, field) for figure in figures)
    }
    return replace(first, **differing)  # type: ignore[arg-type]


def _bound(*bounds: Sequence[Bound]) -> Bound:
    inexact = [bound for group in bounds for bound in group if bound != "exact"]
    return inexact[0] if inexact else "exact"
