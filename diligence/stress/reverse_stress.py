"""Reverse stress: start from the failure and ask how far each price may move before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from diligence.projections.company_model import CompanyModel, PriceKey
from diligence.stress.break_even import Target
from diligence.stress.break_points import RUNWAY, BreakPoint, break_points
from diligence.stress.price_reach import FirstMove, Reached, first_moves, reached
from diligence.stress.scenarios import Scenario

if TYPE_CHECKING:
    import pandas as pd

FLOOR_MONTHS = 12


@dataclass(frozen=True)
class ReverseStress:
    """How far each price may move before the company breaks, and when it can get there."""

    company: str
    points: tuple[BreakPoint, ...]
    first_moves: tuple[FirstMove, ...]
    reached: tuple[Reached, ...]
    floor_months: int = FLOOR_MONTHS

    def find(
        self, key: PriceKey, *, rung: str = "paid", target: Target = "gross_margin_0"
    ) -> BreakPoint | None:
        """Return the company's k* of one price, or None when it has no such price."""
        wanted = (key, rung, target, "")
        return next(
            (p for p in self.points if (p.key, p.rung, p.target, p.segment) == wanted), None
        )

    def nearest(
        self, *, rung: str = "paid", target: Target = "gross_margin_0"
    ) -> BreakPoint | None:
        """Return the company's smallest k* of a whole input that it buys or rents, if any."""
        known = [
            point
            for point in self.points
            if point.key.side in ("buy", "rent")
            and (point.rung, point.target, point.segment) == (rung, target, "")
            and not point.key.supplier
            and point.k is not None
        ]
        return min(known, key=lambda point: point.k or 0.0, default=None)

    def to_frame(self) -> pd.DataFrame:
        """One row a k*."""
        import pandas as pd

        return pd.DataFrame([point.to_json() for point in self.points])

    def to_json(self) -> dict[str, Any]:
        """Shape of ``diligence stress --json``."""
        return {
            "company": self.company,
            "floor_months": self.floor_months,
            "break_points": [point.to_json() for point in self.points],
            "first_moves": [move.to_json() for move in self.first_moves],
            "reached": [entry.to_json() for entry in self.reached],
        }

    def summary(self) -> str:
        """One line for each whole input: where the paid margin and the runway break."""
        inputs = dict.fromkeys(point.key for point in self.points if not point.key.supplier)
        lines = [
            f"{key.label}: paid margin gone {_words(self.find(key))}, runway under "
            f"{self.floor_months} months {_words(self.find(key, rung='cash', target=RUNWAY))}"
            for key in inputs
        ]
        return "\n".join(lines) or "no price moves the company's cost"

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def reverse_stress(
    model: CompanyModel,
    *,
    after: date,
    scenarios: Sequence[Scenario] = (),
    months: int = 36,
    floor_months: int = FLOOR_MONTHS,
    inference_unknown: str = "",
    pool_ends: tuple[CompanyModel, CompanyModel] | None = None,
) -> ReverseStress:
    """Find k* of every price, by input, supplier and model, rung, segment and target.

    Margins are in closed form (:func:`model_multiple`). The runway, and every k* of the company
    that answers, is where the month engine's own projection crosses the target.

    Parameters
    ----------
    model
        One month at run rate, with its responses.
    after
        Date of the analysis; month 1 is the month after it.
    scenarios
        Paths for which to say when they reach k*.
    months
        Months within which a path may reach it.
    floor_months
        Months that cash has to last, and the month in which the company that answers is judged.
    inference_unknown
        What is missing when the books do not say how much of their cost is inference; k* of what
        is bought or rented is then unknown.
    pool_ends
        The same company when none and when all of its unresolved pool serves.

    Examples
    --------
    Revenue 100, other cost 10, tokens 30 a month; burn 5 of 90 cash.

    >>> from diligence.projections.company_model import PricedLine, SegmentModel
    >>> tokens = PricedLine(PriceKey("tokens", "buy", "OpenAI"), paid=30.0)
    >>> model = CompanyModel("A", "USD", (SegmentModel("", 100.0, 10.0, lines=(tokens,)),),
    ...     fixed_cost=50.0, bridge=15.0, cash=90.0)
    >>> print(reverse_stress(model, after=date(2026, 6, 30)).summary())
    tokens bought: paid margin gone at 3.00x, runway under 12 months at 1.08x

    Cash breaks long before the margin does.
    """
    points = break_points(
        model,
        floor_months=floor_months,
        inference_unknown=inference_unknown,
        pool_ends=pool_ends,
    )
    leading = [
        point
        for point in points
        if not point.segment and not point.key.model and point.rung in ("paid", "cash")
    ]
    return ReverseStress(
        company=model.name,
        points=points,
        first_moves=first_moves(model, after),
        reached=reached(model, leading, scenarios, after=after, months=months),
        floor_months=floor_months,
    )


def _words(point: BreakPoint | None) -> str:
    if point is None:
        return "unknown"
    if point.status == "already_below":
        need = "" if point.k is None or point.k <= 0 else f" (needs {point.k:.2f}x)"
        return f"already{need}"
    if point.k is not None:
        return f"at {point.k:.2f}x"
    return {"never": "never", "not_exposed": "not by this price"}.get(point.status, "unknown")
