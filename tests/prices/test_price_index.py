"""Price indices against the published table, small cases by hand, and their notes."""

from __future__ import annotations

import json
from datetime import date
from fractions import Fraction
from math import isqrt, log, prod, sqrt

import pandas as pd
import pytest

from diligence.errors import EstimationError
from diligence.prices.price_index import price_index

# Six goods over five periods: Balk (2008), tables 3.1 and 3.2; PPI Manual (2004), tables 19.1-19.2.
PRICES = (
    ("1", "1", "1", "1", "1", "1"),
    ("1.2", "3", "1.3", "0.7", "1.4", "0.8"),
    ("1", "1", "1.5", "0.5", "1.7", "0.6"),
    ("0.8", "0.5", "1.6", "0.3", "1.9", "0.4"),
    ("1", "1", "1.6", "0.1", "2", "0.2"),
)
QUANTITIES = (
    ("1", "1", "2", "1", "4.5", "0.5"),
    ("0.8", "0.9", "1.9", "1.3", "4.7", "0.6"),
    ("1", "1.1", "1.8", "3", "5", "0.8"),
    ("1.2", "1.2", "1.9", "6", "5.6", "1.3"),
    ("0.9", "1.2", "2", "12", "6.5", "2.5"),
)
# Balk (2008), tables 3.4, 3.6 and 3.12; as published, four digits.
PUBLISHED_DIRECT = {
    "laspeyres": (1.0, 1.4200, 1.3450, 1.3550, 1.4400),
    "paasche": (1.0, 1.3824, 1.2031, 1.0209, 0.7968),
    "fisher": (1.0, 1.4011, 1.2721, 1.1762, 1.0712),
    "tornqvist": (1.0, 1.4052, 1.2890, 1.2268, 1.2477),
    "walsh": (1.0, 1.4017, 1.2850, 1.2193, 1.1850),
}


def balk():
    rows = [
        {"period": t + 1, "item": good, "price": float(p), "quantity": float(q)}
        for t, (prices, quantities) in enumerate(zip(PRICES, QUANTITIES, strict=True))
        for good, (p, q) in enumerate(zip(prices, quantities, strict=True))
    ]
    return pd.DataFrame(rows)


def levels(index):
    return [point.index for point in index.points]


def cost(prices, quantities):
    pairs = zip(prices, quantities, strict=True)
    return sum((Fraction(p) * Fraction(q) for p, q in pairs), Fraction(0))


def link(method, t):
    """One link of the chain from period t to t + 1, by exact fractions or from the definition."""
    p0, p1, q0, q1 = PRICES[t], PRICES[t + 1], QUANTITIES[t], QUANTITIES[t + 1]
    laspeyres = cost(p1, q0) / cost(p0, q0)
    paasche = cost(p1, q1) / cost(p0, q1)
    if method in ("laspeyres", "paasche"):
        return float({"laspeyres": laspeyres, "paasche": paasche}[method])
    if method == "fisher":
        return sqrt(laspeyres * paasche)
    if method == "walsh":
        mixed = [sqrt(Fraction(a) * Fraction(b)) for a, b in zip(q0, q1, strict=True)]
        return float(
            sum(float(p) * q for p, q in zip(p1, mixed, strict=True))
            / sum(float(p) * q for p, q in zip(p0, mixed, strict=True))
        )
    shares = [
        (cost([a], [b]) / cost(p0, q0) + cost([c], [d]) / cost(p1, q1)) / 2
        for a, b, c, d in zip(p0, q0, p1, q1, strict=True)
    ]
    moves = [Fraction(b) / Fraction(a) for a, b in zip(p0, p1, strict=True)]
    return prod(float(move) ** float(share) for move, share in zip(moves, shares, strict=True))


@pytest.mark.parametrize("method", PUBLISHED_DIRECT)
def test_published_direct_indices(method):
    index = price_index(balk(), method=method, chained=False)
    assert [round(level, 4) for level in levels(index)] == list(PUBLISHED_DIRECT[method])
    assert index.drift == 0


@pytest.mark.parametrize("method", PUBLISHED_DIRECT)
def test_chained_indices_are_products_of_links(method):
    index = price_index(balk(), method=method)
    expected = [prod(link(method, t) for t in range(end)) for end in range(5)]
    assert levels(index) == pytest.approx(expected, rel=1e-12)
    direct = PUBLISHED_DIRECT[method][-1]
    assert index.drift == pytest.approx(expected[-1] / direct - 1, abs=1e-4)
    assert any("Chaining moved the level" in note for note in index.notes)


def test_laspeyres_chain_by_hand():
    """The basket of period 2 costs 13.55 at the prices of period 3 and 14.1 at its own."""
    quantities = [Fraction(q) for q in QUANTITIES[1]]
    before = sum(Fraction(p) * q for p, q in zip(PRICES[1], quantities, strict=True))
    after = sum(Fraction(p) * q for p, q in zip(PRICES[2], quantities, strict=True))
    assert (before, after) == (Fraction("14.1"), Fraction("13.55"))
    index = price_index(balk(), method="laspeyres")
    assert levels(index)[2] == pytest.approx(1.42 * 13.55 / 14.1, rel=1e-12)


def test_jevons_is_the_geometric_mean():
    frame = pd.DataFrame(
        {
            "period": [1, 1, 2, 2],
            "item": ["a", "b", "a", "b"],
            "price": [1.0, 1.0, 4.0, 9.0],
        }
    )
    assert price_index(frame).last.index == pytest.approx(isqrt(36))


