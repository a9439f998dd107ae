"""Unit costs of a period, against published tasks and billed requests."""

from __future__ import annotations

import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from diligence.costs.free_tier import free_tier_cost_per_conversion
from diligence.errors import InputError
from diligence.prices import PriceBook
from diligence.projections.unit_costs import unit_costs
from diligence.units import Period, parse_period
from tests.small_deals import CASES

VARIABLE = "DILIGENCE_REFERENCE_DATA"
JUNE = parse_period("2026-06")


@pytest.fixture(scope="module")
def prices():
    return PriceBook.load().as_of(date(2026, 6, 30))


def costs(cost, kind="request", period=JUNE, **arguments):
    usage = pd.DataFrame({"day": date(2026, 6, 1)} | arguments.pop("columns"))
    return unit_costs(usage, Decimal(str(cost)), kind=kind, period=period, **arguments)


def test_a_bill_at_list_price_gives_each_model_its_published_task_cost(prices):
    # 10,000 tokens in and 2,000 out: published .11, .055, .036 and .045, together .246
    models = ["gpt-5.5", "gpt-5.4", "gpt-4.1", "gpt-4o"]
    columns = {"model": models, "input_tokens": 10_000, "output_tokens": 2_000}
    found = costs("0.246", columns=columns, prices=prices)
    means = {item.name: item.mean for item in found.by("model")}
    assert means == {
        "gpt-5.5": Decimal("0.110"),
        "gpt-5.4": Decimal("0.055"),
        "gpt-4.1": Decimal("0.036"),
        "gpt-4o": Decimal("0.045"),
    }
    assert found.per_mtok == Decimal("5.125")  # 0.246 over 48,000 tokens


def test_five_rows_hold_tokens_tools_and_users():
    found = costs(
        100,
        components={"tools": Decimal(20)},
        recurring_tuning=Decimal(7),
        columns={
            "plan": ["Pro", "Pro", "Pro", "Free", "Free"],
            "payer": ["paid", "paid", "paid", "free", "free"],
            "user": ["a", "a", "b", "c", "d"],
            "input_tokens": [10, 10, 20, 10, 10],
            "output_tokens": [5, 5, 0, 0, 0],  # four input tokens each: 60 + 40 weigh 100
            "tool_calls": [0, 4, 0, 0, 0],
            "retries": [0, 1, 0, 0, 0],
        },
    )
    assert (found.cost_of("plan", "Pro"), found.cost_of("payer", "free")) == (84, 16)
    assert found.query.mean == 20
    assert {item.kind: item.cost for item in found.kinds if item.cost} == {
        "input_tokens": 48,
        "output_tokens": 32,
        "tool_calls": 20,
    }
    assert {item.name: item.per_month for item in found.users_by("payer")} == {
        "paid": 42,
        "free": 8,
    }
    # the second request costs 24 + 20 and was tried twice
    assert found.retries_share == pytest.approx(0.22)
    assert "recurring fine-tuning apart: 7.00" in found.summary()
    assert sum(item.cost for item in found.kinds) == 100
    assert found.cost_of("plan", "Team") is None


def test_daily_totals_say_that_the_median_needs_requests(prices):
    columns = {"model": ["gpt-4.1"], "requests": [10], "input_tokens": [100], "active_users": [3]}
    found = costs(5, "daily", columns=columns, prices=prices)
    assert found.query.median is None
    assert found.retries_share is None
    assert any("median and p95 of a query need usage request by request" in n for n in found.notes)
    assert any("average users of a day" in note for note in found.notes)


def test_an_unlisted_model_is_named_with_its_share(prices):
    columns = {"model": ["gpt-4.1", "ours"], "input_tokens": [100, 300]}
    found = costs(8, columns=columns, prices=prices)
    # no other price than 2 is known, so the tokens weigh alike
    assert found.cost_of("model", "ours") == 6
    assert any("no list price for ours" in note for note in found.notes)
    assert "75.0 % of token cost is on models without a list price" in found.notes


