"""Red lines: thresholds as data by archetype, the firm's own on top, and which are crossed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import isnan
from typing import TYPE_CHECKING

from diligence.errors import InputError
from diligence.inputs.yaml_files import near_match
from diligence.projections.red_line_rules import RedLineRule, RedLineTable, load_red_lines
from diligence.projections.unit_costs import UnitCosts
from diligence.projections.usage_scale import PlanRevenue, paid_cost_by_plan
from diligence.projections.user_economics import UserEconomics

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "RedLine",
    "RedLineRule",
    "RedLineTable",
    "RedLines",
    "check_red_lines",
    "load_red_lines",
    "red_line_values",
]

Value = Decimal | float | None
Values = Mapping[str, Value | Mapping[str, Value]]


@dataclass(frozen=True)
class RedLine:
    """One red line held against one value.

    ``subject`` is the plan or feature it is about; empty for the company. ``crossed`` is None
    when the value is not known, and ``needs`` then says what would tell.
    """

    name: str
    subject: str
    text: str
    value: Decimal | float | None
    threshold: Decimal
    comparison: str
    unit: str
    crossed: bool | None
    source: str
    needs: str = ""


@dataclass(frozen=True)
class RedLines:
    """Every red line that applies; ``not_applied`` are those that do not, with the reason."""

    lines: tuple[RedLine, ...]
    not_applied: tuple[RedLineRule, ...]

    @property
    def crossed(self) -> tuple[RedLine, ...]:
        """Lines known to be crossed."""
        return tuple(line for line in self.lines if line.crossed)

    @property
    def unknown(self) -> tuple[RedLine, ...]:
        """Lines that nothing is known about yet."""
        return tuple(line for line in self.lines if line.crossed is None)

    def to_frame(self) -> pd.DataFrame:
        """One row a line and subject."""
        import pandas as pd

        columns = ["name", "subject", "value", "comparison", "threshold", "unit", "crossed"]
        columns += ["source", "needs"]
        rows = [[getattr(line, column) for column in columns] for line in self.lines]
        return pd.DataFrame(rows, columns=columns, dtype=object)

    def summary(self) -> str:
        """Crossed lines, then what the unknown ones need."""
        lines = [
            f"crossed: {_about(line)} is {line.value:.3g}, {line.comparison} {line.threshold:f}"
            for line in self.crossed
        ]
        lines += [f"not known: {_about(line)}: needs {line.needs}" for line in self.unknown]
        return "\n".join(lines) or "no red line is crossed"

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def check_red_lines(table: RedLineTable, values: Values) -> RedLines:
    """Hold values against the red lines of a table.

    Parameters
    ----------
    table
        Rules in force, from `load_red_lines`.
    values
        By name of the rule: a value, None when not known, or values by subject (a plan, a
        feature). Shares are fractions. A rule without an entry is not known.

    Raises
    ------
    InputError
        When a value names no rule; the message has the nearest.

    Examples
    --------
    >>> from datetime import date
    >>> from diligence.assumptions import AssumptionRegister
    >>> from diligence.inputs.deal import Archetype
    >>> day = date(2026, 6, 30)
    >>> table = load_red_lines(
    ...     Archetype.APPLICATION, register=AssumptionRegister.load(day), as_of=day
    ... )
    >>> found = check_red_lines(table, {"cogs_to_arpu": {"Pro": 0.42, "Team": 0.18}})
    >>> print(found.summary().splitlines()[0])
    crossed: cogs_to_arpu of Pro is 0.42, above 0.3
    >>> len(found.unknown)
    6

    Two plans are judged and six lines are open: silence about a red line is a question to ask.
    """
    known = [rule.name for rule in table.rules]
    for name in values:
        if name not in known:
            raise InputError(f"no red line is named {name!r}; known: {near_match(name, known)}")
    applied = [rule for rule in table.rules if rule.applies]
    return RedLines(
        lines=tuple(line for rule in applied for line in _lines(rule, values.get(rule.name))),
        not_applied=tuple(rule for rule in table.rules if not rule.applies),
    )


def red_line_values(
    *,
    costs: UnitCosts | None = None,
    users: UserEconomics | None = None,
    revenue: Mapping[str, PlanRevenue] | None = None,
    blended_margin: Value = None,
    idle_reservation: Value = None,
    single_provider: Value = None,
    unresolved: Value = None,
) -> dict[str, Value | Mapping[str, Value]]:
    """Gather what the red lines compare; what is left out is not known.

    Parameters
    ----------
    costs, users, revenue
        Unit costs, user economics and revenue by plan of one period.
    blended_margin, idle_reservation, single_provider, unresolved
        Shares (fractions of 1) that the split, the contracts and the suppliers give.
    """
    return {
        "cogs_to_arpu": _cogs_to_arpu(costs, revenue or {}),
        "blended_margin": blended_margin,
        "query_tail": _tails(costs),
        "idle_reservation": idle_reservation,
        "single_provider": single_provider,
        "unresolved": unresolved,
        "users_below_zero": users.share_below_zero if users else None,
    }


def _cogs_to_arpu(
    costs: UnitCosts | None, revenue: Mapping[str, PlanRevenue]
) -> Mapping[str, Value] | None:
    if costs is None or not costs.by("plan"):
        return None
    paid, _ = paid_cost_by_plan(costs)
    shares: dict[str, Value] = {}
    for plan, cost in paid.items():
        total = revenue[plan].total if plan in revenue else Decimal(0)
        shares[plan] = cost / total if total > 0 else None
    return shares


def _tails(costs: UnitCosts | None) -> Mapping[str, Value] | None:
    if costs is None or costs.query.tail is None:
        return None
    return {"": costs.query.tail} | {item.name: item.tail for item in costs.by("feature")}


def _lines(rule: RedLineRule, given: Value | Mapping[str, Value]) -> Iterator[RedLine]:
    by_subject = given if isinstance(given, Mapping) and given else {"": given}
    for subject, value in by_subject.items():
        known = None if isinstance(value, Mapping) or _is_unknown(value) else value
        yield RedLine(
            name=rule.name,
            subject=subject,
            text=rule.text,
            value=known,
            threshold=rule.threshold,
            comparison=rule.comparison,
            unit=rule.unit,
            crossed=None if known is None else rule.is_crossed_by(known),
            source=rule.source,
            needs=rule.needs if known is None else "",
        )


def _is_unknown(value: Value) -> bool:
    return value is None or isnan(value)


def _about(line: RedLine) -> str:
    return f"{line.name} of {line.subject}" if line.subject else line.name
