"""Which curve to use for one series: the default, unless its own past clearly argues otherwise."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from diligence.errors import EstimationError
from diligence.trajectories.backtest import Backtest, Fitter, backtest
from diligence.trajectories.cumulative_volume import VolumeBasis
from diligence.trajectories.fact_sheet import FactSheet
from diligence.trajectories.methods import DEFAULT_METHOD, find_method
from diligence.trajectories.score_difference import FEWEST_ORIGINS, score_difference
from diligence.trajectories.trajectory_fit import TrajectoryFit

SIGNIFICANCE = 0.05
RIVALS = ("log_trend", "local_level", "combination", "experience_curve")
"""Curves tried. The damped trend is left out: it takes a third of a second at each of a series'
past dates, and on 47 technologies its forecasts were worse than those of the random walk."""


@dataclass(frozen=True)
class MethodChoice(FactSheet):
    """The curve chosen for a series, and the scores behind the choice.

    Parameters
    ----------
    method
        Name of the curve chosen.
    fit
        That curve, fitted to the whole series.
    backtest
        Its backtest.
    reason
        Why it was chosen, in a sentence.
    scores
        One row a curve tried: ``crps`` of log cost up to the horizon, ``against_default`` (mean
        difference from the random walk; below 0 is better), ``p_value`` (one-sided, allowing for
        the number of curves tried) and ``error`` for a curve that could not be fitted.
    notes
        What a reader of the choice has to know.
    """

    method: str
    fit: TrajectoryFit
    backtest: Backtest = field(repr=False)
    reason: str
    scores: pd.DataFrame = field(repr=False, compare=False)
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What was chosen."""
        return f"{self.method} chosen"

    def to_frame(self) -> pd.DataFrame:
        """One row a curve tried."""
        return self.scores.copy()

    def _facts(self) -> dict[str, str]:
        tried = {
            str(name): "not fitted" if pd.isna(crps) else f"CRPS of log cost {crps:.4g}"
            for name, crps in self.scores["crps"].items()
        }
        return {"Reason": self.reason, **tried}


def choose_method(
    cost: pd.Series,
    *,
    horizon: int,
    volume: pd.Series | None = None,
    volume_basis: VolumeBasis = "cumulative",
    methods: Sequence[str] | None = None,
) -> MethodChoice:
    """Choose a curve by how well each would have forecast the series' own past.

    The random walk stays unless a rival beats its CRPS beyond what chance explains: with a
    handful of points the best score of several curves is mostly luck, and picking by it makes
    forecasts worse.

    Parameters
    ----------
    cost
        Unit cost or price, above 0, at least 4 points, indexed by dates, periods, or plain
        numbers read as years.
    horizon
        Steps ahead that matter; forecasts up to there are scored.
    volume
        Volume at the same dates; without it no curve in volume is tried.
    volume_basis
        ``"cumulative"`` or ``"per_period"``.
    methods
        Rivals to try; ``RIVALS`` by default.

    Raises
    ------
    EstimationError
        The random walk cannot be fitted, or a method is not known.

    Examples
    --------
    >>> cost = pd.Series([10.0, 9.1, 8.0, 7.4, 6.4, 5.9], index=range(2020, 2026))
    >>> chosen = choose_method(cost, horizon=3, methods=["log_trend"])
    >>> chosen.method
    'random_walk'
    >>> chosen.reason
    'Default: 1 past date to forecast from cannot tell curves apart; 12 are needed.'

    Six points show a smooth fall, and a trend through them looks tempting. They do not show that
    it forecasts better, so the curve with the honest interval stays.
    """
    rivals = [name for name in methods or RIVALS if name != DEFAULT_METHOD]
    fit = find_method(DEFAULT_METHOD).fitter()(cost)
    own = backtest(cost)
    if _origins(own) < FEWEST_ORIGINS:
        return MethodChoice(
            DEFAULT_METHOD, fit, own, _too_short(own), _scores({}, own, horizon, {})
        )
    fitters = {
        name: find_method(name).fitter(volume, volume_basis=volume_basis)
        for name in rivals
        if volume is not None or not find_method(name).needs_volume
    }
    scored, failed = _backtests(cost, fitters)
    scores = _scores(scored, own, horizon, failed)
    ahead = scores[scores["p_value"] <= SIGNIFICANCE]
    if ahead.empty:
        return MethodChoice(DEFAULT_METHOD, fit, own, _not_beaten(scores), scores)
    best = str(ahead["against_default"].idxmin())
    return MethodChoice(best, fitters[best](cost), scored[best], _why(best, scores), scores)


def _backtests(
    cost: pd.Series, fitters: Mapping[str, Fitter]
) -> tuple[dict[str, Backtest], dict[str, str]]:
    scored, failed = {}, {}
    for name, fitter in fitters.items():
        try:
            scored[name] = find_method(name).backtest(cost, fitter)
        except EstimationError as error:
            failed[name] = str(error)
    return scored, failed


def _origins(scored: Backtest) -> int:
    return int(scored.forecasts["origin"].nunique())


def _scores(
    scored: Mapping[str, Backtest], own: Backtest, horizon: int, failed: Mapping[str, str]
) -> pd.DataFrame:
    rows: dict[str, tuple[float, float, float, str | None]] = {
        DEFAULT_METHOD: (_crps(own, horizon), 0.0, math.nan, None)
    }
    for name, found in scored.items():
        gap = score_difference(found, own, max_steps=horizon)
        chance = gap.p_first_is_better()
        p_value = math.nan if chance is None else min(1.0, chance * len(scored))
        mean = math.nan if gap.mean is None else gap.mean
        rows[name] = (_crps(found, horizon), mean, p_value, None)
    rows |= {name: (math.nan, math.nan, math.nan, why) for name, why in failed.items()}
    columns = ["crps", "against_default", "p_value", "error"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("method")


def _crps(scored: Backtest, horizon: int) -> float:
    near = scored.forecasts["steps"] <= horizon
    return float(scored.forecasts.loc[near, "crps_log"].astype(float).mean())


def _why(best: str, scores: pd.DataFrame) -> str:
    return (
        f"{best} forecast this series' past better than {DEFAULT_METHOD}: CRPS of log cost "
        f"{scores['crps'][best]:.3g} against {scores['crps'][DEFAULT_METHOD]:.3g} "
        f"(p {scores['p_value'][best]:.3f}, allowing for the {scores['p_value'].count()} curves "
        "tried)."
    )


def _too_short(own: Backtest) -> str:
    origins = _origins(own)
    dates = "1 past date" if origins == 1 else f"{origins} past dates"
    return (
        f"Default: {dates} to forecast from cannot tell curves apart; {FEWEST_ORIGINS} are needed."
    )


def _not_beaten(scores: pd.DataFrame) -> str:
    rivals = scores["against_default"].drop(DEFAULT_METHOD).dropna()
    if rivals.empty or rivals.min() >= 0:
        return "Default: no other curve forecast this series' past better."
    best = str(rivals.idxmin())
    return (
        f"Default: {best} scored better on this series' past (CRPS of log cost "
        f"{scores['crps'][best]:.3g} against {scores['crps'][DEFAULT_METHOD]:.3g}), but chance "
        f"explains the difference as well (p {scores['p_value'][best]:.2f})."
    )
