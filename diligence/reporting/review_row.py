"""One company's row of the quarterly review, as a memo run leaves it in summary.json."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from diligence.analysis import DealAnalysis
from diligence.analysis.deal_break_evens import dangerous_multiple
from diligence.analysis.supplier_exposure import SupplierExposure, supplier_exposures
from diligence.assumptions import ExchangeRates
from diligence.errors import UnitError
from diligence.portfolio.common_market import packed
from diligence.stress.market_model import price_processes
from diligence.stress.scenario_results import ScenarioOutcome

CALENDAR_DAYS = timedelta(days=366)
_USD = "USD"


@dataclass(frozen=True)
class BoughtModel:
    """A model whose tokens a company buys; ``usd_per_month`` is None without an exchange rate."""

    model: str
    usd_per_month: float | None


@dataclass(frozen=True)
class DatedTerm:
    """A lock, cliff or minimum that ends on a day."""

    day: date
    what: str


@dataclass(frozen=True)
class ReviewRow:
    """One company in the review; None where a figure is not known.

    Margins, shares and probabilities are fractions. Money is in the company's reporting currency;
    ``usd_rate`` is the dollars that one unit of it is worth on the as-of day. ``cash_out_12`` and
    ``cash_out_36`` hold one bit a path of the market (``portfolio.common_market.unpacked``), and
    ``market`` names the draw: rows of one name met the same prices, path by path.
    ``supplier_concentration`` is the Herfindahl index after look-through.
    """

    company: str
    is_fictional: bool
    period: str
    books_to: str
    verdict: str
    currency: str
    usd_rate: float | None
    reported_margin: float | None
    paid_margin: float | None
    paid_low: float | None
    paid_high: float | None
    paid_kind: str
    fully_loaded_margin: float | None
    loaded_low: float | None
    loaded_high: float | None
    loaded_kind: str
    break_even_input: str
    break_even_0: float | None
    break_even_50: float | None
    horizon_months: int
    runway_months: float | None
    runway_status: str
    runway_at_2x_months: float | None
    worst_scenario: str
    runway_worst_months: float | None
    market: str
    paths: int
    p_cash_out_12: float | None
    cash_out_12: str | None
    cash_out_36: str | None
    position: float | None
    capital_needed: float | None
    capital_needed_doubled: float | None
    supplier_concentration: float | None
    suppliers: tuple[SupplierExposure, ...]
    models: tuple[BoughtModel, ...]
    calendar: tuple[DatedTerm, ...]
    unresolved_share: float
    run_id: str

    def to_json(self) -> dict[str, Any]:
        """Plain values; missing figures are null."""
        found = dataclasses.asdict(self)
        return {name: _plain(value) for name, value in found.items()}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> ReviewRow:
        """Read what :meth:`to_json` wrote."""
        suppliers = [
            {**entry, "lock_until": _day(entry["lock_until"])} for entry in content["suppliers"]
        ]
        nested = {
            "suppliers": tuple(SupplierExposure(**entry) for entry in suppliers),
            "models": tuple(BoughtModel(**entry) for entry in content["models"]),
            "calendar": tuple(
                DatedTerm(date.fromisoformat(entry["day"]), entry["what"])
                for entry in content["calendar"]
            ),
        }
        return cls(**{**content, **nested})


def review_row(analysis: DealAnalysis, *, run_id: str) -> ReviewRow:
    """Condense an analysis to its row."""
    paid, loaded = (analysis.ladder.rung(name) for name in ("paid", "fully_loaded"))
    at_zero = dangerous_multiple(analysis.break_evens, target="gross_margin_0")
    at_half = dangerous_multiple(analysis.break_evens, target="gross_margin_50")
    worst = _worst(analysis)
    future = analysis.future.simulation
    within_year = future.p_cash_out(12)
    exposures = supplier_exposures(analysis.deal, analysis.future, analysis.register)
    rate = _usd_rate(analysis)
    return ReviewRow(
        company=analysis.company,
        is_fictional=analysis.deal.terms.fictional,
        period=analysis.period.label,
        books_to=max(result.period.end for result in analysis.history).isoformat(),
        verdict=analysis.verdict.name,
        currency=analysis.deal.terms.reporting_currency,
        usd_rate=rate,
        reported_margin=_number(analysis.ladder.rung("reported").base),
        paid_margin=_number(paid.base),
        paid_low=_number(paid.low),
        paid_high=_number(paid.high),
        paid_kind=paid.kind,
        fully_loaded_margin=_number(loaded.base),
        loaded_low=_number(loaded.low),
        loaded_high=_number(loaded.high),
        loaded_kind=loaded.kind,
        break_even_input=at_zero.input if at_zero else "",
        break_even_0=_number(at_zero.k) if at_zero else None,
        break_even_50=_number(at_half.k) if at_half else None,
        horizon_months=analysis.horizon_months,
        runway_months=_number(analysis.runway.base_months),
        runway_status=analysis.baseline.runway_status,
        runway_at_2x_months=analysis.stress.shortest_runway_doubled,
        worst_scenario=worst.scenario.title if worst else "",
        runway_worst_months=worst.stated.runway_months if worst else None,
        market=_market(analysis),
        paths=future.paths,
        p_cash_out_12=within_year.value if within_year else None,
        cash_out_12=_cash_out(analysis, 12),
        cash_out_36=_cash_out(analysis, 36),
        position=exposures.position,
        capital_needed=exposures.capital_needed,
        capital_needed_doubled=exposures.capital_needed_doubled,
        supplier_concentration=exposures.concentration,
        suppliers=exposures.by_supplier,
        models=tuple(_models(analysis, rate)),
        calendar=tuple(sorted(_calendar(analysis), key=lambda term: (term.day, term.what))),
        unresolved_share=float(analysis.unresolved_share),
        run_id=run_id,
    )


def _worst(analysis: DealAnalysis) -> ScenarioOutcome | None:
    """The scenario under which cash ends first; None where it never does."""
    ending = [
        outcome
        for outcome in analysis.future.scenarios.outcomes
        if outcome.stated.runway_months is not None
    ]
    return min(ending, key=lambda outcome: outcome.stated.months_or_beyond, default=None)


def _market(analysis: DealAnalysis) -> str:
    future = analysis.future.simulation
    drawn = (price_processes(analysis.register), future.months, future.paths, future.seed)
    return hashlib.sha256(repr(drawn).encode()).hexdigest()[:12]


def _cash_out(analysis: DealAnalysis, month: int) -> str | None:
    future = analysis.future.simulation
    runway = future.results.runway_months
    return None if runway is None or future.months < month else packed(runway <= month)


def _usd_rate(analysis: DealAnalysis) -> float | None:
    terms = analysis.deal.terms
    try:
        worth, _ = ExchangeRates.load().convert_balance(
            Decimal(1), terms.reporting_currency, _USD, terms.as_of
        )
    except UnitError:
        return None
    return float(worth)


def _models(analysis: DealAnalysis, rate: float | None) -> Iterator[BoughtModel]:
    lines = [line for part in analysis.model.segments for line in part.lines]
    for model in sorted({line.key.model for line in lines if line.key.side == "buy"} - {""}):
        spend = sum(line.cost for line in lines if line.key.model == model)
        yield BoughtModel(model, None if rate is None else spend * rate)


def _calendar(analysis: DealAnalysis) -> Iterator[DatedTerm]:
    start = analysis.deal.terms.as_of
    return (term for term in _terms(analysis) if start < term.day <= start + CALENDAR_DAYS)


def _terms(analysis: DealAnalysis) -> Iterator[DatedTerm]:
    locks = {
        (exposure.lock_until, exposure.supplier)
        for exposure in analysis.deal.terms.exposures
        if exposure.lock_until is not None
    }
    for day, supplier in locks:
        yield DatedTerm(day, f"price lock of {supplier} ends")
    found = analysis.commitments
    for credit in found.credits:
        if credit.cliff and credit.cliff.last_day:
            yield DatedTerm(credit.cliff.last_day, f"credits of {credit.supplier} end")
    for prepaid in found.prepaid:
        if prepaid.expires:
            yield DatedTerm(prepaid.expires, f"prepaid balance at {prepaid.supplier} expires")
    for schedule in found.schedules:
        yield DatedTerm(schedule.months[-1][0].end, f"minimum of {schedule.supplier} ends")


def _plain(value: object) -> object:
    match value:
        case date():
            return value.isoformat()
        case dict():
            return {name: _plain(entry) for name, entry in value.items()}
        case tuple() | list():
            return [_plain(entry) for entry in value]
        case _:
            return value


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
