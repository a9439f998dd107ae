"""revenue.csv, and revenue rows of a ledger, as leaves that add up to the company's revenue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Literal, cast

from diligence.errors import UnitError
from diligence.inputs.context import ReadingContext
from diligence.inputs.deal import AS_REPORTED, LedgerLine, RevenueLine
from diligence.inputs.mapping import FileMapping
from diligence.inputs.period_sets import (
    DerivedPeriod,
    PeriodSet,
    Stated,
    arrange_periods,
    complete_periods,
)
from diligence.inputs.problems import ProblemLog
from diligence.inputs.records import PERIOD_COLUMNS, SOURCE_COLUMNS
from diligence.inputs.statement_rows import (
    EXACT,
    HUNDREDTH,
    PAYERS,
    PERCENT_OF_TOTAL,
    StatementRow,
    convert,
    find_habits,
    log_period_problems,
    plain,
    rate_problem,
)
from diligence.inputs.tables import read_table
from diligence.units import Period
from diligence.units.currency import MoneyUnit

UNALLOCATED = "(unallocated)"
REQUIRED = ("net", "unit")
MONEY_COLUMNS = ("gross", "discounts", "channel_fees", "deferred")
COUNT_COLUMNS = ("customers", "new_customers", "free_users", "conversions")
OPTIONAL = (
    *PERIOD_COLUMNS,
    "segment",
    "plan",
    "payer",
    *COUNT_COLUMNS,
    *MONEY_COLUMNS,
    "basis",
    "pricing",
    "contract_end",
    *SOURCE_COLUMNS,
)
_BASES = ("", "billed", "recognised")
_PRICINGS = ("", "flat", "usage", "hybrid")
_Key = tuple[str, ...]


@dataclass(frozen=True)
class _Entry:
    """One row: its line, whose ``net`` is a percentage while ``is_share``."""

    line: RevenueLine
    half_unit: Decimal
    is_share: bool = False

    @property
    def is_company(self) -> bool:
        return not (self.line.segment or self.line.plan or self.line.payer)

    @property
    def key(self) -> _Key:
        line = self.line
        return (line.segment, line.plan, line.payer, line.pricing, str(line.contract_end or ""))


def read_revenue(
    path: Path, *, name: str, context: ReadingContext, mapping: FileMapping | None = None
) -> tuple[RevenueLine, ...]:
    """Read revenue.csv; rows with problems are logged and left out.

    Returns
    -------
    tuple of RevenueLine
        Leaves in reporting currency, exact: those of one period add up to the company's
        revenue. A row without segment, plan and payer beside rows that have them is the total;
        what they leave is kept as ``(unallocated)``. Totals of shorter periods are checked and
        left out; the missing rest of a longer period is derived by subtraction.
    """
    sheet = mapping.sheet if mapping else None
    table = read_table(
        path, name=name, log=context.log, required=REQUIRED, optional=OPTIONAL, sheet=sheet
    )
    if table is None:
        return ()
    habits = find_habits(
        table,
        money_columns=("net", *COUNT_COLUMNS, *MONEY_COLUMNS),
        log=context.log,
        locale=mapping.locale if mapping else None,
    )
    if habits is None:
        return ()
    with localcontext(EXACT):
        rows = (StatementRow(row, name=name, context=context, habits=habits) for row in table.rows)
        entries = [entry for entry in map(_read_entry, rows) if entry]
        entries = _unique(entries, name, context.log)
        entries = _resolve_shares(entries, name, context.log)
        entries = _arrange(entries, name, context.log)
        return tuple(_leaves(entries, name, context.log))


def revenue_from_ledger(rows: Iterable[LedgerLine]) -> tuple[RevenueLine, ...]:
    """Take revenue rows of a ledger as revenue, one line a row.

    Examples
    --------
    >>> revenue_from_ledger([])
    ()
    """
    return tuple(
        RevenueLine(
            row.period,
            row.amount,
            row.source,
            segment=row.segment,
            plan=row.account,
            payer=row.payer,
            derivation=row.derivation,
        )
        for row in rows
    )


def revenue_of(lines: Sequence[RevenueLine], period: Period, segment: str = "") -> Decimal | None:
    """Revenue of exactly one period: the company's, or one segment's; None when not stated."""
    nets = [
        line.net
        for line in lines
        if line.period == period and (not segment or line.segment == segment)
    ]
    return sum(nets, Decimal(0)) if nets else None


def _read_entry(reader: StatementRow) -> _Entry | None:
    period = reader.read_period()
    net = reader.number("net", required=True)
    is_share = reader.text("unit").lower() == PERCENT_OF_TOTAL
    unit = None if is_share else reader.money_unit()
    segment, plan = reader.text("segment"), reader.text("plan")
    payer = reader.choice("payer", PAYERS, "")
    basis = reader.choice("basis", _BASES, "")
    pricing = reader.choice("pricing", _PRICINGS, "")
    contract_end = reader.day("contract_end")
    counts = _counts(reader)
    if is_share and not (segment or plan or payer):
        wanted = "a segment, or a unit of money: the company row is the total"
        reader.refuse("unit", repr(PERCENT_OF_TOTAL), wanted)
    money = _money(reader, net, unit, period, is_share)
    source = reader.source(note=money.rates, column="net")
    good = reader.is_good()
    if not good or period is None or net is None or payer is None:
        return None
    line = RevenueLine(
        period,
        money.net,
        source,
        segment=segment,
        plan=plan,
        payer=payer,
        gross=money.others["gross"],
        discounts=money.others["discounts"],
        channel_fees=money.others["channel_fees"],
        deferred=money.others["deferred"],
        customers=counts["customers"],
        new_customers=counts["new_customers"],
        free_users=counts["free_users"],
        conversions=counts["conversions"],
        basis=cast(Literal["", "billed", "recognised"], basis or ""),
        pricing=cast(Literal["", "flat", "usage", "hybrid"], pricing or ""),
        contract_end=contract_end,
    )
    return _Entry(line, money.half_unit, is_share)


def _counts(reader: StatementRow) -> dict[str, Decimal | None]:
    counts = {column: reader.number(column) for column in COUNT_COLUMNS}
    for column in COUNT_COLUMNS[1:]:
        count = counts[column]
        if count is not None and count < 0:
            reader.refuse(column, reader.text(column), "a count of zero or more")
    return counts


@dataclass(frozen=True)
class _Money:
    net: Decimal
    half_unit: Decimal
    others: dict[str, Decimal | None]
    rates: str = ""


def _money(
    reader: StatementRow,
    net: Decimal | None,
    unit: MoneyUnit | None,
    period: Period | None,
    is_share: bool,
) -> _Money:
    others = {column: reader.number(column) for column in MONEY_COLUMNS}
    stated = {column: value for column, value in others.items() if value is not None}
    half = reader.half_unit("net", net) if net is not None else Decimal(0)
    if is_share:
        for column in stated:
            reader.refuse(column, reader.text(column), "an empty cell beside percent of total")
        return _Money(net or Decimal(0), half, others)
    if net is None or unit is None or period is None:
        return _Money(Decimal(0), half, others)
    try:
        converted, rates = convert(net, unit, period=period, context=reader.context)
        reader.amount = converted
        half, _ = convert(half, unit, period=period, context=reader.context)
        for column, value in stated.items():
            others[column], _ = convert(value, unit, period=period, context=reader.context)
    except UnitError as error:
        reader.refuse("unit", *rate_problem(unit, error))
        return _Money(Decimal(0), half, others)
    return _Money(converted, half, others, rates)


def _unique(entries: Iterable[_Entry], name: str, log: ProblemLog) -> list[_Entry]:
    first: dict[tuple[_Key, Period], _Entry] = {}
    for entry in entries:
        line, place = entry.line, (entry.key, entry.line.period)
        if place in first:
            row = first[place].line.source.row
            found = f"a second row of {line.period.label} for the same segment, plan and payer"
            expected = f"one row (row {row} is the first); tell them apart by plan or contract_end"
            amount = None if entry.is_share else line.net
            log.add(
                name, line.source.row, "net", found, expected, amount=amount, period=line.period
            )
        else:
            first[place] = entry
    return list(first.values())


def _resolve_shares(entries: list[_Entry], name: str, log: ProblemLog) -> list[_Entry]:
    totals = {e.line.period: e for e in entries if e.is_company and not e.is_share}
    resolved: list[_Entry] = []
    for entry in entries:
        line = entry.line
        total = totals.get(line.period)
        if not entry.is_share:
            resolved.append(entry)
        elif total is None:
            expected = f"a row with the company's revenue of {line.period.label}"
            log.add(
                name, line.source.row, "unit", f"percent of total of {line.period.label}", expected,
                period=line.period,
            )  # fmt: skip
        else:
            resolved.append(_share_of(entry, total))
    return resolved


def _share_of(entry: _Entry, total: _Entry) -> _Entry:
    percent, company = entry.line.net, total.line.net
    line = replace(
        entry.line,
        net=percent * HUNDREDTH * company,
        basis=entry.line.basis or total.line.basis,
        derivation=f"{percent:,} % of the company's revenue",
    )
    return _Entry(line, abs(entry.half_unit * HUNDREDTH * company))


def _arrange(entries: list[_Entry], name: str, log: ProblemLog) -> list[_Entry]:
    """Check totals of shorter periods, derive missing rests, account by account."""
    groups: dict[_Key, dict[Period, _Entry]] = defaultdict(dict)
    for entry in entries:
        groups[entry.key][entry.line.period] = entry
    arranged: list[PeriodSet] = []
    for key, by_period in groups.items():
        stated = {p: Stated(e.line.net, e.half_unit) for p, e in by_period.items()}
        arranged.append(arrange_periods(stated))
        rows = {p: e.line.source.row for p, e in by_period.items()}
        what = " ".join(("revenue", *filter(None, key[:3])))
        log_period_problems(arranged[-1], what, rows, name=name, log=log)
    complete = complete_periods(arranged)
    pairs = zip(groups.values(), complete, strict=True)
    return [entry for by_period, one in pairs for entry in _with_rests(by_period, one)]


def _with_rests(by_period: dict[Period, _Entry], one: PeriodSet) -> list[_Entry]:
    known = {period: by_period[period] for period in one.kept}
    for rest in one.derived:
        known[rest.period] = _derived(rest, known)
    return list(known.values())


def _derived(rest: DerivedPeriod, known: dict[Period, _Entry]) -> _Entry:
    plus, minus = [known[p] for p in rest.plus], [known[p] for p in rest.minus]
    first = plus[0].line
    rows = ", ".join(str(entry.line.source.row) for entry in (*plus, *minus))
    line = replace(
        first,
        period=rest.period,
        net=sum((e.line.net for e in plus), Decimal(0)) - sum(e.line.net for e in minus),
        gross=_total([e.line.gross for e in plus], [e.line.gross for e in minus]),
        discounts=_total([e.line.discounts for e in plus], [e.line.discounts for e in minus]),
        channel_fees=_total(
            [e.line.channel_fees for e in plus], [e.line.channel_fees for e in minus]
        ),
        new_customers=_total(
            [e.line.new_customers for e in plus], [e.line.new_customers for e in minus]
        ),
        conversions=_total([e.line.conversions for e in plus], [e.line.conversions for e in minus]),
        deferred=None,
        customers=None,
        free_users=None,
        derivation=rest.derivation,
        source=replace(first.source, note=f"{rest.derivation} (rows {rows})"),
    )
    return _Entry(line, sum((e.half_unit for e in (*plus, *minus)), Decimal(0)))


def _total(plus: Sequence[Decimal | None], minus: Sequence[Decimal | None] = ()) -> Decimal | None:
    known = [value for value in (*plus, *minus) if value is not None]
    if len(known) < len(plus) + len(minus):
        return None
    return sum(known[: len(plus)], Decimal(0)) - sum(known[len(plus) :], Decimal(0))


def _leaves(entries: list[_Entry], name: str, log: ProblemLog) -> list[RevenueLine]:
    """Replace a company row by the rows of its parts and what they leave."""
    by_period: dict[Period, list[_Entry]] = defaultdict(list)
    for entry in entries:
        by_period[entry.line.period].append(entry)
    leaves: list[RevenueLine] = []
    for group in by_period.values():
        companies = [entry for entry in group if entry.is_company]
        parts = [entry for entry in group if not entry.is_company]
        leaves.extend(entry.line for entry in parts or companies)
        if len(companies) == 1 and parts:
            leaves.extend(_unallocated(companies[0], parts, name, log))
        elif parts:
            leaves.extend(entry.line for entry in companies)
    return leaves


def _unallocated(
    company: _Entry, parts: Sequence[_Entry], name: str, log: ProblemLog
) -> list[RevenueLine]:
    line = company.line
    summed = sum((part.line.net for part in parts), Decimal(0))
    rest = line.net - summed
    allowed = sum((part.half_unit for part in parts), company.half_unit)
    if rest < -allowed:
        found = f"parts of {line.period.label} that add up to {plain(summed)}"
        expected = f"at most the company's {plain(line.net)}; the difference is {plain(rest)}"
        log.add(name, line.source.row, "net", found, expected, period=line.period)
    own = replace(
        line,
        net=rest,
        gross=_less(line.gross, [part.line.gross for part in parts]),
        discounts=_less(line.discounts, [part.line.discounts for part in parts]),
        channel_fees=_less(line.channel_fees, [part.line.channel_fees for part in parts]),
        deferred=_less(line.deferred, [part.line.deferred for part in parts]),
        customers=_less(line.customers, [part.line.customers for part in parts]),
        new_customers=_less(line.new_customers, [part.line.new_customers for part in parts]),
        free_users=_less(line.free_users, [part.line.free_users for part in parts]),
        conversions=_less(line.conversions, [part.line.conversions for part in parts]),
    )
    if not rest and not any(getattr(own, column) for column in (*MONEY_COLUMNS, *COUNT_COLUMNS)):
        return []
    has_segments = any(part.line.segment for part in parts)
    derivation = f"company less {'segments' if has_segments else 'plans'}"
    if line.derivation != AS_REPORTED:
        derivation = f"{derivation}; company: {line.derivation}"
    if has_segments:
        return [replace(own, derivation=derivation, segment=UNALLOCATED)]
    return [replace(own, derivation=derivation, plan=UNALLOCATED)]


def _less(total: Decimal | None, parts: Sequence[Decimal | None]) -> Decimal | None:
    if total is None:
        return None
    return total - sum((part for part in parts if part is not None), Decimal(0))
