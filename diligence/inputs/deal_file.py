"""deal.yaml: who the company is, the round, its cash, its exposure, the scenarios."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from diligence.inputs.deal import (
    Archetype,
    CashTerms,
    DealTerms,
    EarlierClass,
    Exposure,
    FactTerm,
    Grade,
    Payer,
    ReclassScenario,
    Role,
    RoundTerms,
)
from diligence.inputs.deal_amounts import (
    CURRENCY_ALIASES,
    Currency,
    Factor,
    Money,
    Multiple,
    Share,
    currency_or_none,
    scale_of_display,
)
from diligence.inputs.problems import ProblemLog
from diligence.inputs.yaml_files import (
    BoolText,
    DateText,
    YamlDocument,
    load_yaml,
    validate,
)
from diligence.units import Period, PeriodError, parse_date, parse_period
from diligence.units.currency import CURRENCIES

DEAL_FILE = "deal.yaml"
_FIRST_YEAR = 1900
_MONTHS = tuple(str(month) for month in range(1, 13))


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Round(_Section):
    instrument: str = ""
    share_class: str = ""
    seniority: str = ""
    preference_multiple: Multiple | None = None
    participating: BoolText | None = None
    price_per_share: Money | None = None
    cheque: Money | None = None
    round_size: Money | None = None
    pre_money: Money | None = None
    post_money: Money | None = None
    ownership: Share | None = None
    primary: Money | None = None
    secondary: Money | None = None
    participation_cap: Multiple | None = None
    decision_date: DateText | None = None


class _Preference(_Section):
    share_class: Annotated[str, Field(min_length=1)]
    ownership: Share
    amount: Money = Decimal(0)
    multiple: Multiple = Decimal(1)
    seniority: Annotated[int, Field(ge=1)] = 1
    participating: BoolText = False
    cap: Multiple | None = None
    strike: Money | None = None


class _Cash(_Section):
    unrestricted: Money | None = None
    restricted: Money | None = None
    debt: Money | None = None
    minimum_cash: Money | None = None
    overdue_payables: Money | None = None
    balance_date: DateText | None = None


class _Exposure(_Section):
    input: Literal["tokens", "gpu_hours", "seats", "cloud"]
    side: Literal["buy", "rent", "own", "sell"]
    supplier: str
    share: Share
    applies_to: Literal["inference", "training", "internal_tools", "revenue"] = "inference"
    model: str = ""
    lock_until: DateText | None = None
    pass_through: Share | None = None
    segment: str = ""
    source: str = ""


class _Term(_Section):
    concept: str
    factor: Factor = Decimal(1)
    period: str = ""


class _Scenario(_Section):
    name: str
    terms: list[_Term] = []
    payer: Payer = ""
    from_role: Role
    source: str
    grade: Grade
    base: BoolText = False


class _DealFile(_Section):
    company: Annotated[str, Field(min_length=1)]
    archetype: Archetype
    as_of: DateText
    reporting_currency: Currency
    display_scale: Annotated[Literal["", "k", "m", "bn"], BeforeValidator(scale_of_display)] = "m"
    fictional: BoolText = False
    also_show: Annotated[str, BeforeValidator(currency_or_none)] = ""
    prices_known_on: DateText | None = None
    fiscal_year_start_month: Annotated[int, Field(ge=1, le=12)] = 1
    headline_period: str = ""
    status: Literal["DRAFT", "REVIEWED", "FINAL"] = "DRAFT"
    prepared_by: str = ""
    reviewed_by: str = ""
    round: _Round = _Round()
    preferences: list[_Preference] = []
    cash: _Cash = _Cash()
    exposure: list[_Exposure] = []
    scenarios: list[_Scenario] = []


def read_deal_file(path: Path, *, name: str = DEAL_FILE, log: ProblemLog) -> DealTerms | None:
    """Read deal.yaml; None when it has a problem, each of which is logged.

    Money is in units of the reporting currency, or a number with k, m or bn.
    """
    document = load_yaml(path, name=name, log=log)
    if document is None:
        return None
    before = len(log.entries)
    stated = validate(document, name=name, log=log, model=_DealFile)
    check = _Check(name, document, log)
    if stated is None:
        check.exposure_shares(_readable_exposures(document.content))
        return None
    check.dates(stated)
    check.periods(stated)
    check.exposure_shares(list(enumerate(stated.exposure)))
    check.preferences(stated)
    check.scenarios(stated)
    return _terms(stated) if document.is_sound and len(log.entries) == before else None


def _readable_exposures(content: object) -> list[tuple[int, _Exposure]]:
    """Exposure rows that are sound by themselves, of a file that has other problems."""
    rows = content.get("exposure") if isinstance(content, dict) else None
    sound: list[tuple[int, _Exposure]] = []
    for number, row in enumerate(rows if isinstance(rows, list) else []):
        try:
            sound.append((number, _Exposure.model_validate(row)))
        except ValidationError:
            continue
    return sound


def default_terms(path: Path, *, as_of: date | None = None) -> DealTerms:
    """Terms to go on checking the other files with when deal.yaml itself has problems.

    What it states about currency and fiscal year is used where it can be read.
    """
    document = load_yaml(path, name=DEAL_FILE, log=ProblemLog())
    content = document.content if document and isinstance(document.content, dict) else {}
    stated = str(content.get("reporting_currency")).upper()
    currency = CURRENCY_ALIASES.get(stated, stated)
    stated_as_of = _date_or_none(content.get("as_of"))
    month = str(content.get("fiscal_year_start_month", "1"))
    return DealTerms(
        company="(deal.yaml cannot be read)",
        archetype=Archetype.APPLICATION,
        as_of=as_of or stated_as_of or date.max,
        reporting_currency=currency if currency in CURRENCIES else "USD",
        fiscal_year_start_month=int(month) if month in _MONTHS else 1,
    )


TRAILING_TWELVE_MONTHS = "TTM"


class _Check:
    """Rules that hold between the parts of deal.yaml."""

    def __init__(self, name: str, document: YamlDocument, log: ProblemLog) -> None:
        self._name, self._document, self._log = name, document, log

    def _add(self, location: tuple[str | int, ...], column: str, found: str, wanted: str) -> None:
        self._log.add(self._name, self._document.line_of(location), column, found, wanted)

    def dates(self, stated: _DealFile) -> None:
        """The as-of date is a year of bookkeeping, balances are not from after it."""
        if stated.as_of.year < _FIRST_YEAR:
            self._add(("as_of",), "as_of", str(stated.as_of), f"a date after {_FIRST_YEAR}")
        balance = stated.cash.balance_date
        if balance and balance > stated.as_of:
            wanted = f"a date on or before as_of ({stated.as_of})"
            self._add(("cash", "balance_date"), "cash.balance_date", str(balance), wanted)

    def periods(self, stated: _DealFile) -> None:
        """Period labels can be read."""
        month = stated.fiscal_year_start_month
        label = stated.headline_period
        if label and label.upper() != TRAILING_TWELVE_MONTHS and _period(label, month) is None:
            wanted = "a period such as 2025, 2025H1, 2025Q3 or 9M2025, or TTM"
            self._add(("headline_period",), "headline_period", repr(stated.headline_period), wanted)
        for number, scenario in enumerate(stated.scenarios):
            for place, term in enumerate(scenario.terms):
                if term.period and _period(term.period, month) is None:
                    where = ("scenarios", number, "terms", place, "period")
                    column = f"scenarios[{number + 1}].terms[{place + 1}].period"
                    self._add(where, column, repr(term.period), "a period such as 2025 or 9M2025")

    def exposure_shares(self, rows: Sequence[tuple[int, _Exposure]]) -> None:
        """Shares of one input, side, use and segment add up to no more than 1."""
        totals: dict[tuple[str, str, str, str], Decimal] = defaultdict(Decimal)
        for number, row in rows:
            key = (row.input, row.side, row.applies_to, row.segment)
            was_within = totals[key] <= 1
            totals[key] += row.share
            if totals[key] > 1 and was_within:
                found = f"shares of {totals[key]} in all for {row.input} to {row.side}"
                wanted = f"shares that sum to at most 1 for {row.applies_to}"
                column = f"exposure[{number + 1}].share"
                self._add(("exposure", number, "share"), column, found, wanted)

    def preferences(self, stated: _DealFile) -> None:
        """Classes differ, their rights fit together, and ownership is at most all of it."""
        held = stated.round.ownership if _is_whole_round(stated.round) else None
        owned = held or Decimal(0)
        names = {stated.round.share_class} - {""}
        for number, row in enumerate(stated.preferences):
            column = f"preferences[{number + 1}]"
            owned += row.ownership
            for key, found, wanted in _preference_problems(row, names, owned):
                self._add(("preferences", number, key), f"{column}.{key}", found, wanted)
            names.add(row.share_class)

    def scenarios(self, stated: _DealFile) -> None:
        """Names differ and at most one scenario is the base."""
        names: set[str] = set()
        bases = 0
        for number, scenario in enumerate(stated.scenarios):
            column = f"scenarios[{number + 1}]"
            if scenario.name in names:
                found = f"the name {scenario.name!r} a second time"
                self._add(("scenarios", number, "name"), f"{column}.name", found, "each name once")
            names.add(scenario.name)
            bases += scenario.base
            if scenario.base and bases > 1:
                where = ("scenarios", number, "base")
                self._add(where, f"{column}.base", "a second base", "one scenario as base")


def _preference_problems(
    row: _Preference, names: set[str], owned: Decimal
) -> Iterator[tuple[str, str, str]]:
    """Key, what stands there and what is needed, for each rule that a class breaks."""
    if row.share_class in names:
        yield "share_class", f"{row.share_class!r} a second time", "each class once"
    if owned > 1 >= owned - row.ownership:
        yield "ownership", f"{owned} owned in all", "shares of at most 1 together with the round"
    if row.cap is not None and not row.participating:
        yield "cap", f"a cap of {row.cap} without participation", "participating: true, or no cap"
    elif row.cap is not None and row.cap < row.multiple:
        yield "cap", str(row.cap), f"at least the multiple of {row.multiple}; it is included"
    if row.strike is not None and row.amount:
        yield "strike", "a strike beside an amount", "an amount (shares) or a strike (options)"


def _is_whole_round(stated: _Round) -> bool:
    return stated.round_size is None or stated.round_size == stated.cheque


def _date_or_none(value: Any) -> date | None:
    try:
        return parse_date(str(value))
    except PeriodError:
        return None


def _period(text: str, month: int) -> Period | None:
    try:
        return parse_period(text, fiscal_year_start_month=month)
    except (PeriodError, ValueError):
        return None


def _terms(stated: _DealFile) -> DealTerms:
    month = stated.fiscal_year_start_month
    return DealTerms(
        company=stated.company,
        archetype=stated.archetype,
        as_of=stated.as_of,
        reporting_currency=stated.reporting_currency,
        display_scale=stated.display_scale,
        fictional=stated.fictional,
        also_show=stated.also_show,
        prices_known_on=stated.prices_known_on,
        fiscal_year_start_month=month,
        headline_period=stated.headline_period,
        status=stated.status,
        prepared_by=stated.prepared_by,
        reviewed_by=stated.reviewed_by,
        round=RoundTerms(**dict(stated.round)),
        earlier_classes=tuple(EarlierClass(**dict(row)) for row in stated.preferences),
        cash=CashTerms(**dict(stated.cash)),
        exposures=tuple(Exposure(**dict(row)) for row in stated.exposure),
        scenarios=tuple(_scenario(scenario, month) for scenario in stated.scenarios),
    )


def _scenario(stated: _Scenario, month: int) -> ReclassScenario:
    terms = tuple(
        FactTerm(term.concept, term.factor, _period(term.period, month) if term.period else None)
        for term in stated.terms
    )
    return ReclassScenario(
        stated.name,
        terms,
        stated.payer,
        stated.from_role,
        stated.source,
        stated.grade,
        stated.base,
    )
