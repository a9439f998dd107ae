"""Prefill and decoding under the roofline: published bounds, five-row cases, what must hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from diligence.errors import InputError
from diligence.prices.accelerators import Accelerator, accelerator, accelerators, ridge_batch
from diligence.prices.model_architectures import (
    ModelArchitecture,
    model_architecture,
    model_architectures,
)
from diligence.prices.roofline import (
    decode_step,
    fewest_gpus,
    largest_batch,
    prefill_tokens_per_second,
)
from diligence.prices.serving_cost import usd_per_mtok

CHECKED = date(2026, 11, 21)
# 100 weights of one byte, a chip of 1,000 operations and 100 bytes a second: sums for the head
TOY_CHIP = Accelerator(
    name="toy",
    vendor="none",
    product="toy",
    bf16_flops_per_second=1000,
    memory_bytes=1000,
    memory_bytes_per_second=100,
    host_link_bytes_per_second=10,
    source="this test, by hand",
    checked=CHECKED,
)
TOY = ModelArchitecture(
    name="toy",
    layers=1,
    heads=1,
    kv_heads=1,
    head_dim=1,
    total_parameters=100,
    active_parameters=100,
    bytes_per_weight=1,
    bytes_per_kv_element=1,
    source="this test, by hand",
    checked=CHECKED,
)


# H100 in BF16: 989e12 x 2 / (2 x 3.35e12)
def test_published_ridge_of_an_h100() -> None:
    assert ridge_batch(accelerator("h100")) == pytest.approx(295.2, abs=0.05)


# 70 GB of weights at 3.35 TB a second, one request, nothing in the cache
def test_published_ceiling_of_one_reader_on_an_h100() -> None:
    model = replace(TOY, total_parameters=35e9, active_parameters=35e9, bytes_per_weight=2)
    step = decode_step(model, accelerator("h100"), batch=1, context_tokens=0)

    assert step.tokens_per_second == pytest.approx(47.86, abs=0.005)
    assert step.bound_by == "memory"


# 1T active, 5e15 FP8 operations a second of which 60 % are reached, 3.2 USD an hour
def test_published_cost_of_reading_a_prompt() -> None:
    model = replace(TOY, total_parameters=1e12, active_parameters=1e12)
    chip = replace(TOY_CHIP, fp8_flops_per_second=5e15)
    rate = prefill_tokens_per_second(model, chip, compute_share=0.6)

    assert rate == pytest.approx(1500)
    cost = usd_per_mtok(tokens_per_second=rate, usd_per_gpu_hour=3.2)
    assert float(cost) == pytest.approx(0.5926, abs=5e-5)


# weights 100 / 100 = 1 s; cache of a token 2 bytes, so 5 tokens of 2 requests 20 / 100 = 0.2 s;
# arithmetic 2 x (2 x 100 + 4 x 1 x 5) / 1000 = 0.44 s
def test_a_step_by_hand() -> None:
    step = decode_step(TOY, TOY_CHIP, batch=2, context_tokens=5)

    assert step.weight_seconds == pytest.approx(1.0)
    assert step.cache_seconds == pytest.approx(0.2)
    assert step.compute_seconds == pytest.approx(0.44)
    assert step.communication_seconds == 0
    assert step.seconds == pytest.approx(1.2)
    assert step.tokens_per_second == pytest.approx(2 / 1.2)
    assert step.tokens_per_second_per_request == pytest.approx(1 / 1.2)
    assert step.bound_by == "memory"


# 10 requests: 10 x 200 / 1000 = 2 s of arithmetic against 1 s of memory
def test_many_requests_wait_for_arithmetic() -> None:
    step = decode_step(TOY, TOY_CHIP, batch=10, context_tokens=0)

    assert step.bound_by == "compute"
    assert step.seconds == pytest.approx(2.0)


# four experts of which one is used: 80 expert bytes, 20 shared; 1 - (3/4)^2 = 7/16 of 80 is 35
def test_experts_read_grow_with_the_batch() -> None:
    sparse = replace(
        TOY, active_parameters=40, experts_total=4, experts_active=1, expert_parameters=80
    )

    assert sparse.weight_bytes_read(1) == pytest.approx(20 + 20)
    assert sparse.weight_bytes_read(2) == pytest.approx(20 + 35)
    assert sparse.weight_bytes_read(1000) == pytest.approx(100)
    assert TOY.weight_bytes_read(1) == 100


# 4 layers x (6e-6 + 2e-6 x (2 - 1)) x 1 layer over 4 chips
def test_splitting_over_chips_costs_communication() -> None:
    step = decode_step(TOY, TOY_CHIP, batch=1, context_tokens=0, n_gpu=4)

    assert step.communication_seconds == pytest.approx(32e-6)
    assert step.weight_seconds == pytest.approx(0.25)
    assert step.bound_tokens_per_second == pytest.approx(4.0)


# DeepSeek-V3: 61 layers x (512 + 64) x 2 bytes; Llama 3.1 405B: 126 x 2 x 8 x 128 x 2 bytes;
# gpt-oss: every other of 36 layers looks back, 18 x 2 x 8 x 64 x 2
@pytest.mark.parametrize(
    ("name", "expected"),
    [("deepseek-v3", 70_272), ("llama-3.1-405b", 516_096), ("gpt-oss-120b", 36_864)],
)
def test_cache_of_one_token(name: str, expected: int) -> None:
    assert model_architecture(name).kv_bytes_per_token == expected


# 0.9 x 1000 bytes less 100 of weights leave 800; 10 tokens of 2 bytes each take 20
def test_memory_decides_how_many_fit() -> None:
    assert largest_batch(TOY, TOY_CHIP, context_tokens=10) == 40
    assert fewest_gpus(TOY, TOY_CHIP, context_tokens=10, batch=41) == 2


BATCH = st.integers(min_value=1, max_value=200)
NAMES = st.sampled_from(sorted(model_architectures()))


@given(NAMES, BATCH, BATCH, st.integers(min_value=0, max_value=20_000))
def test_a_larger_batch_never_makes_a_token_slower(
    name: str, first: int, second: int, context: int
) -> None:
    small, large = sorted((first, second))
    chip, model = accelerator("h200"), model_architecture(name)
    n_gpu = fewest_gpus(model, chip, context_tokens=context + 1, batch=large)
    rates = [
        decode_step(model, chip, batch=batch, context_tokens=context, n_gpu=n_gpu).tokens_per_second
        for batch in (small, large)
    ]

    assert rates[1] >= rates[0] * (1 - 1e-12)


@given(NAMES, BATCH, st.integers(0, 5000), st.integers(0, 5000))
def test_a_longer_context_never_makes_a_token_faster(
    name: str, batch: int, context: int, more: int
) -> None:
    chip, model = accelerator("mi325x"), model_architecture(name)
    n_gpu = fewest_gpus(model, chip, context_tokens=context + more + 1, batch=batch)
    short, long = (
        decode_step(model, chip, batch=batch, context_tokens=tokens, n_gpu=n_gpu).seconds
        for tokens in (context, context + more)
    )

    assert long >= short


@given(NAMES, BATCH, st.floats(0.05, 1), st.floats(0.05, 1))
def test_no_share_beats_the_bound(name: str, batch: int, compute: float, bandwidth: float) -> None:
    chip, model = accelerator("b200"), model_architecture(name)
    n_gpu = fewest_gpus(model, chip, context_tokens=1000, batch=batch)
    at_best = decode_step(model, chip, batch=batch, context_tokens=1000, n_gpu=n_gpu)
    real = decode_step(
        model,
        chip,
        batch=batch,
        context_tokens=1000,
        n_gpu=n_gpu,
        compute_share=compute,
        bandwidth_share=bandwidth,
    )

    assert real.tokens_per_second <= at_best.tokens_per_second <= at_best.bound_tokens_per_second


@given(NAMES, st.integers(1, 100_000))
def test_reading_a_longer_prompt_costs_more_a_token(name: str, prompt: int) -> None:
    chip, model = accelerator("h100"), model_architecture(name)
    short, long = (
        prefill_tokens_per_second(model, chip, prompt_tokens=tokens) for tokens in (0, prompt)
    )

    assert long < short


@given(NAMES, st.sampled_from(sorted(accelerators())))
def test_the_most_that_fits_fits(name: str, chip_name: str) -> None:
    chip, model = accelerator(chip_name), model_architecture(name)
    n_gpu = fewest_gpus(model, chip, context_tokens=4000)
    most = largest_batch(model, chip, context_tokens=4000, n_gpu=n_gpu)
    assume(most < 10**6)

    decode_step(model, chip, batch=most, context_tokens=4000, n_gpu=n_gpu)
    with pytest.raises(InputError, match=f"at most {most} requests fit"):
        decode_step(model, chip, batch=most + 1, context_tokens=4000, n_gpu=n_gpu)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"batch": 0}, "batch is 0; give a whole number of at least 1"),
        ({"batch": 1.5}, "batch is 1.5; give a whole number"),
        ({"context_tokens": -1}, "context_tokens is -1; give a number of at least 0"),
        ({"n_gpu": 0}, "n_gpu is 0; give a whole number of at least 1"),
        ({"compute_share": 0}, "compute_share is 0; give a number above 0"),
        ({"bandwidth_share": 1.1}, "bandwidth_share is 1.1; give a share above 0 and at most 1"),
        ({"context_tokens": float("nan")}, "context_tokens is nan"),
    ],
)
def test_numbers_that_cannot_be_meant_are_refused(changed: dict[str, float], message: str) -> None:
    usual: dict[str, float] = {"batch": 1, "context_tokens": 0}
    with pytest.raises(InputError, match=message):
        decode_step(TOY, TOY_CHIP, **(usual | changed))  # type: ignore[arg-type]


def test_a_model_too_large_says_so() -> None:
    with pytest.raises(InputError, match=r"needs 812 GB .* 2 x h100 leave 144 GB .* do not fit"):
        decode_step(
            model_architecture("llama-3.1-405b"),
            accelerator("h100"),
            batch=1,
            context_tokens=0,
            n_gpu=2,
        )
