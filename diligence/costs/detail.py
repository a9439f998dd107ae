"""The books with the lines of the bills in place of the one-line entries they explain.

The ledger's total is kept to the last digit: a booked entry of a supplier gives way to the lines of
the bills it pays for, at what was consumed; what was paid ahead or used from earlier payments
stands beside them as timing, what the bills do not explain stays as booked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from diligence.assumptions import AssumptionRegister
from diligence.costs.billed_months import BilledLine, billed_lines, months_held
from diligence.costs.classify import BOOKED_BELOW_BILL, PREPAYMENT_TIMING, matches_selector
from diligence.costs.reconciliation import SupplierCheck, billed_months, check_supplier
from diligence.costs.suppliers import booked_supplier, supplier_of
from diligence.inputs.deal import OPERATING_COST_ROLES, Deal, Decision, LedgerLine, SourceRef
from diligence.units import Period
from diligence.units.periods import month_of, trailing

ZERO = Decimal(0)
ON_THE_BILL = "line of a bill"
NOT_ON_THE_BILL = "booked, not on the bill"
INVOICE_TOTAL = "invoice_total"


@dataclass(frozen=True)
class DetailedBooks:
    """Cost lines with bills in place of booked totals, and how both compare by supplier.

    ``lines`` add up to the operating cost of the ledger, period by period.
    """

    lines: tuple[LedgerLine, ...]
    checks: tuple[SupplierCheck, ...] = ()

    @property
    def material_gaps(self) -> tuple[SupplierCheck, ...]:
        """Suppliers whose gap is above the limit, largest gap first."""
        found = [check for check in self.checks if check.is_material]
        return tuple(sorted(found, key=lambda check: (-abs(check.gap), check.supplier)))

    def summary(self) -> str:
        """One line a supplier."""
        return "\n".join(check.summary() for check in self.checks) or "no bill to compare"


def detailed_books(deal: Deal, register: AssumptionRegister) -> DetailedBooks:
    """Put bill lines in place of the ledger lines they explain.

    A booked period of a supplier is detailed when the bills of all its months (after the lag) are
    there and no ruling speaks about the booked entry itself; other periods stay as booked.
    """
    costs = tuple(line for line in deal.ledger if line.role in OPERATING_COST_ROLES)
    if not deal.bills:
        return DetailedBooks(costs)
    billed = _by_supplier(billed_lines(deal))
    held = held_months(deal)
    booked: dict[str, list[LedgerLine]] = defaultdict(list)
    rest: list[LedgerLine] = []
    for line in costs:
        supplier = booked_supplier(line, frozenset(billed)) if line.period.is_whole_months else ""
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
        detailed.extend(_detailed(check, booked[supplier], billed[supplier], kept=kept))
    return DetailedBooks(_in_order(detailed), tuple(checks))


def _check(
    deal: Deal,
    register: AssumptionRegister,
    supplier: str,
    booked: Sequence[LedgerLine],
    billed: Sequence[BilledLine],
    held: frozenset[Period],
) -> SupplierCheck | None:
    return check_supplier(
        supplier,
        booked=booked,
        billed=billed,
        held=held,
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
    kept: frozenset[Period],
) -> list[LedgerLine]:
    by_month: dict[Period, list[BilledLine]] = defaultdict(list)
    for line in billed:
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
        months = billed_months(period, check.lag_months)
        lines.extend(_in_place_of(members, [b for m in months for b in by_month[m]], check))
    return lines


def _in_place_of(
    entries: Sequence[LedgerLine], billed: Sequence[BilledLine], check: SupplierCheck
) -> list[LedgerLine]:
    """Lines of the bills booked as the entries were, and what is left of the booked amount."""
    lines = [
        line
        for item in billed
        for line in _booked_as(entries, item.line.effective, partial(_line, item))
    ]
    paid_ahead = ZERO
    if check.measure == "billed":
        paid_ahead = sum((b.line.billed - b.line.effective for b in billed), ZERO)
        lines += _booked_as(entries, paid_ahead, partial(_derived, PREPAYMENT_TIMING))
    booked = sum((entry.amount for entry in entries), ZERO)
    left = booked - paid_ahead - sum((b.line.effective for b in billed), ZERO)
    derivation = NOT_ON_THE_BILL if left > 0 else BOOKED_BELOW_BILL
    lines += _booked_as(entries, left, partial(_derived, derivation))
    return lines


def _booked_as(
    entries: Sequence[LedgerLine], amount: Decimal, line_of: Callable[[LedgerLine], LedgerLine]
) -> list[LedgerLine]:
    """Spread an amount over the entries in proportion, exactly; nothing for an amount of zero."""
    if not amount:
        return []
    parts = _in_proportion(amount, [abs(entry.amount) for entry in entries])
    return [
        replace(line_of(entry), amount=part)
        for entry, part in zip(entries, parts, strict=True)
        if part
    ]


def _in_proportion(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Parts of an amount by weight; the first part takes what rounding leaves."""
    total = sum(weights, ZERO)
    if len(weights) == 1 or not total:
        return [amount, *([ZERO] * (len(weights) - 1))]
    step = Decimal(1).scaleb(min(int(amount.as_tuple().exponent), -6))
    others = [(amount * weight / total).quantize(step) for weight in weights[1:]]
    return [amount - sum(others, ZERO), *others]


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


def held_months(deal: Deal) -> dict[str, frozenset[Period]]:
    """Months with bills by supplier: what each of its files covers from first to last day."""
    months: dict[str, set[Period]] = defaultdict(set)
    for bill in deal.bills:
        suppliers = {
            supplier_of(name or bill.name) for name in set(bill.lines["supplier"].to_pylist())
        }
        for supplier in suppliers:
            months[supplier].update(months_held(bill))
    return {supplier: frozenset(found) for supplier, found in months.items()}


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
