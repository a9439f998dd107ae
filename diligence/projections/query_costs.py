"""Cost of a query: mean, median and 95th percentile, for all and by feature, plan or cohort."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from diligence.projections.cost_spread import CostSpread
from diligence.projections.usage_rows import NOT_STATED, UsageRows

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

ALL = "all"
QUANTILES = (0.5, 0.95)
NEEDS_REQUESTS = "usage request by request"


@dataclass(frozen=True)
class QueryCost:
    """Cost of the queries of one group, all-in: tokens, retrieval, tools, guardrails, retries.

    Attributes
    ----------
    dimension, name
        Such as ``feature`` and ``chat``; ``all`` and ``all`` for everything.
    cost
        Money of the period; the groups of a dimension add up to the serving cost exactly.
    queries
        Requests of the period; None when a row of the group does not state them.
    median, p95
        Money a request, over ``sample`` requests seen one by one; None without any.
    needs
        What is missing, in words; empty when nothing is.
    """

    dimension: str
    name: str
    cost: Decimal
    queries: int | None
    median: float | None = None
    p95: float | None = None
    sample: int = 0
    needs: str = ""

    @property
    def mean(self) -> Decimal | None:
        """Money a query: cost over queries."""
        return self.cost / self.queries if self.queries else None

    @property
    def tail(self) -> float | None:
        """95th percentile over median; None where the median is 0 or not known."""
        return self.p95 / self.median if self.p95 is not None and self.median else None


def query_costs(
    spread: CostSpread, dimension: str = ALL, *, sample: UsageRows | None = None
) -> tuple[QueryCost, ...]:
    """Cost of queries by one dimension, dearest first.

    Parameters
    ----------
    spread
        Serving cost over usage.
    dimension
        One of ``usage_rows.DIMENSIONS``, or ``all``.
    sample
        Requests one by one that stand beside daily totals; they are costed at the same rates and
        give median and 95th percentile only.
    """
    columns = [] if dimension == ALL else [dimension]
    queries = _queries(spread.rows, columns)
    singles = spread.rows if spread.rows.kind == "request" else sample
    spreads = _quantiles(spread, singles, columns) if singles is not None else {}
    found = [
        _query_cost(dimension, key, cost, queries.get(key), spreads.get(key))
        for key, cost in spread.cost_by(columns).items()
    ]
    return tuple(sorted(found, key=lambda item: (-item.cost, item.name)))


def query_frame(items: tuple[QueryCost, ...]) -> pd.DataFrame:
    """One row a group; amounts in reporting currency."""
    import pandas as pd

    columns = ["dimension", "name", "cost", "queries", "mean", "median", "p95", "tail", "sample"]
    rows = [[getattr(item, column) for column in (*columns, "needs")] for item in items]
    return pd.DataFrame(rows, columns=[*columns, "needs"], dtype=object)


def _query_cost(
    dimension: str,
    key: tuple[str, ...],
    cost: Decimal,
    queries: int | None,
    spread: tuple[float, float, int] | None,
) -> QueryCost:
    median, p95, sample = spread or (None, None, 0)
    missing = ["requests of every row"] if queries is None else []
    missing += [NEEDS_REQUESTS] if spread is None else []
    return QueryCost(
        dimension=dimension,
        name=(key[0] or NOT_STATED) if key else ALL,
        cost=cost,
        queries=queries,
        median=median,
        p95=p95,
        sample=sample,
        needs=" and ".join(missing),
    )


def _queries(rows: UsageRows, columns: list[str]) -> dict[tuple[str, ...], int | None]:
    counted = rows.frame[[*columns, "requests"]].assign(known=rows.has_requests)
    if not columns:
        known = bool(counted["known"].all())
        return {(): int(counted["requests"].sum()) if known else None}
    groups = counted.groupby(columns, observed=True).agg({"requests": "sum", "known": "all"})
    return {
        (str(key[0] if isinstance(key, tuple) else key),): int(requests) if known else None
        for key, requests, known in groups.itertuples(name=None)
    }


def _quantiles(
    spread: CostSpread, singles: UsageRows, columns: list[str]
) -> dict[tuple[str, ...], tuple[float, float, int]]:
    import pandas as pd

    costs: pd.Series[Any] = pd.Series(spread.row_costs(singles))
    single = singles.frame["requests"] == 1
    if not single.any():
        return {}
    if not columns:
        return {(): _two_quantiles(costs[single].to_numpy())}
    groups = costs[single].groupby(singles.frame[columns[0]][single], observed=True)
    return {(str(name),): _two_quantiles(group.to_numpy()) for name, group in groups}


def _two_quantiles(costs: npt.NDArray[np.floating[Any]]) -> tuple[float, float, int]:
    import numpy as np

    median, p95 = np.quantile(costs, QUANTILES)
    return float(median), float(p95), len(costs)
