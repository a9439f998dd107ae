"""The months ahead of one company: P&L by rung, cash, and what is paid beside inference.

One code for one deterministic path and for ten thousand: arrays have the shape (months, paths),
with a single column where nothing differs between paths.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from diligence.projections.company_model import CompanyModel, PricedLine, SegmentModel
from diligence.projections.contract_lag import passed_on
from diligence.projections.lever_months import lever_cost, work_left
from diligence.projections.running_sum import running_sum
from diligence.projections.shocks import Array, Shock
from diligence.projections.supply_choices import Loads, added, line_cost

LEAST_PRICE = 0.01
"""A customers' price falls to a hundredth at most: below it elasticities mean nothing."""
LEAST_LOAD = 1e-12
"""Work that is always left where own GPUs are planned: their bill stays, and is a bill for work."""


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
    the operating result. ``training_steady`` is what the rung after training adds to the fully
    loaded one. ``cash_burn`` is positive when cash is used; None where unknown.
    """

    segments: tuple[SegmentMonths, ...]
    revenue: Array
    paid_cost: Array
    fully_loaded_cost: Array
    training_steady: Array
    response_cost: Array
    operating_result: Array
    cash_burn: Array | None

    @property
    def after_training_cost(self) -> Array:
        """Fully loaded cost and training at its steady rate."""
        return self.fully_loaded_cost + self.training_steady


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
    revenue = _total(part.months.revenue for part in parts)
    paid = _total(part.months.paid_cost for part in parts)
    loaded = _total([paid, *(part.months.unpaid_cost for part in parts)])
    beside = _total([setting.lever_cost, *(part.lines.one_off for part in parts)])
    if model.commitments:
        beside = _total([beside, *_shortfalls(model, parts, setting)])
    cash = model.training_cash_other + setting.total(
        part.lines.sums.training_cash for part in parts
    )
    below = setting.total(part.lines.sums.internal for part in parts) + (model.fixed_cost + beside)
    result = revenue - _total([_times(cash, shock.retraining), below, loaded])
    steady = setting.total(part.lines.sums.training_steady for part in parts)
    return CompanyMonths(
        segments=tuple(part.months for part in parts),
        revenue=revenue,
        paid_cost=paid,
        fully_loaded_cost=loaded,
        training_steady=_times(model.training_steady_other + steady, shock.retraining),
        response_cost=beside,
        operating_result=result,
        cash_burn=_cash_burn(model, result, paid),
    )


@dataclass(frozen=True)
class _Setting:
    """What all segments share: the months, the base's growth, volume, and all work to be done."""

    model: CompanyModel
    shock: Shock
    month: Array
    base: Array
    volume: Array
    loads: Loads
    lever_cost: Array

    def total(self, arrays: Iterable[Array | None]) -> Array:
        """Sum of what is there; zeros when nothing is."""
        there = [array for array in arrays if array is not None]
        return _total(there) if there else np.zeros_like(self.month)


def _setting(model: CompanyModel, shock: Shock, lever_success: Sequence[Array] | None) -> _Setting:
    month = np.arange(1, shock.months + 1, dtype=shock.dtype)[:, None]
    base = (1 + model.growth) ** (month - 1)
    volume = _times(base, shock.customers)
    wanted = _times(_times(volume, shock.tokens), shock.usage)
    left = work_left(wanted, model.levers, month=month, success=lever_success)
    if model.self_host and left.min() < LEAST_LOAD:
        left = np.maximum(left, LEAST_LOAD)
        wanted = np.maximum(wanted, LEAST_LOAD) if model.levers else left
    loads = Loads(left, wanted)
    return _Setting(model, shock, month, base, volume, loads, lever_cost(model.levers, month=month))


@dataclass
class _Sums:
    """What lines cost at the run rate's volume; None stands for nothing."""

    paid: Array | None = None
    unpaid: Array | None = None
    training_steady: Array | None = None
    training_cash: Array | None = None
    internal: Array | None = None

    def add(self, line: PricedLine, multiple: Array) -> None:
        """Add a line at a multiple of today's price."""
        self.paid = _plus(self.paid, line.paid, multiple)
        self.unpaid = _plus(self.unpaid, line.unpaid, multiple)
        self.training_steady = _plus(self.training_steady, line.training_steady, multiple)
        self.training_cash = _plus(self.training_cash, line.training_cash, multiple)
        self.internal = _plus(self.internal, line.internal, multiple)


@dataclass
class _Lines:
    """Lines of a segment, those of each supplier with a minimum, and what customers bear."""

    sums: _Sums = field(default_factory=_Sums)
    suppliers: dict[str, _Sums] = field(default_factory=dict)
    sold: Array | None = None
    one_off: Array | None = None
    borne: Array | None = None
    borne_today: float = 0.0


@dataclass(frozen=True)
class _Part:
    """A segment's months, its lines, and the share of customers that its price has kept."""

    months: SegmentMonths
    lines: _Lines
    stay: Array | None


