"""Rival trajectories of one cost side by side, ranked only where the data can tell."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

import pandas as pd

from diligence.errors import EstimationError
from diligence.trajectories.backtest import Backtest
from diligence.trajectories.methods import method_of
from diligence.trajectories.ranking import rank, score_pairs
from diligence.trajectories.trajectory_fit import TrajectoryFit


@dataclass(frozen=True)
class Comparison:
    """Rival curves of one cost: where each leads, how each has forecast, and what that settles.

    Parameters
    ----------
    table
        One row a fit, indexed by ``name``: pace, forecast at the horizon, and how it stood up to
        its backtest.
    verdict
        The ranking in words, or why there is none.
    preferred
        The curve ahead of every other beyond chance; None when the data cannot tell.
    horizon
        Steps ahead.
    differences
        One row a pair: ``first``, ``second``, ``origins``, ``crps_difference`` (first minus
        second) and two-sided ``p_value``, missing where a test has too little to go by.
    """

    table: pd.DataFrame
    verdict: str
    preferred: str | None
    horizon: int
    differences: pd.DataFrame = field(repr=False, compare=False)

    def to_frame(self) -> pd.DataFrame:
        """One row a fit."""
        return self.table.copy()

    def summary(self) -> str:
        """Verdict and table in plain lines, the same on every run."""
        return "\n".join([f"Verdict: {self.verdict}", self._shown().to_string()])

    def _repr_html_(self) -> str:
        shown = self._shown().to_html(border=0)
        return f"<p><strong>{escape(self.verdict)}</strong></p>{shown}"

    def _shown(self) -> pd.DataFrame:
        shares = ["decline_per_year", "low90", "high90", "coverage80", "coverage95"]
        numbers = ["median", "low80", "high80", "crps"]
        layout = dict.fromkeys(shares, "{:.1%}") | dict.fromkeys(numbers, "{:.4g}")
        return pd.DataFrame(
            {
                column: self.table[column].map(
                    lambda value, words=words: "-" if pd.isna(value) else words.format(value)
                )
                for column, words in layout.items()
            }
        )


def compare_trajectories(
    fits: Mapping[str, TrajectoryFit],
    *,
    horizon: int = 1,
    backtests: Mapping[str, Backtest] | None = None,
) -> Comparison:
    """Line up fitted trajectories and rank them if their forecasts of the past allow it.

    Two curves are told apart by their scores at the same past dates, up to `horizon` steps
    ahead, with a test that allows for overlapping forecasts. A curve in volume is not ranked
    against one in time where ``volume_or_time`` cannot separate the two: while volume grows
    steadily they are the same curve.

    Parameters
    ----------
    fits
        Fits by the name to show.
    horizon
        Steps ahead of the forecast shown and of the forecasts scored, at least 1.
    backtests
        Backtests by the same names, where they are at hand; otherwise each curve is fitted again
        at every past date.

    Returns
    -------
    Comparison
        ``table`` has ``method``, ``n``, ``decline_per_year`` with ``low90`` and ``high90``,
        ``half_life_months`` (missing when cost does not fall); ``date``, ``median``, ``low80``,
        ``high80``, ``low95``, ``high95`` at the horizon; ``forecasts`` scored, ``coverage80``,
        ``coverage95`` and ``crps`` of log cost.

    Raises
    ------
    EstimationError
        There is nothing to compare, or an entry is not a fit.

    Examples
    --------
    >>> from diligence.trajectories import fit_log_trend, fit_random_walk
    >>> cost = pd.Series([10.0, 9.1, 8.0, 7.4, 6.4, 5.9], index=range(2020, 2026))
    >>> rivals = {"random walk": fit_random_walk(cost), "trend": fit_log_trend(cost)}
    >>> compared = compare_trajectories(rivals, horizon=3)
    >>> compared.table["decline_per_year"].round(2).to_dict()
    {'random walk': 0.1, 'trend': 0.1}
    >>> compared.verdict.split(":")[0]
    'Not ranked'

    Same pace, but the trend's interval is far narrower. Six points cannot say which width has
    been earned, and a deck that shows the narrow one alone has not earned it either.
    """
    _require_fits(fits)
    scored: Mapping[str, Backtest | None] = backtests or {
        name: _backtest(fit) for name, fit in fits.items()
    }
    rows = {name: _row(fit, horizon) | _scores(scored.get(name)) for name, fit in fits.items()}
    differences = score_pairs(fits, scored, horizon=horizon)
    preferred, verdict = rank(fits, differences)
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("name")
    return Comparison(table, verdict, preferred, horizon, differences)


def _require_fits(fits: Mapping[str, TrajectoryFit]) -> None:
    if not fits:
        raise EstimationError("Nothing to compare: got no fits. Pass {'name': fit}.")
    for name, fit in fits.items():
        if not isinstance(fit, TrajectoryFit):
            raise EstimationError(
                f"{name!r} is a {type(fit).__name__}, not a fitted trajectory. "
                "Fit it first, for example with fit_random_walk(cost)."
            )


def _row(fit: TrajectoryFit, horizon: int) -> dict[str, object]:
    low, high = fit.conf_int(0.90)
    last = fit.forecast(horizon).iloc[[-1]].reset_index()
    return {
        "method": fit.method,
        "n": fit.n,
        "decline_per_year": fit.decline_per_year,
        "low90": low,
        "high90": high,
        "half_life_months": math.nan if fit.half_life_months is None else fit.half_life_months,
        **{str(column): last[column].iloc[0] for column in last},
    }


def _scores(scored: Backtest | None) -> dict[str, object]:
    if scored is None or not scored.n:
        return {"forecasts": 0} | dict.fromkeys(("coverage80", "coverage95", "crps"), math.nan)
    return {
        "forecasts": scored.n,
        "coverage80": scored.coverage80,
        "coverage95": scored.coverage95,
        "crps": scored.crps,
    }


def _backtest(fit: TrajectoryFit) -> Backtest | None:
    method = method_of(fit)
    if method is None:
        return None
    volume = getattr(fit, "volume", None)
    served = None
    if volume is not None:
        served = pd.Series(volume.values, index=fit.history.cost.index)
    try:
        return method.backtest(fit.history.cost, method.fitter(served))
    except EstimationError:
        return None
