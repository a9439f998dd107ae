"""Quality-adjusted index: log price on period dummies and on what the model can do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import stdtrit

from diligence.errors import EstimationError
from diligence.prices.price_index import IndexPoint, PriceIndex, position_of
from diligence.prices.price_index_table import (
    PriceTable,
    as_numbers,
    period_label,
    read_price_table,
    require_columns,
)

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.90
FEWEST_ITEMS_TO_CLUSTER = 5


@dataclass(frozen=True)
class QualityEffect:
    """What one more unit of a quality adds to the log price.

    Parameters
    ----------
    name
        Column, or column and category for a text column.
    log_price, std_error
        Change of the log price and its standard error; 0.693 doubles the price.
    """

    name: str
    log_price: float
    std_error: float


@dataclass(frozen=True)
class HedonicIndex(PriceIndex):
    """Time-dummy hedonic index; each point carries its 90 % interval.

    Adds to `PriceIndex`:

    Parameters
    ----------
    quality
        Estimated effect of each quality on log price.
    n_observations
        Prices used.
    degrees_of_freedom
        Of the t distribution behind the intervals.
    residual_std_log
        Spread of log price that neither period nor quality explains.
    log_std_errors
        Standard error of the log index by period; 0 at the base.
    """

    quality: tuple[QualityEffect, ...] = ()
    n_observations: int = 0
    degrees_of_freedom: float = math.nan
    residual_std_log: float = math.nan
    log_std_errors: tuple[float, ...] = field(default=(), repr=False)

    def conf_int(self, level: float = LEVEL) -> pd.DataFrame:
        """Interval of the index by period.

        Parameters
        ----------
        level
            Share of samples in which an interval should hold the true level, between 0 and 1.

        Raises
        ------
        EstimationError
            `level` is not between 0 and 1.
        """
        import pandas as pd

        if not 0 < level < 1:
            raise EstimationError(f"The level must lie between 0 and 1, got {level!r}; try 0.90.")
        bounds = _bounds(
            np.log([point.index for point in self.points]),
            np.array(self.log_std_errors),
            float(stdtrit(self.degrees_of_freedom, (1 + level) / 2)),
        )
        frame = pd.DataFrame(bounds, columns=["low", "high"])
        return frame.assign(period=[p.period for p in self.points]).set_index("period")

    def _facts(self) -> dict[str, str]:
        effects = [f"{q.name} {q.log_price:+.3f} (se {q.std_error:.3f})" for q in self.quality]
        return super()._facts() | {
            "Observations": f"{self.n_observations}, residual sd {self.residual_std_log:.2f} log",
            "Quality": "; ".join(effects) or "none: prices are not adjusted",
        }


def hedonic_index(
    observations: pd.DataFrame,
    *,
    quality: Sequence[str],
    weights: str | None = None,
    base: Any = None,
) -> HedonicIndex:
    """Index of the price of constant quality, by regression with a dummy for each period.

    log price = period effect + quality effects + residual; the index is exp(period effect).

    Parameters
    ----------
    observations
        One row per period and item: ``period``, ``item``, ``price`` above 0, and the columns
        named in `quality` and `weights`. Items need not recur.
    quality
        Columns that describe an item. Numbers enter as they are (give scores as logits, sizes as
        logarithms); text and true/false enter as categories. ``("item",)`` gives the time-product
        dummy index, in which each item is its own quality.
    weights
        Column of positive weights, such as spending; equal weights when left out.
    base
        Period at which the index is 1; the first when left out.

    Returns
    -------
    HedonicIndex
        Where items recur, standard errors are robust to errors shared by an item's prices
        (clustered by item), because a list price seen twelve times is not twelve facts.

    Raises
    ------
    EstimationError
        A value cannot be used, or the data cannot tell period and quality apart.

    Examples
    --------
    >>> import pandas as pd
    >>> listed = pd.DataFrame(
    ...     {
    ...         "period": [1, 1, 1, 2, 2, 2],
    ...         "item": list("abcdef"),
    ...         "price": [2.0, 4.0, 8.0, 2.1, 3.9, 8.0],
    ...         "score": [1.0, 2.0, 3.0, 2.0, 3.0, 4.0],
    ...     }
    ... )
    >>> index = hedonic_index(listed, quality=("score",))
    >>> round(index.change, 2), round(index.last.low, 2), round(index.last.high, 2)
    (-0.49, 0.48, 0.54)

    The average price did not move, but it bought one point of score more: at equal score the
    price all but halved. That holds for a buyer who values the score as the market priced it.

    References
    ----------
    IMF et al. (2004). Producer Price Index Manual: Theory and Practice, chapter 21.
    """
    table = read_price_table(observations, weighted=False)
    design = _quality_columns(observations, quality, table)
    start = position_of(table, base)
    dummies = _period_dummies(observations, table, start)
    line, degrees = _fit(observations, dummies, design, weights)
    return _as_index(line, degrees, table=table, start=start, names=list(design.columns))


def _quality_columns(
    observations: pd.DataFrame, quality: Sequence[str], table: PriceTable
) -> pd.DataFrame:
    import pandas as pd

    require_columns(observations, ("period", "item", "price", *quality))
    columns = observations.loc[:, list(quality)]
    if columns.isna().any(axis=None):
        row = columns.isna().any(axis="columns").argmax()
        raise EstimationError(
            f"Quality is missing in {int(columns.isna().any(axis='columns').sum())} of "
            f"{len(columns)} rows, first for item {observations['item'].iloc[row]!r} "
            f"in {period_label(observations['period'].iloc[row])}; leave these rows out, or the "
            "column, and say so."
        )
    text = [name for name in quality if not pd.api.types.is_numeric_dtype(columns[name].dtype)]
    text += [name for name in quality if pd.api.types.is_bool_dtype(columns[name].dtype)]
    kinds = list(dict.fromkeys(text))
    coded = pd.get_dummies(columns, columns=kinds, drop_first=True) if kinds else columns
    return coded.astype(float).reset_index(drop=True)


def _period_dummies(observations: pd.DataFrame, table: PriceTable, start: int) -> pd.DataFrame:
    import pandas as pd

    coded = pd.get_dummies(pd.Categorical(observations["period"], categories=table.periods))
    return coded.drop(columns=coded.columns[start]).astype(float)


def _fit(
    observations: pd.DataFrame, dummies: pd.DataFrame, design: pd.DataFrame, weights: str | None
) -> tuple[Any, float]:
    from statsmodels.regression.linear_model import WLS

    log_price = np.log(as_numbers(observations, "price").to_numpy())
    regressors = np.column_stack([np.ones(len(log_price)), dummies, design])
    _require_identified(regressors)
    model = WLS(log_price, regressors, weights=_weights(observations, weights))
    groups = observations["item"].astype("category").cat.codes.to_numpy()
    n_items = int(groups.max()) + 1
    if n_items == len(groups) or n_items < FEWEST_ITEMS_TO_CLUSTER:
        line = model.fit()
        return line, float(line.df_resid)
    clustered = model.fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    return clustered, float(n_items - 1)


def _weights(observations: pd.DataFrame, column: str | None) -> Any:
    if column is None:
        return 1.0
    require_columns(observations, ("period", "item", "price", column))
    values = as_numbers(observations, column).to_numpy()
    if not (np.isfinite(values) & (values > 0)).all():
        found = observations[column].iloc[int(np.argmin(np.nan_to_num(values)))]
        raise EstimationError(
            f"Weights in {column!r} must be above 0, got {found!r}; leave out what was not bought."
        )
    return values


def _require_identified(regressors: Any) -> None:
    rows, columns = regressors.shape
    if rows <= columns:
        raise EstimationError(
            f"{rows} prices cannot identify {columns} effects (periods and qualities); use fewer "
            "qualities, longer periods, or more models."
        )
    if np.linalg.matrix_rank(regressors) < columns:
        raise EstimationError(
            "Period and quality cannot be told apart: a quality is the same in every row, moves "
            "with the period only, or repeats another. Leave it out."
        )


def _as_index(
    line: Any, degrees: float, *, table: PriceTable, start: int, names: list[str]
) -> HedonicIndex:
    n = len(table.periods)
    logs, errors = (np.insert(np.asarray(v)[1:n], start, 0.0) for v in (line.params, line.bse))
    bounds = _bounds(logs, errors, float(stdtrit(degrees, (1 + LEVEL) / 2)))
    points = tuple(
        IndexPoint(
            period=period,
            index=float(np.exp(logs[t])),
            n_items=table.n_items(t),
            n_matched=table.n_matched(max(t - 1, 0), t),
            low=float(bounds[t, 0]),
            high=float(bounds[t, 1]),
        )
        for t, period in enumerate(table.periods)
    )
    effects = zip(names, np.asarray(line.params)[n:], np.asarray(line.bse)[n:], strict=True)
    return HedonicIndex(
        method="time-dummy hedonic",
        base_period=table.periods[start],
        points=points,
        notes=_notes(degrees),
        quality=tuple(QualityEffect(name, float(e), float(s)) for name, e, s in effects),
        n_observations=int(line.nobs),
        degrees_of_freedom=degrees,
        residual_std_log=math.sqrt(line.mse_resid),
        log_std_errors=tuple(float(error) for error in errors),
    )


def _bounds(logs: Any, errors: Any, quantile: float) -> Any:
    with np.errstate(over="ignore"):
        return np.exp(np.column_stack([logs - quantile * errors, logs + quantile * errors]))


def _notes(degrees: float) -> tuple[str, ...]:
    note = "Quality as measured by the columns given; what they do not measure counts as price."
    if degrees >= 10:
        return (note,)
    return note, f"Only {degrees:.0f} degrees of freedom: read the interval, not the estimate."
