"""Promotional credits: what they hide, and when they end."""

from __future__ import annotations

import math
from dataclasses import dataclass

from diligence.errors import EstimationError


@dataclass(frozen=True)
class CreditBalance:
    """A credit balance that monthly use draws down; money in one currency."""

    balance: float
    monthly_use: float
    monthly_growth: float = 0.0
    months_to_expiry: float | None = None


def credit_cliff_months(credits: CreditBalance) -> float:
    """Months until the credits end: the earlier of expiry and exhaustion under growth.

    With use u growing at g a month (compounded monthly), the balance B lasts
    ln(1 + B g / u) / ln(1 + g) months; without growth B / u.

    Raises
    ------
    EstimationError
        When balance or use is negative, or growth is -100 % or below.

    Examples
    --------
    900,000 at 75,000 a month lasts twelve months, but only 8.7 when use grows 8 % a month.

    >>> round(credit_cliff_months(CreditBalance(900_000, 75_000, 0.08)), 1)
    8.7
    """
    _require_sensible(credits)
    exhausted = _exhaustion_months(credits)
    return (
        exhausted if credits.months_to_expiry is None else min(exhausted, credits.months_to_expiry)
    )


def _exhaustion_months(credits: CreditBalance) -> float:
    if credits.monthly_use == 0:
        return math.inf
    months_without_growth = credits.balance / credits.monthly_use
    if credits.monthly_growth == 0:
        return months_without_growth
    argument = 1 + months_without_growth * credits.monthly_growth
    return math.inf if argument <= 0 else math.log(argument) / math.log1p(credits.monthly_growth)


def _require_sensible(credits: CreditBalance) -> None:
    if credits.balance < 0 or credits.monthly_use < 0 or credits.monthly_growth <= -1:
        raise EstimationError(
            "A credit balance and its monthly use must not be negative and growth must be above "
            f"-100 %; found balance {credits.balance:g}, use {credits.monthly_use:g}, growth "
            f"{credits.monthly_growth:g}."
        )
