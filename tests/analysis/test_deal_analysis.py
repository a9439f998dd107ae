"""One deal through every step, small enough to follow by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from diligence.analysis import FailedAnalysis, analyse
from diligence.analysis.deal_break_evens import dangerous_multiple
from diligence.analysis.json_shapes import split_json
from diligence.analysis.stress_json import stress_json
from diligence.errors import InputError
from diligence.inputs.deal import AssumptionOverride, CashTerms, Exposure, Role
from tests.support import cash, deal, line, revenue

TOKENS = Exposure("tokens", "buy", "OpenAI", Decimal(1))


def application(*more, exposures=(TOKENS,), **fields):
    """Revenue 1200 a year; inference 300 and support 180 in cost of revenue, rent 840."""
    return deal(
        [
            line("Model API", 300, vendor="OpenAI"),
            line("Customer support", 180),
            line("Rent", 840, Role.GENERAL_AND_ADMINISTRATIVE),
            *more,
        ],
        [revenue(1200)],
        terms={"exposures": exposures, **fields.pop("terms", {})},
        **fields,
    )


def test_a_small_deal_by_hand():
    found = analyse(application(cash=(cash("cash", 240), cash("operating_cash_flow", -120))))
    assert found.ladder.rung("reported").base == Decimal("0.6")
    assert found.ladder.rung("operating").base == Decimal("-0.1")
    # k* = (1200 - 180) / 300 and (600 - 180) / 300
    k_zero = found.break_even(input="tokens bought", rung="paid", target="gross_margin_0")
    k_half = found.break_even(input="tokens bought", rung="paid", target="gross_margin_50")
    assert (k_zero.k, k_half.k) == (Decimal("3.4"), Decimal("1.4"))
    # cash 240 over 10 a month; at k the burn is 20 = 10 + 25 (k - 1), so k = 1.4
    assert found.runway.base_months == 24
    floor = found.break_even(input="tokens bought", rung="cash", target="runway_12m")
    assert float(floor.k) == pytest.approx(1.4)
    assert found.projected({"tokens bought": 1.4}).runway_months == pytest.approx(12)
    assert found.verdict.name == "fragile"
    assert "cash lasts less than 12 months" in found.verdict.rule


@pytest.mark.parametrize("target", ["gross_margin_0", "gross_margin_50"])
def test_k_star_applied_as_a_multiple_lands_on_its_target(target):
    found = analyse(application())
    k = found.break_even(input="tokens bought", rung="paid", target=target).k
    goal = {"gross_margin_0": 0.0, "gross_margin_50": 0.5}[target]
    margin = found.projected({"tokens bought": float(k)}).paid_margin(12)
    assert margin == pytest.approx(goal, abs=1e-9)


def test_runway_k_star_lands_on_twelve_months_with_pass_through_and_training():
    rented = [
        Exposure("gpu_hours", "rent", "GPU cloud", Decimal(1), pass_through=Decimal("0.5")),
        Exposure("gpu_hours", "rent", "GPU cloud", Decimal(1), applies_to="training"),
    ]
    training = line("Training compute", 120, Role.RESEARCH_AND_DEVELOPMENT)
    found = analyse(
        application(
            training,
            exposures=tuple(rented),
            cash=(cash("cash", 480), cash("operating_cash_flow", -120)),
        )
    )
    k = found.break_even(input="GPU-hours rented", rung="cash", target="runway_12m").k
    assert found.projected({"GPU-hours rented": float(k)}).runway_months == pytest.approx(12)


def test_no_cash_means_no_runway_and_no_zero():
    found = analyse(application(terms={"cash": CashTerms(unrestricted=Decimal(240))}))
    assert found.runway.status == "unknown"
    # operating loss 120 a year: 240 / 10
    assert float(found.runway.operating_loss_cover_months) == pytest.approx(24)
    floor = found.break_even(input="tokens bought", rung="cash", target="runway_12m")
    assert (floor.k, floor.status) == (None, "unknown")
    shown = stress_json(found)
    assert shown["baseline"]["runway_months"] is None
    assert shown["baseline"]["runway_status"] == "unknown"
    assert shown["baseline"]["operating_loss_cover_months"] == pytest.approx(24)
    assert {result["runway_months"] for result in shown["scenarios"]} == {None}


def test_what_customers_bear_of_serving_is_not_diluted_by_training():
    # Half of a rise of serving cost is passed on: (600 - 180 - 0.25 x 300) / (300 x 0.75).
    rented = (
        Exposure("gpu_hours", "rent", "GPU cloud", Decimal(1), pass_through=Decimal("0.5")),
        Exposure("gpu_hours", "rent", "GPU cloud", Decimal(1), applies_to="training"),
    )
    for exposures in (rented[:1], rented):
        found = analyse(application(exposures=exposures))
        wanted = {"input": "GPU-hours rented", "rung": "paid", "target": "gross_margin_50"}
        assert float(found.break_even(**wanted).k) == pytest.approx(345 / 225)


def test_the_split_adds_up_to_the_ledger_in_json():
    shown = split_json(analyse(application()))
    parts = shown["split"]
    allocated = sum(parts["shared_allocated"].values())
    total = (
        parts["training_capex"]
        + parts["inference_opex"]
        + allocated
        + parts["shared_unresolved"]
        + parts["neither"]
    )
    assert total == parts["total"] == shown["ledger_total"] == 1320


def test_a_ratio_to_no_inference_is_null():
    company = deal(
        [
            line("Customer support", 180),
            line("Training compute", 100, Role.RESEARCH_AND_DEVELOPMENT),
        ],
        [revenue(1200)],
    )
    assert split_json(analyse(company))["training_to_inference"]["base"] is None


def test_a_lock_keeps_the_price_until_it_ends():
    locked = Exposure("tokens", "buy", "OpenAI", Decimal(1), lock_until=date(2027, 6, 30))
    free, held = analyse(application()), analyse(application(exposures=(locked,)))
    doubled = {"tokens bought": 2.0}
    assert free.projected(doubled).paid_margin(12) < 0.5
    assert held.projected(doubled).paid_margin(12) == held.baseline.paid_margin(12)
    assert held.projected(doubled).paid_margin(13) == free.projected(doubled).paid_margin(13)


def test_the_most_dangerous_input_is_the_bought_one_with_the_smallest_k_star():
    mixed = (
        Exposure("tokens", "buy", "OpenAI", Decimal("0.2")),
        Exposure("gpu_hours", "rent", "GPU cloud", Decimal("0.8")),
        Exposure("seats", "sell", "customers", Decimal(1), applies_to="revenue"),
    )
    found = analyse(application(exposures=mixed))
    assert dangerous_multiple(found.break_evens, target="gross_margin_0").input == (
        "GPU-hours rented"
    )


def test_a_deal_without_an_exposure_cannot_be_graded():
    found = analyse(application(exposures=()))
    assert found.break_evens == ()
    assert found.verdict.name == "cannot say"


def test_an_unknown_assumption_and_books_without_a_common_period_are_refused():
    override = AssumptionOverride(
        "pass_thru", Decimal(1), "share", "contract", "contract", "AA", date(2026, 1, 1)
    )
    with pytest.raises(InputError, match="pass_through"):
        analyse(application(overrides=(override,)))
    apart = deal([line("Hosting", 1, period="2024")], [revenue(2, period="2025")])
    with pytest.raises(InputError, match="no period has both cost of revenue and revenue"):
        analyse(apart)


def test_only_assumptions_with_a_value_are_listed():
    listed = analyse(application()).assumptions
    assert listed
    assert all(assumption.value is not None for assumption in listed)


def test_a_failure_is_named_with_the_first_line_of_its_reason():
    failed = FailedAnalysis("Acme", "acme", "2 problems in acme\nledger.csv:3:amount: ...")
    assert failed.summary() == "Acme: 2 problems in acme"
