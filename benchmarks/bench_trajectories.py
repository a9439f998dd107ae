"""Measure fitting and forecasting many cost series against the usual tools, in one run.

    python benchmarks/bench_trajectories.py [--series 10000] [--points 24] [--horizon 12]

The same series of seeded noise go through (a) one pass over arrays, (b) a Python loop over
statsmodels OLS of log cost on time with prediction intervals, the usual exhibit, (c) a loop over
the library's own single fit, and (d) statsforecast's AutoTheta where it is installed (an optional
extra of this benchmark only; its first fits, which compile, are left out of the timing). Ratios
are against (a); each of the loops is run over every series unless --loop says otherwise.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from diligence.trajectories.many_backtest import backtest_random_walks
from diligence.trajectories.many_series import fit_random_walks
from diligence.trajectories.random_walk import fit_random_walk

LEVELS = (80, 95)
REPEATS = 3


def main() -> None:
    options = read_options()
    costs = simulated_costs(options.series, options.points)
    horizon, looped = options.horizon, options.loop or options.series
    print(f"{options.series:,} series of {options.points} points, {horizon} steps ahead")
    vectorised = best_of(REPEATS, lambda: fit_random_walks(costs).forecast(horizon))
    show("one pass over arrays", vectorised, options.series, vectorised)
    scored = best_of(1, lambda: backtest_random_walks(costs))
    show("  its backtest of every origin", scored, options.series, vectorised)
    part = costs.head(looped * options.points)
    groups = [rows.set_index("date")["cost"] for _, rows in part.groupby("series", sort=False)]
    rivals: list[tuple[str, Callable[[], Any]]] = [
        ("loop, statsmodels OLS", lambda: [ols_forecast(cost, horizon) for cost in groups]),
        ("loop, fit_random_walk", lambda: [fit_random_walk(c).forecast(horizon) for c in groups]),
    ]
    for name, run in rivals:
        show(name, best_of(1, run) * options.series / looped, options.series, vectorised)
    if looped < options.series:
        print(f"  (loops: {looped:,} series timed, scaled to {options.series:,})")
    theta = auto_theta(part, horizon, options.points)
    if theta is None:
        print("AutoTheta: statsforecast is not installed (pip install statsforecast)")
    else:
        scale = options.series / looped
        show("statsforecast AutoTheta", theta * scale, options.series, vectorised)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=10_000)
    parser.add_argument("--points", type=int, default=24)
    parser.add_argument("--horizon", type=int, default=12)
    parser.add_argument("--loop", type=int, default=0, help="series the loops run over; 0 is all")
    return parser.parse_args()


def simulated_costs(series: int, points: int) -> pd.DataFrame:
    """Random walks that fall by about a fifth a year, monthly."""
    changes = np.random.default_rng(20).normal(-0.02, 0.1, (series, points))
    return pd.DataFrame(
        {
            "series": np.repeat([f"series {k}" for k in range(series)], points),
            "date": np.tile(pd.date_range("2023-01-01", periods=points, freq="MS"), series),
            "cost": np.exp(np.cumsum(changes, axis=1)).ravel(),
        }
    )


def ols_forecast(cost: pd.Series, horizon: int) -> list[Any]:
    """Fit log cost on time and forecast it with both intervals, on bare arrays."""
    from statsmodels.regression.linear_model import OLS

    steps = np.arange(len(cost) + horizon, dtype=float)
    design = np.column_stack([np.ones_like(steps), steps])
    fit = OLS(np.log(cost.to_numpy()), design[: len(cost)]).fit()
    ahead = fit.get_prediction(design[len(cost) :])
    intervals = [ahead.conf_int(obs=True, alpha=1 - level / 100) for level in LEVELS]
    return [np.exp(values) for values in (ahead.predicted_mean, *intervals)]


def auto_theta(costs: pd.DataFrame, horizon: int, points: int) -> float | None:
    """Seconds of AutoTheta on log cost on one core, or None where it is not installed."""
    try:
        from statsforecast import StatsForecast
        from statsforecast.models import AutoTheta
    except ImportError:
        return None
    table = pd.DataFrame(
        {"unique_id": costs["series"], "ds": costs["date"], "y": np.log(costs["cost"])}
    )

    def run(rows: pd.DataFrame) -> object:
        engine = StatsForecast(models=[AutoTheta(season_length=1)], freq="MS", n_jobs=1)
        return engine.forecast(df=rows, h=horizon, level=list(LEVELS))

    run(table.head(2 * points))
    return best_of(1, lambda: run(table))


def best_of(repeats: int, run: Callable[[], object]) -> float:
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def show(name: str, seconds: float, series: int, reference: float) -> None:
    each = f"{seconds / series * 1e6:,.1f} us a series"
    print(f"{name:<32}{seconds:>10.3f} s  {each:>22}  {seconds / reference:>10,.1f}x")


if __name__ == "__main__":
    main()
