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

    Use is even within a month and grows from one month to the next. Of a balance B with use u
    growing at g, n whole months are used up, n the largest with u ((1 + g)^n - 1) / g <= B, and
    the rest is divided by the use of the following month.

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
    growth = credits.monthly_growth
    argument = 1 + months_without_growth * growth
    if argument <= 0:
        return math.inf
    # The tolerance keeps a balance of exactly n months from ending at n - 1 by rounding.
    whole = math.floor(math.log(argument) / math.log1p(growth) + 1e-9)
    following_use = credits.monthly_use * (1 + growth) ** whole
    used = credits.monthly_use * ((1 + growth) ** whole - 1) / growth
    return whole + max(0.0, credits.balance - used) / following_use


def _require_sensible(credits: CreditBalance) -> None:
    if credits.balance < 0 or credits.monthly_use < 0 or credits.monthly_growth <= -1:
        raise EstimationError(
            "A credit balance and its monthly use must not be negative and growth must be above "
            f"-100 %; found balance {credits.balance:g}, use {credits.monthly_use:g}, growth "
            f"{credits.monthly_growth:g}."
        )
