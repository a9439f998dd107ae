"""Which supplier's bills are there, month by month: have, keyed or missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from diligence.costs.billed_months import held_months
from diligence.costs.detail import INVOICE_TOTAL, last_month
from diligence.costs.split_line import SplitLine
from diligence.costs.suppliers import booked_supplier, known_supplier, supplier_of
from diligence.inputs.deal import Deal
from diligence.units import Period
from diligence.units.periods import trailing

if TYPE_CHECKING:
    import pandas as pd

Held = Literal["have", "keyed", "missing", "none booked"]
ZERO = Decimal(0)
WINDOW_MONTHS = 12
_BILLED_INPUTS = ("tokens", "gpu_hours", "cloud")


@dataclass(frozen=True)
class CoverageCell:
    """One supplier in one month: whether its bill is there, and what the books say."""

    supplier: str
    month: Period
    held: Held
    booked: Decimal


@dataclass(frozen=True)
class Coverage:
    """Supplier by month over the trailing twelve months.

    ``have`` is a bill of the month, ``keyed`` an invoice total keyed by hand without its lines,
    ``missing`` a month with booked cost (or inside a committed contract) and neither; a bill that
    ends early and that the books contradict counts as missing.
    """

    cells: tuple[CoverageCell, ...]

    @property
    def suppliers(self) -> tuple[str, ...]:
        """Suppliers by booked cost, largest first."""
        booked: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for cell in self.cells:
            booked[cell.supplier] += cell.booked
        return tuple(sorted(booked, key=lambda name: (-booked[name], name)))

    @property
    def months(self) -> tuple[Period, ...]:
        """Months of the window."""
        return tuple(sorted({cell.month for cell in self.cells}))

    def cell(self, supplier: str, month: Period) -> CoverageCell:
        """One cell."""
        return next(c for c in self.cells if c.supplier == supplier and c.month == month)

    @property
    def missing(self) -> tuple[CoverageCell, ...]:
        """Missing months, dearest first."""
        found = [cell for cell in self.cells if cell.held == "missing"]
        return tuple(sorted(found, key=lambda cell: (-cell.booked, cell.supplier, cell.month)))

    @property
    def share_with_bills(self) -> Decimal | None:
        """Share of the suppliers' booked cost whose month has its bill; None without cost."""
        booked = sum((cell.booked for cell in self.cells), ZERO)
        held = sum((cell.booked for cell in self.cells if cell.held == "have"), ZERO)
        return held / booked if booked else None

    def to_frame(self) -> pd.DataFrame:
        """Suppliers down, months across."""
        import pandas as pd

        rows = [
            {"supplier": name} | {m.label: self.cell(name, m).held for m in self.months}
            for name in self.suppliers
        ]
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """One line a supplier."""
        return "\n".join(
            f"{name}: " + ", ".join(self.cell(name, month).held for month in self.months)
            for name in self.suppliers
        )

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def bill_coverage(deal: Deal, lines: Iterable[SplitLine]) -> Coverage:
    """Build the matrix from bills, keyed invoices (facts ``invoice_total``), books and contracts.

    Suppliers are those of the bills and contracts, and those the books name for cost that is AI,
    could be or is not resolved; general cost of other vendors is left out.
    """
    known = tuple(lines)
    found = held_months(deal.bills)
    detailed = {(line.line.vendor, line.used_in) for line in known if line.line.bill is not None}
    held = {
        name: frozenset(m for m in months.months if m not in months.cut or (name, m) in detailed)
        for name, months in found.items()
    }
    booked = _booked(known, frozenset(found))
    keyed = {
        (supplier_of(fact.segment), month)
        for fact in deal.facts
        if fact.concept == INVOICE_TOTAL and fact.status == "used" and fact.period.is_whole_months
        for month in fact.period.split_months()
    }
    committed = _committed(deal)
    window = trailing(last_month(deal).end, WINDOW_MONTHS).split_months()
    suppliers = {name for name, _ in booked} | set(held) | {name for name, _ in keyed}
    suppliers |= {name for name in committed if committed[name]}
    return Coverage(
        tuple(
            _cell(name, month, held, keyed, committed, booked.get((name, month), ZERO))
            for name in sorted(suppliers)
            for month in window
        )
    )


def _cell(
    supplier: str,
    month: Period,
    held: dict[str, frozenset[Period]],
    keyed: set[tuple[str, Period]],
    committed: dict[str, list[Period]],
    booked: Decimal,
) -> CoverageCell:
    state: Held = "none booked"
    if month in held.get(supplier, frozenset()):
        state = "have"
    elif (supplier, month) in keyed:
        state = "keyed"
    elif booked or any(term.contains(month) for term in committed.get(supplier, ())):
        state = "missing"
    return CoverageCell(supplier, month, state, booked)


def _booked(
    lines: Sequence[SplitLine], billed: frozenset[str]
) -> dict[tuple[str, Period], Decimal]:
    """Booked cost by supplier and month; longer periods are spread evenly over their months."""
    sums: dict[tuple[str, Period], Decimal] = defaultdict(lambda: ZERO)
    for line in lines:
        supplier = _ai_supplier(line, billed)
        if not supplier or not line.line.period.is_whole_months:
            continue
        months = line.line.period.split_months()
        for month in months:
            sums[supplier, month] += line.line.amount / len(months)
    return sums


def _ai_supplier(line: SplitLine, billed: frozenset[str]) -> str:
    if line.line.bill is not None:
        return line.line.vendor
    named = booked_supplier(line.line, billed)
    if named or (line.item.cost_class == "neither" and not line.item.alternatives):
        return named
    texts = (line.line.vendor, line.line.text, line.line.account)
    return next((name for name in map(known_supplier, texts) if name), "")


def _committed(deal: Deal) -> dict[str, list[Period]]:
    terms: dict[str, list[Period]] = defaultdict(list)
    for contract in deal.contracts:
        is_bound = contract.kind in ("committed", "reserved", "prepaid")
        if (
            is_bound
            and contract.input in _BILLED_INPUTS
            and contract.term_start
            and contract.term_end
        ):
            term = Period(contract.term_start, contract.term_end)
            terms[supplier_of(contract.supplier)].append(term)
    return terms
