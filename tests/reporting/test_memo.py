"""The memo of each bundled case against arithmetic on its own files, and no figure is typed."""

from __future__ import annotations

import csv
import functools
import io
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from diligence.analysis import analyse
from diligence.errors import InputError
from diligence.inputs.load import load_deal
from diligence.reporting.memo import build_memo, write_memo
from tests.small_deals import CASES, copy_case, pdf_text, write_deal

D = Decimal


def written(folder: Path, out: Path) -> Path:
    write_memo(build_memo(analyse(load_deal(folder))), out=out)
    return out


@pytest.fixture(scope="module")
def memo_of(tmp_path_factory) -> Callable[[str], Path]:
    """Folder with the memo of a bundled case, made once."""

    @functools.cache
    def make(case: str) -> Path:
        return written(CASES / case, tmp_path_factory.mktemp(case))

    return make


@pytest.fixture(scope="module")
def text_of(memo_of) -> Callable[[str], str]:
    return functools.cache(lambda case: pdf_text(memo_of(case) / "memo.pdf"))


def percent(share: Decimal, places: int = 1) -> str:
    return f"{100 * share:,.{places}f}".replace("-", "\u2212")


def multiple(value: Decimal) -> str:
    return f"{value:.2f}x"


def minimax(*, revenue="53.44", cost="40.99", inference="37.98") -> dict[str, str]:
    """Figures of nine months of 2025 from the amounts of pnl.csv and revenue.csv, USD m."""
    r, c, i = D(revenue), D(cost), D(inference)
    consumer, platform = D("0.953"), D("0.306")  # cost per revenue: margins of 4.7 and 69.4 %
    serving = i / c  # the same share of cost in each segment
    training = D("2.665") * r
    return {
        "margin": percent((r - c) / r),
        "segments": percent(1 - (D("0.711") * consumer + D("0.289") * platform)),
        "k": multiple((r - (c - i)) / i),
        "k half": multiple((r / 2 - (c - i)) / i),
        "k consumer": multiple((1 - consumer * (1 - serving)) / (consumer * serving)),
        "k platform": multiple((1 - platform * (1 - serving)) / (platform * serving)),
        "after training": percent((r - c - training) / r),
        "ratio": multiple(training / i),
        "ratio high": multiple(D(180) / i),
    }


def test_margins_of_minimax_for_the_company_and_by_segment(text_of):
    text, expected = text_of("minimax"), minimax()
    assert (expected["margin"], expected["segments"]) == ("23.3", "23.4")
    assert "Reported gross margin 23.3 %" in text
    assert "together give a reported margin of 23.4 % against 23.3 % for the company" in text
    assert "AI-native products 71.1 4.7 4.7 4.7" in text
    assert "Open platform 28.9 69.4 69.4 69.4" in text
    assert f"After steady-state training {expected['after training']} %" in text


def test_break_even_multiples_of_minimax(text_of):
    text, expected = text_of("minimax"), minimax()
    assert [expected[name] for name in ("k", "k consumer", "k platform")] == [
        "1.33x", "1.05x", "3.45x",
    ]  # fmt: skip
    assert f"Company Paid gross margin {expected['k']} {expected['k half']}, already below" in text
    assert re.search(r"AI-native products Paid gross margin 1\.05x", text)
    assert re.search(r"Open platform Paid gross margin 3\.45x", text)


def test_training_to_inference_of_minimax_with_its_range(text_of):
    # All of research may train: 180 of it over the same inference.
    expected = minimax()
    words = f"{expected['ratio']} ({expected['ratio']} to {expected['ratio high']})"
    assert words == "3.75x (3.75x to 4.74x)"
    assert f"Training to inference stands at {words}" in text_of("minimax")


def test_runway_of_minimax_without_the_misprint(text_of):
    text = text_of("minimax")
    # cash 362.6, with investments 1006.8; burn 209 / 9, and 196 m yuan at the month's rate, 27.83
    assert percent(D("10.068") / (D(209) / 9)) == "43.4"
    assert "Runway before the round is 43.4 months" in text
    assert "between 13.0 months and 43.4 months" in text
    assert "of USD 280.00 m is not used" in text
    assert "10.1x apart" in text
    for months in (D("362.6") / 280, D("1006.8") / 280):
        assert f"{months:.1f} months" not in text


def test_every_period_of_minimax_and_the_derived_quarter(text_of):
    text = text_of("minimax")
    for period, revenue, margin in (
        ("2023", "3.46", "\u221224.7"), ("2024", "30.52", "12.2"), ("9M2025", "53.44", "23.3"),
        ("2025Q4", "25.60", "29.8"), ("2025", "79.04", "25.4"),
    ):  # fmt: skip
        assert f"{period} {revenue} {margin}" in text
    assert "2025 minus 9M2025" in text


