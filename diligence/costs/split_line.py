"""A classified line with its money by class."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from diligence.costs.classify import ClassifiedLine
from diligence.inputs.deal import LedgerLine
from diligence.units import Period
from diligence.units.periods import month_of

AllocatedBy = Literal["", "assumption", "driver", "pro rata", "held months"]
ZERO = Decimal(0)


@dataclass(frozen=True)
class SplitLine:
    """A classified line and its money by class; the four parts add up to the amount.

    ``allocated_by`` says what split a shared line (empty when its class decided): an assumption
    of the deal, a driver, the rest of the supplier's bill, or the months whose bills are there.
    ``payer_open`` marks serving whose payer is only taken to be that of the requests.
    ``serving_less`` and ``serving_more`` say how far a driver's own range lets serving move, at
    the cost of training.
    """

    item: ClassifiedLine
    training: Decimal = ZERO
    inference: Decimal = ZERO
    unresolved: Decimal = ZERO
    neither: Decimal = ZERO
    allocated_by: AllocatedBy = ""
    payer_open: bool = False
    serving_less: Decimal = ZERO
    serving_more: Decimal = ZERO

    @property
    def line(self) -> LedgerLine:
        """The cost line."""
        return self.item.line

    @property
    def used_in(self) -> Period:
        """Period in which what the line pays for was used: the bill's month, else as booked."""
        return self.line.period if self.line.bill is None else month_of(self.line.bill.day)

    @property
    def allocated(self) -> bool:
        """True when something other than the line itself split it."""
        return bool(self.allocated_by)

    @property
    def could_serve_or_train(self) -> bool:
        """True when the line could serve as well as train."""
        return (
            self.item.cost_class == "shared"
            and "inference_opex" in self.item.alternatives
            and "training_capex" in self.item.alternatives
        )

    @property
    def is_pool(self) -> bool:
        """True when nothing but an assumption says which part of the line serves."""
        return self.could_serve_or_train and self.allocated_by in ("", "assumption")
