"""Cost of a model's tokens from the rent up: sums by hand, what must hold, what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import InputError
from diligence.prices.accelerators import Accelerator, accelerator
from diligence.prices.model_architectures import ModelArchitecture, model_architecture
from diligence.prices.model_serving_cost import RequestShape, ServingCost, estimate_serving_cost
from diligence.prices.scenario_range import ScenarioRange
from diligence.prices.serving_assumptions import ServingAssumptions

CHECKED = date(2026, 11, 21)
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
KNOWN = ServingAssumptions(
    usd_per_gpu_hour=ScenarioRange.point(36),
    utilisation=ScenarioRange.point("0.5"),
    compute_share=ScenarioRange.point(1),
    bandwidth_share=ScenarioRange.point(1),
)
REQUEST = RequestShape(input_tokens=20, output_tokens=10, cached_share=Decimal("0.5"))


def toy_cost(assumptions: ServingAssumptions = KNOWN, batch: int = 2) -> ServingCost:
    return estimate_serving_cost(
        TOY, TOY_CHIP, assumptions=assumptions, request=REQUEST, n_gpu=1, batch=batch
    )


# 36 USD an hour is 1 cent a second, 2 cents at half use.
# Input: 2 x 100 + 4 x 20 / 2 = 240 operations, 1000 / 240 tokens a second.
# Cached: 2 bytes a token over 10 bytes a second, 5 tokens a second.
# Output: 25 tokens of context, (100 + 2 x 25 x 2) / 100 = 2 s for 2 tokens: 1 token a second.
# Blended: (10 x 0.0048 + 10 x 0.004 + 10 x 0.02) / 30 USD a token.
def test_a_cost_by_hand() -> None:
    cost = toy_cost()

    assert float(cost.usd_per_mtok_input.base) == pytest.approx(4800)
    assert float(cost.usd_per_mtok_cached_input.base) == pytest.approx(4000)
    assert float(cost.usd_per_mtok_output.base) == pytest.approx(20_000)
    assert float(cost.usd_per_mtok_blended.base) == pytest.approx(9600)
    assert cost.usd_per_mtok_output.low == cost.usd_per_mtok_output.high
    assert cost.base_step.bound_by == "memory"


def test_the_low_case_takes_the_best_of_everything() -> None:
    ranged = replace(
        KNOWN,
        usd_per_gpu_hour=ScenarioRange.of(18, 36, 72),
        utilisation=ScenarioRange.of("0.25", "0.5", 1),
    )
    output = toy_cost(ranged).usd_per_mtok_output

    # half the rent and twice the use, twice the rent and half the use
    assert [float(case) for case in output.cases] == pytest.approx([5000, 20_000, 80_000])


def test_the_result_says_what_it_is() -> None:
    cost = toy_cost()

    assert cost.summary().splitlines() == [
        "toy on 1 x toy, 2 requests at a time, 0 tokens a second each, bound by memory",
        "input: 4800.000 USD per Mtok",
        "cached input: 4000.000 USD per Mtok",
        "output: 20000.000 USD per Mtok",
        "blended: 9600.000 USD per Mtok",
        "ranges: scenario range of rent and use; rent only",
    ]
    table = cost.to_frame().set_index("token_kind")
    assert list(table.index) == ["input", "cached input", "output", "blended"]
    assert set(table["range_kind"]) == {"scenario range"}
    assert "<table" in cost._repr_html_()


# 0.9 x 1000 bytes less 100 leave 800 for 25 tokens of 2 bytes each: 16 requests
def test_without_a_batch_the_most_that_fits_is_taken_and_said() -> None:
    cost = estimate_serving_cost(TOY, TOY_CHIP, assumptions=KNOWN, request=REQUEST, n_gpu=1)

    assert cost.batch == 16
    assert cost.notes == ("batch is the most that fits in memory (16); fewer cost more a token",)
    assert cost.usd_per_mtok_output.base < toy_cost().usd_per_mtok_output.base


def test_a_mixture_of_experts_says_what_it_assumes() -> None:
    cost = estimate_serving_cost(
        model_architecture("deepseek-v3"),
        accelerator("h200"),
        assumptions=KNOWN,
        request=RequestShape(4000, 1000),
        n_gpu=8,
        batch=64,
    )

    assert "experts are taken to be chosen evenly" in cost.summary()


@given(
    st.integers(1, 16),
    st.decimals("0.01", 100, places=2),
    st.decimals("1", 3, places=2),
    st.decimals("0.05", 1, places=2),
)
def test_dearer_rent_and_idle_time_never_lower_a_cost(
    batch: int, rent: Decimal, factor: Decimal, utilisation: Decimal
) -> None:
    stated = replace(
        KNOWN,
        usd_per_gpu_hour=ScenarioRange.point(rent),
        utilisation=ScenarioRange.point(utilisation),
    )
    dearer = replace(stated, usd_per_gpu_hour=ScenarioRange.point(rent * factor))
    busier = replace(stated, utilisation=ScenarioRange.point(1))
    costs = [toy_cost(case, batch) for case in (busier, stated, dearer)]

    for name in ("input", "cached_input", "output", "blended"):
        usd = [getattr(cost, f"usd_per_mtok_{name}").base for cost in costs]
        assert usd == sorted(usd)


@given(st.integers(1, 15))
def test_more_readers_never_cost_more_a_token(batch: int) -> None:
    fewer, more = (toy_cost(batch=n).usd_per_mtok_output.base for n in (batch, batch + 1))

    assert more <= fewer


@given(
    st.tuples(*[st.decimals("0.05", 1, places=2)] * 3),
    st.tuples(*[st.decimals("0.1", 50, places=2)] * 3),
)
def test_the_cases_rise_whatever_is_assumed(
    shares: tuple[Decimal, ...], rents: tuple[Decimal, ...]
) -> None:
    spread = ScenarioRange(*sorted(shares))
    stated = ServingAssumptions(ScenarioRange(*sorted(rents)), spread, spread, spread)
    cost = toy_cost(stated)

    for row in cost.to_frame().itertuples():
        assert row.low <= row.base <= row.high


def test_blended_lies_between_its_parts() -> None:
    cost = toy_cost()
    parts = [
        cost.usd_per_mtok_input.base,
        cost.usd_per_mtok_cached_input.base,
        cost.usd_per_mtok_output.base,
    ]

    assert min(parts) < cost.usd_per_mtok_blended.base < max(parts)


@pytest.mark.parametrize(
    ("request_shape", "message"),
    [
        (RequestShape(10, 0), "output_tokens is 0; give a number above 0"),
        (RequestShape(-1, 10), "input_tokens is -1; give a number of at least 0"),
        (RequestShape(10, 10, 40), "cached_share is 40; give a share from 0 to 1, 40 % is 0.4"),
    ],
)
def test_requests_that_cannot_be_meant_are_refused(
    request_shape: RequestShape, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        estimate_serving_cost(TOY, TOY_CHIP, assumptions=KNOWN, request=request_shape, n_gpu=1)


def test_a_model_that_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match=r"llama-3.1-405b does not fit on 8 x l40s"):
        estimate_serving_cost(
            model_architecture("llama-3.1-405b"),
            accelerator("l40s"),
            assumptions=KNOWN,
            request=REQUEST,
            n_gpu=8,
        )
