"""What a token costs: dated list prices, and what serving one costs from the GPU up."""

from diligence.prices.price_book import (
    DatedPrices,
    PriceBook,
    TokenPrice,
    blended_price,
    task_cost,
)
from diligence.prices.serving_cost import (
    ServingDay,
    ServingProfit,
    TokenFlow,
    nodes_needed,
    serving_day_profit,
    usd_per_mtok,
)

__all__ = [
    "DatedPrices",
    "PriceBook",
    "ServingDay",
    "ServingProfit",
    "TokenFlow",
    "TokenPrice",
    "blended_price",
    "nodes_needed",
    "serving_day_profit",
    "task_cost",
    "usd_per_mtok",
]
