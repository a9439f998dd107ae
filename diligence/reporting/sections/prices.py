"""What the company's models cost at list, and on whom it depends."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

from diligence.analysis import DealAnalysis
from diligence.inputs.deal import Exposure
from diligence.prices import TokenPrice
from diligence.projections import PricedInput, exposed
from diligence.reporting.blocks import Block, Column, Note, Paragraph, Table
from diligence.reporting.documents import Section
from diligence.reporting.wording import money_style, needs, percent_cell, sentence

NOT_LISTED = "not listed"


def prices_section(analysis: DealAnalysis) -> Section:
    """List prices of the models in use on the price date; the floor gap says what it needs."""
    blocks: list[Block] = []
    if analysis.prices:
        blocks += [_price_table(analysis), Note(_vintage(analysis))]
    else:
        blocks.append(
            Paragraph(
                sentence(
                    "list prices of the models in use are "
                    f"{needs('model names under exposure in deal.yaml')}"
                )
            )
        )
    blocks.append(
        Paragraph(
            sentence(
                "the gap between price and the supplier's cost is "
                f"{needs('the serving cost of each supplier')}"
            )
        )
    )
    return Section("Prices and price-floor gap", tuple(blocks), key="prices")


def suppliers_section(analysis: DealAnalysis) -> Section:
    """Share of exposed cost by supplier, side and lock."""
    if not analysis.inputs:
        text = sentence(f"supplier shares are {needs('exposure in deal.yaml')}")
        return Section("Supplier concentration and contracts", (Paragraph(text),), key="suppliers")
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
    table = Table(columns, tuple(rows), caption="Priced inputs by supplier")
    return Section("Supplier concentration and contracts", (table,), key="suppliers")


def _exposed(analysis: DealAnalysis, priced: PricedInput, exposure: Exposure) -> Decimal:
    """Money of the operating result that moves with one supplier."""
    alone = dataclasses.replace(priced, exposures=(exposure,))
    return exposed(alone, analysis.ladder, rung="operating").amount


def _price_table(analysis: DealAnalysis) -> Table:
    rows = [
        (
            found.supplier,
            found.price.model,
            found.price.state.replace("_", " "),
            _usd(found.price.usd_per_mtok_input, found.price),
            _usd(found.price.usd_per_mtok_output, found.price),
            _usd(found.price.usd_per_mtok_cached_input, found.price),
            found.price.effective_date.isoformat()
            if found.price.effective_date
            else "before history",
        )
        for found in analysis.prices
    ]
    columns = (
        Column("Supplier"),
        Column("Model"),
        Column("State"),
        Column("Input, USD per Mtok", "number"),
        Column("Output, USD per Mtok", "number"),
        Column("Cached input, USD per Mtok", "number"),
        Column("In force since"),
    )
    return Table(columns, tuple(rows), caption="List prices, base context tier")


def _usd(price: Decimal | None, record: TokenPrice) -> str:
    if price is None:
        return "unknown" if record.state == "unknown" else NOT_LISTED
    return f"{price:,.3f}"


def _vintage(analysis: DealAnalysis) -> str:
    first = analysis.prices[0]
    reasons = [f.price.reason for f in analysis.prices if f.price.reason]
    text = (
        f"Prices as of {first.price.as_of.isoformat()}, "
        f"known on {first.price.known_on.isoformat()}, vintage {first.vintage}."
    )
    return " ".join([text, *(sentence(reason) for reason in dict.fromkeys(reasons))])
