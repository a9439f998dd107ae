"""A deal with the bills of two suppliers: everything adds up to the ledger, every month."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal as D
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diligence.analysis import analyse
from diligence.assumptions import AssumptionRegister
from diligence.costs import (
    detailed_books,
    headline_period,
    margin_ladder,
    split_books,
    split_costs,
)
from diligence.costs.coverage import bill_coverage
from diligence.costs.ladder import rung_costs
from diligence.inputs.deal import OPERATING_COST_ROLES, AssumptionOverride, Role
from diligence.units import parse_period
from tests.support import bill, bill_line, deal, line, revenue

AS_OF = date(2025, 12, 31)
REGISTER = AssumptionRegister.load(AS_OF)
MONTHS = [f"2025-{month:02d}" for month in range(1, 13)]
YEAR = parse_period("2025")
GAP = "2025-06"
RESEARCH = Role.RESEARCH_AND_DEVELOPMENT


def aws_rows():
    """A block prepaid in January and used at 12 a month, credits, tax, an unused commitment."""
    rows = [bill_line("Capacity Block fee", 0, "2025-01-01", kind="purchase", billed=144)]
    for number, month in enumerate(MONTHS, 1):
        day = f"{month}-01"
        rows += [
            bill_line("Claude input tokens", 40 + number, day, service="Amazon Bedrock"),
            bill_line("p5.48xlarge", 30 + 2 * number, day, service="AmazonEC2"),
            bill_line("Train:ml.p4d.24xlarge", 10, day, service="AmazonSageMaker"),
            bill_line("Reserved node", 7, day, commitment="used", billed=0),
            bill_line("Reserved node, unused", 5, day, commitment="unused", billed=0),
            bill_line("Activate promotional credit", -8, day, kind="credit"),
            bill_line("Sales tax", "3.333333333333", day, kind="tax"),
        ]
    return rows


def openai_rows():
    return [
        bill_line("gpt-4o, input", 20 + number**2, f"{month}-01", supplier="OpenAI")
        for number, month in enumerate(MONTHS, 1)
        if month != GAP
    ]


def invoiced(rows):
    sums = Counter()
    for row in rows:
        sums[f"{row['day']:%Y-%m}"] += row["billed"]
    return sums


@cache
def company():
    """AWS is booked in two captions in the month, OpenAI a month later."""
    aws, openai = invoiced(aws_rows()), invoiced(openai_rows()) | {GAP: D(56)}
    ledger = []
    for before, month in zip([None, *MONTHS], MONTHS, strict=False):
        paid = aws[month].quantize(D("0.01"))
        research = (paid / 3).quantize(D("0.01"))
        ledger += [
            line("AWS", paid - research, period=month, vendor="Amazon Web Services"),
            line("Research cloud", research, RESEARCH, period=month, vendor="AWS EMEA SARL"),
            line("Model API", openai.get(before, D(20)), period=month, vendor="OpenAI"),
            line("Advertising", 50, Role.SALES_AND_MARKETING, period=month),
            line("Salaries, finance", 60, Role.GENERAL_AND_ADMINISTRATIVE, period=month),
        ]
    return deal(
        ledger,
        [revenue(400, period=month) for month in MONTHS],
        terms={"as_of": AS_OF},
        bills=(bill(aws_rows()), bill(openai_rows(), name="bills/openai.csv", system="openai")),
    )


def ledger_of(known, period, *roles):
    wanted = roles or OPERATING_COST_ROLES
    found = [e.amount for e in known.ledger if period.contains(e.period) and e.role in wanted]
    return sum(found, D(0))


def assert_adds_up(known, register, periods):
    lines = split_books(known, register)
    for period in periods:
        split = split_costs(known, register, period=period, lines=lines)
        ladder = margin_ladder(known, split, register).company
        classes = (
            split.training_capex
            + split.allocated_training
            + split.inference_opex
            + split.allocated_inference
            + split.unresolved
            + split.neither
        )
        assert classes == split.total == ledger_of(known, period)
        assert ladder.basis.ledger_total == split.total
        costs = rung_costs(ladder.basis)
        assert costs["reported"] == ledger_of(known, period, Role.COST_OF_REVENUE)
        total = ladder.basis.ledger_total + ladder.basis.added_to_books
        assert costs["operating"] == total
        for rung in ladder.rungs:
            if rung.base is not None:
                assert rung.low <= rung.base <= rung.high


def stated_share(share):
    override = AssumptionOverride(
        "serving_share_of_unresolved", D(share), "share", "r", "s", "A", AS_OF, D(0), D(1)
    )
    return REGISTER.override([override])


@pytest.mark.parametrize("register", [REGISTER, stated_share("0.37")], ids=["unstated", "stated"])
def test_classes_add_up_to_the_ledger_every_month_and_the_year(register):
    assert_adds_up(company(), register, [*map(parse_period, MONTHS), YEAR])


def test_both_suppliers_are_compared_with_their_own_lag():
    checks = {check.supplier: check for check in detailed_books(company(), REGISTER).checks}
    aws, openai = checks["AWS"], checks["OpenAI"]
    assert (aws.lag_months, aws.measure) == (0, "billed")
    assert abs(aws.gap) < D("0.06")
    assert (openai.lag_months, openai.gap) == (1, 0)


def test_the_gap_is_asked_for():
    found = bill_coverage(company(), split_books(company(), REGISTER))
    assert [(c.supplier, c.month.label) for c in found.missing] == [("OpenAI", GAP)]


def test_consumption_and_not_cash_is_below_the_reported_rung():
    # January pays 144 for the block ahead; each month uses 12 of it and 8 of credits pays.
    lines = split_books(company(), REGISTER)
    split = split_costs(company(), REGISTER, period=parse_period("2025-01"), lines=lines)
    basis = margin_ladder(company(), split, REGISTER).company.basis
    assert basis.timing_in_cogs + basis.timing_elsewhere >= 144 - 12
    assert basis.credits_in_cogs + basis.credits_elsewhere == -8
    assert basis.credits_high == 0


def test_the_whole_analysis_runs():
    found = analyse(company())
    assert found.period == headline_period(company()) == YEAR
    assert found.split.total == ledger_of(company(), YEAR)
    assert [check.supplier for check in found.books.checks] == ["AWS", "OpenAI"]


money = st.decimals(min_value=-1000, max_value=10**6, places=9)
texts = st.sampled_from(
    ("Claude input tokens", "p5.48xlarge", "Enterprise Support", "Train:ml.p4d", "EDP discount")
)
kinds = st.sampled_from(("usage", "usage", "usage", "purchase", "credit", "tax", "discount"))
generated = st.lists(
    st.builds(
        lambda text, spent, paid, kind, month, unused: bill_line(
            text, spent, f"2025-0{month}-01", billed=paid, kind=kind, commitment=unused
        ),
        texts,
        money,
        money,
        kinds,
        st.integers(1, 3),
        st.sampled_from(("", "unused")),
    ),
    min_size=1,
    max_size=12,
)
booked = st.lists(
    st.builds(
        lambda amount, role, month, segment: line(
            "Cloud", amount, role, period=f"2025-0{month}", vendor="AWS", segment=segment
        ),
        st.decimals(min_value=-(10**6), max_value=10**7, places=2),
        st.sampled_from((Role.COST_OF_REVENUE, RESEARCH)),
        st.integers(1, 3),
        st.sampled_from(("", "A")),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=40, deadline=None)
@given(generated, booked, st.sampled_from(("0.37", "0.333333333333", "1")))
def test_any_bill_and_any_ledger_add_up(rows, entries, share):
    incomes = [revenue(10, period=month) for month in MONTHS[:3]]
    known = deal(entries, incomes, terms={"as_of": AS_OF}, bills=(bill(rows),))
    periods = {entry.period for entry in entries}
    assert_adds_up(known, stated_share(share), sorted(periods))
