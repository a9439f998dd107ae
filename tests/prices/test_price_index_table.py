"""What a frame of prices must hold before an index is made of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from diligence.errors import EstimationError
from diligence.prices.price_index import price_index
from diligence.prices.price_index_table import period_label, read_price_table, years_between


def five_rows():
    return pd.DataFrame(
        {
            "period": [2, 1, 1, 2, 3],
            "item": ["b", "b", "a", "a", "a"],
            "price": [1.0, 2.0, 3.0, 4.0, 5.0],
            "quantity": [1, 1, 1, 1, 0],
        }
    )


def test_periods_sort_and_gaps_stay_gaps():
    table = read_price_table(five_rows(), weighted=False)
    assert table.periods == (1, 2, 3)
    assert table.items == ("b", "a")
    assert [table.n_items(t) for t in range(3)] == [2, 2, 1]
    assert table.n_matched(0, 2) == 1
    assert table.quantity is None


def test_exact_prices_are_read():
    rows = five_rows().assign(price=[Decimal("1.5")] * 5)
    assert price_index(rows).change == 0.0


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf"), "free", None])
def test_a_price_that_cannot_be_used_is_quoted(value):
    rows = five_rows().astype({"price": object})
    rows.loc[3, "price"] = value
    says = r"1 of 5 rows have not, the first: period 2, item a, price"
    with pytest.raises(EstimationError, match=says):
        price_index(rows)


def test_a_negative_quantity_is_refused():
    rows = five_rows().assign(quantity=[1, 1, -2, 1, 1])
    with pytest.raises(EstimationError, match=r"quantity of at least 0.*quantity -2"):
        price_index(rows, method="fisher")
    assert price_index(rows).last.index > 0


def test_nothing_bought_is_no_weight():
    rows = five_rows().assign(quantity=0)
    with pytest.raises(EstimationError, match="2 items priced in both 1 and 2.*quantity 0"):
        price_index(rows, method="tornqvist")


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (five_rows().drop(columns="price"), "price missing, found period, item, quantity"),
        (five_rows().head(0), "at least two periods, got no row"),
        (five_rows().query("period == 1"), r"at least two periods, got one \(1\)"),
        (pd.concat([five_rows()] * 2), "Item 'b' has 10 prices marked twice, first in 2"),
    ],
)
def test_refusals(rows, says):
    with pytest.raises(EstimationError, match=says):
        price_index(rows)


def test_quantities_are_asked_for_by_name():
    with pytest.raises(EstimationError, match="quantity missing.*'jevons' needs no quantity"):
        price_index(five_rows().drop(columns="quantity"), method="fisher")


def test_labels_and_years():
    assert period_label(pd.Timestamp("2026-03-31")) == "2026-03-31"
    half = years_between(pd.Timestamp("2026-01-01"), date(2026, 7, 2))
    assert half == pytest.approx(0.5, abs=0.002)
    assert years_between(pd.Period("2024", "Y"), pd.Period("2026", "Y")) == pytest.approx(
        2, abs=0.01
    )
    assert years_between("a", "b") is None
    assert years_between(date(2026, 1, 1), date(2026, 1, 1)) is None
