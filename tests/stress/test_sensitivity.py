"""Tornado and the value of an answer."""

from __future__ import annotations

import dataclasses
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diligence.errors import InputError
from diligence.projections.company_model import PriceKey
from diligence.projections.responses import Lever
from diligence.stress.assumption_changes import ASSUMPTIONS, Variation, variation
from diligence.stress.sensitivity import sensitivity, value_of_information
from tests.company_models import company_models, plain_company

TOKENS = PriceKey("tokens", "buy")


def bars(model, **ranges):
    return {bar.name: bar for bar in sensitivity(model, ranges, key=TOKENS).bars}


def test_k_by_hand():
    # Revenue 100, other cost 10, tokens 30; k* = 3.
    found = bars(
        plain_company(),
        pass_through=(0.0, 0.5),
        other_cost=(0.0, 4.0),
        exposed_cost=(0.5, 1.0),
        growth=(0.0, 0.05),
    )
    k = {name: (bar.low.k, bar.high.k) for name, bar in found.items()}
    assert k["pass_through"] == pytest.approx((3.0, 5.0))
    assert k["other_cost"] == pytest.approx((100 / 30, 2.0))
    # Tokens 15 of a cost of 40: 75 of revenue are left for them.
    assert k["exposed_cost"] == pytest.approx((5.0, 3.0))
    assert k["growth"] == pytest.approx((3.0, 3.0))


def test_runway_by_hand():
    # Burn 5 of 60 cash; 35 with tokens at twice their price.
    found = bars(plain_company(), cash=(0.5, 2.0), burn=(1.0, 2.0))
    months = {name: (bar.low.runway, bar.high.runway) for name, bar in found.items()}
    assert months["cash"] == pytest.approx((30 / 35, 120 / 35))
    assert months["burn"] == pytest.approx((60 / 35, 60 / 40))


def test_a_saving_of_a_lever_moves_k():
    model = plain_company(levers=(Lever("Caching", saving=0.25),))
    bar = bars(model, lever_saving=(0.0, 2.0))["lever_saving"]
    assert (bar.low.k, bar.high.k) == pytest.approx((3.0, 6.0))


def test_bars_are_ranked_and_one_that_never_breaks_leads():
    found = sensitivity(
        plain_company(), {"pass_through": (0.0, 1.0), "other_cost": (0.9, 1.1)}, key=TOKENS
    )
    assert [bar.name for bar in found.ranked()] == ["pass_through", "other_cost"]
    assert found.ranked()[0].swing("k") == inf
    assert found.to_json()["assumptions"][0]["k_at_high"] is None
    assert "no limit" in found.summary()


def test_a_company_built_otherwise_joins():
    poorer = dataclasses.replace(plain_company(), cash=30.0)
    pool = Variation("pool", 0.0, 1.0, plain_company(), poorer)
    found = sensitivity(plain_company(), {}, key=TOKENS, also=[pool])
    assert found.bars[0].swing("runway") == pytest.approx(30 / 35)
    assert len(found.to_frame()) == 1


def test_unknown_names_are_refused_with_the_known_ones():
    with pytest.raises(InputError, match="pass_through, price_elasticity"):
        variation(plain_company(), "weather", 0, 1)
    with pytest.raises(InputError, match="the company has tokens bought, OpenAI"):
        sensitivity(plain_company(), {}, key=PriceKey("gpu_hours", "rent"))


def test_unknown_cash_has_no_runway():
    found = sensitivity(plain_company(cash=None), {"cash": (0.5, 2.0)}, key=TOKENS)
    assert found.bars[0].swing("runway") == 0.0
    assert "runway is unknown" in found.summary()


@settings(max_examples=40)
@given(company_models(), st.sampled_from(["other_cost", "exposed_cost", "cash", "burn"]))
def test_a_multiple_of_one_changes_nothing(model, name):
    same = ASSUMPTIONS[name](model, 1.0)
    assert same.paid_cost == pytest.approx(model.paid_cost, abs=1e-9)
    assert same.operating_cost == pytest.approx(model.operating_cost, abs=1e-9)
    assert (same.cash, same.bridge) == pytest.approx((model.cash, model.bridge), abs=1e-9)


@settings(max_examples=40)
@given(company_models(responses=False), st.floats(0.2, 3.0))
def test_exposure_moves_within_the_same_total(model, multiple):
    same = ASSUMPTIONS["exposed_cost"](model, multiple)
    assert same.paid_cost == pytest.approx(model.paid_cost, rel=1e-9, abs=1e-6)
    assert same.operating_cost == pytest.approx(model.operating_cost, rel=1e-9, abs=1e-6)


def test_value_of_an_answer():
    # 16.7 points of range now, 6 without the question.
    assert value_of_information((0.450, 0.617), (0.49, 0.55)) == pytest.approx(0.107)
    assert value_of_information((1.0, 2.0), (1.0, 2.0)) == 0.0
    assert value_of_information((1.0, None), (1.0, 2.0)) is None
    assert value_of_information((1.0, inf), (1.0, 2.0)) is None
