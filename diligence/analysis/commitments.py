"""What contracts still demand, when prepaid money and credits end, and what lies idle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from diligence.assumptions import AssumptionRegister
from diligence.costs import CommitmentSchedule, CreditBalance, CreditCliff, SplitLine
from diligence.costs.allocated import IDLE
from diligence.costs.buckets import hides_cost
from diligence.costs.commitments import commitments_above_cash, future_minimums
from diligence.costs.credits import credit_cliff
from diligence.costs.suppliers import supplier_of
from diligence.inputs.deal import Contract, Deal
from diligence.units import Period
from diligence.units.periods import trailing

ZERO = Decimal(0)
RECENT_MONTHS = 3


@dataclass(frozen=True)
class PrepaidBalance:
    """Money paid ahead and not used yet; what is left on ``expires`` becomes a cost then."""

    supplier: str
    balance: Decimal
    expires: date | None
    purpose: str


@dataclass(frozen=True)
class EndingCredits:
    """Credits of one supplier with the day they end; ``needs`` says why there is none."""

    supplier: str
    balance: Decimal
    monthly_use: Decimal | None
    cliff: CreditCliff | None
    needs: str = ""


@dataclass(frozen=True)
class Commitments:
    """Minimums by supplier and month from the day after as-of, prepaid balances and credits.

    ``above_cash`` is the flag when minimums exceed unrestricted cash, else empty.
    """

    schedules: tuple[CommitmentSchedule, ...]
    prepaid: tuple[PrepaidBalance, ...]
    credits: tuple[EndingCredits, ...]
    idle: Decimal
    above_cash: str = ""

    @property
    def total(self) -> Decimal:
        """All minimums still due: an off-balance commitment."""
        return sum((schedule.total for schedule in self.schedules), ZERO)

    def summary(self) -> str:
        """Minimums, balances and cliffs, one line each."""
        lines = [schedule.summary() for schedule in self.schedules]
        lines += [f"{entry.supplier}: prepaid {entry.balance:,.2f}" for entry in self.prepaid]
        lines += [f"{e.supplier}: {e.cliff.summary()}" for e in self.credits if e.cliff]
        return "\n".join(lines) or "no commitment is known"


def commitments(
    deal: Deal,
    register: AssumptionRegister,
    *,
    lines: Sequence[SplitLine],
    headline: Sequence[SplitLine],
    unrestricted_cash: Decimal | None,
) -> Commitments:
    """Read the contracts forward from as-of.

    A minimum in total is reduced by what the supplier's lines show inside the term. Credits are
    used at the pace of the last three months of credit rows, growing as revenue is stated to.
    """
    as_of = deal.terms.as_of
    schedules = [_schedule(contract, as_of, lines) for contract in deal.contracts]
    due = tuple(schedule for schedule in schedules if schedule is not None and schedule.months)
    return Commitments(
        schedules=due,
        prepaid=tuple(_prepaid(deal.contracts, as_of)),
        credits=tuple(
            _ending(contract, as_of, register, lines)
            for contract in deal.contracts
            if contract.credit_balance
        ),
        idle=sum((abs(line.line.amount) for line in headline if line.item.subclass == IDLE), ZERO),
        above_cash=""
        if unrestricted_cash is None
        else commitments_above_cash(due, unrestricted_cash=unrestricted_cash),
    )


def _schedule(
    contract: Contract, as_of: date, lines: Iterable[SplitLine]
) -> CommitmentSchedule | None:
    if not contract.minimum_per_month and not contract.minimum_total:
        return None
    notice = timedelta(days=contract.notice_days or 0)
    return future_minimums(
        contract.supplier,
        as_of=as_of,
        term_end=contract.term_end or as_of + notice,
        term_start=contract.term_start,
        minimum_per_month=contract.minimum_per_month or ZERO,
        minimum_total=contract.minimum_total or ZERO,
        consumed=_consumed(contract, as_of, lines),
    )


def _consumed(contract: Contract, as_of: date, lines: Iterable[SplitLine]) -> Decimal:
    """What the supplier's lines show from the start of the term to as-of."""
    if not contract.minimum_total or contract.term_start is None or contract.term_start > as_of:
        return ZERO
    term, supplier = Period(contract.term_start, as_of), supplier_of(contract.supplier)
    inside = (
        line.line.amount
        for line in lines
        if term.contains(line.line.period) and supplier_of(line.line.vendor) == supplier
    )
    return max(ZERO, sum(inside, ZERO))


def _prepaid(contracts: Iterable[Contract], as_of: date) -> Iterable[PrepaidBalance]:
    for contract in contracts:
        expires = contract.expires or contract.term_end
        if contract.prepaid_balance and (expires is None or expires > as_of):
            yield PrepaidBalance(
                contract.supplier, contract.prepaid_balance, expires, contract.purpose
            )


def _ending(
    contract: Contract, as_of: date, register: AssumptionRegister, lines: Iterable[SplitLine]
) -> EndingCredits:
    balance = contract.credit_balance or ZERO
    monthly = _monthly_use(contract, as_of, register, lines)
    if not monthly:
        needs = "credit rows in the supplier's bills, or credits_booked_net"
        return EndingCredits(contract.supplier, balance, None, None, needs)
    growth = register.get("monthly_revenue_growth").value
    cliff = credit_cliff(
        CreditBalance(
            float(balance), float(monthly), float(growth) if isinstance(growth, Decimal) else 0.0
        ),
        as_of=as_of,
        expires=contract.expires or contract.term_end,
    )
    return EndingCredits(contract.supplier, balance, monthly, cliff)


def _monthly_use(
    contract: Contract, as_of: date, register: AssumptionRegister, lines: Iterable[SplitLine]
) -> Decimal:
    supplier = supplier_of(contract.supplier)
    rows = [line for line in lines if hides_cost(line) and line.line.vendor == supplier]
    ends = sorted({line.line.period.end for line in rows if line.line.period.end <= as_of})
    if ends:
        window = trailing(ends[-1], RECENT_MONTHS)
        used = [-line.line.amount for line in rows if window.contains(line.line.period)]
        return max(ZERO, sum(used, ZERO) / RECENT_MONTHS)
    stated = register.get("credits_booked_net").value
    return stated / 12 if isinstance(stated, Decimal) else ZERO
