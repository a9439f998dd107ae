"""Who buys which model."""

from decimal import Decimal

import pytest

from diligence.errors import InputError
from diligence.prices.holdings_file import HeldModel, read_holdings


def test_rows_are_read(tmp_path):
    path = tmp_path / "holdings.csv"
    path.write_text('company,model,provider,usd_per_month\nA,gpt-5.4,OpenAI,"12,000"\nB,m,,\n')
    assert read_holdings(path) == (
        HeldModel("A", "gpt-5.4", "openai", Decimal(12_000)),
        HeldModel("B", "m"),
    )


def test_every_problem_is_named_at_once(tmp_path):
    path = tmp_path / "holdings.csv"
    path.write_text("company,model,usd_per_month\n,gpt-5.4,1\nB,,lots\nC,m,-1\n")
    with pytest.raises(InputError) as refused:
        read_holdings(path)
    told = str(refused.value)
    for part in ("2:company", "3:model", "3:usd_per_month: found 'lots'", "found '-1'"):
        assert part in told
