import math

import numpy as np
import pandas as pd
import pytest

from diligence.errors import EstimationError
from diligence.trajectories import fit_random_walk, pool_drifts


def walk(*changes):
    cost = pd.Series(np.exp(np.cumsum([0.0, *changes])), index=range(2020, 2021 + len(changes)))
    return fit_random_walk(cost, theta=0, calibration=None)


@pytest.fixture
def fits():
    return {
        "a": walk(-1.0, -1.2, -0.8, -1.0),
        "b": walk(-0.2, -0.6, -0.4, -0.4),
        "c": walk(-0.9, -0.1, -1.3, 0.3),
    }


def test_drifts_and_errors_of_the_fits_are_pooled(fits):
    # Errors: deviation over root 4. a and b: squares .08 / 3, so sqrt(.02 / 3) = .0816.
    pooled = pool_drifts(fits, method="dersimonian_laird")
    table = pooled.pooled.estimates
    assert table["estimate"].tolist() == pytest.approx([-1.0, -0.4, -0.5])
    assert table["std_error"].iloc[:2].tolist() == pytest.approx([math.sqrt(0.02 / 3)] * 2)
    assert pooled.decline_per_year == pytest.approx(1 - math.exp(pooled.pooled.mean))
    assert pooled.half_life_months == pytest.approx(12 * math.log(2) / -pooled.pooled.mean)


def test_a_vague_series_is_pulled_further_than_a_clear_one(fits):
    table = pool_drifts(fits).pooled.estimates
    kept = (table["shrunken"] - table["shrunken"].mean()).abs() / table["estimate"].abs()
    assert kept["c"] < kept["a"]
    assert table["shrunken_std_error"]["c"] < table["std_error"]["c"]


def test_forecasts_follow_the_pooled_drift_and_keep_their_shocks(fits):
    pooled = pool_drifts(fits)
    own, pulled = fits["c"], pooled.fits["c"]
    assert pulled.log_median(3) == pytest.approx(math.log(own.level) + 3 * pulled.drift_per_year)
    shocks = own.log_std_error(3) ** 2 - (3 * own.drift_std_error) ** 2
    assert pulled.log_std_error(3) ** 2 == pytest.approx(shocks + (3 * pulled.drift_std_error) ** 2)
    table = pooled.forecast(2)
    assert table.index.names == ["name", "date"]
    assert table.loc[("c", 2026), "median"] == pytest.approx(math.exp(pulled.log_median(2)))


def test_the_share_of_the_pace_a_curve_lets_last_also_holds_for_the_pooled_pace():
    years = range(2020, 2026)
    fits = {
        "calm": fit_random_walk(pd.Series([10.0, 9.1, 8.0, 7.4, 6.4, 5.9], index=years)),
        "wild": fit_random_walk(pd.Series([10.0, 4.0, 7.0, 2.0, 3.5, 1.8], index=years)),
    }
    pooled = pool_drifts(fits)
    for name, own in fits.items():
        pulled = pooled.fits[name]
        own_move, move = (f.log_median(4) - f.log_median(0) for f in (own, pulled))
        assert move / pulled.drift_per_year == pytest.approx(own_move / own.drift_per_year)


def test_intervals_are_in_decline_and_ordered(fits):
    pooled = pool_drifts(fits)
    low, high = pooled.conf_int()
    assert low < pooled.decline_per_year < high
    wider_low, wider_high = pooled.prediction_interval()
    assert wider_low < low < high < wider_high
    frame = pooled.to_frame()
    assert list(frame.index) == ["a", "b", "c", "pooled", "new unit"]
    assert (frame["low90"] <= frame["high90"]).all()


def test_currency_changes_nothing(fits):
    dear = {
        name: fit_random_walk(1e6 * fit.history.cost, theta=0, calibration=None)
        for name, fit in fits.items()
    }
    assert pool_drifts(dear).decline_per_year == pytest.approx(pool_drifts(fits).decline_per_year)


def test_a_rising_mean_has_no_half_life():
    pooled = pool_drifts({"a": walk(0.1, 0.3, 0.2, 0.2), "b": walk(0.4, 0.3, 0.5, 0.4)})
    assert pooled.half_life_months is None
    assert pooled.decline_per_year < 0


def test_printing(fits):
    pooled = pool_drifts(fits)
    assert pooled.summary() == pool_drifts(fits).summary()
    assert "A further one" in pooled.summary()
    assert "Mean decline" in pooled._repr_html_()
    assert "Drift pulled from -0.500" in pooled.fits["c"].summary()


def test_refusals(fits):
    with pytest.raises(EstimationError, match="'x' is a Series, not a fitted trajectory"):
        pool_drifts({"a": fits["a"], "x": pd.Series([1.0])})
    with pytest.raises(EstimationError, match="at least 2 estimates, got 1"):
        pool_drifts({"a": fits["a"]})
    with pytest.raises(EstimationError, match="'flat' must be above 0, got 0"):
        pool_drifts({"a": fits["a"], "flat": walk(0.0, 0.0, 0.0)})
