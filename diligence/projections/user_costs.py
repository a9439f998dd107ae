"""Serving cost of an active user a month, by plan, payer and for all."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from diligence.projections.cost_spread import CostSpread
from diligence.projections.exact_parts import to_decimal
from diligence.projections.query_costs import ALL
from diligence.projections.usage_rows import NOT_STATED, UsageRows

if TYPE_CHECKING:
    import pandas as pd

DISTINCT = "distinct users"
DAILY = "average users a day"
NOTE_DAILY = (
    "cost per active user counts the average users of a day, who are fewer than the users of a "
    "month: cost per monthly user is lower"
)


@dataclass(frozen=True)
class UserCost:
    """Serving cost a month of one active user of a group.

    ``user_months`` adds up the users of each month; ``basis`` says who counts as active:
    ``distinct users`` of the month, or ``average users a day`` where only daily totals are known.
    ``cost`` is that of the rows that name or count users.
    """

    dimension: str
    name: str
    cost: Decimal
    user_months: Fraction
    basis: str

    @property
    def per_month(self) -> Decimal:
        """Money a user and month."""
        return to_decimal(Fraction(self.cost) / self.user_months)


def user_costs(spread: CostSpread, dimension: str = ALL) -> tuple[UserCost, ...]:
    """Cost per active user and month by one dimension; empty when nobody is counted.

    Distinct users are counted where rows name them, else the users that daily totals state. A
    user in several rows of one day's totals counts in each.
    """
    columns = [] if dimension == ALL else [dimension]
    named = spread.rows.states("user")
    where = spread.rows.frame["user"] != "" if named else spread.rows.has_users
    months = _distinct(spread.rows, columns) if named else _daily(spread.rows, columns)
    costs = spread.fractions_by(columns, where=where) if where.any() else {}
    found = [
        UserCost(
            dimension=dimension,
            name=(key[0] or NOT_STATED) if key else ALL,
            cost=to_decimal(cost),
            user_months=months[key],
            basis=DISTINCT if named else DAILY,
        )
        for key, cost in costs.items()
        if months.get(key)
    ]
    return tuple(sorted(found, key=lambda item: (-item.per_month, item.name)))


def month_numbers(rows: UsageRows) -> pd.Series[int]:
    """Months since January 1970 of each row."""
    day = rows.frame["day"].dt
    months: pd.Series[int] = (day.year - 1970) * 12 + day.month - 1
    return months


def _distinct(rows: UsageRows, columns: list[str]) -> dict[tuple[str, ...], Fraction]:
    seen = rows.frame[[*columns, "user"]].assign(month=month_numbers(rows))
    seen = seen[seen["user"] != ""].drop_duplicates()
    return _counted(seen.assign(users=1), columns, "users")


def _daily(rows: UsageRows, columns: list[str]) -> dict[tuple[str, ...], Fraction]:
    """Users of the days of a month over its days in usage, added up over the months."""
    counted = rows.frame[[*columns, "active_users"]].assign(month=month_numbers(rows))
    days = rows.frame["day"].groupby(counted["month"]).nunique()
    totals: dict[tuple[str, ...], Fraction] = {}
    for month, part in counted.groupby("month"):
        for key, users in _counted(part, columns, "active_users").items():
            totals[key] = totals.get(key, Fraction(0)) + users / int(days.loc[month])
    return totals


def _counted(
    frame: pd.DataFrame, columns: list[str], count: str
) -> dict[tuple[str, ...], Fraction]:
    if not columns:
        return {(): Fraction(int(frame[count].sum()))}
    sums = frame.groupby(columns[0], observed=True)[count].sum()
    return {(str(name),): Fraction(int(total)) for name, total in sums.items()}
