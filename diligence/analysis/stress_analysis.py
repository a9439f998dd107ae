"""A deal under stress: scenarios, reverse stress, futures of one market, floors and value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from diligence.analysis.deal_value import SelfHostWorth, position_value, self_host_worth
from diligence.analysis.prices import price_day
from diligence.analysis.trajectory import CostTrajectory
from diligence.assumptions import AssumptionRegister
from diligence.inputs.deal import Deal
from diligence.prices import PriceBook
from diligence.prices.supplier_margins import SupplierMargins
from diligence.projections import CompanyModel, PriceKey, Projection, price_shock, project
from diligence.projections.model_mix import deal_model_mix
from diligence.projections.price_caps import PriceCaps, price_caps
from diligence.projections.price_floors import PriceFloors, price_floors
from diligence.projections.response_modes import without_levers
from diligence.projections.response_terms import response_assumptions
from diligence.projections.runway import RunwayTable
from diligence.projections.shocks import Shock, no_shock
from diligence.stress.assumption_changes import Variation
from diligence.stress.joint_shock import JointShock, joint_shock
from diligence.stress.loss_attribution import LossAttribution, attribute_loss
from diligence.stress.market_draw import draw_market
from diligence.stress.market_model import (
    NOISE_ASSUMPTIONS,
    company_noise,
    market_assumptions,
    price_processes,
)
from diligence.stress.mitigation_map import MitigationMap, mitigation_map
from diligence.stress.model_break_even import exposed_lines
from diligence.stress.pass_through import theoretical_pass_through
from diligence.stress.price_stress import moving_inputs
from diligence.stress.reverse_stress import ReverseStress, reverse_stress
from diligence.stress.scenario_files import find_scenarios, read_scenarios, shipped_scenarios
from diligence.stress.scenario_results import ScenarioTable, run_scenarios
from diligence.stress.scenarios import Scenario
from diligence.stress.sensitivity import Sensitivity, sensitivity
from diligence.stress.shock_sizes import shock_sizes
from diligence.stress.simulation import Simulation, simulate
from diligence.stress.supplier_loss import SupplierLosses, supplier_losses
from diligence.valuation import (
    Valuation,
)
from diligence.valuation.assumptions import USED as VALUATION_ASSUMPTIONS

PATHS = 10_000
SEED = 20_260_630
"""Seed of the common market: every holding meets the same draw."""
DOUBLED = 2.0
MEASURED = (0.9, 1.1)
"""Range of a figure of the books in the sensitivities."""


@dataclass(frozen=True)
class StressOptions:
    """What an analyst may choose: scenarios by name (all when empty), paths and seed."""

    names: tuple[str, ...] = ()
    paths: int = PATHS
    seed: int = SEED


STANDARD = StressOptions()


@dataclass(frozen=True)
class Attribution:
    """What the scenario that costs most gross profit costs, cause by cause."""

    scenario: Scenario
    loss: LossAttribution


@dataclass(frozen=True)
class StressAnalysis:
    """Everything a memo prints about one deal's prices moving.

    ``key`` is the bought or rented input that most money moves with; what needs one (map,
    sensitivity) is None without. ``joint`` is None where no shock of any size breaks the margin.
    """

    options: StressOptions
    model: CompanyModel
    key: PriceKey | None
    scenarios: ScenarioTable
    reverse: ReverseStress
    joint: JointShock | None
    mitigation: MitigationMap | None
    sensitivity: Sensitivity | None
    attribution: Attribution | None
    suppliers: SupplierLosses
    simulation: Simulation
    floors: PriceFloors | None
    caps: PriceCaps | None
    baseline: Projection
    doubled: Projection
    valuation: Valuation
    self_host: tuple[SelfHostWorth, ...]

    def summary(self) -> str:
        """Reverse stress first, then scenarios, chances and value."""
        return "\n\n".join(
            part.summary()
            for part in (self.reverse, self.scenarios, self.simulation, self.valuation)
        )

    def _repr_html_(self) -> str:
        return self.scenarios._repr_html_()


def stress_analysis(
    deal: Deal,
    model: CompanyModel,
    register: AssumptionRegister,
    *,
    trajectory: CostTrajectory,
    runway: RunwayTable,
    pool_ends: tuple[CompanyModel, CompanyModel] | None = None,
    inference_unknown: str = "",
    options: StressOptions = STANDARD,
    months: int = 36,
) -> StressAnalysis:
    """Run a deal through reverse stress, scenarios, simulation and value.

    Parameters
    ----------
    deal, register, trajectory, runway
        What was read and computed before.
    model
        One month of the company, with its responses.
    pool_ends
        The same company when none and when all of its unresolved pool serves.
    inference_unknown
        What is missing when the books do not say how much of their cost is inference.
    options
        Scenarios to run, and size and seed of the simulation.
    months
        Months ahead.

    Raises
    ------
    InputError
        When a scenario is unknown, its file has a problem or it starts before the analysis.
    """
    after = deal.terms.as_of
    chosen = chosen_scenarios(deal, options.names)
    table = run_scenarios(model, chosen, after=after, months=months)
    simulation = _simulation(model, register, trajectory, options, months)
    answering = without_levers(model)
    baseline = project(answering, no_shock(months))
    doubled = project(answering, _all_bought(model, months))
    key = _largest(model)
    floors, caps = _floors(deal, model, register)
    return StressAnalysis(
        options=options,
        model=model,
        key=key,
        scenarios=table,
        reverse=reverse_stress(
            model,
            after=after,
            scenarios=chosen,
            months=months,
            inference_unknown=inference_unknown,
            pool_ends=pool_ends,
        ),
        joint=joint_shock(answering, shock_sizes(register)) if key and model.revenue > 0 else None,
        mitigation=mitigation_map(model, key) if key and model.revenue > 0 else None,
        sensitivity=_sensitivity(model, key, register, deal, pool_ends) if key else None,
        attribution=_attribution(answering, table, deal, months),
        suppliers=supplier_losses(answering, months=months),
        simulation=simulation,
        floors=floors,
        caps=caps,
        baseline=baseline,
        doubled=doubled,
        valuation=position_value(
            deal, register, runway, simulation, baseline=baseline, doubled=doubled
        ),
        self_host=self_host_worth(model, register),
    )


def stress_assumptions(analysis: StressAnalysis, deal: Deal) -> tuple[str, ...]:
    """Names of the register that the stress of this deal stands on."""
    inputs = sorted({key.input for key in analysis.model.keys})
    return (
        *response_assumptions(deal.terms.archetype),
        *(name for input in inputs for name in market_assumptions(input)),
        *NOISE_ASSUMPTIONS,
        *(VALUATION_ASSUMPTIONS if not analysis.valuation.needs else ()),
        "supplier_target_margin",
    )


def chosen_scenarios(deal: Deal, names: Sequence[str] = ()) -> tuple[Scenario, ...]:
    """Scenarios by name, or all: the deal's own first, then those that travel with the package."""
    shipped = shipped_scenarios()
    own = read_scenarios(deal.scenarios, known=shipped) if deal.scenarios else ()
    return find_scenarios(names, own=own) if names else (*own, *shipped.values())


