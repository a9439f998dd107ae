"""Which folders are deals, and at what date a quarter looks at them."""

from __future__ import annotations

from datetime import date

import pytest

from diligence.errors import InputError
from diligence.portfolio import find_holdings, quarter_end


def make(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")


def test_every_deal_is_found_at_any_depth_by_name(tmp_path):
    make(tmp_path, "b/deal.yaml", "a/deal.yaml", "fund/one/deal.yaml")
    found = [path.relative_to(tmp_path).as_posix() for path in find_holdings(tmp_path)]
    assert found == ["a", "b", "fund/one"]


def test_what_lies_inside_a_deal_is_its_own(tmp_path):
    make(tmp_path, "a/deal.yaml", "a/usage/deal.yaml")
    assert find_holdings(tmp_path) == (tmp_path / "a",)


def test_a_folder_with_files_and_no_deal_yaml_fails_later_and_is_not_left_out(tmp_path):
    make(tmp_path, "a/deal.yaml", "b/ledger.csv", ".git/config", "_old/ledger.csv", "notes.txt")
    assert find_holdings(tmp_path) == (tmp_path / "a", tmp_path / "b")


def test_a_deal_folder_itself_is_a_portfolio_of_one(tmp_path):
    make(tmp_path, "deal.yaml", "ledger.csv", "usage/day.csv")
    assert find_holdings(tmp_path) == (tmp_path,)


def test_a_folder_without_deals_or_none_at_all_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no deal folder"):
        find_holdings(tmp_path)
    with pytest.raises(InputError, match="is not a folder"):
        find_holdings(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("quarter", "day"),
    [("2026Q1", date(2026, 3, 31)), ("2026Q4", date(2026, 12, 31)), ("2024Q2", date(2024, 6, 30))],
)
def test_a_quarter_ends_on_its_last_day(quarter, day):
    assert quarter_end(quarter) == day


@pytest.mark.parametrize("text", ["2026", "2026Q5", "Q3", "2026H1", "2026-03", "", "soon"])
def test_what_is_no_quarter_is_refused(text):
    with pytest.raises(InputError, match="is not a quarter such as 2026Q3"):
        quarter_end(text)
