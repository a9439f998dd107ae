"""Runway from cash, by definition of cash and of burn; never from the P&L alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from diligence.inputs.deal import CASH_BALANCE_KINDS, CashItem, CashKind, Deal, FactStatus, Grade
from diligence.units import Period
from diligence.units.periods import smallest_tiling, trailing

if TYPE_CHECKING:
    import pandas as pd

ZERO = Decimal(0)
CONTRADICTION_FACTOR = Decimal("1.5")
"""Two statements of one amount further apart than this cannot both be right (house rule)."""


@dataclass(frozen=True)
class CashDefinition:
    """One way to count cash: what is in it, on which day, and how well it is known."""

    name: str
    amount: Decimal
    balance_date: date
    grade: Grade
    status: FactStatus
    source: str


@dataclass(frozen=True)
class BurnDefinition:
    """One way to count burn a month; positive when cash is used."""

    name: str
    monthly: Decimal
    grade: Grade
    status: FactStatus
    source: str
    contradicts: str = ""
    contradicted_by: Decimal | None = None
    is_loss: bool = False

    @property
    def factor_apart(self) -> Decimal | None:
        """How many times it differs from the statement that it contradicts."""
        if not self.contradicted_by:
            return None
        return _apart(self.monthly, self.contradicted_by)


_T = TypeVar("_T", CashDefinition, BurnDefinition)


@dataclass(frozen=True)
class RunwayTable:
    """Every definition of cash against every definition of burn.

    ``base`` uses the widest used cash and the first used burn; ``low`` to ``high`` spans the used
    definitions. All are None when cash or burn is unknown, and ``needs`` says what is missing.
    """

    cash: tuple[CashDefinition, ...]
    burn: tuple[BurnDefinition, ...]
    minimum_cash: Decimal
    new_money: Decimal
    needs: str
    operating_loss_cover_months: Decimal | None

    @property
    def base_cash(self) -> CashDefinition | None:
        """Cash the projection starts from: the widest definition built from used rows."""
        used = _used(self.cash)
        return max(used, key=lambda definition: definition.amount) if used else None

    @property
    def base_burn(self) -> BurnDefinition | None:
        """Burn the projection is calibrated to: the first used definition of cash, not of loss."""
        return next((burn for burn in _used(self.burn) if not burn.is_loss), None)

    @property
    def base_months(self) -> Decimal | None:
        """Runway on the base definitions, before the round."""
        return self.months(self.base_cash, self.base_burn)

    @property
    def base_months_after_round(self) -> Decimal | None:
        """Runway on the base definitions with the round's primary money."""
        return self.months(self.base_cash, self.base_burn, self.new_money)

    @property
    def span(self) -> tuple[Decimal, Decimal] | None:
        """Shortest and longest runway over the used definitions."""
        months = [
            value
            for cash in _used(self.cash)
            for burn in _used(self.burn)
            if (value := self.months(cash, burn)) is not None
        ]
        return (min(months), max(months)) if months else None

    def months(
        self,
        cash: CashDefinition | None,
        burn: BurnDefinition | None,
        new_money: Decimal = ZERO,
    ) -> Decimal | None:
        """Months of one cash definition under one burn; None when unknown or not burning."""
        if cash is None or burn is None or burn.monthly <= 0:
            return None
        return max(ZERO, cash.amount + new_money - self.minimum_cash) / burn.monthly

    @property
    def status(self) -> str:
        """``finite``, ``not_burning`` or ``unknown``."""
        if self.base_cash is None or self.base_burn is None:
            return "unknown"
        return "finite" if self.base_burn.monthly > 0 else "not_burning"

    def to_frame(self) -> pd.DataFrame:
        """One row a pair of definitions."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "cash": cash.name,
                    "cash_status": cash.status,
                    "burn": burn.name,
                    "burn_status": burn.status,
                    "months": self.months(cash, burn),
                }
                for cash in self.cash
                for burn in self.burn
            ]
        )

    def summary(self) -> str:
        """Base and span in words."""
        if self.base_months is None or self.span is None:
            return f"runway {self.status}; needs {self.needs}" if self.needs else self.status
        low, high = self.span
        return f"runway {self.base_months:.1f} months ({low:.1f} to {high:.1f} by definition)"

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def runway_table(deal: Deal, *, operating_loss_per_month: Decimal | None) -> RunwayTable:
    """Collect the deal's definitions of cash and burn.

    Rows of cash.csv marked ``rejected`` are kept in the table but never used, and so are burns
    that contradict another statement of the same burn by more than half: the memo prints the
    contradiction instead of falling for it.

    Parameters
    ----------
    deal
        The deal; cash.csv rules over the cash block of deal.yaml.
    operating_loss_per_month
        Of the run rate, for the operating-loss cover that is printed when burn is unknown.
    """
    cash = _cash_definitions(deal)
    burn = _burn_definitions(deal.cash)
    balance = max((c.amount for c in _used(cash)), default=None)
    loss = operating_loss_per_month
    cover = balance / loss if balance is not None and loss is not None and loss > 0 else None
    return RunwayTable(
        cash=cash,
        burn=burn,
        minimum_cash=deal.terms.cash.minimum_cash or ZERO,
        new_money=deal.terms.round.primary or ZERO,
        needs=_needs(cash, burn),
        operating_loss_cover_months=cover,
    )


_UNRESTRICTED = (CashKind.CASH, CashKind.LIQUID_INVESTMENTS)


def contradictions(items: Sequence[CashItem]) -> dict[int, CashItem]:
    """Find statements of one monthly burn that cannot both be right: position, and the other.

    Of two that disagree the worse status yields, then the worse evidence grade, then the later
    row; rows that are rejected already take no part.
    """
    burns = [i for i, item in enumerate(items) if item.kind is CashKind.MONTHLY_BURN]
    objections: dict[int, CashItem] = {}
    for later in burns:
        for other in burns:
            if other == later or not _yields(items, later, other):
                continue
            factor = _apart(items[later].amount, items[other].amount)
            if factor > CONTRADICTION_FACTOR:
                objections[later] = items[other]
    return objections


_STATUS_ORDER: tuple[FactStatus, ...] = ("used", "alternative", "rejected")


def _yields(items: Sequence[CashItem], candidate: int, other: int) -> bool:
    """The worse status yields, then the worse grade, then the later row."""
    a, b = items[candidate], items[other]
    if a.period != b.period or "rejected" in (a.status, b.status):
        return False
    rank_a = (_STATUS_ORDER.index(a.status), a.source.grade, candidate)
    rank_b = (_STATUS_ORDER.index(b.status), b.source.grade, other)
    return rank_a > rank_b


def _apart(a: Decimal, b: Decimal) -> Decimal:
    small, large = sorted((abs(a), abs(b)))
    if a * b < 0 or (not small and large):
        return Decimal("Infinity")
    return large / small if small else Decimal(1)


def _cash_definitions(deal: Deal) -> tuple[CashDefinition, ...]:
    balances = [item for item in deal.cash if item.kind in CASH_BALANCE_KINDS]
    own = [i for i in balances if i.kind in _UNRESTRICTED and i.status == "used"]
    totals = [item for item in balances if item.kind is CashKind.REPORTED_TOTAL]
    if not own and not totals:
        return _stated_cash(deal)
    latest = max(item.period.end for item in own or totals)
    current = [item for item in own if item.period.end == latest]
    cash = [item for item in current if item.kind is CashKind.CASH]
    liquid = [item for item in current if item.kind is CashKind.LIQUID_INVESTMENTS]
    built = []
    if cash:
        built.append(_summed("cash", cash))
    if cash and liquid:
        built.append(_summed("cash and liquid investments", [*cash, *liquid]))
    stated = [_single(item) for item in totals if item.period.end == latest]
    return (*built, *stated)


def _stated_cash(deal: Deal) -> tuple[CashDefinition, ...]:
    stated = deal.terms.cash
    if stated.unrestricted is None:
        return ()
    day = stated.balance_date or deal.terms.as_of
    return (CashDefinition("cash", stated.unrestricted, day, "C", "used", "deal.yaml"),)


def _summed(name: str, items: Sequence[CashItem]) -> CashDefinition:
    statuses: list[FactStatus] = [item.status for item in items]
    return CashDefinition(
        name=name,
        amount=sum((item.amount for item in items), ZERO),
        balance_date=items[0].period.end,
        grade=max(item.source.grade for item in items),
        status="used" if all(status == "used" for status in statuses) else "alternative",
        source=items[0].source.citation,
    )


def _single(item: CashItem) -> CashDefinition:
    return CashDefinition(
        item.item, item.amount, item.period.end, item.source.grade, item.status,
        item.source.citation,
    )  # fmt: skip


def _burn_definitions(items: Sequence[CashItem]) -> tuple[BurnDefinition, ...]:
    objections = contradictions(items)
    flows = [
        item
        for item in items
        if item.kind is CashKind.OPERATING_CASH_FLOW and item.status == "used"
    ]
    rows = [_flow_burn(recent, items)] if (recent := _recent(flows)) else []
    for index, item in enumerate(items):
        if item.kind in (CashKind.MONTHLY_BURN, CashKind.ADJUSTED_NET_LOSS):
            rows.append(_stated_burn(item, objections.get(index)))
    return tuple(rows)


def _recent(flows: Sequence[CashItem]) -> list[CashItem]:
    """Flows of the last year where shorter ones tile it, else of the last stated period."""
    if not flows:
        return []
    last = max(flows, key=lambda flow: (flow.period.end, flow.period.days)).period
    year = trailing(last.end, 12) if last.is_whole_months else last
    parts = set(smallest_tiling(year, sorted({flow.period for flow in flows})))
    return [flow for flow in flows if flow.period in (parts or {last})]


def _flow_burn(flows: Sequence[CashItem], items: Sequence[CashItem]) -> BurnDefinition:
    period = Period(min(f.period.start for f in flows), max(f.period.end for f in flows))
    spent = [
        item
        for item in items
        if item.kind is CashKind.CAPITAL_EXPENDITURE and item.status == "used"
    ]
    tiling = set(smallest_tiling(period, sorted({item.period for item in spent})))
    invested = [item.amount for item in spent if item.period in tiling]
    name = "operating cash flow" + (" less capital expenditure" if invested else "")
    total = sum((flow.amount for flow in flows), ZERO) + sum(invested, ZERO)
    return BurnDefinition(
        f"{name}, {period.label}",
        -total / period.months,
        max(flow.source.grade for flow in flows),
        flows[0].status,
        flows[0].source.citation,
    )


def _stated_burn(item: CashItem, other: CashItem | None) -> BurnDefinition:
    months = item.period.months if item.kind is CashKind.ADJUSTED_NET_LOSS else 1
    return BurnDefinition(
        name=item.item,
        monthly=item.amount / months,
        grade=item.source.grade,
        status="rejected" if other else item.status,
        source=item.source.citation,
        contradicts=other.item if other else "",
        contradicted_by=other.amount if other else None,
        is_loss=item.kind is CashKind.ADJUSTED_NET_LOSS,
    )


def _used(definitions: Iterable[_T]) -> list[_T]:
    return [definition for definition in definitions if definition.status == "used"]


def _needs(cash: Sequence[CashDefinition], burn: Sequence[BurnDefinition]) -> str:
    missing = []
    if not _used(cash):
        missing.append("a cash balance")
    if not _used(burn):
        missing.append("cash flow or observed month-end cash")
    return " and ".join(missing) + (" (cash.csv)" if missing else "")
