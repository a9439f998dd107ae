"""ledger.csv, ledger.xlsx, pnl.csv or pnl.xlsx: cost leaves that add up to the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from pathlib import Path

from diligence.errors import UnitError
from diligence.inputs.context import ReadingContext
from diligence.inputs.deal import OPERATING_COST_ROLES, LedgerLine, RevenueLine, Role
from diligence.inputs.ledger_figures import (
    Figure,
    Measure,
    arrange_figures,
    resolve_percentages,
    unique_figures,
)
from diligence.inputs.ledger_leaves import leaves_of
from diligence.inputs.mapping import FileMapping, Mapping, mapping_of
from diligence.inputs.period_sets import Stated, tolerance
from diligence.inputs.problems import ProblemLog
from diligence.inputs.records import PERIOD_COLUMNS
from diligence.inputs.revenue import revenue_from_ledger, revenue_of
from diligence.inputs.sheet_layout import find_layout
from diligence.inputs.statement_rows import (
    BOUNDS,
    EXACT,
    PAYERS,
    PERCENT_OF_PARENT,
    PERCENT_OF_REVENUE,
    StatementRow,
    convert,
    find_habits,
    plain,
    rate_problem,
)
from diligence.inputs.tables import Table, read_grids, read_table
from diligence.inputs.wide_ledger import read_wide
from diligence.inputs.yaml_files import near_match
from diligence.units import Period
from diligence.units.currency import MoneyUnitError, parse_money_unit

REQUIRED = ("account", "amount", "unit")
TRIAL_BALANCE = ("debit", "credit")
"""Columns of a trial balance, in place of ``amount``."""
OPTIONAL = (
    *PERIOD_COLUMNS,
    "role",
    "code",
    "text",
    "vendor",
    "department",
    "project",
    "segment",
    "payer",
    "of_which",
    "basis",
    "bound",
    "document",
    "page",
    "grade",
    "note",
)
COST_ROLES = (*OPERATING_COST_ROLES, Role.BELOW_OPERATING)
GROSS_MARGIN = "gross_margin"
SUBTOTAL = "subtotal"
_ROLES = (*(role.value for role in Role), GROSS_MARGIN, SUBTOTAL)
_MOST_ROWS_NAMED = 5
_HALF = Decimal("0.5")


@dataclass(frozen=True)
class LedgerReading:
    """What a ledger holds.

    ``lines`` are cost leaves, ``memo_lines`` balance-sheet rows and ``revenue_rows`` revenue
    rows; ``notes`` say what was derived, checked and left out.
    """

    lines: tuple[LedgerLine, ...]
    memo_lines: tuple[LedgerLine, ...] = ()
    revenue_rows: tuple[LedgerLine, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _LongRows:
    figures: list[Figure]
    subtotals: list[tuple[Figure, tuple[str, ...]]]
    missing_rows: list[int]
    rows_without_role: set[int]


def read_ledger(
    path: Path,
    *,
    name: str,
    context: ReadingContext,
    revenue: tuple[RevenueLine, ...],
    mapping: Mapping | FileMapping | None,
) -> LedgerReading:
    """Read a ledger or P&L into leaves; rows with problems are logged and left out.

    Parameters
    ----------
    name
        The file's name in problems and in the mapping.
    revenue
        Lines of revenue.csv: the base of percentages of revenue and gross margins. When empty,
        the revenue rows of the ledger are the base.
    mapping
        How to read a file that is not in the long form.

    Returns
    -------
    LedgerReading
        In reporting currency, exact. Leaves of one period add up to the ledger. Revenue rows
        are reconciled with ``revenue``: per period, the two may differ by half a unit of the
        last printed digit for each ledger row and half a currency unit for each revenue line.
    """
    with localcontext(EXACT):
        entry = mapping_of(mapping, name, log=context.log)
        notes: list[str] = []
        figures = _read_figures(path, name, context, entry, notes)
        figures = unique_figures(figures, name=name, log=context.log)
        return _reading(figures, revenue, name, context.log, notes)


def _reading(
    figures: Sequence[Figure],
    revenue: Sequence[RevenueLine],
    name: str,
    log: ProblemLog,
    notes: list[str],
) -> LedgerReading:
    sales = [figure for figure in figures if figure.line.role is Role.REVENUE]
    costs = [figure for figure in figures if figure.line.role in COST_ROLES]
    memo = tuple(figure.line for figure in figures if figure.line.role is Role.BALANCE_SHEET)
    revenue_rows = _leaves(_in_money(sales, revenue, name, log), name, log, notes)
    base = revenue or revenue_from_ledger(revenue_rows)
    lines = _leaves(resolve_percentages(costs, base, name=name, log=log), name, log, notes)
    if revenue and revenue_rows:
        _reconcile(sales, revenue_rows, revenue, name, log, notes)
    notes.extend(_negative_notes(lines, name))
    return LedgerReading(lines, memo, revenue_rows, tuple(notes))


def _in_money(
    sales: Sequence[Figure], revenue: Sequence[RevenueLine], name: str, log: ProblemLog
) -> list[Figure]:
    """Revenue rows in money; a percentage of revenue needs revenue.csv or a row in money."""
    in_money = [figure.line for figure in sales if figure.measure == "money"]
    base = revenue or revenue_from_ledger(in_money)
    return resolve_percentages(sales, base, name=name, log=log)


def _leaves(
    figures: Sequence[Figure], name: str, log: ProblemLog, notes: list[str]
) -> tuple[LedgerLine, ...]:
    by_period: dict[Period, list[Figure]] = defaultdict(list)
    for figure in arrange_figures(figures, name=name, log=log):
        by_period[figure.line.period].append(figure)
    leaves: list[LedgerLine] = []
    for period in sorted(by_period):
        leaves.extend(leaves_of(by_period[period], name=name, log=log, notes=notes))
    return tuple(leaves)


def _read_figures(
    path: Path,
    name: str,
    context: ReadingContext,
    entry: FileMapping | None,
    notes: list[str],
) -> list[Figure]:
    if entry is not None and entry.layout == "wide":
        return read_wide(path, name=name, context=context, entry=entry)
    table = _read_long_table(path, name, context.log, entry)
    if table is None:
        return []
    habits = find_habits(
        table,
        money_columns=("amount", *TRIAL_BALANCE),
        log=context.log,
        locale=entry.locale if entry else None,
    )
    if habits is None:
        return []
    rows = _LongRows([], [], [], set())
    for row in table.rows:
        reader = StatementRow(row, name=name, context=context, habits=habits)
        _read_row(reader, rows)
    if rows.missing_rows:
        some = ", ".join(map(str, rows.missing_rows[:_MOST_ROWS_NAMED]))
        notes.append(f"{name}: {len(rows.missing_rows)} rows have no figure (n/a): {some}")
    notes.extend(_role_notes(rows, name))
    figures = _with_roles(rows, name, context.log)
    _check_subtotals(rows, name, context.log, notes)
    return figures


def _read_long_table(
    path: Path, name: str, log: ProblemLog, entry: FileMapping | None
) -> Table | None:
    """Read the long form; a sheet with periods across is one problem, not one a column."""
    trial = ProblemLog()
    sheet = entry.sheet if entry else None
    table = read_table(
        path, name=name, log=trial, required=REQUIRED, optional=OPTIONAL, sheet=sheet
    )
    if table is None and any(problem.column == "amount" for problem in trial.problems):
        balance = _read_trial_balance(path, name, sheet)
        if balance is not None:
            return balance
    if table is None and any(problem.column for problem in trial.problems):
        grids = read_grids(path, name=name, log=ProblemLog())
        if any(find_layout(grid) for grid in grids):
            expected = "the long form, or mapping.yaml: diligence check DIR --propose-mapping"
            log.add(name, 0, "", "a sheet with periods across", expected)
            return None
    for problem in trial.problems:
        log.add(problem.file, problem.row, problem.column, problem.found, problem.expected)
    return table


def _read_trial_balance(path: Path, name: str, sheet: str | None) -> Table | None:
    """Read a table with debit and credit in place of amount; None when it has not both."""
    required = (*(column for column in REQUIRED if column != "amount"), *TRIAL_BALANCE)
    optional = (*OPTIONAL, "amount")
    log = ProblemLog()
    table = read_table(path, name=name, log=log, required=required, optional=optional, sheet=sheet)
    return None if log.problems else table


def _amount(reader: StatementRow, role_text: str) -> Decimal | None:
    """Amount of a row: as stated, or debit less credit (credit less debit for revenue)."""
    if not any(reader.text(column) for column in TRIAL_BALANCE):
        return reader.number("amount", required=True)
    debit, credit = (reader.number(column) or Decimal(0) for column in TRIAL_BALANCE)
    return credit - debit if role_text == Role.REVENUE else debit - credit


def _read_row(reader: StatementRow, rows: _LongRows) -> None:
    period = reader.read_period()
    account = reader.required("account", "the name of the account")
    role_text = reader.choice("role", _ROLES, "")
    amount = _amount(reader, role_text or "")
    measure = _measure(reader, role_text or "")
    of_which, segment = reader.text("of_which"), reader.text("segment")
    if measure == "percent of parent" and not of_which:
        reader.refuse("of_which", "an empty cell", "the account the percentage is of")
    basis = reader.choice("basis", ("", "comparative"), "")
    bound = reader.choice("bound", BOUNDS, "exact")
    payer = reader.choice("payer", PAYERS, "")
    half = reader.half_unit("amount", amount) if amount is not None else Decimal(0)
    rates = ""
    if measure == "money" and amount is not None and period is not None:
        amount, half, rates = _converted(reader, amount, half, role_text or "", period)
    source = reader.source(note=rates, column="amount")
    if not reader.is_good() or period is None or bound is None or payer is None:
        return
    if amount is None or measure is None:
        rows.missing_rows.append(reader.row.number)
        return
    line = LedgerLine(
        period,
        account,
        _role(role_text or ""),
        amount,
        source,
        code=reader.text("code"),
        text=reader.text("text"),
        vendor=reader.text("vendor"),
        department=reader.text("department"),
        project=reader.text("project"),
        segment=segment,
        payer=payer,
        bound=bound,
    )
    figure = Figure(line, half, measure, of_which, is_comparative=basis == "comparative")
    if role_text == SUBTOTAL:
        children = tuple(part.strip() for part in line.text.split(";") if part.strip())
        rows.subtotals.append((figure, children))
    else:
        rows.figures.append(figure)
        if not role_text:
            rows.rows_without_role.add(figure.row)


def _measure(reader: StatementRow, role_text: str) -> Measure | None:
    unit = " ".join(reader.text("unit").lower().split())
    if role_text == GROSS_MARGIN:
        if unit != PERCENT_OF_REVENUE:
            reader.refuse("unit", repr(reader.text("unit")), PERCENT_OF_REVENUE)
        return "gross margin"
    if unit == PERCENT_OF_REVENUE and role_text != SUBTOTAL:
        return "percent of revenue"
    if unit == PERCENT_OF_PARENT and role_text != SUBTOTAL:
        return "percent of parent"
    return "money"


def _converted(
    reader: StatementRow, amount: Decimal, half: Decimal, role_text: str, period: Period
) -> tuple[Decimal, Decimal, str]:
    text = reader.text("unit")
    try:
        unit = parse_money_unit(text)
    except MoneyUnitError:
        expected = f"a unit of money such as USD k or CNY m, or {PERCENT_OF_REVENUE!r}"
        reader.refuse("unit", repr(text) if text else "an empty cell", expected)
        return amount, half, ""
    as_balance, context = role_text == Role.BALANCE_SHEET, reader.context
    try:
        money, rates = convert(amount, unit, period=period, context=context, as_balance=as_balance)
        half, _ = convert(half, unit, period=period, context=context, as_balance=as_balance)
    except UnitError as error:
        reader.refuse("unit", *rate_problem(unit, error))
        return amount, half, ""
    reader.amount = money
    return money, half, rates


def _role(role_text: str) -> Role:
    """Role of a row; without one it is cost of revenue, or later that of its parent."""
    if role_text in (GROSS_MARGIN, SUBTOTAL, ""):
        return Role.COST_OF_REVENUE
    return Role(role_text)


def _role_notes(rows: _LongRows, name: str) -> list[str]:
    guessed = [f.row for f in rows.figures if not f.of_which and f.row in rows.rows_without_role]
    some = ", ".join(map(str, guessed[:_MOST_ROWS_NAMED]))
    words = f"{name}: {len(guessed)} rows without a role are read as cost of revenue: {some}"
    return [words] if guessed else []


def _with_roles(rows: _LongRows, name: str, log: ProblemLog) -> list[Figure]:
    """Give of-which rows the role of their parent; another role is a problem."""
    roles = {f.line.account: f.line.role for f in rows.figures if not f.of_which}
    parents = {f.line.account: f.of_which for f in rows.figures if f.of_which}
    kept: list[Figure] = []
    for figure in rows.figures:
        line, top = figure.line, _top_account(figure, parents)
        role = roles.get(top, line.role) if figure.of_which else line.role
        if role is not line.role and figure.row not in rows.rows_without_role:
            expected = f"{role.value}, the role of {top!r} of which it is a part"
            amount = line.amount if figure.measure == "money" else None
            log.add(
                name, figure.row, "role", repr(line.role.value), expected,
                amount=amount, period=line.period,
            )  # fmt: skip
            continue
        same = role is line.role
        kept.append(figure if same else replace(figure, line=replace(line, role=role)))
    return kept


def _top_account(figure: Figure, parents: dict[str, str]) -> str:
    account, seen = figure.of_which, {figure.line.account}
    while account in parents and account not in seen:
        seen.add(account)
        account = parents[account]
    return account


def _check_subtotals(rows: _LongRows, name: str, log: ProblemLog, notes: list[str]) -> None:
    for subtotal, children in rows.subtotals:
        if not children:
            expected = "the accounts it adds up, separated by ;"
            log.add(name, subtotal.row, "text", "a subtotal without children", expected)
        else:
            _check_subtotal(subtotal, children, rows, name, log)
    if rows.subtotals:
        notes.append(f"{name}: {len(rows.subtotals)} subtotal rows, checked and left out")


def _check_subtotal(
    subtotal: Figure, children: Iterable[str], rows: _LongRows, name: str, log: ProblemLog
) -> None:
    line = subtotal.line
    beside = [*rows.figures, *(figure for figure, _ in rows.subtotals if figure is not subtotal)]
    peers = [figure for figure in beside if figure.line.period == line.period]
    parts: list[tuple[int, Figure]] = []
    for child in children:
        sign, account = (-1, child[1:].strip()) if child.startswith("-") else (1, child)
        found = _rows_of(account, line.segment, peers)
        if not found:
            known = sorted({figure.line.account for figure in peers})
            expected = f"an account of {line.period.label}: {near_match(account, known)}"
            log.add(name, subtotal.row, "text", f"the child {account!r}", expected)
            return
        parts.extend((sign, figure) for figure in found)
    if any(figure.measure != "money" for _, figure in parts):
        return
    summed = sum((sign * figure.line.amount for sign, figure in parts), Decimal(0))
    stated = [Stated(figure.line.amount, figure.half_unit) for _, figure in parts]
    difference = line.amount - summed
    if abs(difference) > tolerance(Stated(line.amount, subtotal.half_unit), stated):
        found_words = f"{line.account} {line.period.label} = {plain(line.amount)}"
        expected = f"the sum of its rows = {plain(summed)}; the difference is {plain(difference)}"
        log.add(name, subtotal.row, "amount", found_words, expected, period=line.period)


def _rows_of(account: str, segment: str, peers: Sequence[Figure]) -> list[Figure]:
    """Rows of an account in a segment; for the company its own row, else all its segments."""
    rows = [figure for figure in peers if figure.line.account == account]
    same = [figure for figure in rows if figure.line.segment == segment]
    return same or ([] if segment else rows)


def _reconcile(
    sales: Sequence[Figure],
    revenue_rows: Sequence[LedgerLine],
    revenue: Sequence[RevenueLine],
    name: str,
    log: ProblemLog,
    notes: list[str],
) -> None:
    """Compare revenue rows with revenue.csv; revenue that was billed may differ, as a note."""
    agreed = 0
    for period in sorted({row.period for row in revenue_rows}):
        stated = revenue_of(revenue, period)
        if stated is None:
            continue
        booked = sum((row.amount for row in revenue_rows if row.period == period), Decimal(0))
        lines = [line for line in revenue if line.period == period]
        figures = [figure for figure in sales if figure.line.period == period]
        allowed = sum((figure.half_unit for figure in figures), _HALF * max(len(lines), 1))
        difference = booked - stated
        if abs(difference) <= allowed:
            agreed += 1
            continue
        found = f"revenue rows of {period.label} = {plain(booked)}"
        expected = f"{plain(stated)} as revenue.csv says; the difference is {plain(difference)}"
        if any(line.basis == "billed" for line in lines):
            notes.append(f"{name}: {found}, revenue.csv (billed) = {plain(stated)}")
        else:
            row = next(row.source.row for row in revenue_rows if row.period == period)
            log.add(name, row, "amount", found, expected, period=period)
    if agreed:
        notes.append(f"{name}: revenue rows agree with revenue.csv in {agreed} periods")


def _negative_notes(lines: Iterable[LedgerLine], name: str) -> list[str]:
    """Name derived costs below zero: they say that the figures they come from do not fit."""
    return [
        f"{name}: {line.account}"
        + (line.segment and f", {line.segment}")
        + f" in {line.period.label} is {plain(line.amount)} ({line.derivation})"
        for line in lines
        if line.amount < 0 and line.derivation != "as reported"
    ]
