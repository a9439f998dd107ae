"""Where each part of a line stands in the ladder; credits follow the usage they paid for."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.costs.buckets import parts_of, serving_credits, summed
from diligence.costs.ladder import CostBasis, build_ladder
from diligence.costs.split_line import SplitLine
from diligence.inputs.deal import Role
from tests.support import classified, on_bill

RESEARCH = Role.RESEARCH_AND_DEVELOPMENT
PARTS = {"training_capex": "training", "inference_opex": "inference", "neither": "neither"}


def whole(item):
    """A line that is all of its class."""
    return SplitLine(item, **{PARTS.get(item.cost_class, "unresolved"): item.line.amount})


@pytest.mark.parametrize(
    ("item", "bucket"),
    [
        (classified("inference_opex", 5, payer="paid"), "paid"),
        (classified("inference_opex", 5, payer="free"), "free"),
        (classified("inference_opex", 5, payer="promo"), "free"),
        (classified("inference_opex", 5, payer="internal"), "internal_tools"),
        (classified("training_capex", 5), "training"),
        (classified("training_capex", 5, subclass="recurring_finetune"), "maintenance"),
        (classified("shared", 5), "pool"),
        (classified("shared", 5, alternatives=("training_capex", "neither")), "open_training"),
        (classified("neither", 5), "other"),
        (classified("neither", 5, payer="internal"), "internal_tools"),
        (classified("neither", -5, subclass="credit_or_discount"), "credits"),
        (classified("neither", 5, subclass="prepayment_timing"), "timing"),
        (classified("neither", -5, subclass="unreconciled"), "other"),
    ],
)
def test_each_line_has_its_place(item, bucket):
    assert parts_of(whole(item)) == {bucket: item.line.amount}


def test_a_refund_lowers_cost_and_hides_none():
    refund = classified("neither", -5, subclass="credit_or_discount", ask="which usage?")
    assert parts_of(whole(refund)) == {"other": -5}
    assert serving_credits([whole(refund)]) == 0


def test_an_assumed_share_is_applied_by_the_ladder_and_a_driver_s_is_not():
    item = classified("shared", 10)
    assumed = SplitLine(item, training=D(4), inference=D(6), allocated_by="assumption")
    driven = SplitLine(item, training=D(4), inference=D(5), unresolved=D(1), allocated_by="driver")
    assert parts_of(assumed) == {"pool": 10}
    assert parts_of(driven) == {"training": 4, "paid": 5, "pool": 1}


def test_internal_tools_in_cost_of_revenue_stay_other_cost_of_it():
    tools = whole(classified("neither", 5, payer="internal"))
    assert summed([tools]) == {("other", True): 5}


def test_credits_paid_for_serving_as_far_as_the_supplier_served():
    # A quarter of the usage trained: 30 of the 40 paid for serving.
    lines = [
        whole(on_bill("inference_opex", 60)),
        whole(on_bill("shared", 15)),
        whole(on_bill("training_capex", 25)),
        whole(on_bill("neither", -40, subclass="credit_or_discount")),
        whole(on_bill("training_capex", 900, supplier="CoreWeave")),
    ]
    assert serving_credits(lines) == 30


amounts = st.decimals(min_value=-(10**6), max_value=10**8, places=12)
lines = st.builds(
    lambda cost_class, amount, subclass, payer, role: whole(
        classified(cost_class, amount, subclass=subclass, payer=payer, role=role)
    ),
    st.sampled_from(("training_capex", "inference_opex", "shared", "neither")),
    amounts,
    st.sampled_from(("x", "recurring_finetune", "prepayment_timing", "unreconciled")),
    st.sampled_from(("", "paid", "free", "internal")),
    st.sampled_from((Role.COST_OF_REVENUE, RESEARCH)),
)


@given(st.lists(lines, max_size=8))
def test_buckets_add_up_to_the_lines(found):
    assert sum(summed(found).values(), D(0)) == sum((x.line.amount for x in found), D(0))


signed = st.decimals(min_value=-(10**9), max_value=10**9, places=12)
share = st.decimals(min_value=0, max_value=1, places=6)


@given(
    st.fixed_dictionaries(
        {
            f"{name}_{place}": signed
            for name in ("paid", "training", "other", "pool", "credits", "timing")
            for place in ("in_cogs", "elsewhere")
        }
    ),
    st.tuples(share, share, share).map(sorted),
    signed.map(abs),
    signed,
)
def test_the_ladder_conserves_cost_and_order_for_refunds_and_credits_of_any_sign(
    sums, shares, unsure, discount
):
    low, base, high = shares
    basis = CostBasis(
        revenue=D(10**6), pool_share=base, pool_share_low=low, pool_share_high=high,
        unreconciled=unsure, credit_discount_serving=discount, credit_discount_all=discount, **sums,
    )  # fmt: skip
    ladder = build_ladder(basis)
    assert ladder.rung("operating").cost_base == basis.ledger_total + basis.added_to_books
    assert all(r.low <= r.base <= r.high for r in ladder.rungs)
    assert ladder.rung("reported").low == ladder.rung("reported").high


@given(signed.map(abs), share, share)
def test_more_of_the_pool_serving_never_raises_the_paid_margin(pool, one, other):
    less, more = sorted((one, other))
    margins = [
        build_ladder(CostBasis(revenue=D(10), pool_elsewhere=pool, pool_share=s)).rung("paid").base
        for s in (less, more)
    ]
    assert margins[0] >= margins[1]