def test_zhipu_by_segment_with_at_least_signs(text_of):
    text = text_of("zhipu")
    # revenue 190.877, cost 95.453, at most 37.6 % of it inference
    r, c = D("190.877"), D("95.453")
    k = (r - c * D("0.624")) / (c * D("0.376"))
    assert "Reported gross margin 50.0 %" in text
    assert "Cloud 15.2 \u22120.4" in text
    assert "On-premise 84.8 59.1" in text
    assert f"Company Paid gross margin \u2265 {multiple(k)}" in text


def test_runway_definitions_of_zhipu(text_of):
    text = text_of("zhipu")
    cash = D(2551)
    expected = [f"{cash / burn:.1f}" for burn in (D(1327) / 6, D("327.3"), D(1752) / 6)]
    assert sorted(expected, key=float) == ["7.8", "8.7", "11.5"]
    assert f"used {' '.join(expected)}" in text
    assert "between 7.8 months and 11.5 months" in text


def test_views_of_serving_cost_of_openai(text_of):
    text = text_of("openai")
    revenue, cost = D("13.07"), D("7.50")
    moved = (D(0), D("8.4") - cost, D("8.67") - D("6.05"), D("8.67") * 12 / 9 - D("6.05"))
    margins = [percent((revenue - cost - extra) / revenue) for extra in moved]
    assert margins == ["42.6", "35.7", "22.6", "0.5"]
    for extra, margin in zip(moved, margins, strict=True):
        assert f"{extra:.2f} {margin} " in text
    assert "Fully loaded margin 42.6 % (scenario range 0.5 to 42.6 %)" in text


def test_statement_checks_of_openai_are_rounding(text_of):
    text = text_of("openai")
    lines = D("7.50") + D("19.18") + D("5.73") + D("1.57")
    assert f"total costs: lines 2025 {lines} 34.00 \u22120.02 rounding" in text
    assert "operating loss: lines 2025 20.91 20.92 \u22120.01 rounding" in text
    assert "operating loss: stated total 2025 20.93 20.92 0.01 rounding" in text
    assert "operating loss: stated total 2024 8.78 8.78 0.00 agrees" in text


def test_openai_spends_2_60_and_loses_1_60_for_every_dollar_of_revenue():
    deal = load_deal(CASES / "openai")
    revenue = {line.period.label: line.net for line in deal.revenue}

    def ratio(concept: str, year: str) -> Decimal:
        (fact,) = [f for f in deal.facts if f.concept == concept and f.period.label == year]
        return round(fact.value / revenue[year], 3)

    assert (ratio("total_costs", "2025"), ratio("operating_loss", "2025")) == (
        D("2.601"), D("1.601"),
    )  # fmt: skip
    assert (ratio("total_costs", "2024"), ratio("operating_loss", "2024")) == (
        D("3.373"), D("2.373"),
    )  # fmt: skip


def test_runway_of_openai_is_not_computable_and_no_zero(text_of):
    text = text_of("openai")
    assert "Runway: not computable: needs a cash balance" in text
    assert not re.search(r"[Rr]unway (is )?\D{0,20}0\.0 months", text)


def test_no_claim_is_printed_in_single_units_under_a_larger_one(text_of):
    # promptgenius.net: about 8 bn, presented as the loss
    assert "8,000,000,000" not in text_of("openai")


def test_the_invented_company_is_marked_on_every_page(memo_of):
    for page in PdfReader(memo_of("quillfern-code") / "memo.pdf").pages:
        assert "FICTIONAL COMPANY" in page.extract_text()
    for case in ("minimax", "zhipu", "openai"):
        assert "FICTIONAL" not in pdf_text(memo_of(case) / "memo.pdf")


def test_bound_and_flip_point_of_the_invented_company(text_of):
    # Revenue 24.00, cost of revenue 5.20, 3.10 of serving booked elsewhere, 0.90 of credits and a
    # pool of 4.00 of which 55 % serves; under half when the pool adds 12 - 9.2 = 2.8 of 4.
    text = text_of("quillfern-code")
    known = D("5.20") + D("3.10") + D("0.90")
    base, low, high = (1 - (known + share * 4) / 24 for share in (D("0.55"), D(1), D(0)))
    words = f"Paid gross margin {percent(base)} % (bound {percent(low)} to {percent(high)} %)"
    assert words in text
    assert "under 50 % only if more than 70 % of the unresolved pool serves" in text


