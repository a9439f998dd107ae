"""Measure price-decline estimators on simulated offers of which the new lows alone are seen.

    python benchmarks/bench_record_decline.py [--seeds 2000] [--workers 2] [--setting NAME ...]

Log price falls along a straight line with noise. `record-aware` sees the new lows with their
dates and the bare dates of all other offers; `record OLS` is least squares through the new lows;
`all-points OLS` sees every price and is what nobody with records alone can have. Printed for each:
lists it answered, median estimate over truth (times a year, and the rate in logs), share of nominal
90 % intervals that hold the truth, median width of the interval in logs, how often the record-aware
fit calls itself conclusive, and the median over truth of those lists alone; then the seconds of one
record-aware fit.
"""

from __future__ import annotations

import argparse
import math
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
import pandas as pd

from diligence.trajectories.record_decline import fit_record_decline
from diligence.trajectories.record_prices import record_prices
from diligence.trajectories.record_simulation import (
    FloatArray,
    SimulatedMarket,
    estimates_of,
    summarise_estimates,
)


def denser_later(rng: np.random.Generator, size: int) -> FloatArray:
    return np.asarray(np.sqrt(rng.uniform(0, 1, size)))


def three_waves(rng: np.random.Generator, size: int) -> FloatArray:
    return np.asarray((rng.integers(0, 3, size) + 0.5 + rng.uniform(-0.15, 0.15, size)) / 3)


def student_t4(rng: np.random.Generator, size: int) -> FloatArray:
    return np.asarray(rng.standard_t(4, size) / math.sqrt(2))


def long_dear_tail(rng: np.random.Generator, size: int) -> FloatArray:
    return np.asarray(rng.gamma(4, 1, size) / 2 - 2)


MARKETS = {
    "10x, sd 1.5": SimulatedMarket(10, 1.5),
    "3x, sd 1.0": SimulatedMarket(3, 1.0),
    "10x, sd 1.5, one year": SimulatedMarket(10, 1.5, years=1),
    "10x, sd 1.5, 20 offers": SimulatedMarket(10, 1.5, offers=20),
    "10x, sd 1.5, 12 offers": SimulatedMarket(10, 1.5, offers=12),
    "10x, sd 0.5": SimulatedMarket(10, 0.5),
    "10x, sd 1.5, Student t(4)": SimulatedMarket(10, 1.5, errors=student_t4),
    "10x, sd 1.5, three waves": SimulatedMarket(10, 1.5, dates=three_waves),
    "1x, sd 1.0": SimulatedMarket(1, 1.0),
    "10x, sd 1.5, denser later": SimulatedMarket(10, 1.5, dates=denser_later),
    "10x, sd 1.5, three years": SimulatedMarket(10, 1.5, years=3),
    "10x, sd 1.5, long dear tail": SimulatedMarket(10, 1.5, errors=long_dear_tail),
    "10x, sd 1.5, 80 offers": SimulatedMarket(10, 1.5, offers=80),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--setting", nargs="*", choices=MARKETS, default=list(MARKETS))
    arguments = parser.parse_args()
    print(f"{arguments.seeds} seeds a setting; nominal 90 % intervals")
    with ProcessPoolExecutor(arguments.workers) as pool:
        for name in arguments.setting:
            draw = partial(estimates_of_seed, MARKETS[name])
            drawn = pool.map(draw, range(arguments.seeds), chunksize=25)
            print_measures(name, MARKETS[name], pd.concat(drawn))


def estimates_of_seed(market: SimulatedMarket, seed: int) -> pd.DataFrame:
    return estimates_of(market.prices(seed=seed))


def print_measures(name: str, market: SimulatedMarket, drawn: pd.DataFrame) -> None:
    table = summarise_estimates(drawn, truth=market.fold_per_year)
    conclusive = summarise_estimates(drawn[drawn["conclusive"] == 1], truth=market.fold_per_year)
    table["median_if_conclusive"] = conclusive["median_over_truth"]
    if market.fold_per_year != 1:
        rate = 1 + np.log(table["median_over_truth"]) / math.log(market.fold_per_year)
        table.insert(2, "log_rate_over_truth", rate)
    print(f"\n{name} ({seconds_a_fit(market):.2f} s a fit)")
    print(table.to_string(float_format="{:.3f}".format), flush=True)


def seconds_a_fit(market: SimulatedMarket, lists: int = 5) -> float:
    """Median seconds of one record-aware fit in this process."""
    taken = []
    for seed in range(lists):
        prices = market.prices(seed=seed)
        lows, start = record_prices(prices), time.perf_counter()
        fit_record_decline(lows, prices.index)
        taken.append(time.perf_counter() - start)
    return float(np.median(taken))


if __name__ == "__main__":
    main()
