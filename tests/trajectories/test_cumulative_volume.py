import numpy as np
import pandas as pd
import pytest

from diligence.errors import EstimationError
from diligence.trajectories.cost_history import read_cost_history
from diligence.trajectories.cumulative_volume import read_cumulative_volume

YEARS = range(2020, 2025)
HISTORY = read_cost_history(pd.Series([9.0, 7.0, 6.0, 4.0, 3.0], index=YEARS))


def volume(*values, index=YEARS):
    return pd.Series(values, index=index)


def test_per_period_volume_adds_up_on_what_came_before():
    read = read_cumulative_volume(
        volume(1, 2, 3, 4, 5), HISTORY, basis="per_period", prior_volume=10
    )
    assert read.values.tolist() == [11, 13, 16, 20, 25]
    assert "10, as stated" in read.notes[0]


def test_the_past_is_inferred_from_the_growth():
    # Tripling each year: 1 + 1/3 + 1/9 ... = 1.5 up to the first date, of which .5 came before.
    read = read_cumulative_volume(volume(1, 3, 9, 27, 81), HISTORY, basis="per_period")
    assert read.values.tolist() == pytest.approx([1.5, 4.5, 13.5, 40.5, 121.5])
    assert "taken as 0.5" in read.notes[0]


def test_volume_between_the_dates_of_the_cost_counts():
    quarters = pd.Series([9.0, 7.0, 6.0, 4.0], index=[2020.0, 2020.5, 2021.0, 2021.5])
    served = pd.Series([1.0] * 7, index=np.arange(2020.0, 2021.75, 0.25))
    read = read_cumulative_volume(
        served, read_cost_history(quarters), basis="per_period", prior_volume=0
    )
    assert read.values.tolist() == [1, 3, 5, 7]


def test_a_path_is_read_in_the_basis_of_the_history():
    per_period = read_cumulative_volume(
        volume(1, 1, 1, 1, 1), HISTORY, basis="per_period", prior_volume=0
    )
    assert np.exp(per_period.log_growth_ahead([5, 10])).tolist() == pytest.approx([2, 4])
    cumulative = read_cumulative_volume(volume(1, 2, 3, 4, 5), HISTORY)
    assert np.exp(cumulative.log_growth_ahead([10, 20])).tolist() == pytest.approx([2, 4])


def test_growth_spread_by_hand():
    # Log growth 1, 3, 1, 3 a step: mean 2, squared departures 4 / 3; variation over the mean.
    read = read_cumulative_volume(volume(*np.exp([0.0, 1, 4, 5, 8])), HISTORY)
    assert read.growth_spread(np.ones(4)) == pytest.approx(np.sqrt(4 / 3))
    assert read.growth_variation(np.ones(4)) == pytest.approx(np.sqrt(4 / 3) / 2)


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        (volume(1, 2, 3, 2, 5), {}, "goes from 3 to 2 at 2023"),
        (volume(0, 2, 3, 4, 5), {}, "above 0; found 0.0 at 2020, position 0 of 5"),
        (volume(1, -2, 3, 4, 5), {"basis": "per_period"}, "0 or more; found -2.0 at 2021"),
        (volume(1, np.nan, 3, 4, 5), {}, "number at every date; found nan at 2021"),
        (volume(1, 2, 3, 4, index=range(2020, 2024)), {}, "missing at 1 of 5 dates.*2024"),
        (volume(5, 4, 3, 2, 1), {"basis": "per_period"}, "from 5 to 1 without growing"),
        (volume(1, 2, 3, 4, 5), {"prior_volume": 3.0}, "prior_volume = 3 was given"),
        (volume(1, 2, 3, 4, 5), {"basis": "monthly"}, "got 'monthly'"),
        (volume(1, 2, 3, 4, 5), {"basis": "per_period", "prior_volume": -1.0}, "got -1"),
        ([1, 2, 3, 4, 5], {}, "must be a pandas Series.*got list"),
        (volume(1, 2, 3, 4, 5, index=[2020, 2021, 2022, 2022, 2024]), {}, "must rise"),
    ],
)
def test_bad_volume_is_named(given, options, message):
    with pytest.raises(EstimationError, match=message):
        read_cumulative_volume(given, HISTORY, **options)


@pytest.mark.parametrize("path", [[], [6.0, np.nan], [6.0, 5.5], [4.0]])
def test_a_path_that_falls_or_is_empty_is_refused(path):
    read = read_cumulative_volume(volume(1, 2, 3, 4, 5), HISTORY)
    with pytest.raises(EstimationError, match="path"):
        read.log_growth_ahead(path)
