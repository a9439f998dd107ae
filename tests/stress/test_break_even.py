"""k*: published examples, statuses, and k* applied as a shock lands on its target."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from diligence.stress import (
    break_even_multiple,
    margin_at_multiple,
    runway_multiple,
    sold_break_even_multiple,
)

KPI = {"revenue": D(100), "other_cost": D(10), "exposed_cost": D(30)}


@pytest.mark.parametrize(
    ("target", "pass_through", "k"),
    [
        ("0.5", "0", 1.33),
        ("0.5", "0.5", 1.44),
        ("0.5", "1", 1.67),
        ("0", "0", 3.0),
        ("0", "0.5", 5.0),
    ],
)
def test_kpi_table(target, pass_through, k):
    # KPI definitions, row "Price break-even multiple": R 100, O 10, I 30.
    found = break_even_multiple(**KPI, target_margin=D(target), pass_through=D(pass_through))
    assert (round(float(found.k), 2), found.status) == (k, "breaks_at")


def test_full_pass_through_never_breaks_at_zero():
    found = break_even_multiple(**KPI, target_margin=D(0), pass_through=D(1))
    assert (found.k, found.status) == (None, "never")


@pytest.mark.parametrize(("target", "k"), [("0", 0.81), ("0.5", 0.41)])
def test_negative_margin_is_never_clipped_at_one(target, k):
    # A coding assistant at a gross margin of -23 % whose cost is all API.
    found = break_even_multiple(
        revenue=D(100), other_cost=D(0), exposed_cost=D(123), target_margin=D(target)
    )
    assert (round(float(found.k), 2), found.status) == (k, "already_below")


@pytest.mark.parametrize(
    ("share", "target", "k"),
    [("8", "0.5", 5.0), ("13.333333", "0.5", 3.0), ("18", "0", 5.0), ("30", "0", 3.0)],
)
def test_break_even_arithmetic_with_other_cogs_of_ten(share, target, k):
    # Break-even arithmetic below the KPI table.
    found = break_even_multiple(
        revenue=D(100), other_cost=D(10), exposed_cost=D(share), target_margin=D(target)
    )
    assert float(found.k) == pytest.approx(k, rel=1e-6)


@pytest.mark.parametrize(("k", "margin"), [(2, 0.29), (3, 0.06), (5, -0.40)])
def test_survey_average_under_stress(k, margin):
    # Methods F 32: gross margin .52, inference .23 of revenue.
    assert margin_at_multiple(0.52, 0.23, k) == pytest.approx(margin, abs=5e-3)


def test_survey_average_breaks_even():
    found = break_even_multiple(
        revenue=D(100), other_cost=D(25), exposed_cost=D(23), target_margin=D(0)
    )
    assert round(float(found.k), 3) == 3.261


@pytest.mark.parametrize(
    ("revenue", "cost", "inference", "k"),
    [
        ("53.44", "40.99", "37.98", 1.33),
        # Segments at 4.7 % and 69.4 %, inference the same share of cost as in the company.
        ("1", "0.953", "0.88301956574774335", 1.05),
        ("1", "0.306", "0.28352890948999755", 3.45),
    ],
)
def test_minimax_rented_compute(revenue, cost, inference, k):
    found = break_even_multiple(
        revenue=D(revenue),
        other_cost=D(cost) - D(inference),
        exposed_cost=D(inference),
        target_margin=D(0),
    )
    assert round(float(found.k), 2) == k


def test_nothing_exposed():
    found = break_even_multiple(
        revenue=D(1), other_cost=D(0), exposed_cost=D(0), target_margin=D(0)
    )
    assert (found.k, found.status) == (None, "not_exposed")


def test_seller_breaks_when_its_price_falls():
    found = sold_break_even_multiple(
        revenue=D(100), cost=D(60), sold_revenue=D(50), target_margin=D(0)
    )
    # 40 of profit on 50 of sales at the price: it may lose 80 % of it.
    assert (found.k, found.status) == (D("0.2"), "breaks_at")


def test_seller_that_holds_at_a_price_of_zero():
    found = sold_break_even_multiple(
        revenue=D(100), cost=D(20), sold_revenue=D(50), target_margin=D(0)
    )
    assert (found.k, found.status) == (None, "never")


def test_seller_below_target_needs_a_rise():
    found = sold_break_even_multiple(
        revenue=D(100), cost=D(120), sold_revenue=D(100), target_margin=D(0)
    )
    assert (found.k, found.status) == (D("1.2"), "already_below")


def test_runway_of_a_year():
    found = runway_multiple(cash=D(24), monthly_burn=D(1), exposed_monthly=D("0.5"), months=D(12))
    assert (found.k, found.status) == (D(3), "breaks_at")


amount = st.decimals(min_value=1, max_value=10**6, places=2)
fraction = st.decimals(min_value=0, max_value="0.95", places=2)


@given(revenue=amount, other=amount, exposed=amount, target=fraction, passed=fraction)
def test_k_applied_as_a_shock_lands_on_its_target(revenue, other, exposed, target, passed):
    found = break_even_multiple(
        revenue=revenue,
        other_cost=other,
        exposed_cost=exposed,
        target_margin=target,
        pass_through=passed,
    )
    new_revenue = 1 + float(passed * exposed / revenue) * (float(found.k) - 1)
    assume(new_revenue > 1e-3)
    landed = margin_at_multiple(
        float(1 - (other + exposed) / revenue),
        float(exposed / revenue),
        float(found.k),
        pass_through=float(passed),
    )
    assert landed == pytest.approx(float(target), abs=1e-6)


@given(revenue=amount, other=amount, exposed=amount, target=fraction)
def test_pass_through_never_brings_a_break_nearer(revenue, other, exposed, target):
    without = break_even_multiple(
        revenue=revenue, other_cost=other, exposed_cost=exposed, target_margin=target
    )
    with_half = break_even_multiple(
        revenue=revenue,
        other_cost=other,
        exposed_cost=exposed,
        target_margin=target,
        pass_through=D("0.5"),
    )
    assume(without.status == "breaks_at")
    assert with_half.k >= without.k


@given(revenue=amount, other=amount, exposed=amount, scale=amount)
def test_the_unit_changes_no_multiple(revenue, other, exposed, scale):
    plain = break_even_multiple(
        revenue=revenue, other_cost=other, exposed_cost=exposed, target_margin=D("0.5")
    )
    scaled = break_even_multiple(
        revenue=revenue * scale,
        other_cost=other * scale,
        exposed_cost=exposed * scale,
        target_margin=D("0.5"),
    )
    assert float(plain.k) == pytest.approx(float(scaled.k))
