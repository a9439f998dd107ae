"""Periods have a start and an end; labels, fiscal years, tilings and rests."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.units import Period, PeriodError, parse_date, parse_period
from diligence.units.periods import smallest_tiling, trailing


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2024", "2024-01-01", "2024-12-31"),
        ("FY2024", "2024-01-01", "2024-12-31"),
        ("2024H2", "2024-07-01", "2024-12-31"),
        ("Q3 2024", "2024-07-01", "2024-09-30"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("Feb-24", "2024-02-01", "2024-02-29"),
        ("9M2025", "2025-01-01", "2025-09-30"),
    ],
)
def test_labels(text, start, end):
    assert parse_period(text) == Period(date.fromisoformat(start), date.fromisoformat(end))


@pytest.mark.parametrize("text", ["2024Q5", "2024-13", "13M2024", "last year", "", "Foo 2024"])
def test_what_is_no_period_is_refused(text):
    with pytest.raises(PeriodError):
        parse_period(text)


def test_a_fiscal_year_is_named_after_the_year_it_ends_in():
    year = parse_period("FY2026", fiscal_year_start_month=2)
    assert (year.start, year.end) == (date(2025, 2, 1), date(2026, 1, 31))
    quarter = parse_period("2026Q1", fiscal_year_start_month=2)
    assert (quarter.start, quarter.end) == (date(2025, 2, 1), date(2025, 4, 30))


def test_a_date_that_does_not_exist_is_refused():
    with pytest.raises(PeriodError, match="2025-02-30"):
        parse_date("2025-02-30")


def test_the_fourth_quarter_is_the_year_less_nine_months():
    assert parse_period("2025").minus(parse_period("9M2025")).label == "2025Q4"
    with pytest.raises(PeriodError, match="cannot be subtracted"):
        parse_period("2025").minus(parse_period("2025Q2"))


def test_a_long_part_is_found_where_the_short_ones_leave_a_gap():
    parts = [parse_period(text) for text in ("2025-01", "2025Q1", "2025Q2")]
    assert smallest_tiling(parse_period("2025H1"), parts) == tuple(parts[1:])


def test_a_gap_gives_no_tiling():
    parts = [parse_period(text) for text in ("2025-01", "2025-03")]
    assert smallest_tiling(parse_period("2025Q1"), parts) == ()


def test_trailing_twelve_months():
    period = trailing(date(2026, 6, 30), 12)
    assert (period.start, period.months, period.label) == (date(2025, 7, 1), 12, "12M to 2026-06")


months = st.integers(1, 24)


@given(st.integers(2000, 2040), st.integers(1, 12), months)
def test_labels_read_back(year, month, length):
    last = 12 * year + month - 1 + length
    end = date(last // 12, last % 12 + 1, 1)
    period = Period(date(year, month, 1), date.fromordinal(end.toordinal() - 1))
    assert period.months == length
    if ".." not in period.label and "to" not in period.label:
        assert parse_period(period.label) == period


@given(st.integers(2000, 2040), st.lists(st.integers(1, 11), min_size=1, unique=True))
def test_a_year_cut_anywhere_is_tiled_by_its_pieces(year, cuts):
    starts = [1, *sorted(cut + 1 for cut in cuts)]
    pieces = [
        Period(parse_period(f"{year}-{a:02d}").start, parse_period(f"{year}-{b:02d}").end)
        for a, b in zip(starts, [*(s - 1 for s in starts[1:]), 12], strict=True)
    ]
    whole = parse_period(str(year))
    assert smallest_tiling(whole, pieces) == tuple(pieces)
    assert sum(piece.days for piece in pieces) == whole.days
