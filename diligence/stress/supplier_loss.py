"""What a company loses when one of its suppliers alone reprices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from diligence.errors import InputError
from diligence.projections.company_model import CompanyModel
from diligence.projections.month_engine import run_months
from diligence.projections.shocks import Array, Shock, no_shock

if TYPE_CHECKING:
    import pandas as pd

LOSS_MONTHS = 12


@dataclass(frozen=True)
class SupplierLoss:
    """Loss to a company when one supplier alone reprices; reporting currency, positive is a loss.

    Attributes
    ----------
    gross_profit_per_month, operating_result_per_month
        Loss in the last month of the horizon, after the locks that run out within it.
    by_then
        Operating result lost in all months so far: cash that is missing, were nothing else to
        change between result and cash.
    share_of_cost
        Share of the supplier in all cost that moves with a bought or rented price.
    """

    supplier: str
    multiple: float
    gross_profit_per_month: float
    operating_result_per_month: float
    by_then: float
    share_of_cost: float

    def to_json(self) -> dict[str, Any]:
        """Shape of ``diligence stress --json``."""
        return dict(vars(self))


@dataclass(frozen=True)
class SupplierLosses:
    """One entry a supplier, largest loss of gross profit first."""

    company: str
    losses: tuple[SupplierLoss, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row a supplier."""
        import pandas as pd

        return pd.DataFrame([vars(loss) for loss in self.losses])

    def summary(self) -> str:
        """One line a supplier."""
        return "\n".join(
            f"{loss.supplier} x{loss.multiple:g}: {loss.gross_profit_per_month:,.0f} of gross "
            f"profit a month"
            for loss in self.losses
        )

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def suppliers_of(model: CompanyModel) -> tuple[str, ...]:
    """Suppliers that the company buys or rents from, by name."""
    return tuple(
        sorted({key.supplier for key in model.keys if key.side in ("buy", "rent") and key.supplier})
    )


def supplier_losses(
    model: CompanyModel,
    *,
    multiple: float = 2.0,
    months: int = LOSS_MONTHS,
    suppliers: Iterable[str] | None = None,
) -> SupplierLosses:
    """Let each supplier alone multiply all its prices, from the first month or its lock's end.

    The company answers as its model says; its baseline is the same model under no shock. All
    suppliers run as paths of one projection.

    Parameters
    ----------
    multiple
        Multiple of all prices of the supplier, 0 or more.
    months
        Months ahead.
    suppliers
        All that the company names by default.

    Raises
    ------
    InputError
        When the company does not buy from a supplier, or a multiple is negative.

    Examples
    --------
    >>> from diligence.projections.company_model import PricedLine, PriceKey, SegmentModel
    >>> lines = (PricedLine(PriceKey("tokens", "buy", "OpenAI"), paid=20.0),
    ...     PricedLine(PriceKey("tokens", "buy", "Anthropic"), paid=10.0))
    >>> model = CompanyModel("A", "USD", (SegmentModel("", 100.0, 10.0, lines=lines),))
    >>> print(supplier_losses(model).summary())
    OpenAI x2: 20 of gross profit a month
    Anthropic x2: 10 of gross profit a month
    """
    if multiple < 0:
        raise InputError(f"A price multiple must not be negative; found {multiple}.")
    known = suppliers_of(model)
    wanted = known if suppliers is None else tuple(suppliers)
    unknown = [name for name in wanted if name not in known]
    if unknown:
        have = ", ".join(known) or "nobody that is named"
        raise InputError(f"{model.name} does not buy from {unknown[0]!r}; it buys from {have}.")
    if not wanted:
        return SupplierLosses(model.name, ())
    before = run_months(model, no_shock(months))
    after = run_months(model, _shock(model, wanted, multiple, months))
    profit = _lost(before.revenue - before.paid_cost, after.revenue - after.paid_cost, wanted)
    result = _lost(before.operating_result, after.operating_result, wanted)
    losses = [
        SupplierLoss(
            supplier=name,
            multiple=multiple,
            gross_profit_per_month=float(profit[-1, place]),
            operating_result_per_month=float(result[-1, place]),
            by_then=float(result[:, place].sum()),
            share_of_cost=_share(model, name),
        )
        for place, name in enumerate(wanted)
    ]
    return SupplierLosses(
        model.name,
        tuple(sorted(losses, key=lambda loss: (-loss.gross_profit_per_month, loss.supplier))),
    )


def loss_if_supplier_reprices(
    model: CompanyModel, supplier: str, multiple: float = 2.0, *, months: int = LOSS_MONTHS
) -> SupplierLoss:
    """Loss when one supplier alone multiplies its prices; see :func:`supplier_losses`."""
    return supplier_losses(model, multiple=multiple, months=months, suppliers=(supplier,)).losses[0]


def _shock(model: CompanyModel, suppliers: tuple[str, ...], multiple: float, months: int) -> Shock:
    """One path a supplier."""
    return Shock(
        months,
        {
            key: np.broadcast_to(
                np.where(np.array(suppliers) == key.supplier, multiple, 1.0),
                (months, len(suppliers)),
            )
            for key in model.keys
            if key.side in ("buy", "rent")
        },
    )


def _lost(before: Array, after: Array, suppliers: tuple[str, ...]) -> Array:
    return np.broadcast_to(before - after, (before.shape[0], len(suppliers)))


def _share(model: CompanyModel, supplier: str) -> float:
    lines = [
        line for part in model.segments for line in part.lines if line.key.side in ("buy", "rent")
    ]
    total = sum(line.cost for line in lines)
    own = sum(line.cost for line in lines if line.key.supplier == supplier)
    return own / total if total else 0.0
