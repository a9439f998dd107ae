"""Amortised training: the bridge's lives, the steady state, and the two accounting methods."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.costs import (
    Vintage,
    amortised_charge,
    full_cost_vintages,
    successful_efforts_vintages,
)
from diligence.costs.amortisation import undo_capitalisation
from diligence.errors import InputError
from diligence.inputs.deal import SourceRef, TrainingRun
from diligence.units import parse_period

YEAR = parse_period("2025")


def run(name, cost, outcome, end, release=None, purpose="final_run"):
    return TrainingRun(
        name=name,
        purpose=purpose,
        start=date(2024, 1, 1),
        end=end,
        cost=D(cost),
        outcome=outcome,
        source=SourceRef("training_runs.csv", 2),
        release_date=release,
    )


@pytest.mark.parametrize(("life", "margin"), [(12, -0.8), (15, 8.2), (18, 14.2)])
def test_first_year_charge_flatters(life, margin):
    # Worked bridge: fully loaded cost 13.4 of revenue 24.0, training 10.8 in its first year.
    charge = amortised_charge(
        [Vintage("2025", D("10.8"), date(2025, 1, 1))], period=YEAR, life_months=life
    )
    assert round(float((D("24.0") - D("13.4") - charge) / D("24.0")) * 100, 1) == margin


@pytest.mark.parametrize("life", [12, 15, 18])
def test_in_steady_state_every_life_gives_the_same_charge(life):
    history = [Vintage(str(y), D("10.8"), date(y, 1, 1)) for y in (2022, 2023, 2024, 2025)]
    charge = amortised_charge(history, period=YEAR, life_months=life)
    assert float(charge) == pytest.approx(10.8)


def test_successful_efforts_against_full_cost():
    # OpenAI 2024 as told: about 5bn of R&D compute, 0.5 of it final runs; at 15 months the
    # charge is 4.9 when failed runs are written off and 4.0 when they are carried.
    runs = (
        run("released", "0.5", "released", date(2024, 1, 31), date(2024, 1, 31)),
        run("experiments", "4.5", "failed", date(2024, 1, 31), purpose="experiment"),
    )
    year = parse_period("2024")
    written_off = amortised_charge(successful_efforts_vintages(runs), period=year, life_months=15)
    carried = amortised_charge(full_cost_vintages(runs), period=year, life_months=15)
    assert (written_off, carried) == (D("4.9"), D("4.0"))


def test_failed_run_without_a_later_release_is_written_off():
    runs = (run("lost", "3", "failed", date(2025, 6, 30)),)
    assert full_cost_vintages(runs) == successful_efforts_vintages(runs)
    assert amortised_charge(full_cost_vintages(runs), period=YEAR, life_months=15) == 3


def test_maintenance_runs_are_not_amortised():
    runs = (run("lora", "1", "released", date(2025, 1, 31), purpose="maintenance"),)
    assert successful_efforts_vintages(runs) == ()


def test_a_released_model_a_month_by_life():
    # $200-300m over 18 to 12 months is $11.1-25.0m a month.
    month = parse_period("2025-01")
    low, high = (
        amortised_charge([Vintage("v", D(cost), date(2025, 1, 1))], period=month, life_months=life)
        for cost, life in ((200, 18), (300, 12))
    )
    assert (round(low, 1), round(high, 1)) == (D("11.1"), D("25.0"))


def test_base_and_variant_have_two_lives():
    # Base 12 over 12 months and variant 4 over 4, both from January: by half-year 6 and all 4.
    runs = (
        run("base", "12", "released", date(2025, 1, 31)),
        run("variant", "4", "released", date(2025, 1, 31), purpose="post_training"),
    )
    half = parse_period("2025H1")
    two = successful_efforts_vintages(runs, variant_life_months=4)
    assert amortised_charge(two, period=half, life_months=12) == 10
    one = successful_efforts_vintages(runs)
    assert amortised_charge(one, period=half, life_months=12) == 8


def test_failed_runs_take_the_life_of_the_model_that_carries_them():
    runs = (
        run("lost", "8", "failed", date(2025, 1, 31), purpose="post_training"),
        run("variant", "4", "released", date(2025, 1, 31), purpose="post_training"),
    )
    carried = full_cost_vintages(runs, variant_life_months=4)
    assert amortised_charge(carried, period=parse_period("2025-01"), life_months=12) == 3


def test_of_two_releases_on_one_day_the_base_carries():
    runs = (
        run("lost", "12", "failed", date(2025, 1, 31)),
        run("variant", "4", "released", date(2025, 1, 31), purpose="post_training"),
        run("base", "12", "released", date(2025, 1, 31)),
    )
    carried = full_cost_vintages(runs, variant_life_months=4)
    assert amortised_charge(carried, period=parse_period("2025-01"), life_months=12) == 3


def test_a_life_of_no_month_is_refused_and_loses_no_cost():
    with pytest.raises(InputError, match="v: a life must be 1 month or more; found 0"):
        amortised_charge([Vintage("v", D(1), date(2025, 1, 1))], period=YEAR, life_months=0)


def test_undoing_capitalised_training_keeps_both_views():
    # Booked cost 50 with amortisation 8 in it (3 in cost of revenue 20); 20 were capitalised.
    undone = undo_capitalisation(capitalised=D(20), amortisation=D(8), in_cost_of_revenue=D(3))
    assert undone.cash_view(D(50)) == 62
    assert undone.cost_of_revenue(D(20)) == 17
    assert undone.flattering == 12
    assert undone.summary().endswith("the books show 12.00 less cost than was spent")


def test_impossible_capitalisation_is_refused():
    with pytest.raises(InputError, match="found capitalised -1"):
        undo_capitalisation(capitalised=D(-1), amortisation=D(0))
    with pytest.raises(InputError, match="cannot hold 9 of amortisation"):
        undo_capitalisation(capitalised=D(0), amortisation=D(8), in_cost_of_revenue=D(9))


amounts = st.decimals(min_value=0, max_value=10**9, places=2)


@given(amounts, st.integers(1, 36), st.integers(1, 36))
def test_undoing_over_all_years_changes_no_total(cost, life, start):
    # Capitalised once and amortised whole: over the years both views cost the same.
    first = parse_period("2020-01").shifted(start - 1).start
    years = [parse_period(str(year)) for year in range(2020, 2027)]
    vintage = Vintage("v", cost, first)
    total = sum(
        undo_capitalisation(
            capitalised=cost if year.start <= first <= year.end else D(0),
            amortisation=amortised_charge([vintage], period=year, life_months=life),
        ).flattering
        for year in years
    )
    assert float(total) == pytest.approx(0, abs=1e-6)


@given(amounts, st.integers(1, 48), st.integers(1, 48))
def test_a_longer_life_never_charges_the_first_months_more(cost, one, other):
    short, long = sorted((one, other))
    vintage = [Vintage("v", cost, date(2025, 1, 1))]
    month = parse_period("2025-01")
    assert amortised_charge(vintage, period=month, life_months=long) <= amortised_charge(
        vintage, period=month, life_months=short
    )


@given(
    cost=st.decimals(min_value=0, max_value=10**9, places=2),
    start=st.dates(date(2020, 1, 1), date(2025, 12, 31)),
    life=st.integers(1, 48),
)
def test_a_vintage_is_charged_once_and_whole(cost, start, life):
    years = [parse_period(str(year)) for year in range(2020, 2031)]
    charges = [
        amortised_charge([Vintage("v", cost, start)], period=year, life_months=life)
        for year in years
    ]
    assert float(sum(charges)) == pytest.approx(float(cost), rel=1e-12)
