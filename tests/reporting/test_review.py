"""The quarterly review: weakest first, one market, losses by supplier, failures named."""

from __future__ import annotations

import dataclasses
import json
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from diligence.analysis import FailedAnalysis
from diligence.analysis.supplier_exposure import SupplierExposure
from diligence.portfolio.common_market import packed
from diligence.reporting.review import build_review
from diligence.reporting.review_fund import fund_view
from diligence.reporting.review_panels import held_models
from diligence.reporting.review_row import BoughtModel, DatedTerm, ReviewRow
from diligence.reporting.typst_pdf import render_pdf

PATHS = 100
EARLY = packed(np.arange(PATHS) < 10)
LATE = packed(np.arange(PATHS) < 40)


def row(company, **changes):
    known = {
        "company": company,
        "is_fictional": True,
        "period": "12M to 2026-06",
        "books_to": "2026-06-30",
        "verdict": "fragile",
        "currency": "USD",
        "usd_rate": 1.0,
        "reported_margin": 0.7,
        "paid_margin": 0.5,
        "paid_low": 0.4,
        "paid_high": 0.6,
        "paid_kind": "bound",
        "fully_loaded_margin": 0.3,
        "loaded_low": 0.2,
        "loaded_high": 0.35,
        "loaded_kind": "bound",
        "break_even_input": "tokens bought",
        "break_even_0": 2.5,
        "break_even_50": 1.0,
        "horizon_months": 36,
        "runway_months": 20.0,
        "runway_status": "finite",
        "runway_at_2x_months": 11.0,
        "worst_scenario": "Everything doubles",
        "runway_worst_months": 6.0,
        "market": "m",
        "paths": PATHS,
        "p_cash_out_12": 0.1,
        "cash_out_12": EARLY,
        "cash_out_36": LATE,
        "position": 10e6,
        "capital_needed": 1e6,
        "capital_needed_doubled": 4e6,
        "supplier_concentration": 0.68,
        "suppliers": (
            SupplierExposure("Anthropic", 0.8, 200_000.0, 0.5, date(2026, 12, 31)),
            SupplierExposure("AWS", 0.2, 50_000.0, 0.1, None),
        ),
        "models": (BoughtModel("claude-sonnet-4-6", 150_000.0),),
        "calendar": (DatedTerm(date(2026, 12, 31), "price lock of Anthropic ends"),),
        "unresolved_share": 0.02,
        "run_id": "r",
    }
    return ReviewRow(**{**known, **changes})


def review(rows, failed=()):
    return build_review(
        rows, failed, fund="North", quarter="2026Q2", as_of=date(2026, 6, 30), run_id="r"
    )


def panel(document, title):
    return next(section for section in document.panels if section.title.startswith(title))


def test_a_row_survives_its_file():
    one = row("A", usd_rate=None, cash_out_12=None, position=None)
    assert ReviewRow.from_json(json.loads(json.dumps(one.to_json()))) == one


def test_the_weakest_come_first_and_failures_last():
    rows = [row("Strong", break_even_0=4.0), row("Weak", break_even_0=0.9), row("None")]
    rows[2] = dataclasses.replace(rows[2], break_even_0=None)
    found = review(rows, [FailedAnalysis("Broken", "broken", "ledger.csv:2: found 'x'")])
    assert [cells[0] for cells in found.table.rows] == ["Weak*", "Strong*", "None*", "Broken"]
    assert found.table.rows[-1][2] == "failed"
    assert "found 'x'" in found.table.rows[-1][-1]


def test_holdings_share_one_market():
    # Both fail on the same 40 of 100 paths: 0.8 expected, 2 in the worst twentieth; two coins of
    # 40 % both fail with 16 %, so 2 as well; within a year on the same 10: 2 against 1.
    view = fund_view([row("A"), row("B")])
    assert view.within_horizon.expected == pytest.approx(0.8)
    assert (view.within_year.at_worst, view.within_year.if_independent) == (2, 1)
    assert "Under one market 0.8 of 2 holdings" in review([row("A"), row("B")]).sentences[1]


