"""Cost trajectories: pure statistics of a dated cost series."""

from diligence.trajectories.backtest import Backtest, backtest
from diligence.trajectories.compare import compare_trajectories
from diligence.trajectories.crps import crps_student_t
from diligence.trajectories.decline_rate import (
    decline_per_year,
    fold_from_half_life,
    fold_per_year,
    half_life_months,
)
from diligence.trajectories.forecast_variance import (
    expected_squared_error,
    variance_factor,
)
from diligence.trajectories.log_trend import LogTrendFit, fit_log_trend
from diligence.trajectories.random_walk import (
    POOLED_THETA,
    RandomWalkFit,
    fit_random_walk,
)
from diligence.trajectories.trajectory_fit import TrajectoryFit

__all__ = [
    "POOLED_THETA",
    "Backtest",
    "LogTrendFit",
    "RandomWalkFit",
    "TrajectoryFit",
    "backtest",
    "compare_trajectories",
    "crps_student_t",
    "decline_per_year",
    "expected_squared_error",
    "fit_log_trend",
    "fit_random_walk",
    "fold_from_half_life",
    "fold_per_year",
    "half_life_months",
    "variance_factor",
]
