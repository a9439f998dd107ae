"""Usage is checked before it is counted."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from diligence.errors import InputError
from diligence.projections.usage_rows import covers, usage_rows
from diligence.units import parse_period

JUNE = parse_period("2026-06")


def rows(kind="daily", **columns):
    return usage_rows(pd.DataFrame({"day": date(2026, 6, 1)} | columns), kind=kind, period=JUNE)


def test_missing_columns_and_gaps_are_not_stated_rather_than_zero():
    found = rows(requests=[5, None], input_tokens=[None, 8], plan=["Pro", None])
    assert found.has_tokens.tolist() == [False, True]
    assert found.has_requests.tolist() == [True, False]
    assert found.frame["plan"].tolist() == ["Pro", ""]
    assert found.dimensions == ("plan",)
    assert found.counted == {"requests", "input_tokens"}


def test_a_request_counts_once_where_its_count_is_not_stated():
    assert rows("request", input_tokens=[3, 4]).frame["requests"].tolist() == [1, 1]


def test_rows_outside_the_period_are_left_out_with_a_note():
    days = [date(2026, 5, 31), date(2026, 6, 1), date(2026, 6, 30), date(2026, 7, 1)]
    found = rows(day=days, requests=[1, 2, 4, 8])
    assert found.frame["requests"].sum() == 6
    assert found.notes[0] == "2 usage rows outside 2026-06 are left out"
    assert "2 of 30 days" in found.notes[1]
    assert not covers(pd.DataFrame({"day": days[:1]}), JUNE)


def test_nullable_counts_and_times_of_day_are_read():
    frame = pd.DataFrame(
        {
            "day": pd.to_datetime(["2026-06-30 23:59"]),
            "requests": pd.array([7], dtype="Int64"),
            "retries": pd.array([None], dtype="Int64"),
        }
    )
    found = usage_rows(frame, kind="daily", period=JUNE)
    assert found.frame["requests"].tolist() == [7]
    assert "retries" not in found.counted


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"requests": [-1]}, "requests is -1"),
        ({"input_tokens": [1.5]}, "input_tokens is 1.5"),
        ({"input_tokens": ["many"]}, "input_tokens is 'many'"),
        ({"day": [None]}, "row 1 has no day"),
        ({"day": ["32 June"]}, "every day has to be a date"),
        ({"day": [date(2025, 1, 1)]}, "2025-01-01 to 2025-01-01; it needs rows in 2026-06"),
        ({"reasoning_tokens": [5], "output_tokens": [4]}, "5 reasoning_tokens on 2026-06-01"),
    ],
)
def test_what_cannot_be_counted_is_refused_by_its_value(columns, message):
    with pytest.raises(InputError, match=message):
        rows(**columns)


def test_usage_without_a_day_is_refused():
    with pytest.raises(InputError, match="no column 'day'"):
        usage_rows(pd.DataFrame({"requests": [1]}), kind="daily", period=JUNE)
