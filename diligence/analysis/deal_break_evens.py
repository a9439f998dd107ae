"""k* of a deal: the most dangerous input, and the multiple at which cash gets short."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from diligence.projections import CompanyModel, PricedInput, PriceKey, RunwayTable
from diligence.projections.company_model import covers, exposed_month
from diligence.projections.response_modes import pass_through_only
from diligence.stress import BreakEven, Multiple
from diligence.stress.break_points import EngineMultiple, engine_multiples
from diligence.stress.price_walk import Curve


def dangerous_multiple(
    break_evens: Iterable[BreakEven], *, target: str, rung: str = "paid"
) -> BreakEven | None:
    """Return the smallest k* of a bought or rented input for the company, if any is known."""
    known = [
        found
        for found in break_evens
        if found.side in ("buy", "rent")
        and not found.segment
        and found.target == target
        and found.rung == rung
        and found.k is not None
    ]
    return min(known, key=lambda found: found.k or Decimal(0), default=None)


def runway_break_evens(
    model: CompanyModel,
    inputs: Iterable[PricedInput],
    runway: RunwayTable,
    *,
    floor_months: int,
) -> tuple[BreakEven, ...]:
    """Find k* at which cash lasts no longer than a floor, from the month engine.

    Parameters
    ----------
    model
        One month at run rate; stated pass-through acts, nothing else answers.
    inputs
        Priced inputs of the deal; what it sells and owns is left out.
    runway
        Says what is missing where cash or burn is unknown.
    floor_months
        Months that cash has to last.
    """
    bought = [priced for priced in inputs if priced.side in ("buy", "rent")]
    moving = [p for p in bought if any(covers(_key(p), key) for key in model.keys)]
    found = engine_multiples(
        pass_through_only(model),
        [Curve(_key(priced), "cash", "runway_12m") for priced in moving],
        floor_months,
    )
    known = dict(zip((priced.label for priced in moving), found, strict=True))
    return tuple(_runway_break_even(p, model, runway, known.get(p.label)) for p in bought)


def _runway_break_even(
    priced: PricedInput, model: CompanyModel, runway: RunwayTable, found: EngineMultiple | None
) -> BreakEven:
    exposed, borne = exposed_month(model, _key(priced))
    multiple = Multiple(None, "not_exposed")
    if found is not None:
        multiple = Multiple(None if found.k is None else Decimal(repr(found.k)), found.status)
    note = "with growth, locks and credits; the price moves in month 1 or when its lock ends"
    if multiple.status == "unknown":
        note = f"needs {runway.needs}"
    return BreakEven(
        input=priced.label,
        side=priced.side,
        suppliers=priced.suppliers,
        rung="cash",
        segment="",
        target="runway_12m",
        k=multiple.k,
        status=multiple.status,
        all_serve=multiple,
        none_serves=multiple,
        pass_through=Decimal(repr(borne / exposed if exposed else 0.0)),
        note="" if multiple.status == "not_exposed" else note,
    )


def _key(priced: PricedInput) -> PriceKey:
    return PriceKey(priced.input, priced.side)
