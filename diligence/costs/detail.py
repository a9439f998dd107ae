"""The books with the lines of the bills in place of the one-line entries they explain.

The ledger's total is kept to the last digit: a booked entry of a supplier gives way to what the
bills of the same months say was used; what was paid ahead, used from earlier payments or booked
later than used stands beside it as timing, what the bills do not explain stays as booked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from diligence.assumptions import AssumptionRegister
from diligence.costs.billed_months import BilledLine, HeldMonths, billed_lines, held_months
from diligence.costs.classify import BOOKED_BELOW_BILL, PREPAYMENT_TIMING, matches_selector
from diligence.costs.proportion import in_running_proportion
from diligence.costs.reconciliation import Measure, SupplierCheck, billed_months, check_supplier
from diligence.costs.repeats import RepeatedBill, without_repeats
from diligence.costs.suppliers import booked_supplier, supplier_of
from diligence.costs.upfront import spread_upfront
from diligence.inputs.deal import OPERATING_COST_ROLES, Deal, Decision, LedgerLine, SourceRef
from diligence.units import Period
from diligence.units.periods import month_of, trailing

ZERO = Decimal(0)
ON_THE_BILL = "line of a bill"
NOT_ON_THE_BILL = "booked, not on the bill"
INVOICE_TOTAL = "invoice_total"
NOWHERE = SourceRef("", 0)


@dataclass(frozen=True)
class DetailedBooks:
    """Cost lines with bills in place of booked totals, and how both compare by supplier.

    ``lines`` add up to the operating cost of the ledger, period by period. ``repeated`` are months
    of bills that another file holds too, ``not_in_books`` suppliers with bills that no ledger
    line could be compared with: their bills detail nothing.
    """

    lines: tuple[LedgerLine, ...]
    checks: tuple[SupplierCheck, ...] = ()
    repeated: tuple[RepeatedBill, ...] = ()
    not_in_books: tuple[str, ...] = ()

    @property
    def material_gaps(self) -> tuple[SupplierCheck, ...]:
        """Suppliers whose gap is above the limit, largest gap first."""
        found = [check for check in self.checks if check.is_material]
        return tuple(sorted(found, key=lambda check: (-abs(check.gap), check.supplier)))

    def summary(self) -> str:
        """One line a supplier."""
        lines = [check.summary() for check in self.checks]
        lines += [f"{name}: no ledger line to compare its bills with" for name in self.not_in_books]
        lines += [repeated.summary() for repeated in self.repeated]
        return "\n".join(lines) or "no bill to compare"


def detailed_books(deal: Deal, register: AssumptionRegister) -> DetailedBooks:
    """Put bill lines in place of the ledger lines they explain.

    A booked period of a supplier is detailed when the bills of all its months (after the lag) are
    there and no ruling speaks about the booked entry itself; other periods stay as booked. What is
    booked in each account, role and segment stays so to the last digit.
    """
    costs = tuple(line for line in deal.ledger if line.role in OPERATING_COST_ROLES)
    if not deal.bills:
        return DetailedBooks(costs)
    lines, repeated = without_repeats(
        billed_lines(deal), formats={bill.name: bill.format for bill in deal.bills}
    )
    billed = _by_supplier(spread_upfront(lines, deal.contracts))
    held = held_months(deal.bills)
    named = _named_in_mapping(deal)
    booked: dict[str, list[LedgerLine]] = defaultdict(list)
    rest: list[LedgerLine] = []
    for line in costs:
        supplier = _supplier_of(line, named, frozenset(billed))
        (booked[supplier] if supplier else rest).append(line)
    checks = []
    detailed: list[LedgerLine] = list(rest)
    for supplier in sorted(booked):
        check = _check(deal, register, supplier, booked[supplier], billed[supplier], held[supplier])
        if check is None:
            detailed.extend(booked[supplier])
            continue
        checks.append(check)
        kept = _ruled_periods(booked[supplier], deal.decisions)
        detailed.extend(
            _detailed(check, booked[supplier], billed[supplier], held=held[supplier], kept=kept)
        )
    return DetailedBooks(
        lines=_in_order(detailed),
        checks=tuple(checks),
        repeated=repeated,
        not_in_books=tuple(sorted(set(billed) - {check.supplier for check in checks})),
    )


def _named_in_mapping(deal: Deal) -> tuple[tuple[str, str], ...]:
    """Selectors of ledger lines with the one supplier whose bill they book, from mapping.yaml."""
    found = []
    for bill in deal.bills:
        names = {supplier_of(name or bill.name) for name in bill.lines["supplier"].to_pylist()}
        if bill.ledger and len(names) == 1:
            found.append((bill.ledger, names.pop()))
    return tuple(found)


def _supplier_of(line: LedgerLine, named: Sequence[tuple[str, str]], billed: frozenset[str]) -> str:
    if not line.period.is_whole_months:
        return ""
    mapped = (supplier for selector, supplier in named if matches_selector(line, selector))
    return next(mapped, "") or booked_supplier(line, billed)


def _check(
    deal: Deal,
    register: AssumptionRegister,
    supplier: str,
    booked: Sequence[LedgerLine],
    billed: Sequence[BilledLine],
    held: HeldMonths,
) -> SupplierCheck | None:
    return check_supplier(
        supplier,
        booked=booked,
        billed=billed,
        held=held.months,
        cut=held.cut,
        window=trailing(last_month(deal).end, 12),
        invoices=_invoices(deal, supplier),
        limit_share=_number(register, "reconciliation_limit"),
        limit_amount=_number(register, "reconciliation_amount"),
    )


def _detailed(
    check: SupplierCheck,
    booked: Sequence[LedgerLine],
    billed: Sequence[BilledLine],
    *,
    held: HeldMonths,
    kept: frozenset[Period],
) -> list[LedgerLine]:
    by_month: dict[Period, list[BilledLine]] = defaultdict(list)
    for line in billed:
        if check.tax_booked or line.line.kind != "tax":
            by_month[line.month].append(line)
    entries: dict[Period, list[LedgerLine]] = defaultdict(list)
    for entry in booked:
        entries[entry.period].append(entry)
    explained = {entry.period for entry in check.periods} - kept
    lines: list[LedgerLine] = []
    for period, members in entries.items():
        if period not in explained:
            lines.extend(members)
            continue
        months = period.split_months()
        if any(month not in held.months or month in held.cut for month in months):
            # Last month's bill pays for this entry but does not say what this month used.
            lines.extend(members)
            continue
        paid = [b for m in billed_months(period, check.lag_months) for b in by_month[m]]
        used = [b for month in months for b in by_month[month]]
        lines.extend(_in_place_of(_netted(members), used, paid=_sum(paid, check.measure)))
    return lines


def _in_place_of(
    entries: Sequence[LedgerLine], used: Sequence[BilledLine], *, paid: Decimal
) -> list[LedgerLine]:
    """Lines of what was used booked as the entries were, timing, and what is left of each entry."""
    pieces: list[tuple[Decimal, Callable[[LedgerLine], LedgerLine]]] = [
        (item.line.effective, partial(_line, item)) for item in used
    ]
    timing = paid - _sum(used, "effective")
    pieces.append((timing, partial(_derived, PREPAYMENT_TIMING)))
    columns = in_running_proportion(
        [amount for amount, _ in pieces], [max(ZERO, entry.amount) for entry in entries]
    )
    return [
        line
        for entry, parts in zip(entries, columns, strict=True)
        for line in _entry_lines(entry, parts, [line_of for _, line_of in pieces])
    ]


def _sum(lines: Iterable[BilledLine], measure: Measure) -> Decimal:
    return sum((getattr(item.line, measure) for item in lines), ZERO)


def _entry_lines(
    entry: LedgerLine,
    parts: Sequence[Decimal],
    line_of: Sequence[Callable[[LedgerLine], LedgerLine]],
) -> list[LedgerLine]:
    found = [
        replace(make(entry), amount=part) for part, make in zip(parts, line_of, strict=True) if part
    ]
    left = entry.amount - sum(parts, ZERO)
    if left:
        derivation = NOT_ON_THE_BILL if left > 0 else BOOKED_BELOW_BILL
        found.append(replace(entry, derivation=derivation, amount=left))
    return found or [entry]


def _netted(entries: Sequence[LedgerLine]) -> list[LedgerLine]:
    """One entry for those booked in the same place, so that an accrual meets its reversal."""
    groups: dict[LedgerLine, list[LedgerLine]] = defaultdict(list)
    for entry in entries:
        place = replace(entry, amount=ZERO, text="", source=NOWHERE, vendor="", derivation="")
        groups[place].append(entry)
    return [
        replace(
            max(members, key=lambda entry: abs(entry.amount)),
            amount=sum((entry.amount for entry in members), ZERO),
        )
        for members in groups.values()
    ]


def _derived(derivation: str, entry: LedgerLine) -> LedgerLine:
    return replace(entry, derivation=derivation)


def _line(item: BilledLine, entry: LedgerLine) -> LedgerLine:
    bill = item.line
    return replace(
        entry,
        source=SourceRef(item.file, bill.first_row, grade="A"),
        text=bill.text,
        vendor=item.supplier,
        project=" ".join(part for part in (bill.project, bill.tags) if part),
        derivation=ON_THE_BILL,
        bill=bill,
        system=item.system,
    )


def _ruled_periods(
    booked: Iterable[LedgerLine], decisions: Sequence[Decision]
) -> frozenset[Period]:
    return frozenset(
        line.period for line in booked if any(matches_selector(line, d.selector) for d in decisions)
    )


def _by_supplier(lines: Iterable[BilledLine]) -> dict[str, list[BilledLine]]:
    groups: dict[str, list[BilledLine]] = defaultdict(list)
    for line in lines:
        groups[line.supplier].append(line)
    return groups


def _invoices(deal: Deal, supplier: str) -> dict[Period, Decimal]:
    return {
        fact.period: fact.value
        for fact in deal.facts
        if fact.concept == INVOICE_TOTAL
        and fact.status == "used"
        and supplier_of(fact.segment) == supplier
    }


def last_month(deal: Deal) -> Period:
    """Last month that ends on or before the as-of date."""
    month = month_of(deal.terms.as_of)
    return month if month.end == deal.terms.as_of else month.shifted(-1)


def _number(register: AssumptionRegister, name: str) -> Decimal:
    value = register.get(name).value
    return value if isinstance(value, Decimal) else ZERO


def _in_order(lines: Iterable[LedgerLine]) -> tuple[LedgerLine, ...]:
    return tuple(
        sorted(
            lines,
            key=lambda line: (line.period, line.source.file, line.source.row, line.derivation),
        )
    )
