"""Prices of the pinned book, read at a date and a context tier."""

from __future__ import annotations

import socket
import subprocess
import sys
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import InputError, UnknownModelError
from diligence.prices import (
    DatedPrices,
    PriceBook,
    TokenPrice,
    blended_price,
    task_cost,
)
from diligence.prices.source_records import first_listed

MID_2026 = date(2026, 6, 30)
AFTER_THE_DATA = date(2026, 11, 30)
BOOK = PriceBook.load()

# one model of each kind of record: dated, undated, announced rise, by hour, free, long context
MODELS = [
    ("o3", "openai"),
    ("gpt-5.5", "openai"),
    ("gemini-3.8-flash", "google"),
    ("deepseek-chat", "deepseek"),
    ("mistral-nemo:free", "mistral"),
    ("gemini-2.5-pro", "google"),
]


@pytest.fixture
def prices() -> DatedPrices:
    return BOOK.as_of(MID_2026)


# Published by the providers: USD per Mtok in/out are 5/30, 2.50/15, 2/8 and 2.50/10, so 10k
# input and 2k output tokens cost .05+.06, .025+.03, .02+.016 and .025+.02.
@pytest.mark.parametrize(
    ("model", "as_of", "usd"),
    [
        ("gpt-5.5", date(2026, 6, 30), "0.11"),
        ("gpt-5.4", date(2026, 3, 31), "0.055"),
        ("gpt-4.1", date(2025, 9, 30), "0.036"),
        ("gpt-4o", date(2025, 9, 30), "0.045"),
    ],
)
def test_cost_of_a_task_at_published_prices(model: str, as_of: date, usd: str) -> None:
    price = BOOK.as_of(as_of).show(model)

    assert price.provider == "openai"
    assert task_cost(price, input_tokens=10_000, output_tokens=2_000) == Decimal(usd)


def test_o3_fell_by_four_fifths_on_10_june_2025() -> None:
    # OpenAI's announcements of 16 April and 10 June 2025: o3 from 10/40 to 2/8 USD per Mtok
    after = BOOK.as_of(date(2025, 6, 10)).show("o3")
    before = BOOK.as_of(date(2025, 6, 9)).show("o3")

    assert (after.usd_per_mtok_input, after.usd_per_mtok_output) == (2, 8)
    assert after.effective_date == date(2025, 6, 10)
    assert (before.usd_per_mtok_input, before.usd_per_mtok_output) == (10, 40)
    assert before.effective_date == date(2025, 4, 16)


@pytest.mark.parametrize("as_of", [date(2020, 1, 1), date(2026, 4, 22)])
def test_no_price_before_the_release(as_of: date) -> None:
    price = BOOK.as_of(as_of).show("gpt-5.5")

    assert price.state == "unknown"
    assert price.usd_per_mtok_input is None
    assert "2026-04-23" in price.reason


def test_price_from_the_day_of_release() -> None:
    price = BOOK.as_of(date(2026, 4, 23)).show("gpt-5.5")

    assert price.state == "effective"
    assert price.effective_date == date(2026, 4, 23)


def test_release_date_of_a_model_comes_from_any_providers_snapshot_id() -> None:
    # Anthropic's own list is undated; claude-sonnet-4-5-20250929 is the identifier of the model
    assert BOOK.as_of(date(2025, 9, 28)).show("claude-sonnet-4-5").state == "unknown"
    assert BOOK.as_of(date(2025, 9, 29)).show("claude-sonnet-4-5").usd_per_mtok_input == 3


def test_an_undated_price_is_not_carried_back_before_the_dated_history() -> None:
    # sonar is in no list of ours and the source does not date its price
    assert BOOK.as_of(date(2025, 5, 21)).show("sonar").state == "unknown"
    first = BOOK.as_of(date(2025, 7, 3)).show("sonar")
    assert first.state == "effective"
    assert "does not date this price" in first.notes[0]


def test_knowledge_day_hides_later_changes() -> None:
    # on 1 June 2025 nobody knew of the cut of 10 June
    price = BOOK.as_of(MID_2026, known_on=date(2025, 6, 1)).show("o3")

    assert (price.usd_per_mtok_input, price.usd_per_mtok_output) == (10, 40)
    assert price.known_on == date(2025, 6, 1)


def test_knowledge_day_before_the_model_knows_no_price() -> None:
    price = BOOK.as_of(MID_2026, known_on=date(2025, 4, 15)).show("o3")

    assert price.state == "unknown"
    assert "the first is known on 2025-04-16" in price.reason


