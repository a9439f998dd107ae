"""What a priced line costs for the same work: the price, its lock, another supplier, own GPUs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diligence.projections.company_model import CompanyModel, PricedLine, PriceKey
from diligence.projections.responses import Rerouting, SelfHostPlan
from diligence.projections.shocks import Array, Shock


@dataclass(frozen=True)
class LineCost:
    """Cost of a line for the same work over today's, and one-off cost of switching by month."""

    multiple: Array
    one_off: Array | None = None


def line_cost(
    line: PricedLine, model: CompanyModel, shock: Shock, *, month: Array, volume: Array
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
    volume
        Work over the run rate's, (months, paths): what whole GPUs have to serve.
    """
    price = shock.price(line.key)
    moved = np.ones_like(month) if price is None else price
    if line.locked_months and price is not None:
        moved = np.where(month <= line.locked_months, 1.0, moved)
    one_off: Array | None = None
    for choice in model.rerouting:
        if _covers(choice, line.key):
            moved, spent = _rerouted(choice, moved, shock, month)
            one_off = spent if one_off is None else one_off + spent
    for plan in model.self_host:
        if _covers(plan, line.key) and line.cost:
            moved, spent = _self_hosted(plan, line, moved, shock, volume)
            one_off = spent if one_off is None else one_off + spent
    return LineCost(moved, one_off)


def _covers(choice: Rerouting | SelfHostPlan, key: PriceKey) -> bool:
    return (choice.input, choice.supplier) == (key.input, key.supplier) and key.side != "sell"


def _rerouted(choice: Rerouting, price: Array, shock: Shock, month: Array) -> tuple[Array, Array]:
    """Move a share of the work, growing month by month, while that is cheaper."""
    other = shock.price(PriceKey(choice.input, "buy", choice.alternative))
    elsewhere = choice.price_ratio * (1.0 if other is None or not choice.alternative else other)
    wanted = price > np.maximum(choice.trigger, elsewhere)
    months_on = np.cumsum(wanted, axis=0)
    share = choice.share * np.clip(months_on / max(choice.months, 1), 0.0, 1.0) * wanted
    first = (months_on == 1) & wanted
    return price + share * (elsewhere - price), first * choice.one_off_cost


def _self_hosted(
    plan: SelfHostPlan, line: PricedLine, price: Array, shock: Shock, volume: Array
) -> tuple[Array, Array]:
    """Serve a share on whole GPUs from ``lead_months`` after its bill first passed the hurdle."""
    rent = shock.price(PriceKey("gpu_hours", "rent"))
    gpus = np.ceil(plan.gpus * volume - 1e-9)
    own = gpus * plan.gpu_cost_per_month * (1.0 if rent is None else rent) + plan.fixed_per_month
    replaced = plan.share * line.cost * volume
    dear = (replaced * price > plan.hurdle * own) & (price > 1.0)
    decided = np.maximum.accumulate(dear, axis=0)
    live = np.zeros_like(decided)
    live[plan.lead_months :] = decided[: max(live.shape[0] - plan.lead_months, 0)]
    started = live & ~np.vstack([np.zeros_like(live[:1]), live[:-1]])
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        hosted = (1.0 - plan.share) * price + own / (line.cost * volume)
    return np.where(live, hosted, price), started * plan.switching_cost
