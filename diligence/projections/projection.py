"""Monthly P&L and cash ahead, under a price multiple for each input.

Volumes stay at the run rate or grow at a stated rate a month: revenue, cost of revenue and all
inference grow together, training and other operating cost stay. A price multiple of one reproduces
the baseline of the same month exactly. What customers bear of a rise is revenue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from diligence.errors import InputError
from diligence.projections.exposure import PricedInput
from diligence.projections.run_rate import RunRate

if TYPE_CHECKING:
    import pandas as pd


LONGEST_MONTHS = 120


@dataclass(frozen=True)
class MonthResult:
    """One projected month: money in reporting currency, cash at its end."""

    month: int
    revenue: float
    paid_cost: float
    operating_result: float
    cash_burn: float
    cash: float | None


@dataclass(frozen=True)
class Projection:
    """The months ahead under one set of price multiples."""

    multiples: Mapping[str, float]
    months: tuple[MonthResult, ...]
    minimum_cash: float

    def paid_margin(self, month: int) -> float | None:
        """Paid gross margin of a month, counted from 1; a fraction."""
        result = self.months[month - 1]
        return 1 - result.paid_cost / result.revenue if result.revenue > 0 else None

    @property
    def runway_months(self) -> float | None:
        """Months until cash falls to its minimum, interpolated within the month.

        None when cash is unknown or lasts beyond the horizon.
        """
        previous: float | None = None
        for result in self.months:
            if result.cash is None:
                return None
            opening = result.cash + result.cash_burn if previous is None else previous
            if opening <= self.minimum_cash:
                return float(result.month - 1)
            if result.cash < self.minimum_cash:
                return result.month - 1 + (opening - self.minimum_cash) / result.cash_burn
            previous = result.cash
        return None

    @property
    def runway_status(self) -> str:
        """``finite``, ``not_burning``, ``beyond_horizon`` or ``unknown``."""
        if any(result.cash is None for result in self.months):
            return "unknown"
        if self.runway_months is not None:
            return "finite"
        burning = any(result.cash_burn > 0 for result in self.months)
        return "beyond_horizon" if burning else "not_burning"

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


def project(
    rate: RunRate,
    *,
    multiples: Mapping[str, float] | None = None,
    months: int = 36,
    monthly_growth: float = 0.0,
    opening_cash: float | None = None,
    monthly_cash_burn: float | None = None,
    minimum_cash: float = 0.0,
    start: date | None = None,
) -> Projection:
    """Project a run rate under price multiples.

    Parameters
    ----------
    rate
        Monthly starting point.
    multiples
        Price multiple per input label (``GPU-hours rented``: 2.0); inputs left out stay at 1.
    months
        1 to 120.
    monthly_growth
        Growth of volume a month, as a fraction.
    opening_cash, monthly_cash_burn
        Observed cash and cash burn a month. The bridge from operating loss to cash burn is held
        at its observed size. Without them cash is unknown; the P&L is projected all the same.
    minimum_cash
        Cash that has to stay, for example by covenant.
    start
        Day the shock starts; an input locked beyond it follows only after its lock.

    Raises
    ------
    InputError
        When a multiple names no input of the run rate, or is negative, or ``months`` is not 1 to
        120.
    """
    if not 1 <= months <= LONGEST_MONTHS:
        raise InputError(f"A projection runs 1 to {LONGEST_MONTHS} months; found {months}.")
    wanted = dict(multiples or {})
    _require_known(wanted, rate.inputs)
    bridge = None if monthly_cash_burn is None else monthly_cash_burn - rate.operating_loss
    cash = opening_cash if bridge is not None else None
    results: list[MonthResult] = []
    for month in range(1, months + 1):
        volume = (1 + monthly_growth) ** (month - 1)
        result = _month(rate, wanted, month=month, volume=volume, start=start)
        burn = (bridge or 0.0) - result.operating_result
        cash = None if cash is None else cash - burn
        results.append(
            MonthResult(
                month, result.revenue, result.paid_cost, result.operating_result, burn, cash
            )
        )
    return Projection(wanted, tuple(results), minimum_cash)


@dataclass(frozen=True)
class _ProfitAndLoss:
    revenue: float
    paid_cost: float
    operating_result: float


def _month(
    rate: RunRate,
    multiples: Mapping[str, float],
    *,
    month: int,
    volume: float,
    start: date | None,
) -> _ProfitAndLoss:
    revenue, paid = rate.revenue * volume, rate.paid_cost * volume
    below_paid = (rate.volume_cost - rate.paid_cost) * volume
    fixed = rate.operating_cost - rate.volume_cost
    for priced, at in zip(rate.inputs, rate.exposed, strict=True):
        rise = multiples.get(priced.label, 1.0) - 1
        if rise == 0 or _is_locked(priced, month, start):
            continue
        if priced.side == "sell":
            revenue += at.paid * rise * volume
            continue
        revenue += at.passed * rise * volume
        paid += at.paid * rise * volume
        below_paid += (at.operating - at.paid) * rise * volume
    return _ProfitAndLoss(revenue, paid, revenue - paid - below_paid - fixed)


def _is_locked(priced: PricedInput, month: int, start: date | None) -> bool:
    if start is None or priced.lock_until is None:
        return False
    index = 12 * start.year + start.month + month - 1
    return index <= 12 * priced.lock_until.year + priced.lock_until.month - 1


def _require_known(multiples: Mapping[str, float], inputs: tuple[PricedInput, ...]) -> None:
    known = [priced.label for priced in inputs]
    for label, multiple in multiples.items():
        if label not in known:
            raise InputError(
                f"No priced input {label!r}; the deal has {', '.join(known) or 'none'}. "
                "State it under exposure in deal.yaml."
            )
        if multiple < 0:
            raise InputError(
                f"A price multiple must not be negative; found {multiple} for {label}."
            )
