"""The split adds up to the ledger; segments to the company; ranges move what is open."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.assumptions import AssumptionRegister
from diligence.costs import (
    account_totals,
    analysis_periods,
    headline_period,
    margin_ladder,
    split_costs,
    worst_material_grade,
)
from diligence.errors import InputError
from diligence.inputs.deal import (
    Archetype,
    AssumptionOverride,
    Fact,
    FactTerm,
    ReclassScenario,
    Role,
)
from diligence.units import parse_period
from tests.support import deal, line, revenue, source

REGISTER = AssumptionRegister.load(date(2026, 6, 30))
YEAR = parse_period("2025")
POOL = line("Reserved GPU pool", 4, Role.RESEARCH_AND_DEVELOPMENT)


def driver(share):
    return REGISTER.override(
        [
            AssumptionOverride(
                "serving_share_of_unresolved", D(share), "share", "GPU-hours", "scheduler export",
                "A. Analyst", date(2026, 6, 30), D(0), D(1),
            )
        ]
    )  # fmt: skip


def ladder_of(lines, revenues, register=REGISTER, **fields):
    company = deal(lines, revenues, **fields)
    return margin_ladder(company, split_costs(company, register, period=YEAR), register)


BRIDGE_LINES = [
    line("5020 LLM API COGS", "5.2"),
    line("6400 Software & Tools", "3.1", Role.GENERAL_AND_ADMINISTRATIVE, text="OpenAI API"),
    POOL,
    line("6330 S&M", "1.4", Role.SALES_AND_MARKETING, text="Free tier inference"),
    line("6120 R&D", "0.6", Role.RESEARCH_AND_DEVELOPMENT, text="Monthly LoRA refresh"),
    line("6110 R&D Cloud", "9.0", Role.RESEARCH_AND_DEVELOPMENT, text="Training run v3"),
]


def test_the_worked_bridge_from_ledger_lines():
    register = driver("0.55").override(
        [
            AssumptionOverride(
                "credits_booked_net", D("0.9"), "USD", "grant letter", "credit grant",
                "A. Analyst", date(2026, 6, 30),
            )
        ]
    )  # fmt: skip
    terms = {"as_of": date(2025, 12, 31)}
    found = ladder_of(BRIDGE_LINES, [revenue("24.0")], register, terms=terms)
    margins = [round(float(rung.base) * 100, 1) for rung in found.company.rungs[:4]]
    assert margins == [78.3, 52.5, 44.2, -0.8]


def test_a_pool_without_a_driver_is_unresolved_and_prudent():
    split = split_costs(deal([POOL], [revenue(10)]), REGISTER, period=YEAR)
    assert (split.unresolved, split.allocated_inference) == (4, 0)
    found = ladder_of([POOL], [revenue(10)]).company.rung("paid")
    assert (found.low, found.base, found.high) == (D("0.6"), D("0.6"), D(1))


def test_a_driver_allocates_the_pool():
    split = split_costs(deal([POOL], [revenue(10)]), driver("0.55"), period=YEAR)
    assert (split.allocated_inference, split.allocated_training, split.unresolved) == (
        D("2.2"), D("1.8"), 0,
    )  # fmt: skip


def test_training_to_inference_moves_what_is_open():
    lines = [
        line("Inference", 10),
        line("Training cloud cost", 30, Role.RESEARCH_AND_DEVELOPMENT),
        line("Research and development, other", 8, Role.RESEARCH_AND_DEVELOPMENT),
    ]
    split = split_costs(deal(lines, [revenue(50)], Archetype.MODEL_LAB), REGISTER, period=YEAR)
    ratio = split.training_to_inference
    assert (ratio.low, ratio.base, ratio.high) == (3, 3, D("3.8"))


def test_undivided_accounts_make_training_not_computable():
    lines = [
        line("Cost of revenue", 8),
        line("Research and development", 90, Role.RESEARCH_AND_DEVELOPMENT),
    ]
    found = ladder_of(lines, [revenue(10)], archetype=Archetype.MODEL_LAB)
    assert found.rung("reported").base == D("0.2")
    after = found.rung("after_training")
    assert after.base is None
    assert after.needs == "the training share of Research and development"


def test_segments_add_up_to_the_company():
    lines = [
        line("Inference", 3, segment="A"),
        line("Inference", 1, segment="B"),
        line("Inference", "0.5", segment="(unallocated)"),
        line("Training cloud cost", 2, Role.RESEARCH_AND_DEVELOPMENT),
    ]
    found = ladder_of(lines, [revenue(7, segment="A"), revenue(3, segment="B")])
    total = sum(scope.basis.ledger_total for scope in found.segments)
    assert total == found.company.basis.ledger_total == D("6.5")
    assert sum(s.basis.revenue for s in found.segments) == found.company.basis.revenue
    assert found.rung("after_training", "A").needs == "training cost by segment"


def test_a_segment_without_its_own_serving_cost_is_not_computable():
    found = ladder_of([line("Inference", 3)], [revenue(7, segment="A"), revenue(3, segment="B")])
    assert found.rung("reported", "A").base is None
    assert found.rung("paid", "A").needs == "cost of revenue by segment"


def test_credits_belong_to_the_last_twelve_months_only():
    register = REGISTER.override(
        [
            AssumptionOverride(
                "credits_booked_net", D(12), "USD", "grant letter", "credit grant", "A. Analyst",
                date(2026, 6, 30),
            )
        ]
    )  # fmt: skip
    quarter, old = parse_period("2026Q2"), parse_period("2024Q2")
    company = deal(
        [line("Inference", 5, period=p) for p in ("2026Q2", "2024Q2")],
        [revenue(10, period=p) for p in ("2026Q2", "2024Q2")],
    )
    costs = [
        margin_ladder(company, split_costs(company, register, period=p), register)
        .rung("paid")
        .cost_base
        for p in (quarter, old)
    ]
    assert costs == [8, 5]


def test_a_quarterly_caption_is_not_lost_among_monthly_ones():
    months = [f"2025-{month:02d}" for month in range(1, 13)]
    selling = Role.SALES_AND_MARKETING
    lines = [line("Inference", 10, period=m) for m in months]
    lines += [line("Advertising", 60, selling, period=f"2025Q{q}") for q in (1, 2, 3, 4)]
    company = deal(lines, [revenue(30, period=m) for m in months])
    assert split_costs(company, REGISTER, period=YEAR).total == 360
    first = split_costs(company, REGISTER, period=parse_period("2025Q1"))
    assert first.total == 90


def test_a_caption_with_a_gap_is_left_out_and_said():
    months = [f"2025-{month:02d}" for month in range(1, 13)]
    lines = [line("Inference", 10, period=m) for m in months]
    lines += [line("Advertising", 60, Role.SALES_AND_MARKETING, period="2025Q1")]
    company = deal(lines, [revenue(30, period=m) for m in months])
    split = split_costs(company, REGISTER, period=YEAR)
    ladder = margin_ladder(company, split, REGISTER)
    assert split.total == 120
    assert ladder.rung("operating").needs == "sales and marketing for the whole of 2025"


def test_scenario_amounts_cannot_exceed_what_is_booked():
    facts = (Fact("leak", D(9), "USD", YEAR, source()),)
    company = deal(
        [line("Inference", 5), line("Training cloud cost", 3, Role.RESEARCH_AND_DEVELOPMENT)],
        [revenue(10)],
        terms={"scenarios": (scenario("in", base=True), scenario("too much", "leak"))},
        facts=facts,
    )
    with pytest.raises(InputError, match="'too much' moves 9 out of research_and_development"):
        margin_ladder(company, split_costs(company, REGISTER, period=YEAR), REGISTER)


def test_an_undivided_line_moves_the_ratio_on_one_side_only():
    lines = [
        line("Inference", 5),
        line("Training cloud cost", 6, Role.RESEARCH_AND_DEVELOPMENT),
        line("Tokens", 4, Role.RESEARCH_AND_DEVELOPMENT, vendor="OpenAI"),
    ]
    ratio = split_costs(deal(lines, [revenue(50)]), REGISTER, period=YEAR).training_to_inference
    # Tokens bought by research could be serving: 6 / 9 at least, 10 / 5 at most.
    assert (ratio.low, ratio.base, ratio.high) == (D(6) / D(9), D(2), D(2))


def scenario(name, concept="", factor="1", base=False):
    terms = (FactTerm(concept, D(factor)),) if concept else ()
    return ReclassScenario(name, terms, "free", Role.RESEARCH_AND_DEVELOPMENT, "press", "C", base)


def test_scenarios_widen_the_fully_loaded_rung_and_keep_the_total():
    facts = (Fact("leak", D(2), "USD", YEAR, source()),)
    company = deal(
        [line("Inference", 5), line("Training cloud cost", 3, Role.RESEARCH_AND_DEVELOPMENT)],
        [revenue(10)],
        terms={"scenarios": (scenario("in", base=True), scenario("on top", "leak"))},
        facts=facts,
    )
    found = margin_ladder(company, split_costs(company, REGISTER, period=YEAR), REGISTER).company
    loaded = found.rung("fully_loaded")
    assert (loaded.low, loaded.base, loaded.high, loaded.kind) == (
        D("0.3"), D("0.5"), D("0.5"), "scenario range",
    )  # fmt: skip


def test_a_scenario_on_an_unknown_concept_is_refused():
    company = deal(
        [line("Inference", 5)], [revenue(10)], terms={"scenarios": (scenario("x", "leek"),)}
    )
    with pytest.raises(InputError, match="concept 'leek'"):
        margin_ladder(company, split_costs(company, REGISTER, period=YEAR), REGISTER)


def test_the_worst_grade_that_holds_a_tenth_of_the_money_counts():
    lines = [
        line("Inference", 85, grade="B"),
        line("Inference", 10, grade="D"),
        line("Inference", 5, grade="E"),
    ]
    split = split_costs(deal(lines, [revenue(200)]), REGISTER, period=YEAR)
    assert worst_material_grade(split.lines) == "D"


def test_months_make_quarters_and_twelve_months():
    months = [f"2025-{month:02d}" for month in range(1, 13)]
    company = deal(
        [line("Inference", 1, period=m) for m in months], [revenue(2, period=m) for m in months]
    )
    labels = {period.label for period in analysis_periods(company)}
    assert {"2025Q1", "2025Q4", "2025", "2025-07"} <= labels
    assert headline_period(company).label == "2025"
    assert split_costs(company, REGISTER, period=parse_period("2025Q1")).total == 3
    assert account_totals(split_costs(company, REGISTER, period=YEAR).lines)[0].n_lines == 12


def test_a_missing_month_makes_no_quarter():
    company = deal(
        [line("Inference", 1, period=m) for m in ("2025-01", "2025-03")],
        [revenue(2, period=m) for m in ("2025-01", "2025-03")],
    )
    assert [p.label for p in analysis_periods(company)] == ["2025-01", "2025-03"]


def test_a_named_headline_without_books_is_refused_with_what_there_is():
    company = deal([line("Inference", 1)], [revenue(2)], terms={"headline_period": "2024"})
    with pytest.raises(InputError, match="'2024' has no cost and revenue; the books have 2025"):
        headline_period(company)


ACCOUNTS = (
    "Inference", "Training cloud cost", "Reserved GPU pool", "Office rent", "Free tier serving",
    "Research and development, other", "Whatever",
)  # fmt: skip


@st.composite
def ledgers(draw):
    amounts = st.decimals(min_value=-1000, max_value=10**7, places=2)
    return [
        line(
            draw(st.sampled_from(ACCOUNTS)),
            draw(amounts),
            draw(st.sampled_from([Role.COST_OF_REVENUE, Role.RESEARCH_AND_DEVELOPMENT])),
            segment=draw(st.sampled_from(["", "A", "B"])),
        )
        for _ in range(draw(st.integers(1, 12)))
    ]


@given(ledgers(), st.decimals(min_value=0, max_value=1, places=2))
def test_every_split_adds_up_to_the_ledger(lines, share):
    split = split_costs(deal(lines, [revenue(1)]), driver(str(share)), period=YEAR)
    ledger = sum((entry.amount for entry in lines), D(0))
    parts = (
        split.training_capex
        + split.allocated_training
        + split.inference_opex
        + split.allocated_inference
        + split.unresolved
        + split.neither
    )
    assert parts == split.total == ledger


@given(ledgers())
def test_the_order_of_lines_changes_nothing(lines):
    def rungs(ordered):
        return [dataclasses.astuple(r) for r in ladder_of(ordered, [revenue(5)]).company.rungs]

    assert rungs(lines) == rungs(lines[::-1])
