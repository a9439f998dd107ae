"""Published drifts and volatilities of technology curves, on the reference data where it is."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from diligence.trajectories import fit_random_walk

VARIABLE = "DILIGENCE_REFERENCE_DATA"
CURVES = Path(os.environ.get(VARIABLE, ""), "technology-curves", "farmer_lafond_2016_cost.csv")

# Farmer & Lafond 2016, Research Policy 45:647, table of the technologies: drift and volatility of
# log cost a year, to the printed digits.
PUBLISHED = {
    "Transistor": (-0.4983, 0.2400, 38),
    "DRAM": (-0.4462, 0.3835, 37),
    "Hard Disk Drive": (-0.5755, 0.3152, 20),
    "Photovoltaics": (-0.1004, 0.1502, 34),
    "Laser Diode": (-0.3557, 0.2913, 13),
    "DNA Sequencing": (-0.8397, 0.8276, 13),
}

pytestmark = pytest.mark.skipif(
    not os.environ.get(VARIABLE) or not CURVES.exists(),
    reason=f"reference data not found; set {VARIABLE} to its folder",
)


@pytest.mark.parametrize("technology", PUBLISHED)
def test_published_drift_and_volatility(technology):
    table = pd.read_csv(CURVES)
    rows = table[table["technology"] == technology].sort_values("year")
    fit = fit_random_walk(pd.Series(rows["unit_cost"].to_numpy(), index=rows["year"].to_numpy()))
    drift, volatility, n = PUBLISHED[technology]
    assert fit.n == n
    assert fit.drift_per_year == pytest.approx(drift, abs=5e-5)
    assert fit.volatility_per_sqrt_year == pytest.approx(volatility, abs=5e-5)
