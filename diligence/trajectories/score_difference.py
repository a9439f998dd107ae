"""Whether one curve forecast a series better than another, or the data cannot say."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtr

from diligence.trajectories.backtest import Backtest
from diligence.trajectories.cost_history import FloatArray

FEWEST_ORIGINS = 12
# Scores of curves without noise differ by rounding residue of the logarithm.
_ROUNDING_SCORE = 1e-9


@dataclass(frozen=True)
class ScoreDifference:
    """Mean difference of two curves' CRPS of log cost, and how easily chance brings it about.

    Parameters
    ----------
    origins
        Dates from which both curves forecast.
    mean
        First score minus second, averaged over origins; below 0 the first curve is better. None
        without a common forecast.
    p_value
        Two-sided; None with fewer than 12 origins, which cannot carry a test.
    """

    origins: int
    mean: float | None
    p_value: float | None

    def p_first_is_better(self) -> float | None:
        """One-sided: how likely chance alone makes the first curve look this much better."""
        if self.p_value is None or self.mean is None:
            return None
        return self.p_value / 2 if self.mean < 0 else 1 - self.p_value / 2


def score_difference(
    first: Backtest, second: Backtest, *, max_steps: float = math.inf
) -> ScoreDifference:
    """Compare two backtests of one series on the forecasts that both have made.

    The differences of an origin are averaged over its horizons. Neighbouring origins forecast
    the same outcomes, so their differences are correlated: the test (Diebold and Mariano) uses
    the long-run variance from cosine projections with a t distribution of few degrees of
    freedom, which keeps its size in short samples (Lazarus et al. 2018).

    Parameters
    ----------
    first, second
        From ``backtest`` on the same series.
    max_steps
        Forecasts further ahead are left out.

    Examples
    --------
    >>> from diligence.trajectories import backtest, fit_log_trend, fit_random_walk
    >>> cost = pd.Series([10.0, 9.1, 8.0, 7.4, 6.4, 5.9, 5.5, 5.4], index=range(2018, 2026))
    >>> found = score_difference(backtest(cost), backtest(cost, fit=fit_log_trend))
    >>> found.origins, found.p_value
    (3, None)

    Three dates to forecast from: whichever curve scores better, nothing has been learnt.

    References
    ----------
    Diebold, F. X. and Mariano, R. S. (1995). Comparing predictive accuracy. Journal of Business
    and Economic Statistics, 13(3), 253-263.
    Lazarus, E., Lewis, D. J., Stock, J. H. and Watson, M. W. (2018). HAR inference:
    recommendations for practice. Journal of Business and Economic Statistics, 36(4), 541-559.
    """
    differences = _by_origin(first.forecasts, second.forecasts, max_steps)
    if not len(differences):
        return ScoreDifference(0, None, None)
    mean = float(differences.mean())
    if len(differences) < FEWEST_ORIGINS:
        return ScoreDifference(len(differences), mean, None)
    return ScoreDifference(len(differences), mean, mean_is_zero_p_value(differences))


def mean_is_zero_p_value(values: FloatArray) -> float:
    """Two-sided p-value for a zero mean of an autocorrelated series, by cosine projections."""
    n = len(values)
    projections = int(0.4 * n ** (2 / 3))
    order = np.arange(1, projections + 1)[:, None]
    cosines = np.cos(np.pi * order * (np.arange(n) + 0.5) / n)
    weights = math.sqrt(2 / n) * cosines @ (values - values.mean())
    std_error = math.sqrt(float(np.mean(weights**2)) / n)
    if std_error < _ROUNDING_SCORE:
        return 1.0 if abs(values.mean()) < _ROUNDING_SCORE else 0.0
    return 2 * float(stdtr(projections, -abs(values.mean()) / std_error))


def _by_origin(first: pd.DataFrame, second: pd.DataFrame, max_steps: float) -> FloatArray:
    if first.empty or second.empty:
        return np.zeros(0)
    keys = ["origin", "target"]
    pairs = first[[*keys, "steps", "crps_log"]].merge(second[[*keys, "crps_log"]], on=keys)
    pairs = pairs[pairs["steps"] <= max_steps]
    gaps = (pairs["crps_log_x"] - pairs["crps_log_y"]).groupby(pairs["origin"], sort=True).mean()
    return gaps.to_numpy(dtype=float)
