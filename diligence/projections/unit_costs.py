"""Unit costs: what a token, a query, a task and a user cost to serve, from the actual bill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from diligence.errors import InputError
from diligence.prices import DatedPrices
from diligence.projections.agent_tasks import TaskCosts, task_costs
from diligence.projections.cost_spread import CostSpread, spread_cost
from diligence.projections.query_costs import ALL, QueryCost, query_costs, query_frame
from diligence.projections.token_weights import TokenWeights, token_weights
from diligence.projections.usage_rows import TOKEN_KINDS, UsageKind, UsageRows, covers, usage_rows
from diligence.projections.user_costs import DAILY, NOTE_DAILY, UserCost, user_costs
from diligence.projections.weighed_rows import BARE
from diligence.units import Period, format_percent

if TYPE_CHECKING:
    import pandas as pd

ZERO = Decimal(0)
MTOK = Decimal(1_000_000)
_USER_DIMENSIONS = ("plan", "payer")
_ONLY_MEAN = "median and p95 of a query need usage request by request; daily totals give the mean"
_NO_PRICES = "no price book given: the tokens of every model weigh alike, at default ratios"


@dataclass(frozen=True)
class TokenCost:
    """Cost of one token kind, or of what is driven by another count.

    ``count`` is tokens (or requests, retrievals, calls) of the period.
    """

    kind: str
    cost: Decimal
    count: int

    @property
    def per_million(self) -> Decimal | None:
        """Money for a million; None without any."""
        return self.cost * MTOK / self.count if self.count else None


@dataclass(frozen=True, eq=False)
class UnitCosts:
    """Serving cost of a period by token, query, task and user, in reporting currency.

    Volume times unit cost is the serving cost: the groups of each dimension, and the kinds, add
    up to it exactly. ``recurring_tuning`` stands beside it and is in no unit cost.
    """

    period: Period
    currency: str
    serving_cost: Decimal
    recurring_tuning: Decimal
    kinds: tuple[TokenCost, ...]
    queries: tuple[QueryCost, ...]
    users: tuple[UserCost, ...]
    tasks: TaskCosts | None
    reasoning_cost: Decimal
    retries_share: float | None
    spread: CostSpread = field(repr=False)
    notes: tuple[str, ...] = ()

    @property
    def tokens(self) -> int:
        """Tokens of all kinds in the period."""
        return sum(item.count for item in self.kinds if item.kind in TOKEN_KINDS)

    @property
    def per_mtok(self) -> Decimal | None:
        """All serving cost over all tokens, money per million; None without tokens."""
        return self.serving_cost * MTOK / self.tokens if self.tokens else None

    @property
    def query(self) -> QueryCost:
        """All queries together."""
        return self.by(ALL)[0]

    def by(self, dimension: str) -> tuple[QueryCost, ...]:
        """Queries by a dimension, dearest group first; empty when no row states it."""
        return tuple(item for item in self.queries if item.dimension == dimension)

    def users_by(self, dimension: str) -> tuple[UserCost, ...]:
        """Active users by plan, payer or ``all``; empty when nobody is counted."""
        return tuple(item for item in self.users if item.dimension == dimension)

    def cost_of(self, dimension: str, name: str) -> Decimal | None:
        """Serving cost of one group; None when usage does not have it."""
        found = (item.cost for item in self.by(dimension) if item.name == name)
        return next(found, None)

    def monthly_cost_of(self, dimension: str, name: str) -> Decimal | None:
        """Serving cost of one group a month; None when usage does not have it.

        Of payer ``free`` it is what `costs.free_tier.free_tier_cost_per_conversion` asks for.

        Raises
        ------
        PeriodError
            When the period is not a whole number of months.
        """
        cost = self.cost_of(dimension, name)
        return None if cost is None else cost / self.period.months

    def to_frame(self) -> pd.DataFrame:
        """One row a group of queries."""
        return query_frame(self.queries)

    def kinds_frame(self) -> pd.DataFrame:
        """One row a token kind or other count."""
        import pandas as pd

        rows = [[item.kind, item.cost, item.count, item.per_million] for item in self.kinds]
        columns = ["kind", "cost", "count", "per_million"]
        return pd.DataFrame(rows, columns=columns, dtype=object)

    def users_frame(self) -> pd.DataFrame:
        """One row a group of active users."""
        import pandas as pd

        columns = ["dimension", "name", "cost", "user_months", "per_month", "basis"]
        rows = [[getattr(item, column) for column in columns] for item in self.users]
        frame = pd.DataFrame(rows, columns=columns, dtype=object)
        return frame.assign(user_months=frame["user_months"].astype(float))

    def summary(self) -> str:
        """The bill, then cost per token, query, user and task, then the notes."""
        lines = [f"{self.period.label}: serving {self.currency} {self.serving_cost:,.2f}"]
        if self.recurring_tuning:
            lines.append(f"recurring fine-tuning apart: {self.recurring_tuning:,.2f}")
        if self.per_mtok is not None:
            lines.append(f"{self.per_mtok:,.4f} per Mtok, all-in")
        lines.append(_query_line(self.query))
        lines += [
            f"{item.per_month:,.4f} per user and month ({item.basis})"
            for item in self.users_by(ALL)
        ]
        lines += [self.tasks.summary()] if self.tasks else []
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def unit_costs(
    usage: pd.DataFrame,
    serving_cost: Decimal,
    *,
    kind: UsageKind,
    period: Period,
    prices: DatedPrices | None = None,
    weights: TokenWeights | None = None,
    components: Mapping[str, Decimal] | None = None,
    requests: pd.DataFrame | None = None,
    recurring_tuning: Decimal = ZERO,
    currency: str = "USD",
) -> UnitCosts:
    """Spread the actual serving cost of a period over its usage.

    Parameters
    ----------
    usage
        Daily totals or single requests; columns as in ``usage/`` files, missing ones not stated.
        ``output_tokens`` hold ``reasoning_tokens``; ``input_tokens`` are those not read from a
        cache. Token counts are taken to hold the retries.
    serving_cost
        Inference cost of the period in reporting currency, without recurring fine-tuning.
    kind
        ``daily`` or ``request``: what one row is.
    period
        The period of the cost.
    prices, weights
        How tokens weigh: list prices of a day, or weights made before, which win. With neither
        the default ratios hold, and a note says so.
    components
        Parts of the cost by name: tokens, retrieval, tools, guardrails, hosting.
    requests
        Single requests that stand beside daily totals, for median, p95 and tasks; those outside
        the period are left out.
    recurring_tuning
        Fine-tuning that keeps the product where it is, shown apart.

    Raises
    ------
    InputError
        When a count or an amount is negative, or usage has nothing in the period.

    Examples
    --------
    >>> import pandas as pd
    >>> from diligence.units import parse_period
    >>> usage = pd.DataFrame(
    ...     {
    ...         "day": ["2026-06-01", "2026-06-01"],
    ...         "plan": ["Pro", "Free"],
    ...         "requests": [100, 300],
    ...         "input_tokens": [6_000, 18_000],
    ...         "output_tokens": [1_000, 500],
    ...     }
    ... )
    >>> june = parse_period("2026-06")
    >>> costs = unit_costs(usage, Decimal(30), kind="daily", period=june)
    >>> [(item.name, f"{item.cost:.2f}", f"{item.mean:.3f}") for item in costs.by("plan")]
    [('Free', '20.00', '0.067'), ('Pro', '10.00', '0.100')]

    Output weighs four times input: 10,000 weighted tokens of Pro against 20,000 of Free. A Pro
    query is dearer, but the free plan takes two thirds of the bill.
    """
    if not recurring_tuning.is_finite() or recurring_tuning < 0:
        raise InputError(f"recurring_tuning is {recurring_tuning}; it needs at least 0")
    rows = usage_rows(usage, kind=kind, period=period)
    sample = _sample(requests, period)
    weighing = weights or _weights(rows, sample, prices)
    spread = spread_cost(rows, weighing, serving_cost=serving_cost, components=components)
    dimensions = (ALL, *rows.dimensions)
    return UnitCosts(
        period=period,
        currency=currency,
        serving_cost=serving_cost,
        recurring_tuning=recurring_tuning,
        kinds=_kinds(spread),
        queries=tuple(
            item for name in dimensions for item in query_costs(spread, name, sample=sample)
        ),
        users=_users(spread),
        tasks=task_costs(spread, sample=sample),
        reasoning_cost=spread.reasoning_cost(),
        retries_share=_retries_share(spread),
        spread=spread,
        notes=tuple(_notes(spread, sample, prices or weights)),
    )


def _weights(rows: UsageRows, sample: UsageRows | None, prices: DatedPrices | None) -> TokenWeights:
    import pandas as pd

    if prices is None:
        return TokenWeights.default()
    frames = [item.frame[["provider", "model"]] for item in (rows, sample) if item is not None]
    names = pd.concat([frame.drop_duplicates().astype(str) for frame in frames])
    return token_weights(names, prices)


def _sample(requests: pd.DataFrame | None, period: Period) -> UsageRows | None:
    if requests is None or requests.empty or not covers(requests, period):
        return None
    return usage_rows(requests, kind="request", period=period)


def _kinds(spread: CostSpread) -> tuple[TokenCost, ...]:
    frame = spread.weighed.frame
    return tuple(
        TokenCost(kind, cost, int(frame[kind].sum()))
        for kind, cost in spread.cost_by_kind().items()
        if cost or kind in TOKEN_KINDS
    )


def _users(spread: CostSpread) -> tuple[UserCost, ...]:
    stated = [name for name in _USER_DIMENSIONS if spread.rows.states(name)]
    return tuple(item for name in (ALL, *stated) for item in user_costs(spread, name))


def _retries_share(spread: CostSpread) -> float | None:
    """Share of cost in attempts after the first, each attempt of a row at the same cost."""
    frame = spread.rows.frame
    if "retries" not in spread.rows.counted or not spread.serving_cost:
        return None
    attempts = (frame["requests"] + frame["retries"]).clip(lower=1)
    wasted = spread.row_costs() * (frame["retries"] / attempts).to_numpy()
    return float(wasted.sum()) / float(spread.serving_cost)


def _notes(spread: CostSpread, sample: UsageRows | None, weighed_by: object | None) -> list[str]:
    notes = [*spread.rows.notes, *spread.weights.notes, *spread.notes]
    notes += _unlisted_note(spread) if weighed_by else [_NO_PRICES]
    if spread.rows.kind == "daily":
        notes += [_ONLY_MEAN] if sample is None else [_sample_note(sample)]
    if any(item.basis == DAILY for item in user_costs(spread)):
        notes.append(NOTE_DAILY)
    if spread.weighed.frame[BARE].any() and spread.rows.kind == "request":
        notes.append("median and p95 hold requests at the mean weight, so the tail is too short")
    return notes


def _unlisted_note(spread: CostSpread) -> list[str]:
    share = spread.unlisted_share()
    if not share:
        return []
    return [f"{format_percent(float(share))} of token cost is on models without a list price"]


def _sample_note(sample: UsageRows) -> str:
    return (
        f"median and p95 are of {len(sample.frame):,} single requests, costed at the rates that "
        "the daily totals give"
    )


def _query_line(query: QueryCost) -> str:
    if query.mean is None:
        return "cost per query not computable: needs requests of every row"
    line = f"{query.mean:,.6f} per query ({query.queries:,} queries)"
    if query.median is None or query.p95 is None:
        return line
    return f"{line}, median {query.median:,.6f}, p95 {query.p95:,.6f}"
