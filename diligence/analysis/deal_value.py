"""The position of a deal in value, and what a way to self-host is worth to the company."""

from __future__ import annotations

import math
from dataclasses import dataclass

from diligence.assumptions import AssumptionRegister
from diligence.inputs.deal import Deal
from diligence.projections import CompanyModel, Projection
from diligence.projections.revenue_growth import revenue_growth
from diligence.projections.runway import RunwayTable
from diligence.stress.market_model import company_noise, price_processes
from diligence.stress.shock_sizes import year_sd
from diligence.stress.simulation import Simulation
from diligence.units import format_percent
from diligence.valuation import (
    CompanyCase,
    SelfHostOption,
    Valuation,
    ValuationAssumptions,
    self_host_option,
    value,
)
from diligence.valuation.self_host_option import PriceOutlook


@dataclass(frozen=True)
class SelfHostWorth:
    """Worth of keeping a way to serve one supplier's work on own GPUs; reporting currency."""

    supplier: str
    share: float
    option: SelfHostOption

    def summary(self) -> str:
        """Worth and trigger in words."""
        return f"{self.supplier}, {format_percent(self.share, 0)} of it: {self.option.summary()}"


def position_value(
    deal: Deal,
    register: AssumptionRegister,
    runway: RunwayTable,
    simulation: Simulation,
    *,
    baseline: Projection,
    doubled: Projection,
) -> Valuation:
    """Value the position from the baseline and from all bought prices doubled.

    Parameters
    ----------
    deal, register, runway, simulation
        What was read and computed before; the chance of running out of cash is the simulation's.
    baseline, doubled
        Projections of the company as it answers, without levers.
    """
    terms = deal.terms
    seen = revenue_growth(deal.revenue)
    growth = None if seen is None else seen.per_year
    new_money = float(terms.round.primary or 0)
    chance = simulation.p_cash_out(simulation.months)
    return value(
        terms.round,
        base=CompanyCase.of(
            baseline,
            growth=growth,
            new_money=new_money,
            p_cash_out=None if chance is None else chance.value,
        ),
        stressed=CompanyCase.of(doubled, growth=growth, new_money=new_money),
        assumed=ValuationAssumptions.of(register),
        on=terms.round.decision_date or terms.as_of,
        cash=runway.base_cash.amount if runway.base_cash else None,
        debt=terms.cash.debt,
        earlier=terms.earlier_classes,
        currency=terms.reporting_currency,
    )


def self_host_worth(model: CompanyModel, register: AssumptionRegister) -> tuple[SelfHostWorth, ...]:
    """Worth of each self-host path of the model, at the market's own uncertainty."""
    processes, noise = price_processes(register), company_noise(register)
    tokens, rent = processes["tokens"], processes["gpu_hours"]
    found = []
    for plan in model.self_host:
        bought = sum(
            line.paid + line.unpaid
            for part in model.segments
            for line in part.lines
            if (line.key.input, line.key.supplier) == (plan.input, plan.supplier)
        )
        own = math.ceil(plan.gpus) * plan.gpu_cost_per_month + plan.fixed_per_month
        if not bought or not own:
            continue
        option = self_host_option(
            plan.share * bought,
            own,
            api=PriceOutlook(year_sd(tokens), tokens.drift),
            self_host=PriceOutlook(year_sd(rent), rent.drift),
            switching_cost=plan.switching_cost,
            volume_volatility=math.hypot(
                noise.usage_sd_per_month * 12**0.5, noise.growth_sd_per_year
            ),
        )
        found.append(SelfHostWorth(plan.supplier, plan.share, option))
    return tuple(found)
