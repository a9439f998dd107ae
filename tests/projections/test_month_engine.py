"""The month engine: figures a reader checks in the head, and what must hold for any company."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.projections.company_model import PricedLine, SegmentModel
from diligence.projections.contract_lag import passed_on
from diligence.projections.month_engine import run_months
from diligence.projections.response_modes import frozen, pass_through_only
from diligence.projections.responses import (
    CommitmentTerm,
    CreditTerm,
    Lever,
    Rerouting,
    SegmentResponse,
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


def stepped(key, multiple, *, first, months=30):
    """One price multiplied from a later month on."""
    path = np.ones((months, 1))
    path[first - 1 :] = multiple
    return Shock(months, {key: path})


def test_contracts_renewed_before_a_rise_do_not_know_of_it():
    lines = (PricedLine(TOKENS, paid=60.0, pass_through=1.0),)
    terms = {"notice_months": 3, "renewal_months": 12, "flat_share": 0.5}
    model = with_response(plain_company(segments=(SegmentModel("", 200.0, lines=lines),)), **terms)
    revenue = run_months(model, stepped(TOKENS, 2, first=13)).revenue[:, 0]
    # Half of 60 by contracts, a twelfth of them a month: 2.5. The other half, by use, in month 16.
    flat = [2.5 * renewed for renewed in range(1, 13)] + [30.0] * 6
    by_use = [0.0] * 3 + [30.0] * 15
    assert revenue[:12].tolist() == [200] * 12
    expected = [200 + sum(both) for both in zip(flat, by_use, strict=True)]
    assert revenue[12:] == pytest.approx(expected)


def test_contracts_renewed_during_a_price_lock_do_not_know_what_follows():
    line = PricedLine(TOKENS, paid=60.0, pass_through=1.0, locked_months=6)
    terms = {"renewal_months": 12, "flat_share": 1.0}
    model = with_response(
        plain_company(segments=(SegmentModel("", 200.0, lines=(line,)),)), **terms
    )
    revenue = run_months(model, price_shock(TOKENS, 2)).revenue[:, 0]
    # 60 over twelve cohorts, the first of them in month 7.
    assert revenue[[5, 6, 7, 17, 18]] == pytest.approx([200, 205, 210, 260, 260])


def test_a_contract_keeps_a_high_price_until_it_renews():
    lines = (PricedLine(TOKENS, paid=60.0, pass_through=1.0),)
    terms = {"renewal_months": 3, "flat_share": 1.0}
    model = with_response(plain_company(segments=(SegmentModel("", 200.0, lines=lines),)), **terms)
    path = np.array([[1.0], [2.0], [1.0], [1.0], [1.0], [0.5]])
    revenue = run_months(model, Shock(6, {TOKENS: path})).revenue[:, 0]
    # One cohort of three renews in the dear month and pays 20 more for three months; a fall to
    # half takes 10 from the cohort that renews then.
    assert revenue == pytest.approx([200, 220, 220, 220, 200, 190])


def test_what_a_lever_saves_stays_with_the_company():
    model = with_response(with_pass_through(plain_company(), 1.0), price_elasticity=2.0)
    pulled = dataclasses.replace(model, levers=(Lever("Distillation", 0.5),))
    calm = run_months(pulled, no_shock(2))
    assert (month(calm, "revenue"), month(calm, "paid_cost")) == (100, 25)
    dear = [run_months(each, price_shock(TOKENS, 2)) for each in (model, pulled)]
    # Customers bear 30 more either way: a price of 1.3 keeps 1 / 1.69 of them.
    assert [month(each, "revenue") for each in dear] == pytest.approx([130 / 1.69] * 2)
    assert [month(each, "paid_cost") for each in dear] == pytest.approx(
        [10 + 60 / 1.69, 10 + 30 / 1.69]
    )


def test_a_lever_on_own_gpus_leaves_the_customers_price_too():
    # Two GPUs at 20 in place of 60 of doubled tokens; with half the work one is enough.
    plan = SelfHostPlan("tokens", "OpenAI", 1.0, 2.0, 20.0, lead_months=0)
    model = with_pass_through(plain_company(self_host=(plan,)), 1.0)
    pulled = dataclasses.replace(model, levers=(Lever("Distillation", 0.5),))
    found = [run_months(each, price_shock(TOKENS, 2)) for each in (model, pulled)]
    assert [month(each, "revenue") for each in found] == pytest.approx([110, 110])
    assert [month(each, "paid_cost") for each in found] == pytest.approx([50, 30])


def test_own_gpus_bill_when_levers_leave_no_work():
    plan = SelfHostPlan("tokens", "OpenAI", 1.0, 2.0, 20.0, fixed_per_month=5.0, lead_months=0)
    lever = Lever("Rules in place of a model", 1.0, start_month=4)
    model = with_pass_through(plain_company(self_host=(plan,), levers=(lever,)), 1.0)
    result = run_months(model, price_shock(TOKENS, 2))
    # 45 a month for the same 30 of work; then no GPU is needed and the fixed 5 stay.
    assert [month(result, "paid_cost", at) for at in (3, 4)] == pytest.approx([55, 15])
    assert [month(result, "revenue", at) for at in (3, 4)] == pytest.approx([115, 115])


def test_own_gpus_bill_once_where_they_train_too():
    line = PricedLine(TOKENS, paid=15.0, training_cash=15.0)
    plan = SelfHostPlan("tokens", "OpenAI", 1.0, 2.0, 20.0, fixed_per_month=5.0, lead_months=0)
    segment = SegmentModel("", 100.0, lines=(line,))
    model = plain_company(segments=(segment,), self_host=(plan,), fixed_cost=0.0)
    idle = dataclasses.replace(model, levers=(Lever("Rules", 1.0, start_month=4),))
    result = run_months(idle, price_shock(TOKENS, 2))
    # 100 less 45 for both; without serving the fixed 5 are left, all of them for training.
    assert [month(result, "operating_result", at) for at in (3, 4)] == pytest.approx([55, 95])


def test_fixed_cost_does_not_leave_with_the_customers():
    lines = (PricedLine(TOKENS, paid=60.0),)
    half = Shock(2, customers=np.full((2, 1), 0.5))
    for fixed_share, paid_cost in ((1.0, 30 + 40), (0.5, 30 + 20 + 10), (0.0, 30 + 20)):
        part = SegmentModel("", 200.0, paid_other=40.0, unpaid_other=8.0, lines=lines)
        model = with_response(plain_company(segments=(part,)), other_fixed_share=fixed_share)
        result = run_months(model, half)
        assert month(result, "paid_cost") == pytest.approx(paid_cost)
        assert month(result, "fully_loaded_cost") == pytest.approx(paid_cost + 4)
    # The base that grows by 10 % needs 10 % more of what its customers' coming and going leaves.
    grown = run_months(dataclasses.replace(model, growth=0.1), half)
    assert month(grown, "paid_cost", 2) == pytest.approx(1.1 * 50)


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


def test_switching_is_paid_once_however_many_lines_move():
    lines = (PricedLine(TOKENS, paid=10.0), PricedLine(TOKENS, paid=20.0))
    model = plain_company(segments=(SegmentModel("", 100.0, 10.0, lines=lines),))
    way_out = Rerouting("tokens", "OpenAI", 1.5, 0.8, 4, 1.2, one_off_cost=9.0)
    moved = run_months(dataclasses.replace(model, rerouting=(way_out,)), price_shock(TOKENS, 3))
    assert [month(moved, "response_cost", at) for at in (1, 2)] == [pytest.approx(9), 0]
    # Three GPUs at 12 serve both lines: 36 a month between them, as for one line of 30.
    plan = SelfHostPlan("tokens", "OpenAI", 1.0, 2.5, 12.0, lead_months=3, switching_cost=7.0)
    hosted = run_months(dataclasses.replace(model, self_host=(plan,)), price_shock(TOKENS, 2))
    assert [month(hosted, "paid_cost", at) for at in (3, 4)] == pytest.approx([70, 46])
    assert month(hosted, "response_cost", 4) == pytest.approx(7)


def test_levers_that_fail_save_nothing_and_cost_the_same():
    lever = Lever("Routing", 0.4, start_month=3, ramp_months=2, monthly_cost=5.0)
    success = [np.array([[1.0, 0.0]])]
    result = run_months(plain_company(levers=(lever,)), no_shock(6), lever_success=success)
    assert result.paid_cost[:, 0] == pytest.approx([40, 40, 34, 28, 28, 28])
    assert result.paid_cost[:, 1].tolist() == [40] * 6
    assert result.response_cost[:, 0].tolist() == [0, 0, 5, 5, 5, 5]


def test_unused_commitments_are_paid_all_the_same():
    term = CommitmentTerm("OpenAI", 25.0, last_month=10)
    lever = Lever("Distillation", 0.5)
    result = run_months(plain_company(commitments=(term,), levers=(lever,)), no_shock(12))
    # 15 of tokens are left of 30, the minimum is 25.
    assert month(result, "response_cost", 10) == 10
    assert month(result, "response_cost", 11) == 0


def test_customers_who_leave_take_their_spend_from_every_minimum():
    lines = (
        PricedLine(TOKENS, paid=60.0, pass_through=1.0),
        PricedLine(OTHER_TOKENS, paid=50.0),
    )
    term = CommitmentTerm("Anthropic", 50.0)
    model = plain_company(segments=(SegmentModel("", 200.0, lines=lines),), commitments=(term,))
    leaving = with_response(model, price_elasticity=1.5)
    result = run_months(leaving, price_shock(TOKENS, 3))
    # The price rises by 120 over 200: 1.6^-1.5 of the 50 is spent, 24.71.
    assert month(result, "response_cost") == pytest.approx(50 - 24.71, abs=0.005)
    free = dataclasses.replace(lines[1], paid=0.0, unpaid=50.0)
    part = dataclasses.replace(leaving.segments[0], lines=(lines[0], free))
    unpaid = run_months(dataclasses.replace(leaving, segments=(part,)), price_shock(TOKENS, 3))
    # Free users see no price.
    assert month(unpaid, "response_cost") == 0


def test_training_less_often_falls_short_of_a_minimum():
    lines = (PricedLine(TOKENS, paid=60.0, training_cash=40.0),)
    term = CommitmentTerm("OpenAI", 100.0)
    model = plain_company(segments=(SegmentModel("", 200.0, lines=lines),), commitments=(term,))
    result = run_months(model, Shock(1, retraining=np.full((1, 1), 0.25)))
    # 60 and a quarter of 40.
    assert month(result, "response_cost") == 30


def test_each_minimum_of_one_supplier_is_held_against_all_its_spend():
    terms = (CommitmentTerm("OpenAI", 25.0, last_month=1), CommitmentTerm("OpenAI", 20.0))
    model = plain_company(commitments=terms, levers=(Lever("Distillation", 0.5),))
    result = run_months(model, no_shock(2))
    # 15 are left of 30.
    assert [month(result, "response_cost", at) for at in (1, 2)] == [10 + 5, 5]


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


@given(
    notice=st.integers(0, 6),
    renewal=st.integers(0, 14),
    flat=st.floats(0, 1),
    fixed=st.floats(0, 1),
)
def test_a_rise_from_the_first_month_is_passed_on_as_contracts_renew(notice, renewal, flat, fixed):
    response = SegmentResponse(notice, renewal, flat, fixed)
    found = passed_on(np.full((12, 2), 8.0), response, revenue=2.0)
    for at in range(1, 13):
        by_use = 1.0 if at > notice else 0.0
        renewed = min(at / renewal, 1.0) if renewal else 1.0
        expected = 4.0 * (1 - fixed) * ((1 - flat) * by_use + flat * renewed)
        assert found[at - 1] == pytest.approx([expected] * 2)


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


@given(model=company_models(), seed=st.integers(0, 1_000))
def test_a_path_is_the_same_alone_and_among_hundreds(model, seed):
    paths = np.exp(np.random.default_rng(seed).normal(0.0, 0.3, (12, 300)))
    together = run_months(model, Shock(12, {TOKENS: paths, OTHER_TOKENS: paths[:, ::-1]}))
    for path in (0, 299):
        column = {TOKENS: paths[:, [path]], OTHER_TOKENS: paths[:, [299 - path]]}
        alone = run_months(model, Shock(12, column))
        for figure in FIGURES:
            many = np.broadcast_to(getattr(together, figure), (12, 300))[:, [path]]
            assert np.array_equal(many, getattr(alone, figure))


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
