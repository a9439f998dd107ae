"""Fit, forecast and backtest every series of one table with a curve chosen by name."""

from __future__ import annotations

import numpy as np
import pandas as pd

from diligence.trajectories.cumulative_volume import VolumeBasis
from diligence.trajectories.many_backtest import backtest_panel
from diligence.trajectories.many_series import ManyFits, fit_random_walks
from diligence.trajectories.methods import DEFAULT_METHOD, find_method
from diligence.trajectories.random_walk import (
    MIN_DIFFERENCES_FOR_THETA,
    ROUNDING_VOLATILITY,
    fit_random_walk,
)
from diligence.trajectories.series_by_series import AUTO, forecast_one_by_one
from diligence.trajectories.series_forecasts import (
    SeriesForecasts,
    date_forms,
    series_names,
    written_dates,
)


def forecast_series(
    costs: pd.DataFrame,
    *,
    horizon: int,
    method: str = DEFAULT_METHOD,
    volume_basis: VolumeBasis | None = None,
) -> SeriesForecasts:
    """Fit every series of a table, forecast it, and score the curve on the series' own past.

    The random walk goes through all series in one pass over arrays; other curves are fitted one
    series after another.

    Parameters
    ----------
    costs
        Columns ``series``, ``date`` (dates, periods, or numbers read as years), ``cost`` (unit
        cost or price, above 0, at least 4 points a series) and, for curves in volume,
        ``volume``; rows in any order. A column ``form`` says how dates are to be written
        (day, month, quarter, half-year, year).
    horizon
        Steps ahead, at least 1; a step is the median spacing of the series.
    method
        A name of ``METHODS``, or ``"auto"`` to choose by backtest, see ``choose_method``.
    volume_basis
        ``"cumulative"`` or ``"per_period"``. None takes a volume that falls somewhere as per
        period and any other as cumulative, with a note.

    Returns
    -------
    SeriesForecasts
        A series that cannot be fitted is in ``errors`` with the reason; the others are fitted.

    Raises
    ------
    EstimationError
        The table, the horizon or the method cannot be used at all.

    Examples
    --------
    >>> costs = pd.DataFrame(
    ...     {
    ...         "series": ["chat"] * 4 + ["search"],
    ...         "date": [2022, 2023, 2024, 2025, 2025],
    ...         "cost": [8.0, 4.0, 2.0, 1.0, 3.0],
    ...     }
    ... )
    >>> found = forecast_series(costs, horizon=2)
    >>> found.estimates.loc["chat", "half_life_months"].round(6)
    np.float64(12.0)
    >>> found.errors["search"][:45]
    'A trajectory needs at least 4 points, got 1: '

    Chat halved every year; one invoice for search is a price, not a trend.
    """
    if method == AUTO or find_method(method).name != DEFAULT_METHOD:
        return forecast_one_by_one(costs, horizon=horizon, method=method, volume_basis=volume_basis)
    fits = fit_random_walks(costs)
    bounds = fits.conf_int(0.90)
    estimates = pd.DataFrame(
        {
            "method": DEFAULT_METHOD,
            "curve": fits.method,
            "n": fits.estimates.n,
            "decline_per_year": fits.decline_per_year,
            "low90": bounds["low"],
            "high90": bounds["high"],
            "half_life_months": fits.half_life_months,
        }
    )
    forecasts = fits.forecast(horizon)
    dates = pd.Index(forecasts["date"])
    forecasts["date"] = written_dates(dates, date_forms(costs, fits.names), horizon)
    scored = backtest_panel(fits.panel, fits.clock, calibration=fits.estimates.calibration)
    return SeriesForecasts(
        estimates,
        forecasts,
        scored,
        notes=_random_walk_notes(fits),
        errors=fits.errors,
        names=series_names(costs),
        horizon=horizon,
    )


def _random_walk_notes(fits: ManyFits) -> dict[str, tuple[str, ...]]:
    """Notes of the single fit, which depend on clock, length and the presence of noise only."""
    panel, clock = fits.panel, fits.clock
    silent = fits.estimates.volatility_per_sqrt_year < ROUNDING_VOLATILITY
    short = np.minimum(panel.lengths, MIN_DIFFERENCES_FOR_THETA + 1)
    _, first, kind_of = np.unique(
        np.column_stack([clock.even, clock.units_per_year, short, silent]),
        axis=0,
        return_index=True,
        return_inverse=True,
    )
    notes = [fit_random_walk(panel.series(int(place))).notes for place in first]
    return {name: notes[kind] for name, kind in zip(fits.names, kind_of.reshape(-1), strict=True)}
