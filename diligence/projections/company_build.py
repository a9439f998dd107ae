"""From a deal's margin ladder to the month that the engine projects."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from diligence.costs import MarginLadder, ScopeLadder
from diligence.costs.ladder import RungName, rung_costs
from diligence.inputs.deal import Exposure
from diligence.projections.company_model import (
    CompanyModel,
    PricedLine,
    PriceKey,
    SegmentModel,
)
from diligence.projections.exposure import PricedInput, exposed
from diligence.projections.runway import RunwayTable
from diligence.projections.supply_terms import months_until
from diligence.units import Period

REMAINDER = "(company)"
_ROUNDING = 1e-9


@dataclass(frozen=True)
class _Scope:
    """Where a segment of the model gets its amounts from."""

    name: str
    ladder_segment: str


def company_model(
    ladder: MarginLadder,
    *,
    name: str,
    period: Period,
    inputs: Sequence[PricedInput],
    start: date,
    runway: RunwayTable | None = None,
    growth: float = 0.0,
    pool_share: Decimal | None = None,
) -> CompanyModel:
    """Take one month of a ladder apart into segments, priced lines and the rest.

    Segments whose serving cost is booked by segment become segments of the model, with what no
    segment holds as a part of its own; otherwise the company is one segment. All parts add up to
    the company's rungs.

    Parameters
    ----------
    ladder
        Rungs of the headline period.
    name
        Name of the company.
    period
        The ladder's period, a whole number of months; its amounts are divided by them.
    inputs
        Priced inputs of the deal. What the company owns moves with nobody's price.
    start
        Day before the first month; price locks count from it.
    runway
        Cash and burn; without them the P&L is projected alone.
    growth
        Growth of volume a month, a fraction.
    pool_share
        Serving share of the unresolved pool; the ladder's base by default.

    Raises
    ------
    PeriodError
        When the period is not a whole number of months.
    """
    months = period.months
    scopes = _scopes(ladder)
    parts = [_segment(scope, ladder, inputs, start, months, pool_share) for scope in scopes]
    company = _segment(_Scope("", ""), ladder, inputs, start, months, pool_share)
    if len(parts) > 1:
        rest = _remainder(company, parts)
        parts = [*parts, rest] if rest else parts
    basis = ladder.company.basis
    if pool_share is not None:
        basis = dataclasses.replace(basis, pool_share=pool_share)
    costs = {rung: float(cost) / months for rung, cost in rung_costs(basis).items()}
    lines = [line for part in parts for line in part.lines]
    loaded, operating = costs["fully_loaded"], costs["operating"]
    steady = costs["after_training"] - loaded - sum(line.training_steady for line in lines)
    cash, burn = (runway.base_cash, runway.base_burn) if runway else (None, None)
    return CompanyModel(
        name=name,
        currency=ladder.currency,
        segments=tuple(parts),
        training_steady_other=steady,
        fixed_cost=operating - loaded - sum(line.training_cash + line.internal for line in lines),
        bridge=None if burn is None else float(burn.monthly) - (operating - _revenue(parts)),
        cash=None if cash is None or burn is None else float(cash.amount),
        minimum_cash=float(runway.minimum_cash) if runway else 0.0,
        growth=growth,
    )


def _scopes(ladder: MarginLadder) -> list[_Scope]:
    named = [scope for scope in ladder.scopes if scope.segment and scope.segment[0] != "("]
    if not named or any(scope.rung("paid").needs for scope in named):
        return [_Scope(ladder.company.segment, "")]
    return [_Scope(scope.segment, scope.segment) for scope in named]


def _segment(
    scope: _Scope,
    ladder: MarginLadder,
    inputs: Iterable[PricedInput],
    start: date,
    months: int,
    pool_share: Decimal | None,
) -> SegmentModel:
    found = _ladder_scope(ladder, scope.ladder_segment)
    basis = found.basis
    if pool_share is not None:
        basis = dataclasses.replace(basis, pool_share=pool_share)
    costs = rung_costs(basis)
    lines = sorted(
        (
            line
            for priced in inputs
            if priced.side != "own"
            for exposure in priced.exposures
            for line in [_line(priced, exposure, ladder, scope, start, months, pool_share)]
            if line.cost or line.sold or line.training_steady
        ),
        key=lambda line: (line.key, line.applies_to, line.locked_months),
    )
    paid = float(costs["paid"]) / months
    loaded = float(costs["fully_loaded"]) / months
    return SegmentModel(
        name=scope.name,
        revenue=float(basis.revenue) / months,
        paid_other=paid - sum(line.paid for line in lines),
        unpaid_other=loaded - paid - sum(line.unpaid for line in lines),
        lines=tuple(lines),
    )


def _line(
    priced: PricedInput,
    exposure: Exposure,
    ladder: MarginLadder,
    scope: _Scope,
    start: date,
    months: int,
    pool_share: Decimal | None,
) -> PricedLine:
    alone = dataclasses.replace(priced, exposures=(exposure,))

    def at(rung: RungName) -> Decimal:
        return exposed(
            alone, ladder, rung=rung, segment=scope.ladder_segment, pool_share=pool_share
        ).amount

    key = PriceKey(priced.input, priced.side, exposure.supplier, exposure.model)
    paid = at("paid")
    locked = 0 if exposure.lock_until is None else months_until(start, exposure.lock_until)
    if priced.side == "sell":
        return PricedLine(key, exposure.applies_to, sold=float(paid) / months, locked_months=locked)
    loaded = at("fully_loaded")
    below = float(at("operating") - loaded) / months
    trains = exposure.applies_to == "training"
    return PricedLine(
        key,
        exposure.applies_to,
        paid=float(paid) / months,
        unpaid=float(loaded - paid) / months,
        training_steady=float(at("after_training") - loaded) / months,
        training_cash=below if trains else 0.0,
        internal=0.0 if trains else below,
        pass_through=float(priced.passed_share(exposure)),
        locked_months=locked,
    )


def _remainder(company: SegmentModel, parts: Sequence[SegmentModel]) -> SegmentModel | None:
    """What the company has and no segment holds: cost and lines booked for the company only."""
    lines = tuple(_line_left(line, parts) for line in company.lines)
    rest = SegmentModel(
        REMAINDER,
        _left(company.revenue, (part.revenue for part in parts)),
        _left(company.paid_other, (part.paid_other for part in parts)),
        _left(company.unpaid_other, (part.unpaid_other for part in parts)),
        tuple(line for line in lines if line.cost or line.sold or line.training_steady),
    )
    empty = not (rest.revenue or rest.paid_other or rest.unpaid_other or rest.lines)
    return None if empty else rest


def _line_left(line: PricedLine, parts: Sequence[SegmentModel]) -> PricedLine:
    same = [other for part in parts for other in part.lines if _identity(other) == _identity(line)]

    def left(name: str) -> float:
        return _left(getattr(line, name), (getattr(other, name) for other in same))

    return dataclasses.replace(
        line,
        paid=left("paid"),
        unpaid=left("unpaid"),
        training_steady=left("training_steady"),
        training_cash=left("training_cash"),
        internal=left("internal"),
        sold=left("sold"),
    )


def _identity(line: PricedLine) -> tuple[object, ...]:
    return (line.key, line.applies_to, line.pass_through, line.locked_months)


def _left(total: float, parts: Iterable[float]) -> float:
    rest = total - sum(parts)
    return rest if abs(rest) > _ROUNDING * max(abs(total), 1.0) else 0.0


def _ladder_scope(ladder: MarginLadder, segment: str) -> ScopeLadder:
    return next(scope for scope in ladder.scopes if scope.segment == segment)


def _revenue(parts: Iterable[SegmentModel]) -> float:
    return sum(part.revenue for part in parts)
