"""What a token costs: dated list prices, and what serving one costs from the GPU up."""

from diligence.prices.accelerators import Accelerator, accelerator, ridge_batch
from diligence.prices.dated_prices import DatedPrices
from diligence.prices.effective_price import (
    EffectivePrice,
    EffectivePriceChange,
    effective_price_change,
)
from diligence.prices.floor_evidence import floor_from_margins, floor_from_serving
from diligence.prices.model_architectures import ModelArchitecture, model_architecture
from diligence.prices.model_serving_cost import RequestShape, ServingCost, estimate_serving_cost
from diligence.prices.price_book import PriceBook
from diligence.prices.price_floor import FloorGap, FloorRung, PriceFloor, price_floor_gap
from diligence.prices.price_records import PriceRecord
from diligence.prices.price_terms import PriceTerms, Work
from diligence.prices.repricing_events import RepricingEvent
from diligence.prices.repricings import Repricing
from diligence.prices.roofline import DecodeStep, decode_step, prefill_tokens_per_second
from diligence.prices.scenario_range import ScenarioRange
from diligence.prices.self_host import SelfHostBreakEven, self_host_break_even
from diligence.prices.serving_assumptions import ServingAssumptions, read_serving_assumptions
from diligence.prices.serving_cost import (
    ServingDay,
    ServingProfit,
    TokenFlow,
    agent_context_reads,
    break_even_rented_share,
    nodes_needed,
    serving_day_profit,
    usd_per_mtok,
)
from diligence.prices.serving_cost_ladder import (
    ServingCostLadder,
    build_serving_cost_ladder,
    straight_line_usd_per_day,
)
from diligence.prices.serving_reconciliation import ServingReconciliation, reconcile_serving_day
from diligence.prices.supplier_margins import SupplierMargin, SupplierMargins
from diligence.prices.token_basket import TokenBasket
from diligence.prices.token_price import TokenPrice, blended_price, task_cost

__all__ = [
    "Accelerator",
    "DatedPrices",
    "DecodeStep",
    "EffectivePrice",
    "EffectivePriceChange",
    "FloorGap",
    "FloorRung",
    "ModelArchitecture",
    "PriceBook",
    "PriceFloor",
    "PriceRecord",
    "PriceTerms",
    "Repricing",
    "RepricingEvent",
    "RequestShape",
    "ScenarioRange",
    "SelfHostBreakEven",
    "ServingAssumptions",
    "ServingCost",
    "ServingCostLadder",
    "ServingDay",
    "ServingProfit",
    "ServingReconciliation",
    "SupplierMargin",
    "SupplierMargins",
    "TokenBasket",
    "TokenFlow",
    "TokenPrice",
    "Work",
    "accelerator",
    "agent_context_reads",
    "blended_price",
    "break_even_rented_share",
    "build_serving_cost_ladder",
    "decode_step",
    "effective_price_change",
    "estimate_serving_cost",
    "floor_from_margins",
    "floor_from_serving",
    "model_architecture",
    "nodes_needed",
    "prefill_tokens_per_second",
    "price_floor_gap",
    "read_serving_assumptions",
    "reconcile_serving_day",
    "ridge_batch",
    "self_host_break_even",
    "serving_day_profit",
    "straight_line_usd_per_day",
    "task_cost",
    "usd_per_mtok",
]
