"""Exact allocation of one amount by weights, and by what each workload used of a shared thing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, TypeVar

from diligence.errors import EstimationError, InputError
from diligence.inputs.deal import Workload
from diligence.units import format_percent, format_span

if TYPE_CHECKING:
    import pandas as pd

ZERO = Decimal(0)
QUANTUM = Decimal("1e-9")
"""Finest part money is split into; an amount with more digits keeps its own."""
Purpose = Literal["", "training", "inference"]
WORKLOADS: tuple[Workload, ...] = ("training", "inference", "internal", "other", "idle")
_K = TypeVar("_K", bound=str)


def allocate(
    amount: Decimal, weights: Mapping[_K, Decimal], *, quantum: Decimal = QUANTUM
) -> dict[_K, Decimal]:
    """Split an amount in proportion to weights; the parts add up to it to the last digit.

    Parts are multiples of the quantum. What rounding down leaves goes, one quantum each, to the
    largest remainders, equal ones in the order of their names: the result does not depend on the
    order of the weights.

    Parameters
    ----------
    amount
        Money of either sign; a credit is allocated as the cost it reduces.
    weights
        Tokens, hours, people, in one unit; zero takes nothing.
    quantum
        A power of ten; an amount with finer digits is split at its own last digit.

    Raises
    ------
    InputError
        When a weight is negative or no number, or the quantum is no power of ten.
    EstimationError
        When no weight is above zero.

    Examples
    --------
    >>> parts = allocate(Decimal("100.00"), {"a": Decimal(1), "b": Decimal(1), "c": Decimal(1)},
    ...                  quantum=Decimal("0.01"))
    >>> [str(part) for part in parts.values()]
    ['33.34', '33.33', '33.33']
    """
    _require_usable(weights)
    exponent = min(_power_of_ten(quantum), _last_place(amount))
    units = Fraction(abs(amount)) / Fraction(10) ** exponent
    whole = sum((Fraction(weight) for weight in weights.values()), Fraction(0))
    exact = {name: units * Fraction(weight) / whole for name, weight in weights.items()}
    counts = {name: int(share) for name, share in exact.items()}
    left = int(units) - sum(counts.values())
    for name in sorted(exact, key=lambda name: (counts[name] - exact[name], name))[:left]:
        counts[name] += 1
    sign = 1 if amount < 0 else 0
    return {name: _decimal(count, sign, exponent) for name, count in counts.items()}


@dataclass(frozen=True)
class DriverShares:
    """What each workload used of something shared, in the unit of the driver.

    ``serving_low`` and ``serving_high`` are how little and how much inference may have used; built
    by :func:`shares_from_driver`.
    """

    training: Decimal
    inference: Decimal
    internal: Decimal
    other: Decimal
    idle: Decimal
    serving_low: Decimal
    serving_high: Decimal

    def __post_init__(self) -> None:
        _require_usable(self.weights)
        if not ZERO <= self.serving_low <= self.inference <= self.serving_high:
            raise InputError(
                f"Inference of {self.inference} must lie inside its range {self.serving_low} to "
                f"{self.serving_high}, from 0."
            )

    @property
    def total(self) -> Decimal:
        """All workloads together: the capacity."""
        return sum((self.weights[name] for name in WORKLOADS), ZERO)

    @property
    def weights(self) -> dict[Workload, Decimal]:
        """Quantity by workload."""
        return {name: getattr(self, name) for name in WORKLOADS}

    def share(self, workload: Workload) -> Decimal:
        """Share of one workload, 0 to 1."""
        return self.weights[workload] / self.total

    @property
    def serving_share_range(self) -> tuple[Decimal, Decimal]:
        """Least and largest share of inference, 0 to 1."""
        return self.serving_low / self.total, self.serving_high / self.total

    def summary(self) -> str:
        """Shares in words."""
        shares = ", ".join(
            f"{name} {format_percent(self.share(name))}" for name in WORKLOADS if self.weights[name]
        )
        low, high = self.serving_share_range
        if low == high:
            return shares
        return f"{shares}; serving {format_span(format_percent(low), format_percent(high))}"


def shares_from_driver(
    values: Mapping[Workload, Decimal],
    *,
    low: Mapping[Workload, Decimal] | None = None,
    high: Mapping[Workload, Decimal] | None = None,
) -> DriverShares:
    """Shares of the workloads, with the range of serving that the driver's ranges allow.

    The total is metered and does not move: what another workload may have used more, serving may
    have used less. Of its own range and that of the others the wider one counts.

    Raises
    ------
    InputError
        When a value is negative or lies outside its range.
    EstimationError
        When every value is zero.

    Examples
    --------
    550 of 1,000 GPU-hours served, give or take 50.

    >>> found = shares_from_driver(
    ...     {"inference": Decimal(550), "training": Decimal(450)},
    ...     low={"inference": Decimal(500)}, high={"inference": Decimal(600)})
    >>> found.summary()
    'training 45.0 %, inference 55.0 %; serving 50.0 to 60.0 %'
    """
    _require_usable(values)
    lows, highs = {**values, **(low or {})}, {**values, **(high or {})}
    _require_ranges(values, lows, highs)
    others = [name for name in values if name != "inference"]
    served, idle = values.get("inference", ZERO), values.get("idle", ZERO)
    total = sum(values.values(), ZERO)
    down = max(
        served - lows.get("inference", ZERO),
        sum((highs[name] - values[name] for name in others), ZERO),
    )
    up = max(
        highs.get("inference", ZERO) - served,
        sum((values[name] - lows[name] for name in others), ZERO),
    )
    return DriverShares(
        **{name: values.get(name, ZERO) for name in WORKLOADS},
        serving_low=max(ZERO, served - down),
        serving_high=max(served, min(total - idle, served + up)),
    )


@dataclass(frozen=True)
class Allocation:
    """One shared amount by workload; the parts add up to it exactly.

    ``idle`` is capacity nobody used, charged to ``idle_purpose``; without a purpose it stands in
    ``unresolved``. ``serving_low`` to ``serving_high`` is what serving may cost with its idle part.
    """

    amount: Decimal
    training: Decimal
    inference: Decimal
    internal: Decimal
    other: Decimal
    idle: Decimal
    unresolved: Decimal
    idle_purpose: Purpose
    serving_low: Decimal
    serving_high: Decimal

    @property
    def training_cost(self) -> Decimal:
        """Training with the idle capacity reserved for it."""
        return self.training + (self.idle if self.idle_purpose == "training" else ZERO)

    @property
    def serving_cost(self) -> Decimal:
        """Inference with the idle capacity reserved for it."""
        return self.inference + (self.idle if self.idle_purpose == "inference" else ZERO)

    @property
    def neither(self) -> Decimal:
        """Use that neither trains nor serves."""
        return self.internal + self.other

    def to_frame(self) -> pd.DataFrame:
        """One row a part."""
        import pandas as pd

        return pd.DataFrame([{"part": name, "amount": part} for name, part in self._parts()])

    def summary(self) -> str:
        """Parts in words; idle says what it was reserved for."""
        return ", ".join(f"{name} {part:,.2f}" for name, part in self._parts() if part)

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))

    def _parts(self) -> tuple[tuple[str, Decimal], ...]:
        return (
            ("training", self.training),
            ("inference", self.inference),
            ("internal", self.internal),
            ("other", self.other),
            (f"idle, reserved for {self.idle_purpose or 'nothing stated'}", self.idle),
            ("idle, unresolved", self.unresolved),
        )


def allocate_by_driver(
    amount: Decimal, shares: DriverShares, *, idle_purpose: Purpose = ""
) -> Allocation:
    """Split a shared cost by its driver; idle capacity is charged to what it was reserved for.

    Examples
    --------
    A pool of 4.0 that serves 55 % of its GPU-hours:

    >>> hours = shares_from_driver({"inference": Decimal(55), "training": Decimal(45)})
    >>> allocate_by_driver(Decimal("4.0"), hours).summary()
    'training 1.80, inference 2.20'
    """
    parts = allocate(amount, shares.weights)
    unresolved = ZERO if idle_purpose else parts["idle"]
    idle = parts["idle"] - unresolved
    charged = idle if idle_purpose == "inference" else ZERO
    low, high = _serving_ends(amount - parts["idle"], parts["inference"], shares)
    ends = sorted((low + charged, high + charged + unresolved))
    return Allocation(
        amount=amount,
        training=parts["training"],
        inference=parts["inference"],
        internal=parts["internal"],
        other=parts["other"],
        idle=idle,
        unresolved=unresolved,
        idle_purpose=idle_purpose,
        serving_low=ends[0],
        serving_high=ends[1],
    )


def _serving_ends(
    used: Decimal, inference: Decimal, shares: DriverShares
) -> tuple[Decimal, Decimal]:
    """Inference at the ends of its range; an end that is the base is the base to the last digit."""
    active = shares.total - shares.idle
    low, high = (
        inference
        if quantity == shares.inference
        else allocate(used, {"serving": quantity, "rest": active - quantity})["serving"]
        for quantity in (shares.serving_low, shares.serving_high)
    )
    return low, high


def _require_usable(weights: Mapping[_K, Decimal]) -> None:
    wrong = {name: value for name, value in weights.items() if not value.is_finite() or value < 0}
    if wrong:
        found = ", ".join(f"{name} {value}" for name, value in wrong.items())
        raise InputError(f"Weights of an allocation must be numbers from 0 up; found {found}.")
    if not any(weights.values()):
        names = ", ".join(weights) or "none"
        raise EstimationError(
            f"Nothing to allocate by: every weight is zero ({names}). State what at least one of "
            "them used: GPU-hours, tokens, people or a share."
        )


def _require_ranges(
    values: Mapping[Workload, Decimal],
    lows: Mapping[Workload, Decimal],
    highs: Mapping[Workload, Decimal],
) -> None:
    for name in lows.keys() | highs.keys():
        value = values.get(name)
        if value is None:
            raise InputError(f"A range is stated for {name}, which has no value of its own.")
        if not ZERO <= lows[name] <= value <= highs[name]:
            raise InputError(
                f"{name}: {value} must lie inside its range {lows[name]} to {highs[name]}, from 0."
            )


def _power_of_ten(quantum: Decimal) -> int:
    exponent = quantum.adjusted() if quantum.is_finite() else 0
    if quantum != Decimal(1).scaleb(exponent):
        raise InputError(f"The quantum must be a power of ten such as 0.01; found {quantum}.")
    return exponent


def _last_place(amount: Decimal) -> int:
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int):
        raise InputError(f"The amount to allocate must be a number; found {amount}.")
    return exponent


def _decimal(count: int, sign: int, exponent: int) -> Decimal:
    """Exact whatever the number of digits: arithmetic in the decimal context would round."""
    return Decimal((sign if count else 0, tuple(map(int, str(count))), exponent))
