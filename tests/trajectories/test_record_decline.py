import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diligence.errors import EstimationError
from diligence.trajectories.record_decline import fit_record_decline
from diligence.trajectories.record_prices import record_prices
from diligence.trajectories.record_simulation import SimulatedMarket

TENFOLD = SimulatedMarket(fold_per_year=10, scatter_log=1.5)


def fit_of(prices, **options):
    return fit_record_decline(record_prices(prices), prices.index, **options)


@pytest.fixture(scope="module")
def fit():
    return fit_of(TENFOLD.prices(seed=3, start="2024-01-01"))


def test_the_prices_of_other_offers_are_never_seen():
    prices = TENFOLD.prices(seed=3)
    lows = record_prices(prices)
    dearer = prices.where(prices.index.isin(lows.index), 1000 * prices)
    assert fit_of(dearer).drift_per_year == fit_of(prices).drift_per_year


def test_the_same_seed_gives_the_same_result_and_another_hardly_moves_it():
    prices = TENFOLD.prices(seed=4)
    first, again, other = fit_of(prices), fit_of(prices), fit_of(prices, seed=1)
    assert first.summary() == again.summary()
    assert other.drift_per_year != first.drift_per_year
    assert other.drift_per_year == pytest.approx(first.drift_per_year, abs=0.2)


def test_with_hardly_any_scatter_it_is_the_true_pace():
    fit = fit_of(SimulatedMarket(10, 0.01, offers=15).prices(seed=1))
    assert fit.fold_per_year == pytest.approx(10, rel=0.02)
    low, high = fit.fold_conf_int()
    assert low < 10 < high < 10.5
    assert fit.is_conclusive
    assert fit.half_life_months == pytest.approx(3.61, abs=0.03)


@settings(max_examples=8, deadline=None)
@given(st.floats(1e-3, 1e3), st.integers(0, 20))
def test_unit_and_currency_change_no_rate(scale, seed):
    prices = SimulatedMarket(10, 1.0, offers=15).prices(seed=seed)
    plain, scaled = fit_of(prices, draws=50), fit_of(scale * prices, draws=50)
    assert scaled.drift_per_year == pytest.approx(plain.drift_per_year, abs=1e-4)
    assert scaled.level == pytest.approx(scale * plain.level, rel=1e-3)


@settings(max_examples=8, deadline=None)
@given(st.floats(1.2, 4), st.integers(0, 20))
def test_a_taller_history_falls_faster_and_is_never_better_known(factor, seed):
    # Log prices times a factor: pace and interval grow by it, more noise narrows nothing.
    prices = SimulatedMarket(10, 1.0, offers=15).prices(seed=seed)
    plain, taller = fit_of(prices, draws=50), fit_of(prices**factor, draws=50)
    assert taller.drift_per_year == pytest.approx(factor * plain.drift_per_year, rel=1e-3, abs=1e-4)
    for root in (-1.0, 1.0):
        expected = factor * plain.root.slope_at(root)
        assert taller.root.slope_at(root) == pytest.approx(expected, rel=1e-3, abs=1e-4)


def test_half_the_speed_of_the_clock_is_half_the_rate():
    prices = TENFOLD.prices(seed=5)
    slower = pd.Series(prices.to_numpy(), index=2 * prices.index)
    assert 2 * fit_of(slower).drift_per_year == pytest.approx(
        fit_of(prices).drift_per_year, rel=1e-3
    )


def test_dearer_offers_late_in_the_day_slow_the_estimate():
    # The same four new lows; ten more offers that set no record mean the lows were luckier.
    lows = pd.Series([8.0, 4.0, 2.0, 1.0], index=[0.0, 0.7, 1.4, 2.1])
    few = fit_record_decline(lows, [0.3, 1.0, 1.8])
    many = fit_record_decline(lows, [*np.linspace(0.1, 0.6, 3), *np.linspace(0.8, 2.4, 10)])
    assert many.fold_per_year < few.fold_per_year


