"""The month engine: figures a reader checks in the head, and what must hold for any company."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.projections.company_model import PricedLine, SegmentModel
from diligence.projections.month_engine import run_months
from diligence.projections.response_modes import frozen, pass_through_only
from diligence.projections.responses import (
    CommitmentTerm,
    CreditTerm,
    Lever,
    Rerouting,
    SelfHostPlan,
)
from diligence.projections.shocks import Shock, no_shock
from tests.company_models import (
    BOUGHT,
    OTHER_TOKENS,
    SOLD,
    TOKENS,
    company_models,
    plain_company,
    price_shock,
    with_pass_through,
    with_response,
)

FIGURES = (
    "revenue",
    "paid_cost",
    "fully_loaded_cost",
    "after_training_cost",
    "operating_result",
    "cash_burn",
)


def month(result, figure, at=1):
    return float(getattr(result, figure)[at - 1, 0])


def margins(result):
    costs = (result.paid_cost, result.fully_loaded_cost, result.after_training_cost)
    return [1 - cost / result.revenue for cost in costs]


def test_a_doubled_price_costs_the_exposed_amount_again():
    doubled = run_months(plain_company(), price_shock(TOKENS, 2))
    assert month(doubled, "revenue") == 100
    assert month(doubled, "paid_cost") == 70
    assert month(doubled, "operating_result") == -20
    assert month(doubled, "cash_burn") == 35


def test_full_pass_through_and_churn_lift_the_margin_and_cut_the_profit():
    # At twice the price: margin 30 -> 39 %, gross profit 30 -> 26.3, at an elasticity of -2.5.
    alone = run_months(plain_company(), price_shock(TOKENS, 2))
    profit = month(alone, "revenue") - month(alone, "paid_cost")
    assert (profit, profit / month(alone, "revenue")) == (30, 0.3)
    answered = with_response(with_pass_through(plain_company(), 1.0), price_elasticity=2.5)
    result = run_months(answered, price_shock(TOKENS, 2))
    profit = month(result, "revenue") - month(result, "paid_cost")
    assert profit == pytest.approx(26.3, abs=0.05)
    assert profit / month(result, "revenue") == pytest.approx(0.39, abs=0.005)
    assert month(result, "cash_burn") - month(alone, "cash_burn") == pytest.approx(30 - profit)


def test_a_locked_price_moves_the_month_after_its_lock():
    line = PricedLine(TOKENS, paid=30.0, locked_months=6)
    model = plain_company(segments=(SegmentModel("", 100.0, 10.0, lines=(line,)),))
    result = run_months(model, price_shock(TOKENS, 2))
    assert [month(result, "paid_cost", at) for at in (1, 6, 7)] == [40, 40, 70]


def test_flat_plans_bear_nothing_before_they_renew():
    model = with_response(
        with_pass_through(plain_company(), 1.0), flat_share=1.0, renewal_months=12
    )
    result = run_months(model, price_shock(TOKENS, 2))
    # One contract in twelve renews each month.
    assert month(result, "revenue", 3) == pytest.approx(100 + 30 * 3 / 12)
    assert month(result, "revenue", 12) == pytest.approx(130)


def test_levers_multiply_and_their_cost_stands_apart():
    levers = (Lever("Caching", 0.5, monthly_cost=2.0), Lever("Routing", 0.4, reach=0.5))
    result = run_months(plain_company(levers=levers), no_shock(12))
    assert month(result, "paid_cost", 12) == pytest.approx(10 + 30 * 0.5 * 0.8)
    assert month(result, "response_cost", 12) == 2.0
    # 100 - 22 - 50 overheads - 2
    assert month(result, "operating_result", 12) == pytest.approx(26)


def test_rerouting_caps_what_a_supplier_can_charge():
    way_out = Rerouting("tokens", "OpenAI", price_ratio=1.5, share=0.8, months=4, trigger=1.2)
    result = run_months(plain_company(rerouting=(way_out,)), price_shock(TOKENS, 3))
    # After four months 80 % pays 1.5 times and the rest three times.
    assert month(result, "paid_cost", 4) == pytest.approx(10 + 30 * (0.8 * 1.5 + 0.2 * 3))
    assert month(result, "paid_cost", 1) == pytest.approx(10 + 30 * (0.2 * 1.5 + 0.8 * 3))


def test_own_gpus_come_whole_and_late_and_stay():
    # 2.5 GPUs of work need three at 12 each: 36 against 30 of tokens, 60 when doubled.
    plan = SelfHostPlan("tokens", "OpenAI", 1.0, 2.5, 12.0, lead_months=3, switching_cost=7.0)
    result = run_months(plain_company(self_host=(plan,)), price_shock(TOKENS, 2))
    assert [month(result, "paid_cost", at) for at in (3, 4, 24)] == pytest.approx([70, 46, 46])
    assert [month(result, "response_cost", at) for at in (3, 4, 5)] == [0, 7, 0]
    cheap = run_months(plain_company(self_host=(plan,)), price_shock(TOKENS, 1.1))
    assert month(cheap, "paid_cost", 24) == pytest.approx(43)


def test_unused_commitments_are_paid_all_the_same():
    term = CommitmentTerm("OpenAI", 25.0, last_month=10)
    lever = Lever("Distillation", 0.5)
    result = run_months(plain_company(commitments=(term,), levers=(lever,)), no_shock(12))
    # 15 of tokens are left of 30, the minimum is 25.
    assert month(result, "response_cost", 10) == 10
    assert month(result, "response_cost", 11) == 0


def test_credits_run_out_sooner_when_the_price_rises():
    model = plain_company(credits=CreditTerm(balance=50.0, monthly_use=10.0))
    calm = run_months(model, no_shock(12))
    assert [month(calm, "cash_burn", at) for at in (5, 6)] == [5, 15]
    # Paid cost 70 instead of 40 uses 17.5 of credits a month: gone in the third month.
    dear = run_months(model, price_shock(TOKENS, 2))
    assert month(dear, "cash_burn", 4) == pytest.approx(35 + 10)
    assert month(dear, "cash_burn", 1) == pytest.approx(35 - 7.5)


def test_sellers_gain_what_buyers_lose():
    buyer = plain_company()
    seller = plain_company(
        segments=(SegmentModel("", 100.0, lines=(PricedLine(SOLD, "revenue", sold=30.0),)),)
    )
    rise = 1.7
    lost = month(run_months(buyer, price_shock(TOKENS, rise)), "operating_result") - month(
        run_months(buyer, no_shock(1)), "operating_result"
    )
    won = month(run_months(seller, price_shock(SOLD, rise)), "operating_result") - month(
        run_months(seller, no_shock(1)), "operating_result"
    )
    assert won == pytest.approx(-lost)


@given(model=company_models(), paths=st.integers(1, 3))
def test_ones_reproduce_the_baseline_exactly(model, paths):
    ones = np.ones((24, paths))
    shock = Shock(
        24,
        dict.fromkeys(model.keys, ones),
        tokens=ones,
        usage=ones,
        customers=ones,
        retraining=ones,
    )
    baseline, same = run_months(model, no_shock(24)), run_months(model, shock)
    for figure in FIGURES:
        expected = np.broadcast_to(getattr(baseline, figure), (24, paths))
        assert np.array_equal(getattr(same, figure), expected)


@given(
    model=company_models(),
    key=st.sampled_from(BOUGHT),
    multiple=st.floats(1, 10),
    rise=st.floats(0, 5),
)
def test_frozen_a_dearer_input_never_helps(model, key, multiple, rise):
    still = frozen(model)
    less = run_months(still, price_shock(key, multiple))
    more = run_months(still, price_shock(key, multiple + rise))
    for before, after in zip(margins(less), margins(more), strict=True):
        assert (after <= before + 1e-9).all()
    assert (more.cash_burn >= less.cash_burn - 1e-9 * abs(less.cash_burn)).all()


@given(model=company_models(), multiple=st.floats(1, 10), rise=st.floats(0, 5))
def test_frozen_a_dearer_sale_never_hurts(model, multiple, rise):
    still = frozen(model)
    less = run_months(still, price_shock(SOLD, multiple))
    more = run_months(still, price_shock(SOLD, multiple + rise))
    for before, after in zip(margins(less), margins(more), strict=True):
        assert (after >= before - 1e-9).all()
    assert (more.cash_burn <= less.cash_burn + 1e-9 * abs(less.cash_burn)).all()


@given(model=company_models(), scale=st.floats(0.001, 1000))
def test_units_and_currency_scale_through(model, scale):
    shock = price_shock(TOKENS, 2.5)
    one, other = run_months(model, shock), run_months(scaled(model, scale), shock)
    for figure in FIGURES:
        assert np.allclose(getattr(other, figure), getattr(one, figure) * scale, rtol=1e-9)


@given(model=company_models(), saving=st.floats(0, 1), reach=st.floats(0, 1))
def test_a_lever_never_raises_inference_cost(model, saving, reach):
    bare = dataclasses.replace(pass_through_only(model), commitments=(), credits=None)
    lever = Lever("Routing", saving, reach=reach, monthly_cost=5.0, one_off_cost=9.0)
    pulled = dataclasses.replace(bare, levers=(lever,))
    shock = price_shock(TOKENS, 2)
    assert (run_months(pulled, shock).paid_cost <= run_months(bare, shock).paid_cost + 1e-9).all()
    assert run_months(pulled, shock).response_cost.sum() == pytest.approx(24 * 5 + 9)


@given(model=company_models())
def test_an_option_on_something_else_changes_nothing(model):
    elsewhere = dataclasses.replace(
        model,
        commitments=(*model.commitments, CommitmentTerm("Nobody", 100.0)),
        rerouting=(*model.rerouting, Rerouting("tokens", "Nobody", 0.1, 1.0, 1, 1.0)),
        self_host=(*model.self_host, SelfHostPlan("tokens", "Nobody", 1.0, 1.0, 0.1)),
    )
    shock = price_shock(OTHER_TOKENS, 3)
    one, other = run_months(model, shock), run_months(elsewhere, shock)
    for figure in FIGURES:
        assert np.array_equal(getattr(one, figure), getattr(other, figure))


@given(model=company_models(), multiple=st.floats(0.2, 5))
def test_segments_add_up_to_the_company(model, multiple):
    result = run_months(model, price_shock(TOKENS, multiple))
    assert np.allclose(sum(part.revenue for part in result.segments), result.revenue)
    assert np.allclose(sum(part.paid_cost for part in result.segments), result.paid_cost)


@given(model=company_models(), multiples=st.lists(st.floats(0.2, 5), min_size=2, max_size=4))
def test_a_path_is_the_same_alone_and_among_others(model, multiples):
    together = run_months(model, Shock(12, {TOKENS: np.tile(multiples, (12, 1))}))
    for position, multiple in enumerate(multiples):
        alone = run_months(model, price_shock(TOKENS, multiple, months=12))
        for figure in FIGURES:
            column = np.broadcast_to(getattr(together, figure), (12, len(multiples)))[:, [position]]
            assert np.array_equal(column, getattr(alone, figure))


def scaled(model, scale):
    """The same company in another currency."""

    def times(item, *names):
        return dataclasses.replace(item, **{name: getattr(item, name) * scale for name in names})

    segments = tuple(
        dataclasses.replace(
            times(part, "revenue", "paid_other", "unpaid_other"),
            lines=tuple(
                times(
                    line, "paid", "unpaid", "training_steady", "training_cash", "internal", "sold"
                )
                for line in part.lines
            ),
        )
        for part in model.segments
    )
    plain = times(
        model,
        "training_steady_other",
        "training_cash_other",
        "fixed_cost",
        "bridge",
        "cash",
        "minimum_cash",
    )
    return dataclasses.replace(
        plain,
        segments=segments,
        levers=tuple(times(each, "monthly_cost", "one_off_cost") for each in model.levers),
        rerouting=tuple(times(each, "one_off_cost") for each in model.rerouting),
        self_host=tuple(
            times(each, "gpu_cost_per_month", "fixed_per_month", "switching_cost")
            for each in model.self_host
        ),
        commitments=tuple(times(each, "minimum_per_month") for each in model.commitments),
        credits=model.credits and times(model.credits, "balance", "monthly_use"),
    )
