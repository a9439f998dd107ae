import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import EstimationError
from diligence.trajectories.calibration import (
    ForecastCalibration,
    chosen_calibration,
    published_formula,
    technology_calibration,
)

ROUND = ForecastCalibration(
    kept_pace=0.75,
    prior_differences=6.0,
    calm_volatility_per_sqrt_year=0.1,
    volatility_per_pace=0.5,
    own_volatility_floor=0.7,
    tail_degrees_of_freedom=5.0,
    theta=0.0,
    panel="round numbers",
)


def scale(constants, volatility, steps=3.0, step_years=1.0, drift=-0.2, differences=5):
    return float(
        constants.log_scale(
            volatility,
            drift_per_year=drift,
            steps=steps,
            differences=differences,
            window_steps=differences,
            step_years=step_years,
        )
    )


def test_pooled_volatility_by_hand():
    # Expected variance .1^2 + (.5 * .4)^2 = .05 with weight 6; own .3^2 = .09 with weight 4 - 1.
    found = ROUND.pooled_volatility(0.3, drift_per_year=-0.4, differences=4)
    assert found == pytest.approx(math.sqrt((6 * 0.05 + 3 * 0.09) / 9))


def test_within_a_year_the_panel_weighs_less_in_proportion():
    # A month ahead the weight of 6 is .5.
    found = ROUND.pooled_volatility(0.3, drift_per_year=-0.4, differences=4, horizon_years=1 / 12)
    assert found == pytest.approx(math.sqrt((0.5 * 0.05 + 3 * 0.09) / 3.5))


def test_a_noisy_series_keeps_seven_tenths_of_its_volatility():
    # (6 * .01 + 1 * 4) / 7 = .58 would be 38 % of the 2 that was seen.
    assert ROUND.pooled_volatility(2.0, drift_per_year=0.0, differences=2) == pytest.approx(1.4)


def test_log_scale_of_the_published_formula_is_that_of_the_paper():
    # Farmer & Lafond (2016), solar PV: K = .15, m = 33, 17 years, theta = .63 and 0.
    for theta, expected in [(0.63, 1.0325), (0.0, 0.7613)]:
        found = scale(published_formula(theta), 0.15, steps=17, drift=-0.1, differences=33)
        assert found == pytest.approx(expected, abs=5e-5)
    assert published_formula().degrees_of_freedom([5, 33]).tolist() == [4, 32]


def test_arrays_give_what_single_numbers_give():
    volatility, steps = np.array([[0.1], [0.4]]), np.array([[1.0, 2.0, 7.0]])
    table = ROUND.log_scale(
        volatility,
        drift_per_year=-0.2,
        steps=steps,
        differences=5,
        window_steps=5,
        step_years=0.25,
    )
    singles = [[scale(ROUND, v, steps=s, step_years=0.25) for s in steps[0]] for v in (0.1, 0.4)]
    assert table.tolist() == pytest.approx(np.array(singles))


def test_shipped_constants_are_those_of_the_panel_at_hand():
    shipped = technology_calibration()
    assert shipped.panel == "hindcasts of 47 technologies"
    assert 0.7 < shipped.kept_pace < 0.85
    assert chosen_calibration() is shipped
    assert chosen_calibration(None) is None
    assert chosen_calibration(ROUND) is ROUND


def test_refuses_a_calibration_nobody_knows():
    with pytest.raises(EstimationError, match="None or a ForecastCalibration, got 'gpu'"):
        chosen_calibration("gpu")


@given(
    st.floats(0, 3),
    st.floats(1, 3),
    st.floats(1 / 12, 10),
    st.floats(-2, 2),
    st.integers(2, 60),
)
def test_more_volatility_never_narrows(volatility, factor, horizon, drift, differences):
    shipped = technology_calibration()
    calm = scale(shipped, volatility, horizon, drift=drift, differences=differences)
    wild = scale(shipped, factor * volatility, horizon, drift=drift, differences=differences)
    assert wild >= calm - 1e-12


@given(st.floats(0, 3), st.floats(0.05, 20), st.floats(1, 3), st.floats(-2, 2), st.integers(2, 60))
def test_a_longer_horizon_never_narrows(volatility, years, factor, drift, differences):
    shipped = technology_calibration()
    near = scale(shipped, volatility, 12 * years, 1 / 12, drift=drift, differences=differences)
    far = scale(
        shipped, volatility, 12 * years * factor, 1 / 12, drift=drift, differences=differences
    )
    assert far >= near - 1e-12