def test_a_sample_outside_the_period_is_left_out():
    sample = pd.DataFrame({"day": [date(2026, 5, 1)], "input_tokens": [1]})
    columns = {"requests": [1], "input_tokens": [1]}
    assert costs(5, "daily", columns=columns, requests=sample).query.median is None
    inside = sample.assign(day=date(2026, 6, 2))
    assert costs(5, "daily", columns=columns, requests=inside).query.median == 5


def test_free_usage_gives_the_cost_of_a_conversion():
    columns = {"payer": ["paid", "free"], "input_tokens": [1, 2]}
    found = costs(90_000, columns=columns, period=parse_period("2026Q2"))
    monthly = found.monthly_cost_of("payer", "free")
    assert monthly == 20_000
    # 0.20 a free user and month, of whom one in a hundred converts
    conversion = free_tier_cost_per_conversion(
        monthly, free_users_at_start=Decimal(100_000), conversions=Decimal(1_000)
    )
    assert conversion.per_conversion == 20
    assert found.monthly_cost_of("payer", "promo") is None


def test_a_negative_tuning_cost_is_refused():
    with pytest.raises(InputError, match="recurring_tuning is -1"):
        costs(5, columns={"input_tokens": [1]}, recurring_tuning=Decimal(-1))


def test_results_show_themselves():
    found = costs(5, columns={"plan": ["<b>"], "input_tokens": [1], "user": ["a"]})
    assert list(found.to_frame()["dimension"]) == ["all", "plan"]
    assert len(found.users_frame()) == 2
    assert found.kinds_frame()["cost"].iloc[0] == 5
    assert "<b>" not in found._repr_html_()


def test_the_fictional_case_adds_up(prices):
    usage = pd.read_csv(CASES / "quillfern-code" / "usage" / "daily_2026-06.csv")
    bill = Decimal("1234567.89")
    found = unit_costs(
        usage.rename(columns={"date": "day"}), bill, kind="daily", period=JUNE, prices=prices
    )
    for dimension in ("feature", "plan", "payer", "model"):
        assert sum(item.cost for item in found.by(dimension)) == bill
    assert found.query.queries == usage["requests"].sum()
    tokens = ["input_tokens", "cached_input_tokens", "output_tokens"]
    assert found.tokens == usage[tokens].sum().sum()


@pytest.mark.parametrize(
    "model", ["claude-3-5-sonnet-20241022", "anthropic/claude-3-7-sonnet-20250219"]
)
def test_billed_requests_of_a_coding_assistant_are_recovered_from_their_sum(model):
    # Aider's public analytics (Apache-2.0): the bill of every request is known. Only the sum is
    # given here; median and p95 have to come back.
    root = os.environ.get(VARIABLE)
    if not root:
        pytest.skip(f"{VARIABLE} is not set")
    path = Path(root) / "request-traces" / "aider_requests_with_cost.csv.gz"
    if not path.exists():
        pytest.skip(f"{path.name} is not among the reference data")
    table = pd.read_csv(path)
    table = table[table["main_model"] == model]
    usage = pd.DataFrame(
        {
            "day": table["time"].str[:10],
            "model": table["main_model"],
            "input_tokens": table["prompt_tokens"],
            "output_tokens": table["output_tokens"],
        }
    )
    prices = PriceBook.load().as_of(date(2025, 3, 1))
    found = unit_costs(
        usage,
        Decimal(f"{table['cost_usd'].sum():.6f}"),
        kind="request",
        period=Period(date(2024, 8, 1), date(2025, 3, 31)),
        prices=prices,
    )
    assert found.query.median == pytest.approx(table["cost_usd"].median(), rel=1e-3)
    assert found.query.p95 == pytest.approx(table["cost_usd"].quantile(0.95), rel=1e-3)
