"""Whose cost stands for which model: by usage at list price, and adding up."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.prices import PriceBook
from diligence.projections.company_model import CompanyModel, PricedLine, PriceKey, SegmentModel
from diligence.projections.model_mix import model_mix
from tests.prices.price_lists import book_of, row, write_list

DAY = date(2025, 6, 30)
BIG = PriceKey("tokens", "buy", "Acme", "big")
RENT = PriceKey("gpu_hours", "rent", "A cloud")


@pytest.fixture
def book(tmp_path):
    return book_of(
        write_list(
            tmp_path / "list.csv",
            row("big", "2025-01-01", prices="10,40,1"),
            row("small", "2025-01-01", prices="2,8,0.2"),
        )
    )


def company(*lines):
    return CompanyModel("Small", "USD", (SegmentModel("", 1000.0, lines=tuple(lines)),))


def usage(*rows):
    names = ["day", "provider", "model", "input_tokens", "cached_input_tokens"]
    names += ["cache_write_tokens", "output_tokens", "requests"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.assign(day=pd.to_datetime(frame["day"]))


def test_cost_follows_money_at_list_price(book):
    # big: 1 Mtok in and 0.5 out at 10 and 40 are 30 USD; small: 5 in at 2 are 10. Of 80, 60 and 20.
    model = company(PricedLine(BIG, paid=50.0, unpaid=30.0))
    rows = usage(
        ("2025-06-01", "acme", "big", 1_000_000, 0, 0, 500_000, 10),
        ("2025-06-02", "acme", "small", 5_000_000, 0, 0, 0, 100),
    )

    mix = model_mix(model, prices=book.as_of(DAY), usage=rows)

    assert [(use.model, use.cost) for use in mix.uses] == [("big", 60), ("small", 20)]
    assert mix.cost == 80
    big = mix.uses[0]
    assert big.price is not None
    assert big.price["blended"] == 20  # 30 USD for 1.5 Mtok
    assert big.list_price == 20


def test_cached_tokens_and_discounts_lower_what_is_paid_and_not_the_list(book):
    model = company(PricedLine(BIG, paid=10.0))
    rows = usage(("2025-06-01", "acme", "big", 1_000_000, 1_000_000, 0, 0, 10))

    mix = model_mix(model, prices=book.as_of(DAY), usage=rows, discounts={"Acme": Decimal("0.2")})

    (use,) = mix.uses
    assert use.list_price == 10
    # (10 + 1) / 2 less 20 %
    assert use.price is not None
    assert use.price["blended"] == Decimal("4.4")
    assert use.price["input"] == 8


def test_without_usage_three_to_one_is_assumed_and_said(book):
    mix = model_mix(company(PricedLine(BIG, paid=10.0)), prices=book.as_of(DAY))

    (use,) = mix.uses
    assert use.is_assumed
    assert use.price is not None
    assert use.price["blended"] == Decimal("17.5")  # (3 x 10 + 40) / 4
    assert "three tokens in to one out" in mix.summary()
    assert mix.to_frame()["mtok_per_month"].isna().all()


def test_only_the_last_three_months_count(book):
    model = company(PricedLine(BIG, paid=10.0))
    rows = usage(
        ("2025-01-15", "acme", "small", 9_000_000, 0, 0, 0, 10),
        ("2025-04-15", "acme", "big", 3_000_000, 0, 0, 0, 10),
        ("2025-06-15", "acme", "big", 3_000_000, 0, 0, 0, 20),
        ("2025-07-15", "acme", "small", 9_000_000, 0, 0, 0, 10),
    )

    (use,) = model_mix(model, prices=book.as_of(DAY), usage=rows).uses

    assert use.model == "big"
    assert use.tokens is not None
    # two months have usage: three million tokens and fifteen requests in an average one
    assert (use.tokens.input, use.tokens.requests) == (3_000_000, 15)


def test_two_sellers_of_one_maker_share_its_tokens(book):
    cloud = PriceKey("tokens", "buy", "A cloud's Acme", "big")
    model = company(PricedLine(BIG, paid=75.0), PricedLine(cloud, paid=25.0))
    rows = usage(("2025-06-01", "acme", "big", 1_000_000, 0, 0, 0, 10))

    mix = model_mix(model, prices=book.as_of(DAY), usage=rows)

    tokens = {use.key.supplier: use.tokens.input for use in mix.uses if use.tokens}
    assert tokens == {"Acme": 750_000, "A cloud's Acme": 250_000}


def test_unknown_models_and_rented_gpus_stand_without_a_price(book):
    other = PriceKey("tokens", "buy", "Somebody", "our-7b")
    model = company(PricedLine(other, paid=10.0), PricedLine(RENT, paid=5.0))

    mix = model_mix(model, prices=book.as_of(DAY))

    assert [(use.key.supplier, use.price) for use in mix.uses] == [
        ("A cloud", None),
        ("Somebody", None),
    ]
    assert any("no list price is known" in note for note in mix.notes)


def test_usage_of_a_maker_nobody_bills_is_named():
    key = PriceKey("tokens", "buy", "OpenAI", "gpt-4.1")
    rows = usage(
        ("2026-06-01", "openai", "gpt-4.1-2025-04-14", 1_000_000, 0, 0, 0, 10),
        ("2026-06-01", "mistral", "mistral-large-latest", 1_000_000, 0, 0, 0, 10),
    )

    mix = model_mix(
        company(PricedLine(key, paid=10.0)),
        prices=PriceBook.load().as_of(date(2026, 6, 30)),
        usage=rows,
    )

    assert [use.model for use in mix.uses] == ["gpt-4.1"]
    assert any("mistral" in note for note in mix.notes)


@given(
    tokens=st.lists(st.integers(1, 10**12), min_size=4, max_size=4),
    paid=st.floats(0.01, 1e9),
)
def test_shares_add_up_to_the_line(tokens, paid):
    book = PriceBook.load().as_of(date(2026, 6, 30))
    key = PriceKey("tokens", "buy", "OpenAI", "gpt-5.4")
    rows = usage(
        ("2026-06-01", "openai", "gpt-5.4", tokens[0], tokens[1], 0, tokens[2], 5),
        ("2026-06-02", "openai", "gpt-5.4-mini", tokens[3], 0, 0, tokens[2], 5),
    )

    mix = model_mix(company(PricedLine(key, paid=paid)), prices=book, usage=rows)

    assert float(mix.cost) == pytest.approx(paid)
