"""Simulated price lists with a known pace: what each estimator makes of their new lows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from diligence.errors import EstimationError
from diligence.trajectories.price_decline_fit import PriceDeclineFit
from diligence.trajectories.record_decline import RecordDeclineFit, fit_record_decline
from diligence.trajectories.record_prices import record_prices
from diligence.trajectories.record_trend import fit_record_trend

FloatArray = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], FloatArray]

NOMINAL = 0.90
METHODS = ("record-aware", "record OLS", "all-points OLS")
DAYS_PER_YEAR = 365.25


def uniform_dates(rng: np.random.Generator, size: int) -> FloatArray:
    """Dates spread evenly over the span, as shares of it."""
    return rng.uniform(0, 1, size)


def normal_errors(rng: np.random.Generator, size: int) -> FloatArray:
    """Errors of unit standard deviation."""
    return rng.standard_normal(size)


@dataclass(frozen=True)
class SimulatedMarket:
    """Offers whose log price falls along a straight line and scatters around it.

    Parameters
    ----------
    fold_per_year
        Times cheaper a year, above 0.
    scatter_log
        Standard deviation of log price around the line; price lists show 1.3 to 1.6.
    offers, years
        Number of offers, and the span of their dates.
    dates, errors
        How dates (shares of the span) and errors (unit standard deviation) are drawn.

    Examples
    --------
    >>> market = SimulatedMarket(fold_per_year=10, scatter_log=1.5)
    >>> len(market.prices(seed=1)), len(record_prices(market.prices(seed=1)))
    (40, 9)
    """

    fold_per_year: float
    scatter_log: float
    offers: int = 40
    years: float = 2.0
    dates: Draw = uniform_dates
    errors: Draw = normal_errors

    def prices(self, *, seed: int, start: str | None = None) -> pd.Series:
        """Draw one price list, the line starting at 1; indexed by years, or by days from `start`.

        Parameters
        ----------
        seed
            The same seed gives the same list.
        start
            First day, such as "2024-01-01"; None leaves years from 0.
        """
        rng = np.random.default_rng(seed)
        years = np.sort(self.years * self.dates(rng, self.offers))
        log_price = self.scatter_log * self.errors(rng, self.offers)
        log_price -= math.log(self.fold_per_year) * years
        index: pd.Index = pd.Index(years)
        if start is not None:
            days = pd.to_timedelta(np.round(DAYS_PER_YEAR * years), unit="D")
            index = pd.DatetimeIndex(pd.Timestamp(start) + days, name="date")
        return pd.Series(np.exp(log_price), index=index, name="price")


def estimates_of(prices: pd.Series) -> pd.DataFrame:
    """Pace of one price list by each method.

    Parameters
    ----------
    prices
        Price of every offer by date. ``record-aware`` is shown the new lows and the bare dates
        of the others, ``record OLS`` the new lows, ``all-points OLS`` everything.

    Returns
    -------
    pandas.DataFrame
        By method: ``fold_per_year``, ``low``, ``high`` (90 % interval), ``conclusive``; a method
        that refuses the list leaves its row empty.
    """
    lows = record_prices(prices)
    lowest = prices.groupby(level=0).min() if not prices.index.is_unique else prices
    fits: dict[str, Callable[[], PriceDeclineFit]] = {
        METHODS[0]: lambda: fit_record_decline(lows, prices.index),
        METHODS[1]: lambda: fit_record_trend(lows),
        METHODS[2]: lambda: fit_record_trend(lowest),
    }
    rows = {method: _row(fit) for method, fit in fits.items()}
    columns = ["fold_per_year", "low", "high", "conclusive"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("method")


def measure_estimators(market: SimulatedMarket, *, seeds: Iterable[int]) -> pd.DataFrame:
    """Draw many price lists of one market and measure each method against its true pace.

    Parameters
    ----------
    market
        What to draw from.
    seeds
        One list a seed.

    Returns
    -------
    pandas.DataFrame
        By method: ``answered`` (lists not refused), ``median_over_truth`` of the times a year,
        ``coverage`` of nominal 90 % intervals, ``median_width_log``, ``conclusive`` (share).

    Examples
    --------
    >>> market = SimulatedMarket(fold_per_year=10, scatter_log=1.5)
    >>> table = measure_estimators(market, seeds=range(10))
    >>> bool(table.loc["record OLS", "median_over_truth"] > 1.5)
    True

    At a true ten times a year a line through the new lows says twenty: see
    ``benchmarks/bench_record_decline.py`` for thousands of lists.
    """
    drawn = [estimates_of(market.prices(seed=seed)) for seed in seeds]
    return summarise_estimates(pd.concat(drawn), truth=market.fold_per_year)


def summarise_estimates(estimates: pd.DataFrame, *, truth: float) -> pd.DataFrame:
    """Median, coverage and width by method of many tables of ``estimates_of``."""
    answered = estimates.dropna()
    covered = (answered["low"] <= truth) & (truth <= answered["high"])
    with np.errstate(divide="ignore"):
        width = np.log(answered["high"]) - np.log(answered["low"])
    judged = answered.assign(covered=covered, width=width).groupby(level="method", sort=False)
    return pd.DataFrame(
        {
            "answered": judged.size(),
            "median_over_truth": judged["fold_per_year"].median() / truth,
            "coverage": judged["covered"].mean(),
            "median_width_log": judged["width"].median(),
            "conclusive": judged["conclusive"].mean(),
        }
    )


def _row(fit: Callable[[], PriceDeclineFit]) -> tuple[float, float, float, float]:
    try:
        found = fit()
    except EstimationError:
        return math.nan, math.nan, math.nan, math.nan
    conclusive = not isinstance(found, RecordDeclineFit) or found.is_conclusive
    return found.fold_per_year, *found.fold_conf_int(NOMINAL), float(conclusive)
