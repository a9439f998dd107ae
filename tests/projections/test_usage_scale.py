"""Ten times the usage at a flat price."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diligence.errors import InputError
from diligence.projections.unit_costs import unit_costs
from diligence.projections.usage_scale import DiscountTier, PlanRevenue, scale_usage
from diligence.units import parse_period

ONE, TEN, HUNDRED = Decimal(1), Decimal(10), Decimal(100)


def costs(bill, **columns):
    usage = pd.DataFrame({"day": date(2026, 6, 1), "requests": 1} | columns)
    return unit_costs(usage, Decimal(bill), kind="daily", period=parse_period("2026-06"))


# one unit of money a token: Pro 20, API 30, and 50 of free users
FIVE = {
    "plan": ["Pro", "Pro", "API", "Free", "Pro"],
    "payer": ["paid", "paid", "paid", "free", "promo"],
    "input_tokens": [5, 15, 30, 40, 10],
}
TODAY = costs(100, **FIVE)
REVENUE = {"Pro": PlanRevenue(Decimal(100)), "API": PlanRevenue(Decimal(0), Decimal(60))}


def test_five_rows_at_ten_times_the_usage():
    found = scale_usage(TODAY, REVENUE)
    pro, api, all_plans = (found.at(TEN, name) for name in ("Pro", "API", "all plans"))
    assert (pro.cost, pro.revenue, pro.margin) == (200, 100, -1)
    assert pro.margin_flat == -1
    assert pro.margin_usage == Decimal("0.8")  # 200 of 1,000
    assert (api.cost, api.revenue, api.margin) == (300, 600, Decimal("0.5"))
    assert api.margin_flat == -4
    # the 50 of free and promotional usage stay
    assert (all_plans.cost, all_plans.revenue) == (550, 700)
    assert found.at(ONE).cost == 100
    assert found.at(HUNDRED, "Pro").cost == 2000
    assert found.breaks_at == {"Pro": 5, "API": None}
    assert any("stays at today's cost, 50.00" in note for note in found.notes)


def test_idle_capacity_is_used_up_before_usage_costs_more():
    found = scale_usage(TODAY, REVENUE, idle_commitment=Decimal(225))
    # 450 more at ten times, half of it on capacity already paid for
    assert found.at(TEN).cost == 325
    assert found.at(TEN, "Pro").cost == 110
    assert found.at(ONE).cost == 100


def test_discounts_apply_band_by_band():
    tiers = [DiscountTier(Decimal(200), Decimal("0.1")), DiscountTier(Decimal(350), Decimal("0.5"))]
    found = scale_usage(TODAY, REVENUE, discount_tiers=tiers)
    # from 100 to 550: 100 at par, 150 at 90 %, 200 at half
    assert found.at(TEN).cost == 100 + 100 + 135 + 100
    assert not any("no volume discount" in note for note in found.notes)


def test_a_discount_already_earned_today_is_in_todays_cost():
    tier = DiscountTier(Decimal(50), Decimal("0.2"))
    found = scale_usage(TODAY, REVENUE, discount_tiers=[tier])
    assert found.at(ONE).cost == 100
    assert found.at(TEN).cost == 100 + 360


def test_a_plan_without_known_revenue_has_no_margin_and_leaves_the_company_open():
    found = scale_usage(TODAY, {"Pro": PlanRevenue(Decimal(100))})
    assert found.at(TEN, "API").margin is None
    assert found.at(TEN).margin is None
    assert any("no revenue known for API" in note for note in found.notes)
    assert "not computable" in found.summary()


def test_revenue_of_a_plan_that_usage_does_not_name_counts_in_all_plans():
    revenue = {**REVENUE, "Enterprise": PlanRevenue(Decimal(340))}
    found = scale_usage(TODAY, revenue)
    assert found.at(ONE).margin == Decimal("0.8")  # 100 of 500
    assert any("no paid usage seen on Enterprise" in note for note in found.notes)


def test_the_target_margin_moves_where_a_plan_breaks():
    found = scale_usage(TODAY, REVENUE, target_margin=Decimal("0.5"))
    # half of 100 over 20; the API keeps exactly half whatever its usage
    assert found.breaks_at == {"Pro": Decimal("2.5"), "API": None}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"multiples": [Decimal(0)]}, "usage multiple is 0"),
        ({"idle_commitment": Decimal(-1)}, "idle_commitment is -1"),
        ({"discount_tiers": [DiscountTier(ONE, Decimal(20))]}, "discount is 20"),
        ({"target_margin": ONE}, "target_margin is 1"),
    ],
)
def test_impossible_arguments_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        scale_usage(TODAY, REVENUE, **arguments)


@settings(max_examples=40)
@given(
    st.decimals("1.01", 1000, places=2),
    st.decimals(0, 10**5, places=2),
    st.decimals(0, 1, places=2),
)
def test_relief_only_lowers_cost_and_never_under_todays(multiple, idle, discount):
    tier = DiscountTier(Decimal(150), discount)
    plain = scale_usage(TODAY, REVENUE, multiples=[multiple]).at(multiple)
    eased = scale_usage(
        TODAY, REVENUE, multiples=[multiple], idle_commitment=idle, discount_tiers=[tier]
    ).at(multiple)
    assert Decimal("99.999999") <= eased.cost <= plain.cost + Decimal("1e-6")
    assert float(plain.cost) == pytest.approx(50 + 50 * float(multiple))


@settings(max_examples=40)
@given(st.decimals(1, 500, places=2))
def test_at_its_breaking_multiple_a_plan_earns_nothing(flat):
    revenue = {"Pro": PlanRevenue(flat), "API": PlanRevenue(Decimal(10), Decimal(1))}
    multiple = scale_usage(TODAY, revenue).breaks_at["Pro"]
    assert abs(scale_usage(TODAY, revenue, multiples=[multiple]).at(multiple, "Pro").margin) < 1e-9
