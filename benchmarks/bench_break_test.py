"""Size and power of the test for a break in drift, and coverage of the interval for its date.

Changes of log cost are drawn without a break (size) and with a change of drift of two standard
deviations of a shock at the middle (power, coverage). Every series is tested as the library does.

    python benchmarks/bench_break_test.py [--series 1000] [--draws 399] [--seed 1]
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from diligence.trajectories import find_break

LENGTHS = (10, 20, 39)
BREAK_IN_DEVIATIONS = 2.0


def shocks(kind: str, rng: np.random.Generator, changes: int) -> np.ndarray:
    white = rng.standard_normal(changes + 50)
    if kind == "moving average 0.63":
        white[1:] += 0.63 * white[:-1].copy()
    elif kind == "autoregression 0.5":
        for date in range(1, len(white)):
            white[date] += 0.5 * white[date - 1]
    drawn = white[-changes:]
    if kind == "threefold from the middle":
        drawn[changes // 2 :] *= 3
    return drawn


def series_of(changes: np.ndarray) -> pd.Series:
    log_cost = 0.1 * np.concatenate([[0.0], np.cumsum(changes)])
    return pd.Series(np.exp(log_cost), index=pd.RangeIndex(2000, 2001 + len(changes)))


def measure(kind: str, changes: int, *, series: int, draws: int, seed: int) -> dict[str, float]:
    rng = np.random.default_rng([seed, changes])
    middle = changes // 2
    later = BREAK_IN_DEVIATIONS * (np.arange(changes) >= middle)
    still = [find_break(series_of(shocks(kind, rng, changes)), draws=draws) for _ in range(series)]
    moved = [
        find_break(series_of(shocks(kind, rng, changes) + later), draws=draws)
        for _ in range(series)
    ]
    intervals = [test.break_interval() for test in moved]
    return {
        "size10": np.mean([test.p_value <= 0.10 for test in still]),
        "size5": np.mean([test.p_value <= 0.05 for test in still]),
        "power5": np.mean([test.p_value <= 0.05 for test in moved]),
        "covers90": np.mean([low <= 2000 + middle <= high for low, high in intervals]),
        "width90": np.mean([high - low for low, high in intervals]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, default=1000)
    parser.add_argument("--draws", type=int, default=399)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    kinds = (
        "independent",
        "moving average 0.63",
        "autoregression 0.5",
        "threefold from the middle",
    )
    rows = {
        (kind, changes): measure(
            kind, changes, series=asked.series, draws=asked.draws, seed=asked.seed
        )
        for kind in kinds
        for changes in LENGTHS
    }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis(["shocks", "changes"])
    print(table.round(3).to_string())


if __name__ == "__main__":
    main()
