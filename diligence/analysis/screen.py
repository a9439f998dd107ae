"""Day one: six numbers from a deck, run through the same code as a full deal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from diligence.analysis.deal_analysis import DealAnalysis, analyse
from diligence.analysis.deal_break_evens import dangerous_multiple
from diligence.assumptions import Assumption, AssumptionRegister
from diligence.costs import Range
from diligence.errors import DiligenceError, InputError, Problem
from diligence.inputs.deal import (
    Archetype,
    CashItem,
    CashKind,
    Deal,
    DealTerms,
    Exposure,
    LedgerLine,
    RevenueLine,
    Role,
    SourceRef,
)
from diligence.units import (
    AmountError,
    Period,
    format_months,
    format_multiple,
    format_percent,
    format_span,
    parse_amount,
)
from diligence.units.currency import CURRENCIES
from diligence.units.money import SCALES
from diligence.units.periods import trailing

if TYPE_CHECKING:
    import pandas as pd

ZERO, ONE = Decimal(0), Decimal(1)
_SOURCE = SourceRef("screen", 0, document="management, day one", grade="D")
_OPTIONS = ("--arr", "--growth", "--gross-margin", "--ai-spend", "--cash", "--burn")
_BURN_NOTE = "net burn / net new ARR; above 2 is a problem"
_GPU_RENTERS = (Archetype.MODEL_LAB, Archetype.IMAGE_GENERATION)


@dataclass(frozen=True)
class ScreenInputs:
    """The six numbers. Money in one currency; shares as fractions.

    Parameters
    ----------
    arr
        Annual recurring revenue.
    growth
        Growth of ARR over the last year, 1.5 for 150 %.
    gross_margin
        As management states it.
    ai_spend
        Model APIs and GPU compute, a year.
    cash
        Unrestricted.
    burn
        Net cash burn a month.
    """

    arr: Decimal
    growth: Decimal
    gross_margin: Decimal
    ai_spend: Decimal
    cash: Decimal
    burn: Decimal
    archetype: Archetype = Archetype.APPLICATION
    currency: str = "USD"
    company: str = "Company"


@dataclass(frozen=True)
class ScreenResult:
    """One figure of the card: base with its range, and what it means."""

    label: str
    unit: Literal["percent", "multiple", "months", "ratio"]
    value: Range
    kind: str
    note: str = ""

    @property
    def base_text(self) -> str:
        """Base figure with its unit."""
        return self._text(self.value.base)

    @property
    def range_text(self) -> str:
        """Range with its unit; empty where there is none."""
        low, high = self.value.low, self.value.high
        if low is None or high is None or low == high:
            return ""
        return format_span(self._text(low), self._text(high))

    def _text(self, value: Decimal | None) -> str:
        if value is None:
            return "none"
        match self.unit:
            case "percent":
                return format_percent(value)
            case "months":
                return format_months(value)
            case "multiple" | "ratio":
                return format_multiple(value)


@dataclass(frozen=True)
class Screen:
    """The one-page card as data."""

    inputs: ScreenInputs
    analysis: DealAnalysis
    low_end: DealAnalysis
    results: tuple[ScreenResult, ...]
    questions: tuple[str, ...]
    priors: tuple[Assumption, ...]

    @property
    def reading(self) -> str:
        """Verdict on the base, and on the low end where that reads otherwise."""
        base, low = self.analysis.verdict, self.low_end.verdict
        if base == low:
            return base.summary()
        return f"{base.summary()}; with all AI spend outside cost of revenue {low.summary()}"

    def to_frame(self) -> pd.DataFrame:
        """One row a figure."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "figure": result.label,
                    "unit": result.unit,
                    "low": result.value.low,
                    "base": result.value.base,
                    "high": result.value.high,
                    "kind": result.kind,
                }
                for result in self.results
            ]
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values for other programs; missing figures are null."""
        return {
            "company": self.inputs.company,
            "archetype": str(self.inputs.archetype),
            "verdict": {"name": self.analysis.verdict.name, "rule": self.analysis.verdict.rule},
            "verdict_low_end": {
                "name": self.low_end.verdict.name,
                "rule": self.low_end.verdict.rule,
            },
            "results": [
                {
                    "figure": result.label,
                    "unit": result.unit,
                    "low": _number(result.value.low),
                    "base": _number(result.value.base),
                    "high": _number(result.value.high),
                    "kind": result.kind,
                }
                for result in self.results
            ],
            "break_even_price_multiple": [
                {
                    "input": found.input,
                    "side": found.side,
                    "rung": found.rung,
                    "target": found.target,
                    "k": _number(found.k),
                    "status": found.status,
                }
                for found in self.analysis.break_evens
                if not found.segment
            ],
            "questions": list(self.questions),
        }

    def summary(self) -> str:
        """Verdict and one line a figure."""
        lines = [f"{self.inputs.company}: {self.reading}"]
        for result in self.results:
            spread = f" ({result.range_text}; {result.kind})" if result.range_text else ""
            lines.append(f"{result.label}: {result.base_text}{spread}")
        return "\n".join([*lines, "Ask next:", *(f"- {question}" for question in self.questions)])

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


def read_screen_inputs(
    texts: Mapping[str, str], *, company: str = "Company", currency: str = "USD"
) -> ScreenInputs:
    """Read the six numbers as they are typed: ``12m``, ``150%``, ``0.6``.

    Parameters
    ----------
    texts
        By option name: ``--arr``, ``--growth``, ``--gross-margin``, ``--ai-spend``, ``--cash``,
        ``--burn`` and ``--archetype``.

    Raises
    ------
    InputError
        With every text that is no number and an unknown archetype, at once.
    """
    problems: list[Problem] = []
    numbers: dict[str, Decimal] = {}
    for option in _OPTIONS:
        try:
            numbers[option] = _typed_number(texts[option])
        except (ArithmeticError, DiligenceError):
            found = repr(texts[option])
            problems.append(Problem("screen", 0, option, found, "a number such as 12m, 0.6 or 60%"))
    kind = texts.get("--archetype", "application")
    if kind not in set(Archetype):
        known = ", ".join(Archetype)
        problems.append(Problem("screen", 0, "--archetype", repr(kind), f"one of {known}"))
    if currency.upper() not in CURRENCIES:
        known = ", ".join(sorted(CURRENCIES))
        problems.append(Problem("screen", 0, "--currency", repr(currency), f"one of {known}"))
    if problems:
        raise InputError("The six numbers cannot be used:", problems)
    return ScreenInputs(
        **{option.removeprefix("--").replace("-", "_"): numbers[option] for option in _OPTIONS},
        archetype=Archetype(kind),
        company=company,
        currency=currency.upper(),
    )


def screen_company(inputs: ScreenInputs, *, as_of: date) -> Screen:
    """Turn six numbers into margins, k* and runway, with what they leave open as a bound.

    The base takes AI spend as booked inside cost of revenue as far as it fits; the low end takes
    all of it as booked outside, which is the most frequent reason why a stated margin does not
    hold.

    Raises
    ------
    InputError
        When a number lies outside its range; all problems at once.
    """
    _require_sensible(inputs)
    register = AssumptionRegister.load(as_of)
    prior = register.get(f"inference_share_of_ai_spend_{inputs.archetype}")
    inside = analyse(screen_deal(inputs, as_of=as_of, prior=prior, booked="inside"))
    outside = analyse(screen_deal(inputs, as_of=as_of, prior=prior, booked="outside"))
    return Screen(
        inputs=inputs,
        analysis=inside,
        low_end=outside,
        results=_results(inputs, inside, outside),
        questions=_questions(inputs),
        priors=(prior,),
    )


def screen_deal(
    inputs: ScreenInputs,
    *,
    as_of: date,
    prior: Assumption,
    booked: Literal["inside", "outside"],
) -> Deal:
    """Write the six numbers as the books of one year, the way a deal folder would hold them."""
    period = trailing(_last_month_end(as_of), 12)
    share = prior.value if isinstance(prior.value, Decimal) else ONE
    inference = inputs.ai_spend * share
    cost_of_revenue = (ONE - inputs.gross_margin) * inputs.arr
    fits = min(inference, cost_of_revenue) if booked == "inside" else ZERO
    ledger = [
        _line(period, "Inference", Role.COST_OF_REVENUE, fits),
        _line(period, "Cost of revenue, other", Role.COST_OF_REVENUE, cost_of_revenue - fits),
        _line(period, "Inference outside COGS", Role.OTHER_OPERATING, inference - fits),
        _line(
            period, "Training compute", Role.RESEARCH_AND_DEVELOPMENT, inputs.ai_spend - inference
        ),
    ]
    return Deal(
        terms=DealTerms(
            company=inputs.company,
            archetype=inputs.archetype,
            as_of=as_of,
            reporting_currency=inputs.currency,
            exposures=_exposures(inputs.archetype),
        ),
        ledger=tuple(line for line in ledger if line.amount or line.role is Role.COST_OF_REVENUE),
        revenue=(RevenueLine(period=period, net=inputs.arr, source=_SOURCE),),
        cash=_cash_items(inputs, period),
    )


def _typed_number(text: str) -> Decimal:
    cleaned = text.strip().lower().replace("_", "")
    if cleaned.endswith("%"):
        return _exact(cleaned.removesuffix("%")) / 100
    for suffix in ("bn", "m", "k"):
        if cleaned.endswith(suffix):
            return _exact(cleaned.removesuffix(suffix)) * SCALES[suffix]
    return _exact(cleaned)


def _exact(text: str) -> Decimal:
    number = parse_amount(text)
    if number is None:
        raise AmountError(f"{text!r} is not a number")
    return number


def _line(period: Period, account: str, role: Role, amount: Decimal) -> LedgerLine:
    return LedgerLine(period=period, account=account, role=role, amount=amount, source=_SOURCE)


def _cash_items(inputs: ScreenInputs, period: Period) -> tuple[CashItem, ...]:
    return (
        CashItem(CashKind.CASH, "cash", period, inputs.cash, _SOURCE),
        CashItem(CashKind.MONTHLY_BURN, "net burn", period, inputs.burn, _SOURCE),
    )


def _exposures(archetype: Archetype) -> tuple[Exposure, ...]:
    source = f"default for {archetype}"
    if archetype is Archetype.GPU_CLOUD:
        return (
            Exposure("gpu_hours", "own", "own fleet", ONE, source=source),
            Exposure("gpu_hours", "sell", "customers", ONE, applies_to="revenue", source=source),
        )
    if archetype in _GPU_RENTERS:
        return (
            Exposure("gpu_hours", "rent", "GPU clouds", ONE, source=source),
            Exposure("gpu_hours", "rent", "GPU clouds", ONE, applies_to="training", source=source),
        )
    return (Exposure("tokens", "buy", "model suppliers", ONE, source=source),)


def _results(
    inputs: ScreenInputs, inside: DealAnalysis, outside: DealAnalysis
) -> tuple[ScreenResult, ...]:
    paid = inside.ladder.company.rung("paid").base
    paid_low = outside.ladder.company.rung("paid").base
    k_zero = [_k(analysis, "gross_margin_0") for analysis in (outside, inside)]
    k_half = [_k(analysis, "gross_margin_50") for analysis in (outside, inside)]
    runway = inside.runway.base_months
    new_arr = inputs.arr - inputs.arr / (1 + inputs.growth)
    burn_multiple = inputs.burn * 12 / new_arr if new_arr > 0 else None
    spend_share = inputs.ai_spend / inputs.arr
    bound = "bound: AI spend inside or outside cost of revenue"
    shortest = inside.stress.shortest_runway_doubled
    doubled = None if shortest is None else Decimal(str(shortest))
    return (
        ScreenResult("Paid gross margin", "percent", Range(paid_low, paid, paid), bound),
        ScreenResult(
            "k* to 0 % paid margin", "multiple", Range(k_zero[0], k_zero[1], k_zero[1]), bound
        ),
        ScreenResult(
            "k* to 50 % paid margin", "multiple", Range(k_half[0], k_half[1], k_half[1]), bound
        ),
        ScreenResult("AI spend / ARR", "percent", _point(spend_share), "point"),
        ScreenResult("Runway", "months", _point(runway), "point"),
        ScreenResult(
            "Runway if the most dangerous input doubles", "months", _point(doubled), "point"
        ),
        ScreenResult("Burn multiple", "ratio", _point(burn_multiple), "point", _BURN_NOTE),
    )


def _k(analysis: DealAnalysis, target: str) -> Decimal | None:
    found = dangerous_multiple(analysis.break_evens, target=target)
    return found.k if found else None


def _point(value: Decimal | None) -> Range:
    return Range(value, value, value)


def _questions(inputs: ScreenInputs) -> tuple[str, ...]:
    questions = [
        "Where is the model API and GPU bill booked: cost of revenue, software, R&D, marketing?",
        "Which share of tokens or GPU-hours serves users who do not pay?",
        "Which supplier prices are locked, until when, and what is the notice for a rise?",
        "Are credits netted in the AI spend, what is their balance and when do they expire?",
        "Cost export of every cloud and API account by project and month, last 24 months?",
    ]
    if inputs.archetype is Archetype.MODEL_LAB:
        questions.append("GPU-hours by workload: final runs, experiments, serving?")
    return tuple(questions)


def _require_sensible(inputs: ScreenInputs) -> None:
    checks = (
        ("--arr", inputs.arr, inputs.arr > 0, "an amount above 0"),
        ("--growth", inputs.growth, inputs.growth > -1, "a fraction above -1, 1.5 for 150 %"),
        ("--gross-margin", inputs.gross_margin, inputs.gross_margin < 1, "a fraction below 1"),
        ("--ai-spend", inputs.ai_spend, inputs.ai_spend >= 0, "an amount a year, 0 or more"),
        ("--cash", inputs.cash, inputs.cash >= 0, "an amount, 0 or more"),
    )
    problems = [
        Problem("screen", 0, option, str(value), expected)
        for option, value, is_fine, expected in checks
        if not is_fine
    ]
    if problems:
        raise InputError("The six numbers cannot be used:", problems)


def _last_month_end(day: date) -> date:
    following = day + timedelta(days=1)
    if following.day == 1:
        return day
    return day.replace(day=1) - timedelta(days=1)


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
