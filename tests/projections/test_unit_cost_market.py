from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from diligence.errors import EstimationError
from diligence.prices import PriceBook
from diligence.projections.model_listings import constant_weights, model_listings
from diligence.projections.unit_cost_history import unit_cost_history
from diligence.projections.unit_cost_market import market_prices, own_model_prices
from diligence.projections.unit_cost_periods import ServedPeriod
from diligence.units import parse_period

DAY = date(2025, 12, 31)
O3 = ("openai", "o3")


def history(*rows):
    """Rows of (month, model, Mtok in, Mtok out), each month with a cost of 10."""
    months = list(dict.fromkeys(parse_period(month) for month, *_ in rows))
    served = [ServedPeriod(m, Decimal(10), Decimal(10), Decimal(10)) for m in months]
    frame = pd.DataFrame(
        [
            (day, "openai", model, given * 500_000, received * 500_000)
            for month, model, given, received in rows
            for day in (parse_period(month).start, parse_period(month).end)
        ],
        columns=["day", "provider", "model", "input_tokens", "output_tokens"],
    )
    book, models = lookup(*{("openai", row[1]) for row in rows})
    return unit_cost_history(served, frame, weights=constant_weights(models, book, day=DAY))


def lookup(*names):
    book = PriceBook.load()
    return book, model_listings(sorted(names), book, day=DAY)


def test_own_models_follow_the_list_at_an_unchanged_name():
    # o3 went from 10/40 to 2/8 USD per Mtok on 2025-06-10: a fifth, whatever the mix
    book, models = lookup(O3)
    rows = (("2025-05", "o3", 4, 2), ("2025-06", "o3", 8, 2))
    found = own_model_prices(history(*rows), book=book, models=models, known_on=DAY)
    assert float(found.level(parse_period("2025-06"))) == pytest.approx(0.2)
    assert float(found.change) == pytest.approx(-0.8)
    assert found.vintage == book.vintage
    assert "moved by" in found.summary()


def test_a_move_to_another_model_is_no_change_of_price():
    book, models = lookup(("openai", "gpt-4.1"), ("openai", "gpt-4.1-mini"))
    rows = (("2025-07", "gpt-4.1", 4, 2), ("2025-08", "gpt-4.1-mini", 4, 2))
    found = own_model_prices(history(*rows), book=book, models=models, known_on=DAY)
    assert float(found.change) == pytest.approx(0)


def test_the_market_is_all_models_of_the_makers_at_the_companys_mix():
    book, models = lookup(O3)
    rows = (("2025-05", "o3", 30, 10), ("2025-06", "o3", 30, 10))
    found = market_prices(history(*rows), book=book, models=models, known_on=DAY)
    assert "all models of openai" in found.label
    assert "75 input : 25 output" in found.notes[0]
    # one model of many fell to a fifth: the market fell, and by much less
    assert -0.5 < float(found.change) < 0


def test_known_on_hides_what_came_later():
    book, models = lookup(O3)
    rows = (("2025-05", "o3", 4, 2), ("2025-06", "o3", 8, 2))
    before = date(2025, 6, 9)
    found = own_model_prices(history(*rows), book=book, models=models, known_on=before)
    assert float(found.change) == pytest.approx(0)


def test_an_unlisted_model_is_named_and_prices_nothing():
    book, models = lookup(("openai", "our-7b"))
    assert models.unlisted == ("our-7b",)
    rows = (("2025-05", "our-7b", 4, 2), ("2025-06", "our-7b", 8, 2))
    with pytest.raises(EstimationError, match="needs two periods"):
        own_model_prices(history(*rows), book=book, models=models, known_on=DAY)


def test_constant_weights_keep_the_last_price_of_a_withdrawn_model():
    book = PriceBook.load()
    day = date(2026, 6, 30)
    names = [("anthropic", "claude-sonnet-4-20250514"), ("", "our-7b")]
    models = model_listings(names, book, day=day)
    weights = constant_weights(models, book, day=day)
    assert weights.of(*names[0]).by_kind[0] == 3
    assert weights.of(*names[0]).output == 15
    # nobody lists the own model: input at the median of the others, output four times that
    assert weights.of(*names[1]).input == 3
    assert weights.of(*names[1]).output == 12


def test_a_moving_name_is_the_model_of_the_day():
    book = PriceBook.load()
    name = ("mistral", "mistral-large-latest")
    found = {
        day: model_listings([name], book, day=day).found[name].model
        for day in (date(2025, 6, 30), date(2026, 6, 30))
    }
    assert len(set(found.values())) == 2
