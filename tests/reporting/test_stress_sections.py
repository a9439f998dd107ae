"""Sections on moved prices from small objects, each figure recomputed by hand."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from diligence.analysis import analyse
from diligence.analysis.stress_analysis import Attribution
from diligence.inputs.load import load_deal
from diligence.prices import ScenarioRange
from diligence.prices.price_floor import FloorRung, PriceFloor
from diligence.prices.supplier_margins import RUNGS
from diligence.projections.company_model import PriceKey
from diligence.projections.model_mix import ModelUse
from diligence.projections.price_floors import CompanyFloor, PriceFloors
from diligence.reporting.memo import DealMemo, build_memo
from diligence.reporting.sections.floors import blended_table, model_table
from diligence.reporting.sections.scenarios import attribution_blocks, scenario_table_blocks
from diligence.reporting.sections.sensitivity import assumption_words, tornado
from diligence.reporting.sections.simulation import (
    cash_fan,
    cash_out_table,
    chance_words,
    fan_frame,
    quantile_table,
)
from diligence.reporting.sections.stress import joint_words, reverse_table
from diligence.reporting.sections.suppliers import concentration_words
from diligence.reporting.sections.valuation import (
    return_cell,
    return_words,
    stressed_change,
    value_table,
)
from diligence.reporting.wording import MoneyStyle
from diligence.reporting.workbook import memo_workbook
from diligence.stress.joint_shock import FactorMove, JointShock
from diligence.stress.loss_attribution import attribute_loss
from diligence.stress.reverse_stress import reverse_stress
from diligence.stress.scenario_results import run_scenarios
from diligence.stress.scenarios import Move, Scenario, Size
from diligence.stress.sensitivity import Bar, Sensitivity, SensitivityPoint
from diligence.stress.simulation import PathResults, Simulation
from diligence.stress.supplier_loss import SupplierLoss
from diligence.valuation import CaseValue, Valuation, WalkAway
from tests.company_models import plain_company
from tests.small_deals import CASES

DAY = date(2026, 6, 30)
WHOLE = MoneyStyle("USD", "")


def scenario(name, of, multiple, **stated):
    return Scenario(name, stated.pop("title", name), (Move(of, "step", Size(multiple, **stated)),))


def table_of(*scenarios, company=None):
    return run_scenarios(company or plain_company(), scenarios, after=DAY, months=12)


# Revenue 100, other cost 10, tokens 30, overheads 50, a bridge of 15: burn 5 of cash 60.
def test_a_scenario_row_by_hand():
    # Twice the tokens' price: cost 70, margin 30 %, burn 35 a month, 60 / 35 = 1.7 months.
    found = table_of(scenario("Prices double", "tokens", 2.0, low=1.5, high=3.0))
    table, *_ = scenario_table_blocks(found, WHOLE, horizon_months=12)
    assert table.rows[0][:5] == ("baseline", "", "60.0", "60.00", "over 12")
    assert table.rows[1] == (
        "Prices double", "analyst", "30.0", "30.00", "1.7", "45.0 to 0.0", "30.0", "30.0",
    )  # fmt: skip


def test_the_worst_scenario_comes_first_and_what_moves_nothing_is_named():
    found = table_of(
        scenario("rent", "gpu_hours", 3.0),
        scenario("twice", "tokens", 2.0),
        scenario("thrice", "tokens", 3.0),
    )
    table, _, still = scenario_table_blocks(found, WHOLE, horizon_months=12)
    assert [row[0] for row in table.rows] == ["baseline", "thrice", "twice"]
    assert still.text == "Nothing of this company moves with: rent."


def test_an_improvement_by_shrinking_is_labelled_in_the_row():
    outcome = table_of(scenario("twice", "tokens", 2.0))
    labelled = dataclasses.replace(outcome.outcomes[0], label="improves by shrinking")
    found = dataclasses.replace(outcome, outcomes=(labelled,))
    table, *_ = scenario_table_blocks(found, WHOLE, horizon_months=12)
    assert table.rows[1][0] == "twice (improves by shrinking)"


def test_causes_of_a_loss_add_up_in_the_table():
    # Twice the price and twice the tokens: 30 becomes 120, half of the 90 each.
    twice = Size(2.0)
    moves = (Move("tokens", "step", twice), Move("tokens_per_task", "step", twice))
    both = Scenario("both", "Both", moves)
    company = plain_company()
    loss = attribute_loss(company, both.shock(company.keys, months=12, after=DAY))
    table, _ = attribution_blocks(Attribution(both, loss), WHOLE)
    assert [row[1] for row in table.rows] == ["\u221245.00", "\u221245.00", "\u221290.00"]
    assert table.rows[-1] == ("all together", "\u221290.00", "\u221290.00", "\u22121,080.00")
    assert table.emphasised == {2}


def test_reverse_stress_of_a_company_in_the_head():
    # Margin 0: (100 - 10) / 30 = 3; margin 50: 40 / 30; twelve months of 90: burn 7.5, 32.5 / 30.
    found = reverse_stress(plain_company(cash=90.0), after=DAY)
    (row,) = reverse_table(found).rows
    assert row[:4] == ("tokens bought", "3.00x", "1.33x", "1.08x")
    assert row[-1] == "2026-07-01"


@pytest.mark.parametrize(
    ("joint", "words"),
    [
        (None, "not computable: needs revenue"),
        (JointShock("paid", "gross_margin_0", "already_below", 0.0), "below zero today"),
        (JointShock("paid", "gross_margin_0", "never", None), "No joint shock"),
        (
            JointShock(
                "paid", "gross_margin_0", "breaks_at", 2.0,
                (FactorMove("token_price", 3.0, 1.9), FactorMove("usage", 1.0, 0.01)),
                breaking=0.0228,
            ),
            "is tokens bought x3.00: 2.0 standard deviations from today, a chance of about 2 %",
        ),
    ],
)  # fmt: skip
def test_the_joint_shock_in_words(joint, words):
    assert words in joint_words(joint)


def simulation(**changes):
    """A hundred paths: a quarter end in month 6, the others last beyond 24 months."""
    runway = np.where(np.arange(100) % 4 == 0, 6.0, np.inf)
    margin = np.full((8, 100), 0.5)
    cash = np.full((8, 100), 7.0e6)
    results = PathResults(margin, cash, runway, np.zeros(100))
    results = dataclasses.replace(results, **changes)
    return Simulation("A", 100, 1, 24, tuple(range(3, 25, 3)), results)


def test_chances_and_quantiles_over_paths():
    found = simulation()
    rows = cash_out_table(found).rows
    assert [row[:2] for row in rows] == [("within 12 months", "25.0"), ("within 24 months", "25.0")]
    assert chance_words(found, 24).startswith("25.0 % (\u00b1 ")
    quantiles = {row[0]: row[1:] for row in quantile_table(found, WHOLE).rows}
    assert quantiles["Paid margin of month 24, %"] == ("50.0",) * 5
    assert quantiles["Runway, months"] == ("6.0", "6.0", "over 24", "over 24", "over 24")


def test_unknown_cash_leaves_the_margin_alone():
    found = simulation(cash=None, runway_months=None, capital_needed=None)
    assert cash_out_table(found).rows == ()
    assert [row[0] for row in quantile_table(found, WHOLE).rows] == ["Paid margin of month 24, %"]
    assert cash_fan(found, WHOLE, today=None, minimum=0.0) is None
    assert fan_frame(found, "cash") is None


def test_a_path_without_revenue_has_no_margin_to_draw():
    found = simulation(paid_margin=np.full((8, 100), -np.inf))
    assert fan_frame(found, "paid_margin") is None
    assert cash_fan(found, MoneyStyle("USD", "m"), today=9.0e6, minimum=0.0).svg


def point(k, runway=None, status="breaks_at"):
    return SensitivityPoint(k, status, runway)


@pytest.mark.parametrize(
    ("bar", "words"),
    [
        (("pass_through", 0.0, 0.5), "pass-through, 0 to 50 %"),
        (("price_elasticity", 0.0, 2.5), "price elasticity, 0 to 2.5"),
        (("cash", 0.9, 1.1), "cash, \u00d70.9 to \u00d71.1"),
        (("levers", 0.0, 1.0), "levers, none to all"),
    ],
)
def test_an_assumption_is_named_with_its_ends(bar, words):
    assert assumption_words(Bar(*bar, low=point(1.0), high=point(2.0))) == words


def test_a_tornado_stops_at_ten_times_and_leaves_out_what_moves_nothing():
    bars = (
        Bar("pass_through", 0.0, 1.0, point(3.0), point(None, status="never")),
        Bar("cash", 0.9, 1.1, point(3.0), point(3.0)),
    )
    found = Sensitivity(PriceKey("tokens", "buy"), 2.0, point(3.0), bars)
    chart = tornado(found, "k")
    assert "pass-through, 0 to 100 %: 3.00 to 10.00" in chart.alt
    assert "cash" not in chart.alt
    assert tornado(found, "runway") is None


def test_concentration_of_two_suppliers():
    # 0.75 squared and 0.25 squared are 0.625.
    losses = [
        SupplierLoss("A", 2.0, 10.0, 10.0, 10.0, 0.25),
        SupplierLoss("B", 2.0, 5.0, 5.0, 5.0, 0.75),
    ]
    text = concentration_words(losses)
    assert "B holds 75.0 % of the cost" in text
    assert "Herfindahl index of 2 suppliers is 0.62" in text
    assert "A alone at 2x takes most gross profit" in text


def floor_of(supplier, cost, multiple):
    """A supplier whose operating rung alone is known, at a multiple of today's price."""
    known = {"blended": ScenarioRange.of(*multiple)} if multiple else None
    rungs = tuple(
        FloorRung(key, known, "known", grade="B", evidence_date=DAY)
        if key == "operating" and known
        else FloorRung(key, None, "unknown", needs="its margins")
        for key in RUNGS
    )
    floor = PriceFloor(
        supplier, "", "of today's price", {"blended": Decimal(1)}, None, rungs, "reported margins"
    )
    use = ModelUse(PriceKey("tokens", "buy", supplier), supplier, "", Decimal(cost))
    return CompanyFloor(use, floor)


