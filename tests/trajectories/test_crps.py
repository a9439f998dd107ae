import math

import pytest
from scipy import integrate, stats

from diligence.errors import EstimationError
from diligence.trajectories import crps_student_t


def test_standard_normal_at_its_centre():
    # Gneiting & Raftery (2007): CRPS(N(0, 1), 0) = (sqrt(2) - 1) / sqrt(pi) = .233695.
    expected = (math.sqrt(2) - 1) / math.sqrt(math.pi)
    assert expected == pytest.approx(0.233695, abs=5e-7)
    assert crps_student_t(0, scale=1, degrees_of_freedom=1e7) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("error", "scale", "dof"), [(0.3, 1, 3), (-2, 0.5, 2), (1.4, 2, 9)])
def test_agrees_with_its_definition(error, scale, dof):
    below, _ = integrate.quad(lambda x: stats.t.cdf(x / scale, dof) ** 2, -400, error, limit=500)
    above, _ = integrate.quad(lambda x: stats.t.sf(x / scale, dof) ** 2, error, 400, limit=500)
    found = crps_student_t(error, scale=scale, degrees_of_freedom=dof)
    assert found == pytest.approx(below + above, rel=1e-6)


def test_a_point_forecast_scores_its_absolute_error():
    assert crps_student_t(-0.7, scale=0, degrees_of_freedom=5) == 0.7


def test_refuses_one_degree_of_freedom():
    with pytest.raises(EstimationError, match="more than 1 degree of freedom"):
        crps_student_t(0.0, scale=1.0, degrees_of_freedom=1)
