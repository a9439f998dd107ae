"""Margins of suppliers as reported, each by its concept: evidence of what their prices cover."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, ClassVar, Literal

from diligence.errors import DiligenceError, InputError
from diligence.prices.scenario_range import ScenarioRange
from diligence.resources import resource_path

if TYPE_CHECKING:
    import pandas as pd

RungKey = Literal[
    "peak_load",
    "realised_use",
    "free_users",
    "post_training",
    "amortised_training",
    "operating",
    "target_margin",
]
RUNGS: dict[RungKey, str] = {
    "peak_load": "rent at peak load",
    "realised_use": "rent at realised utilisation",
    "free_users": "with free users",
    "post_training": "with post-training",
    "amortised_training": "with amortised training",
    "operating": "with all operating cost",
    "target_margin": "with target margin",
}
"""Rungs of cost from below, each with all beneath it, and their names."""
MarginGrade = Literal["A", "B", "C", "D", "E"]


@dataclass(frozen=True)
class SupplierMargin:
    """One margin of one supplier.

    Parameters
    ----------
    supplier, input
        Seller as the price book or a bill names it, and what it sells.
    rung
        The margin is after all cost up to and with this rung.
    concept
        The margin in the words of its source.
    margin, low, high
        Fractions of revenue, below 1; low and high are other views, not quantiles.
    period_end, known_on
        End of the period measured, and first day on which it could be known.
    grade, source, checked
        How good the source is, where it stands, when it was looked up.
    models
        Models it is measured on; empty when on all the supplier sells.
    note
        What a reader has to know beside it.
    """

    supplier: str
    input: Literal["tokens", "gpu_hours"]
    rung: RungKey
    concept: str
    margin: Decimal
    low: Decimal
    high: Decimal
    period_end: date
    known_on: date
    grade: MarginGrade
    source: str
    checked: date
    models: tuple[str, ...] = ()
    note: str = ""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        if not self.low <= self.margin <= self.high < 1:
            raise InputError(
                f"the margin of {self.supplier} ({self.rung}) is {self.low}, {self.margin}, "
                f"{self.high}; it has to rise from low to high and stay below 1 (70 % is 0.7)"
            )
        if self.rung == "target_margin":
            raise InputError(
                f"{self.supplier} states a target_margin; that is an assumption "
                "(supplier_target_margin), state the margin it has"
            )

    @property
    def cost_share(self) -> ScenarioRange:
        """Cost up to the rung over price: 1 less the margin, low cost to high."""
        return ScenarioRange(1 - self.high, 1 - self.margin, 1 - self.low)

    def covers(self, model: str) -> bool:
        """True when the margin says something about this model."""
        return not self.models or model in self.models


@dataclass(frozen=True)
class SupplierMargins:
    """Margins that could be known on a day, as a table.

    Examples
    --------
    >>> margins = SupplierMargins.known(date(2026, 6, 30))
    >>> for found in margins.of("openai", input="tokens", model="gpt-5.4"):
    ...     print(found.rung, found.margin)
    realised_use 0.70
    free_users 0.426
    amortised_training -0.384
    operating -1.601

    "Sold below cost" is false of paying users' compute and true of the company: ask which.
    """

    entries: tuple[SupplierMargin, ...]
    day: date

    @classmethod
    def known(cls, day: date) -> SupplierMargins:
        """Entries of ``datasets/supplier_margins.yaml`` known on a day."""
        return cls(tuple(entry for entry in _entries() if entry.known_on <= day), day)

    def of(self, supplier: str, *, input: str, model: str = "") -> tuple[SupplierMargin, ...]:
        """Latest margin of each rung, from the lowest; empty when nothing is reported."""
        wanted = supplier.strip().lower()
        latest: dict[str, SupplierMargin] = {}
        for entry in sorted(self.entries, key=lambda entry: (entry.period_end, entry.known_on)):
            fits = (entry.supplier.lower(), entry.input) == (wanted, input)
            if fits and entry.covers(model):
                latest[entry.rung] = entry
        return tuple(latest[rung] for rung in RUNGS if rung in latest)

    def to_frame(self) -> pd.DataFrame:
        """One row an entry."""
        import pandas as pd

        columns = ["supplier", "input", "rung", "concept", "low", "margin", "high"]
        columns += ["period_end", "known_on", "grade", "source", "note"]
        rows = [[getattr(entry, name) for name in columns] for entry in self.entries]
        return pd.DataFrame(rows, columns=columns, dtype=object)

    def summary(self) -> str:
        """How many margins of whom."""
        names = sorted({entry.supplier for entry in self.entries})
        return f"{len(self.entries)} margins known on {self.day}: {', '.join(names)}"

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def read_margins(rows: Iterable[object]) -> tuple[SupplierMargin, ...]:
    """Check entries of a margin list.

    Raises
    ------
    DiligenceError
        When an entry breaks the schema.
    InputError
        When a margin cannot be meant.
    """
    from pydantic import TypeAdapter, ValidationError

    one = TypeAdapter(SupplierMargin)
    try:
        return tuple(one.validate_python(row) for row in rows)
    except ValidationError as error:
        raise DiligenceError(f"supplier_margins.yaml breaks its schema: {error}") from error


@cache
def _entries() -> tuple[SupplierMargin, ...]:
    import yaml

    text = resource_path("datasets", "supplier_margins.yaml").read_text(encoding="utf-8")
    # BaseLoader keeps every scalar as text, so that 0.7 stays exactly 0.7
    return read_margins(yaml.load(text, Loader=yaml.BaseLoader))
