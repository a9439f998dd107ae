"""What the company's models cost at list, and on whom it depends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from diligence.analysis import DealAnalysis
from diligence.prices import Repricing, RepricingEvent, TokenPrice
from diligence.projections.model_price_history import ModelPriceHistory, PriceStep
from diligence.reporting.blocks import (
    Block,
    Chart,
    Column,
    Exhibit,
    Heading,
    Note,
    Paragraph,
    Table,
)
from diligence.reporting.documents import Section
from diligence.reporting.price_charts import MOST_MODELS, chart_price_steps
from diligence.reporting.theme import FULL_MM
from diligence.reporting.wording import needs, sentence
from diligence.units import format_multiple
from diligence.units.periods import trailing

NOT_LISTED = "not listed"
_EVENT_MONTHS = 12


def prices_section(analysis: DealAnalysis) -> Section:
    """List prices on the price date, their history and dated events."""
    blocks: list[Block] = []
    if analysis.prices:
        blocks += [_price_table(analysis), Note(_vintage(analysis))]
    if analysis.price_history is not None:
        blocks += _history_blocks(analysis.price_history)
    if not analysis.prices and analysis.price_history is None:
        blocks.append(
            Paragraph(
                sentence(
                    "list prices of the models in use are "
                    f"{needs('model names under exposure in deal.yaml')}"
                )
            )
        )
    return Section("Prices of the models in use", tuple(blocks), key="prices")


def _history_blocks(history: ModelPriceHistory) -> list[Block]:
    window = f"{history.start} to {history.end}"
    blocks: list[Block] = [Heading("Price history of the models in use")]
    chart = _step_chart(history)
    if chart is not None:
        blocks.append(Exhibit(chart))
    if history.steps:
        blocks.append(_step_table(history))
    blocks.append(Note(" ".join(sentence(text) for text in _history_notes(history, window))))
    events = [event for event in history.events if event.effective_date >= _recent(history)]
    if events:
        blocks += [Heading("Repricing events of these suppliers"), _event_table(history, events)]
    return blocks


def _step_table(history: ModelPriceHistory) -> Table:
    rows = [
        (
            step.model,
            step.effective_date.isoformat() if step.dated else f"by\u00a0{step.effective_date}",
            step.known_on.isoformat(),
            step.state,
            _step_price(step, step.usd_per_mtok_input),
            _step_price(step, step.usd_per_mtok_output),
            _step_price(step, step.usd_per_mtok_cached_input),
            f"{step.source} ({step.grade})" if step.grade else step.source,
        )
        for step in history.steps
    ]
    columns = (
        Column("Model"),
        Column("Effective"),
        Column("Known on"),
        Column("State"),
        Column("Input, USD per Mtok", "number"),
        Column("Output", "number"),
        Column("Cached input", "number"),
        Column("Source"),
    )
    return Table(columns, tuple(rows), caption="List prices by effective date, base context tier")


def _step_price(step: PriceStep, price: Decimal | None) -> str:
    if step.state == "withdrawn":
        return ""
    return NOT_LISTED if price is None else f"{price:,.3f}"


def _history_notes(history: ModelPriceHistory, window: str) -> list[str]:
    notes = [f"{window}, as known on {history.known_on}; {history.vintage}"]
    if history.repricings:
        notes.insert(0, f"changes of price: {'; '.join(map(_change, history.repricings))}")
    elif history.models:
        notes.insert(0, "no list price of these models changed at an unchanged name")
    announced = [step for step in history.steps if step.state == "announced"]
    if announced:
        names = ", ".join(f"{step.model} from {step.effective_date}" for step in announced)
        notes.append(f"announced and not yet in force, so it may be cancelled: {names}")
    notes += history.cancelled
    if history.unlisted:
        names = ", ".join(history.unlisted)
        notes.append(f"no list price: {names} (in-house or unknown; never counted as 0)")
    return notes


def _change(change: Repricing) -> str:
    moved = f" (the name moved to {change.target})" if change.kind == "alias_move" else ""
    state = ", announced" if change.state == "announced" else ""
    size = format_multiple(change.multiple)
    return f"{change.model}{moved} {size} on {change.effective_date}{state}"


def _step_chart(history: ModelPriceHistory) -> Chart | None:
    """Steps of the models whose price moved, the largest moves first; None when none did."""
    import pandas as pd

    shown = [name for name in history.moved if _priced_steps(history, name)][:MOST_MODELS]
    rows = [row for name in shown for row in _chart_rows(history, name)]
    if not rows:
        return None
    return chart_price_steps(
        pd.DataFrame(rows, columns=["date", "price", "model", "announced"]),
        title=f"{len(history.moved)} of {len(history.models)} models in use changed price",
        source=f"{history.vintage}; dashed: announced",
        width_mm=FULL_MM,
    )


def _priced_steps(history: ModelPriceHistory, name: tuple[str, str]) -> list[PriceStep]:
    return [step for step in history.of(*name) if step.blended is not None]


def _chart_rows(
    history: ModelPriceHistory, name: tuple[str, str]
) -> Iterator[tuple[date, float, str, bool]]:
    steps = _priced_steps(history, name)
    last = max([history.end, *(step.effective_date for step in steps)])
    ends = [step.effective_date for step in steps[1:]] + [last]
    for step, end in zip(steps, ends, strict=True):
        begin = max(step.effective_date, history.start)
        for day in dict.fromkeys((begin, end)):
            yield day, float(step.blended or 0), name[1], step.state == "announced"


def _recent(history: ModelPriceHistory) -> date:
    """A year before the window's end: older events are in the price steps."""
    return trailing(history.end, _EVENT_MONTHS).start


def _event_table(history: ModelPriceHistory, events: Sequence[RepricingEvent]) -> Table:
    rows = [
        (
            event.effective_date.isoformat(),
            event.known_on.isoformat(),
            event.label,
            "announced" if event.effective_date > history.known_on else event.state,
            "depends on use" if event.multiple is None else format_multiple(event.multiple),
            event.what,
            f"{event.source} ({event.grade})",
        )
        for event in events
    ]
    columns = (
        Column("Effective"),
        Column("Known on"),
        Column("Event"),
        Column("State"),
        Column("Price after / before"),
        Column("What moved the bill"),
        Column("Source"),
    )
    return Table(columns, tuple(rows), caption="Dated events of the last year, up and down")


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
