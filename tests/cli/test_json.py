"""The JSON other programs rely on: keys stay, null is never 0, and a status stands beside it."""

from __future__ import annotations

import json

import pytest

from diligence.cli import run
from tests.small_deals import CASES, LEDGER, write_deal

ALL_CASES = ("minimax", "openai", "zhipu", "quillfern-code")
RUNGS = ("reported", "paid", "fully_loaded", "after_training", "operating")
KINDS = {"point", "bound", "80 % interval", "scenario range"}
K_STATUS = {"breaks_at", "already_below", "never", "not_exposed", "unknown"}
RUNWAY_STATUS = {"finite", "not_burning", "beyond_horizon", "unknown"}
TARGETS = {"gross_margin_0", "gross_margin_50", "runway_12m"}
GRADES = {"A", "B", "C", "D", "E"}


def printed(capsys, *arguments):
    assert run([str(argument) for argument in arguments]) == 0
    said = capsys.readouterr()
    assert said.err == ""

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(said.out, parse_constant=refuse)


@pytest.mark.parametrize("case", ALL_CASES)
def test_split_has_the_shape_other_programs_read(case, capsys):
    shown = printed(capsys, "split", CASES / case, "--json")
    assert {
        "company", "period", "currency", "split", "ledger_total", "margins",
        "training_to_inference", "coverage", "unresolved",
    } <= set(shown)  # fmt: skip
    assert {"start", "end"} <= set(shown["period"])
    parts = shown["split"]
    assert {
        "training_capex", "inference_opex", "shared_allocated", "shared_unresolved", "neither",
        "total",
    } <= set(parts)  # fmt: skip
    assert set(parts["shared_allocated"]) == {"training_capex", "inference_opex"}
    assert set(shown["training_to_inference"]) == {"low", "base", "high"}
    assert {rung["rung"] for rung in shown["margins"]} == set(RUNGS)
    for rung in shown["margins"]:
        assert {"rung", "segment", "low", "base", "high", "kind"} <= set(rung)
        assert rung["kind"] in KINDS


@pytest.mark.parametrize("case", ALL_CASES)
def test_split_adds_up_to_the_ledger(case, capsys):
    shown = printed(capsys, "split", CASES / case, "--json")
    parts = shown["split"]
    allocated = sum(parts["shared_allocated"].values())
    single = ("training_capex", "inference_opex", "shared_unresolved", "neither")
    assert sum(parts[name] for name in single) + allocated == pytest.approx(parts["total"])
    assert parts["total"] == pytest.approx(shown["ledger_total"])
    grades = shown["coverage"]["by_grade"]
    assert set(grades) <= GRADES
    assert sum(grades.values()) == pytest.approx(1)


@pytest.mark.parametrize("case", ALL_CASES)
def test_a_margin_that_is_not_known_is_null_with_what_it_needs(case, capsys):
    for rung in printed(capsys, "split", CASES / case, "--json")["margins"]:
        ends = [rung["low"], rung["base"], rung["high"]]
        if None in ends:
            assert ends == [None, None, None]
            assert rung["status"].startswith("needs ") or rung["segment"].startswith("(")
        else:
            assert rung["low"] <= rung["base"] <= rung["high"]
            assert rung["status"] == "computed"


@pytest.mark.parametrize("case", ALL_CASES)
def test_stress_has_the_shape_other_programs_read(case, capsys):
    shown = printed(capsys, "stress", CASES / case, "--json")
    assert {
        "baseline", "scenarios", "reverse", "simulation", "sensitivity", "valuation",
    } <= set(shown)  # fmt: skip
    for result in (shown["baseline"], *shown["scenarios"]):
        assert {"gross_margin", "runway_months", "runway_status"} <= set(result)
        assert result["runway_status"] in RUNWAY_STATUS
        assert (result["runway_months"] is None) == (result["runway_status"] != "finite")
    names = [scenario["name"] for scenario in shown["scenarios"]]
    assert len(set(names)) == len(names)
    assert {"break_even_price_multiple", "by_supplier"} <= set(shown["reverse"])
    for found in shown["reverse"]["break_even_price_multiple"]:
        assert {"input", "side", "rung", "target", "k", "status"} <= set(found)
        assert found["status"] in K_STATUS
        assert found["target"] in TARGETS
        assert (found["k"] is None) == (found["status"] in ("never", "not_exposed", "unknown"))


def test_what_is_not_known_is_null(tmp_path, capsys):
    folder = write_deal(tmp_path / "acme", cash__csv=None)
    shown = printed(capsys, "stress", folder, "--json")
    assert shown["baseline"]["runway_months"] is None
    assert shown["baseline"]["runway_status"] == "unknown"
    floor = [
        found
        for found in shown["reverse"]["break_even_price_multiple"]
        if found["target"] == "runway_12m"
    ]
    assert [(found["k"], found["status"]) for found in floor] == [(None, "unknown")]
    simulation = shown["simulation"]
    assert simulation["p_cash_out"] == {"12": None, "24": None, "36": None}
    assert simulation["runway_months"] == {"p5": None, "p50": None, "p95": None}
    assert simulation["status"] == "needs cash and burn"
    assert simulation["gross_margin"]["p50"] is not None
    assert shown["valuation"]["base"]["position_value"] is None
    assert shown["valuation"]["needs"]


