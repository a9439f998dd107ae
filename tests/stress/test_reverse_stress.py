"""k* of every price: by hand, applied as a shock, and when a path gets there."""

from __future__ import annotations

import dataclasses
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diligence.errors import InputError
from diligence.projections.company_model import PricedLine, PriceKey, SegmentModel
from diligence.projections.month_engine import run_months
from diligence.projections.response_modes import pass_through_only
from diligence.projections.responses import CreditTerm, Lever, Rerouting
from diligence.projections.shocks import constant_price_shock
from diligence.stress.break_even import MARGIN_TARGETS
from diligence.stress.break_points import RUNWAY
from diligence.stress.first_crossing import first_crossings
from diligence.stress.reverse_stress import reverse_stress
from diligence.stress.scenarios import Move, Scenario, Size
from diligence.stress.simulation import runway_months
from diligence.stress.supplier_loss import loss_if_supplier_reprices, supplier_losses
from tests.company_models import (
    OTHER_TOKENS,
    RENT,
    SEATS,
    SOLD,
    TOKENS,
    company_models,
    plain_company,
    with_pass_through,
    with_response,
)

AFTER = date(2026, 6, 30)
ALL_TOKENS = PriceKey("tokens", "buy")
RUNG_COST = {
    "paid": "paid_cost",
    "fully_loaded": "fully_loaded_cost",
    "after_training": "after_training_cost",
}


def reversed_(model, **options):
    return reverse_stress(model, after=AFTER, **options)


def two_suppliers():
    lines = (PricedLine(TOKENS, paid=20.0), PricedLine(OTHER_TOKENS, paid=10.0))
    return plain_company(segments=(SegmentModel("", 100.0, paid_other=10.0, lines=lines),))


def at_price_floor(model, result):
    """True where the engine keeps customers' price at a hundredth, which k* does not know."""
    return any(
        months.revenue[-1, 0] < 0.0101 * part.revenue
        for months, part in zip(result.segments, model.segments, strict=True)
    )


def runway_at(model, key, k, months=36):
    burn = run_months(model, constant_price_shock(key, k, months=months)).cash_burn
    return float(runway_months(model.cash - np.cumsum(burn, axis=0), burn, model.minimum_cash)[0])


def test_each_supplier_by_hand():
    # Revenue 100, cost 40: headroom 60 over 30, 20 and 10 of tokens.
    found = reversed_(two_suppliers())
    k = [found.find(key).k for key in (ALL_TOKENS, TOKENS, OTHER_TOKENS)]
    assert k == pytest.approx([3.0, 4.0, 7.0])


def test_runway_by_hand():
    # Burn 5 of 90 cash: a burn of 7.5 lasts a year, 2.5 more on 30 of tokens.
    point = reversed_(plain_company(cash=90.0)).find(ALL_TOKENS, rung="cash", target=RUNWAY)
    assert (point.k, point.status) == (pytest.approx(1 + 2.5 / 30), "breaks_at")


def test_runway_already_short_needs_a_lower_price():
    # Burn 5 of 48 cash lasts 9.6 months; a burn of 4 needs a bill of 29.
    point = reversed_(plain_company(cash=48.0)).find(ALL_TOKENS, rung="cash", target=RUNWAY)
    assert (point.k, point.status) == (pytest.approx(29 / 30), "already_below")


def test_runway_that_no_price_can_save():
    point = reversed_(plain_company(cash=48.0, fixed_cost=100.0)).find(
        ALL_TOKENS, rung="cash", target=RUNWAY
    )
    assert (point.k, point.status) == (None, "already_below")


def test_a_lock_of_a_year_keeps_the_runway_and_half_a_year_halves_the_damage():
    def locked(months):
        model = plain_company(cash=90.0)
        line = dataclasses.replace(model.segments[0].lines[0], locked_months=months)
        return dataclasses.replace(
            model, segments=(dataclasses.replace(model.segments[0], lines=(line,)),)
        )

    def runway(months):
        return reversed_(locked(months)).find(ALL_TOKENS, rung="cash", target=RUNWAY)

    assert runway(12).status == "never"
    assert "holds for 12 months" in runway(12).note
    # 30 of cash to spare over six months at the new price.
    assert runway(6).k == pytest.approx(1 + 30 / 6 / 30)


