"""Time-dummy hedonic index: what it recovers, when it equals simpler indices, what it refuses."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diligence.errors import EstimationError
from diligence.prices.price_index import price_index
from diligence.prices.price_index_hedonic import hedonic_index


def exact(n_periods=4, fall=0.5, effect=0.7):
    """Prices that are exactly fall^t * exp(effect * score), three new models a period."""
    rows = [
        (t, f"m{t}-{k}", fall**t * math.exp(effect * (t + k**2)), float(t + k**2))
        for t in range(n_periods)
        for k in range(3)
    ]
    return pd.DataFrame(rows, columns=["period", "item", "price", "score"])


def test_exact_prices_are_recovered():
    """No model recurs, so a matched index knows nothing; the price at equal score halves."""
    index = hedonic_index(exact(), quality=("score",))
    assert [p.index for p in index.points] == pytest.approx([1.0, 0.5, 0.25, 0.125])
    assert index.quality[0].log_price == pytest.approx(0.7)
    assert index.residual_std_log == pytest.approx(0, abs=1e-9)
    with pytest.raises(EstimationError, match="No item is priced in both"):
        price_index(exact())


def test_without_quality_two_periods_of_the_same_items_are_jevons():
    frame = pd.DataFrame(
        {"period": [1, 1, 1, 2, 2, 2], "item": list("abc") * 2, "price": [1, 2, 4, 3, 2, 9.0]}
    )
    plain = price_index(frame)
    assert hedonic_index(frame, quality=()).last.index == pytest.approx(plain.last.index)
    product = hedonic_index(frame, quality=("item",))
    assert product.last.index == pytest.approx(plain.last.index)
    assert product.method == "time-dummy hedonic"


def test_slope_and_interval_by_hand():
    """Two periods of two models without quality: a difference of means, pooled variance, 2 df."""
    frame = pd.DataFrame(
        {
            "period": [1, 1, 2, 2],
            "item": list("abcd"),
            "price": np.exp([0.0, 2.0, 0.0, 4.0]),
        }
    )
    index = hedonic_index(frame, quality=())
    assert math.log(index.last.index) == pytest.approx(1.0)
    pooled = ((1 + 1) + (4 + 4)) / 2
    error = math.sqrt(pooled * (1 / 2 + 1 / 2))
    assert index.log_std_errors[1] == pytest.approx(error)
    t95 = 2.919986  # Student t, 2 degrees of freedom, 95th percentile
    assert math.log(index.last.high) == pytest.approx(1 + t95 * error, rel=1e-6)
    assert any("2 degrees of freedom" in note for note in index.notes)


def test_repeated_items_are_not_new_facts():
    """The same list price seen twelve times must not narrow the interval."""
    rng = np.random.default_rng(3)
    models = pd.DataFrame(
        {"item": range(20), "score": rng.normal(size=20), "noise": rng.normal(0, 0.5, 20)}
    )
    models["first"] = models["item"] % 2
    seen = models.merge(pd.DataFrame({"period": [0, 1]}), how="cross").query("period >= first")
    seen = seen.assign(price=np.exp(seen["score"] + seen["noise"] - seen["period"]))
    index = hedonic_index(seen, quality=("score",))
    assert index.degrees_of_freedom == 19
    assert index.last.low < math.exp(-1) < index.last.high
    twice = pd.concat([seen, seen.assign(item=seen["item"] + 100)])
    naive = hedonic_index(twice, quality=("score",))
    assert naive.log_std_errors[1] < index.log_std_errors[1]


@settings(max_examples=25)
@given(
    prices=st.lists(st.floats(0.01, 100), min_size=8, max_size=8),
    currency=st.floats(0.01, 100),
)
def test_currency_changes_nothing(prices, currency):
    frame = pd.DataFrame(
        {
            "period": [1, 1, 1, 1, 2, 2, 2, 2],
            "item": list("abcdefgh"),
            "price": prices,
            "score": [1.0, 2.0, 3.0, 5.0, 2.0, 3.0, 4.0, 8.0],
        }
    )
    one = hedonic_index(frame, quality=("score",))
    other = hedonic_index(frame.assign(price=frame["price"] * currency), quality=("score",))
    assert other.last.index == pytest.approx(one.last.index, rel=1e-6)


@settings(max_examples=25)
@given(noise=st.floats(0.1, 1.0), more=st.floats(1.0, 3.0))
def test_more_noise_never_narrows_the_interval(noise, more):
    shape = np.array([1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1.0])
    frame = exact()

    def width(scale):
        noisy = frame.assign(price=frame["price"] * np.exp(scale * shape))
        band = hedonic_index(noisy, quality=("score",)).conf_int()
        return math.log(band["high"].iloc[-1] / band["low"].iloc[-1])

    assert width(noise * more) >= width(noise) * (1 - 1e-9)


def test_base_and_level_and_table():
    index = hedonic_index(exact(), quality=("score",), base=2)
    assert [p.index for p in index.points] == pytest.approx([4.0, 2.0, 1.0, 0.5])
    assert index.points[2].low == index.points[2].high == 1.0
    noisy = hedonic_index(
        exact().assign(price=lambda f: f["price"] * np.tile([1.2, 1.0, 0.8], 4)),
        quality=("score",),
    )
    wide, narrow = noisy.conf_int(0.95), noisy.conf_int(0.5)
    assert (wide["low"] <= narrow["low"]).all()
    assert (wide["high"] >= narrow["high"]).all()
    assert "Quality:" in noisy.summary()
    assert {"low", "high"} <= set(noisy.to_frame())
    with pytest.raises(EstimationError, match=r"between 0 and 1, got 90; try 0\.90"):
        noisy.conf_int(90)


def test_weights_pull_towards_what_was_bought():
    frame = pd.DataFrame(
        {
            "period": [1, 1, 2, 2, 2],
            "item": list("abcde"),
            "price": [1.0, 1.0, 1.0, 0.25, 0.5],
            "spent": [1.0, 1.0, 1e-9, 1.0, 1e-9],
        }
    )
    index = hedonic_index(frame, quality=(), weights="spent")
    assert index.last.index == pytest.approx(0.25, rel=1e-6)
    with pytest.raises(EstimationError, match=r"Weights in 'spent' must be above 0, got (np\S*)?0"):
        hedonic_index(frame.assign(spent=0.0), quality=(), weights="spent")


@pytest.mark.parametrize(
    ("frame", "quality", "says"),
    [
        (exact(), ("speed",), "speed missing"),
        (exact().assign(score=1.0), ("score",), "cannot be told apart"),
        (exact().assign(score=lambda f: f["period"]), ("score",), "moves with the period"),
        (exact(2).head(4), ("item",), "4 prices cannot identify 5 effects"),
        (
            exact().assign(score=lambda f: f["score"].where(f["item"] != "m0-0")),
            ("score",),
            "Quality is missing in 1 of 12 rows, first for item 'm0-0' in 0",
        ),
    ],
)
def test_refusals(frame, quality, says):
    with pytest.raises(EstimationError, match=says):
        hedonic_index(frame, quality=quality)
