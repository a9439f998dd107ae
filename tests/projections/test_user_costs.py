"""Cost of an active user."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pandas as pd

from diligence.projections.cost_spread import spread_cost
from diligence.projections.token_weights import TokenWeights
from diligence.projections.usage_rows import usage_rows
from diligence.projections.user_costs import user_costs
from diligence.units import parse_period

APRIL, MAY = date(2026, 4, 1), date(2026, 5, 1)


def spread(cost, kind, period="2026Q2", **columns):
    rows = usage_rows(pd.DataFrame(columns), kind=kind, period=parse_period(period))
    return spread_cost(rows, TokenWeights.default(), serving_cost=Decimal(cost))


def test_distinct_users_are_counted_each_month():
    found = spread(
        60,
        "request",
        day=[APRIL, APRIL, APRIL, MAY, MAY],
        user=["a", "a", "b", "a", None],
        input_tokens=[1, 1, 1, 1, 2],
    )
    (item,) = user_costs(found)
    # a and b in April, a in May; the two tokens of nobody are left out
    assert (item.user_months, item.cost, item.basis) == (3, 40, "distinct users")
    assert item.per_month == Decimal("13.333333")


def test_daily_totals_count_the_average_users_of_a_day():
    found = spread(
        90,
        "daily",
        day=[APRIL, APRIL, date(2026, 4, 2), MAY],
        plan=["Pro", "Free", "Pro", "Pro"],
        input_tokens=[1, 1, 1, 6],
        active_users=[10, 4, 20, 30],
    )
    by_plan = {item.name: item for item in user_costs(found, "plan")}
    # Pro: 15 a day in April and 30 in May; Free: 4 on one of two days
    assert by_plan["Pro"].user_months == 45
    assert by_plan["Pro"].per_month == Decimal("1.777778")
    assert by_plan["Free"].user_months == Fraction(2)
    assert by_plan["Free"].per_month == 5
    assert by_plan["Free"].basis == "average users a day"


def test_nobody_counted_gives_nothing_rather_than_a_division_by_zero():
    assert user_costs(spread(9, "daily", day=[APRIL], input_tokens=[1])) == ()
    counted = spread(9, "daily", day=[APRIL], input_tokens=[1], active_users=[0])
    assert user_costs(counted) == ()
