"""Tasks of several steps."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from diligence.projections.agent_tasks import task_costs
from diligence.projections.cost_spread import spread_cost
from diligence.projections.token_weights import TokenWeights
from diligence.projections.usage_rows import usage_rows
from diligence.units import parse_period


def spread(cost, kind="request", **columns):
    frame = pd.DataFrame({"day": date(2026, 6, 1)} | columns)
    rows = usage_rows(frame, kind=kind, period=parse_period("2026-06"))
    return spread_cost(rows, TokenWeights.default(), serving_cost=Decimal(cost))


def test_five_requests_two_of_them_alone():
    found = task_costs(spread(80, task=["t", "t", "t", "", "u"], input_tokens=[10, 20, 30, 8, 12]))
    # one unit of money a token: task t costs 60 in three steps, u 12 in one
    assert (found.tasks, found.mean, found.median) == (2, 36, 36)
    assert found.steps_per_task == 2
    assert found.tokens_per_task == 36
    assert found.tokens_per_step == 18
    assert found.agent_multiple == 6  # 60 against 8 and 12


def test_without_single_queries_the_multiple_is_not_known():
    found = task_costs(spread(9, task=["t", "t"], input_tokens=[1, 2]))
    assert found.agent_multiple is None
    assert "times" not in found.summary()
    assert found.mean == pytest.approx(9)


def test_usage_that_names_no_task_or_no_single_request_has_none():
    assert task_costs(spread(9, input_tokens=[1])) is None
    assert task_costs(spread(9, "daily", task=["t"], input_tokens=[1])) is None
