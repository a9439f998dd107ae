"""Bills against books, supplier by supplier, after the lag with which invoices are booked.

A bill and the ledger meet on trailing twelve months: the invoice of a month may be booked one or
two months later, and a company books either what was invoiced or what was consumed. The lag and
the measure that leave the smallest gaps are taken and said; what the lag moves in or out of the
twelve months is timing, shown apart from the gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from statistics import median
from typing import TYPE_CHECKING, Literal

from diligence.costs.billed_months import BilledLine
from diligence.inputs.deal import LedgerLine
from diligence.units import Period
from diligence.units.periods import trailing

if TYPE_CHECKING:
    import pandas as pd

Measure = Literal["billed", "effective"]
MEASURES: tuple[Measure, ...] = ("billed", "effective")
LONGEST_LAG_MONTHS = 2
ZERO = Decimal(0)


@dataclass(frozen=True)
class BookedPeriod:
    """One period of the books against the bill months it pays for; reporting currency."""

    period: Period
    booked: Decimal
    billed: Decimal

    @property
    def gap(self) -> Decimal:
        """Booked less billed."""
        return self.booked - self.billed


@dataclass(frozen=True)
class SupplierCheck:
    """One supplier's bills against the books and against keyed invoices.

    ``periods`` are all booked periods with complete bills after the lag; the totals cover those in
    the window: trailing twelve months, or the last twelve that can be compared when none of them
    can. ``timing`` is what the bills of the window say more than the bills the window's bookings
    pay for: bills of the window = billed + timing. ``invoiced`` is the sum of keyed invoices of
    the window's bill months, ``invoice_lines`` the bills of the same months. ``tax_booked`` is
    False where the books leave out the tax rows of the bills (recoverable value-added tax).
    """

    supplier: str
    measure: Measure
    lag_months: int
    window: Period
    periods: tuple[BookedPeriod, ...]
    timing: Decimal
    invoiced: Decimal | None = None
    invoice_lines: Decimal | None = None
    limit_share: Decimal = Decimal("0.02")
    limit_amount: Decimal = ZERO
    tax_booked: bool = True

    @property
    def in_window(self) -> tuple[BookedPeriod, ...]:
        """Compared periods inside the window; a period that stands beside its parts is left out."""
        inside = [entry for entry in self.periods if self.window.contains(entry.period)]
        return tuple(entry for entry in inside if not _has_parts(entry, inside))

    @property
    def booked(self) -> Decimal:
        """Booked in the window, where bills are complete."""
        return sum((entry.booked for entry in self.in_window), ZERO)

    @property
    def billed(self) -> Decimal:
        """Billed for what was booked in the window."""
        return sum((entry.billed for entry in self.in_window), ZERO)

    @property
    def gap(self) -> Decimal:
        """Booked less billed over the window, timing taken out by the lag."""
        return self.booked - self.billed

    @property
    def gap_share(self) -> Decimal | None:
        """Gap as a share of what was booked; None when nothing was."""
        return self.gap / self.booked if self.booked else None

    @property
    def invoice_gap(self) -> Decimal | None:
        """Lines of the bill less the invoice totals keyed for the same months."""
        if self.invoiced is None or self.invoice_lines is None:
            return None
        return self.invoice_lines - self.invoiced

    @property
    def limit(self) -> Decimal:
        """Gap above which the memo speaks: the larger of a share and a stated amount."""
        return max(abs(self.booked) * self.limit_share, self.limit_amount)

    @property
    def is_material(self) -> bool:
        """True when a gap to the ledger or to the invoices is above the limit."""
        return max(abs(self.gap), abs(self.invoice_gap or ZERO)) > self.limit

    def to_frame(self) -> pd.DataFrame:
        """One row a booked period."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "supplier": self.supplier,
                    "period": entry.period.label,
                    "booked": entry.booked,
                    "billed": entry.billed,
                    "gap": entry.gap,
                }
                for entry in self.periods
            ]
        )

    def summary(self) -> str:
        """One sentence: lag, measure and gap."""
        lag = f"{self.lag_months} months later" if self.lag_months else "in the same month"
        tax = "" if self.tax_booked else ", without tax"
        return (
            f"{self.supplier}: booked {lag} as {self.measure}{tax}; ledger {self.booked:,.2f}, "
            f"bills {self.billed:,.2f}, gap {self.gap:,.2f}, timing {self.timing:,.2f}"
        )


