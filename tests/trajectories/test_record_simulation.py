"""Small seeded version of benchmarks/bench_record_decline.py."""

import numpy as np
import pandas as pd
import pytest

from diligence.trajectories.record_simulation import (
    SimulatedMarket,
    measure_estimators,
    summarise_estimates,
)


@pytest.fixture(scope="module")
def measured():
    return measure_estimators(SimulatedMarket(10, 1.5), seeds=range(40))


def test_the_record_aware_estimate_is_centred_and_its_interval_holds(measured):
    # With 40 lists the median is known to about 15 %, the coverage to about 5 points.
    row = measured.loc["record-aware"]
    assert row["answered"] == 40
    assert 0.75 < row["median_over_truth"] < 1.33
    assert row["coverage"] >= 0.80


def test_a_line_through_record_lows_is_too_steep_and_too_sure(measured):
    row = measured.loc["record OLS"]
    assert row["median_over_truth"] > 1.7
    assert row["coverage"] < 0.80


def test_all_prices_are_worth_more_than_any_correction(measured):
    assert measured.loc["all-points OLS", "median_over_truth"] == pytest.approx(1, abs=0.2)
    assert (
        measured.loc["all-points OLS", "median_width_log"]
        < (measured.loc["record-aware", "median_width_log"])
    )


def test_one_year_is_never_conclusive():
    table = measure_estimators(SimulatedMarket(10, 1.5, years=1), seeds=range(8))
    assert table.loc["record-aware", "conclusive"] == 0


def test_summary_by_hand():
    rows = [(20.0, 5.0, 50.0, 1.0), (8.0, 6.0, 9.0, 0.0), (np.nan, np.nan, np.nan, np.nan)]
    index = pd.Index(["a", "a", "a"], name="method")
    table = pd.DataFrame(rows, index=index, columns=["fold_per_year", "low", "high", "conclusive"])
    row = summarise_estimates(table, truth=10).loc["a"]
    # Two of three answered: median of 20 and 8 is 14, one interval of two holds 10.
    assert row["answered"] == 2
    assert row["median_over_truth"] == pytest.approx(1.4)
    assert (row["coverage"], row["conclusive"]) == (0.5, 0.5)
    assert row["median_width_log"] == pytest.approx((np.log(10) + np.log(1.5)) / 2)


def test_dates_can_start_on_a_day():
    prices = SimulatedMarket(10, 1.5).prices(seed=1, start="2024-01-01")
    assert prices.index[0] >= pd.Timestamp("2024-01-01")
    assert prices.index[-1] <= pd.Timestamp("2026-01-01")
