"""Ten thousand futures of every company under one market."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diligence.projections.company_model import CompanyModel
from diligence.projections.month_engine import CompanyMonths, run_months
from diligence.projections.running_sum import running_sum
from diligence.projections.shocks import Array, Shock
from diligence.stress.market_draw import MarketDraw
from diligence.stress.path_draws import (
    batches,
    even_normals,
    even_uniforms,
    monthly_normals,
    random_stream,
    spans,
)

if TYPE_CHECKING:
    import pandas as pd

QUARTER = 3
LEVELS = (0.05, 0.10, 0.50, 0.90, 0.95)


@dataclass(frozen=True)
class CompanyNoise:
    """What only this company's paths differ by; logs.

    Parameters
    ----------
    usage_sd_per_month
        Noise of volume.
    growth_sd_per_year
        Uncertainty of the growth of volume.
    market_correlation
        Correlation of that growth with the market's price factor, -1 to 1.
    unit_cost_sd_per_month, unit_cost_drift_per_year, unit_cost_drift_sd
        Noise, drift and its uncertainty of the work that one use takes, from the company's own
        fitted trajectory.
    """

    usage_sd_per_month: float = 0.0
    growth_sd_per_year: float = 0.0
    market_correlation: float = 0.0
    unit_cost_sd_per_month: float = 0.0
    unit_cost_drift_per_year: float = 0.0
    unit_cost_drift_sd: float = 0.0


@dataclass(frozen=True)
class PathResults:
    """Figures a path, for sums over companies and for fans; money in reporting currency.

    ``runway_months`` is inf where cash lasts beyond the horizon. ``cash`` and ``paid_margin`` have
    one row a quarter. Cash figures are None where cash is unknown.
    """

    paid_margin: Array
    cash: Array | None
    runway_months: Array | None
    capital_needed: Array | None


@dataclass(frozen=True)
class Estimate:
    """A figure of the simulation and its standard error from independent batches of paths."""

    value: float
    standard_error: float


@dataclass(frozen=True)
class Simulation:
    """Futures of one company: chances of running out of cash, and quantiles.

    ``quarters`` are the months of the rows of ``results``.
    """

    company: str
    paths: int
    seed: int
    months: int
    quarters: tuple[int, ...]
    results: PathResults

    def p_cash_out(self, month: int) -> Estimate | None:
        """Probability that cash falls under its minimum by the end of a month."""
        runway = self.results.runway_months
        return None if runway is None else _batched(runway <= month)

    def quantiles(self, figure: str, levels: Sequence[float] = LEVELS) -> dict[float, float] | None:
        """Quantiles over paths of ``runway_months``, ``capital_needed`` or the last margin."""
        values = getattr(self.results, figure)
        if values is None:
            return None
        last = values[-1] if values.ndim == 2 else values
        found = np.quantile(last, levels, method="inverted_cdf")
        return dict(zip(levels, (float(value) for value in found), strict=True))

    def fan(self, figure: str) -> pd.DataFrame | None:
        """Quantiles of ``cash`` or ``paid_margin`` by quarter."""
        import pandas as pd

        values = getattr(self.results, figure)
        if values is None:
            return None
        found = np.quantile(values, LEVELS, axis=1)
        columns = [f"p{level * 100:g}" for level in LEVELS]
        return pd.DataFrame(found.T, columns=columns).assign(month=self.quarters)

    def to_frame(self) -> pd.DataFrame:
        """Probability of running out of cash by quarter, with its standard error."""
        import pandas as pd

        rows = []
        for month in self.quarters:
            found = self.p_cash_out(month)
            rows.append(
                {
                    "month": month,
                    "p_cash_out": found.value if found else None,
                    "standard_error": found.standard_error if found else None,
                }
            )
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """Chance of running out of cash within the horizon, in words."""
        found = self.p_cash_out(self.months)
        if found is None:
            return f"{self.company}: cash is unknown; only the margin is simulated"
        return (
            f"{self.company}: cash out within {self.months} months in {found.value:.1%} "
            f"(+/- {2 * found.standard_error:.1%}) of {self.paths:,} paths"
        )

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def simulate(
    companies: Sequence[CompanyModel],
    market: MarketDraw,
    *,
    seed: int,
    noise: Sequence[CompanyNoise] | None = None,
    workers: int = 2,
    double: bool = False,
) -> tuple[Simulation, ...]:
    """Run every company through every path of one market.

    Parameters
    ----------
    companies
        Models with their responses. Two of one name would share their random numbers.
    market
        Price paths, shared by all.
    seed
        Start of the companies' own random numbers; a company's depend on its name alone, so that
        neither order nor company changes the others.
    noise
        One entry a company; none by default.
    workers
        Threads. Their number changes no figure.
    double
        Double precision, at twice the time. Single keeps seven digits, far more than the draws do.
    """
    own = list(noise) if noise is not None else [CompanyNoise()] * len(companies)
    if not companies:
        return ()
    with ThreadPoolExecutor(max(1, min(workers, len(companies)))) as pool:
        return tuple(
            pool.map(
                lambda model, its: _simulated(model, its, market, seed, double), companies, own
            )
        )


def _simulated(
    model: CompanyModel, noise: CompanyNoise, market: MarketDraw, seed: int, double: bool
) -> Simulation:
    found = [
        _results(model, run_months(model, drawn.shock, lever_success=drawn.lever_success), drawn)
        for drawn in drawn_paths(model, market, noise=noise, seed=seed, double=double)
    ]
    return Simulation(
        company=model.name,
        paths=market.paths,
        seed=seed,
        months=market.months,
        quarters=tuple(range(QUARTER, market.months + 1, QUARTER)),
        results=_joined(found),
    )


@dataclass(frozen=True)
class DrawnPaths:
    """What a block of a company's paths meets, and which of its levers succeed: one array each."""

    shock: Shock
    lever_success: tuple[Array, ...]
    shape: tuple[int, int]


