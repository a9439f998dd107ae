"""The months ahead of a company one path at a time: floats, loops and nothing else.

A reference to read beside the month engine and to time it against. It follows the same rules in
the order an analyst would tell them; tests hold both to the same figures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from diligence.projections.company_model import CompanyModel, PricedLine, PriceKey, SegmentModel
from diligence.projections.responses import Lever, Rerouting, SegmentResponse, SelfHostPlan
from diligence.projections.shocks import Array, Shock
from diligence.projections.supply_choices import OVERLOAD

LEAST_PRICE = 0.01
LEAST_LOAD = 1e-12
Path = list[float]


@dataclass(frozen=True)
class PathShock:
    """What moves from outside on one path, a number a month; None stays at one."""

    months: int
    prices: dict[PriceKey, Path]
    tokens: Path | None = None
    usage: Path | None = None
    customers: Path | None = None
    retraining: Path | None = None

    @classmethod
    def of(cls, shock: Shock, path: int) -> PathShock:
        """Take one path out of arrays."""

        def column(array: Array | None) -> Path | None:
            return None if array is None else array[:, min(path, array.shape[1] - 1)].tolist()

        return cls(
            shock.months,
            {
                key: array[:, min(path, array.shape[1] - 1)].tolist()
                for key, array in shock.prices.items()
            },
            column(shock.tokens),
            column(shock.usage),
            column(shock.customers),
            column(shock.retraining),
        )

    def price(self, key: PriceKey) -> Path | None:
        for candidate in (
            key,
            PriceKey(key.input, key.side, key.supplier),
            PriceKey(key.input, key.side, "", key.model),
            PriceKey(key.input, key.side),
        ):
            if candidate in self.prices:
                return self.prices[candidate]
        return None


@dataclass
class MonthFigures:
    """One month of one path; money in reporting currency."""

    revenue: float = 0.0
    paid_cost: float = 0.0
    fully_loaded_cost: float = 0.0
    after_training_cost: float = 0.0
    response_cost: float = 0.0
    operating_result: float = 0.0
    cash_burn: float = 0.0


@dataclass
class LineState:
    """What a line remembers from month to month."""

    months_rerouted: dict[int, int] = field(default_factory=dict)
    decided_month: dict[int, int] = field(default_factory=dict)


@dataclass
class LineSums:
    """A segment's lines in one month, at the run rate's volume."""

    paid: float = 0.0
    unpaid: float = 0.0
    training_steady: float = 0.0
    training_cash: float = 0.0
    internal: float = 0.0
    sold: float = 0.0
    sells: bool = False
    borne: float = 0.0
    borne_today: float = 0.0


@dataclass
class PathState:
    """What a company remembers: its lines, the rises its customers were to bear, its credits."""

    lines: dict[tuple[int, int], LineState] = field(default_factory=dict)
    rises: dict[int, Path] = field(default_factory=dict)
    credits_drawn: float = 0.0


@dataclass(frozen=True)
class Volumes:
    """A month's volume over the run rate's, and its work with the levers and before them."""

    base: float
    customers: float
    load: float
    before_levers: float


def plain_path(
    model: CompanyModel, shock: PathShock, success: Sequence[float] | None = None
) -> list[MonthFigures]:
    """Run one path of one company month by month."""
    state = PathState()
    succeeds = success if success is not None else [1.0] * len(model.levers)
    return [
        plain_month(model, shock, month, succeeds, state) for month in range(1, shock.months + 1)
    ]


def plain_month(
    model: CompanyModel, shock: PathShock, month: int, success: Sequence[float], state: PathState
) -> MonthFigures:
    volumes = month_volumes(model, shock, month, success)
    found = MonthFigures(response_cost=cost_of_levers(model.levers, month))
    spent: dict[str, float] = {}
    training_steady, training_cash = model.training_steady_other, model.training_cash_other
    internal = 0.0
    retraining = at(shock.retraining, month)
    for number, part in enumerate(model.segments):
        sums = LineSums()
        multiples = []
        for position, line in enumerate(part.lines):
            its = state.lines.setdefault((number, position), LineState())
            multiple, shown, one_off = line_multiple(line, model, shock, month, volumes, its)
            add_line(sums, line, multiple, shown)
            multiples.append(multiple)
            if not line.sold:
                found.response_cost += one_off
        rises = state.rises.setdefault(number, [])
        stay = add_segment(found, part, sums, shock, month, volumes=volumes, rises=rises)
        for line, multiple in zip(part.lines, multiples, strict=True):
            if not line.sold:
                bill = (line.paid * stay + line.unpaid) * volumes.load
                bill += line.training_cash * retraining + line.internal
                supplier = line.key.supplier
                spent[supplier] = spent.get(supplier, 0.0) + bill * multiple
        training_steady += sums.training_steady
        training_cash += sums.training_cash
        internal += sums.internal
    found.response_cost += shortfall(model, spent, month)
    found.after_training_cost = found.fully_loaded_cost + training_steady * retraining
    below = training_cash * retraining + internal + model.fixed_cost + found.response_cost
    found.operating_result = found.revenue - found.fully_loaded_cost - below
    found.cash_burn = (model.bridge or 0.0) - found.operating_result
    found.cash_burn += credits_gone(model, found.paid_cost, month, state)
    return found


def month_volumes(
    model: CompanyModel, shock: PathShock, month: int, success: Sequence[float]
) -> Volumes:
    base = (1 + model.growth) ** (month - 1)
    customers = base * at(shock.customers, month)
    wanted = customers * at(shock.tokens, month) * at(shock.usage, month)
    left = wanted * kept_by_levers(model.levers, month, success)
    if model.self_host:
        left, wanted = max(left, LEAST_LOAD), max(wanted, LEAST_LOAD)
    return Volumes(base, customers, left, wanted)


def kept_by_levers(levers: Sequence[Lever], month: int, success: Sequence[float]) -> float:
    kept = 1.0
    for lever, succeeds in zip(levers, success, strict=True):
        ramp = (month - lever.start_month + 1) / max(lever.ramp_months, 1)
        ramp = min(max(ramp, 0.0), 1.0)
        kept *= 1.0 - lever.saving * lever.reach * ramp * succeeds
    return kept


def cost_of_levers(levers: Sequence[Lever], month: int) -> float:
    cost = 0.0
    for lever in levers:
        if month >= lever.start_month:
            cost += lever.monthly_cost
        if month == lever.start_month:
            cost += lever.one_off_cost
    return cost


def line_multiple(
    line: PricedLine,
    model: CompanyModel,
    shock: PathShock,
    month: int,
    volumes: Volumes,
    its: LineState,
) -> tuple[float, float, float]:
    """Cost of a line for the same work over today's, as it is and as customers are shown it.

    And what switching costs this month.
    """
    moving = shock.price(line.key)
    price = 1.0 if moving is None or month <= line.locked_months else moving[month - 1]
    one_off = 0.0
    for number, choice in enumerate(model.rerouting):
        if covers(choice, line):
            price, spent = reroute(choice, line, model, shock, month, price, number, its)
            one_off += spent
    shown = price
    for number, plan in enumerate(model.self_host):
        if covers(plan, line) and line.cost:
            part = part_of(plan, line, model)
            rent = at(shock.price(PriceKey("gpu_hours", "rent")), month)
            own = own_bill(plan, part, rent, volumes.load)
            replaced = plan.share * work(line, volumes.load) * price
            if price > 1.0 and replaced > plan.hurdle * own:
                its.decided_month.setdefault(number, month)
            live = its.decided_month.get(number, math.inf) + plan.lead_months
            if month == live:
                one_off += part * plan.switching_cost
            if month >= live:
                kept = 1.0 - plan.share
                price = kept * price + own / work(line, volumes.load)
                own = own_bill(plan, part, rent, volumes.before_levers)
                shown = kept * shown + own / work(line, volumes.before_levers)
    return price, shown, one_off


def covers(choice: Rerouting | SelfHostPlan, line: PricedLine) -> bool:
    same = choice.input == line.key.input and choice.supplier == line.key.supplier
    return same and line.key.side != "sell"


def part_of(choice: Rerouting | SelfHostPlan, line: PricedLine, model: CompanyModel) -> float:
    covered = 0.0
    for segment in model.segments:
        for other in segment.lines:
            if covers(choice, other):
                covered += other.cost
    return line.cost / covered if line.cost else 0.0


def reroute(
    choice: Rerouting,
    line: PricedLine,
    model: CompanyModel,
    shock: PathShock,
    month: int,
    price: float,
    number: int,
    its: LineState,
) -> tuple[float, float]:
    elsewhere = choice.price_ratio
    if choice.alternative:
        elsewhere *= at(shock.price(PriceKey(choice.input, "buy", choice.alternative)), month)
    if price <= max(choice.trigger, elsewhere):
        return price, 0.0
    months_on = its.months_rerouted.get(number, 0) + 1
    its.months_rerouted[number] = months_on
    share = choice.share * min(months_on / max(choice.months, 1), 1.0)
    one_off = part_of(choice, line, model) * choice.one_off_cost if months_on == 1 else 0.0
    return price + share * (elsewhere - price), one_off


def own_bill(plan: SelfHostPlan, part: float, rent: float, load: float) -> float:
    gpus = math.ceil((plan.gpus * (1.0 - OVERLOAD)) * load - OVERLOAD)
    return part * (gpus * plan.gpu_cost_per_month * rent + plan.fixed_per_month)


def work(line: PricedLine, load: float) -> float:
    return (line.paid + line.unpaid) * load + line.training_cash + line.internal


def add_line(sums: LineSums, line: PricedLine, multiple: float, shown: float) -> None:
    if line.sold:
        sums.sold += line.sold * (multiple - 1.0)
        sums.sells = True
        return
    sums.paid += line.paid * multiple
    sums.unpaid += line.unpaid * multiple
    sums.training_steady += line.training_steady * multiple
    sums.training_cash += line.training_cash * multiple
    sums.internal += line.internal * multiple
    sums.borne += line.paid * line.pass_through * shown
    sums.borne_today += line.paid * line.pass_through


def add_segment(
    found: MonthFigures,
    part: SegmentModel,
    sums: LineSums,
    shock: PathShock,
    month: int,
    *,
    volumes: Volumes,
    rises: Path,
) -> float:
    """Add a segment's month and tell what share of customers its price has kept."""
    response = part.response
    rises.append(sums.borne * at(shock.tokens, month) - sums.borne_today)
    price = 1.0
    if part.revenue > 0:
        passed = passed_by_contracts(response, rises)
        price = max(1.0 + passed / part.revenue + sums.sold / part.revenue, LEAST_PRICE)
    stay = price**-response.price_elasticity
    revenue = part.revenue * volumes.customers * stay * price
    if part.revenue <= 0:
        revenue += volumes.customers * sums.sold
    used = at(shock.usage, month)
    found.revenue += revenue * (1.0 + response.usage_priced_share * (used - 1.0))
    fixed = response.other_fixed_share
    paid = sums.paid * volumes.load * stay
    paid += part.paid_other * fixed * volumes.base
    paid += part.paid_other * (1.0 - fixed) * volumes.customers * stay
    unpaid = sums.unpaid * volumes.load + part.unpaid_other * volumes.customers
    found.paid_cost += paid
    found.fully_loaded_cost += paid + unpaid
    return stay


