"""Damped local trend: a decline that moves with the data and levels off ahead."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from diligence.errors import EstimationError
from diligence.trajectories.cost_history import CostHistory, FloatArray, read_cost_history
from diligence.trajectories.regular_grid import RegularGrid, regular_grid
from diligence.trajectories.trajectory_fit import ROUNDING_DRIFT, TrajectoryFit

FEWEST_POINTS = 8
DAMPING_RANGE = (0.80, 0.98)
SHORT_SERIES = 20
LEVEL_RANGE = (1e-4, 1 - 1e-4)
STARTS = ((0.1, 0.5, 0.95), (0.5, 0.2, 0.9), (0.9, 0.1, 0.9))
SMALLEST_MISFIT = 1e-24
HINDCAST_NOTE = (
    "Intervals are too narrow: in hindcasts of 38 technologies from 9 points on, 80 % intervals "
    "held 60 % of outcomes and 95 % intervals 73 % (own hindcast, data of Farmer & Lafond 2016)."
)
UNCONVERGED = "The likelihood did not reach its maximum: read the smoothing weights as rough."


@dataclass(frozen=True)
class Smoothing:
    """Weights of damped exponential smoothing, per date of an even grid.

    Parameters
    ----------
    level
        Share of a surprise that lasts in the level (alpha), from 0 to 1.
    trend
        Share of a surprise that lasts in the slope (beta), from 0 to alpha.
    damping
        Share of the slope that is left one date later (phi), from 0 to 1.
    """

    level: float
    trend: float
    damping: float

    def slope_reach(self, cells: FloatArray | float) -> FloatArray:
        """Sum of the damped slope over the next `cells` dates: phi + phi^2 + ..."""
        left = np.power(self.damping, cells)
        return np.asarray(self.damping * (1 - left) / (1 - self.damping))

    def error_variance(self, cells: float) -> float:
        """Forecast variance `cells` dates ahead in units of the surprise variance.

        1 + sum over j < h of (alpha + beta (phi + ... + phi^j))^2, states known; between whole
        dates the variance is read off a straight line.
        """
        whole = math.floor(cells)
        ahead = np.arange(1.0, whole + 1)
        steps = np.concatenate([[1.0], (self.level + self.trend * self.slope_reach(ahead)) ** 2])
        if whole == 0:
            return cells
        return float(steps[:whole].sum() + (cells - whole) * steps[whole])

    def surprises(
        self, log_cost: FloatArray, level: float, slope: float
    ) -> tuple[FloatArray, float, float]:
        """One-date-ahead errors from a starting state, and the state reached."""
        errors = []
        for observed in log_cost.tolist():
            expected = level + self.damping * slope
            error = 0.0 if math.isnan(observed) else observed - expected
            errors.append(error)
            level = expected + self.level * error
            slope = self.damping * slope + self.trend * error
        return np.array(errors), level, slope


@dataclass(frozen=True)
class DampedTrendFit(TrajectoryFit):
    """Damped local trend of log cost; the drift is the one over the next forecast step.

    Adds to `TrajectoryFit`:

    Parameters
    ----------
    smoothing
        Weights of level and slope, and damping, per date of the grid.
    surprise_std_log
        Standard deviation of one-date-ahead errors, in log cost.
    slope
        Change of log cost at the last date, per date of the grid, before damping.
    cells_per_step
        Dates of the grid in one forecast step; 1 when dates are even.
    state_covariance
        Covariance of level and slope at the last date, from not knowing where they started.
    fitted
        One-date-ahead median at each observed date, in the unit of the series.
    """

    smoothing: Smoothing
    surprise_std_log: float
    slope: float
    cells_per_step: float
    state_covariance: tuple[tuple[float, float], tuple[float, float]]
    fitted: FloatArray = field(repr=False, compare=False)

    def log_median(self, steps: float) -> float:
        """Median of log cost, `steps` ahead of the last date: the slope fades."""
        reach = float(self.smoothing.slope_reach(self.cells_per_step * steps))
        return math.log(self.level) + self.slope * reach

    def log_std_error(self, steps: float) -> float:
        """Scale of the forecast error of log cost: surprises to come and the state not known."""
        cells = self.cells_per_step * steps
        reach = float(self.smoothing.slope_reach(cells))
        (level, both), (_, slope) = self.state_covariance
        state = level + 2 * reach * both + reach**2 * slope
        surprises = self.surprise_std_log**2 * self.smoothing.error_variance(cells)
        return math.sqrt(surprises + max(state, 0.0))

    @property
    def lowest_median(self) -> float:
        """Cost the median levels off at, in the unit of the series."""
        damping = self.smoothing.damping
        return self.level * math.exp(self.slope * damping / (1 - damping))

    def to_frame(self) -> pd.DataFrame:
        """Observed cost and what was expected one date before."""
        frame = pd.DataFrame({"observed": self.history.cost, "fitted": self.fitted})
        return frame.rename_axis("date")

    def _facts(self) -> dict[str, str]:
        return super()._facts() | {
            "Damping": f"{self.smoothing.damping:.3g} of the slope left after each date",
            "Levels off at": f"{self.lowest_median:.6g}",
        }


def fit_damped_trend(cost: pd.Series) -> DampedTrendFit:
    """Fit exponential smoothing with a damped trend to log cost (ETS A,Ad,N).

    y_t = l_(t-1) + phi b_(t-1) + e_t, l_t = l_(t-1) + phi b_(t-1) + alpha e_t,
    b_t = phi b_(t-1) + beta e_t, y = log cost. Weights by maximum likelihood, phi from 0.80 to
    0.98 and beta from 0 to alpha; the state at the start by least squares.

    Parameters
    ----------
    cost
        Unit cost or price, above 0, at least 8 points, indexed by dates, periods, or plain
        numbers read as years. Dates may be missing from an even grid; they are not filled in.

    Returns
    -------
    DampedTrendFit
        ``decline_per_year`` and ``half_life_months`` hold for the next step only: the decline
        fades. Intervals use the exact forecast variance of the model at these weights, the error
        of the starting state included, with t quantiles of n - 2 degrees of freedom.

    Raises
    ------
    EstimationError
        The series cannot be fitted or its dates fit no grid; the message says what to do.

    Notes
    -----
    The weights are taken as known, although short series hardly identify three of them, so
    intervals are too narrow: in hindcasts of 38 technologies 80 % intervals held 60 % of
    outcomes, although their medians were closer than those of a random walk. Damping is an
    assumption that costs stop falling: prudent for a buyer's margin, and wrong for every
    technology that kept its pace. Choose by ``backtest``.

    Examples
    --------
    >>> cost = pd.Series([10.0, 8.0, 6.6, 5.4, 4.7, 4.1, 3.7, 3.4, 3.2], index=range(2017, 2026))
    >>> fit = fit_damped_trend(cost)
    >>> fit.forecast(3)["median"].round(2).to_list()
    [2.96, 2.8, 2.68]
    >>> round(fit.lowest_median, 1)
    2.1

    The decline has been fading for years; carried on like this it ends at 2.10, so a business plan
    that needs a cost of 1.50 needs something new.

    References
    ----------
    Hyndman, R. J., Koehler, A. B., Ord, J. K. and Snyder, R. D. (2008). Forecasting with
    Exponential Smoothing: The State Space Approach, chapters 3 and 6. Springer.
    """
    history = read_cost_history(cost, min_points=FEWEST_POINTS)
    grid = regular_grid(history)
    smoothing, notes = _weights(history, grid)
    centre = float(history.log_cost[-1])
    log_cost = grid.log_cost - centre
    errors, state, covariance = _solved_state(log_cost, smoothing)
    seen = errors[grid.positions.astype(int)]
    variance = float(seen @ seen) / (history.n - 2)
    covariance = covariance * variance
    per_year = grid.cells_per_step / history.step_years
    next_step = float(smoothing.slope_reach(grid.cells_per_step)) / grid.cells_per_step
    return DampedTrendFit(
        method="damped trend",
        n=history.n,
        drift_per_year=float(state[1]) * next_step * per_year,
        drift_std_error=math.sqrt(covariance[1, 1]) * next_step * per_year,
        degrees_of_freedom=history.n - 2,
        level=math.exp(centre + float(state[0])),
        step_years=history.step_years,
        last_date=history.last_date,
        last_value=history.last_value,
        notes=(*history.notes, *grid.notes, *notes, *_reading_notes(history)),
        history=history,
        smoothing=smoothing,
        surprise_std_log=math.sqrt(variance),
        slope=float(state[1]),
        cells_per_step=grid.cells_per_step,
        state_covariance=(
            (covariance[0, 0], covariance[0, 1]),
            (covariance[1, 0], covariance[1, 1]),
        ),
        fitted=np.exp(history.log_cost - seen),
    )


def _weights(history: CostHistory, grid: RegularGrid) -> tuple[Smoothing, tuple[str, ...]]:
    from scipy.optimize import minimize

    changes = np.diff(history.log_cost)
    unit = float(np.std(changes))
    if unit < ROUNDING_DRIFT * (1 + float(np.max(np.abs(history.log_cost)))):
        if abs(float(changes.mean())) > ROUNDING_DRIFT:
            raise EstimationError(
                "The cost changes by exactly the same share at every date, without any noise, so "
                "nothing speaks for a decline that fades. Use fit_random_walk(cost)."
            )
        return Smoothing(0.5, 0.1, DAMPING_RANGE[1]), ("The cost never changes.",)
    log_cost = (grid.log_cost - history.log_cost[-1]) / unit

    def misfit(weights: FloatArray) -> float:
        errors, _, _ = _solved_state(log_cost, _smoothing(weights))
        return math.log(float(errors @ errors) + SMALLEST_MISFIT)

    # The likelihood may have several peaks: start with a stiff, a middling and a loose level.
    bounds = (LEVEL_RANGE, (0.0, 1.0), DAMPING_RANGE)
    tries = [minimize(misfit, start, method="L-BFGS-B", bounds=bounds) for start in STARTS]
    best = min(tries, key=lambda found: float(found.fun))
    notes = () if any(found.success for found in tries) else (UNCONVERGED,)
    return _smoothing(best.x), notes


def _smoothing(weights: FloatArray) -> Smoothing:
    level, trend_share, damping = (float(weight) for weight in weights)
    return Smoothing(level=level, trend=trend_share * level, damping=damping)


def _solved_state(
    log_cost: FloatArray, smoothing: Smoothing
) -> tuple[FloatArray, FloatArray, FloatArray]:
    # Surprises are linear in the starting level and slope, so least squares finds both, and the
    # covariance it leaves them with carries over to the last date.
    from_zero, level_zero, slope_zero = smoothing.surprises(log_cost, 0.0, 0.0)
    blank = np.where(np.isnan(log_cost), np.nan, 0.0)
    by_level, level_1, slope_1 = smoothing.surprises(blank, 1.0, 0.0)
    by_slope, level_2, slope_2 = smoothing.surprises(blank, 0.0, 1.0)
    design = -np.column_stack([by_level, by_slope])
    start, *_ = np.linalg.lstsq(design, from_zero, rcond=None)
    carried = np.array([[level_1, level_2], [slope_1, slope_2]])
    state = np.array([level_zero, slope_zero]) + carried @ start
    covariance = carried @ np.linalg.pinv(design.T @ design) @ carried.T
    return from_zero - design @ start, state, covariance


def _reading_notes(history: CostHistory) -> tuple[str, ...]:
    fading = "Decline and half-life hold for the next step only; after that the decline fades."
    if history.n >= SHORT_SERIES:
        return fading, HINDCAST_NOTE
    few = f"{history.n} points hardly identify three smoothing weights, which are taken as known."
    return fading, few, HINDCAST_NOTE
