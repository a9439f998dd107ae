"""A company's unit cost as a fitted curve: forecast, hindcasts, scale, and who keeps the fall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from diligence.errors import EstimationError, InputError
from diligence.projections.cost_elasticity import CostElasticity, cost_elasticity
from diligence.projections.price_fall_keeper import PriceFallKeeper, who_keeps_the_price_fall
from diligence.projections.unit_cost_history import (
    MEASURE_NAMES,
    Measure,
    UnitCostHistory,
    UnitCostPoint,
)
from diligence.projections.unit_cost_market import MarketPrices
from diligence.units import format_percent

if TYPE_CHECKING:
    import pandas as pd

    from diligence.trajectories import Backtest, LogTrendFit, RandomWalkFit

FEWEST_POINTS = 4
LONGEST_FORECAST = 12
VOLUME = "volume (tokens at constant prices)"


@dataclass(frozen=True, eq=False)
class FittedCost:
    """A cost series with its curve, a rival curve and hindcasts; ``needs`` where there is none."""

    name: str
    unit: str
    observed: pd.Series[float]
    fit: RandomWalkFit | None = None
    rival: LogTrendFit | None = None
    backtest: Backtest | None = None
    needs: str = ""

    @property
    def steps(self) -> int:
        """Forecast steps shown: never more than half of what was observed, at least one."""
        return max(1, min(LONGEST_FORECAST, len(self.observed) // 2))

    def summary(self) -> str:
        """The fit in words, or what it needs."""
        if self.fit is None:
            return f"{self.name}: not computable: {self.needs}"
        return f"{self.name}\n{self.fit.summary()}"

    def to_frame(self) -> pd.DataFrame:
        """Observed cost and, where it could be fitted, the fitted median."""
        if self.fit is None:
            return self.observed.rename("observed").rename_axis("date").to_frame()
        return self.fit.to_frame()


def fit_cost(observed: pd.Series[float], *, name: str, unit: str) -> FittedCost:
    """Fit the random walk with drift, its rival the log trend, and hindcast the series.

    Parameters
    ----------
    observed
        Dated cost above 0.
    name, unit
        Of the series, for the words.

    Returns
    -------
    FittedCost
        Without curves where the series has fewer than 4 points or cannot be fitted.
    """
    from diligence.trajectories import backtest, fit_log_trend, fit_random_walk

    if len(observed) < FEWEST_POINTS:
        needs = f"needs at least {FEWEST_POINTS} periods, there are {len(observed)}"
        return FittedCost(name, unit, observed, needs=needs)
    try:
        fit = fit_random_walk(observed)
    except EstimationError as error:
        return FittedCost(name, unit, observed, needs=str(error))
    return FittedCost(name, unit, observed, fit, fit_log_trend(observed), backtest(observed))


@dataclass(frozen=True, eq=False)
class UnitCostTrajectory:
    """The company's unit cost over time, ahead of it, against the market, and against volume.

    What is None could not be computed; the ``needs`` beside it says why.
    """

    history: UnitCostHistory
    cost: FittedCost
    elasticity: CostElasticity | None = None
    elasticity_needs: str = ""
    market: MarketPrices | None = None
    market_needs: str = ""
    own_list: MarketPrices | None = None
    keeper: PriceFallKeeper | None = None
    keeper_needs: str = ""

    @property
    def currency(self) -> str:
        """Currency of the unit costs."""
        return self.history.currency

    def to_frame(self) -> pd.DataFrame:
        """One row a period: unit costs, and the market price where it is known."""
        import pandas as pd

        frame = self.history.to_frame()
        if self.market is None:
            return frame
        levels = [self.market.level(point.period) for point in self.history.points]
        return frame.assign(market=pd.Series(levels, dtype=object))

    def summary(self) -> str:
        """Fit, scale and who keeps the fall, each or what it needs."""
        lines = [self.cost.summary()]
        for found, needs, name in (
            (self.elasticity, self.elasticity_needs, "elasticity of cost to volume"),
            (self.market, self.market_needs, "market price"),
            (self.keeper, self.keeper_needs, "who keeps the price fall"),
        ):
            lines.append(found.summary() if found else f"{name}: not computable: {needs}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def unit_cost_trajectory(
    history: UnitCostHistory,
    *,
    market: MarketPrices | None = None,
    market_needs: str = "list prices of the models in usage/",
    own_list: MarketPrices | None = None,
    measure: Measure = "per_mtok_matched",
) -> UnitCostTrajectory:
    """Fit a unit cost and set it against the market and against volume.

    Parameters
    ----------
    history
        Unit costs by period.
    market
        Market price by period, first period 1; without, what follows from it says so.
    market_needs
        What it takes to know the market price, printed without one.
    own_list
        List price of the company's own models by period, shown beside the market.
    measure
        The unit cost that is fitted.

    Examples
    --------
    >>> import pandas as pd
    >>> from diligence.projections.unit_cost_history import unit_cost_history
    >>> from diligence.projections.unit_cost_periods import ServedPeriod
    >>> from diligence.units import parse_period
    >>> months = [parse_period(f"2026-0{m}") for m in range(1, 7)]
    >>> costs = [Decimal(c) for c in (100, 99, 101, 104, 103, 108)]
    >>> served = [ServedPeriod(m, c, c, c) for m, c in zip(months, costs)]
    >>> days = [day for month in months for day in (month.start, month.end)]
    >>> tokens = [10_000_000 * m for m in (5, 5, 6, 6, 7, 8) for _ in range(2)]
    >>> usage = pd.DataFrame({"day": pd.to_datetime(days), "input_tokens": tokens})
    >>> found = unit_cost_trajectory(unit_cost_history(served, usage))
    >>> round(found.cost.fit.decline_per_year, 2), found.elasticity_needs.split(";")[0]
    (0.61, '6 months give 5 changes')

    Unit cost falls fast while volume grows; five changes do not tell whether volume is the cause.
    """
    cost = fit_cost(
        history.series(measure),
        name=MEASURE_NAMES[measure],
        unit=f"{history.currency} per Mtok" if "mtok" in measure else history.currency,
    )
    elasticity, elasticity_needs = _elasticity(history)
    keeper, keeper_needs = _keeper(history, market, market_needs)
    return UnitCostTrajectory(
        history=history,
        cost=cost,
        elasticity=elasticity,
        elasticity_needs=elasticity_needs,
        market=market,
        market_needs="" if market else market_needs,
        own_list=own_list,
        keeper=keeper,
        keeper_needs=keeper_needs,
    )


def _elasticity(history: UnitCostHistory) -> tuple[CostElasticity | None, str]:
    run = _longest_run(history.used)
    costs = [float(point.served.cost) for point in run]
    volumes = [float(point.usage.weighted) for point in run]
    try:
        return cost_elasticity(costs, volumes, name=VOLUME), ""
    except EstimationError as error:
        return None, str(error)


def _longest_run(points: Sequence[UnitCostPoint]) -> tuple[UnitCostPoint, ...]:
    """Longest stretch of periods without a gap, the latest of equals."""
    best: tuple[UnitCostPoint, ...] = ()
    run: tuple[UnitCostPoint, ...] = ()
    for point in points:
        follows = run and run[-1].period.shifted(1) == point.period
        run = (*run, point) if follows else (point,)
        best = run if len(run) >= len(best) else best
    return best


def _keeper(
    history: UnitCostHistory, market: MarketPrices | None, market_needs: str
) -> tuple[PriceFallKeeper | None, str]:
    known = [point for point in history.used if point.matched]
    if len(known) < 2:
        return None, f"unit costs of at least two periods, there are {len(known)}"
    if market is None:
        return None, market_needs
    first, last = known[0], known[-1]
    before, after = market.level(first.period), market.level(last.period)
    if before is None or after is None:
        lacking = first if before is None else last
        return None, f"the market price of {lacking.period.label}"
    sold = (first.revenue_per_mtok, last.revenue_per_mtok)
    try:
        kept = who_keeps_the_price_fall(
            after / before,
            cost=(first.matched or Decimal(0), last.matched or Decimal(0)),
            revenue=None if sold[0] is None or sold[1] is None else (sold[0], sold[1]),
            unit=f"{history.currency} per Mtok",
        )
    except InputError as error:
        return None, error.message
    return kept, ""


def pace_against_market(trajectory: UnitCostTrajectory) -> str:
    """Say by how much the unit cost and the market price moved over the same periods."""
    known = [point for point in trajectory.history.used if point.matched]
    market = trajectory.market
    if market is None or len(known) < 2:
        return f"the market comparison needs {trajectory.market_needs or 'two periods'}"
    first, last = known[0], known[-1]
    before, after = market.level(first.period), market.level(last.period)
    if not before or not after or not first.matched or not last.matched:
        return "the market comparison needs a market price of the first and the last period"
    text = (
        f"from {first.period.label} to {last.period.label} the unit cost moved by "
        f"{format_percent(float(last.matched / first.matched - 1))}, {market.label} by "
        f"{format_percent(float(after / before - 1))}"
    )
    own = trajectory.own_list
    if own is None:
        return text
    return f"{text}, {own.label} at unchanged names by {format_percent(float(own.change))}"
