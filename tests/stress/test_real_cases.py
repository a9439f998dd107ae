"""Companies from public figures: the signs and statuses that a partner would accept."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from diligence.analysis import analyse
from diligence.analysis.stress_analysis import StressOptions
from diligence.analysis.stress_words import first_break, in_two_sentences
from diligence.inputs.deal import Archetype, Decision, Exposure, Role
from diligence.inputs.load import load_deal
from diligence.resources import resource_path
from diligence.stress.break_even import break_even_multiple
from diligence.stress.scenario_results import run_scenarios
from diligence.stress.scenarios import Move, Scenario, Size
from tests.support import deal, line, revenue, source

FEW = StressOptions(paths=256)


def step(of, multiple, side=""):
    """One level that moves at once."""
    return Scenario("move", "A move", (Move(of, "step", Size(multiple), side=side),))


def margin_after(analysis, scenario):
    """Paid margin of month 12 with every answer of the company switched off."""
    table = run_scenarios(analysis.model, [scenario], after=analysis.deal.terms.as_of)
    return table["move"].held_still.gross_margin


def k(analysis, input, *, rung="paid", target="gross_margin_0", segment=""):
    found = analysis.break_even(input=input, rung=rung, target=target, segment=segment)
    return (None if found.k is None else round(float(found.k), 2)), found.status


@pytest.fixture(scope="module")
def case():
    read = {
        name: analyse(load_deal(resource_path("datasets", "cases", name)), stress_options=FEW)
        for name in ("minimax", "zhipu", "openai")
    }
    return read.__getitem__


# MiniMax, nine months of 2025: revenue 53.44, gross margin 23.3 %; AI-native products 71.1 % of
# revenue at 4.7 %, platform 28.9 % at 69.4 %; inference 37.98 of 40.99 cost of revenue. Rents
# GPUs and sells tokens.


@pytest.mark.parametrize(
    ("segment", "zero", "half"),
    [
        ("", (1.33, "breaks_at"), (0.62, "already_below")),
        ("AI-native products", (1.05, "breaks_at"), (0.49, "already_below")),
        ("Open platform", (3.45, "breaks_at"), (1.68, "breaks_at")),
    ],
)
def test_minimax_breaks_on_rent_and_its_products_long_before_its_platform(
    case, segment, zero, half
):
    found = case("minimax")
    assert k(found, "GPU-hours rented", segment=segment) == zero
    assert k(found, "GPU-hours rented", target="gross_margin_50", segment=segment) == half


def test_minimax_gains_from_dearer_tokens_and_loses_from_dearer_rent(case):
    minimax = case("minimax")
    today = margin_after(minimax, step("tokens", 1.0, "every"))
    assert today == pytest.approx(0.233, abs=0.001)
    # 28.9 % of revenue doubles at the same cost: 1 - 0.767 / 1.289 = 40.5 %
    assert margin_after(minimax, step("tokens", 2.0, "every")) == pytest.approx(0.405, abs=0.001)
    assert margin_after(minimax, step("tokens", 0.5, "every")) < today
    # inference 37.98 / 53.44 = 71.1 % of revenue: doubled rent takes it all
    assert margin_after(minimax, step("gpu_hours", 2.0)) == pytest.approx(0.233 - 0.711, abs=0.001)
    # its tokens may lose four fifths of their price before the company's margin is gone:
    # 1 - (53.44 - 40.99) / (0.289 x 53.44) = 0.19
    assert k(minimax, "tokens sold") == (0.19, "breaks_at")
    assert k(minimax, "tokens sold", target="gross_margin_50")[1] == "already_below"


def test_minimax_runway_spans_its_definitions_and_is_no_margin_question(case):
    # cash 1,006.8 with financial assets; operating cash flow -209 in nine months: 43 months
    minimax = case("minimax")
    assert float(minimax.runway.base_months) == pytest.approx(1006.8 / (209 / 9), rel=0.01)
    assert k(minimax, "GPU-hours rented", rung="cash", target="runway_12m")[1] == "breaks_at"


# Zhipu, first half of 2025: gross margin 50.0 %, on-premise 59.1 %, cloud -0.4 %; cloud is 15.2 %
# of revenue; compute is at most 37.6 % of cost of revenue.


def test_zhipus_rent_is_known_as_an_upper_limit_only(case):
    found = case("zhipu").break_even(input="GPU-hours rented", rung="paid", target="gross_margin_0")
    # 1 + 50.0 / (0.376 x 50.0) = 3.66, and with less compute later still
    assert float(found.k) == pytest.approx(1 + 1 / 0.376, abs=0.01)
    assert (found.status, found.limit) == ("breaks_at", "at_least")


def test_zhipus_cloud_is_below_already_and_its_other_business_carries_it(case):
    zhipu = case("zhipu")
    assert k(zhipu, "GPU-hours rented", segment="Cloud") == (0.99, "already_below")
    assert k(zhipu, "GPU-hours rented", segment="On-premise")[1] == "breaks_at"
    # 49.99 %: half is missed by a hair
    assert k(zhipu, "GPU-hours rented", target="gross_margin_50") == (1.0, "already_below")
    # without any cloud revenue the margin is 1 - 0.500 / 0.848 = 41 %: free tokens do not break it
    assert k(zhipu, "tokens sold") == (None, "never")


def test_zhipu_gains_from_dearer_tokens_but_burns_its_cash_on_training(case):
    zhipu = case("zhipu")
    assert margin_after(zhipu, step("tokens", 2.0, "every")) > 0.5
    assert margin_after(zhipu, step("gpu_hours", 2.0)) < 0.5
    # cash 2,551 and operating cash flow -1,327 in six months: 11.5 months
    assert float(zhipu.runway.base_months) == pytest.approx(2551 / (1327 / 6), abs=0.1)
    assert k(zhipu, "GPU-hours rented", rung="cash", target="runway_12m")[1] == "already_below"


# OpenAI 2025: revenue 13.07, cost of revenue 7.50; leaked Azure inference of nine months 8.67, so
# that at least 2.62 sits elsewhere and the fully loaded margin is at most 22.6 %.


def test_openai_is_told_with_and_without_what_is_booked_elsewhere(case):
    openai = case("openai")
    assert float(openai.ladder.rung("paid").base) == pytest.approx(0.426, abs=0.001)
    margins = [float(each.ladder.rung("fully_loaded").base) for each in openai.scenarios]
    assert margins == pytest.approx([0.426, 0.357, 0.226, 0.005], abs=0.001)


def test_openais_rent_breaks_it_sooner_when_the_leak_holds(case):
    openai = case("openai")
    assert k(openai, "GPU-hours rented") == (1.92, "breaks_at")
    assert k(openai, "GPU-hours rented", target="gross_margin_50") == (0.84, "already_below")
    # 8.67 of inference, 10.12 of cost: 1 + (13.07 - 10.12) / 8.67 = 1.34
    leaked = next(e for e in openai.scenarios if e.amount.value == Decimal(2_620_000_000))
    basis = leaked.ladder.basis
    loaded = break_even_multiple(
        revenue=basis.revenue,
        other_cost=Decimal(10_120_000_000) - Decimal(8_670_000_000),
        exposed_cost=Decimal(8_670_000_000),
        target_margin=Decimal(0),
    )
    assert float(loaded.k) == pytest.approx(1.34, abs=0.005)
    assert margin_after(openai, step("gpu_hours", 1.5)) < 0.426
    # token prices reach a lab that rents GPUs through its own list only, which deal.yaml leaves out
    assert margin_after(openai, step("tokens", 2.0)) == pytest.approx(0.426, abs=0.001)


def test_without_cash_openais_runway_is_unknown_not_endless(case):
    openai = case("openai")
    assert k(openai, "GPU-hours rented", rung="cash", target="runway_12m") == (None, "unknown")
    outcome = openai.future.scenarios.outcomes[0].stated
    assert (outcome.runway_months, outcome.runway_status) == (None, "unknown")


# Cursor: gross margin -23 % in the quarter to January 2026, slightly positive by March (press,
# grade C). If all cost is the API's, k* is 100 / 123 and 50 / 123.


def coding_assistant(cost):
    """Revenue 100 on flat plans; all cost is tokens."""
    company = deal(
        [line("Model API", cost, vendor="Anthropic")],
        [revenue(100, pricing="flat")],
        archetype=Archetype.CODING_ASSISTANT,
        terms={"exposures": (Exposure("tokens", "buy", "Anthropic", Decimal(1)),)},
    )
    return analyse(company, stress_options=FEW)


def test_a_cursor_like_company_is_below_at_both_targets_and_never_clipped_at_one():
    cursor = coding_assistant(123)
    assert float(cursor.ladder.rung("paid").base) == pytest.approx(-0.23)
    assert k(cursor, "tokens bought") == (0.81, "already_below")
    assert k(cursor, "tokens bought", target="gross_margin_50") == (0.41, "already_below")


def test_a_cursor_like_company_that_turns_positive_holds_hardly_any_rise():
    cursor = coding_assistant(98)
    multiple, status = k(cursor, "tokens bought")
    assert (multiple, status) == (1.02, "breaks_at")
    assert margin_after(cursor, step("tokens", 1.2)) < 0 < margin_after(cursor, step("tokens", 1.0))
    # a price that falls by a fifth lifts it: 1 - 0.98 x 0.8 = 21.6 %
    assert margin_after(cursor, step("tokens", 0.8)) == pytest.approx(0.216)


# CoreWeave, third quarter of 2025, USD m (press release of the quarter): revenue 1,364.7, cost of
# revenue 368.8, technology and infrastructure 747.5, which holds the depreciation of its GPUs.
REVENUE, COST, INFRASTRUCTURE = 1364.7, 368.8, 747.5


def gpu_cloud(*, ruled=True):
    """Owns GPUs and sells their hours; a ruling says that infrastructure serves customers."""
    ruling = Decision(
        "account=Technology and infrastructure",
        "inference_opex",
        "depreciation of the GPUs whose hours are sold",
        "AA",
        date(2025, 12, 1),
        source(),
        payer="paid",
    )
    company = deal(
        [
            line("Cost of revenue", COST, period="2025Q3"),
            line("Technology and infrastructure", INFRASTRUCTURE, Role.OTHER_OPERATING, "2025Q3"),
        ],
        [revenue(REVENUE, period="2025Q3")],
        archetype=Archetype.GPU_CLOUD,
        terms={
            "as_of": date(2025, 12, 1),
            "exposures": (
                Exposure("gpu_hours", "own", "CoreWeave", Decimal(1)),
                Exposure(
                    "gpu_hours", "sell", "customers", Decimal(1), applies_to="revenue"
                ),
            ),
        },
        decisions=(ruling,) if ruled else (),
    )  # fmt: skip
    return analyse(company, stress_options=FEW)


def test_a_coreweave_like_margin_is_18_percent_after_its_gpus_not_73():
    cloud = gpu_cloud()
    assert float(cloud.ladder.rung("reported").base) == pytest.approx(0.730, abs=0.001)
    assert float(cloud.ladder.rung("paid").base) == pytest.approx(0.182, abs=0.001)


def test_a_coreweave_like_company_breaks_when_the_price_of_its_hours_falls():
    cloud = gpu_cloud()
    # (368.8 + 747.5) / 1364.7 = 0.82, and twice that for half
    assert k(cloud, "GPU-hours sold") == (0.82, "breaks_at")
    assert k(cloud, "GPU-hours sold", target="gross_margin_50") == (1.64, "already_below")


def test_on_its_books_a_coreweave_like_company_would_seem_to_bear_far_more():
    # 368.8 / 1364.7 = 0.27: the place of a depreciation line is worth half of the price
    booked = Decimal(str(COST)) / Decimal(str(REVENUE))
    assert float(booked) == pytest.approx(0.27, abs=0.005)
    assert k(gpu_cloud(), "GPU-hours sold")[0] > 3 * float(booked)


def test_dearer_gpu_hours_help_a_coreweave_like_company_and_cheaper_ones_hurt():
    cloud = gpu_cloud()
    dearer, today, cheaper = (
        margin_after(cloud, step("gpu_hours", multiple, "every")) for multiple in (1.5, 1.0, 0.5)
    )
    assert dearer > today > 0 > cheaper
    assert dearer == pytest.approx(1 - (COST + INFRASTRUCTURE) / (1.5 * REVENUE), abs=1e-9)


def test_what_it_owns_moves_with_nobodys_price():
    cloud = gpu_cloud()
    assert k(cloud, "GPU-hours owned") == (None, "not_exposed")
    # a rise of rent alone, which is a cost to those who rent, leaves it as it is
    today = margin_after(cloud, step("gpu_hours", 1.0))
    assert margin_after(cloud, step("gpu_hours", 3.0)) == today


def test_a_coreweave_like_company_is_told_by_what_it_sells():
    cloud = gpu_cloud()
    text = in_two_sentences(cloud)
    assert "a GPU cloud, breaks first on GPU-hours sold" in text
    assert "gone when they fall to 0.82x today's price" in text
    assert "GPU-hours sold are 100 % of revenue and own GPUs carry 100 % of serving" in text
    assert first_break(cloud).distance > 0
