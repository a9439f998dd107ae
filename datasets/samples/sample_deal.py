"""What a sample deal is made of: charges on bills, and the accounts that book them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from growth import Shape, monthly_cents, monthly_dollars
from months import BOOKED, LABELS, MONTHS, month_name

Truth = Mapping[str, float]
BUCKETS = ("training", "paid", "promo", "free", "recurring_finetune", "neither")
TRAINING: Truth = {"training": 1}
PAID: Truth = {"paid": 1}
PROMO: Truth = {"promo": 1}
FREE: Truth = {"free": 1}
RECURRING: Truth = {"recurring_finetune": 1}
NEITHER: Truth = {"neither": 1}
COGS, RESEARCH, OTHER = "cost_of_revenue", "research_and_development", "other_operating"
SELLING, ADMIN, BALANCE = "sales_and_marketing", "general_and_administrative", "balance_sheet"


@dataclass(frozen=True)
class Charge:
    """One line of a bill, month after month, and who it really served.

    ``words`` are what the bill prints; ``kind`` is usage, purchase, credit, discount, refund,
    tax or memo. A purchase is billed and consumed later; what draws on it is ``prepaid`` and not
    billed; a memo row carries no money. ``series`` replaces the shape by cents a month.
    """

    name: str
    words: Mapping[str, str]
    shape: Shape
    truth: Truth
    kind: str = "usage"
    prepaid: bool = False
    series: tuple[int, ...] = ()

    @cached_property
    def cents(self) -> list[int]:
        """Cents a month, billed or drawn."""
        return list(self.series) or monthly_cents(self.name, self.shape)

    @property
    def billed(self) -> list[int]:
        """Cents a month on the invoice."""
        return [0] * len(MONTHS) if self.prepaid or self.kind == "memo" else self.cents

    @property
    def effective(self) -> list[int]:
        """Cents a month of what was used."""
        return [0] * len(MONTHS) if self.kind in ("purchase", "memo") else self.cents


@dataclass(frozen=True)
class Account:
    """An account of the ledger without a bill: its months in whole dollars and its truth.

    ``economic`` replaces the truth in the economic view; none means nothing counts there.
    """

    code: int
    name: str
    role: str
    shape: Shape
    truth: Truth
    vendor: str = ""
    text: str = ""
    department: str = ""
    payer: str = ""
    economic: Truth | None = None

    @cached_property
    def cents(self) -> list[int]:
        """Cents a month, in whole dollars."""
        return [100 * dollars for dollars in monthly_dollars(self.name, self.shape)]

    @property
    def economic_truth(self) -> Truth:
        """Truth of the economic view."""
        return self.truth if self.economic is None else self.economic


def expense(
    code: int, name: str, role: str, ttm: float, truth: Truth = NEITHER, *, growth: float = 0.015,
    vendor: str = "", text: str = "", payer: str = "",
) -> Account:  # fmt: skip
    """An account that grows steadily."""
    return Account(code, name, role, Shape(ttm, growth, 0.02), truth, vendor, text, payer=payer)


@dataclass(frozen=True)
class Booking:
    """An account that books a supplier's invoice on one line a month.

    ``share`` is the part of the invoice booked here; ``lag`` the months it is booked late;
    ``gaps`` multiply single months that were booked by estimate.
    """

    code: int
    name: str
    role: str
    bill: str
    vendor: str
    share: float = 1.0
    rest: bool = False
    lag: int = 0
    gaps: Mapping[str, float] = field(default_factory=dict)
    department: str = ""


@dataclass(frozen=True)
class Plan:
    """Revenue of a plan: net dollars, price a customer and month, and what came off the gross."""

    name: str
    shape: Shape
    price: float
    payer: str = "paid"
    segment: str = ""
    pricing: str = "flat"
    discount: float = 0.0
    fees: float = 0.0


@dataclass(frozen=True)
class FreeUsers:
    """Users without revenue at the end of each month, and those who went to paid in it."""

    plan: str
    users: int
    growth: float
    conversion: float
    payer: str = "free"


@dataclass(frozen=True)
class SampleDeal:
    """A fictional company: its plans, its bills by supplier and its books."""

    name: str
    plans: tuple[Plan, ...]
    bills: Mapping[str, tuple[Charge, ...]]
    accounts: tuple[Account | Booking, ...]
    opening_cash: int
    financing: Mapping[str, tuple[int, str]]
    free_users: tuple[FreeUsers, ...] = ()
    capital: Shape = field(default_factory=lambda: Shape(120_000))

    def invoice(self, bill: str, month: int) -> int:
        """Cents a supplier billed for a month."""
        return sum(charge.billed[month] for charge in self.bills[bill])

    def booked(self, account: Account | Booking) -> list[int]:
        """Cents of an account by month."""
        if isinstance(account, Account):
            return account.cents
        return [0, *(self._booked_invoice(account, month) for month in BOOKED)]

    def _booked_invoice(self, booking: Booking, month: int) -> int:
        total = self.invoice(booking.bill, month - booking.lag)
        part = round(total * booking.share)
        amount = total - part if booking.rest else part
        return round(amount * booking.gaps.get(LABELS[month], 1.0))

    def net_revenue(self, plan: Plan) -> list[int]:
        """Cents of net revenue of a plan by month, in whole dollars."""
        name = f"{self.name}/{plan.name}"
        return [100 * dollars for dollars in monthly_dollars(name, plan.shape)]


def merged(charges: Sequence[Charge]) -> tuple[Charge, ...]:
    """Charges that a bill prints on one line, added up."""
    groups: dict[tuple[object, ...], list[Charge]] = {}
    for charge in charges:
        key = (charge.kind, charge.prepaid, *sorted(charge.words.items()))
        groups.setdefault(key, []).append(charge)
    return tuple(_one_line(group) for group in groups.values())


def _one_line(group: Sequence[Charge]) -> Charge:
    if len(group) == 1:
        return group[0]
    series = tuple(sum(cents) for cents in zip(*(charge.cents for charge in group), strict=True))
    return replace(group[0], series=series)


def ledger_rows(deal: SampleDeal) -> Iterator[tuple[object, ...]]:
    """Rows of ledger.csv: one line an account and month."""
    for month in BOOKED:
        for account in deal.accounts:
            cents = deal.booked(account)[month]
            if not cents and not isinstance(account, Booking):
                continue
            yield _ledger_row(account, month, cents)


def _ledger_row(account: Account | Booking, month: int, cents: int) -> tuple[object, ...]:
    if isinstance(account, Booking):
        text = f"{account.vendor} {month_name(month - account.lag)} invoice"
        payer, document = "", "supplier invoice"
    else:
        text, payer, document = account.text, account.payer, "general ledger"
    return (
        LABELS[month], account.code, account.name, account.role, f"{cents / 100:.2f}", "USD",
        text, account.vendor, account.department, payer, document, "B",
    )  # fmt: skip


LEDGER_HEADER = (
    "period", "code", "account", "role", "amount", "unit", "text", "vendor", "department", "payer",
    "document", "grade",
)  # fmt: skip
BELOW = ("balance_sheet", "below_operating")