def test_the_blended_floor_counts_only_known_spend():
    floors = PriceFloors(DAY, (floor_of("A", 60, (2.0, 2.5, 3.0)), floor_of("B", 40, None)))
    rows = {row[0]: row[1:] for row in blended_table(floors).rows}
    operating = rows["with all operating cost"]
    assert operating[:5] == ("2.50x", "2.00x to 3.00x", "60.0", "B", "2026-06-30")
    assert rows["with free users"][:3] == ("unknown", "", "0.0")
    assert [row[0] for row in model_table(floors).rows] == ["A", "B"]


def case(name, multiple, post_money, status="priced"):
    return CaseValue(
        name,
        "point",
        enterprise_value=1e8,
        multiple_of_money=multiple,
        walk_away=WalkAway(post_money, status),
        change=multiple - 2,
    )


def test_return_and_walk_away_price_in_words():
    found = Valuation(
        case("base", 4.0, 2.5e8), case("stressed", 0.8, None, "at_no_price"), 3.0, 5.0
    )
    style = MoneyStyle("USD", "m")
    assert return_cell(found) == "4.00x base, 0.80x stressed"
    words = return_words(found, style)
    assert "returns 4.00x in 5 years, 0.80x stressed, against a hurdle of 3.00x" in words
    assert "walk-away post-money USD 250 m, none stressed" in words
    assert stressed_change(found) == ""
    rows = {row[0]: row[1:] for row in value_table(found, style).rows}
    assert rows["Enterprise value, USD m"] == ("100.00", "100.00")


