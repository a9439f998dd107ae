import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from diligence.errors import EstimationError
from diligence.trajectories import sahal_identity

VARIABLE = "DILIGENCE_REFERENCE_DATA"
CURVES = Path(os.environ.get(VARIABLE, ""), "technology-curves", "pcdb_cost_production.csv")


def panel(rows):
    return pd.DataFrame(rows, columns=["technology", "year", "cost", "cumulative_volume"])


def exponential(name, wright, growth, years=5):
    return [(name, y, np.exp(wright * growth * y), np.exp(growth * y)) for y in range(years)]


@pytest.mark.skipif(
    not os.environ.get(VARIABLE) or not CURVES.exists(),
    reason=f"reference data not found; set {VARIABLE} to its folder",
)
def test_performance_curve_database():
    # Sahal's identity on the technologies at hand, slopes in levels: .998 on 59 of them.
    table = pd.read_csv(CURVES)
    table["cumulative_volume"] = table["prev_cumulative_production"] + table["production"]
    found = sahal_identity(table.dropna(), cost="unit_cost")
    assert found.correlation == pytest.approx(0.998, abs=1e-3)
    assert found.n == table["technology"].nunique()


def test_exponential_growth_by_hand():
    # Wright slopes -.5, -.3, -.2 at growth .1, .4, .2: in time -.05, -.12, -.04.
    rows = exponential("a", -0.5, 0.1) + exponential("b", -0.3, 0.4) + exponential("c", -0.2, 0.2)
    found = sahal_identity(panel(rows))
    frame = found.to_frame()
    assert frame["wright_slope"].tolist() == pytest.approx([-0.5, -0.3, -0.2])
    assert frame["moore_slope"].tolist() == pytest.approx([-0.05, -0.12, -0.04])
    assert frame["implied_slope"].tolist() == pytest.approx([-0.5, -0.3, -0.2])
    assert found.correlation == pytest.approx(1)
    assert found.notes == ()


def test_units_of_cost_and_volume_change_nothing():
    rng = np.random.default_rng(2)
    rows = panel(
        [r for name in "abcd" for r in exponential(name, -rng.uniform(), rng.uniform(), 8)]
    )
    rows["cost"] *= np.exp(0.2 * rng.standard_normal(len(rows)))
    scaled = rows.assign(cost=7 * rows["cost"], cumulative_volume=1e6 * rows["cumulative_volume"])
    assert sahal_identity(scaled).correlation == pytest.approx(sahal_identity(rows).correlation)


def test_unusable_rows_are_left_out_and_counted():
    rows = exponential("a", -0.5, 0.1) + exponential("b", -0.3, 0.4)
    rows += [("a", 5, np.nan, 2.0), ("b", 5, -1.0, 2.0), ("short", 0, 1.0, 1.0)]
    found = sahal_identity(panel(rows))
    assert found.n == 2
    assert found.notes == ("3 of 13 rows were left out.",)
    assert "3 of 13" in found.summary()
    assert "Correlation of slopes" in found._repr_html_()


def test_refusals():
    with pytest.raises(EstimationError, match=r"no column 'price'.*Name the columns"):
        sahal_identity(panel([]), cost="price")
    with pytest.raises(EstimationError, match="at least 2 technologies.*got 1 of 1"):
        sahal_identity(panel(exponential("a", -0.5, 0.1)))
