"""What moves with whose price."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from diligence.assumptions import AssumptionRegister
from diligence.costs import CostBasis, MarginLadder, build_ladder
from diligence.inputs.deal import Exposure
from diligence.projections import exposed, priced_inputs
from tests.support import deal, line, revenue

BASIS = CostBasis(
    revenue=Decimal(1000),
    paid_in_cogs=Decimal(100),
    paid_elsewhere=Decimal(50),
    free_elsewhere=Decimal(20),
    training_elsewhere=Decimal(200),
    other_in_cogs=Decimal(70),
    other_elsewhere=Decimal(300),
    internal_tools=Decimal(10),
    pool_elsewhere=Decimal(40),
    pool_share=Decimal("0.5"),
)

SEGMENT = CostBasis(revenue=Decimal(400), paid_in_cogs=Decimal(60), other_in_cogs=Decimal(5))
LADDER = MarginLadder("2025", "USD", (build_ladder(BASIS), build_ladder(SEGMENT, segment="API")))


def amount(priced, **scope):
    return exposed(priced, LADDER, **scope).amount


def inputs_of(*exposures):
    company = deal([line("Hosting", 40)], [revenue(100)], terms={"exposures": exposures})
    return priced_inputs(company, AssumptionRegister.load(date(2026, 6, 30)))


def exposure(name="tokens", side="buy", supplier="OpenAI", share="1", **fields):
    return Exposure(name, side, supplier, Decimal(share), **fields)


def test_suppliers_of_one_input_on_one_side_move_together():
    tokens, hours = inputs_of(
        exposure(share="0.6"), exposure("gpu_hours", "rent"), exposure(supplier="B", share="0.3")
    )
    assert (tokens.label, tokens.suppliers) == ("tokens bought", "OpenAI, B")
    assert amount(tokens, rung="paid") == 153  # 0.9 of 170
    assert amount(tokens, rung="paid") == 153  # 0.9 of 170
    assert hours.label == "GPU-hours rented"


def test_tokens_bought_and_tokens_sold_are_two_inputs():
    labels = [item.label for item in inputs_of(exposure(), exposure(side="sell"))]
    assert labels == ["tokens bought", "tokens sold"]


# paid: 100 + 50 + half the pool of 40; fully loaded adds 20 free; after training adds 200 and the
# other half of the pool
@pytest.mark.parametrize(
    ("rung", "inference", "training"),
    [("reported", 100, 0), ("paid", 170, 0), ("fully_loaded", 190, 0),
     ("after_training", 190, 220), ("operating", 190, 220)],
)  # fmt: skip
def test_exposed_cost_follows_the_rung(rung, inference, training):
    serving, both = inputs_of(
        exposure(),
        exposure("gpu_hours", "rent"),
        exposure("gpu_hours", "rent", applies_to="training"),
    )
    assert amount(serving, rung=rung) == inference
    assert amount(both, rung=rung) == inference + training


def test_the_whole_pool_may_serve():
    (tokens,) = inputs_of(exposure(share="0.5"))
    assert amount(tokens, rung="paid", pool_share=Decimal(1)) == 95


def test_internal_tools_reach_the_operating_result_only():
    (seats,) = inputs_of(exposure("seats", applies_to="internal_tools"))
    assert amount(seats, rung="after_training") == 0
    assert amount(seats, rung="operating") == 10


def test_an_owned_input_is_not_exposed_and_a_sold_one_moves_revenue():
    owned, sold = inputs_of(
        exposure("gpu_hours", "own"),
        exposure("gpu_hours", "sell", share="0.4", applies_to="revenue"),
    )
    assert amount(owned, rung="paid") == 0
    assert amount(sold, rung="paid") == 400


def test_a_sold_share_of_the_company_says_nothing_about_a_segment():
    (sold,) = inputs_of(exposure(side="sell", share="0.4", applies_to="revenue"))
    assert amount(sold, rung="paid", segment="API") == 0
    (stated,) = inputs_of(exposure(side="sell", share="0.4", applies_to="revenue", segment="API"))
    assert amount(stated, rung="paid", segment="API") == 160
    assert amount(stated, rung="paid") == 160


def test_a_share_of_inference_holds_in_every_segment():
    (tokens,) = inputs_of(exposure(share="0.5"))
    assert amount(tokens, rung="paid", segment="API") == 30


def test_only_serving_of_paying_users_is_passed_on():
    # Half of a rise of the paid 170; the free 20 and the training of 220 are borne.
    (hours,) = inputs_of(
        exposure("gpu_hours", "rent", pass_through=Decimal("0.5")),
        exposure("gpu_hours", "rent", applies_to="training"),
    )
    found = exposed(hours, LADDER, rung="after_training")
    assert (found.amount, found.passed) == (410, 85)
    assert exposed(hours, LADDER, rung="paid").pass_through == Decimal("0.5")


def test_pass_through_is_weighted_and_defaults_to_the_register():
    (stated,) = inputs_of(
        exposure(share="0.75", pass_through=Decimal("0.4")), exposure(supplier="B", share="0.25")
    )
    assert stated.pass_through == Decimal("0.3")


def test_an_input_is_locked_until_the_first_supplier_may_reprice():
    early, late = date(2026, 9, 30), date(2027, 3, 31)
    (locked,) = inputs_of(exposure(lock_until=late), exposure(supplier="B", lock_until=early))
    assert locked.lock_until == early
    (open_now,) = inputs_of(exposure(lock_until=late), exposure(supplier="B"))
    assert open_now.lock_until is None
