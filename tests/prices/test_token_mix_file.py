"""A company's tokens from a file, priced at list."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from diligence.errors import InputError, UnknownModelError
from diligence.prices.price_book import PriceBook
from diligence.prices.token_mix import company_price_index
from diligence.prices.token_mix_file import list_rates, read_token_mix
from diligence.units import parse_period


def written(tmp_path, text):
    path = tmp_path / "tokens.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_rows_are_read_and_priced(tmp_path):
    """GPT-5.4 at 2.5/15 in March, GPT-5.5 at 5/30 in April for one service: twice the price."""
    path = written(
        tmp_path,
        "month,model,service,input,output,cached_input\n"
        "2026-03,gpt-5.4,agent,60000000,10000000,\n"
        "2026-04,gpt-5.5,agent,60000000,10000000,\n",
    )
    mixes = read_token_mix(path)
    assert mixes[0].period == parse_period("2026-03")
    assert mixes[0].tokens == {"input": 60_000_000, "output": 10_000_000}
    rates = list_rates(mixes, book=PriceBook.load())
    assert rates[0].usd_per_mtok["output"] == 15
    index = company_price_index(mixes, rates=rates)
    assert index.list_index.last.index == pytest.approx(2.0)
    assert list(index.bills.values()) == [Decimal(300), Decimal(600)]
    assert index.to_json()["bill_usd"] == {"2026-03": 300.0, "2026-04": 600.0}


def test_every_problem_is_named_at_once(tmp_path):
    path = written(
        tmp_path,
        "month,model,input,work\nsoon,,1,1\n2026-03,m,1.5,0\n2026-03,m,-1,\n2026-03,m,,\n",
    )
    with pytest.raises(InputError) as refused:
        read_token_mix(path)
    told = str(refused.value)
    for part in (
        "2:month: found 'soon'",
        "2:model: found an empty cell",
        "3:input: found '1.5'",
        "3:work: found 0",
        "4:input: found '-1'",
        "5:input: found no tokens",
    ):
        assert part in told


def test_an_unknown_model_never_costs_nothing(tmp_path):
    path = written(tmp_path, "month,model,input\n2026-03,gpt-5.44,1\n2026-04,gpt-5.44,1\n")
    with pytest.raises(UnknownModelError, match=r"gpt-5\.44"):
        list_rates(read_token_mix(path), book=PriceBook.load(), known_on=date(2026, 5, 1))
