"""Splits a ledger into training capex and inference opex, and restates its margins."""

from diligence.costs.amortisation import (
    Vintage,
    amortised_charge,
    full_cost_vintages,
    successful_efforts_vintages,
)
from diligence.costs.bill_classes import ClassifiedBill, classify_bill, write_classes
from diligence.costs.classify import (
    ClassifiedLine,
    ClassifiedLines,
    Finding,
    classify_evidence,
    classify_lines,
)
from diligence.costs.commitments import CommitmentSchedule
from diligence.costs.coverage import Coverage, bill_coverage
from diligence.costs.credits import CreditBalance, CreditCliff, credit_cliff_months
from diligence.costs.detail import DetailedBooks, detailed_books
from diligence.costs.ladder import (
    RUNGS,
    CostBasis,
    MarginLadder,
    MarginRung,
    MarginStep,
    ScopeLadder,
    build_ladder,
)
from diligence.costs.margins import margin_ladder
from diligence.costs.periods import analysis_periods, headline_period
from diligence.costs.reconciliation import SupplierCheck
from diligence.costs.rules import CostRule, RuleBook, load_rules
from diligence.costs.scenarios import ScenarioAmount, scenario_amounts
from diligence.costs.split import (
    AccountTotal,
    CostSplit,
    Range,
    account_totals,
    classify_deal,
    split_books,
    split_costs,
    worst_material_grade,
)
from diligence.costs.split_line import SplitLine

__all__ = [
    "RUNGS",
    "AccountTotal",
    "ClassifiedBill",
    "ClassifiedLine",
    "ClassifiedLines",
    "CommitmentSchedule",
    "CostBasis",
    "CostRule",
    "CostSplit",
    "Coverage",
    "CreditBalance",
    "CreditCliff",
    "DetailedBooks",
    "Finding",
    "MarginLadder",
    "MarginRung",
    "MarginStep",
    "Range",
    "RuleBook",
    "ScenarioAmount",
    "ScopeLadder",
    "SplitLine",
    "SupplierCheck",
    "Vintage",
    "account_totals",
    "amortised_charge",
    "analysis_periods",
    "bill_coverage",
    "build_ladder",
    "classify_bill",
    "classify_deal",
    "classify_evidence",
    "classify_lines",
    "credit_cliff_months",
    "detailed_books",
    "full_cost_vintages",
    "headline_period",
    "load_rules",
    "margin_ladder",
    "scenario_amounts",
    "split_books",
    "split_costs",
    "successful_efforts_vintages",
    "worst_material_grade",
    "write_classes",
]
