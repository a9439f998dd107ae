"""Owned GPUs: straight-line depreciation, what another life would charge, and who used them.

Buying hardware is cash capex of the period. It is not training capex: only the depreciation of the
hours that train is, and the rest of the hours serve, idle or work for the staff.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from diligence.costs.allocation import Allocation, DriverShares, Purpose, allocate_by_driver
from diligence.costs.amortisation import Vintage, amortised_charge
from diligence.errors import InputError
from diligence.units import Period, format_percent

if TYPE_CHECKING:
    import pandas as pd

ZERO = Decimal(0)
SENSITIVITY_LIVES = tuple(Decimal(years) for years in (3, 4, 5, 6))
"""Lives the memo shows beside the booked one; large owners book 5 to 6 years."""


@dataclass(frozen=True)
class OwnedHardware:
    """Accelerators on the fixed-asset register, cost in one currency.

    ``life_years`` is the booked life; ``paid_on`` the day the cash went out, ``in_service`` when
    not stated. ``residual`` is what the books expect to sell it for.
    """

    name: str
    cost: Decimal
    in_service: date
    life_years: Decimal
    residual: Decimal = ZERO
    paid_on: date | None = None


def depreciation_charge(
    assets: Iterable[OwnedHardware], *, period: Period, life_years: Decimal | None = None
) -> Decimal:
    """Straight-line charge of a period, from the month of service, at the booked lives or another.

    Parameters
    ----------
    assets
        The whole register: assets bought before the period still charge it.
    period
        Whole months.
    life_years
        One life for all in place of the booked ones; whole months, such as 5.5.

    Raises
    ------
    InputError
        When a life is not a whole number of months above zero.

    Examples
    --------
    >>> from diligence.units import parse_period
    >>> cluster = OwnedHardware("cluster", Decimal(12), date(2024, 1, 1), Decimal(6))
    >>> depreciation_charge([cluster], period=parse_period("2025"))
    Decimal('2')
    >>> depreciation_charge([cluster], period=parse_period("2025"), life_years=Decimal(4))
    Decimal('3')
    """
    return sum(
        (
            amortised_charge(
                [Vintage(asset.name, asset.cost - asset.residual, asset.in_service)],
                period=period,
                life_months=_life_months(asset, life_years),
            )
            for asset in assets
        ),
        ZERO,
    )


def cash_capex(assets: Iterable[OwnedHardware], *, period: Period) -> Decimal:
    """Cash paid for hardware in the period, shown apart from training and from depreciation."""
    return sum(
        (
            asset.cost
            for asset in assets
            if period.start <= (asset.paid_on or asset.in_service) <= period.end
        ),
        ZERO,
    )


@dataclass(frozen=True)
class LifeEffect:
    """Charge of the period at one life, and what it would do to the margin.

    ``margin_effect`` is a fraction of revenue, negative when the life charges more than the booked
    one; None without revenue.
    """

    life_years: Decimal
    charge: Decimal
    margin_effect: Decimal | None


@dataclass(frozen=True)
class LifeSensitivity:
    """The booked charge and the charges at other lives."""

    period: Period
    booked_charge: Decimal
    effects: tuple[LifeEffect, ...]

    def at(self, life_years: int) -> LifeEffect:
        """Return the effect of one life.

        Raises
        ------
        InputError
            When the sensitivity was not computed at that life.
        """
        found = next((e for e in self.effects if e.life_years == life_years), None)
        if found is None:
            known = ", ".join(str(effect.life_years) for effect in self.effects)
            raise InputError(f"No sensitivity at {life_years} years; it has {known}.")
        return found

    def to_frame(self) -> pd.DataFrame:
        """One row a life."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "life_years": effect.life_years,
                    "charge": effect.charge,
                    "margin_effect": effect.margin_effect,
                }
                for effect in self.effects
            ]
        )

    def summary(self) -> str:
        """One line a life, the booked charge first."""
        lines = [f"booked: {self.booked_charge:,.2f} in {self.period.label}"]
        for effect in self.effects:
            margin = effect.margin_effect
            points = "" if margin is None else f" (margin {format_percent(margin)})"
            lines.append(f"{effect.life_years} years: {effect.charge:,.2f}{points}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def life_sensitivity(
    assets: Sequence[OwnedHardware],
    *,
    period: Period,
    revenue: Decimal,
    serving_share: Decimal = Decimal(1),
    lives: Sequence[Decimal] = SENSITIVITY_LIVES,
) -> LifeSensitivity:
    """Charge of the period at 3, 4, 5 and 6 years, and its effect on the margin.

    Parameters
    ----------
    assets, period
        As in :func:`depreciation_charge`.
    revenue
        Of the same period; the effect is left open when it is not positive.
    serving_share
        Part of the charge inside the margin that is looked at, 0 to 1: the share of GPU-hours that
        serve for a serving margin, 1 after training.
    lives
        Years.

    Examples
    --------
    >>> from diligence.units import parse_period
    >>> cluster = OwnedHardware("cluster", Decimal(12), date(2024, 1, 1), Decimal(6))
    >>> found = life_sensitivity([cluster], period=parse_period("2025"), revenue=Decimal(20))
    >>> found.at(3).charge, found.at(3).margin_effect
    (Decimal('4'), Decimal('-0.1'))
    """
    booked = depreciation_charge(assets, period=period)
    charges = {life: depreciation_charge(assets, period=period, life_years=life) for life in lives}
    return LifeSensitivity(
        period,
        booked,
        tuple(
            LifeEffect(
                life, charge, (booked - charge) * serving_share / revenue if revenue > 0 else None
            )
            for life, charge in charges.items()
        ),
    )


@dataclass(frozen=True)
class OwnedGpuView:
    """Owned hardware in one period: depreciation by who used the hours, cash capex apart."""

    depreciation: Allocation
    cash_capex: Decimal

    @property
    def training_capex(self) -> Decimal:
        """Depreciation of the hours that train; never the purchase of the hardware."""
        return self.depreciation.training_cost

    def summary(self) -> str:
        """Two lines: the charge by use, and the cash."""
        return (
            f"depreciation: {self.depreciation.summary()}\n"
            f"cash capex on hardware, not training capex: {self.cash_capex:,.2f}"
        )


def owned_gpu_view(
    assets: Sequence[OwnedHardware],
    hours: DriverShares,
    *,
    period: Period,
    idle_purpose: Purpose = "",
) -> OwnedGpuView:
    """Allocate the period's depreciation by GPU-hours and show the cash capex beside it."""
    charge = depreciation_charge(assets, period=period)
    return OwnedGpuView(
        depreciation=allocate_by_driver(charge, hours, idle_purpose=idle_purpose),
        cash_capex=cash_capex(assets, period=period),
    )


def _life_months(asset: OwnedHardware, life_years: Decimal | None) -> int:
    life = asset.life_years if life_years is None else life_years
    months = life * 12
    if months <= 0 or months != months.to_integral_value():
        raise InputError(
            f"{asset.name}: a life of {life} years is not a whole number of months above zero; "
            "state it in years such as 5 or 5.5."
        )
    return int(months)
