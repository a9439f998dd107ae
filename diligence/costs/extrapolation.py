"""Months without a bill, split by the months with one: only where the deal states that rule.

Each class of a missing month lies between its smallest and its largest share over the months held;
what is certain of every class is given to it, the rest stays unresolved and so a bound.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from diligence.costs.allocation import allocate
from diligence.costs.detail import NOT_ON_THE_BILL
from diligence.costs.split_line import SplitLine
from diligence.costs.suppliers import supplier_of
from diligence.units import Period

ZERO = Decimal(0)
_PARTS = ("training", "inference", "neither", "unresolved")


@dataclass(frozen=True)
class HeldShares:
    """Smallest share of each class over the months of a supplier whose bills are there."""

    training: Decimal
    inference: Decimal
    neither: Decimal
    n_months: int


def from_held_months(lines: Iterable[SplitLine], *, fewest: int) -> tuple[SplitLine, ...]:
    """Split open totals of suppliers by their months with bills, at least ``fewest`` of them."""
    known = tuple(lines)
    shares = held_shares(known, fewest=fewest)
    return tuple(
        _extrapolated(line, shares[supplier])
        if (supplier := _supplier_of_open_total(line)) in shares
        else line
        for line in known
    )


def held_shares(lines: Iterable[SplitLine], *, fewest: int) -> Mapping[str, HeldShares]:
    """Shares by supplier, from the lines that bills detail."""
    months: dict[str, dict[Period, list[SplitLine]]] = defaultdict(lambda: defaultdict(list))
    for line in lines:
        if line.line.bill is not None:
            months[line.line.vendor][line.used_in].append(line)
    return {
        supplier: _smallest(list(periods.values()))
        for supplier, periods in months.items()
        if len(periods) >= fewest
    }


def _smallest(months: Sequence[Sequence[SplitLine]]) -> HeldShares:
    shares = [_shares(lines) for lines in months]
    return HeldShares(
        training=min(month["training"] for month in shares),
        inference=min(month["inference"] for month in shares),
        neither=min(month["neither"] for month in shares),
        n_months=len(months),
    )


def _shares(lines: Sequence[SplitLine]) -> dict[str, Decimal]:
    """Shares of one month, adding up to 1: credits and refunds leave no class below nothing."""
    nets = {name: max(ZERO, sum((getattr(line, name) for line in lines), ZERO)) for name in _PARTS}
    total = sum(nets.values(), ZERO)
    return {name: net / total if total else ZERO for name, net in nets.items()}


def _supplier_of_open_total(line: SplitLine) -> str:
    is_remainder = line.line.derivation == NOT_ON_THE_BILL
    if (
        line.line.bill is not None
        or is_remainder
        or line.unresolved != line.line.amount
        or not line.is_pool
    ):
        return ""
    return supplier_of(line.line.vendor or line.line.text or line.line.account)


def _extrapolated(line: SplitLine, shares: HeldShares) -> SplitLine:
    certain = {
        "training": shares.training,
        "inference": shares.inference,
        "neither": shares.neither,
    }
    left = max(ZERO, 1 - sum(certain.values(), ZERO))
    parts = allocate(line.line.amount, {**certain, "unresolved": left})
    reason = f"{line.item.reason} Split by the {shares.n_months} months whose bills are there."
    item = replace(line.item, reason=reason)
    return replace(
        line,
        item=item,
        allocated_by="held months",
        training=parts["training"],
        inference=parts["inference"],
        neither=parts["neither"],
        unresolved=parts["unresolved"],
    )
