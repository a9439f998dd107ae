"""Every number that is not computed: value, unit, date and source."""

from diligence.assumptions.exchange_rates import ExchangeRate, ExchangeRates
from diligence.assumptions.register import Assumption, AssumptionRegister

__all__ = ["Assumption", "AssumptionRegister", "ExchangeRate", "ExchangeRates"]
