"""Worth of a self-host path and its trigger."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import InputError
from diligence.valuation import investment_trigger, self_host_option
from diligence.valuation.self_host_option import PriceOutlook

CALM, WILD = PriceOutlook(0.0), PriceOutlook(0.6)


def test_dixit_and_pindyck_invest_at_twice_the_cost():
    # Dixit and Pindyck 1994, chapter 5: riskless rate and payout of 4 %, volatility 20 %: beta 2.
    assert investment_trigger(0.2, payout=0.04, cost_payout=0.04) == pytest.approx(2.0)


def test_without_volatility_the_trigger_is_the_deterministic_one():
    # Dixit and Pindyck 1994, section 5.1: max(rate / payout, 1).
    assert investment_trigger(0.0, payout=0.02, cost_payout=0.05) == pytest.approx(2.5)
    assert investment_trigger(0.0, payout=0.05, cost_payout=0.02) == 1.0
    assert investment_trigger(1e-7, payout=0.02, cost_payout=0.05) == pytest.approx(2.5)
    assert investment_trigger(1e-7, payout=0.05, cost_payout=0.02) == pytest.approx(1.0)


@given(st.floats(0.01, 2), st.floats(0.001, 0.5), st.floats(0.001, 0.5))
def test_the_trigger_solves_its_equation(volatility, payout, cost_payout):
    multiple = investment_trigger(volatility, payout=payout, cost_payout=cost_payout)
    assert multiple >= 1
    if multiple > 1 + 1e-6:
        beta = multiple / (multiple - 1)
        terms = (volatility**2 / 2 * beta * (beta - 1), (cost_payout - payout) * beta, -cost_payout)
        assert sum(terms) == pytest.approx(0, abs=1e-6 * max(map(abs, terms)))


@given(st.floats(0.01, 1.5), st.floats(1.05, 2))
def test_more_volatility_asks_for_more_patience(volatility, factor):
    arguments = {"payout": 0.06, "cost_payout": 0.08}
    calm = investment_trigger(volatility, **arguments)
    assert investment_trigger(volatility * factor, **arguments) > calm


def test_without_volatility_the_path_is_worth_the_saving():
    found = self_host_option(100.0, 70.0, api=CALM, self_host=CALM, discount_rate=0.0, months=12)
    assert found.per_month == pytest.approx(30)
    assert found.intrinsic_per_month == pytest.approx(30)
    dear = self_host_option(
        100.0, 70.0, api=CALM, self_host=CALM, switching_cost=600.0, discount_rate=0.0, months=12
    )
    # 600 over twelve months is 50 a month: 100 < 70 + 50
    assert dear.per_month == 0


def test_simulated_months_agree_within_their_error():
    found = self_host_option(100.0, 110.0, api=WILD, self_host=CALM, months=12)
    stream = np.random.default_rng(3)
    years = np.arange(1, 13) / 12
    steps = stream.standard_normal((40_000, 12)) * np.sqrt(1 / 12)
    bill = 100 * np.exp(0.6 * steps.cumsum(axis=1) - 0.18 * years)
    saved = (np.maximum(bill - 110, 0) * np.exp(-0.1 * years)).sum(axis=1)
    error = saved.std() / np.sqrt(saved.size)
    assert abs(saved.mean() - found.present_value) < 4 * error


def test_volume_that_rises_with_the_price_makes_the_path_worth_more():
    def worth(correlation):
        api = PriceOutlook(0.6, volume_correlation=correlation)
        return self_host_option(
            100.0, 110.0, api=api, self_host=CALM, volume_volatility=0.5
        ).per_month

    assert worth(-0.5) < worth(0.0) < worth(0.5)


@given(st.floats(10, 500), st.floats(10, 500), st.floats(0, 1000), st.floats(0, 1.5))
def test_the_path_is_worth_at_least_its_intrinsic_value(bill, own, switching, volatility):
    found = self_host_option(
        bill, own, api=PriceOutlook(volatility), self_host=CALM, switching_cost=switching
    )
    assert found.per_month >= found.intrinsic_per_month - 1e-9 * bill
    assert found.per_month <= bill * (1 + 1e-9)


@given(st.floats(0.05, 1), st.floats(1, 1000))
def test_units_scale_through(volatility, factor):
    outlook = PriceOutlook(volatility)
    one = self_host_option(100.0, 90.0, api=outlook, self_host=CALM, switching_cost=200.0)
    many = self_host_option(
        100.0 * factor, 90.0 * factor, api=outlook, self_host=CALM, switching_cost=200.0 * factor
    )
    assert many.per_month == pytest.approx(factor * one.per_month)
    assert many.trigger_multiple == pytest.approx(one.trigger_multiple)


def test_words():
    waits = self_host_option(100_000, 120_000, api=WILD, self_host=CALM)
    assert waits.summary().startswith("keeping the self-host path is worth up to ")
    assert "switch when the API bill reaches" in waits.summary()
    now = self_host_option(100.0, 20.0, api=PriceOutlook(0.1), self_host=CALM)
    assert now.switch_now
    assert now.summary().endswith("already stands above the price at which to switch")
    fast = self_host_option(100.0, 20.0, api=PriceOutlook(0.1, drift=0.3), self_host=CALM)
    assert fast.trigger_multiple is None
    assert "no trigger" in fast.summary()
    assert len(fast.to_frame()) == 36
    assert "value" in fast._repr_html_()


def test_wrong_arguments_are_refused():
    with pytest.raises(InputError, match="needs costs above 0 and a horizon"):
        self_host_option(0.0, 1.0, api=CALM, self_host=CALM)
    with pytest.raises(InputError, match="payouts above 0; found 0.0"):
        investment_trigger(0.2, payout=0.0, cost_payout=0.04)
