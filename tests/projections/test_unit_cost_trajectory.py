from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diligence.projections.unit_cost_history import unit_cost_history
from diligence.projections.unit_cost_market import MarketPrices
from diligence.projections.unit_cost_periods import ServedPeriod
from diligence.projections.unit_cost_trajectory import (
    fit_cost,
    pace_against_market,
    unit_cost_trajectory,
)
from diligence.units import parse_period

D = Decimal
MONTHS = [parse_period(f"2026-{m:02d}") for m in range(1, 9)]
VOLUME = (100, 120, 100, 150, 120, 160, 140, 210)


def history(costs, *, volumes=VOLUME, revenue=None, months=MONTHS):
    served = [
        ServedPeriod(month, D(cost), D(cost), D(cost), None if revenue is None else D(money))
        for month, cost, money in zip(months, costs, revenue or costs, strict=False)
    ]
    rows = [
        (day, volume * 500_000)
        for month, volume in zip(months, volumes, strict=False)
        for day in (month.start, month.end)
    ]
    frame = pd.DataFrame(rows, columns=["day", "output_tokens"])
    return unit_cost_history(served, frame)


def market(first, last):
    months = dict.fromkeys(MONTHS, D(1)) | {MONTHS[0]: D(first), MONTHS[-1]: D(last)}
    return MarketPrices("the market", months, "list of 2026-06-30")


def test_unit_cost_is_fitted_and_forecast():
    # cost per Mtok falls by exactly 2 % a month: 1 - 0.98^12 = 21.5 % a year
    found = unit_cost_trajectory(history([v * 0.98**m for m, v in enumerate(VOLUME)]))
    assert found.cost.fit.decline_per_year == pytest.approx(1 - 0.98**12)
    assert found.cost.backtest.n == 6
    assert found.cost.steps == 4
    assert found.cost.unit == "USD per Mtok"


def test_elasticity_tells_scale_from_a_fall_of_prices():
    priced = unit_cost_trajectory(history([v * 0.98**m for m, v in enumerate(VOLUME)]))
    assert priced.elasticity.elasticity == pytest.approx(1)
    cluster = unit_cost_trajectory(history([500] * 8))
    assert cluster.elasticity.elasticity == pytest.approx(0, abs=1e-9)


def test_elasticity_that_is_not_identified_says_so():
    found = unit_cost_trajectory(history([100] * 8, volumes=[100] * 8))
    assert found.elasticity is None
    assert "nearly the same rate" in found.elasticity_needs


def test_a_gap_leaves_the_longest_run_of_months():
    months = [*MONTHS[:3], *(parse_period(f"2027-{m:02d}") for m in range(1, 8))]
    volumes = (*VOLUME, 220, 190)
    found = unit_cost_trajectory(history(volumes, volumes=volumes, months=months))
    assert found.elasticity.n == 6


def test_who_keeps_a_halving_of_the_market():
    # unit cost 10 to 8 and revenue per unit 20 to 19, the market halves: of 5, the supplier
    # keeps 3, the company 1 and its customers 1
    found = unit_cost_trajectory(
        history(
            [10 * v for v in VOLUME[:7]] + [8 * VOLUME[7]],
            revenue=[20 * v for v in VOLUME[:7]] + [19 * VOLUME[7]],
        ),
        market=market(1, "0.5"),
    )
    parts = {part.who: float(part.money) for part in found.keeper.parts}
    assert parts == pytest.approx({"supplier": 3, "company": 1, "customers": 1})
    assert "moved by -20.0 %" in pace_against_market(found).replace("−", "-")


def test_without_a_market_price_the_split_says_what_it_needs():
    found = unit_cost_trajectory(history(VOLUME), market_needs="list prices of lattice-3")
    assert found.keeper is None
    assert found.keeper_needs == found.market_needs == "list prices of lattice-3"
    assert "needs list prices of lattice-3" in pace_against_market(found)
    assert "who keeps the price fall: not computable" in found.summary()


def test_a_market_that_does_not_reach_the_first_month_is_named():
    known = {month: D(1) for month in MONTHS[1:]}
    late = MarketPrices("the market", known, "list of 2026-06-30")
    found = unit_cost_trajectory(history(VOLUME), market=late)
    assert found.keeper_needs == "the market price of 2026-01"


def test_one_month_gives_no_split_and_no_curve():
    found = unit_cost_trajectory(history([10]), market=market(1, 1))
    assert found.cost.fit is None
    assert "at least 4 periods, there are 1" in found.cost.needs
    assert "at least two periods" in found.keeper_needs


def test_a_series_that_cannot_be_fitted_says_why():
    months = pd.date_range("2026-01-31", periods=4, freq="ME")
    found = fit_cost(pd.Series([1.0, 2.0, 0.0, 1.0], index=months), name="cost", unit="USD")
    assert found.fit is None
    assert "above 0" in found.needs
    assert found.summary().startswith("cost: not computable")


def test_frame_carries_the_market_beside_the_unit_costs():
    frame = unit_cost_trajectory(history(VOLUME), market=market(1, "0.5")).to_frame()
    assert list(frame["market"])[-1] == D("0.5")
    assert len(frame) == 8


@settings(max_examples=10)
@given(st.decimals("0.01", 100, places=3), st.integers(1, 30))
def test_currency_and_units_change_no_rate(rate, times):
    costs = [v * (1 + m % 3) for m, v in enumerate(VOLUME)]
    plain = unit_cost_trajectory(history(costs))
    other = unit_cost_trajectory(
        history([D(c) * rate for c in costs], volumes=[v * times for v in VOLUME])
    )
    assert other.cost.fit.decline_per_year == pytest.approx(plain.cost.fit.decline_per_year)
    assert other.elasticity.elasticity == pytest.approx(plain.elasticity.elasticity, abs=1e-9)


@settings(max_examples=10)
@given(st.lists(st.integers(50, 500), min_size=8, max_size=8))
def test_parts_add_up_to_the_markets_move_exactly(costs):
    found = unit_cost_trajectory(history(costs), market=market(1, "0.7"))
    assert sum(part.money for part in found.keeper.parts) == found.keeper.market_fall
