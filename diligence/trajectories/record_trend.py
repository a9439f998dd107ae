"""Least squares through record lows: the published recipe, shown beside the estimator it biases."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from diligence.errors import EstimationError
from diligence.trajectories.cost_history import CostHistory, FloatArray, read_cost_history
from diligence.trajectories.price_decline_fit import PriceDeclineFit

MIN_RECORDS = 3
DAYS_PER_YEAR = 365.25
RECORD_BIAS_NOTE = (
    "Rival only: a line through record lows is too steep. With 40 offers in two years at a true "
    "10x a year, scatter 1.5 in logs, it says about twice as much at the median; quote "
    "fit_record_decline or a regression on all offers."
)


@dataclass(frozen=True)
class RecordTrendFit(PriceDeclineFit):
    """Straight line through the logarithm of record lows, by least squares.

    Adds to `PriceDeclineFit`:

    Parameters
    ----------
    r2
        Share of the variance of log price explained; 0 when the price never changes.
    """

    r2: float


def fit_record_trend(records: pd.Series, *, days_per_year: float = DAYS_PER_YEAR) -> RecordTrendFit:
    """Fit a straight line to the logarithm of record lows, as most published rates do.

    Parameters
    ----------
    records
        Record prices, above 0, at least 3, indexed by dates, periods, or plain numbers read as
        years; see ``record_prices``. Any other dated prices give the usual least-squares trend.
    days_per_year
        Days counted as a year, for dates; published tables often use 365.

    Returns
    -------
    RecordTrendFit
        Classical standard errors; intervals use t with n - 2 degrees of freedom.

    Raises
    ------
    EstimationError
        The series cannot be fitted; the message quotes value and position.

    Notes
    -----
    Only here to reproduce published figures and to show the bias: record lows are the lucky ends
    of their days, which makes the line too steep and its interval too narrow.

    Examples
    --------
    >>> records = pd.Series([60.0, 20.0, 2.0, 0.5], index=[2022.0, 2022.8, 2023.5, 2024.4])
    >>> fit = fit_record_trend(records)
    >>> round(fit.fold_per_year, 1), [round(bound, 1) for bound in fit.fold_conf_int()]
    (8.1, [4.0, 16.7])

    Eight times a year, says the line. The offers that set no record would say less.

    References
    ----------
    Epoch AI (2025). LLM inference prices have fallen rapidly but unequally across tasks. The
    recipe of its table is least squares of log price on date through the new lows.
    """
    history = read_cost_history(records, min_points=MIN_RECORDS)
    if not days_per_year > 0:
        raise EstimationError(f"A year must have days, got {days_per_year!r}; try 365.25.")
    since_last = _years_since_last(history, days_per_year)
    design = np.column_stack([np.ones(history.n), since_last])
    line, *_ = np.linalg.lstsq(design, history.log_cost, rcond=None)
    residuals = history.log_cost - design @ line
    variance = float(residuals @ residuals) / (history.n - 2)
    covariance = variance * np.linalg.inv(design.T @ design)
    total = float(np.sum((history.log_cost - history.log_cost.mean()) ** 2))
    return RecordTrendFit(
        method="least squares through record lows",
        n=history.n,
        drift_per_year=float(line[1]),
        drift_std_error=math.sqrt(covariance[1, 1]),
        degrees_of_freedom=history.n - 2,
        level=math.exp(line[0]),
        step_years=history.step_years,
        last_date=history.last_date,
        last_value=history.last_value,
        notes=(*history.notes, RECORD_BIAS_NOTE),
        history=history,
        scatter_log=math.sqrt(variance),
        level_std_error=math.sqrt(covariance[0, 0]),
        level_drift_covariance=float(covariance[0, 1]),
        r2=1 - float(residuals @ residuals) / total if total > 0 else 0.0,
    )


def _years_since_last(history: CostHistory, days_per_year: float) -> FloatArray:
    index = history.cost.index
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    if not isinstance(index, pd.DatetimeIndex):
        return np.asarray(history.years - history.years[-1], dtype=float)
    return np.asarray((index - index[-1]) / pd.Timedelta(days=1) / days_per_year, dtype=float)
