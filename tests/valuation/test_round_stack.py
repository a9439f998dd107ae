"""From terms of a round to the stack of claims after it."""

from __future__ import annotations

import dataclasses
from decimal import Decimal as D
from fractions import Fraction

import pytest

from diligence.errors import InputError
from diligence.inputs.deal import EarlierClass, RoundTerms
from diligence.valuation import stack_after_round
from diligence.valuation.round_stack import round_needs, round_notes

TERMS = RoundTerms(
    instrument="preferred",
    share_class="Series B",
    seniority="senior",
    preference_multiple=D(1),
    participating=False,
    cheque=D(10),
    round_size=D(40),
    post_money=D(200),
)
EARLIER = (
    EarlierClass("Series A", ownership=D("0.2"), amount=D(12)),
    EarlierClass("Seed", ownership=D("0.1"), amount=D(3), multiple=D(2), seniority=2),
    EarlierClass("options", ownership=D("0.1"), strike=D(40)),
)


def ranks(seniority):
    terms = dataclasses.replace(TERMS, seniority=seniority)
    stack = stack_after_round(terms, earlier=EARLIER, debt=D(5)).stack
    return [held.name for held in sorted(stack.classes, key=lambda c: c.rank) if held.preference]


def test_a_cheque_buys_its_part_of_the_class():
    after = stack_after_round(TERMS, earlier=EARLIER, debt=D(5))
    assert (after.held, after.ownership) == (D("0.25"), D("0.05"))
    shares = {held.name: held.shares for held in after.stack.classes}
    assert shares["common"] == 1 - Fraction(1, 5) - Fraction(4, 10)
    assert after.stack.held("Seed").preference == 6
    assert after.stack.held("options").strike == 40


def test_seniority_places_the_round():
    assert ranks("senior") == ["debt", "Series B", "Series A", "Seed"]
    assert ranks("junior") == ["debt", "Series A", "Seed", "Series B"]
    equal = dataclasses.replace(TERMS, seniority="Pari passu")
    stack = stack_after_round(equal, earlier=EARLIER).stack
    assert stack.held("Series B").rank == stack.held("Series A").rank < stack.held("Seed").rank


def test_pre_money_and_the_round_give_the_post_money():
    terms = dataclasses.replace(TERMS, post_money=None, pre_money=D(160))
    assert stack_after_round(terms).post_money == 200


def test_common_shares_need_no_preference():
    terms = RoundTerms(
        instrument="common", cheque=D(10), round_size=D(40), post_money=D(200), share_class="C"
    )
    assert stack_after_round(terms).stack.held("C").preference == 0


def test_what_is_missing_is_named():
    assert round_needs(RoundTerms()) == (
        "cheque",
        "round_size",
        "post_money",
        "preference_multiple",
        "participating",
    )
    unranked = dataclasses.replace(TERMS, seniority="first among equals")
    assert round_needs(unranked, EARLIER) == ("seniority (senior, pari passu or junior)",)
    assert round_needs(unranked) == ()
    with pytest.raises(InputError, match="The round needs post_money; state it in deal.yaml"):
        stack_after_round(dataclasses.replace(TERMS, post_money=None))


def test_more_than_the_whole_company_is_refused():
    wide = (EarlierClass("Series A", ownership=D("0.9"), amount=D(12)),)
    with pytest.raises(InputError, match="sells 20.0% and earlier classes own 90.0%"):
        stack_after_round(TERMS, earlier=wide)


def test_stated_ownership_that_the_price_contradicts_is_noted():
    terms = dataclasses.replace(TERMS, ownership=D("0.10"))
    (note,) = round_notes(terms, EARLIER)
    assert note.startswith("ownership of 10.0% is stated, the cheque buys 5.0%")
    assert round_notes(dataclasses.replace(TERMS, ownership=D("0.0499")), EARLIER) == ()
    assert round_notes(TERMS)[0].startswith("earlier classes are not stated")


def test_another_price_leaves_the_others_their_shares():
    after = stack_after_round(TERMS, earlier=EARLIER).at_post_money(D(80))
    shares = {held.name: held.shares for held in after.stack.classes}
    assert shares["Series B"] == Fraction(1, 2)
    assert shares["Series A"] == Fraction(1, 5) * Fraction(5, 8)
    assert sum(shares.values()) == 1


def test_later_rounds_dilute_and_the_one_to_survive_is_paid_first():
    stack = stack_after_round(TERMS).at_exit([D("0.5"), D("0.2")], rescue=D(30))
    shares = {held.name: held.shares for held in stack.classes}
    # half is sold, then a fifth: 0.5 x 0.8 of each is left, 0.4 is the rescue's, 0.2 the last's
    assert shares["Series B"] == Fraction(8, 100)
    assert shares["round to survive"] == Fraction(4, 10)
    assert shares["later rounds"] == Fraction(2, 10)
    assert stack.payoffs(Fraction(35))["round to survive"] == 30
    assert stack.payoffs(Fraction(35))["Series B"] == 5
