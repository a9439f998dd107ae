"""Named scenarios through the engine: figures by hand, and what must hold for any company."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.projections.responses import Lever
from diligence.stress.scenario_files import find_scenarios, shipped_scenarios
from diligence.stress.scenario_results import SHRINKING, run_scenarios
from diligence.stress.scenarios import Move, Scenario, Size
from tests.company_models import company_models, plain_company, with_pass_through, with_response

AFTER = date(2026, 6, 30)


def table(model, *names, months=36):
    return run_scenarios(model, find_scenarios(names), after=AFTER, months=months)


def of(name, level, multiple):
    return Scenario(name, name, (Move(level, "step", Size(multiple)),))


def test_doubled_tokens_by_hand():
    found = table(plain_company(), "tokens_double")["tokens_double"]
    # Revenue 100, other 10, tokens 60; burn 35 of 60 cash.
    assert found.stated.gross_margin == pytest.approx(0.3)
    assert found.stated.runway_months == pytest.approx(60 / 35)
    assert found.stated.capital_needed == pytest.approx(36 * 35 - 60)


def test_a_range_gives_three_results_and_worsens_from_low_to_high():
    found = table(plain_company(), "api_price_2_to_3x_in_12m")["api_price_2_to_3x_in_12m"]
    margins = [outcome.gross_margin for outcome in (found.low, found.stated, found.high)]
    assert margins == pytest.approx([0.3, 0.15, 0.0])


def test_tokens_up_is_cost_and_usage_up_is_revenue_too_where_it_is_priced():
    model = with_response(plain_company(), usage_priced_share=1.0)
    found = run_scenarios(
        model, [of("t", "tokens_per_task", 2.0), of("u", "usage", 2.0)], after=AFTER
    )
    assert found["t"].stated.gross_profit == pytest.approx(100 - 10 - 60)
    assert found["u"].stated.gross_profit == pytest.approx(200 - 10 - 60)


def test_a_frozen_scenario_holds_the_cap():
    model = with_response(with_pass_through(plain_company(), 1.0), price_elasticity=0.0)
    found = table(model, "uk_energy_cap_2021", "tokens_double")
    assert found["uk_energy_cap_2021"].stated == found["uk_energy_cap_2021"].held_still
    assert (
        found["tokens_double"].stated.gross_margin > found["tokens_double"].held_still.gross_margin
    )


def test_a_company_that_lasts_longer_because_customers_leave_is_labelled():
    # Each 100 of revenue costs 150: at full pass-through 1.3^-4 = 35 % of customers stay, the
    # monthly loss of 50 becomes 17.5 and the same cash lasts longer.
    part = dataclasses.replace(plain_company().segments[0], paid_other=120.0)
    losing = plain_company(segments=(part,), fixed_cost=0.0, bridge=0.0)
    answering = with_response(
        with_pass_through(losing, 1.0), price_elasticity=4.0, other_fixed_share=0.0
    )
    found = run_scenarios(answering, [of("up", "tokens", 2.0)], after=AFTER)
    assert found.baseline.gross_profit == pytest.approx(-50)
    assert found["up"].stated.gross_profit == pytest.approx(-50 * 1.3**-4)
    assert found["up"].stated.months_or_beyond > found.baseline.months_or_beyond
    assert found["up"].label == SHRINKING
    healthy = run_scenarios(plain_company(), [of("up", "tokens", 2.0)], after=AFTER)
    assert healthy["up"].label == ""


def test_levers_are_shown_beside_and_not_in_the_answer():
    model = plain_company(levers=(Lever("Caching", 0.5),))
    found = table(model, "tokens_double")["tokens_double"]
    assert found.stated.gross_margin == pytest.approx(0.3)
    assert found.with_levers.gross_margin == pytest.approx(0.6)


@given(model=company_models(), name=st.sampled_from(sorted(shipped_scenarios())))
def test_order_changes_nothing_and_no_shock_is_the_baseline(model, name):
    zero = Scenario("zero", "Zero", (Move("tokens", "step", Size(1.0)),))
    scenario = shipped_scenarios()[name]
    one = run_scenarios(model, [zero, scenario], after=AFTER, months=12)
    other = run_scenarios(model, [scenario, zero], after=AFTER, months=12)
    assert one[name] == other[name]
    assert one["zero"].stated == one.baseline


def test_a_scenario_of_another_supplier_does_not_touch_the_company():
    found = table(plain_company(), "opus_4_7_tokens", "gpt_5_5_list")
    assert not found["opus_4_7_tokens"].touches
    assert found["opus_4_7_tokens"].stated == found.baseline
    assert found["gpt_5_5_list"].touches
