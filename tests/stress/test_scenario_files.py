"""Scenario files: what is shipped can be read, what is wrong is named with its line and remedy."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from diligence.errors import InputError
from diligence.projections.company_model import PriceKey
from diligence.stress.scenario_files import find_scenarios, read_scenarios, shipped_scenarios
from tests.company_models import BOUGHT, OTHER_TOKENS, RENT, SOLD, TOKENS

AFTER = date(2026, 6, 30)
HEAD = "- name: mine\n  title: Mine\n  source: analyst\n  dated: 2026-11-01\n"


def read(tmp_path, text, head=HEAD):
    path = tmp_path / "mine.yaml"
    path.write_text(head + text, encoding="utf-8")
    return read_scenarios(path)


def problems(tmp_path, text, head=HEAD):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text, head)
    return [str(problem) for problem in caught.value.problems]


def test_every_shipped_scenario_has_a_source_and_moves_a_price_or_a_level():
    assert len(shipped_scenarios()) >= 25
    for scenario in shipped_scenarios().values():
        assert scenario.source
        assert scenario.dated
        for case in ("low", "base", "high"):
            shock = scenario.shock((*BOUGHT, SOLD), months=60, after=AFTER, case=case)
            levels = [*shock.prices.values(), shock.tokens, shock.usage, shock.retraining]
            assert all(np.isfinite(level).all() for level in levels if level is not None)
    kinds = {scenario.kind for scenario in shipped_scenarios().values()}
    assert kinds == {"article", "replay", "house"}


def test_ranges_rise_from_low_to_high():
    for scenario in shipped_scenarios().values():
        for move in scenario.moves:
            size = move.multiple
            assert size.at("low") <= size.base <= size.at("high")


@pytest.mark.parametrize(
    ("name", "key", "month", "multiple"),
    [
        ("api_price_2_to_3x_in_12m", TOKENS, 12, 2.5),
        ("api_price_3_to_5x", OTHER_TOKENS, 6, 2.0),
        ("prices_keep_falling", TOKENS, 18, 0.1),
        ("gpt_5_5_list", TOKENS, 1, 2.0),
        ("ride_hailing_2018_2021", TOKENS, 42, 1.92),
        ("late_and_sudden", TOKENS, 17, 1.0),
        ("o3_price_cut", TOKENS, 1, 0.2),
    ],
)
def test_a_scenario_reaches_what_its_source_says(name, key, month, multiple):
    (scenario,) = find_scenarios([name])
    shock = scenario.shock([key], months=48, after=AFTER)
    assert shock.prices[key][month - 1, 0] == pytest.approx(multiple, rel=1e-3)


def test_a_supplier_s_repricing_leaves_the_others_alone():
    (scenario,) = find_scenarios(["gpt_5_5_list"])
    assert set(scenario.shock(BOUGHT, months=3, after=AFTER).prices) == {TOKENS}


def test_scenarios_compose_in_any_order():
    one, other = find_scenarios(["tokens_double+gpu_rent_up", "gpu_rent_up + tokens_double"])
    assert one == other
    (joint,) = find_scenarios(["tokens_double+gpt_5_5_list"])
    assert joint.shock([TOKENS], months=2, after=AFTER).prices[TOKENS][0, 0] == 4


def test_a_scenario_can_include_others(tmp_path):
    own = read(tmp_path, "  moves:\n    - {of: tokens, shape: step, multiple: +100 %}\n")
    assert own[0].moves[0].multiple.base == 2
    (house,) = find_scenarios(["floor_and_agents"])
    assert {move.of for move in house.moves} == {"tokens", "tokens_per_task"}


def test_sides_are_kept_apart():
    (bought,) = find_scenarios(["gpt_5_5_list"])
    (every,) = find_scenarios(["tokens_double"])
    sold = PriceKey("tokens", "sell", "customers")
    assert not bought.shock([sold], months=2, after=AFTER).prices
    assert set(every.shock([sold, RENT], months=2, after=AFTER).prices) == {sold}


def test_dates_become_months():
    (own,) = find_scenarios(["tokens_double"])
    assert own.shock([TOKENS], months=1, after=AFTER).prices[TOKENS][0, 0] == 2


def test_a_dated_move_starts_in_its_month_and_the_past_is_refused(tmp_path):
    text = "  moves:\n    - {of: tokens, shape: step, multiple: 3x, start: 2026-09-01}\n"
    (own,) = read(tmp_path, text)
    level = own.shock([TOKENS], months=4, after=AFTER).prices[TOKENS][:, 0]
    assert level.tolist() == [1, 1, 3, 3]
    with pytest.raises(InputError, match=r"today's level\s+holds it already|holds it already"):
        own.shock([TOKENS], months=4, after=date(2026, 9, 30))


@pytest.mark.parametrize(
    ("move", "line", "found", "remedy"),
    [
        ("of: tokens, shape: step, multipel: 2, multiple: 2", 6, "'multipel'", "multiple"),
        ("of: token, shape: step, multiple: 2", 6, "token", "tokens"),
        ("of: tokens, shape: stepp, multiple: 2", 6, "stepp", "step"),
        ("of: tokens, shape: step, multiple: 380 %", 6, "380 %", "+380 % for 4.8 times"),
        ("of: tokens, shape: step, multiple: -2", 6, "-2", "multiple"),
        ("of: tokens, shape: step, multiple: 0", 6, "0", "above 0"),
        ("of: tokens, shape: step, multiple: 2 USD", 6, "2 USD", "3x"),
        ("of: tokens, shape: ramp, multiple: 2", 6, "nothing", "over: the shape ramp needs it"),
        ("of: tokens, shape: ramp, multiple: 2, over: 0", 6, "0", "1"),
        ("of: tokens, shape: step, multiple: 2, over: 3", 6, "over", "no use for it"),
        ("of: tokens, shape: step, multiple: 2, start: 2026-13-01", 6, "2026-13-01", "a month"),
        ("of: tokens, shape: step, multiple: 2, start: 0", 6, "0", "a month from 1"),
        ("of: usage, shape: step, multiple: 2, supplier: OpenAI", 6, "supplier", "no supplier's"),
        ("of: seats, shape: step, multiple: 2, side: rent", 6, "'rent'", "buy"),
        ("of: tokens, shape: retirement, multiple: 2, start: 3", 6, "nothing", "model"),
        ("of: tokens, shape: step, multiple: {low: 3, base: 2}", 6, "out of order", "low <= base"),
        ("of: tokens, shape: regime, multiple: 2, enter: 0.8, leave: 0.5", 6, "0.8 and 0.5", "1"),
        ("of: tokens, shape: corridor, subsidy: 1, half_life: 3, cost_decline: 0", 6, "1", "less"),
    ],
)
def test_a_wrong_move_is_refused_with_its_line_and_the_remedy(tmp_path, move, line, found, remedy):
    said = problems(tmp_path, f"  moves:\n    - {{{move}}}\n")
    assert any(f"mine.yaml:{line}:" in text and found in text and remedy in text for text in said)


def test_every_problem_is_said_at_once(tmp_path):
    said = problems(
        tmp_path,
        "  includes: [gpt_6]\n  moves:\n    - {of: tokens, shape: ramp, multiple: 2}\n"
        "    - {of: tokens, shape: step, multiple: two}\n- name: Mine too\n  title: x\n",
    )
    assert len(said) >= 3


def test_no_move_a_name_twice_and_an_unknown_name_are_refused(tmp_path):
    assert "at least one move" in problems(tmp_path, "")[0]
    twice = "  moves:\n    - {of: tokens, shape: step, multiple: 2}\n"
    assert "a name no other scenario has" in problems(tmp_path, twice + HEAD + twice)[0]
    with pytest.raises(InputError, match="tokens_double"):
        find_scenarios(["token_double"])
    with pytest.raises(InputError, match="named twice"):
        find_scenarios(["tokens_double+tokens_double"])
