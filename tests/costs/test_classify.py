"""Classes by order of evidence; rulings win and are checked; nothing is guessed."""

from __future__ import annotations

from datetime import date

import pytest

from diligence.costs import classify_lines, load_rules
from diligence.errors import InputError
from diligence.inputs.deal import Archetype, Decision, Role, SourceRef
from tests.support import line

R_AND_D = Role.RESEARCH_AND_DEVELOPMENT
S_AND_M = Role.SALES_AND_MARKETING
G_AND_A = Role.GENERAL_AND_ADMINISTRATIVE


def classified(*lines, archetype=Archetype.APPLICATION, decisions=()):
    return classify_lines(lines, archetype=archetype, decisions=decisions).lines


COGS = Role.COST_OF_REVENUE


@pytest.mark.parametrize(
    ("account", "text", "role", "cost_class", "payer"),
    [
        ("5010 Hosting - COGS", "AWS - prod GPU cluster us-east", COGS, "inference_opex", "paid"),
        ("6330 S&M", "Free tier inference - marketing", S_AND_M, "inference_opex", "free"),
        ("6120 R&D", "Monthly LoRA refresh - adapters", R_AND_D, "inference_opex", "paid"),
        ("6400 Software & Tools", "OpenAI API", G_AND_A, "inference_opex", "paid"),
        ("5020 LLM API COGS", "OpenAI API - production", COGS, "inference_opex", "paid"),
        ("6800 HR", "Coursera for Teams", G_AND_A, "neither", ""),
        ("6120 R&D Model Eval", "Anthropic - eval harness", R_AND_D, "training_capex", ""),
        ("6120 R&D", "Anthropic API - synthetic data gen", R_AND_D, "training_capex", ""),
        ("6110 R&D Cloud", "GRPO run - vLLM rollout pool", R_AND_D, "training_capex", ""),
        ("6130 Data & Labelling", "Scale AI labelling SOW 3", R_AND_D, "training_capex", ""),
        ("6500 Cloud & Hosting", "AWS June invoice", G_AND_A, "shared", ""),
        ("5050 Support", "Customer support - Zendesk", COGS, "neither", ""),
        ("6820 Rent", "Office rent", G_AND_A, "neither", ""),
    ],
)
def test_ledger_lines(account, text, role, cost_class, payer):
    found = classified(line(account, 1, role, text=text))[0]
    assert (found.cost_class, found.payer) == (cost_class, payer), found.rule


def test_stronger_evidence_wins_over_the_account():
    # A GPU box tagged for serving is serving, whatever the account says.
    tagged = line("6110 R&D Cloud", 1, R_AND_D, text="Lambda 8xH100", project="vllm-serving")
    assert classified(tagged)[0].cost_class == "inference_opex"


def test_undivided_lab_accounts_stay_open_and_name_the_document():
    lab = Archetype.MODEL_LAB
    cogs = classified(line("Cost of revenue", 1), archetype=lab)[0]
    research = classified(line("Research and development", 1, R_AND_D), archetype=lab)[0]
    assert (cogs.cost_class, cogs.alternatives) == ("shared", ("inference_opex", "neither"))
    assert (research.cost_class, research.alternatives) == ("shared", ("training_capex", "neither"))
    assert "training compute" in research.ask


def test_every_line_has_reason_basis_and_rule():
    for found in classified(line("Anything at all", 1, G_AND_A), line("Xyzzy", 2)):
        assert found.reason
        assert found.rule
        assert found.basis


def decision(selector, cost_class, row=2):
    return Decision(
        selector, cost_class, "because", "A. Analyst", date(2026, 7, 1),
        SourceRef("decisions.csv", row),
    )  # fmt: skip


def test_a_ruling_wins_and_is_kept_with_who_and_why():
    found = classified(
        line("5020 LLM API COGS", 1), decisions=[decision("account=5020 LLM API COGS", "neither")]
    )[0]
    assert (found.cost_class, found.basis, found.reason) == ("neither", "ruling", "because")
    assert "A. Analyst" in found.rule


def test_a_ruling_that_matches_nothing_is_an_error_with_a_near_match():
    with pytest.raises(InputError, match=r"decisions.csv:2:selector: .*did you mean"):
        classified(line("R&D cloud", 1), decisions=[decision("account=R&D clud", "neither")])


def test_two_rulings_that_conflict_are_an_error():
    rulings = [
        decision("account=R&D cloud", "neither", 2),
        decision("account=R&D cloud & row=2", "training_capex", 3),
    ]
    with pytest.raises(InputError, match="decisions.csv:3:class"):
        classified(line("R&D cloud", 1), decisions=rulings)


def test_shipped_rules_name_their_source_and_have_unique_ids():
    rules = load_rules().rules
    assert len({rule.rule_id for rule in rules}) == len(rules) > 30
    assert all(rule.source and rule.reason for rule in rules)


def test_a_broken_rule_file_is_named(tmp_path):
    (tmp_path / "x.yaml").write_text(
        "rules: [{id: a, basis: account, class: trainng, subclass: s, reason: r, source: s}]"
    )
    with pytest.raises(InputError, match="x.yaml: rule 'a': found 'trainng'"):
        load_rules(tmp_path)
