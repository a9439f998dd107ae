"""contracts.yaml: supplier terms as signed: prices held, minimums, prepayments, credits."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, cast, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from diligence.errors import UnitError
from diligence.inputs.context import ReadingContext
from diligence.inputs.deal import Contract, ContractInput, ContractKind, Grade, SourceRef
from diligence.inputs.deal_amounts import Currency, Money, Share
from diligence.inputs.records import DEFAULT_GRADE, convert_money, unit_problem
from diligence.inputs.yaml_files import DateText, DecimalText, near_match, read_yaml_list
from diligence.units import Period
from diligence.units.currency import MoneyUnit

CONTRACTS_FILE = "contracts.yaml"
KINDS = cast(tuple[ContractKind, ...], get_args(ContractKind))
MONEY_KEYS = (
    "minimum_per_month",
    "minimum_total",
    "prepaid",
    "prepaid_balance",
    "credit_balance",
)
KIND_SYNONYMS: dict[str, ContractKind] = {
    "payg": "pay_as_you_go",
    "on demand": "pay_as_you_go",
    "usage based": "pay_as_you_go",
    "metered": "pay_as_you_go",
    "list price": "pay_as_you_go",
    "private pricing": "pay_as_you_go",
    "commitment": "committed",
    "minimum commitment": "committed",
    "take or pay": "committed",
    "savings plan": "committed",
    "enterprise discount programme": "committed",
    "edp": "committed",
    "reservation": "reserved",
    "capacity block": "reserved",
    "provisioned throughput": "reserved",
    "prepayment": "prepaid",
    "credit": "credits",
    "promotional": "credits",
    "promotional credits": "credits",
    "startup credits": "credits",
    "grant": "credits",
    "monthly": "subscription",
    "annual": "subscription",
    "yearly": "subscription",
    "per seat": "subscription",
    "licence": "subscription",
    "license": "subscription",
}
_WITH_DETAIL = re.compile(r"(reserved|committed|prepaid|subscription|pay as you go)\b.*")
_Text = Annotated[str, Field(min_length=1)]


def contract_kind(text: str) -> ContractKind:
    """Bring the words for a kind of contract to one of six.

    Raises
    ------
    ValueError
        Naming the nearest kind, when the words are unknown.

    Examples
    --------
    >>> contract_kind("reserved twelve months"), contract_kind("Take-or-pay")
    ('reserved', 'committed')
    """
    words = " ".join(re.split(r"[\s_-]+", text.strip().lower()))
    spelt = {kind.replace("_", " "): kind for kind in KINDS} | KIND_SYNONYMS
    detailed = _WITH_DETAIL.fullmatch(words)
    found = spelt.get(words) or (spelt[detailed[1]] if detailed else None)
    if found is None:
        near = near_match(words, spelt)
        raise ValueError(f"one of {', '.join(KINDS)}" if near.startswith("one of") else near)
    return found


def _known_kind(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    contract_kind(value)
    return value.strip()


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    supplier: _Text
    input: ContractInput
    kind: Annotated[_Text, BeforeValidator(_known_kind)]
    purpose: Literal["", "training", "inference"] = ""
    currency: Currency | None = None
    minimum: Money | None = None
    minimum_per_month: Money | None = None
    minimum_total: Money | None = None
    prepaid: Money | None = None
    prepaid_balance: Money | None = None
    balance: Money | None = None
    credit_balance: Money | None = None
    term_start: DateText | None = None
    term_end: DateText | None = None
    expires: DateText | None = None
    price_lock_until: DateText | None = None
    notice_days: Annotated[int, Field(ge=0)] | None = None
    reserved_quantity: Annotated[DecimalText, Field(ge=0)] | None = None
    reserved_unit: str = ""
    usable_for: str = ""
    discount: Share | None = None
    discount_available: Share | None = None
    discount_offered_for_commitment: Share | None = None
    document: str = ""
    page: str = ""
    grade: Grade = DEFAULT_GRADE
    note: str = ""


def read_contracts(
    path: Path, *, name: str = CONTRACTS_FILE, context: ReadingContext
) -> tuple[Contract, ...]:
    """Read contracts.yaml; entries with problems are logged and left out.

    Money is in units of the entry's ``currency``, by default the reporting currency, or a number
    with k, m or bn; another currency is converted with the rate of the as-of date. Refused: an
    unknown kind, terms that contradict the kind, a share above 1, a term that ends before it
    starts.
    """
    entries = read_yaml_list(path, name=name, log=context.log, item=_Entry)
    contracts = [_EntryReader(entry, line, name, context).read() for line, entry in entries]
    return tuple(contract for contract in contracts if contract is not None)


class _EntryReader:
    """Checks one entry as a whole and brings its money to the reporting currency."""

    def __init__(self, entry: _Entry, line: int, name: str, context: ReadingContext) -> None:
        self._entry, self._line, self._name, self._context = entry, line, name, context
        self._kind = contract_kind(entry.kind)
        self._is_good = True

    def read(self) -> Contract | None:
        entry = self._entry
        self._check_kind()
        self._check_terms()
        stated, rates = self._money()
        if not self._is_good:
            return None
        source = SourceRef(
            self._name,
            self._line,
            document=entry.document,
            page=entry.page,
            grade=entry.grade,
            note=rates,
        )
        return Contract(
            entry.supplier,
            entry.input,
            self._kind,
            source,
            kind_stated=entry.kind,
            purpose=entry.purpose,
            **stated,
            term_start=entry.term_start,
            term_end=entry.term_end,
            expires=entry.expires,
            price_lock_until=entry.price_lock_until,
            notice_days=entry.notice_days,
            reserved_quantity=entry.reserved_quantity,
            reserved_unit=entry.reserved_unit,
            usable_for=entry.usable_for,
            discount=entry.discount,
            discount_available=self._available(),
            note=entry.note,
        )

    def _refuse(self, key: str, found: str, expected: str) -> None:
        self._is_good = False
        self._context.log.add(self._name, self._line, key, found, expected)

    def _check_kind(self) -> None:
        entry = self._entry
        if entry.input == "credits" and self._kind not in ("credits", "prepaid"):
            wanted = "kind credits (granted) or prepaid (bought)"
            self._refuse("kind", f"{entry.kind!r} for the input credits", wanted)
        for key in ("minimum_per_month", "minimum_total"):
            if getattr(entry, key) and self._kind == "pay_as_you_go":
                wanted = "kind committed or reserved beside a minimum"
                self._refuse(
                    "kind", f"{entry.kind!r} with a {key} of {getattr(entry, key)}", wanted
                )
        if entry.minimum:
            wanted = "minimum_per_month or minimum_total"
            self._refuse("minimum", f"{entry.minimum} of no stated time", wanted)

    def _check_terms(self) -> None:
        entry = self._entry
        if entry.term_start and entry.term_end and entry.term_end < entry.term_start:
            wanted = f"a date on or after term_start ({entry.term_start})"
            self._refuse("term_end", str(entry.term_end), wanted)
        if entry.reserved_quantity is not None and not entry.reserved_unit:
            wanted = "a unit with its time, such as GPU-hours a month"
            self._refuse("reserved_unit", "nothing beside reserved_quantity", wanted)
        if entry.reserved_unit and entry.reserved_quantity is None:
            found = f"nothing beside the unit {entry.reserved_unit!r}"
            self._refuse("reserved_quantity", found, "how much is reserved")
        if entry.prepaid is not None and (entry.prepaid_balance or 0) > entry.prepaid:
            wanted = f"at most what was paid up front ({entry.prepaid})"
            self._refuse("prepaid_balance", str(entry.prepaid_balance), wanted)

    def _available(self) -> Decimal | None:
        entry = self._entry
        stated, offered = entry.discount_available, entry.discount_offered_for_commitment
        return stated if stated is not None else offered

    def _stated_money(self) -> dict[str, Decimal]:
        """Amounts by key; ``balance`` is that of the kind, a ``minimum`` of zero is no minimum."""
        entry = self._entry
        stated = {key: getattr(entry, key) for key in MONEY_KEYS}
        if entry.minimum is not None and stated["minimum_per_month"] is None:
            stated["minimum_per_month"] = entry.minimum
        if entry.balance is not None:
            key = {"credits": "credit_balance", "prepaid": "prepaid_balance"}.get(self._kind)
            if key is None or stated[key] is not None:
                wanted = "credit_balance or prepaid_balance, once"
                self._refuse("balance", f"{entry.balance} for the kind {entry.kind!r}", wanted)
            else:
                stated[key] = entry.balance
        return {key: amount for key, amount in stated.items() if amount is not None}

    def _money(self) -> tuple[dict[str, Decimal], str]:
        terms = self._context.terms
        unit = MoneyUnit(self._entry.currency or terms.reporting_currency)
        day = Period(terms.as_of, terms.as_of)
        converted: dict[str, Decimal] = {}
        rates = ""
        for key, amount in self._stated_money().items():
            try:
                converted[key], rates = convert_money(
                    amount, unit, period=day, context=self._context
                )
            except UnitError as error:
                self._refuse("currency", *unit_problem(str(unit), error))
                break
        return converted, rates
