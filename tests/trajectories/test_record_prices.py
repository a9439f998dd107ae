import numpy as np
import pandas as pd
import pytest

from diligence.errors import EstimationError
from diligence.trajectories.record_prices import read_record_sample, record_prices


def test_new_lows_are_kept():
    prices = pd.Series(
        [30.0, 40.0, 10.0, 10.0, 2.0], index=[2023.0, 2023.2, 2023.5, 2024.0, 2025.0]
    )
    assert record_prices(prices).to_dict() == {2023.0: 30.0, 2023.5: 10.0, 2025.0: 2.0}


def test_of_several_offers_a_day_the_lowest_counts():
    days = pd.to_datetime(["2024-01-01", "2024-01-01", "2024-03-01", "2024-03-01"])
    found = record_prices(pd.Series([9.0, 8.0, 8.5, 3.0], index=days))
    assert found.tolist() == [8.0, 3.0]


def test_dates_need_no_order():
    found = record_prices(pd.Series([2.0, 30.0, 10.0], index=[2025.0, 2023.0, 2024.0]))
    assert found.tolist() == [30.0, 10.0, 2.0]


def test_every_offer_stands_on_one_clock():
    records = pd.Series([8.0, 4.0, 1.0], index=[2020.0, 2021.0, 2023.0])
    sample = read_record_sample(records, [2020.5, 2021.0, 2021.0, 2024.0])
    # offers at 2020, 2020.5, 2021 twice, 2023, 2024: records of 2020 and 2023 were not listed.
    assert sample.years.tolist() == [0.0, 0.5, 1.0, 1.0, 3.0, 4.0]
    assert sample.is_record.tolist() == [True, False, True, False, True, False]
    assert np.exp(sample.log_standing) == pytest.approx([8, 8, 4, 4, 1, 1])
    assert (sample.offers, sample.records, sample.span_years) == (6, 3, 4.0)


@pytest.mark.parametrize("kind", ["timestamps", "days", "periods"])
def test_dates_of_every_kind(kind):
    months = pd.period_range("2024-01", periods=7, freq="M")
    stamps = months.to_timestamp()
    index = {"timestamps": stamps, "days": stamps.date, "periods": months}[kind]
    sample = read_record_sample(pd.Series([5.0, 3.0], index=index[[0, 4]]), index)
    assert sample.offers == 7
    assert sample.years == pytest.approx(np.arange(7) / 12)
    assert np.flatnonzero(sample.is_record).tolist() == [0, 4]


@pytest.mark.parametrize(
    ("records", "dates", "message"),
    [
        ([8, 4], [2020.0, 2021.0], "at least 5 offers, got 2"),
        ([8], [2020.0, 2021, 2022, 2023, 2024], "no price went below the first, 8 at"),
        ([8, 9], [2020.0, 2021, 2022, 2023, 2024], "9 at 2021.0 is not below 8"),
        ([8, 8], [2020.0, 2021, 2022, 2023, 2024], "Keep the new lows with record_prices"),
        ([8, 0], [2020.0, 2021, 2022, 2023, 2024], "above 0"),
        ([8, -1], [2020.0, 2021, 2022, 2023, 2024], "found -1"),
        ([8, np.nan], [2020.0, 2021, 2022, 2023, 2024], "found nan"),
        ([8, 4], [2019.0, 2021, 2022, 2023, 2024], "first offer, 2019.0, comes before"),
        ([8, 4], [np.nan, 2021, 2022, 2023, 2024], "offer date at position 0 of 5 is missing"),
        ([8, 4], ["soon", "later", "a", "b", "c"], "found 'soon'"),
        ([], [2021.0, 2022], "at least 1 points, got 0"),
    ],
)
def test_what_cannot_be_used_is_refused(records, dates, message):
    series = pd.Series(records, index=[2020.0, 2021.0][: len(records)], dtype=float)
    with pytest.raises(EstimationError, match=message):
        read_record_sample(series, dates)


def test_numbers_are_no_dates_where_records_carry_dates():
    records = pd.Series([8.0, 4.0], index=pd.to_datetime(["2024-01-01", "2024-06-01"]))
    with pytest.raises(EstimationError, match="records' kind"):
        read_record_sample(records, [2024.1, 2024.2, 2024.3, 2024.4, 2024.5])
