"""Seeded monthly amounts whose last twelve months add up to a stated total, in whole cents."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from months import LAST_TWELVE, MONTHS, day_of, days_in, index_of

SEED = 20260630
WEEKEND = 0.7


@dataclass(frozen=True)
class Shape:
    """Dollars of the last twelve months, and how months differ.

    ``growth`` and ``noise`` are shares a month; ``first`` and ``last`` are the months with cost;
    ``levels`` multiply months from the one named on; ``fixed`` months are as stated.
    """

    ttm: float
    growth: float = 0.03
    noise: float = 0.03
    first: str = "2024-12"
    last: str = "2026-06"
    levels: Mapping[str, float] = field(default_factory=dict)
    fixed: Mapping[str, float] = field(default_factory=dict)


def draws_of(*names: str) -> np.random.Generator:
    """Random numbers that depend on the names alone, not on what was drawn before."""
    return np.random.default_rng([SEED, zlib.crc32("/".join(names).encode())])


def spread(total: int, weights: Sequence[float]) -> list[int]:
    """Split a whole number by weights; the largest remainders take what rounding leaves."""
    scale = total / sum(weights)
    parts = [int(np.floor(weight * scale)) for weight in weights]
    order = sorted(range(len(parts)), key=lambda i: parts[i] - weights[i] * scale)
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts


def monthly_cents(name: str, shape: Shape) -> list[int]:
    """Cents of each month; those of the last twelve add up to the total exactly."""
    return _monthly(name, shape, 100)


def monthly_dollars(name: str, shape: Shape) -> list[int]:
    """Whole dollars of each month; those of the last twelve add up to the total exactly."""
    return _monthly(name, shape, 1)


def _monthly(name: str, shape: Shape, per_dollar: int) -> list[int]:
    weights = _weights(name, shape)
    fixed = {index_of(label): round(per_dollar * usd) for label, usd in shape.fixed.items()}
    recent = sum(weights[i] for i in LAST_TWELVE)
    total = round(per_dollar * shape.ttm)
    free = total - sum(amount for i, amount in fixed.items() if i in LAST_TWELVE)
    series = [0] * len(MONTHS)
    if recent:
        series = [round(weight * free / recent) for weight in weights]
        parts = spread(free, [weights[i] for i in LAST_TWELVE])
        series[LAST_TWELVE.start :] = parts
    for i, amount in fixed.items():
        series[i] = amount
    return series


def _weights(name: str, shape: Shape) -> list[float]:
    draws = 2 * draws_of(name).random(len(MONTHS)) - 1
    first, last = index_of(shape.first), index_of(shape.last)
    levels = {index_of(label): level for label, level in shape.levels.items()}
    fixed = {index_of(label) for label in shape.fixed}
    weights, level = [], 1.0
    for i in range(len(MONTHS)):
        level = levels.get(i, level)
        weight = level * (1 + shape.growth) ** i * (1 + shape.noise * draws[i])
        weights.append(weight if first <= i <= last and i not in fixed else 0.0)
    return weights


def daily_cents(name: str, cents: int, month: int) -> list[int]:
    """Spread a month over its days; weekends are quieter."""
    draws = draws_of(name, str(month)).random(days_in(month))
    weights = [
        (WEEKEND if day_of(month, day + 1).weekday() > 4 else 1.0) * (0.92 + 0.16 * draws[day])
        for day in range(days_in(month))
    ]
    if cents < 0:
        return [-part for part in spread(-cents, weights)]
    return spread(cents, weights)
