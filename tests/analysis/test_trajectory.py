"""Cost trajectories of two invented deals and of a company whose books are all there is."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import pytest

from diligence.analysis import analyse, cost_trajectory
from diligence.inputs.load import load_deal
from diligence.reporting.sections import prices_section, trajectory_section
from diligence.resources import resource_path


@pytest.fixture(scope="module")
def agents():
    return analyse(load_deal(resource_path("datasets", "samples", "harrowgate-agents")))


@pytest.fixture(scope="module")
def minimax():
    return analyse(load_deal(resource_path("datasets", "cases", "minimax")))


def words(section):
    texts = [str(getattr(block, "text", "")) for block in section.blocks]
    cells = [
        cell
        for block in section.blocks
        for row in getattr(block, "rows", ())
        for cell in (*(column.title for column in block.columns), *row)
    ]
    return " ".join([*texts, *cells])


def test_unit_cost_of_a_month_is_its_serving_cost_over_its_tokens(agents):
    company = agents.trajectory.company
    last = company.history.points[-1]
    month = next(r for r in agents.history if r.period == last.period)
    basis = month.ladder.company.basis
    serving = basis.paid_in_cogs + basis.paid_elsewhere + basis.free_in_cogs
    serving += basis.free_elsewhere + basis.credits_high + basis.serving_pool
    frame = agents.deal.usage.frame
    rows = frame[frame["day"].dt.strftime("%Y-%m") == last.period.label]
    kinds = ["input_tokens", "cached_input_tokens", "cache_write_tokens", "output_tokens"]
    tokens = int(rows[kinds].sum().sum())
    assert last.usage.tokens == tokens
    assert float(last.per_mtok) == pytest.approx(float(serving) * 1e6 / tokens)


def test_the_fit_is_that_of_the_matched_unit_cost(agents):
    found = agents.trajectory
    assert found.is_unit_cost
    first, last = found.observed.iloc[0], found.observed.iloc[-1]
    assert found.fit.n == 12
    # eleven months from first to last
    yearly = 1 - math.exp(math.log(last / first) * 12 / 11)
    low, high = found.fit.conf_int(0.90)
    assert low < yearly < high


def test_parts_of_the_price_fall_add_up(agents):
    keeper = agents.trajectory.company.keeper
    assert sum(part.money for part in keeper.parts) == keeper.market_fall


def test_a_deal_without_usage_falls_back_to_the_cost_ratio_and_says_so(minimax):
    found = minimax.trajectory
    assert not found.is_unit_cost
    assert found.company is None
    assert found.series_name == "cost of revenue per unit of revenue"
    # 1 + 24.7 %, 1 - 12.2 %, and 40.99 of 53.44; the last quarter is the year less nine months
    assert list(found.observed.round(3)) == pytest.approx([1.247, 0.878, 0.767, 0.702])
    assert "usage/" in words(trajectory_section(minimax))


def test_too_few_months_of_usage_fall_back_to_the_ratio_and_keep_their_unit_costs(agents):
    early = replace(agents.deal, usage=agents.deal.usage.until(date(2025, 9, 30)))
    found = cost_trajectory(early, agents.history)
    assert not found.is_unit_cost
    assert found.fallback.endswith("of the same 4 periods or more; there are 3")
    assert found.series_name == "cost of revenue per unit of revenue"
    assert [point.period.label for point in found.company.history.points] == [
        "2025-07",
        "2025-08",
        "2025-09",
    ]
    assert found.company.market_needs == "a list price of the models in usage/"


def test_the_memo_prints_the_backtest_and_the_vintage(agents):
    trajectory, prices = words(trajectory_section(agents)), words(prices_section(agents))
    assert "Backtest on this series" in trajectory
    assert agents.trajectory.panel.summary()[1:] in trajectory
    assert "features matched" in trajectory
    assert agents.price_history.vintage in prices
    for column in ("Effective", "Known on", "State", "Source"):
        assert column in prices


def test_no_price_of_the_memo_came_after_its_day(agents):
    day = agents.deal.terms.as_of
    for step in agents.price_history.steps:
        assert step.known_on <= day
        assert step.state == "announced" or step.effective_date <= day


@pytest.fixture(scope="module")
def own_models():
    return analyse(load_deal(resource_path("datasets", "samples", "ardent-lattice")))


def test_models_nobody_lists_get_no_market_price_and_are_named(own_models):
    found = own_models.trajectory
    assert found.is_unit_cost
    assert found.company.market is None
    assert found.company.keeper is None
    assert "lattice-3" in words(trajectory_section(own_models))
    assert "never counted as 0" in words(prices_section(own_models))


def test_a_deal_that_names_no_model_says_what_prices_need(minimax):
    assert minimax.price_history is None
    assert "model names under exposure in deal.yaml" in words(prices_section(minimax))
