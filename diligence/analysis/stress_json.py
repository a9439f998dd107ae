"""The JSON of ``diligence stress``: keys may be added, never renamed; a missing value is null."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
from typing import Any

from diligence.analysis.deal_analysis import DealAnalysis
from diligence.analysis.stress_analysis import StressAnalysis
from diligence.inputs.deal import Exposure
from diligence.projections import PricedInput, PriceKey
from diligence.stress import BreakEven
from diligence.stress.break_even import Target
from diligence.stress.reverse_stress import ReverseStress
from diligence.stress.simulation import Simulation
from diligence.valuation import CaseValue, Valuation


def stress_json(analysis: DealAnalysis) -> dict[str, Any]:
    """Shape of ``diligence stress --json``."""
    runway, future = analysis.runway, analysis.future
    cover = runway.operating_loss_cover_months
    return {
        "company": analysis.company,
        "baseline": {
            **analysis.stress.baseline.to_json(),
            "operating_loss_cover_months": _number(cover),
            "needs": runway.needs,
        },
        "scenarios": [
            *(outcome.to_json() for outcome in future.scenarios.outcomes),
            *(result.to_json() for result in analysis.stress.scenarios if not future.options.names),
        ],
        "reverse": {
            "break_even_price_multiple": [_break_even(found) for found in analysis.break_evens],
            "by_supplier": _by_supplier(analysis),
            "joint_shock": future.joint.to_json() if future.joint else None,
            **{
                name: found
                for name, found in future.reverse.to_json().items()
                if name in ("break_points", "first_moves", "reached")
            },
        },
        "simulation": _simulation(future.simulation),
        "sensitivity": future.sensitivity.to_json()["assumptions"] if future.sensitivity else [],
        "attribution": _attribution(future),
        "self_host": [
            {
                "supplier": worth.supplier,
                "share": worth.share,
                "worth_per_month": worth.option.per_month,
                "trigger_multiple": worth.option.trigger_multiple,
            }
            for worth in future.self_host
        ],
        "valuation": _valuation(future.valuation),
        "verdict": {"name": analysis.verdict.name, "rule": analysis.verdict.rule},
    }


def _by_supplier(analysis: DealAnalysis) -> list[dict[str, Any]]:
    """Every exposure with its share and lock, and what its supplier alone can do."""
    losses = {loss.supplier: loss for loss in analysis.future.suppliers.losses}
    reverse = analysis.future.reverse
    return [
        {
            "input": priced.label,
            "side": priced.side,
            "supplier": exposure.supplier,
            "applies_to": exposure.applies_to,
            "share": _number(exposure.share),
            "lock_until": exposure.lock_until.isoformat() if exposure.lock_until else None,
            "k_gross_margin_0": _k(reverse, priced, exposure, "paid", "gross_margin_0"),
            "k_gross_margin_50": _k(reverse, priced, exposure, "paid", "gross_margin_50"),
            "k_runway_12m": _k(reverse, priced, exposure, "cash", "runway_12m"),
            "doubled": losses[exposure.supplier].to_json() if exposure.supplier in losses else None,
        }
        for priced in analysis.inputs
        for exposure in priced.exposures
    ]


def _k(
    reverse: ReverseStress, priced: PricedInput, exposure: Exposure, rung: str, target: Target
) -> float | None:
    key = PriceKey(priced.input, priced.side, exposure.supplier)
    found = reverse.find(key, rung=rung, target=target)
    return None if found is None else found.k


def _simulation(simulation: Simulation) -> dict[str, Any]:
    chances = {
        str(month): simulation.p_cash_out(month)
        for month in (12, 24, 36)
        if month <= simulation.months
    }
    runway = simulation.quantiles("runway_months", (0.05, 0.5, 0.95))
    margin = simulation.quantiles("paid_margin", (0.05, 0.5, 0.95))
    return {
        "paths": simulation.paths,
        "seed": simulation.seed,
        "p_cash_out": {month: found.value if found else None for month, found in chances.items()},
        "standard_error": {
            month: found.standard_error if found else None for month, found in chances.items()
        },
        "runway_months": _levels(runway),
        "gross_margin": _levels(margin),
        "status": "simulated" if simulation.results.cash is not None else "needs cash and burn",
    }


def _levels(quantiles: Mapping[float, float] | None) -> dict[str, float | None]:
    """Quantiles as p5, p50 and p95; null beyond the horizon."""
    names = {0.05: "p5", 0.5: "p50", 0.95: "p95"}
    if quantiles is None:
        return dict.fromkeys(names.values())
    return {
        name: found if isfinite(found := quantiles[level]) else None
        for level, name in names.items()
    }


def _attribution(future: StressAnalysis) -> dict[str, Any] | None:
    if future.attribution is None:
        return None
    return {
        "scenario": future.attribution.scenario.name,
        **future.attribution.loss.to_json(),
    }


def _valuation(valuation: Valuation) -> dict[str, Any]:
    return {
        "label": valuation.label,
        "needs": list(valuation.needs),
        "hurdle_multiple_of_money": valuation.hurdle,
        "exit_years": valuation.exit_years,
        "base": _case(valuation.base),
        "stressed": _case(valuation.stressed),
        "notes": list(valuation.notes),
    }


def _case(case: CaseValue) -> dict[str, Any]:
    return {
        "method": case.method,
        "position_value": case.position_value,
        "multiple_of_money": case.multiple_of_money,
        "multiple_as_converted": case.multiple_as_converted,
        "irr": case.irr,
        "change": case.change,
        "walk_away_post_money": case.walk_away.post_money,
        "walk_away_status": case.walk_away.status,
        "capital_needed": case.capital_needed,
        "dilution_to_survive": case.dilution_to_survive,
        "p_cash_out": case.p_cash_out,
    }


def _break_even(found: BreakEven) -> dict[str, Any]:
    return {
        "input": found.input,
        "side": found.side,
        "rung": found.rung,
        "segment": found.segment,
        "target": found.target,
        "k": _number(found.k),
        "low": _number(found.low),
        "high": _number(found.high),
        "status": found.status,
        "limit": found.limit,
        "pass_through": _number(found.pass_through),
        "note": found.note,
    }


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
