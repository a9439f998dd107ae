"""Months ahead: no shock changes nothing, and no dearer input ever helps."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import InputError
from diligence.projections import CompanyModel, PriceKey, price_shock, project
from diligence.projections.company_model import PricedLine, SegmentModel
from diligence.projections.shocks import no_shock
from diligence.stress import (
    break_even_multiple,
    runway_multiple,
    sold_break_even_multiple,
)


def key(side="buy", name="tokens"):
    return PriceKey(name, side, "Supplier")


def company(
    side="buy",
    *,
    revenue=100.0,
    paid=40.0,
    operating=120.0,
    exposed=30.0,
    training=0.0,
    pass_through=0.0,
    locked_months=0,
    **terms,
):
    """A month: ``exposed`` of the paid cost and ``training`` below it move with the price."""
    sold = exposed if side == "sell" else 0.0
    serving = 0.0 if sold else exposed
    line = PricedLine(
        key(side),
        paid=serving,
        training_cash=training,
        sold=sold,
        pass_through=pass_through,
        locked_months=locked_months,
    )
    segment = SegmentModel("", revenue, paid - serving, lines=(line,))
    burn = terms.pop("burn", None)
    bridge = None if burn is None else burn - (operating - revenue)
    cash = terms.pop("cash", None)
    return CompanyModel(
        "A",
        "USD",
        (segment,),
        fixed_cost=operating - paid - training,
        bridge=bridge,
        cash=cash if burn is not None else None,
        **terms,
    )


def ahead(model, multiple=1.0, side="buy", months=36):
    shock = price_shock({PriceKey("tokens", side): multiple}, months=months)
    return project(model, shock)


def test_a_month_of_the_baseline_is_the_run_rate():
    month = project(company(cash=1000.0, burn=25.0), no_shock(36)).months[0]
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
    model = company(
        revenue=revenue,
        paid=paid,
        operating=paid + fixed,
        exposed=0.7 * paid,
        cash=cash,
        burn=burn,
        growth=growth,
    )
    assert ahead(model, 1.0).months == project(model, no_shock(36)).months


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
    model = company(
        revenue=float(revenue),
        paid=float(other + exposed),
        exposed=float(exposed),
        pass_through=float(phi),
    )
    margin = ahead(model, float(k)).paid_margin(12)
    assert margin == pytest.approx(float(target), abs=1e-9 * max(1.0, float(k)))


def test_k_star_of_a_sold_input_lands_on_its_target():
    # Revenue 100 of which 80 sold at the price, cost 40: gone at 1 - 60/80, half at 1 - 20/80.
    model = company("sell", exposed=80.0)
    for target, expected in ((Decimal(0), 0.25), (Decimal("0.5"), 0.75)):
        k = sold_break_even_multiple(
            revenue=Decimal(100),
            cost=Decimal(40),
            sold_revenue=Decimal(80),
            target_margin=target,
        ).k
        assert float(k) == expected
        margin = ahead(model, expected, "sell").paid_margin(1)
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
    at_k = ahead(company(cash=600.0, burn=20.0), 2.0)
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
    model = company(
        side,
        exposed=exposed,
        training=training,
        pass_through=phi,
        cash=cash,
        burn=burn,
        growth=growth,
    )
    mild, severe = (ahead(model, multiple, side) for multiple in shock)
    beyond = float("inf")
    assert severe.paid_margin(12) <= mild.paid_margin(12) + 1e-9
    assert (severe.runway_months or beyond) <= (mild.runway_months or beyond) + 1e-9


@given(shock=shocks, sold=st.floats(0, 100))
def test_a_dearer_sale_never_lowers_the_margin(shock, sold):
    model = company("sell", exposed=sold)
    mild, severe = (ahead(model, multiple, "sell").paid_margin(12) for multiple in shock)
    assert severe >= mild - 1e-9


def test_runway_is_interpolated_within_the_month():
    # 100 of cash, 10 to stay, 40 a month: 90 / 40 = 2.25 months.
    months = project(company(cash=100.0, burn=40.0, minimum_cash=10.0), no_shock(36))
    assert months.runway_months == pytest.approx(2.25)
    assert months.runway_status == "finite"


def test_cash_below_its_minimum_has_no_month_left():
    found = project(company(cash=5.0, burn=40.0, minimum_cash=10.0), no_shock(36))
    assert found.runway_status == "finite"
    assert found.runway_months == 0


@pytest.mark.parametrize(
    ("cash", "burn", "status"),
    [(None, 10.0, "unknown"), (100.0, None, "unknown"), (100.0, -1.0, "not_burning"),
     (1e6, 1.0, "beyond_horizon")],
)  # fmt: skip
def test_no_figure_stands_where_runway_has_none(cash, burn, status):
    found = project(company(cash=cash, burn=burn), no_shock(36))
    assert found.runway_months is None
    assert found.runway_status == status


def test_a_lock_delays_the_shock():
    months = ahead(company(locked_months=2), 2.0, months=4).months
    assert [month.paid_cost for month in months] == [40, 40, 70, 70]


def test_passing_on_raises_revenue_by_its_share_of_the_rise():
    # A rise of 30 of which a half is passed on: revenue 115, cost 70.
    month = ahead(company(pass_through=0.5), 2.0).months[0]
    assert (month.revenue, month.paid_cost) == pytest.approx((115, 70))
    assert month.operating_result == pytest.approx(-35)


def test_training_bought_at_the_price_burdens_the_result_and_not_the_paid_margin():
    month = ahead(company(training=20.0), 2.0).months[0]
    assert (month.paid_cost, month.operating_result) == (70, -70)


def test_only_what_grows_with_volume_grows():
    # Paid cost 40 and 10 for free users double, the other 70 stay: 200 - 100 - 70.
    model = company(operating=110.0, growth=1.0)
    free = dataclasses.replace(model.segments[0], unpaid_other=10.0)
    second = project(dataclasses.replace(model, segments=(free,)), no_shock(2)).months[1]
    assert (second.revenue, second.paid_cost, second.operating_result) == (200, 80, 30)


def test_an_unknown_input_and_a_negative_multiple_are_refused():
    with pytest.raises(InputError, match="'seats bought'; the deal has tokens bought"):
        project(company(), price_shock({PriceKey("seats", "buy"): 2.0}, months=12))
    with pytest.raises(InputError, match="found -1"):
        ahead(company(), -1.0)
