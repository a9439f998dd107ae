"""The verdict: every rule fires on its own, in order, and what is missing is not zero."""

from __future__ import annotations

import itertools

import pytest

from diligence.analysis import grade_cost_quality

SOUND = {
    "paid_margin": 0.7,
    "paid_margin_low": 0.65,
    "paid_margin_high": 0.75,
    "break_even_0": 5.0,
    "break_even_0_high": 6.0,
    "break_even_50": 3.0,
    "runway_at_2x_months": 24.0,
    "unresolved_share": 0.05,
}


def grade(**changes):
    return grade_cost_quality(SOUND | changes)


@pytest.mark.parametrize(
    ("changes", "name", "words"),
    [
        ({}, "robust", "margin stays above 50 %"),
        ({"paid_margin": None}, "cannot say", "do not give a paid gross margin"),
        ({"paid_margin_high": -0.01}, "fragile", "negative"),
        ({"break_even_0": None}, "cannot say", "no break-even multiple"),
        ({"break_even_0_high": 1.99}, "fragile", "less than twice today's takes the paid"),
        ({"break_even_0": 1.99}, "fragile", "less than twice today's takes the paid"),
        ({"sold_break_even_0": 0.76}, "fragile", "what it sells takes the paid gross margin to"),
        ({"runway_at_2x_months": 11.9}, "fragile", "less than 12 months"),
        ({"unresolved_share": 0.16, "paid_margin_low": 0.45}, "cannot say", "more than 15 %"),
        ({"paid_margin": 0.49}, "exposed", "already under 50 %"),
        ({"break_even_50": 1.9}, "exposed", "under 50 %"),
        ({"sold_break_even_50": 0.76}, "exposed", "what it sells takes the paid gross margin un"),
        ({"runway_at_2x_months": 17.9}, "exposed", "less than 18 months"),
    ],
)  # fmt: skip
def test_each_rule_fires_on_its_own(changes, name, words):
    verdict = grade(**changes)
    assert verdict.name == name
    assert words in verdict.rule
    assert verdict.summary() == f"{name}: {verdict.rule}"


def test_the_first_rule_that_holds_fires():
    assert grade(paid_margin=None, break_even_0_high=1.1).name == "cannot say"
    assert "negative" in grade(paid_margin_high=-0.2, runway_at_2x_months=1.0).rule
    # An answer either way comes before one that only the base gives.
    torn = {"unresolved_share": 0.16, "paid_margin_low": 0.45, "break_even_0": 1.9}
    assert grade(**torn).name == "cannot say"
    assert grade(**torn, break_even_0_high=1.95).name == "fragile"


@pytest.mark.parametrize("metric", ["break_even_50", "runway_at_2x_months", "unresolved_share"])
def test_a_metric_that_is_not_known_is_not_a_zero(metric):
    assert grade(**{metric: None}).name == "robust"
    assert grade_cost_quality({k: v for k, v in SOUND.items() if k != metric}).name == "robust"


def test_a_company_that_no_bought_input_can_break_is_not_unknown():
    assert grade(break_even_0=float("inf"), break_even_50=float("inf")).name == "robust"
    assert grade(break_even_0=None, break_even_50=None, sold_break_even_0=0.4).name == "robust"


def test_nothing_known_says_nothing():
    assert grade_cost_quality({}).name == "cannot say"


def test_any_set_of_missing_metrics_gives_a_verdict_and_never_a_better_margin():
    for missing in itertools.chain.from_iterable(
        itertools.combinations(SOUND, n) for n in range(len(SOUND) + 1)
    ):
        verdict = grade(**dict.fromkeys(missing))
        if "paid_margin" in missing or "break_even_0" in missing:
            assert verdict.name == "cannot say"
