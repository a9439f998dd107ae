"""One market for every holding: joint counts and losses by supplier."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import InputError
from diligence.portfolio.common_market import (
    HoldingUnderMarket,
    joint_cash_out,
    loss_by_supplier,
    packed,
    unpacked,
)

NEVER = np.zeros(100, dtype=bool)


def holding(company, *, position=10.0, out=NEVER, loss=None, share=None):
    return HoldingUnderMarket(company, position, out, loss or {}, share or {"OpenAI": 1.0})


def test_holdings_that_fail_together_are_worse_than_holdings_that_fail_apart():
    together = np.arange(100) < 10
    rows = [holding(str(n), out=together) for n in range(10)]
    found = joint_cash_out(rows, months=12)
    assert found.expected == pytest.approx(1.0)
    assert found.probability_of_any == pytest.approx(0.1)
    assert found.at_worst == 10
    # Ten independent chances of 10 %: 3 or fewer in 98.7 % of futures, 2 or fewer in 93.0 %.
    assert found.if_independent == 3


def test_unknown_cash_is_counted_apart_and_never_as_safe():
    found = joint_cash_out([holding("a"), holding("b", out=None)], months=36)
    assert (found.holdings, found.unknown) == (1, 1)
    assert joint_cash_out([holding("b", out=None)], months=36) is None


def test_markets_of_two_sizes_are_refused():
    with pytest.raises(InputError, match="different size"):
        joint_cash_out([holding("a"), holding("b", out=NEVER[:50])], months=36)


def test_the_loss_to_the_fund_by_hand():
    rows = [
        holding("a", position=10.0, loss={"OpenAI": 0.5}),
        holding("b", position=30.0, loss={"OpenAI": 0.1, "Google": 0.4},
                share={"OpenAI": 0.2, "Google": 0.8}),
        holding("c", position=None),
    ]  # fmt: skip
    google, openai = loss_by_supplier(rows)
    assert (google.supplier, google.loss, google.share_of_fund) == ("Google", 12.0, 0.3)
    assert (openai.supplier, openai.loss) == ("OpenAI", 8.0)
    assert openai.holdings == ("a", "b", "c")
    assert openai.unvalued == ("c",)


@given(st.permutations(range(4)))
def test_order_of_holdings_changes_nothing(order):
    rows = [
        holding(str(n), position=float(n), loss={"OpenAI": 0.1 * n}, out=np.arange(100) < 5 * n)
        for n in range(4)
    ]
    mixed = [rows[n] for n in order]
    one, other = joint_cash_out(rows, months=12), joint_cash_out(mixed, months=12)
    assert dataclasses.astuple(one) == pytest.approx(dataclasses.astuple(other))
    assert [loss.supplier for loss in loss_by_supplier(rows)] == [
        loss.supplier for loss in loss_by_supplier(mixed)
    ]


@given(st.lists(st.booleans(), min_size=1, max_size=50))
def test_packing_loses_nothing(bits):
    assert unpacked(packed(np.array(bits)), len(bits)).tolist() == bits
