"""Which model followed which: the table that travels with the package, and tables that lie."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from diligence.errors import InputError
from diligence.prices.price_book import PriceBook
from diligence.prices.successions import Succession, read_successions, successions

HEAD = "provider,predecessor,successor,effective_date,token_multiple,measured_on,source,checked\n"
GOOD = "maker,a,b,2026-02-01,1.2,2026-02-20,a study,2026-11-21\n"


def written(tmp_path, *rows):
    path = tmp_path / "successions.csv"
    path.write_text(HEAD + "".join(rows), encoding="utf-8")
    return path


def test_a_row_is_read(tmp_path):
    unmeasured = "maker,b,c,2026-01-01,,,a list,2026-11-21\n"
    first, second = read_successions(written(tmp_path, GOOD, unmeasured))
    assert (first.predecessor, first.token_multiple, first.measured_on) == ("b", 1, None)
    assert second == Succession(
        "maker", "a", "b", date(2026, 2, 1), Decimal("1.2"), date(2026, 2, 20), "a study"
    )


def test_a_multiple_counts_from_the_day_it_was_measured(tmp_path):
    (step,) = read_successions(written(tmp_path, GOOD))
    assert step.tokens(date(2026, 2, 19)) == 1
    assert step.tokens(date(2026, 2, 20)) == Decimal("1.2")
    assert step.tokens() == Decimal("1.2")


def test_every_problem_is_named_at_once(tmp_path):
    path = written(
        tmp_path,
        GOOD,
        "maker,a,d,2026-02-01,,,a list,2026-11-21\n",
        "maker,,e,soon,0,,a list,2026-11-21\n",
        "maker,f,g,2026-02-01,1.3,,,2026-11-21\n",
    )
    with pytest.raises(InputError) as refused:
        read_successions(path)
    told = str(refused.value)
    for part in (
        "one predecessor a row: row 2 names it too",
        "4:predecessor: found an empty cell",
        "4:effective_date: found 'soon'",
        "4:token_multiple: found '0'",
        "5:measured_on: found ''",
        "5:source: found an empty cell",
    ):
        assert part in told


def test_the_package_names_models_of_the_price_book_in_order_of_their_dates():
    book = PriceBook.load()
    for step in successions():
        for model in (step.predecessor, step.successor):
            assert book.find(model, provider=step.provider).model == model
        price = book.as_of(date(2026, 8, 31)).show(step.successor, provider=step.provider)
        assert price.effective_date is None or price.usd_per_mtok_input != 0
        assert step.token_multiple == 1 or step.measured_on >= step.effective_date
    days = {(s.provider, s.successor): s.effective_date for s in successions()}
    for step in successions():
        before = days.get((step.provider, step.predecessor))
        assert before is None or before < step.effective_date