def check_supplier(
    supplier: str,
    *,
    booked: Iterable[LedgerLine],
    billed: Iterable[BilledLine],
    held: frozenset[Period],
    window: Period,
    invoices: Mapping[Period, Decimal] | None = None,
    cut: frozenset[Period] = frozenset(),
    limit_share: Decimal = Decimal("0.02"),
    limit_amount: Decimal = ZERO,
) -> SupplierCheck | None:
    """Compare one supplier's bills with its ledger lines at the best lag and measure.

    Parameters
    ----------
    booked, billed
        The supplier's ledger lines and bill lines.
    held
        Months with bills.
    window
        Trailing twelve months.
    invoices
        Invoice totals by month or longer period, where they were keyed.
    cut
        Months whose bill may go on after its last day or before its first: where the books show
        more than such a bill, beyond the limit, the period counts as one without bills.

    Returns
    -------
    SupplierCheck or None
        None when no booked period has complete bills at any lag.
    """
    ledger = _by_period(booked)
    lines = tuple(billed)
    net = tuple(billed for billed in lines if billed.line.kind != "tax")
    options = [
        (taxed, measure, lag, _whole(found, cut, lag, limit_share))
        for taxed in ((True, False) if len(net) < len(lines) else (True,))
        for measure in MEASURES
        for lag in range(LONGEST_LAG_MONTHS + 1)
        for found in [_compared(ledger, _by_month(lines if taxed else net, measure), held, lag)]
    ]
    usable = [option for option in options if option[3]]
    if not usable:
        return None
    taxed, measure, lag, periods = min(usable, key=lambda option: _misfit(option[3]))
    known = _window(window, periods)
    keyed = {
        period: total
        for period, total in (invoices or {}).items()
        if known.contains(period) and held.issuperset(period.split_months())
    }
    bills = _by_month(lines, "billed")
    check = SupplierCheck(
        supplier=supplier,
        measure=measure,
        lag_months=lag,
        window=known,
        periods=periods,
        timing=ZERO,
        invoiced=sum(keyed.values(), ZERO) if keyed else None,
        invoice_lines=sum((_within(bills, p) for p in keyed), ZERO) if keyed else None,
        limit_share=limit_share,
        limit_amount=limit_amount,
        tax_booked=taxed,
    )
    counted = _by_month(lines if taxed else net, measure)
    return replace(check, timing=_within(counted, known) - check.billed)


def billed_months(period: Period, lag: int) -> tuple[Period, ...]:
    """Months whose bills a booked period pays for."""
    return tuple(month.shifted(-lag) for month in period.split_months())


def _by_period(lines: Iterable[LedgerLine]) -> dict[Period, Decimal]:
    totals: dict[Period, Decimal] = {}
    for line in lines:
        if line.period.is_whole_months:
            totals[line.period] = totals.get(line.period, ZERO) + line.amount
    return totals


def _by_month(lines: Iterable[BilledLine], measure: Measure) -> dict[Period, Decimal]:
    totals: dict[Period, Decimal] = {}
    for billed in lines:
        amount = getattr(billed.line, measure)
        totals[billed.month] = totals.get(billed.month, ZERO) + amount
    return totals


def _compared(
    ledger: Mapping[Period, Decimal],
    bills: Mapping[Period, Decimal],
    held: frozenset[Period],
    lag: int,
) -> tuple[BookedPeriod, ...]:
    return tuple(
        BookedPeriod(period, amount, sum((bills.get(month, ZERO) for month in months), ZERO))
        for period, amount in sorted(ledger.items())
        for months in [billed_months(period, lag)]
        if all(month in held for month in months)
    )


def _whole(
    periods: tuple[BookedPeriod, ...], cut: frozenset[Period], lag: int, limit: Decimal
) -> tuple[BookedPeriod, ...]:
    """Leave out periods whose bill ends early and explains clearly less than was booked."""
    return tuple(
        entry
        for entry in periods
        if entry.gap <= limit * abs(entry.booked)
        or cut.isdisjoint(billed_months(entry.period, lag))
    )


def _window(wanted: Period, periods: Iterable[BookedPeriod]) -> Period:
    known = [entry.period for entry in periods]
    if any(wanted.contains(period) for period in known):
        return wanted
    return trailing(max(period.end for period in known), 12)


def _has_parts(entry: BookedPeriod, others: Iterable[BookedPeriod]) -> bool:
    return any(
        entry.period != other.period and entry.period.contains(other.period) for other in others
    )


def _within(bills: Mapping[Period, Decimal], period: Period) -> Decimal:
    return sum((bills.get(month, ZERO) for month in period.split_months()), ZERO)


def _misfit(periods: Iterable[BookedPeriod]) -> Decimal:
    """Gaps, and how far they move about their median, as a share of what was booked.

    The same gap every month is cost that no bill shows; gaps that come and go are a wrong lag.
    """
    known = tuple(periods)
    booked = sum((abs(entry.booked) for entry in known), ZERO)
    middle = median(entry.gap for entry in known) if len(known) > 2 else ZERO
    gaps = sum((abs(entry.gap) + abs(entry.gap - middle) for entry in known), ZERO)
    return gaps / booked if booked else gaps
