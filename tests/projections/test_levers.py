"""Levers: multiplied and never added, and only over what the base does not already have."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import InputError
from diligence.prices import ScenarioRange
from diligence.projections.company_model import CompanyModel, PricedLine, PriceKey, SegmentModel
from diligence.projections.levers import (
    LeversInPlace,
    LeverTerms,
    combined_saving,
    company_levers,
    lever_terms,
    levers_in_place,
)
from diligence.projections.model_mix import ModelMix, ModelUse, MonthlyTokens
from diligence.projections.month_engine import run_months
from diligence.projections.responses import Lever
from diligence.projections.shocks import no_shock
from tests.support import bill, bill_line

TOKENS = PriceKey("tokens", "buy", "OpenAI", "gpt-5.4")
RENT = PriceKey("gpu_hours", "rent", "CoreWeave")
NOTHING = LeversInPlace()


def company(tokens=100.0, rent=0.0):
    lines = [PricedLine(TOKENS, paid=tokens), PricedLine(RENT, paid=rent)]
    segment = SegmentModel("", 1000.0, lines=tuple(line for line in lines if line.cost))
    return CompanyModel("Small", "USD", (segment,))


def terms(saving=0.5, reach=0.4, **changes):
    stated = LeverTerms(
        name="caching",
        what="cached prompts",
        inputs=("tokens",),
        saving=ScenarioRange.point(saving),
        reach=ScenarioRange.point(reach),
        running_cost=Decimal("0.01"),
        one_off_cost=Decimal("0.1"),
        start_month=2,
        ramp_months=3,
        success=Decimal("0.9"),
        already="cached",
        source="by hand",
        grade="E",
        checked=date(2026, 11, 21),
    )
    return dataclasses.replace(stated, **changes)


def use(model, tokens, price, key=TOKENS):
    rates = {"input": Decimal(price), "output": Decimal(price), "blended": Decimal(price)}
    counts = MonthlyTokens(*(Decimal(count) for count in tokens))
    return ModelUse(key, "openai", model, Decimal(1), counts, rates, Decimal(price))


def test_a_lever_by_hand():
    # Half of 40 % of the 100 of tokens; 60 of rent are out of its reach.
    found = company_levers(company(100, 60), in_place=NOTHING, terms=[terms()])

    (lever,) = found.levers
    assert lever.saving == 0.5
    assert lever.reach == pytest.approx(0.4 * 100 / 160)
    assert lever.monthly_cost == pytest.approx(1)
    assert lever.one_off_cost == pytest.approx(10)
    assert found.combined_saving == pytest.approx(20 / 160)
    assert "caching" in found.summary()


def test_only_what_the_base_does_not_have_is_left():
    # Of 100 without caching 20 are cached at half price: the base pays 90. With 40 cached it
    # would pay 80, so that 10 of 90 are left to save.
    found = company_levers(
        company(), in_place=LeversInPlace(cached=Decimal("0.2")), terms=[terms()]
    )

    assert found.combined_saving == pytest.approx(10 / 90)
    assert "20% of token cost has it already" in found.notes[0]
    # the half of the work that is left costs half
    assert found.levers[0].one_off_cost == pytest.approx(10 * (0.2 / 0.9) / 0.4)


@pytest.mark.parametrize("cached", ["0.4", "0.9"])
def test_nothing_is_left_where_the_base_has_it_all(cached):
    found = company_levers(
        company(), in_place=LeversInPlace(cached=Decimal(cached)), terms=[terms()]
    )

    assert found.levers == ()
    assert found.combined_saving == 0
    assert "nothing is left" in found.summary()


@given(
    saving=st.decimals("0.01", "0.99", places=2),
    reach=st.decimals("0.01", "1", places=2),
    has=st.decimals("0", "1", places=2),
)
def test_base_and_lever_together_reach_the_lever_and_no_more(saving, reach, has):
    found = company_levers(
        company(),
        in_place=LeversInPlace(cached=has),
        terms=[terms(float(saving), float(reach))],
    )

    today = 1 - float(saving * has)
    assert today * (1 - found.combined_saving) == pytest.approx(1 - float(saving * max(reach, has)))


@given(levers=st.lists(st.tuples(st.floats(0.01, 1), st.floats(0.01, 1)), min_size=2, max_size=6))
def test_levers_multiply_and_never_add(levers):
    made = [Lever(str(i), saving=s, reach=r) for i, (s, r) in enumerate(levers)]
    added = sum(s * r for s, r in levers)

    together = combined_saving(made)

    assert together <= 1
    assert together <= added + 1e-12
    assert together >= max(s * r for s, r in levers) - 1e-12
    assert combined_saving(made[::-1]) == pytest.approx(together)
    if min(s * r for s, r in levers) > 1e-3:
        assert together < added


def test_the_engine_saves_what_the_levers_say():
    model = company(100, 60)
    found = company_levers(model, in_place=NOTHING)

    months = run_months(dataclasses.replace(model, levers=found.levers), no_shock(24))

    assert float(months.paid_cost[-1, 0]) == pytest.approx(160 * (1 - found.combined_saving))
    assert float(months.paid_cost[0, 0]) == 160
    assert float(months.response_cost.sum()) > 0


def test_the_shipped_cases_rise_and_stay_in_the_seeds_words():
    # Seed 003: routing, caching, compression, batching and distillation cut 40 to 80 %.
    low, base, high = (
        company_levers(company(), in_place=NOTHING, case=case).combined_saving
        for case in ("low", "base", "high")
    )

    assert low < base < high
    assert 0.40 <= base <= 0.80
    assert high <= 0.80
    assert set(lever_terms()) == {
        "routing",
        "caching",
        "compression",
        "batching",
        "distillation",
        "quantisation",
    }


def test_quantisation_is_for_rented_chips_and_batches_for_tokens():
    names = {
        which: {lever.name for lever in company_levers(model, in_place=NOTHING).levers}
        for which, model in {"tokens": company(100), "rent": company(0, 100)}.items()
    }

    assert "quantisation" not in names["tokens"]
    assert {"batching", "caching", "routing"}.isdisjoint(names["rent"])
    assert "quantisation" in names["rent"]
    assert company_levers(company(0, 0), in_place=NOTHING).levers == ()


def test_what_usage_shows_by_hand():
    # big: 60 in, 40 cached, 20 out at 10 make 1,200 without a cache, of which 400 are cached;
    # small: 100 in at 2 make 200, and would make 1,000 at the price of big.
    mix = ModelMix((use("big", (60, 40, 0, 20), 10), use("small", (100, 0, 0, 0), 2)))

    found = levers_in_place(mix)

    assert found.cached == Decimal(400) / Decimal(1400)
    assert found.routed == Decimal(1000) / Decimal(2200)
    assert found.batch == 0


def test_models_of_two_suppliers_are_no_routing():
    other = PriceKey("tokens", "buy", "Google", "small")
    mix = ModelMix((use("big", (1, 0, 0, 0), 10), use("small", (1, 0, 0, 0), 1, key=other)))

    assert levers_in_place(mix).routed == 0


def test_batches_are_seen_on_token_bills_only():
    # 100 of a batch would have cost 200 without: 200 of 200 + 600.
    rows = [
        bill_line("gpt-5.4, input", 600, supplier="OpenAI"),
        bill_line("gpt-5.4 batch, input", 100, supplier="OpenAI"),
    ]
    cloud = [bill_line("Online/Batch Prediction management fee", 500)]

    found = levers_in_place(ModelMix(()), [bill(rows, system="openai"), bill(cloud, system="gcp")])

    assert found.batch == Decimal("0.25")
    assert levers_in_place(ModelMix(()), [bill(cloud, system="gcp")]).batch == 0


def test_a_lever_that_cannot_be_meant_is_refused():
    with pytest.raises(InputError, match="40 % is 0.4"):
        terms(reach=40)
    with pytest.raises(InputError, match="start_month"):
        terms(start_month=0)


def test_table():
    found = company_levers(company(), in_place=NOTHING)

    assert found.to_frame()["name"].tolist() == [lever.name for lever in found.levers]
    assert "<table" in found._repr_html_()
