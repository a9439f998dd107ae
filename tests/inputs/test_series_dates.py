from datetime import date

import pytest

from diligence.inputs.series_dates import read_series_date
from diligence.units import PeriodError


@pytest.mark.parametrize(
    ("text", "day", "form"),
    [
        ("2025-07-31", date(2025, 7, 31), "day"),
        ("2025-07-31T00:00:00", date(2025, 7, 31), "day"),
        ("2025-07", date(2025, 7, 1), "month"),
        ("2025Q3", date(2025, 7, 1), "quarter"),
        ("2025H2", date(2025, 7, 1), "half-year"),
        (" 2025 ", date(2025, 1, 1), "year"),
        ("2025.0", date(2025, 1, 1), "year"),
    ],
)
def test_forms_analysts_write(text, day, form):
    found = read_series_date(text)
    assert (found.day, found.form) == (day, form)


def test_a_year_with_decimals_has_no_day():
    found = read_series_date("2019.25")
    assert (found.day, found.year, found.form) == (None, 2019.25, "decimal year")


@pytest.mark.parametrize("text", ["", "soon", "2025-02-30", "45000", "0000", "2025-13", "nan"])
def test_what_is_no_date_says_what_is_needed(text):
    with pytest.raises(PeriodError, match="a date such as 2025-07-31"):
        read_series_date(text)


def test_day_and_month_in_unknown_order_are_refused():
    with pytest.raises(PeriodError, match="cannot be told apart"):
        read_series_date("03/04/2025")


def test_nine_months_are_no_point_in_time():
    with pytest.raises(PeriodError, match="9M2025 spans 9 months"):
        read_series_date("9M2025")
