"""The months ahead of one company: P&L by rung, cash, and what is paid beside inference.

One code for one deterministic path and for ten thousand: arrays have the shape (months, paths),
with a single column where nothing differs between paths.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from diligence.projections.company_model import CompanyModel, SegmentModel
from diligence.projections.responses import CreditTerm, Lever, SegmentResponse
from diligence.projections.shocks import Array, Shock
from diligence.projections.supply_choices import line_cost

LEAST_PRICE = 0.01
"""A customers' price falls to a hundredth at most: below it elasticities mean nothing."""


@dataclass(frozen=True)
class SegmentMonths:
    """Revenue and cost of one segment by month and path."""

    name: str
    revenue: Array
    paid_cost: Array
    unpaid_cost: Array


@dataclass(frozen=True)
class CompanyMonths:
    """All months of one company; arrays (months, paths) in reporting currency.

    ``response_cost`` is what levers, switching and unused commitments cost: outside inference, in
    the operating result. ``cash_burn`` is positive when cash is used; None where unknown.
    """

    segments: tuple[SegmentMonths, ...]
    revenue: Array
    paid_cost: Array
    fully_loaded_cost: Array
    after_training_cost: Array
    response_cost: Array
    operating_result: Array
    cash_burn: Array | None


def run_months(
    model: CompanyModel, shock: Shock, *, lever_success: Sequence[Array] | None = None
) -> CompanyMonths:
    """Run a company through the months of a shock.

    Parameters
    ----------
    model
        One month at run rate, with the responses that are switched on.
    shock
        What moves from outside. An empty one gives the baseline, and a shock of ones gives exactly
        the same figures.
    lever_success
        One array of 0 or 1, shape (1, paths), for each lever; all succeed when left out.

    Returns
    -------
    CompanyMonths
        Arrays of shape (months, paths), or (months, 1) for what no path moves.
    """
    setting = _setting(model, shock, lever_success)
    parts = [_segment(part, setting) for part in model.segments]
    revenue = _sum(part.months.revenue for part in parts)
    paid = _sum(part.months.paid_cost for part in parts)
    loaded = paid + _sum(part.months.unpaid_cost for part in parts)
    retraining = 1.0 if shock.retraining is None else shock.retraining
    steady = model.training_steady_other + _sum(part.lines.training_steady for part in parts)
    cash = model.training_cash_other + _sum(part.lines.training_cash for part in parts)
    beside = setting.lever_cost + _sum(part.lines.one_off for part in parts)
    if model.commitments:
        beside = beside + _shortfall(model, parts, setting.month)
    below = _sum(part.lines.internal for part in parts) + (model.fixed_cost + beside)
    result = revenue - (loaded + (cash * retraining + below))
    return CompanyMonths(
        segments=tuple(part.months for part in parts),
        revenue=revenue,
        paid_cost=paid,
        fully_loaded_cost=loaded,
        after_training_cost=loaded + steady * retraining,
        response_cost=beside,
        operating_result=result,
        cash_burn=_cash_burn(model, result, paid, setting.month),
    )


@dataclass(frozen=True)
class _Setting:
    """What all segments share: the months, volume, and how much work one customer is."""

    model: CompanyModel
    shock: Shock
    month: Array
    volume: Array
    per_use: Array | None
    work: Array | None
    lever_cost: Array


def _setting(model: CompanyModel, shock: Shock, lever_success: Sequence[Array] | None) -> _Setting:
    month = np.arange(1, shock.months + 1, dtype=float)[:, None]
    volume = (1 + model.growth) ** (month - 1)
    if shock.customers is not None:
        volume = volume * shock.customers
    kept, lever_cost = _levers(model.levers, month, lever_success)
    per_use = _product(shock.tokens, kept)
    return _Setting(
        model, shock, month, volume, per_use, _product(per_use, shock.usage), lever_cost
    )


def _levers(
    levers: Sequence[Lever], month: Array, success: Sequence[Array] | None
) -> tuple[Array | None, Array]:
    """Share of inference cost that is kept, multiplied over the levers, and what they cost."""
    kept: Array | None = None
    cost = np.zeros_like(month)
    for position, lever in enumerate(levers):
        ramp = np.clip((month - lever.start_month + 1) / max(lever.ramp_months, 1), 0.0, 1.0)
        saved = lever.saving * lever.reach * ramp
        if success is not None:
            saved = saved * success[position]
        kept = _product(kept, 1.0 - saved)
        begun = month >= lever.start_month
        cost = cost + begun * lever.monthly_cost + (month == lever.start_month) * lever.one_off_cost
    return kept, cost


@dataclass(frozen=True)
class _Lines:
    """What the lines of a segment cost at the run rate's volume, and what customers bear of it."""

    paid: Array
    unpaid: Array
    training_steady: Array
    training_cash: Array
    internal: Array
    sold: Array
    one_off: Array
    borne: Array
    borne_today: float
    committed: dict[str, Array]


@dataclass(frozen=True)
class _Part:
    months: SegmentMonths
    lines: _Lines


