"""Do the intervals of cost trajectories hold? Methods side by side on technologies and prices.

    python benchmarks/bench_calibration.py [--data FOLDER] [--quick]

Reads technology-curves/, llm-prices/ and gpu-prices/ under FOLDER (DILIGENCE_REFERENCE_DATA by
default); what is not there is left out and named. Every method forecasts log cost from the same
past dates, one to twenty steps ahead. With the extra `bench` (statsforecast), AutoTheta, AutoETS
and AutoARIMA forecast the same series; --quick leaves them out. Last come simulated worlds that
keep their pace, in which the calibrated intervals hold less than they say.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from diligence.trajectories import fit_log_trend
from diligence.trajectories.calibration import published_formula, technology_calibration
from diligence.trajectories.calibration_fit import (
    calibration_hindcasts,
    fit_calibration,
    score_calibration,
    score_forecasts,
    score_left_out,
    summarise_scores,
)
from diligence.trajectories.curve_scores import score_curve
from diligence.trajectories.panel_hindcasts import panel_hindcasts, panel_histories
from diligence.trajectories.simulated_panel import simulate_panel
from diligence.trajectories.technology_panel import (
    falling_series,
    mean_squared_errors,
    volatility_law,
)
from diligence.trajectories.theta_matching import match_theta

WINDOWS = {0: "expanding window", 5: "last five differences"}
NORMAL_95 = 1.959964
STEADY_HORIZONS = (1, 5, 10)
SEASONLESS = ("AutoTheta", "AutoETS", "AutoARIMA")
PANEL_NAMES = {"technology": "series", "year": "date", "unit_cost": "cost"}
HEAD = (
    f"{'':34}{'n':>6} "
    f"{'80 %':>6} {'over series':>12} {'mean':>6} {'above':>6} {'below':>6} {'mean':>6} "
    f"{'95 %':>6} {'over series':>12} {'mean':>6} {'above':>6} {'below':>6} {'mean':>6} "
    f"{'CRPS':>7} {'mean':>7}"
)


def main() -> None:
    """Print every table in one run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("DILIGENCE_REFERENCE_DATA"))
    parser.add_argument("--quick", action="store_true", help="without statsforecast")
    arguments = parser.parse_args()
    if not arguments.data:
        parser.error("give --data FOLDER or set DILIGENCE_REFERENCE_DATA")
    curves = arguments.data / "technology-curves"
    technologies(curves / "farmer_lafond_2016_cost.csv", quick=arguments.quick)
    second_panel(curves / "pcdb_cost_production.csv")
    list_prices(arguments.data / "llm-prices" / "price_events.csv.gz")
    gpu_prices(arguments.data / "gpu-prices" / "fsdl_cloud_gpus_2022_2024.csv")
    steady_worlds()


def technologies(path: Path, *, quick: bool) -> None:
    """The panel the shipped constants come from: each technology forecast without itself."""
    if not path.exists():
        print(f"{path.name}: not there")
        return
    costs = pd.read_csv(path).rename(columns=PANEL_NAMES)
    falling = falling_series(costs)
    panel_figures(costs[costs["series"].isin(falling)])
    hindcasts = calibration_hindcasts(costs)
    families = hindcasts["series"].map(costs.groupby("series")["family"].first())
    shipped = technology_calibration()
    scores = {
        "ours, technology left out": score_left_out(hindcasts, hindcasts["series"], start=shipped),
        "ours, family left out": score_left_out(hindcasts, families, start=shipped),
        "ours, as shipped": score_calibration(hindcasts, shipped),
        "random walk, theta 0.63": score_calibration(hindcasts, published_formula()),
        "random walk, theta 0": score_calibration(hindcasts, published_formula(0.0)),
    } | log_trend_scores(costs, hindcasts)
    if not quick and importlib.util.find_spec("statsforecast"):
        scores |= statsforecast_scores(costs, hindcasts)
    for window, words in WINDOWS.items():
        rows = hindcasts["window"] == window
        print_scores(f"{path.name}, all series, {words}", scores, rows)
        print_scores(
            f"the falling series, {words}", scores, rows & hindcasts["series"].isin(falling)
        )
    print_by_horizon(scores, hindcasts["window"] == 0)
    split_halves(hindcasts, families)


