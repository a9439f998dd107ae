"""A quarter's watch against moves that are on the vendors' pages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from diligence.errors import InputError, UnknownModelError
from diligence.prices.holdings_file import HeldModel
from diligence.prices.price_book import PriceBook
from diligence.prices.price_watch import price_watch
from diligence.prices.successions import Succession
from diligence.prices.version_moves import version_moves


@pytest.fixture(scope="module")
def book():
    return PriceBook.load()


@pytest.fixture(scope="module")
def spring(book):
    held = [
        HeldModel("Ardent", "gpt-5.4", usd_per_month=Decimal(100_000)),
        HeldModel("Brook", "claude-sonnet-5"),
        HeldModel("Cedar", "gpt-4.1", usd_per_month=Decimal(5)),
    ]
    return price_watch(book, "2026Q2", holdings=held)


def test_versions_of_the_quarter(spring):
    """Vendors' lists: GPT-5.4 2.5/15 to GPT-5.5 5/30; Opus 4.7 unchanged with 1.32x the tokens."""
    moves = {m.succession.successor: m for m in spring.versions}
    assert moves["gpt-5.5"].multiple == 2
    assert moves["claude-opus-4-7"].list_multiple == 1
    assert moves["claude-opus-4-7"].multiple == Decimal("1.32")
    # 3 parts at 0.5 and 1 at 3 is 4.5; 3 at 1.5 and 1 at 9 is 13.5
    assert moves["gemini-3.5-flash"].multiple == 3


def test_the_two_indices_tell_two_stories(spring):
    assert -0.05 < spring.market.list_index.change < 0
    assert spring.market.effective_index.change > 0.2
    first = spring.market.to_frame()["month"].iloc[0]
    assert str(first) == "2026-03"


def test_an_announced_rise_is_shown_until_it_is_taken_back(book, spring):
    """Sonnet 5: 3/15 from 1 September, announced 30 June, taken back on 10 August."""
    (rise,) = spring.announced
    assert (rise.model, rise.effective_date) == ("claude-sonnet-5", date(2026, 9, 1))
    assert rise.multiple == Decimal("1.5")
    summer = price_watch(book, "2026Q3")
    assert "claude-sonnet-5" not in {change.model for change in summer.announced}
    assert "claude-sonnet-5" not in {change.model for change in summer.list_changes}
    assert "claude-sonnet-5" in {record.model for record in summer.taken_back}


def test_what_became_known_later_is_not_known(book, spring):
    """Sonnet 5's tokens were measured in July: a watch of June does not count them."""
    moves = {m.succession.successor: m for m in spring.versions}
    assert moves["claude-sonnet-5"].token_multiple == 1
    later = price_watch(book, "2026Q2", known_on=date(2026, 9, 15))
    moves = {m.succession.successor: m for m in later.versions}
    assert moves["claude-sonnet-5"].token_multiple == Decimal("1.27")
    assert later.market.effective_index.change > spring.market.effective_index.change


def test_who_is_hit(spring):
    first, second = spring.hits
    assert first.held.company == "Ardent"
    assert first.usd_per_month == 100_000
    assert not first.certain
    assert "if it follows" in first.what
    assert second.held.company == "Brook"
    assert second.usd_per_month is None
    assert "announced" in second.what


def test_results_share_one_manner(spring):
    assert spring.summary().startswith("2026Q2, as known on 2026-06-30")
    frame = spring.to_frame()
    assert {"version", "announced", "event, billing unit"} <= set(frame["kind"])
    assert (frame["source"].str.len() > 0).all()
    assert "depends" in spring._repr_html_()
    assert len(spring.history.to_frame()) == 25


def test_a_quarter_that_is_not_over_ends_with_what_is_known(book):
    watch = price_watch(book, "2026Q2", known_on=date(2026, 5, 31))
    assert str(watch.market.to_frame()["month"].iloc[-1]) == "2026-05"
    assert all(m.succession.effective_date <= date(2026, 5, 31) for m in watch.versions)
    assert all(c.effective_date <= date(2026, 5, 31) for c in watch.list_changes)


@pytest.mark.parametrize(
    ("quarter", "known_on", "says"),
    [
        ("spring", None, "quarter: .*spring.*write it as 2026Q2"),
        ("2026Q2", date(2026, 3, 31), "before 2026Q2 starts; choose an earlier quarter"),
        ("2031Q1", None, "before 2031Q1 starts"),
    ],
)
def test_refusals(book, quarter, known_on, says):
    with pytest.raises(InputError, match=says):
        price_watch(book, quarter, known_on=known_on)


def test_a_held_model_must_be_listed(book):
    with pytest.raises(UnknownModelError, match=r"gpt-5\.44"):
        price_watch(book, "2026Q2", holdings=[HeldModel("A", "gpt-5.44")])


def test_a_version_without_a_price_is_left_out(book):
    step = Succession("openai", "gpt-5.4", "gpt-5.5", date(2026, 4, 1))
    assert version_moves(book, date(2026, 4, 1), date(2026, 4, 30), steps=[step]) == ()