def test_knowledge_day_after_the_data_changes_nothing_but_itself() -> None:
    later = BOOK.as_of(MID_2026, known_on=date(2030, 1, 1)).show("gpt-5.5")
    default = BOOK.as_of(MID_2026).show("gpt-5.5")

    assert later.usd_per_mtok_output == default.usd_per_mtok_output
    assert later.known_on == date(2030, 1, 1)
    assert default.known_on == BOOK.vintage_date


def test_a_start_after_the_data_is_announced_and_the_present_price_stands_until_then() -> None:
    # Google lists introductory rates to 31 December 2026
    now = BOOK.as_of(date(2026, 12, 31)).show("gemini-3.8-flash")
    then = BOOK.as_of(date(2027, 1, 1)).show("gemini-3.8-flash")

    assert now.state == "effective"
    assert then.state == "announced"
    assert then.effective_date == date(2027, 1, 1)
    assert now.usd_per_mtok_input is not None
    assert then.usd_per_mtok_input == 2 * now.usd_per_mtok_input


# Gemini 2.5 Pro: 1.25/10 up to 200k tokens of prompt, 2.50/15 above (provider's price page)
@pytest.mark.parametrize(
    ("context_tokens", "expected"),
    [
        (0, ("1.25", "10", "0.125", 0)),
        (200_000, ("1.25", "10", "0.125", 0)),
        (200_001, ("2.50", "15", "0.25", 200_000)),
        (1_000_000, ("2.50", "15", "0.25", 200_000)),
    ],
)
def test_long_context_is_priced_only_when_it_is_stated(
    prices: DatedPrices, context_tokens: int, expected: tuple[str, str, str, int]
) -> None:
    price = prices.show("gemini-2.5-pro", context_tokens=context_tokens)

    assert price.usd_per_mtok_input == Decimal(expected[0])
    assert price.usd_per_mtok_output == Decimal(expected[1])
    assert price.usd_per_mtok_cached_input == Decimal(expected[2])
    assert price.context_tier == expected[3]


def test_a_million_tokens_of_work_cost_the_base_tier(prices: DatedPrices) -> None:
    price = prices.show("gpt-5.5")

    assert task_cost(price, input_tokens=1_000_000, output_tokens=0) == 5
    assert prices.show("gpt-5.5", context_tokens=300_000).usd_per_mtok_input == 10


@pytest.mark.parametrize("alias", ["gpt-4o-2024-08-06", "GPT-4o", " gpt-4o "])
def test_alias_and_spelling_lead_to_the_model(prices: DatedPrices, alias: str) -> None:
    assert prices.show(alias).model == "gpt-4o"


def test_a_snapshot_id_leads_to_the_maker(prices: DatedPrices) -> None:
    price = prices.show("claude-sonnet-4-5-20250929")

    assert (price.provider, price.model) == ("anthropic", "claude-sonnet-4-5")


def test_unknown_model_names_near_matches_with_their_provider(
    prices: DatedPrices,
) -> None:
    with pytest.raises(UnknownModelError, match=r"unknown model 'gpt-55'") as caught:
        prices.show("gpt-55")

    assert "gpt-5.5 (openai)" in str(caught.value)
    assert "prices list" in str(caught.value)


def test_unknown_model_with_nothing_near(prices: DatedPrices) -> None:
    with pytest.raises(UnknownModelError, match=r"'qqqqqqqqqq'; nothing listed is near it"):
        prices.show("qqqqqqqqqq")


def test_a_longer_name_is_not_taken_for_the_model_it_starts_with(
    prices: DatedPrices,
) -> None:
    with pytest.raises(UnknownModelError, match="gemini-2.5-pro-imaginary"):
        prices.show("gemini-2.5-pro-imaginary")


def test_unknown_provider(prices: DatedPrices) -> None:
    with pytest.raises(UnknownModelError, match=r"unknown provider 'opnai'; near matches: openai"):
        prices.show("gpt-4o", provider="opnai")


def test_model_not_sold_by_the_provider(prices: DatedPrices) -> None:
    with pytest.raises(UnknownModelError, match=r"'gpt-5.5' is not listed at provider 'groq'.*"):
        prices.show("gpt-5.5", provider="groq")