def test_scenarios_are_chosen_and_the_same_seed_gives_the_same_figures(tmp_path, capsys):
    folder = write_deal(tmp_path / "acme")
    chosen = ("--scenario", "tokens_double", "--scenario", "gpu_rent_up+usage_10x")
    again = [
        printed(capsys, "stress", folder, *chosen, "--paths", "1000", "--seed", "7", "--json")
        for _ in range(2)
    ]
    assert again[0] == again[1]
    names = [scenario["name"] for scenario in again[0]["scenarios"]]
    assert names == ["tokens_double", "gpu_rent_up + usage_10x"]
    # Inference 300 of 1,200, support 180: 60 % becomes 35 % at twice the price.
    assert again[0]["scenarios"][0]["gross_margin_held_still"] == pytest.approx(0.35)
    assert (again[0]["simulation"]["paths"], again[0]["simulation"]["seed"]) == (1000, 7)
    chance = again[0]["simulation"]["p_cash_out"]
    assert 0 <= chance["12"] <= chance["24"] <= chance["36"] <= 1


def test_a_scenario_of_the_deal_runs_beside_the_shipped_ones(tmp_path, capsys):
    text = (
        "- name: our_supplier\n  title: Ours\n  source: call\n  dated: 2026-01-01\n"
        "  moves:\n    - {of: tokens, shape: step, multiple: 3x}\n"
    )
    folder = write_deal(tmp_path / "acme", scenarios__yaml=text)
    shown = printed(capsys, "stress", folder, "--scenario", "our_supplier", "--json")
    assert shown["scenarios"][0]["gross_margin_held_still"] == pytest.approx(0.10)
    for wrong, said in (("3x", "380 %"), ("step", "stepp"), ("tokens", "token")):
        write_deal(tmp_path / said[:3] / "acme", scenarios__yaml=text.replace(wrong, said))
        assert run(["stress", str(tmp_path / said[:3] / "acme")]) == 2
        assert "scenarios.yaml:6:" in capsys.readouterr().err


def test_an_unknown_scenario_is_refused_with_near_matches(tmp_path, capsys):
    folder = write_deal(tmp_path / "acme")
    assert run(["stress", str(folder), "--scenario", "token_double"]) == 2
    assert "tokens_double" in capsys.readouterr().err


def test_a_small_deal_by_hand(tmp_path, capsys):
    # Inference 300, support 180, revenue 1200, all in thousands; tokens doubled cost 25 a month.
    folder = write_deal(tmp_path / "acme")
    split = printed(capsys, "split", folder, "--json")
    assert split["ledger_total"] == 1_320_000
    assert split["split"]["inference_opex"] == 300_000
    paid = next(rung for rung in split["margins"] if rung["rung"] == "paid")
    assert paid["base"] == pytest.approx(0.6)
    stress = printed(capsys, "stress", folder, "--json")
    assert stress["baseline"]["gross_margin"] == pytest.approx(0.6)
    assert stress["baseline"]["runway_months"] == pytest.approx(24)
    doubled = next(s for s in stress["scenarios"] if s["name"] == "tokens bought x2")
    assert doubled["gross_margin"] == pytest.approx(0.35)
    assert doubled["runway_months"] == pytest.approx(240 / 35)
    k = {
        (found["rung"], found["target"]): found["k"]
        for found in stress["reverse"]["break_even_price_multiple"]
    }
    assert k["paid", "gross_margin_0"] == pytest.approx(3.4)
    assert k["paid", "gross_margin_50"] == pytest.approx(1.4)
    assert k["cash", "runway_12m"] == pytest.approx(1.4)


def test_training_without_a_split_is_listed_with_what_would_settle_it(tmp_path, capsys):
    ledger = LEDGER + "2025,GPU cluster,500,USD k,research_and_development,\n"
    shown = printed(capsys, "split", write_deal(tmp_path / "acme", ledger__csv=ledger), "--json")
    (line,) = [entry for entry in shown["unresolved"] if entry["account"] == "GPU cluster"]
    assert line["amount"] == 500_000
    assert set(line["alternatives"]) >= {"training_capex", "inference_opex"}
    assert line["ask"]


def test_screen_prints_its_card_as_json(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    numbers = {
        "arr": "12m", "growth": "150%", "gross-margin": "0.6", "ai-spend": "3m", "cash": "20m",
        "burn": "800k", "as-of": "2025-12-31",
    }  # fmt: skip
    options = [text for name, value in numbers.items() for text in (f"--{name}", value)]
    shown = printed(capsys, "screen", *options, "--json")
    found = {result["figure"]: result for result in shown["results"]}
    assert found["Paid gross margin"]["base"] == pytest.approx(0.6)
    assert found["k* to 0 % paid margin"]["base"] == pytest.approx(3.4)
    assert found["k* to 0 % paid margin"]["low"] == pytest.approx(2.4)
    assert shown["questions"]
    assert set(shown["verdict"]) == {"name", "rule"}
    assert list(tmp_path.iterdir()) == []
