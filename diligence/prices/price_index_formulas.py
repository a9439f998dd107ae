"""Price level of one period against another: the textbook formulas, on matched items.

References
----------
Balk, B. M. (2008). Price and Quantity Index Numbers. Cambridge University Press, chapter 3.
IMF et al. (2004). Producer Price Index Manual: Theory and Practice, chapters 15-16 and 19.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

IndexMethod = Literal[
    "jevons", "dutot", "carli", "laspeyres", "paasche", "fisher", "tornqvist", "walsh"
]


@dataclass(frozen=True)
class Comparison:
    """Prices and quantities of the items that were priced in both periods."""

    base_price: Vector
    price: Vector
    base_quantity: Vector
    quantity: Vector


Formula = Callable[[Comparison], float]


def jevons(items: Comparison) -> float:
    """Geometric mean of the price relatives."""
    return float(np.exp(np.mean(np.log(items.price / items.base_price))))


def dutot(items: Comparison) -> float:
    """Ratio of the mean prices; depends on the units of the items."""
    return float(items.price.mean() / items.base_price.mean())


def carli(items: Comparison) -> float:
    """Arithmetic mean of the price relatives; drifts upwards when chained."""
    return float(np.mean(items.price / items.base_price))


def laspeyres(items: Comparison) -> float:
    """Cost of the basket of the base period, at both periods' prices."""
    return _basket(items, items.base_quantity)


def paasche(items: Comparison) -> float:
    """Cost of the basket of the current period, at both periods' prices."""
    return _basket(items, items.quantity)


def fisher(items: Comparison) -> float:
    """Geometric mean of Laspeyres and Paasche."""
    return float(np.sqrt(laspeyres(items) * paasche(items)))


def walsh(items: Comparison) -> float:
    """Cost of the basket of geometric mean quantities."""
    return _basket(items, np.sqrt(items.base_quantity * items.quantity))


def tornqvist(items: Comparison) -> float:
    """Geometric mean of the price relatives, weighted by the mean share of spending."""
    before = items.base_price * items.base_quantity
    after = items.price * items.quantity
    weights = (before / before.sum() + after / after.sum()) / 2
    return float(np.exp(np.sum(weights * np.log(items.price / items.base_price))))


def _basket(items: Comparison, quantity: Vector) -> float:
    return float((items.price @ quantity) / (items.base_price @ quantity))


FORMULAS: Mapping[IndexMethod, Formula] = MappingProxyType(
    {
        "jevons": jevons,
        "dutot": dutot,
        "carli": carli,
        "laspeyres": laspeyres,
        "paasche": paasche,
        "fisher": fisher,
        "tornqvist": tornqvist,
        "walsh": walsh,
    }
)
UNWEIGHTED: frozenset[IndexMethod] = frozenset({"jevons", "dutot", "carli"})
# Swapping the two periods inverts these exactly; multilateral averaging needs that.
TIME_REVERSIBLE: frozenset[IndexMethod] = frozenset({"jevons", "fisher", "tornqvist", "walsh"})
