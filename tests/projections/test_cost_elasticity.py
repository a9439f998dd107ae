import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import EstimationError
from diligence.projections.cost_elasticity import cost_elasticity

VOLUME = [100.0, 120.0, 100.0, 150.0, 120.0, 160.0, 140.0, 210.0]


def test_a_buyer_at_list_price_has_an_elasticity_of_one():
    found = cost_elasticity([3 * v for v in VOLUME], VOLUME)
    assert found.elasticity == pytest.approx(1)
    assert found.drift == pytest.approx(0, abs=1e-12)
    assert found.n == 7


def test_a_fixed_cluster_costs_the_same_whatever_the_volume():
    found = cost_elasticity([50.0] * 8, VOLUME)
    assert found.elasticity == pytest.approx(0)
    assert found.reading == "scale economies"


def test_a_steady_price_fall_is_drift_not_scale():
    # cost = volume x 0.98^month: one per cent of volume still brings one per cent of cost
    found = cost_elasticity([v * 0.98**m for m, v in enumerate(VOLUME)], VOLUME)
    assert found.elasticity == pytest.approx(1)
    assert found.drift == pytest.approx(math.log(0.98))


def test_standard_error_is_at_least_that_of_the_textbook():
    # slope and error by the plain formulas of simple regression
    rng = np.random.default_rng(7)
    noise = np.exp(rng.normal(0, 0.05, len(VOLUME)))
    cost = np.array(VOLUME) ** 0.6 * noise
    x, y = np.diff(np.log(VOLUME)), np.diff(np.log(cost))
    slope, intercept = np.polyfit(x, y, 1)
    residual = y - intercept - slope * x
    textbook = math.sqrt(residual @ residual / (len(x) - 2) / ((x - x.mean()) ** 2).sum())
    found = cost_elasticity(list(cost), VOLUME)
    assert found.elasticity == pytest.approx(slope)
    assert found.std_error >= textbook * (1 - 1e-12)
    assert found.low90 < found.elasticity < found.high90


def test_newey_west_error_agrees_with_statsmodels():
    sm = pytest.importorskip("statsmodels.api")
    # noise that follows the volume up and down makes the robust error the larger one
    x = np.array([0.5, 0.5, -0.5, -0.5, 0.01, -0.01, 0.01, -0.01] * 4)
    noise = np.array([0.2, 0.2, 0.2, 0.2, 0.0, 0.0, 0.0, 0.0, -0.2, -0.2, -0.2, -0.2] + [0.0] * 4)
    y = 0.8 * x + np.tile(noise, 2)
    volume, cost = np.exp(np.cumsum([0, *x])), np.exp(np.cumsum([0, *y]))
    lags = math.floor(4 * (len(x) / 100) ** (2 / 9))
    peer = sm.OLS(y, sm.add_constant(x)).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}
    )
    plain = sm.OLS(y, sm.add_constant(x)).fit()
    found = cost_elasticity(list(cost), list(volume))
    assert found.elasticity == pytest.approx(peer.params[1])
    assert found.std_error == pytest.approx(max(peer.bse[1], plain.bse[1]))


@pytest.mark.parametrize(
    ("cost", "volume", "words"),
    [
        ([1.0] * 6, [1.0, 2, 1, 2, 1, 2], "5 changes"),
        ([], [], "0 changes"),
        ([1.0] * 8, [1.05**m for m in range(8)], "nearly the same rate"),
        ([1.0] * 8, [5.0] * 8, "nearly the same rate"),
        ([1.0, 0, 1, 1, 1, 1, 1, 1], VOLUME, "cost of month 2 is 0.0"),
        ([1.0] * 8, [1.0, 2, -3, 1, 1, 1, 1, 1], "volume of month 3 is -3.0"),
        ([1.0] * 8, [1.0, 2, math.nan, 1, 1, 1, 1, 1], "volume of month 3 is nan"),
        ([1.0] * 7, VOLUME, "same months"),
    ],
)
def test_refusals_say_what_is_needed(cost, volume, words):
    with pytest.raises(EstimationError, match=words):
        cost_elasticity(cost, volume)


factors = st.floats(1e-3, 1e3)


@given(factors, factors)
def test_units_and_currency_change_nothing(currency, unit):
    cost = [v**0.7 * (1 + 0.1 * (m % 3)) for m, v in enumerate(VOLUME)]
    plain = cost_elasticity(cost, VOLUME)
    scaled = cost_elasticity([c * currency for c in cost], [v * unit for v in VOLUME])
    assert scaled.elasticity == pytest.approx(plain.elasticity)
    assert scaled.std_error == pytest.approx(plain.std_error, rel=1e-6, abs=1e-9)


@given(st.lists(st.floats(-0.2, 0.2), min_size=8, max_size=8), st.floats(1.5, 5))
def test_more_noise_never_narrows_the_interval(noise, times):
    def fitted(scale):
        return cost_elasticity(
            [v * math.exp(scale * e) for v, e in zip(VOLUME, noise, strict=True)], VOLUME
        )

    assert fitted(times).std_error >= fitted(1).std_error - 1e-12
