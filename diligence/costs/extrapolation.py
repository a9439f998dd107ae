"""Months without a bill, split by the months with one: only where the deal states that rule.

Each class of a missing month lies between its smallest and its largest share over the months held;
what is certain of every class is given to it, the rest stays unresolved and so a bound.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from diligence.costs.split_line import SplitLine
from diligence.costs.suppliers import supplier_of
from diligence.units import Period

ZERO = Decimal(0)
_PLACES = Decimal("1e-9")


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
            months[line.line.vendor][line.line.period].append(line)
    return {
        supplier: _smallest(list(periods.values()))
        for supplier, periods in months.items()
        if len(periods) >= fewest
    }


def _smallest(months: Sequence[Sequence[SplitLine]]) -> HeldShares:
    return HeldShares(
        training=min(_share(m, [line.training for line in m]) for m in months),
        inference=min(_share(m, [line.inference for line in m]) for m in months),
        neither=min(_share(m, [line.neither for line in m]) for m in months),
        n_months=len(months),
    )


def _share(lines: Sequence[SplitLine], parts: Sequence[Decimal]) -> Decimal:
    total = sum((line.line.amount for line in lines), ZERO)
    return max(ZERO, sum(parts, ZERO) / total) if total > 0 else ZERO


def _supplier_of_open_total(line: SplitLine) -> str:
    if line.line.bill is not None or line.unresolved != line.line.amount or not line.is_pool:
        return ""
    return supplier_of(line.line.vendor or line.line.text or line.line.account)


def _extrapolated(line: SplitLine, shares: HeldShares) -> SplitLine:
    amount = line.line.amount
    training = (amount * shares.training).quantize(_PLACES)
    inference = (amount * shares.inference).quantize(_PLACES)
    neither = (amount * shares.neither).quantize(_PLACES)
    reason = f"{line.item.reason} Split by the {shares.n_months} months whose bills are there."
    return replace(
        line,
        item=replace(line.item, reason=reason),
        training=training,
        inference=inference,
        neither=neither,
        unresolved=amount - training - inference - neither,
        allocated_by="held months",
    )
