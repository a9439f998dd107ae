"""The closed types a deal folder is read into. Nothing downstream sees a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from diligence.errors import Problem
from diligence.units import Period

if TYPE_CHECKING:
    from diligence.inputs.bills.bill import Bill, BillLine
    from diligence.inputs.usage import Usage

Grade = Literal["A", "B", "C", "D", "E"]
Payer = Literal["", "paid", "promo", "free", "internal"]
Bound = Literal["exact", "at_most", "at_least"]
FactStatus = Literal["used", "alternative", "rejected"]
AS_REPORTED = "as reported"


class Role(StrEnum):
    """Where the company books a line: the statement caption, not its economics."""

    REVENUE = "revenue"
    COST_OF_REVENUE = "cost_of_revenue"
    RESEARCH_AND_DEVELOPMENT = "research_and_development"
    SALES_AND_MARKETING = "sales_and_marketing"
    GENERAL_AND_ADMINISTRATIVE = "general_and_administrative"
    OTHER_OPERATING = "other_operating"
    BELOW_OPERATING = "below_operating"
    BALANCE_SHEET = "balance_sheet"


OPERATING_COST_ROLES = (
    Role.COST_OF_REVENUE,
    Role.RESEARCH_AND_DEVELOPMENT,
    Role.SALES_AND_MARKETING,
    Role.GENERAL_AND_ADMINISTRATIVE,
    Role.OTHER_OPERATING,
)


class Archetype(StrEnum):
    """What kind of AI company this is; red lines and priors differ by archetype."""

    MODEL_LAB = "model_lab"
    CODING_ASSISTANT = "coding_assistant"
    CONSUMER_CHAT = "consumer_chat"
    SEARCH = "search"
    IMAGE_GENERATION = "image_generation"
    ENTERPRISE_AGENT = "enterprise_agent"
    GPU_CLOUD = "gpu_cloud"
    APPLICATION = "application"


@dataclass(frozen=True)
class SourceRef:
    """Where a figure comes from: the cell that was read, and the document behind it."""

    file: str
    row: int
    column: str = ""
    document: str = ""
    page: str = ""
    grade: Grade = "C"
    note: str = ""

    @property
    def citation(self) -> str:
        """Short text for a memo: document and page when given, else file and row."""
        place = f"{self.document} {self.page}".strip() or f"{self.file}:{self.row}"
        return f"{place} [{self.grade}]"


@dataclass(frozen=True)
class LedgerLine:
    """One leaf of the ledger or P&L: cost positive, reporting currency, exact decimals.

    Subtotals are checked and left out before; an account with of-which rows stands as those
    rows plus its remainder, so that leaves of one period always add up to the ledger. A leaf that
    a bill details stands as the lines of that bill: ``bill`` is the distinct line, ``system`` its
    billing system.
    """

    period: Period
    account: str
    role: Role
    amount: Decimal
    source: SourceRef
    code: str = ""
    text: str = ""
    vendor: str = ""
    department: str = ""
    project: str = ""
    segment: str = ""
    payer: Payer = ""
    parent: str = ""
    derivation: str = AS_REPORTED
    bound: Bound = "exact"
    bill: BillLine | None = None
    system: str = ""

    @property
    def words(self) -> str:
        """Everything a reader of the line can see, joined for rules and search."""
        parts = (self.account, self.text, self.vendor, self.department, self.project)
        return " | ".join(part for part in parts if part)


@dataclass(frozen=True)
class RevenueLine:
    """Revenue of one period, segment, plan and payer in reporting currency.

    ``customers`` pay and ``free_users`` do not, both at the end of the period; ``new_customers``
    joined in it and ``conversions`` went from free to paid in it. None is not stated.
    """

    period: Period
    net: Decimal
    source: SourceRef
    segment: str = ""
    plan: str = ""
    payer: Payer = ""
    gross: Decimal | None = None
    discounts: Decimal | None = None
    channel_fees: Decimal | None = None
    deferred: Decimal | None = None
    customers: Decimal | None = None
    new_customers: Decimal | None = None
    free_users: Decimal | None = None
    conversions: Decimal | None = None
    basis: Literal["", "billed", "recognised"] = ""
    pricing: Literal["", "flat", "usage", "hybrid"] = ""
    contract_end: date | None = None
    derivation: str = AS_REPORTED


@dataclass(frozen=True)
class Fact:
    """A figure keyed by hand from a document that may only be viewed.

    ``value`` is in reporting currency for money, a fraction for percentages and the plain
    number otherwise; ``unit`` keeps the words that were keyed.
    """

    concept: str
    value: Decimal
    unit: str
    period: Period
    source: SourceRef
    segment: str = ""
    status: FactStatus = "used"
    bound: Bound = "exact"
    keyed_by: str = ""
    checked_by: str = ""


class CashKind(StrEnum):
    """What a row of cash.csv says."""

    CASH = "cash"
    LIQUID_INVESTMENTS = "liquid_investments"
    RESTRICTED_CASH = "restricted_cash"
    REPORTED_TOTAL = "reported_total"
    OPERATING_CASH_FLOW = "operating_cash_flow"
    CAPITAL_EXPENDITURE = "capital_expenditure"
    FINANCING = "financing"
    MONTHLY_BURN = "monthly_burn"
    ADJUSTED_NET_LOSS = "adjusted_net_loss"


CASH_BALANCE_KINDS = (
    CashKind.CASH,
    CashKind.LIQUID_INVESTMENTS,
    CashKind.RESTRICTED_CASH,
    CashKind.REPORTED_TOTAL,
)


@dataclass(frozen=True)
class CashItem:
    """A cash balance (``period.end`` is its date) or a flow over ``period``.

    Outflows are negative flows, except ``monthly_burn`` and ``adjusted_net_loss``, which are
    positive when cash is used.
    """

    kind: CashKind
    item: str
    period: Period
    amount: Decimal
    source: SourceRef
    status: FactStatus = "used"
    original_amount: Decimal | None = None
    original_currency: str = ""


@dataclass(frozen=True)
class TrainingRun:
    """One entry of the training-run register, cost in reporting currency."""

    name: str
    purpose: Literal["final_run", "experiment", "post_training", "maintenance", "evaluation"]
    start: date
    end: date
    cost: Decimal
    outcome: Literal["released", "failed", "abandoned", "running"]
    source: SourceRef
    release_date: date | None = None
    gpu_hours: Decimal | None = None


@dataclass(frozen=True)
class Decision:
    """An analyst's ruling on cost lines; it wins over every rule.

    ``subclass`` and ``payer`` are empty when the ruling leaves them open; ``kept`` marks a
    review that left the class as the rules gave it.
    """

    selector: str
    cost_class: str
    reason: str
    who: str
    decided_on: date
    source: SourceRef
    subclass: str = ""
    payer: Payer = ""
    kept: bool = False


ContractInput = Literal["tokens", "gpu_hours", "seats", "cloud", "data", "credits"]
ContractKind = Literal[
    "pay_as_you_go", "committed", "reserved", "prepaid", "credits", "subscription"
]


@dataclass(frozen=True)
class Contract:
    """Terms of one supplier as signed; money in reporting currency, shares from 0 to 1.

    None says that contracts.yaml does not state a term. ``prepaid`` is what was paid up front
    and ``prepaid_balance`` what is left of it; ``credit_balance`` is left of credits nobody paid
    for, which pay for what ``usable_for`` says. ``discount`` is what the company has,
    ``discount_available`` what it could have negotiated: the low end when credits are added
    back. ``kind_stated`` keeps the words of the file.
    """

    supplier: str
    input: ContractInput
    kind: ContractKind
    source: SourceRef
    kind_stated: str = ""
    purpose: Literal["", "training", "inference"] = ""
    minimum_per_month: Decimal | None = None
    minimum_total: Decimal | None = None
    prepaid: Decimal | None = None
    prepaid_balance: Decimal | None = None
    credit_balance: Decimal | None = None
    term_start: date | None = None
    term_end: date | None = None
    expires: date | None = None
    price_lock_until: date | None = None
    notice_days: int | None = None
    reserved_quantity: Decimal | None = None
    reserved_unit: str = ""
    usable_for: str = ""
    discount: Decimal | None = None
    discount_available: Decimal | None = None
    note: str = ""


DriverName = Literal["gpu_hours", "cpu_hours", "tokens", "requests", "headcount", "hours", "bytes"]
Workload = Literal["training", "inference", "idle", "internal", "other"]


@dataclass(frozen=True)
class Driver:
    """What one workload used of something shared; rows of one selector and period are shares.

    ``selector`` names the cost lines it splits, in the grammar of decisions.csv. ``value``,
    ``low`` and ``high`` are in the plain unit of the driver (GPU-hours, tokens, people), or
    fractions of 1 when ``unit`` is ``share``. ``stated`` keeps the workload as written.
    """

    period: Period
    selector: str
    driver: DriverName
    workload: Workload
    value: Decimal
    unit: str
    source: SourceRef
    low: Decimal | None = None
    high: Decimal | None = None
    stated: str = ""


@dataclass(frozen=True)
class Claim:
    """What management says, kept apart from what the books say."""

    concept: str
    value: Decimal
    unit: str
    source: str
    page: str = ""
    period: Period | None = None


@dataclass(frozen=True)
class AssumptionOverride:
    """One entry of the deal's assumptions.yaml, not yet joined with the register."""

    name: str
    value: Decimal | str
    unit: str
    reason: str
    source: str
    who: str
    stated_on: date
    low: Decimal | None = None
    high: Decimal | None = None


