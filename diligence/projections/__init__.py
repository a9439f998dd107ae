"""Joins costs and prices: what is exposed to whose price, the run rate, and the months ahead."""

from diligence.projections.exposure import Exposed, PricedInput, exposed, priced_inputs
from diligence.projections.projection import Projection, project
from diligence.projections.run_rate import RunRate, run_rate
from diligence.projections.runway import (
    BurnDefinition,
    CashDefinition,
    RunwayTable,
    runway_table,
)

__all__ = [
    "BurnDefinition",
    "CashDefinition",
    "Exposed",
    "PricedInput",
    "Projection",
    "RunRate",
    "RunwayTable",
    "exposed",
    "priced_inputs",
    "project",
    "run_rate",
    "runway_table",
]
