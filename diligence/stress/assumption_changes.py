"""A company with one of its assumptions changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from diligence.errors import InputError
from diligence.projections.company_model import CompanyModel, PricedLine, SegmentModel


@dataclass(frozen=True)
class Variation:
    """One assumption at the ends of its range, and the company at each of them."""

    name: str
    low_value: float
    high_value: float
    low: CompanyModel
    high: CompanyModel


def _lines(
    model: CompanyModel, change: Callable[[PricedLine], PricedLine]
) -> tuple[SegmentModel, ...]:
    return tuple(
        dataclasses.replace(part, lines=tuple(change(line) for line in part.lines))
        for part in model.segments
    )


def _pass_through(model: CompanyModel, share: float) -> CompanyModel:
    """Share of every rise that customers bear."""
    return dataclasses.replace(
        model,
        segments=_lines(model, lambda line: dataclasses.replace(line, pass_through=share)),
    )


def _elasticity(model: CompanyModel, elasticity: float) -> CompanyModel:
    segments = tuple(
        dataclasses.replace(
            part, response=dataclasses.replace(part.response, price_elasticity=elasticity)
        )
        for part in model.segments
    )
    return dataclasses.replace(model, segments=segments)


def _growth(model: CompanyModel, per_month: float) -> CompanyModel:
    return dataclasses.replace(model, growth=per_month)


def _other_cost(model: CompanyModel, multiple: float) -> CompanyModel:
    """Other cost of revenue over today's."""
    segments = tuple(
        dataclasses.replace(part, paid_other=part.paid_other * multiple) for part in model.segments
    )
    return dataclasses.replace(model, segments=segments)


def _exposed_cost(model: CompanyModel, multiple: float) -> CompanyModel:
    """Cost exposed to prices over today's, out of the same total."""

    def scaled(line: PricedLine) -> PricedLine:
        return dataclasses.replace(line, paid=line.paid * multiple, unpaid=line.unpaid * multiple)

    segments = tuple(
        dataclasses.replace(
            part,
            lines=new.lines,
            paid_other=part.paid_cost - sum(line.paid for line in new.lines),
            unpaid_other=part.unpaid_cost - sum(line.unpaid for line in new.lines),
        )
        for part, new in zip(model.segments, _lines(model, scaled), strict=True)
    )
    return dataclasses.replace(model, segments=segments)


def _cash(model: CompanyModel, multiple: float) -> CompanyModel:
    """Cash over today's."""
    return model if model.cash is None else dataclasses.replace(model, cash=model.cash * multiple)


def _burn(model: CompanyModel, multiple: float) -> CompanyModel:
    """Cash used a month over today's, at the same operating result."""
    if model.bridge is None:
        return model
    burn = model.bridge - (model.revenue - model.operating_cost)
    return dataclasses.replace(model, bridge=model.bridge + (multiple - 1.0) * burn)


def _lever_saving(model: CompanyModel, multiple: float) -> CompanyModel:
    """Saving of every lever over what is stated, up to all of the cost it reaches."""
    levers = tuple(
        dataclasses.replace(lever, saving=min(lever.saving * multiple, 1.0))
        for lever in model.levers
    )
    return dataclasses.replace(model, levers=levers)


ASSUMPTIONS: dict[str, Callable[[CompanyModel, float], CompanyModel]] = {
    "pass_through": _pass_through,
    "price_elasticity": _elasticity,
    "growth": _growth,
    "other_cost": _other_cost,
    "exposed_cost": _exposed_cost,
    "cash": _cash,
    "burn": _burn,
    "lever_saving": _lever_saving,
}
"""What can be varied: shares, an elasticity and a growth a month as such; ``other_cost``,
``exposed_cost``, ``cash``, ``burn`` and ``lever_saving`` as multiples of today's."""


def variation(model: CompanyModel, name: str, low: float, high: float) -> Variation:
    """Build the company at both ends of one assumption.

    Raises
    ------
    InputError
        When there is no such assumption.
    """
    if name not in ASSUMPTIONS:
        raise InputError(f"No assumption {name!r} to vary; there are {', '.join(ASSUMPTIONS)}.")
    change = ASSUMPTIONS[name]
    return Variation(name, low, high, change(model, low), change(model, high))
