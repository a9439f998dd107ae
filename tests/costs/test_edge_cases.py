"""The fifteen edge cases of splitting training from serving, one test named after each.

Figures are those of the worked bridge ($m a year: revenue 24.0, cost of revenue 5.2, API 3.1,
credits 0.9, pool 4.0 at 55 %, free tier 1.4, fine-tuning 0.6, discrete training 9.0) and small
cases that a reader can work out in the head.
"""

from __future__ import annotations

import dataclasses
import json
from datetime import date
from decimal import Decimal as D

import pytest

from diligence.costs import (
    CostBasis,
    CreditBalance,
    amortised_charge,
    build_ladder,
    classify_evidence,
    full_cost_vintages,
    successful_efforts_vintages,
)
from diligence.costs.allocation import allocate, allocate_by_driver, shares_from_driver
from diligence.costs.amortisation import undo_capitalisation
from diligence.costs.commitments import (
    IdleReservation,
    commitments_above_cash,
    future_minimums,
    shortfall,
)
from diligence.costs.credits import (
    added_back_once,
    attribute_credits,
    cost_of_unused,
    credit_add_back,
    credit_cliff,
)
from diligence.costs.depreciation import OwnedHardware, life_sensitivity, owned_gpu_view
from diligence.costs.equity_compute import (
    EquityForCompute,
    RelatedPartyRecharge,
    equity_compute_cost,
    equity_compute_flags,
    related_party_adjustment,
)
from diligence.costs.evidence import evidence_of_text
from diligence.costs.free_tier import (
    FreeTierView,
    free_tier_cost_per_conversion,
    payer_split,
    take_out_free,
)
from diligence.costs.prepayments import recognise, recognise_on_use
from diligence.costs.reconciliation import BookedPeriod, SupplierCheck
from diligence.costs.retraining import RetrainingScenario, recurrence
from diligence.errors import InputError
from diligence.inputs.bills.read import read_bill
from diligence.inputs.deal import SourceRef, TrainingRun
from diligence.inputs.problems import ProblemLog
from diligence.units import AmountError, parse_amount, parse_period

YEAR = parse_period("2025")
BRIDGE = CostBasis(
    revenue=D("24.0"),
    paid_in_cogs=D("5.2"),
    paid_elsewhere=D("3.1"),
    credits_low=D("0.9"),
    credits_high=D("0.9"),
    pool_elsewhere=D("4.0"),
    pool_share=D("0.55"),
    free_elsewhere=D("1.4"),
    maintenance_elsewhere=D("0.6"),
    training_elsewhere=D("9.0"),
)


def percent(value):
    return round(float(value) * 100, 1)


def found(text, *, system, service="", usage_type=""):
    return classify_evidence(
        evidence_of_text(source_system=system, text=text, service=service, usage_type=usage_type)
    )


def run(name, cost, outcome, purpose):
    day = date(2024, 1, 31)
    return TrainingRun(
        name=name,
        purpose=purpose,
        start=date(2024, 1, 1),
        end=day,
        cost=D(cost),
        outcome=outcome,
        source=SourceRef("training_runs.csv", 2),
        release_date=day if outcome == "released" else None,
    )


def test_01_owned_gpus_used_for_both():
    # 60 over 5 years charges 12; 60 % of the hours serve, 30 % train, 10 % idle for training.
    cluster = OwnedHardware("cluster", D(60), date(2025, 1, 1), D(5))
    hours = shares_from_driver({"inference": D(60), "training": D(30), "idle": D(10)})
    view = owned_gpu_view([cluster], hours, period=YEAR, idle_purpose="training")
    assert view.depreciation.serving_cost == D("7.2")
    assert view.training_capex == D("4.8")
    assert view.cash_capex == 60
    # 60 over 3, 4, 5, 6 years on revenue of 100.
    lives = life_sensitivity([cluster], period=YEAR, revenue=D(100))
    assert [e.charge for e in lives.effects] == [20, 15, 12, 10]
    assert lives.at(3).margin_effect == D("-0.08")


