"""Price multiples from 1x to 10x, one input at a time."""

from __future__ import annotations

import pytest

from diligence.projections.company_model import (
    CompanyModel,
    PricedLine,
    PriceKey,
    SegmentModel,
)
from diligence.stress import MULTIPLES, margin_at_multiple, stress_test

# Revenue 100, paid cost 48 of which 23 moves with the token price: the average of a
# survey, 52 % margin with inference at 23 % of revenue (ICONIQ, State of AI 2025/26).
LINES = (
    PricedLine(PriceKey("tokens", "buy", "Supplier"), paid=23.0),
    PricedLine(PriceKey("tokens", "sell", "Customers"), "revenue", sold=10.0),
)
RATE = CompanyModel("A", "USD", (SegmentModel("", 100.0, 25.0, lines=LINES),), fixed_cost=72.0)
WITH_CASH = CompanyModel("A", "USD", RATE.segments, fixed_cost=72.0, bridge=0.0, cash=480.0)


def scenario(test, name):
    return next(result for result in test.scenarios if result.name == name)


# GM(k) = GM0 - a (k - 1): 52 % becomes 29, 6 and -40 % at two, three and five times the price.
@pytest.mark.parametrize(("multiple", "margin"), [(2, 0.29), (3, 0.06), (5, -0.40)])
def test_survey_average_under_dearer_tokens(multiple, margin):
    found = scenario(stress_test(RATE), f"tokens bought x{multiple}")
    assert found.gross_margin == pytest.approx(margin, abs=1e-9)
    assert margin_at_multiple(0.52, 0.23, multiple) == pytest.approx(margin, abs=1e-9)


def test_a_multiple_of_one_is_the_baseline_exactly():
    test = stress_test(WITH_CASH)
    for label in ("tokens bought", "tokens sold"):
        same = scenario(test, f"{label} x1")
        assert same.gross_margin == test.baseline.gross_margin
        assert same.runway_months == test.baseline.runway_months
        assert same.operating_result_per_month == test.baseline.operating_result_per_month


def test_runway_follows_the_dearer_input():
    # 480 / 20 = 24 months; at twice the token price 480 / 43
    test = stress_test(WITH_CASH)
    assert test.baseline.runway_months == pytest.approx(24)
    assert scenario(test, "tokens bought x2").runway_months == pytest.approx(480 / 43)


def test_a_rise_of_what_is_sold_lifts_revenue():
    # revenue 110, cost 48
    found = scenario(stress_test(RATE), "tokens sold x2")
    assert found.gross_margin == pytest.approx(1 - 48 / 110)


def test_every_multiple_of_every_moving_input_is_run():
    names = [result.name for result in stress_test(RATE).scenarios]
    assert len(names) == 2 * len(MULTIPLES)


def test_cash_that_is_not_known_is_null_with_a_status():
    shown = scenario(stress_test(RATE), "tokens bought x5").to_json()
    assert shown["runway_months"] is None
    assert shown["runway_status"] == "unknown"


def test_half_of_a_rise_passed_on():
    # revenue 100 + 11.5, cost 48 + 23
    assert margin_at_multiple(0.52, 0.23, 2, pass_through=0.5) == pytest.approx(1 - 71 / 111.5)
