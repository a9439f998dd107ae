"""What is left at every price multiple and saving, and where the two cancel out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from diligence.errors import InputError
from diligence.projections.company_model import CompanyModel, PriceKey
from diligence.stress.break_even import MARGIN_TARGETS, Target
from diligence.stress.model_break_even import exposed_lines

if TYPE_CHECKING:
    import pandas as pd

MAP_MULTIPLES = tuple(1.0 + 0.25 * step for step in range(37))
MAP_SAVINGS = tuple(round(0.05 * step, 2) for step in range(17))


@dataclass(frozen=True)
class MitigationCell:
    """Paid margin at one price multiple after one saving; both fractions but the multiple."""

    multiple: float
    saving: float
    paid_margin: float


@dataclass(frozen=True)
class ContourPoint:
    """Multiple that a saving makes bearable; None where no multiple does."""

    target: Target
    saving: float
    multiple: float | None


@dataclass(frozen=True)
class MitigationMap:
    """Grid of paid margins, and the break-even contours through it."""

    key: PriceKey
    cells: tuple[MitigationCell, ...]
    contours: tuple[ContourPoint, ...]

    def contour(self, target: Target) -> tuple[ContourPoint, ...]:
        """Break-even contour of one target, by saving."""
        return tuple(point for point in self.contours if point.target == target)

    def to_frame(self) -> pd.DataFrame:
        """One row a cell, for a heat map."""
        import pandas as pd

        return pd.DataFrame([vars(cell) for cell in self.cells])

    def contour_frame(self) -> pd.DataFrame:
        """One row a point of a contour."""
        import pandas as pd

        return pd.DataFrame([vars(point) for point in self.contours])

    def to_json(self) -> dict[str, Any]:
        """Shape of ``diligence stress --json``."""
        return {
            "price": self.key.label,
            "cells": [vars(cell) for cell in self.cells],
            "contours": [vars(point) for point in self.contours],
        }

    def summary(self) -> str:
        """What half the cost saved makes of the break-even."""
        points = {point.saving: point.multiple for point in self.contour("gross_margin_0")}
        none, half = points.get(0.0), points.get(0.5)
        if none is None or half is None:
            return f"{self.key.label}: no multiple takes the paid margin to zero"
        return (
            f"{self.key.label}: the paid margin is gone at {none:.2f}x, at most at {half:.2f}x "
            "with half of that cost saved"
        )

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def mitigation_map(
    model: CompanyModel,
    key: PriceKey,
    *,
    multiples: Sequence[float] = MAP_MULTIPLES,
    savings: Sequence[float] = MAP_SAVINGS,
) -> MitigationMap:
    """Lay price multiples against the share of the work that is saved.

    A saving counts at once, without its cost, over all that is bought at the price: the contour
    is the upper limit of what mitigation can bear, m* / (1 - saving) where nothing is passed on.
    Stated pass-through acts on the price of the same work; savings stay with the company.

    Parameters
    ----------
    key
        A bought or rented price; without supplier it is all of them together.
    multiples
        Multiples of today's price, 0 or more.
    savings
        Fractions under 1 of the work bought at that price.

    Raises
    ------
    InputError
        When nothing is bought at that price, or a saving is not a fraction under 1.

    Examples
    --------
    >>> from diligence.projections.company_model import PricedLine, SegmentModel
    >>> tokens = PricedLine(PriceKey("tokens", "buy", "OpenAI"), paid=30.0)
    >>> model = CompanyModel("A", "USD", (SegmentModel("", 100.0, 10.0, lines=(tokens,)),))
    >>> print(mitigation_map(model, PriceKey("tokens", "buy")).summary())
    tokens bought: the paid margin is gone at 3.00x, at most at 6.00x with half of that cost saved
    """
    wrong = [saving for saving in savings if not 0 <= saving < 1]
    if wrong:
        raise InputError(f"A saving is a fraction from 0 to under 1; found {wrong[0]}.")
    if key.side not in ("buy", "rent") or not exposed_lines(model, key):
        raise InputError(f"Nothing is bought at {key.label!r}; name a bought or rented price.")
    grid = [(multiple, saving) for saving in savings for multiple in multiples]
    return MitigationMap(
        key,
        tuple(
            MitigationCell(multiple, saving, margin)
            for (multiple, saving), margin in zip(grid, _margins(model, key, grid), strict=True)
        ),
        tuple(
            ContourPoint(target, saving, _bearable(model, key, target, saving))
            for target in MARGIN_TARGETS
            for saving in savings
        ),
    )


def _margins(
    model: CompanyModel, key: PriceKey, grid: Sequence[tuple[float, float]]
) -> list[float]:
    """Paid margin of every cell, without locks."""
    revenue, other, paid, borne = _amounts(model, key)
    if revenue <= 0:
        raise InputError(f"{model.name} has no revenue; a margin needs some.")
    return [
        1.0 - (other + paid * multiple * (1.0 - saving)) / (revenue + borne * (multiple - 1.0))
        for multiple, saving in grid
    ]


def _bearable(model: CompanyModel, key: PriceKey, target: Target, saving: float) -> float | None:
    """Multiple at which the margin meets its target; None where it holds at any."""
    revenue, other, paid, borne = _amounts(model, key)
    kept = 1.0 - float(MARGIN_TARGETS[target])
    slope = paid * (1.0 - saving) - kept * borne
    found = (kept * (revenue - borne) - other) / slope if slope > 0 else None
    return None if found is None or found <= 0 else found


def _amounts(model: CompanyModel, key: PriceKey) -> tuple[float, float, float, float]:
    """Revenue, other paid cost, paid cost at the price, and what customers bear of its rise."""
    lines = exposed_lines(model, key)
    paid = sum(line.paid for line in lines)
    borne = sum(line.paid * line.pass_through for line in lines)
    return model.revenue, model.paid_cost - paid, paid, borne
