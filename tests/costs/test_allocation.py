"""Allocation: parts that add up to the last digit, drivers with ranges, and idle capacity."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.costs.allocation import (
    DriverShares,
    allocate,
    allocate_by_driver,
    shares_from_driver,
)
from diligence.errors import EstimationError, InputError

CENT = D("0.01")
money = st.decimals(min_value=-(10**9), max_value=10**9, places=2)
weight = st.decimals(min_value=0, max_value=10**9, places=3)
weights = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), weight, min_size=1).filter(
    lambda found: any(found.values())
)
quantity = st.decimals(min_value=0, max_value=10**6, places=2)


def test_worked_bridge_pool():
    # Shared GPU pool of 4.0 at 55 % of GPU-hours serves 2.2; the rest of the pool is 1.8.
    parts = allocate(D("4.0"), {"inference": D("0.55"), "training": D("0.45")})
    assert parts == {"inference": D("2.2"), "training": D("1.8")}


def test_ten_cents_over_three_gives_the_odd_cent_to_the_first_name():
    # 10 / 3 = 3 cents each and one left.
    for order in ("abc", "cab"):
        parts = allocate(D("0.10"), dict.fromkeys(order, D(1)), quantum=CENT)
        assert parts == {"a": D("0.04"), "b": D("0.03"), "c": D("0.03")}


def test_the_largest_remainder_gets_the_odd_cent():
    # 1.00 over 5 : 1 : 1 is 71.43, 14.29 and 14.29 cents: 71 + 14 + 14 leave one for .43.
    parts = allocate(D("1.00"), {"big": D(5), "x": D(1), "y": D(1)}, quantum=CENT)
    assert parts == {"big": D("0.72"), "x": D("0.14"), "y": D("0.14")}


def test_an_amount_finer_than_the_quantum_keeps_its_digits():
    parts = allocate(D("0.0000000000015"), {"a": D(2), "b": D(1)}, quantum=CENT)
    assert parts == {"a": D("0.0000000000010"), "b": D("0.0000000000005")}


def test_zero_weight_takes_nothing():
    assert allocate(D("7"), {"a": D(0), "b": D(3)}) == {"a": D(0), "b": D(7)}


def test_more_digits_than_the_decimal_context_holds():
    amount = D("123456789012345678901234567890.12")
    parts = allocate(amount, {"a": D(1), "b": D(0)})
    assert parts["a"] == amount


@pytest.mark.parametrize("wrong", [D(-1), D("NaN"), D("Infinity")])
def test_a_weight_that_is_none_is_refused(wrong):
    with pytest.raises(InputError, match=f"training {wrong}"):
        allocate(D(1), {"inference": D(1), "training": wrong})


@pytest.mark.parametrize("empty", [{}, {"training": D(0), "idle": D(0)}])
def test_nothing_to_allocate_by_says_what_is_needed(empty):
    with pytest.raises(EstimationError, match="GPU-hours, tokens, people or a share"):
        allocate(D(1), empty)


@pytest.mark.parametrize("wrong", [D("0.05"), D(0), D("NaN")])
def test_a_quantum_that_is_no_power_of_ten_is_refused(wrong):
    with pytest.raises(InputError, match="power of ten"):
        allocate(D(1), {"a": D(1)}, quantum=wrong)


def test_an_amount_that_is_no_number_is_refused():
    with pytest.raises(InputError, match="NaN"):
        allocate(D("NaN"), {"a": D(1)})


def test_idle_is_charged_to_what_it_was_reserved_for():
    # 1,000 GPU-hours: 400 trained, 300 served, 100 for the staff, 200 idle; cost 50.
    hours = shares_from_driver(
        {"training": D(400), "inference": D(300), "internal": D(100), "idle": D(200)}
    )
    training = allocate_by_driver(D(50), hours, idle_purpose="training")
    assert (training.training_cost, training.serving_cost, training.neither) == (30, 15, 5)
    serving = allocate_by_driver(D(50), hours, idle_purpose="inference")
    assert (serving.training_cost, serving.serving_cost, serving.idle) == (20, 25, 10)
    assert "idle, reserved for inference 10.00" in serving.summary()


def test_idle_without_a_purpose_stays_open():
    hours = shares_from_driver({"inference": D(8), "idle": D(2)})
    found = allocate_by_driver(D(10), hours)
    assert (found.idle, found.unresolved) == (0, 2)
    assert (found.serving_low, found.serving_high) == (8, 10)


def test_a_range_of_inference_moves_serving():
    # 550 of 1,000, 500 to 600: of 20 at least 10 and at most 12.
    hours = shares_from_driver(
        {"inference": D(550), "training": D(450)},
        low={"inference": D(500)},
        high={"inference": D(600)},
    )
    found = allocate_by_driver(D(20), hours)
    assert (found.inference, found.serving_low, found.serving_high) == (11, 10, 12)


def test_a_range_of_training_counts_against_serving():
    # Training 300 to 500 of 1,000 leaves serving 500 to 700.
    hours = shares_from_driver(
        {"inference": D(600), "training": D(400)},
        low={"training": D(300)},
        high={"training": D(500)},
    )
    assert hours.serving_share_range == (D("0.5"), D("0.7"))


@pytest.mark.parametrize(
    ("low", "high", "message"),
    [
        ({"inference": D(7)}, {}, "inference: 5 must lie inside its range 7 to 5"),
        ({}, {"inference": D(4)}, "inference: 5 must lie inside its range 5 to 4"),
        ({"inference": D(-1)}, {}, "from 0"),
        ({"training": D(1)}, {}, "training, which has no value"),
    ],
)
def test_a_range_that_does_not_hold_its_value_is_refused(low, high, message):
    with pytest.raises(InputError, match=message):
        shares_from_driver({"inference": D(5)}, low=low, high=high)


def test_shares_built_by_hand_are_checked_too():
    with pytest.raises(InputError, match="Inference of 5 must lie inside its range 0 to 0"):
        DriverShares(D(0), D(5), D(0), D(0), D(0), serving_low=D(0), serving_high=D(0))


def test_the_frame_adds_up():
    found = allocate_by_driver(D(10), shares_from_driver({"training": D(1), "other": D(2)}))
    assert found.to_frame()["amount"].sum() == 10
    assert "<table" in found._repr_html_()


@given(money, weights)
def test_parts_add_up_to_the_last_digit(amount, by):
    parts = allocate(amount, by, quantum=CENT)
    assert sum(parts.values(), D(0)) == amount
    assert parts.keys() == by.keys()


@given(money, weights)
def test_each_part_is_within_a_quantum_of_its_share(amount, by):
    parts = allocate(amount, by, quantum=CENT)
    whole = sum(by.values(), D(0))
    for name, part in parts.items():
        assert abs(part - amount * by[name] / whole) < CENT + D("1e-9")


@given(money, weights)
def test_the_order_of_weights_changes_nothing(amount, by):
    assert allocate(amount, dict(reversed(by.items()))) == allocate(amount, by)


@given(money, weights)
def test_the_opposite_sign_mirrors(amount, by):
    mirrored = allocate(-amount, by)
    assert {name: -part for name, part in mirrored.items()} == allocate(amount, by)


@given(money, weights, st.sampled_from([-3, 3]))
def test_the_scale_of_the_currency_changes_no_share(amount, by, digits):
    scaled = allocate(amount.scaleb(digits), by, quantum=CENT.scaleb(digits))
    unscaled = allocate(amount, by, quantum=CENT)
    assert scaled == {name: part.scaleb(digits) for name, part in unscaled.items()}


@given(money, weights, st.sampled_from([D("0.001"), D(60)]))
def test_the_unit_of_the_weights_changes_nothing(amount, by, scale):
    assert allocate(amount, {name: w * scale for name, w in by.items()}) == allocate(amount, by)


@st.composite
def drivers(draw):
    values = {n: draw(quantity) for n in ("training", "inference", "internal", "other", "idle")}
    if not any(values.values()):
        values["training"] = D(1)
    lows = {n: min(v, draw(quantity)) for n, v in values.items()}
    highs = {n: v + draw(quantity) for n, v in values.items()}
    return shares_from_driver(values, low=lows, high=highs)


@given(money, drivers(), st.sampled_from(["", "training", "inference"]))
def test_an_allocation_conserves_the_amount(amount, shares, purpose):
    found = allocate_by_driver(amount, shares, idle_purpose=purpose)
    assert found.training_cost + found.serving_cost + found.neither + found.unresolved == amount
    assert sum(found.to_frame()["amount"], D(0)) == amount


@given(money, drivers(), st.sampled_from(["", "training", "inference"]))
def test_serving_lies_inside_its_range_and_the_range_inside_the_amount(amount, shares, purpose):
    found = allocate_by_driver(amount, shares, idle_purpose=purpose)
    assert found.serving_low <= found.serving_cost <= found.serving_high
    assert min(amount, D(0)) <= found.serving_low
    assert found.serving_high <= max(amount, D(0))


@given(st.decimals(min_value=0, max_value=10**6, places=2), quantity, quantity)
def test_more_serving_hours_never_cost_less(amount, hours, more):
    before, after = (
        allocate_by_driver(amount, shares_from_driver({"training": D(10), "inference": served}))
        for served in (hours, hours + more)
    )
    assert after.inference >= before.inference
