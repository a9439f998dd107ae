import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.regression.linear_model import OLS

from diligence.trajectories.break_statistics import BreakDesign, bootstrap_f

OUTCOMES = st.lists(st.floats(-2, 2), min_size=12, max_size=12).map(np.array)


def one_break(changes, candidates):
    later = np.arange(changes)[:, np.newaxis] >= np.array(candidates)
    return BreakDesign(np.ones((changes, 1)), later.astype(float))


def test_f_by_hand():
    # 1, 1, 3, 3, 3, 1 around 2: squares 6. Split 2 | 4: means 1 and 2.5, squares 0 + 3, so
    # F = (6 - 3) / (3 / 4) = 4. Split 5 | 1: means 2.2 and 1, squares 4.8, F = 1.2 / 1.2 = 1.
    statistics = one_break(6, [2, 5]).f_statistics(np.array([1.0, 1, 3, 3, 3, 1]))
    assert statistics[0].tolist() == pytest.approx([4, 1])


def test_f_agrees_with_statsmodels_on_uneven_weights():
    rng = np.random.default_rng(3)
    base = np.sqrt(rng.uniform(0.5, 3, 15))[:, np.newaxis]
    outcome = rng.standard_normal(15)
    later = (np.arange(15)[:, np.newaxis] >= np.array([4, 9])) * base
    found = BreakDesign(base, later).f_statistics(outcome)[0]
    for candidate in range(2):
        full = OLS(outcome, np.column_stack([base, later[:, candidate]])).fit()
        reduced = OLS(outcome, base).fit()
        assert found[candidate] == pytest.approx(full.compare_f_test(reduced)[0])


@given(OUTCOMES, st.floats(0.1, 10), st.floats(-5, 5))
def test_scale_and_mean_change_no_f(outcome, scale, shift):
    design = one_break(12, [3, 5, 8])
    outcome = outcome + 0.1 * np.cos(np.arange(12))
    assert design.f_statistics(scale * outcome + shift) == pytest.approx(
        design.f_statistics(outcome), rel=1e-6, abs=1e-6
    )


def test_the_bootstrap_repeats_with_its_seed_and_keeps_the_scale():
    design, outcome = one_break(12, [3, 6, 9]), np.sin(np.arange(12.0))
    first, second = (bootstrap_f(design, outcome, draws=50, seed=3) for _ in range(2))
    assert first[0].tolist() == second[0].tolist()
    assert first[0].tolist() != bootstrap_f(design, outcome, draws=50, seed=4)[0].tolist()
    assert bootstrap_f(design, 9 * outcome, draws=50, seed=3)[0] == pytest.approx(first[0])


def test_a_break_does_not_pass_for_persistence():
    wobble = 0.1 * np.array([1, -1, 0, 1, -1, 1, 0, -1, 0, 1, -1, 0, 1, -1, 1, -1])
    jump = 2.0 * (np.arange(16) >= 8)
    _, persistence = bootstrap_f(one_break(16, [4, 8, 12]), wobble + jump, draws=99, seed=0)
    assert persistence < 0.2


def test_constant_changes_have_no_f():
    design = one_break(12, [3, 6, 9])
    drawn, persistence = bootstrap_f(design, np.zeros(12), draws=20, seed=0)
    assert design.f_statistics(np.zeros(12)).max() == 0
    assert drawn.max() == 0
    assert persistence == 0
