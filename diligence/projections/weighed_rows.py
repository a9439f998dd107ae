"""Usage rows with the weights of their models: exact sums by group, floats by row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from diligence.projections.token_weights import ModelWeights, TokenWeights
from diligence.projections.usage_rows import TOKEN_KINDS, UsageRows

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

BARE = "bare_requests"
"""Requests of rows that state no token count."""
SUMMED = (*TOKEN_KINDS, "reasoning_tokens", BARE, "retrievals", "tool_calls", "guardrail_calls")


@dataclass(frozen=True)
class ModelSums:
    """Exact totals of one group and one model."""

    key: tuple[str, ...]
    model: ModelWeights
    counts: dict[str, int]

    def weighted(self, kind: str) -> Fraction:
        """Tokens of one kind times the weight of the model."""
        return self.counts[kind] * Fraction(self.model.by_kind[TOKEN_KINDS.index(kind)])

    @property
    def weighted_tokens(self) -> Fraction:
        """All tokens, each at the weight of its kind."""
        return sum((self.weighted(kind) for kind in TOKEN_KINDS), Fraction(0))


@dataclass(frozen=True, eq=False)
class WeighedRows:
    """Rows and the weights of their models; ``place`` of a row is its model's position."""

    frame: pd.DataFrame
    place: npt.NDArray[np.int64]
    models: tuple[ModelWeights, ...]

    def sums(
        self, columns: Sequence[str] = (), *, where: pd.Series[bool] | None = None
    ) -> Iterator[ModelSums]:
        """Exact totals by group and model; they do not depend on the order of the rows."""
        table = self.frame[[*columns, *SUMMED]].assign(place=self.place)
        table = table if where is None else table[where]
        totals = table.groupby([*columns, "place"], observed=True)[list(SUMMED)].sum()
        for key, *counts in totals.itertuples(name=None):
            *group, place = key if columns else (key,)
            named = dict(zip(SUMMED, map(int, counts), strict=True))
            yield ModelSums(tuple(map(str, group)), self.models[place], named)

    def weights(self, bare_request: Fraction) -> npt.NDArray[np.float64]:
        """Weighted tokens of each row; ``bare_request`` stands for one request without tokens."""
        import numpy as np

        prices = np.array([[float(price) for price in item.by_kind] for item in self.models])
        tokens = self.frame[list(TOKEN_KINDS)].to_numpy(dtype=float)
        bare: npt.NDArray[np.float64] = self.frame[BARE].to_numpy() * float(bare_request)
        weighted: npt.NDArray[np.float64] = (tokens * prices[self.place]).sum(axis=1)
        return bare + weighted


def weigh_rows(rows: UsageRows, weights: TokenWeights) -> WeighedRows:
    """Join rows with the weights of their models."""
    import numpy as np

    frame = rows.frame
    provider, model = frame["provider"].cat, frame["model"].cat
    width = len(model.categories)
    pairs = provider.codes.to_numpy().astype("int64") * width + model.codes.to_numpy()
    found, place = np.unique(pairs, return_inverse=True)
    models = tuple(
        weights.of(provider.categories[pair // width], model.categories[pair % width])
        for pair in found.tolist()
    )
    bare = frame["requests"].where(~rows.has_tokens, 0)
    return WeighedRows(frame.assign(**{BARE: bare}), place.astype("int64"), models)
