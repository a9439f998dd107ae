"""Depreciation at other lives: the same cost over fewer years charges more."""

from __future__ import annotations

from decimal import Decimal as D

from diligence.analysis.owned_gpus import owned_gpu_lives
from diligence.costs.split_line import SplitLine
from diligence.inputs.deal import Fact, SourceRef
from diligence.units import parse_period
from tests.support import classified, deal, revenue

YEAR = parse_period("2025")
LIFE = Fact("gpu_useful_life", D(60), "months", YEAR, SourceRef("facts.csv", 2))


def lives(*facts, account="Depreciation - GPU cluster"):
    item = classified("shared", 100, account=account)
    line = SplitLine(item, training=D(60), inference=D(40), allocated_by="driver")
    held = deal([], [revenue(1_000)], facts=facts)
    return owned_gpu_lives(held, [line], period=YEAR, revenue=D(1_000))


def test_five_booked_years_at_three_to_six():
    found = lives(LIFE)
    # 100 a year over five years is 500 of cost: 166.7, 125, 100 and 83.3 a year
    assert [round(effect.charge, 1) for effect in found.effects] == [
        D("166.7"), 125, 100, D("83.3"),
    ]  # fmt: skip
    # 40 % of the extra 25 serves: one point of 1,000
    assert found.at(4).margin_effect == D("-0.01")
    assert found.at(5).margin_effect == 0


def test_without_the_life_or_without_depreciation_there_is_nothing_to_show():
    assert lives() is None
    assert lives(LIFE, account="GPU rental") is None
