import numpy as np
import pytest
from statsmodels.tsa.statespace.structural import UnobservedComponents

from diligence.errors import EstimationError
from diligence.trajectories.model_fitting import fit_by_likelihood


class Unconverged(UnobservedComponents):
    def fit(self, **options):
        return super().fit(**(options | {"maxiter": 1}))


class Unsolvable(UnobservedComponents):
    def fit(self, **options):
        return np.linalg.inv(np.zeros((2, 2)))


NOISE = np.random.default_rng(1).standard_normal(30)


def test_a_fit_that_converges_raises_no_note():
    result, notes = fit_by_likelihood(UnobservedComponents(NOISE, level="llevel"), name="level")
    assert notes == ()
    assert len(result.params) == 2


def test_an_optimiser_that_stops_early_becomes_a_note():
    _, notes = fit_by_likelihood(Unconverged(NOISE, level="llevel"), name="local level")
    assert "likelihood of the local level did not reach its maximum" in notes[0]


def test_a_failure_says_what_to_use_instead():
    with pytest.raises(EstimationError, match=r"could not be fitted.*fit_random_walk\(cost\)"):
        fit_by_likelihood(Unsolvable(NOISE, level="llevel"), name="local level")