def drawn_paths(
    model: CompanyModel,
    market: MarketDraw,
    *,
    noise: CompanyNoise,
    seed: int,
    double: bool = False,
) -> Iterator[DrawnPaths]:
    """Draw what is a company's own beside the market, block by block of paths in order."""
    usage, unit_cost = _walks(model, noise, market, seed)
    success = [
        even_uniforms(market.paths, random_stream(seed, model.name, "lever", lever.name))
        < lever.success_probability
        for lever in model.levers
    ]
    prices = Shock(market.months, market.prices_of(model.keys))
    dtype: type[np.floating[Any]] = np.float64 if double else np.float32
    for span in spans(market.paths):
        paths = slice(span[0].start, span[-1].stop)
        shock = dataclasses.replace(
            prices.columns(paths.start, paths.stop),
            customers=usage.of(span, market.months, dtype),
            tokens=unit_cost.of(span, market.months, dtype),
        )
        succeeds = tuple(each[None, paths].astype(dtype) for each in success)
        shape = (market.months, paths.stop - paths.start)
        yield DrawnPaths(shock if double else shock.in_single_precision(), succeeds, shape)


@dataclass(frozen=True)
class _Walk:
    """A random walk in logs: a path's drift a month, and noise whose mean is already drawn."""

    drift: Array
    sd: float
    mean: Array
    stream: np.random.Generator

    def of(
        self, span: tuple[slice, ...], months: int, dtype: type[np.floating[Any]]
    ) -> Array | None:
        """Exponential of the walk; None when nothing moves. Spans are asked for in order."""
        drift = self.drift[span[0].start : span[-1].stop].astype(dtype)
        if not self.sd:
            month = np.arange(1, months + 1, dtype=dtype)[:, None]
            return np.exp(month * drift) if drift.any() else None
        steps = np.hstack([monthly_normals(months, self.mean[b], self.stream) for b in span])
        steps = steps.astype(dtype, copy=False)
        steps *= self.sd
        steps += drift
        walked = running_sum(steps)
        return np.exp(walked, out=walked)


