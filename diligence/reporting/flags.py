"""Things that should stop a reader, ranked by the money at stake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from diligence.analysis import DealAnalysis
from diligence.costs import SplitLine, account_totals
from diligence.costs.allocated import IDLE
from diligence.reporting.sections.cash import objection_text
from diligence.reporting.sections.coverage import gap_sentence
from diligence.reporting.wording import MoneyStyle, money_style, sentence
from diligence.units import format_months, format_percent

ZERO = Decimal(0)
YEAR = 12


@dataclass(frozen=True)
class Flag:
    """One thing to stop at, and the money that ranks it."""

    text: str
    money: Decimal


def flags(analysis: DealAnalysis) -> tuple[str, ...]:
    """Every flag as a sentence, most money first."""
    style = money_style(analysis)
    found = [
        *_booking_flags(analysis, style),
        *_loss_flags(analysis, style),
        *_cash_flags(analysis, style),
        *_commitment_flags(analysis, style),
        *_evidence_flags(analysis, style),
    ]
    ranked = sorted(found, key=lambda flag: (-flag.money, flag.text))
    texts = tuple(sentence(flag.text) for flag in ranked)
    return texts or ("No flag is raised by the figures at hand.",)


def _booking_flags(analysis: DealAnalysis, style: MoneyStyle) -> Iterator[Flag]:
    basis = analysis.ladder.company.basis
    free = basis.free_in_cogs + basis.free_elsewhere
    if basis.paid_elsewhere:
        text = f"{style.text(basis.paid_elsewhere)} of serving is booked outside cost of revenue"
        yield Flag(text, basis.paid_elsewhere)
    if free:
        yield Flag(f"{style.text(free)} serves users who do not pay", free)
    hidden = basis.credits_high - basis.credits_in_cogs - basis.credits_elsewhere
    if hidden:
        yield Flag(f"credits hide {style.text(hidden)} of cost at list price", hidden)
    idle = sum((abs(line.line.amount) for line in analysis.split.lines if _is_idle(line)), ZERO)
    if idle:
        yield Flag(f"{style.text(idle)} pays for reserved capacity nobody used", idle)


def _is_idle(line: SplitLine) -> bool:
    return line.item.subclass == IDLE


def _loss_flags(analysis: DealAnalysis, style: MoneyStyle) -> Iterator[Flag]:
    ladder, period = analysis.ladder, analysis.period.label
    operating, loaded = ladder.rung("operating"), ladder.rung("fully_loaded")
    if operating.cost_base is not None and operating.cost_base > operating.revenue:
        loss = operating.cost_base - operating.revenue
        yield Flag(f"operating loss of {style.text(loss)} in {period}", loss)
    after = ladder.rung("after_training")
    if after.cost_base is not None and loaded.cost_base is not None:
        training, profit = after.cost_base - loaded.cost_base, loaded.revenue - loaded.cost_base
        if training > max(profit, ZERO):
            text = (
                f"training of {style.text(training)} in {period} exceeds the fully loaded gross "
                f"profit of {style.text(profit)}"
            )
            yield Flag(text, training - profit)
    for scope in ladder.segments:
        paid = scope.rung("paid")
        if not scope.segment.startswith("(") and paid.base is not None and paid.base < 0:
            loss = (paid.cost_base or ZERO) - paid.revenue
            text = (
                f"{scope.segment} serves at a loss: paid gross margin {format_percent(paid.base)}"
            )
            yield Flag(text, loss)


def _cash_flags(analysis: DealAnalysis, style: MoneyStyle) -> Iterator[Flag]:
    runway = analysis.runway
    months, burn = runway.base_months, runway.base_burn
    if months is not None and burn is not None and months < YEAR:
        short = (YEAR - months) * burn.monthly
        text = f"cash lasts {format_months(months)}; a year needs {style.text(short)} more"
        yield Flag(text, short)
    for statement in runway.burn:
        if statement.contradicted_by is not None:
            gap = abs(statement.monthly - statement.contradicted_by)
            yield Flag(objection_text(statement, style), gap)


def _commitment_flags(analysis: DealAnalysis, style: MoneyStyle) -> Iterator[Flag]:
    found = analysis.commitments
    if found.above_cash:
        text = f"minimum commitments of {style.text(found.total)} exceed unrestricted cash"
        yield Flag(text, found.total)
    for ending in found.credits:
        if ending.cliff is not None and ending.cliff.last_day is not None and ending.monthly_use:
            text = (
                f"credits of {ending.supplier} end on {ending.cliff.last_day.isoformat()}; from "
                f"then on {style.text(ending.monthly_use)} a month is paid in cash"
            )
            yield Flag(text, ending.monthly_use * YEAR)


def _evidence_flags(analysis: DealAnalysis, style: MoneyStyle) -> Iterator[Flag]:
    split = analysis.split
    if split.unresolved:
        largest = account_totals(split.unresolved_lines)[0]
        text = (
            f"{style.text(split.unresolved)} ({format_percent(analysis.unresolved_share, 0)} of "
            f"cost) is unresolved, {largest.name} first"
        )
        yield Flag(text, split.unresolved)
    for supplier in analysis.books.material_gaps:
        yield Flag(gap_sentence(analysis, supplier).rstrip("."), abs(supplier.gap))
    for check in analysis.checks:
        if check.verdict in ("difference", "material"):
            gap = abs(check.difference)
            text = (
                f"{check.name} differs from the stated figure by {style.text(gap)} "
                f"({check.verdict})"
            )
            yield Flag(text, gap)
    if analysis.deal.set_aside:
        money = sum((entry.amount or ZERO for entry in analysis.deal.set_aside), ZERO)
        text = f"DRAFT: {len(analysis.deal.set_aside)} rows with {style.text(money)} were not read"
        yield Flag(text, money)
