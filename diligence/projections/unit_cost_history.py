"""Serving cost and usage of the same periods: money per token, per query and per active user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from diligence.errors import EstimationError, InputError
from diligence.projections.exact_parts import to_decimal
from diligence.projections.token_weights import TokenWeights
from diligence.projections.unit_cost_periods import ServedPeriod
from diligence.projections.unit_cost_usage import ServedUsage, served_usage
from diligence.projections.usage_rows import UsageKind
from diligence.units import Period, format_percent

if TYPE_CHECKING:
    import pandas as pd

ZERO = Decimal(0)
MTOK = 1_000_000
MOSTLY_OPEN = Decimal("0.5")
"""Width of the bound over the cost above which a period says nothing about a pace (house rule)."""

Measure = Literal["per_mtok_matched", "per_mtok", "per_query", "per_active_user"]
MEASURE_NAMES: Mapping[Measure, str] = {
    "per_mtok_matched": "serving cost per Mtok, features matched",
    "per_mtok": "serving cost per Mtok, all usage",
    "per_query": "serving cost per query",
    "per_active_user": "serving cost per active user a month",
}


@dataclass(frozen=True)
class UnitCostPoint:
    """Unit costs of one period; ``left_out`` says why no trend may use it.

    ``matched`` is the cost of a million tokens at the last period's mix of features, None where
    no chain reaches the period.
    """

    served: ServedPeriod
    usage: ServedUsage
    matched: Decimal | None = None
    left_out: str = ""

    @property
    def period(self) -> Period:
        """The period of cost and usage."""
        return self.served.period

    @property
    def per_mtok(self) -> Decimal | None:
        """Money per million tokens of all kinds; None without tokens."""
        return _per(self.served.cost * MTOK, self.usage.tokens)

    @property
    def per_mtok_matched(self) -> Decimal | None:
        """Money per million tokens at the last period's mix of features."""
        return self.matched

    @property
    def per_query(self) -> Decimal | None:
        """Money per request; None unless every row counts its requests."""
        return _per(self.served.cost, self.usage.requests)

    @property
    def per_active_user(self) -> Decimal | None:
        """Money per active user and month, of the cost whose rows name or count users."""
        cost = Fraction(self.served.cost) * self.usage.users_share
        return to_decimal(cost / self.usage.user_months) if self.usage.user_months else None

    @property
    def volume(self) -> Decimal | None:
        """Millions of tokens at the last period's mix: the cost over ``matched``."""
        return self.served.cost / self.matched if self.matched else None

    @property
    def revenue_per_mtok(self) -> Decimal | None:
        """Net revenue per million tokens at the last period's mix."""
        volume, revenue = self.volume, self.served.revenue
        return revenue / volume if revenue is not None and volume else None

    @property
    def basis(self) -> str:
        """Days with usage, and the share of the cost that is not settled."""
        days = f"{self.usage.days} of {self.period.days} days"
        if self.left_out:
            return f"{days}; left out: {self.left_out}"
        width = self.served.open_share
        return f"{days}, {format_percent(float(width), 0)} open" if width else days


