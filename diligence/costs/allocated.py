"""Gives every classified line its money by class; shared lines by what the deal knows.

In this order: the line's own class; a driver (scheduler GPU-hours, tokens, headcount) that names
the line; the deal's stated serving share of what is unresolved; for overhead of one supplier
(support, discounts, network, logs) the rest of that supplier's lines. What is left is unresolved.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Literal

from diligence.assumptions import Assumption
from diligence.costs.allocation import (
    DriverShares,
    allocate,
    allocate_by_driver,
    shares_from_driver,
)
from diligence.costs.classify import ClassifiedLine, matches_selector
from diligence.costs.phrases import fold
from diligence.costs.rules import CostClass
from diligence.costs.split_line import SplitLine
from diligence.costs.suppliers import supplier_of
from diligence.inputs.deal import Contract, Driver, Workload
from diligence.inputs.selectors import parse_selector
from diligence.units import Period

ZERO = Decimal(0)
_PLACES = Decimal("1e-9")
OVERHEAD_SUBCLASSES = frozenset(
    ("discount", "platform_overhead", "network_egress", "observability", "storage")
)
IDLE = "idle_reserved"
_WORKLOADS: tuple[Workload, ...] = ("training", "inference", "idle", "internal", "other")


def split_lines(
    items: Iterable[ClassifiedLine],
    *,
    drivers: Sequence[Driver] = (),
    contracts: Sequence[Contract] = (),
    serving_share: Assumption,
) -> tuple[SplitLine, ...]:
    """Split every line; the parts of each add up to its amount exactly."""
    lines = [
        part
        for item in items
        for part in _split(item, drivers=drivers, contracts=contracts, share=serving_share)
    ]
    return _with_overhead(lines)


def driver_shares(
    item: ClassifiedLine, drivers: Sequence[Driver], period: Period
) -> DriverShares | None:
    """Shares of the drivers that name the line in its period; None when none does.

    Drivers of shorter periods inside the line's are added up; a driver of a longer period counts
    when there is no shorter one. Hours and tokens are never added: of several drivers the one
    whose selector says most counts, of equal ones the first.
    """
    named = [driver for driver in drivers if matches_selector(item.line, driver.selector)]
    chosen = max(_alternatives(named, period), key=_detail, default=())
    total = sum((driver.value for driver in chosen), ZERO)
    if not total:
        return None
    return shares_from_driver(
        {name: _total(chosen, name) for name in _WORKLOADS},
        low={name: _total(chosen, name, "low") for name in _WORKLOADS},
        high={name: _total(chosen, name, "high") for name in _WORKLOADS},
    )


def _alternatives(named: Iterable[Driver], period: Period) -> Iterator[tuple[Driver, ...]]:
    """Drivers of one kind and selector that speak about the period, finest periods first."""
    groups: dict[tuple[str, str, str], list[Driver]] = defaultdict(list)
    for driver in named:
        groups[driver.driver, driver.unit, driver.selector].append(driver)
    for members in groups.values():
        inside = {d.period for d in members if period.contains(d.period)}
        around = {d.period for d in members if d.period.contains(period)}
        wanted = _finest(inside) or {min(around, key=lambda p: p.days)} if around or inside else ()
        chosen = tuple(driver for driver in members if driver.period in wanted)
        if any(driver.value for driver in chosen):
            yield chosen


def _finest(periods: Iterable[Period]) -> set[Period]:
    """Periods that do not overlap, short ones first."""
    kept: set[Period] = set()
    for period in sorted(periods, key=lambda p: (p.days, p)):
        if not any(period.overlaps(other) for other in kept):
            kept.add(period)
    return kept


def _detail(drivers: Sequence[Driver]) -> int:
    return len(parse_selector(drivers[0].selector))


def reserved_for(item: ClassifiedLine, contracts: Sequence[Contract]) -> str:
    """Purpose a supplier's capacity was reserved for; empty when no contract in force says it."""
    line = item.line
    words = f" {fold(f'{line.vendor} | {line.text} | {line.account}')} "
    names = {supplier_of(text) for text in (line.vendor, line.text, line.account) if text}
    purposes = {
        c.purpose
        for c in contracts
        if c.purpose
        and _is_in_force(c, line.period)
        and (supplier_of(c.supplier) in names or f" {fold(c.supplier)} " in words)
    }
    return purposes.pop() if len(purposes) == 1 else ""


def _is_in_force(contract: Contract, period: Period) -> bool:
    starts_after = contract.term_start is not None and contract.term_start > period.end
    ended_before = contract.term_end is not None and contract.term_end < period.start
    return not starts_after and not ended_before