def test_02_reservations_prepaid_take_or_pay_and_capacity_blocks():
    # A Capacity Block of 14 days from 25 March: half in each month, nothing when it was paid.
    block = {"start": date(2026, 3, 25), "end": date(2026, 4, 7)}
    costs = [recognise(D(14), **block, period=parse_period(f"2026-0{m}")) for m in (2, 3, 4)]
    assert costs == [0, 7, 7]
    # Reserved 1,000 hours, 720 used: 28 % idle is its own line and above the cut-off of 20 %.
    assert IdleReservation(D(1_000), D(720), D(50)).idle_cost == 14
    assert IdleReservation(D(1_000), D(720), D(50)).flag().startswith("28.0 %")
    pool = shares_from_driver({"training": D(400), "inference": D(320), "idle": D(280)})
    split = allocate_by_driver(D(50), pool, idle_purpose="training")
    assert (split.training_cost, split.serving_cost, split.idle) == (34, 16, 14)
    # Take-or-pay of 100 with 70 consumed bills 30 more; future minimums stand beside the cash.
    assert shortfall(D(100), D(70)) == 30
    due = future_minimums(
        "cloud", as_of=date(2026, 6, 30), term_end=date(2026, 12, 31), minimum_per_month=D(2)
    )
    assert due.total == 12
    assert commitments_above_cash([due], unrestricted_cash=D(10))


def test_03_promotional_cloud_credits():
    # The class follows the usage: 0.9 over serving 2 and training 1.
    by_class = attribute_credits(D("0.9"), {"inference_opex": D(2), "training_capex": D(1)})
    assert by_class == {"inference_opex": D("0.6"), "training_capex": D("0.3")}
    # 0.9 at list with a 30 % discount available is 0.63: paid margin 52.5 to 53.6 %.
    interval = credit_add_back(D("0.9"), discount_available=D("0.30"))
    basis = dataclasses.replace(BRIDGE, credits_low=interval.low, credits_high=interval.low)
    assert percent(build_ladder(BRIDGE).rung("paid").base) == 52.5
    assert percent(build_ladder(basis).rung("paid").base) == 53.6
    # Net in the ledger and gross on the bill: once.
    once = added_back_once(ledger_is_net=True, bill_credits=D("0.9"), register_credits=D("0.9"))
    assert once.high == D("0.9")
    # 900k at 75k a month growing 8 %: month 8.7, not 12.
    cliff = credit_cliff(CreditBalance(900_000, 75_000, 0.08), as_of=date(2026, 6, 30))
    assert round(cliff.months, 1) == 8.7
    assert cliff.last_day == date(2027, 3, 23)
    # An unused prepaid balance is a cost at expiry, an unused gift is none.
    prepaid = recognise_on_use(
        D(100),
        {parse_period("2026-01"): D(60)},
        as_of=date(2026, 6, 30),
        expires=date(2026, 3, 31),
    )
    assert prepaid.unused_at_expiry == 40
    assert cost_of_unused(D(40), paid_for=False) == 0


def test_04_free_tier_inference():
    # Three views: 52.5 % paid, 46.7 % with the free tier of 1.4, and the cost per conversion.
    conversion = free_tier_cost_per_conversion(
        D(50_000), free_users_at_start=D(100_000), conversions=D(2_000)
    )
    view = FreeTierView(D("24.0"), D("11.4"), D("11.4") + D("1.4"), conversion)
    assert percent(view.paid_margin) == 52.5
    assert percent(view.loaded_margin) == 46.7
    assert view.conversion.per_conversion == 25
    # The API bill of 3.1 with 40 % free tokens: 57.7 and 50.0 %, never 44.8 %.
    free = payer_split(D("3.1"), {"paid": D(60), "free": D(40)})["free"]
    once = take_out_free({"API": D("3.1")}, from_usage={"API": free})
    ladder = build_ladder(
        dataclasses.replace(BRIDGE, paid_elsewhere=once.paid_cost, free_elsewhere=once.free_cost)
    )
    assert percent(ladder.rung("paid").base) == 57.7
    assert percent(ladder.rung("fully_loaded").base) == 50.0
    with pytest.raises(InputError, match="counted twice"):
        take_out_free({"API": D("3.1")}, from_usage={"API": free}, from_driver={"API": D("1.24")})


