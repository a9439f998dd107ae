import numpy as np
import pandas as pd
import pytest

from diligence.errors import EstimationError
from diligence.trajectories.calibration import technology_calibration
from diligence.trajectories.calibration_fit import (
    calibration_hindcasts,
    fit_calibration,
    score_calibration,
    score_left_out,
    summarise_scores,
)


@pytest.fixture(scope="module")
def hindcasts():
    """Hindcasts of 40 seeded walks whose volatility is .05 + half their pace, pace kept."""
    draw = np.random.default_rng(5)
    frames = []
    for i in range(40):
        drift = -draw.gamma(2.0, 0.05)
        changes = draw.normal(drift, 0.05 + 0.5 * -drift, size=18)
        log = np.concatenate([[0.0], np.cumsum(changes)])
        dates = range(2000, 2019)
        frames.append(pd.DataFrame({"series": f"w{i:02d}", "date": dates, "cost": np.exp(log)}))
    return calibration_hindcasts(pd.concat(frames))


def test_walks_that_keep_their_pace_say_so(hindcasts):
    found = fit_calibration(hindcasts)
    assert found.kept_pace == pytest.approx(1.0, abs=0.2)
    assert found.panel == "a panel"


def test_series_left_out_are_covered_as_often_as_stated(hindcasts):
    expanding = hindcasts[hindcasts["window"] == 0]
    groups = expanding["series"].str[-1]
    scores = summarise_scores(
        score_left_out(expanding, groups, start=fit_calibration(expanding)), resamples=200
    )
    assert scores.coverage80 == pytest.approx(0.80, abs=0.08)
    assert scores.coverage95 == pytest.approx(0.95, abs=0.04)
    assert scores.interval80[0] < scores.coverage80 < scores.interval80[1]
    assert (scores.n, scores.series) == (len(expanding), 40)


def test_left_out_rows_keep_their_place(hindcasts):
    few = hindcasts[hindcasts["series"].isin(["w00", "w01", "w02"])]
    found = score_left_out(few, few["series"], start=technology_calibration())
    assert found.index.equals(few.index)
    assert found["series"].tolist() == few["series"].tolist()


def test_pooled_and_mean_coverage_by_hand():
    table = pd.DataFrame(
        {
            "series": ["long"] * 4 + ["short"],
            "steps": 1.0,
            "error_log": [0.1, 0.1, -0.1, 0.1, -0.6],
            "inside80": [True, True, True, True, False],
            "inside95": [True] * 5,
            "crps_log": [0.1, 0.1, 0.1, 0.1, 0.6],
        }
    )
    found = summarise_scores(table)
    assert (found.coverage80, found.mean_coverage80) == pytest.approx((0.8, 0.5))
    assert (found.crps, found.mean_crps) == pytest.approx((0.2, 0.35))
    # The one miss fell deeper than forecast: 1 of 5 outcomes, all of one of two series.
    assert (found.above80, found.below80, found.mean_below80) == pytest.approx((0, 0.2, 0.5))
    assert (found.above95, found.below95, found.mean_below95) == (0, 0, 0)
    assert "Outside 80 %:     0.0% above, 20.0% below" in found.summary()
    assert found.interval80 == (0, 1)
    assert found.summary() == summarise_scores(table).summary()
    assert "5 of 2 series" in found._repr_html_()


def test_inside_above_and_below_add_up(hindcasts):
    found = summarise_scores(score_calibration(hindcasts, technology_calibration()), resamples=9)
    assert found.above80 + found.coverage80 + found.below80 == pytest.approx(1)
    assert found.above95 + found.coverage95 + found.below95 == pytest.approx(1)
    assert found.above95 <= found.above80
    assert found.below95 <= found.below80


def test_scores_of_one_forecast_by_hand(hindcasts):
    one = hindcasts.head(1)
    row, shipped = one.iloc[0], technology_calibration()
    scores = score_calibration(one, shipped).iloc[0]
    expected = row["change_log"] - shipped.kept_pace * row["drift_per_year"] * row["steps"]
    assert scores["error_log"] == pytest.approx(expected)


def test_one_series_teaches_nothing(hindcasts):
    with pytest.raises(EstimationError, match="at least 2 series, got 1"):
        fit_calibration(hindcasts[hindcasts["series"] == "w00"])
