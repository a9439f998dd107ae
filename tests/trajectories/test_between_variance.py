import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import EstimationError
from diligence.trajectories.between_variance import between_variance, cochran_q

ESTIMATES = st.lists(st.tuples(st.floats(-5, 5), st.floats(0.05, 2)), min_size=2, max_size=12).map(
    lambda rows: (np.array([r[0] for r in rows]), np.array([r[1] ** 2 for r in rows]))
)


def test_three_equal_errors_by_hand():
    # Mean 2, squares 1 + 0 + 1 = 2; Q = 2 / .25 = 8; moments (8 - 2) / (12 - 4) = .75, which is
    # the sample variance 1 less .25. With equal errors REML agrees.
    values, variances = np.array([1.0, 2.0, 3.0]), np.full(3, 0.25)
    assert cochran_q(values, variances) == pytest.approx(8)
    for method in ("dersimonian_laird", "reml"):
        assert between_variance(values, variances, method=method) == pytest.approx(0.75)


def test_agrees_with_statsmodels():
    from statsmodels.stats.meta_analysis import combine_effects

    values = np.array([0.3, -0.1, 0.9, 0.4, -0.6])
    variances = np.array([0.04, 0.01, 0.09, 0.02, 0.05])
    reference = combine_effects(values, variances, method_re="dl")
    found = between_variance(values, variances, method="dersimonian_laird")
    assert found == pytest.approx(reference.tau2)
    assert cochran_q(values, variances) == pytest.approx(reference.q)


@given(ESTIMATES, st.sampled_from(["reml", "dersimonian_laird"]), st.floats(0.1, 10))
def test_the_unit_only_scales_the_spread(data, method, unit):
    values, variances = data
    plain = between_variance(values, variances, method=method)
    scaled = between_variance(unit * values, unit**2 * variances, method=method)
    assert scaled == pytest.approx(unit**2 * plain, rel=1e-4, abs=1e-6 * unit**2)


@given(ESTIMATES, st.sampled_from(["reml", "dersimonian_laird"]))
def test_equal_estimates_show_no_spread(data, method):
    _, variances = data
    assert between_variance(np.ones(len(variances)), variances, method=method) == 0


def test_an_unknown_method_is_refused():
    with pytest.raises(EstimationError, match=r"\['reml', 'dersimonian_laird'\], got 'bayes'"):
        between_variance(np.ones(2), np.ones(2), method="bayes")
