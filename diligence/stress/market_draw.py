"""One market for all: price paths of every supplier, drawn once and shared by every company.

A price is the product of a level that drifts at an uncertain rate, monthly noise, and repricings
that jump. Suppliers move together through one market factor (a Gaussian copula on the drifts and
on the monthly noise); what is left is the supplier's own. Rates that do not trend, such as GPU
rent, revert to their level instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from diligence.costs.look_through import look_through
from diligence.errors import InputError
from diligence.projections.company_model import PriceKey
from diligence.projections.running_sum import running_sum
from diligence.projections.shocks import Array
from diligence.stress.path_draws import blocks, even_normals, monthly_normals, random_stream

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
        Repricings a year and supplier on average, 0 to 12: a month has one at most, with a chance
        of a twelfth of these.
    jump_mean, jump_sd
        Log size of a repricing; positive is up.
    market_share
        Share of the variance of drift and noise that is common to all suppliers, 0 to 1.

    Raises
    ------
    InputError
        When ``jumps_per_year`` is not between 0 and 12.
    """

    drift: float = 0.0
    drift_sd: float = 0.0
    noise_sd_per_month: float = 0.0
    reversion_per_month: float = 0.0
    jumps_per_year: float = 0.0
    jump_mean: float = 0.0
    jump_sd: float = 0.0
    market_share: float = 0.5

    def __post_init__(self) -> None:
        """Refuse more repricings than months."""
        if not 0.0 <= self.jumps_per_year <= MONTHS_PER_YEAR:
            raise InputError(
                f"A price has 0 to {MONTHS_PER_YEAR} repricings a year, one a month at most; found "
                f"jumps_per_year {self.jumps_per_year:g}. State rarer repricings of a larger size, "
                "or noise_sd_per_month."
            )


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
        Prices that the companies name. Models of one supplier share its path, and so do resellers
        of one maker (:func:`diligence.costs.look_through.look_through`); what companies sell
        follows the market factor of its input, with no repricing of its own.
    months, paths, seed
        Size of the draw, and where its random numbers start.

    Returns
    -------
    MarketDraw
        The same arguments give the same bytes.
    """
    factor = even_normals(paths, random_stream(seed, _MARKET))
    common = list(_noise(_COMMON_NOISE, months=months, paths=paths, seed=seed))
    prices: dict[PriceKey, Array] = {}
    for key in sorted({PriceKey(key.input, key.side, key.supplier) for key in keys}):
        process = processes.get(key.input)
        if process is not None and key.side != "own":
            prices[key] = _price_paths(process, key, factor=factor, common=common, seed=seed)
    return MarketDraw(months, paths, seed, prices, factor)


def _noise(name: str, *, months: int, paths: int, seed: int) -> Iterator[Array]:
    """Yield a month's standard normals block by block of paths."""
    mean = even_normals(paths, random_stream(seed, name, "sum of noise"))
    stream = random_stream(seed, name, "noise")
    for block in blocks(paths):
        yield monthly_normals(months, mean[block], stream)


def _price_paths(
    process: PriceProcess, key: PriceKey, *, factor: Array, common: Sequence[Array], seed: int
) -> Array:
    # Buyers and sellers of one input meet the same market; only suppliers reprice by themselves,
    # and a reseller passes on what the maker of the model decides.
    name = f"{key.input}/{'' if key.side == 'sell' else look_through(key.supplier)}"
    reprices = process.jumps_per_year > 0 and key.side != "sell"
    repricings = random_stream(seed, name, "repricings")
    (months, _), paths = common[0].shape, factor.size
    shared, own = np.sqrt(process.market_share), np.sqrt(1.0 - process.market_share)
    drift_normal = shared * factor + own * even_normals(paths, random_stream(seed, name, "drift"))
    drift = (process.drift + process.drift_sd * drift_normal) / MONTHS_PER_YEAR
    month = np.arange(1.0, months + 1.0)[:, None]
    prices = np.empty((months, paths))
    alone = _noise(name, months=months, paths=paths, seed=seed)
    for block, market_noise, own_noise in zip(blocks(paths), common, alone, strict=True):
        noise = process.noise_sd_per_month * (shared * market_noise + own * own_noise)
        log_price = running_sum(noise, kept=1.0 - process.reversion_per_month)
        log_price += month * drift[block]
        if reprices:
            log_price += _repricings(process, repricings, log_price.shape)
        np.exp(log_price, out=prices[:, block])
    return prices


def _repricings(
    process: PriceProcess, stream: np.random.Generator, shape: tuple[int, ...]
) -> Array:
    happens = np.nonzero(stream.random(shape) < process.jumps_per_year / MONTHS_PER_YEAR)
    sizes = np.zeros(shape)
    sizes[happens] = process.jump_mean + process.jump_sd * stream.standard_normal(happens[0].size)
    return running_sum(sizes)
