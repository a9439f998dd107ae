"""What a company and its investor lose when one supplier alone doubles its prices."""

from __future__ import annotations

from datetime import date

import pytest

from diligence.analysis import analyse
from diligence.analysis.supplier_exposure import supplier_exposures
from diligence.inputs.load import load_deal
from tests.small_deals import write_deal

DEAL = """\
company: Acme AI
archetype: application
as_of: 2025-12-31
reporting_currency: USD
round: {{instrument: preferred, share_class: Series A, seniority: senior, preference_multiple: 1,
        participating: false, cheque: 1 m, round_size: 2 m, pre_money: 8 m, post_money: 10 m,
        ownership: 0.1, primary: 2 m, secondary: 0, decision_date: 2026-02-01}}
cash: {{debt: 0}}
exposure:
  - {{input: tokens, side: buy, supplier: OpenAI, share: 0.5, pass_through: 0,
     applies_to: inference{openai}}}
  - {{input: tokens, side: buy, supplier: Azure OpenAI, share: 0.25, pass_through: 0,
     applies_to: inference}}
  - {{input: gpu_hours, side: rent, supplier: CoreWeave, share: 0.25, pass_through: 0,
     applies_to: inference}}
"""
REVENUE = "period,net,unit\n2024,800,USD k\n2025,1200,USD k\n"


def found(folder, openai=""):
    deal = load_deal(
        write_deal(folder, deal__yaml=DEAL.format(openai=openai), revenue__csv=REVENUE)
    )
    analysis = analyse(deal)
    return supplier_exposures(deal, analysis.future, analysis.register)


def test_resellers_count_with_the_maker_and_the_loss_is_the_exposed_cost(tmp_path):
    # Inference of 300 a year is 25 a month: three quarters behind one maker.
    exposures = found(tmp_path / "acme")
    openai, coreweave = exposures.by_supplier
    assert (openai.supplier, coreweave.supplier) == ("OpenAI", "CoreWeave")
    assert openai.share == pytest.approx(0.75)
    assert openai.gross_profit_loss == pytest.approx(18_750)
    assert coreweave.gross_profit_loss == pytest.approx(6_250)
    assert exposures.concentration == pytest.approx(0.75**2 + 0.25**2)
    assert openai.lock_until is None


def test_the_position_starts_at_the_cheque_and_loses_more_to_the_larger_supplier(tmp_path):
    exposures = found(tmp_path / "acme")
    openai, coreweave = exposures.by_supplier
    assert exposures.position == pytest.approx(1_000_000, rel=1e-6)
    assert 0 < coreweave.position_loss < openai.position_loss < 1


def test_a_lock_through_the_year_keeps_that_part_of_the_profit(tmp_path):
    locked = found(tmp_path / "acme", openai=", lock_until: 2027-06-30").by_supplier[0]
    assert locked.gross_profit_loss == pytest.approx(6_250)
    assert locked.lock_until == date(2027, 6, 30)


def test_a_deal_without_round_has_no_position_to_lose(tmp_path):
    deal = load_deal(write_deal(tmp_path / "plain"))
    analysis = analyse(deal)
    exposures = supplier_exposures(deal, analysis.future, analysis.register)
    assert exposures.position is None
    assert [one.position_loss for one in exposures.by_supplier] == [None]
