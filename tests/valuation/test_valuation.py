"""The whole valuation: cases for the head, needs, and properties."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diligence.assumptions import AssumptionRegister
from diligence.errors import InputError
from diligence.inputs.deal import AssumptionOverride, EarlierClass, RoundTerms
from diligence.valuation import CompanyCase, ValuationAssumptions, value
from diligence.valuation.position import exit_proceeds, financing

REGISTER = AssumptionRegister.load(date(2026, 6, 30))
ASSUMED = ValuationAssumptions.of(REGISTER)
SIMPLE = dataclasses.replace(
    ASSUMED,
    hurdle_irr=0.0,
    hurdle_multiple_of_money=2.0,
    months_between_rounds=1000.0,
    growth_endurance=1.0,
    exit_months=12.0,
    exit_gross_profit_multiple=10.0,
)
"""One year, no later round, ten times gross profit, twice the money."""
M = 1_000_000
TERMS = RoundTerms(
    share_class="Series B",
    preference_multiple=D(1),
    participating=False,
    cheque=D(10 * M),
    round_size=D(40 * M),
    post_money=D(200 * M),
    primary=D(40 * M),
)
COMMON = dataclasses.replace(TERMS, instrument="common", preference_multiple=None)
BASE = CompanyCase(revenue=30.0 * M, gross_profit=10.0 * M, growth=1.0, capital_needed=0.0)
STRESSED = dataclasses.replace(BASE, gross_profit=4.0 * M)


def valued(terms=TERMS, *, base=BASE, stressed=STRESSED, assumed=SIMPLE, **more):
    given_terms = {"on": date(2026, 8, 15), "cash": D(20 * M), "debt": D(0), **more}
    return value(terms, base=base, stressed=stressed, assumed=assumed, **given_terms)


def test_a_common_position_by_hand():
    found = valued(COMMON)
    # multiple (200 - 20 - 40) / 10 = 14, capped at 10 at the exit; gross profit doubles
    assert found.calibration.multiple == pytest.approx(14)
    assert found.base.outcomes[0].enterprise_value == pytest.approx(200 * M)
    assert float(found.base.proceeds) == pytest.approx(10 * M)
    assert found.base.multiple_of_money == pytest.approx(1.0)
    assert found.stressed.multiple_of_money == pytest.approx(0.4)
    # 4 at 14 and 60 of cash: 116 for 200
    assert found.stressed.change == pytest.approx(116 / 200 - 1)
    # a cheque that wants twice its money pays half of what the exit is worth
    assert found.base.walk_away.post_money == pytest.approx(100 * M, rel=1e-6)
    # 80 at the exit: twice the round's 40, and only for the whole company
    assert found.stressed.walk_away.post_money == pytest.approx(40 * M, rel=1e-6)
    # 400 is needed at the exit: gross profit of 40, four times today's
    assert found.base.growth_needed == pytest.approx(3.0, abs=1e-4)


def test_the_preference_holds_what_ownership_loses():
    found = valued()
    assert found.stressed.multiple_of_money == pytest.approx(1.0)
    # gross profit 4 instead of 10
    ratio = found.stressed.multiple_as_converted / found.base.multiple_as_converted
    assert ratio == pytest.approx(0.4)
    assert found.stressed.irr == pytest.approx(0.0, abs=1e-9)
    assert found.stressed.position_value > found.stressed.as_converted_value


def test_no_stress_reproduces_the_base():
    found = valued(stressed=BASE, assumed=ASSUMED)
    assert dataclasses.replace(found.stressed, name="base") == found.base
    assert found.base.change == pytest.approx(0.0, abs=1e-9)


def test_the_round_needed_to_survive_dilutes_and_is_paid_first():
    need = dataclasses.replace(STRESSED, capital_needed=14.0 * M)
    found = valued(COMMON, stressed=need).stressed
    # 4 x 14 = 56 before the money: 14 buys a fifth
    assert found.dilution_to_survive == pytest.approx(0.2, abs=1e-6)
    assert found.ownership_after_rounds == pytest.approx((0.05, 0.04), abs=1e-6)
    # 80 at the exit: a fifth of it is 16, more than its 14 back; ours is a twentieth of the rest
    assert float(found.proceeds) == pytest.approx(0.04 * 80 * M, rel=1e-5)


def test_a_round_that_cannot_be_priced_loses_the_cheque():
    broken = dataclasses.replace(STRESSED, gross_profit=-1.0, capital_needed=5.0 * M)
    found = valued(stressed=broken).stressed
    assert (found.dilution_to_survive, found.multiple_of_money, found.irr) == (None, 0.0, -1.0)
    assert any("cannot be priced" in note for note in found.notes)
    assert any("enterprise value counts as nil" in note for note in found.notes)


def test_without_gross_profit_states_are_weighted():
    base = dataclasses.replace(BASE, gross_profit=-3.0 * M)
    worse = dataclasses.replace(base, gross_profit=-6.0 * M, p_cash_out=0.55)
    found = valued(base=base, stressed=worse, assumed=ASSUMED)
    assert (found.base.method, found.calibration.inputs) == ("scenario_weighted", None)
    assert any(note.startswith("no point mark") for note in found.notes)
    weights = {state.name: state.weight for state in found.base.outcomes}
    assert weights == pytest.approx({"margin recovers": 0.25, "margin stays": 0.35, "fails": 0.4})
    stressed = {state.name: state.weight for state in found.stressed.outcomes}
    assert stressed["fails"] == 0.55
    assert sum(stressed.values()) == pytest.approx(1)
    assert stressed["margin recovers"] / stressed["margin stays"] == pytest.approx(25 / 35)
    # half of revenue at the target margin, less the ten points of revenue that stress takes
    recovered = [case.outcomes[0].enterprise_value for case in (found.base, found.stressed)]
    assert recovered[1] / recovered[0] == pytest.approx(0.4 / 0.5)
    assert found.stressed.multiple_of_money < found.base.multiple_of_money


@pytest.mark.parametrize(
    ("change", "needs"),
    [
        ({"terms": RoundTerms(share_class="B")}, "round terms: cheque, round_size, post_money, "),
        ({"cash": None}, "unrestricted cash"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_guessed(change, needs):
    terms = change.pop("terms", TERMS)
    found = valued(terms, **change)
    assert found.needs[0].startswith(needs)
    assert found.base.multiple_of_money is None
    assert found.stressed.walk_away.status == "unknown"
    assert "needs" in found.summary()


def test_unknown_growth_leaves_the_mark_and_no_return():
    cases = [dataclasses.replace(case, growth=None) for case in (BASE, STRESSED)]
    found = valued(base=cases[0], stressed=cases[1])
    assert found.needs == ("growth over the next year",)
    assert found.stressed.change < 0
    assert found.base.multiple_of_money is None


def test_unknown_debt_and_capital_are_said():
    vague = dataclasses.replace(BASE, capital_needed=None)
    found = valued(base=vague, stressed=vague, debt=None)
    assert "debt is not stated and counts as none" in found.notes
    assert any("capital needed is unknown" in note for note in found.base.notes)
    assert found.base.dilution_to_survive is None


def test_a_preference_of_the_hurdle_meets_it_at_any_price():
    terms = dataclasses.replace(TERMS, preference_multiple=D(2), primary=D(0))
    grows = dataclasses.replace(BASE, growth=4.0)
    found = valued(terms, base=grows, stressed=grows, cash=D(0)).base.walk_away
    assert (found.status, found.post_money) == ("at_any_price", None)


def test_it_says_what_it_is():
    found = valued(currency="USD")
    assert found.summary().endswith("(indicative sensitivity, not fair value)")
    assert "walk-away post-money USD 100 m base" in valued(COMMON, currency="USD").summary()
    frame = found.to_frame().set_index("figure")
    assert frame.loc["multiple_of_money", "base"] == pytest.approx(1.0)
    assert "walk_away_post_money" in found._repr_html_()


profits = st.integers(-20, 40).map(float)


@settings(max_examples=15, deadline=None)
@given(profits, st.integers(0, 15).map(float), st.integers(0, 40), st.booleans())
def test_a_worse_case_is_never_worth_more(profit, lost, needed, joins):
    terms = dataclasses.replace(TERMS, participating=joins)
    worse = [
        dataclasses.replace(BASE, gross_profit=p * M, capital_needed=float(needed) * M)
        for p in (profit, profit - lost)
    ]
    found = [valued(terms, stressed=case, assumed=ASSUMED).stressed for case in worse]
    for name in ("position_value", "multiple_of_money", "irr", "enterprise_value"):
        assert getattr(found[1], name) <= getattr(found[0], name) + 1e-6


@settings(max_examples=15, deadline=None)
@given(profits, st.integers(0, 30), st.integers(0, 30))
def test_needing_more_money_never_pays(profit, needed, more):
    found = [
        valued(
            stressed=dataclasses.replace(BASE, gross_profit=profit * M, capital_needed=x * 1.0 * M),
            assumed=ASSUMED,
        ).stressed
        for x in (needed, needed + more)
    ]
    assert found[1].multiple_of_money <= found[0].multiple_of_money + 1e-9
    prices = [case.walk_away.post_money or 0.0 for case in found]
    assert prices[1] <= prices[0] * (1 + 1e-9)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 30), st.integers(2, 60), st.booleans())
def test_the_walk_away_price_meets_the_hurdle_exactly(profit, growth, joins):
    terms = dataclasses.replace(TERMS, participating=joins)
    case = dataclasses.replace(BASE, gross_profit=float(profit * M), growth=growth / 20)
    found_all = valued(terms, base=case, stressed=case, assumed=ASSUMED)
    found = found_all.base
    if found.walk_away.status != "priced":
        return
    after = found_all.after.at_post_money(D(repr(found.walk_away.post_money)))
    plan = financing(0.0, enterprise_value=found.enterprise_value, debt=after.debt, assumed=ASSUMED)
    proceeds = exit_proceeds(after, found.outcomes, plan)
    assert float(proceeds / after.cheque) == pytest.approx(ASSUMED.hurdle, rel=1e-6)


@settings(max_examples=10, deadline=None)
@given(st.integers(2, 1000))
def test_units_of_currency_scale_through(factor):
    def scaled(case):
        return dataclasses.replace(
            case,
            revenue=case.revenue * factor,
            gross_profit=case.gross_profit * factor,
        )

    money = ("cheque", "round_size", "post_money", "primary")
    terms = dataclasses.replace(TERMS, **{key: getattr(TERMS, key) * factor for key in money})
    before = valued(assumed=ASSUMED)
    after = valued(
        terms,
        base=scaled(BASE),
        stressed=scaled(STRESSED),
        assumed=ASSUMED,
        cash=D(20 * M * factor),
    )
    for name in ("change", "multiple_of_money", "irr", "growth_needed"):
        assert getattr(after.stressed, name) == pytest.approx(
            getattr(before.stressed, name), rel=1e-5, abs=1e-6
        )


def test_earlier_senior_classes_come_out_of_the_position():
    earlier = (EarlierClass("Series A", ownership=D("0.2"), amount=D(60 * M)),)
    junior = dataclasses.replace(TERMS, seniority="junior")
    with_them = valued(junior, earlier=earlier).stressed
    assert with_them.multiple_of_money < valued().stressed.multiple_of_money


def test_the_deal_replaces_the_house_rules():
    own = AssumptionOverride(
        "exit_months", D(36), "months", "fund ends", "fund terms", "A", date(2026, 7, 1)
    )
    assumed = ValuationAssumptions.of(REGISTER.override([own]))
    assert (assumed.exit_years, assumed.later_rounds) == (3.0, 1)
    # 1.3 ^ 3 = 2.197 is less than the flat hurdle of three times
    assert assumed.hurdle == 3


def test_weights_over_one_are_refused():
    own = AssumptionOverride(
        "forward_weight_failure", D("0.8"), "share", "a view", "memo", "A", date(2026, 7, 1)
    )
    with pytest.raises(InputError, match="add up to more than 1"):
        ValuationAssumptions.of(REGISTER.override([own]))