def test_a_value_without_terms_says_what_it_needs():
    empty = Valuation(
        CaseValue("base", "none"), CaseValue("stressed", "none"), 3.0, 5.0,
        needs=("round terms: post_money",),
    )  # fmt: skip
    assert return_cell(empty) == "not computable: needs round terms: post money"
    assert return_words(empty, WHOLE).endswith("not computable: needs round terms: post money")


@pytest.fixture(scope="module")
def memo() -> DealMemo:
    return build_memo(analyse(load_deal(CASES / "quillfern-code")))


def test_the_memo_leads_from_floors_to_value(memo):
    keys = [section.key for section in memo.document.sections]
    part = keys[keys.index("floors") : keys.index("value") + 1]
    assert part == [
        "floors", "stress", "scenarios", "simulation", "sensitivity", "suppliers", "cash", "value",
    ]  # fmt: skip


def test_page_one_shows_return_and_stressed_runway(memo):
    rows = {row.label: row for row in memo.page_one.rows}
    future = memo.analysis.future
    returned = rows["Return, base and stressed"]
    assert returned.economic == return_cell(future.valuation)
    assert returned.page == "value"
    months = future.doubled.runway_months
    assert f"{months:.1f} months before the round" in rows["Runway, months"].flips_if
    assert chance_words(future.simulation, 24) in rows["Runway, months"].flips_if


def test_the_workbook_holds_scenarios_simulation_and_sensitivity(memo):
    import io

    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(memo_workbook(memo.analysis)))
    assert {"Scenarios", "Simulation", "Sensitivity", "Reverse stress", "Value"} <= set(
        book.sheetnames
    )
    head, *rows = book["Scenarios"].iter_rows(values_only=True)
    margins = [row[head.index("gross_margin")] for row in rows]
    table = memo.analysis.future.scenarios
    assert margins == pytest.approx([found.stated.gross_margin for found in table.outcomes])


def test_an_upper_limit_of_exposed_cost_moves_each_k_away_from_one():
    # Margin 0 at 3 or more, margin 50 at 1.33 or more.
    found = reverse_stress(plain_company(cash=54.0), after=DAY)
    (row,) = reverse_table(found, bounded={"tokens bought"}).rows
    assert row[1:3] == ("\u2265 3.00x", "\u2265 1.33x")
    # 54 / 12 = 4.5 a month: cost has to fall by 0.5 of 30.
    assert row[3] == "\u2264 0.98x, already below"