def test_several_resellers_and_no_maker(prices: DatedPrices) -> None:
    # an open-weight model that huggingface's partners sell and whose maker sells no tokens
    with pytest.raises(UnknownModelError, match="sold by several providers: .*provider="):
        prices.show("meta-llama/llama-3.3-70b-instruct")


def test_provider_can_be_named(prices: DatedPrices) -> None:
    assert BOOK.as_of(AFTER_THE_DATA).show("gpt-5.5", provider="github-copilot").provider == (
        "github-copilot"
    )


def test_a_free_listing_is_unknown_and_not_zero() -> None:
    price = BOOK.as_of(AFTER_THE_DATA).show("mistral-nemo:free")

    assert price.state == "unknown"
    assert price.usd_per_mtok_input is None
    assert "free" in price.reason
    with pytest.raises(InputError, match="no input price for mistral/mistral-nemo:free"):
        task_cost(price, input_tokens=1, output_tokens=0)


def test_a_price_by_the_hour_is_an_interval_and_not_a_number() -> None:
    price = BOOK.as_of(date(2025, 7, 1)).show("deepseek-chat")

    assert price.state == "unknown"
    assert "input 0.135 to 0.27, output 0.55 to 1.1 USD per Mtok" in price.reason
    assert "16:30-00:30 UTC" in price.reason


def test_no_listing_is_ever_priced_at_zero() -> None:
    rates = [
        rate
        for listing in BOOK.snapshot.listings
        for record in listing.records
        for rate in (record.input, record.output, record.cached_input)
        if rate is not None
    ]
    assert all(rate.base > 0 for rate in rates)


def test_json_shape(prices: DatedPrices) -> None:
    found = prices.show("gpt-5.5").to_json()

    assert found["usd_per_mtok"] == {"input": 5.0, "output": 30.0, "cached_input": 0.5}
    assert found["provider"] == "openai"
    assert found["model"] == "gpt-5.5"
    assert found["as_of"] == "2026-06-30"
    assert found["effective_date"] == "2026-04-23"
    assert found["state"] == "effective"
    assert found["source"].startswith("genai-prices ")
    assert found["vintage"] == BOOK.vintage
    assert {"known_on", "source"} <= found.keys()


def test_json_of_an_unknown_price_is_null_with_a_state() -> None:
    found = BOOK.as_of(date(2020, 1, 1)).show("gpt-5.5").to_json()

    assert found["usd_per_mtok"] == {
        "input": None,
        "output": None,
        "cached_input": None,
    }
    assert found["state"] == "unknown"
    assert found["reason"]


def test_result_reads_the_same_everywhere(prices: DatedPrices) -> None:
    price = prices.show("gpt-5.5", context_tokens=300_000)

    assert price.summary().startswith(
        "openai/gpt-5.5 on 2026-06-30: input 10, cached input 1, output 45 USD per Mtok "
        "(effective, requests above 272,000 input tokens)"
    )
    assert list(price.to_frame()["usd_per_mtok"]) == [10.0, 1.0, 45.0]
    assert "<table" in price._repr_html_()
    assert "price unknown" in BOOK.as_of(date(2020, 1, 1)).show("o3").summary()


def test_blend_of_three_to_one(prices: DatedPrices) -> None:
    price = prices.show("gpt-4.1")

    assert blended_price(price, input_tokens=3, output_tokens=1) == Decimal("3.5")
    assert blended_price(price, input_tokens=0, output_tokens=1, cached_tokens=1) == Decimal("4.25")


def test_empty_mix_is_refused(prices: DatedPrices) -> None:
    with pytest.raises(InputError, match="token mix is empty"):
        blended_price(prices.show("gpt-4.1"), input_tokens=0, output_tokens=0)


def test_a_missing_component_is_refused_and_not_zero() -> None:
    embedding = BOOK.as_of(AFTER_THE_DATA).show("text-embedding-3-small")

    assert embedding.usd_per_mtok_output is None
    assert task_cost(embedding, input_tokens=1_000_000, output_tokens=0) == Decimal("0.02")
    with pytest.raises(InputError, match="no output price for openai/text-embedding-3-small"):
        task_cost(embedding, input_tokens=0, output_tokens=1)


@pytest.mark.parametrize("tokens", [-1, 1.5, True])
def test_token_counts_are_whole_and_not_negative(prices: DatedPrices, tokens: int) -> None:
    with pytest.raises(InputError, match="whole number of at least 0"):
        prices.show("gpt-5.5", context_tokens=tokens)
    with pytest.raises(InputError, match="whole number of at least 0"):
        task_cost(prices.show("gpt-5.5"), input_tokens=tokens, output_tokens=0)


