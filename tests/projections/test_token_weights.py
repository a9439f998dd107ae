"""Token weights from list prices, and what stands in for a price nobody lists."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from diligence.prices import PriceBook
from diligence.projections.token_weights import TokenWeights, token_weights


@pytest.fixture(scope="module")
def prices():
    return PriceBook.load().as_of(date(2026, 6, 30))


def weights_of(prices, *pairs):
    return token_weights(pd.DataFrame(pairs, columns=["provider", "model"]), prices)


@pytest.mark.parametrize(
    ("model", "published"),
    # USD of a task of 10,000 input and 2,000 output tokens, as published for these models
    [("gpt-5.5", ".11"), ("gpt-5.4", ".055"), ("gpt-4.1", ".036"), ("gpt-4o", ".045")],
)
def test_weights_of_a_listed_model_price_the_published_task(prices, model, published):
    found = weights_of(prices, ("openai", model)).of("openai", model)
    assert (10_000 * found.input + 2_000 * found.output) / 10**6 == Decimal(published)
    assert found.basis == "list price"


def test_a_seller_the_book_does_not_know_takes_the_maker_prices(prices):
    weights = weights_of(prices, ("Some Reseller", "gpt-4.1"), ("OpenAI", "gpt-4.1"))
    assert {item.input for item in weights.models} == {Decimal(2)}
    (vintage,) = weights.notes
    assert vintage.startswith("tokens weighed at list prices of 2026-06-30, known on ")
    assert "genai-prices" in vintage


def test_an_unknown_model_is_never_free(prices):
    # known inputs cost 2, 2.5 and 5: the median is 2.5
    weights = weights_of(prices, ("", "gpt-4.1"), ("", "gpt-4o"), ("", "gpt-5.5"), ("", "ours"))
    assert weights.of("", "ours").by_kind == (
        Decimal("2.5"),
        Decimal("0.25"),
        Decimal("3.125"),
        Decimal("10"),
    )
    assert "no list price for ours on 2026-06-30" in weights.notes[0]
    assert weights.of("", "never seen").input == Decimal("2.5")
    assert "3 of 4 models weigh by list price" in weights.summary()


def test_usage_that_names_no_model_weighs_at_default_ratios(prices):
    weights = token_weights(pd.DataFrame({"requests": [1]}), prices)
    assert weights.of("", "").by_kind == TokenWeights.default().of("", "").by_kind
    assert "(model not stated)" in weights.notes[0]


def test_a_cache_write_has_no_list_price_here_and_says_so(prices):
    found = weights_of(prices, ("openai", "gpt-4.1")).models[0]
    assert found.cache_write == Decimal("2.50")
    assert found.assumed == ("cache_write",)


@pytest.mark.parametrize(
    "written",
    [
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "anthropic/claude-sonnet-4-5",
        "openrouter/anthropic/claude-sonnet-4-5",
    ],
)
def test_a_model_is_found_under_the_name_a_cloud_or_router_gives_it(prices, written):
    # Anthropic's list: 3 USD of input and 15 of output per Mtok
    found = weights_of(prices, ("", written)).models[0]
    assert (found.input, found.output) == (3, 15)
