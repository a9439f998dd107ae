"""Months without a bill by the months with one: what every month holds is certain, no more."""

from __future__ import annotations

from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from diligence.costs.detail import NOT_ON_THE_BILL
from diligence.costs.extrapolation import from_held_months, held_shares
from diligence.costs.split_line import SplitLine
from tests.support import classified, on_bill

PARTS = ("training", "inference", "neither", "unresolved")


def month(number, *, supplier="AWS", **amounts):
    """Lines of one month of a bill by class; negative ones are credits and refunds."""
    day = f"2025-{number:02d}-01"
    classes = {"training": "training_capex", "inference": "inference_opex", "neither": "neither"}
    return [
        SplitLine(
            on_bill(classes.get(part, "shared"), amount, day=day, supplier=supplier),
            **{part: D(amount)},
        )
        for part, amount in amounts.items()
    ]


def total(amount, period="2025-06", vendor="Amazon Web Services", **fields):
    item = classified("shared", amount, period=period, vendor=vendor, **fields)
    return SplitLine(item, unresolved=item.line.amount)


def split_of(lines, *totals, fewest=2):
    return [
        tuple(getattr(line, part) for part in PARTS)
        for line in from_held_months([*lines, *totals], fewest=fewest)[-len(totals) :]
    ]


HELD = [*month(1, training=30, inference=70), *month(2, training=50, inference=50)]


def test_the_smallest_share_of_each_class_is_certain():
    # Training held 30 % and 50 %, inference 70 % and 50 %: 20 % is open.
    assert split_of(HELD, total(200)) == [(60, 100, 0, 40)]


def test_nothing_is_split_with_fewer_months_than_the_rule_asks():
    assert split_of(HELD, total(200), fewest=3) == [(0, 0, 0, 200)]


def test_other_suppliers_stay_open():
    assert split_of(HELD, total(200, vendor="CoreWeave")) == [(0, 0, 0, 200)]


def test_the_rest_of_a_month_with_its_bill_is_not_a_month_without_one():
    rest = total(20, derivation=NOT_ON_THE_BILL)
    assert split_of(HELD, rest) == [(0, 0, 0, 20)]


def test_credits_do_not_blow_up_the_shares():
    # Both months served 100 and paid 40 of it with credits: what was used is all inference.
    held = [*month(1, inference=100, neither=-60), *month(2, inference=100, neither=-60)]
    assert split_of(held, total(40)) == [(0, 40, 0, 0)]


def test_a_quarter_counts_its_months():
    lines = [*month(1, inference=1), *month(2, inference=1), *month(3, inference=1)]
    assert held_shares(lines, fewest=3)["AWS"].n_months == 3


def test_a_month_of_refunds_only_makes_nothing_certain():
    held = [*month(1, inference=10), *month(2, inference=-10)]
    assert split_of(held, total(5)) == [(0, 0, 0, 5)]


amounts = st.decimals(min_value=-(10**6), max_value=10**6, places=12)
held = st.lists(st.fixed_dictionaries(dict.fromkeys(PARTS, amounts)), min_size=2, max_size=5)


@given(held, st.decimals(min_value=0, max_value=10**9, places=2))
def test_parts_add_up_and_none_is_below_nothing(months, booked):
    lines = [line for number, parts in enumerate(months, 1) for line in month(number, **parts)]
    (found,) = split_of(lines, total(booked))
    assert sum(found, D(0)) == booked
    assert min(found) >= 0


@given(held, st.decimals(min_value=1, max_value=10**9, places=2))
def test_another_month_makes_no_class_more_certain(months, booked):
    lines = [line for number, parts in enumerate(months, 1) for line in month(number, **parts)]
    more = [*lines, *month(12, training=1, inference=1, neither=1)]
    (before,), (after,) = split_of(lines, total(booked)), split_of(more, total(booked))
    quantum = D("1e-9")
    assert all(b + quantum >= a for b, a in zip(before[:3], after[:3], strict=True))
