"""Promotional credits: what they hide, whose cost they paid, and when they end."""

from __future__ import annotations

import calendar
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, TypeVar

from diligence.costs.allocation import allocate
from diligence.errors import EstimationError, InputError

ZERO = Decimal(0)
_K = TypeVar("_K", bound=str)
_NEVER_MONTHS = 1_200
"""A century: a balance that lasts longer does not end for anybody's purpose."""


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


@dataclass(frozen=True)
class CreditCliff:
    """Last day that credits pay, counted from as-of, and what ends them.

    ``last_day`` is None and ``months`` infinite when they never end. ``unused`` is the balance
    left at expiry: it lapses and is no cost, because nobody paid for it.
    """

    last_day: date | None
    months: float
    cause: Literal["expiry", "exhaustion", "none"]
    unused: float = 0.0

    def summary(self) -> str:
        """One line for a memo."""
        if self.last_day is None:
            return "credits do not end at the present use"
        return f"credits end by {self.cause} on {self.last_day} (month {self.months:.1f})"


def credit_cliff(
    credits: CreditBalance, *, as_of: date, expires: date | None = None
) -> CreditCliff:
    """Date the credit cliff: the earlier of expiry and exhaustion under growth.

    A month counts from the day after as-of; part of a month is the part of its days.

    Parameters
    ----------
    credits
        Balance at as-of and use of the month that follows. ``months_to_expiry`` counts too when
        ``expires`` is not given.
    expires
        Last day on which the credits can be used.

    Raises
    ------
    EstimationError
        When balance or use is negative, or growth is -100 % or below.

    Examples
    --------
    >>> credit_cliff(CreditBalance(900_000, 75_000, 0.08), as_of=date(2026, 6, 30)).summary()
    'credits end by exhaustion on 2027-03-23 (month 8.7)'
    """
    _require_sensible(credits)
    lasting = math.inf if credits.months_to_expiry is None else credits.months_to_expiry
    allowed = lasting if expires is None else _months_between(as_of, expires)
    exhausted = _exhaustion_months(credits)
    months = max(0.0, min(allowed, exhausted))
    if months > _NEVER_MONTHS:
        return CreditCliff(None, math.inf, "none")
    if exhausted <= allowed:
        return CreditCliff(_day_after(as_of, months), months, "exhaustion")
    last_day = _day_after(as_of, months) if expires is None else expires
    unused = credits.balance - _use_within(credits, months)
    return CreditCliff(last_day, months, "expiry", max(0.0, unused))


def attribute_credits(credit: Decimal, usage_by_class: Mapping[_K, Decimal]) -> dict[_K, Decimal]:
    """Split a credit by the usage it paid for: its class follows that usage, exactly.

    Parameters
    ----------
    credit
        Amount of the credit, either sign; the parts keep it.
    usage_by_class
        Cost at the same prices of the usage the credit could pay for, by class. Leave out what
        the terms of the credit exclude (often support, marketplace, reservations).

    Raises
    ------
    InputError
        When usage of a class is negative.
    EstimationError
        When there is no usage the credit could have paid for.

    Examples
    --------
    >>> parts = attribute_credits(
    ...     Decimal(-90), {"inference_opex": Decimal(200), "training_capex": Decimal(100)})
    >>> {name: float(part) for name, part in parts.items()}
    {'inference_opex': -60.0, 'training_capex': -30.0}
    """
    return allocate(credit, usage_by_class)


@dataclass(frozen=True)
class CreditAddBack:
    """Cost that credits hide: from the price the company could have negotiated to list price.

    ``low`` is zero as well while nobody knows whether the ledger is net of credits: ``ask`` then
    says what would settle it. ``difference`` is how far two statements of the same credits are
    apart.
    """

    low: Decimal
    high: Decimal
    source: Literal["none", "bill", "register"] = "none"
    difference: Decimal = ZERO
    ask: str = ""

    def summary(self) -> str:
        """The interval in words."""
        text = f"credits hide {self.low:,.2f} to {self.high:,.2f}"
        return f"{text}; {self.ask}" if self.ask else text


def credit_add_back(at_list: Decimal, *, discount_available: Decimal = ZERO) -> CreditAddBack:
    """Interval of the cost that credits hide, [contract price, list].

    A discount the company has negotiated already is in the price and stays in.

    Parameters
    ----------
    at_list
        Credits used, valued at list price, 0 or more.
    discount_available
        Discount it could have negotiated for that volume, 0 to 1.

    Raises
    ------
    InputError
        When the credits are negative or the discount lies outside 0 to 1.

    Examples
    --------
    >>> credit_add_back(Decimal("0.9"), discount_available=Decimal("0.30")).summary()
    'credits hide 0.63 to 0.90'
    """
    if at_list < 0 or not 0 <= discount_available <= 1:
        raise InputError(
            "Credits are added back as an amount from 0 up, with a discount from 0 to 1; found "
            f"credits {at_list} and discount {discount_available}. Bills show credits negative: "
            "state what they paid for."
        )
    return CreditAddBack(at_list * (1 - discount_available), at_list)


