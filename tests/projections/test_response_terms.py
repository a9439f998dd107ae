"""A company's responses from its documents: shares of revenue, contracts, levers, ways out."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from diligence.assumptions import AssumptionRegister
from diligence.costs import (
    detailed_books,
    headline_period,
    margin_ladder,
    split_books,
    split_costs,
)
from diligence.inputs.deal import Archetype, AssumptionOverride, Contract
from diligence.inputs.load import load_deal
from diligence.projections import priced_inputs
from diligence.projections.company_build import company_model
from diligence.projections.company_model import CompanyModel, PricedLine, PriceKey, SegmentModel
from diligence.projections.month_engine import run_months
from diligence.projections.response_terms import response_assumptions, with_stated_responses
from diligence.projections.shocks import constant_price_shock
from diligence.projections.supply_terms import commitment_terms, credit_term, with_contract_locks
from tests.support import deal, on_bill, revenue, source

DATASETS = Path(__file__).parents[2] / "datasets"
SAMPLES = sorted(
    path.name for path in (DATASETS / "samples").iterdir() if (path / "deal.yaml").exists()
)
AS_OF = date(2026, 6, 30)
REGISTER = AssumptionRegister.load(AS_OF)
TOKENS = PriceKey("tokens", "buy", "OpenAI", "gpt-5.4")
RENT = PriceKey("gpu_hours", "rent", "CoreWeave")


def company(*lines, segments=None):
    stated = lines or (PricedLine(TOKENS, paid=100.0),)
    parts = segments or (SegmentModel("", 1000.0, lines=tuple(stated)),)
    return CompanyModel("Small", "USD", tuple(parts))


def contract(supplier, input="tokens", kind="pay_as_you_go", **terms):
    return Contract(supplier, input, kind, source(), **terms)


def small_deal(*contracts, revenues=(), archetype=Archetype.CODING_ASSISTANT, **fields):
    return deal([], revenues, archetype, contracts=tuple(contracts), **fields)


def monthly(net, **fields):
    return revenue(net, "2026-06", **fields)


def response(revenues, **fields):
    found = with_stated_responses(company(), small_deal(revenues=revenues, **fields), REGISTER)
    return found.segments[0].response


def test_flat_and_usage_shares_come_from_the_pricing_column():
    # 60 flat, 20 by usage, 20 half and half: 70 of 100 are flat.
    found = response(
        [
            monthly(60, pricing="flat"),
            monthly(20, pricing="usage"),
            monthly(20, pricing="hybrid"),
            revenue(900, "2026-05", pricing="usage"),
        ]
    )

    assert found.flat_share == pytest.approx(0.7)
    assert found.usage_priced_share == pytest.approx(0.3)


def test_unstated_pricing_takes_the_assumption():
    assert response([monthly(60)]).flat_share == 0.5
    assert response([]).flat_share == 0.5


def test_contract_ends_replace_the_archetypes_renewal():
    # 75 end in four months, 25 in eight: five on average, so all renew evenly within ten.
    dated = response(
        [
            monthly(75, pricing="flat", contract_end=date(2026, 10, 31)),
            monthly(25, pricing="flat", contract_end=date(2027, 2, 28)),
        ]
    )

    assert dated.renewal_months == 10
    assert response([monthly(60, pricing="flat")]).renewal_months == 6


def test_defaults_differ_by_archetype_and_the_deal_overrides_them():
    chat = response([monthly(1)], archetype=Archetype.CONSUMER_CHAT)
    agent = response([monthly(1)], archetype=Archetype.ENTERPRISE_AGENT)
    stated = AssumptionOverride(
        "price_elasticity_coding_assistant",
        Decimal("0.3"),
        "ratio",
        "a price test of March 2026",
        "board pack",
        "A. Analyst",
        AS_OF,
    )
    own = with_stated_responses(company(), small_deal(), REGISTER.override([stated]))

    assert chat.price_elasticity > agent.price_elasticity
    assert chat.renewal_months < agent.renewal_months
    assert own.segments[0].response.price_elasticity == 0.3


def test_segments_take_their_own_rows():
    parts = tuple(SegmentModel(name, 100.0) for name in ("API", "Chat", "(company)"))
    rows = [
        monthly(50, segment="API", pricing="usage"),
        monthly(50, segment="Chat", pricing="flat"),
        monthly(10, segment="", pricing="hybrid"),
    ]

    found = with_stated_responses(company(segments=parts), small_deal(revenues=rows), REGISTER)

    assert [part.response.flat_share for part in found.segments] == [0, 1, 0.5]


@pytest.mark.parametrize("archetype", list(Archetype))
def test_every_default_is_in_the_register_with_its_source(archetype):
    for name in response_assumptions(archetype):
        entry = REGISTER.get(name)
        assert entry.value is not None, name
        assert entry.low is not None, name
        assert "rade" in entry.source, name


def test_contracts_lock_what_exposures_do_not():
    lines = (
        PricedLine(TOKENS, paid=1.0),
        PricedLine(RENT, paid=1.0, locked_months=2),
        PricedLine(RENT, "training", training_cash=1.0),
    )
    contracts = [
        contract("OpenAI", notice_days=60),
        contract("CoreWeave", "gpu_hours", "reserved", price_lock_until=date(2026, 12, 31)),
    ]

    held = with_contract_locks(company(*lines), small_deal(*contracts))

    assert [line.locked_months for line in held.segments[0].lines] == [2, 2, 6]


def test_notice_of_a_committed_contract_is_no_price_lock():
    committed = contract("OpenAI", kind="committed", notice_days=90, minimum_per_month=Decimal(5))

    held = with_contract_locks(company(), small_deal(committed))

    assert held.segments[0].lines[0].locked_months == 0


def test_minimums_by_hand():
    # 120 over the calendar year, 90 consumed: 30 in six months. CoreWeave 7 a month until March.
    contracts = [
        contract(
            "OpenAI",
            kind="committed",
            minimum_total=Decimal(120),
            term_start=date(2026, 1, 1),
            term_end=date(2026, 12, 31),
        ),
        contract(
            "CoreWeave",
            "gpu_hours",
            "reserved",
            minimum_per_month=Decimal(7),
            term_end=date(2027, 3, 31),
        ),
        contract(
            "A datacentre",
            "cloud",
            "committed",
            minimum_per_month=Decimal(3),
            term_end=date(2027, 3, 31),
        ),
    ]
    lines = [on_bill("inference_opex", 90, day="2026-03-01", supplier="OpenAI", vendor="OpenAI")]
    model = company(PricedLine(TOKENS, paid=1.0), PricedLine(RENT, paid=1.0))

    terms, notes = commitment_terms(model, small_deal(*contracts), lines=_split(lines))

    assert [(t.supplier, round(t.minimum_per_month, 6), t.last_month) for t in terms] == [
        ("OpenAI", 5, 6),
        ("CoreWeave", 7, 9),
    ]
    assert len(notes) == 1
    assert "A datacentre" in notes[0]


def _split(lines):
    from diligence.costs.split_line import SplitLine

    return [SplitLine(item) if not isinstance(item, SplitLine) else item for item in lines]


def test_credits_need_a_pace():
    held = contract(
        "AWS", "credits", "credits", credit_balance=Decimal(600), expires=date(2027, 3, 31)
    )

    none, asks = credit_term(small_deal(held), REGISTER)
    known, _ = credit_term(
        small_deal(held),
        REGISTER.override(
            [
                AssumptionOverride(
                    "credits_booked_net", Decimal(1200), "USD", "note", "ledger", "A", AS_OF
                )
            ]
        ),
    )

    assert none is None
    assert "needs credit rows" in asks[0]
    assert known is not None
    assert (known.balance, known.monthly_use, known.last_month) == (600, 100, 9)
    assert credit_term(small_deal(), REGISTER) == (None, ())


def test_ways_out_never_earn_what_the_company_left_lying():
    # gpt-5.4 has cheaper open rivals today: what holds the company is worth the difference.
    found = with_stated_responses(company(), small_deal(), REGISTER)

    (route,) = found.rerouting
    assert route.price_ratio == 1
    assert route.one_off_cost == pytest.approx(0.3 * 100)
    risen = with_stated_responses(company(), small_deal(), REGISTER)
    held = dataclasses.replace(risen, levers=())
    base, dear = (
        run_months(held, constant_price_shock(TOKENS, multiple, months=36))
        for multiple in (1.0, 1.5)
    )
    assert np.all(dear.paid_cost >= base.paid_cost - 1e-9)


def test_a_supplier_in_two_segments_is_rerouted_once():
    parts = tuple(
        SegmentModel(name, 100.0, lines=(PricedLine(TOKENS, paid=50.0),)) for name in "AB"
    )

    found = with_stated_responses(company(segments=parts), small_deal(), REGISTER)

    assert found.rerouting[0].one_off_cost * 2 == pytest.approx(0.3 * 100)
    assert found.self_host == ()


@pytest.fixture(scope="module")
def answered():
    """Each sample as read and with its responses."""
    found = {}
    for name in SAMPLES:
        read = load_deal(DATASETS / "samples" / name)
        register = AssumptionRegister.load(read.terms.as_of).override(read.overrides)
        lines = split_books(read, register, detailed_books(read, register))
        period = headline_period(read)
        model = company_model(
            margin_ladder(read, split_costs(read, register, period=period, lines=lines), register),
            name=read.company,
            period=period,
            inputs=priced_inputs(read, register),
            start=read.terms.as_of,
        )
        found[name] = model, with_stated_responses(model, read, register)
    return found


@pytest.mark.parametrize("name", SAMPLES)
def test_each_sample_has_sensible_responses(answered, name):
    model, found = answered[name]

    assert found.revenue == model.revenue
    assert found.paid_cost == model.paid_cost
    assert found.levers
    assert 0 < 1 - np.prod([1 - x.saving * x.reach for x in found.levers]) < 0.8
    for part in found.segments:
        assert part.response.price_elasticity > 0
        assert 0 <= part.response.flat_share <= 1
        assert part.response.renewal_months >= 1
    before = [line.locked_months for part in model.segments for line in part.lines]
    after = [line.locked_months for part in found.segments for line in part.lines]
    assert all(late >= early for early, late in zip(before, after, strict=True))


def test_samples_differ_as_their_contracts_do(answered):
    flat = {name: found.segments[0].response.flat_share for name, (_, found) in answered.items()}
    levers = {name: {x.name for x in found.levers} for name, (_, found) in answered.items()}

    assert flat["tallowmere-code"] == 1
    assert flat["ardent-lattice"] < 0.6
    # Tallowmere reads most of its prompts from the cache already, Pebblechat runs on small models
    assert "caching" not in levers["tallowmere-code"]
    assert "routing" not in levers["pebblechat"]
    credits = answered["harrowgate-agents"][1].credits
    assert credits is not None
    assert credits.balance == 540_000
    suppliers = {x.supplier for x in answered["lanternfind"][1].commitments}
    assert suppliers == {"OpenAI"}
