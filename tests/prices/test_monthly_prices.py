"""Month-end prices in force: a step function of what was known."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import InputError
from diligence.prices import PriceBook
from diligence.prices.alias_file import AliasMove
from diligence.prices.price_records import PriceRecord, TieredRate
from tests.prices.price_lists import EMPTY_SNAPSHOT, book_of, no_price, row, write_list

BOOK = PriceBook.load()
COLUMNS = [
    "provider", "model", "month", "usd_per_mtok_input", "usd_per_mtok_output",
    "usd_per_mtok_cached_input", "effective_date", "source",
]  # fmt: skip


@pytest.fixture
def book(tmp_path: Path) -> PriceBook:
    path = write_list(
        tmp_path / "list.csv",
        row("a", "2025-01-15", prices="10,40,1"),
        row("a", "2025-02-27", prices="5,20,"),
        row("b", "2025-01-01"),
        no_price("b", "2025-03-01", "2025-01-01", state="withdrawn"),
        row("night", "2025-01-01"),
        row("night", "2025-01-01", prices="5,20,", hours="16:30-00:30"),
    )
    move = AliasMove("acme", "b-latest", "b", *(date(2025, 1, 1),) * 2, "page", date(2025, 1, 1))
    return book_of(path, aliases=(move,))


def test_the_price_in_force_at_the_end_of_the_month(book: PriceBook) -> None:
    table = book.monthly(date(2025, 1, 1), date(2025, 3, 31))

    assert list(table.columns) == COLUMNS
    rows = [(r.model, str(r.month), r.usd_per_mtok_input) for r in table.itertuples()]
    assert rows == [
        ("a", "2025-01", 10.0),
        ("a", "2025-02", 5.0),
        ("a", "2025-03", 5.0),
        ("b", "2025-01", 10.0),
        ("b", "2025-02", 10.0),
    ]
    assert table["usd_per_mtok_cached_input"].isna().sum() == 4


def test_a_month_counts_when_its_last_day_is_inside(book: PriceBook) -> None:
    months = book.monthly(date(2025, 1, 31), date(2025, 2, 27))["month"]

    assert {str(month) for month in months} == {"2025-01"}


def test_nothing_is_carried_beyond_what_the_data_know(book: PriceBook) -> None:
    # the empty snapshot of the test was last checked on 31 December 2025
    months = book.monthly(date(2025, 11, 1), date(2027, 1, 31))["month"]
    assert {str(month) for month in months} == {"2025-11", "2025-12"}


def test_a_range_that_ends_before_it_starts_is_refused(book: PriceBook) -> None:
    with pytest.raises(InputError, match="ends on 2025-01-01, before it starts"):
        book.monthly(date(2025, 2, 1), date(2025, 1, 1))


@pytest.mark.parametrize("name", ["mistral-small-latest", "mistral-medium-latest"])
def test_a_moving_name_is_no_model_of_an_index(name: str) -> None:
    models = BOOK.monthly(date(2026, 1, 1), date(2026, 8, 31))["model"]

    assert name not in set(models)
    assert "mistral-small-2603" in set(models)


@given(st.dates(date(2024, 12, 1), date(2026, 3, 1)), st.integers(0, 400))
def test_no_month_shows_what_was_not_known(known_on: date, lead: int) -> None:
    start = known_on + timedelta(lead)
    rise = PriceRecord("acme", "a", start, known_on, "announced", input=TieredRate(Decimal(20)))
    first = PriceRecord(
        "acme", "a", date(2025, 1, 1), date(2025, 1, 1), "effective", input=TieredRate(Decimal(10))
    )
    table = PriceBook(EMPTY_SNAPSHOT, (first, rise)).monthly(
        date(2025, 1, 1), date(2026, 12, 31), known_on=known_on
    )

    assert all(month.end_time.date() <= known_on for month in table["month"])
    raised = table[table["usd_per_mtok_input"] == 20]
    assert all(month.end_time.date() >= start for month in raised["month"])


def test_the_table_agrees_with_single_questions() -> None:
    table = BOOK.monthly(date(2025, 6, 1), date(2025, 6, 30))
    prices = BOOK.as_of(date(2025, 6, 30))

    for r in table.sample(25, random_state=1).itertuples():
        shown = prices.price(BOOK.find(r.model, provider=r.provider))
        assert float(shown.usd_per_mtok_input or 0) == pytest.approx(r.usd_per_mtok_input or 0)


def test_a_user_sees_resellers_only_on_request() -> None:
    day = (date(2026, 6, 1), date(2026, 6, 30))
    makers = set(BOOK.monthly(*day)["provider"])
    everyone = set(BOOK.monthly(*day, first_party=False)["provider"])

    assert "azure" not in makers
    assert {"azure", "openai"} <= everyone