def test_credits_count_in_the_runway():
    # 3 a month are paid by credits that last 10 months at today's price: 2 months of 3 more.
    model = plain_company(cash=90.0, credits=CreditTerm(30.0, 3.0))
    point = reversed_(model).find(ALL_TOKENS, rung="cash", target=RUNWAY)
    assert point.k < 1 + 2.5 / 30
    assert runway_at(model, ALL_TOKENS, point.k) == pytest.approx(12.0, abs=1e-6)


def test_unknown_cash_and_unknown_inference_stay_unknown():
    found = reversed_(plain_company(cash=None), inference_unknown="the inference share of hosting")
    runway = found.find(ALL_TOKENS, rung="cash", target=RUNWAY)
    assert (runway.status, runway.note) == ("unknown", "needs cash and burn")
    assert (found.find(ALL_TOKENS).status, found.find(ALL_TOKENS).k) == ("unknown", None)


def test_seats_are_not_exposed_in_any_margin_but_in_cash():
    line = PricedLine(SEATS, "internal_tools", internal=2.0)
    model = plain_company(segments=(SegmentModel("", 100.0, 40.0, lines=(line,)),), cash=90.0)
    found = reversed_(model)
    seats = PriceKey("seats", "buy")
    assert found.find(seats).status == "not_exposed"
    # Burn 7 of 90 cash: 0.5 more a month on 2 of seats.
    assert found.find(seats, rung="cash", target=RUNWAY).k == pytest.approx(1.25)


def test_what_is_sold_breaks_when_its_price_falls():
    segment = SegmentModel("", 100.0, paid_other=60.0, lines=(PricedLine(SOLD, sold=100.0),))
    found = reversed_(plain_company(segments=(segment,)))
    point = found.find(PriceKey("tokens", "sell"))
    assert (point.k, point.answering_k) == (pytest.approx(0.6), pytest.approx(0.6))
    assert found.nearest() is None


def test_a_lever_counts_from_its_start_and_net_of_its_cost():
    def answering(**terms):
        model = plain_company(levers=(Lever("Caching", saving=0.5, **terms),))
        return reversed_(model).find(ALL_TOKENS).answering_k

    assert answering() == pytest.approx(6.0)
    assert answering(monthly_cost=15.0) == pytest.approx((90 - 15) / 15)
    assert answering(start_month=13) == pytest.approx(3.0)


def test_an_answer_above_a_trigger_brings_the_margin_back():
    # Above four times all work moves to an equal supplier at today's price.
    away = Rerouting("tokens", "OpenAI", price_ratio=1.0, share=1.0, months=1, trigger=4.0)
    point = reversed_(plain_company(rerouting=(away,))).find(ALL_TOKENS)
    assert (point.k, point.answering_k) == pytest.approx((3.0, 3.0))
    assert point.returns
    assert "met again farther on" in point.note


def test_churn_that_leaves_cost_behind_breaks_earlier():
    model = with_response(with_pass_through(plain_company(), 0.5), price_elasticity=2.0)
    point = reversed_(model).find(ALL_TOKENS)
    assert point.answering_k < point.k == pytest.approx(5.0)


def test_first_crossing_sees_a_curve_that_comes_back():
    grid = np.linspace(1.0, 5.0, 9)
    curve = lambda which, k: (k - 2.25) * (k - 3.75)  # noqa: E731
    found = first_crossings(curve, grid, curve(None, grid)[None, :])[0]
    assert (found.at, found.returns) == (pytest.approx(2.25, abs=1e-12), True)


def test_first_crossing_finds_a_step():
    grid = np.linspace(1.0, 5.0, 9)
    curve = lambda which, k: np.where(k < 2.3, 1.0, -3.0)  # noqa: E731
    found = first_crossings(curve, grid, curve(None, grid)[None, :])[0]
    assert found.at == pytest.approx(2.3, abs=1e-9)


