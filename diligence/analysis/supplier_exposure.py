"""What a company and its investor lose when one supplier alone doubles its prices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from diligence.analysis.stress_analysis import StressAnalysis
from diligence.assumptions import AssumptionRegister
from diligence.costs.look_through import look_through
from diligence.inputs.deal import Deal
from diligence.projections import CompanyModel, PriceKey, Projection, price_shock, project
from diligence.projections.response_modes import without_levers
from diligence.projections.revenue_growth import revenue_growth
from diligence.valuation import CompanyCase, ValuationAssumptions
from diligence.valuation.case_value import value_case

if TYPE_CHECKING:
    import pandas as pd

MULTIPLE = 2.0
MONTH = 12
"""A loss is read a year ahead, after the locks that run out within it."""


@dataclass(frozen=True)
class SupplierExposure:
    """One supplier after look-through, and what it takes when it alone doubles its prices.

    Attributes
    ----------
    share
        Of all cost that moves with a bought or rented price, a fraction.
    gross_profit_loss
        Of the paid rung a month, in month 12; reporting currency.
    position_loss
        Share of the position's value; None where the position has no value to lose.
    lock_until
        Next end of a price lock; None where no price is locked.
    """

    supplier: str
    share: float
    gross_profit_loss: float
    position_loss: float | None
    lock_until: date | None


@dataclass(frozen=True)
class SupplierExposures:
    """Every supplier of one company, the largest share first; money in reporting currency.

    Attributes
    ----------
    position
        Value of the investor's position, an indicative sensitivity; None where unknown.
    capital_needed, capital_needed_doubled
        Money beyond the round that keeps cash at its minimum through the horizon, at today's
        prices and when every bought and rented price doubles; None where cash is unknown.

    Examples
    --------
    >>> large = SupplierExposure("Anthropic", 0.8, 400_000.0, 0.5, None)
    >>> small = SupplierExposure("AWS", 0.2, 100_000.0, 0.1, None)
    >>> found = SupplierExposures("Acme", (large, small), None, None, None)
    >>> round(found.concentration, 2)
    0.68
    >>> print(found.summary().splitlines()[0])
    Anthropic: 80% of what moves with a price; doubled it takes 400,000 of gross profit a month

    Above 0.5 one supplier decides: its repricing is the company's.
    """

    company: str
    by_supplier: tuple[SupplierExposure, ...]
    position: float | None
    capital_needed: float | None
    capital_needed_doubled: float | None

    @property
    def concentration(self) -> float | None:
        """Herfindahl index of the shares, 0 to 1; None where nothing is bought or rented.

        Half and half give 0.5, one supplier alone 1.
        """
        shares = [found.share for found in self.by_supplier]
        return sum(share**2 for share in shares) if shares else None

    def to_frame(self) -> pd.DataFrame:
        """One row a supplier."""
        import pandas as pd

        return pd.DataFrame([vars(found) for found in self.by_supplier])

    def summary(self) -> str:
        """One line a supplier."""
        return "\n".join(
            f"{found.supplier}: {found.share:.0%} of what moves with a price; doubled it takes "
            f"{found.gross_profit_loss:,.0f} of gross profit a month"
            for found in self.by_supplier
        )

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def supplier_exposures(
    deal: Deal, future: StressAnalysis, register: AssumptionRegister
) -> SupplierExposures:
    """Double the prices of each supplier alone, whoever resells it.

    Parameters
    ----------
    deal, register
        The round and the assumptions in force.
    future
        The deal under stress: its model, baseline and valuation. The company answers as it
        states, without levers.
    """
    model = without_levers(future.model)
    groups = _suppliers(model)
    months = len(future.baseline.months)
    position = _Position(deal, register, future)
    total = sum(_cost(model, keys) for keys in groups.values())
    found = []
    for name, keys in groups.items():
        doubled = project(model, price_shock(dict.fromkeys(keys, MULTIPLE), months=months))
        found.append(
            SupplierExposure(
                supplier=name,
                share=_cost(model, keys) / total if total else 0.0,
                gross_profit_loss=_gross_profit(future.baseline) - _gross_profit(doubled),
                position_loss=position.share_lost(doubled),
                lock_until=_next_lock(deal, name),
            )
        )
    return SupplierExposures(
        company=deal.company,
        by_supplier=tuple(sorted(found, key=lambda one: (-one.share, one.supplier))),
        position=position.value,
        capital_needed=position.beyond_round(future.baseline),
        capital_needed_doubled=position.beyond_round(future.doubled),
    )


def _suppliers(model: CompanyModel) -> dict[str, list[PriceKey]]:
    """Prices that the company pays, by who sets them."""
    groups: dict[str, list[PriceKey]] = {}
    for key in model.keys:
        if key.side in ("buy", "rent") and key.supplier:
            groups.setdefault(_setter(key.input, key.supplier, key.model), []).append(key)
    return groups


def _setter(name: str, supplier: str, model: str) -> str:
    return look_through(supplier, model=model if name == "tokens" else "")


def _cost(model: CompanyModel, keys: Iterable[PriceKey]) -> float:
    wanted = set(keys)
    return sum(line.cost for part in model.segments for line in part.lines if line.key in wanted)


def _gross_profit(projection: Projection) -> float:
    return projection.months[min(MONTH, len(projection.months)) - 1].gross_profit


def _next_lock(deal: Deal, supplier: str) -> date | None:
    locks = [
        exposure.lock_until
        for exposure in deal.terms.exposures
        if exposure.lock_until is not None
        and exposure.lock_until > deal.terms.as_of
        and _setter(exposure.input, exposure.supplier, exposure.model) == supplier
    ]
    return min(locks, default=None)


class _Position:
    """The investor's position at today's prices, and how much of it a projection takes."""

    def __init__(self, deal: Deal, register: AssumptionRegister, future: StressAnalysis) -> None:
        terms = deal.terms
        grown = revenue_growth(deal.revenue)
        self._growth = grown.per_year if grown else None
        self._round = terms.round
        self._assumed = ValuationAssumptions.of(register)
        self._on = terms.round.decision_date or terms.as_of
        self._base = self._case(future.baseline)
        self._found = future.valuation
        self.value = future.valuation.base.position_value

    def share_lost(self, stressed: Projection) -> float | None:
        """Share of the value; None without a value above zero."""
        after, calibration = self._found.after, self._found.calibration
        if not self.value or self.value < 0 or after is None or calibration is None:
            return None
        left = value_case(
            "stressed",
            self._case(stressed),
            base=self._base,
            after=after,
            calibration=calibration,
            assumed=self._assumed,
            on=self._on,
        ).position_value
        return None if left is None else 1 - left / self.value

    def beyond_round(self, projection: Projection) -> float | None:
        """Money that keeps cash at its minimum, beyond what the round brings."""
        return self._case(projection).capital_needed

    def _case(self, projection: Projection) -> CompanyCase:
        return CompanyCase.of(
            projection,
            growth=self._growth,
            new_money=float(self._round.primary or 0),
            month=min(MONTH, len(projection.months)),
        )
