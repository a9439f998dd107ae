"""Months ahead: no shock changes nothing, and no dearer input ever helps."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import InputError
from diligence.inputs.deal import Exposure
from diligence.projections import PricedInput, RunRate, project
from diligence.projections.run_rate import ExposedMonth
from diligence.stress import (
    break_even_multiple,
    runway_multiple,
    sold_break_even_multiple,
)
from diligence.units import parse_period

YEAR = parse_period("2025")


def priced(side="buy", *, name="tokens", pass_through="0", lock_until=None):
    exposure = Exposure(name, side, "Supplier", Decimal(1), lock_until=lock_until)
    return PricedInput(name, side, (exposure,), Decimal(pass_through), lock_until)


def rate_of(item=None, *, revenue=100.0, paid=40.0, operating=120.0, exposed=30.0, training=0.0):
    """A month: ``exposed`` of the paid cost and ``training`` below it move with the price."""
    item = item or priced()
    passed = exposed * float(item.pass_through) if item.side != "sell" else 0.0
    return RunRate(
        period=YEAR,
        revenue=revenue,
        paid_cost=paid,
        volume_cost=paid,
        operating_cost=operating,
        inputs=(item,),
        exposed=(ExposedMonth(exposed, exposed + training, passed),),
    )


def test_a_month_of_the_baseline_is_the_run_rate():
    month = project(rate_of(), opening_cash=1000.0, monthly_cash_burn=25.0).months[0]
    assert (month.revenue, month.paid_cost, month.operating_result) == (100, 40, -20)
    assert (month.cash_burn, month.cash) == (25, 975)


@given(
    revenue=st.floats(1, 1e9),
    paid=st.floats(0, 1e9),
    fixed=st.floats(0, 1e9),
    cash=st.floats(0, 1e10),
    burn=st.floats(-1e8, 1e8),
    growth=st.floats(-0.05, 0.1),
)
def test_a_multiple_of_one_reproduces_the_baseline_exactly(
    revenue, paid, fixed, cash, burn, growth
):
    rate = rate_of(revenue=revenue, paid=paid, operating=paid + fixed, exposed=0.7 * paid)
    start = {"opening_cash": cash, "monthly_cash_burn": burn, "monthly_growth": growth}
    shocked = project(rate, multiples={"tokens bought": 1.0}, **start)
    assert shocked.months == project(rate, **start).months


# Break-even in closed form and the projection are two ways to one figure.
@given(
    revenue=st.decimals("1", "1000", places=2),
    other=st.decimals("0", "1000", places=2),
    exposed=st.decimals("0.01", "1000", places=2),
    target=st.sampled_from([Decimal(0), Decimal("0.5")]),
    phi=st.sampled_from([Decimal(0), Decimal("0.2"), Decimal("0.9")]),
)
def test_k_star_of_a_bought_input_lands_on_its_target(revenue, other, exposed, target, phi):
    k = break_even_multiple(
        revenue=revenue,
        other_cost=other,
        exposed_cost=exposed,
        target_margin=target,
        pass_through=phi,
    ).k
    if k is None or k < 0:
        return
    rate = rate_of(
        priced(pass_through=str(phi)),
        revenue=float(revenue),
        paid=float(other + exposed),
        exposed=float(exposed),
    )
    margin = project(rate, multiples={"tokens bought": float(k)}).paid_margin(12)
    assert margin == pytest.approx(float(target), abs=1e-9 * max(1.0, float(k)))


def test_k_star_of_a_sold_input_lands_on_its_target():
    # Revenue 100 of which 80 sold at the price, cost 40: gone at 1 - 60/80, half at 1 - 20/80.
    rate = rate_of(priced("sell"), exposed=80.0)
    for target, expected in ((Decimal(0), 0.25), (Decimal("0.5"), 0.75)):
        k = sold_break_even_multiple(
            revenue=Decimal(100),
            cost=Decimal(40),
            sold_revenue=Decimal(80),
            target_margin=target,
        ).k
        assert float(k) == expected
        margin = project(rate, multiples={"tokens sold": expected}).paid_margin(1)
        assert margin == pytest.approx(float(target), abs=1e-9)


def test_runway_multiple_lands_on_twelve_months():
    # Cash 600, burn 20, exposed 30: at k the burn is 50 = 600 / 12, so k = 1 + 30/30.
    k = runway_multiple(
        cash=Decimal(600),
        monthly_burn=Decimal(20),
        exposed_monthly=Decimal(30),
        months=Decimal(12),
    ).k
    assert k == 2
    at_k = project(
        rate_of(), multiples={"tokens bought": 2.0}, opening_cash=600.0, monthly_cash_burn=20.0
    )
    assert at_k.months[11].cash == pytest.approx(0, abs=1e-9)


shocks = st.tuples(st.floats(1, 10), st.floats(1, 10)).map(sorted)


@given(
    shock=shocks,
    side=st.sampled_from(["buy", "rent"]),
    exposed=st.floats(0, 40),
    training=st.floats(0, 80),
    phi=st.floats(0, 1),
    cash=st.floats(1, 5000),
    burn=st.floats(-10, 60),
    growth=st.floats(0, 0.05),
)
def test_a_dearer_purchase_never_raises_the_margin_nor_lengthens_the_runway(
    shock, side, exposed, training, phi, cash, burn, growth
):
    item = priced(side, pass_through=str(phi))
    rate = rate_of(item, exposed=exposed, training=training)
    mild, severe = (
        project(
            rate,
            multiples={item.label: multiple},
            opening_cash=cash,
            monthly_cash_burn=burn,
            monthly_growth=growth,
        )
        for multiple in shock
    )
    beyond = float("inf")
    assert severe.paid_margin(12) <= mild.paid_margin(12) + 1e-9
    assert (severe.runway_months or beyond) <= (mild.runway_months or beyond) + 1e-9


@given(shock=shocks, sold=st.floats(0, 100))
def test_a_dearer_sale_never_lowers_the_margin(shock, sold):
    rate = rate_of(priced("sell"), exposed=sold)
    mild, severe = (
        project(rate, multiples={"tokens sold": multiple}).paid_margin(12) for multiple in shock
    )
    assert severe >= mild - 1e-9


def test_runway_is_interpolated_within_the_month():
    # 100 of cash, 10 to stay, 40 a month: 90 / 40 = 2.25 months.
    months = project(rate_of(), opening_cash=100.0, monthly_cash_burn=40.0, minimum_cash=10.0)
    assert months.runway_months == pytest.approx(2.25)
    assert months.runway_status == "finite"


def test_cash_below_its_minimum_has_no_month_left():
    ahead = project(rate_of(), opening_cash=5.0, monthly_cash_burn=40.0, minimum_cash=10.0)
    assert ahead.runway_status == "finite"
    assert ahead.runway_months == 0


@pytest.mark.parametrize(
    ("cash", "burn", "status"),
    [(None, 10.0, "unknown"), (100.0, None, "unknown"), (100.0, -1.0, "not_burning"),
     (1e6, 1.0, "beyond_horizon")],
)  # fmt: skip
def test_no_figure_stands_where_runway_has_none(cash, burn, status):
    ahead = project(rate_of(), opening_cash=cash, monthly_cash_burn=burn)
    assert ahead.runway_months is None
    assert ahead.runway_status == status


def test_a_lock_delays_the_shock():
    # Locked to the end of August, seen from the end of June: July and August keep the price.
    item = priced(lock_until=date(2026, 8, 31))
    ahead = project(rate_of(item), multiples={item.label: 2.0}, start=date(2026, 6, 30), months=4)
    assert [month.paid_cost for month in ahead.months] == [40, 40, 70, 70]


def test_passing_on_raises_revenue_by_its_share_of_the_rise():
    # A rise of 30 of which a half is passed on: revenue 115, cost 70.
    item = priced(pass_through="0.5")
    month = project(rate_of(item), multiples={item.label: 2.0}).months[0]
    assert (month.revenue, month.paid_cost) == (115, 70)
    assert month.operating_result == -35


def test_training_bought_at_the_price_burdens_the_result_and_not_the_paid_margin():
    rate = rate_of(training=20.0)
    month = project(rate, multiples={"tokens bought": 2.0}).months[0]
    assert (month.paid_cost, month.operating_result) == (70, -70)


def test_only_what_grows_with_volume_grows():
    # Paid cost 40 of a volume cost of 50 doubles, the other 70 stay: 200 - 100 - 70.
    rate = dataclasses.replace(rate_of(), volume_cost=50.0)
    second = project(rate, monthly_growth=1.0).months[1]
    assert (second.revenue, second.paid_cost, second.operating_result) == (200, 80, 30)


def test_an_owned_input_moves_nothing():
    rate = rate_of(priced("own", name="gpu_hours"), exposed=0.0)
    doubled = project(rate, multiples={"GPU-hours owned": 2.0})
    assert doubled.months == project(rate).months


def test_an_unknown_input_and_a_negative_multiple_are_refused():
    with pytest.raises(InputError, match="'seats bought'; the deal has tokens bought"):
        project(rate_of(), multiples={"seats bought": 2.0})
    with pytest.raises(InputError, match="found -1"):
        project(rate_of(), multiples={"tokens bought": -1.0})
