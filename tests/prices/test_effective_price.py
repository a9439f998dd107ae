"""The split of a price change into channels, on repricings that happened and by property."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import InputError
from diligence.prices.effective_price import UNEXPLAINED, effective_price, effective_price_change
from diligence.prices.price_terms import CHANNELS, PriceTerms, Work

# Four characters a token on both sides keeps the arithmetic in tokens.
QUARTER = Decimal("0.25")
GPT_54 = PriceTerms("GPT-5.4", Decimal("2.5"), Decimal(15), tokens_per_character=QUARTER)
GPT_55 = PriceTerms("GPT-5.5", Decimal(5), Decimal(30), tokens_per_character=QUARTER)


def tokens(n_input, n_output):
    return Work(Decimal(4 * n_input), Decimal(4 * n_output))


def parts(change):
    return {name: math.exp(log) for name, log in change.log_contributions.items()}


# OpenRouter, cost analysis of GPT-5.5 (May 2026), median completion tokens by prompt length, users
# who switched from GPT-5.4 to GPT-5.5; prompt sizes assumed inside the published classes. The bill
# is 2.5 and 15 dollars before, 5 and 30 after, by hand.
@pytest.mark.parametrize(
    ("prompt", "before", "after", "bill_before", "bill_after"),
    [
        (1_000, 121, 129, 4_315, 8_870),
        (5_000, 140, 213, 14_600, 31_390),
        (17_000, 211, 143, 45_665, 89_290),
        (150_000, 215, 143, 378_225, 754_290),
    ],
)
def test_doubled_list_price_and_published_lengths(prompt, before, after, bill_before, bill_after):
    longer = replace(GPT_55, verbosity=Decimal(after) / Decimal(before))
    change = effective_price_change(GPT_54, longer, work=tokens(prompt, before))
    assert change.before.usd * 10**6 == bill_before
    assert float(change.after.usd) * 10**6 == pytest.approx(bill_after)
    assert change.multiple == pytest.approx(bill_after / bill_before)
    assert change.list_multiple == pytest.approx(2.0)
    rest = change.multiple / 2.0
    assert parts(change)["verbosity"] == pytest.approx(rest)
    assert 1.95 < change.multiple < 2.16


@pytest.mark.parametrize(("billed", "rest"), [("1.49", 0.745), ("1.92", 0.96)])
def test_doubled_list_price_and_what_was_billed(billed, rest):
    """The same study: bills rose by 49 to 92 %. What length does not explain is named, not lost."""
    change = effective_price_change(
        GPT_54, GPT_55, work=tokens(10_000, 2_000), billed_multiple=Decimal(billed)
    )
    assert parts(change)["list price"] == pytest.approx(2.0)
    assert parts(change)[UNEXPLAINED] == pytest.approx(rest)
    assert change.multiple == float(billed)


def test_a_cache_that_explains_the_lower_end():
    """Half of 20k input read at a tenth: 5 * (1 - 0.45) on input. 50 + 30 before, 55 + 60 after."""
    cached = replace(GPT_55, cache_share=Decimal("0.5"), cache_discount=Decimal("0.9"))
    change = effective_price_change(GPT_54, cached, work=tokens(20_000, 2_000))
    assert change.before.usd == Decimal("0.08")
    assert change.after.usd == Decimal("0.115")
    assert change.multiple == pytest.approx(1.4375)
    assert parts(change)["cache"] == pytest.approx(1.4375 / 2)


# Published characters per token before and after (measured by counting, April 2026): English prose
# 4.33 to 3.60, TypeScript 3.66 to 2.69; list price 5 and 25 unchanged.
@pytest.mark.parametrize(
    ("before", "after", "multiple"), [("4.33", "3.60", 1.203), ("3.66", "2.69", 1.361)]
)
def test_a_tokenizer_is_a_price_rise(before, after, multiple):
    old = PriceTerms("Opus 4.6", Decimal(5), Decimal(25), tokens_per_character=1 / Decimal(before))
    new = replace(old, model="Opus 4.7", tokens_per_character=1 / Decimal(after))
    change = effective_price_change(old, new, work=Work(Decimal(40_000), Decimal(8_000)))
    assert change.multiple == pytest.approx(multiple, abs=5e-4)
    assert change.list_multiple == 1.0
    assert parts(change)["tokenizer"] == pytest.approx(change.multiple)


# OpenRouter, analysis of the Opus 4.7 tokenizer (April 2026): 32 to 45 % more tokens, bills 12 to
# 27 % higher at an unchanged list price.
@pytest.mark.parametrize("more_tokens", ["1.32", "1.45"])
@pytest.mark.parametrize("billed", ["1.12", "1.27"])
def test_unchanged_list_price_and_what_was_billed(more_tokens, billed):
    old = PriceTerms("Opus 4.6", Decimal(5), Decimal(25), tokens_per_character=QUARTER)
    new = replace(old, model="Opus 4.7", tokens_per_character=QUARTER * Decimal(more_tokens))
    change = effective_price_change(
        old, new, work=tokens(25_000, 1_000), billed_multiple=Decimal(billed)
    )
    found = parts(change)
    assert found["tokenizer"] == pytest.approx(float(more_tokens))
    assert found[UNEXPLAINED] == pytest.approx(float(billed) / float(more_tokens))
    assert change.list_multiple == 1.0


def test_a_flat_fee_that_became_usage():
    """Billing unit: a reseller who adds a fifth to the same tokens."""
    resold = replace(GPT_54, model="resold", billing_multiple=Decimal("1.2"))
    change = effective_price_change(GPT_54, resold, work=tokens(10_000, 2_000))
    assert change.multiple == pytest.approx(1.2)
    assert parts(change)["billing unit"] == pytest.approx(1.2)


def test_price_by_hand():
    """10k tokens in, 2k out: 0.025 + 0.030; half in batches at half price takes off a quarter."""
    assert effective_price(GPT_54, work=tokens(10_000, 2_000)).usd == Decimal("0.055")
    batched = replace(GPT_54, batch_share=Decimal("0.5"), batch_discount=Decimal("0.5"))
    price = effective_price(batched, work=tokens(10_000, 2_000))
    assert price.usd == Decimal("0.04125")
    assert price.list_usd == Decimal("0.055")
    assert price.over_list == 0.75
    written = replace(GPT_54, cache_write_share=Decimal(1), cache_write_premium=QUARTER)
    assert effective_price(written, work=tokens(10_000, 0)).usd == Decimal("0.03125")


shares = st.decimals("0", "0.9", places=2)
factors = st.decimals("0.05", "20", places=2)
some_terms = st.builds(
    PriceTerms,
    model=st.just("m"),
    usd_per_mtok_input=factors,
    usd_per_mtok_output=factors,
    tokens_per_character=factors,
    verbosity=factors,
    cache_share=shares,
    cache_discount=shares,
    batch_share=shares,
    batch_discount=shares,
    billing_multiple=factors,
)
some_work = st.builds(
    Work, st.decimals("1", "1000000", places=0), st.decimals("1", "1000000", places=0)
)


@given(before=some_terms, after=some_terms, work=some_work)
def test_channels_add_up_in_logs(before, after, work):
    change = effective_price_change(before, after, work=work)
    assert set(change.log_contributions) == set(CHANNELS)
    total = math.fsum(change.log_contributions.values())
    assert total == pytest.approx(math.log(change.multiple), abs=1e-9)
    assert change.multiple == pytest.approx(float(change.after.usd / change.before.usd))


@given(before=some_terms, after=some_terms, work=some_work)
def test_reversing_time_flips_every_sign(before, after, work):
    there = effective_price_change(before, after, work=work).log_contributions
    back = effective_price_change(after, before, work=work).log_contributions
    for channel, log in there.items():
        assert back[channel] == pytest.approx(-log, abs=1e-9)


@given(terms=some_terms, work=some_work)
def test_nothing_moved_is_nothing(terms, work):
    change = effective_price_change(terms, terms, work=work)
    assert change.multiple == 1.0
    assert set(change.log_contributions.values()) == {0.0}
    assert "nothing moved" in change.summary()


@given(terms=some_terms, work=some_work, factor=st.decimals("1.01", "9", places=2))
def test_a_factor_of_all_prices_goes_to_its_channel(terms, work, factor):
    dearer = replace(
        terms,
        usd_per_mtok_input=terms.usd_per_mtok_input * factor,
        usd_per_mtok_output=terms.usd_per_mtok_output * factor,
    )
    change = effective_price_change(terms, dearer, work=work)
    assert change.list_multiple == pytest.approx(float(factor))
    assert change.multiple == pytest.approx(float(factor))


@given(terms=some_terms, work=some_work, currency=factors)
def test_currency_moves_no_share(terms, work, currency):
    other = replace(
        terms,
        usd_per_mtok_input=terms.usd_per_mtok_input * currency,
        usd_per_mtok_output=terms.usd_per_mtok_output * currency,
    )
    here, there = effective_price(terms, work=work), effective_price(other, work=work)
    assert there.over_list == pytest.approx(here.over_list)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"usd_per_mtok_input": Decimal(0)}, "usd_per_mtok_input of GPT-5.4 is .*0.*above 0"),
        ({"tokens_per_character": Decimal(-1)}, "tokens_per_character of GPT-5.4"),
        ({"cache_share": Decimal(40)}, r"share from 0 to 1, 40 % is 0\.4"),
        (
            {"cache_share": Decimal("0.7"), "cache_write_share": Decimal("0.4")},
            "add up to more than 1",
        ),
    ],
)
def test_terms_that_cannot_be_meant(change, says):
    with pytest.raises(InputError, match=says):
        replace(GPT_54, **change)


def test_work_and_bills_that_cannot_be_meant():
    with pytest.raises(InputError, match="0 characters in and out"):
        Work(Decimal(0), Decimal(0))
    free = replace(GPT_54, batch_share=Decimal(1), batch_discount=Decimal(1))
    with pytest.raises(InputError, match="comes out free"):
        effective_price(free, work=tokens(1, 1))
    with pytest.raises(InputError, match="billed_multiple is .*0"):
        effective_price_change(GPT_54, GPT_55, work=tokens(1, 1), billed_multiple=Decimal(0))


def test_results_share_one_manner():
    change = effective_price_change(GPT_54, GPT_55, work=tokens(10_000, 2_000))
    frame = change.to_frame().set_index("channel")
    assert frame.loc["list price", "share_of_change"] == pytest.approx(1.0)
    assert frame.loc["all channels", "multiple"] == pytest.approx(2.0)
    assert change.summary() == "GPT-5.4 to GPT-5.5: ×2.00 (list price ×2.00)"
    assert "<table" in change._repr_html_()
    price = effective_price(GPT_55, work=tokens(10_000, 2_000))
    assert price.to_frame()["usd"].sum() == pytest.approx(0.11)
    assert "<table" in price._repr_html_()


def test_output_only_work_has_no_input_part():
    change = effective_price_change(GPT_54, GPT_55, work=tokens(0, 2_000))
    assert change.multiple == pytest.approx(2.0)
    assert change.before.usd == Decimal("0.03")