@dataclass(frozen=True, eq=False)
class UnitCostHistory:
    """Unit costs of every period that has both a serving cost and usage, oldest first."""

    points: tuple[UnitCostPoint, ...]
    currency: str
    users_basis: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def used(self) -> tuple[UnitCostPoint, ...]:
        """Points that a trend may use."""
        return tuple(point for point in self.points if not point.left_out)

    def series(self, measure: Measure = "per_mtok_matched") -> pd.Series[float]:
        """One measure of the points in use, dated at the ends of their periods."""
        import pandas as pd

        values = {
            pd.Timestamp(point.period.end): float(value)
            for point in self.used
            if (value := getattr(point, measure))
        }
        return pd.Series(values, dtype=float, name=MEASURE_NAMES[measure]).sort_index()

    def to_frame(self) -> pd.DataFrame:
        """One row a period: cost with its bound, counts, unit costs, basis."""
        import pandas as pd

        rows = [
            {
                "period": point.period.label,
                "cost": point.served.cost,
                "cost_low": point.served.low,
                "cost_high": point.served.high,
                "tokens": point.usage.tokens,
                "requests": point.usage.requests,
                **{measure: getattr(point, measure) for measure in MEASURE_NAMES},
                "revenue_per_mtok": point.revenue_per_mtok,
                "basis": point.basis,
            }
            for point in self.points
        ]
        return pd.DataFrame(rows, dtype=object)

    def summary(self) -> str:
        """First and last unit cost of each measure, then the notes."""
        lines = [f"unit costs of {len(self.used)} of {len(self.points)} periods, {self.currency}"]
        for measure, name in MEASURE_NAMES.items():
            known = self.series(measure)
            if len(known):
                lines.append(f"{name}: {known.iloc[0]:,.4f} to {known.iloc[-1]:,.4f}")
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def unit_cost_history(
    served: Sequence[ServedPeriod],
    usage: pd.DataFrame,
    *,
    kind: UsageKind = "daily",
    weights: TokenWeights | None = None,
    currency: str = "USD",
) -> UnitCostHistory:
    """Join the serving cost of periods with their usage; periods without both are left out.

    The features of a product are matched: the change between two periods is that of each
    feature's cost per token, weighted by its share of cost in both (Törnqvist, chained), so that
    a flood of cheap tokens of a new feature is not a fall of cost. A feature's share of cost
    follows its tokens weighted at constant list prices.

    Parameters
    ----------
    served
        Serving cost of periods that do not overlap.
    usage
        Daily totals or single requests; columns as in ``usage/`` files.
    kind
        ``daily`` or ``request``: what one row is.
    weights
        How tokens weigh, the same in every period; the default ratios without.
    currency
        Of the costs, for the words.

    Raises
    ------
    InputError
        When the periods overlap, or a count cannot be used.

    Examples
    --------
    >>> import pandas as pd
    >>> from diligence.projections.unit_cost_periods import ServedPeriod
    >>> from diligence.units import parse_period
    >>> months = [parse_period("2026-05"), parse_period("2026-06")]
    >>> served = [
    ...     ServedPeriod(month, cost, cost, cost)
    ...     for month, cost in zip(months, (Decimal(60), Decimal(90)))
    ... ]
    >>> usage = pd.DataFrame(
    ...     {
    ...         "day": ["2026-05-01", "2026-05-31", "2026-06-01", "2026-06-30", "2026-06-30"],
    ...         "feature": ["chat", "chat", "chat", "chat", "filter"],
    ...         "input_tokens": [0, 0, 0, 0, 30_000_000],
    ...         "output_tokens": [10_000_000, 10_000_000, 15_000_000, 15_000_000, 0],
    ...     }
    ... )
    >>> history = unit_cost_history(served, usage)
    >>> [f"{point.per_mtok:.2f}" for point in history.points]
    ['3.00', '1.50']
    >>> [f"{point.per_mtok_matched:.2f}" for point in history.points]
    ['1.88', '1.50']

    Cost per token halved, but half of June's tokens are a new filter's cheap input. Chat, with
    four fifths of June's cost, went from 3.00 to 2.40 per Mtok: a fall of a fifth.
    """
    covered = _covered(served)
    if not covered:
        return UnitCostHistory((), currency)
    found = served_usage(usage, [item.period for item in covered], kind=kind, weights=weights)
    points = [
        UnitCostPoint(item, seen, left_out=_why_left_out(item, seen))
        for item in covered
        if (seen := found.by_period.get(item.period)) is not None
    ]
    matched = _matched([point for point in points if not point.left_out])
    notes = [*found.notes, *_open_note(points)]
    return UnitCostHistory(
        points=tuple(replace(point, matched=matched.get(point.period)) for point in points),
        currency=currency,
        users_basis=found.users_basis,
        notes=tuple(notes),
    )


def _covered(served: Sequence[ServedPeriod]) -> list[ServedPeriod]:
    ordered = sorted(served, key=lambda item: item.period)
    for before, after in pairwise(ordered):
        if before.period.overlaps(after.period):
            raise InputError(
                f"{before.period.label} and {after.period.label} overlap; give each cost once"
            )
    return ordered


def _why_left_out(served: ServedPeriod, usage: ServedUsage) -> str:
    if served.needs:
        return f"needs {served.needs}"
    if served.cost <= 0:
        return f"serving cost is {served.cost:,.2f}"
    if not usage.tokens:
        return "no token is counted"
    if served.open_share > MOSTLY_OPEN:
        return f"{format_percent(float(served.open_share), 0)} of the serving cost is not settled"
    return ""


def _matched(points: Sequence[UnitCostPoint]) -> dict[Period, Decimal]:
    """Cost per Mtok of each period at the last one's mix, chained backwards from it."""
    import pandas as pd

    from diligence.prices.price_index import price_index

    if not points or points[-1].per_mtok is None:
        return {}
    last = points[-1]
    rows = [
        (point.period.end, feature, float(point.served.cost * MTOK * part), tokens)
        for point in points
        for feature, (part, tokens) in point.usage.features.items()
        if tokens and part
    ]
    frame = pd.DataFrame(rows, columns=["period", "item", "cost", "quantity"])
    frame = frame.assign(price=frame["cost"] / frame["quantity"])
    level = float(last.served.cost * MTOK / last.usage.tokens)
    if len(points) == 1:
        return {last.period: Decimal(repr(level))}
    try:
        index = price_index(frame, method="tornqvist", base=last.period.end)
    except EstimationError:
        return {}
    return {
        point.period: Decimal(repr(level * entry.index))
        for point, entry in zip(points, index.points, strict=True)
    }


def _open_note(points: Sequence[UnitCostPoint]) -> list[str]:
    widest = max((p for p in points if not p.left_out), key=_openness, default=None)
    if widest is None or not widest.served.open_share:
        return []
    share = format_percent(float(widest.served.open_share), 0)
    return [
        f"up to {share} of a period's serving cost is not settled ({widest.period.label}); unit "
        "costs hold the base"
    ]


def _openness(point: UnitCostPoint) -> Decimal:
    return point.served.open_share


def _per(money: Decimal, count: int | None) -> Decimal | None:
    return money / count if count else None
