"""One market: the same prices in every process, whoever else is in the portfolio."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

from diligence.projections import PriceKey
from diligence.projections.company_model import CompanyModel, PricedLine, SegmentModel
from diligence.stress.market_draw import PriceProcess, draw_market
from diligence.stress.simulation import simulate

PATHS, MONTHS, SEED = 200, 24, 11
OPENAI, CLAUDE, GPUS = (
    PriceKey("tokens", "buy", "OpenAI"),
    PriceKey("tokens", "buy", "Anthropic"),
    PriceKey("gpu_hours", "rent", "CoreWeave"),
)
PROCESSES = {
    "tokens": PriceProcess(
        drift=-0.2,
        drift_sd=0.3,
        noise_sd_per_month=0.05,
        jumps_per_year=1.0,
        jump_mean=0.3,
        jump_sd=0.2,
    ),
    "gpu_hours": PriceProcess(noise_sd_per_month=0.08, reversion_per_month=0.1),
}
WORKER = """
import sys
from tests.portfolio.test_one_market import CLAUDE, GPUS, OPENAI, digest
print(digest([{"a": OPENAI, "b": CLAUDE, "c": GPUS}[name] for name in sys.argv[1]]))
"""


def market(keys):
    return draw_market(PROCESSES, keys, months=MONTHS, paths=PATHS, seed=SEED)


def digest(keys):
    return hashlib.sha256(market(keys).prices[OPENAI].tobytes()).hexdigest()


def company(name, key, cash):
    line = PricedLine(key, paid=30.0)
    return CompanyModel(
        name, "USD", (SegmentModel("", 100.0, 10.0, lines=(line,)),), fixed_cost=65.0, bridge=0.0,
        cash=cash,
    )  # fmt: skip


def test_two_holdings_of_one_supplier_meet_the_same_prices_in_separate_processes():
    printed = [
        subprocess.run(
            [sys.executable, "-c", WORKER, keys],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for keys, seed in (("a", "1"), ("cba", "2"))
    ]
    assert printed == [digest([OPENAI, CLAUDE])] * 2


def test_leaving_one_holding_out_changes_no_other():
    three = [company("A", OPENAI, 60.0), company("B", CLAUDE, 80.0), company("C", GPUS, 40.0)]
    every = simulate(three, market([OPENAI, CLAUDE, GPUS]), seed=SEED)
    (alone,) = simulate(three[:1], market([OPENAI]), seed=SEED)
    assert np.array_equal(alone.results.runway_months, every[0].results.runway_months)
    assert np.array_equal(alone.results.paid_margin, every[0].results.paid_margin)


def test_holdings_of_one_supplier_fail_together_more_often_than_by_chance():
    one, other = simulate(
        [company("A", OPENAI, 60.0), company("B", OPENAI, 60.0)], market([OPENAI]), seed=SEED
    )
    first, second = (found.results.runway_months <= MONTHS for found in (one, other))
    assert 0.05 < first.mean() < 0.95
    both = (first & second).mean()
    assert both > first.mean() * second.mean() * 1.05
    assert both == pytest.approx(first.mean())
