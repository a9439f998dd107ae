"""Statements against lines, and facts against facts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from diligence.analysis import fact_conflicts, statement_checks
from diligence.inputs.deal import Fact, Role
from diligence.units import parse_period
from tests.support import deal, line, revenue, source

LIMIT = Decimal("0.02")


def fact(concept, value, period="2025", **fields):
    return Fact(
        concept=concept,
        value=Decimal(str(value)),
        unit=fields.pop("unit", "USD"),
        period=parse_period(period),
        source=source(file="facts.csv"),
        **fields,
    )


def checks_of(*facts):
    company = deal(
        [line("Hosting", 40), line("Payroll", 80, Role.GENERAL_AND_ADMINISTRATIVE)],
        [revenue(100)],
        facts=facts,
    )
    return {check.name: check for check in statement_checks(company, reconciliation_limit=LIMIT)}


@pytest.mark.parametrize(
    ("stated", "verdict"),
    [(120, "agrees"), ("120.1", "rounding"), (121, "difference"), (130, "material")],
)
def test_a_total_beside_its_lines(stated, verdict):
    check = checks_of(fact("total_costs", stated))["total costs: lines"]
    assert check.computed == 120
    assert check.difference == 120 - Decimal(stated)
    assert check.verdict == verdict


def test_the_loss_is_checked_against_lines_and_against_the_stated_total():
    # 120 - 100 = 20 from the lines, 121 - 100 = 21 from the total, 20.5 as stated
    checks = checks_of(fact("total_costs", 121), fact("operating_loss", "20.5"))
    assert checks["operating loss: lines"].difference == Decimal("-0.5")
    assert checks["operating loss: stated total"].difference == Decimal("0.5")


def test_nothing_is_checked_against_what_is_not_stated():
    assert checks_of() == {}
    assert checks_of(fact("total_costs", 120, "2024")) == {}
    assert checks_of(fact("total_costs", 120, status="rejected")) == {}


# Audited accounts of 2025 as the press reports them, USD bn: revenue 13.07; 7.50 + 19.18 + 5.73
# + 1.57 = 33.98 of cost against 34.00 stated; operating loss 20.92.
def test_reported_accounts_of_openai_differ_by_rounding_only():
    caption = Role.OTHER_OPERATING
    company = deal(
        [
            line("Cost of revenue", "7.50"),
            line("Research and development", "19.18", Role.RESEARCH_AND_DEVELOPMENT),
            line("Sales and marketing", "5.73", Role.SALES_AND_MARKETING),
            line("General and administrative", "1.57", caption),
        ],
        [revenue("13.07")],
        facts=(fact("total_costs", "34.00"), fact("operating_loss", "20.92")),
    )
    found = [
        (check.computed, check.stated, check.verdict)
        for check in statement_checks(company, reconciliation_limit=LIMIT)
    ]
    assert found == [
        (Decimal("33.98"), Decimal("34.00"), "rounding"),
        (Decimal("20.91"), Decimal("20.92"), "rounding"),
        (Decimal("20.93"), Decimal("20.92"), "rounding"),
    ]


def conflicts_of(*facts):
    return fact_conflicts(deal([line("Hosting", 40)], [revenue(100)], facts=facts))


def test_a_stated_ratio_settles_two_values_of_one_concept():
    # Loss 50 is 200 % of revenue: revenue is 25, not 35.
    (conflict,) = conflicts_of(
        fact("revenue", 35),
        fact("revenue", 25, status="alternative"),
        fact("loss", 50),
        fact("loss_to_revenue", 2, unit="percent"),
    )
    assert conflict.implied == (("loss is 200 % of revenue", Decimal(25)),)
    assert conflict.settled == 25
    assert conflict.is_settled_against_used


def test_without_a_ratio_nothing_is_settled():
    (conflict,) = conflicts_of(fact("revenue", 35), fact("revenue", 25, status="alternative"))
    assert (conflict.used, conflict.settled, conflict.is_settled_against_used) == (35, None, False)


def test_one_value_or_two_periods_are_no_conflict():
    assert conflicts_of(fact("revenue", 35), fact("revenue", 25, "2024")) == ()
    assert conflicts_of(fact("revenue", 35), fact("revenue", 35, status="alternative")) == ()
