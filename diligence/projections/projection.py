"""Months ahead of one path: revenue, margin, operating result and cash under one shock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from diligence.errors import InputError
from diligence.projections.company_model import CompanyModel, PriceKey, covers
from diligence.projections.month_engine import CompanyMonths, run_months
from diligence.projections.shocks import Shock

if TYPE_CHECKING:
    import pandas as pd

LONGEST_MONTHS = 120


@dataclass(frozen=True)
class MonthResult:
    """One projected month: money in reporting currency, cash at its end."""

    month: int
    revenue: float
    paid_cost: float
    fully_loaded_cost: float
    operating_result: float
    response_cost: float
    cash_burn: float | None
    cash: float | None

    @property
    def gross_profit(self) -> float:
        """Revenue less the cost of the paid rung."""
        return self.revenue - self.paid_cost


@dataclass(frozen=True)
class Projection:
    """The months ahead under one shock."""

    months: tuple[MonthResult, ...]
    minimum_cash: float
    segments: Mapping[str, tuple[float | None, ...]]

    def paid_margin(self, month: int) -> float | None:
        """Paid gross margin of a month, counted from 1; a fraction."""
        result = self.months[month - 1]
        return 1 - result.paid_cost / result.revenue if result.revenue > 0 else None

    @property
    def runway_months(self) -> float | None:
        """Months until cash falls to its minimum, interpolated within the month.

        None when cash is unknown or lasts beyond the horizon.
        """
        opening: float | None = None
        for result in self.months:
            if result.cash is None or result.cash_burn is None:
                return None
            opening = result.cash + result.cash_burn if opening is None else opening
            if opening <= self.minimum_cash:
                return float(result.month - 1)
            if result.cash < self.minimum_cash:
                return result.month - 1 + (opening - self.minimum_cash) / result.cash_burn
            opening = result.cash
        return None

    @property
    def runway_status(self) -> str:
        """``finite``, ``not_burning``, ``beyond_horizon`` or ``unknown``."""
        if any(result.cash is None for result in self.months):
            return "unknown"
        if self.runway_months is not None:
            return "finite"
        burning = any((result.cash_burn or 0.0) > 0 for result in self.months)
        return "beyond_horizon" if burning else "not_burning"

    @property
    def capital_needed(self) -> float | None:
        """Money that keeps cash at its minimum through the horizon; 0 when none is needed."""
        lowest = min(
            (result.cash for result in self.months if result.cash is not None), default=None
        )
        return None if lowest is None else max(self.minimum_cash - lowest, 0.0)

    def to_frame(self) -> pd.DataFrame:
        """One row a month."""
        import pandas as pd

        return pd.DataFrame([vars(result) for result in self.months])

    def summary(self) -> str:
        """Runway in words."""
        months = self.runway_months
        return f"runway {months:.1f} months" if months is not None else self.runway_status

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def project(model: CompanyModel, shock: Shock) -> Projection:
    """Project a company under a shock of one path.

    Raises
    ------
    InputError
        When a shock names a price that the company does not have, or runs longer than ten years.
    """
    if not 1 <= shock.months <= LONGEST_MONTHS:
        raise InputError(f"A projection runs 1 to {LONGEST_MONTHS} months; found {shock.months}.")
    _require_known(shock, model)
    result = run_months(model, shock)
    return Projection(_months(model, result, shock.months), model.minimum_cash, _segments(result))


def price_shock(multiples: Mapping[PriceKey, float], *, months: int) -> Shock:
    """Multiply prices from the first month on; a key without supplier moves them all.

    Raises
    ------
    InputError
        When a multiple is negative.
    """
    for key, multiple in multiples.items():
        if multiple < 0:
            raise InputError(
                f"A price multiple must not be negative; found {multiple} for {key.label}."
            )
    return Shock(
        months, {key: np.full((months, 1), multiple) for key, multiple in multiples.items()}
    )


def _months(model: CompanyModel, result: CompanyMonths, months: int) -> tuple[MonthResult, ...]:
    columns = [
        np.broadcast_to(array, (months, 1))[:, 0].tolist()
        for array in (
            result.revenue,
            result.paid_cost,
            result.fully_loaded_cost,
            result.operating_result,
            result.response_cost,
        )
    ]
    burns: list[float | None] = [None] * months
    if result.cash_burn is not None:
        burns = np.broadcast_to(result.cash_burn, (months, 1))[:, 0].tolist()
    found, cash = [], model.cash
    for month, burn in enumerate(burns, start=1):
        revenue, paid, loaded, operating, response = (column[month - 1] for column in columns)
        cash = None if cash is None or burn is None else cash - burn
        found.append(MonthResult(month, revenue, paid, loaded, operating, response, burn, cash))
    return tuple(found)


def _segments(result: CompanyMonths) -> dict[str, tuple[float | None, ...]]:
    """Paid margin by segment and month; None without revenue."""
    return {
        part.name: tuple(
            None if revenue <= 0 else 1 - cost / revenue
            for revenue, cost in zip(
                np.broadcast_to(part.revenue, result.revenue.shape)[:, 0].tolist(),
                np.broadcast_to(part.paid_cost, result.revenue.shape)[:, 0].tolist(),
                strict=True,
            )
        )
        for part in result.segments
        if part.name
    }


def _require_known(shock: Shock, model: CompanyModel) -> None:
    known = model.keys
    for key in shock.prices:
        if not any(covers(key, other) for other in known):
            have = ", ".join(other.label for other in known) or "none"
            raise InputError(
                f"No priced input {key.label!r}; the deal has {have}. "
                "State it under exposure in deal.yaml."
            )
