"""A low, a base and a high case of one number; no probability is attached to them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal

from diligence.errors import InputError


@dataclass(frozen=True)
class ScenarioRange:
    """Three cases of one number.

    Parameters
    ----------
    low, base, high
        The cases, rising. The ends are chosen cases, not quantiles: do not read the range as
        an interval that holds with a stated chance.

    Examples
    --------
    >>> ScenarioRange.of("1.99", "2.99", "6.16").low
    Decimal('1.99')
    """

    low: Decimal
    base: Decimal
    high: Decimal

    kind: ClassVar[Literal["scenario range"]] = "scenario range"

    def __post_init__(self) -> None:
        if not self.low <= self.base <= self.high:
            raise InputError(
                f"low {self.low}, base {self.base}, high {self.high} do not rise; order the cases"
            )

    @classmethod
    def of(
        cls, low: Decimal | str | float, base: Decimal | str | float, high: Decimal | str | float
    ) -> ScenarioRange:
        """Build a range from three numbers or texts."""
        return cls(Decimal(str(low)), Decimal(str(base)), Decimal(str(high)))

    @classmethod
    def point(cls, value: Decimal | str | float) -> ScenarioRange:
        """Range of a number taken as known: all three cases are equal."""
        return cls.of(value, value, value)

    @property
    def cases(self) -> tuple[Decimal, Decimal, Decimal]:
        """Low, base and high."""
        return self.low, self.base, self.high

    def __format__(self, spec: str) -> str:
        """Write ``base (low to high)``, each in the given format."""
        if self.low == self.high:
            return format(self.base, spec)
        return f"{self.base:{spec}} ({self.low:{spec}} to {self.high:{spec}})"
