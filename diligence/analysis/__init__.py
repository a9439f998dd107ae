"""Joins every step of a deal into one object a notebook holds."""

from diligence.analysis.checks import FactConflict, StatementCheck, fact_conflicts, statement_checks
from diligence.analysis.deal_analysis import DealAnalysis, FailedAnalysis, analyse
from diligence.analysis.requests import OpenLine, Request
from diligence.analysis.screen import Screen, ScreenInputs, screen_company
from diligence.analysis.stress_analysis import StressAnalysis, StressOptions
from diligence.analysis.stress_words import FirstBreak, break_order, first_break, in_two_sentences
from diligence.analysis.training import AmortisedMargin, amortised_margins
from diligence.analysis.trajectory import CostTrajectory, cost_trajectory
from diligence.analysis.verdict import Verdict, grade_cost_quality
from diligence.analysis.what_if import WhatIf, WhatIfResult, what_if

__all__ = [
    "AmortisedMargin",
    "CostTrajectory",
    "DealAnalysis",
    "FactConflict",
    "FailedAnalysis",
    "FirstBreak",
    "OpenLine",
    "Request",
    "Screen",
    "ScreenInputs",
    "StatementCheck",
    "StressAnalysis",
    "StressOptions",
    "Verdict",
    "WhatIf",
    "WhatIfResult",
    "amortised_margins",
    "analyse",
    "break_order",
    "cost_trajectory",
    "fact_conflicts",
    "first_break",
    "grade_cost_quality",
    "in_two_sentences",
    "screen_company",
    "statement_checks",
    "what_if",
]
