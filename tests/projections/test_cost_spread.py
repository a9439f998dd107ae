"""The bill is spread over usage, all of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diligence.errors import InputError
from diligence.projections.cost_spread import spread_cost
from diligence.projections.token_weights import ModelWeights, TokenWeights
from diligence.projections.usage_rows import DIMENSIONS, usage_rows
from diligence.units import parse_period

JUNE = parse_period("2026-06")
# an output token weighs three input tokens, a cached one a half
PLAIN = TokenWeights(
    (),
    ModelWeights("", "", Decimal(2), Decimal(1), Decimal(4), Decimal(6), "list price", "test"),
)


def spread(cost, weights=PLAIN, components=None, kind="daily", **columns):
    frame = pd.DataFrame({"day": date(2026, 6, 1)} | columns)
    rows = usage_rows(frame, kind=kind, period=JUNE)
    return spread_cost(rows, weights, serving_cost=Decimal(str(cost)), components=components)


def by(found, dimension):
    return {key[0]: cost for key, cost in found.cost_by([dimension]).items()}


def test_five_rows_by_plan():
    found = spread(
        100,
        plan=["a", "a", "b", "b", "c"],
        input_tokens=[1, 2, 0, 0, 4],  # weighs 2, 4, 0, 0, 8
        output_tokens=[0, 0, 1, 0, 1],  # weighs 0, 0, 6, 0, 6
        cached_input_tokens=[0, 0, 0, 24, 0],  # weighs 24: 50 in all
    )
    assert by(found, "plan") == {"a": 12, "b": 60, "c": 28}
    assert found.cost_by([]) == {(): 100}
    assert found.cost_by_kind() == {
        "input_tokens": 28,
        "cached_input_tokens": 48,
        "cache_write_tokens": 0,
        "output_tokens": 24,
        "bare_requests": 0,
    }
    assert found.row_costs() == pytest.approx([4, 8, 12, 48, 28])


def test_deepseek_day_by_token_kind():
    # open-infra-index day 6: 608bn input of which 342bn cached, 168bn output, at 0.55, 0.14 and
    # 2.19 USD per Mtok; the list revenue of these rounded counts is 562,100
    weights = TokenWeights(
        (),
        ModelWeights(
            "",
            "",
            Decimal("0.55"),
            Decimal("0.14"),
            Decimal(0),
            Decimal("2.19"),
            "list price",
            "test",
        ),
    )
    found = spread(
        562_100,
        weights=weights,
        input_tokens=[266 * 10**9],
        cached_input_tokens=[342 * 10**9],
        output_tokens=[168 * 10**9],
    )
    assert list(found.cost_by_kind().values()) == [146_300, 47_880, 0, 367_920, 0]


def test_components_follow_their_own_counts_and_the_rest_follows_tokens():
    found = spread(
        100,
        components={"retrieval": Decimal(20), "tools": Decimal(10), "hosting": Decimal(5)},
        feature=["a", "b"],
        input_tokens=[1, 3],
        retrievals=[0, 5],
        tool_calls=[9, 1],
    )
    # 70 by tokens (17.5, 52.5), 20 by retrievals (0, 20), 10 by calls (9, 1)
    assert by(found, "feature") == {"a": Decimal("26.5"), "b": Decimal("73.5")}
    assert found.cost_by_kind()["retrievals"] == 20
    assert found.row_costs() == pytest.approx([26.5, 73.5])


def test_a_component_without_its_count_is_spread_with_tokens_and_named():
    found = spread(
        100, components={"guardrails": Decimal(40)}, plan=["a", "b"], input_tokens=[1, 3]
    )
    assert by(found, "plan") == {"a": 25, "b": 75}
    assert found.notes == (
        "no guardrail_calls in usage: cost of guardrails is spread with the tokens",
    )


def test_requests_without_tokens_weigh_the_mean_of_the_others():
    found = spread(100, plan=["a", "b", "c"], requests=[2, 2, 4], input_tokens=[1, 5, None])
    # 2 and 10 over four requests: 3 each, so the four others weigh 12
    assert {k: round(v, 4) for k, v in by(found, "plan").items()} == {
        "a": Decimal("8.3333"),
        "b": Decimal("41.6667"),
        "c": Decimal("50.0000"),
    }
    assert found.notes == ("4 requests without token counts weigh the mean of the others",)


def test_usage_without_any_tokens_is_spread_by_requests():
    found = spread(9, plan=["a", "b"], requests=[1, 2])
    assert by(found, "plan") == {"a": 3, "b": 6}
    assert "alike: no row states tokens" in found.notes[0]


def test_reasoning_is_a_part_of_output():
    found = spread(12, output_tokens=[3, 1], reasoning_tokens=[1, 1])
    assert found.reasoning_cost() == 6  # two of four output tokens


@pytest.mark.parametrize(
    ("cost", "components", "columns", "message"),
    [
        (-1, {}, {"input_tokens": [1]}, "serving_cost is -1"),
        ("NaN", {}, {"input_tokens": [1]}, "serving_cost is NaN"),
        (9, {"gpus": Decimal(1)}, {"input_tokens": [1]}, "'gpus' is no component"),
        (9, {"tools": Decimal(10)}, {"input_tokens": [1]}, "components add up to 10"),
        (9, {}, {"input_tokens": [0]}, "no token or request above 0"),
        (9, {}, {"requests": [None, 3], "input_tokens": [5, None]}, "no row states both"),
    ],
)
def test_what_cannot_be_spread_is_refused(cost, components, columns, message):
    with pytest.raises(InputError, match=message):
        spread(cost, components=components, **columns)


counts = st.integers(0, 10**9)
row = st.fixed_dictionaries(
    {
        "model": st.sampled_from(["m", "n", "unknown"]),
        "plan": st.sampled_from(["", "a", "b"]),
        "payer": st.sampled_from(["paid", "free"]),
        "requests": st.integers(1, 1000),
        "input_tokens": st.none() | counts,
        "output_tokens": st.none() | counts,
        "retrievals": counts,
    }
)
# one row that states everything, so that there is always something to spread over
tables = st.lists(row, max_size=12).map(
    lambda rows: pd.DataFrame(
        [
            *rows,
            {
                "model": "m",
                "plan": "a",
                "payer": "paid",
                "requests": 1,
                "input_tokens": 5,
                "output_tokens": 5,
                "retrievals": 1,
            },
        ]
    )
)
costs = st.decimals(0, 10**9, places=2)


def weights_with(factor=Decimal(1)):
    models = [
        ModelWeights("", name, *(w * factor for w in kinds), "list price", "test")
        for name, kinds in {"m": (2, 1, 3, 9), "n": (5, 1, 6, 20)}.items()
    ]
    unlisted = ModelWeights("", "", *(w * factor for w in (3, 1, 4, 12)), "default ratio", "test")
    return TokenWeights(tuple(models), unlisted)


def spread_table(table, cost, weights=None):
    rows = usage_rows(table.assign(day=date(2026, 6, 1)), kind="daily", period=JUNE)
    parts = {"retrieval": cost / 4}
    return spread_cost(rows, weights or weights_with(), serving_cost=cost, components=parts)


@settings(max_examples=25)
@given(tables, costs)
def test_every_grouping_adds_up_to_the_bill(table, cost):
    found = spread_table(table, cost)
    for dimension in DIMENSIONS:
        assert sum(found.cost_by([dimension]).values()) == cost
    assert sum(found.cost_by(["plan", "payer"]).values()) == cost
    assert sum(found.cost_by_kind().values()) == cost
    assert found.row_costs().sum() == pytest.approx(float(cost))


@settings(max_examples=25)
@given(tables, costs, st.decimals("0.001", 1000, places=3))
def test_only_ratios_of_weights_matter(table, cost, factor):
    once = spread_table(table, cost)
    again = spread_table(table, cost, weights_with(factor))
    assert again.cost_by(["plan", "payer"]) == once.cost_by(["plan", "payer"])


@settings(max_examples=25)
@given(tables, costs, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(table, cost, random):
    order = list(range(len(table)))
    random.shuffle(order)
    shuffled = spread_table(table.iloc[order], cost)
    assert shuffled.cost_by(["plan", "model"]) == spread_table(table, cost).cost_by(
        ["plan", "model"]
    )


@settings(max_examples=25)
@given(tables, costs, st.integers(2, 1000))
def test_a_bill_k_times_as_large_makes_every_part_k_times_as_large(table, cost, k):
    one = spread_table(table, cost).fractions_by(["plan"])
    many = spread_table(table, cost * k).fractions_by(["plan"])
    assert many == {key: value * k for key, value in one.items()}


@settings(max_examples=25)
@given(tables, st.decimals(1, 10**6, places=2), counts, counts)
def test_more_free_usage_never_lowers_the_free_share(table, cost, tokens_in, tokens_out):
    table = table.dropna()  # rows without tokens weigh the mean, which a new row moves
    more = pd.DataFrame([{"payer": "free", "model": "m", "requests": 1, "retrievals": 0}]).assign(
        input_tokens=tokens_in, output_tokens=tokens_out
    )
    before = spread_table(table, cost).fractions_by(["payer"]).get(("free",), 0)
    after = spread_table(pd.concat([table, more]), cost).fractions_by(["payer"])[("free",)]
    assert after >= before


def test_row_costs_of_a_sample_use_the_rates_of_the_whole():
    found = spread(100, input_tokens=[40], requests=[10])
    sample = usage_rows(
        pd.DataFrame({"day": [date(2026, 6, 2)], "input_tokens": [8]}),
        kind="request",
        period=JUNE,
    )
    np.testing.assert_allclose(found.row_costs(sample), [20])
