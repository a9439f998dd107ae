"""What a position is worth through its stack of preferences, base and stressed."""

from diligence.valuation.assumptions import ValuationAssumptions
from diligence.valuation.calibration import Calibration, MarkInputs, calibrate, mark_bridge
from diligence.valuation.exchange_option import (
    call_option,
    exchange_option,
    put_option,
    ratio_volatility,
)
from diligence.valuation.exit_cases import CompanyCase
from diligence.valuation.option_pricing import (
    ExitView,
    OptionAllocation,
    allocate_before_exit,
    backsolve,
)
from diligence.valuation.position import CaseValue, WalkAway
from diligence.valuation.returns import (
    DatedFlow,
    dilution_of_round,
    growth_path,
    internal_rate_of_return,
    multiple_of_money,
    ownership_after_rounds,
)
from diligence.valuation.round_stack import RoundStack, stack_after_round
from diligence.valuation.self_host_option import (
    SelfHostOption,
    investment_trigger,
    self_host_option,
)
from diligence.valuation.valuation import Valuation, value
from diligence.valuation.waterfall import CapitalStack, ShareClass, Waterfall

__all__ = [
    "Calibration",
    "CapitalStack",
    "CaseValue",
    "CompanyCase",
    "DatedFlow",
    "ExitView",
    "MarkInputs",
    "OptionAllocation",
    "RoundStack",
    "SelfHostOption",
    "ShareClass",
    "Valuation",
    "ValuationAssumptions",
    "WalkAway",
    "Waterfall",
    "allocate_before_exit",
    "backsolve",
    "calibrate",
    "call_option",
    "dilution_of_round",
    "exchange_option",
    "growth_path",
    "internal_rate_of_return",
    "investment_trigger",
    "mark_bridge",
    "multiple_of_money",
    "ownership_after_rounds",
    "put_option",
    "ratio_volatility",
    "self_host_option",
    "stack_after_round",
    "value",
]
