"""The month engine and the plain loop over paths give the same figures."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.plain_simulation import PathShock, plain_path, plain_runway
from diligence.projections.month_engine import run_months
from diligence.projections.shocks import Shock
from diligence.stress.market_draw import draw_market
from diligence.stress.simulation import drawn_paths, simulate
from tests.company_models import BOUGHT, RENT, SOLD, TOKENS, company_models
from tests.stress.test_simulation import MOVING, NOISE

FIGURES = (
    "revenue",
    "paid_cost",
    "fully_loaded_cost",
    "after_training_cost",
    "response_cost",
    "operating_result",
    "cash_burn",
)
MONTHS = 18


@st.composite
def shocks(draw):
    """Three paths of every price and quantity, each moving or not."""
    stream = np.random.default_rng(draw(st.integers(0, 1_000_000)))

    def paths(spread):
        if not draw(st.booleans()):
            return None
        return np.exp(np.cumsum(stream.normal(0.0, spread, (MONTHS, 3)), axis=0))

    moved = {key: paths(0.2) for key in (*BOUGHT, SOLD)}
    quantities = {name: paths(0.05) for name in ("tokens", "usage", "customers", "retraining")}
    prices = {key: array for key, array in moved.items() if array is not None}
    return Shock(MONTHS, prices, **quantities)


@given(
    model=company_models(),
    shock=shocks(),
    saving=st.one_of(st.just(1.0), st.floats(0, 1)),
    data=st.data(),
)
def test_any_company_has_the_months_of_the_plain_loop(model, shock, saving, data):
    # Levers that leave no work at all are drawn often.
    reach = 1.0 if saving == 1.0 else 0.7
    levers = [dataclasses.replace(lever, saving=saving, reach=reach) for lever in model.levers]
    model = dataclasses.replace(model, levers=tuple(levers))
    success = [data.draw(st.lists(st.sampled_from([0.0, 1.0]), min_size=3, max_size=3))]
    engine = run_months(model, shock, lever_success=[np.array([each]) for each in success])
    for path in range(3):
        plain = plain_path(model, PathShock.of(shock, path), [each[path] for each in success])
        scale = max(max(month.revenue, month.fully_loaded_cost) for month in plain)
        for figure in FIGURES:
            found = np.broadcast_to(getattr(engine, figure), (MONTHS, 3))[:, path]
            expected = [getattr(month, figure) for month in plain]
            assert found == pytest.approx(expected, rel=1e-9, abs=1e-9 * scale)


@given(model=company_models(), seed=st.integers(0, 1000))
def test_the_simulation_is_the_plain_loop_over_its_draws(model, seed):
    levers = tuple(
        dataclasses.replace(lever, saving=0.9 * lever.saving, success_probability=0.5)
        for lever in model.levers
    )
    model = dataclasses.replace(model, levers=levers, cash=3 * model.cash)
    market = draw_market(
        {"tokens": MOVING, "gpu_hours": MOVING}, (TOKENS, RENT), months=MONTHS, paths=23, seed=seed
    )
    (found,) = simulate([model], market, seed=seed, noise=[NOISE], double=True)
    paths = [
        plain_path(
            model,
            PathShock.of(drawn.shock, path),
            [float(success[0, path]) for success in drawn.lever_success],
        )
        for drawn in drawn_paths(model, market, noise=NOISE, seed=seed, double=True)
        for path in range(drawn.shape[1])
    ]
    burn = np.array([[month.cash_burn for month in path] for path in paths]).T
    cash = model.cash - np.cumsum(burn, axis=0)
    scale = max(float(np.abs(burn).max()), model.cash, 1.0)
    margins = [[1 - month.paid_cost / month.revenue for month in path] for path in paths]
    assert len(paths) == market.paths
    assert np.allclose(found.results.cash, cash[2::3], rtol=1e-9, atol=1e-9 * MONTHS * scale)
    assert np.allclose(found.results.paid_margin, np.array(margins).T[2::3], rtol=1e-9, atol=1e-9)
    runway = [plain_runway(model, path) for path in paths]
    near = np.abs(cash - model.minimum_cash).min(axis=0) < 1e-6 * scale
    assert np.allclose(
        np.where(near, 0.0, found.results.runway_months), np.where(near, 0.0, runway), rtol=1e-6
    )
    needed = np.maximum(model.minimum_cash - cash.min(axis=0), 0.0)
    assert np.allclose(found.results.capital_needed, needed, atol=1e-9 * MONTHS * scale)
