"""How far today's prices stand above or below what serving costs, and what caps them."""

from __future__ import annotations

from diligence.analysis import DealAnalysis
from diligence.prices import ScenarioRange
from diligence.prices.price_floor import FloorGap, price_floor_gap
from diligence.prices.supplier_margins import RUNGS, RungKey
from diligence.projections.price_caps import PriceCap, PriceCaps
from diligence.projections.price_floors import CompanyFloor, PriceFloors
from diligence.reporting.blocks import Block, Column, Heading, Note, Paragraph, Table
from diligence.reporting.documents import Section
from diligence.reporting.wording import needs, percent_cell, sentence
from diligence.units import format_multiple, format_percent

_TITLE = "Price floors: gap and caps"
_LEADING: tuple[RungKey, ...] = ("operating", "amortised_training", "free_users", "realised_use")


def floors_section(analysis: DealAnalysis) -> Section:
    """Blended gap by rung, then by model, then the ways out that cap a price."""
    floors, caps = analysis.future.floors, analysis.future.caps
    if floors is None or not floors.floors:
        missing = needs("a bought token or rented GPU-hour in the paid rung")
        return Section(_TITLE, (Paragraph(sentence(missing)),), key="floors")
    blocks: list[Block] = [Paragraph(_opening(floors))]
    if any(floors.blended(rung).multiple is not None for rung in RUNGS):
        blocks += _floor_blocks(floors)
    if floors.notes:
        blocks.append(Note(" ".join(sentence(note) for note in floors.notes)))
    if caps is not None and caps.caps:
        blocks += [Heading("What caps a supplier's price"), *cap_blocks(caps)]
    return Section(_TITLE, tuple(blocks), key="floors")


def _floor_blocks(floors: PriceFloors) -> list[Block]:
    return [
        blended_table(floors),
        Note(
            "Multiple of today's effective price that would cover cost up to the rung: above 1 the "
            "price stands below its floor. Scenario ranges. Suppliers' own reported margins where "
            "there are any, rent and throughput for open-weight models. Spend whose rung is "
            "unknown is left out; the share known says how much is in."
        ),
        model_table(floors),
    ]


def blended_table(floors: PriceFloors) -> Table:
    """Every rung over all that the company buys, weighted by today's cost."""
    rows = [
        (
            RUNGS[rung],
            _base(gap) or "unknown",
            _range(gap.multiple),
            percent_cell(gap.covered),
            gap.grade,
            gap.evidence_date.isoformat() if gap.evidence_date and gap.multiple else "",
            sentence(f"needs {gap.needs}") if gap.needs else "",
        )
        for rung in RUNGS
        for gap in [floors.blended(rung)]
    ]
    columns = (
        Column("Rung of cost"),
        Column("Floor / price", "number"),
        Column("Scenario range"),
        Column("Of spend, %", "number"),
        Column("Grade"),
        Column("Oldest evidence"),
        Column("What would tell of the rest"),
    )
    return Table(columns, tuple(rows), caption="Floor over price, the company's own mix")


def model_table(floors: PriceFloors) -> Table:
    """Floor over price by model and rung; an empty cell is a rung nobody reports."""
    rows = [
        (
            item.use.name,
            _price(item),
            *(_base(price_floor_gap(item.floor, rung=rung)) for rung in RUNGS),
            item.floor.basis,
        )
        for item in floors.floors
    ]
    columns = (
        Column("Supplier and model"),
        Column("Price, USD per Mtok", "number"),
        *(Column(name, "number") for name in RUNGS.values()),
        Column("Read from"),
    )
    return Table(
        columns,
        tuple(rows),
        caption="Floor over price by model",
        source="empty: unknown; a rung that the seller does not bear repeats the one beneath it",
    )


def cap_blocks(caps: PriceCaps) -> list[Block]:
    """The cheapest way out of each price: what it costs, for how much of the work, and when."""
    columns = (
        Column("Price"),
        Column("Cheapest way out"),
        Column("Of today's price"),
        Column("Scenario range"),
        Column("Of the work, %", "number"),
        Column("After, months", "number"),
        Column("Grade"),
    )
    rows = tuple(_cap_row(cap) for cap in caps.caps)
    return [
        Table(columns, rows, caption="A supplier cannot keep a price above what leaving costs"),
        Note(
            "Running and switching cost of an open-weight model, bought or hosted on own GPUs. "
            "Below 1 it is cheaper already: what holds the company is friction and quality, not "
            "price. Which model can do whose work is a house rule until it is tested."
        ),
    ]


def _opening(floors: PriceFloors) -> str:
    gaps = [floors.blended(rung) for rung in _LEADING]
    known = [gap for gap in gaps if gap.multiple is not None]
    if not known:
        missing = "; ".join(dict.fromkeys(gap.needs for gap in gaps if gap.needs))
        return sentence(f"the gap to the suppliers' cost is {needs(missing or 'their margins')}")
    parts = []
    for gap in known[:2]:
        assert gap.multiple is not None
        side = "below" if gap.multiple.base > 1 else "above"
        parts.append(
            f"{RUNGS[gap.rung]} the floor is {format_multiple(gap.multiple.base)} of today's "
            f"prices ({_range(gap.multiple) or 'a point'}; {format_percent(gap.covered, 0)} of "
            f"spend known), so prices stand {side} it"
        )
    return sentence("; ".join(parts))


def _base(gap: FloorGap) -> str:
    return "" if gap.multiple is None else format_multiple(gap.multiple.base)


def _range(found: ScenarioRange | None) -> str:
    if found is None or found.low == found.high:
        return ""
    return f"{format_multiple(found.low)} to {format_multiple(found.high)}"


def _price(item: CompanyFloor) -> str:
    price = (item.use.price or {}).get("blended")
    return "" if price is None else f"{price:,.2f}"


def _cap_row(cap: PriceCap) -> tuple[str, ...]:
    best = cap.best
    if best is None:
        return (cap.use.name, f"unknown: needs {cap.needs}", "", "", "", "", "")
    return (
        cap.use.name,
        f"{best.name}, {best.kind} ({best.seller})",
        format_multiple(best.multiple.base),
        _range(best.multiple),
        percent_cell(best.share.base),
        f"{best.months.base:.0f}",
        best.grade,
    )
