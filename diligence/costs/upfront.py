"""Up-front fees that the bill itself does not spread: Capacity Blocks and prepaid terms.

Some bills carry the fee as one row in the month it is invoiced and nothing in the months it is
used. Where a contract states the term, the fee is cash in that month and cost by days of the term.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from diligence.costs.billed_months import BilledLine
from diligence.costs.prepayments import recognise
from diligence.costs.suppliers import supplier_of
from diligence.inputs.deal import Contract
from diligence.units import Period
from diligence.units.periods import month_of

ZERO = Decimal(0)
SAME_AMOUNT = Decimal("0.01")
"""A fee and the contract's prepaid amount may differ by this share: tax, rounding, rates."""
_NEAR_DAYS = 62
"""The invoice comes within two months of the first day of the term."""


def spread_upfront(
    lines: Iterable[BilledLine], contracts: Sequence[Contract]
) -> tuple[BilledLine, ...]:
    """Spread purchases whose cost stands in one month over the term of their contract, by days.

    What was billed stays in its month; what was used moves, and adds up to the same. A refund of
    the same supplier follows the same term. Purchases without a contract that states its term, or
    that the bill spreads itself (their effective cost is 0), come back as they were.
    """
    return tuple(part for line in lines for part in _spread(line, contracts))


def _spread(item: BilledLine, contracts: Sequence[Contract]) -> tuple[BilledLine, ...]:
    line = item.line
    term = _term(item, contracts)
    if line.kind != "purchase" or not line.effective or term is None:
        return (item,)
    first, last = term
    months = Period(month_of(first).start, month_of(last).end).split_months()
    paid = replace(item, line=line.with_money(line.money | {"effective": ZERO}, line.quantity))
    return (paid, *(_used(item, month, first, last) for month in months))


def _used(item: BilledLine, month: Period, first: date, last: date) -> BilledLine:
    part = recognise(item.line.effective, start=first, end=last, period=month)
    money = dict.fromkeys(item.line.money, ZERO) | {"effective": part}
    used = replace(item.line, day=month.start).with_money(money, None)
    return replace(item, month=month, line=used)


def _term(item: BilledLine, contracts: Sequence[Contract]) -> tuple[date, date] | None:
    """Term of the one contract of the supplier that this fee pays for."""
    found = [
        (contract.term_start, contract.term_end)
        for contract in contracts
        if contract.prepaid
        and contract.term_start
        and contract.term_end
        and supplier_of(contract.supplier) == item.supplier
        and abs(contract.prepaid - abs(item.line.billed)) <= contract.prepaid * SAME_AMOUNT
        and abs((contract.term_start - item.line.day).days) <= _NEAR_DAYS
    ]
    return found[0] if len(found) == 1 else None
