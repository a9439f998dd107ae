"""What a paying user brings after serving cost: who loses money, how skewed usage is, cohorts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from diligence.errors import InputError
from diligence.projections.cohort_curve import CohortMonth, cohort_curve, cohort_notes
from diligence.projections.cost_spread import CostSpread
from diligence.projections.user_months import user_months
from diligence.units import Period, format_percent

if TYPE_CHECKING:
    import pandas as pd

DECILES = 10
_EQUAL = 1e-9
_NEEDS_USERS = "usage with a (hashed) user in every row"


@dataclass(frozen=True)
class UserGroup:
    """Paying users of one plan or one cost decile; money of the period as floats (statistics).

    ``members`` are user-months of a plan, or users of a decile; ``below_zero`` of them brought
    less than they cost to serve.
    """

    name: str
    members: int
    below_zero: int
    revenue: float
    cost: float

    @property
    def contribution(self) -> float:
        """Revenue less serving cost."""
        return self.revenue - self.cost

    @property
    def share_below_zero(self) -> float | None:
        """Share of the members who brought less than they cost; None without any."""
        return self.below_zero / self.members if self.members else None


@dataclass(frozen=True)
class UserEconomics:
    """Contribution per user: plan price less variable serving, over the users seen.

    Attributes
    ----------
    users, free_users, unpriced_users
        Users seen in the period who paid in at least one month; who never did; and whose plan
        has no known price, left out.
    below_zero
        Paying users whose serving cost more than they brought over their paying months.
    deciles
        Paying users by cost, the dearest tenth first.
    curve
        Contribution by signup month and months since, of all users with a known cohort.
    needs
        What is missing; then the figures are None.
    """

    period: Period
    currency: str
    users: int = 0
    free_users: int = 0
    unpriced_users: int = 0
    below_zero: int | None = None
    plans: tuple[UserGroup, ...] = ()
    deciles: tuple[UserGroup, ...] = ()
    curve: tuple[CohortMonth, ...] = ()
    notes: tuple[str, ...] = ()
    needs: str = ""

    @property
    def share_below_zero(self) -> float | None:
        """Share of the paying users seen who cost more than they bring."""
        return None if self.below_zero is None else self.below_zero / self.users

    @property
    def top_decile_share(self) -> float | None:
        """Share of paying users' cost that the dearest tenth of them takes."""
        total = sum(group.cost for group in self.deciles)
        return self.deciles[0].cost / total if total else None

    def to_frame(self) -> pd.DataFrame:
        """One row a plan, members being user-months."""
        return _group_frame(self.plans, "plan")

    def deciles_frame(self) -> pd.DataFrame:
        """One row a cost decile, dearest first, members being users."""
        return _group_frame(self.deciles, "decile")

    def curve_frame(self) -> pd.DataFrame:
        """One row a cohort and month since signing up."""
        import pandas as pd

        columns = ["cohort", "months_since", "users", "paying", "revenue", "cost"]
        columns += ["contribution", "per_user"]
        rows = [[getattr(item, column) for column in columns] for item in self.curve]
        return pd.DataFrame(rows, columns=columns)

    def summary(self) -> str:
        """Who was seen, who loses money, how skewed cost is."""
        if self.share_below_zero is None:
            return f"user economics not computable: needs {self.needs}"
        lines = [
            f"{self.users:,} paying users seen, {format_percent(self.share_below_zero)} of them "
            "below zero contribution"
        ]
        if self.top_decile_share is not None:
            share = format_percent(self.top_decile_share)
            lines.append(f"the dearest tenth takes {share} of paying users' serving cost")
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def user_economics(
    spread: CostSpread, plan_prices: Mapping[str, Decimal], *, currency: str = "USD"
) -> UserEconomics:
    """Contribution of the users seen: what their plan brings less what serving them costs.

    Parameters
    ----------
    spread
        Serving cost over usage whose rows name users.
    plan_prices
        Net revenue of one customer a month by plan, after payment fees and support where those
        are known. A user brings it in every month with paid usage; in a month on two plans the
        dearer one counts.

    Raises
    ------
    InputError
        When a price is negative or not finite.

    Examples
    --------
    >>> import pandas as pd
    >>> from diligence.projections.unit_costs import unit_costs
    >>> from diligence.units import parse_period
    >>> usage = pd.DataFrame(
    ...     {
    ...         "day": "2026-06-01",
    ...         "user": ["a", "b", "c", "d", "e"],
    ...         "plan": "Pro",
    ...         "input_tokens": [1, 1, 2, 6, 40],
    ...     }
    ... )
    >>> june = parse_period("2026-06")
    >>> costs = unit_costs(usage, Decimal(100), kind="request", period=june)
    >>> print(user_economics(costs.spread, {"Pro": Decimal(20)}).summary())
    5 paying users seen, 20.0 % of them below zero contribution
    the dearest tenth takes 80.0 % of paying users' serving cost

    The heaviest of five users takes 80 of the 100 that serving costs, and the five bring 100: a
    flat price works only as long as light users pay for heavy ones.
    """
    for plan, price in plan_prices.items():
        if not price.is_finite() or price < 0:
            raise InputError(f"price of plan {plan!r} is {price}; it needs at least 0 a month")
    rows = spread.rows
    needs = [] if rows.states("user") else [_NEEDS_USERS]
    needs += [] if plan_prices else ["net revenue per customer and month by plan"]
    needs += [] if rows.period.is_whole_months else ["a period of whole months"]
    if needs:
        return UserEconomics(rows.period, currency, needs=" and ".join(needs))
    months = user_months(spread, plan_prices)
    paying = months[months["is_paying"]]
    users = _by_user(paying)
    seen = set(months["user"])
    unpriced = set(months[months["is_unpriced"]]["user"]) - set(users.index)
    return UserEconomics(
        period=rows.period,
        currency=currency,
        users=len(users),
        free_users=len(seen) - len(users) - len(unpriced),
        unpriced_users=len(unpriced),
        below_zero=_losing(users) if len(users) else None,
        plans=_plans(paying),
        deciles=_deciles(users),
        curve=cohort_curve(rows, months),
        notes=tuple(_notes(spread, len(unpriced), plan_prices)),
        needs="" if len(users) else "paid usage of a plan with a known price",
    )


