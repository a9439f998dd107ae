"""What serving assumes about rents and about how well chips are used, each a dated range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from diligence.errors import InputError
from diligence.prices.checked_numbers import positive, positive_share
from diligence.prices.scenario_range import ScenarioRange

if TYPE_CHECKING:
    from diligence.assumptions import AssumptionRegister


@dataclass(frozen=True)
class ServingAssumptions:
    """Rent and use of accelerators, low to high.

    Parameters
    ----------
    usd_per_gpu_hour
        Rent of one accelerator for one hour.
    utilisation
        Share of the rented time in which it serves; the rest is rented and idle.
    compute_share, bandwidth_share
        Shares of the chip's dense arithmetic and memory bandwidth that are reached.
    sources
        Where each was read, with its date.
    """

    usd_per_gpu_hour: ScenarioRange
    utilisation: ScenarioRange
    compute_share: ScenarioRange
    bandwidth_share: ScenarioRange
    sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        positive("usd_per_gpu_hour", self.usd_per_gpu_hour.low)
        for name in ("utilisation", "compute_share", "bandwidth_share"):
            stated: ScenarioRange = getattr(self, name)
            positive_share(name, stated.low)
            positive_share(name, stated.high)


def read_serving_assumptions(
    register: AssumptionRegister, *, accelerator: str
) -> ServingAssumptions:
    """Take the rent of an accelerator and the usual use of chips from the register.

    Parameters
    ----------
    register
        The register on a date, with what the deal replaces in it.
    accelerator
        Name of the accelerator, such as ``"h100"``.

    Raises
    ------
    InputError
        When the register knows no rent of it on that date.

    Examples
    --------
    >>> from datetime import date
    >>> from diligence.assumptions import AssumptionRegister
    >>> register = AssumptionRegister.load(date(2026, 9, 30))
    >>> stated = read_serving_assumptions(register, accelerator="h100")
    >>> print(f"{stated.usd_per_gpu_hour} USD an hour")
    2.99 (2.06 to 9.07) USD an hour

    The dearest supplier asks four times the cheapest: "our cost of serving" says little until
    the supplier is named.
    """
    rent = f"gpu_rent_{accelerator}"
    if rent not in register.names:
        known = [n.removeprefix("gpu_rent_") for n in register.names if n.startswith("gpu_rent_")]
        raise InputError(
            f"the register has no rent of {accelerator!r}; it has {', '.join(known)}: "
            "take one of them or build ServingAssumptions with a rent and its source"
        )
    used = ("serving_utilisation", "serving_compute_share", "serving_bandwidth_share")
    utilisation, compute, bandwidth = (_range(register, name) for name in used)
    return ServingAssumptions(
        usd_per_gpu_hour=_range(register, rent),
        utilisation=utilisation,
        compute_share=compute,
        bandwidth_share=bandwidth,
        sources=tuple(_cited(register, name) for name in (rent, *used)),
    )


def _range(register: AssumptionRegister, name: str) -> ScenarioRange:
    entry = register.get(name)
    if entry.value is None:
        raise InputError(
            f"{name} has no value in force ({entry.source}): use a later date, or state it in "
            f"the deal's assumptions.yaml in {entry.unit!r} with its source"
        )
    low = entry.value if entry.low is None else entry.low
    high = entry.value if entry.high is None else entry.high
    return ScenarioRange.of(low, entry.value, high)


def _cited(register: AssumptionRegister, name: str) -> str:
    entry = register.get(name)
    return f"{name} ({entry.effective_date}): {entry.source}"