@dataclass(frozen=True)
class FactTerm:
    """One summand of a scenario: a fact times a factor."""

    concept: str
    factor: Decimal
    period: Period | None = None


@dataclass(frozen=True)
class ReclassScenario:
    """A named, stated view of cost booked elsewhere that belongs to serving.

    The amount is a sum of facts times factors, so no figure is typed twice. ``from_role`` says
    where the cost is booked; total cost is conserved.
    """

    name: str
    terms: tuple[FactTerm, ...]
    payer: Payer
    from_role: Role
    source: str
    grade: Grade
    is_base: bool = False


@dataclass(frozen=True)
class Exposure:
    """An input whose price can move: what it is and on which side the company stands."""

    input: Literal["tokens", "gpu_hours", "seats", "cloud"]
    side: Literal["buy", "rent", "own", "sell"]
    supplier: str
    share: Decimal
    applies_to: Literal["inference", "training", "internal_tools", "revenue"] = "inference"
    model: str = ""
    lock_until: date | None = None
    pass_through: Decimal | None = None
    segment: str = ""
    source: str = ""


@dataclass(frozen=True)
class RoundTerms:
    """Terms of the round, as far as the folder states them; money in reporting currency.

    ``participation_cap`` is the most a participating class receives, as a multiple of the money.
    """

    instrument: str = ""
    share_class: str = ""
    seniority: str = ""
    preference_multiple: Decimal | None = None
    participating: bool | None = None
    price_per_share: Decimal | None = None
    cheque: Decimal | None = None
    round_size: Decimal | None = None
    pre_money: Decimal | None = None
    post_money: Decimal | None = None
    ownership: Decimal | None = None
    primary: Decimal | None = None
    secondary: Decimal | None = None
    participation_cap: Decimal | None = None
    decision_date: date | None = None