def test_a_date_must_be_a_date() -> None:
    with pytest.raises(InputError, match="as_of is '2026-06-30'"):
        BOOK.as_of("2026-06-30")  # type: ignore[arg-type]


def test_models_lists_pairs_of_provider_and_model(prices: DatedPrices) -> None:
    assert ("openai", "gpt-5.5") in prices.models()
    assert {provider for provider, _ in prices.models(provider="google")} == {"google"}


def test_vintage_names_the_installed_data() -> None:
    assert BOOK.vintage.startswith("genai-prices ")
    assert BOOK.summary().startswith(BOOK.vintage)
    assert "0x" not in repr(BOOK) + repr(BOOK.snapshot.listings[0])


def test_first_listings_lie_inside_the_history_of_the_data() -> None:
    listed = first_listed()

    assert len(listed) > 100
    assert all(entry.day <= BOOK.vintage_date for entry in listed.values())
    # no snapshot id dates Sonar, so the book vouches from its first listing on
    start = listed["perplexity", "sonar", None].day
    assert BOOK.as_of(start - timedelta(1)).show("sonar").state == "unknown"
    assert BOOK.as_of(start).show("sonar").effective_date == start


def test_loading_and_asking_open_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a price lookup tried to open a connection")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)

    assert PriceBook.load().as_of(MID_2026).show("gpt-5.5").state == "effective"


def test_importing_the_package_does_not_read_the_data() -> None:
    code = "import sys, diligence.prices; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=".",
    )
    assert "genai_prices" not in done.stdout
    assert "pandas" not in done.stdout.split()


TOKENS = st.integers(min_value=0, max_value=10**9)
DAYS = st.integers(min_value=0, max_value=1500).map(lambda n: date(2024, 6, 1) + timedelta(n))


def _components(price: TokenPrice) -> list[Decimal | None]:
    return [
        price.usd_per_mtok_input,
        price.usd_per_mtok_output,
        price.usd_per_mtok_cached_input,
    ]


@given(TOKENS, TOKENS, TOKENS, st.integers(min_value=0, max_value=1000))
def test_scaling_tokens_scales_cost(sent: int, received: int, cached: int, factor: int) -> None:
    price = BOOK.as_of(MID_2026).show("gpt-5.5")
    once = task_cost(price, input_tokens=sent, output_tokens=received, cached_input_tokens=cached)
    scaled = task_cost(
        price,
        input_tokens=factor * sent,
        output_tokens=factor * received,
        cached_input_tokens=factor * cached,
    )
    assert scaled == factor * once >= 0


@given(TOKENS, TOKENS.filter(bool))
def test_blend_lies_between_its_parts(sent: int, received: int) -> None:
    price = BOOK.as_of(MID_2026).show("gpt-5.5")

    assert 5 <= blended_price(price, input_tokens=sent, output_tokens=received) <= 30


@given(st.sampled_from(MODELS), DAYS, st.integers(min_value=0, max_value=2_000_000))
def test_prices_are_positive_or_unknown_with_a_reason(
    listed: tuple[str, str], day: date, context: int
) -> None:
    model, provider = listed
    price = BOOK.as_of(day).show(model, provider=provider, context_tokens=context)

    assert all(part is None or part > 0 for part in _components(price))
    assert price.is_known != bool(price.reason)
    assert price.is_known or _components(price) == [None, None, None]


@given(st.sampled_from(MODELS), DAYS, st.integers(min_value=0, max_value=3650))
def test_a_price_once_known_stays_known_or_says_why(
    listed: tuple[str, str], day: date, days_later: int
) -> None:
    model, provider = listed
    before = BOOK.as_of(day).show(model, provider=provider)
    after = BOOK.as_of(day + timedelta(days_later)).show(model, provider=provider)

    by_the_hour = "hour of the day" in after.reason
    assert before.state == "unknown" or after.state != "unknown" or by_the_hour


def test_every_listing_answers_on_every_kind_of_day() -> None:
    days = [date(2024, 1, 1), MID_2026, AFTER_THE_DATA, date(2040, 1, 1)]
    models = [pair for pair in BOOK.as_of(MID_2026).models() if pair[0] in {"openai", "google"}]

    assert all(
        BOOK.as_of(day).show(model, provider=provider).provider == provider
        for day in days
        for provider, model in models
    )
