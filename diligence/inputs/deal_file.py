"""deal.yaml: who the company is, the round, its cash, its exposure, the scenarios."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from diligence.inputs.deal import (
    Archetype,
    CashTerms,
    DealTerms,
    Exposure,
    FactTerm,
    Grade,
    Payer,
    ReclassScenario,
    Role,
    RoundTerms,
)
from diligence.inputs.problems import ProblemLog
from diligence.inputs.yaml_files import (
    BoolText,
    DateText,
    DecimalText,
    YamlDocument,
    load_yaml,
    near_match,
    parse_number,
    validate,
)
from diligence.units import AmountError, Period, PeriodError, parse_date, parse_period
from diligence.units.currency import CURRENCIES
from diligence.units.money import SCALES

DEAL_FILE = "deal.yaml"
_SCALED = re.compile(r"(.+?)\s*(k|m|bn)", re.IGNORECASE)
_FRACTION = re.compile(r"([+-]?\d+)\s*/\s*(\d+)")
_DIGITS = Context(prec=28)
_FIRST_YEAR = 1900
_ALIASES = {"RMB": "CNY"}
_MONTHS = tuple(str(month) for month in range(1, 13))


def parse_scaled_amount(text: str) -> Decimal:
    """Read money of deal.yaml: a number, or a number with k, m or bn.

    Raises
    ------
    AmountError
        When the text is neither.

    Examples
    --------
    >>> parse_scaled_amount("1.2 bn")
    Decimal('1200000000.0')
    """
    match = _SCALED.fullmatch(text.strip())
    number = parse_number(match[1] if match else text)
    if number is None:
        raise AmountError(f"{text!r} is not an amount such as 10 m, 250 k or 1.2 bn")
    return number * SCALES[match[2].lower()] if match else number


def parse_factor(text: str) -> Decimal:
    """Read a factor: a number or a fraction such as 12/9, to 28 digits.

    Raises
    ------
    AmountError
        When the text is neither.

    Examples
    --------
    >>> parse_factor("12/9")
    Decimal('1.333333333333333333333333333')
    """
    match = _FRACTION.fullmatch(text.strip())
    if match and int(match[2]):
        exact = Fraction(int(match[1]), int(match[2]))
        with localcontext(_DIGITS):
            return Decimal(exact.numerator) / Decimal(exact.denominator)
    number = parse_number(text)
    if number is None:
        raise AmountError(f"{text!r} is not a factor such as 1, -1 or 12/9")
    return number


def _money(value: Any) -> Any:
    return _read(parse_scaled_amount, value, "an amount such as 10 m, 250 k, 1.2 bn or 1250000")


def _positive_money(value: Any) -> Any:
    amount = _money(value)
    if isinstance(amount, Decimal) and amount < 0:
        raise ValueError("an amount of zero or more")
    return amount


def _factor(value: Any) -> Any:
    return _read(parse_factor, value, "a factor such as 1, -1 or 12/9")


def _read(reader: Any, value: Any, expected: str) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return reader(value)
    except AmountError as error:
        raise ValueError(expected) from error


def _currency(value: Any) -> Any:
    name = str(value).strip().upper()
    name = _ALIASES.get(name, name)
    if name not in CURRENCIES:
        raise ValueError(f"a currency: {near_match(name.lower(), sorted(CURRENCIES))}")
    return name


def _currency_or_none(value: Any) -> Any:
    return "" if value == "" else _currency(value)


def _scale(value: Any) -> Any:
    return "" if value in ("1", "units", "none") else value


Money = Annotated[Decimal, BeforeValidator(_positive_money)]
Factor = Annotated[Decimal, BeforeValidator(_factor)]
Currency = Annotated[str, BeforeValidator(_currency)]
Share = Annotated[DecimalText, Field(ge=0, le=1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Round(_Section):
    instrument: str = ""
    share_class: str = ""
    seniority: str = ""
    preference_multiple: Annotated[DecimalText, Field(ge=0)] | None = None
    participating: BoolText | None = None
    price_per_share: Money | None = None
    cheque: Money | None = None
    round_size: Money | None = None
    pre_money: Money | None = None
    post_money: Money | None = None
    ownership: Share | None = None
    primary: Money | None = None
    secondary: Money | None = None
    decision_date: DateText | None = None


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
    display_scale: Annotated[Literal["", "k", "m", "bn"], BeforeValidator(_scale)] = "m"
    fictional: BoolText = False
    also_show: Annotated[str, BeforeValidator(_currency_or_none)] = ""
    prices_known_on: DateText | None = None
    fiscal_year_start_month: Annotated[int, Field(ge=1, le=12)] = 1
    headline_period: str = ""
    status: Literal["DRAFT", "REVIEWED", "FINAL"] = "DRAFT"
    prepared_by: str = ""
    reviewed_by: str = ""
    round: _Round = _Round()
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
    currency = _ALIASES.get(stated, stated)
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
