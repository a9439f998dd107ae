"""Contribution by signup month and months since: do cohorts earn more or less as they age."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from diligence.projections.usage_rows import UsageRows

if TYPE_CHECKING:
    import pandas as pd

_COHORT = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_UNKNOWN = -1


@dataclass(frozen=True)
class CohortMonth:
    """Users of one signup month some months later; money of that month as floats.

    ``users`` were active, of whom ``paying`` paid; the others' cost counts too.
    """

    cohort: str
    months_since: int
    users: int
    paying: int
    revenue: float
    cost: float

    @property
    def contribution(self) -> float:
        """Revenue less serving cost of the cohort in that month."""
        return self.revenue - self.cost

    @property
    def per_user(self) -> float:
        """Contribution of one active user."""
        return self.contribution / self.users


def cohort_curve(rows: UsageRows, months: pd.DataFrame) -> tuple[CohortMonth, ...]:
    """Add up user-months by cohort and age, in that order; a user keeps the earliest cohort."""
    signup = _signup_months(rows)
    joined = months.assign(signup=months["user"].map(signup).fillna(_UNKNOWN).astype("int64"))
    joined = joined.assign(age=joined["month"] - joined["signup"])
    known = joined[(joined["signup"] != _UNKNOWN) & (joined["age"] >= 0)]
    sums = known.groupby(["signup", "age"], sort=True).agg(
        users=("user", "size"),
        paying=("is_paying", "sum"),
        revenue=("revenue", "sum"),
        cost=("cost", "sum"),
    )
    return tuple(
        CohortMonth(_month_name(signup), int(age), int(users), int(paying), revenue, cost)
        for (signup, age), users, paying, revenue, cost in sums.itertuples(name=None)
    )


def cohort_notes(rows: UsageRows) -> list[str]:
    """Name cohorts that are no month, which the curve leaves out."""
    names = [str(name) for name in rows.frame["cohort"].cat.categories]
    wrong = [name for name in names if name and not _COHORT.fullmatch(name)]
    if not wrong:
        return []
    return [f"cohorts left out of the curve, not written 2026-01: {', '.join(wrong)}"]


def _signup_months(rows: UsageRows) -> pd.Series[int]:
    """Months since January 1970 of signing up, by the user's position."""
    import numpy as np

    cohort = rows.frame["cohort"].cat
    numbers = np.array([_month_number(str(name)) for name in cohort.categories])
    signup = rows.frame["user"].cat.codes.to_frame("user")
    signup = signup.assign(signup=numbers[cohort.codes.to_numpy()])
    stated = signup[signup["signup"] != _UNKNOWN].drop_duplicates()
    earliest: pd.Series[int] = stated.groupby("user")["signup"].min()
    return earliest


def _month_number(cohort: str) -> int:
    found = _COHORT.fullmatch(cohort)
    return (int(found[1]) - 1970) * 12 + int(found[2]) - 1 if found else _UNKNOWN


def _month_name(number: int) -> str:
    return f"{1970 + number // 12}-{number % 12 + 1:02d}"