def _segment(part: SegmentModel, setting: _Setting) -> _Part:
    """One segment: price its lines, see what customers bear, then count its volume."""
    lines, response, volume = _priced(part, setting), part.response, setting.volume
    price = _customers_price(part, lines, setting.shock)
    stay: Array | None = None
    if price is not None and response.price_elasticity:
        stay = np.log(price)
        stay *= -response.price_elasticity
        np.exp(stay, out=stay)
    demand = _times(volume, stay)
    revenue = _times(part.revenue * demand, price)
    if price is None and part.revenue <= 0 and lines.sold is not None:
        # Sales that no segment claims move by themselves; nobody's demand is known for them.
        revenue = revenue + volume * lines.sold
    if setting.shock.usage is not None and response.usage_priced_share:
        revenue = revenue * (1.0 + response.usage_priced_share * (setting.shock.usage - 1.0))
    load = setting.loads.left
    paid, unpaid = _scaled(_scaled(lines.sums.paid, load), stay), _scaled(lines.sums.unpaid, load)
    paid = _plus(paid, part.paid_other * response.other_fixed_share, setting.base)
    paid = _plus(paid, part.paid_other * (1.0 - response.other_fixed_share), demand)
    unpaid = _plus(unpaid, part.unpaid_other, volume)
    months = SegmentMonths(part.name, revenue, setting.total([paid]), setting.total([unpaid]))
    return _Part(months, lines, stay)


def _priced(part: SegmentModel, setting: _Setting) -> _Lines:
    lines, model, shock = _Lines(), setting.model, setting.shock
    lines.suppliers = {term.supplier: _Sums() for term in model.commitments}
    for line in part.lines:
        cost = line_cost(line, model, shock, month=setting.month, loads=setting.loads)
        if line.sold:
            lines.sold = _plus(lines.sold, line.sold, cost.multiple - 1.0)
            continue
        lines.sums.add(line, cost.multiple)
        lines.borne = _plus(lines.borne, line.paid * line.pass_through, cost.before_levers)
        lines.borne_today += line.paid * line.pass_through
        lines.one_off = added(lines.one_off, cost.one_off)
        if line.key.supplier in lines.suppliers:
            lines.suppliers[line.key.supplier].add(line, cost.multiple)
    return lines


def _customers_price(part: SegmentModel, lines: _Lines, shock: Shock) -> Array | None:
    """Customers' price over today's; None where it cannot move.

    Customers bear their share of the rise in cost of the same use before levers, as contracts let
    the company reprice, and whatever the price of what it sells does.
    """
    if part.revenue <= 0:
        return None
    rise: Array | None = None
    if lines.borne is not None:
        rise = _times(lines.borne, shock.tokens) - lines.borne_today
        rise = passed_on(rise, part.response, revenue=part.revenue)
    if lines.sold is not None:
        rise = _plus(rise, 1.0 / part.revenue, lines.sold)
    if rise is None:
        return None
    rise += 1.0
    return np.maximum(rise, LEAST_PRICE, out=rise)


def _shortfalls(model: CompanyModel, parts: Sequence[_Part], setting: _Setting) -> Iterator[Array]:
    """Minimums that spend no longer reaches; what it falls short of today is in the books."""
    suppliers = dict.fromkeys(term.supplier for term in model.commitments)
    spends = {supplier: _spent(supplier, parts, setting) for supplier in suppliers}
    for term in model.commitments:
        bound = slice(None, max(term.last_month, 0))
        today = sum(
            line.cost
            for part in model.segments
            for line in part.lines
            if line.key.supplier == term.supplier and not line.sold
        )
        if not today:
            continue
        spent = spends[term.supplier][bound]
        short = np.zeros((setting.shock.months, spent.shape[1]), dtype=spent.dtype)
        np.maximum(min(term.minimum_per_month, today) - spent, 0.0, out=short[bound])
        yield short


def _spent(supplier: str, parts: Sequence[_Part], setting: _Setting) -> Array:
    """All that goes to one supplier a month, with what customers who left no longer use."""
    load, retraining = setting.loads.left, setting.shock.retraining
    spent: Array | None = None
    for part in parts:
        its = part.lines.suppliers[supplier]
        served = added(_scaled(its.paid, part.stay), its.unpaid)
        for more in (_scaled(served, load), _scaled(its.training_cash, retraining), its.internal):
            spent = added(spent, more)
    return setting.total([spent])


def _cash_burn(model: CompanyModel, result: Array, paid: Array) -> Array | None:
    """Cash used. Credits pay part of it until the earlier of their expiry and exhaustion."""
    if model.bridge is None:
        return None
    credits = model.credits
    if credits is None or not model.paid_cost:
        return model.bridge - result
    # The bridge is observed while credits pay; it is larger by their use once they are gone.
    burn = (model.bridge + credits.monthly_use) - result
    last = max(credits.last_month, 0)
    drawn = running_sum(paid[:last] * (credits.monthly_use / model.paid_cost))
    np.minimum(drawn, credits.balance, out=drawn)
    burn[: min(last, 1)] -= drawn[:1]
    burn[1:last] -= drawn[1:] - drawn[:-1]
    return burn


def _plus(total: Array | None, amount: float, multiple: Array) -> Array | None:
    """Add an amount that moves with a multiple; ``total`` may be changed in place."""
    if not amount:
        return total
    moved = amount * multiple
    if total is None:
        return moved
    if moved.shape[1] <= total.shape[1]:
        return np.add(total, moved, out=total)
    return total + moved


def _total(arrays: Iterable[Array | None]) -> Array:
    """Sum of what is there, in order."""
    there = (array for array in arrays if array is not None)
    total = next(there, None)
    if total is None:
        raise ValueError("a company model needs a segment")
    owned = False
    for array in there:
        if owned and array.shape[1] <= total.shape[1]:
            total += array
        else:
            total, owned = total + array, True
    return total


def _scaled(total: Array | None, multiple: Array | None) -> Array | None:
    """Multiply what is there; ``total`` may be changed in place."""
    if total is None or multiple is None:
        return total
    if multiple.shape[1] > total.shape[1]:
        return total * multiple
    return np.multiply(total, multiple, out=total)


def _times(a: Array, b: Array | None) -> Array:
    return a if b is None else a * b