@pytest.mark.parametrize("case", ["minimax", "zhipu", "openai", "quillfern-code"])
def test_every_memo_names_grades_sources_and_its_run(case, memo_of, text_of):
    text = text_of(case)
    assert "Spend by evidence grade" in text
    assert re.search(r"\[[A-E]\]", text)
    assert "Assumptions with their birth certificates" in text
    assert "House rule (grade E)" in text
    for path in sorted((CASES / case).rglob("*")):
        if path.is_file() and not path.name.endswith(".md"):
            assert path.name in text
    with (CASES / case / "facts.csv").open(encoding="utf-8", newline="") as stream:
        assert list(csv.DictReader(stream))
    pages = PdfReader(memo_of(case) / "memo.pdf").pages
    run = re.search(r"Run ([0-9a-f]{12})", text)[1]
    for number, page in enumerate(pages, start=1):
        foot = " ".join(page.extract_text().replace("\u00a0", " ").split())
        assert f"Run {run} Page {number} of {len(pages)}" in foot


@pytest.mark.parametrize("case", ["minimax", "zhipu", "openai", "quillfern-code"])
def test_no_memo_shows_what_only_a_program_reads(case, text_of):
    text = text_of(case)
    for word in (
        "None(?! of)",
        "nan\\b",
        "NaN",
        r"Decimal\(",
        r"inf\b",
        "Traceback",
        "object at 0x",
    ):
        assert not re.search(rf"(?<!\w){word}", text), word
    assert not re.search(r"\d\.\d{7,}", text)


@pytest.mark.parametrize("case", ["minimax", "zhipu", "openai", "quillfern-code"])
def test_sentences_end_with_one_full_stop(case, text_of):
    assert not re.search(r"\w\)?\.\.(\s|$)", text_of(case))


# Figures are not typed: one input changes, and everything that hangs on it follows.
@pytest.mark.parametrize(
    ("change", "amounts"),
    [
        (("revenue.csv", "9M2025,,53.44,", "9M2025,,60.00,"), {"revenue": "60.00"}),
        (("pnl.csv", "cost_of_revenue,37.98,", "cost_of_revenue,30.00,"), {"inference": "30.00"}),
        (("pnl.csv", "cost_of_revenue,40.99,", "cost_of_revenue,44.10,"), {"cost": "44.10"}),
    ],
    ids=["revenue", "inference", "cost"],
)  # fmt: skip
def test_a_changed_input_changes_every_figure_that_hangs_on_it(change, amounts, tmp_path):
    folder = copy_case("minimax", tmp_path / "minimax", changes=[change])
    text = pdf_text(written(folder, tmp_path / "out") / "memo.pdf")
    before, after = minimax(), minimax(**amounts)
    assert before != after
    assert f"Reported gross margin {after['margin']} %" in text
    assert f"{after['segments']} % against {after['margin']} % for the company" in text
    assert f"After steady-state training {after['after training']} %" in text
    assert f"paid gross margin is zero at {after['k']} of today's price" in text
    assert f"AI-native products Paid gross margin {after['k consumer']}" in text
    assert f"Open platform Paid gross margin {after['k platform']}" in text
    assert f"stands at {after['ratio']} ({after['ratio']} to {after['ratio high']})" in text
    for name in ("k", "k consumer", "k platform"):
        if before[name] != after[name]:
            assert f"{before[name]} of today" not in text
            assert f"gross margin {before[name]}" not in text


def test_changed_cash_changes_every_runway(tmp_path):
    change = ("cash.csv", ",2025-06-30,,2551,", ",2025-06-30,,3000,")
    folder = copy_case("zhipu", tmp_path / "zhipu", changes=[change])
    text = pdf_text(written(folder, tmp_path / "out") / "memo.pdf")
    expected = [f"{D(3000) / burn:.1f}" for burn in (D(1327) / 6, D("327.3"), D(1752) / 6)]
    assert f"used {' '.join(expected)}" in text
    for old in ("7.8 months", "8.7 months", "11.5 months"):
        assert old not in text


def test_a_changed_fact_changes_the_views_of_openai(tmp_path):
    change = ("facts.csv", "total_inference,2025,8.4,", "total_inference,2025,9.0,")
    folder = copy_case("openai", tmp_path / "openai", changes=[change])
    text = pdf_text(written(folder, tmp_path / "out") / "memo.pdf")
    margin = percent((D("13.07") - D("9.0")) / D("13.07"))
    assert f"1.50 {margin} " in text
    assert " 35.7 " not in text


def test_a_changed_assumption_changes_the_split_of_the_pool(tmp_path):
    change = ("assumptions.yaml", "value: 0.55", "value: 0.25")
    folder = copy_case("quillfern-code", tmp_path / "quillfern", changes=[change])
    text = pdf_text(written(folder, tmp_path / "out") / "memo.pdf")
    base = percent(1 - (D("9.20") + D("0.25") * 4) / 24)
    assert f"Paid gross margin {base} % (bound 45.0 to 61.7 %)" in text


