"""Where each part of a split line stands in the margin ladder."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
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
    "open_training",
]
MAINTENANCE_SUBCLASSES = frozenset({"recurring_finetune", "maintenance_training"})
CREDITS = "credit_or_discount"
TIMING = "prepayment_timing"
UNRECONCILED = "unreconciled"
UNDIVIDED = "undivided"
CAPITALISED = "amortisation_training"
ZERO = Decimal(0)


def parts_of(line: SplitLine) -> dict[Bucket, Decimal]:
    """Parts of a line by bucket; they add up to its amount. Parts of zero are left out."""
    if hides_cost(line) or line.item.subclass == TIMING:
        name: Bucket = "credits" if hides_cost(line) else "timing"
        return {name: line.line.amount} if line.line.amount else {}
    unresolved = line.unresolved
    inference, training = line.inference, line.training
    if line.is_pool:
        # An assumption's share of the pool is applied by the ladder, which shows its bound.
        unresolved, inference, training = line.line.amount - line.neither, ZERO, ZERO
    parts: dict[Bucket, Decimal] = defaultdict(lambda: ZERO)
    parts[_serving(line)] += inference
    parts["maintenance" if _is_maintenance(line) else "training"] += training
    parts[_unresolved(line)] += unresolved
    parts["internal_tools" if line.item.payer == "internal" else "other"] += line.neither
    return {bucket: amount for bucket, amount in parts.items() if amount}


def summed(lines: Iterable[SplitLine]) -> dict[tuple[Bucket, bool], Decimal]:
    """Amounts by bucket and by whether they are booked in cost of revenue."""
    sums: dict[tuple[Bucket, bool], Decimal] = defaultdict(lambda: ZERO)
    known = tuple(lines)
    is_undone = capitalises_training(known)
    for line in known:
        in_cogs = line.line.role is Role.COST_OF_REVENUE
        parts = parts_of(line)
        if is_undone and line.item.subclass == CAPITALISED:
            parts = {"timing": line.line.amount}
        for bucket, amount in parts.items():
            stays = bucket in ("internal_tools", "open_training") and in_cogs
            booked: Bucket = "other" if stays else bucket
            sums[booked, in_cogs] += amount
    return sums


def capitalises_training(lines: Iterable[SplitLine]) -> bool:
    """True when the books take training out of cost into an asset: a negative line of its own.

    The transfer and the amortisation that follows it are then left out below the reported rung:
    training counts when it is spent. Amortisation without a transfer stays: the books show no
    other training cost in its place.
    """
    return any(line.item.subclass == CAPITALISED and line.line.amount < 0 for line in lines)


@dataclass(frozen=True)
class Movable:
    """Money of lines that have a class and may still turn out otherwise."""

    payer_open_paid: Decimal = ZERO
    payer_open_free: Decimal = ZERO
    may_leave_paid: Decimal = ZERO
    may_leave_maintenance: Decimal = ZERO
    may_join_serving: Decimal = ZERO
    serving_less: Decimal = ZERO
    serving_more: Decimal = ZERO


def movable(lines: Iterable[SplitLine]) -> Movable:
    """Add up flagged lines with a class by where they could move, and open payers."""
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for line in lines:
        parts = parts_of(line)
        sums["serving_less"] += line.serving_less
        sums["serving_more"] += line.serving_more
        if line.payer_open:
            sums["payer_open_paid"] += max(ZERO, parts.get("paid", ZERO))
            sums["payer_open_free"] += max(ZERO, parts.get("free", ZERO))
        if not line.item.is_flagged or line.item.cost_class == "shared":
            continue
        if line.item.cost_class == "inference_opex" and line.item.alternatives:
            sums["may_leave_paid"] += max(ZERO, parts.get("paid", ZERO))
            sums["may_leave_maintenance"] += max(ZERO, parts.get("maintenance", ZERO))
        elif "inference_opex" in line.item.alternatives and not _is_in_serving_cost(line):
            sums["may_join_serving"] += max(ZERO, line.line.amount)
    return Movable(**sums)


def _is_in_serving_cost(line: SplitLine) -> bool:
    """True when the serving rungs hold the line already, or could not hold it as a cost."""
    if line.item.subclass in (CREDITS, UNRECONCILED):
        return True
    if line.item.cost_class != "neither":
        return False
    # Of what is no AI cost today only that moves whose likeliest other class is serving.
    is_likely = line.item.alternatives[0] == "inference_opex"
    return line.line.role is Role.COST_OF_REVENUE or not is_likely


def serving_credits(lines: Iterable[SplitLine]) -> Decimal:
    """Credits, positive, that paid for serving: in proportion to their supplier's usage."""
    known = tuple(lines)
    usage: dict[tuple[str, Period], list[SplitLine]] = defaultdict(list)
    for line in known:
        if not hides_cost(line) and line.item.subclass != TIMING:
            usage[line.line.vendor, line.line.period].append(line)
    return -sum(
        (
            line.line.amount * _serving_share(usage[line.line.vendor, line.line.period])
            for line in known
            if hides_cost(line)
        ),
        ZERO,
    )


def hides_cost(line: SplitLine) -> bool:
    """True for a credit that paid for usage; a refund or credit note (flagged) lowered its cost."""
    return line.item.subclass == CREDITS and not line.item.is_flagged


def is_unreconciled(line: SplitLine) -> bool:
    """True for what the books show less than the bills."""
    return line.item.subclass == UNRECONCILED


def _serving_share(lines: Iterable[SplitLine]) -> Decimal:
    known = tuple(lines)
    total = sum((abs(line.line.amount) for line in known), ZERO)
    serving = sum((abs(line.inference) + abs(line.unresolved) for line in known), ZERO)
    return serving / total if total else Decimal(1)


def _unresolved(line: SplitLine) -> Bucket:
    if line.could_serve_or_train:
        return "pool"
    is_known_kind = not line.item.subclass.startswith(UNDIVIDED)
    trains = is_known_kind and "training_capex" in line.item.alternatives
    return "open_training" if trains else "other"


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
