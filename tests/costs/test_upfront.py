"""Up-front fees: cash in the month of the invoice, cost by the days of the term."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from diligence.costs.billed_months import billed_lines
from diligence.costs.upfront import spread_upfront
from diligence.inputs.deal import Contract, SourceRef
from tests.support import bill, bill_line, deal

TERM = (date(2025, 3, 25), date(2025, 4, 7))


def block(prepaid, supplier="AWS", term=TERM):
    return Contract(
        supplier=supplier,
        input="gpu_hours",
        kind="prepaid",
        source=SourceRef("contracts.yaml", 2),
        prepaid=D(prepaid),
        term_start=term[0],
        term_end=term[1],
    )


def spread(amount, *contracts, **fields):
    fee = bill_line("CapacityBlockFee", amount, "2025-03-20", **({"kind": "purchase"} | fields))
    return spread_upfront(billed_lines(deal([], [], bills=(bill([fee]),))), contracts)


def by_month(lines):
    return [(i.month.label, i.line.billed, i.line.effective) for i in lines]


def test_a_block_of_fourteen_days_costs_seven_in_each_month():
    assert by_month(spread(14_000, block(14_000))) == [
        ("2025-03", 14_000, 0),
        ("2025-03", 0, 7_000),
        ("2025-04", 0, 7_000),
    ]


def test_a_fee_without_its_contract_stays_in_its_month():
    for contracts in ((), (block(9_000),), (block(14_000, "Azure"),), (block(14_000),) * 2):
        assert by_month(spread(14_000, *contracts)) == [("2025-03", 14_000, 14_000)]


def test_usage_is_never_spread():
    assert len(spread(14_000, block(14_000), kind="usage")) == 1


def test_a_refund_follows_the_term_of_its_fee():
    assert by_month(spread(-14_000, block(14_000)))[1:] == [
        ("2025-03", 0, -7_000),
        ("2025-04", 0, -7_000),
    ]


@given(st.integers(1, 10**9), st.integers(1, 400))
def test_what_is_spread_adds_up(cents, days):
    amount = D(cents) / 100
    end = date.fromordinal(TERM[0].toordinal() + days)
    found = spread(amount, block(amount, term=(TERM[0], end)))
    assert sum(item.line.effective for item in found) == amount
    assert sum(item.line.billed for item in found) == amount
