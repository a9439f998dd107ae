"""The free tier: cost per conversion, three views, and free traffic counted once."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.costs.free_tier import (
    FreeTierView,
    double_counts,
    free_tier_cost_per_conversion,
    payer_split,
    take_out_free,
)
from diligence.errors import EstimationError, InputError

money = st.decimals(min_value=0, max_value=10**9, places=2)
people = st.integers(1, 10**7).map(D)


def percent(value):
    return round(float(value) * 100, 1)


def test_cost_per_conversion():
    # 50,000 over 100,000 users is 0.50; 2,000 of 100,000 convert: 2 %; 0.50 / 0.02 = 25.
    found = free_tier_cost_per_conversion(
        D(50_000), free_users_at_start=D(100_000), conversions=D(2_000)
    )
    assert (found.per_free_user, found.hazard, found.per_conversion) == (D("0.5"), D("0.02"), 25)


def test_a_growing_free_tier_is_costed_on_those_served():
    # 60,000 over 120,000 served is 0.50 again; the hazard is of those there at the start.
    found = free_tier_cost_per_conversion(
        D(60_000),
        free_users_at_start=D(100_000),
        conversions=D(2_000),
        free_users_served=D(120_000),
    )
    assert found.per_conversion == 25


def test_nobody_converted():
    found = free_tier_cost_per_conversion(D(5), free_users_at_start=D(10), conversions=D(0))
    assert found.per_conversion is None
    assert "needs a month in which a free user converted" in found.summary()


def test_impossible_users_are_refused():
    with pytest.raises(InputError, match="0 free users at the start"):
        free_tier_cost_per_conversion(D(5), free_users_at_start=D(0), conversions=D(0))
    with pytest.raises(InputError, match="11 conversions exceed the 10 free users"):
        free_tier_cost_per_conversion(D(5), free_users_at_start=D(10), conversions=D(11))


def test_worked_payer_split_and_the_wrong_margin_it_prevents():
    # Bridge: revenue 24.0, cost of revenue 5.2, credits 0.9, pool 2.2, fine-tuning 0.6; the API
    # bill of 3.1 has 40 % free tokens: 57.7 % paid, 50.0 % fully loaded, and never 44.8 %.
    others = D("5.2") + D("0.9") + D("2.2")
    by_payer = payer_split(D("3.1"), {"paid": D(60), "free": D(40)})
    once = take_out_free({"API": D("3.1")}, from_usage={"API": by_payer["free"]})
    view = FreeTierView(
        revenue=D("24.0"),
        paid_cost=others + once.paid_cost,
        loaded_cost=others + once.paid_cost + once.free_cost + D("0.6"),
    )
    assert percent(view.paid_margin) == 57.7
    assert percent(view.loaded_margin) == 50.0
    wrong = (D("24.0") - others - D("3.1") - D("1.24") - D("0.6")) / D("24.0")
    assert percent(wrong) == 44.8
    # A driver that says the same moves the same money out of the line.
    by_driver = take_out_free({"API": D("3.1")}, from_driver={"API": D("1.24")})
    assert by_driver == once


def test_the_same_traffic_from_usage_and_from_a_driver_is_refused():
    with pytest.raises(InputError, match=r"API: found 1.3 on top of 1.24") as raised:
        take_out_free(
            {"API": D("3.1")}, from_usage={"API": D("1.24")}, from_driver={"API": D("1.3")}
        )
    assert "counted twice" in raised.value.message
    assert len(raised.value.problems) == 1


def test_a_driver_on_another_line_is_no_double_count():
    found = take_out_free(
        {"API": D(10), "own GPUs": D(5)},
        from_usage={"API": D(4)},
        from_driver={"own GPUs": D(2)},
    )
    assert (found.paid_cost, found.free_cost) == (9, 6)
    assert double_counts({"API": D(4)}, {"own GPUs": D(2)}) == ()
    assert double_counts({"API": D(4)}, {"API": D(0)}) == ()


def test_a_free_part_of_no_line_or_above_its_line_is_refused():
    with pytest.raises(InputError, match="a free part of no cost line") as raised:
        take_out_free({"API": D(3)}, from_usage={"API": D(4)}, from_driver={"GPUs": D(1)})
    assert [p.column for p in raised.value.problems] == ["GPUs", "API"]


def test_a_refund_is_split_too():
    found = take_out_free({"API refund": D(-10)}, from_usage={"API refund": D(-4)})
    assert (found.paid_cost, found.free_cost) == (-6, -4)


def test_the_three_views_in_words():
    conversion = free_tier_cost_per_conversion(D(50), free_users_at_start=D(100), conversions=D(2))
    view = FreeTierView(D(100), paid_cost=D(40), loaded_cost=D(55), conversion=conversion)
    assert view.summary().startswith("paid 60.0 %, fully loaded 45.0 %\nfree-tier cost per")
    assert list(view.to_frame()["value"]) == [D("0.6"), D("0.45"), 25]
    assert "not computable" in FreeTierView(D(0), D(1), D(1)).summary()


def test_no_tokens_no_split():
    with pytest.raises(EstimationError, match="every weight is zero"):
        payer_split(D(3), {"paid": D(0), "free": D(0)})


@given(money, people, people, people)
def test_cost_per_conversion_is_cost_over_conversions_of_the_same_users(cost, start, free, one):
    conversions = min(start, one)
    found = free_tier_cost_per_conversion(cost, free_users_at_start=start, conversions=conversions)
    assert float(found.per_conversion) == pytest.approx(float(cost / conversions), rel=1e-12)


@given(st.dictionaries(st.text("abc", min_size=1), money), st.data())
def test_taking_out_the_free_tier_adds_no_cost(lines, data):
    free = {
        line: amount * data.draw(st.sampled_from([D(0), D("0.4"), D(1)]))
        for line, amount in lines.items()
    }
    found = take_out_free(lines, from_usage=free)
    assert found.paid_cost + found.free_cost == sum(lines.values(), D(0))
    assert all(found.paid[line] + found.free[line] == lines[line] for line in lines)


@given(
    st.decimals(min_value=-(10**6), max_value=10**6, places=2),
    st.fixed_dictionaries(dict.fromkeys(("paid", "promo", "free", "internal"), people)),
)
def test_payers_add_up_to_the_bill(amount, tokens):
    assert sum(payer_split(amount, tokens).values(), D(0)) == amount