def _segment(part: SegmentModel, setting: _Setting) -> _Part:
    """One segment: price its lines, see what customers bear, then count its volume."""
    lines, response, volume = _priced(part, setting), part.response, setting.volume
    price = _customers_price(part, lines, setting)
    stay: Array | None = None
    if price is not None and response.price_elasticity:
        stay = price**-response.price_elasticity
    revenue = part.revenue * _times(_times(volume, stay), price)
    if price is None and part.revenue <= 0:
        # Sales that no segment claims move by themselves; nobody's demand is known for them.
        revenue = revenue + volume * lines.sold
    if setting.shock.usage is not None and response.usage_priced_share:
        revenue = revenue * (1.0 + response.usage_priced_share * (setting.shock.usage - 1.0))
    paid = _times(_times(lines.paid, setting.work), stay)
    return _Part(
        SegmentMonths(
            part.name,
            revenue,
            volume * (paid + _other_cost(part, stay)),
            volume * (_times(lines.unpaid, setting.work) + part.unpaid_other),
        ),
        lines,
    )


def _other_cost(part: SegmentModel, stay: Array | None) -> Array | float:
    if stay is None:
        return part.paid_other
    fixed = part.response.other_fixed_share
    return part.paid_other * (fixed + (1.0 - fixed) * stay)


def _priced(part: SegmentModel, setting: _Setting) -> _Lines:
    zero = np.zeros_like(setting.month)
    paid = unpaid = steady = training = internal = sold = one_off = borne = zero
    today = 0.0
    committed: dict[str, Array] = {}
    wanted = {term.supplier for term in setting.model.commitments}
    load = _times(setting.volume, setting.work)
    for line in part.lines:
        cost = line_cost(line, setting.model, setting.shock, month=setting.month, volume=load)
        if line.sold:
            sold = sold + line.sold * (cost.multiple - 1.0)
            continue
        paid, unpaid = paid + line.paid * cost.multiple, unpaid + line.unpaid * cost.multiple
        if line.pass_through:
            borne = borne + line.paid * line.pass_through * cost.multiple
            today += line.paid * line.pass_through
        if line.training_steady or line.training_cash:
            steady = steady + line.training_steady * cost.multiple
            training = training + line.training_cash * cost.multiple
        if line.internal:
            internal = internal + line.internal * cost.multiple
        if cost.one_off is not None:
            one_off = one_off + cost.one_off
        if line.key.supplier in wanted:
            spent = (line.paid + line.unpaid) * load + line.training_cash + line.internal
            before = committed.get(line.key.supplier, zero)
            committed[line.key.supplier] = before + spent * cost.multiple
    return _Lines(paid, unpaid, steady, training, internal, sold, one_off, borne, today, committed)


def _customers_price(part: SegmentModel, lines: _Lines, setting: _Setting) -> Array | None:
    """Customers' price over today's; None where it cannot move.

    Customers bear their share of the rise in cost of the same use, as far as contracts let the
    company reprice, and whatever the price of what it sells does.
    """
    if part.revenue <= 0:
        return None
    rise: Array | None = None
    if lines.borne_today:
        borne = _times(lines.borne, setting.per_use) - lines.borne_today
        rise = borne * (_repriceable(part.response, setting.month) / part.revenue)
    if any(line.sold for line in part.lines):
        sold = lines.sold / part.revenue
        rise = sold if rise is None else rise + sold
    return None if rise is None else np.maximum(1.0 + rise, LEAST_PRICE)


def _repriceable(response: SegmentResponse, month: Array) -> Array:
    """Share of revenue whose contracts have let the company reprice by each month."""
    by_notice = (month > response.notice_months).astype(float)
    renewed = (
        np.clip(month / response.renewal_months, 0.0, 1.0)
        if response.renewal_months
        else np.ones_like(month)
    )
    flat = response.flat_share
    return (1.0 - response.fixed_share) * ((1.0 - flat) * by_notice + flat * renewed)


def _shortfall(model: CompanyModel, parts: Sequence[_Part], month: Array) -> Array:
    """Minimums that spend no longer reaches; what it falls short of today is in the books."""
    total: Array = np.zeros_like(month)
    for term in model.commitments:
        spent = [
            part.lines.committed[term.supplier]
            for part in parts
            if term.supplier in part.lines.committed
        ]
        if not spent:
            continue
        today = sum(
            line.cost
            for part in model.segments
            for line in part.lines
            if line.key.supplier == term.supplier and not line.sold
        )
        due = min(term.minimum_per_month, today)
        total = total + np.maximum(due - _sum(spent), 0.0) * (month <= term.last_month)
    return total


def _cash_burn(model: CompanyModel, result: Array, paid: Array, month: Array) -> Array | None:
    if model.bridge is None:
        return None
    burn = model.bridge - result
    if model.credits is None or not model.paid_cost:
        return burn
    return burn + _credits_gone(model.credits, paid / model.paid_cost, month)


def _credits_gone(credits: CreditTerm, work: Array, month: Array) -> Array:
    """Cash that credits pay today and no longer will: from the earlier of expiry and exhaustion."""
    wanted = credits.monthly_use * work
    drawn_before = np.cumsum(wanted, axis=0) - wanted
    left = np.maximum(credits.balance - drawn_before, 0.0)
    paid_by_credits = np.minimum(wanted, left) * (month <= credits.last_month)
    return credits.monthly_use - paid_by_credits


def _sum(arrays: Iterable[Array]) -> Array:
    total: Array | None = None
    for array in arrays:
        total = array if total is None else total + array
    if total is None:
        raise ValueError("a company model needs a segment")
    return total


def _product(a: Array | None, b: Array | None) -> Array | None:
    if a is None or b is None:
        return b if a is None else a
    return a * b


def _times(a: Array, b: Array | None) -> Array:
    return a if b is None else a * b
