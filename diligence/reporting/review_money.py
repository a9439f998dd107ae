"""How the review writes money and shares."""

from __future__ import annotations

from decimal import Decimal

from diligence.reporting.review_fund import CURRENCY
from diligence.units import format_amount, format_percent


def in_millions(amount: float, places: int = 1) -> str:
    """Amount of the fund's currency with its unit, for a sentence."""
    return f"{CURRENCY} {millions_cell(amount, places)} m"


def millions_cell(amount: float | None, places: int = 1) -> str:
    """Millions for a column whose head names the unit; empty where unknown."""
    return "" if amount is None else format_amount(_exact(amount), scale="m", places=places)


def in_thousands(amount: float) -> str:
    """Thousands for a column whose head names the unit."""
    return format_amount(_exact(amount), scale="k", places=0)


def whole_percent(share: float | None) -> str:
    """Percentage without its sign and decimals; empty where unknown."""
    return "" if share is None else format_percent(share, 0).removesuffix(" %")


def _exact(amount: float) -> Decimal:
    return Decimal(repr(float(amount)))
