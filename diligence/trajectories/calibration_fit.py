"""Derive forecast constants from a panel, and score them on series they have not seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape

import numpy as np
import pandas as pd
from scipy.special import betaln, stdtrit

from diligence.errors import EstimationError
from diligence.trajectories.calibration import ForecastCalibration
from diligence.trajectories.cost_history import FloatArray
from diligence.trajectories.crps import crps_student_t_array
from diligence.trajectories.panel_hindcasts import panel_hindcasts

SHORT_WINDOW = 5
TAIL_DEGREES_OF_FREEDOM = 5.0
OWN_VOLATILITY_FLOOR = 0.7
LEVELS = (80, 95)
HINDCAST_NUMBERS = (
    "change_log",
    "volatility_per_sqrt_year",
    "drift_per_year",
    "steps",
    "differences",
    "window_steps",
    "step_years",
)
# The tails are stated, not fitted: they trade the 80 % interval against the 95 % interval. So is
# the floor, which costs nothing on the panel and guards a series noisier than any of it.
# Start of the search: pace kept, weight, calm volatility, volatility by pace; found from
# anywhere near, and the search is over their logarithms.
STARTING_CONSTANTS = (0.8, 8.0, 0.05, 0.5)


@dataclass(frozen=True)
class HindcastScores:
    """How often the intervals of a panel held, and how sharp they were.

    Parameters
    ----------
    n, series
        Forecasts and series scored.
    coverage80, coverage95
        Share of all outcomes inside.
    above80, above95, below80, below95
        Share of all outcomes above the interval, and below it: cost fell deeper than forecast.
        Nominally 10 % a side, and 2.5 %.
    mean_coverage80, mean_coverage95, mean_below80, mean_below95
        Mean over the series of their own shares inside and below.
    interval80, interval95
        90 % bootstrap interval of the pooled share, series drawn with replacement.
    crps
        Mean score of log cost; smaller is better.
    mean_crps
        Mean over the series of their own score.
    table
        One row per forecast.
    """

    n: int
    series: int
    coverage80: float
    coverage95: float
    above80: float
    above95: float
    below80: float
    below95: float
    mean_coverage80: float
    mean_coverage95: float
    mean_below80: float
    mean_below95: float
    interval80: tuple[float, float]
    interval95: tuple[float, float]
    crps: float
    mean_crps: float
    table: pd.DataFrame = field(repr=False, compare=False)

    def to_frame(self) -> pd.DataFrame:
        """One row per forecast: series, steps ahead, inside or not, score."""
        return self.table.copy()

    def summary(self) -> str:
        """Result in plain lines, the same on every run."""
        lines = [f"{name + ':':<18}{text}" for name, text in self._facts().items()]
        return "\n".join(["hindcasts of a panel", *lines])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>"
            for name, text in self._facts().items()
        )
        return f"<table><caption>hindcasts of a panel</caption>{rows}</table>"

    def _facts(self) -> dict[str, str]:
        facts = {"Forecasts": f"{self.n:,} of {self.series} series"}
        for level in LEVELS:
            low, high = getattr(self, f"interval{level}")
            facts[f"Inside {level} %"] = (
                f"{getattr(self, f'coverage{level}'):.1%} (90 % interval over series {low:.1%} to "
                f"{high:.1%}), mean of series {getattr(self, f'mean_coverage{level}'):.1%}"
            )
            facts[f"Outside {level} %"] = (
                f"{getattr(self, f'above{level}'):.1%} above, "
                f"{getattr(self, f'below{level}'):.1%} below, mean of series "
                f"{getattr(self, f'mean_below{level}'):.1%} below"
            )
        return facts | {"CRPS of log cost": f"{self.crps:.4f}, of series {self.mean_crps:.4f}"}


def calibration_hindcasts(costs: pd.DataFrame) -> pd.DataFrame:
    """Hindcasts the constants are fitted on: all history there was, and the last five changes.

    Parameters
    ----------
    costs
        Columns ``series``, ``date`` and ``cost``.
    """
    windows = (None, SHORT_WINDOW)
    return pd.concat(
        [panel_hindcasts(costs, window=window).assign(window=window or 0) for window in windows],
        ignore_index=True,
    )


def fit_calibration(
    hindcasts: pd.DataFrame,
    *,
    tail_degrees_of_freedom: float = TAIL_DEGREES_OF_FREEDOM,
    theta: float = 0.0,
    panel: str = "a panel",
    start: ForecastCalibration | None = None,
) -> ForecastCalibration:
    """Find the constants under which the outcomes of a panel were most likely.

    Every forecast counts the same, as in the coverage the constants are judged by.

    Parameters
    ----------
    hindcasts
        As from ``calibration_hindcasts``, for the fit of at least 2 series.
    tail_degrees_of_freedom
        Stated, not fitted: it trades the 80 % interval against the 95 % interval.
    theta
        Moving-average term, stated.
    panel
        What the constants are fitted on, in words.
    start
        Where to begin; close constants save time.

    Raises
    ------
    EstimationError
        Fewer than 2 series.

    Examples
    --------
    >>> from diligence.trajectories.simulated_panel import simulate_panel
    >>> costs = simulate_panel(
    ...     series=30, points=14, drift_per_year=-0.2, volatility_per_sqrt_year=0.1
    ... )
    >>> round(fit_calibration(calibration_hindcasts(costs)).kept_pace, 1)
    1.0

    In a simulated world pace is kept; on real technologies about three quarters of it was.
    """
    from scipy.optimize import minimize

    if hindcasts["series"].nunique() < 2:
        raise EstimationError(
            f"Constants need at least 2 series, got {hindcasts['series'].nunique()}."
        )

    def constants(logs: FloatArray) -> ForecastCalibration:
        kept, weight, calm, by_pace = np.exp(logs).tolist()
        return ForecastCalibration(
            kept_pace=kept,
            prior_differences=weight,
            calm_volatility_per_sqrt_year=calm,
            volatility_per_pace=by_pace,
            own_volatility_floor=OWN_VOLATILITY_FLOOR,
            tail_degrees_of_freedom=tail_degrees_of_freedom,
            theta=theta,
            panel=panel,
        )

    begin = STARTING_CONSTANTS if start is None else _fitted_constants(start)
    found = minimize(
        _mean_log_score(hindcasts, constants),
        np.log(begin),
        method="Nelder-Mead",
        options={"maxiter": 600, "xatol": 1e-3, "fatol": 1e-7},
    )
    return constants(found.x)


def score_calibration(hindcasts: pd.DataFrame, calibration: ForecastCalibration) -> pd.DataFrame:
    """Score every hindcast under given constants: ``inside80``, ``inside95``, ``crps_log``."""
    error, scale = _errors_and_scales(hindcasts, calibration)
    dof = calibration.degrees_of_freedom(hindcasts["differences"])
    return score_forecasts(hindcasts, error=error, scale=scale, degrees_of_freedom=dof)


def score_forecasts(
    hindcasts: pd.DataFrame, *, error: FloatArray, scale: FloatArray, degrees_of_freedom: FloatArray
) -> pd.DataFrame:
    """Score t forecasts of any origin, one a row of `hindcasts`."""
    scores = hindcasts[["series", "steps"]].assign(error_log=error)
    for level in LEVELS:
        reach = stdtrit(degrees_of_freedom, (1 + level / 100) / 2) * scale
        scores[f"inside{level}"] = np.abs(error) <= reach
    scores["crps_log"] = crps_student_t_array(
        error, scale=scale, degrees_of_freedom=degrees_of_freedom
    )
    return scores


def score_left_out(
    hindcasts: pd.DataFrame, groups: pd.Series, *, start: ForecastCalibration
) -> pd.DataFrame:
    """Score every hindcast with constants derived without its group.

    Parameters
    ----------
    hindcasts
        As from ``calibration_hindcasts``.
    groups
        Group of each row: its series, or its family of technologies.
    start
        Constants of the whole panel; tails and theta are taken from them.
    """
    pieces = []
    for group in sorted(groups.unique()):
        left_out = groups == group
        constants = fit_calibration(
            hindcasts[~left_out],
            tail_degrees_of_freedom=start.tail_degrees_of_freedom or TAIL_DEGREES_OF_FREEDOM,
            theta=start.theta,
            panel=f"all but {group}",
            start=start,
        )
        pieces.append(score_calibration(hindcasts[left_out], constants))
    return pd.concat(pieces).loc[hindcasts.index]


def summarise_scores(
    scores: pd.DataFrame, *, resamples: int = 2000, seed: int = 0
) -> HindcastScores:
    """Coverage and score of a panel, with a bootstrap interval over its series.

    Parameters
    ----------
    scores
        As from ``score_calibration``: ``series``, ``error_log``, ``inside80``, ``inside95``,
        ``crps_log``.
    resamples
        Panels drawn with replacement, series by series.
    seed
        Of the random numbers.

    Examples
    --------
    >>> from diligence.trajectories.calibration import technology_calibration
    >>> from diligence.trajectories.simulated_panel import simulate_panel
    >>> costs = simulate_panel(
    ...     series=9, points=12, drift_per_year=-0.2, volatility_per_sqrt_year=0.1
    ... )
    >>> scores = score_calibration(panel_hindcasts(costs), technology_calibration())
    >>> print(summarise_scores(scores).summary().splitlines()[2])
    Inside 80 %:      86.5% (90 % interval over series 79.0% to 93.3%), mean of series 86.5%

    Nine technologies say little: the range over series is the honest width of a coverage.
    """
    judged = scores[["series", "inside80", "inside95", "crps_log"]].copy()
    fell_deeper = scores["error_log"] < 0
    for level in LEVELS:
        outside = ~scores[f"inside{level}"].astype(bool)
        judged[f"above{level}"] = outside & ~fell_deeper
        judged[f"below{level}"] = outside & fell_deeper
    by_series, pooled = judged.groupby("series"), judged.drop(columns="series").mean()
    means, counts = by_series.mean(), by_series.size().to_numpy(dtype=float)
    drawn = np.random.default_rng(seed).multinomial(
        len(counts), np.full(len(counts), 1 / len(counts)), size=resamples
    )
    inside = means[["inside80", "inside95"]].to_numpy() * counts[:, None]
    shares = (drawn @ inside) / (drawn @ counts)[:, None]
    low, high = np.quantile(shares, [0.05, 0.95], axis=0)
    return HindcastScores(
        n=len(scores),
        series=len(counts),
        coverage80=float(pooled["inside80"]),
        coverage95=float(pooled["inside95"]),
        above80=float(pooled["above80"]),
        above95=float(pooled["above95"]),
        below80=float(pooled["below80"]),
        below95=float(pooled["below95"]),
        mean_coverage80=float(means["inside80"].mean()),
        mean_coverage95=float(means["inside95"].mean()),
        mean_below80=float(means["below80"].mean()),
        mean_below95=float(means["below95"].mean()),
        interval80=(float(low[0]), float(high[0])),
        interval95=(float(low[1]), float(high[1])),
        crps=float(pooled["crps_log"]),
        mean_crps=float(means["crps_log"].mean()),
        table=scores,
    )


def _fitted_constants(calibration: ForecastCalibration) -> tuple[float, float, float, float]:
    return (
        calibration.kept_pace,
        calibration.prior_differences,
        calibration.calm_volatility_per_sqrt_year,
        calibration.volatility_per_pace,
    )


def _errors_and_scales(
    hindcasts: pd.DataFrame, calibration: ForecastCalibration
) -> tuple[FloatArray, FloatArray]:
    column = {name: hindcasts[name].to_numpy(dtype=float) for name in HINDCAST_NUMBERS}
    change = column.pop("change_log")
    years = column["steps"] * column["step_years"]
    error = change - calibration.kept_pace * column["drift_per_year"] * years
    volatility = column.pop("volatility_per_sqrt_year")
    return error, calibration.log_scale(volatility, **column)


def _mean_log_score(
    hindcasts: pd.DataFrame, constants: Callable[[FloatArray], ForecastCalibration]
) -> Callable[[FloatArray], float]:
    numbers = hindcasts[list(HINDCAST_NUMBERS)]

    def mean_log_score(logs: FloatArray) -> float:
        calibration = constants(logs)
        error, scale = _errors_and_scales(numbers, calibration)
        nu = calibration.tail_degrees_of_freedom or TAIL_DEGREES_OF_FREEDOM
        log_density = (nu + 1) / 2 * np.log1p((error / scale) ** 2 / nu) + np.log(scale)
        return float(log_density.mean()) + float(betaln(0.5, nu / 2))

    return mean_log_score
