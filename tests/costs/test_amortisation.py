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
