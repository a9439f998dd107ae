"""Usage counted by period: tokens, requests, users, and each feature's share of the cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from diligence.projections.exact_parts import to_decimal
from diligence.projections.token_weights import TokenWeights
from diligence.projections.usage_rows import (
    NOT_STATED,
    TOKEN_KINDS,
    UsageKind,
    UsageRows,
    covers,
    usage_rows,
)
from diligence.projections.user_costs import DAILY, DISTINCT
from diligence.projections.weighed_rows import ModelSums, weigh_rows
from diligence.units import Period

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

NOTHING = Fraction(0)
SHARE_QUANTUM = Decimal("1e-12")
_PLACE = "place_of_period"
_NAMED = "names_users"
NO_TOKENS = (0,) * len(TOKEN_KINDS)


@dataclass(frozen=True)
class ServedUsage:
    """Counts of one period.

    ``kinds`` are tokens in the order of ``usage_rows.TOKEN_KINDS``, and so are those ``by_model``
    (provider and model; "" for models without a weight of their own). ``weighted`` counts the
    tokens at constant weights. ``features`` holds each feature's share of
    them, and its tokens. ``requests`` is None unless every row states them. ``users_share`` is the
    share of weighted tokens whose rows name or count users.
    """

    days: int
    kinds: tuple[int, ...]
    by_model: Mapping[tuple[str, str], tuple[int, ...]]
    weighted: Fraction
    requests: int | None
    user_months: Fraction
    users_share: Fraction
    features: Mapping[str, tuple[Decimal, int]]

    @property
    def tokens(self) -> int:
        """Tokens of all kinds."""
        return sum(self.kinds)


@dataclass(frozen=True)
class UsageByPeriod:
    """Usage of the periods that have any, how users were counted, and what to bear in mind."""

    by_period: Mapping[Period, ServedUsage]
    users_basis: str = ""
    notes: tuple[str, ...] = ()


def served_usage(
    usage: pd.DataFrame,
    periods: Sequence[Period],
    *,
    kind: UsageKind,
    weights: TokenWeights | None = None,
) -> UsageByPeriod:
    """Count the usage of each period that it covers to both ends.

    Parameters
    ----------
    usage
        Daily totals or single requests, as in ``usage/`` files.
    periods
        Periods that do not overlap, oldest first. The first or last is left out, with a note, when
        usage begins after its start or ends before its end.
    kind
        What one row is.
    weights
        How tokens weigh when cost is shared out by feature; the default ratios without.

    Raises
    ------
    InputError
        When a count is negative or not whole, or usage has no days.
    """
    inside = [period for period in periods if covers(usage, period)]
    if not inside:
        return UsageByPeriod({})
    whole = Period(inside[0].start, inside[-1].end)
    rows = usage_rows(usage, kind=kind, period=whole)
    first, last = rows.frame["day"].min().date(), rows.frame["day"].max().date()
    kept = [p for p in inside if p.start >= first and p.end <= last]
    partly = [period.label for period in inside if period not in kept]
    notes = [f"usage covers {name} only in part: left out" for name in partly]
    if not kept:
        return UsageByPeriod({}, notes=tuple(notes))
    counted = _counted(rows, kept, weights or TokenWeights.default())
    return UsageByPeriod(counted, _users_basis(rows), tuple(notes))


class _Tally:
    """Running sums of one period."""

    def __init__(self) -> None:
        self.weighted: dict[str, Fraction] = {}
        self.tokens: dict[str, int] = {}
        self.by_model: dict[tuple[str, str], tuple[int, ...]] = {}
        self.kinds = NO_TOKENS
        self.with_users = NOTHING

    def add(self, sums: ModelSums, *, feature: str, with_users: bool) -> None:
        counts = tuple(sums.counts[kind] for kind in TOKEN_KINDS)
        weighted = sums.weighted_tokens
        name = (sums.model.provider, sums.model.model)
        self.weighted[feature] = self.weighted.get(feature, NOTHING) + weighted
        self.tokens[feature] = self.tokens.get(feature, 0) + sum(counts)
        self.by_model[name] = _added(self.by_model.get(name, NO_TOKENS), counts)
        self.kinds = _added(self.kinds, counts)
        self.with_users += weighted if with_users else NOTHING


def _added(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(one, other, strict=True))


def _counted(
    rows: UsageRows, periods: Sequence[Period], weights: TokenWeights
) -> dict[Period, ServedUsage]:
    place, named = _places(rows.frame["day"], periods), _with_users(rows)
    weighed = weigh_rows(rows, weights)
    frame = weighed.frame.assign(place_of_period=place, names_users=named)
    weighed = replace(weighed, frame=frame)
    tallies = [_Tally() for _ in periods]
    for sums in weighed.sums([_PLACE, "feature", _NAMED], where=frame[_PLACE] >= 0):
        at, feature, has_users = sums.key
        tally = tallies[int(at)]
        tally.add(sums, feature=feature or NOT_STATED, with_users=has_users == str(True))
    frame = rows.frame.assign(has=rows.has_requests, named=named)
    parts = ((period, place == at, tallies[at]) for at, period in enumerate(periods))
    return {
        period: _period_usage(frame[where], tally, names=rows.states("user"))
        for period, where, tally in parts
        if where.any()
    }


def _places(day: pd.Series[pd.Timestamp], periods: Sequence[Period]) -> npt.NDArray[np.int64]:
    """Position of each day's period; -1 between periods."""
    import numpy as np
    import pandas as pd

    starts = pd.to_datetime([period.start for period in periods]).to_numpy()
    ends = pd.to_datetime([period.end for period in periods]).to_numpy()
    days = day.to_numpy()
    place = np.searchsorted(starts, days, side="right") - 1
    return np.where((place >= 0) & (days <= ends[np.maximum(place, 0)]), place, -1)


def _period_usage(frame: pd.DataFrame, tally: _Tally, *, names: bool) -> ServedUsage:
    weighted = sum(tally.weighted.values(), NOTHING)
    return ServedUsage(
        days=int(frame["day"].nunique()),
        kinds=tally.kinds,
        by_model=tally.by_model,
        weighted=weighted,
        requests=int(frame["requests"].sum()) if frame["has"].all() else None,
        user_months=_user_months(frame[frame["named"]], names=names),
        users_share=tally.with_users / weighted if weighted else NOTHING,
        features={
            feature: (to_decimal(part / weighted, SHARE_QUANTUM), tally.tokens[feature])
            for feature, part in tally.weighted.items()
            if weighted
        },
    )


def _with_users(rows: UsageRows) -> pd.Series[bool]:
    return rows.frame["user"] != "" if rows.states("user") else rows.has_users


def _user_months(frame: pd.DataFrame, *, names: bool) -> Fraction:
    """Distinct users of each month, or the average users of its days, added up over the months."""
    month = frame["day"].dt.to_period("M")
    if names:
        return Fraction(int(frame["user"].astype(str).groupby(month).nunique().sum()))
    by_month = frame["active_users"].groupby(month).sum()
    days = frame["day"].groupby(month).nunique()
    pairs = zip(by_month.to_numpy().tolist(), days.to_numpy().tolist(), strict=True)
    return sum((Fraction(int(users), int(count)) for users, count in pairs), NOTHING)


def _users_basis(rows: UsageRows) -> str:
    if rows.states("user"):
        return DISTINCT
    return DAILY if rows.has_users.any() else ""
