"""Red lines by archetype, and a firm's own."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from diligence.assumptions import AssumptionRegister
from diligence.errors import InputError
from diligence.inputs.deal import Archetype, AssumptionOverride
from diligence.projections.red_line_rules import load_red_lines

DAY = date(2026, 6, 30)


def table(archetype=Archetype.APPLICATION, register=None, **arguments):
    register = register or AssumptionRegister.load(DAY)
    return load_red_lines(archetype, register=register, as_of=DAY, **arguments)


def firm(tmp_path, text):
    path = tmp_path / "red_lines.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("archetype", list(Archetype))
def test_every_archetype_has_the_seven_lines_each_with_a_source(archetype):
    found = table(archetype)
    assert [rule.name for rule in found.rules] == [
        "cogs_to_arpu",
        "blended_margin",
        "query_tail",
        "idle_reservation",
        "single_provider",
        "unresolved",
        "users_below_zero",
    ]
    for rule in found.rules:
        assert rule.source
        assert rule.needs
        assert rule.applies or rule.reason


@pytest.mark.parametrize(
    ("name", "comparison", "threshold"),
    [
        # "COGS > 30 % of ARPU" and "blended margin < 50 %": Seed 003; the others are house rules
        ("cogs_to_arpu", "above", "0.3"),
        ("blended_margin", "below", "0.5"),
        ("query_tail", "above", "10"),
        ("idle_reservation", "above", "0.2"),
        ("single_provider", "above", "0.7"),
        ("unresolved", "above", "0.15"),
    ],
)
def test_thresholds_are_those_of_their_source(name, comparison, threshold):
    rule = table().rule(name)
    assert (rule.comparison, rule.threshold) == (comparison, Decimal(threshold))


def test_a_value_equal_to_the_threshold_does_not_cross_it():
    above, below = table().rule("cogs_to_arpu"), table().rule("blended_margin")
    assert [above.is_crossed_by(x) for x in (0.29, 0.3, Decimal("0.31"))] == [False, False, True]
    assert [below.is_crossed_by(Decimal(x)) for x in ("0.49", "0.5")] == [True, False]


def test_the_deals_own_assumption_moves_a_line():
    stated = AssumptionOverride(
        name="target_gross_margin",
        value=Decimal("0.6"),
        unit="share",
        reason="investment policy",
        source="committee paper",
        who="A. Analyst",
        stated_on=DAY,
    )
    rule = table(register=AssumptionRegister.load(DAY).override([stated])).rule("blended_margin")
    assert (rule.threshold, rule.origin) == (Decimal("0.6"), "deal")


def test_the_firms_entries_win_one_by_one(tmp_path):
    path = firm(
        tmp_path,
        "- {name: cogs_to_arpu, threshold: 0.4, source: policy 2026}\n"
        "- {name: unresolved, applies: false, reason: judged by hand, source: policy 2026}\n",
    )
    found = table(override=path)
    assert (found.rule("cogs_to_arpu").threshold, found.rule("cogs_to_arpu").origin) == (
        Decimal("0.4"),
        "firm",
    )
    assert not found.rule("unresolved").applies
    assert found.rule("query_tail") == table().rule("query_tail")


def test_a_firm_may_apply_a_line_we_do_not(tmp_path):
    path = firm(tmp_path, "- {name: blended_margin, threshold: 0.1, source: policy 2026}\n")
    rule = table(Archetype.GPU_CLOUD, override=path).rule("blended_margin")
    assert rule.applies
    assert rule.is_crossed_by(0.05)


def test_every_mistake_in_the_firms_table_is_listed_with_its_line(tmp_path):
    path = firm(
        tmp_path,
        "- {name: cogs_to_arp, threshold: 0.4, source: policy}\n"
        "- {name: unresolved, threshold: 15, source: policy}\n"
        "- {name: query_tail, source: policy}\n"
        "- {name: query_tail, threshold: 5, source: policy}\n"
        "- {name: single_provider, applies: false, source: policy}\n",
    )
    with pytest.raises(InputError) as caught:
        table(override=path)
    assert [str(problem) for problem in caught.value.problems] == [
        "red_lines.yaml:1:name: found 'cogs_to_arp', expected cogs_to_arpu",
        "red_lines.yaml:2:threshold: found 15, expected a share from 0 to 1; 40 % is 0.4",
        "red_lines.yaml:3:threshold: found nothing, expected a threshold, or applies: false with "
        "a reason",
        "red_lines.yaml:4:name: found 'query_tail' a second time, expected each red line once",
        "red_lines.yaml:5:reason: found nothing, expected why the red line does not apply",
    ]


def test_a_table_that_is_not_there_is_a_problem_and_not_ours_instead(tmp_path):
    with pytest.raises(InputError, match="cannot be opened"):
        table(override=tmp_path / "none.yaml")


def test_a_day_before_any_threshold_applies_none_of_them():
    early = load_red_lines(
        Archetype.APPLICATION,
        register=AssumptionRegister.load(date(2020, 1, 1)),
        as_of=date(2020, 1, 1),
    )
    assert not any(rule.applies for rule in early.rules)
