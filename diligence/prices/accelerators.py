"""Accelerators as their vendors specify them: dense arithmetic, memory, bandwidth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import ClassVar

from diligence.prices.checked_numbers import positive
from diligence.prices.specification_files import find_specification, read_specifications


@dataclass(frozen=True)
class Accelerator:
    """What one accelerator does at best; no programme reaches these rates.

    Parameters
    ----------
    name, vendor, product
        Name used here, maker and exact product.
    bf16_flops_per_second, fp8_flops_per_second, fp4_flops_per_second
        Dense operations a second at 16, 8 and 4 bits; None where the chip has no such mode.
        A data sheet's figure "with sparsity" is twice the dense one.
    memory_bytes, memory_bytes_per_second
        Size of the memory, and how much of it can be read in a second.
    host_link_bytes_per_second
        One direction of the link to the host, over which a cached prompt is loaded.
    source, checked
        Data sheet, and the day it was checked.
    """

    name: str
    vendor: str
    product: str
    bf16_flops_per_second: float
    memory_bytes: float
    memory_bytes_per_second: float
    host_link_bytes_per_second: float
    source: str
    checked: date
    fp8_flops_per_second: float | None = None
    fp4_flops_per_second: float | None = None

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    def flops_per_second(self, bytes_per_weight: float) -> float:
        """Dense operations a second with weights of this size; 2 bytes run as BF16.

        Weights narrower than the chip can multiply run at the next wider rate it has.
        """
        if bytes_per_weight < 1 and self.fp4_flops_per_second is not None:
            return self.fp4_flops_per_second
        if bytes_per_weight <= 1 and self.fp8_flops_per_second is not None:
            return self.fp8_flops_per_second
        return self.bf16_flops_per_second


@cache
def accelerators() -> Mapping[str, Accelerator]:
    """Every accelerator of ``datasets/accelerators.yaml``, by name."""
    return read_specifications("accelerators.yaml", Accelerator)


def accelerator(name: str) -> Accelerator:
    """Return one accelerator.

    Raises
    ------
    InputError
        When the name is unknown; the message lists near matches.

    Examples
    --------
    >>> chip = accelerator("h100")
    >>> f"{chip.bf16_flops_per_second:.3g} {chip.memory_bytes_per_second:.3g}"
    '9.89e+14 3.35e+12'

    Some 295 operations for each byte read: work that reads more than it computes leaves the
    chip, and the rent paid for it, waiting for memory.
    """
    return find_specification(name, accelerators(), what="accelerator")


def ridge_batch(chip: Accelerator, *, bytes_per_weight: float = 2) -> float:
    """Requests decoded together at which reading the weights takes as long as using them.

    ``flops * bytes_per_weight / (2 * bandwidth)``. Below it each request more is nearly free,
    because the weights are read once for all; above it the cost of a token stops falling.

    Parameters
    ----------
    chip
        The accelerator.
    bytes_per_weight
        2 for BF16, 1 for FP8, 0.5 for FP4.

    Examples
    --------
    >>> round(ridge_batch(accelerator("h100")), 1)
    295.2

    A service that cannot gather some 300 requests at a time pays more a token than one that
    can: volume is a cost advantage in decoding, whatever the model.
    """
    size = float(positive("bytes_per_weight", bytes_per_weight))
    return chip.flops_per_second(size) * size / (2 * chip.memory_bytes_per_second)
