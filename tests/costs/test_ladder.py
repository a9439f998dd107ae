"""The worked bridge, the payer example and the properties of the ladder."""

from __future__ import annotations

import dataclasses
from decimal import Decimal as D
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.costs import RUNGS, CostBasis, build_ladder

# The worked bridge, $m a year: revenue 24.0, reported COGS 5.2, API in software opex 3.1,
# credits masking serving 0.9, GPU pool 4.0 at 55 % GPU-hours, free tier 1.4, recurring
# fine-tuning 0.6, discrete training 9.0.
BRIDGE = CostBasis(
    revenue=D("24.0"),
    paid_in_cogs=D("5.2"),
    paid_elsewhere=D("3.1"),
    credits_low=D("0.9"),
    credits_high=D("0.9"),
    pool_elsewhere=D("4.0"),
    pool_share=D("0.55"),
    free_elsewhere=D("1.4"),
    maintenance_elsewhere=D("0.6"),
    training_elsewhere=D("9.0"),
)


def percent(value: D | None) -> float:
    assert value is not None
    return round(float(value) * 100, 1)


@pytest.mark.parametrize(
    ("rung", "low", "base", "high"),
    [
        ("reported", 78.3, 78.3, 78.3),
        ("paid", 45.0, 52.5, 61.7),
        ("fully_loaded", 36.7, 44.2, 53.3),
        ("after_training", -0.8, -0.8, -0.8),
    ],
)
def test_worked_bridge(rung, low, base, high):
    found = build_ladder(BRIDGE).rung(rung)
    assert (percent(found.low), percent(found.base), percent(found.high)) == (low, base, high)


def test_worked_bridge_serving_cost():
    # 5.2 + 3.1 + 0.9 + 4.0 x 0.55 = 11.4
    assert build_ladder(BRIDGE).rung("paid").cost_base == D("11.4")


def test_worked_bridge_flip_points():
    ladder = build_ladder(BRIDGE)
    assert ladder.rung("paid").flip_point(D("0.5")) == pytest.approx(D("0.70"))
    assert ladder.rung("fully_loaded").flip_point(D("0.5")) == pytest.approx(D("0.20"))
    assert ladder.rung("paid").flip_sentence(D("0.5")) == (
        "under 50 % only if more than 70 % of the unresolved pool serves"
    )
    assert ladder.rung("fully_loaded").flip_sentence(D("0.5")) == (
        "over 50 % only if less than 20 % of the unresolved pool serves"
    )
    assert ladder.rung("after_training").flip_point(D("0.5")) is None


def test_credits_at_contract_price():
    # 0.9 at list with a 30 % discount available is 0.63, and the paid margin 53.6 %.
    contract = dataclasses.replace(BRIDGE, credits_low=D("0.63"), credits_high=D("0.63"))
    assert percent(build_ladder(contract).rung("paid").base) == 53.6


def test_credits_as_an_interval_widen_the_paid_margin_upwards():
    spread = dataclasses.replace(BRIDGE, credits_low=D("0.63"))
    certain, wide = build_ladder(BRIDGE).rung("paid"), build_ladder(spread).rung("paid")
    assert wide.base == certain.base
    assert wide.low == certain.low
    assert wide.high == certain.high + D("0.27") / D("24.0")


def test_payer_is_a_second_axis():
    # The API bill of 3.1 with 40 % free tokens: 1.86 paid, 1.24 free, no other free tier.
    split_bill = dataclasses.replace(BRIDGE, paid_elsewhere=D("1.86"), free_elsewhere=D("1.24"))
    ladder = build_ladder(split_bill)
    assert percent(ladder.rung("paid").base) == 57.7
    assert percent(ladder.rung("fully_loaded").base) == 50.0


def test_free_tier_on_top_of_the_whole_bill_counts_twice():
    # What must not happen: 3.1 paid and 1.24 free again prints 44.8 %.
    twice = dataclasses.replace(BRIDGE, free_elsewhere=D("1.24"))
    assert percent(build_ladder(twice).rung("fully_loaded").base) == 44.8


