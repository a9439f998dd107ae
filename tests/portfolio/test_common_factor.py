"""Holdings that fail together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from diligence.errors import InputError
from diligence.portfolio.common_factor import failure_rate_quantile


def test_hull_prices_the_worst_of_a_thousand_years():
    # Hull, Options, Futures and Other Derivatives, Vasicek: 2 %, 0.1, 99.9 %: 12.8 %.
    found = failure_rate_quantile(0.02, correlation=0.1, level=0.999)
    assert found == pytest.approx(0.1282, abs=5e-5)


def test_without_correlation_the_rate_is_the_probability():
    assert failure_rate_quantile(0.07, correlation=0.0, level=0.99) == pytest.approx(0.07)


def test_simulated_portfolios_agree():
    stream = np.random.default_rng(4)
    factor = stream.standard_normal(20_000)
    rates = ndtr((ndtri(0.1) - np.sqrt(0.3) * factor) / np.sqrt(0.7))
    found = failure_rate_quantile(0.1, correlation=0.3, level=0.9)
    assert np.quantile(rates, 0.9) == pytest.approx(found, rel=0.03)


@given(st.floats(0.001, 0.5), st.floats(0, 0.9), st.floats(0.5, 0.999))
def test_a_worse_year_never_fails_fewer(probability, correlation, level):
    calm = failure_rate_quantile(probability, correlation=correlation, level=level)
    bad = failure_rate_quantile(probability, correlation=correlation, level=(1 + level) / 2)
    assert 0 <= calm <= bad <= 1


@pytest.mark.parametrize(
    "wrong", [{"probability": 0.0}, {"correlation": 1.0}, {"level": 1.0}, {"probability": -0.1}]
)
def test_wrong_arguments_are_refused(wrong):
    arguments = {"probability": 0.1, "correlation": 0.2, "level": 0.9, **wrong}
    with pytest.raises(InputError, match="between 0 and 1"):
        failure_rate_quantile(arguments.pop("probability"), **arguments)
