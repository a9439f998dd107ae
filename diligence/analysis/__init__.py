"""Joins every step of a deal into one object a notebook holds."""

from diligence.analysis.checks import FactConflict, StatementCheck, fact_conflicts, statement_checks
from diligence.analysis.deal_analysis import DealAnalysis, FailedAnalysis, analyse
from diligence.analysis.requests import OpenLine, Request
from diligence.analysis.screen import Screen, ScreenInputs, screen_company
from diligence.analysis.training import AmortisedMargin, amortised_margins
from diligence.analysis.trajectory import CostTrajectory, cost_trajectory
from diligence.analysis.verdict import Verdict, grade_cost_quality

__all__ = [
    "AmortisedMargin",
    "CostTrajectory",
    "DealAnalysis",
    "FactConflict",
    "FailedAnalysis",
    "OpenLine",
    "Request",
    "Screen",
    "ScreenInputs",
    "StatementCheck",
    "Verdict",
    "amortised_margins",
    "analyse",
    "cost_trajectory",
    "fact_conflicts",
    "grade_cost_quality",
    "screen_company",
    "statement_checks",
]
