"""Parameters in, tables and charts out; and widgets that ask for them."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest

from diligence.analysis import analyse
from diligence.analysis.stress_analysis import StressOptions
from diligence.analysis.what_if import OWN, TODAY, WhatIf, what_if
from diligence.errors import InputError
from diligence.inputs.deal import Exposure, Role
from diligence.reporting.blocks import Exhibit, Paragraph
from diligence.reporting.months_chart import chart_by_month
from diligence.reporting.stress_controls import STATED, stress_controls
from diligence.reporting.stress_lab import StressLab, open_stress_lab
from tests.small_deals import CASES, write_deal
from tests.support import cash, deal, line, revenue

TOKENS = Exposure("tokens", "buy", "OpenAI", Decimal(1))
FEW = StressOptions(names=("tokens_double",), paths=256)


def application(*exposures, with_cash=True):
    """Revenue 100 a month, tokens 25, support 15, rent 70; cash 240 and burn 10."""
    held = (cash("cash", 240), cash("operating_cash_flow", -120)) if with_cash else ()
    company = deal(
        [
            line("Model API", 300, vendor="OpenAI"),
            line("Customer support", 180),
            line("Rent", 840, Role.GENERAL_AND_ADMINISTRATIVE),
        ],
        [revenue(1200, pricing="usage")],
        terms={"exposures": exposures or (TOKENS,)},
        cash=held,
    )
    return analyse(company, stress_options=FEW)


@pytest.fixture(scope="module")
def lab():
    return StressLab(application())


def course(answer, name):
    return answer.result[name]


def test_nothing_moved_is_the_projection_without_levers(lab):
    answer = lab.answer()
    assert [each.name for each in answer.result.courses] == [TODAY]
    frame = answer.to_frame()
    assert frame["paid_margin"].tolist() == pytest.approx([0.6] * 36)
    # cash 240, burn 10 a month
    assert frame["cash"].tolist()[:3] == pytest.approx([230, 220, 210])
    assert answer.table.rows[0][0] == TODAY
    assert answer.table.rows[0][3] == "24.0"


def test_own_multiples_draw_a_line_of_their_own(lab):
    answer = lab.answer(WhatIf(multiples={"tokens bought": 2.0}, pass_through=0.0, elasticity=0.0))
    # tokens 25 -> 50: margin 1 - 65 / 100, burn 35, 240 / 35 = 6.9 months
    own = course(answer, OWN)
    assert own.projection.paid_margin(12) == pytest.approx(0.35)
    assert own.outcome.runway_months == pytest.approx(240 / 35)
    assert course(answer, TODAY).projection.paid_margin(12) == pytest.approx(0.6)


def test_tokens_per_task_move_what_prices_move(lab):
    dear = lab.answer(WhatIf(multiples={"tokens bought": 1.5}, pass_through=0.0, elasticity=0.0))
    long = lab.answer(WhatIf(tokens_per_task=1.5, pass_through=0.0, elasticity=0.0))
    assert course(long, OWN).outcome.gross_margin == pytest.approx(
        course(dear, OWN).outcome.gross_margin
    )


def test_a_saving_lowers_cost_on_every_line_and_never_more_than_the_part_it_saves(lab):
    answer = lab.answer(WhatIf(multiples={"tokens bought": 2.0}, saving=0.5, pass_through=0.0))
    # after six months half of 25 and of 50 is left
    assert course(answer, TODAY).projection.paid_margin(36) == pytest.approx(1 - 27.5 / 100)
    assert course(answer, OWN).projection.paid_margin(36) == pytest.approx(1 - 40 / 100)


def test_more_passed_on_and_less_churn_never_lower_gross_profit(lab):
    def profit(**moved):
        answer = lab.answer(WhatIf(multiples={"tokens bought": 3.0}, **moved))
        return course(answer, OWN).outcome.gross_profit

    assert profit(pass_through=0.8, elasticity=0.0) > profit(pass_through=0.2, elasticity=0.0)
    assert profit(pass_through=0.8, elasticity=0.0) >= profit(pass_through=0.8, elasticity=2.0)


def test_scenarios_are_lines_and_a_plus_plays_two_at_once(lab):
    both = lab.answer(WhatIf(scenarios=("tokens_double+list_unchanged_tokens_up",)))
    one = lab.answer(WhatIf(scenarios=("tokens_double",)))
    assert len(both.result.courses) == len(one.result.courses) == 2
    assert both.result.courses[1].outcome.gross_margin < one.result.courses[1].outcome.gross_margin


def test_k_star_follows_the_pass_through_that_is_set(lab):
    # (1200 - 180) / 300 = 3.4; half passed on: 1 + 720 / (300 x 0.5) = 5.8
    assert lab.answer(WhatIf(pass_through=0.0)).break_evens.rows[0][1] == "3.40x"
    assert lab.answer(WhatIf(pass_through=0.5)).break_evens.rows[0][1] == "5.80x"
    assert lab.answer(WhatIf(pass_through=1.0)).break_evens.rows[0][1] == "never"


@pytest.mark.parametrize(
    ("moved", "words"),
    [
        ({"pass_through": 1.5}, "pass_through runs from 0 to 1; found 1.5"),
        ({"elasticity": -1.0}, "elasticity runs from 0 to 5"),
        ({"saving": 1.0}, "saving runs from 0 to 0.95"),
        ({"tokens_per_task": 0.0}, "tokens_per_task runs from 0.01 to 100"),
        ({"multiples": {"tokens bought": 0.0}}, "A price multiple is above 0"),
        ({"multiples": {"tokens sold": 2.0}}, "No priced input 'tokens sold'; the deal has"),
        ({"scenarios": ("tokens_duoble",)}, "tokens_double"),
        ({"scenarios": ("a", "b", "c", "d")}, "choose at most 3"),
    ],
)
def test_what_cannot_be_moved_is_refused_with_the_remedy(lab, moved, words):
    with pytest.raises(InputError, match=words):
        lab.answer(WhatIf(**moved))


def test_everything_is_drawn_and_the_same_each_time(lab):
    moved = WhatIf(scenarios=("tokens_double",), multiples={"tokens bought": 3.0}, saving=0.2)
    answer = lab.answer(moved)
    for block in (answer.margins, answer.cash, answer.heat_map):
        assert isinstance(block, Exhibit)
        assert "<svg" in block.chart.svg
    assert "Every token price doubles at once" in answer.margins.chart.alt
    assert answer.cash.chart.title.startswith("Cash is gone soonest in month")
    assert lab.answer(moved)._repr_html_() == answer._repr_html_()
    assert "tokens bought 3.00x" in answer.note.text


def test_without_cash_or_inputs_the_page_says_what_is_missing():
    blind = StressLab(application(with_cash=False)).answer()
    assert isinstance(blind.cash, Paragraph)
    assert "a cash balance" in blind.cash.text
    owner = StressLab(application(Exposure("gpu_hours", "own", "Acme", Decimal(1)))).answer()
    assert isinstance(owner.heat_map, Paragraph)
    assert isinstance(owner.break_evens, Paragraph)
    assert owner._repr_html_().count("<svg") == 2


def test_controls_start_where_the_lab_does_and_move_nothing():
    analysis = application()
    names = StressLab(analysis, WhatIf(), open_scenarios(analysis))
    controls = stress_controls(names)
    assert controls.settings() == WhatIf(multiples={"tokens bought": 1.0})
    assert controls.pass_through.value == controls.elasticity.value == STATED
    assert what_if(analysis, controls.settings()).courses == names.answer().result.courses


def open_scenarios(analysis):
    return tuple(outcome.scenario for outcome in analysis.future.scenarios.outcomes)


def test_a_slider_that_moves_draws_again_and_a_mistake_is_told_in_place(lab):
    controls = stress_controls(StressLab(lab.analysis, WhatIf(), open_scenarios(lab.analysis)))
    before = controls.answer.value
    controls.multiples["tokens bought"].value = 3.0
    assert controls.settings().multiples == {"tokens bought": 3.0}
    assert OWN in controls.answer.value
    assert controls.answer.value != before
    controls.multiples["tokens bought"].value = 1.0
    assert controls.answer.value == before
    controls.scenarios.value = ("tokens_double",)
    assert "Every token price doubles at once" in controls.answer.value
    bundle = controls._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/plain"].startswith("The controls need JupyterLab")


def test_more_scenarios_than_stay_apart_are_refused_where_the_answer_stands():
    found = open_stress_lab(str(CASES / "minimax"))
    controls = stress_controls(found)
    controls.scenarios.value = tuple(each.name for each in found.scenarios[:4])
    assert "choose at most 3" in controls.answer.value


def test_k_star_is_that_of_the_published_figures_where_a_lower_rung_is_unknown():
    # MiniMax, nine months of 2025: 1 + 12.45 / 37.98 = 1.33
    table = open_stress_lab(str(CASES / "minimax")).answer().break_evens
    assert table.rows[0][:3] == ("GPU-hours rented", "1.33x", "0.62x")


def test_a_line_far_below_zero_is_cut_off_but_seen(lab):
    deep = lab.answer(WhatIf(multiples={"tokens bought": 20.0}, pass_through=0.0, elasticity=0.0))
    # tokens 25 -> 500 of revenue 100: -415 %
    assert course(deep, OWN).outcome.gross_margin == pytest.approx(-4.15)
    assert "−400" in deep.margins.chart.svg


def test_a_folder_is_opened_with_scenarios_by_name(tmp_path):
    folder = write_deal(tmp_path / "acme")
    found = open_stress_lab(str(folder), scenarios="tokens_double, late_and_sudden")
    assert found.start.scenarios == ("tokens_double", "late_and_sudden")
    assert found.title_line.title.startswith("Acme AI")
    assert found.two_sentences.text.startswith("Acme AI, an application, breaks first")
    assert found.scenario_list.n_rows == len(found.scenarios)
    assert len(found.answer().result.courses) == 3
    with pytest.raises(InputError, match="tokens_double"):
        open_stress_lab(str(folder), scenarios="tokens_duoble")


LINES = pd.DataFrame(
    [(month, name, 60.0 - month * rise) for name, rise in (("a", 0), ("b", 5)) for month in (1, 2)],
    columns=["month", "scenario", "value"],
)


def test_lines_by_month_are_drawn_within_the_schema():
    chart = chart_by_month.__wrapped__(
        LINES, title="b falls", unit="%", red_line=0.0, red_label="floor"
    )
    assert "b 50.0 at month 2" in chart.alt
    # one rule and one label, however many rows there are
    assert chart.svg.count(">floor</text>") == 1


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (LINES.drop(columns="value"), "value"),
        (LINES.assign(value=float("nan")), "No value"),
        (pd.concat([LINES.assign(scenario=f"s{n}") for n in range(6)]), "6 scenarios"),
    ],
)
def test_lines_that_cannot_be_drawn_are_refused(frame, words):
    with pytest.raises(InputError, match=words):
        chart_by_month(frame, title="", unit="%")
