from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.errors import InputError
from diligence.projections.price_fall_keeper import who_keeps_the_price_fall

D = Decimal


def parts(*args, **kwargs):
    kept = who_keeps_the_price_fall(*args, **kwargs)
    return {part.who: (part.money, part.share) for part in kept.parts}


# Five rows a reader checks in the head; unit cost starts at 10 and the market halves in each
# (M = 5) but the last: (market ratio, cost after, revenue before and after, the three parts).
@pytest.mark.parametrize(
    ("ratio", "after", "sold", "expected"),
    [
        ("0.5", "10", ("20", "20"), ("5", "0", "0")),  # locked in: the supplier keeps all
        ("0.5", "5", ("20", "20"), ("0", "5", "0")),  # same price to customers: all is margin
        ("0.5", "5", ("20", "15"), ("0", "0", "5")),  # all passed on
        ("0.5", "4", ("20", "12"), ("-1", "-2", "8")),  # beat the market, gave away more
        ("1.2", "12", ("20", "21"), ("0", "-1", "-1")),  # a rise of 2, borne half and half
    ],
)
def test_five_deals(ratio, after, sold, expected):
    found = parts(D(ratio), cost=(D(10), D(after)), revenue=(D(sold[0]), D(sold[1])))
    assert [found[who][0] for who in ("supplier", "company", "customers")] == [
        D(amount) for amount in expected
    ]


def test_shares_of_a_rise_are_of_what_has_to_be_borne():
    kept = who_keeps_the_price_fall(D("1.2"), cost=(D(10), D(12)), revenue=(D(20), D(21)))
    assert kept.move == "rise"
    assert [part.share for part in kept.parts] == [0, D("0.5"), D("0.5")]
    assert "company bears +1.000 (50%)" in kept.summary()


def test_a_share_too_small_to_show_is_0_without_a_sign():
    # The market takes 5 off, the company saved 5.01.
    less = who_keeps_the_price_fall(D("0.5"), cost=(D(10), D("4.99")))
    assert less.part("supplier") == D("-0.01")
    assert "supplier keeps -0.010 (0%)" in less.summary()
    assert "-0%" not in less.summary()


def test_without_revenue_the_company_and_its_customers_stay_one():
    kept = who_keeps_the_price_fall(D("0.5"), cost=(D(10), D(8)))
    assert [(part.who, part.money) for part in kept.parts] == [
        ("supplier", 3),
        ("company or customers", 2),
    ]
    assert kept.part("customers") is None
    assert kept.revenue_fall is None
    assert "revenue.csv" in kept.summary()


def test_a_market_that_stands_still_has_nothing_to_share_out():
    kept = who_keeps_the_price_fall(D("0.999"), cost=(D(10), D(10)), revenue=(D(20), D(17)))
    assert kept.move == "flat"
    assert all(part.share is None for part in kept.parts)
    assert kept.part("customers") == 3
    assert kept.part("company") == -3
    assert "no fall to keep" in kept.summary()


@pytest.mark.parametrize(
    ("ratio", "cost", "revenue", "words"),
    [
        ("0", ("1", "1"), None, "market_ratio is 0"),
        ("0.5", ("0", "1"), None, "cost before is 0"),
        ("0.5", ("1", "-1"), None, "cost after is -1"),
        ("0.5", ("1", "1"), ("1", "-2"), "revenue after is -2"),
        ("NaN", ("1", "1"), None, "market_ratio is NaN"),
    ],
)
def test_refusals_quote_the_value(ratio, cost, revenue, words):
    with pytest.raises(InputError, match=words):
        who_keeps_the_price_fall(
            D(ratio),
            cost=(D(cost[0]), D(cost[1])),
            revenue=None if revenue is None else (D(revenue[0]), D(revenue[1])),
        )


money = st.decimals(0, 10_000, places=6)
above = st.decimals("0.000001", 10_000, places=6)
ratios = st.decimals("0.01", 10, places=6)


@given(ratios, above, money, st.none() | st.tuples(money, money))
def test_parts_add_up_to_the_markets_move_exactly(ratio, before, after, sold):
    kept = who_keeps_the_price_fall(ratio, cost=(before, after), revenue=sold)
    assert sum(part.money for part in kept.parts) == kept.market_fall
    shares = [part.share for part in kept.parts]
    if shares[0] is not None:
        assert float(sum(shares)) == pytest.approx(1)


@given(ratios, above, money, money, money, st.decimals("0.1", 20, places=3))
def test_another_currency_changes_no_share(ratio, before, after, sold0, sold1, rate):
    plain = who_keeps_the_price_fall(ratio, cost=(before, after), revenue=(sold0, sold1))
    other = who_keeps_the_price_fall(
        ratio,
        cost=(before * rate, after * rate),
        revenue=(sold0 * rate, sold1 * rate),
    )
    for mine, theirs in zip(plain.parts, other.parts, strict=True):
        assert float(theirs.money) == pytest.approx(float(mine.money * rate), abs=1e-8)
