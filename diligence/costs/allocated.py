"""Gives every classified line its money by class; shared lines by what the deal knows.

In this order: the line's own class; a driver (scheduler GPU-hours, tokens, headcount) that names
the line; the deal's stated serving share of what is unresolved; for overhead of one supplier
(support, discounts, network, logs) the rest of that supplier's lines. What is left is unresolved.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from diligence.assumptions import Assumption
from diligence.costs.classify import ClassifiedLine, matches_selector
from diligence.costs.split_line import SplitLine
from diligence.inputs.deal import Contract, Driver, Workload
from diligence.units import Period

ZERO = Decimal(0)
_PLACES = Decimal("1e-9")
OVERHEAD_SUBCLASSES = frozenset(
    ("discount", "platform_overhead", "network_egress", "observability", "storage")
)
IDLE = "idle_reserved"
_WORKLOADS: tuple[Workload, ...] = ("training", "inference", "idle", "internal", "other")


@dataclass(frozen=True)
class DriverShares:
    """Shares of one period by workload, adding up to 1, with how far serving and training are sure.

    ``serving_low`` and ``training_low`` are what is certain where the driver states a range.
    """

    training: Decimal
    inference: Decimal
    idle: Decimal
    elsewhere: Decimal
    serving_low: Decimal
    training_low: Decimal


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
    when there is no shorter one.
    """
    named = [driver for driver in drivers if matches_selector(item.line, driver.selector)]
    inside = [driver for driver in named if period.contains(driver.period)]
    around = [driver for driver in named if driver.period.contains(period)]
    chosen = inside or around
    total = sum((driver.value for driver in chosen), ZERO)
    if not total:
        return None
    sums = {name: _total(chosen, name) for name in _WORKLOADS}
    return DriverShares(
        training=sums["training"] / total,
        inference=sums["inference"] / total,
        idle=sums["idle"] / total,
        elsewhere=(sums["internal"] + sums["other"]) / total,
        serving_low=_low(chosen, "inference") / total,
        training_low=_low(chosen, "training") / total,
    )


def reserved_for(item: ClassifiedLine, contracts: Sequence[Contract]) -> str:
    """Purpose a supplier's capacity was reserved for; empty when no contract says it."""
    words = f"{item.line.vendor} {item.line.text} {item.line.account}".casefold()
    purposes = {c.purpose for c in contracts if c.purpose and c.supplier.casefold() in words}
    return purposes.pop() if len(purposes) == 1 else ""


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
    shares = driver_shares(item, drivers, item.line.period)
    if shares is not None:
        return _by_driver(item, shares, reserved_for(item, contracts))
    if open_line.is_pool and share.origin == "deal" and isinstance(share.value, Decimal):
        serving = amount * share.value
        return (
            SplitLine(
                item, training=amount - serving, inference=serving, allocated_by="assumption"
            ),
        )
    return (open_line,)


def _by_driver(item: ClassifiedLine, shares: DriverShares, purpose: str) -> tuple[SplitLine, ...]:
    """Split by driver; idle capacity is its own line, charged to what it was reserved for."""
    amount = item.line.amount
    idle = _part(amount, shares.idle)
    used = replace(item, line=replace(item.line, amount=amount - idle))
    serving = _part(amount, shares.serving_low)
    training = _part(amount, shares.training_low)
    elsewhere = _part(amount, shares.elsewhere)
    exact = shares.serving_low == shares.inference and shares.training_low == shares.training
    if exact:
        training = amount - idle - serving - elsewhere
    line = SplitLine(
        used,
        training=training,
        inference=serving,
        neither=elsewhere,
        unresolved=amount - idle - serving - training - elsewhere,
        allocated_by="driver",
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
    total = sum((abs(other.line.amount) for other in counted), ZERO)
    if not total:
        return line
    amount = line.line.amount
    training = _part(amount, sum((abs(o.training) for o in counted), ZERO) / total)
    inference = _part(amount, sum((abs(o.inference) for o in counted), ZERO) / total)
    neither = _part(amount, sum((abs(o.neither) for o in counted), ZERO) / total)
    left = amount - training - inference - neither
    # What follows open lines is as open as they are.
    item = (
        replace(line.item, alternatives=("inference_opex", "training_capex")) if left else line.item
    )
    return replace(
        line,
        item=item,
        training=training,
        inference=inference,
        neither=neither,
        unresolved=left,
        allocated_by="pro rata",
    )


def _part(amount: Decimal, share: Decimal) -> Decimal:
    return (amount * share).quantize(_PLACES)


def _total(drivers: Iterable[Driver], workload: Workload) -> Decimal:
    return sum((driver.value for driver in drivers if driver.workload == workload), ZERO)


def _low(drivers: Iterable[Driver], workload: Workload) -> Decimal:
    return sum(
        (
            driver.value if driver.low is None else driver.low
            for driver in drivers
            if driver.workload == workload
        ),
        ZERO,
    )
