"""Periods, amounts and currencies: the vocabulary every other folder speaks."""

from diligence.units.display import (
    format_money,
    format_months,
    format_multiple,
    format_percent,
    format_span,
)
from diligence.units.money import AmountError, format_amount, parse_amount
from diligence.units.periods import Period, PeriodError, parse_date, parse_period

__all__ = [
    "AmountError",
    "Period",
    "PeriodError",
    "format_amount",
    "format_money",
    "format_months",
    "format_multiple",
    "format_percent",
    "format_span",
    "parse_amount",
    "parse_date",
    "parse_period",
]
