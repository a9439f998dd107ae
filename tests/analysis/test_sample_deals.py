"""The six invented deals: what the split recovers against what their files hide."""

from __future__ import annotations

import itertools
import json
from decimal import Decimal

import pytest

from diligence.analysis import analyse
from diligence.analysis.json_shapes import split_json
from diligence.costs.classify import matches_selector
from diligence.costs.ladder import RUNGS
from diligence.inputs.deal import OPERATING_COST_ROLES
from diligence.inputs.load import load_deal
from diligence.resources import resource_path

SAMPLES = resource_path("datasets", "samples")
TRUTH = json.loads((SAMPLES / "truth.json").read_text(encoding="utf-8"))
NEAR = Decimal("0.01")
"""Half a point either side: what sampled usage and rounded drivers cannot tell."""


@pytest.fixture(scope="module", params=sorted(TRUTH))
def name(request):
    return request.param


@pytest.fixture(scope="module")
def analysis(name):
    return analyse(load_deal(SAMPLES / name))


def test_the_split_is_the_ledger_to_the_last_digit(analysis):
    for result in analysis.history:
        booked = [
            line.amount
            for line in analysis.deal.ledger
            if line.role in OPERATING_COST_ROLES and result.period.contains(line.period)
        ]
        split = result.split
        parts = [
            *(split.training_capex, split.inference_opex, split.unresolved, split.neither),
            *(split.allocated_training, split.allocated_inference),
        ]
        assert sum(parts) == split.total == sum(booked)


@pytest.mark.parametrize("rung", ["paid", "fully_loaded"])
def test_the_true_margin_lies_inside_the_range(analysis, name, rung):
    found, truth = analysis.ladder.rung(rung), Decimal(str(TRUTH[name][f"{rung}_margin"]))
    assert found.low - NEAR <= truth <= found.high + NEAR


def test_the_base_is_nearer_to_the_truth_than_the_books_are(analysis, name):
    truth = Decimal(str(TRUTH[name]["fully_loaded_margin"]))
    loaded, reported = (analysis.ladder.rung(r).base for r in ("fully_loaded", "reported"))
    assert abs(loaded - truth) < abs(reported - truth)


def test_every_rung_is_ordered_and_cost_is_conserved(analysis):
    for result in analysis.history:
        company = result.ladder.company
        for rung in (company.rung(name) for name in RUNGS):
            if rung.base is not None:
                assert rung.low <= rung.base <= rung.high
        operating = company.rung("operating").cost_base
        assert operating == result.split.total + company.basis.added_to_books


def test_steps_lead_from_rung_to_rung(analysis):
    company = analysis.ladder.company
    costs = {rung.rung: rung.cost_base for rung in company.rungs}
    for above, below in itertools.pairwise(RUNGS):
        added = sum(step.amount for step in company.steps if step.below == below)
        assert costs[above] + added == costs[below]


def test_bills_and_books_agree_within_the_house_limit(analysis, name):
    suppliers = {check.supplier for check in analysis.books.checks}
    assert suppliers
    lags = {check.lag_months for check in analysis.books.checks}
    assert lags == {0, 1}
    assert all(abs(check.gap_share) < Decimal("0.1") for check in analysis.books.checks)


def test_unit_costs_times_volume_are_the_serving_cost(analysis):
    costs = analysis.units.costs
    for dimension in ("all", "feature", "plan", "payer"):
        assert sum(item.cost for item in costs.by(dimension)) == costs.serving_cost
    assert costs.query.median <= costs.query.p95


def test_requests_are_ranked_by_the_range_they_would_remove(analysis):
    points = [request.points or Decimal(0) for request in analysis.requests]
    assert points == sorted(points, reverse=True)


def test_the_json_says_the_same(analysis):
    shape = split_json(analysis)
    assert Decimal(str(shape["ledger_total"])) == pytest.approx(analysis.split.total)
    assert shape["units"]["status"] == "computed"
    assert {entry["supplier"] for entry in shape["reconciliation"]}
    assert all(entry["selector"] for entry in shape["unresolved"])


def test_a_selector_names_the_lines_it_stands_for(analysis):
    for item in analysis.open_lines[:10]:
        assert all(matches_selector(line.line, item.selector) for line in item.lines)
