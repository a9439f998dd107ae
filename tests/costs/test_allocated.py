"""Shared cost by driver, by assumption, with its supplier; idle capacity on its own line."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.assumptions import AssumptionRegister
from diligence.costs.allocated import reserved_for, split_lines
from diligence.inputs.deal import AssumptionOverride, Contract, Driver
from diligence.units import parse_period
from tests.support import classified, on_bill, source

REGISTER = AssumptionRegister.load(date(2025, 12, 31))
UNSTATED = REGISTER.get("serving_share_of_unresolved")


def stated(share):
    override = AssumptionOverride(
        "serving_share_of_unresolved", D(share), "share", "r", "s", "A", date(2025, 12, 31)
    )
    return REGISTER.override([override]).get("serving_share_of_unresolved")


def driver(workload, value, period="2025", selector="account=Cloud", **fields):
    return Driver(
        period=parse_period(period),
        selector=selector,
        driver=fields.pop("driver", "gpu_hours"),
        workload=workload,
        value=D(value),
        unit="hours",
        source=source(),
        **{name: D(number) for name, number in fields.items()},
    )


def contract(supplier="AWS", purpose="training", **fields):
    return Contract(supplier, "gpu_hours", "reserved", source(), purpose=purpose, **fields)


def split(*items, drivers=(), contracts=(), share=UNSTATED):
    return split_lines(items, drivers=drivers, contracts=contracts, serving_share=share)


def parts(line):
    return line.training, line.inference, line.neither, line.unresolved


@pytest.mark.parametrize(
    ("cost_class", "expected"),
    [
        ("training_capex", (100, 0, 0, 0)),
        ("inference_opex", (0, 100, 0, 0)),
        ("neither", (0, 0, 100, 0)),
        ("shared", (0, 0, 0, 100)),
    ],
)
def test_a_line_of_one_class_is_of_that_class(cost_class, expected):
    assert parts(split(classified(cost_class, 100))[0]) == expected


def test_gpu_hours_split_a_pool():
    hours = [driver("inference", 55), driver("training", 35), driver("internal", 10)]
    (found,) = split(classified("shared", 200), drivers=hours)
    assert parts(found) == (70, 110, 20, 0)
    assert found.allocated_by == "driver"


@pytest.mark.parametrize(
    ("purpose", "expected"), [("training", (20, 0, 0, 0)), ("inference", (0, 20, 0, 0))]
)
def test_idle_capacity_is_charged_to_what_it_was_reserved_for(purpose, expected):
    hours = [driver("inference", 50), driver("training", 30), driver("idle", 20)]
    used, idle = split(
        classified("shared", 100, vendor="AWS"), drivers=hours, contracts=[contract("AWS", purpose)]
    )
    assert parts(used) == (30, 50, 0, 0)
    assert (parts(idle), idle.item.subclass) == (expected, "idle_reserved")


def test_idle_capacity_without_a_purpose_stays_open():
    _, idle = split(classified("shared", 100), drivers=[driver("training", 80), driver("idle", 20)])
    assert parts(idle) == (0, 0, 0, 20)


def test_unused_capacity_of_a_bill_goes_to_its_purpose():
    unused = on_bill("shared", 40, subclass="idle_reserved")
    (found,) = split(unused, contracts=[contract("Amazon Web Services", "inference")])
    assert parts(found) == (0, 40, 0, 0)


def test_only_a_contract_in_force_says_the_purpose():
    ended = contract(purpose="training", term_end=date(2024, 12, 31))
    running = contract(purpose="inference", term_start=date(2025, 1, 1))
    item = classified("shared", 1, vendor="AWS", period="2025-03")
    assert reserved_for(item, [ended, running]) == "inference"
    assert reserved_for(item, [ended]) == ""
    assert reserved_for(item, [running, contract()]) == ""


def test_a_name_inside_a_word_is_no_supplier():
    assert reserved_for(classified("shared", 1, text="by-laws"), [contract("AWS")]) == ""


def test_a_range_of_serving_stands_beside_its_base():
    # 50 of 100 hours serve, give or take 10.
    hours = [driver("inference", 50, low=40, high=60), driver("training", 50)]
    line = split(classified("shared", 100), drivers=hours)[0]
    assert parts(line) == (50, 50, 0, 0)
    assert (line.serving_less, line.serving_more) == (10, 10)


def test_a_range_of_training_is_one_of_serving():
    hours = [driver("inference", 50), driver("training", 50, low=45, high=55)]
    line = split(classified("shared", 100), drivers=hours)[0]
    assert parts(line) == (50, 50, 0, 0)
    assert (line.serving_less, line.serving_more) == (5, 5)


def test_hours_and_tokens_are_never_added():
    rows = [
        driver("inference", 10**9, driver="tokens"),
        driver("training", 75, selector="account=Cloud & vendor=AWS"),
        driver("inference", 25, selector="account=Cloud & vendor=AWS"),
    ]
    assert parts(split(classified("shared", 100, vendor="AWS"), drivers=rows)[0]) == (75, 25, 0, 0)


def test_a_summary_beside_its_months_is_not_added():
    months = [driver("inference", 10, "2025-01"), driver("training", 30, "2025-02")]
    quarter = [driver("inference", 999, "2025Q1")]
    item = classified("shared", 40, period="2025Q1")
    assert parts(split(item, drivers=[*months, *quarter])[0]) == (30, 10, 0, 0)


def test_a_bill_booked_a_month_later_takes_the_hours_of_its_own_month():
    rows = [driver("training", 1, "2025-01"), driver("inference", 1, "2025-02")]
    item = on_bill("shared", 100, day="2025-01-01", period="2025-02")
    assert parts(split(item, drivers=rows)[0]) == (100, 0, 0, 0)


def test_a_stated_share_splits_what_nothing_else_does():
    (found,) = split(classified("shared", 100), share=stated("0.55"))
    assert (parts(found), found.allocated_by) == ((45, 55, 0, 0), "assumption")


def test_overhead_follows_the_supplier_and_its_refunds():
    # 150 trained of which 100 refunded, 50 served: half and half.
    found = split(
        on_bill("training_capex", 150),
        on_bill("training_capex", -100),
        on_bill("inference_opex", 50),
        on_bill("shared", 10, subclass="platform_overhead", alternatives=()),
        on_bill("inference_opex", 1000, supplier="OpenAI"),
    )
    assert parts(found[3]) == (5, 5, 0, 0)
    assert found[3].allocated_by == "pro rata"


def test_overhead_of_open_lines_is_as_open():
    found = split(
        on_bill("shared", 60, subclass="gpu_compute_untagged"),
        on_bill("inference_opex", 40),
        on_bill("shared", 10, subclass="network_egress", alternatives=()),
    )
    assert parts(found[2]) == (0, 4, 0, 6)
    assert found[2].could_serve_or_train
    assert not found[2].is_pool


def test_overhead_alone_stays_unresolved():
    alone = on_bill("shared", 10, subclass="observability", alternatives=())
    credit = on_bill("neither", -5, subclass="credit_or_discount")
    assert parts(split(alone, credit)[0]) == (0, 0, 0, 10)


amounts = st.decimals(min_value=-(10**6), max_value=10**8, places=15)
classes = st.sampled_from(("training_capex", "inference_opex", "shared", "neither"))
kinds = st.sampled_from(("x", "idle_reserved", "discount", "storage", "credit_or_discount"))
items = st.lists(
    st.builds(lambda c, a, s: on_bill(c, a, subclass=s), classes, amounts, kinds),
    min_size=1,
    max_size=8,
)
hours = st.integers(0, 10**6)


@given(items, st.tuples(hours, hours, hours, hours), st.sampled_from(("", "training", "inference")))
def test_parts_add_up_to_the_amounts_whatever_splits_them(found, used, purpose):
    names = ("training", "inference", "idle", "internal")
    rows = [driver(name, n) for name, n in zip(names, used, strict=True)]
    terms = [contract(purpose=purpose)]
    for share in (UNSTATED, stated("0.333333333333")):
        lines = split(*found, drivers=rows, contracts=terms, share=share)
        assert all(sum(parts(line), D(0)) == line.line.amount for line in lines)
        assert sum(line.line.amount for line in lines) == sum(i.line.amount for i in found)
