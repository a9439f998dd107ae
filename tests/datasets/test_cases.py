"""The bundled deal folders can be read, and every public figure says where it comes from."""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from pathlib import Path

import pytest

from diligence.costs import headline_period
from diligence.costs.periods import lines_in
from diligence.inputs.deal import Deal, Role
from diligence.inputs.load import check_deal, load_deal
from diligence.units import parse_period

CASES = Path(__file__).parents[2] / "datasets" / "cases"
PUBLIC = ("minimax", "openai", "zhipu")
KEYED_FILES = ("cash.csv", "facts.csv", "pnl.csv", "revenue.csv")


def gross_margin(deal: Deal, label: str) -> Decimal:
    period = parse_period(label)
    costs = [line for line in deal.ledger if line.role is Role.COST_OF_REVENUE]
    cost = sum((line.amount for line in lines_in(costs, period)), Decimal(0))
    revenue = sum((line.net for line in lines_in(deal.revenue, period)), Decimal(0))
    return (revenue - cost) / revenue


@pytest.mark.parametrize("name", [*PUBLIC, "quillfern-code"])
def test_folder_has_no_problem(name: str) -> None:
    assert check_deal(CASES / name) == ()


@pytest.mark.parametrize("name", PUBLIC)
def test_every_keyed_figure_has_document_place_grade_and_date(name: str) -> None:
    for file in KEYED_FILES:
        path = CASES / name / file
        if not path.exists():
            continue
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                assert row["document"], row
                assert row["page"], row
                assert row["grade"] in "ABCD", row
                assert re.search(r"20\d\d", row["note"]), row


# Gross margins as the prospectuses and the 2025 results publish them (press quoted in the rows).
@pytest.mark.parametrize(
    ("name", "period", "margin"),
    [
        ("minimax", "2023", "-0.247"),
        ("minimax", "2024", "0.122"),
        ("minimax", "9M2025", "0.233"),
        ("minimax", "2025", "0.254"),
        ("zhipu", "2022", "0.546"),
        ("zhipu", "2023", "0.646"),
        ("zhipu", "2024", "0.563"),
        ("zhipu", "2025H1", "0.500"),
        ("openai", "2025", "0.426"),
    ],
)
def test_company_gross_margin_is_the_published_one(name: str, period: str, margin: str) -> None:
    found = gross_margin(load_deal(CASES / name), period)
    assert found == pytest.approx(Decimal(margin), abs=Decimal("0.0005"))


def test_fourth_quarter_of_minimax_is_the_year_less_nine_months() -> None:
    # 79.04 - 53.44 = 25.60 revenue; gross profit 20.08 - (53.44 - 40.99) = 7.63, 29.8 %
    deal = load_deal(CASES / "minimax")
    quarter = lines_in(deal.revenue, parse_period("2025Q4"))
    assert sum(line.net for line in quarter) == Decimal("25.60") * 1_000_000
    assert gross_margin(deal, "2025Q4") == pytest.approx(Decimal("0.298"), abs=Decimal("0.0005"))


def test_headline_of_the_fictional_case_is_its_last_twelve_months() -> None:
    assert headline_period(load_deal(CASES / "quillfern-code")).label == "12M to 2026-06"


def test_only_the_invented_company_is_marked_fictional() -> None:
    assert not any(load_deal(CASES / name).terms.fictional for name in PUBLIC)
    assert load_deal(CASES / "quillfern-code").terms.fictional
