"""Runway by definition of cash and of burn; a contradiction is printed, not averaged."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from diligence.inputs.deal import CashTerms, RoundTerms
from diligence.projections import runway_table
from tests.support import cash, deal, line, revenue


def table_of(*items, loss=None, **terms):
    company = deal([line("Hosting", 40)], [revenue(100)], cash=items, terms=terms)
    return runway_table(company, operating_loss_per_month=loss)


def test_every_definition_of_cash_meets_every_definition_of_burn():
    table = table_of(
        cash("cash", 120, "2025"),
        cash("liquid_investments", 60, "2025"),
        cash("operating_cash_flow", -120, "2025"),
        cash("capital_expenditure", -24, "2025"),
        cash("monthly_burn", 15, "2025-12"),
        cash("adjusted_net_loss", 240, "2025"),
    )
    # cash 120 and 180; burn (120 + 24) / 12 = 12, 15 and 240 / 12 = 20
    months = {round(float(value), 2) for value in table.to_frame()["months"]}
    assert months == {10, 8, 6, 15, 12, 9}
    assert table.base_months == 15
    assert table.span == (6, 15)
    assert table.status == "finite"


def test_restricted_cash_is_no_cash():
    table = table_of(
        cash("cash", 100), cash("restricted_cash", 900), cash("monthly_burn", 10, "2025-12")
    )
    assert table.base_months == 10


def test_minimum_cash_stays_and_the_round_adds_its_primary_money():
    table = table_of(
        cash("cash", 100),
        cash("monthly_burn", 10, "2025-12"),
        cash=CashTerms(minimum_cash=Decimal(20)),
        round=RoundTerms(primary=Decimal(50)),
    )
    assert table.base_months == 8
    assert table.base_months_after_round == 13


def test_without_cash_data_runway_is_unknown_and_the_cover_of_the_loss_stands_beside():
    table = table_of(loss=Decimal(5))
    assert (table.base_months, table.span, table.status) == (None, None, "unknown")
    assert table.operating_loss_cover_months is None
    assert "a cash balance" in table.needs
    assert "cash flow or observed month-end cash" in table.needs
    with_cash = table_of(cash("cash", 100), loss=Decimal(5))
    assert with_cash.base_months is None
    assert with_cash.operating_loss_cover_months == 20
    assert "a cash balance" not in with_cash.needs


def test_a_company_that_earns_cash_has_no_runway():
    table = table_of(cash("cash", 100), cash("operating_cash_flow", 30))
    assert table.status == "not_burning"
    assert table.base_months is None


def test_a_burn_in_the_wrong_currency_is_rejected_with_the_factor():
    # 196 in yuan is about 27.5 dollars; the same burn printed as 280 dollars is ten times that.
    own = replace(
        cash("monthly_burn", "27.5", "2025-12", item="planned burn"),
        original_amount=Decimal(196),
        original_currency="CNY",
    )
    misprint = cash("monthly_burn", 280, "2025-12", item="as printed", grade="C")
    table = table_of(cash("cash", 1000), misprint, own)
    used = {burn.name: burn.status for burn in table.burn}
    assert used == {"planned burn": "used", "as printed": "rejected"}
    wrong = next(burn for burn in table.burn if burn.name == "as printed")
    assert wrong.contradicts == "planned burn"
    assert float(wrong.factor_apart) == pytest.approx(280 / 27.5)
    assert float(table.span[0]) == pytest.approx(1000 / 27.5)


def test_two_burns_close_to_each_other_both_stand():
    table = table_of(
        cash("cash", 120),
        cash("monthly_burn", 10, "2025-12", item="plan"),
        cash("monthly_burn", 12, "2025-12", item="press"),
    )
    assert table.span == (10, 12)


def test_alternatives_stand_in_the_table_and_not_in_the_span():
    table = table_of(
        cash("cash", 100),
        cash("reported_total", 300, item="press", status="alternative"),
        cash("monthly_burn", 10, "2025-12"),
    )
    assert table.span == (10, 10)
    assert [definition.name for definition in table.cash] == ["cash", "press"]


def test_only_the_latest_balance_counts():
    table = table_of(
        cash("cash", 500, "2024"), cash("cash", 100, "2025"), cash("monthly_burn", 10, "2025-12")
    )
    assert table.base_months == 10


def test_months_of_cash_flow_make_a_year():
    flows = [cash("operating_cash_flow", -month, f"2025-{month:02d}") for month in range(1, 13)]
    # 1 + ... + 12 = 78 over twelve months
    table = table_of(cash("cash", 65), *flows)
    assert table.base_months == 10
