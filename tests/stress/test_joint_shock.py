"""The most plausible joint shock: closed forms, invariances, and nothing nearer."""

from __future__ import annotations

import dataclasses
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diligence.assumptions import AssumptionRegister
from diligence.errors import InputError
from diligence.projections.company_model import PricedLine, PriceKey, SegmentModel
from diligence.projections.month_engine import run_months
from diligence.stress.break_points import RUNWAY
from diligence.stress.joint_shock import factor_shock, joint_shock
from diligence.stress.market_draw import PriceProcess
from diligence.stress.price_walk import headroom
from diligence.stress.reverse_stress import reverse_stress
from diligence.stress.shock_sizes import FACTORS, ShockSizes, shock_sizes, year_sd
from tests.company_models import RENT, TOKENS, company_models, plain_company, with_response

SIZES = ShockSizes(
    {
        "token_price": 0.8,
        "gpu_rent": 0.2,
        "sold_token_price": 0.8,
        "tokens_per_task": 0.5,
        "usage": 0.3,
        "customers": 0.2,
        "retraining": 0.5,
    },
    {("token_price", "gpu_rent"): 0.3, ("usage", "customers"): 0.3},
)


def only(**sds):
    return ShockSizes(sds)


def test_one_factor_is_k():
    # k* = 3: log 3 in standard deviations of half.
    found = joint_shock(plain_company(), only(token_price=0.5))
    assert found.distance == pytest.approx(np.log(3) / 0.5, abs=1e-9)
    assert found.moves[0].multiple == pytest.approx(3.0, abs=1e-9)


def test_two_factors_that_multiply_share_by_variance():
    # Price and tokens enter as a product: the constraint is a plane in logs, a + b = log 3, at
    # log 3 / sqrt(0.3^2 + 0.4^2) with shares 0.09 : 0.16.
    found = joint_shock(plain_company(), only(token_price=0.3, tokens_per_task=0.4))
    logs = {move.factor: np.log(move.multiple) for move in found.moves}
    assert found.distance == pytest.approx(np.log(3) / 0.5, rel=1e-7)
    assert logs["tokens_per_task"] / logs["token_price"] == pytest.approx(16 / 9, rel=1e-4)


def test_correlation_brings_the_break_nearer():
    # Fully alike factors would add their sds: 0.7; at 0.5 the variance is 0.25 + 2 x 0.5 x 0.12.
    sizes = ShockSizes(
        {"token_price": 0.3, "tokens_per_task": 0.4}, {("token_price", "tokens_per_task"): 0.5}
    )
    found = joint_shock(plain_company(), sizes)
    assert found.distance == pytest.approx(np.log(3) / 0.37**0.5, rel=1e-7)


def test_chance_of_a_plane_is_that_of_a_normal():
    found = joint_shock(plain_company(), only(token_price=np.log(3) / 1.6448536))
    assert found.breaking == pytest.approx(0.05, abs=1e-6)
    assert found.as_far_or_farther == pytest.approx(0.10, abs=1e-6)


def test_broken_already_and_never():
    poor = plain_company(segments=(SegmentModel("", 100.0, 110.0),))
    assert joint_shock(poor, SIZES).status == "already_below"
    rich = plain_company(segments=(SegmentModel("", 100.0, 10.0),))
    assert joint_shock(rich, SIZES).status == "never"
    assert joint_shock(plain_company(segments=(SegmentModel("", 0.0),)), SIZES).status == "unknown"


def test_factors_that_do_not_matter_are_left_out():
    # Revenue 100 a customer base against 30 of tokens and 10 that stays without customers: rent,
    # sales of tokens and training are nowhere in it.
    expected = {"token_price", "tokens_per_task", "usage", "customers"}
    found = joint_shock(plain_company(), SIZES)
    assert {move.factor for move in found.moves} == expected
    variable = joint_shock(with_response(plain_company(), other_fixed_share=0.0), SIZES)
    assert {move.factor for move in variable.moves} == expected - {"customers"}


