"""The holdings of a review as one fund: one market, one currency, suppliers looked through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from diligence.portfolio.common_market import (
    HoldingUnderMarket,
    JointCashOut,
    LossToFund,
    joint_cash_out,
    loss_by_supplier,
    unpacked,
)
from diligence.reporting.review_row import ReviewRow

CURRENCY = "USD"


@dataclass(frozen=True)
class FundView:
    """What holdings add up to; money in USD at the rates of the as-of day.

    Attributes
    ----------
    value
        Of all positions that can be valued, an indicative sensitivity; None without any.
    within_year, within_horizon
        Holdings out of cash together in 12 and in 36 months; None where no cash is known.
    losses
        What the fund loses when one supplier alone doubles its prices.
    apart
        Holdings whose own assumptions about the market keep them out of the joint counts.
    """

    rows: tuple[ReviewRow, ...]
    value: float | None
    within_year: JointCashOut | None
    within_horizon: JointCashOut | None
    losses: tuple[LossToFund, ...]
    apart: tuple[str, ...]


def fund_view(rows: Sequence[ReviewRow]) -> FundView:
    """Add up holdings; rows may come in any order."""
    ordered = tuple(sorted(rows, key=lambda row: row.company))
    common = _common_market(ordered)
    together = [row for row in ordered if row.market == common]
    positions = [worth for row in ordered if (worth := position(row)) is not None]
    return FundView(
        rows=ordered,
        value=sum(positions) if positions else None,
        within_year=joint_cash_out([_holding(row, row.cash_out_12) for row in together], months=12),
        within_horizon=joint_cash_out(
            [_holding(row, row.cash_out_36) for row in together], months=36
        ),
        losses=loss_by_supplier([_holding(row, None) for row in ordered]),
        apart=tuple(row.company for row in ordered if row.market != common),
    )


def in_usd(row: ReviewRow, amount: float | None) -> float | None:
    """Convert an amount of the row; None without amount or rate."""
    return None if amount is None or row.usd_rate is None else amount * row.usd_rate


def position(row: ReviewRow) -> float | None:
    """Value of the fund's position in a holding, USD."""
    return in_usd(row, row.position)


def _common_market(rows: Sequence[ReviewRow]) -> str:
    counts = Counter(row.market for row in rows)
    return min(counts, key=lambda name: (-counts[name], name), default="")


def _holding(row: ReviewRow, cash_out: str | None) -> HoldingUnderMarket:
    return HoldingUnderMarket(
        company=row.company,
        position=position(row),
        cash_out=None if cash_out is None else unpacked(cash_out, row.paths),
        supplier_loss={found.supplier: found.position_loss for found in row.suppliers},
        supplier_share={found.supplier: found.share for found in row.suppliers},
        gross_profit_loss=_gross_profit_losses(row),
        lock_until={
            found.supplier: found.lock_until
            for found in row.suppliers
            if found.lock_until is not None
        },
    )


def _gross_profit_losses(row: ReviewRow) -> Mapping[str, float]:
    losses = {found.supplier: in_usd(row, found.gross_profit_loss) for found in row.suppliers}
    return {name: loss for name, loss in losses.items() if loss is not None}
