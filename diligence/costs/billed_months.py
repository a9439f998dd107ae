"""Bills as money by supplier and month in reporting currency, siblings paired."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from diligence.assumptions import ExchangeRates
from diligence.costs.siblings import pair_siblings
from diligence.costs.suppliers import supplier_of
from diligence.inputs.bills.bill import MONEY_COLUMNS, Bill, BillLine
from diligence.inputs.deal import Deal
from diligence.units import Period
from diligence.units.periods import month_of

ZERO = Decimal(0)
_QUIET_DAYS = timedelta(days=3)
"""Days without a charge at the end of a month that say nothing: a weekend, a holiday."""
_CONVERTED_PLACES = Decimal("1e-12")
_Reach = tuple[date, date]
_NO_MONEY = dict.fromkeys(MONEY_COLUMNS, ZERO)


@dataclass(frozen=True)
class BilledLine:
    """A distinct line of one bill in one month, money in reporting currency.

    ``line.day`` is the first day of the month; ``file`` and ``system`` are the bill's.
    """

    file: str
    system: str
    supplier: str
    month: Period
    line: BillLine


def billed_lines(deal: Deal) -> tuple[BilledLine, ...]:
    """Lines of all bills of a deal, siblings paired by project and day and then added up by month.

    Raises
    ------
    UnitError
        When a bill is in a currency without a dated rate.
    """
    rates = ExchangeRates.load()
    currency = deal.terms.reporting_currency
    return tuple(
        BilledLine(
            file=bill.name,
            system=bill.system,
            supplier=supplier_of(line.supplier or bill.name),
            month=month_of(line.day),
            line=_converted(line, rates, currency),
        )
        for bill in deal.bills
        for line in _by_month(pair_siblings(bill.iter_lines(), system=bill.system))
    )


@dataclass(frozen=True)
class HeldMonths:
    """Months of one supplier with lines of a bill.

    ``cut`` are those whose first or last days no file reaches: the bill may go on.
    """

    months: frozenset[Period]
    cut: frozenset[Period]


def held_months(bills: Iterable[Bill]) -> dict[str, HeldMonths]:
    """Months by supplier in which its bills have lines, and which of them may be incomplete."""
    reach: dict[str, dict[Period, list[_Reach]]] = defaultdict(lambda: defaultdict(list))
    for bill in bills:
        for supplier, month in _supplier_months(bill):
            reach[supplier][month].append(_reach(bill, month))
    return {
        supplier: HeldMonths(
            frozenset(months),
            frozenset(month for month, found in months.items() if _is_cut(month, found)),
        )
        for supplier, months in reach.items()
    }


def _supplier_months(bill: Bill) -> set[tuple[str, Period]]:
    known = bill.lines.select(["supplier", "day"]).group_by(["supplier", "day"]).aggregate([])
    return {
        (supplier_of(row["supplier"] or bill.name), month_of(row["day"]))
        for row in known.to_pylist()
    }


def _reach(bill: Bill, month: Period) -> _Reach:
    """First and last day of a month inside a bill; a bill of one day a month states months."""
    if bill.first_day.day == bill.last_day.day:
        return month.start, month.end
    return max(bill.first_day, month.start), min(bill.last_day, month.end)


def _is_cut(month: Period, reach: Iterable[_Reach]) -> bool:
    known = tuple(reach)
    missing_before = min(first for first, _ in known) - month.start
    missing_after = month.end - max(last for _, last in known)
    return max(missing_before, missing_after) > _QUIET_DAYS


def _by_month(lines: Iterable[BillLine]) -> tuple[BillLine, ...]:
    totals: dict[BillLine, BillLine] = {}
    for line in lines:
        monthly = replace(line, day=line.day.replace(day=1))
        key = replace(monthly, n_rows=0, first_row=0).with_money(_NO_MONEY, None)
        totals[key] = _added(totals[key], monthly) if key in totals else monthly
    return tuple(totals.values())


def _added(total: BillLine, line: BillLine) -> BillLine:
    sums = {name: amount + getattr(line, name) for name, amount in total.money.items()}
    missing = total.quantity is None or line.quantity is None
    quantity = None if missing else (total.quantity or ZERO) + (line.quantity or ZERO)
    return replace(
        total,
        n_rows=total.n_rows + line.n_rows,
        first_row=min(total.first_row, line.first_row),
    ).with_money(sums, quantity)


def _converted(line: BillLine, rates: ExchangeRates, currency: str) -> BillLine:
    if line.currency == currency:
        return line
    month = month_of(line.day)
    sums = {
        name: rates.convert_flow(amount, line.currency, currency, month)[0].quantize(
            _CONVERTED_PLACES
        )
        for name, amount in line.money.items()
    }
    return replace(line, currency=currency).with_money(sums, line.quantity)
