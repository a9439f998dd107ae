import numpy as np
import pandas as pd
import pytest

from diligence.errors import EstimationError
from diligence.trajectories.panel_hindcasts import panel_hindcasts


def panel(**log_costs):
    frames = [
        pd.DataFrame({"series": name, "date": range(2000, 2000 + len(log)), "cost": np.exp(log)})
        for name, log in log_costs.items()
    ]
    return pd.concat(frames, ignore_index=True)


def test_every_origin_meets_every_later_point():
    found = panel_hindcasts(panel(chip=[0.0, -1, -4, -5, -8, -9, -9]))
    assert found[["origin", "target", "steps"]].to_numpy().tolist() == [
        [2004, 2005, 1],
        [2004, 2006, 2],
        [2005, 2006, 1],
    ]
    # Changes -1, -3, -1, -3 up to 2004: drift -2, K^2 = 4/3; then -1 and 0 came.
    first = found.iloc[0]
    assert first["drift_per_year"] == pytest.approx(-2)
    assert first["volatility_per_sqrt_year"] == pytest.approx((4 / 3) ** 0.5)
    assert found["change_log"].tolist() == pytest.approx([-1, -1, 0])


def test_a_window_forgets_what_lies_before_it():
    found = panel_hindcasts(panel(chip=[9.0, 0.0, -1, -2, -3, -3]), window=3)
    assert found["differences"].tolist() == [3, 3, 3]
    assert found["drift_per_year"].tolist() == pytest.approx([-11 / 3, -11 / 3, -1])


def test_the_number_of_hindcasts_is_triangular():
    # 12 points, 4 differences behind the first: origins 4 to 10, each with 11 - origin targets.
    costs = panel(chip=np.zeros(12), lamp=np.zeros(5))
    assert len(panel_hindcasts(costs)) == sum(range(1, 8))
    assert panel_hindcasts(costs, max_horizon=2)["steps"].max() == 2


def test_uneven_dates_count_true_time():
    costs = panel(chip=-np.arange(6.0)).assign(date=[0.0, 1, 2, 3, 4, 6.5])
    found = panel_hindcasts(costs)
    assert found["steps"].tolist() == [2.5]
    assert found["drift_per_year"].tolist() == pytest.approx([-1])


def test_the_order_of_the_rows_does_not_matter():
    costs = panel(chip=[0.0, -1, -4, -5, -8, -9, -9], lamp=[0.0, 1, 0, 1, 0, 1])
    shuffled = costs.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(panel_hindcasts(shuffled), panel_hindcasts(costs))


def test_a_bad_series_is_named():
    costs = panel(chip=np.zeros(7), lamp=np.zeros(7))
    costs.loc[8, "cost"] = 0
    with pytest.raises(EstimationError, match="Series 'lamp': Cost must be a number above 0"):
        panel_hindcasts(costs)


def test_refuses_a_table_without_dates():
    with pytest.raises(EstimationError, match="lacks date; it has series, cost"):
        panel_hindcasts(pd.DataFrame({"series": [], "cost": []}))


def test_refuses_a_window_that_estimates_nothing():
    with pytest.raises(EstimationError, match="at least 3 differences, got 2"):
        panel_hindcasts(panel(chip=np.zeros(9)), window=2)


def test_says_when_nothing_is_long_enough():
    with pytest.raises(EstimationError, match="a forecast needs 6 points"):
        panel_hindcasts(panel(chip=np.zeros(5)))
