"""Turns the rows of a ledger or P&L into leaves that add up, period by period."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

from diligence.inputs.context import ReadingContext
from diligence.inputs.deal import AS_REPORTED, LedgerLine, RevenueLine, Role
from diligence.inputs.ledger_rows import LedgerRow, read_ledger_rows
from diligence.inputs.mapped_sheets import FileMapping, Mapping, read_mapped_rows
from diligence.inputs.period_order import Entry, arrange_periods, tolerance
from diligence.inputs.revenue_lines import UNALLOCATED
from diligence.units import Period

ZERO = Decimal(0)
HUNDRED = Decimal(100)
CENT = Decimal("0.01")
SAME_SHARE = "same share of cost in each segment (assumed)"
_REVENUE_TOLERANCE = Decimal("0.001")


@dataclass(frozen=True)
class LedgerReading:
    """Leaves of the cost side, rows kept beside them, and what the reader noted."""

    lines: tuple[LedgerLine, ...]
    memo_lines: tuple[LedgerLine, ...]
    revenue_rows: tuple[LedgerLine, ...]
    notes: tuple[str, ...]


def read_ledger(
    path: Path,
    *,
    name: str,
    context: ReadingContext,
    revenue: tuple[RevenueLine, ...],
    mapping: Mapping | None,
) -> LedgerReading:
    """Read a ledger or P&L, long or wide, into leaves that add up to it.

    Subtotals and total columns are checked and left out; percentages of revenue and gross margins
    become amounts; rests of longer periods are derived; segment rows and of-which rows stand as
    leaves beside what they leave of their total. Nothing is rounded but the cents of a cost that is
    spread over segments.

    Parameters
    ----------
    revenue
        Lines of revenue.csv, for percentages of revenue.
    mapping
        How to read a file that is not in the long form.
    """
    file_mapping = mapping.for_file(name) if mapping else None
    rows = _rows(path, name, context, file_mapping)
    books = _Books(name, context, revenue)
    amounts = books.resolved(rows)
    books.check_subtotals(amounts)
    leaves = books.leaves([row for row in amounts if row.kind != "subtotal"])
    lines = tuple(_line(row) for row in leaves)
    revenue_rows = tuple(line for line in lines if line.role is Role.REVENUE)
    notes = _revenue_notes(revenue, revenue_rows) + _negative_notes(lines)
    return LedgerReading(
        lines=tuple(ln for ln in lines if ln.role not in (Role.REVENUE, Role.BALANCE_SHEET)),
        memo_lines=tuple(ln for ln in lines if ln.role in (Role.REVENUE, Role.BALANCE_SHEET)),
        revenue_rows=revenue_rows,
        notes=notes,
    )


def _rows(
    path: Path, name: str, context: ReadingContext, mapping: FileMapping | None
) -> tuple[LedgerRow, ...]:
    if mapping is not None and mapping.layout == "wide":
        return read_mapped_rows(path, name=name, context=context, mapping=mapping)
    return read_ledger_rows(path, name=name, context=context)


@dataclass(frozen=True)
class _Books:
    name: str
    context: ReadingContext
    revenue: tuple[RevenueLine, ...]

    def resolved(self, rows: Sequence[LedgerRow]) -> list[LedgerRow]:
        """Turn percentages of revenue and gross margins into amounts."""
        revenue = self._revenue_by_scope(rows)
        return [r for row in rows if (r := self._resolved(row, revenue)) is not None]

    def _revenue_by_scope(self, rows: Sequence[LedgerRow]) -> dict[tuple[Period, str], Decimal]:
        found: dict[tuple[Period, str], Decimal] = {}
        if self.revenue:
            for line in self.revenue:
                for scope in {line.segment, ""}:
                    key = (line.period, scope)
                    found[key] = found.get(key, ZERO) + line.net
            return found
        for row in rows:
            if row.role is Role.REVENUE and row.kind == "amount":
                key = (row.period, row.segment)
                found[key] = found.get(key, ZERO) + row.amount
        return found

    def _resolved(
        self, row: LedgerRow, revenue: dict[tuple[Period, str], Decimal]
    ) -> LedgerRow | None:
        if row.kind not in ("percent of revenue", "gross_margin"):
            return row
        base = revenue.get((row.period, row.segment))
        if base is None:
            scope = f" of segment {row.segment!r}" if row.segment else ""
            self._refuse(row, "unit", f"percent of revenue{scope} in {row.period.label}",
                         "revenue of the same period and segment in revenue.csv")  # fmt: skip
            return None
        if row.kind == "percent of revenue":
            share, text = row.amount / HUNDRED, f"{row.amount:,f} % of revenue"
        else:
            share = 1 - row.amount / HUNDRED
            text = f"derived from gross margin {row.amount:f} %"
        return replace(
            row,
            kind="amount",
            role=Role.COST_OF_REVENUE if row.kind == "gross_margin" else row.role,
            amount=base * share,
            quantum=abs(base) * row.quantum / HUNDRED,
            derivation=text,
        )

    def check_subtotals(self, rows: Sequence[LedgerRow]) -> None:
        """Compare every subtotal with the accounts it names; a subtotal is never a leaf."""
        for subtotal in (row for row in rows if row.kind == "subtotal"):
            wanted = {name.casefold() for name in subtotal.children}
            parts = [
                row
                for row in rows
                if row.kind == "amount"
                and row.account.casefold() in wanted
                and not row.of_which
                and (row.period, row.segment) == (subtotal.period, subtotal.segment)
            ]
            missing = wanted - {part.account.casefold() for part in parts}
            total = sum((part.amount for part in parts), ZERO)
            if missing:
                self._refuse(subtotal, "text", f"{sorted(missing)[0]!r}", "accounts of this period")
            elif abs(total - subtotal.amount) > tolerance(r.quantum for r in (subtotal, *parts)):
                self._refuse(
                    subtotal, "amount", f"{subtotal.amount:,f}, its children add up to {total:,f}",
                    f"the sum of its children; the difference is {subtotal.amount - total:,f}",
                )  # fmt: skip

    def leaves(self, rows: Sequence[LedgerRow]) -> list[LedgerRow]:
        """Arrange periods, then split totals into segments and of-which parts."""
        tops = self._arranged([row for row in rows if not row.of_which])
        parts = self._arranged([row for row in rows if row.of_which])
        return self._expanded(_segmented(tops), parts)

    def _arranged(self, rows: Sequence[LedgerRow]) -> list[LedgerRow]:
        entries = [
            Entry(row.key, row.period, row.amount, row.quantum, row.source.row, row,
                  row.is_comparative, row.derivation)
            for row in rows
        ]  # fmt: skip
        percents = {id(row) for row in rows if row.kind != "amount"}
        arranged = arrange_periods(entries)
        for clash in arranged.clashes:
            self.context.log.add(self.name, clash.row, "period", clash.found, clash.expected,
                                 amount=clash.amount, period=clash.period)  # fmt: skip
        return [
            replace(e.payload, period=e.period, amount=e.amount, derivation=e.derivation)
            for e in arranged.entries
            if not (id(e.payload) in percents and e.derivation != e.payload.derivation)
        ]

    def _expanded(self, tops: Sequence[LedgerRow], parts: Sequence[LedgerRow]) -> list[LedgerRow]:
        known = {row.account.casefold() for row in (*tops, *parts)}
        for part in parts:
            if part.of_which.casefold() not in known:
                self._refuse(part, "of_which", repr(part.of_which), "an account of this file")
        leaves: list[LedgerRow] = []
        groups: dict[tuple[str, Period], list[LedgerRow]] = {}
        for top in tops:
            groups.setdefault((top.account.casefold(), top.period), []).append(top)
        for (account, period), members in groups.items():
            inside = [p for p in parts if p.of_which.casefold() == account and p.period == period]
            leaves += self._split(members, inside, parts) if inside else members
        self._log_homeless(parts, groups)
        return leaves

    def _log_homeless(
        self,
        parts: Sequence[LedgerRow],
        groups: dict[tuple[str, Period], list[LedgerRow]],
    ) -> None:
        named = {(part.account.casefold(), part.period) for part in parts} | set(groups)
        accounts = {account for account, _ in named}
        for part in parts:
            parent = part.of_which.casefold()
            if (
                parent in accounts
                and (parent, part.period) not in named
                and " minus " not in part.derivation
            ):
                self._refuse(part, "period", f"{part.period.label} of {part.of_which!r}",
                             f"a row of {part.of_which!r} in the same period")  # fmt: skip

    def _split(
        self, members: Sequence[LedgerRow], inside: Sequence[LedgerRow], parts: Sequence[LedgerRow]
    ) -> list[LedgerRow]:
        total = sum((member.amount for member in members), ZERO)
        sized = [_of_parent(part, total) for part in inside]
        claimed = sum((part.amount for part in sized), ZERO)
        quanta = [row.quantum for row in (*members, *sized)]
        if abs(claimed) > abs(total) + tolerance(quanta):
            self._refuse(
                sized[-1], "amount", f"{claimed:,f} of parts of {members[0].account!r}",
                f"at most the {total:,f} of {members[0].account!r} in {members[0].period.label}",
            )  # fmt: skip
            return list(members)
        rest = replace(
            members[0],
            account=f"{members[0].account}, other",
            amount=total - claimed,
            segment="",
            derivation="remainder after of-which rows",
        )
        nested: list[LedgerRow] = []
        for part in sized:
            deeper = [
                p for p in parts
                if p.of_which.casefold() == part.account.casefold() and p.period == part.period
            ]  # fmt: skip
            nested += self._split([part], deeper, parts) if deeper else [part]
        pieces = [*nested, rest] if rest.amount else nested
        if len(members) == 1:
            return [replace(p, segment=p.segment or members[0].segment) for p in pieces]
        return _over_segments(members, pieces, total)

    def _refuse(self, row: LedgerRow, column: str, found: str, expected: str) -> None:
        self.context.log.add(
            self.name, row.source.row, column, found, expected,
            amount=row.amount if row.kind == "amount" else None, period=row.period,
        )  # fmt: skip


def _of_parent(part: LedgerRow, total: Decimal) -> LedgerRow:
    if part.kind != "percent of parent":
        return part
    text = f"{part.amount:f} % of {part.of_which}"
    if part.bound != "exact":
        text = f"{part.bound.replace('_', ' ')} {text}"
    return replace(
        part,
        kind="amount",
        amount=total * part.amount / HUNDRED,
        quantum=abs(total) * part.quantum / HUNDRED,
        derivation=text,
    )


def _over_segments(
    members: Sequence[LedgerRow], pieces: Sequence[LedgerRow], total: Decimal
) -> list[LedgerRow]:
    leaves: list[LedgerRow] = []
    for member in members[:-1]:
        share = member.amount / total
        spread = [
            replace(
                piece,
                segment=member.segment,
                amount=(piece.amount * share).quantize(CENT, rounding=ROUND_HALF_EVEN),
                derivation=f"{piece.derivation}; {SAME_SHARE}",
            )
            for piece in pieces[:-1]
        ]
        taken = sum((leaf.amount for leaf in spread), ZERO)
        last = replace(
            pieces[-1],
            segment=member.segment,
            amount=member.amount - taken,
            derivation=f"{pieces[-1].derivation}; {SAME_SHARE}",
        )
        leaves += [*spread, last]
    ending = members[-1]
    for piece in pieces:
        given = sum((leaf.amount for leaf in leaves if leaf.account == piece.account), ZERO)
        leaves.append(
            replace(
                piece,
                segment=ending.segment,
                amount=piece.amount - given,
                derivation=f"{piece.derivation}; {SAME_SHARE}",
            )
        )
    return leaves


def _segmented(rows: Sequence[LedgerRow]) -> list[LedgerRow]:
    groups: dict[tuple[str, str, Period], list[LedgerRow]] = {}
    for row in rows:
        groups.setdefault((str(row.role), row.account.casefold(), row.period), []).append(row)
    kept: list[LedgerRow] = []
    for members in groups.values():
        named = [row for row in members if row.segment]
        totals = [row for row in members if not row.segment]
        if not named or not totals:
            kept += members
            continue
        total = sum((row.amount for row in totals), ZERO)
        rest = total - sum((row.amount for row in named), ZERO)
        kept += named
        if rest:
            text = "total less the named segments"
            kept.append(replace(totals[0], segment=UNALLOCATED, amount=rest, derivation=text))
    return kept


def _line(row: LedgerRow) -> LedgerLine:
    return LedgerLine(
        period=row.period,
        account=row.account,
        role=row.role,
        amount=row.amount,
        source=row.source,
        code=row.code,
        text=row.text,
        vendor=row.vendor,
        department=row.department,
        project=row.project,
        segment=row.segment,
        payer=row.payer,
        parent=row.of_which,
        derivation=row.derivation or AS_REPORTED,
        bound=row.bound,
    )


def _revenue_notes(
    revenue: Iterable[RevenueLine], revenue_rows: Iterable[LedgerLine]
) -> tuple[str, ...]:
    stated: dict[Period, Decimal] = {}
    for line in revenue:
        stated[line.period] = stated.get(line.period, ZERO) + line.net
    booked: dict[Period, Decimal] = {}
    for row in revenue_rows:
        booked[row.period] = booked.get(row.period, ZERO) + row.amount
    return tuple(
        f"revenue {period.label}: {booked[period]:,f} in the ledger, {stated[period]:,f} in revenue.csv"
        for period in sorted(stated.keys() & booked.keys())
        if abs(booked[period] - stated[period]) > _REVENUE_TOLERANCE * abs(stated[period])
    )


def _negative_notes(lines: Iterable[LedgerLine]) -> tuple[str, ...]:
    return tuple(
        f"{line.account} {line.period.label} is negative: {line.amount:,f} ({line.derivation})"
        for line in lines
        if line.amount < 0 and " minus " in line.derivation and line.role is not Role.REVENUE
    )
