import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diligence.errors import EstimationError
from diligence.trajectories import backtest, fit_random_walk
from diligence.trajectories.many_backtest import backtest_random_walks
from diligence.trajectories.many_series import fit_random_walks

FORECASTS = ["median", "low80", "high80", "low95", "high95"]


def month_starts(n):
    return pd.date_range("2023-01-01", periods=n, freq="MS")


def month_ends(n):
    return pd.date_range("2023-01-31", periods=n, freq="ME")


def gappy_months(n):
    return pd.date_range("2023-01-01", periods=n + 3, freq="MS").delete([1, 3, 4])


def odd_days(n):
    return pd.Timestamp("2023-01-01") + pd.to_timedelta(np.cumsum(7 + np.arange(n) ** 2), unit="D")


def weeks(n):
    return pd.date_range("2023-01-07", periods=n, freq="W")


KINDS = (month_starts, month_ends, gappy_months, odd_days, weeks)


def ragged_panel(seed=5, copies=3):
    """Series of 4 to 16 points on five kinds of dates, and each of them alone."""
    random = np.random.default_rng(seed)
    alone = {}
    for number in range(copies * len(KINDS)):
        dates = KINDS[number % len(KINDS)](int(random.integers(4, 17)))
        changes = random.normal(-0.02, 0.1, len(dates))
        alone[f"{KINDS[number % len(KINDS)].__name__} {number}"] = pd.Series(
            np.exp(np.cumsum(changes)), index=dates
        )
    return together(alone).sample(frac=1, random_state=1), alone


def together(alone):
    rows = [
        pd.DataFrame({"series": name, "date": cost.index, "cost": cost.to_numpy()})
        for name, cost in alone.items()
    ]
    return pd.concat(rows, ignore_index=True)


def yearly(**series):
    return together({name: pd.Series(cost, index=range(2020, 2020 + len(cost)))
                     for name, cost in series.items()})  # fmt: skip


def test_two_series_by_hand():
    # Halving each year, and a rise by half then back by a third, which leads nowhere.
    fits = fit_random_walks(yearly(chat=[8.0, 4.0, 2.0, 1.0], search=[2.0, 3.0, 2.0, 3.0, 2.0]))
    assert fits.names == ["chat", "search"]
    assert fits.decline_per_year.to_list() == pytest.approx([0.5, 0.0])
    assert fits.half_life_months["chat"] == pytest.approx(12)
    assert np.isnan(fits.half_life_months["search"])
    assert fits.forecast(2)["date"].to_list() == [2024, 2025, 2025, 2026]


@pytest.mark.parametrize("calibration", ["technology", None])
def test_equals_the_single_fit_series_by_series(calibration):
    costs, alone = ragged_panel()
    fits = fit_random_walks(costs, calibration=calibration)
    frame = fits.forecast(6).set_index("series")
    bounds = fits.conf_int(0.90)
    for name, cost in alone.items():
        single = fit_random_walk(cost, calibration=calibration)
        ahead = single.forecast(6)
        assert fits.decline_per_year[name] == pytest.approx(single.decline_per_year, abs=1e-12)
        assert bounds.loc[name].to_list() == pytest.approx(single.conf_int(), rel=1e-12)
        assert frame.loc[name, "date"].to_list() == ahead.index.to_list()
        assert np.allclose(frame.loc[name, FORECASTS], ahead[FORECASTS], rtol=1e-12, atol=0)


@pytest.mark.parametrize("calibration", ["technology", None])
def test_backtest_equals_the_single_backtest(calibration):
    costs, alone = ragged_panel(seed=6)
    scores = backtest_random_walks(costs, calibration=calibration)
    for name, cost in alone.items():
        single = backtest(cost, calibration=calibration)
        assert scores.loc[name, "n"] == single.n
        for column in ("coverage80", "coverage95", "bias_log", "crps"):
            alone_score = getattr(single, column)
            wanted = np.nan if alone_score is None else alone_score
            assert scores.loc[name, column] == pytest.approx(wanted, abs=1e-12, nan_ok=True)


def test_periods_and_numbers_keep_their_kind():
    quarters = pd.period_range("2024Q1", periods=5, freq="Q")
    costs = pd.DataFrame({"series": "a", "date": quarters, "cost": [5.0, 4.0, 3.5, 3.0, 2.5]})
    alone = fit_random_walk(pd.Series(costs["cost"].to_numpy(), index=quarters)).forecast(3)
    ahead = fit_random_walks(costs).forecast(3)
    assert ahead["date"].to_list() == alone.index.to_list()
    assert np.allclose(ahead[FORECASTS], alone[FORECASTS], rtol=1e-12)


def test_a_bad_series_is_named_and_the_others_are_fitted():
    costs = yearly(
        good=[8.0, 4.0, 2.0, 1.0],
        short=[1.0],
        zero=[3.0, 0.0, 2.0, 1.0],
        negative=[3.0, -2.0, 2.0, 1.0],
        missing=[3.0, np.nan, 2.0, 1.0],
    )
    twice = pd.DataFrame({"series": "twice", "date": [2020, 2020, 2021, 2022], "cost": 1.0})
    fits = fit_random_walks(pd.concat([costs, twice]))
    assert fits.names == ["good"]
    assert fits.errors["short"].startswith("A trajectory needs at least 4 points, got 1")
    assert "found 0.0 at 2021" in fits.errors["zero"]
    assert "add credits and refunds back" in fits.errors["negative"]
    assert "do not interpolate" in fits.errors["missing"]
    assert "2020 stands twice" in fits.errors["twice"]
    frame = fits.to_frame()
    assert frame["error"].notna().sum() == 5
    assert "Series:               1 fitted, 5 not" in fits.summary()


