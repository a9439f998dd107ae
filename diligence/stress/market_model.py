"""The register's view of the market and of a company's noise, as the simulation takes it."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

from diligence.assumptions import AssumptionRegister
from diligence.errors import InputError
from diligence.stress.market_draw import PriceProcess
from diligence.stress.simulation import CompanyNoise

INPUTS = ("tokens", "gpu_hours", "seats", "cloud")
_FIELDS = {
    "drift": "drift",
    "drift_sd": "drift_sd",
    "noise_sd": "noise_sd_per_month",
    "reversion": "reversion_per_month",
    "jumps_per_year": "jumps_per_year",
    "jump_mean": "jump_mean",
    "jump_sd": "jump_sd",
    "market_share": "market_share",
}

NOISE_ASSUMPTIONS = (
    "simulation_usage_sd",
    "simulation_growth_sd",
    "simulation_growth_market_correlation",
    "simulation_unit_cost_sd",
)


def market_assumptions(input: str) -> tuple[str, ...]:
    """Names of the register that the price of one input is drawn from."""
    return tuple(f"market_{input}_{name}" for name in _FIELDS) if input in INPUTS else ()


def price_processes(register: AssumptionRegister) -> dict[str, PriceProcess]:
    """How each input's price moves, by input.

    Raises
    ------
    InputError
        When an assumption of the market has no number.

    Examples
    --------
    >>> from datetime import date
    >>> processes = price_processes(AssumptionRegister.load(date(2026, 6, 30)))
    >>> processes["tokens"].jumps_per_year
    1.5

    A line of models is repriced three times in two years for those who follow its versions.
    """
    return {
        name: PriceProcess(
            **{
                field: _number(register, f"market_{name}_{short}")
                for short, field in _FIELDS.items()
            }
        )
        for name in INPUTS
    }


def company_noise(
    register: AssumptionRegister, *, unit_cost_sd_per_month: float | None = None
) -> CompanyNoise:
    """Noise of one company, from the register and its own fitted trajectory.

    Parameters
    ----------
    register
        Assumptions with what the deal replaces.
    unit_cost_sd_per_month
        Noise of the company's own unit cost, log per month; the register's where it has none.
    """
    noise = CompanyNoise(
        usage_sd_per_month=_number(register, "simulation_usage_sd"),
        growth_sd_per_year=_number(register, "simulation_growth_sd"),
        market_correlation=_number(register, "simulation_growth_market_correlation"),
        unit_cost_sd_per_month=_number(register, "simulation_unit_cost_sd"),
    )
    if unit_cost_sd_per_month is None:
        return noise
    return dataclasses.replace(noise, unit_cost_sd_per_month=unit_cost_sd_per_month)


def _number(register: AssumptionRegister, name: str) -> float:
    value = register.get(name).value
    if not isinstance(value, Decimal):
        raise InputError(f"The assumption {name!r} has no number; state one in assumptions.yaml.")
    return float(value)
