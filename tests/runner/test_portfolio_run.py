"""Every deal of a portfolio at a quarter's end: past a failure, and one page for all."""

from __future__ import annotations

import json
import re

import pytest
from pypdf import PdfReader

from diligence.cli import run
from diligence.errors import InputError
from diligence.runner.portfolio_run import run_portfolio
from tests.small_deals import LEDGER, pdf_text, tree_digest, write_deal

# Support of 180 becomes 600 beside inference of 300: margin 25 %, k* = (1200 - 600) / 300 = 2.
DEARER = LEDGER.replace("Customer support,180", "Customer support,600")


@pytest.fixture(scope="module")
def fund(tmp_path_factory):
    """Three deals of which one is broken, run once with two workers."""
    root = tmp_path_factory.mktemp("fund")
    deals = root / "North Fund"
    write_deal(deals / "alder", company="Alder AI")
    write_deal(deals / "group" / "birch", company="Birch AI", ledger__csv=DEARER)
    write_deal(deals / "cedar", company="Cedar AI", revenue__csv="period,net,unit\n2025,x,USD k\n")
    known = deals / "alder" / "deal.yaml"
    known.write_text(known.read_text() + "prices_known_on: 2025-12-31\n")
    return root, deals


@pytest.fixture(scope="module")
def ended(fund):
    root, deals = fund
    before, lines = tree_digest(deals), []
    result = run_portfolio(
        deals, quarter="2026Q1", out=root / "out", workers=2, report=lines.append
    )
    assert tree_digest(deals) == before
    return result, lines


def test_the_others_are_finished_and_the_failed_one_is_named(ended):
    result, lines = ended
    assert [row.company for row in result.rows] == ["Alder AI", "Birch AI"]
    (failure,) = result.failed
    assert failure.folder == "cedar"
    assert "revenue.csv:2:net: found 'x'" in failure.reason
    assert not result.is_complete
    assert len(lines) == 3
    assert any(line.startswith("failed") and "cedar" in line for line in lines)
    assert "2 memos, 1 failed" in result.summary()


def test_every_finished_deal_has_its_memo_at_the_end_of_the_quarter(fund, ended):
    root, _ = fund
    for place in ("alder", "group/birch"):
        record = json.loads((root / "out" / place / "run.json").read_text(encoding="utf-8"))
        assert record["as_of"] == "2026-03-31"
        assert record["prices_known_on"] == "2026-03-31"
        assert (root / "out" / place / "memo.pdf").is_file()
    assert not (root / "out" / "cedar" / "memo.pdf").exists()


def test_the_review_is_one_page_with_a_row_a_company(ended):
    result, _ = ended
    assert result.review.name == "review.pdf"
    assert len(PdfReader(result.review).pages) == 1
    text = pdf_text(result.review)
    for words in ("North Fund", "2026Q1", "Holdings 3", "Analysed 2", "Failed 1"):
        assert words in text
    # Alder: 60 %, k* 3.4 and 1.4, 24 months; Birch: 25 %, k* 2 and (600 - 600) / 300 = 0
    assert re.search(r"Alder AI .*60\.0 .*3\.40x 1\.40x 24\.0", text)
    assert re.search(r"Birch AI .*25\.0 .*2\.00x 0\.00x 24\.0", text)
    assert re.search(r"cedar failed", text)
    assert text.index("Birch AI 2025") < text.index("Alder AI 2025")


def test_leaving_a_holding_out_changes_no_other_row(fund, ended, tmp_path):
    _, deals = fund
    result, _ = ended
    alone = run_portfolio(deals / "group", quarter="2026Q1", out=tmp_path / "alone", workers=1)
    assert alone.rows == tuple(row for row in result.rows if row.company == "Birch AI")


def test_holdings_of_one_supplier_are_looked_at_together(ended):
    # 300 of inference a year each: 25 a month, lost when the supplier's prices double.
    result, _ = ended
    text = pdf_text(result.review)
    assert "OpenAI hurts most: doubling its prices alone takes" in text
    assert re.search(r"OpenAI Alder AI and Birch AI −0\.05 none", text)
    assert re.search(r"36 months 2 ", text)


def test_the_reason_of_a_failure_says_more_than_how_many_problems(ended):
    result, _ = ended
    assert "revenue.csv" in pdf_text(result.review)


def test_the_command_ends_with_one_and_a_second_run_gives_the_same_review(
    fund, ended, capsys, tmp_path
):
    _, deals = fund
    result, _ = ended
    arguments = ["portfolio", "run", str(deals), "--quarter", "2026Q1", "--workers", "1"]
    assert run([*arguments, "--out", str(tmp_path / "again")]) == 1
    said = capsys.readouterr()
    *failures, review = said.out.splitlines()
    assert review.endswith("review.pdf")
    assert len(failures) == 1
    assert "cedar" in failures[0]
    assert "Traceback" not in said.out + said.err
    assert (tmp_path / "again" / "review.pdf").read_bytes() == result.review.read_bytes()


@pytest.mark.parametrize("quarter", ["2026Q5", "2026", "soon", ""])
def test_a_quarter_that_is_none_is_refused_before_anything_runs(quarter, fund, tmp_path):
    _, deals = fund
    with pytest.raises(InputError, match="is not a quarter"):
        run_portfolio(deals, quarter=quarter, out=tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_memos_are_not_written_into_a_deal(fund):
    _, deals = fund
    before = tree_digest(deals)
    with pytest.raises(InputError, match="lies inside the deal folder 'cedar'"):
        run_portfolio(deals / "cedar", quarter="2026Q1", out=deals / "cedar" / "out")
    assert tree_digest(deals) == before
