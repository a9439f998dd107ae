"""Amounts as accountants write them, exact in either locale."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.units import AmountError, format_amount, format_span, parse_amount
from diligence.units.currency import MoneyUnitError, parse_money_unit
from diligence.units.money import detect_locale


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(1,200)", "-1200"),
        ("1,200-", "-1200"),
        ("−1,200.50", "-1200.50"),
        ("1,200 CR", "-1200"),
        ("1,200 DR", "1200"),
        ("US$ 1,200", "1200"),
        ("–", "0"),
        ("-", "0"),
        ("nil", "0"),
        ("1\u00a0", "1"),
    ],
)
def test_accounting_habits(text, value):
    assert parse_amount(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "n/a", "N.A.", "tbd", "#N/A"])
def test_missing_is_not_zero(text):
    assert parse_amount(text) is None


@pytest.mark.parametrize("text", ["abc", "1,20", "1.2.3", "12 34", "--5", "1,2,3"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(AmountError, match="is not an amount"):
        parse_amount(text)


def test_european_amounts():
    assert parse_amount("1.234,56", locale="eu") == Decimal("1234.56")
    assert parse_amount("1 234,5", locale="eu") == Decimal("1234.5")


def test_locale_is_told_only_by_decisive_amounts():
    assert detect_locale(["1.234,56"]) == "eu"
    assert detect_locale(["1,234.56"]) == "en"
    assert detect_locale(["1,234", "7"]) is None
    with pytest.raises(AmountError, match="decimal comma"):
        detect_locale(["1.234,56", "1,234.56"])


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2))
def test_english_and_european_writing_read_back_exactly(value):
    english = f"{value:,.2f}"
    european = english.replace(",", " ").replace(".", ",").replace(" ", ".")
    assert parse_amount(english) == value
    assert parse_amount(european, locale="eu") == value
    assert parse_amount(f"({abs(value):,.2f})") == -abs(value)


@pytest.mark.parametrize(
    ("text", "unit"),
    [("USD m", "USD m"), ("$000", "USD k"), ("RMB bn", "CNY bn"), ("EUR", "EUR"), ("usd", "USD")],
)
def test_units_of_money(text, unit):
    assert str(parse_money_unit(text)) == unit


@pytest.mark.parametrize("text", ["XYZ m", "USD zz", "", "m", "percent"])
def test_unknown_units_are_refused(text):
    with pytest.raises(MoneyUnitError, match="is not a unit of money"):
        parse_money_unit(text)


def test_rounding_is_for_display_only():
    assert format_amount(Decimal("-1234567"), scale="m") == "\u22121.23"
    assert format_span("45.0 %", "61.7 %") == "45.0 to 61.7 %"
