"""Two sentences a company: what breaks first and why; the order of companies."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal

import pytest

from diligence.analysis import analyse
from diligence.analysis.break_causes import flat_share
from diligence.analysis.stress_analysis import StressOptions
from diligence.analysis.stress_words import break_order, first_break, in_two_sentences
from diligence.inputs.deal import Archetype, Exposure, Role
from diligence.inputs.load import load_deal
from diligence.resources import resource_path
from tests.support import cash, deal, line, revenue

SAMPLES = (
    "ardent-lattice",
    "harrowgate-agents",
    "lanternfind",
    "pebblechat",
    "tallowmere-code",
    "vellumgrain",
)
CASES = ("minimax", "openai", "quillfern-code", "zhipu")
FEW = StressOptions(paths=256)


def tokens(share="1", supplier="OpenAI", **fields):
    return Exposure("tokens", "buy", supplier, Decimal(share), **fields)


def analysed(*exposures, cost=300, sales=None, archetype=Archetype.APPLICATION):
    """Revenue 1200 a year; inference 300 and support 180 in cost of revenue, rent 840."""
    company = deal(
        [
            line("Model API", cost, vendor="OpenAI"),
            line("Customer support", 180),
            line("Rent", 840, Role.GENERAL_AND_ADMINISTRATIVE),
        ],
        sales or [revenue(1200)],
        archetype=archetype,
        terms={"exposures": exposures},
        cash=(cash("cash", 240), cash("operating_cash_flow", -120)),
    )
    return analyse(company, stress_options=FEW)


def two(text):
    """The two sentences; a decimal point is no full stop."""
    first, second = text.rstrip(".").split(". ")
    return first, second


def test_a_flat_plan_on_one_supplier_is_told_so():
    flat = [revenue(1200, pricing="flat")]
    found = analysed(tokens(), sales=flat, archetype=Archetype.CODING_ASSISTANT)
    first, second = two(in_two_sentences(found))
    # (1200 - 180) / 300 = 3.4
    assert "a coding assistant on flat plans, breaks first on tokens bought" in first
    assert "gone at 3.40x today's price" in first
    assert "25 % of revenue" in second
    assert "100 % of revenue is on flat plans" in second
    assert "nothing of a rise is passed on" in second
    assert "all tokens bought come from OpenAI" in second
    assert "no price is locked" in second


def test_the_distance_is_the_log_of_k_over_a_years_move():
    near, far = first_break(analysed(tokens())), first_break(analysed(tokens(), cost=100))
    # k* = 1020 / 300 and 1020 / 100: the ratio of distances needs no size of a move
    assert near.distance / far.distance == pytest.approx(math.log(3.4) / math.log(10.2))
    order = break_order([analysed(tokens(), cost=100), analysed(tokens())])
    assert [found.distance for found in order] == [near.distance, far.distance]


def test_a_rent_is_farther_from_the_same_multiple_than_a_token_price():
    rented = Exposure("gpu_hours", "rent", "GPU cloud", Decimal(1))
    on_rent, on_tokens = first_break(analysed(rented)), first_break(analysed(tokens()))
    assert on_rent.found.k == on_tokens.found.k
    assert on_rent.distance > on_tokens.distance


def test_locks_pass_through_own_gpus_and_tokens_sold_are_told_as_hedges():
    locked = date(2026, 12, 31)
    hedged = analysed(
        tokens("0.2", lock_until=locked, pass_through=Decimal("0.5")),
        tokens("0.2", "Anthropic", lock_until=locked, pass_through=Decimal("0.5")),
        Exposure("gpu_hours", "own", "Acme", Decimal("0.6")),
        Exposure("tokens", "sell", "customers", Decimal("0.3"), applies_to="revenue"),
    )
    _, second = two(in_two_sentences(hedged))
    assert second.startswith("It breaks late because tokens bought take only 10 % of revenue")
    for words in (
        "50 % of a rise is passed on",
        "2 suppliers share them",
        "the price of all of them is locked until December 2026",
        "own GPUs carry 60 % of serving",
        "tokens sold are 30 % of revenue and gain when their price rises",
    ):
        assert words in second


@pytest.mark.parametrize("share", ["0.25", "0.5", "0.9"])
def test_passing_on_more_never_brings_the_break_nearer(share):
    passing = analysed(tokens(pass_through=Decimal(share)))
    assert first_break(passing).distance >= first_break(analysed(tokens())).distance


def test_a_company_below_zero_is_broken_already_and_told_what_would_mend_it():
    first, second = two(in_two_sentences(analysed(tokens(), cost=1200)))
    # cost of revenue 1380 of 1200: margin -15 %; (1200 - 180) / 1200 = 0.85
    assert "is broken already: its fully loaded gross margin is −15.0 %" in first
    assert "tokens bought would have to cost 0.85x today's price" in first
    assert second.startswith("That is because tokens bought take 100 % of revenue")
    assert first_break(analysed(tokens(), cost=1200)).distance < 0


def test_no_multiple_breaks_what_passes_everything_on():
    first, second = two(in_two_sentences(analysed(tokens(pass_through=Decimal(1)))))
    assert "keeps its fully loaded gross margin above zero at any price of tokens bought" in first
    assert "100 % of a rise is passed on" in second


def test_what_is_missing_is_said():
    first, second = two(in_two_sentences(analysed()))
    assert first.endswith("not computable: needs exposure in deal.yaml (which inputs are bought)")
    assert second == "Its paid gross margin is 60.0 % today"
    assert first_break(analysed()) is None
    assert break_order([analysed()]) == ()


def test_the_share_on_flat_plans_counts_stated_paying_revenue():
    rows = [
        revenue(900, pricing="flat", payer="paid", plan="Pro"),
        revenue(300, pricing="usage", payer="paid", plan="API"),
        revenue(50, pricing="flat", payer="promo", plan="Partner"),
    ]
    assert flat_share(analysed(tokens(), sales=rows)) == Decimal("0.75")
    assert flat_share(analysed(tokens())) is None


@pytest.fixture(scope="module")
def all_ten():
    folders = [("samples", name) for name in SAMPLES] + [("cases", name) for name in CASES]
    return {
        name: analyse(load_deal(resource_path("datasets", kind, name)), stress_options=FEW)
        for kind, name in folders
    }


def test_flat_rate_agentic_companies_break_first_and_hedged_ones_last(all_ten):
    order = [found.company for found in break_order(all_ten.values())]
    samples = [all_ten[name].company for name in SAMPLES]
    assert [name for name in order if name in samples] == [
        "Lanternfind",
        "Pebblechat",
        "Tallowmere",
        "Harrowgate",
        "Vellumgrain",
        "Ardent Lattice",
    ]
    assert len(order) == 10
    # flat plans on dear tokens; the middle passes a part on or is locked; rented GPUs move little
    assert set(order[:3]) == {"Lanternfind", "Pebblechat", "Tallowmere"}
    assert set(order[3:6]) == {"Quillfern Code", "Harrowgate", "MiniMax"}
    assert set(order[6:]) == {"Vellumgrain", "OpenAI", "Zhipu", "Ardent Lattice"}


def test_what_breaks_first_runs_out_of_cash_no_later_where_prices_decide(all_ten):
    by_name = {found.company: found for found in break_order(all_ten.values())}
    assert by_name["Lanternfind"].p_cash_out > by_name["Pebblechat"].p_cash_out
    assert by_name["Lanternfind"].found.status == "already_below"
    # Vellumgrain runs out on what it spends, not on this price: 5.6 months at today's.
    assert by_name["Vellumgrain"].runway_months < 12
    assert by_name["MiniMax"].p_cash_out < by_name["Tallowmere"].p_cash_out


@pytest.mark.parametrize(
    ("name", "what", "why"),
    [
        ("lanternfind", "is broken already", "of revenue is on flat plans"),
        ("pebblechat", "breaks first on tokens bought", "for free users and tuning"),
        ("tallowmere-code", "breaks first on tokens bought", "come from Anthropic"),
        ("quillfern-code", "breaks first on tokens bought", "2 suppliers share them"),
        ("harrowgate-agents", "breaks first on tokens bought", "of a rise is passed on"),
        ("vellumgrain", "breaks first on tokens bought", "own GPUs carry 40 % of serving"),
        ("ardent-lattice", "breaks first on GPU-hours rented", "tokens sold are"),
        ("minimax", "its fully loaded gross margin is gone at 1.33x", "tokens sold are 29 %"),
        ("openai", "its cash is not known", "all GPU-hours rented come from Microsoft Azure"),
        ("zhipu", "gone at 3.66x today's price or more", "take only 19 % of revenue"),
    ],
)
def test_ten_companies_are_told_in_two_sentences(all_ten, name, what, why):
    first, second = two(in_two_sentences(all_ten[name]))
    assert first.startswith(all_ten[name].company)
    assert what in first
    assert why in second


def test_early_in_between_and_late_are_told_apart(all_ten):
    openings = {
        name: two(in_two_sentences(each))[1].split(" because")[0] for name, each in all_ten.items()
    }
    assert openings["lanternfind"] == "That is"
    assert openings["pebblechat"] == openings["tallowmere-code"] == "It breaks early"
    assert openings["quillfern-code"] == openings["minimax"] == "It stands in between"
    assert openings["ardent-lattice"] == openings["zhipu"] == "It breaks late"


def test_the_date_is_that_of_the_scenarios_path(all_ten):
    found = first_break(all_ten["tallowmere-code"])
    assert found.scenario.on == date(2026, 7, 1)
    assert found.scenario_title == "Every token price doubles at once"
    assert found.to_json()["scenario"]["month"] == 1
    assert found.summary().startswith("Tallowmere: tokens bought at 1.6")
