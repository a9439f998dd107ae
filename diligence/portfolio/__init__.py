"""The mathematics of many holdings."""

from diligence.portfolio.holdings import find_holdings, quarter_end

__all__ = ["find_holdings", "quarter_end"]