def test_use_that_is_paid_for_is_no_shock():
    model = with_response(plain_company(), usage_priced_share=1.0)
    found = joint_shock(model, only(token_price=0.5, usage=0.3))
    usage = next((m.multiple for m in found.moves if m.factor == "usage"), 1.0)
    assert usage <= 1.0 + 1e-6


def test_cash_that_is_unknown_is_asked_for():
    with pytest.raises(InputError, match=r"cash\.csv"):
        joint_shock(plain_company(cash=None), SIZES, rung="cash", target=RUNWAY)


def test_runway_of_one_factor_is_its_k():
    model = plain_company(cash=90.0)
    k = reverse_stress(model, after=date(2026, 6, 30)).find(
        PriceKey("tokens", "buy"), rung="cash", target=RUNWAY
    )
    found = joint_shock(model, only(token_price=0.5), rung="cash", target=RUNWAY)
    assert found.moves[0].multiple == pytest.approx(k.k, abs=1e-9)


def test_scale_of_the_company_changes_nothing():
    def of(size):
        lines = (PricedLine(TOKENS, paid=30.0 * size), PricedLine(RENT, paid=10.0 * size))
        segment = SegmentModel("", 100.0 * size, paid_other=10.0 * size, lines=lines)
        return joint_shock(plain_company(segments=(segment,)), SIZES)

    one, thousand = of(1.0), of(1000.0)
    assert one.distance == pytest.approx(thousand.distance, rel=1e-6)
    assert one.distance < joint_shock(plain_company(), only(token_price=0.8)).distance


def test_the_same_every_time():
    assert joint_shock(plain_company(), SIZES) == joint_shock(plain_company(), SIZES)


@settings(max_examples=25)
@given(company_models(responses=False), st.integers(0, 2**31))
def test_no_sampled_point_is_nearer(model, seed):
    model = dataclasses.replace(model, growth=0.0)
    found = joint_shock(model, SIZES)
    if found.status != "breaks_at":
        return
    names = tuple(name for name in FACTORS if name in {move.factor for move in found.moves})
    spread = np.linalg.cholesky(SIZES.covariance(names))
    normal = np.random.default_rng(seed).standard_normal((len(names), 4000))
    inside = normal / np.linalg.norm(normal, axis=0) * (found.distance * (1 - 1e-3))
    months = run_months(model, factor_shock(names, spread @ inside, months=12))
    assert np.all(headroom(model, months, rung="paid", target="gross_margin_0") >= -1e-9)


@settings(max_examples=25)
@given(company_models())
def test_the_shock_lands_on_its_target(model):
    found = joint_shock(model, SIZES)
    if found.status != "breaks_at":
        return
    names = tuple(move.factor for move in found.moves)
    logs = np.log([[move.multiple] for move in found.moves])
    for scale, broken in ((1 - 1e-6, False), (1 + 1e-6, True)):
        months = run_months(model, factor_shock(names, logs * scale, months=12))
        room = headroom(model, months, rung="paid", target="gross_margin_0")[0]
        assert room < 1e-9 if broken else room > -1e-9


def test_contradicting_correlations_are_refused():
    sizes = ShockSizes(
        {"token_price": 1.0, "gpu_rent": 1.0, "usage": 1.0},
        {
            ("token_price", "gpu_rent"): 0.9,
            ("gpu_rent", "usage"): 0.9,
            ("token_price", "usage"): -0.9,
        },
    )
    with pytest.raises(InputError, match="cannot all hold"):
        sizes.covariance(("token_price", "gpu_rent", "usage"))


def test_a_year_of_noise_adds_up():
    # Twelve steps of 0.1: variance 0.12; drift 0.3: 0.09; together 0.21.
    assert year_sd(PriceProcess(drift_sd=0.3, noise_sd_per_month=0.1)) == pytest.approx(0.21**0.5)


def test_the_register_has_every_size():
    sizes = shock_sizes(AssumptionRegister.load(date(2026, 6, 30)))
    assert set(sizes.sds) == set(FACTORS)
    assert sizes.covariance(tuple(FACTORS)).shape == (7, 7)


def test_summary_names_distance_and_direction():
    text = joint_shock(plain_company(), only(token_price=0.5)).summary()
    assert "2.2 standard deviations away: tokens bought x3.00" in text
