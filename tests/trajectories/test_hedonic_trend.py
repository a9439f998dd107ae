import math
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import EstimationError
from diligence.trajectories import fit_hedonic_trend

VARIABLE = "DILIGENCE_REFERENCE_DATA"
REFERENCE = Path(os.environ.get(VARIABLE, ""))
EPOCH = REFERENCE / "noship-epoch-price-trends"
GPQA = REFERENCE / "noship-price-of-progress" / "price_of_progress_gpqa_benchmark_cost.csv"
HAS_REFERENCE = bool(os.environ.get(VARIABLE)) and EPOCH.exists() and GPQA.exists()

needs_reference = pytest.mark.skipif(
    not HAS_REFERENCE, reason=f"reference data not found; set {VARIABLE} to its folder"
)


def logit(share):
    clipped = share.clip(0.005, 0.995)
    return np.log(clipped / (1 - clipped))


def listed(pace=-1.0, taste=0.05, noise=0.0, n=40, seed=1):
    rng = np.random.default_rng(seed)
    date = np.sort(rng.uniform(2023, 2026, n))
    score = 40 + 10 * (date - 2023) + 8 * rng.standard_normal(n)
    log_price = 2 + pace * (date - 2023) + taste * score + noise * rng.standard_normal(n)
    provider = [f"p{i % 8}" for i in range(n)]
    return pd.DataFrame(
        {"date": date, "score": score, "price": np.exp(log_price), "provider": provider}
    )


@needs_reference
def test_hedonic_pace_on_the_price_file_of_epoch():
    # Log price on date and logit of MMLU, reasoning models left out: 12.1 times a year, n = 59.
    names = ("aa_data_with_math5.csv", "epoch_ai_price_data_not_in_aa_with_benchmarks.csv")
    prices = pd.concat([pd.read_csv(EPOCH / name) for name in names])
    reasoning = ["o1", "o1-mini", "o1-preview", "o3-mini", "DeepSeek-R1"]
    prices = prices[~prices["Model Name"].isin(reasoning)]
    prices = prices.dropna(subset=["MMLU", "USD per 1M Tokens"])
    fit = fit_hedonic_trend(
        prices.assign(logit=logit(prices["MMLU"] / 100)),
        characteristics=["logit"],
        price="USD per 1M Tokens",
        date="Release Date",
    )
    assert fit.n == 59
    assert fit.fold_per_year == pytest.approx(12.1, abs=0.05)


@needs_reference
def test_price_of_progress_on_gpqa():
    # Gundlach et al. (arXiv 2511.23455), all licences, no restriction: 4.415 times a year,
    # n = 163, R2 .6585.
    cost = pd.read_csv(GPQA)
    cost["score"] = cost["epoch_gpqa"].str.rstrip("%").astype(float) / 100
    cost["cost"] = pd.to_numeric(cost["Benchmark Cost USD"], errors="coerce")
    cost = cost[cost["score"].notna() & (cost["cost"] > 0)]
    fit = fit_hedonic_trend(
        cost.assign(
            logit=logit(cost["score"]), day=pd.to_datetime(cost["Release Date"], format="mixed")
        ),
        characteristics=["logit"],
        price="cost",
        date="day",
    )
    assert fit.n == 163
    assert fit.fold_per_year == pytest.approx(4.415, abs=5e-3)
    assert fit.r2 == pytest.approx(0.6585, abs=5e-4)


def test_halving_a_year_and_doubling_with_each_point():
    # Price = 8 * 2^score / 2^year: quality and date cross, so both are read off exactly.
    rows = [(year, score, 8 * 2.0**score / 2.0**year) for year in range(3) for score in range(2)]
    fit = fit_hedonic_trend(
        pd.DataFrame(rows, columns=["date", "score", "price"]), characteristics=["score"]
    )
    assert fit.decline_per_year == pytest.approx(0.5)
    assert fit.fold_per_year == pytest.approx(2)
    assert fit.half_life_months == pytest.approx(12)
    assert fit.to_frame()["estimate"]["score"] == pytest.approx(math.log(2))
    forecast = fit.forecast(12, characteristics={"score": 1})
    # At year 2 a score of 1 costs 8 * 2 / 4 = 4; a year later 2.
    assert forecast["median"].iloc[-1] == pytest.approx(2.0)


def test_robust_errors_by_hand():
    # HC3: each squared residual over (1 - leverage)^2 between the two inverse cross products.
    rows = listed(noise=0.5, n=15)
    fit = fit_hedonic_trend(rows, characteristics=["score"])
    design = np.column_stack([np.ones(15), rows["date"] - rows["date"].max(), rows["score"]])
    inverse = np.linalg.inv(design.T @ design)
    residual = np.log(rows["price"]) - design @ inverse @ design.T @ np.log(rows["price"])
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    middle = (design.T * (residual**2 / (1 - leverage) ** 2).to_numpy()) @ design
    expected = math.sqrt((inverse @ middle @ inverse)[1, 1])
    assert fit.drift_std_error == pytest.approx(expected, rel=1e-6)
    assert fit.degrees_of_freedom == 12


