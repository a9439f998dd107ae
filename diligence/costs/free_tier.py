"""Free users: what serving them costs, per conversion too, and never counted twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from diligence.costs.allocation import allocate
from diligence.errors import InputError, Problem
from diligence.inputs.deal import Payer
from diligence.units import format_percent

if TYPE_CHECKING:
    import pandas as pd

ZERO = Decimal(0)


@dataclass(frozen=True)
class ConversionCost:
    """What it costs to serve free users until one of them pays.

    ``hazard`` is the share of free users who convert in a month. ``per_conversion`` is None when
    nobody converted; ``needs`` then says so.
    """

    per_free_user: Decimal
    hazard: Decimal
    per_conversion: Decimal | None
    needs: str = ""

    def summary(self) -> str:
        """One line for the memo."""
        if self.per_conversion is None:
            return f"free-tier cost per conversion: not computable: needs {self.needs}"
        return (
            f"free-tier cost per conversion {self.per_conversion:,.2f} = {self.per_free_user:,.2f} "
            f"a free user / {format_percent(self.hazard, 2)} converting, both a month"
        )


def free_tier_cost_per_conversion(
    monthly_cost: Decimal,
    *,
    free_users_at_start: Decimal,
    conversions: Decimal,
    free_users_served: Decimal | None = None,
) -> ConversionCost:
    """Monthly cost per free user divided by the monthly conversion hazard.

    Parameters
    ----------
    monthly_cost
        Serving the free tier for one month, 0 or more.
    free_users_at_start
        Free users on the first day of the month: those who could convert, above 0.
    conversions
        Free users who became paying in the month.
    free_users_served
        Users the cost was spent on, when it differs (an average over the month).

    Raises
    ------
    InputError
        When there were no free users, an amount is negative, or more converted than there were.

    Examples
    --------
    100,000 free users cost 50,000 a month and 2 % convert: 0.50 / 2 % = 25 a conversion.

    >>> free_tier_cost_per_conversion(Decimal(50_000), free_users_at_start=Decimal(100_000),
    ...                               conversions=Decimal(2_000)).summary()
    'free-tier cost per conversion 25.00 = 0.50 a free user / 2.00 % converting, both a month'
    """
    served = free_users_at_start if free_users_served is None else free_users_served
    if min(free_users_at_start, served) <= 0 or min(monthly_cost, conversions) < 0:
        raise InputError(
            "Cost per conversion needs free users above 0 and a cost and conversions from 0; found "
            f"{free_users_at_start} free users at the start, {served} served, cost {monthly_cost}, "
            f"{conversions} conversions."
        )
    if conversions > free_users_at_start:
        raise InputError(
            f"{conversions} conversions exceed the {free_users_at_start} free users at the start "
            "of the month; count only users who were free before."
        )
    per_user, hazard = monthly_cost / served, conversions / free_users_at_start
    if not conversions:
        return ConversionCost(per_user, hazard, None, "a month in which a free user converted")
    per_conversion = monthly_cost * free_users_at_start / (served * conversions)
    return ConversionCost(per_user, hazard, per_conversion)


def payer_split(amount: Decimal, tokens_by_payer: Mapping[Payer, Decimal]) -> dict[Payer, Decimal]:
    """Split a bill by who the tokens served; the parts add up to the bill exactly.

    Examples
    --------
    An API bill of 3.1 with 40 % free tokens:

    >>> parts = payer_split(Decimal("3.1"), {"paid": Decimal(60), "free": Decimal(40)})
    >>> {payer: float(part) for payer, part in parts.items()}
    {'paid': 1.86, 'free': 1.24}
    """
    return allocate(amount, tokens_by_payer)


@dataclass(frozen=True)
class DoubleCount:
    """A cost line whose free traffic is stated both by its tokens and by a separate driver."""

    line: str
    from_usage: Decimal
    from_driver: Decimal


@dataclass(frozen=True)
class FreeTierSplit:
    """Cost lines with their free part taken out; paid and free add up to each line exactly."""

    paid: Mapping[str, Decimal]
    free: Mapping[str, Decimal]

    @property
    def paid_cost(self) -> Decimal:
        """Cost of paying users over all lines."""
        return sum(self.paid.values(), ZERO)

    @property
    def free_cost(self) -> Decimal:
        """Cost of free users over all lines."""
        return sum(self.free.values(), ZERO)

    def to_frame(self) -> pd.DataFrame:
        """One row a line."""
        import pandas as pd

        return pd.DataFrame(
            [
                {"line": line, "paid": paid, "free": self.free[line]}
                for line, paid in self.paid.items()
            ],
            columns=["line", "paid", "free"],
        )

    def summary(self) -> str:
        """Both amounts."""
        return f"paid {self.paid_cost:,.2f}, free {self.free_cost:,.2f}"

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def double_counts(
    from_usage: Mapping[str, Decimal], from_driver: Mapping[str, Decimal]
) -> tuple[DoubleCount, ...]:
    """Name the lines whose free traffic is stated twice; the parameters of :func:`take_out_free`.

    Examples
    --------
    >>> [found.line for found in double_counts({"API": Decimal("1.24")}, {"API": Decimal("1.24")})]
    ['API']
    """
    return tuple(
        DoubleCount(line, from_usage[line], from_driver[line])
        for line in sorted(from_usage.keys() & from_driver.keys())
        if from_usage[line] and from_driver[line]
    )


def take_out_free(
    lines: Mapping[str, Decimal],
    *,
    from_usage: Mapping[str, Decimal] | None = None,
    from_driver: Mapping[str, Decimal] | None = None,
) -> FreeTierSplit:
    """Take the free tier out of the cost lines that hold it; nothing is put on top of them.

    Serving free users is in the bills already: an estimate of it by a driver moves cost from paid
    to free and never adds any.

    Parameters
    ----------
    lines
        Serving cost by line, as booked.
    from_usage
        Free part of a line by the payers of its tokens (:func:`payer_split`).
    from_driver
        Free part of a line by a driver such as free users or their requests.

    Raises
    ------
    InputError
        When a line's free traffic comes from both, from no line, or exceeds the line.

    Examples
    --------
    >>> take_out_free({"API": Decimal("3.1"), "own GPUs": Decimal(2)},
    ...               from_usage={"API": Decimal("1.24")}).summary()
    'paid 3.86, free 1.24'
    """
    usage, driver = from_usage or {}, from_driver or {}
    twice = double_counts(usage, driver)
    if twice:
        raise InputError(
            "Free traffic would be counted twice; keep the split by tokens or the separate "
            "free-tier allocation of a line, not both:",
            [
                _problem(both.line, f"{both.from_driver:f} on top of {both.from_usage:f}", "one")
                for both in twice
            ],
        )
    free = {line: usage.get(line, ZERO) or driver.get(line, ZERO) for line in lines}
    stray = [line for line in (*usage, *driver) if line not in lines]
    over = [line for line in lines if not _is_part(free[line], lines[line])]
    if stray or over:
        raise InputError(
            "The free part of a line lies between nothing and the line itself:",
            [
                *(
                    _problem(line, "a free part of no cost line", "a line with cost")
                    for line in stray
                ),
                *(_problem(line, str(free[line]), f"0 to {lines[line]}") for line in over),
            ],
        )
    return FreeTierSplit({line: lines[line] - free[line] for line in lines}, free)


def _is_part(part: Decimal, whole: Decimal) -> bool:
    """A refund is a negative line with a negative free part."""
    return min(ZERO, whole) <= part <= max(ZERO, whole)


def _problem(line: str, found: str, expected: str) -> Problem:
    return Problem("free tier", 0, line, found, expected)


@dataclass(frozen=True)
class FreeTierView:
    """The three views of a free tier: paid margin, fully loaded margin, cost per conversion.

    ``paid_cost`` serves paying users, ``loaded_cost`` is that plus free and promotional traffic
    (and maintenance training where there is any); margins are fractions of revenue.
    """

    revenue: Decimal
    paid_cost: Decimal
    loaded_cost: Decimal
    conversion: ConversionCost | None = None

    @property
    def paid_margin(self) -> Decimal | None:
        """Margin on paying users; None without revenue."""
        return _margin(self.revenue, self.paid_cost)

    @property
    def loaded_margin(self) -> Decimal | None:
        """Margin with the free tier in cost; None without revenue."""
        return _margin(self.revenue, self.loaded_cost)

    def to_frame(self) -> pd.DataFrame:
        """One row a view."""
        import pandas as pd

        conversion = self.conversion.per_conversion if self.conversion else None
        return pd.DataFrame(
            [
                {"view": "paid margin", "value": self.paid_margin},
                {"view": "fully loaded margin", "value": self.loaded_margin},
                {"view": "free-tier cost per conversion", "value": conversion},
            ]
        )

    def summary(self) -> str:
        """The margins, and the cost per conversion where it is known."""
        if self.paid_margin is None or self.loaded_margin is None:
            return "free-tier margins: not computable: needs positive revenue"
        lines = [
            f"paid {format_percent(self.paid_margin)}, "
            f"fully loaded {format_percent(self.loaded_margin)}"
        ]
        return "\n".join([*lines, *([self.conversion.summary()] if self.conversion else [])])

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def _margin(revenue: Decimal, cost: Decimal) -> Decimal | None:
    return (revenue - cost) / revenue if revenue > 0 else None
