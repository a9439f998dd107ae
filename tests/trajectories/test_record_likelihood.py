import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import norm

from diligence.trajectories.record_likelihood import (
    line_covariance,
    maximum_likelihood,
    profile,
    signed_root,
)

YEARS = np.array([0.0, 0.3, 0.5, 0.9, 1.2, 1.3, 1.7, 2.0])
STANDING = np.array([1.0, 1.0, -0.4, -0.4, -1.1, -1.1, -1.1, -3.0])
SEEN = np.array([True, False, True, False, True, False, False, True])
ROW = (YEARS[None], STANDING[None], SEEN[None])


def minus_log_likelihood(point, *, years=YEARS):
    level, slope, log_noise = point
    z = (STANDING - level - slope * years) / np.exp(log_noise)
    terms = np.where(SEEN, norm.logpdf(z) - log_noise, norm.logsf(z))
    return -terms.sum()


def test_the_maximum_is_that_of_the_written_likelihood():
    found = maximum_likelihood(*ROW)
    written = minimize(minus_log_likelihood, [1.0, -1.0, 0.0], method="BFGS", tol=1e-9)
    assert found.slope[0] == pytest.approx(written.x[1], abs=1e-5)
    assert np.log(found.noise[0]) == pytest.approx(written.x[2], abs=1e-5)
    # the code leaves out the constant of the normal density, once a record
    constant = 4 * 0.5 * np.log(2 * np.pi)
    assert found.log_likelihood[0] - constant == pytest.approx(-written.fun, abs=1e-8)


def test_the_profile_is_that_of_the_written_likelihood():
    found = profile(*ROW, np.array([-1.0]))
    written = minimize(
        lambda point: minus_log_likelihood([point[0], -1.0, point[1]]), [1.0, 0.0], tol=1e-9
    )
    assert np.log(found.noise[0]) == pytest.approx(written.x[1], abs=1e-5)
    best = maximum_likelihood(*ROW)
    root, _ = signed_root(*ROW, np.array([-1.0]))
    expected = 2 * (best.log_likelihood[0] - found.log_likelihood[0])
    assert root[0] ** 2 == pytest.approx(expected, abs=1e-9)
    assert np.sign(root[0]) == np.sign(best.slope[0] + 1.0)


def test_the_covariance_is_the_inverse_of_the_written_curvature():
    best = maximum_likelihood(*ROW)
    level = STANDING.mean() + best.level[0] * best.noise[0] + best.slope[0] * (2 - YEARS.mean())
    point = np.array([level, best.slope[0], np.log(best.noise[0])])
    step, curvature = 1e-4, np.empty((3, 3))
    for i, j in np.ndindex(3, 3):
        a, b = np.eye(3)[i] * step, np.eye(3)[j] * step
        values = [
            minus_log_likelihood(point + p, years=YEARS - 2) for p in (a + b, a - b, b - a, -a - b)
        ]
        curvature[i, j] = (values[0] - values[1] - values[2] + values[3]) / (4 * step**2)
    expected = np.linalg.inv(curvature)[:2, :2]
    assert line_covariance(*ROW, best)[0] == pytest.approx(expected, rel=1e-4)


def test_when_every_offer_is_a_record_it_is_least_squares():
    log_price = np.array([3.0, 2.5, 1.0, 0.2, -1.0])
    years = np.arange(5.0)
    found = maximum_likelihood(years[None], log_price[None], np.ones((1, 5), bool))
    slope, level = np.polyfit(years, log_price, 1)
    assert found.slope[0] == pytest.approx(slope)
    residuals = log_price - level - slope * years
    assert found.noise[0] == pytest.approx(np.sqrt(np.mean(residuals**2)), rel=1e-4)


def test_many_samples_at_once_give_what_each_gives_alone():
    rng = np.random.default_rng(5)
    years = np.sort(rng.uniform(0, 2, (30, 12)), axis=1)
    price = -years + rng.standard_normal((30, 12))
    standing = np.minimum.accumulate(price, axis=1)
    seen = np.c_[np.ones((30, 1), bool), standing[:, 1:] < standing[:, :-1]]
    usable = seen.sum(axis=1) > 2
    years, standing, seen = years[usable], standing[usable], seen[usable]
    together = maximum_likelihood(years, standing, seen)
    for row in range(len(years)):
        alone = maximum_likelihood(
            years[row : row + 1], standing[row : row + 1], seen[row : row + 1]
        )
        assert together.slope[row] == pytest.approx(alone.slope[0], abs=1e-4)
