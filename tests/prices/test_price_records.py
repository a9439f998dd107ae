"""What was known when: announcements, cancellations, withdrawals, moved names."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.prices import PriceBook
from diligence.prices.alias_file import AliasMove
from diligence.prices.price_records import PriceRecord, TieredRate, combine, ruling, run_start
from tests.prices.price_lists import book_of, no_price, row, write_list

BOOK = PriceBook.load()
IN_A_YEAR = date(2025, 12, 1)


@pytest.fixture
def announced(tmp_path: Path) -> PriceBook:
    """10 since January; 20 from July, announced in March, cancelled in May."""
    rows = [
        row("m", "2025-01-01"),
        row("m", "2025-07-01", "2025-03-01", state="announced", prices="20,80,"),
        no_price("m", "2025-07-01", "2025-05-01", state="cancelled"),
    ]
    return book_of(write_list(tmp_path / "list.csv", *rows))


@pytest.mark.parametrize(
    ("known_on", "usd", "state"),
    [
        (date(2025, 2, 1), 10, "effective"),
        (date(2025, 3, 1), 20, "announced"),
        (date(2025, 4, 30), 20, "announced"),
        (date(2025, 5, 1), 10, "effective"),
        (None, 10, "effective"),
    ],
)
def test_a_memo_sees_what_was_known(
    announced: PriceBook, known_on: date | None, usd: int, state: str
) -> None:
    price = announced.as_of(IN_A_YEAR, known_on=known_on).show("m")

    assert (price.usd_per_mtok_input, price.state) == (usd, state)


def test_an_announced_price_does_not_apply_before_its_day(announced: PriceBook) -> None:
    prices = announced.as_of(date(2025, 6, 30), known_on=date(2025, 4, 1))

    assert prices.show("m").usd_per_mtok_input == 10
    assert prices.show("m").state == "effective"


def test_a_cancelled_announcement_is_in_no_table(announced: PriceBook) -> None:
    whole_year = (date(2025, 1, 1), date(2025, 12, 31))

    assert set(announced.monthly(*whole_year)["usd_per_mtok_input"]) == {10.0}
    assert announced.repricings(*whole_year) == ()
    between = announced.repricings(*whole_year, known_on=date(2025, 4, 1))
    assert [(c.state, c.multiple) for c in between] == [("announced", 2)]


def test_an_announced_price_is_in_no_month_before_its_day_has_come(announced: PriceBook) -> None:
    seen_in_april = announced.monthly(
        date(2025, 1, 1), date(2025, 12, 31), known_on=date(2025, 4, 15)
    )

    assert [str(month) for month in seen_in_april["month"]] == ["2025-01", "2025-02", "2025-03"]


def test_a_withdrawn_model_has_no_price_and_names_its_last(tmp_path: Path) -> None:
    rows = [
        row("m", "2025-01-01"),
        no_price("m", "2025-06-01", "2025-03-01", state="withdrawn"),
    ]
    book = book_of(write_list(tmp_path / "list.csv", *rows))

    assert book.as_of(date(2025, 5, 31)).show("m").usd_per_mtok_input == 10
    gone = book.as_of(date(2025, 6, 1)).show("m")
    assert (gone.state, gone.usd_per_mtok_input) == ("withdrawn", None)
    assert "withdrawn on 2025-06-01; the last price was input 10, output 40" in gone.reason
    # in February nobody knew
    assert book.as_of(date(2025, 6, 1), known_on=date(2025, 2, 1)).show("m").state == "effective"


def test_a_correction_is_visible_from_the_day_it_was_known(tmp_path: Path) -> None:
    rows = [row("m", "2025-01-01"), row("m", "2025-01-01", "2025-03-01", prices="12,40,")]
    book = book_of(write_list(tmp_path / "list.csv", *rows))

    day = date(2025, 1, 15)
    assert book.as_of(day, known_on=date(2025, 2, 28)).show("m").usd_per_mtok_input == 10
    assert book.as_of(day).show("m").usd_per_mtok_input == 12


def test_a_moved_name_costs_what_its_model_of_the_day_costs(tmp_path: Path) -> None:
    path = write_list(
        tmp_path / "list.csv", row("m-1", "2025-01-01"), row("m-2", "2025-04-01", prices="5,20,")
    )
    moves = (
        _move("m-1", date(2025, 1, 1)),
        _move("m-2", date(2025, 6, 1)),
    )
    book = book_of(path, aliases=moves)

    before = book.as_of(date(2025, 5, 31)).show("m-latest")
    after = book.as_of(date(2025, 6, 1)).show("M-latest")
    assert (before.model, before.usd_per_mtok_input, before.alias) == ("m-1", 10, "m-latest")
    assert (after.model, after.usd_per_mtok_input) == ("m-2", 5)
    assert "m-latest stands for m-2 since 2025-06-01" in after.notes
    assert book.as_of(date(2024, 12, 31)).show("m-latest").state == "unknown"


def test_a_moved_name_is_no_repricing(tmp_path: Path) -> None:
    path = write_list(
        tmp_path / "list.csv",
        row("m-1", "2025-01-01"),
        row("m-1", "2025-03-01", prices="9,40,"),
        row("m-2", "2025-04-01", prices="5,20,"),
    )
    moves = (_move("m-1", date(2025, 1, 1)), _move("m-2", date(2025, 6, 1)))
    changes = book_of(path, aliases=moves).repricings(date(2025, 1, 1), date(2025, 12, 31))

    assert [(c.model, c.kind, c.effective_date) for c in changes] == [
        ("m-1", "repricing", date(2025, 3, 1)),
        ("m-latest", "alias_move", date(2025, 6, 1)),
    ]
    # three parts input to one output: (3 * 9 + 40) / 4 = 16.75 to (3 * 5 + 20) / 4 = 8.75
    assert changes[1].multiple == Decimal("8.75") / Decimal("16.75")
    assert "the name moved to m-2" in changes[1].summary()


def test_a_users_list_rules_over_the_public_ones(tmp_path: Path) -> None:
    contract = "openai,gpt-4.1,2026-01-01,2025-12-01,announced,1.5,6,,,,,contract 7,2025-12-31,"
    book = PriceBook.load(write_list(tmp_path / "contract.csv", contract))

    assert book.as_of(date(2025, 12, 31)).show("gpt-4.1").usd_per_mtok_input == 2
    mine = book.as_of(date(2026, 6, 30)).show("gpt-4.1")
    assert (mine.usd_per_mtok_input, mine.source) == (Decimal("1.5"), "contract 7")
    assert "contract.csv" in book.vintage


# Anthropic announced 3/15 from 1 September 2026 on 30 June and took it back on 10 August
@pytest.mark.parametrize(
    ("known_on", "usd", "state"),
    [
        (date(2026, 7, 15), 3, "announced"),
        (date(2026, 8, 10), 2, "effective"),
        (date(2026, 9, 30), 2, "effective"),
    ],
)
def test_the_rise_of_sonnet_5_that_never_came(known_on: date, usd: int, state: str) -> None:
    price = BOOK.as_of(date(2026, 9, 30), known_on=known_on).show("claude-sonnet-5")

    assert (price.usd_per_mtok_input, price.state) == (usd, state)


def test_the_end_of_the_launch_discount_was_known_at_launch() -> None:
    # DeepSeek, 26 December 2024: 0.14/0.28 until 8 February 2025, then 0.27/1.10
    at_launch = BOOK.as_of(date(2025, 2, 10), known_on=date(2024, 12, 31)).show("deepseek-chat")
    before = BOOK.as_of(date(2025, 2, 10), known_on=date(2024, 12, 25)).show("deepseek-chat")

    assert (at_launch.state, at_launch.usd_per_mtok_output) == ("announced", Decimal("1.1"))
    assert (before.state, before.usd_per_mtok_output) == ("effective", Decimal("0.28"))


def test_gpt_4o_got_cheaper_by_moving_the_name() -> None:
    # 5/15 for the model of 13 May 2024, 2.50/10 for that of 6 August, the name since 2 October
    assert BOOK.as_of(date(2024, 10, 1)).show("gpt-4o").usd_per_mtok_input == 5
    assert BOOK.as_of(date(2024, 10, 2)).show("gpt-4o").usd_per_mtok_input == Decimal("2.5")
    dated = BOOK.as_of(date(2026, 1, 1)).show("gpt-4o-2024-05-13")
    assert dated.usd_per_mtok_input == 5


def test_an_announced_rise_is_known_from_the_day_the_list_showed_it() -> None:
    # genai-prices first listed the rise of 1 January 2027 on 13 August 2026
    day = date(2027, 1, 15)
    before = BOOK.as_of(day, known_on=date(2026, 8, 12)).show("gemini-3.7-flash")
    after = BOOK.as_of(day, known_on=date(2026, 8, 13)).show("gemini-3.7-flash")

    assert before.state == "unknown"
    assert (after.state, after.known_since) == ("announced", date(2026, 8, 13))


def test_withdrawn_models_of_the_own_list() -> None:
    # Anthropic's deprecation page: Claude 3 Opus announced 30 June 2025, retired 5 January 2026
    assert BOOK.as_of(date(2026, 1, 4)).show("claude-3-opus-20240229").usd_per_mtok_input == 15
    gone = BOOK.as_of(date(2026, 1, 5)).show("claude-3-opus-20240229")
    assert (gone.state, gone.to_json()["usd_per_mtok"]["input"]) == ("withdrawn", None)


# ---------------------------------------------------------------- records themselves


def test_undated_prices_do_not_overrule_dated_ones() -> None:
    dated = _record(date(2024, 1, 1), 10, rank=1)
    undated = replace(_record(date(2025, 1, 1), 8), date_basis="undated")
    agreeing = replace(_record(date(2025, 1, 1), 10), date_basis="undated")

    assert combine([undated, dated]) == (dated,)
    assert combine([agreeing, dated]) == (agreeing, dated)
    assert run_start(ruling(combine([agreeing, dated]), date(2026, 1, 1))) == dated


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(1, 9)), max_size=12),
    st.integers(0, 60),
    st.integers(0, 60),
)
def test_later_knowledge_never_reaches_back(
    facts: list[tuple[int, int, int]], known: int, later: int
) -> None:
    start = date(2025, 1, 1)
    records = combine(
        _record(start + timedelta(effective), usd, known_on=start + timedelta(on))
        for effective, on, usd in facts
    )
    known_on = start + timedelta(min(known, later))
    seen = ruling(records, known_on)

    assert seen == ruling([r for r in records if r.known_on <= known_on], start + timedelta(99))
    days = [record.effective_date for record in seen]
    assert days == sorted(set(days))


def _record(
    effective: date, usd: int, *, known_on: date | None = None, rank: int = 0
) -> PriceRecord:
    return PriceRecord(
        "acme",
        "m",
        effective,
        known_on or effective,
        "effective",
        input=TieredRate(Decimal(usd)),
        output=TieredRate(Decimal(4 * usd)),
        rank=rank,
    )


def _move(target: str, day: date) -> AliasMove:
    return AliasMove("acme", "m-latest", target, day, day, "acme price page", date(2025, 12, 31))
