"""Pass-through of theory: published values, and the seller's own optimum."""

from __future__ import annotations

import pytest
from scipy.optimize import minimize_scalar

from diligence.errors import InputError
from diligence.stress.pass_through import theoretical_pass_through


@pytest.mark.parametrize(
    ("demand", "terms", "expected"),
    [
        ("linear", {}, 0.5),
        ("linear", {"firms": 3}, 0.75),
        ("constant_elasticity", {"elasticity": 2.0}, 2.0),
        ("exponential", {}, 1.0),
    ],
)
def test_textbook_values(demand, terms, expected):
    assert theoretical_pass_through(demand, **terms) == expected


@pytest.mark.parametrize(
    ("demand", "terms", "quantity"),
    [
        ("linear", {}, lambda p: 10 - p),
        ("constant_elasticity", {"elasticity": 3.0}, lambda p: p**-3.0),
        ("exponential", {}, lambda p: 2.718281828 ** (-p / 2)),
    ],
)
def test_a_monopoly_that_maximises_its_profit_passes_on_as_much(demand, terms, quantity):
    def best_price(cost):
        return minimize_scalar(
            lambda p: -(p - cost) * quantity(p),
            bounds=(cost, 9.9),
            method="bounded",
            options={"xatol": 1e-10},
        ).x

    measured = (best_price(1.1) - best_price(1.0)) / 0.1
    assert measured == pytest.approx(theoretical_pass_through(demand, **terms), abs=1e-3)


@pytest.mark.parametrize("elasticity", [None, 1.0, 0.5])
def test_an_elasticity_without_a_best_price_is_refused(elasticity):
    with pytest.raises(InputError, match="above 1"):
        theoretical_pass_through("constant_elasticity", elasticity=elasticity)


def test_no_firm_is_refused():
    with pytest.raises(InputError, match="found 0"):
        theoretical_pass_through("linear", firms=0)
