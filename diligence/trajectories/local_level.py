"""Local level: a cost that wanders, seen through noise that does not last."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from diligence.errors import EstimationError
from diligence.trajectories.cost_history import CostHistory, FloatArray, read_cost_history
from diligence.trajectories.model_fitting import fit_by_likelihood
from diligence.trajectories.regular_grid import RegularGrid, regular_grid
from diligence.trajectories.trajectory_fit import ROUNDING_DRIFT, TrajectoryFit

FEWEST_POINTS = 5
NEGLIGIBLE_SHARE = 1e-4
HINDCAST_NOTE = (
    "Intervals are too narrow: in hindcasts of 38 technologies from 9 points on, 80 % intervals "
    "held 61 % of outcomes and 95 % intervals 84 % (own hindcast, data of Farmer & Lafond 2016)."
)
NO_DRIFT = "0, the level has no drift"


@dataclass(frozen=True)
class LocalLevelFit(TrajectoryFit):
    """Local level of log cost, with or without a drift.

    Adds to `TrajectoryFit`:

    Parameters
    ----------
    noise_std_log
        Standard deviation of what is gone by the next point, in log cost.
    level_std_log
        Standard deviation of the lasting change from one date of the grid to the next.
    log_likelihood
        Diffuse log likelihood of log cost.
    cells_per_step
        Dates of the grid in one forecast step; 1 when dates are even.
    level_covariance
        Covariance of the level at the last date with the drift per date of the grid.
    smoothed
        Level at each observed date, all observations considered, in the unit of the series.
    """

    noise_std_log: float
    level_std_log: float
    log_likelihood: float
    cells_per_step: float
    level_covariance: tuple[tuple[float, float], tuple[float, float]]
    smoothed: FloatArray = field(repr=False, compare=False)

    def log_std_error(self, steps: float) -> float:
        """Scale of the forecast error of log cost: level and drift not known, shocks, noise."""
        cells = self.cells_per_step * steps
        (level, both), (_, drift) = self.level_covariance
        state = level + 2 * cells * both + cells**2 * drift
        return math.sqrt(max(state, 0.0) + cells * self.level_std_log**2 + self.noise_std_log**2)

    def to_frame(self) -> pd.DataFrame:
        """Observed cost and the level behind it, smoothed over the whole history."""
        frame = pd.DataFrame({"observed": self.history.cost, "fitted": self.smoothed})
        return frame.rename_axis("date")

    def _facts(self) -> dict[str, str]:
        flat = {} if self.drift_std_error or self.drift_per_year else {"Decline per year": NO_DRIFT}
        return (
            super()._facts()
            | flat
            | {
                "Noise": f"{self.noise_std_log:.3g} in log cost, gone by the next point",
                "Level shocks": f"{self.level_std_log:.3g} in log cost, lasting",
            }
        )


def fit_local_level(cost: pd.Series, *, drift: bool = True) -> LocalLevelFit:
    """Fit a level that wanders, with a constant drift, behind observation noise.

    y_t = level_t + noise_t, level_t = level_(t-1) + drift + shock_t, y = log cost; variances by
    maximum diffuse likelihood. With no noise this is the random walk with drift; with no shocks
    it is a straight line through log cost.

    Parameters
    ----------
    cost
        Unit cost or price, above 0, at least 5 points, indexed by dates, periods, or plain
        numbers read as years. Dates may be missing from an even grid, as when some months carry
        no usage; they are not filled in.
    drift
        Whether the level drifts. Without a drift the forecast is flat: for energy, rent of
        hardware and other costs without a trend.

    Returns
    -------
    LocalLevelFit
        Intervals use t quantiles with n - 2 degrees of freedom, n - 1 without a drift.

    Raises
    ------
    EstimationError
        The series cannot be fitted or its dates fit no grid; the message says what to do.

    Notes
    -----
    Intervals take the share of noise as known and are too narrow: in hindcasts of 38 technologies
    80 % intervals held 61 % of outcomes. Fewer than about 15 points hardly tell noise from
    shocks, and a likelihood that puts all on noise gives intervals as overconfident as those of
    a log trend; a note says when that happened.

    Examples
    --------
    >>> cost = pd.Series([10.0, 9.4, 7.6, 7.5, 6.1, 5.9, 4.9, 4.6], index=range(2018, 2026))
    >>> fit = fit_local_level(cost)
    >>> round(fit.decline_per_year, 3), round(fit.noise_std_log, 3), round(fit.level_std_log, 3)
    (0.109, 0.045, 0.0)
    >>> print(fit.notes[-1])  # doctest: +NORMALIZE_WHITESPACE
    All movement off the pace was taken as passing noise, which 8 points cannot establish: the
    intervals are then as overconfident as those of a log trend.

    A tenth off a year, around which good and bad years seem to undo each other. Eight years that
    do so do not promise that a ninth will.

    References
    ----------
    Durbin, J. and Koopman, S. J. (2012). Time Series Analysis by State Space Methods, second
    edition, chapter 2. Oxford University Press.
    """
    history = read_cost_history(cost, min_points=FEWEST_POINTS)
    grid = regular_grid(history)
    unit = float(np.std(np.diff(history.log_cost)))
    if unit < ROUNDING_DRIFT * (1 + float(np.max(np.abs(history.log_cost)))):
        return _noise_free(history, grid, drift)
    return _fitted(history, grid, drift, unit)


def _fitted(history: CostHistory, grid: RegularGrid, drift: bool, unit: float) -> LocalLevelFit:
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    # In units of the usual change the optimiser needs no help with its starting values.
    level = "lldtrend" if drift else "llevel"
    model = UnobservedComponents((grid.log_cost - grid.log_cost[0]) / unit, level=level)
    found, notes = fit_by_likelihood(model, name="local level")
    variance = np.asarray(found.params) * unit**2
    state = np.asarray(found.filtered_state)[:, -1] * unit
    covariance = np.zeros((2, 2))
    size = len(state)
    covariance[:size, :size] = np.asarray(found.filtered_state_cov)[:, :, -1] * unit**2
    pace = float(state[1]) if drift else 0.0
    cell_years = history.step_years / grid.cells_per_step
    smoothed = np.asarray(found.smoothed_state)[0][grid.positions.astype(int)] * unit
    level_log = float(grid.log_cost[0] + state[0])
    counted = history.n - size
    return LocalLevelFit(
        method="local level with drift" if drift else "local level",
        n=history.n,
        drift_per_year=pace / cell_years,
        drift_std_error=math.sqrt(covariance[1, 1]) / cell_years,
        degrees_of_freedom=counted,
        level=math.exp(level_log),
        step_years=history.step_years,
        last_date=history.last_date,
        last_value=history.last_value,
        notes=(
            *history.notes,
            *grid.notes,
            *notes,
            HINDCAST_NOTE,
            *_variance_notes(variance, history.n),
        ),
        history=history,
        noise_std_log=math.sqrt(variance[0]),
        level_std_log=math.sqrt(variance[1]),
        log_likelihood=float(found.llf) - counted * math.log(unit),
        cells_per_step=grid.cells_per_step,
        level_covariance=(
            (covariance[0, 0], covariance[0, 1]),
            (covariance[1, 0], covariance[1, 1]),
        ),
        smoothed=np.exp(grid.log_cost[0] + smoothed),
    )


def _noise_free(history: CostHistory, grid: RegularGrid, drift: bool) -> LocalLevelFit:
    pace = float((history.log_cost[-1] - history.log_cost[0]) / history.years[-1])
    if not drift and abs(pace) > ROUNDING_DRIFT:
        raise EstimationError(
            f"The cost changes by exactly {math.expm1(pace):.1%} a year without any noise, which a "
            "level without drift cannot describe. Use fit_local_level(cost, drift=True)."
        )
    return LocalLevelFit(
        method="local level with drift" if drift else "local level",
        n=history.n,
        drift_per_year=pace if drift else 0.0,
        drift_std_error=0.0,
        degrees_of_freedom=history.n - 1 - drift,
        level=history.last_value,
        step_years=history.step_years,
        last_date=history.last_date,
        last_value=history.last_value,
        notes=(*history.notes, *grid.notes, "The cost follows one pace without any noise."),
        history=history,
        noise_std_log=0.0,
        level_std_log=0.0,
        log_likelihood=math.inf,
        cells_per_step=grid.cells_per_step,
        level_covariance=((0.0, 0.0), (0.0, 0.0)),
        smoothed=history.cost.to_numpy(dtype=float),
    )


def _variance_notes(variance: FloatArray, n: int) -> tuple[str, ...]:
    noise, shocks = float(variance[0]), float(variance[1])
    if shocks <= NEGLIGIBLE_SHARE * noise:
        return (
            f"All movement off the pace was taken as passing noise, which {n} points cannot "
            "establish: the intervals are then as overconfident as those of a log trend.",
        )
    if noise <= NEGLIGIBLE_SHARE * shocks:
        return ("No passing noise was found: this is the random walk with theta = 0.",)
    return ()