def test_a_holding_with_a_market_of_its_own_is_named_and_left_out():
    rows = [row("A"), row("B"), row("Own", market="other", paths=50)]
    view = fund_view(rows)
    assert view.within_year.holdings == 2
    assert view.apart == ("Own",)
    assert any("market of their own: Own" in note for note in review(rows).notes)


def test_the_loss_to_the_fund_by_supplier():
    rows = [row("A"), row("B", usd_rate=0.1, position=100e6), row("C", position=None, suppliers=())]
    anthropic, aws = fund_view(rows).losses
    assert (anthropic.supplier, anthropic.holdings) == ("Anthropic", ("A", "B"))
    assert anthropic.loss == pytest.approx(10e6)
    assert anthropic.share_of_fund == pytest.approx(0.5)
    assert anthropic.gross_profit_per_month == pytest.approx(220_000)
    assert anthropic.next_lock == date(2026, 12, 31)
    assert aws.next_lock is None
    said = review(rows).sentences[2]
    assert said.startswith("Anthropic hurts most: doubling its prices alone takes 50 %")


def test_positions_by_band_add_up_to_the_fund():
    rows = [row("A", break_even_0=0.5), row("B", break_even_0=1.7), row("C", break_even_0=None)]
    (table,) = panel(review(rows), "Value by break-even").blocks
    assert [cells[:4] for cells in table.rows] == [
        ("below 1x", "1", "10.0", "33"),
        ("1.5x to 2.0x", "1", "10.0", "33"),
        ("none", "1", "10.0", "33"),
    ]


def test_a_range_of_another_kind_says_so():
    (cells,) = review([row("A", loaded_kind="scenario range")]).table.rows
    assert cells[5] == "40.0 to 60.0"
    assert cells[7] == "20.0 to 35.0 (scenario range)"


def test_order_of_holdings_changes_nothing():
    rows = [row("A", break_even_0=1.0), row("B", break_even_0=3.0), row("C", position=5e6)]
    assert review(rows) == review(rows[::-1])


@given(st.floats(0.01, 100.0))
def test_the_currency_of_the_books_changes_nothing(rate):
    one = row("A")
    suppliers = tuple(
        dataclasses.replace(found, gross_profit_loss=found.gross_profit_loss / rate)
        for found in one.suppliers
    )
    other = dataclasses.replace(
        one,
        currency="EUR",
        usd_rate=rate,
        position=10e6 / rate,
        capital_needed=1e6 / rate,
        capital_needed_doubled=4e6 / rate,
        suppliers=suppliers,
    )
    assert review([other]) == review([one])


def test_what_is_unknown_is_said():
    bare = row(
        "A", position=None, suppliers=(), models=(), calendar=(), cash_out_12=None,
        cash_out_36=None, p_cash_out_12=None, runway_months=None, runway_status="unknown",
        runway_at_2x_months=None, runway_worst_months=None, supplier_concentration=None,
    )  # fmt: skip
    found = review([bare])
    assert "needs cash.csv" in found.sentences[1]
    assert "needs exposure" in found.sentences[2]
    assert ("Cash unknown", "A") in found.footer
    assert found.table.rows[0][10:14] == ("unknown", "unknown", "unknown", "")
    assert len(PdfReader(render(found)).pages) == 1


def test_a_dozen_holdings_fit_one_landscape_page(tmp_path):
    names = [f"Holding {letter}" for letter in "ABCDEFGHIJKL"]
    found = review([row(name) for name in names], [FailedAnalysis("M", "m", "reason")])
    (page,) = PdfReader(render(found)).pages
    assert page.mediabox.width > page.mediabox.height
    assert all(name in page.extract_text().replace("\xa0", " ") for name in names)
    assert found.marks == ("FICTIONAL COMPANIES",)


def test_an_empty_portfolio_still_has_a_review():
    found = review([], [FailedAnalysis("M", "m", "reason")])
    assert "0 of 1 holdings" in found.sentences[0]
    assert len(PdfReader(render(found)).pages) == 1


def test_bought_models_go_to_the_price_watch():
    (held,) = held_models([row("A")])
    assert (held.company, held.model, held.usd_per_month) == ("A", "claude-sonnet-4-6", 150_000)


def render(document):
    from io import BytesIO

    return BytesIO(render_pdf(document))