def _simulation(
    model: CompanyModel,
    register: AssumptionRegister,
    trajectory: CostTrajectory,
    options: StressOptions,
    months: int,
) -> Simulation:
    market = draw_market(
        price_processes(register),
        model.keys,
        months=months,
        paths=options.paths,
        seed=options.seed,
    )
    noise = company_noise(register, unit_cost_sd_per_month=_unit_cost_sd(trajectory))
    (found,) = simulate([model], market, seed=options.seed, noise=[noise])
    return found


def _unit_cost_sd(trajectory: CostTrajectory) -> float | None:
    """Noise of the fitted unit cost, log per month; None where the books give no unit cost."""
    if trajectory.fit is None or not trajectory.is_unit_cost:
        return None
    return float(trajectory.fit.volatility_per_sqrt_year) / 12**0.5


def _all_bought(model: CompanyModel, months: int) -> Shock:
    """Every bought or rented price doubled from the first month on, locks apart."""
    return price_shock(dict.fromkeys(_bought(model), DOUBLED), months=months)


def _bought(model: CompanyModel) -> tuple[PriceKey, ...]:
    return tuple(key for key in moving_inputs(model) if key.side in ("buy", "rent"))


def _largest(model: CompanyModel) -> PriceKey | None:
    def paid(key: PriceKey) -> float:
        return sum(line.paid for line in exposed_lines(model, key))

    found = max(_bought(model), key=paid, default=None)
    return found if found is not None and paid(found) > 0 else None


def _sensitivity(
    model: CompanyModel,
    key: PriceKey,
    register: AssumptionRegister,
    deal: Deal,
    pool_ends: tuple[CompanyModel, CompanyModel] | None,
) -> Sensitivity:
    archetype = deal.terms.archetype.value
    answering = without_levers(model)
    ranges = {
        "pass_through": (0.0, _most_passed_on(model, key, register)),
        "price_elasticity": _ends(register, f"price_elasticity_{archetype}", (0.0, 2.5)),
        "growth": (model.growth - 0.02, model.growth + 0.02),
        "other_cost": MEASURED,
        "exposed_cost": MEASURED,
    }
    if model.cash is not None:
        ranges |= {"cash": MEASURED, "burn": MEASURED}
    also = [Variation("levers", 0.0, 1.0, answering, model)] if model.levers else []
    if pool_ends is not None:
        none_serves, all_serve = (without_levers(end) for end in pool_ends)
        also.append(Variation("unresolved_pool", 0.0, 1.0, none_serves, all_serve))
    return sensitivity(answering, ranges, key=key, multiple=DOUBLED, also=also)


def _most_passed_on(model: CompanyModel, key: PriceKey, register: AssumptionRegister) -> float:
    """Upper end of pass-through: twice what the deal states, else the register's or theory's."""
    stated = max((line.pass_through for line in exposed_lines(model, key)), default=0.0)
    if stated:
        return min(1.0, 2.0 * stated)
    return _ends(register, "pass_through", (0.0, theoretical_pass_through("linear")))[1]


def _ends(
    register: AssumptionRegister, name: str, default: tuple[float, float]
) -> tuple[float, float]:
    """Low and high of an assumption; the default where it states none."""
    stated = register.get(name)
    if stated.low is None or stated.high is None:
        return default
    return float(stated.low), float(stated.high)


def _attribution(
    model: CompanyModel, table: ScenarioTable, deal: Deal, months: int
) -> Attribution | None:
    worst = min(table.outcomes, key=lambda found: found.stated.gross_profit, default=None)
    if worst is None or worst.stated.gross_profit >= table.baseline.gross_profit:
        return None
    shock = worst.scenario.shock(model.keys, months=months, after=deal.terms.as_of)
    return Attribution(worst.scenario, attribute_loss(model, shock))


def _floors(
    deal: Deal, model: CompanyModel, register: AssumptionRegister
) -> tuple[PriceFloors | None, PriceCaps | None]:
    """Ladders and caps of what the company buys; None where it buys no serving."""
    if _largest(model) is None:
        return None, None
    day = price_day(deal)
    prices = PriceBook.load().as_of(day, known_on=day)
    mix = deal_model_mix(model, deal, prices=prices)
    return (
        price_floors(mix, register=register, margins=SupplierMargins.known(day)),
        price_caps(mix, prices=prices, register=register),
    )
