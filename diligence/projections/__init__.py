"""Joins costs and prices: what is exposed to whose price, the run rate, and the months ahead."""

from diligence.projections.exposure import Exposed, PricedInput, exposed, priced_inputs
from diligence.projections.projection import Projection, project
from diligence.projections.red_lines import (
    RedLine,
    RedLines,
    check_red_lines,
    load_red_lines,
    red_line_values,
)
from diligence.projections.run_rate import RunRate, run_rate
from diligence.projections.runway import (
    BurnDefinition,
    CashDefinition,
    RunwayTable,
    runway_table,
)
from diligence.projections.unit_costs import UnitCosts, unit_costs
from diligence.projections.usage_scale import PlanRevenue, UsageScale, scale_usage
from diligence.projections.user_economics import UserEconomics, user_economics

__all__ = [
    "BurnDefinition",
    "CashDefinition",
    "Exposed",
    "PlanRevenue",
    "PricedInput",
    "Projection",
    "RedLine",
    "RedLines",
    "RunRate",
    "RunwayTable",
    "UnitCosts",
    "UsageScale",
    "UserEconomics",
    "check_red_lines",
    "exposed",
    "load_red_lines",
    "priced_inputs",
    "project",
    "red_line_values",
    "run_rate",
    "runway_table",
    "scale_usage",
    "unit_costs",
    "user_economics",
]