def test_segments_break_apart():
    parts = (
        SegmentModel("Chat", 50.0, lines=(PricedLine(TOKENS, paid=40.0),)),
        SegmentModel("Platform", 50.0, lines=(PricedLine(TOKENS, paid=10.0),)),
    )
    points = reversed_(plain_company(segments=parts)).points
    k = {
        p.segment: p.k
        for p in points
        if (p.key, p.rung, p.target) == (ALL_TOKENS, "paid", "gross_margin_0")
    }
    assert k == pytest.approx({"": 2.0, "Chat": 1.25, "Platform": 5.0})


def test_pool_ends_widen_k():
    ends = (plain_company(), with_pass_through(plain_company(), 0.5))
    point = reversed_(plain_company(), pool_ends=ends).find(ALL_TOKENS)
    assert (point.none_serves, point.all_serve) == pytest.approx((3.0, 5.0))


def scenario(*moves):
    return Scenario("up", "Up", moves)


def test_a_step_is_reached_in_its_month():
    up = scenario(Move("tokens", "step", Size(3.0), start=9))
    found = reversed_(plain_company(), scenarios=[up]).reached
    # Month 9 after June 2026 is March 2027; the runway of 12 months is missed today.
    paid = next(r for r in found if (r.key, r.target) == (ALL_TOKENS, "gross_margin_0"))
    assert (paid.status, paid.month, paid.on) == ("reached", 9, date(2027, 3, 1))
    low = scenario(Move("tokens", "step", Size(2.9)))
    again = reversed_(plain_company(), scenarios=[low]).reached
    assert {r.status for r in again if r.target == "gross_margin_0"} == {"never"}


def test_dearer_prices_and_more_tokens_reach_it_together_and_a_lock_waits():
    both = scenario(
        Move("tokens", "step", Size(1.5), start=2), Move("tokens_per_task", "step", Size(2.0))
    )
    line = PricedLine(TOKENS, paid=30.0, locked_months=5)
    model = plain_company(segments=(SegmentModel("", 100.0, 10.0, lines=(line,)),))
    months = {
        r.target: r.month for r in reversed_(model, scenarios=[both]).reached if r.key == TOKENS
    }
    assert months["gross_margin_0"] == 6
    moves = reversed_(model).first_moves
    assert (moves[0].locked_months, moves[0].on) == (5, date(2026, 12, 1))


def test_a_price_that_is_locked_throughout_is_never_reached():
    line = PricedLine(TOKENS, paid=30.0, locked_months=40)
    model = plain_company(segments=(SegmentModel("", 100.0, 10.0, lines=(line,)),))
    up = scenario(Move("tokens", "step", Size(9.0)))
    found = reversed_(model, scenarios=[up]).reached
    assert {(r.status, r.month) for r in found} == {("never", None)}


def test_a_scenario_that_moves_another_price_is_left_out():
    rent = scenario(Move("gpu_hours", "step", Size(9.0)))
    found = reversed_(plain_company(cash=900.0), scenarios=[rent]).reached
    assert found == ()


@given(company_models(responses=False))
def test_k_applied_as_a_shock_lands_on_its_target(model):
    model = dataclasses.replace(model, growth=0.0)
    months = max(line.locked_months for part in model.segments for line in part.lines) + 1
    for point in reversed_(model).points:
        if point.rung == "cash" or point.k is None or not 0 < point.k < 1e6:
            continue
        shock = constant_price_shock(point.key, point.k, months=months)
        result = run_months(pass_through_only(model), shock)
        cost, revenue = getattr(result, RUNG_COST[point.rung])[-1, 0], result.revenue[-1, 0]
        if point.segment:
            part = next(part for part in result.segments if part.name == point.segment)
            unpaid = part.unpaid_cost[-1, 0] if point.rung == "fully_loaded" else 0.0
            cost, revenue = part.paid_cost[-1, 0] + unpaid, part.revenue[-1, 0]
        if not at_price_floor(model, result):
            assert 1 - cost / revenue == pytest.approx(
                float(MARGIN_TARGETS[point.target]), abs=1e-6
            )


