"""What moves from outside: prices, tokens a request, usage and customers, month by month.

Arrays have the shape (months, paths); one path is a deterministic projection.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diligence.projections.company_model import PriceKey

Array = NDArray[Any]
"""Double precision for one path; single for the many of a simulation."""


@dataclass(frozen=True)
class Shock:
    """Multiples of today's level; what is not named stays at exactly one.

    Attributes
    ----------
    months
        Months of the projection; arrays have that many rows.
    prices
        Price multiple by key. A key with an empty supplier or model moves all that it covers; the
        most specific key wins.
    tokens
        Tokens for the same work (tokenizer, verbosity, agent steps, missed caches).
    usage
        Use per customer.
    customers
        Customers, beside the growth of the base.
    retraining
        Training cost, for example by cadence.
    """

    months: int
    prices: Mapping[PriceKey, Array] = field(default_factory=dict)
    tokens: Array | None = None
    usage: Array | None = None
    customers: Array | None = None
    retraining: Array | None = None

    def price(self, key: PriceKey) -> Array | None:
        """Multiple of one price, or None where it stays."""
        for candidate in _candidates(key):
            found = self.prices.get(candidate)
            if found is not None:
                return found
        return None

    @property
    def dtype(self) -> np.dtype[np.floating[Any]]:
        """Single precision where any level has it, else double."""
        levels = (self.tokens, self.usage, self.customers, self.retraining, *self.prices.values())
        is_single = any(level is not None and level.dtype == np.float32 for level in levels)
        return np.dtype(np.float32 if is_single else np.float64)

    def in_single_precision(self) -> Shock:
        """The same levels in half the memory: seven digits, enough for a simulation."""

        def single(level: Array | None) -> Any:
            return None if level is None else level.astype(np.float32, copy=False)

        return Shock(
            self.months,
            {key: single(level) for key, level in self.prices.items()},
            single(self.tokens),
            single(self.usage),
            single(self.customers),
            single(self.retraining),
        )

    def columns(self, first: int, last: int) -> Shock:
        """Return paths ``first`` to ``last`` (excluded)."""

        def cut(array: Array | None) -> Array | None:
            return array if array is None or array.shape[1] == 1 else array[:, first:last]

        return Shock(
            self.months,
            {
                key: array[:, first:last] if array.shape[1] > 1 else array
                for key, array in self.prices.items()
            },
            cut(self.tokens),
            cut(self.usage),
            cut(self.customers),
            cut(self.retraining),
        )


def _candidates(key: PriceKey) -> Iterator[PriceKey]:
    yield key
    if key.model:
        yield PriceKey(key.input, key.side, key.supplier)
    if key.supplier:
        yield PriceKey(key.input, key.side, "", key.model)
    yield PriceKey(key.input, key.side)


def no_shock(months: int) -> Shock:
    """Return the shock that moves nothing."""
    return Shock(months)


def constant_price_shock(key: PriceKey, multiple: float, *, months: int) -> Shock:
    """Multiply one price from the first month on."""
    return Shock(months, {key: np.full((months, 1), multiple)})
