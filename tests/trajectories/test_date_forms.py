import pandas as pd
import pytest

from diligence.trajectories.date_forms import write_dates

DAYS = pd.DatetimeIndex(["2025-03-31", "2025-10-01"])


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("day", ["2025-03-31", "2025-10-01"]),
        ("month", ["2025-03", "2025-10"]),
        ("quarter", ["2025Q1", "2025Q4"]),
        ("half-year", ["2025H1", "2025H2"]),
        ("year", ["2025", "2025"]),
    ],
)
def test_dates_are_written_in_their_form(form, written):
    assert write_dates(DAYS, form) == written


def test_numbers_and_periods_print_as_they_are():
    assert write_dates(pd.Index([2025, 2026])) == ["2025", "2026"]
    assert write_dates(pd.Index([2025.25])) == ["2025.25"]
    assert write_dates(pd.period_range("2025Q1", periods=1, freq="Q")) == ["2025Q1"]