def _split(
    item: ClassifiedLine,
    *,
    drivers: Sequence[Driver],
    contracts: Sequence[Contract],
    share: Assumption,
) -> tuple[SplitLine, ...]:
    amount = item.line.amount
    match item.cost_class:
        case "training_capex":
            return (SplitLine(item, training=amount),)
        case "inference_opex":
            return (SplitLine(item, inference=amount),)
        case "neither":
            return (SplitLine(item, neither=amount),)
    open_line = SplitLine(item, unresolved=amount)
    if item.subclass == IDLE:
        return (_idle(open_line, reserved_for(item, contracts)),)
    shares = driver_shares(item, drivers, open_line.used_in)
    if shares is not None:
        return _by_driver(item, shares, reserved_for(item, contracts))
    if open_line.is_pool and share.origin == "deal" and isinstance(share.value, Decimal):
        serving = _part(amount, share.value)
        return (
            SplitLine(
                item, training=amount - serving, inference=serving, allocated_by="assumption"
            ),
        )
    return (open_line,)


def _by_driver(item: ClassifiedLine, shares: DriverShares, purpose: str) -> tuple[SplitLine, ...]:
    """Split by driver; idle capacity is its own line, charged to what it was reserved for."""
    amount = item.line.amount
    parts = allocate_by_driver(amount, shares)
    idle = parts.idle + parts.unresolved
    least, most = (_part(amount, share) for share in shares.serving_share_range)
    ranged = least != parts.inference or most != parts.inference
    used = replace(
        item,
        line=replace(item.line, amount=amount - idle),
        ask=item.ask if ranged else "",
        reason=f"{item.reason} Split by a driver.",
    )
    line = SplitLine(
        used,
        training=parts.training,
        inference=parts.inference,
        neither=parts.neither,
        allocated_by="driver",
        serving_less=max(ZERO, parts.inference - least),
        serving_more=max(ZERO, most - parts.inference),
    )
    return (line, _idle_part(item, idle, purpose)) if idle else (line,)


def _idle_part(item: ClassifiedLine, idle: Decimal, purpose: str) -> SplitLine:
    reserved = replace(
        item,
        line=replace(item.line, amount=idle),
        subclass=IDLE,
        reason="Idle part of the capacity, by the driver: charged to what it was reserved for.",
        ask=item.ask and "What was the idle capacity reserved for?",
    )
    return _idle(SplitLine(reserved, unresolved=idle), purpose)


def _idle(line: SplitLine, purpose: str) -> SplitLine:
    amount = line.line.amount
    match purpose:
        case "training":
            return replace(line, training=amount, unresolved=ZERO, allocated_by="driver")
        case "inference":
            return replace(line, inference=amount, unresolved=ZERO, allocated_by="driver")
    return line


def _with_overhead(lines: Sequence[SplitLine]) -> tuple[SplitLine, ...]:
    """Spread overhead of a supplier over that supplier's other lines of the same period."""
    direct: dict[tuple[str, Period], list[SplitLine]] = defaultdict(list)
    for line in lines:
        if line.line.bill is not None and not _is_overhead(line):
            direct[line.line.vendor, line.line.period].append(line)
    return tuple(
        _spread(line, direct[line.line.vendor, line.line.period]) if _is_overhead(line) else line
        for line in lines
    )


def _is_overhead(line: SplitLine) -> bool:
    return (
        line.line.bill is not None
        and line.item.subclass in OVERHEAD_SUBCLASSES
        and not line.item.is_flagged
        and line.unresolved == line.line.amount
    )


def _spread(line: SplitLine, others: Sequence[SplitLine]) -> SplitLine:
    counted = [o for o in others if o.item.subclass not in ("credit_or_discount", "tax")]
    # Refunds take away from what they correct; a class cannot weigh less than nothing.
    weights = {
        name: max(ZERO, sum((getattr(other, name) for other in counted), ZERO))
        for name in ("training", "inference", "neither", "unresolved")
    }
    if not any(weights.values()):
        return line
    parts = allocate(line.line.amount, weights)
    # What follows open lines is as open as they are.
    open_as_they_are: tuple[CostClass, ...] = ("inference_opex", "training_capex")
    is_open = bool(parts["unresolved"])
    item = replace(line.item, alternatives=open_as_they_are) if is_open else line.item
    return replace(
        line,
        item=item,
        allocated_by="pro rata",
        training=parts["training"],
        inference=parts["inference"],
        neither=parts["neither"],
        unresolved=parts["unresolved"],
    )


def _part(amount: Decimal, share: Decimal) -> Decimal:
    return (amount * share).quantize(_PLACES)


def _total(
    drivers: Iterable[Driver], workload: Workload, end: Literal["", "low", "high"] = ""
) -> Decimal:
    """Sum of a workload, or of the low or high end of its rows (the value where not stated)."""
    chosen = [driver for driver in drivers if driver.workload == workload]
    stated = [getattr(driver, end) if end else driver.value for driver in chosen]
    return sum(
        (
            driver.value if number is None else number
            for driver, number in zip(chosen, stated, strict=True)
        ),
        ZERO,
    )