@dataclass(frozen=True)
class EarlierClass:
    """A class of an earlier round, or options: what it claims beside the round.

    ``amount`` is what was invested, ``seniority`` 1 is paid first among the earlier classes, equal
    numbers share in proportion. ``cap`` is the most a participating class receives, as a multiple
    of its amount. ``ownership`` is its share as converted after the round. ``strike`` is the
    exercise price of options, as a value of the whole company.
    """

    share_class: str
    ownership: Decimal
    amount: Decimal = Decimal(0)
    multiple: Decimal = Decimal(1)
    seniority: int = 1
    participating: bool = False
    cap: Decimal | None = None
    strike: Decimal | None = None


@dataclass(frozen=True)
class CashTerms:
    """Cash as deal.yaml states it, when there is no cash.csv; reporting currency."""

    unrestricted: Decimal | None = None
    restricted: Decimal | None = None
    debt: Decimal | None = None
    minimum_cash: Decimal | None = None
    overdue_payables: Decimal | None = None
    balance_date: date | None = None


@dataclass(frozen=True)
class DealTerms:
    """What deal.yaml states."""

    company: str
    archetype: Archetype
    as_of: date
    reporting_currency: str
    display_scale: Literal["", "k", "m", "bn"] = "m"
    fictional: bool = False
    also_show: str = ""
    prices_known_on: date | None = None
    fiscal_year_start_month: int = 1
    headline_period: str = ""
    status: Literal["DRAFT", "REVIEWED", "FINAL"] = "DRAFT"
    prepared_by: str = ""
    reviewed_by: str = ""
    round: RoundTerms = RoundTerms()
    earlier_classes: tuple[EarlierClass, ...] = ()
    cash: CashTerms = CashTerms()
    exposures: tuple[Exposure, ...] = ()
    scenarios: tuple[ReclassScenario, ...] = ()


@dataclass(frozen=True)
class SourceFile:
    """One file of the folder: digest of its bytes, and whether this version reads it."""

    path: str
    sha256: str
    size_bytes: int
    status: Literal["read", "not read yet"]


@dataclass(frozen=True)
class SetAside:
    """A row a draft run could not read: its problem, its period and, if legible, its money."""

    problem: Problem
    amount: Decimal | None
    period: Period | None


@dataclass(frozen=True)
class Deal:
    """A company as its folder states it, read once, never written back.

    ``red_lines`` is the firm's own table of red lines and ``scenarios`` the analyst's own
    scenarios, where the folder holds them.
    """

    terms: DealTerms
    ledger: tuple[LedgerLine, ...]
    revenue: tuple[RevenueLine, ...]
    facts: tuple[Fact, ...] = ()
    cash: tuple[CashItem, ...] = ()
    training_runs: tuple[TrainingRun, ...] = ()
    decisions: tuple[Decision, ...] = ()
    overrides: tuple[AssumptionOverride, ...] = ()
    claims: tuple[Claim, ...] = ()
    commentary: str = ""
    memo_lines: tuple[LedgerLine, ...] = ()
    bills: tuple[Bill, ...] = ()
    contracts: tuple[Contract, ...] = ()
    drivers: tuple[Driver, ...] = ()
    usage: Usage | None = None
    red_lines: Path | None = None
    scenarios: Path | None = None
    files: tuple[SourceFile, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def company(self) -> str:
        """Name of the company."""
        return self.terms.company

    @property
    def is_draft(self) -> bool:
        """True when rows were set aside or the folder is marked DRAFT."""
        return bool(self.set_aside) or self.terms.status == "DRAFT"
