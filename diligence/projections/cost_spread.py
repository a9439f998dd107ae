"""Spreads the serving cost of a period over its usage, so that the parts add up to it exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from diligence.errors import InputError
from diligence.projections.exact_parts import apportion, to_decimal
from diligence.projections.token_weights import TokenWeights
from diligence.projections.usage_rows import TOKEN_KINDS, UsageRows
from diligence.projections.weighed_rows import BARE, ModelSums, WeighedRows, weigh_rows

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

ZERO = Decimal(0)
NOTHING = Fraction(0)
TOKENS = "tokens"
DRIVERS: Mapping[str, str] = {
    "tokens": TOKENS,
    "hosting": TOKENS,
    "retrieval": "retrievals",
    "tools": "tool_calls",
    "guardrails": "guardrail_calls",
}
"""Components of serving cost and what each is spread by; with the tokens where that is unknown."""


@dataclass(frozen=True)
class CostDriver:
    """Money of the period spread in proportion to one count, and that count in total."""

    name: str
    cost: Decimal
    total: Fraction

    @property
    def rate(self) -> Fraction:
        """Money for one unit of the count."""
        return Fraction(self.cost) / self.total if self.total else NOTHING


@dataclass(frozen=True, eq=False)
class CostSpread:
    """Serving cost of a period over rows of usage; every grouping adds up to it exactly.

    ``tokens`` is the driver by weighted tokens and ``others`` are the drivers by count.
    ``bare_request`` is the weight of one request whose row states no tokens: the mean of those
    that do.
    """

    rows: UsageRows
    weights: TokenWeights
    serving_cost: Decimal
    tokens: CostDriver
    others: tuple[CostDriver, ...]
    bare_request: Fraction
    weighed: WeighedRows
    notes: tuple[str, ...] = ()

    def cost_by(self, columns: Sequence[str]) -> dict[tuple[str, ...], Decimal]:
        """Cost by one or more texts of the rows; adds up to the serving cost exactly.

        Parts are rounded to a millionth of the currency (finer where the cost itself is).
        """
        return apportion(self.serving_cost, self.fractions_by(columns))

    def fractions_by(
        self, columns: Sequence[str], *, where: pd.Series[bool] | None = None
    ) -> dict[tuple[str, ...], Fraction]:
        """Cost by group, unrounded, of all rows or of some."""
        costs: dict[tuple[str, ...], Fraction] = {}
        for sums in self.weighed.sums(columns, where=where):
            costs[sums.key] = costs.get(sums.key, NOTHING) + self._cost(sums)
        return costs

    def cost_by_kind(self) -> dict[str, Decimal]:
        """Cost by token kind, of rows without token counts, and by count; adds up exactly."""
        rate = self.tokens.rate
        parts = dict.fromkeys((*TOKEN_KINDS, BARE), NOTHING)
        for sums in self.weighed.sums():
            for kind in TOKEN_KINDS:
                parts[kind] += rate * sums.weighted(kind)
            parts[BARE] += rate * sums.counts[BARE] * self.bare_request
        parts |= {driver.name: Fraction(driver.cost) for driver in self.others}
        return apportion(self.serving_cost, parts)

    def reasoning_cost(self) -> Decimal:
        """Cost of reasoning tokens, a part of the cost of output tokens."""
        weighted = sum(
            (
                sums.counts["reasoning_tokens"] * Fraction(sums.model.output)
                for sums in self.weighed.sums()
            ),
            NOTHING,
        )
        return to_decimal(self.tokens.rate * weighted)

    def unlisted_share(self) -> Fraction:
        """Share of the token-driven cost on models that weigh at the default ratios."""
        total = unlisted = NOTHING
        for sums in self.weighed.sums():
            total += sums.weighted_tokens
            if sums.model.basis == "default ratio":
                unlisted += sums.weighted_tokens
        return unlisted / total if total else NOTHING

    def row_costs(self, rows: UsageRows | None = None) -> npt.NDArray[np.float64]:
        """Cost of each row as floats: for statistics, not for sums.

        Parameters
        ----------
        rows
            Other rows to cost at the same rates, such as a sample of requests; a model that they
            alone name weighs as an unlisted one.
        """
        if rows is None or rows is self.rows:
            return self._own_row_costs
        return self._row_costs(weigh_rows(rows, self.weights))

    @cached_property
    def _own_row_costs(self) -> npt.NDArray[np.float64]:
        return self._row_costs(self.weighed)

    def _row_costs(self, weighed: WeighedRows) -> npt.NDArray[np.float64]:
        costs = weighed.weights(self.bare_request) * float(self.tokens.rate)
        for driver in self.others:
            costs = costs + weighed.frame[driver.name].to_numpy() * float(driver.rate)
        return costs

    def _cost(self, sums: ModelSums) -> Fraction:
        weight = sums.weighted_tokens + sums.counts[BARE] * self.bare_request
        by_count = (driver.rate * sums.counts[driver.name] for driver in self.others)
        return self.tokens.rate * weight + sum(by_count, NOTHING)


def spread_cost(
    rows: UsageRows,
    weights: TokenWeights,
    *,
    serving_cost: Decimal,
    components: Mapping[str, Decimal] | None = None,
) -> CostSpread:
    """Spread the serving cost of the rows' period over them.

    Parameters
    ----------
    rows, weights
        The usage, and how heavily its tokens weigh.
    serving_cost
        Actual inference cost of the period in reporting currency, without recurring fine-tuning.
    components
        Parts of it by name (``DRIVERS``); what they leave is spread with the tokens.

    Raises
    ------
    InputError
        On a negative amount, an unknown component, components above the whole, or when usage
        gives nothing to spread the cost over.
    """
    stated = dict(components or {})
    _check_amounts(serving_cost, stated)
    weighed = weigh_rows(rows, weights)
    totals = _totals(weighed)
    bare = _bare_request(rows, weighed, totals)
    weight = totals[TOKENS] + totals[BARE] * bare
    by_count = tuple(
        CostDriver(DRIVERS[name], amount, totals[DRIVERS[name]])
        for name, amount in sorted(stated.items())
        if amount and DRIVERS[name] != TOKENS and totals[DRIVERS[name]]
    )
    with_tokens = serving_cost - sum((driver.cost for driver in by_count), ZERO)
    if with_tokens and not weight:
        raise InputError(
            f"usage of {rows.period.label} has no token or request above 0; "
            f"{with_tokens:,f} of serving cost needs one to be spread over"
        )
    return CostSpread(
        rows=rows,
        weights=weights,
        serving_cost=serving_cost,
        tokens=CostDriver(TOKENS, with_tokens, weight),
        others=by_count,
        bare_request=bare,
        weighed=weighed,
        notes=tuple(_notes(rows, stated, totals)),
    )


def _check_amounts(serving_cost: Decimal, components: Mapping[str, Decimal]) -> None:
    unknown = sorted(set(components) - set(DRIVERS))
    if unknown:
        raise InputError(
            f"{unknown[0]!r} is no component of serving cost; known: {', '.join(DRIVERS)}"
        )
    for name, amount in [("serving_cost", serving_cost), *components.items()]:
        if not amount.is_finite() or amount < 0:
            raise InputError(f"{name} is {amount}; it needs an amount of at least 0")
    parts = sum(components.values(), ZERO)
    if parts > serving_cost:
        raise InputError(
            f"components add up to {parts:,f}, more than the serving cost of {serving_cost:,f}; "
            "state each part once"
        )


def _totals(weighed: WeighedRows) -> dict[str, Fraction]:
    totals: dict[str, Fraction] = dict.fromkeys((TOKENS, BARE, *DRIVERS.values()), NOTHING)
    for sums in weighed.sums():
        totals[TOKENS] += sums.weighted_tokens
        for name in (BARE, *(name for name in DRIVERS.values() if name != TOKENS)):
            totals[name] += sums.counts[name] if name != TOKENS else 0
    return totals


def _bare_request(
    rows: UsageRows, weighed: WeighedRows, totals: Mapping[str, Fraction]
) -> Fraction:
    """Mean weight of a request that states tokens; 1 when no row states any."""
    if not totals[TOKENS] or not totals[BARE]:
        return Fraction(1)
    counted = rows.has_tokens & rows.has_requests
    weight = sum((s.weighted_tokens for s in weighed.sums(where=counted)), NOTHING)
    requests = int(rows.frame["requests"][counted].sum())
    if not weight or not requests:
        raise InputError(
            f"{int(totals[BARE]):,} requests have no token counts and no row states both; "
            "usage needs rows with requests and tokens to know what a request weighs"
        )
    return weight / requests


def _notes(
    rows: UsageRows, components: Mapping[str, Decimal], totals: Mapping[str, Fraction]
) -> list[str]:
    notes = []
    if totals[BARE]:
        weighs = "the mean of the others" if totals[TOKENS] else "alike: no row states tokens"
        notes.append(f"{int(totals[BARE]):,} requests without token counts weigh {weighs}")
    for name, amount in sorted(components.items()):
        if amount and not totals[DRIVERS[name]] and DRIVERS[name] != TOKENS:
            notes.append(f"no {DRIVERS[name]} in usage: cost of {name} is spread with the tokens")
    empty = ~rows.has_tokens & ~rows.has_requests
    if empty.any():
        notes.append(f"{int(empty.sum()):,} rows state neither tokens nor requests and cost 0")
    return notes