def test_entry_and_exit_change_no_price():
    """An item enters at a tenth of the price and another leaves: every matched price stands."""
    frame = pd.DataFrame(
        {
            "period": [1, 1, 2, 2, 3, 3],
            "item": ["old", "mid", "mid", "new", "mid", "new"],
            "price": [30.0, 10.0, 10.0, 1.0, 10.0, 1.0],
        }
    )
    index = price_index(frame)
    assert levels(index) == [1.0, 1.0, 1.0]
    assert [point.n_matched for point in index.points] == [2, 1, 2]
    assert any("fewer than 5 items" in note for note in index.notes)


def test_many_matched_items_raise_no_warning():
    frame = pd.DataFrame(
        {"period": [1] * 6 + [2] * 6, "item": list("abcdef") * 2, "price": [1.0] * 6 + [0.5] * 6}
    )
    assert len(price_index(frame).notes) == 1


def test_chain_drift_of_items_that_entered():
    """a stands; b enters in period 2 and halves: the chain sees it, the base period cannot."""
    frame = pd.DataFrame(
        {
            "period": [1, 2, 2, 3, 3],
            "item": ["a", "a", "b", "a", "b"],
            "price": [1.0, 1.0, 8.0, 1.0, 4.0],
        }
    )
    index = price_index(frame)
    assert index.last.index == pytest.approx(sqrt(0.5))
    assert index.last.direct == 1.0
    assert index.drift == pytest.approx(sqrt(0.5) - 1)
    assert levels(price_index(frame, chained=False)) == [1.0, 1.0, 1.0]


def test_drift_that_cannot_be_measured_is_none():
    frame = pd.DataFrame(
        {
            "period": [1, 2, 2, 3],
            "item": ["a", "a", "b", "b"],
            "price": [1.0, 1.0, 8.0, 4.0],
        }
    )
    index = price_index(frame)
    assert index.last.index == 0.5
    assert index.drift is None
    assert any("drift cannot be measured" in note for note in index.notes)
    with pytest.raises(EstimationError, match="No item is priced in both 1 and 3"):
        price_index(frame, chained=False)


def test_a_chain_does_not_need_what_nobody_buys_any_more():
    """a is priced throughout and bought at first only: the chain goes on by b, without drift."""
    frame = pd.DataFrame(
        {
            "period": [1, 2, 2, 3, 3],
            "item": ["a", "a", "b", "a", "b"],
            "price": [1.0, 2.0, 8.0, 2.0, 4.0],
            "quantity": [5.0, 5.0, 1.0, 0.0, 1.0],
        }
    )
    index = price_index(frame, method="paasche")
    assert levels(index) == [1.0, 2.0, 1.0]
    assert index.drift is None
    with pytest.raises(EstimationError, match="both 1 and 3 were bought in neither or only one"):
        price_index(frame, method="paasche", chained=False)


def test_a_later_base_only_rescales():
    first = price_index(balk(), method="fisher")
    later = price_index(balk(), method="fisher", base=3)
    assert levels(later)[2] == 1.0
    rescaled = [level / levels(first)[2] for level in levels(first)]
    assert levels(later) == pytest.approx(rescaled)


def test_dates_give_a_yearly_rate():
    frame = pd.DataFrame(
        {
            "period": [date(2024, 6, 30), date(2026, 6, 30)],
            "item": ["a", "a"],
            "price": [4.0, 1.0],
        }
    )
    index = price_index(frame)
    assert index.change == -0.75
    assert index.change_per_year == pytest.approx(-0.5, abs=1e-3)
    assert "-50.0% a year" in index.summary()
    assert price_index(balk()).change_per_year is None


def test_results_share_one_manner():
    index = price_index(balk(), method="tornqvist")
    frame = index.to_frame()
    assert list(frame) == [
        "period", "index", "direct", "drift", "n_items", "n_matched", "low", "high",
    ]  # fmt: skip
    assert len(frame) == 5
    assert "chained Törnqvist" in index.summary()
    assert index._repr_html_().startswith("<table>")
    shown = json.loads(json.dumps(index.to_json()))
    assert shown["chain_drift"] == pytest.approx(index.drift)
    assert shown["points"][0]["period"] == "1"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"method": "average"}, "Method 'average' is unknown; use one of jevons"),
        ({"base": 9}, "Base period 9 is not among the observations, which run from 1 to 5"),
    ],
)
def test_what_is_asked_must_exist(change, says):
    with pytest.raises(EstimationError, match=says):
        price_index(balk(), **change)


def test_a_broken_chain_says_where():
    frame = pd.DataFrame(
        {"period": [1, 1, 2, 2], "item": ["a", "b", "c", "d"], "price": [1.0, 2.0, 3.0, 4.0]}
    )
    with pytest.raises(EstimationError, match="No item is priced in both 1 and 2"):
        price_index(frame)


def test_summary_is_in_logs_symmetric():
    """A doubling and a halving cancel in the geometric mean, not in the arithmetic one."""
    frame = pd.DataFrame(
        {"period": [1, 1, 2, 2], "item": ["a", "b"] * 2, "price": [1.0, 1.0, 2.0, 0.5]}
    )
    assert log(price_index(frame).last.index) == pytest.approx(0, abs=1e-15)
    assert price_index(frame, method="carli").last.index == 1.25
