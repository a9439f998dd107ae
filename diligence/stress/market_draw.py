"""One market for all: price paths of every supplier, drawn once and shared by every company.

A price is the product of a level that drifts at an uncertain rate, monthly noise, and repricings
that jump. Suppliers move together through one market factor (a Gaussian copula on the drifts and
on the monthly noise); what is left is the supplier's own. Rates that do not trend, such as GPU
rent, revert to their level instead.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from diligence.projections.company_model import PriceKey
from diligence.projections.shocks import Array

if TYPE_CHECKING:
    import pandas as pd

MONTHS_PER_YEAR = 12
_MARKET, _COMMON_NOISE = "market", "common noise"


@dataclass(frozen=True)
class PriceProcess:
    """How one kind of price moves; logs, per year unless the name says per month.

    Parameters
    ----------
    drift, drift_sd
        Mean and standard deviation of the drift over paths.
    noise_sd_per_month
        Standard deviation of a month's noise.
    reversion_per_month
        Share of the distance to its level that noise loses a month; 0 is a random walk.
    jumps_per_year
        Repricings a year and supplier.
    jump_mean, jump_sd
        Log size of a repricing; positive is up.
    market_share
        Share of the variance of drift and noise that is common to all suppliers, 0 to 1.
    """

    drift: float = 0.0
    drift_sd: float = 0.0
    noise_sd_per_month: float = 0.0
    reversion_per_month: float = 0.0
    jumps_per_year: float = 0.0
    jump_mean: float = 0.0
    jump_sd: float = 0.0
    market_share: float = 0.5


@dataclass(frozen=True)
class MarketDraw:
    """Price multiples of today by key, (months, paths), and the market factor, (paths,).

    Every company of a portfolio is run through the same draw, path by path.
    """

    months: int
    paths: int
    seed: int
    prices: Mapping[PriceKey, Array]
    factor: Array

    def prices_of(self, keys: Iterable[PriceKey]) -> dict[PriceKey, Array]:
        """Paths of the prices that a company names; what the market does not draw stays."""
        wanted = {PriceKey(key.input, key.side, key.supplier) for key in keys}
        return {key: self.prices[key] for key in sorted(wanted) if key in self.prices}

    def to_frame(self) -> pd.DataFrame:
        """Quantiles of each price at the end of each year."""
        import pandas as pd

        rows = [
            {"price": key.label, "month": month}
            | dict(
                zip(
                    ("p5", "p50", "p95"),
                    np.quantile(paths[month - 1], (0.05, 0.5, 0.95)),
                    strict=True,
                )
            )
            for key, paths in self.prices.items()
            for month in range(MONTHS_PER_YEAR, self.months + 1, MONTHS_PER_YEAR)
        ]
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """Size of the draw in one line."""
        return (
            f"{self.paths:,} paths of {self.months} months, {len(self.prices)} prices, "
            f"seed {self.seed}"
        )

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def draw_market(
    processes: Mapping[str, PriceProcess],
    keys: Iterable[PriceKey],
    *,
    months: int,
    paths: int,
    seed: int,
) -> MarketDraw:
    """Draw the price paths of every supplier.

    Each supplier has a stream of random numbers of its own, named by what it is: leaving a
    supplier out, or naming them in another order, changes nothing for the others.

    Parameters
    ----------
    processes
        By input: ``tokens``, ``gpu_hours``, ``seats``, ``cloud``.
    keys
        Prices that the companies name. Models of one supplier share its path; what companies sell
        follows the market factor of its input, with no repricing of its own.
    months, paths, seed
        Size of the draw, and where its random numbers start.

    Returns
    -------
    MarketDraw
        The same arguments give the same bytes.
    """
    factor = normal_quantiles(paths, _stream(seed, _MARKET))
    common = _stream(seed, _COMMON_NOISE).standard_normal((months, paths))
    prices: dict[PriceKey, Array] = {}
    for key in sorted({PriceKey(key.input, key.side, key.supplier) for key in keys}):
        process = processes.get(key.input)
        if process is not None and key.side != "own":
            prices[key] = _price_path(process, key, factor=factor, common=common, seed=seed)
    return MarketDraw(months, paths, seed, prices, factor)


def _price_path(
    process: PriceProcess, key: PriceKey, *, factor: Array, common: Array, seed: int
) -> Array:
    months, paths = common.shape
    # Buyers and sellers of one input meet the same market; only suppliers reprice by themselves.
    stream = _stream(seed, f"{key.input}/{'' if key.side == 'sell' else key.supplier}")
    shared, own = np.sqrt(process.market_share), np.sqrt(1.0 - process.market_share)
    drift_normal = shared * factor + own * normal_quantiles(paths, stream)
    drift = (process.drift + process.drift_sd * drift_normal) / MONTHS_PER_YEAR
    noise = process.noise_sd_per_month * (
        shared * common + own * stream.standard_normal(common.shape)
    )
    log_price = _accumulated(noise, process.reversion_per_month)
    log_price += np.arange(1.0, months + 1.0)[:, None] * drift
    if process.jumps_per_year and key.side != "sell":
        log_price += _repricings(process, stream, months=months, paths=paths)
    return np.exp(log_price)


def _repricings(
    process: PriceProcess, stream: np.random.Generator, *, months: int, paths: int
) -> Array:
    hazard = 1.0 - np.exp(-process.jumps_per_year / MONTHS_PER_YEAR)
    happens = stream.random((months, paths)) < hazard
    sizes = np.zeros((months, paths))
    sizes[happens] = process.jump_mean + process.jump_sd * stream.standard_normal(
        int(happens.sum())
    )
    return np.cumsum(sizes, axis=0)


def _accumulated(noise: Array, reversion: float) -> Array:
    """Sum the noise; with reversion the sum loses a share of itself every month."""
    if not reversion:
        return np.cumsum(noise, axis=0)
    level = noise.copy()
    for month in range(1, level.shape[0]):
        level[month] += (1.0 - reversion) * level[month - 1]
    return level


def normal_quantiles(paths: int, stream: np.random.Generator) -> Array:
    """One normal a path, one from each of as many equally likely strata, in random order."""
    from scipy.special import ndtri

    spread = (np.arange(paths) + stream.random(paths)) / paths
    return np.asarray(ndtri(stream.permutation(spread)), dtype=float)


def _stream(seed: int, name: str) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(name.encode())])
