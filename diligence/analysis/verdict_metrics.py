"""Figures of a deal that the rules of the verdict read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from diligence.costs import CostSplit, MarginLadder
from diligence.stress import BreakEven, Multiple, StressTest


def verdict_metrics(
    split: CostSplit,
    ladder: MarginLadder,
    break_evens: Iterable[BreakEven],
    stress: StressTest,
) -> dict[str, float | None]:
    """Collect the figures by name; None where one is not known.

    Parameters
    ----------
    split, ladder
        Of the headline period.
    break_evens, stress
        k* of the ladder, and price multiples through cash.
    """
    known = [found for found in break_evens if found.rung == "paid" and not found.segment]
    bought = [found for found in known if found.side in ("buy", "rent")]
    sold = [found for found in known if found.side == "sell"]
    paid = ladder.company.rung("paid")
    total = split.total
    return {
        "paid_margin": _number(paid.base),
        "paid_margin_low": _number(paid.low),
        "paid_margin_high": _number(paid.high),
        "break_even_0": _smallest(bought, "gross_margin_0", lambda found: found.multiple),
        "break_even_0_high": _smallest(bought, "gross_margin_0", lambda found: found.none_serves),
        "break_even_50": _smallest(bought, "gross_margin_50", lambda found: found.multiple),
        "sold_break_even_0": _largest(sold, "gross_margin_0"),
        "sold_break_even_50": _largest(sold, "gross_margin_50"),
        "runway_at_2x_months": stress.shortest_runway_doubled,
        "unresolved_share": float(split.unresolved / total) if total else None,
    }


def _smallest(
    found: Iterable[BreakEven], target: str, pick: Callable[[BreakEven], Multiple]
) -> float | None:
    """Smallest k* of what is bought; never and not exposed are infinite, unknown stays unknown."""
    picked = [pick(entry) for entry in found if entry.target == target]
    known = [
        float(m.k) if m.k is not None else float("inf")
        for m in picked
        if m.k is not None or m.status in ("never", "not_exposed")
    ]
    return min(known, default=None)


def _largest(found: Iterable[BreakEven], target: str) -> float | None:
    """Largest k* of what is sold: how little its price may fall; 0 when it may fall to nothing."""
    known = [
        float(entry.k) if entry.k is not None else 0.0
        for entry in found
        if entry.target == target and entry.status in ("breaks_at", "already_below", "never")
    ]
    return max(known, default=None)


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
