"""Prices of anything, from a file."""

from __future__ import annotations

from datetime import date

import pytest

from diligence.errors import InputError
from diligence.prices.price_observations_file import read_price_observations
from diligence.units import parse_period


def written(tmp_path, text):
    path = tmp_path / "prices.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (("1", "2"), [1, 2]),
        (("2026-01-31", "2026-02-28"), [date(2026, 1, 31), date(2026, 2, 28)]),
        (("2026-01", "2026-02"), [parse_period("2026-01"), parse_period("2026-02")]),
    ],
)
def test_periods_of_one_kind(tmp_path, texts, values):
    rows = "".join(f"{text},a,1.5\n" for text in texts)
    table = read_price_observations(written(tmp_path, "period,item,price\n" + rows))
    assert list(table["period"]) == values
    assert list(table) == ["period", "item", "price"]


def test_qualities_are_numbers_where_every_cell_is_one(tmp_path):
    path = written(
        tmp_path,
        "period,item,price,quantity,score,maker\n1,a,2,0,0.5,x\n1,b,3,4,,y\n",
    )
    table = read_price_observations(path, quality=["score", "maker"])
    assert table["quantity"].tolist() == [0.0, 4.0]
    assert table["score"].isna().tolist() == [False, True]
    assert table["maker"].tolist() == ["x", "y"]


def test_every_problem_is_named_at_once(tmp_path):
    path = written(
        tmp_path,
        "period,item,price,quantity\n1,a,0,1\n2,,x,-1\nMay,b,2,1\n2026-01-01,c,1,1\n",
    )
    with pytest.raises(InputError) as refused:
        read_price_observations(path)
    told = str(refused.value)
    for part in (
        "2:price: found '0'",
        "3:item: found an empty cell",
        "3:price: found 'x'",
        "3:quantity: found '-1'",
        "4:period: found 'May'",
        "5:period: found '2026-01-01'",
    ):
        assert part in told


def test_an_unknown_column_is_refused(tmp_path):
    with pytest.raises(InputError, match="prise"):
        read_price_observations(written(tmp_path, "period,item,prise\n1,a,1\n"))