def test_maintenance_and_training_booked_in_cogs_move_down_the_ladder():
    basis = CostBasis(
        revenue=D(100), paid_in_cogs=D(30), maintenance_in_cogs=D(5), training_in_cogs=D(10)
    )
    ladder = build_ladder(basis)
    assert ladder.rung("reported").base == D("0.55")
    assert ladder.rung("paid").base == D("0.70")
    assert ladder.rung("fully_loaded").base == D("0.65")
    assert ladder.rung("after_training").base == D("0.55")


def test_replacement_stands_in_for_cash_training_and_the_rest_returns_below():
    basis = CostBasis(
        revenue=D(100),
        paid_in_cogs=D(40),
        training_elsewhere=D(30),
        replacement_training=D(12),
    )
    ladder = build_ladder(basis)
    assert ladder.rung("after_training").base == D("0.48")
    assert ladder.rung("operating").base == D("0.30")


def test_unknown_serving_is_said_and_not_guessed():
    ladder = build_ladder(CostBasis(revenue=D(10), serving_needs="cost by segment"))
    assert ladder.rung("paid").base is None
    assert ladder.rung("paid").needs == "cost by segment"
    assert "not computable: needs cost by segment" in ladder.summary()


def test_no_revenue_gives_no_margin():
    assert build_ladder(CostBasis(revenue=D(0), paid_in_cogs=D(1))).rung("reported").base is None


money = st.decimals(min_value=0, max_value=10**9, places=2, allow_nan=False)
share = st.decimals(min_value=0, max_value=1, places=3)


@st.composite
def bases(draw):
    low, base, high = sorted([draw(share), draw(share), draw(share)])
    credits_low, credits_high = sorted([draw(money), draw(money)])
    names = [
        f"{name}_{place}"
        for name in ("paid", "free", "maintenance", "training", "other", "pool")
        for place in ("in_cogs", "elsewhere")
    ]
    return CostBasis(
        revenue=draw(st.decimals(min_value=1, max_value=10**9, places=2)),
        pool_share=base,
        pool_share_low=low,
        pool_share_high=high,
        credits_low=credits_low,
        credits_high=credits_high,
        **{name: draw(money) for name in names},
    )


@given(bases())
def test_total_cost_is_conserved(basis):
    operating = build_ladder(basis).rung("operating")
    assert operating.cost_base == basis.ledger_total + basis.credits_high


@given(bases())
def test_every_rung_reconciles_to_the_one_above(basis):
    ladder = build_ladder(basis)
    for above, below in pairwise(RUNGS):
        steps = sum((s.amount for s in ladder.steps if s.below == below), D(0))
        assert ladder.rung(above).cost_base + steps == ladder.rung(below).cost_base


@given(bases())
def test_the_pool_has_zero_width_after_training(basis):
    certain = dataclasses.replace(basis, credits_low=basis.credits_high)
    after = build_ladder(certain).rung("after_training")
    assert after.low == after.base == after.high


@given(bases(), share)
def test_moving_the_pool_changes_no_rung_after_training(basis, other):
    moved = dataclasses.replace(basis, pool_share=other, pool_share_low=D(0), pool_share_high=D(1))
    for rung in ("after_training", "operating"):
        assert build_ladder(basis).rung(rung).cost_base == build_ladder(moved).rung(rung).cost_base


@given(bases())
def test_low_base_high_are_in_order(basis):
    for rung in build_ladder(basis).rungs:
        assert rung.low <= rung.base <= rung.high


@given(bases(), st.decimals(min_value="0.001", max_value=1000, places=3))
def test_the_currency_changes_no_margin(basis, rate):
    scaled = dataclasses.replace(
        basis,
        **{
            field.name: getattr(basis, field.name) * rate
            for field in dataclasses.fields(basis)
            if isinstance(getattr(basis, field.name), D) and "share" not in field.name
        },
    )
    for before, after in zip(build_ladder(basis).rungs, build_ladder(scaled).rungs, strict=True):
        assert float(before.base) == pytest.approx(float(after.base), rel=1e-12, abs=1e-12)
