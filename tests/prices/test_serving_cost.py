"""Serving economics from the GPU up, against the one fleet whose operator published it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import InputError
from diligence.prices import (
    ServingDay,
    TokenFlow,
    agent_context_reads,
    break_even_rented_share,
    nodes_needed,
    serving_day_profit,
    usd_per_mtok,
)

# DeepSeek, open-infra-index, day 6 "DeepSeek-V3/R1 Inference System Overview" (CC0):
# 226.75 nodes of 8 H800 on average, 278 at the peak, 2 USD an hour and GPU; 608B input tokens of
# which 342B from cache, 168B output; R1 list prices .14 / .55 / 2.19 USD per million.
DEEPSEEK = ServingDay(
    average_nodes=Decimal("226.75"),
    peak_nodes=Decimal(278),
    gpus_per_node=8,
    usd_per_gpu_hour=Decimal(2),
    flows=(
        TokenFlow("cached input", 342_000_000_000, Decimal("0.14")),
        TokenFlow("input", 266_000_000_000, Decimal("0.55")),
        TokenFlow("output", 168_000_000_000, Decimal("2.19")),
    ),
    reported_revenue_usd=Decimal(562_027),
)
PAIR = {"input": 608e9, "output": 168e9}
THROUGHPUT = {"input": 73_700.0, "output": 14_800.0}


def test_published_rent_and_revenue() -> None:
    profit = serving_day_profit(DEEPSEEK)

    assert profit.rent_usd == 87_072
    # token counts are published rounded, so the products miss the published 562,027 by 73
    assert profit.list_revenue_usd == 562_100
    assert dict(profit.revenue_usd_by_kind) == {
        "cached input": 47_880,
        "input": 146_300,
        "output": 367_920,
    }


def test_published_markup_is_not_the_gross_margin() -> None:
    profit = serving_day_profit(DEEPSEEK)

    assert float(profit.markup_on_cost) == pytest.approx(5.4547, abs=5e-5)  # "545 %"
    assert float(profit.gross_margin) == pytest.approx(0.8451, abs=5e-5)
    assert float(profit.break_even_price_multiple) == pytest.approx(0.155, abs=5e-4)


def test_published_fleet_and_cost_of_a_token() -> None:
    profit = serving_day_profit(DEEPSEEK)

    assert float(profit.average_to_peak) == pytest.approx(0.8156, abs=5e-5)
    assert float(profit.usd_per_mtok_served) == pytest.approx(0.112, abs=5e-4)


def test_published_throughput_implies_the_published_nodes() -> None:
    assert nodes_needed(PAIR, THROUGHPUT) == pytest.approx(226.86, abs=5e-3)
    # 73.7k input and 14.8k output tokens a second and node of 8 GPUs
    sent = usd_per_mtok(tokens_per_second=73_700, usd_per_gpu_hour=2, n_gpu=8)
    received = usd_per_mtok(tokens_per_second=14_800, usd_per_gpu_hour=2, n_gpu=8)
    assert float(sent) == pytest.approx(0.060, abs=5e-4)
    assert float(received) == pytest.approx(0.300, abs=5e-4)


def test_revenue_is_list_revenue_when_none_is_reported() -> None:
    day = ServingDay(Decimal(1), Decimal(1), 1, Decimal(1), (TokenFlow("all", 10**6, Decimal(48)),))
    profit = serving_day_profit(day)

    # one GPU at 1 USD an hour costs 24 a day; one million tokens at 48 bring 48
    assert profit.rent_usd == 24
    assert profit.revenue_usd == 48
    assert profit.markup_on_cost == 1
    assert profit.gross_margin == Decimal("0.5")


# arithmetic on paper: 10/3.6 and 1/0.72
@pytest.mark.parametrize(
    ("tokens_per_second", "usd_per_gpu_hour", "expected"),
    [(1000, 10, 2.778), (200, 1, 1.389)],
)
def test_usd_per_mtok(tokens_per_second: int, usd_per_gpu_hour: int, expected: float) -> None:
    found = usd_per_mtok(tokens_per_second=tokens_per_second, usd_per_gpu_hour=usd_per_gpu_hour)

    assert float(found) == pytest.approx(expected, abs=5e-4)


# 750 / (1.5 x 730)
def test_published_break_even_share_of_the_month() -> None:
    assert float(break_even_rented_share(750, usd_per_gpu_hour=1.5)) == pytest.approx(
        0.6849, abs=5e-5
    )


@given(
    st.floats(min_value=1, max_value=1e6),
    st.decimals(min_value="0.01", max_value=100, places=2),
    st.integers(min_value=1, max_value=1000),
    st.floats(min_value=0.01, max_value=1),
)
def test_idle_time_and_rent_never_make_a_token_cheaper(
    throughput: float, rent: Decimal, n_gpu: int, utilisation: float
) -> None:
    def cost(**changed: object) -> Decimal:
        usual: dict[str, object] = {
            "tokens_per_second": throughput,
            "usd_per_gpu_hour": rent,
            "n_gpu": n_gpu,
            "utilisation": utilisation,
        }
        return usd_per_mtok(**(usual | changed))  # type: ignore[arg-type]

    assert cost() >= cost(utilisation=1.0) > 0
    assert float(cost(usd_per_gpu_hour=2 * rent)) == pytest.approx(2 * float(cost()))
    assert float(cost(n_gpu=3 * n_gpu)) == pytest.approx(3 * float(cost()))


@given(st.decimals(min_value="0.01", max_value=10, places=2))
def test_break_even_multiple_sets_profit_to_zero(scale: Decimal) -> None:
    flows = tuple(TokenFlow(f.kind, f.tokens, f.usd_per_mtok * scale) for f in DEEPSEEK.flows)
    day = ServingDay(Decimal("226.75"), Decimal(278), 8, Decimal(2), flows)
    profit = serving_day_profit(day)
    priced_at_cost = profit.revenue_usd * profit.break_even_price_multiple

    assert float(priced_at_cost) == pytest.approx(float(profit.rent_usd))
    assert (profit.markup_on_cost > 0) == (profit.break_even_price_multiple < 1)


def test_result_reads_the_same_everywhere() -> None:
    profit = serving_day_profit(DEEPSEEK)

    assert profit.summary().splitlines() == [
        "rent 87,072 USD, revenue 562,027 USD a day",
        "mark-up on cost 545.5%, gross margin 84.5%, break-even price multiple 0.155",
        "0.112 USD per Mtok served, average to peak nodes 81.6%",
    ]
    assert profit.to_frame().set_index("measure").loc["rent", "value"] == 87_072
    assert "<table" in profit._repr_html_()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"utilisation": 1.2},
            "utilisation is 1.2; give a share above 0 and at most 1",
        ),
        ({"utilisation": 0}, "utilisation is 0; give a number above 0"),
        ({"tokens_per_second": float("nan")}, "tokens_per_second is nan"),
        ({"usd_per_gpu_hour": -2}, "usd_per_gpu_hour is -2"),
        ({"n_gpu": 0}, "n_gpu is 0"),
    ],
)
def test_values_that_make_no_cost_are_refused(changed: dict[str, float], message: str) -> None:
    usual = {"tokens_per_second": 1000.0, "usd_per_gpu_hour": 2.0}
    with pytest.raises(InputError, match=message):
        usd_per_mtok(**(usual | changed))  # type: ignore[arg-type]


# 1 + 2 + 3 + 4 + 5
@pytest.mark.parametrize(("steps", "expected"), [(1, 1), (2, 3), (5, 15)])
def test_an_agent_reads_its_history_again_at_each_step(steps: int, expected: int) -> None:
    assert agent_context_reads(steps) == expected


def test_an_agent_takes_at_least_one_whole_step() -> None:
    with pytest.raises(InputError, match="steps is 0; give a whole number of at least 1"):
        agent_context_reads(0)


def test_phases_must_agree() -> None:
    with pytest.raises(InputError, match="name the same phases in both"):
        nodes_needed(PAIR, {"input": 73_700.0})


def test_average_above_peak_is_refused() -> None:
    day = ServingDay(Decimal(3), Decimal(2), 8, Decimal(2), DEEPSEEK.flows)
    with pytest.raises(InputError, match="average_nodes 3 exceeds peak_nodes 2"):
        serving_day_profit(day)


def test_a_day_without_tokens_is_refused() -> None:
    day = ServingDay(Decimal(1), Decimal(2), 8, Decimal(2), ())
    with pytest.raises(InputError, match="tokens of all flows is 0"):
        serving_day_profit(day)