def test_05_recurring_fine_tuning_or_per_customer_adapters():
    months = [parse_period(f"2026-{m:02d}") for m in range(1, 13)]
    assert recurrence(dict.fromkeys(months, D("0.05")), is_scheduled=True).is_recurring
    assert not recurrence(dict.fromkeys(months, D("0.05")), is_scheduled=False).is_recurring
    # Inside fully loaded (46.7 -> 44.2 %), never amortised.
    assert percent(build_ladder(BRIDGE).rung("fully_loaded").base) == 44.2
    assert successful_efforts_vintages([run("adapter", "0.6", "released", "maintenance")]) == ()
    retrain = found("gpt-5, input | project weekly-finetune", system="openai")
    assert retrain.subclass == "recurring_finetune"
    assert retrain.is_flagged


def test_06_evaluation_runs():
    before_release = found("H100 GPU hours | namespace regression-eval", system="gpu_cloud")
    assert before_release.cost_class == "training_capex"
    live = found("Guardrail-ContentPolicyUnitsConsumed", system="aws", service="AmazonBedrock")
    assert (live.cost_class, live.subclass) == ("inference_opex", "guardrails")


def test_07_synthetic_data_through_token_apis():
    made = found("gpt-5, output | project synthetic-data-gen", system="openai")
    served = found("gpt-5, output | project production-api", system="openai")
    assert (made.cost_class, made.subclass) == ("training_capex", "synthetic_data")
    assert served.cost_class == "inference_opex"


def test_08_rollouts_and_graders():
    grader = found("rft grader tokens, o4-mini", system="openai")
    rollouts = found("H100 GPU hours | namespace rl-rollouts", system="gpu_cloud")
    assert {grader.cost_class, rollouts.cost_class} == {"training_capex"}
    assert {grader.subclass, rollouts.subclass} == {"rl_rollouts"}


def test_09_failed_ablation_and_unreleased_runs():
    # About 5bn of R&D compute in 2024, 0.5 of it final runs: 0.5 x 12 / 15 = 0.4 and 4.5 written
    # off is 4.9; all 5 carried is 5 x 12 / 15 = 4.0.
    runs = (
        run("final", "0.5", "released", "final_run"),
        run("ablations", "4.5", "failed", "experiment"),
    )
    year = parse_period("2024")
    efforts, full = (
        amortised_charge(vintages, period=year, life_months=15)
        for vintages in (successful_efforts_vintages(runs), full_cost_vintages(runs))
    )
    assert (efforts, full) == (D("4.9"), D("4.0"))


def test_10_speculative_retraining_cadence():
    # 1.5 cycles a year at 8 need 12 against 10.8 spent: -5.8 % instead of -0.8 %, as a scenario.
    scenario = RetrainingScenario(D("1.5"), D(8), D("10.8"))
    margin = scenario.steady_state_margin(D("24.0"), cost_before_training=D("13.4"))
    assert percent(margin) == -5.8
    assert scenario.underinvestment == D("1.2")
    assert percent(build_ladder(BRIDGE).rung("after_training").base) == -0.8


def test_11_capitalised_training_and_its_amortisation():
    # Booked cost 50 holds 8 of amortisation; 20 were capitalised: 62 when spent, 50 as booked.
    undone = undo_capitalisation(capitalised=D(20), amortisation=D(8), in_cost_of_revenue=D(8))
    assert undone.cash_view(D(50)) == 62
    assert undone.cost_of_revenue(D(20)) == 12


def test_12_useful_life_of_a_model():
    # First-year charge of 10.8 at 12, 15 and 18 months: -0.8, 8.2 and 14.2 % after training.
    runs = [
        dataclasses.replace(
            run("model", "10.8", "released", "final_run"), release_date=date(2025, 1, 1)
        )
    ]
    charges = [
        amortised_charge(successful_efforts_vintages(runs), period=YEAR, life_months=life)
        for life in (12, 15, 18)
    ]
    margins = [percent((D("24.0") - D("13.4") - charge) / D("24.0")) for charge in charges]
    assert margins == [-0.8, 8.2, 14.2]
    # Two lives: a variant of 4 that lives four months is charged whole within the year.
    variant = dataclasses.replace(
        run("variant", "4", "released", "post_training"), release_date=date(2025, 1, 1)
    )
    two_lives = successful_efforts_vintages([*runs, variant], variant_life_months=4)
    assert amortised_charge(two_lives, period=YEAR, life_months=15) == D("8.64") + 4


