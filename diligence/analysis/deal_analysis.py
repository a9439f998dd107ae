"""The whole main path of one deal: split, ladder, exposure, stress, runway, verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from diligence.analysis.checks import (
    FactConflict,
    SpendRatio,
    StatementCheck,
    fact_conflicts,
    spend_ratios,
    statement_checks,
)
from diligence.analysis.commitments import Commitments, commitments
from diligence.analysis.deal_break_evens import runway_break_evens
from diligence.analysis.owned_gpus import owned_gpu_lives
from diligence.analysis.prices import (
    ModelPrice,
    model_prices,
    price_book,
    price_day,
    price_history,
    used_models,
)
from diligence.analysis.requests import OpenLine, Request, data_requests, open_lines
from diligence.analysis.stress_analysis import (
    STANDARD,
    StressAnalysis,
    StressOptions,
    stress_analysis,
    stress_assumptions,
)
from diligence.analysis.training import AmortisedMargin, amortised_margins
from diligence.analysis.trajectory import CostTrajectory, cost_trajectory
from diligence.analysis.unit_economics import UnitEconomics, unit_economics
from diligence.analysis.verdict import Verdict, grade_cost_quality
from diligence.analysis.verdict_metrics import verdict_metrics
from diligence.assumptions import Assumption, AssumptionRegister
from diligence.costs import (
    CostSplit,
    Coverage,
    DetailedBooks,
    MarginLadder,
    ScenarioAmount,
    ScopeLadder,
    analysis_periods,
    bill_coverage,
    detailed_books,
    headline_period,
    margin_ladder,
    split_books,
    split_costs,
)
from diligence.costs.depreciation import LifeSensitivity
from diligence.costs.margins import scenario_ladders
from diligence.errors import InputError
from diligence.inputs.deal import Deal, Role
from diligence.prices import PriceBook
from diligence.projections import (
    CompanyModel,
    PricedInput,
    PriceKey,
    Projection,
    RunwayTable,
    company_model,
    price_shock,
    priced_inputs,
    project,
    runway_table,
)
from diligence.projections.company_model import covers
from diligence.projections.model_price_history import ModelPriceHistory
from diligence.projections.response_modes import pass_through_only
from diligence.projections.response_terms import with_stated_responses
from diligence.projections.shocks import no_shock
from diligence.stress import (
    BreakEven,
    StressTest,
    break_even_multiples,
    stress_test,
)
from diligence.units import Period

USED_EVERYWHERE = (
    "serving_share_of_unresolved",
    "pass_through",
    "training_life_months",
    "target_gross_margin",
    "unresolved_share_limit",
    "reconciliation_limit",
    "reconciliation_amount",
    "runway_floor_months",
    "monthly_revenue_growth",
    "projection_months",
    "credits_booked_net",
    "credit_discount_available",
    "training_cycles_per_year",
    "training_cost_per_cycle",
)


@dataclass(frozen=True)
class PeriodResult:
    """Split and ladder of one period."""

    period: Period
    split: CostSplit
    ladder: MarginLadder


@dataclass(frozen=True)
class ScenarioMargin:
    """Fully loaded margin under one stated view of cost booked elsewhere."""

    amount: ScenarioAmount
    ladder: ScopeLadder


@dataclass(frozen=True)
class DealAnalysis:
    """Everything computed for one deal; every figure of a memo comes from here."""

    deal: Deal
    register: AssumptionRegister
    books: DetailedBooks
    coverage: Coverage
    units: UnitEconomics
    commitments: Commitments
    gpu_lives: LifeSensitivity | None
    headline: PeriodResult
    history: tuple[PeriodResult, ...]
    scenarios: tuple[ScenarioMargin, ...]
    inputs: tuple[PricedInput, ...]
    break_evens: tuple[BreakEven, ...]
    model: CompanyModel
    runway: RunwayTable
    baseline: Projection
    stress: StressTest
    pool_ends: tuple[CompanyModel, CompanyModel] | None
    inference_unknown: str
    stress_options: StressOptions
    amortised: tuple[AmortisedMargin, ...]
    trajectory: CostTrajectory
    prices: tuple[ModelPrice, ...]
    price_history: ModelPriceHistory | None
    checks: tuple[StatementCheck, ...]
    conflicts: tuple[FactConflict, ...]
    spend_ratios: tuple[SpendRatio, ...]
    verdict: Verdict

    @property
    def company(self) -> str:
        """Name of the company."""
        return self.deal.company

    @property
    def period(self) -> Period:
        """The period the memo leads with."""
        return self.headline.period

    @property
    def split(self) -> CostSplit:
        """Cost split of the headline period."""
        return self.headline.split

    @property
    def ladder(self) -> MarginLadder:
        """Margin ladder of the headline period."""
        return self.headline.ladder

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """Assumptions that results of this analysis used: those with a value, by name."""
        stressed = stress_assumptions(self.future, self.deal)
        moving = {name for name in stressed if self.register.get(name).value not in (None, 0)}
        names = sorted({*(found.name for found in self.book_assumptions), *moving})
        return tuple(self.register.get(name) for name in names)

    @property
    def book_assumptions(self) -> tuple[Assumption, ...]:
        """Assumptions of the split, the ladder and the run rate: those with a value, by name."""
        used = (self.register.get(name) for name in sorted(USED_EVERYWHERE))
        return tuple(assumption for assumption in used if assumption.value is not None)

    @cached_property
    def future(self) -> StressAnalysis:
        """Scenarios, reverse stress, simulation, floors and value; computed when first asked for.

        Raises
        ------
        InputError
            When a scenario is unknown or its file cannot be used.
        """
        return stress_analysis(
            self.deal,
            self.model,
            self.register,
            trajectory=self.trajectory,
            runway=self.runway,
            pool_ends=self.pool_ends,
            inference_unknown=self.inference_unknown,
            options=self.stress_options,
            months=self.horizon_months,
        )

    @property
    def horizon_months(self) -> int:
        """Months that projections reach."""
        return len(self.baseline.months)

    @property
    def unresolved_share(self) -> Decimal:
        """Share of operating cost that nobody can split yet."""
        total = self.split.total
        return self.split.unresolved / total if total else Decimal(0)

    @property
    def open_lines(self) -> tuple[OpenLine, ...]:
        """Unresolved and flagged lines of the headline period, largest first."""
        return open_lines(self.split.unresolved_lines)

    @property
    def requests(self) -> tuple[Request, ...]:
        """What to ask for next, by the range it would remove."""
        return data_requests(
            self.deal,
            open_items=self.open_lines,
            coverage=self.coverage,
            basis=self.ladder.company.basis,
            runway=self.runway.needs,
        )

    def projected(self, multiples: Mapping[str, float]) -> Projection:
        """Project the months ahead under price multiples, from the same start as the baseline."""
        keys = {priced.label: PriceKey(priced.input, priced.side) for priced in self.inputs}
        unknown = [label for label in multiples if label not in keys]
        if unknown:
            raise InputError(
                f"No priced input {unknown[0]!r}; the deal has {', '.join(keys) or 'none'}. "
                "State it under exposure in deal.yaml."
            )
        moved = {
            keys[label]: multiple
            for label, multiple in multiples.items()
            if any(covers(keys[label], key) for key in self.model.keys)
        }
        shock = price_shock(moved, months=self.horizon_months)
        return project(pass_through_only(self.model), shock)

    def break_even(
        self, *, input: str, rung: str, target: str, segment: str = ""
    ) -> BreakEven | None:
        """Return one k*, or None when the deal has no such input."""
        return next(
            (
                found
                for found in self.break_evens
                if (found.input, found.rung, found.target, found.segment)
                == (input, rung, target, segment)
            ),
            None,
        )

    def summary(self) -> str:
        """Company, verdict and ladder in a few lines."""
        return f"{self.company}: {self.verdict.summary()}\n{self.ladder.summary()}"

    def _repr_html_(self) -> str:
        return self.ladder._repr_html_()


@dataclass(frozen=True)
class FailedAnalysis:
    """A deal that could not be analysed, kept in a batch with its reason."""

    company: str
    folder: str
    reason: str

    def summary(self) -> str:
        """Company and first line of the reason."""
        return f"{self.company}: {self.reason.splitlines()[0]}"


def analyse(deal: Deal, *, stress_options: StressOptions = STANDARD) -> DealAnalysis:
    """Run the main path on one deal.

    Parameters
    ----------
    deal
        The deal as its folder states it.
    stress_options
        Scenarios to run, and size and seed of the simulation.

    Raises
    ------
    InputError
        When the books have no period with cost and revenue, a ruling or scenario cannot be
        applied, or an assumption is unknown.
    """
    register = AssumptionRegister.load(deal.terms.as_of).override(deal.overrides)
    books = detailed_books(deal, register)
    lines = split_books(deal, register, books)
    history = tuple(
        _period_result(deal, register, period, split)
        for period in analysis_periods(deal)
        for split in [split_costs(deal, register, period=period, lines=lines)]
    )
    headline_at = headline_period(deal)
    headline = next(result for result in history if result.period == headline_at)
    inputs = priced_inputs(deal, register)
    runway = runway_table(deal, operating_loss_per_month=_monthly_loss(headline))
    book = price_book(deal)
    models = used_models(deal, book)
    trajectory = cost_trajectory(deal, history, models=models, book=book)
    growth = float(_value(register, "monthly_revenue_growth"))
    basis = headline.ladder.company.basis
    model, *pool_ends = (
        with_stated_responses(
            company_model(
                headline.ladder,
                name=deal.company,
                period=headline_at,
                inputs=inputs,
                start=deal.terms.as_of,
                runway=runway,
                growth=growth,
                pool_share=share,
            ),
            deal,
            register,
            prices=PriceBook.load().as_of(price_day(deal), known_on=price_day(deal)),
            lines=headline.split.lines,
        )
        for share in (None, *((basis.pool_share_low, basis.pool_share_high) if basis.pool else ()))
    )
    inference_unknown = _inference_unknown(headline.split)
    break_evens = (
        *break_even_multiples(headline.ladder, inputs, inference_unknown=inference_unknown),
        *runway_break_evens(
            model, inputs, runway, floor_months=_whole(register, "runway_floor_months")
        ),
    )
    months = _whole(register, "projection_months")
    stress = stress_test(model, months=months)
    held = runway.base_cash.amount if runway.base_cash else None
    return DealAnalysis(
        deal=deal,
        register=register,
        books=books,
        coverage=bill_coverage(deal, lines),
        units=unit_economics(
            deal,
            register,
            lines=lines,
            headline=headline.split.lines,
            basis=headline.ladder.company.basis,
        ),
        commitments=commitments(
            deal, register, lines=lines, headline=headline.split.lines, unrestricted_cash=held
        ),
        gpu_lives=owned_gpu_lives(
            deal,
            headline.split.lines,
            period=headline_at,
            revenue=headline.ladder.company.basis.revenue,
        ),
        headline=headline,
        history=history,
        scenarios=tuple(
            ScenarioMargin(amount, ladder)
            for amount, ladder in scenario_ladders(deal, headline.split, register)
        ),
        inputs=inputs,
        break_evens=break_evens,
        model=model,
        runway=runway,
        baseline=project(pass_through_only(model), no_shock(months)),
        stress=stress,
        pool_ends=(pool_ends[0], pool_ends[1]) if pool_ends else None,
        inference_unknown=inference_unknown,
        stress_options=stress_options,
        amortised=amortised_margins(deal, headline.ladder, register, period=headline_at),
        trajectory=trajectory,
        prices=model_prices(deal, book),
        price_history=price_history(deal, models, book),
        checks=statement_checks(
            deal, reconciliation_limit=_value(register, "reconciliation_limit")
        ),
        conflicts=fact_conflicts(deal),
        spend_ratios=spend_ratios(deal),
        verdict=grade_cost_quality(
            verdict_metrics(headline.split, headline.ladder, break_evens, stress)
        ),
    )


def _period_result(
    deal: Deal, register: AssumptionRegister, period: Period, split: CostSplit
) -> PeriodResult:
    return PeriodResult(period, split, margin_ladder(deal, split, register))


def _inference_unknown(split: CostSplit) -> str:
    undivided = [
        line.line.account
        for line in split.lines
        if line.unresolved
        and line.line.role is Role.COST_OF_REVENUE
        and "inference_opex" in line.item.alternatives
        and not line.could_serve_or_train
    ]
    if not undivided:
        return ""
    return f"the inference share of {' and '.join(sorted(set(undivided)))}"


def _monthly_loss(headline: PeriodResult) -> Decimal | None:
    """Operating loss a month as booked, credits not added back; None when cost is missing."""
    operating = headline.ladder.rung("operating")
    if operating.cost_base is None:
        return None
    booked = operating.cost_base - headline.ladder.company.basis.added_to_books
    return (booked - operating.revenue) / headline.period.months


def _value(register: AssumptionRegister, name: str) -> Decimal:
    value = register.get(name).value
    if not isinstance(value, Decimal):
        raise InputError(f"The assumption {name!r} has no number; state one in assumptions.yaml.")
    return value


def _whole(register: AssumptionRegister, name: str) -> int:
    return int(_value(register, name))
