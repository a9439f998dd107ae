"""Who pays more than they cost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diligence.errors import InputError
from diligence.projections.cost_spread import spread_cost
from diligence.projections.token_weights import TokenWeights
from diligence.projections.usage_rows import usage_rows
from diligence.projections.user_economics import user_economics
from diligence.units import Period, parse_period

APRIL, MAY = date(2026, 4, 1), date(2026, 5, 1)
PRICES = {"Pro": Decimal(20), "Team": Decimal(30)}


def spread(cost, period="2026Q2", **columns):
    frame = pd.DataFrame({"day": APRIL} | columns)
    when = period if isinstance(period, Period) else parse_period(period)
    rows = usage_rows(frame, kind="request", period=when)
    return spread_cost(rows, TokenWeights.default(), serving_cost=Decimal(str(cost)))


def test_five_rows_one_unit_of_money_a_token():
    found = user_economics(
        spread(
            95,
            user=["a", "b", "b", "c", "d"],
            plan=["Pro", "Pro", "Team", "Free", "Pro"],
            payer=["paid", "paid", "paid", "free", "free"],
            input_tokens=[25, 10, 20, 15, 25],
        ),
        PRICES,
    )
    # a brings 20 and costs 25; b counts at the dearer plan, 30 against 30; c and d pay nothing
    assert (found.users, found.below_zero, found.free_users) == (2, 1, 2)
    assert found.share_below_zero == 0.5
    assert [(g.name, g.members, g.revenue, g.cost) for g in found.plans] == [
        ("Pro", 1, 20, 25),
        ("Team", 1, 30, 30),
    ]
    assert found.top_decile_share == pytest.approx(30 / 55)
    assert sum(group.members for group in found.deciles) == 2


def test_a_price_is_brought_every_month_with_paid_usage():
    found = user_economics(
        spread(75, user="a", plan="Pro", day=[APRIL, MAY, MAY], input_tokens=[15, 30, 30]),
        {"Pro": Decimal(40)},
    )
    assert (found.plans[0].members, found.plans[0].revenue) == (2, 80)
    assert (found.plans[0].below_zero, found.below_zero) == (1, 0)  # May alone loses money


def test_twenty_users_and_a_heavy_tenth():
    found = user_economics(
        spread(
            200,
            user=[f"u{number:02}" for number in range(20)],
            plan="Pro",
            input_tokens=[80, 40, *[4] * 15, *[8] * 2, 4],
        ),
        PRICES,
    )
    assert found.top_decile_share == pytest.approx(0.6)  # 120 of 200
    assert [group.members for group in found.deciles] == [2] * 10
    assert found.deciles[0].below_zero == found.below_zero == 2
    assert found.deciles[9].cost == pytest.approx(8)


def test_users_on_a_plan_without_a_price_are_left_out_and_counted():
    found = user_economics(
        spread(30, user=["a", "b", None], plan=["Pro", "Legacy", "Pro"], input_tokens=[1, 1, 1]),
        PRICES,
    )
    assert (found.users, found.unpriced_users, found.free_users) == (1, 1, 0)
    assert found.notes == (
        "1 rows without a user, costing 10.00, left out",
        "1 users on plans without a price left out; priced: Pro, Team",
    )


def test_cohorts_age_and_lose_money():
    found = user_economics(
        spread(
            120,
            user=["a", "b", "a", "b", "c"],
            plan="Pro",
            payer=["paid", "paid", "paid", "free", "paid"],
            cohort=["2026-04", "2026-04", "2026-04", "2026-04", "April"],
            day=[APRIL, APRIL, MAY, MAY, MAY],
            input_tokens=[10, 20, 30, 40, 20],
        ),
        PRICES,
    )
    first, second = found.curve
    assert (first.cohort, first.months_since, first.users, first.paying) == ("2026-04", 0, 2, 2)
    assert (first.revenue, first.cost, first.per_user) == (40, pytest.approx(30), pytest.approx(5))
    assert (second.months_since, second.users, second.paying) == (1, 2, 1)
    assert second.contribution == pytest.approx(-50)  # 20 of a, less 30 and 40
    assert "April" in found.notes[0]


@pytest.mark.parametrize(
    ("columns", "prices", "period", "needs"),
    [
        ({}, PRICES, "2026Q2", "a (hashed) user in every row"),
        ({"user": "a"}, {}, "2026Q2", "net revenue per customer and month by plan"),
        ({"user": "a"}, PRICES, Period(APRIL, date(2026, 4, 9)), "a period of whole months"),
        ({"user": "a"}, PRICES, "2026Q2", "paid usage of a plan with a known price"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_zero(columns, prices, period, needs):
    found = user_economics(spread(9, period, input_tokens=[1], **columns), prices)
    assert found.share_below_zero is None
    assert found.top_decile_share is None
    assert needs in found.needs
    assert "not computable" in found.summary()


def test_a_price_below_zero_is_refused():
    with pytest.raises(InputError, match="price of plan 'Pro' is -1"):
        user_economics(spread(9, user="a", input_tokens=[1]), {"Pro": Decimal(-1)})


row = st.fixed_dictionaries(
    {
        "day": st.sampled_from([APRIL, MAY]),
        "user": st.sampled_from(["a", "b", "c", "d"]),
        "plan": st.sampled_from(["Pro", "Team", "Free", "Legacy"]),
        "payer": st.sampled_from(["paid", "free", ""]),
        "input_tokens": st.integers(1, 10**6),
    }
)


@settings(max_examples=12)
@given(st.lists(row, min_size=1, max_size=12), st.integers(1, 10**4), st.randoms())
def test_everybody_is_counted_once_whatever_the_order_of_rows(rows, cost, random):
    table = pd.DataFrame(rows)
    found = user_economics(spread(cost, **table), PRICES)
    seen = found.users + found.free_users + found.unpriced_users
    assert seen == table["user"].nunique()
    assert sum(group.members for group in found.deciles) == found.users
    assert sum(group.cost for group in found.deciles) <= cost * (1 + 1e-9)
    random.shuffle(rows)
    again = user_economics(spread(cost, **pd.DataFrame(rows)), PRICES)
    assert (again.users, again.below_zero) == (found.users, found.below_zero)
    assert again.top_decile_share == pytest.approx(found.top_decile_share)
