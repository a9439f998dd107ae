import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import EstimationError
from diligence.trajectories import pool_estimates

# Rubin (1981), Journal of Educational Statistics 6:377, table 1: coaching effects in 8 schools.
SCHOOLS = {"A": 28, "B": 8, "C": -3, "D": 7, "E": -1, "F": 1, "G": 18, "H": 12}
SCHOOL_ERRORS = {"A": 15, "B": 10, "C": 16, "D": 11, "E": 9, "F": 11, "G": 10, "H": 18}

# BCG vaccine trials (Colditz et al. 1994): infected and healthy, vaccinated, then not.
BCG = np.array(
    [
        [4, 119, 11, 128],
        [6, 300, 29, 274],
        [3, 228, 11, 209],
        [62, 13536, 248, 12619],
        [33, 5036, 47, 5761],
        [180, 1361, 372, 1079],
        [8, 2537, 10, 619],
        [505, 87886, 499, 87892],
        [29, 7470, 45, 7232],
        [17, 1699, 65, 1600],
        [186, 50448, 141, 27197],
        [5, 2493, 3, 2338],
        [27, 16886, 29, 17825],
    ],
    dtype=float,
)

UNITS = st.lists(st.tuples(st.floats(-3, 3), st.floats(0.05, 2)), min_size=3, max_size=10)


def by_name(rows):
    return (
        {f"model {i}": row[0] for i, row in enumerate(rows)},
        {f"model {i}": row[1] for i, row in enumerate(rows)},
    )


@pytest.mark.parametrize("method", ["dersimonian_laird", "reml"])
def test_eight_schools(method):
    # Mean 7.69, standard error 4.07, Q 4.71 on 7 degrees of freedom, p = .70, no spread.
    pooled = pool_estimates(SCHOOLS, SCHOOL_ERRORS, method=method)
    assert pooled.mean == pytest.approx(7.69, abs=5e-3)
    assert pooled.std_error == pytest.approx(4.07, abs=5e-3)
    assert pooled.q == pytest.approx(4.71, abs=5e-3)
    assert pooled.q_p_value == pytest.approx(0.70, abs=5e-3)
    assert pooled.tau2 == 0
    assert pooled.inconsistency == 0


def test_bcg_trials_as_published():
    # Viechtbauer (2010), Journal of Statistical Software 36(3), section 3.1: log risk ratios by
    # REML -0.7145 (se 0.1798, 95 % interval -1.0669 to -0.3622), tau^2 0.3132, Q 152.2330.
    ill, well, ill_0, well_0 = BCG.T
    log_ratio = np.log(ill / (ill + well) * (ill_0 + well_0) / ill_0)
    error = np.sqrt(1 / ill - 1 / (ill + well) + 1 / ill_0 - 1 / (ill_0 + well_0))
    names = [f"trial {i}" for i in range(len(BCG))]
    pooled = pool_estimates(
        dict(zip(names, log_ratio, strict=True)), dict(zip(names, error, strict=True))
    )
    assert pooled.mean == pytest.approx(-0.7145, abs=5e-5)
    assert pooled.std_error == pytest.approx(0.1798, abs=5e-5)
    assert pooled.tau2 == pytest.approx(0.3132, abs=5e-5)
    assert pooled.q == pytest.approx(152.2330, abs=5e-5)
    assert pooled.conf_int(0.95) == pytest.approx((-1.0669, -0.3622), abs=5e-5)


def test_shrinkage_by_hand():
    # Estimates 1, 2, 3 with variance .25 and tau^2 = .75: three quarters of each distance stay.
    # Errors: sqrt(.75 * .25 + .25^2 * 1/3); the mean has variance 1/3.
    pooled = pool_estimates({"a": 1, "b": 2, "c": 3}, {"a": 0.5, "b": 0.5, "c": 0.5})
    frame = pooled.to_frame()
    assert frame["shrunken"].iloc[:3].tolist() == pytest.approx([1.25, 2, 2.75])
    expected = math.sqrt(0.75 * 0.25 + 0.25**2 / 3)
    assert frame["shrunken_std_error"].iloc[:3].tolist() == pytest.approx([expected] * 3)
    assert frame["weight"].iloc[:3].tolist() == pytest.approx([1 / 3] * 3)
    # The mean: normal 1.645 times sqrt(1/3); Hartung-Knapp: t(2) 2.920, same error as Q* / 2 = 1.
    assert pooled.conf_int()[1] == pytest.approx(2 + 1.645 / math.sqrt(3), abs=1e-3)
    wide = pool_estimates(
        {"a": 1, "b": 2, "c": 3}, {"a": 0.5, "b": 0.5, "c": 0.5}, hartung_knapp=True
    )
    assert wide.conf_int()[1] == pytest.approx(2 + 2.920 / math.sqrt(3), abs=1e-3)