def test_wider_levels_reach_farther(fit):
    inner, middle, outer = (fit.conf_int(level) for level in (0.5, 0.9, 0.95))
    assert outer[0] < middle[0] < inner[0] < fit.decline_per_year < inner[1] < middle[1] < outer[1]
    low, high = fit.fold_conf_int()
    assert fit.conf_int() == pytest.approx((1 - 1 / low, 1 - 1 / high))


def test_the_forecast_is_of_a_typical_offer(fit):
    forecast = fit.forecast(3)
    assert forecast.index.is_monotonic_increasing
    assert forecast.index[0] > fit.last_date
    assert fit.level > fit.last_value
    assert (forecast["low95"] < forecast["low80"]).all()
    assert (forecast["low80"] < forecast["median"]).all()
    later = fit.forecast(60)
    assert later["high80"].iloc[-1] / later["median"].iloc[-1] > (
        later["high80"].iloc[0] / later["median"].iloc[0]
    )


def test_what_a_reader_sees(fit):
    frame, text = fit.to_frame(), fit.summary()
    assert list(frame.columns) == ["lowest_so_far", "typical_offer", "is_record"]
    assert int(frame["is_record"].sum()) == fit.records
    assert frame["typical_offer"].iloc[-1] == pytest.approx(fit.level)
    assert "Times per year:" in text
    assert f"{fit.records} new lows among 40 offers" in text
    assert "typical new offer" in text
    assert "Times per year" in fit._repr_html_()


@pytest.mark.parametrize("seed", range(6))
def test_one_year_of_offers_is_not_conclusive_and_says_why(seed):
    fit = fit_of(SimulatedMarket(10, 1.5, years=1).prices(seed=seed), draws=50)
    assert not fit.is_conclusive
    assert fit.notes[0].startswith("NOT CONCLUSIVE: the offers span")
    assert "add history" in fit.notes[0]
    assert "NOT CONCLUSIVE" in fit.summary()
    assert not any("verdict selects" in note for note in fit.notes)


def test_an_inconclusive_summary_leads_with_the_interval():
    fit = fit_of(SimulatedMarket(10, 1.5, years=1).prices(seed=5), draws=50)
    low, high = fit.fold_conf_int()
    rate = next(line for line in fit.summary().splitlines() if line.startswith("Times per year"))
    assert rate.split(":")[1].strip().startswith(f"90 % interval {low:.3g} to {high:.3g}")
    assert f"({fit.decline_per_year:.1%}" not in fit.summary()
    assert "not established" in fit._repr_html_()


def test_a_conclusive_fit_says_that_the_verdict_selects(fit):
    assert fit.is_conclusive
    assert fit.notes[0].startswith("The verdict selects")


def test_a_wide_interval_is_not_conclusive_however_long_the_history():
    fit = fit_of(SimulatedMarket(10, 12.0, years=3).prices(seed=1))
    assert not fit.is_conclusive
    assert "over more than a factor of 100" in fit.notes[0]


def test_offers_that_share_a_date_are_counted():
    days = pd.to_datetime(["2022-01-10", "2022-06-01", "2023-01-01", "2023-09-01", "2024-03-01"])
    lows = pd.Series([9.0, 5.0, 2.0, 1.2, 0.4], index=days)
    alone, crowded = fit_record_decline(lows, days), fit_record_decline(lows, days.repeat(6))
    assert (alone.n, crowded.n) == (5, 30)
    assert crowded.level > alone.level


def test_new_lows_without_scatter_are_refused():
    lows = pd.Series([16.0, 8.0, 4.0, 2.0, 1.0], index=[2020.0, 2021, 2022, 2023, 2024])
    with pytest.raises(EstimationError, match="without any scatter.*fit_log_trend"):
        fit_record_decline(lows, lows.index)


@pytest.mark.parametrize("level", [0, 1, -0.5])
def test_the_level_lies_between_0_and_1(fit, level):
    with pytest.raises(EstimationError, match="between 0 and 1"):
        fit.fold_conf_int(level)


def test_too_few_draws_are_refused():
    with pytest.raises(EstimationError, match="at least 50 draws a slope, got 10"):
        fit_of(TENFOLD.prices(seed=3), draws=10)
