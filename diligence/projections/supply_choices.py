"""What a priced line costs for the same work: the price, its lock, another supplier, own GPUs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diligence.projections.company_model import CompanyModel, PricedLine, PriceKey
from diligence.projections.responses import Rerouting, SelfHostPlan
from diligence.projections.running_sum import running_sum
from diligence.projections.shocks import Array, Shock


@dataclass(frozen=True)
class LineCost:
    """Cost of a line for the same work over today's, and one-off cost of switching by month.

    ``before_levers`` is the multiple that customers are shown: what the same work would cost had
    the levers taken none of it from the company's own GPUs.
    """

    multiple: Array
    before_levers: Array
    one_off: Array | None = None


OVERLOAD = 1e-6
"""What a GPU takes beyond its rate before another is needed, relative and in GPUs: rounding."""


@dataclass(frozen=True)
class Loads:
    """Work over the run rate's, with the levers and before them; above 0 where GPUs share it."""

    left: Array
    before_levers: Array


def line_cost(
    line: PricedLine, model: CompanyModel, shock: Shock, *, month: Array, loads: Loads
) -> LineCost:
    """Follow a line's price through its lock and the company's ways out.

    A lock holds today's price to its last month. Work moves to another supplier while the price
    stands above the trigger; own GPUs, once started, stay. The company never moves when nothing
    moved: at a multiple of one the result is exactly one.

    Parameters
    ----------
    line, model, shock
        The line, the company whose choices are on, and what moves.
    month
        Months from 1, shape (months, 1).
    loads
        Work over the run rate's, (months, paths): what whole GPUs have to serve.
    """
    price = shock.price(line.key)
    moved = np.ones_like(month) if price is None else price
    if line.locked_months and price is not None:
        moved = price.copy()
        moved[: line.locked_months] = 1.0
    one_off: Array | None = None
    for choice in model.rerouting:
        if _covers(choice, line.key):
            moved, spent = _rerouted(choice, moved, shock, part=_part(choice, line, model))
            one_off = added(one_off, spent)
    cost = LineCost(moved, moved, one_off)
    for plan in model.self_host:
        if _covers(plan, line.key) and line.cost:
            part = _part(plan, line, model)
            cost = _self_hosted(plan, line, cost, shock, loads=loads, part=part)
    return cost


def added(total: Array | None, more: Array | None) -> Array | None:
    """Sum of two arrays, of which either may be nothing."""
    if total is None or more is None:
        return total if more is None else more
    return total + more


def _covers(choice: Rerouting | SelfHostPlan, key: PriceKey) -> bool:
    return (choice.input, choice.supplier) == (key.input, key.supplier) and key.side != "sell"


def _part(choice: Rerouting | SelfHostPlan, line: PricedLine, model: CompanyModel) -> float:
    """Share of one line in what a choice covers: its one-off cost and its GPUs are paid once."""
    covered = [
        other.cost
        for segment in model.segments
        for other in segment.lines
        if _covers(choice, other.key)
    ]
    return line.cost / sum(covered) if line.cost else 0.0


def _rerouted(
    choice: Rerouting, price: Array, shock: Shock, *, part: float
) -> tuple[Array, Array | None]:
    """Move a share of the work, growing month by month, while that is cheaper."""
    other = shock.price(PriceKey(choice.input, "buy", choice.alternative))
    elsewhere = choice.price_ratio * (1.0 if other is None or not choice.alternative else other)
    wanted = price > np.maximum(choice.trigger, elsewhere)
    if not wanted.any():
        return price, None
    cost = part * choice.one_off_cost
    one_off = np.zeros(wanted.shape, dtype=price.dtype) if cost else None
    if one_off is not None:
        first, path = wanted.argmax(axis=0), np.arange(wanted.shape[1])
        one_off[first, path] = cost * wanted[first, path]
    moved = running_sum(wanted.astype(price.dtype))
    moved *= choice.share / max(choice.months, 1)
    np.minimum(moved, choice.share, out=moved)
    moved *= wanted
    moved *= elsewhere - price
    moved += price
    return moved, one_off


def _self_hosted(
    plan: SelfHostPlan, line: PricedLine, cost: LineCost, shock: Shock, *, loads: Loads, part: float
) -> LineCost:
    """Serve a share on whole GPUs from ``lead_months`` after its bill first passed the hurdle."""
    price, left, before = cost.multiple, loads.left, loads.before_levers
    rent = shock.price(PriceKey("gpu_hours", "rent"))
    own = _own_bill(plan, left, rent, part=part)
    dear = (_work(line, left, share=plan.share) * price > plan.hurdle * own) & (price > 1.0)
    live_from = dear.argmax(axis=0) + plan.lead_months
    moves = np.flatnonzero(dear.any(axis=0) & (live_from < dear.shape[0]))
    if not moves.size:
        return cost
    live_from = live_from[moves]
    one_off = np.zeros(dear.shape, dtype=price.dtype)
    one_off[live_from, moves] = part * plan.switching_cost
    first = int(live_from.min())
    live = np.arange(first, dear.shape[0])[:, None] >= live_from

    def hosted(multiple: Array, load: Array, bill: Array) -> Array:
        def of_moves(array: Array) -> Array:
            return np.broadcast_to(array, dear.shape)[first:, moves]

        bought = of_moves(multiple)
        with np.errstate(over="ignore"):
            shared = (1.0 - plan.share) * bought + of_moves(bill) / _work(line, of_moves(load))
        after = np.array(np.broadcast_to(multiple, dear.shape))
        after[first:, moves] = np.where(live, shared, bought)
        return after

    moved = shown = hosted(price, left, own)
    if before is not left and line.pass_through:
        shown = hosted(cost.before_levers, before, _own_bill(plan, before, rent, part=part))
    return LineCost(moved, shown, added(cost.one_off, one_off))


def _own_bill(plan: SelfHostPlan, load: Array, rent: Array | None, *, part: float) -> Array:
    """One line's part of what whole GPUs for a load cost a month."""
    bill = (plan.gpus * (1.0 - OVERLOAD)) * load
    bill -= OVERLOAD
    np.ceil(bill, out=bill)
    bill = bill * (part * plan.gpu_cost_per_month * (1.0 if rent is None else rent))
    bill += part * plan.fixed_per_month
    return bill


def _work(line: PricedLine, load: Array, *, share: float = 1.0) -> Array:
    """Cost at today's price of the work a month has: serving follows the load, the rest stands."""
    work = (share * (line.paid + line.unpaid)) * load
    if line.training_cash or line.internal:
        work += share * (line.training_cash + line.internal)
    return work
