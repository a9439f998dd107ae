"""Price lists as files: read whole, refused whole, only ever appended to."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from diligence.errors import InputError
from diligence.prices.alias_file import alias_moves, read_alias_file
from diligence.prices.list_append import append_prices
from diligence.prices.list_file import own_list, read_list_file
from diligence.prices.price_book import PriceBook
from tests.prices.price_lists import book_of, no_price, row, write_list


def test_tiers_and_hours_belong_to_the_record_of_their_day(tmp_path: Path) -> None:
    path = write_list(
        tmp_path / "list.csv",
        row("m", "2025-01-01", prices="1,4,0.1"),
        row("m", "2025-01-01", prices="2,8,0.2", tier="200000"),
        row("night", "2025-01-01"),
        row("night", "2025-01-01", prices="5,20,", hours="16:30-00:30"),
    )
    book = book_of(path)
    day = book.as_of(date(2025, 6, 1))

    assert day.show("m", context_tokens=200_000).usd_per_mtok_input == 1
    assert day.show("m", context_tokens=200_001).usd_per_mtok_cached_input == Decimal("0.2")
    assert "input 5 to 10, output 20 to 40 USD per Mtok" in day.show("night").reason


def test_a_price_per_thousand_tokens_is_the_same_price(tmp_path: Path) -> None:
    path = write_list(
        tmp_path / "list.csv",
        row("m", "2021-01-01", prices="0.06,0.06,", unit="usd_per_ktok"),
    )

    assert read_list_file(path)[0].input == _rate("60.00")


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    path = write_list(
        tmp_path / "list.csv",
        row("a", "2025-02-30"),
        row("b", "2025-01-01", prices="0,free,"),
        row("c", "2025-01-01", state="planned"),
        row("d", "2025-01-01", "2025-02-01", state="announced"),
        no_price("e", "2025-05-01", "2025-04-01", state="cancelled"),
        row("f", "2025-01-01", tier="200000"),
        row("g", "2025-01-01"),
        row("g", "2025-01-01", prices="9,9,"),
        row("h", "2025-01-01", unit="eur"),
        row("i", "2025-01-01", state="withdrawn"),
        row("j", "2025-01-01", prices=",,"),
    )
    with pytest.raises(InputError) as caught:
        read_list_file(path)

    told = [str(problem) for problem in caught.value.problems]
    expected = [
        "list.csv:2:effective_date: found '2025-02-30'",
        "list.csv:3:input: found '0', expected a price above 0",
        "list.csv:3:output: found 'free'",
        "list.csv:4:state: found 'planned', expected one of announced, effective",
        "list.csv:5:known_on: found 2025-02-01, expected a day before the effective date",
        "list.csv:6:state: found 'cancelled', expected an earlier row that announces",
        "list.csv:7:context_tier: found a tier or hours alone",
        "list.csv:9:known_on: found 2025-01-01, expected one row a record: row 8",
        "list.csv:10:unit: found 'eur'",
        "list.csv:11:state: found 'withdrawn', expected no prices",
        "list.csv:12:input: found no price",
    ]
    assert [start for start in expected if not any(t.startswith(start) for t in told)] == []


def test_a_missing_file_is_a_problem_and_no_traceback(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.csv"):
        read_list_file(tmp_path / "nothing.csv")


def test_rows_are_appended(tmp_path: Path) -> None:
    held = write_list(tmp_path / "list.csv", row("m", "2025-01-01"))
    new = write_list(
        tmp_path / "new.csv", row("m", "2025-05-01", prices="8,32,"), row("n", "2025-05-01")
    )

    assert append_prices(new, to=held) == 2
    assert [r.model for r in read_list_file(held)] == ["m", "m", "n"]
    assert book_of(held).as_of(date(2025, 6, 1)).show("m").usd_per_mtok_input == 8


def test_a_list_starts_with_its_first_rows(tmp_path: Path) -> None:
    new = write_list(tmp_path / "new.csv", row("m", "2025-01-01"))

    append_prices(new, to=tmp_path / "list.csv")

    assert read_list_file(tmp_path / "list.csv") == read_list_file(new)


def test_nothing_that_stands_there_is_overwritten(tmp_path: Path) -> None:
    held = write_list(
        tmp_path / "list.csv", row("m", "2025-01-01"), row("n", "2025-01-01", "2025-03-01")
    )
    before = held.read_bytes()
    new = write_list(
        tmp_path / "new.csv",
        row("m", "2025-01-01", prices="1,2,"),
        row("n", "2025-01-01", "2025-02-01", prices="1,2,"),
        row("o", "2025-13-01"),
    )
    with pytest.raises(InputError) as caught:
        append_prices(new, to=held)

    assert held.read_bytes() == before
    told = "\n".join(map(str, caught.value.problems))
    assert "new.csv:2:known_on: found 2025-01-01, expected a day after 2025-01-01" in told
    assert "new.csv:3:known_on: found 2025-02-01, expected a day after 2025-03-01" in told
    assert "new.csv:4:effective_date: found '2025-13-01'" in told


def test_an_appended_row_cancels_what_stands_there(tmp_path: Path) -> None:
    held = write_list(
        tmp_path / "list.csv",
        row("m", "2025-01-01"),
        row("m", "2025-07-01", "2025-03-01", state="announced", prices="20,80,"),
    )
    new = write_list(
        tmp_path / "new.csv", no_price("m", "2025-07-01", "2025-05-01", state="cancelled")
    )
    append_prices(new, to=held)

    assert book_of(held).as_of(date(2025, 8, 1)).show("m").usd_per_mtok_input == 10


def test_every_row_of_the_own_list_has_a_source_and_a_check() -> None:
    for record in own_list():
        assert record.source, record
        assert record.grade in set("ABCD"), record
        assert record.checked is not None, record
        assert record.how_checked, record
        assert record.known_on <= record.effective_date, record


def test_every_alias_leads_to_a_listed_model_and_moves_forward() -> None:
    book = PriceBook.load()
    for move in alias_moves():
        assert book.find(move.target, provider=move.provider).provider == move.provider
    days = {(m.provider, m.alias): [] for m in alias_moves()}  # type: ignore[var-annotated]
    for move in alias_moves():
        days[move.provider, move.alias].append(move.effective_date)
    assert all(found == sorted(set(found)) for found in days.values())


def test_a_table_of_aliases_is_refused_whole(tmp_path: Path) -> None:
    path = tmp_path / "aliases.csv"
    path.write_text(
        "provider,alias,target,effective_date,known_on,source,checked\n"
        "acme,,m,2025-01-01,2025-01-01,page,2025-01-01\n"
        "acme,m-latest,m,soon,2025-01-01,page,2025-01-01\n"
    )
    with pytest.raises(InputError) as caught:
        read_alias_file(path)

    assert [problem.row for problem in caught.value.problems] == [2, 3]


def _rate(text: str) -> object:
    from diligence.prices.price_records import TieredRate

    return TieredRate(Decimal(text))
