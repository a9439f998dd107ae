"""Rungs of cost against one revenue: which statement of "below cost" is true."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import InputError
from diligence.prices.serving_cost import ServingDay, TokenFlow
from diligence.prices.serving_cost_ladder import (
    build_serving_cost_ladder,
    straight_line_usd_per_day,
)

# One node of 10 GPUs at 1 USD an hour is 240 USD a day; four at the peak are 960. 1,000 Mtok at
# 0.5 bring 500.
DAY = ServingDay(
    average_nodes=Decimal(1),
    peak_nodes=Decimal(4),
    gpus_per_node=10,
    usd_per_gpu_hour=Decimal(1),
    flows=(TokenFlow("output", 1_000_000_000, Decimal("0.5")),),
)


def test_rungs_by_hand() -> None:
    ladder = build_serving_cost_ladder(DAY, other_usd_per_day={"training": Decimal(40)})

    assert [rung.cost_usd for rung in ladder.rungs] == [240, 960, 1000]
    assert [rung.usd_per_mtok for rung in ladder.rungs] == [
        Decimal("0.24"),
        Decimal("0.96"),
        Decimal(1),
    ]
    assert [rung.gross_margin for rung in ladder.rungs] == [
        Decimal("0.52"),
        Decimal("-0.92"),
        Decimal(-1),
    ]
    assert [rung.break_even_price_multiple for rung in ladder.rungs] == [
        Decimal("0.48"),
        Decimal("1.92"),
        Decimal(2),
    ]
    assert ladder.summary().splitlines()[-1] == "priced below: rent of the peak fleet"
    assert list(ladder.to_frame()["rung"]) == [
        "rent of nodes at work",
        "rent of the peak fleet",
        "with training",
    ]
    assert "<table" in ladder._repr_html_()


def test_a_price_above_every_rung_says_so() -> None:
    even = replace(DAY, peak_nodes=Decimal(1))

    assert build_serving_cost_ladder(even).summary().endswith("priced above every rung shown")


# DeepSeek-V3 Technical Report (arXiv 2412.19437), table 1: 5.576 m USD of H800 hours; over 15
# months of 365/12 days: 456.25 days
def test_a_training_run_spread_over_its_life() -> None:
    per_day = straight_line_usd_per_day(5_576_000, life_months=15)

    assert float(per_day) == pytest.approx(12_221.4, abs=0.05)
    with pytest.raises(InputError, match="life_months is 0; give a number above 0"):
        straight_line_usd_per_day(1, life_months=0)


@given(st.lists(st.integers(0, 10**6).map(Decimal), max_size=5))
def test_each_rung_costs_at_least_the_one_below(costs: list[Decimal]) -> None:
    ladder = build_serving_cost_ladder(
        DAY, other_usd_per_day={f"cost {n}": usd for n, usd in enumerate(costs)}
    )
    totals = [rung.cost_usd for rung in ladder.rungs]

    assert totals == sorted(totals)
    assert totals[-1] == 960 + sum(costs)
    for rung in ladder.rungs:
        assert (rung.gross_margin < 0) == (rung.break_even_price_multiple > 1)


def test_a_negative_cost_is_refused() -> None:
    with pytest.raises(InputError, match="credits is Decimal.'-5'.; give a number of at least 0"):
        build_serving_cost_ladder(DAY, other_usd_per_day={"credits": Decimal(-5)})
