"""Quality beside price: scores on an open scale, and the offers that nothing earlier beats."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import logit

from diligence.errors import EstimationError
from diligence.trajectories.cost_history import FloatArray

CLIP = (0.005, 0.995)


def logit_score(scores: pd.Series, *, clip: tuple[float, float] = CLIP) -> pd.Series:
    """Put benchmark scores on a scale without ends: the log odds of a right answer.

    Parameters
    ----------
    scores
        Share of right answers, from 0 to 1.
    clip
        Lowest and highest share told apart, so that 0 and 1 stay finite.

    Raises
    ------
    EstimationError
        A score is missing or outside 0 to 1, or the clip is not inside them.

    Examples
    --------
    >>> logit_score(pd.Series([0.5, 0.9, 0.99, 1.0])).round(2).tolist()
    [0.0, 2.2, 4.6, 5.29]

    From 90 to 99 % is a longer way than from 50 to 90 %: nine of ten remaining mistakes are gone.
    """
    if not 0 < clip[0] < clip[1] < 1:
        raise EstimationError(f"The clip must rise within 0 and 1, got {clip}; try {CLIP}.")
    shares = pd.to_numeric(scores, errors="coerce").to_numpy(dtype=float)
    unusable = ~((shares >= 0) & (shares <= 1))
    if unusable.any():
        position = int(np.argmax(unusable))
        raise EstimationError(
            f"Scores must be shares from 0 to 1; found {scores.iloc[position]} at position "
            f"{position} of {len(scores)}. Divide percentages by 100 and drop missing scores."
        )
    return pd.Series(logit(shares.clip(*clip)), index=scores.index, name=scores.name)


def price_frontier(
    offers: pd.DataFrame, *, score: str, price: str = "price", date: str = "date"
) -> pd.DataFrame:
    """Keep the offers that no offer up to their date beats in price and score.

    Parameters
    ----------
    offers
        One row per offer.
    score, price, date
        Columns: the higher score and the lower price are better; dates, or numbers read as years.

    Returns
    -------
    pandas.DataFrame
        Rows of `offers`, in their order. One offer beats another when it came no later, is no
        dearer and no worse, and is cheaper or better.

    Raises
    ------
    EstimationError
        A column is missing, or a price, score or date cannot be used.

    Notes
    -----
    A fit to the frontier measures the best offer of each quality, and inherits the bias of
    record lows: print it beside a fit to all offers.

    Examples
    --------
    >>> offers = pd.DataFrame({"date": [2023, 2024, 2024, 2025], "score": [0.5, 0.6, 0.4, 0.7],
    ...                        "price": [10.0, 5.0, 6.0, 20.0]})
    >>> price_frontier(offers, score="score")["price"].tolist()
    [10.0, 5.0, 20.0]

    The 6 dollars for a score of 0.4 were beaten on their first day; the 20 dollars bought a score
    nobody had offered.
    """
    cost, quality = _column(offers, price), _column(offers, score)
    when = _column(offers, date)
    earlier = when[None, :] <= when[:, None]
    no_worse = (cost[None, :] <= cost[:, None]) & (quality[None, :] >= quality[:, None])
    better = (cost[None, :] < cost[:, None]) | (quality[None, :] > quality[:, None])
    beaten = np.asarray((earlier & no_worse & better).any(axis=1))
    return offers.iloc[np.flatnonzero(~beaten)]


def _column(offers: pd.DataFrame, name: str) -> FloatArray:
    if name not in offers.columns:
        raise EstimationError(f"The table has no column {name!r}; it has {list(offers.columns)}.")
    column = offers[name]
    if pd.api.types.is_datetime64_any_dtype(column):
        column = (column - pd.Timestamp("2000-01-01")) / pd.Timedelta(days=1)
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    if not np.isfinite(values).all():
        position = int(np.argmin(np.isfinite(values)))
        raise EstimationError(
            f"Column {name!r} needs a number or a date in every row; found "
            f"{offers[name].iloc[position]!r} in row {position + 1} of {len(offers)}. Convert "
            "dates with pd.to_datetime, and drop rows without a value."
        )
    return values