def passed_by_contracts(response: SegmentResponse, rises: Path) -> float:
    """Sum over contracts: those by use, and of the flat ones a cohort a month of renewal."""
    noticed = rises[-1 - response.notice_months] if response.notice_months < len(rises) else 0.0
    cohorts = max(response.renewal_months, 1)
    renewed = sum(rise / cohorts for rise in rises[-cohorts:])
    flat = response.flat_share
    return (1.0 - response.fixed_share) * ((1.0 - flat) * noticed + flat * renewed)


def shortfall(model: CompanyModel, spent: dict[str, float], month: int) -> float:
    total = 0.0
    for term in model.commitments:
        today = 0.0
        for part in model.segments:
            for line in part.lines:
                if line.key.supplier == term.supplier and not line.sold:
                    today += line.cost
        if today and month <= term.last_month:
            due = min(term.minimum_per_month, today)
            total += max(due - spent[term.supplier], 0.0)
    return total


def credits_gone(model: CompanyModel, paid_cost: float, month: int, state: PathState) -> float:
    credits = model.credits
    if credits is None or not model.paid_cost:
        return 0.0
    wanted = credits.monthly_use * paid_cost / model.paid_cost
    left = max(credits.balance - state.credits_drawn, 0.0)
    state.credits_drawn += wanted
    paid_by_credits = min(wanted, left) if month <= credits.last_month else 0.0
    return credits.monthly_use - paid_by_credits


def plain_runway(model: CompanyModel, months: Sequence[MonthFigures]) -> float:
    """Months until cash falls under its minimum; inf beyond the horizon."""
    cash = model.cash or 0.0
    for number, month in enumerate(months):
        if cash - month.cash_burn < model.minimum_cash:
            part = (cash - model.minimum_cash) / month.cash_burn if month.cash_burn else 0.0
            return number + min(max(part, 0.0), 1.0)
        cash -= month.cash_burn
    return math.inf


def at(path: Path | None, month: int) -> float:
    return 1.0 if path is None else path[month - 1]
