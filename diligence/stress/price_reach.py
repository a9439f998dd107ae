"""When a price can first move, and when a scenario's path has brought it to k*."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np

from diligence.projections.company_model import CompanyModel, PricedLine, PriceKey
from diligence.projections.shocks import Array, Shock
from diligence.stress.break_even import Target
from diligence.stress.break_points import BreakPoint
from diligence.stress.model_break_even import exposed_lines
from diligence.stress.scenarios import Scenario
from diligence.units.periods import month_of

_CLOSE = 1e-9


@dataclass(frozen=True)
class FirstMove:
    """When the price of one supplier's model can first move.

    ``on`` is the first day of the first month that no lock covers; where lines of one price have
    several locks it is the earliest. ``cost_per_month`` is all cost, or revenue, at that price.
    """

    key: PriceKey
    locked_months: int
    on: date
    cost_per_month: float

    def to_json(self) -> dict[str, Any]:
        """Shape of ``diligence stress --json``."""
        return {
            "price": self.key.label,
            "locked_months": self.locked_months,
            "first_move": self.on.isoformat(),
            "cost_per_month": self.cost_per_month,
        }


@dataclass(frozen=True)
class Reached:
    """When a scenario brings a price to k*: a level that is reached, not yet cash that is out.

    ``month`` counts from 1; None when it is never reached within the horizon, or stands there
    today. The price is that of the same work: more tokens for it count as a dearer price, and a
    locked price has not moved.
    """

    scenario: str
    key: PriceKey
    rung: str
    target: Target
    k: float
    status: Literal["reached", "never", "already"]
    month: int | None = None
    on: date | None = None

    def to_json(self) -> dict[str, Any]:
        """Shape of ``diligence stress --json``."""
        return {
            "scenario": self.scenario,
            "price": self.key.label,
            "rung": self.rung,
            "target": self.target,
            "k": self.k,
            "status": self.status,
            "month": self.month,
            "on": self.on.isoformat() if self.on else None,
        }


def first_moves(model: CompanyModel, after: date) -> tuple[FirstMove, ...]:
    """When each price can first move.

    Parameters
    ----------
    after
        Date of the analysis.

    Examples
    --------
    >>> from diligence.projections.company_model import SegmentModel
    >>> line = PricedLine(PriceKey("tokens", "buy", "OpenAI"), paid=3.0, locked_months=6)
    >>> model = CompanyModel("A", "USD", (SegmentModel("", 10.0, lines=(line,)),))
    >>> first_moves(model, date(2026, 6, 30))[0].on.isoformat()
    '2027-01-01'
    """
    found = []
    for key in model.keys:
        lines = exposed_lines(model, key)
        months = min(line.locked_months for line in lines)
        money = sum(line.cost + line.sold for line in lines)
        found.append(FirstMove(key, months, _first_day(after, months + 1), money))
    return tuple(found)


def reached(
    model: CompanyModel,
    points: Iterable[BreakPoint],
    scenarios: Sequence[Scenario],
    *,
    after: date,
    months: int,
) -> tuple[Reached, ...]:
    """Say when each scenario's path reaches each k*.

    Parameters
    ----------
    points
        k* to reach; one without a k, or a scenario that moves nothing of its price, is left out.
    after
        Date of the analysis.
    months
        Horizon.
    """
    shocks = [(one, one.shock(model.keys, months=months, after=after)) for one in scenarios]
    levels: dict[tuple[PricedLine, ...], list[Array | None]] = {}
    found = []
    for point in points:
        if point.k is None:
            continue
        lines = exposed_lines(model, point.key)
        if lines not in levels:
            levels[lines] = [_moved_work(lines, shock) for _, shock in shocks]
        for (scenario, _), level in zip(shocks, levels[lines], strict=True):
            if level is not None:
                found.append(_reached(scenario.name, point, point.k, level, after))
    return tuple(found)


def price_of_work(model: CompanyModel, shock: Shock, key: PriceKey) -> Array:
    """Price of the same work over today's by month: list prices, locks and tokens together.

    Several prices are weighed by today's money.

    Examples
    --------
    A price that is locked for a month and then doubles, on half of the cost:

    >>> from diligence.projections.company_model import SegmentModel
    >>> from diligence.projections.shocks import constant_price_shock
    >>> lines = (PricedLine(PriceKey("tokens", "buy", "A"), paid=1.0, locked_months=1),
    ...     PricedLine(PriceKey("tokens", "buy", "B"), paid=1.0))
    >>> model = CompanyModel("X", "USD", (SegmentModel("", 10.0, lines=lines),))
    >>> shock = constant_price_shock(PriceKey("tokens", "buy", "A"), 2.0, months=3)
    >>> price_of_work(model, shock, PriceKey("tokens", "buy")).tolist()
    [1.0, 1.5, 1.5]
    """
    level = _moved_work(exposed_lines(model, key), shock)
    return np.ones(shock.months) if level is None else level


def _moved_work(lines: Sequence[PricedLine], shock: Shock) -> Array | None:
    """Price of the work of some lines; None when a shock moves nothing of it."""
    prices = [shock.price(line.key) for line in lines]
    total = sum(line.cost + line.sold for line in lines)
    moves = any(price is not None and np.any(price != 1.0) for price in prices)
    works = any(line.paid or line.unpaid for line in lines)
    if shock.tokens is not None and works:
        moves = moves or bool(np.any(shock.tokens != 1.0))
    if not total or not moves:
        return None
    level = np.ones(shock.months)
    for line, price in zip(lines, prices, strict=True):
        level += (line.cost + line.sold) / total * (_line_path(line, price, shock) - 1.0)
    return level


def _line_path(line: PricedLine, price: Array | None, shock: Shock) -> Array:
    path = np.ones(shock.months) if price is None else price[:, 0]
    if line.locked_months:
        path = np.where(np.arange(1, shock.months + 1) <= line.locked_months, 1.0, path)
    if shock.tokens is None or line.sold or not (line.paid or line.unpaid):
        return path
    serving = (line.paid + line.unpaid) / line.cost
    return np.asarray(path * (1.0 + serving * (shock.tokens[:, 0] - 1.0)))


def _reached(name: str, point: BreakPoint, k: float, level: Array, after: date) -> Reached:
    stem = (name, point.key, point.rung, point.target, k)
    if point.status == "already_below":
        return Reached(*stem, "already")
    there = level <= k * (1 + _CLOSE) if point.key.side == "sell" else level >= k * (1 - _CLOSE)
    if not there.any():
        return Reached(*stem, "never")
    month = int(there.argmax()) + 1
    return Reached(*stem, "reached", month, _first_day(after, month))


def _first_day(after: date, month: int) -> date:
    return month_of(after).shifted(month).start
