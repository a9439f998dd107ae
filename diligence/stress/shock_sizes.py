"""How far prices and volumes may move within a year, and how much together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from diligence.assumptions import AssumptionRegister
from diligence.errors import InputError
from diligence.projections.shocks import Array
from diligence.stress.market_draw import MONTHS_PER_YEAR, PriceProcess

if TYPE_CHECKING:
    import pandas as pd

FACTORS = {
    "token_price": "tokens bought",
    "gpu_rent": "GPU rent",
    "sold_token_price": "tokens sold",
    "tokens_per_task": "tokens for the same task",
    "usage": "use per customer",
    "customers": "customers",
    "retraining": "training cost",
}
"""What can move together, in words."""


@dataclass(frozen=True)
class ShockSizes:
    """Standard deviations of logs over twelve months, and correlations; what is not named has 0.

    Moves are counted from today's level, without drift.
    """

    sds: Mapping[str, float]
    correlations: Mapping[tuple[str, str], float] = field(default_factory=dict)

    def covariance(self, factors: Sequence[str]) -> Array:
        """Covariance of the logs of some factors.

        Raises
        ------
        InputError
            When a factor has no size, or correlations cannot hold together.
        """
        missing = [name for name in factors if not self.sds.get(name)]
        if missing:
            raise InputError(f"No size for {missing[0]!r}; state its standard deviation above 0.")
        sds = np.array([self.sds[name] for name in factors])
        matrix = np.eye(len(factors))
        for (one, other), value in self.correlations.items():
            if one in factors and other in factors:
                row, column = factors.index(one), factors.index(other)
                matrix[row, column] = matrix[column, row] = value
        if factors and np.linalg.eigvalsh(matrix).min() <= 0:
            pairs = ", ".join(f"{a} with {b} {v:g}" for (a, b), v in self.correlations.items())
            raise InputError(
                f"These correlations cannot all hold: {pairs}. Bring them nearer to 0."
            )
        return np.asarray(matrix * np.outer(sds, sds))

    def to_frame(self) -> pd.DataFrame:
        """One row a factor."""
        import pandas as pd

        return pd.DataFrame(
            [
                {"factor": FACTORS[name], "log_sd": sd, "one_sd_up": float(np.exp(sd))}
                for name, sd in self.sds.items()
            ]
        )

    def summary(self) -> str:
        """Sizes in one line."""
        return ", ".join(f"{FACTORS[name]} {sd:.2f}" for name, sd in self.sds.items())

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def shock_sizes(register: AssumptionRegister) -> ShockSizes:
    """Sizes of the register: prices as the simulation draws them, the rest as stated.

    Raises
    ------
    InputError
        When an assumption has no number.

    Examples
    --------
    >>> from datetime import date
    >>> sizes = shock_sizes(AssumptionRegister.load(date(2026, 6, 30)))
    >>> round(float(np.exp(sizes.sds["token_price"])), 1)
    2.3

    A token price 2.3 times today's within a year is one standard deviation away.
    """
    from diligence.stress.market_model import price_processes

    processes = price_processes(register)

    def stated(name: str) -> float:
        value = register.get(name).value
        if not isinstance(value, Decimal):
            raise InputError(
                f"The assumption {name!r} has no number; state one in assumptions.yaml."
            )
        return float(value)

    tokens = year_sd(processes["tokens"])
    return ShockSizes(
        sds={
            "token_price": tokens,
            "gpu_rent": year_sd(processes["gpu_hours"]),
            "sold_token_price": tokens,
            "tokens_per_task": stated("shock_tokens_per_task_sd"),
            "usage": stated("shock_usage_sd"),
            "customers": stated("simulation_growth_sd"),
            "retraining": stated("shock_retraining_sd"),
        },
        correlations={
            ("token_price", "gpu_rent"): stated("shock_correlation_token_price_gpu_rent"),
            ("token_price", "sold_token_price"): stated("market_tokens_market_share"),
            ("usage", "customers"): stated("shock_correlation_usage_customers"),
        },
    )


def year_sd(process: PriceProcess) -> float:
    """Standard deviation of the log of a price after twelve months.

    Drift, noise (a random walk, or one that reverts) and repricings add their variances.

    Examples
    --------
    One repricing a year on average, whose log has a standard deviation of 0.6:

    >>> round(year_sd(PriceProcess(jumps_per_year=1.0, jump_sd=0.6)), 2)
    0.6
    """
    kept = 1.0 - process.reversion_per_month
    noise = sum(kept ** (2 * month) for month in range(MONTHS_PER_YEAR))
    jumps = process.jumps_per_year * (process.jump_mean**2 + process.jump_sd**2)
    return float((process.drift_sd**2 + noise * process.noise_sd_per_month**2 + jumps) ** 0.5)