def test_the_workbook_holds_numbers_and_leaves_what_is_missing_empty(memo_of):
    book = load_workbook(memo_of("minimax") / "memo.xlsx")
    rows = list(book["Margins"].iter_rows(values_only=True))
    header = rows[0]
    cells = [dict(zip(header, row, strict=True)) for row in rows[1:]]
    paid = next(c for c in cells if c["rung"] == "paid" and not c["segment"])
    assert paid["base"] == pytest.approx((53.44 - 40.99) / 53.44)
    operating = next(c for c in cells if c["rung"] == "operating" and not c["segment"])
    assert operating["base"] is None
    lines = list(book["Cost lines"].iter_rows(values_only=True))
    amount = lines[0].index("amount")
    # cost of revenue 40.99 and research 180, in whole dollars
    assert sum(row[amount] for row in lines[1:]) == pytest.approx(220_990_000)


def test_a_hostile_name_is_printed_as_it_stands(tmp_path):
    name, account = '#panic("x") <script>alert(1)</script>', "=cmd()|' /C calc'!A1"
    deal = (
        f"company: '{name}'\narchetype: application\nas_of: 2025-12-31\nreporting_currency: USD\n"
        "exposure: [{input: tokens, side: buy, supplier: '@SUM(A1) $x^2$ *bold*', share: 1}]\n"
    )
    ledger = (
        "period,account,amount,unit,role\n"
        f'2025,"{account}",300,USD k,cost_of_revenue\n'
        "2025,Model API #include(1),200,USD k,cost_of_revenue\n"
    )
    folder = write_deal(tmp_path / "acme", deal__yaml=deal, ledger__csv=ledger)
    out = written(folder, tmp_path / "out")
    text = pdf_text(out / "memo.pdf")
    for words in (name, "=cmd()", "@SUM(A1) $x^2$ *bold*", "Model API #include(1)"):
        assert words in text
    for book in ("memo.xlsx", "requests.xlsx"):
        cells = [
            cell
            for sheet in load_workbook(io.BytesIO((out / book).read_bytes()))
            for row in sheet.iter_rows()
            for cell in row
        ]
        assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    lines = load_workbook(out / "memo.xlsx")["Cost lines"]
    assert account in {cell.value for row in lines.iter_rows() for cell in row}


def test_a_fact_that_is_no_money_is_not_shown_as_money(tmp_path):
    facts = (
        "concept,value,unit,period,document,page,keyed_by,status\n"
        "paying_seats,120,count,2025,deck,p. 3,AA,used\n"
        "paying_seats,130,count,2025,letter,p. 1,AA,alternative\n"
        "retention,95,percent,2025,deck,p. 3,AA,used\n"
        "retention,91,percent,2025,letter,p. 1,AA,alternative\n"
    )
    folder = write_deal(tmp_path / "acme", facts__csv=facts)
    text = pdf_text(written(folder, tmp_path / "out") / "memo.pdf")
    after = text.split("Figures stated with more than one value")[1][:400]
    assert "USD 0.00 m" not in after
    assert "120" in after
    assert "91" in after


BARE = "company: Acme AI\narchetype: application\nas_of: 2025-12-31\nreporting_currency: USD\n"
OWNED = "exposure: [{input: gpu_hours, side: own, supplier: own fleet, share: 1}]\n"
SOLD = "exposure: [{input: tokens, side: sell, supplier: users, share: 1, applies_to: revenue}]\n"


@pytest.mark.parametrize(
    "files",
    [
        {"deal__yaml": BARE},
        {"deal__yaml": BARE + OWNED},
        {"deal__yaml": BARE + SOLD},
        {"revenue__csv": "period,net,unit\n2025,0,USD k\n"},
        {"cash__csv": "kind,item,period,amount,unit\ncash,bank,2025-12,0,USD k\n"},
    ],
    ids=["no exposure", "owned only", "sold only", "no revenue yet", "no cash left"],
)
def test_a_deal_with_little_in_it_gets_a_memo_that_says_what_it_needs(files, tmp_path):
    folder = write_deal(tmp_path / "acme", **files)
    text = pdf_text(written(folder, tmp_path / "out") / "memo.pdf")
    assert "not computable: needs" in text
    assert "Acme AI" in text


def test_sections_are_reached_by_key(tmp_path):
    memo = build_memo(analyse(load_deal(write_deal(tmp_path / "acme"))))
    assert memo.section("stress").title
    with pytest.raises(InputError, match="no section 'stres'; it has"):
        memo.section("stres")
    assert "Acme AI" in memo.summary()