@given(company_models(responses=False))
def test_runway_k_lands_on_twelve_months(model):
    for point in reversed_(model).points:
        if point.rung != "cash" or point.status != "breaks_at" or point.key.side == "sell":
            continue
        assert runway_at(model, point.key, point.k * (1 - 1e-9)) >= 12 - 1e-6
        assert runway_at(model, point.key, point.k * (1 + 1e-6)) <= 12


@settings(max_examples=50)
@given(company_models(responses=False), st.integers(0, 8))
def test_currency_changes_no_multiple(model, power):
    # Powers of two change no digit, so that a margin of exactly zero stays one.
    rate = 2.0**power

    def money(amount):
        return None if amount is None else amount * rate

    segments = tuple(
        SegmentModel(
            part.name,
            part.revenue * rate,
            part.paid_other * rate,
            part.unpaid_other * rate,
            tuple(
                dataclasses.replace(
                    line,
                    **{
                        name: getattr(line, name) * rate
                        for name in (
                            "paid",
                            "unpaid",
                            "training_steady",
                            "training_cash",
                            "internal",
                            "sold",
                        )
                    },
                )
                for line in part.lines
            ),
        )
        for part in model.segments
    )
    other = dataclasses.replace(
        model,
        segments=segments,
        training_steady_other=money(model.training_steady_other),
        training_cash_other=money(model.training_cash_other),
        fixed_cost=money(model.fixed_cost),
        bridge=money(model.bridge),
        cash=money(model.cash),
    )
    for one, two in zip(reversed_(model).points, reversed_(other).points, strict=True):
        # Where nearly all is passed on, k* is a quotient of what rounding leaves.
        if one.k is not None and abs(one.k) < 1e3:
            assert two.k == pytest.approx(one.k, rel=1e-6, abs=1e-6)
        if one.k is None or abs(one.k - 1) > 1e-9:
            assert one.status == two.status


@given(company_models())
def test_k_of_a_part_is_never_nearer_than_of_the_whole(model):
    found = reversed_(model)
    for supplier in ("OpenAI", "Anthropic"):
        whole, part = found.find(ALL_TOKENS), found.find(PriceKey("tokens", "buy", supplier))
        if whole.status == "breaks_at" and part.k is not None:
            assert part.k >= whole.k - 1e-9


def test_loss_when_a_supplier_reprices_by_hand():
    loss = loss_if_supplier_reprices(two_suppliers(), "OpenAI", 2.0)
    assert loss.gross_profit_per_month == pytest.approx(20.0)
    assert loss.by_then == pytest.approx(240.0)
    assert loss.share_of_cost == pytest.approx(2 / 3)


def test_a_lock_defers_the_loss():
    line = PricedLine(RENT, paid=30.0, locked_months=9)
    model = plain_company(segments=(SegmentModel("", 100.0, 10.0, lines=(line,)),))
    loss = loss_if_supplier_reprices(model, "CoreWeave", 2.0)
    assert (loss.gross_profit_per_month, loss.by_then) == pytest.approx((30.0, 90.0))


def test_an_unknown_supplier_is_named_with_the_known_ones():
    with pytest.raises(InputError, match=r"'Open AI'; it buys from Anthropic, OpenAI"):
        loss_if_supplier_reprices(two_suppliers(), "Open AI")


@given(company_models(), st.floats(0.5, 4.0))
def test_suppliers_together_are_suppliers_alone(model, multiple):
    for loss in supplier_losses(model, multiple=multiple).losses:
        alone = loss_if_supplier_reprices(model, loss.supplier, multiple)
        assert alone.gross_profit_per_month == pytest.approx(loss.gross_profit_per_month)
        assert alone.by_then == pytest.approx(loss.by_then)


def test_summary_frame_and_json_agree():
    found = reversed_(plain_company(cash=90.0))
    assert "3.00x" in found.summary()
    assert len(found.to_frame()) == len(found.to_json()["break_points"]) == len(found.points)
    assert "<table" in found._repr_html_()
