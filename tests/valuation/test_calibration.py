"""Calibration at the round, and inputs carried onwards."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.inputs.deal import RoundTerms
from diligence.valuation import ExitView, calibrate, mark_bridge, stack_after_round

VIEW = ExitView(years=5, volatility=0.9, rate=0.04)
DAY = date(2026, 8, 15)
COMMON = RoundTerms(
    instrument="common",
    share_class="C",
    cheque=D(10),
    round_size=D(40),
    post_money=D(200),
)
PREFERRED = dataclasses.replace(
    COMMON, instrument="preferred", preference_multiple=D(1), participating=False
)


def calibrated(terms=PREFERRED, gross_profit=10.0, cash=60.0):
    after = stack_after_round(terms)
    return calibrate(after, on=DAY, gross_profit=gross_profit, cash=cash, view=VIEW)


def test_common_shares_give_the_headline_multiple():
    # post-money 200 less cash 60 over 10 of gross profit
    found = calibrated(COMMON)
    assert found.total_value == pytest.approx(200)
    assert found.multiple == pytest.approx(14)
    assert found.headline_multiple == pytest.approx(14)
    assert found.summary().startswith("the round implies 14.0 times a year's fully loaded")


def test_a_preference_implies_a_lower_multiple():
    found = calibrated()
    assert found.multiple < found.headline_multiple == pytest.approx(14)
    assert calibrated(gross_profit=-1.0).headline_multiple is None


@given(st.floats(0.1, 1e4), st.floats(0, 90))
def test_at_the_round_the_position_is_worth_the_cheque(gross_profit, cash):
    found = calibrated(gross_profit=gross_profit, cash=cash)
    assert found.inputs.position_value == pytest.approx(10, rel=1e-6)


@pytest.mark.parametrize(
    ("gross_profit", "cash", "reason"),
    [(0.0, 60.0, "is not positive"), (-3.0, 60.0, "is not positive"), (5.0, 500.0, "cash after")],
)
def test_without_a_multiple_there_is_no_point_mark(gross_profit, cash, reason):
    found = calibrated(gross_profit=gross_profit, cash=cash)
    assert found.inputs is None
    assert found.multiple is None
    assert reason in found.reason
    assert found.summary().startswith("no point mark: ")


@given(st.floats(-20, 40), st.floats(1, 30), st.floats(0, 100), st.floats(0.5, 6))
def test_the_bridge_adds_up_to_the_change(gross_profit, multiple, cash, years):
    before = calibrated().inputs
    now = dataclasses.replace(
        before,
        on=date(2027, 3, 31),
        gross_profit=gross_profit,
        multiple=multiple,
        cash=cash,
        view=dataclasses.replace(VIEW, years=years),
    )
    steps = mark_bridge(before, now)
    assert sum(steps.values()) == pytest.approx(
        now.position_value - before.position_value, abs=1e-9
    )
    assert list(steps) == ["gross_profit", "multiple", "cash", "view", "after"]


def test_what_did_not_move_explains_nothing():
    before = calibrated().inputs
    steps = mark_bridge(before, dataclasses.replace(before, gross_profit=5.0))
    assert steps["gross_profit"] < 0
    assert [steps[name] for name in ("multiple", "cash", "view", "after")] == [0, 0, 0, 0]


def test_a_calibration_reads():
    found = calibrated()
    assert "multiple" in set(found.to_frame()["input"])
    assert "multiple" in found._repr_html_()
