"""Published price-decline rates, computed again from the reference data where it is."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from diligence.trajectories.hedonic_trend import fit_hedonic_trend
from diligence.trajectories.price_frontier import logit_score, price_frontier
from diligence.trajectories.record_prices import record_prices
from diligence.trajectories.record_trend import fit_record_trend

VARIABLE = "DILIGENCE_REFERENCE_DATA"
ROOT = Path(os.environ.get(VARIABLE, ""))
EPOCH = ROOT / "noship-epoch-price-trends"
GUNDLACH = ROOT / "noship-price-of-progress"
# The published table leaves out models that reason at length before they answer.
REASONING = ("o1", "o1-mini", "o1-preview", "o3-mini", "DeepSeek-R1")

pytestmark = pytest.mark.skipif(
    not os.environ.get(VARIABLE) or not (EPOCH.exists() and GUNDLACH.exists()),
    reason=f"reference data not found; set {VARIABLE} to its folder",
)


@pytest.fixture(scope="module")
def epoch() -> pd.DataFrame:
    names = ("aa_data_with_math5.csv", "epoch_ai_price_data_not_in_aa_with_benchmarks.csv")
    offers = pd.concat([pd.read_csv(EPOCH / name) for name in names])
    offers = offers[~offers["Model Name"].isin(REASONING)]
    return offers.assign(
        date=pd.to_datetime(offers["Release Date"]), price=offers["USD per 1M Tokens"]
    )


def test_every_row_of_the_record_table(epoch):
    published = pd.read_csv(EPOCH / "reference_lowest_price_models_results.csv")
    assert len(published) == 12
    for row in published.itertuples():
        threshold = float(row.performance_range.strip("[]").split(",")[0])
        able = epoch[epoch[row.bench] >= threshold]
        lows = record_prices(pd.Series(able["price"].to_numpy(), index=able["date"].to_numpy()))
        fit = fit_record_trend(lows, days_per_year=365)
        interval = ast.literal_eval(row.price_reduction_factor_per_year_90_ci)
        assert fit.n == row.sample_size
        assert fit.fold_per_year == pytest.approx(row.price_reduction_factor_per_year, rel=1e-6)
        assert fit.fold_conf_int() == pytest.approx(interval, rel=1e-6)
        assert fit.r2 == pytest.approx(row.r_squared, abs=5e-3)


def test_the_row_printed_in_full(epoch):
    able = epoch[epoch["MMLU"] >= 43.9]
    lows = record_prices(pd.Series(able["price"].to_numpy(), index=able["date"].to_numpy()))
    fit = fit_record_trend(lows, days_per_year=365)
    assert fit.fold_per_year == pytest.approx(11.773, abs=5e-3)
    assert fit.fold_conf_int() == pytest.approx((8.287, 16.724), abs=5e-3)
    assert fit.n == 9


def classical_interval(fit) -> tuple[float, float]:
    # The published intervals assume equal scatter; fit_hedonic_trend's own do not.
    design = fit.table.design
    error = fit.residual_std_log * np.sqrt(np.linalg.inv(design.T @ design)[1, 1])
    reach = t.ppf(0.95, fit.degrees_of_freedom) * error
    return np.exp(-fit.drift_per_year - reach), np.exp(-fit.drift_per_year + reach)


def test_hedonic_rate_on_the_same_prices(epoch):
    scored = epoch.dropna(subset=["MMLU"])
    scored = scored.assign(quality=logit_score(scored["MMLU"] / 100))
    fit = fit_hedonic_trend(scored, characteristics=["quality"])
    assert fit.n == 59
    assert fit.fold_per_year == pytest.approx(12.1, abs=0.05)
    assert classical_interval(fit) == pytest.approx((7.15, 20.46), abs=0.01)
    assert fit.residual_std_log == pytest.approx(1.30, abs=5e-3)


@pytest.mark.parametrize("frontier", [True, False])
@pytest.mark.parametrize("licence", ["All", "Open"])
def test_cost_to_run_a_benchmark(frontier, licence):
    published = pd.read_csv(GUNDLACH / "reference_regressions_gpqa.csv").set_index("Restriction")
    kind = f"Pareto Restricted {licence} License"
    row = published.loc[kind if frontier else f"{licence} License (no restriction)"]
    offers = pd.read_csv(GUNDLACH / "price_of_progress_gpqa_benchmark_cost.csv")
    offers = offers.assign(
        date=pd.to_datetime(offers["Release Date"]),
        price=offers["Benchmark Cost USD"],
        score=offers["epoch_gpqa"].str.rstrip("%").astype(float) / 100,
    )
    offers = offers if licence == "All" else offers[offers["License"] == "Open"]
    offers = price_frontier(offers, score="score") if frontier else offers
    offers = offers.assign(quality=logit_score(offers["score"]))
    fit = fit_hedonic_trend(offers, characteristics=["quality"])
    # The paper counts 365 days a year.
    year = 365 / 365.25
    assert fit.n == row["n"]
    assert fit.fold_per_year**year == pytest.approx(row["Year Decrease Factor"], abs=1e-3)
    assert fit.r2 == pytest.approx(row["R²"], abs=1e-3)
    low, high = classical_interval(fit)
    assert (low**year, high**year) == pytest.approx(ast.literal_eval(row["90% CI"]), abs=2e-3)
