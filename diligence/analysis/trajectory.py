"""A company's own cost series: unit cost where bills and usage give one, else a cost ratio."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from diligence.analysis.panel_coverage import PanelCoverage, panel_coverage
from diligence.analysis.prices import price_day
from diligence.costs import MarginLadder, analysis_periods
from diligence.costs.periods import lines_in
from diligence.errors import EstimationError, InputError
from diligence.inputs.deal import Deal, Role
from diligence.inputs.usage import Usage
from diligence.prices import PriceBook
from diligence.projections.model_listings import ModelListings, constant_weights
from diligence.projections.unit_cost_history import UnitCostHistory, unit_cost_history
from diligence.projections.unit_cost_market import (
    MarketPrices,
    market_prices,
    own_model_prices,
)
from diligence.projections.unit_cost_periods import ServedPeriod, served_period
from diligence.projections.unit_cost_trajectory import (
    FEWEST_POINTS,
    FittedCost,
    UnitCostTrajectory,
    fit_cost,
    unit_cost_trajectory,
)
from diligence.units import Period

if TYPE_CHECKING:
    import pandas as pd

    from diligence.trajectories import Backtest, LogTrendFit, RandomWalkFit

RATIO_NAME = "cost of revenue per unit of revenue"
NO_USAGE = f"usage/ and serving cost of the same {FEWEST_POINTS} periods or more"


class _Result(Protocol):
    @property
    def period(self) -> Period: ...
    @property
    def ladder(self) -> MarginLadder: ...


class _Pricing(Protocol):
    def __call__(
        self,
        history: UnitCostHistory,
        *,
        book: PriceBook,
        models: ModelListings,
        known_on: date | None,
    ) -> MarketPrices: ...


@dataclass(frozen=True, eq=False)
class CostTrajectory:
    """Fit of a company's cost series, or the reason why there is none.

    ``company`` holds the unit costs where usage gives them. ``fitted`` is the series that the
    memo shows: the unit cost, or the cost ratio of the books where there are too few months with
    both usage and cost; ``fallback`` then says what a unit cost needs.
    """

    fitted: FittedCost
    company: UnitCostTrajectory | None = None
    fallback: str = ""

    @property
    def series_name(self) -> str:
        """What the series is."""
        return self.fitted.name

    @property
    def is_unit_cost(self) -> bool:
        """Whether the series is a cost per unit, not a ratio to revenue."""
        return not self.fallback

    @property
    def observed(self) -> pd.Series[float]:
        """The series, dated at the ends of its periods."""
        return self.fitted.observed

    @property
    def fit(self) -> RandomWalkFit | None:
        """Random walk with drift; None when it cannot be fitted."""
        return self.fitted.fit

    @property
    def rival(self) -> LogTrendFit | None:
        """Log trend, to compare."""
        return self.fitted.rival

    @property
    def backtest(self) -> Backtest | None:
        """Hindcasts of the series itself."""
        return self.fitted.backtest

    @property
    def panel(self) -> PanelCoverage:
        """How often intervals of this kind held on past technologies."""
        return panel_coverage()

    @property
    def needs(self) -> str:
        """Why there is no fit."""
        return self.fitted.needs

    @property
    def steps(self) -> int:
        """Forecast steps shown."""
        return self.fitted.steps

    def summary(self) -> str:
        """The fit, or what it needs."""
        lines = [self.company.summary() if self.is_unit_cost and self.company else ""]
        if not self.is_unit_cost:
            lines = [self.fitted.summary(), f"a unit cost needs {self.fallback}"]
        return "\n".join(lines)


def cost_trajectory(
    deal: Deal,
    results: Iterable[_Result] = (),
    *,
    models: ModelListings | None = None,
    book: PriceBook | None = None,
) -> CostTrajectory:
    """Fit the random walk with drift to the company's unit cost, or to its cost ratio.

    Parameters
    ----------
    deal
        The deal.
    results
        Margin ladders by period; the shortest periods that do not overlap are used.
    models, book
        Listings of the models in usage and the price book: constant prices to weigh tokens by,
        and the market price.

    Notes
    -----
    The cost ratio is cost of revenue per unit of revenue, dated at the ends of the shortest
    periods of the books: prices charged to customers move it too.
    """
    company, lacking = None, NO_USAGE
    if deal.usage is not None:
        try:
            company = _company(deal, deal.usage, results, models, book)
        except InputError as error:
            lacking = error.message
        else:
            if company.cost.fit is not None:
                return CostTrajectory(company.cost, company)
            lacking = _lacking(company)
    ratio = fit_cost(_cost_ratio(deal), name=RATIO_NAME, unit="share of revenue")
    return CostTrajectory(ratio, company, lacking)


def _lacking(company: UnitCostTrajectory) -> str:
    found = len(company.cost.observed)
    if found < FEWEST_POINTS:
        return f"{NO_USAGE}; there are {found}"
    return company.cost.needs


def _company(
    deal: Deal,
    usage: Usage,
    results: Iterable[_Result],
    models: ModelListings | None,
    book: PriceBook | None,
) -> UnitCostTrajectory:
    weights = constant_weights(models, book, day=usage.last_day) if models and book else None
    history = unit_cost_history(
        _served(results),
        usage.frame,
        kind=usage.kind,
        weights=weights,
        currency=deal.terms.reporting_currency,
    )
    market, needs = _priced(market_prices, history, models, book, price_day(deal))
    own, _ = _priced(own_model_prices, history, models, book, price_day(deal))
    return unit_cost_trajectory(history, market=market, market_needs=needs, own_list=own)


def _served(results: Iterable[_Result]) -> list[ServedPeriod]:
    by_period = {result.period: result for result in results}
    return [
        served_period(period, by_period[period].ladder.company.basis)
        for period in _disjoint(tuple(by_period))
    ]


def _priced(
    price: _Pricing,
    history: UnitCostHistory,
    models: ModelListings | None,
    book: PriceBook | None,
    known_on: date,
) -> tuple[MarketPrices | None, str]:
    """Market prices, or what they need."""
    if book is None or models is None or not models.found:
        named = f" ({', '.join(models.unlisted)} has none)" if models and models.unlisted else ""
        return None, f"a list price of the models in usage/{named}"
    try:
        return price(history, book=book, models=models, known_on=known_on), ""
    except EstimationError as error:
        return None, str(error)


def _cost_ratio(deal: Deal) -> pd.Series[float]:
    import pandas as pd

    points: dict[pd.Timestamp, float] = {}
    for period in _disjoint(analysis_periods(deal)):
        revenue = sum((line.net for line in lines_in(deal.revenue, period)), Decimal(0))
        if revenue > 0:
            points[pd.Timestamp(period.end)] = float(_cost_of_revenue(deal, period) / revenue)
    return pd.Series(points, dtype=float).sort_index()


def _cost_of_revenue(deal: Deal, period: Period) -> Decimal:
    costs = [line for line in deal.ledger if line.role is Role.COST_OF_REVENUE]
    return sum((line.amount for line in lines_in(costs, period)), Decimal(0))


def _disjoint(periods: Sequence[Period]) -> list[Period]:
    chosen: list[Period] = []
    for period in sorted(periods, key=lambda p: (p.days, p.start)):
        if not any(period.overlaps(other) for other in chosen):
            chosen.append(period)
    return sorted(chosen)
