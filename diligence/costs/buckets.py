"""Where each part of a split line stands in the margin ladder."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

from diligence.costs.split_line import SplitLine
from diligence.inputs.deal import Role
from diligence.units import Period

Bucket = Literal[
    "paid",
    "free",
    "maintenance",
    "training",
    "pool",
    "other",
    "internal_tools",
    "credits",
    "timing",
]
MAINTENANCE_SUBCLASSES = frozenset({"recurring_finetune", "maintenance_training"})
CREDITS = "credit_or_discount"
TIMING = "prepayment_timing"
UNRECONCILED = "unreconciled"
ZERO = Decimal(0)


def parts_of(line: SplitLine) -> dict[Bucket, Decimal]:
    """Parts of a line by bucket; they add up to its amount. Parts of zero are left out."""
    if line.item.subclass in (CREDITS, TIMING):
        name: Bucket = "credits" if line.item.subclass == CREDITS else "timing"
        return {name: line.line.amount} if line.line.amount else {}
    unresolved = line.unresolved
    inference, training = line.inference, line.training
    if line.is_pool:
        # An assumption's share of the pool is applied by the ladder, which shows its bound.
        unresolved, inference, training = line.line.amount - line.neither, ZERO, ZERO
    parts: dict[Bucket, Decimal] = defaultdict(lambda: ZERO)
    parts[_serving(line)] += inference
    parts["maintenance" if _is_maintenance(line) else "training"] += training
    parts["pool" if line.could_serve_or_train else "other"] += unresolved
    parts["internal_tools" if line.item.payer == "internal" else "other"] += line.neither
    return {bucket: amount for bucket, amount in parts.items() if amount}


def summed(lines: Iterable[SplitLine]) -> dict[tuple[Bucket, bool], Decimal]:
    """Amounts by bucket and by whether they are booked in cost of revenue."""
    sums: dict[tuple[Bucket, bool], Decimal] = defaultdict(lambda: ZERO)
    for line in lines:
        in_cogs = line.line.role is Role.COST_OF_REVENUE
        for bucket, amount in parts_of(line).items():
            booked: Bucket = "other" if bucket == "internal_tools" and in_cogs else bucket
            sums[booked, in_cogs] += amount
    return sums


def serving_credits(lines: Iterable[SplitLine]) -> Decimal:
    """Credits, positive, that paid for serving: in proportion to their supplier's usage."""
    known = tuple(lines)
    usage: dict[tuple[str, Period], list[SplitLine]] = defaultdict(list)
    for line in known:
        if line.item.subclass not in (CREDITS, TIMING):
            usage[line.line.vendor, line.line.period].append(line)
    return -sum(
        (
            line.line.amount * _serving_share(usage[line.line.vendor, line.line.period])
            for line in known
            if line.item.subclass == CREDITS
        ),
        ZERO,
    )


def is_unreconciled(line: SplitLine) -> bool:
    """True for what the books show less than the bills."""
    return line.item.subclass == UNRECONCILED


def _serving_share(lines: Iterable[SplitLine]) -> Decimal:
    known = tuple(lines)
    total = sum((abs(line.line.amount) for line in known), ZERO)
    serving = sum((abs(line.inference) + abs(line.unresolved) for line in known), ZERO)
    return serving / total if total else Decimal(1)


def _serving(line: SplitLine) -> Bucket:
    if _is_maintenance(line):
        return "maintenance"
    match line.item.payer:
        case "free" | "promo":
            return "free"
        case "internal":
            return "internal_tools"
    return "paid"


def _is_maintenance(line: SplitLine) -> bool:
    return line.item.subclass in MAINTENANCE_SUBCLASSES
