"""What a sample deal is made of: charges on bills, accounts of the ledger, and the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from growth import Shape, monthly_cents, monthly_dollars
from months import BOOKED, LABELS, LAST_TWELVE, MONTHS, last_day, month_name

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

    def mix(self, bill: str, month: int) -> Counter[str]:
        """Cents of a supplier's invoice by what they really were."""
        return _by_truth(self.bills[bill], month, "billed")


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


def _by_truth(charges: Sequence[Charge], month: int, view: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for charge in charges:
        cents: list[int] = getattr(charge, view)
        for bucket, share in charge.truth.items():
            found[bucket] += cents[month] * share  # type: ignore[assignment]
    return found


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


def truth_of(deal: SampleDeal) -> dict[str, object]:
    """What the last twelve months really were: as booked, and in substance."""
    booked, other_cogs = _booked_truth(deal)
    economic = _economic_truth(deal)
    revenue = sum(deal.net_revenue(plan)[i] for plan in deal.plans for i in LAST_TWELVE)
    return {
        "period": f"{LABELS[LAST_TWELVE.start]} to {LABELS[-1]}",
        "net_revenue": _whole(revenue),
        "booked": {name: _whole(booked[name]) for name in BUCKETS},
        "booked_total": _whole(sum(booked.values())),
        "economic": {name: _whole(economic[name]) for name in BUCKETS},
        "other_cost_of_revenue": _whole(other_cogs),
        "serving_share_of_ai_cost": _serving_share(economic),
        "paid_margin": _margin(revenue, other_cogs, economic, ("paid",)),
        "fully_loaded_margin": _margin(
            revenue, other_cogs, economic, ("paid", "promo", "free", "recurring_finetune")
        ),
    }


def _booked_truth(deal: SampleDeal) -> tuple[Counter[str], float]:
    booked: Counter[str] = Counter()
    other_cogs = 0.0
    for account in deal.accounts:
        if account.role in BELOW:
            continue
        found = _account_truth(deal, account)
        booked.update(found)  # type: ignore[arg-type]
        if account.role == "cost_of_revenue":
            other_cogs += found["neither"]
    return booked, other_cogs


def _account_truth(deal: SampleDeal, account: Account | Booking) -> Counter[str]:
    series = deal.booked(account)
    if isinstance(account, Account):
        total = sum(series[i] for i in LAST_TWELVE)
        return Counter({name: total * share for name, share in account.truth.items()})
    found: Counter[str] = Counter()
    for month in LAST_TWELVE:
        mix = deal.mix(account.bill, month - account.lag)
        scale = series[month] / sum(mix.values()) if sum(mix.values()) else 0
        for bucket, cents in mix.items():
            found[bucket] += cents * scale  # type: ignore[assignment]
    return found


def _economic_truth(deal: SampleDeal) -> Counter[str]:
    found: Counter[str] = Counter()
    for charges in deal.bills.values():
        used = [charge for charge in charges if charge.kind != "credit"]
        for month in LAST_TWELVE:
            found.update(_by_truth(used, month, "effective"))
    for account in deal.accounts:
        if isinstance(account, Account) and account.role != "below_operating":
            total = sum(account.cents[i] for i in LAST_TWELVE)
            on_balance = account.role == "balance_sheet" and account.economic is None
            for bucket, share in {} if on_balance else account.economic_truth.items():
                found[bucket] += total * share  # type: ignore[assignment]
    return found


def _whole(cents: float) -> int:
    return round(cents / 100)


def _serving_share(found: Mapping[str, float]) -> float:
    serving = found["paid"] + found["promo"] + found["free"] + found["recurring_finetune"]
    return round(serving / (serving + found["training"]), 4)


def _margin(
    revenue: int, other_cogs: float, found: Mapping[str, float], costs: Sequence[str]
) -> float:
    cost = other_cogs + sum(found[name] for name in costs)
    return round((revenue - cost) / revenue, 4)


def month_end(month: int) -> str:
    """Last day of a month, written out."""
    return last_day(month).isoformat()
