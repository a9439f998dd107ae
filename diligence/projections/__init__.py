"""Joins costs and prices: what is exposed to whose price, the run rate, and the months ahead."""

from diligence.projections.company_build import company_model
from diligence.projections.company_model import CompanyModel, PriceKey
from diligence.projections.cost_elasticity import CostElasticity, cost_elasticity
from diligence.projections.exposure import Exposed, PricedInput, exposed, priced_inputs
from diligence.projections.levers import CompanyLevers, company_levers, levers_in_place
from diligence.projections.model_mix import ModelMix, deal_model_mix, model_mix
from diligence.projections.model_price_history import ModelPriceHistory, model_price_history
from diligence.projections.price_caps import PriceCaps, price_caps
from diligence.projections.price_fall_keeper import PriceFallKeeper, who_keeps_the_price_fall
from diligence.projections.price_floors import PriceFloors, price_floors
from diligence.projections.projection import Projection, price_shock, project
from diligence.projections.red_lines import (
    RedLine,
    RedLines,
    check_red_lines,
    load_red_lines,
    red_line_values,
)
from diligence.projections.response_terms import response_assumptions, with_stated_responses
from diligence.projections.runway import (
    BurnDefinition,
    CashDefinition,
    RunwayTable,
    runway_table,
)
from diligence.projections.unit_cost_history import UnitCostHistory, unit_cost_history
from diligence.projections.unit_cost_trajectory import UnitCostTrajectory, unit_cost_trajectory
from diligence.projections.unit_costs import UnitCosts, unit_costs
from diligence.projections.usage_scale import PlanRevenue, UsageScale, scale_usage
from diligence.projections.user_economics import UserEconomics, user_economics

__all__ = [
    "BurnDefinition",
    "CashDefinition",
    "CompanyLevers",
    "CompanyModel",
    "CostElasticity",
    "Exposed",
    "ModelMix",
    "ModelPriceHistory",
    "PlanRevenue",
    "PriceCaps",
    "PriceFallKeeper",
    "PriceFloors",
    "PriceKey",
    "PricedInput",
    "Projection",
    "RedLine",
    "RedLines",
    "RunwayTable",
    "UnitCostHistory",
    "UnitCostTrajectory",
    "UnitCosts",
    "UsageScale",
    "UserEconomics",
    "check_red_lines",
    "company_levers",
    "company_model",
    "cost_elasticity",
    "deal_model_mix",
    "exposed",
    "levers_in_place",
    "load_red_lines",
    "model_mix",
    "model_price_history",
    "price_caps",
    "price_floors",
    "price_shock",
    "priced_inputs",
    "project",
    "red_line_values",
    "response_assumptions",
    "runway_table",
    "scale_usage",
    "unit_cost_history",
    "unit_cost_trajectory",
    "unit_costs",
    "user_economics",
    "who_keeps_the_price_fall",
    "with_stated_responses",
]
