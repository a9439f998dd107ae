from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from diligence.prices import PriceBook, PriceRecord
from diligence.prices.price_records import TieredRate
from diligence.projections.model_listings import model_listings
from diligence.projections.model_price_history import model_price_history

HEAD = (
    "provider,model,effective_date,known_on,state,input,output,cached_input,"
    "source,checked,date_basis\n"
)
ROWS = """acme,talk-1,2025-01-01,2025-01-01,effective,2,8,0.5,list A,2026-01-01,documented
acme,talk-1,2025-03-01,2025-03-01,effective,2,8,,list B,2026-01-01,documented
acme,talk-1,2025-07-01,2025-06-15,effective,1,4,0.25,list A,2026-01-01,documented
acme,talk-1,2026-04-01,2025-12-01,announced,3,12,,notice,2026-01-01,documented
acme,talk-1,2026-04-01,2026-02-01,cancelled,,,,notice,2026-03-01,documented
"""
WINDOW = {"start": date(2025, 2, 1), "end": date(2025, 12, 31)}


@pytest.fixture
def book(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(HEAD + ROWS)
    return PriceBook.load(path)


def history(book, known_on, **window):
    models = model_listings([("acme", "talk-1")], book, day=known_on)
    return model_price_history(models, book, known_on=known_on, **(WINDOW | window))


def test_steps_start_with_the_price_in_force_and_join_what_prices_alike(book):
    found = history(book, date(2025, 11, 30))
    assert [(s.effective_date, s.usd_per_mtok_input, s.state) for s in found.steps] == [
        (date(2025, 1, 1), 2, "effective"),
        (date(2025, 7, 1), 1, "effective"),
    ]
    assert found.steps[0].usd_per_mtok_cached_input == Decimal("0.5")
    assert found.steps[1].known_on == date(2025, 6, 15)
    assert found.moved == (("acme", "talk-1"),)
    # three parts of input at 2 and one of output at 8
    assert found.steps[0].blended == Decimal("3.5")


def test_an_announced_price_is_shown_as_announced(book):
    found = history(book, date(2025, 12, 31))
    assert found.steps[-1].state == "announced"
    assert found.steps[-1].usd_per_mtok_input == 3
    assert found.cancelled == ()
    assert "1 announced" in found.summary()


def test_a_cancelled_announcement_is_named_and_never_a_step(book):
    found = history(book, date(2026, 3, 31), end=date(2026, 3, 31))
    assert [step.effective_date for step in found.steps] == [date(2025, 1, 1), date(2025, 7, 1)]
    assert found.cancelled == (
        "talk-1: the change announced for 2026-04-01 was cancelled (known 2026-02-01)",
    )


def test_repricings_are_those_of_the_models_in_use(book):
    found = history(book, date(2025, 12, 31))
    assert [(c.effective_date, float(c.multiple)) for c in found.repricings] == [
        (date(2025, 7, 1), 0.5),
        (date(2026, 4, 1), 3.0),
    ]
    assert found.repricings[-1].state == "announced"


def test_a_model_nobody_lists_is_named(book):
    day = date(2025, 12, 31)
    models = model_listings([("", "our-7b")], book, day=day)
    found = model_price_history(models, book, known_on=day, **WINDOW)
    assert found.steps == ()
    assert "no list price: our-7b" in found.summary()


def test_every_step_carries_its_source(book):
    found = history(book, date(2025, 12, 31))
    assert {step.source for step in found.steps} == {"list A", "notice"}
    assert found.to_frame()["known_on"].iloc[0] == date(2025, 1, 1)


def test_a_withdrawn_model_ends_without_a_price(book):
    gone = PriceRecord("acme", "talk-1", date(2025, 9, 1), date(2025, 8, 1), "withdrawn", rank=2)
    again = replace(
        gone, effective_date=date(2025, 10, 1), state="effective", input=TieredRate(Decimal(1)),
        output=TieredRate(Decimal(4)),
    )  # fmt: skip
    wider = replace(book, own=(*book.own, gone, again), _lines={})
    states = [step.state for step in history(wider, date(2025, 11, 30)).steps]
    assert states == ["effective", "effective", "withdrawn", "effective"]