def _by_user(paying: pd.DataFrame) -> pd.DataFrame:
    return paying.groupby("user", sort=True)[["revenue", "cost"]].sum()


def _plans(paying: pd.DataFrame) -> tuple[UserGroup, ...]:
    return tuple(_group(str(name), part) for name, part in paying.groupby("plan", sort=True))


def _deciles(users: pd.DataFrame) -> tuple[UserGroup, ...]:
    """Tenths of the users, dearest first; a tenth of a user counts as one in the first ones."""
    if users.empty:
        return ()
    ranked = users.sort_values("cost", ascending=False, kind="stable")
    ends = [-(-len(ranked) * tenth // DECILES) for tenth in range(DECILES + 1)]
    return tuple(
        _group(str(tenth + 1), ranked.iloc[ends[tenth] : ends[tenth + 1]])
        for tenth in range(DECILES)
    )


def _group(name: str, part: pd.DataFrame) -> UserGroup:
    return UserGroup(
        name=name,
        members=len(part),
        below_zero=_losing(part),
        revenue=float(part["revenue"].sum()),
        cost=float(part["cost"].sum()),
    )


def _losing(part: pd.DataFrame) -> int:
    # a cost equal to the revenue must not count because of the last binary digit
    return int((part["cost"] > part["revenue"] * (1 + _EQUAL)).sum())


def _group_frame(groups: tuple[UserGroup, ...], name: str) -> pd.DataFrame:
    import pandas as pd

    columns = ["members", "below_zero", "share_below_zero", "revenue", "cost", "contribution"]
    rows = [[getattr(item, column) for column in ("name", *columns)] for item in groups]
    return pd.DataFrame(rows, columns=[name, *columns])


def _notes(spread: CostSpread, unpriced: int, plan_prices: Mapping[str, Decimal]) -> list[str]:
    notes = []
    nameless = (spread.rows.frame["user"] == "").to_numpy()
    if nameless.any():
        cost = float(spread.row_costs()[nameless].sum())
        notes.append(f"{int(nameless.sum()):,} rows without a user, costing {cost:,.2f}, left out")
    if unpriced:
        known = ", ".join(sorted(plan_prices))
        notes.append(f"{unpriced:,} users on plans without a price left out; priced: {known}")
    return notes + cohort_notes(spread.rows)
