"""Derive the constants of the random walk and their proof from Farmer and Lafond's panel (2016).

Run from the project folder, with the panel as a CSV of the columns technology, year, unit_cost:

    python datasets/trajectories/build_calibration.py farmer_lafond_2016_cost.csv

It writes random_walk_calibration.yaml and hindcast_scores.csv beside itself.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import pandas as pd

from diligence.trajectories.calibration import ForecastCalibration, published_formula
from diligence.trajectories.calibration_fit import (
    calibration_hindcasts,
    fit_calibration,
    score_calibration,
    score_left_out,
    summarise_scores,
)
from diligence.trajectories.curve_scores import score_curve
from diligence.trajectories.log_trend import fit_log_trend

HERE = Path(__file__).parent
HEADER = """\
# Constants that turn drift and volatility of a random walk into a forecast; see
# ForecastCalibration in diligence/trajectories/calibration.py for the formula.
# Derived, not copied: fitted by build_calibration.py (maximum likelihood over hindcasts, expanding
# and five-difference windows, horizons 1 to 20) on {series} of the 66 technologies of
#   Farmer, J. D. and Lafond, F. (2016). How predictable is technological progress? Research
#   Policy 45(3), 647-665; as published by Our World in Data, "Learning costs", CC BY 4.0.
# The panel itself is not part of the project. {forecasts:,} hindcasts, rounded to three digits.
"""
SCORES_HEADER = """\
# Share of outcomes inside the 80 and 95 % intervals, with 90 % bootstrap bounds over technologies,
# and CRPS of log cost, horizons 1 to 20 years. Derived by build_calibration.py from 47 of the 66
# technologies of Farmer and Lafond (2016), Research Policy 45(3), 647-665, as published by Our
# World in Data, CC BY 4.0. Ours: constants derived without the technology that is forecast.
# above80 and below80: shares above the 80 % interval and below it (cost fell deeper than forecast),
# nominally 0.10 each; mean_: mean over technologies. Log trend, as shipped: with the larger of
# Newey-West and classic errors; textbook OLS: with the classic ones.
"""


def main() -> None:
    panel = pd.read_csv(sys.argv[1])
    costs = panel.rename(columns={"technology": "series", "year": "date", "unit_cost": "cost"})
    hindcasts = calibration_hindcasts(costs)
    series = hindcasts["series"].nunique()
    found = fit_calibration(hindcasts, panel=f"hindcasts of {series} technologies")
    header = HEADER.format(series=series, forecasts=len(hindcasts))
    text = header + _yaml_lines(found)
    (HERE / "random_walk_calibration.yaml").write_text(text, encoding="utf-8")
    table = _scores(costs, hindcasts, found)
    (HERE / "hindcast_scores.csv").write_text(SCORES_HEADER + table.to_csv(index=False))
    print(text, table.to_string(), sep="\n")


def _scores(
    costs: pd.DataFrame, hindcasts: pd.DataFrame, found: ForecastCalibration
) -> pd.DataFrame:
    rows = []
    for window, words in {0: "expanding", 5: "five differences"}.items():
        chosen = hindcasts["window"] == window
        part = hindcasts[chosen]
        scores = {
            "ours, technology left out": score_left_out(
                hindcasts, hindcasts["series"], start=found
            )[chosen],
            "random walk, theta 0.63": score_calibration(part, published_formula()),
            "random walk, theta 0": score_calibration(part, published_formula(0.0)),
            "log trend, as shipped": score_curve(costs, part, fit_log_trend),
            "log trend, textbook OLS": score_curve(
                costs, part, partial(fit_log_trend, robust=False)
            ),
        }
        rows += [_score_row(words, method, table) for method, table in scores.items()]
    return pd.DataFrame(rows)


def _score_row(window: str, method: str, table: pd.DataFrame) -> dict[str, object]:
    found = summarise_scores(table)
    return {
        "window": window,
        "method": method,
        "n": found.n,
        "series": found.series,
        "coverage80": round(found.coverage80, 4),
        "low80": round(found.interval80[0], 4),
        "high80": round(found.interval80[1], 4),
        "mean_coverage80": round(found.mean_coverage80, 4),
        "above80": round(found.above80, 4),
        "below80": round(found.below80, 4),
        "mean_below80": round(found.mean_below80, 4),
        "coverage95": round(found.coverage95, 4),
        "low95": round(found.interval95[0], 4),
        "high95": round(found.interval95[1], 4),
        "mean_coverage95": round(found.mean_coverage95, 4),
        "above95": round(found.above95, 4),
        "below95": round(found.below95, 4),
        "mean_below95": round(found.mean_below95, 4),
        "crps": round(found.crps, 4),
    }


def _yaml_lines(found: ForecastCalibration) -> str:
    return (
        f"kept_pace: {found.kept_pace:.3g}\n"
        f"prior_differences: {found.prior_differences:.3g}\n"
        f"calm_volatility_per_sqrt_year: {found.calm_volatility_per_sqrt_year:.3g}\n"
        f"volatility_per_pace: {found.volatility_per_pace:.3g}\n"
        f"own_volatility_floor: {found.own_volatility_floor:g}\n"
        f"tail_degrees_of_freedom: {found.tail_degrees_of_freedom:g}\n"
        f"theta: {found.theta:g}\n"
        f"panel: {found.panel}\n"
    )


if __name__ == "__main__":
    main()
