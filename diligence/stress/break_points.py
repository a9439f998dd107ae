"""k* of every price: by input, supplier and model, rung, segment and target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from diligence.projections.company_model import CompanyModel, PriceKey
from diligence.projections.response_modes import pass_through_only
from diligence.stress.break_even import MARGIN_TARGETS, Multiple, Status, Target
from diligence.stress.model_break_even import RUNGS, exposed_lines, model_multiple, moving_prices
from diligence.stress.price_walk import LARGEST_MULTIPLE, Curve, headroom_today, walked

RUNWAY: Target = "runway_12m"
UNKNOWN_CASH = "needs cash and burn"


@dataclass(frozen=True)
class BreakPoint:
    """k* of one price, rung, segment and target.

    Attributes
    ----------
    key
        The price; without supplier or model it is all of them together.
    rung
        ``paid``, ``fully_loaded``, ``after_training``, or ``cash`` for the runway.
    segment
        The company when empty.
    k, status
        Multiple at which the target is missed, held still but for the stated pass-through. Never
        clipped at 1. For the runway the price moves in the first month, or when its lock ends, and
        growth and credits count.
    answering_k, answering_status
        The same as the company would answer: at the end of the projection, with churn, contract
        lags, locks and every choice of the model, net of what those cost. The first crossing
        beyond today's price.
    returns
        Farther on the target is met again: the answer is not monotone.
    none_serves, all_serve
        k* when none or all of the unresolved pool serves; None when not asked for.
    """

    key: PriceKey
    rung: str
    segment: str
    target: Target
    k: float | None
    status: Status
    answering_k: float | None = None
    answering_status: Status = "unknown"
    returns: bool = False
    none_serves: float | None = None
    all_serve: float | None = None
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """Shape of ``diligence stress --json``."""
        return {
            "price": self.key.label,
            "input": self.key.input,
            "side": self.key.side,
            "supplier": self.key.supplier,
            "model": self.key.model,
            "rung": self.rung,
            "segment": self.segment,
            "target": self.target,
            "k": self.k,
            "status": self.status,
            "answering_k": self.answering_k,
            "answering_status": self.answering_status,
            "met_again_beyond": self.returns,
            "k_none_serves": self.none_serves,
            "k_all_serve": self.all_serve,
            "note": self.note,
        }


@dataclass(frozen=True)
class EngineMultiple:
    """Where the month engine's own projection crosses a target."""

    k: float | None
    status: Status
    returns: bool = False


def break_points(
    model: CompanyModel,
    *,
    floor_months: int,
    inference_unknown: str = "",
    pool_ends: tuple[CompanyModel, CompanyModel] | None = None,
) -> tuple[BreakPoint, ...]:
    """Find every k* of a company; :func:`reverse_stress` explains the parameters."""
    curves = [*_margin_curves(model), *_cash_curves(model)]
    margins = [curve for curve in curves if curve.rung != "cash"]
    held = [_closed_form(model, curve, inference_unknown) for curve in margins]
    held += engine_multiples(pass_through_only(model), curves[len(margins) :], floor_months)
    asked = [c for c, found in zip(curves, held, strict=True) if found.status not in _SETTLED]
    answers = dict(zip(asked, engine_multiples(model, asked, floor_months), strict=True))
    return tuple(
        BreakPoint(
            curve.key,
            curve.rung,
            curve.segment,
            curve.target,
            k=found.k,
            status=found.status,
            answering_k=answer.k,
            answering_status=answer.status,
            returns=answer.returns,
            none_serves=_at_end(pool_ends, 0, curve),
            all_serve=_at_end(pool_ends, 1, curve),
            note=_note(model, curve, found, answer, inference_unknown, floor_months),
        )
        for curve, found in zip(curves, held, strict=True)
        for answer in [answers.get(curve, found)]
    )


_SETTLED = ("not_exposed", "unknown")


def _margin_curves(model: CompanyModel) -> list[Curve]:
    named = [part.name for part in model.segments if part.name and part.name[0] != "("]
    segments = named if len(model.segments) > 1 else []
    return [
        Curve(key, rung, target, segment)
        for key in moving_prices(model)
        for segment in ("", *segments)
        if not segment or exposed_lines(model, key, segment=segment)
        for rung in RUNGS
        if not segment or rung != "after_training"
        for target in MARGIN_TARGETS
    ]


def _cash_curves(model: CompanyModel) -> list[Curve]:
    return [Curve(key, "cash", RUNWAY) for key in moving_prices(model)]


def _closed_form(model: CompanyModel, curve: Curve, inference_unknown: str) -> EngineMultiple:
    if inference_unknown and curve.key.side in ("buy", "rent"):
        return EngineMultiple(None, "unknown")
    found = model_multiple(
        model, curve.key, rung=curve.rung, target=curve.target, segment=curve.segment
    )
    return EngineMultiple(_float(found), found.status)


def engine_multiples(
    model: CompanyModel, curves: Sequence[Curve], month: int
) -> list[EngineMultiple]:
    """Walk every price in the direction in which its target would change sides.

    Parameters
    ----------
    model
        The company with the responses that are to count.
    curves
        Prices and what has to hold.
    month
        Month of the margins, and months that cash has to last.
    """
    if any(curve.rung == "cash" for curve in curves) and (
        model.cash is None or model.bridge is None
    ):
        known = [curve for curve in curves if curve.rung != "cash"]
        found = iter(engine_multiples(model, known, month))
        return [
            EngineMultiple(None, "unknown") if c.rung == "cash" else next(found) for c in curves
        ]
    if not curves:
        return []
    holds = headroom_today(model, curves, month=month) >= 0
    sold = np.array([curve.key.side == "sell" for curve in curves])
    crossings = walked(model, curves, month=month, downwards=(holds == sold).tolist())
    return [
        EngineMultiple(crossing.at, _status(bool(held), crossing.at), crossing.returns)
        for held, crossing in zip(holds, crossings, strict=True)
    ]


def _status(holds: bool, at: float | None) -> Status:
    if not holds:
        return "already_below"
    return "never" if at is None else "breaks_at"


def _at_end(
    ends: tuple[CompanyModel, CompanyModel] | None, which: int, curve: Curve
) -> float | None:
    if ends is None or curve.rung == "cash":
        return None
    return _float(
        model_multiple(
            ends[which], curve.key, rung=curve.rung, target=curve.target, segment=curve.segment
        )
    )


def _note(
    model: CompanyModel,
    curve: Curve,
    found: EngineMultiple,
    answer: EngineMultiple,
    inference_unknown: str,
    month: int,
) -> str:
    if found.status == "unknown":
        return UNKNOWN_CASH if curve.rung == "cash" else f"needs {inference_unknown or 'revenue'}"
    locks = [line.locked_months for line in exposed_lines(model, curve.key)]
    if min(locks, default=0) >= month:
        return f"today's price holds for {min(locks)} months"
    if answer.returns:
        return "as the company answers, the target is met again farther on"
    if answer.status == "never" and curve.key.side != "sell":
        return f"as the company answers, it holds to {LARGEST_MULTIPLE:g} times today's price"
    return ""


def _float(found: Multiple) -> float | None:
    return None if found.k is None else float(found.k)
