"""Supplier concentration: share, lock, k* and loss of each supplier alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from decimal import Decimal

from diligence.analysis import DealAnalysis
from diligence.inputs.deal import Exposure
from diligence.projections import PricedInput, PriceKey, exposed
from diligence.reporting.blocks import Block, Column, Heading, Note, Paragraph, Table
from diligence.reporting.documents import Section
from diligence.reporting.sections.stress import first_move, held_cell
from diligence.reporting.wording import (
    joined,
    money_style,
    needs,
    percent_cell,
    sentence,
)
from diligence.stress.reverse_stress import ReverseStress
from diligence.stress.supplier_loss import SupplierLoss
from diligence.units import format_multiple, format_percent

_TITLE = "Supplier concentration and contracts"


def suppliers_section(analysis: DealAnalysis) -> Section:
    """Concentration first, then the exposures as stated."""
    if not analysis.inputs:
        text = sentence(f"supplier shares are {needs('exposure in deal.yaml')}")
        return Section(_TITLE, (Paragraph(text),), key="suppliers")
    losses = analysis.future.suppliers.losses
    blocks: list[Block] = []
    if losses:
        blocks += [Paragraph(concentration_words(losses)), loss_table(analysis), _note()]
    blocks += [Heading("Exposure as stated"), _exposure_table(analysis)]
    return Section(_TITLE, tuple(blocks), key="suppliers")


def loss_table(analysis: DealAnalysis) -> Table:
    """One row a supplier: share, k* alone, first move, and what its repricing alone takes."""
    style, future = money_style(analysis), analysis.future
    losses = sorted(future.suppliers.losses, key=lambda loss: (-loss.share_of_cost, loss.supplier))
    rows = [
        (
            loss.supplier,
            joined(dict.fromkeys(_plain(key) for key in keys)),
            percent_cell(loss.share_of_cost),
            _k(future.reverse, keys, "paid", "gross_margin_0"),
            _k(future.reverse, keys, "cash", "runway_12m"),
            _first(future.reverse, keys),
            style.cell_of(loss.gross_profit_per_month),
            style.cell_of(loss.operating_result_per_month),
            style.cell_of(loss.by_then),
        )
        for loss in losses
        for keys in [_keys(future.reverse, loss.supplier)]
    ]
    columns = (
        Column("Supplier"),
        Column("Input and side"),
        Column("Share of exposed cost, %", "number"),
        Column("k* alone, margin 0 %"),
        Column("k* alone, runway 12 months"),
        Column("Can first move"),
        Column(f"Gross profit lost a month, {style.unit}", "number"),
        Column(f"Operating result lost a month, {style.unit}", "number"),
        Column(f"Lost by month {analysis.horizon_months}, {style.unit}", "number"),
    )
    return Table(
        columns,
        tuple(rows),
        caption=f"Each supplier alone at {format_multiple(losses[0].multiple, 0)}, largest first",
    )


def concentration_words(losses: Sequence[SupplierLoss]) -> str:
    """Largest share, Herfindahl index, and the supplier whose repricing takes most."""
    largest = max(losses, key=lambda loss: loss.share_of_cost)
    hhi = sum(loss.share_of_cost**2 for loss in losses)
    hurts = max(losses, key=lambda loss: loss.gross_profit_per_month)
    text = (
        f"{largest.supplier} holds {format_percent(largest.share_of_cost)} of the cost that moves "
        f"with a bought or rented price; the Herfindahl index of {len(losses)} suppliers is "
        f"{hhi:.2f} (1 is one supplier alone)"
    )
    if hurts.gross_profit_per_month > 0:
        text += (
            f"; {hurts.supplier} alone at {format_multiple(hurts.multiple, 0)} takes most gross "
            "profit"
        )
    return sentence(text)


def _note() -> Note:
    return Note(
        "k* alone: the multiple of this supplier's prices at which the company misses the target, "
        "held still, all other prices unchanged. Losses are against the same company at today's "
        "prices, as it answers, in the last month of the projection; a locked price moves when its "
        "lock ends."
    )


def _keys(reverse: ReverseStress, supplier: str) -> tuple[PriceKey, ...]:
    """Prices of one supplier, all its models together."""
    found = dict.fromkeys(point.key for point in reverse.points)
    named = [key for key in found if key.supplier == supplier and key.side != "sell"]
    return tuple(key for key in named if not key.model) or tuple(named)


def _plain(key: PriceKey) -> str:
    return dataclasses.replace(key, supplier="", model="").label


def _k(reverse: ReverseStress, keys: Sequence[PriceKey], rung: str, target: str) -> str:
    """k* of each price of a supplier; one that moves nothing is named only when all do so."""
    points = [
        point
        for key in keys
        for point in reverse.points
        if (point.key, point.rung, point.target, point.segment) == (key, rung, target, "")
    ]
    moving = [point for point in points if point.status != "not_exposed"]
    return "; ".join(dict.fromkeys(held_cell(point) for point in moving or points))


def _first(reverse: ReverseStress, keys: Sequence[PriceKey]) -> str:
    return "; ".join(dict.fromkeys(day for key in keys if (day := first_move(reverse, key))))


def _exposure_table(analysis: DealAnalysis) -> Table:
    style = money_style(analysis)
    rows = [
        (
            exposure.supplier,
            priced.label,
            f"{exposure.applies_to.replace('_', ' ')} {exposure.segment}".strip(),
            percent_cell(exposure.share),
            style.cell(_exposed(analysis, priced, exposure)),
            exposure.lock_until.isoformat() if exposure.lock_until else "none stated",
            exposure.source,
        )
        for priced in analysis.inputs
        for exposure in priced.exposures
    ]
    columns = (
        Column("Supplier or market"),
        Column("Input and side"),
        Column("Of"),
        Column("Share, %", "number"),
        Column(f"Exposed in {analysis.period.label}, {style.unit}", "number"),
        Column("Locked until"),
        Column("Source"),
    )
    return Table(columns, tuple(rows), caption="Priced inputs by supplier")


def _exposed(analysis: DealAnalysis, priced: PricedInput, exposure: Exposure) -> Decimal:
    """Money of the operating result that moves with one supplier."""
    alone = dataclasses.replace(priced, exposures=(exposure,))
    return exposed(alone, analysis.ladder, rung="operating").amount