def added_back_once(
    *,
    ledger_is_net: bool | None,
    bill_credits: Decimal | None = None,
    register_credits: Decimal | None = None,
    discount_available: Decimal = ZERO,
) -> CreditAddBack:
    """Cost that credits hide in the cost lines as they stand, counted once.

    A ledger net of credits hides them; the bill and a stated total are two views of the same
    credits, so the larger counts (a bill may cover one supplier of several) and never their sum.
    Where cost lines are gross, as when the usage lines of a bill stand in place of the booked
    entry, nothing is hidden and nothing is added back.

    Parameters
    ----------
    ledger_is_net
        True when the cost lines of the analysis are after credits, False when before, None when
        nobody knows: then all or nothing may be hidden, and the low end is zero.
    bill_credits, register_credits
        The period's credits at list price, 0 or more, from the bills and as stated in the
        register of assumptions; None when there is none.
    discount_available
        As in :func:`credit_add_back`.

    Raises
    ------
    InputError
        As :func:`credit_add_back`.

    Examples
    --------
    >>> found = added_back_once(ledger_is_net=True, bill_credits=Decimal("0.8"),
    ...                         register_credits=Decimal("0.9"))
    >>> found.high, found.source, found.difference
    (Decimal('0.9'), 'register', Decimal('0.1'))
    """
    stated = {"bill": bill_credits, "register": register_credits}
    known = {name: amount for name, amount in stated.items() if amount is not None}
    views = {
        name: credit_add_back(amount, discount_available=discount_available)
        for name, amount in known.items()
    }
    difference = max(known.values()) - min(known.values()) if known else ZERO
    if ledger_is_net is False or not any(known.values()):
        return CreditAddBack(ZERO, ZERO, difference=difference)
    source: Literal["bill", "register"] = (
        "bill" if known.get("bill", ZERO) >= known.get("register", ZERO) else "register"
    )
    return CreditAddBack(
        low=views[source].low if ledger_is_net else ZERO,
        high=views[source].high,
        source=source,
        difference=difference,
        ask="" if ledger_is_net else "Does the ledger book cloud cost before or after credits?",
    )


def cost_of_unused(unused: Decimal, *, paid_for: bool) -> Decimal:
    """Cost of a balance that lapses: all of it when it was prepaid, nothing when it was a gift.

    Examples
    --------
    >>> cost_of_unused(Decimal(40), paid_for=True), cost_of_unused(Decimal(40), paid_for=False)
    (Decimal('40'), Decimal('0'))
    """
    return unused if paid_for else ZERO


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


def _use_within(credits: CreditBalance, months: float) -> float:
    """Use of whole months under growth, and of the part of the month that follows."""
    whole = math.floor(months)
    growth = credits.monthly_growth
    grown = whole if growth == 0 else ((1 + growth) ** whole - 1) / growth
    return credits.monthly_use * (grown + (1 + growth) ** whole * (months - whole))


def _day_after(as_of: date, months: float) -> date:
    """Last day of a stretch of months that begins the day after as-of."""
    first = as_of + timedelta(days=1)
    # Rounding in the last digits must not carry twelve months into a further day.
    whole = math.floor(months + 1e-9)
    start, following = _shifted(first, whole), _shifted(first, whole + 1)
    days = math.ceil(max(0.0, months - whole) * (following - start).days - 1e-6)
    return start + timedelta(days=days - 1)


def _months_between(as_of: date, last: date) -> float:
    """Months from the day after as-of to the end of the last day; 0 when it has passed."""
    if last.year - as_of.year > _NEVER_MONTHS // 12:
        return math.inf
    first, after = as_of + timedelta(days=1), last + timedelta(days=1)
    whole = 12 * (after.year - first.year) + after.month - first.month
    if _shifted(first, whole) > after:
        whole -= 1
    start, following = _shifted(first, whole), _shifted(first, whole + 1)
    return max(0.0, whole + (after - start).days / (following - start).days)


def _shifted(day: date, months: int) -> date:
    """The same day of a later month, or the month's last day where it has none such."""
    index = 12 * day.year + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
