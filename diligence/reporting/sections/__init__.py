"""The parts of a deal memo after page one, one function each: analysis in, section out."""

from diligence.reporting.sections.appendix import appendix_section, requests_section
from diligence.reporting.sections.cash import cash_section
from diligence.reporting.sections.claims import claims_section
from diligence.reporting.sections.coverage import coverage_section
from diligence.reporting.sections.deal_terms import deal_terms_section
from diligence.reporting.sections.floors import floors_section
from diligence.reporting.sections.margins import bridge_section, history_section
from diligence.reporting.sections.prices import prices_section
from diligence.reporting.sections.scenarios import scenarios_section
from diligence.reporting.sections.sensitivity import sensitivity_section
from diligence.reporting.sections.simulation import simulation_section
from diligence.reporting.sections.split import split_section
from diligence.reporting.sections.stress import stress_section
from diligence.reporting.sections.suppliers import suppliers_section
from diligence.reporting.sections.training import training_section
from diligence.reporting.sections.trajectory import trajectory_section
from diligence.reporting.sections.unit_costs import unit_costs_section
from diligence.reporting.sections.valuation import valuation_section

__all__ = [
    "appendix_section",
    "bridge_section",
    "cash_section",
    "claims_section",
    "coverage_section",
    "deal_terms_section",
    "floors_section",
    "history_section",
    "prices_section",
    "requests_section",
    "scenarios_section",
    "sensitivity_section",
    "simulation_section",
    "split_section",
    "stress_section",
    "suppliers_section",
    "training_section",
    "trajectory_section",
    "unit_costs_section",
    "valuation_section",
]
