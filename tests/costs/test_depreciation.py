"""Owned GPUs: straight line, other lives, and who used the hours."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.costs.allocation import shares_from_driver
from diligence.costs.depreciation import (
    OwnedHardware,
    cash_capex,
    depreciation_charge,
    life_sensitivity,
    owned_gpu_view,
)
from diligence.errors import InputError
from diligence.units import parse_period

YEAR = parse_period("2025")
CLUSTER = OwnedHardware("cluster", D(60), date(2024, 1, 1), D(5))
NODES = OwnedHardware("nodes", D(12), date(2025, 7, 1), D(6), paid_on=date(2025, 3, 31))


def test_straight_line_from_the_month_of_service():
    # 60 / 5 = 12 a year; 12 / 6 = 2 a year, half of it from July.
    assert depreciation_charge([CLUSTER], period=YEAR) == 12
    assert depreciation_charge([CLUSTER, NODES], period=YEAR) == 13
    assert depreciation_charge([NODES], period=parse_period("2025Q2")) == 0


def test_a_life_of_five_and_a_half_years():
    # Meta's life as the source gives it: 66 months, 12 of them in the year.
    asset = OwnedHardware("cluster", D(66), date(2025, 1, 1), D("5.5"))
    assert depreciation_charge([asset], period=YEAR) == 12


def test_residual_value_is_not_depreciated():
    asset = OwnedHardware("cluster", D(60), date(2024, 1, 1), D(5), residual=D(10))
    assert depreciation_charge([asset], period=YEAR) == 10


def test_sensitivity_at_three_to_six_years():
    # 60 over 3, 4, 5, 6 years: 20, 15, 12, 10; revenue 100, booked 12.
    found = life_sensitivity([CLUSTER], period=YEAR, revenue=D(100))
    assert [e.charge for e in found.effects] == [20, 15, 12, 10]
    assert [e.margin_effect for e in found.effects] == [D("-0.08"), D("-0.03"), 0, D("0.02")]
    assert found.at(3).charge == 20
    assert "3 years: 20.00 (margin −8.0 %)" in found.summary()
    assert len(found.to_frame()) == 4


def test_only_the_serving_part_moves_a_serving_margin():
    found = life_sensitivity([CLUSTER], period=YEAR, revenue=D(100), serving_share=D("0.25"))
    assert found.at(3).margin_effect == D("-0.02")


def test_without_revenue_the_margin_is_left_open():
    assert life_sensitivity([CLUSTER], period=YEAR, revenue=D(0)).at(3).margin_effect is None


def test_a_life_nobody_computed_is_said():
    with pytest.raises(InputError, match="No sensitivity at 7 years; it has 3, 4, 5, 6"):
        life_sensitivity([CLUSTER], period=YEAR, revenue=D(1)).at(7)


def test_hardware_is_not_training_capex():
    # 13 of depreciation by 70 : 30 GPU-hours; the 12 paid in March 2025 is no training.
    hours = shares_from_driver({"training": D(30), "inference": D(70)})
    view = owned_gpu_view([CLUSTER, NODES], hours, period=YEAR)
    assert view.training_capex == D("3.9")
    assert view.depreciation.serving_cost == D("9.1")
    assert view.cash_capex == 12
    assert "not training capex: 12.00" in view.summary()


def test_capex_is_dated_by_payment():
    assert cash_capex([NODES], period=parse_period("2025Q1")) == 12
    assert cash_capex([NODES], period=parse_period("2025Q3")) == 0
    assert cash_capex([CLUSTER], period=parse_period("2024Q1")) == 60


@pytest.mark.parametrize("life", [D(0), D(-3), D("3.3")])
def test_an_odd_life_is_refused(life):
    with pytest.raises(InputError, match=f"cluster: a life of {life} years"):
        depreciation_charge([CLUSTER], period=YEAR, life_years=life)


lives = st.integers(1, 10).map(D)
costs = st.decimals(min_value=0, max_value=10**9, places=2)


@given(costs, st.dates(date(2020, 1, 1), date(2025, 12, 31)), lives)
def test_an_asset_is_charged_once_and_whole(cost, start, life):
    asset = OwnedHardware("a", cost, start, life)
    charges = [
        depreciation_charge([asset], period=parse_period(str(year))) for year in range(2020, 2037)
    ]
    assert float(sum(charges)) == pytest.approx(float(cost), rel=1e-12)


@given(costs, lives, lives)
def test_a_longer_life_never_charges_the_first_year_more(cost, one, other):
    asset = OwnedHardware("a", cost, date(2025, 1, 1), D(5))
    short, long = sorted((one, other))
    assert depreciation_charge([asset], period=YEAR, life_years=long) <= depreciation_charge(
        [asset], period=YEAR, life_years=short
    )
