"""Six numbers: the same answer as the same numbers written into a deal folder."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from diligence.analysis import analyse, screen_company
from diligence.analysis.screen import read_screen_inputs
from diligence.errors import InputError
from diligence.inputs.load import load_deal

TEXTS = {
    "--arr": "12m",
    "--growth": "150%",
    "--gross-margin": "0.6",
    "--ai-spend": "3m",
    "--cash": "20m",
    "--burn": "800k",
    "--archetype": "application",
}
AS_OF = date(2025, 12, 31)


def screened(**changes):
    texts = TEXTS | {f"--{key.replace('_', '-')}": value for key, value in changes.items()}
    return screen_company(read_screen_inputs(texts), as_of=AS_OF)


def result(screen, label):
    return next(found.value for found in screen.results if found.label == label)


def write_deal(folder):
    folder.mkdir()
    (folder / "deal.yaml").write_text(
        "company: Deck Co\narchetype: application\nas_of: 2025-12-31\nreporting_currency: USD\n"
        "exposure:\n  - {input: tokens, side: buy, supplier: model suppliers, share: 1}\n"
    )
    (folder / "ledger.csv").write_text(
        "period,account,amount,unit,role\n"
        "2025,Inference,3,USD m,cost_of_revenue\n"
        '2025,"Cost of revenue, other",1.8,USD m,cost_of_revenue\n'
    )
    (folder / "revenue.csv").write_text("period,net,unit\n2025,12,USD m\n")
    (folder / "cash.csv").write_text(
        "kind,item,period,amount,unit\n"
        "cash,cash,2025-12,20,USD m\nmonthly_burn,net burn,2025-12,800,USD k\n"
    )
    return folder


def test_six_numbers_by_hand():
    screen = screened()
    # cost of revenue 40 % of 12 = 4.8 of which 3 AI spend: k* = (12 - 1.8) / 3 and (6 - 1.8) / 3;
    # with the 3 booked outside, cost is 7.8: k* = (12 - 4.8) / 3 and (6 - 4.8) / 3
    margin = result(screen, "Paid gross margin")
    assert (margin.low, margin.base, margin.high) == (Decimal("0.35"), Decimal("0.6"), margin.base)
    zero = result(screen, "k* to 0 % paid margin")
    assert (zero.low, zero.base) == (Decimal("2.4"), Decimal("3.4"))
    half = result(screen, "k* to 50 % paid margin")
    assert (half.low, half.base) == (Decimal("0.4"), Decimal("1.4"))
    assert result(screen, "AI spend / ARR").base == Decimal("0.25")
    # 20 / 0.8 = 25 months; doubled tokens cost 0.25 more a month: 20 / 1.05
    assert result(screen, "Runway").base == 25
    assert float(
        result(screen, "Runway if the most dangerous input doubles").base
    ) == pytest.approx(20 / 1.05)
    # 9.6 a year of burn for 12 - 12 / 2.5 = 7.2 of new revenue
    assert float(result(screen, "Burn multiple").base) == pytest.approx(9.6 / 7.2)


def test_the_same_numbers_as_a_deal_folder_give_the_same_break_even(tmp_path):
    full = analyse(load_deal(write_deal(tmp_path / "deck-co")))
    card = screened()
    for rung in ("paid", "fully_loaded"):
        for target in ("gross_margin_0", "gross_margin_50"):
            wanted = {"input": "tokens bought", "rung": rung, "target": target}
            assert full.break_even(**wanted).k == card.analysis.break_even(**wanted).k
    assert full.break_even(input="tokens bought", rung="cash", target="runway_12m").k == (
        card.analysis.break_even(input="tokens bought", rung="cash", target="runway_12m").k
    )
    assert full.runway.base_months == card.analysis.runway.base_months
    assert full.verdict == card.analysis.verdict


def test_ai_spend_that_does_not_fit_into_cost_of_revenue_lowers_the_margin():
    # Cost of revenue 10 % of 12 = 1.2, AI spend 3: at least 1.8 is booked outside.
    screen = screened(gross_margin="90%")
    assert result(screen, "Paid gross margin").base == Decimal("0.75")
    assert result(screen, "Paid gross margin").low == Decimal("0.65")


def test_a_model_lab_trains_and_its_prior_is_printed():
    screen = screened(archetype="model_lab")
    (prior,) = screen.priors
    assert prior.name == "inference_share_of_ai_spend_model_lab"
    inputs = {found.input for found in screen.analysis.break_evens}
    assert inputs == {"GPU-hours rented"}


def test_a_gpu_cloud_sells_hours_and_is_not_exposed_to_its_own():
    screen = screened(archetype="gpu_cloud")
    by_input = {found.input: found for found in screen.analysis.break_evens if not found.segment}
    assert by_input["GPU-hours owned"].status == "not_exposed"
    assert by_input["GPU-hours sold"].side == "sell"


def test_no_growth_has_no_burn_multiple_and_no_spend_no_break_even():
    assert result(screened(growth="0"), "Burn multiple").base is None
    screen = screened(ai_spend="0")
    assert result(screen, "k* to 0 % paid margin").base is None
    statuses = {f.status for f in screen.analysis.break_evens if f.target != "runway_12m"}
    assert statuses == {"not_exposed"}


def test_ranges_are_ordered():
    for found in screened().results:
        low, base, high = found.value.low, found.value.base, found.value.high
        if base is not None:
            assert low <= base <= high


def test_every_text_that_is_no_number_is_listed_at_once():
    with pytest.raises(InputError) as refused:
        screened(arr="lots", cash="", archetype="chatbot")
    assert [problem.column or problem.file for problem in refused.value.problems]
    text = str(refused.value)
    for words in ("--arr", "'lots'", "--cash", "--archetype", "'chatbot'"):
        assert words in text


def test_every_number_out_of_range_is_listed_at_once():
    with pytest.raises(InputError) as refused:
        screened(arr="0", gross_margin="120%", ai_spend="-1m")
    assert len(refused.value.problems) == 3


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("12m", 12_000_000), ("1.2bn", 1_200_000_000), ("800k", 800_000), ("5", 5), ("1_000", 1000)],
)
def test_numbers_as_they_are_typed(typed, meant):
    assert read_screen_inputs(TEXTS | {"--arr": typed}).arr == meant


def test_a_typed_percentage_is_a_fraction():
    inputs = read_screen_inputs(TEXTS | {"--gross-margin": "62.5%"})
    assert inputs.gross_margin == Decimal("0.625")
    assert inputs.growth == Decimal("1.5")