def test_prices_that_move_together_widen_the_interval():
    rows = listed(noise=0.1, n=48)
    shared = {f"p{i}": 0.6 * (-1) ** i for i in range(8)}
    late = rows["date"] - 2024.5
    rows["price"] *= np.exp(rows["provider"].map(shared) * late)
    alone = fit_hedonic_trend(rows, characteristics=["score"])
    together = fit_hedonic_trend(rows, characteristics=["score"], cluster="provider")
    assert together.drift_std_error > 1.2 * alone.drift_std_error
    assert together.degrees_of_freedom == 7
    assert any("With 8 groups" in note for note in together.notes)


def test_intervals_hold_what_they_promise():
    inside = []
    for seed in range(300):
        rows = listed(pace=-2.3, noise=1.3, n=40, seed=seed)
        low, high = fit_hedonic_trend(rows, characteristics=["score"]).fold_conf_int(0.90)
        inside.append(low <= math.exp(2.3) <= high)
    assert np.mean(inside) == pytest.approx(0.90, abs=0.05)


def test_leaving_quality_out_misreads_the_pace():
    rows = listed(pace=-1.0, taste=0.05)
    assert fit_hedonic_trend(rows, characteristics=["score"]).drift_per_year == pytest.approx(-1)
    blind = fit_hedonic_trend(rows, characteristics=[])
    assert blind.drift_per_year == pytest.approx(-0.5, abs=0.15)


def test_quality_that_moves_with_time_is_noted():
    rows = listed(noise=0.2)
    rows["score"] = 10 * rows["date"] + 0.5 * np.sin(np.arange(len(rows)))
    fit = fit_hedonic_trend(rows, characteristics=["score"])
    assert any("hardly tells a fall in price from a rise in quality" in n for n in fit.notes)


@given(st.floats(1e-6, 1e6), st.floats(0.1, 10), st.integers(0, 50))
def test_currency_and_unit_of_quality_change_no_rate(currency, unit, seed):
    rows = listed(noise=0.5, seed=seed)
    plain = fit_hedonic_trend(rows, characteristics=["score"])
    scaled = fit_hedonic_trend(
        rows.assign(price=currency * rows["price"], score=unit * rows["score"]),
        characteristics=["score"],
    )
    assert scaled.drift_per_year == pytest.approx(plain.drift_per_year, rel=1e-6, abs=1e-6)
    assert scaled.conf_int() == pytest.approx(plain.conf_int(), rel=1e-5, abs=1e-6)


@given(st.integers(0, 50))
def test_reversing_time_turns_the_pace_round(seed):
    rows = listed(noise=0.5, seed=seed)
    back = fit_hedonic_trend(rows.assign(date=-rows["date"]), characteristics=["score"])
    there = fit_hedonic_trend(rows, characteristics=["score"])
    assert back.drift_per_year == pytest.approx(-there.drift_per_year, rel=1e-6, abs=1e-8)


@given(st.integers(0, 50), st.floats(1, 4))
def test_more_noise_never_narrows_an_interval(seed, factor):
    calm, wild = (
        fit_hedonic_trend(listed(noise=n, seed=seed), characteristics=["score"])
        for n in (0.3, 0.3 * factor)
    )
    assert wild.drift_std_error >= calm.drift_std_error - 1e-9


def test_a_constant_price_has_no_pace():
    fit = fit_hedonic_trend(listed().assign(price=3.0), characteristics=["score"])
    assert fit.drift_per_year == pytest.approx(0, abs=1e-12)
    assert fit.half_life_months is None
    assert fit.r2 == 0


def test_result_reads_the_same_twice():
    rows = listed(noise=0.4)
    first, second = (fit_hedonic_trend(rows, characteristics=["score"]) for _ in range(2))
    assert first.summary() == second.summary()
    assert "Times cheaper a year" in first.summary()
    assert "HC3" in first._repr_html_()


def test_refusals():
    rows = listed(noise=0.4)
    halves = rows.assign(provider=["a", "b"] * 20)
    with pytest.raises(EstimationError, match="at least 4 groups, got 2"):
        fit_hedonic_trend(halves, characteristics=["score"], cluster="provider")
    fit = fit_hedonic_trend(rows, characteristics=["score"])
    with pytest.raises(EstimationError, match="whole number of months, at least 1, got 0"):
        fit.forecast(0)
    with pytest.raises(EstimationError, match=r"State the qualities \['score'\]"):
        fit.forecast(3, characteristics={"mmlu": 3.0})
    with pytest.raises(EstimationError, match="between 0 and 1, got 90"):
        fit.conf_int(90)
