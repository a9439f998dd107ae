"""A company's own price index: list against what was billed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from diligence.errors import InputError
from diligence.prices.token_mix import TokenMix, TokenRates, company_price_index

MTOK = 1_000_000


def rates(period, model, price_in, price_out, cached=None):
    prices = {"input": Decimal(price_in), "output": Decimal(price_out)}
    if cached:
        prices["cached_input"] = Decimal(cached)
    return TokenRates(period, model, prices)


def mix(period, model, n_in, n_out, **more):
    cached = more.pop("cached", 0)
    tokens = {"input": n_in * MTOK, "output": n_out * MTOK, "cached_input": cached * MTOK}
    return TokenMix(period, model, {k: v for k, v in tokens.items() if v}, **more)


def test_the_company_weighs_by_what_it_buys():
    """Input stands at 2, output doubles from 5 to 10; by tokens 10:2, then 10:1, spending
    is 20:10 in both periods: a third on output, so the index is 2 to the power of a third."""
    index = company_price_index(
        [mix(1, "m", 10, 2), mix(2, "m", 10, 1)],
        rates=[rates(1, "m", 2, 5), rates(2, "m", 2, 10)],
    )
    assert index.list_index.last.index == pytest.approx(2 ** (1 / 3))
    assert index.effective_index.last.index == pytest.approx(2 ** (1 / 3))
    assert index.bills == {1: Decimal(30), 2: Decimal(30)}


def test_caching_moves_the_effective_price_only():
    """All of the input is cached in the second period, at a tenth: 20 falls to 2 for it."""
    index = company_price_index(
        [mix(1, "m", 10, 2), mix(2, "m", 0, 2, cached=10)],
        rates=[rates(1, "m", 2, 5, "0.2"), rates(2, "m", 2, 5, "0.2")],
        method="fisher",
    )
    assert index.list_index.change == 0.0
    # the same quantities in both periods: Fisher is the ratio of the bills, 12 to 30
    assert index.effective_index.last.index == pytest.approx(12 / 30)
    frame = index.to_frame()
    assert frame["effective_over_list"].iloc[-1] == pytest.approx(0.4)
    assert any("per token billed" in note for note in index.effective_index.notes)


def test_work_counts_where_tokens_mislead():
    """The successor makes twice the tokens of the same 100 requests, at the same list price."""
    index = company_price_index(
        [
            mix(1, "old", 10, 2, service="chat", work=Decimal(100)),
            mix(2, "new", 20, 4, service="chat", work=Decimal(100)),
        ],
        rates=[rates(1, "old", 2, 5), rates(2, "new", 2, 5)],
    )
    assert index.list_index.change == pytest.approx(0.0)
    assert index.effective_index.change == pytest.approx(1.0)
    assert any("unit of work" in note for note in index.effective_index.notes)
    assert "Effective: +100.0%" in index.summary()
    assert "<table" in index._repr_html_()


def test_a_successor_is_another_item_unless_the_service_says_so():
    rows = [mix(1, "old", 10, 2), mix(2, "new", 10, 2)]
    prices = [rates(1, "old", 2, 5), rates(2, "new", 4, 10)]
    with pytest.raises(Exception, match="No item is priced in both 1 and 2"):
        company_price_index(rows, rates=prices)


def test_a_missing_price_is_never_free():
    rows = [mix(1, "m", 10, 2, cached=3), mix(2, "m", 10, 2)]
    with pytest.raises(
        InputError, match=r"no cached_input price for m in 1, which served 3,000,000"
    ):
        company_price_index(rows, rates=[rates(1, "m", 2, 5), rates(2, "m", 2, 5)])


def test_refusals():
    with pytest.raises(InputError, match="unknown kind 'thinking'; use input"):
        TokenMix(1, "m", {"thinking": 1})
    with pytest.raises(InputError, match="input tokens of m is -1"):
        TokenMix(1, "m", {"input": -1})
    rows = [mix(1, "m", 1, 1, work=Decimal(1)), mix(2, "m", 1, 1)]
    with pytest.raises(InputError, match="m in 2 has no work, other rows have"):
        company_price_index(rows, rates=[rates(1, "m", 2, 5), rates(2, "m", 2, 5)])
