from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from diligence.errors import EstimationError
from diligence.trajectories import fit_log_trend, fit_random_walk
from diligence.trajectories.cost_history import read_cost_history

MONTHS = pd.date_range("2025-01-01", periods=5, freq="MS")


@pytest.fixture(params=[fit_random_walk, fit_log_trend])
def fit(request):
    return request.param


def test_a_gap_is_quoted_with_its_date(fit):
    cost = pd.Series([5.0, 4.0, np.nan, 2.0, 1.0], index=MONTHS)
    with pytest.raises(
        EstimationError, match=r"found nan at 2025-03-01, position 2 of 5\. Drop the"
    ):
        fit(cost)


@pytest.mark.parametrize("found", [0.0, -1.5, np.inf, "1,200"])
def test_a_cost_that_is_not_above_zero_is_quoted(fit, found):
    cost = pd.Series([5.0, found, 3.0, 2.0, 1.0], index=MONTHS, dtype=object)
    with pytest.raises(EstimationError, match=f"found {found} at 2025-02-01, position 1 of 5"):
        fit(cost)


@pytest.mark.parametrize("values", [[], [5.0], [5.0, 4.0, 3.0]])
def test_too_few_points_are_counted(fit, values):
    cost = pd.Series(values, index=MONTHS[: len(values)], dtype=float)
    with pytest.raises(EstimationError, match=f"at least 4 points, got {len(values)}"):
        fit(cost)


def test_a_repeated_date_is_quoted_with_both_values(fit):
    cost = pd.Series([5.0, 4.0, 3.0, 2.0], index=MONTHS[[0, 1, 1, 2]])
    with pytest.raises(
        EstimationError,
        match=r"2025-02-01 stands twice, at positions 1 and 2, with values 4\.0 and 3",
    ):
        fit(cost)


def test_unsorted_dates_say_how_to_sort(fit):
    cost = pd.Series([5.0, 4.0, 3.0, 2.0], index=MONTHS[[0, 2, 1, 3]])
    with pytest.raises(
        EstimationError, match="2025-02-01 at position 2 comes after 2025-03-01.*sort_index"
    ):
        fit(cost)


def test_a_missing_date_is_quoted(fit):
    cost = pd.Series([5.0, 4.0, 3.0, 2.0], index=MONTHS[:3].insert(1, pd.NaT))
    with pytest.raises(EstimationError, match="date at position 1 of 4 is missing"):
        fit(cost)


def test_text_dates_say_how_to_convert(fit):
    cost = pd.Series([5.0, 4.0, 3.0, 2.0], index=["2025-01", "2025-02", "2025-03", "2025-04"])
    with pytest.raises(EstimationError, match=r"found '2025-01' at position 0.*pd\.to_datetime"):
        fit(cost)


def test_several_series_at_once_are_refused(fit):
    index = pd.MultiIndex.from_product([["a", "b"], MONTHS[:2]], names=["model", "date"])
    with pytest.raises(EstimationError, match=r"got levels \['model', 'date'\]"):
        fit(pd.Series([4.0, 3.0, 2.0, 1.0], index=index))


def test_a_list_is_refused(fit):
    with pytest.raises(EstimationError, match="must be a pandas Series indexed by date, got list"):
        fit([4.0, 3.0, 2.0, 1.0])


@pytest.mark.parametrize(
    ("index", "step_years"),
    [
        (pd.date_range("2024-01-31", periods=6, freq="ME"), 1 / 12),
        (pd.date_range("2024-01-15", periods=6, freq="QS").shift(14, "D"), 1 / 4),
        (pd.date_range("2024-03-31", periods=6, freq="QE"), 1 / 4),
        (pd.date_range("2018-12-31", periods=6, freq="YE"), 1.0),
        (pd.period_range("2024Q1", periods=6, freq="Q"), 1 / 4),
        (pd.period_range("2019", periods=6, freq="Y"), 1.0),
        (pd.RangeIndex(2019, 2025), 1.0),
        (pd.Index([2019.0, 2019.5, 2020.0, 2020.5, 2021.0, 2021.5]), 0.5),
        (pd.date_range("2024-01-01", periods=6, freq="W"), 7 / 365.25),
        (pd.period_range("2024-01-01", periods=6, freq="W"), 7 / 365.25),
    ],
)
def test_calendar_spacing_counts_as_even(index, step_years):
    history = read_cost_history(pd.Series(range(6, 0, -1), index=index))
    assert history.evenly_spaced
    assert history.step_years == pytest.approx(step_years, rel=1e-12)


def test_forecast_dates_stay_on_month_ends():
    history = read_cost_history(
        pd.Series([4.0, 3.0, 2.0, 1.0], index=pd.date_range("2023-10-31", periods=4, freq="ME"))
    )
    assert [f"{day:%Y-%m-%d}" for day in history.dates_ahead(3)] == [
        "2024-02-29",
        "2024-03-31",
        "2024-04-30",
    ]


def test_forecast_dates_keep_the_kind_of_the_index():
    periods = pd.period_range("2025Q1", periods=4, freq="Q")
    assert (
        read_cost_history(pd.Series(range(1, 5), index=periods))
        .dates_ahead(2)
        .equals(pd.period_range("2026Q1", periods=2, freq="Q"))
    )
    years = read_cost_history(pd.Series(range(1, 5), index=[2000, 2002, 2004, 2006]))
    assert years.dates_ahead(2).tolist() == [2008, 2010]
    weeks = pd.date_range("2025-01-06", periods=4, freq="7D")
    assert (
        read_cost_history(pd.Series(range(1, 5), index=weeks))
        .dates_ahead(1)
        .equals(pd.DatetimeIndex(["2025-02-03"]))
    )


def test_spacing_beyond_ten_percent_is_uneven():
    assert read_cost_history(pd.Series(range(1, 5), index=[0.0, 1.0, 2.09, 3.0])).evenly_spaced
    assert not read_cost_history(pd.Series(range(1, 5), index=[0.0, 1.0, 2.12, 3.0])).evenly_spaced


def test_decimals_and_plain_dates_are_read():
    days = [date(2025, month, 1) for month in (1, 2, 3, 4)]
    history = read_cost_history(pd.Series([Decimal("0.4"), Decimal("0.3"), 2, 1], index=days))
    assert history.cost.tolist() == [0.4, 0.3, 2.0, 1.0]
    assert history.unit == "months"


def test_the_series_given_is_left_alone(fit):
    cost = pd.Series([5.0, 4.0, 3.0, 2.0, 1.5], index=MONTHS)
    before = cost.copy()
    fit(cost).forecast(3)
    pd.testing.assert_series_equal(cost, before)
