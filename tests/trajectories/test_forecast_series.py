import json
import math

import numpy as np
import pandas as pd
import pytest

from diligence.errors import EstimationError
from diligence.trajectories import backtest, fit_experience_curve, fit_log_trend, fit_random_walk
from diligence.trajectories.forecast_series import forecast_series
from tests.trajectories.test_many_series import ragged_panel, yearly


def entry(found, name):
    return next(item for item in found.to_json() if item["series"] == name)


@pytest.mark.parametrize("method", ["random_walk", "log_trend"])
def test_each_entry_is_the_fit_of_its_series(method):
    costs, alone = ragged_panel(copies=1)
    found = forecast_series(costs, horizon=3, method=method)
    fit_alone = {"random_walk": fit_random_walk, "log_trend": fit_log_trend}[method]
    for name, cost in alone.items():
        single, scored, shown = fit_alone(cost), backtest(cost, fit=fit_alone), entry(found, name)
        low, high = single.conf_int(0.90)
        assert shown["n"] == single.n
        assert shown["decline_per_year"] == pytest.approx(
            {"estimate": single.decline_per_year, "low90": low, "high90": high}
        )
        assert shown["half_life_months"] == pytest.approx(single.half_life_months)
        assert [step["high95"] for step in shown["forecast"]] == pytest.approx(
            single.forecast(3)["high95"].to_list()
        )
        assert shown["backtest"]["n"] == scored.n
        assert shown["backtest"]["crps"] == pytest.approx(scored.crps)
        assert shown["notes"] == list(single.notes)


def test_notes_are_those_of_the_single_fit_for_every_kind_of_series():
    costs, alone = ragged_panel(copies=4)
    still = pd.DataFrame(
        {"series": "still", "date": pd.date_range("2024-01-01", periods=6), "cost": 2.0}
    )
    alone["still"] = still.set_index("date")["cost"]
    found = forecast_series(pd.concat([costs, still]), horizon=1)
    for name, cost in alone.items():
        assert entry(found, name)["notes"] == list(fit_random_walk(cost).notes)


def test_series_stay_in_the_order_of_the_table_with_errors_in_place():
    costs = yearly(b=[8.0, 4.0, 2.0, 1.0], bad=[1.0], a=[3.0, 2.5, 2.0, 1.8])
    for method in ("random_walk", "log_trend"):
        shown = forecast_series(costs, horizon=1, method=method).to_json()
        assert [item["series"] for item in shown] == ["b", "bad", "a"]
        assert set(shown[1]) == {"series", "error"}


def test_json_holds_no_number_that_is_not_finite_and_no_negative_zero():
    costs = yearly(still=[2.0] * 5, wild=[1e-300, 1e300, 1e-300, 1e300])
    text = json.dumps(forecast_series(costs, horizon=40).to_json(), allow_nan=False)
    assert "-0.0" not in text
    still = json.loads(text)[0]
    assert still["decline_per_year"]["estimate"] == 0
    assert still["half_life_months"] is None
    assert still["backtest"] == {"n": 0, "coverage80": None, "coverage95": None, "crps": None,
                                 "bias_log": None}  # fmt: skip


def test_volume_that_falls_is_read_as_volume_a_period():
    years = range(2018, 2026)
    cost = pd.Series([10.0, 9, 8.5, 7, 6.5, 6, 5, 4.6], index=years)
    sold = pd.Series([5.0, 6, 9, 8, 12, 15, 14, 20], index=years)
    table = pd.DataFrame(
        {"series": "a", "date": years, "cost": cost.to_numpy(), "volume": sold.to_numpy()}
    )
    found = forecast_series(table, horizon=1, method="experience_curve")
    alone = fit_experience_curve(cost, sold, volume_basis="per_period")
    assert found.estimates["decline_per_year"]["a"] == pytest.approx(alone.decline_per_year)
    assert "read as volume per period" in " ".join(found.notes["a"])
    stated = forecast_series(
        table.assign(volume=sold.cumsum().to_numpy()), horizon=1, method="experience_curve"
    )
    cumulative = fit_experience_curve(cost, sold.cumsum())
    assert stated.estimates["decline_per_year"]["a"] == pytest.approx(cumulative.decline_per_year)


def test_auto_says_what_it_chose_and_why():
    bumps = np.random.default_rng(1).normal(0, 0.3, 20)
    costs = yearly(line=np.exp(-0.1 * np.arange(20) + bumps), short=[3.0, 2.5, 2.0, 1.8])
    found = forecast_series(costs, horizon=3, method="auto")
    assert entry(found, "short")["method"] == "random_walk"
    assert any(note.startswith("Default: 0 past dates") for note in entry(found, "short")["notes"])
    line = entry(found, "line")
    assert line["method"] != "auto"
    assert any(line["method"] in note or "Default" in note for note in line["notes"])


def test_dates_are_written_in_the_form_of_each_series():
    table = pd.DataFrame(
        {
            "series": ["q"] * 4 + ["y"] * 4,
            "date": [*pd.date_range("2024-01-01", periods=4, freq="QS"),
                     *pd.date_range("2020-01-01", periods=4, freq="YS")],
            "cost": [4.0, 3.5, 3.0, 2.0] * 2,
            "form": ["quarter"] * 4 + ["year"] * 4,
        }
    )  # fmt: skip
    found = forecast_series(table, horizon=2)
    assert found.forecasts["date"].tolist() == ["2025Q1", "2025Q2", "2024", "2025"]


def test_a_method_that_cannot_be_used_at_all_is_refused():
    costs = yearly(a=[8.0, 4.0, 2.0, 1.0])
    with pytest.raises(EstimationError, match="there is no volume"):
        forecast_series(costs, horizon=1, method="experience_curve")
    with pytest.raises(EstimationError, match="is not a method"):
        forecast_series(costs, horizon=1, method="crystal_ball")
    for method in ("random_walk", "log_trend"):
        with pytest.raises(EstimationError, match="whole number of steps"):
            forecast_series(costs, horizon=0, method=method)


def test_no_series_can_be_fitted():
    for method in ("random_walk", "log_trend"):
        found = forecast_series(yearly(a=[1.0]), horizon=2, method=method)
        assert found.to_json()[0]["error"].startswith("A trajectory needs at least 4 points")
        assert found.summary().startswith("Not fitted: a: ")


def test_a_few_series_are_told_at_length_and_many_in_a_line_each():
    one = forecast_series(yearly(a=[8.0, 4.0, 2.0, 1.0]), horizon=2).summary()
    assert "Half-life         12.0 months" in one
    assert "too few points to forecast from past dates" in one
    many = forecast_series(yearly(**{f"s{k}": [8.0, 4.0, 2.0, 1.0] for k in range(5)}), horizon=2)
    lines = many.summary().splitlines()
    assert len([line for line in lines if line.startswith("s")]) == 6
    assert not math.isnan(many.estimates["low90"].iloc[0])
    assert "<pre>" in many._repr_html_()
