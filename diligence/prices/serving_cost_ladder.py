"""How much of a serving day's cost its price covers, one cost after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from diligence.prices.checked_numbers import not_negative, positive
from diligence.prices.serving_cost import (
    HOURS_PER_DAY,
    TOKENS_PER_MTOK,
    ServingDay,
    serving_day_profit,
)

if TYPE_CHECKING:
    import pandas as pd

DAYS_PER_YEAR = 365
MONTHS_PER_YEAR = 12


@dataclass(frozen=True)
class ServingCostRung:
    """Cost of a day up to and with one kind of cost, against its revenue, in USD."""

    name: str
    cost_usd: Decimal
    revenue_usd: Decimal
    tokens: int

    @property
    def usd_per_mtok(self) -> Decimal:
        """Cost of a million tokens of any kind."""
        return self.cost_usd * TOKENS_PER_MTOK / self.tokens

    @property
    def gross_margin(self) -> Decimal:
        """Revenue less this cost, over revenue; a fraction."""
        return 1 - self.break_even_price_multiple

    @property
    def break_even_price_multiple(self) -> Decimal:
        """Share of the revenue that covers this cost; above 1 the price is below it."""
        return self.cost_usd / self.revenue_usd


@dataclass(frozen=True)
class ServingCostLadder:
    """Rungs of cost, each with all below it. "Below cost" is true or false rung by rung."""

    rungs: tuple[ServingCostRung, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row a rung: rung, usd_per_day, usd_per_mtok, gross_margin, break_even_multiple."""
        import pandas as pd

        rows = [
            (
                rung.name,
                float(rung.cost_usd),
                float(rung.usd_per_mtok),
                float(rung.gross_margin),
                float(rung.break_even_price_multiple),
            )
            for rung in self.rungs
        ]
        columns = ["rung", "usd_per_day", "usd_per_mtok", "gross_margin", "break_even_multiple"]
        return pd.DataFrame(rows, columns=columns)

    def summary(self) -> str:
        """One line a rung, and the first that the price does not cover."""
        lines = [
            f"{rung.name}: {rung.usd_per_mtok:.3f} USD per Mtok, gross margin "
            f"{rung.gross_margin:.1%}, takes {rung.break_even_price_multiple:.1%} of revenue"
            for rung in self.rungs
        ]
        below = [rung.name for rung in self.rungs if rung.break_even_price_multiple > 1]
        lines.append(f"priced below: {below[0]}" if below else "priced above every rung shown")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False, float_format="{:,.3f}".format))


def build_serving_cost_ladder(
    day: ServingDay, *, other_usd_per_day: Mapping[str, Decimal] | None = None
) -> ServingCostLadder:
    """Climb from rent of the nodes at work to every cost stated, against the day's revenue.

    Parameters
    ----------
    day
        The fleet and its tokens, at the prices to be judged.
    other_usd_per_day
        Further costs of the day, in the order of the climb; see `straight_line_usd_per_day`.

    Raises
    ------
    InputError
        When the day or a cost cannot be meant.

    Examples
    --------
    >>> from diligence.prices.serving_cost import TokenFlow
    >>> day = ServingDay(
    ...     average_nodes=Decimal(1),
    ...     peak_nodes=Decimal(2),
    ...     gpus_per_node=8,
    ...     usd_per_gpu_hour=Decimal(2),
    ...     flows=(TokenFlow("output", 400_000_000, Decimal("1.50")),),
    ... )
    >>> print(build_serving_cost_ladder(day).summary())
    rent of nodes at work: 0.960 USD per Mtok, gross margin 36.0%, takes 64.0% of revenue
    rent of the peak fleet: 1.920 USD per Mtok, gross margin -28.0%, takes 128.0% of revenue
    priced below: rent of the peak fleet

    "Below cost" is true of the fleet that must stand ready, false of the one at work: ask which
    a statement means.
    """
    profit = serving_day_profit(day)
    costs = {
        "rent of nodes at work": profit.rent_usd,
        "rent of the peak fleet": (
            day.peak_nodes * day.gpus_per_node * HOURS_PER_DAY * day.usd_per_gpu_hour
        ),
    }
    total = costs["rent of the peak fleet"]
    for name, usd in (other_usd_per_day or {}).items():
        total += not_negative(name, usd)
        costs[f"with {name}"] = total
    return ServingCostLadder(
        tuple(
            ServingCostRung(name, usd, profit.revenue_usd, profit.tokens)
            for name, usd in costs.items()
        )
    )


def straight_line_usd_per_day(
    cost_usd: Decimal | float, *, life_months: Decimal | float
) -> Decimal:
    """Spread a one-off cost evenly over the days of its life.

    Parameters
    ----------
    cost_usd
        Cost in USD, at least 0.
    life_months
        Months it serves, above 0.

    Examples
    --------
    >>> print(straight_line_usd_per_day(365_000, life_months=12))
    1000
    """
    days = positive("life_months", life_months) * DAYS_PER_YEAR / MONTHS_PER_YEAR
    return not_negative("cost_usd", cost_usd) / days
