"""Amortised training, from the whole vintage history, shown beside cash training."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from diligence.inputs.deal import TrainingRun
from diligence.units import Period


@dataclass(frozen=True)
class Vintage:
    """A training cost put into service: straight-line from the month of ``in_service``.

    ``written_off`` vintages are charged in full in their month.
    """

    name: str
    cost: Decimal
    in_service: date
    written_off: bool = False


def amortised_charge(vintages: Iterable[Vintage], *, period: Period, life_months: int) -> Decimal:
    """Charge of a period: straight line over the life, from the month of release.

    Parameters
    ----------
    vintages
        The whole history; vintages before the period still charge it.
    period
        Whole months.
    life_months
        1 or more; the field's range is 12 to 18 months.

    Returns
    -------
    Decimal
        Charge in the currency of the vintages.

    Examples
    --------
    A first year of 10.8 charges 8.64 over 15 months; once every year costs 10.8 the charge is
    10.8 again, whatever the life.

    >>> year = Period(date(2025, 1, 1), date(2025, 12, 31))
    >>> first = Vintage("2025", Decimal("10.8"), date(2025, 1, 1))
    >>> amortised_charge([first], period=year, life_months=15)
    Decimal('8.64')
    >>> earlier = Vintage("2024", Decimal("10.8"), date(2024, 1, 1))
    >>> amortised_charge([first, earlier], period=year, life_months=15)
    Decimal('10.80')
    """
    return sum((_charge(vintage, period, life_months) for vintage in vintages), Decimal(0))


def successful_efforts_vintages(runs: Sequence[TrainingRun]) -> tuple[Vintage, ...]:
    """Released runs are amortised; failed and abandoned ones are written off when they end."""
    kept = [
        Vintage(run.name, run.cost, run.release_date or run.end)
        for run in runs
        if run.outcome == "released" and run.purpose != "maintenance"
    ]
    lost = [
        Vintage(run.name, run.cost, run.end, written_off=True)
        for run in runs
        if run.outcome in ("failed", "abandoned") and run.purpose != "maintenance"
    ]
    return tuple(kept + lost)


def full_cost_vintages(runs: Sequence[TrainingRun]) -> tuple[Vintage, ...]:
    """Failed runs are carried in the next released model; without one they are written off."""
    releases = sorted(
        vintage.in_service
        for vintage in successful_efforts_vintages(runs)
        if not vintage.written_off
    )
    return tuple(
        _carried(vintage, releases) if vintage.written_off else vintage
        for vintage in successful_efforts_vintages(runs)
    )


def _carried(vintage: Vintage, releases: Sequence[date]) -> Vintage:
    following = [released for released in releases if released >= vintage.in_service]
    if not following:
        return vintage
    return Vintage(vintage.name, vintage.cost, following[0])


def _charge(vintage: Vintage, period: Period, life_months: int) -> Decimal:
    first = _month_index(vintage.in_service)
    last = first + (1 if vintage.written_off else life_months)
    months = min(last, _month_index(period.end) + 1) - max(first, _month_index(period.start))
    if months <= 0:
        return Decimal(0)
    return vintage.cost * months / (last - first)


def _month_index(day: date) -> int:
    return 12 * day.year + day.month - 1