def _walks(
    model: CompanyModel, noise: CompanyNoise, market: MarketDraw, seed: int
) -> tuple[_Walk, _Walk]:
    """Volume beside the growth of the base, and the work that one use takes."""

    def spread(sd: float, name: str) -> Array:
        if not sd:
            return np.zeros(market.paths)
        return sd * even_normals(market.paths, random_stream(seed, model.name, name))

    def walk(name: str, drift: Array, sd: float) -> _Walk:
        stream = random_stream(seed, model.name, f"{name} noise")
        return _Walk(drift / 12, sd, spread(1.0 if sd else 0.0, f"sum of {name} noise"), stream)

    rho, growth_sd = noise.market_correlation, noise.growth_sd_per_year
    growth = rho * growth_sd * market.factor + spread(np.sqrt(1 - rho**2) * growth_sd, "growth")
    drift = noise.unit_cost_drift_per_year + spread(noise.unit_cost_drift_sd, "unit cost drift")
    return (
        walk("usage", growth, noise.usage_sd_per_month),
        walk("unit cost", drift, noise.unit_cost_sd_per_month),
    )


def _results(model: CompanyModel, months: CompanyMonths, drawn: DrawnPaths) -> PathResults:
    rows = slice(QUARTER - 1, None, QUARTER)
    revenue = np.broadcast_to(months.revenue, drawn.shape)[rows]
    paid = np.broadcast_to(months.paid_cost, drawn.shape)[rows]
    with np.errstate(divide="ignore", invalid="ignore"):
        margin = 1.0 - paid / revenue
    if months.cash_burn is None or model.cash is None:
        return PathResults(margin, None, None, None)
    burn = np.broadcast_to(months.cash_burn, drawn.shape)
    cash = model.cash - running_sum(burn)
    return PathResults(
        margin,
        cash[rows],
        runway_months(cash, burn, model.minimum_cash),
        np.maximum(model.minimum_cash - cash.min(axis=0), 0.0),
    )


def runway_months(cash: Array, burn: Array, minimum: float) -> Array:
    """Months until cash falls under its minimum, interpolated within the month; inf beyond.

    Parameters
    ----------
    cash, burn
        Cash at the end of each month and what the month used, (months, paths).
    minimum
        Cash that has to stay.

    Examples
    --------
    Ten of cash and three a month last three and a third months.

    >>> burn = np.full((5, 1), 3.0)
    >>> runway_months(10 - np.cumsum(burn, axis=0), burn, 0.0)
    array([3.33333333])
    """
    under = cash < minimum
    first = under.argmax(axis=0)
    column = np.arange(cash.shape[1])
    used = burn[first, column]
    opening = cash[first, column] + used
    with np.errstate(divide="ignore", invalid="ignore"):
        month = first + np.clip((opening - minimum) / used, 0.0, 1.0)
    return np.where(under[first, column], month, np.inf)


def _joined(chunks: Sequence[PathResults]) -> PathResults:
    def along(name: str) -> Array | None:
        arrays = [getattr(chunk, name) for chunk in chunks]
        return None if arrays[0] is None else np.concatenate(arrays, axis=-1)

    margin = along("paid_margin")
    assert margin is not None
    return PathResults(margin, along("cash"), along("runway_months"), along("capital_needed"))


def _batched(happens: NDArray[np.bool_]) -> Estimate:
    """Share of paths, with the standard error of the mean over independent batches."""
    means = [float(happens[batch].mean()) for batch in batches(happens.size)]
    error = np.std(means, ddof=1) / len(means) ** 0.5 if len(means) > 1 else np.inf
    return Estimate(float(happens.mean()), float(error))