def test_no_series_at_all():
    fits = fit_random_walks(yearly(short=[1.0]))
    assert fits.names == []
    assert fits.forecast(2).empty
    assert fits.to_frame()["error"].notna().all()
    assert backtest_random_walks(yearly(short=[1.0])).empty
    nothing = pd.DataFrame({"series": [], "date": [], "cost": []})
    assert fit_random_walks(nothing).errors == {}


def test_a_table_without_a_column_is_refused():
    with pytest.raises(EstimationError, match="lacks cost; it has series, date"):
        fit_random_walks(pd.DataFrame({"series": ["a"], "date": [2020]}))


def test_dates_that_are_none_are_refused():
    costs = pd.DataFrame({"series": "a", "date": ["soon"] * 4, "cost": 1.0})
    with pytest.raises(EstimationError, match="found 'soon' first"):
        fit_random_walks(costs)


@pytest.mark.parametrize("horizon", [0, -1, 1.5])
def test_a_horizon_that_is_no_step_count_is_refused(horizon):
    with pytest.raises(EstimationError, match="whole number of steps"):
        fit_random_walks(yearly(a=[8.0, 4.0, 2.0, 1.0])).forecast(horizon)


def test_an_undated_row_spoils_its_series_only():
    months = month_starts(4).to_list()
    costs = pd.DataFrame(
        {
            "series": ["a"] * 4 + ["b"] * 4,
            "date": [*months[:3], pd.NaT, *months],
            "cost": [4.0, 3.0, 2.0, 1.0] * 2,
        }
    )
    fits = fit_random_walks(costs)
    assert fits.names == ["b"]
    assert "missing" in fits.errors["a"]


@given(
    st.lists(st.lists(st.floats(-2, 2), min_size=4, max_size=8), min_size=1, max_size=4),
    st.floats(1e-3, 1e3),
)
@settings(max_examples=30)
def test_unit_changes_no_rate_and_reversing_time_flips_the_sign(log_costs, unit):
    plain = {str(k): np.exp(values) for k, values in enumerate(log_costs)}
    forward = fit_random_walks(yearly(**plain)).estimates.drift_per_year
    scaled = fit_random_walks(yearly(**{k: unit * v for k, v in plain.items()}))
    backward = fit_random_walks(yearly(**{k: v[::-1] for k, v in plain.items()}))
    assert scaled.estimates.drift_per_year == pytest.approx(forward, abs=1e-9)
    assert backward.estimates.drift_per_year == pytest.approx(-forward, abs=1e-9)


@given(
    st.lists(
        st.lists(
            st.tuples(
                st.integers(2000, 2008), st.sampled_from([2.0, 1.5, 1.0, 0.7, 0.0, -1.0, np.nan])
            ),
            max_size=8,
        ),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=60)
def test_what_one_series_is_refused_for_it_is_refused_for_among_many(points):
    alone = {str(k): sorted(rows, key=lambda row: row[0]) for k, rows in enumerate(points) if rows}
    costs = pd.DataFrame(
        [(name, *row) for name, rows in alone.items() for row in rows],
        columns=["series", "date", "cost"],
    )
    errors = fit_random_walks(costs).errors
    for name, rows in alone.items():
        cost = pd.Series([c for _, c in rows], index=[year for year, _ in rows])
        try:
            fit_random_walk(cost)
            said = None
        except EstimationError as error:
            said = str(error)
        assert errors.get(name) == said


@given(st.floats(0.01, 100), st.integers(4, 12))
def test_a_constant_series_has_no_drift(cost, n):
    assert fit_random_walks(yearly(a=np.full(n, cost))).decline_per_year["a"] == 0


@given(st.lists(st.floats(-1, 1), min_size=5, max_size=10), st.floats(1, 4))
@settings(max_examples=30)
def test_more_noise_never_narrows_an_interval(noise, factor):
    # Both ends stay, so that the drift is the same and only the noise between them grows.
    bumps = np.array([0.0, *noise, 0.0])
    costs = {"calm": np.exp(bumps), "wild": np.exp(factor * bumps)}
    ahead = fit_random_walks(yearly(**costs)).forecast(3)
    width = np.log(ahead["high80"] / ahead["low80"]).to_numpy()
    assert (width[3:] >= width[:3] * (1 - 1e-12)).all()


def test_the_order_of_rows_and_series_changes_nothing():
    costs, _ = ragged_panel()
    ahead = fit_random_walks(costs).forecast(3).sort_values(["series", "date"])
    again = fit_random_walks(costs.iloc[::-1]).forecast(3).sort_values(["series", "date"])
    pd.testing.assert_frame_equal(ahead.reset_index(drop=True), again.reset_index(drop=True))


def test_summary_and_html_name_what_failed():
    fits = fit_random_walks(yearly(**{"a<b": [1.0], "c": [8.0, 4.0, 2.0, 1.0]}))
    assert "Not fitted: a<b" in fits.summary()
    assert "a&lt;b" in fits._repr_html_()