def test_13_internal_ai_tools():
    seats = found("GitHub Copilot Enterprise seats", system="vendor invoice")
    assert (seats.cost_class, seats.payer) == ("neither", "internal")
    # 300 engineers at $1,000 a month are 12 % of a burn of $30m a year: in operating cost, and in
    # no margin above it.
    tools = D(300) * D(1_000) * 12 / D(1_000_000)
    assert tools / D(30) == D("0.12")
    with_tools = build_ladder(
        dataclasses.replace(BRIDGE, other_elsewhere=tools, internal_tools=tools)
    )
    for rung in ("reported", "paid", "fully_loaded", "after_training"):
        assert with_tools.rung(rung).base == build_ladder(BRIDGE).rung(rung).base
    assert with_tools.rung("operating").cost_base - tools == (
        build_ladder(BRIDGE).rung("operating").cost_base
    )


def test_14_equity_for_compute_and_related_parties():
    # Warrants worth 365 for compute through 2025: a unit a day. 1,000 hours at 2.50 cost 2,500,
    # the parent charged 1,800.
    warrants = EquityForCompute("a cloud", D(365), date(2025, 1, 1), date(2025, 12, 31))
    parent = RelatedPartyRecharge("the parent", YEAR, D(1_000), D("2.50"), D(1_800))
    assert equity_compute_cost([warrants], period=parse_period("2025-01")) == 31
    assert related_party_adjustment([parent], period=YEAR) == 700
    assert len(equity_compute_flags([warrants], [parent])) == 2


def test_15_amounts_units_and_retractions():
    assert parse_amount("1.234,56", locale="eu") == parse_amount("1,234.56") == D("1234.56")
    with pytest.raises(AmountError, match="12 widgets"):
        parse_amount("12 widgets")
    # A charge and its retraction leave nothing, whatever they are split by.
    by = {"training": D(1), "inference": D(2)}
    charge, retraction = allocate(D("10.01"), by), allocate(D("-10.01"), by)
    assert {name: charge[name] + retraction[name] for name in by} == {"training": 0, "inference": 0}
    # Cents and dollars of the same bill have the same shares.
    cents = allocate(D(1001), by, quantum=D(1))
    dollars = allocate(D("10.01"), by, quantum=D("0.01"))
    assert {name: part / 100 for name, part in cents.items()} == dollars
    # Lines and ledger 2 % apart or less agree, more does not.
    for booked, is_material in ((D(100), False), (D(103), True)):
        check = SupplierCheck(
            supplier="cloud",
            measure="billed",
            lag_months=0,
            window=YEAR,
            periods=(BookedPeriod(YEAR, booked, D(100)),),
            timing=D(0),
        )
        assert check.is_material is is_material


def test_15_cents_are_not_dollars_and_an_unknown_unit_is_refused(tmp_path):
    page = {
        "data": [
            {
                "starting_at": "2026-06-01T00:00:00Z",
                "ending_at": "2026-06-02T00:00:00Z",
                "results": [
                    {
                        "amount": "12345.67",
                        "currency": "USD",
                        "cost_type": "tokens",
                        "description": "Claude Sonnet 4 Usage - Input Tokens",
                        "workspace_id": None,
                    }
                ],
            }
        ],
        "has_more": False,
        "next_page": None,
    }
    report, log = tmp_path / "report.json", ProblemLog()
    report.write_text(json.dumps(page), encoding="utf-8")
    found = read_bill(report, name="report.json", log=log)
    assert not log.problems
    assert found.total() == D("123.4567")
    flat = tmp_path / "flat.csv"
    flat.write_text("date,amount,cost_type,token_type,model\n2026-06-01,5,tokens,input,m\n")
    assert read_bill(flat, name="flat.csv", log=log) is None
    assert "cents" in str(log.problems[0])
