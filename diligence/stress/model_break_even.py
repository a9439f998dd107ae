"""k* in closed form on a company's month: by input, supplier and model, rung and segment."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from diligence.errors import InputError
from diligence.projections.company_model import CompanyModel, PricedLine, PriceKey, covers
from diligence.stress.break_even import (
    MARGIN_TARGETS,
    Multiple,
    Target,
    break_even_multiple,
    sold_break_even_multiple,
)

RUNGS = ("paid", "fully_loaded", "after_training")


@dataclass(frozen=True)
class ExposedMonth:
    """A rung of one month, and how much of it moves with a price; reporting currency.

    ``moving`` is cost at that price, ``borne`` the part of its doubling that customers bear in
    dollars, ``sold`` revenue at that price.
    """

    revenue: float
    cost: float
    moving: float
    borne: float
    sold: float


def moving_prices(model: CompanyModel) -> tuple[PriceKey, ...]:
    """Prices by input, then by supplier, then by model where a supplier bills several.

    Examples
    --------
    >>> from diligence.projections.company_model import SegmentModel
    >>> lines = (PricedLine(PriceKey("tokens", "buy", "OpenAI", "gpt-5.4"), paid=3.0),
    ...     PricedLine(PriceKey("tokens", "buy", "Google"), paid=1.0))
    >>> model = CompanyModel("A", "USD", (SegmentModel("", 10.0, lines=lines),))
    >>> [key.label for key in moving_prices(model)]
    ['tokens bought', 'tokens bought, Google', 'tokens bought, OpenAI']

    One model of OpenAI is used: its price is the supplier's.
    """
    found: dict[PriceKey, None] = {}
    for key in model.keys:
        found[PriceKey(key.input, key.side)] = None
        if key.supplier:
            found[PriceKey(key.input, key.side, key.supplier)] = None
        siblings = {
            (other.supplier, other.model)
            for other in model.keys
            if covers(PriceKey(key.input, key.side, key.supplier), other)
        }
        if key.model and len(siblings) > 1:
            found[key] = None
    return tuple(sorted(found))


def exposed_lines(
    model: CompanyModel, key: PriceKey, *, segment: str = ""
) -> tuple[PricedLine, ...]:
    """Lines that move with a price, of one segment or of all."""
    return tuple(
        line
        for part in model.segments
        if not segment or part.name == segment
        for line in part.lines
        if covers(key, line.key)
    )


def exposed_rung(
    model: CompanyModel, key: PriceKey, *, rung: str, segment: str = ""
) -> ExposedMonth:
    """Revenue and cost of a rung at run rate, and what of them moves with a price.

    Parameters
    ----------
    rung
        ``paid``, ``fully_loaded`` or ``after_training``; a segment has no rung after training,
        for the company trains once for all.
    segment
        The company when empty.

    Raises
    ------
    InputError
        When there is no such rung or segment.
    """
    if rung not in RUNGS or (segment and rung == "after_training"):
        raise InputError(f"No rung {rung!r} of {segment or 'the company'}; there is {RUNGS}.")
    parts = [part for part in model.segments if not segment or part.name == segment]
    if not parts:
        have = ", ".join(part.name for part in model.segments)
        raise InputError(f"No segment {segment!r}; the company has {have}.")
    cost = sum(part.paid_cost for part in parts)
    lines = exposed_lines(model, key, segment=segment)
    moving = sum(line.paid for line in lines)
    if rung != "paid":
        cost += sum(part.unpaid_cost for part in parts)
        moving += sum(line.unpaid for line in lines)
    if rung == "after_training":
        every = (line for part in model.segments for line in part.lines)
        cost += model.training_steady_other + sum(line.training_steady for line in every)
        moving += sum(line.training_steady for line in lines)
    return ExposedMonth(
        revenue=sum(part.revenue for part in parts),
        cost=cost,
        moving=moving,
        borne=sum(
            line.paid * line.pass_through
            for part in parts
            if part.revenue > 0
            for line in part.lines
            if covers(key, line.key)
        ),
        sold=sum(line.sold for line in lines),
    )


def model_multiple(
    model: CompanyModel, key: PriceKey, *, rung: str, target: Target, segment: str = ""
) -> Multiple:
    """Multiple of one price at which a rung's margin meets its target.

    The same closed form as on the ladder (:func:`break_even_multiple`), for any price of the
    model. Stated pass-through acts at once, nothing else answers, and locks have run out.

    Parameters
    ----------
    key
        A price of the model; without supplier or model it is all of them together.
    rung
        ``paid``, ``fully_loaded`` or ``after_training``.
    target
        A margin target, ``gross_margin_0`` or ``gross_margin_50``.

    Examples
    --------
    Revenue 100, other cost 10, tokens 20 of OpenAI and 10 of Anthropic:

    >>> from diligence.projections.company_model import SegmentModel
    >>> lines = (PricedLine(PriceKey("tokens", "buy", "OpenAI"), paid=20.0),
    ...     PricedLine(PriceKey("tokens", "buy", "Anthropic"), paid=10.0))
    >>> model = CompanyModel("A", "USD", (SegmentModel("", 100.0, 10.0, lines=lines),))
    >>> def at(*names):
    ...     key = PriceKey("tokens", "buy", *names)
    ...     return float(model_multiple(model, key, rung="paid", target="gross_margin_0").k)
    >>> at(), at("OpenAI"), at("Anthropic")
    (3.0, 4.0, 7.0)

    Together they may triple; Anthropic alone would have to ask seven times its price.
    """
    month = exposed_rung(model, key, rung=rung, segment=segment)
    if month.revenue <= 0:
        return Multiple(None, "unknown")
    goal = MARGIN_TARGETS[target]
    if key.side == "sell":
        return sold_break_even_multiple(
            revenue=_exact(month.revenue),
            cost=_exact(month.cost),
            sold_revenue=_exact(month.sold),
            target_margin=goal,
        )
    moving = _exact(month.moving)
    return break_even_multiple(
        revenue=_exact(month.revenue),
        other_cost=_exact(month.cost) - moving,
        exposed_cost=moving,
        target_margin=goal,
        pass_through=_exact(month.borne) / moving if moving else Decimal(0),
    )


def _exact(amount: float) -> Decimal:
    return Decimal(repr(float(amount)))
