"""Contracts read forward: minimums by month, prepaid balances, the day credits end."""

from __future__ import annotations

from diligence.analysis import DealAnalysis
from diligence.analysis.commitments import EndingCredits
from diligence.inputs.deal import Contract
from diligence.reporting.blocks import Block, Chart, Column, Exhibit, Paragraph, Table
from diligence.reporting.charts import chart_cost_split
from diligence.reporting.theme import FULL_MM
from diligence.reporting.wording import money_style, needs, percent_cell, sentence
from diligence.units import Period
from diligence.units.money import SCALES

_FEWEST_MONTHS = 3
_MOST_MONTHS = 18


def commitment_blocks(analysis: DealAnalysis) -> list[Block]:
    """Terms of the contracts, what is still due, and when credits end."""
    if not analysis.deal.contracts:
        missing = needs("contracts.yaml (minimums, prepaid balances, credits and their expiry)")
        return [Paragraph(sentence(missing))]
    blocks: list[Block] = [Paragraph(_opening(analysis)), _contract_table(analysis)]
    chart = _chart(analysis)
    if chart is not None:
        blocks.append(Exhibit(chart))
    for ending in analysis.commitments.credits:
        blocks.append(Paragraph(_credit_sentence(analysis, ending)))
    for entry in analysis.commitments.prepaid:
        until = entry.expires.isoformat() if entry.expires else "a day that is not stated"
        text = (
            f"{entry.supplier}: {money_style(analysis).text(entry.balance)} is paid ahead; what is "
            f"not used by {until} becomes a cost then"
        )
        blocks.append(Paragraph(sentence(text)))
    return blocks


def _opening(analysis: DealAnalysis) -> str:
    style, found = money_style(analysis), analysis.commitments
    if not found.schedules:
        return sentence("no contract states a minimum that is still due")
    last = max(schedule.months[-1][0].end for schedule in found.schedules)
    text = f"minimums of {style.text(found.total)} are due until {last.isoformat()}"
    if found.above_cash:
        text += ", more than the unrestricted cash"
    if found.idle:
        text += f"; {style.text(found.idle)} of {analysis.period.label} paid for idle capacity"
    return sentence(text)


def _contract_table(analysis: DealAnalysis) -> Table:
    style = money_style(analysis)
    rows = [
        (
            contract.supplier,
            contract.input.replace("_", " "),
            (contract.kind_stated or contract.kind).replace("_", " "),
            _term(contract),
            style.cell(contract.minimum_per_month),
            style.cell(contract.minimum_total),
            style.cell(contract.prepaid_balance),
            style.cell(contract.credit_balance),
            contract.price_lock_until.isoformat() if contract.price_lock_until else "none stated",
            "" if contract.notice_days is None else str(contract.notice_days),
            percent_cell(contract.discount),
            contract.source.citation,
        )
        for contract in analysis.deal.contracts
    ]
    columns = (
        Column("Supplier"),
        Column("Input"),
        Column("Kind"),
        Column("Term"),
        Column("Minimum a month", "number"),
        Column("Minimum in all", "number"),
        Column("Prepaid left", "number"),
        Column("Credits left", "number"),
        Column("Price locked until"),
        Column("Notice, days", "number"),
        Column("Discount, %", "number"),
        Column("Source"),
    )
    return Table(columns, tuple(rows), caption=f"Supplier terms, money in {style.unit}")


def _term(contract: Contract) -> str:
    ends = (contract.term_start, contract.term_end)
    if not any(ends):
        return ""
    return " to ".join(day.isoformat() if day else "open" for day in ends)


def _credit_sentence(analysis: DealAnalysis, ending: EndingCredits) -> str:
    style = money_style(analysis)
    balance = f"{ending.supplier}: credits of {style.text(ending.balance)}"
    if ending.cliff is None or ending.monthly_use is None:
        return sentence(f"{balance}; the day they end is {needs(ending.needs)}")
    return sentence(
        f"{balance}, used at {style.text(ending.monthly_use)} a month; {ending.cliff.summary()}"
    )


def _chart(analysis: DealAnalysis) -> Chart | None:
    import pandas as pd

    style = money_style(analysis)
    due = [
        (month, schedule.supplier, float(amount / SCALES[style.scale]))
        for schedule in analysis.commitments.schedules
        for month, amount in schedule.months[: analysis.horizon_months]
    ]
    months = len({month for month, _, _ in due})
    if months < _FEWEST_MONTHS:
        return None
    label = _quarter if months > _MOST_MONTHS else _month
    rows = [(label(month), supplier, amount) for month, supplier, amount in due]
    frame = pd.DataFrame(rows, columns=["period", "cost_class", "amount"])
    frame = frame.groupby(["period", "cost_class"], sort=False, as_index=False).sum()
    frame = frame.sort_values("period", kind="stable")
    by = "by quarter" if months > _MOST_MONTHS else "by month"
    return chart_cost_split(
        frame,
        title=f"Minimums of {style.text(analysis.commitments.total)} are still due, {by}",
        unit=style.unit,
        source=f"{analysis.company}, contracts.yaml",
        width_mm=FULL_MM,
    )


def _month(month: Period) -> str:
    return month.label


def _quarter(month: Period) -> str:
    return f"{month.start.year}Q{(month.start.month + 2) // 3}"
