"""One market for all: the same draw for every company, the same bytes for the same seed."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from diligence.errors import InputError
from diligence.projections.company_model import PricedLine, PriceKey, SegmentModel
from diligence.projections.first_passage import p_cash_out
from diligence.projections.month_engine import run_months
from diligence.projections.responses import Lever
from diligence.projections.shocks import no_shock
from diligence.stress.market_draw import PriceProcess, draw_market
from diligence.stress.simulation import CompanyNoise, runway_months, simulate
from tests.company_models import OTHER_TOKENS, RENT, SOLD, TOKENS, plain_company

MOVING = PriceProcess(
    drift=-0.1,
    drift_sd=0.3,
    noise_sd_per_month=0.05,
    jumps_per_year=0.5,
    jump_mean=0.2,
    jump_sd=0.4,
)
STILL = PriceProcess()
NOISE = CompanyNoise(
    usage_sd_per_month=0.05,
    growth_sd_per_year=0.2,
    market_correlation=0.3,
    unit_cost_sd_per_month=0.03,
    unit_cost_drift_sd=0.1,
)


def market(process=MOVING, *, keys=(TOKENS, OTHER_TOKENS, RENT), paths=2_000, months=36, seed=1):
    processes = {"tokens": process, "gpu_hours": process}
    return draw_market(processes, keys, months=months, paths=paths, seed=seed)


def other_company():
    return plain_company(name="Other", levers=(Lever("Caching", 0.3, success_probability=0.6),))


def same(one, other):
    return all(
        np.array_equal(getattr(one.results, name), getattr(other.results, name))
        for name in ("paid_margin", "cash", "runway_months", "capital_needed")
    )


def test_the_same_seed_gives_the_same_bytes_whatever_the_order_and_the_workers():
    companies, noise = [plain_company(), other_company()], [NOISE, CompanyNoise()]
    first, second = simulate(companies, market(), seed=7, noise=noise, workers=1)
    swapped = simulate(companies[::-1], market(), seed=7, noise=noise[::-1], workers=2)
    assert same(first, swapped[1])
    assert same(second, swapped[0])
    (other_seed,) = simulate(companies[:1], market(), seed=8, noise=noise[:1])
    assert not same(first, other_seed)


def test_a_supplier_more_changes_no_other_price():
    alone, together = market(keys=(TOKENS,)), market(keys=(RENT, TOKENS, OTHER_TOKENS))
    assert np.array_equal(alone.prices[TOKENS], together.prices[TOKENS])


def test_a_reseller_moves_with_the_maker_of_the_model():
    resold, other = (PriceKey("tokens", "buy", name) for name in ("Azure OpenAI", "Google"))
    draw = market(keys=(TOKENS, resold, other))
    assert np.array_equal(draw.prices[TOKENS], draw.prices[resold])
    assert not np.array_equal(draw.prices[TOKENS], draw.prices[other])


def test_a_market_that_stands_still_gives_the_baseline():
    (found,) = simulate([plain_company()], market(STILL), seed=1)
    baseline = run_months(plain_company(), no_shock(36))
    # Cash 60, burn 5 a month.
    assert found.quantiles("runway_months") == dict.fromkeys(
        (0.05, 0.10, 0.50, 0.90, 0.95), pytest.approx(12)
    )
    assert (found.results.cash == 60 - np.cumsum(baseline.cash_burn)[2::3, None]).all()
    assert found.p_cash_out(11).value == 0
    assert found.p_cash_out(13).value == 1


def test_suppliers_move_together_as_far_as_the_market_is_common():
    def correlation(share):
        draw = market(dataclasses.replace(MOVING, market_share=share, jumps_per_year=0.0))
        last = [np.log(draw.prices[key][-1]) for key in (TOKENS, RENT)]
        return float(np.corrcoef(last)[0, 1])

    assert correlation(0.0) == pytest.approx(0.0, abs=0.1)
    assert correlation(0.5) == pytest.approx(0.5, abs=0.1)
    assert correlation(1.0) == pytest.approx(1.0, abs=1e-9)


def test_the_market_has_the_moments_it_is_told():
    draw = market(dataclasses.replace(MOVING, jump_sd=0.0), paths=20_000)
    log = np.log(draw.prices[TOKENS][11])
    # Drift -0.1, half a jump of 0.2 a year: twelve months with a chance of 1 in 24 each.
    jumps = 12 * (1 / 24) * (23 / 24) * 0.2**2
    assert log.mean() == pytest.approx(-0.1 + 0.5 * 0.2, abs=0.01)
    assert log.var() == pytest.approx(0.3**2 + 12 * 0.05**2 + jumps, rel=0.05)


@pytest.mark.parametrize("jumps", [1.5, 12.0])
def test_repricings_come_as_often_as_stated(jumps):
    only_jumps = PriceProcess(jumps_per_year=jumps, jump_mean=1.0)
    log = np.log(market(only_jumps, keys=(TOKENS,), paths=20_000, months=12).prices[TOKENS][-1])
    # 240,000 months with a chance of 1 in 8 each: give or take 0.008 a year.
    assert log.mean() == pytest.approx(jumps, abs=0.025)


@pytest.mark.parametrize("jumps", [12.5, -1.0])
def test_more_than_a_repricing_a_month_is_refused(jumps):
    with pytest.raises(InputError, match=f"0 to 12 repricings a year.*{jumps:g}"):
        PriceProcess(jumps_per_year=jumps)


def test_what_is_sold_follows_the_market_without_repricing_by_itself():
    draw = market(keys=(SOLD, TOKENS))
    common = dataclasses.replace(MOVING, jumps_per_year=0.0)
    quiet = market(common, keys=(SOLD,))
    assert np.array_equal(draw.prices[SOLD], quiet.prices[SOLD])


def test_reverting_noise_stays_bounded():
    rent = PriceProcess(noise_sd_per_month=0.1, reversion_per_month=0.2)
    spread = np.log(market(rent, months=120).prices[RENT]).std(axis=1)
    # An autoregression at 0.8 ends at 0.1 / sqrt(1 - 0.64).
    assert spread[-1] == pytest.approx(0.1 / 0.6, rel=0.1)


def test_runway_is_read_within_the_month():
    burn = np.array([[4.0, 1.0], [4.0, 1.0], [4.0, 1.0]])
    cash = np.array([[10.0], [10.0]]).T - np.cumsum(burn, axis=0)
    assert runway_months(cash, burn, 0.0).tolist() == [2.5, np.inf]


def test_a_company_without_cash_has_a_margin_and_no_chance():
    (found,) = simulate([plain_company(bridge=None, cash=None)], market(), seed=1)
    assert found.p_cash_out(12) is None
    assert found.quantiles("paid_margin")[0.5] == pytest.approx(0.6, abs=0.1)
    assert "unknown" in found.summary()


def test_the_standard_error_is_about_what_repetition_shows():
    found = [
        simulate([plain_company(cash=150.0)], market(seed=seed), seed=seed, noise=[NOISE])[0]
        for seed in range(12)
    ]
    chances = [each.p_cash_out(24) for each in found]
    spread = np.std([chance.value for chance in chances], ddof=1)
    stated = np.mean([chance.standard_error for chance in chances])
    assert 0.3 < spread / stated < 2.0


def test_two_standard_errors_hold_the_truth_about_as_often_as_they_should():
    chances = [
        simulate(
            [plain_company(cash=150.0)], market(paths=500, seed=seed), seed=seed, noise=[NOISE]
        )
        for seed in range(60)
    ]
    found = [each.p_cash_out(24) for (each,) in chances]
    truth = np.mean([chance.value for chance in found])
    held = [abs(chance.value - truth) <= 2 * chance.standard_error for chance in found]
    # Ten batches are nine degrees of freedom: 92 %, give or take 3.5 % over sixty seeds.
    assert np.mean(held) > 0.8


@pytest.mark.parametrize("months", [18, 24, 30, 36])
def test_constant_burn_with_noise_runs_out_as_the_closed_form_says(months):
    # Thirty of cash, one burnt a month, give or take two: 200 of tokens at prices that vary by 1 %
    # a month around a level they return to at once. The mean of exp(0.01 z) adds 0.01 to burn.
    tokens = SegmentModel("", 300.0, lines=(PricedLine(TOKENS, paid=200.0),))
    model = plain_company(segments=(tokens,), fixed_cost=101.0, bridge=0.0, cash=30.0)
    price = PriceProcess(noise_sd_per_month=0.01, reversion_per_month=1.0)
    (found,) = simulate([model], market(price, paths=10_000), seed=1)
    chance = found.p_cash_out(months)
    expected = p_cash_out(30, burn=1.01, volatility=2, months=months, monthly=True)
    # The closed form's correction for watching monthly is good to about a point of probability.
    assert chance.value == pytest.approx(expected, abs=3 * chance.standard_error + 0.01)


def test_an_option_that_is_switched_on_draws_no_other_number_anew():
    quiet = dataclasses.replace(NOISE, unit_cost_sd_per_month=0.0, unit_cost_drift_sd=0.0)
    pulled = plain_company(levers=(Lever("Caching", 0.3, success_probability=0.0),))
    alone, with_lever = (
        simulate([model], market(), seed=1, noise=[quiet])[0] for model in (plain_company(), pulled)
    )
    assert same(alone, with_lever)


@pytest.mark.parametrize("paths", [1, 7, 37, 1_001])
def test_any_number_of_paths_is_simulated(paths):
    (found,) = simulate([other_company()], market(paths=paths), seed=1, noise=[NOISE])
    assert found.results.runway_months.shape == (paths,)
    assert found.results.cash.shape == (12, paths)
    assert (found.p_cash_out(12).standard_error == np.inf) == (paths == 1)


def test_single_precision_changes_nothing_anybody_reads():
    single, double = (
        simulate([other_company()], market(), seed=3, noise=[NOISE], double=double)[0]
        for double in (False, True)
    )
    assert np.allclose(single.results.paid_margin, double.results.paid_margin, atol=1e-5)
    assert np.allclose(single.results.cash, double.results.cash, rtol=1e-5, atol=1e-3)
    assert single.p_cash_out(24).value == pytest.approx(double.p_cash_out(24).value, abs=1e-3)