def panel_figures(falling: pd.DataFrame) -> None:
    """Print what the panel has in common: volatility law, size of errors, matched theta."""
    print(volatility_law(falling).summary())
    hindcasts = panel_hindcasts(falling, window=5)
    squared = mean_squared_errors(hindcasts)
    every = len(panel_hindcasts(falling, window=5, max_horizon=None))
    print(f"five-difference hindcasts: {len(hindcasts):,} to 20 steps, {every:,} in all")
    print("mean squared error:", *(f"{step}: {squared[step]:.2f}" for step in (1, 5, 10, 15, 20)))
    print(match_theta(falling).summary())


def split_halves(hindcasts: pd.DataFrame, families: pd.Series, *, splits: int = 20) -> None:
    """Constants from half of the families, judged on the other half."""
    draw = np.random.default_rng(0)
    names = np.array(sorted(families.unique()))
    expanding = hindcasts["window"] == 0
    shares = []
    for _ in range(splits):
        first = families.isin(draw.permutation(names)[: len(names) // 2])
        found = fit_calibration(hindcasts[first], start=technology_calibration())
        other = score_calibration(hindcasts[~first & expanding], found)
        shares.append([other["inside80"].mean(), other["inside95"].mean(), found.kept_pace])
    middle, spread = np.mean(shares, axis=0), np.std(shares, axis=0)
    print(f"\nhalf of the families judged by the other half, {splits} splits, mean and deviation")
    print(f"inside 80 %: {middle[0]:.1%} +- {spread[0]:.1%}", end=", ")
    print(f"inside 95 %: {middle[1]:.1%} +- {spread[1]:.1%}", end=", ")
    print(f"pace kept: {middle[2]:.2f} +- {spread[2]:.2f}")


def second_panel(path: Path) -> None:
    """Another panel, with gaps; some of its technologies are in the first one too."""
    if not path.exists():
        print(f"\n{path.name}: not there")
        return
    table = pd.read_csv(path).rename(columns=PANEL_NAMES).dropna(subset=["cost", "date"])
    costs = table[table["cost"] > 0].drop_duplicates(["series", "date"])
    hindcasts = calibration_hindcasts(costs)
    scores = walk_scores(hindcasts) | log_trend_scores(costs, hindcasts)
    for window, words in WINDOWS.items():
        print_scores(f"{path.name}, {words}", scores, hindcasts["window"] == window)


def list_prices(path: Path) -> None:
    """Token prices in force at month ends, by price list and model, input and output at 3 to 1."""
    if not path.exists():
        print(f"\n{path.name}: not there")
        return
    events = pd.read_csv(path, parse_dates=["effective_date", "last_seen"])
    events["cost"] = (3 * events["input_usd_mtok"] + events["output_usd_mtok"]) / 4
    events["series"] = _joined(events, ["source", "provider", "model"])
    print_prices("list prices of tokens", month_ends(events[events["cost"] > 0]))


def gpu_prices(path: Path) -> None:
    """Hourly rent of GPU instances at month ends, on demand."""
    if not path.exists():
        print(f"\n{path.name}: not there")
        return
    runs = pd.read_csv(path, parse_dates=["first_seen", "last_seen"])
    runs["series"] = _joined(runs, ["cloud", "gpu", "n_gpus", "instance"])
    names = {"first_seen": "effective_date", "usd_hour_ondemand": "cost"}
    runs = runs.rename(columns=names)
    runs["cost"] = pd.to_numeric(runs["cost"], errors="coerce")
    print_prices("rent of GPU instances", month_ends(runs[runs["cost"] > 0]))


def month_ends(runs: pd.DataFrame) -> pd.DataFrame:
    """Price in force at each month end of each series with at least 6 of them."""
    pieces = []
    for name, rows in runs.sort_values("effective_date").groupby("series"):
        ends = pd.date_range(rows["effective_date"].min(), rows["last_seen"].max(), freq="ME")
        if len(ends) >= 6:
            latest = np.searchsorted(rows["effective_date"].to_numpy(), ends, side="right") - 1
            cost = rows["cost"].to_numpy()[latest]
            pieces.append(pd.DataFrame({"series": name, "date": ends, "cost": cost}))
    return pd.concat(pieces, ignore_index=True)


def print_prices(title: str, costs: pd.DataFrame) -> None:
    """Score price lists: all, those that ever change, those that had changed by the forecast."""
    hindcasts = panel_hindcasts(costs, max_horizon=12)
    moving = costs.groupby("series")["cost"].nunique() > 1
    changes = hindcasts["series"].map(moving)
    moved_before = hindcasts["volatility_per_sqrt_year"] > 1e-9
    scores = walk_scores(hindcasts)
    print_scores(f"{title}, {len(moving):,} series by month", scores, changes | True)
    print_scores(f"{title}, those that ever change", scores, changes)
    print_scores(f"{title}, had changed before the forecast", scores, moved_before)
    print_scores(f"{title}, first change still to come", scores, changes & ~moved_before)


def steady_worlds(*, worlds: int = 8000, volatility: float = 0.12) -> None:
    """Coverage of the 80 % interval where pace never slows, by length of history and horizon."""
    print(f"\n{worlds:,} simulated technologies a row, pace kept, K = {volatility} a year")
    print("inside 80 %, 1, 5 and 10 years ahead; m past changes")
    for theta, drift, differences in product((0.63, 0.0), (-0.2, -0.1), (5, 10, 20, 40)):
        costs = simulate_panel(
            series=worlds,
            points=differences + 1 + max(STEADY_HORIZONS),
            drift_per_year=drift,
            volatility_per_sqrt_year=volatility,
            theta=theta,
        )
        hindcasts = last_origin(costs, differences)
        cells = [f"theta {theta:4}, drift {drift}, m {differences:2}"]
        for name, table in walk_scores(hindcasts).items():
            inside = table.groupby("steps")["inside80"].mean()
            cells.append(f"{name}: " + "/".join(f"{share:.0%}" for share in inside))
        print("  ".join(cells))


def last_origin(costs: pd.DataFrame, differences: int) -> pd.DataFrame:
    """One forecast a series of a simulated panel and horizon, as ``panel_hindcasts`` has it."""
    names, log_cost = costs["series"].unique(), np.log(costs["cost"].to_numpy())
    log_cost = log_cost.reshape(len(names), -1)
    changes = np.diff(log_cost[:, : differences + 1], axis=1)
    frame = pd.DataFrame(
        {
            "series": names,
            "drift_per_year": changes.mean(axis=1),
            "volatility_per_sqrt_year": changes.std(axis=1, ddof=1),
            "differences": differences,
            "window_steps": differences,
            "step_years": 1.0,
        }
    )
    ahead = [
        frame.assign(
            steps=float(step),
            change_log=log_cost[:, differences + step] - log_cost[:, differences],
        )
        for step in STEADY_HORIZONS
    ]
    return pd.concat(ahead, ignore_index=True)


def walk_scores(hindcasts: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Scores of the random walk: ours as shipped, and the published formula."""
    return {
        "ours, as shipped": score_calibration(hindcasts, technology_calibration()),
        "random walk, theta 0.63": score_calibration(hindcasts, published_formula()),
        "random walk, theta 0": score_calibration(hindcasts, published_formula(0.0)),
    }


def log_trend_scores(costs: pd.DataFrame, hindcasts: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Least squares through the logarithm of cost, on the same origins and windows."""
    parts = [rows for _, rows in hindcasts.groupby("window")]
    curves = {
        "log trend, as shipped": fit_log_trend,
        "log trend, textbook OLS": partial(fit_log_trend, robust=False),
    }
    return {
        name: pd.concat([score_curve(costs, rows, fit) for rows in parts])
        for name, fit in curves.items()
    }


def statsforecast_scores(costs: pd.DataFrame, hindcasts: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Automatic methods on log cost; where one gives up, its random walk with drift."""
    from statsforecast import StatsForecast, models

    past, key = _pasts(costs, hindcasts)
    outcome = _last_log_cost(past).reindex(key).to_numpy() + hindcasts["change_log"].to_numpy()
    found = {}
    for name in SEASONLESS:
        engine = StatsForecast(
            models=[getattr(models, name)(season_length=1)],
            freq=1,
            fallback_model=models.RandomWalkWithDrift(),
        )
        table = engine.forecast(df=past, h=20, level=[95])
        table["step"] = table.groupby("unique_id").cumcount() + 1
        rows = table.set_index(["unique_id", "step"]).loc[
            list(zip(key, hindcasts["steps"].astype(int), strict=True))
        ]
        spread = (rows[f"{name}-hi-95"] - rows[f"{name}-lo-95"]).to_numpy() / (2 * NORMAL_95)
        found[name] = score_forecasts(
            hindcasts,
            error=outcome - rows[name].to_numpy(),
            scale=np.maximum(spread, 1e-12),
            degrees_of_freedom=np.full(len(rows), np.inf),
        )
    return found


def _pasts(costs: pd.DataFrame, hindcasts: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    histories = panel_histories(costs)
    key = _joined(hindcasts, ["series", "origin", "window"])
    frames = []
    for label, row in hindcasts.groupby(key)[["series", "origin", "window"]].first().iterrows():
        history = histories[row["series"]]
        last = int(np.flatnonzero(history.cost.index == row["origin"])[0])
        log_cost = history.log_cost[last - row["window"] if row["window"] else 0 : last + 1]
        ds = np.arange(len(log_cost))
        frames.append(pd.DataFrame({"unique_id": label, "ds": ds, "y": log_cost}))
    return pd.concat(frames, ignore_index=True), key


def _joined(table: pd.DataFrame, columns: list[str]) -> pd.Series:
    return table[columns].fillna("").astype(str).agg(" | ".join, axis=1)


def _last_log_cost(past: pd.DataFrame) -> pd.Series:
    return past.groupby("unique_id")["y"].last()


def print_scores(title: str, scores: dict[str, pd.DataFrame], rows: pd.Series) -> None:
    """Print one line a method: coverage with bootstrap interval, misses by side, CRPS."""
    print(f"\n{title}\n{HEAD}")
    for name, table in scores.items():
        found = summarise_scores(table[rows.reindex(table.index)])
        shares = [
            f"{getattr(found, f'coverage{level}'):6.1%} "
            f"{interval(getattr(found, f'interval{level}')):>12} "
            f"{getattr(found, f'mean_coverage{level}'):6.1%} "
            f"{getattr(found, f'above{level}'):6.1%} {getattr(found, f'below{level}'):6.1%} "
            f"{getattr(found, f'mean_below{level}'):6.1%}"
            for level in (80, 95)
        ]
        scored = f"{found.crps:7.4f} {found.mean_crps:7.4f}"
        print(f"{name:34}{found.n:6,} {shares[0]} {shares[1]} {scored}")


def interval(bounds: tuple[float, float]) -> str:
    """Write a bootstrap interval in whole percent."""
    return f"{bounds[0]:.0%} to {bounds[1]:.0%}"


def print_by_horizon(scores: dict[str, pd.DataFrame], rows: pd.Series) -> None:
    """Print coverage of the 80 and 95 % intervals by steps ahead."""
    print("\ninside 80 / 95 % by steps ahead, expanding window")
    bands = [0, 1, 3, 6, 10, 15, 20]
    for name, table in scores.items():
        chosen = table[rows.reindex(table.index)]
        band = pd.cut(chosen["steps"], bands)
        means = chosen.groupby(band, observed=True)[["inside80", "inside95"]].mean()
        cells = [f"{row.inside80:.0%}/{row.inside95:.0%}" for row in means.itertuples()]
        labels = [
            f"to {int(item.right)}: {cell}" for item, cell in zip(means.index, cells, strict=True)
        ]
        print(f"{name:34}" + "  ".join(labels))


if __name__ == "__main__":
    main()
