"""How well a curve would have forecast this very series."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtrit

from diligence.errors import EstimationError
from diligence.trajectories.calibration import CalibrationChoice
from diligence.trajectories.cost_history import (
    CostHistory,
    FloatArray,
    read_cost_history,
)
from diligence.trajectories.crps import crps_student_t_array
from diligence.trajectories.forecast_variance import POOLED_THETA
from diligence.trajectories.random_walk import fit_random_walk
from diligence.trajectories.trajectory_fit import TrajectoryFit

Fitter = Callable[[pd.Series], TrajectoryFit]

FEWEST_DIFFERENCES = 3
# Without noise, errors and intervals are rounding residue of the logarithm.
ROUNDING_LOG = 1e-9

FORECAST_COLUMNS = (
    "origin",
    "target",
    "steps",
    "actual",
    "median",
    "error_log",
    "inside80",
    "inside95",
    "crps_log",
)


@dataclass(frozen=True)
class Backtest:
    """Forecasts made from each past date, checked against what came.

    Parameters
    ----------
    n
        Forecasts scored. They overlap, so they are not n independent trials.
    coverage80, coverage95
        Share of outcomes inside the 80 and 95 % intervals; None when nothing could be scored.
    bias_log
        Mean of outcome minus median, in log cost; above 0 the cost fell less than forecast.
    crps
        Mean continuous ranked probability score of log cost; smaller is better.
    notes
        What a reader of the numbers has to know.
    forecasts
        One row per forecast.
    """

    n: int
    coverage80: float | None
    coverage95: float | None
    bias_log: float | None
    crps: float | None
    notes: tuple[str, ...]
    forecasts: pd.DataFrame = field(repr=False, compare=False)

    def to_frame(self) -> pd.DataFrame:
        """One row per forecast: origin, target, steps, outcome, median, error, inside or not."""
        return self.forecasts.copy()

    def summary(self) -> str:
        """Result in plain lines, the same on every run."""
        facts = [f"{name + ':':<18}{text}" for name, text in self._facts().items()]
        return "\n".join(["backtest", *facts, *(f"Note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>"
            for name, text in self._facts().items()
        )
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        return f"<table><caption>backtest</caption>{rows}</table><ul>{notes}</ul>"

    def _facts(self) -> dict[str, str]:
        return {
            "Forecasts": str(self.n),
            "Inside 80 %": _or_missing(self.coverage80, ".1%"),
            "Inside 95 %": _or_missing(self.coverage95, ".1%"),
            "Mean log error": _or_missing(self.bias_log, "+.3f"),
            "CRPS of log cost": _or_missing(self.crps, ".3f"),
        }


def backtest(
    cost: pd.Series,
    *,
    theta: float = POOLED_THETA,
    calibration: CalibrationChoice = "technology",
    min_differences: int = 4,
    max_horizon: int | None = None,
    fit: Fitter | None = None,
) -> Backtest:
    """Forecast the series from each of its own past dates and count how often it held.

    Each origin uses every point up to it (expanding window) and forecasts every later point.

    Parameters
    ----------
    cost
        Unit cost or price, above 0, indexed by dates, periods, or plain numbers read as years.
    theta
        Moving-average term of the published formula, from -1 to 1; uneven dates use 0.
    calibration
        Constants of the random walk, see ``fit_random_walk``; None for the published formula.
    min_differences
        Differences behind the first forecast, at least 3.
    max_horizon
        Most points ahead; None means all there are.
    fit
        Another curve to test, such as ``fit_log_trend``; `theta` and `calibration` then
        play no part.

    Returns
    -------
    Backtest
        With fewer than ``min_differences + 2`` points ``n`` is 0 and every figure is None.

    Raises
    ------
    EstimationError
        The series or an argument cannot be used; the message quotes it.

    Examples
    --------
    >>> cost = pd.Series([10.0, 9.1, 8.0, 7.4, 6.4, 5.9, 5.5, 5.4], index=range(2018, 2026))
    >>> print(backtest(cost).summary())
    backtest
    Forecasts:        6
    Inside 80 %:      100.0%
    Inside 95 %:      100.0%
    Mean log error:   +0.039
    CRPS of log cost: 0.033
    Note: The 6 forecasts overlap: they are far fewer independent trials.

    The decline slowed after the first forecasts and costs came in 4 % above the median, which is
    the direction an investor is exposed to. The intervals allowed for it.

    References
    ----------
    Farmer, J. D. and Lafond, F. (2016). How predictable is technological progress?
    Research Policy, 45(3), 647-665.
    """
    _require_whole("min_differences", min_differences, at_least=FEWEST_DIFFERENCES)
    if max_horizon is not None:
        _require_whole("max_horizon", max_horizon, at_least=1)
    history = read_cost_history(cost, min_points=0)
    points_needed = min_differences + 2
    if history.n < points_needed:
        return _nothing_to_score(history.n, points_needed)
    fitter = fit or _random_walk_fitter(history, theta, calibration)
    forecasts = pd.concat(
        [
            _score_origin(history, fitter, origin=origin, max_horizon=max_horizon)
            for origin in range(min_differences, history.n - 1)
        ],
        ignore_index=True,
    )
    return _summarise(forecasts)


def _random_walk_fitter(
    history: CostHistory, theta: float, calibration: CalibrationChoice
) -> Fitter:
    theta_in_use = theta if history.evenly_spaced else 0.0
    return lambda past: fit_random_walk(past, theta=theta_in_use, calibration=calibration)


def _score_origin(
    history: CostHistory, fitter: Fitter, *, origin: int, max_horizon: int | None
) -> pd.DataFrame:
    ahead = min(history.n - 1 - origin, max_horizon or history.n)
    targets = np.arange(origin + 1, origin + ahead + 1)
    fit = fitter(history.cost.iloc[: origin + 1])
    steps = _steps_ahead(history, fit, origin=origin, targets=targets)
    median = np.array([fit.log_median(step) for step in steps])
    scale = np.array([fit.log_std_error(step) for step in steps])
    error = history.log_cost[targets] - median
    with np.errstate(over="ignore"):
        median_cost = np.exp(median)
    columns = (
        history.cost.index[origin],
        history.cost.index[targets],
        steps,
        history.cost.to_numpy()[targets],
        median_cost,
        error,
        _inside(error, scale, fit.degrees_of_freedom, level=0.80),
        _inside(error, scale, fit.degrees_of_freedom, level=0.95),
        crps_student_t_array(error, scale=scale, degrees_of_freedom=fit.degrees_of_freedom),
    )
    return pd.DataFrame(dict(zip(FORECAST_COLUMNS, columns, strict=True)))


def _steps_ahead(
    history: CostHistory, fit: TrajectoryFit, *, origin: int, targets: npt.NDArray[np.int64]
) -> FloatArray:
    if history.evenly_spaced:
        return (targets - origin).astype(float)
    years_ahead: FloatArray = history.years[targets] - history.years[origin]
    return np.asarray(years_ahead / fit.step_years, dtype=float)


def _inside(error: FloatArray, scale: FloatArray, dof: float, *, level: float) -> np.ndarray:
    return np.abs(error) <= float(stdtrit(dof, (1 + level) / 2)) * scale + ROUNDING_LOG


def _summarise(forecasts: pd.DataFrame) -> Backtest:
    n = len(forecasts)
    return Backtest(
        n=n,
        coverage80=float(forecasts["inside80"].mean()),
        coverage95=float(forecasts["inside95"].mean()),
        bias_log=float(forecasts["error_log"].mean()),
        crps=float(forecasts["crps_log"].mean()),
        notes=(f"The {n} forecasts overlap: they are far fewer independent trials.",),
        forecasts=forecasts,
    )


def _nothing_to_score(n_points: int, points_needed: int) -> Backtest:
    return Backtest(
        n=0,
        coverage80=None,
        coverage95=None,
        bias_log=None,
        crps=None,
        notes=(f"{n_points} points are too few to backtest; {points_needed} are needed.",),
        forecasts=pd.DataFrame(columns=list(FORECAST_COLUMNS)),
    )


def _require_whole(name: str, value: int, *, at_least: int) -> None:
    if value != int(value) or value < at_least:
        raise EstimationError(
            f"{name} must be a whole number of at least {at_least}, got {value!r}."
        )


def _or_missing(value: float | None, layout: str) -> str:
    return "not available" if value is None or math.isnan(value) else format(value, layout)
