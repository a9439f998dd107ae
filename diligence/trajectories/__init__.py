"""Cost trajectories: pure statistics of a dated cost series."""

from diligence.trajectories.backtest import Backtest, backtest
from diligence.trajectories.break_test import BreakTest, find_break
from diligence.trajectories.calibration import ForecastCalibration, technology_calibration
from diligence.trajectories.calibration_fit import HindcastScores, fit_calibration
from diligence.trajectories.combination import (
    CombinationFit,
    combine_trajectories,
    fit_combination,
)
from diligence.trajectories.compare import Comparison, compare_trajectories
from diligence.trajectories.crps import crps_student_t
from diligence.trajectories.damped_trend import DampedTrendFit, fit_damped_trend
from diligence.trajectories.decline_rate import (
    decline_per_year,
    fold_from_half_life,
    fold_per_year,
    half_life_months,
)
from diligence.trajectories.experience_curve import (
    POOLED_RHO,
    ExperienceCurveFit,
    fit_experience_curve,
)
from diligence.trajectories.forecast_series import forecast_series
from diligence.trajectories.forecast_variance import (
    POOLED_THETA,
    expected_squared_error,
    variance_factor,
)
from diligence.trajectories.hedonic_trend import HedonicTrend, fit_hedonic_trend
from diligence.trajectories.learning_rate import learning_rate
from diligence.trajectories.local_level import LocalLevelFit, fit_local_level
from diligence.trajectories.log_trend import LogTrendFit, fit_log_trend
from diligence.trajectories.many_backtest import backtest_random_walks
from diligence.trajectories.many_series import ManyFits, fit_random_walks
from diligence.trajectories.method_choice import MethodChoice, choose_method
from diligence.trajectories.methods import fit_trajectory
from diligence.trajectories.panel_hindcasts import panel_hindcasts
from diligence.trajectories.partial_pooling import PooledDrifts, pool_drifts
from diligence.trajectories.price_frontier import logit_score, price_frontier
from diligence.trajectories.random_effects import PooledEstimates, pool_estimates
from diligence.trajectories.random_walk import RandomWalkFit, fit_random_walk
from diligence.trajectories.record_decline import RecordDeclineFit, fit_record_decline
from diligence.trajectories.record_prices import record_prices
from diligence.trajectories.record_trend import RecordTrendFit, fit_record_trend
from diligence.trajectories.sahal_identity import SahalIdentity, sahal_identity
from diligence.trajectories.series_forecasts import SeriesForecasts
from diligence.trajectories.technology_panel import (
    VolatilityLaw,
    falling_series,
    mean_squared_errors,
    volatility_law,
)
from diligence.trajectories.theta_matching import ThetaMatch, match_theta
from diligence.trajectories.trajectory_fit import TrajectoryFit
from diligence.trajectories.volume_or_time import Separability, volume_or_time

__all__ = [
    "POOLED_RHO",
    "POOLED_THETA",
    "Backtest",
    "BreakTest",
    "CombinationFit",
    "Comparison",
    "DampedTrendFit",
    "ExperienceCurveFit",
    "ForecastCalibration",
    "HedonicTrend",
    "HindcastScores",
    "LocalLevelFit",
    "LogTrendFit",
    "ManyFits",
    "MethodChoice",
    "PooledDrifts",
    "PooledEstimates",
    "RandomWalkFit",
    "RecordDeclineFit",
    "RecordTrendFit",
    "SahalIdentity",
    "Separability",
    "SeriesForecasts",
    "ThetaMatch",
    "TrajectoryFit",
    "VolatilityLaw",
    "backtest",
    "backtest_random_walks",
    "choose_method",
    "combine_trajectories",
    "compare_trajectories",
    "crps_student_t",
    "decline_per_year",
    "expected_squared_error",
    "falling_series",
    "find_break",
    "fit_calibration",
    "fit_combination",
    "fit_damped_trend",
    "fit_experience_curve",
    "fit_hedonic_trend",
    "fit_local_level",
    "fit_log_trend",
    "fit_random_walk",
    "fit_random_walks",
    "fit_record_decline",
    "fit_record_trend",
    "fit_trajectory",
    "fold_from_half_life",
    "fold_per_year",
    "forecast_series",
    "half_life_months",
    "learning_rate",
    "logit_score",
    "match_theta",
    "mean_squared_errors",
    "panel_hindcasts",
    "pool_drifts",
    "pool_estimates",
    "price_frontier",
    "record_prices",
    "sahal_identity",
    "technology_calibration",
    "variance_factor",
    "volatility_law",
    "volume_or_time",
]
