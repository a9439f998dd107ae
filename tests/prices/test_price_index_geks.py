"""GEKS against another implementation's printed values, and its transitivity."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diligence.errors import EstimationError
from diligence.prices.price_index import price_index
from diligence.prices.price_index_geks import geks_index

# Reference values: R package IndexNumR (GEKSIndex), as printed in the tests of gpindex
# (tests/testthat/test-geks.R): prices 1..65, quantities 65..1, 13 periods, 5 goods.
TORNQVIST = (
    1.07334245809641, 1.13758500234551, 1.19943273670278, 1.26078373138759, 1.32242752173496,
    1.38478458426165, 1.44813211799635, 1.51269173915522, 1.57867050804161, 1.64628410287697,
    1.71577307463249, 1.78741712742392,
)  # fmt: skip
JEVONS = (
    1.18338442313092, 1.32033674805411, 1.43711591151299, 1.54248452241533, 1.64048980305452,
    1.73334427991861, 1.82239254133738, 1.90851390842145, 1.99231538702512, 2.07423380909548,
    2.15459410924166, 2.23364458259815,
)  # fmt: skip
WALSH = (
    1.0566699129383, 1.11378295838144, 1.17139426903106, 1.22956960896297, 1.28838882562161,
    1.34795095779689, 1.40838221049365, 1.46984928172641, 1.53258374680655, 1.59693277586978,
    1.66348762735518, 1.7335492978583,
)  # fmt: skip
# The same with five prices missing, matched pair by pair.
JEVONS_WITH_GAPS = (
    0.881430091367338, 1.07738238354928, 1.04409985620757, 1.11240421520015, 1.1762944906968,
    1.23711048474119, 1.29566160297349, 1.35247476672703, 1.40791242863053, 1.40078559388863,
    1.56851442510621, 1.56825957051767,
)  # fmt: skip
TORNQVIST_WITH_GAPS = (
    0.97012367078552, 1.07680890198379, 1.07558882705777, 1.12676970820557, 1.17801945580172,
    1.22966120693395, 1.28190412021848, 1.33491131065706, 1.38883148578389, 1.40614308033419,
    1.5157156152315, 1.55767693905705,
)  # fmt: skip
ROLLING_FISHER = (
    1.05584109330239, 1.11216779883715, 1.16904493358996, 1.22654588965604, 1.28475480484066,
    1.34376919838486, 1.40370325012859, 1.46469196029632, 1.5268965162016, 1.59051132643364,
    1.65525192178965, 1.721202953357,
)  # fmt: skip


def reference():
    return pd.DataFrame(
        {
            "price": range(1, 66),
            "quantity": range(65, 0, -1),
            "period": list(range(1, 14)) * 5,
            "item": np.repeat(range(1, 6), 13),
        }
    )


def levels(index):
    return [point.index for point in index.points]


@pytest.mark.parametrize(
    ("method", "published"), [("tornqvist", TORNQVIST), ("jevons", JEVONS), ("walsh", WALSH)]
)
def test_agrees_with_the_reference_implementation(method, published):
    index = geks_index(reference(), method=method)
    assert levels(index)[1:] == pytest.approx(published, rel=1e-13)


@pytest.mark.parametrize(
    ("method", "published"), [("jevons", JEVONS_WITH_GAPS), ("tornqvist", TORNQVIST_WITH_GAPS)]
)
def test_missing_prices_are_matched_as_in_the_reference_implementation(method, published):
    frame = reference().query("price not in (1, 3, 11, 63, 64)")
    assert levels(geks_index(frame, method=method))[1:] == pytest.approx(published, rel=1e-13)


def test_rolling_window_agrees_with_the_reference_implementation():
    index = geks_index(reference(), method="fisher", window=11, splice="movement")
    assert levels(index)[1:] == pytest.approx(ROLLING_FISHER, rel=1e-13)
    assert "rolling window of 11 periods, movement splice" in index.method
    assert any("never revised" in note for note in index.notes)


def test_a_window_of_two_periods_is_the_chain():
    rolling = geks_index(reference(), method="fisher", window=2, splice="movement")
    assert levels(rolling) == pytest.approx(levels(price_index(reference(), method="fisher")))


def test_two_periods_are_the_plain_formula():
    frame = reference().query("period <= 2")
    plain = price_index(frame, method="walsh")
    assert geks_index(frame, method="walsh").last.index == pytest.approx(plain.last.index)


price_tables = st.integers(1, 4).flatmap(
    lambda n: st.lists(
        st.lists(st.tuples(st.floats(0.1, 10.0), st.floats(0.1, 10.0)), min_size=n, max_size=n),
        min_size=3,
        max_size=5,
    )
)


def tidy(table):
    rows = [
        (t, item, price, quantity)
        for t, row in enumerate(table)
        for item, (price, quantity) in enumerate(row)
    ]
    return pd.DataFrame(rows, columns=["period", "item", "price", "quantity"])


@settings(max_examples=30)
@given(table=price_tables)
def test_transitivity(table):
    """The way through any base gives the same comparison: levels from base b over those from a."""
    frame = tidy(table)
    first = levels(geks_index(frame, method="tornqvist"))
    other = levels(geks_index(frame, method="tornqvist", base=1))
    assert [level / other[0] for level in other] == pytest.approx(first)


@settings(max_examples=30)
@given(table=price_tables)
def test_back_where_it_began_is_one(table):
    """Multiperiod identity: the last period repeats the first."""
    index = geks_index(tidy([*table, table[0]]), method="fisher")
    assert index.last.index == pytest.approx(1)


@settings(max_examples=30)
@given(table=price_tables)
def test_reversing_time_inverts(table):
    forward = geks_index(tidy(table), method="walsh").last.index
    backward = geks_index(tidy(table[::-1]), method="walsh").last.index
    assert forward * backward == pytest.approx(1)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"method": "laspeyres"}, "inverts when the periods are swapped, got 'laspeyres'"),
        ({"method": "fisher", "window": 1}, "from 2 to 13, got 1"),
        ({"method": "fisher", "window": 14}, "from 2 to 13, got 14"),
        ({"window": 5, "splice": "half"}, "Splice 'half' is unknown; use mean, movement, window"),
    ],
)
def test_refusals(change, says):
    with pytest.raises(EstimationError, match=says):
        geks_index(reference(), **change)


def test_no_common_item_asks_for_a_shorter_window():
    frame = pd.DataFrame(
        {
            "period": [1, 2, 2, 3],
            "item": ["a", "a", "b", "b"],
            "price": [1.0, 2.0, 3.0, 4.0],
        }
    )
    with pytest.raises(EstimationError, match="both 1 and 3.*choose a shorter window"):
        geks_index(frame)
    assert geks_index(frame, window=2).last.index == pytest.approx(2 * 4 / 3)