def test_hartung_knapp_agrees_with_statsmodels_where_scatter_exceeds_its_expectation():
    from statsmodels.stats.meta_analysis import combine_effects

    values = np.array([0.3, -0.1, 0.9, 0.4, -0.6])
    variances = np.array([0.04, 0.01, 0.09, 0.02, 0.05])
    names = list("abcde")
    reference = combine_effects(values, variances, method_re="dl", use_t=True)
    pooled = pool_estimates(
        dict(zip(names, values, strict=True)),
        dict(zip(names, np.sqrt(variances), strict=True)),
        method="dersimonian_laird",
        hartung_knapp=True,
    )
    plain_error = math.sqrt(1 / np.sum(1 / (variances + pooled.tau2)))
    expected = max(float(reference.sd_eff_w_re_hksj), plain_error)
    assert pooled.std_error == pytest.approx(expected)


def test_intervals_for_mean_and_new_unit_hold_what_they_promise():
    rng = np.random.default_rng(5)
    mean_inside, new_inside = [], []
    for _ in range(400):
        true, error = rng.normal(-1, 0.4, 9), rng.uniform(0.1, 0.5, 9)
        rows = list(zip(rng.normal(true[:8], error[:8]), error[:8], strict=True))
        pooled = pool_estimates(*by_name(rows), hartung_knapp=True)
        low, high = pooled.conf_int(0.90)
        mean_inside.append(low <= -1 <= high)
        low, high = pooled.prediction_interval(0.90)
        new_inside.append(low <= true[8] <= high)
    assert np.mean(mean_inside) == pytest.approx(0.90, abs=0.04)
    assert np.mean(new_inside) == pytest.approx(0.90, abs=0.04)


def test_a_new_unit_among_many_lies_within_the_spread_found():
    # 400 exact estimates evenly spread on normal quantiles with deviation .5 around -1.
    from scipy.special import ndtri

    true = -1 + 0.5 * ndtri((np.arange(400) + 0.5) / 400)
    pooled = pool_estimates(*by_name([(value, 0.01) for value in true]))
    low, high = pooled.prediction_interval(0.90)
    assert (low, high) == pytest.approx((-1 - 1.645 * 0.5, -1 + 1.645 * 0.5), abs=0.01)


@given(UNITS)
def test_shrunken_values_lie_between_own_and_mean(rows):
    pooled = pool_estimates(*by_name(rows))
    own, pulled = pooled.estimates["estimate"], pooled.estimates["shrunken"]
    low, high = np.minimum(own, pooled.mean), np.maximum(own, pooled.mean)
    assert ((pulled >= low - 1e-9) & (pulled <= high + 1e-9)).all()
    assert pooled.estimates["weight"].sum() == pytest.approx(1)


@given(UNITS, st.floats(1, 4))
def test_an_estimate_less_certain_weighs_less(rows, factor):
    estimates, errors = by_name(rows)
    vaguer = errors | {"model 0": factor * errors["model 0"]}
    before = pool_estimates(estimates, errors, method="dersimonian_laird").estimates["weight"]
    after = pool_estimates(estimates, vaguer, method="dersimonian_laird")
    if after.tau2 == 0 == pool_estimates(estimates, errors, method="dersimonian_laird").tau2:
        assert after.estimates["weight"].iloc[0] <= before.iloc[0] + 1e-9


@given(UNITS)
def test_hartung_knapp_never_narrows(rows):
    plain, adjusted = (pool_estimates(*by_name(rows), hartung_knapp=hk) for hk in (False, True))
    assert adjusted.std_error >= plain.std_error - 1e-12
    assert adjusted.conf_int()[1] >= plain.conf_int()[1] - 1e-12


def test_notes_and_summary():
    pooled = pool_estimates(SCHOOLS, SCHOOL_ERRORS)
    assert any("8 estimates that does not show that they are the same" in n for n in pooled.notes)
    assert any("hartung_knapp=True" in n for n in pooled.notes)
    assert "Scatter (Q):          4.71 on 7, p = 0.70" in pooled.summary()
    assert "8 estimates" in pooled._repr_html_()


@pytest.mark.parametrize(
    ("estimates", "errors", "message"),
    [
        ({"a": 1.0}, {"a": 0.1}, "at least 2 estimates, got 1"),
        ({"a": 1.0, "b": 2.0}, {"a": 0.1, "c": 0.1}, r"only one of them has \['b', 'c'\]"),
        ({"a": 1.0, "b": 2.0}, {"a": 0.1, "b": 0.0}, "'b' must be above 0, got 0.0"),
        ({"a": 1.0, "b": math.nan}, {"a": 0.1, "b": 0.1}, "'b' is nan; drop or fix it"),
    ],
)
def test_bad_input_is_named(estimates, errors, message):
    with pytest.raises(EstimationError, match=message):
        pool_estimates(estimates, errors)


def test_two_estimates_predict_no_third():
    pooled = pool_estimates({"a": 1.0, "b": 2.0}, {"a": 0.1, "b": 0.1})
    assert "new unit" not in pooled.to_frame().index
    with pytest.raises(EstimationError, match="at least 3 estimates, got 2"):
        pooled.prediction_interval()
    with pytest.raises(EstimationError, match="between 0 and 1, got 95"):
        pooled.conf_int(95)
