"""Open-weight models that can take over a closed model's work: what caps its price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import ClassVar

from diligence.prices.checked_numbers import positive
from diligence.prices.scenario_range import ScenarioRange
from diligence.prices.specification_files import read_specifications


@dataclass(frozen=True)
class OpenAlternative:
    """One open-weight model as an alternative.

    Parameters
    ----------
    name, provider
        Model and seller in the price book.
    seller
        Who sells it, in words.
    replaces_up_to_usd_per_mtok_input
        Dearest list price of input of a model whose work it is taken to do.
    extra_tokens
        Its tokens over today's for the same work.
    source, grade, checked
        Why it counts as an alternative, how good that is, and when it was looked up.
    architecture, accelerator, gpus
        How it is served on rented chips, where its shape is published; a replica's chips.
    """

    name: str
    provider: str
    seller: str
    replaces_up_to_usd_per_mtok_input: Decimal
    extra_tokens: ScenarioRange
    source: str
    grade: str
    checked: date
    architecture: str = ""
    accelerator: str = ""
    gpus: int = 0

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        positive(f"extra_tokens of {self.name}", self.extra_tokens.low)

    def replaces(self, usd_per_mtok_input: Decimal) -> bool:
        """True when it is taken to do the work of a model with this list price of input."""
        return usd_per_mtok_input <= self.replaces_up_to_usd_per_mtok_input


@cache
def open_alternatives() -> Mapping[str, OpenAlternative]:
    """Every alternative of ``datasets/open_alternatives.yaml``, by name.

    Examples
    --------
    >>> small = open_alternatives()["gpt-oss-120b"]
    >>> small.replaces(Decimal("0.75")), small.replaces(Decimal(3))
    (True, False)

    A small closed model has a small open rival; for the large ones it is no substitute.
    """
    return read_specifications("open_alternatives.yaml", OpenAlternative)
