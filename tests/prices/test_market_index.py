"""The market's price level: matched by name against followed by version, on rows done by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from math import sqrt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diligence.errors import InputError
from diligence.prices.market_index import market_index
from diligence.prices.successions import Succession
from diligence.prices.token_basket import TokenBasket

TO_NEW = Succession("maker", "old", "new", date(2026, 2, 10))


def prices(*rows):
    names = ["model", "month", "usd_per_mtok_input", "usd_per_mtok_output", "cached"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.assign(
        provider="maker",
        month=pd.PeriodIndex(frame["month"], freq="M"),
        usd_per_mtok_cached_input=frame["cached"].astype(float),
    ).drop(columns="cached")


OLD_STANDS = prices(
    ("old", "2026-01", 1.0, 5.0, 0.1),
    ("old", "2026-02", 1.0, 5.0, 0.1),
    ("old", "2026-03", 1.0, 5.0, 0.1),
    ("new", "2026-02", 2.0, 10.0, 0.2),
    ("new", "2026-03", 2.0, 10.0, 0.2),
)


def levels(index):
    return [point.index for point in index.points]


def test_a_dearer_version_moves_only_who_follows_it():
    index = market_index(OLD_STANDS, successions=[TO_NEW])
    assert levels(index.list_index) == [1.0, 1.0, 1.0]
    assert levels(index.effective_index) == pytest.approx([1.0, 2.0, 2.0])


def test_more_tokens_of_the_same_text_are_a_price():
    measured = Succession(
        "maker", "old", "new", date(2026, 2, 10), Decimal("1.3"), measured_on=date(2026, 3, 31)
    )
    index = market_index(OLD_STANDS, successions=[measured])
    assert index.effective_index.last.index == pytest.approx(2.6)
    before = market_index(OLD_STANDS, successions=[measured], known_on=date(2026, 3, 30))
    assert before.effective_index.last.index == pytest.approx(2.0)


def test_a_chain_of_versions_multiplies_its_tokens():
    rows = prices(
        ("a", "2026-01", 4.0, 4.0, None),
        ("b", "2026-02", 4.0, 4.0, None),
        ("c", "2026-03", 4.0, 4.0, None),
    )
    steps = [
        Succession("maker", "b", "c", date(2026, 3, 1), Decimal("1.5")),
        Succession("maker", "a", "b", date(2026, 2, 1), Decimal("1.2")),
    ]
    with pytest.raises(Exception, match="No item is priced in both"):
        market_index(rows)
    rows = pd.concat([rows, prices(*[("d", f"2026-0{m}", 1.0, 1.0, None) for m in (1, 2, 3)])])
    index = market_index(rows, successions=steps)
    assert levels(index.effective_index) == pytest.approx([1.0, 1.2, 1.8])


def test_a_version_counts_from_its_day_and_its_first_price():
    late = Succession("maker", "old", "new", date(2026, 3, 31))
    index = market_index(OLD_STANDS, successions=[late])
    assert levels(index.effective_index) == pytest.approx([1.0, 1.0, 2.0])


def test_cached_tokens_count_in_the_effective_index_alone():
    """A cache at a tenth becomes one at a half: 10 parts cached of 20, input at 1 throughout."""
    rows = prices(
        ("m", "2026-01", 1.0, 1.0, 0.1),
        ("m", "2026-02", 1.0, 1.0, 0.5),
    )
    basket = TokenBasket(Decimal(10), Decimal(0), Decimal(10))
    index = market_index(rows, basket=basket)
    assert index.list_index.change == 0.0
    assert index.effective_index.last.index == pytest.approx(1.5 / 1.1)
    assert any("followed by name" in note for note in index.notes)


def test_a_cache_that_is_not_listed_saves_nothing():
    rows = prices(("m", "2026-01", 1.0, 1.0, None), ("m", "2026-02", 1.0, 1.0, 0.5))
    basket = TokenBasket(Decimal(0), Decimal(0), Decimal(1))
    assert market_index(rows, basket=basket).effective_index.last.index == 0.5


def test_a_model_without_a_needed_price_is_left_out():
    rows = prices(
        ("m", "2026-01", 1.0, 1.0, None),
        ("m", "2026-02", 2.0, 2.0, None),
        ("embedding", "2026-01", 1.0, None, None),
        ("embedding", "2026-02", 9.0, None, None),
    )
    assert market_index(rows).list_index.last.index == 2.0
    inputs_only = market_index(rows, basket=TokenBasket(Decimal(1), Decimal(0)))
    assert inputs_only.list_index.last.index == pytest.approx(sqrt(2 * 9))


def test_lines_that_start_later_leave_the_first_months_empty():
    rows = pd.concat(
        [OLD_STANDS, prices(*[("x", f"2026-0{m}", 1.0, 1.0, None) for m in (1, 2, 3)])]
    )
    line = Succession("maker", "new", "newer", date(2026, 3, 1))
    frame = market_index(rows, successions=[line]).to_frame()
    assert frame["effective_index"].isna().tolist() == [True, False, False]
    assert frame["n_lines"].tolist() == [0, 1, 1]


def test_geks_agrees_when_every_model_is_always_priced():
    rows = OLD_STANDS.query("model == 'old'").assign(
        usd_per_mtok_input=[1.0, 3.0, 2.0], usd_per_mtok_output=[1.0, 3.0, 2.0]
    )
    assert levels(market_index(rows, method="geks").list_index) == pytest.approx([1, 3, 2])


@settings(max_examples=15)
@given(currency=st.floats(0.01, 100))
def test_currency_changes_nothing(currency):
    columns = [name for name in OLD_STANDS if name.startswith("usd")]
    other = OLD_STANDS.assign(**{name: OLD_STANDS[name] * currency for name in columns})
    here, there = (market_index(f, successions=[TO_NEW]) for f in (OLD_STANDS, other))
    assert levels(there.effective_index) == pytest.approx(levels(here.effective_index))


def test_results_share_one_manner():
    index = market_index(OLD_STANDS, successions=[TO_NEW], vintage="lists of March")
    assert "Effective: +100.0%, 2026-01 to 2026-03" in index.summary()
    assert index.summary().endswith("Prices: lists of March")
    assert "<table" in index._repr_html_()
    assert index.to_json()["list"]["change"] == 0.0
    assert index.to_json()["basket"] == "3 input : 1 output"


@pytest.mark.parametrize(
    ("frame", "change", "says"),
    [
        (OLD_STANDS, {"method": "fisher"}, "no quantities, so method 'fisher' cannot be used"),
        (OLD_STANDS.drop(columns="month"), {}, "lacks month; give what PriceBook.monthly"),
        (OLD_STANDS.head(0), {}, "no price is known for any month end of these dates"),
        (OLD_STANDS.assign(usd_per_mtok_output=None), {}, "none of the 5 rows lists the prices"),
        (
            OLD_STANDS,
            {"successions": [Succession("maker", "x", "y", date(2026, 1, 1))]},
            "none of the models of the successions is priced",
        ),
    ],
)
def test_refusals(frame, change, says):
    with pytest.raises(InputError, match=says):
        market_index(frame, **change)
