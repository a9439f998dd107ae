"""Supplier contracts as the month engine needs them: price locks, minimums and credits."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from diligence.assumptions import AssumptionRegister
from diligence.costs import SplitLine
from diligence.costs.buckets import hides_cost
from diligence.costs.commitments import future_minimums
from diligence.costs.suppliers import supplier_of
from diligence.inputs.deal import Contract, Deal
from diligence.projections.company_model import CompanyModel, PricedLine, SegmentModel
from diligence.projections.responses import NEVER, CommitmentTerm, CreditTerm
from diligence.units import Period
from diligence.units.periods import trailing

ZERO = Decimal(0)
CREDIT_MONTHS = 3
DAYS_PER_MONTH = 30
_WITH_NOTICE_OF_PRICES = ("pay_as_you_go", "subscription")


def months_until(start: date, end: date) -> int:
    """Whole calendar months after one day that end by another; 0 when it has passed.

    A month that ends after the day does not count: a lock to 1 July does not hold July.

    Examples
    --------
    >>> months_until(date(2026, 6, 30), date(2026, 12, 31))
    6
    >>> months_until(date(2026, 6, 30), date(2026, 7, 1))
    0
    """
    after = end + timedelta(days=1)
    return max(0, 12 * (after.year - start.year) + after.month - start.month - 1)


def with_contract_locks(model: CompanyModel, deal: Deal) -> CompanyModel:
    """Hold prices as long as contracts do, where the exposure states no lock.

    A price stays until the lock ends; without one, a supplier billed by use has to give the
    notice the contract states, in whole months of thirty days.
    """

    def held(line: PricedLine) -> PricedLine:
        if line.locked_months or line.key.side not in ("buy", "rent"):
            return line
        months = [_held_months(contract, deal) for contract in _contracts_of(line, deal)]
        return dataclasses.replace(line, locked_months=max(months, default=0))

    def segment(part: SegmentModel) -> SegmentModel:
        return dataclasses.replace(part, lines=tuple(held(line) for line in part.lines))

    return dataclasses.replace(model, segments=tuple(segment(part) for part in model.segments))


def commitment_terms(
    model: CompanyModel, deal: Deal, *, lines: Sequence[SplitLine] = ()
) -> tuple[tuple[CommitmentTerm, ...], tuple[str, ...]]:
    """Minimums still due by supplier, as an even amount a month, and what is left out.

    Minimums of suppliers whose prices the model does not move are named in the notes: they are
    paid whatever the scenario. A minimum in total is reduced by what ``lines`` show was
    consumed; without lines its even share up to as-of counts as consumed.
    """
    named = {supplier_of(key.supplier): key.supplier for key in model.keys}
    named |= {key.supplier: key.supplier for key in model.keys}
    notes: list[str] = []
    due: dict[str, list[tuple[float, int]]] = {}
    as_of = deal.terms.as_of
    for contract in deal.contracts:
        schedule = _schedule(contract, as_of, lines)
        if schedule is None:
            continue
        total, months = schedule
        supplier = named.get(contract.supplier) or named.get(supplier_of(contract.supplier))
        if supplier is None:
            notes.append(
                f"minimum of {contract.supplier}: {total:,.0f} over {months} months stands beside "
                "the model, whose prices do not move with it"
            )
            continue
        due.setdefault(supplier, []).append((total / months, months))
    terms = tuple(
        CommitmentTerm(supplier, sum(amount for amount, _ in found), max(m for _, m in found))
        for supplier, found in due.items()
    )
    return terms, tuple(notes)


def credit_term(
    deal: Deal, register: AssumptionRegister, *, lines: Sequence[SplitLine] = ()
) -> tuple[CreditTerm | None, tuple[str, ...]]:
    """Credits as one balance, and what is missing.

    They are used at the pace of the last three months of credit rows, else of
    ``credits_booked_net``; without either there is no term and a note asks for them.
    """
    held = [contract for contract in deal.contracts if contract.credit_balance]
    if not held:
        return None, ()
    as_of = deal.terms.as_of
    suppliers = {supplier_of(contract.supplier) for contract in held}
    monthly = _monthly_use(suppliers, as_of, register, lines)
    if not monthly:
        return None, ("credits are left out: needs credit rows on bills, or credits_booked_net",)
    ends = [contract.expires or contract.term_end for contract in held]
    last = max((months_until(as_of, end) if end else NEVER for end in ends), default=NEVER)
    balance = sum((contract.credit_balance or ZERO for contract in held), ZERO)
    return CreditTerm(float(balance), float(monthly), last), ()


def _contracts_of(line: PricedLine, deal: Deal) -> Iterator[Contract]:
    for contract in deal.contracts:
        fits = contract.input in (line.key.input, "cloud")
        purpose = contract.purpose in ("", line.applies_to)
        same = contract.supplier.casefold() == line.key.supplier.casefold()
        if fits and purpose and same:
            yield contract


def _held_months(contract: Contract, deal: Deal) -> int:
    if contract.price_lock_until is not None:
        return months_until(deal.terms.as_of, contract.price_lock_until)
    if contract.kind in _WITH_NOTICE_OF_PRICES:
        return (contract.notice_days or 0) // DAYS_PER_MONTH
    return 0


def _schedule(
    contract: Contract, as_of: date, lines: Sequence[SplitLine]
) -> tuple[float, int] | None:
    """What is still due and over how many months; None when nothing is."""
    if not contract.minimum_per_month and not contract.minimum_total:
        return None
    notice = timedelta(days=contract.notice_days or 0)
    found = future_minimums(
        contract.supplier,
        as_of=as_of,
        term_end=contract.term_end or as_of + notice,
        term_start=contract.term_start,
        minimum_per_month=contract.minimum_per_month or ZERO,
        minimum_total=contract.minimum_total or ZERO,
        consumed=_consumed(contract, as_of, lines),
    )
    return (float(found.total), len(found.months)) if found.months else None


def _consumed(contract: Contract, as_of: date, lines: Sequence[SplitLine]) -> Decimal:
    start, total = contract.term_start, contract.minimum_total
    if not total or start is None or start > as_of:
        return ZERO
    if not lines:
        end = contract.term_end or as_of
        whole = (end - start).days + 1
        return total * min(whole, (as_of - start).days + 1) / whole
    term, supplier = Period(start, as_of), supplier_of(contract.supplier)
    inside = (
        line.line.amount
        for line in lines
        if term.contains(line.line.period) and supplier_of(line.line.vendor) == supplier
    )
    return max(ZERO, sum(inside, ZERO))


def _monthly_use(
    suppliers: Iterable[str], as_of: date, register: AssumptionRegister, lines: Sequence[SplitLine]
) -> Decimal:
    names = set(suppliers)
    rows = [line for line in lines if hides_cost(line) and supplier_of(line.line.vendor) in names]
    ends = sorted({line.line.period.end for line in rows if line.line.period.end <= as_of})
    if ends:
        window = trailing(ends[-1], CREDIT_MONTHS)
        used = [-line.line.amount for line in rows if window.contains(line.line.period)]
        return max(ZERO, sum(used, ZERO) / CREDIT_MONTHS)
    stated = register.get("credits_booked_net").value
    return stated / 12 if isinstance(stated, Decimal) else ZERO
