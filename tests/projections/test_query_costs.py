"""Mean, median and tail of a query."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diligence.projections.cost_spread import spread_cost
from diligence.projections.query_costs import query_costs
from diligence.projections.token_weights import TokenWeights
from diligence.projections.usage_rows import usage_rows
from diligence.units import parse_period

JUNE = parse_period("2026-06")


def rows(kind, **columns):
    return usage_rows(pd.DataFrame({"day": date(2026, 6, 1)} | columns), kind=kind, period=JUNE)


def spread(cost, kind="request", **columns):
    return spread_cost(rows(kind, **columns), TokenWeights.default(), serving_cost=Decimal(cost))


def test_five_requests_by_feature():
    found = spread(
        120, feature=["chat", "chat", "chat", "agent", "agent"], input_tokens=[1, 2, 3, 10, 104]
    )
    agent, chat = query_costs(found, "feature")
    assert (agent.name, agent.cost, agent.queries, agent.mean) == ("agent", 114, 2, 57)
    assert (chat.name, chat.cost, chat.queries, chat.mean) == ("chat", 6, 3, 2)
    assert (chat.median, chat.sample) == (pytest.approx(2), 3)
    # 95 % of the way from the first to the third of three: 1 + 1.9
    assert chat.p95 == pytest.approx(2.9)
    assert chat.tail == pytest.approx(1.45)
    assert not chat.needs


def test_daily_totals_give_the_mean_and_say_what_the_median_needs():
    (found,) = query_costs(spread(12, "daily", requests=[4, 2], input_tokens=[1, 1]))
    assert (found.mean, found.median, found.tail) == (2, None, None)
    assert found.needs == "usage request by request"


def test_a_row_without_requests_leaves_the_mean_of_its_group_open():
    found = spread(12, "daily", plan=["a", "b"], requests=[4, None], input_tokens=[1, 1])
    by_plan = {item.name: item for item in query_costs(found, "plan")}
    assert by_plan["a"].mean == Decimal("1.5")
    assert by_plan["b"].mean is None
    assert by_plan["b"].needs.startswith("requests of every row")
    assert query_costs(found)[0].mean is None


def test_a_sample_beside_daily_totals_gives_median_and_tail_at_their_rates():
    found = spread(200, "daily", requests=[100], input_tokens=[1000])  # 0.2 a token
    sample = rows("request", input_tokens=[5, 10, 15])
    (query,) = query_costs(found, sample=sample)
    assert query.mean == 2
    assert (query.median, query.sample) == (pytest.approx(2), 3)


def test_texts_not_stated_are_named_so():
    found = spread(3, plan=["Pro", None, None], input_tokens=[1, 1, 1])
    assert {item.name: item.cost for item in query_costs(found, "plan")} == {
        "Pro": 1,
        "(not stated)": 2,
    }


@settings(max_examples=25)
@given(st.lists(st.integers(1, 10**7), min_size=1, max_size=60), st.integers(1, 10**6))
def test_volume_times_mean_is_the_bill_and_the_median_never_exceeds_p95(tokens, cost):
    (found,) = query_costs(spread(cost, input_tokens=tokens))
    assert found.mean * found.queries == pytest.approx(Decimal(cost), rel=Decimal("1e-24"))
    assert found.cost == cost
    assert found.median <= found.p95
    expected = np.percentile(np.array(tokens) * (cost / sum(tokens)), [50, 95])
    assert [found.median, found.p95] == pytest.approx(expected)
