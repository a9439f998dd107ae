"""Bills by supplier and month: exact sums, months held, months cut, the same bill twice."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from diligence.costs.billed_months import billed_lines, held_months
from diligence.costs.repeats import without_repeats
from diligence.units import parse_period
from tests.support import bill, bill_line, deal


def months(*labels):
    return frozenset(map(parse_period, labels))


def lines_of(*bills):
    return billed_lines(deal([], [], bills=bills))


def counted(*bills):
    formats = {b.name: b.format for b in bills}
    return without_repeats(lines_of(*bills), formats=formats)


def test_rows_of_a_month_are_added_up():
    found = lines_of(
        bill(
            [
                bill_line("tokens", "1.5", "2025-01-03", quantity=2),
                bill_line("tokens", "2.5", "2025-01-09", quantity=3, first_row=9),
                bill_line("tokens", 7, "2025-02-01"),
            ]
        )
    )
    january, february = found
    assert (january.line.effective, january.line.quantity, january.line.n_rows) == (4, 5, 2)
    assert (january.month, january.line.first_row) == (parse_period("2025-01"), 2)
    assert (february.line.effective, february.supplier) == (7, "AWS")


def test_credits_and_refunds_stay_lines_of_their_own():
    rows = [bill_line("tokens", 10), bill_line("tokens", -4, kind="credit")]
    assert [found.line.effective for found in lines_of(bill(rows))] == [10, -4]


def test_a_quantity_missing_once_is_missing_in_the_sum():
    rows = [bill_line("tokens", 1, quantity=2), bill_line("tokens", 1)]
    assert lines_of(bill(rows))[0].line.quantity is None


def test_other_currencies_are_converted_with_the_rate_of_the_month():
    (found,) = lines_of(bill([bill_line("tokens", 100, currency="EUR")]))
    assert found.line.currency == "USD"
    assert 100 < found.line.effective < 130
    assert int(found.line.effective.as_tuple().exponent) >= -12


def test_a_month_inside_a_bill_without_lines_is_not_held():
    rows = [bill_line("tokens", 1, day) for day in ("2025-01-01", "2025-02-01", "2025-04-01")]
    assert held_months([bill(rows)])["AWS"].months == months("2025-01", "2025-02", "2025-04")


def test_each_supplier_of_a_bill_has_its_own_months():
    rows = [
        bill_line("tokens", 1, "2025-01-01"),
        bill_line("tokens", 1, "2025-02-01", supplier="OpenAI"),
    ]
    found = held_months([bill(rows)])
    assert found["AWS"].months == months("2025-01")
    assert found["OpenAI"].months == months("2025-02")


def test_a_month_the_bill_does_not_reach_the_end_of_is_cut():
    rows = [bill_line("tokens", 1, "2025-01-01"), bill_line("tokens", 1, "2025-02-01")]
    cut = bill(rows, last_day=date(2025, 2, 17))
    assert held_months([cut])["AWS"].cut == months("2025-02")
    assert held_months([bill(rows)])["AWS"].cut == frozenset()


def test_a_quiet_weekend_and_monthly_invoices_cut_nothing():
    rows = [bill_line("tokens", 1, "2025-01-01"), bill_line("tokens", 1, "2025-02-01")]
    quiet = bill(rows, last_day=date(2025, 2, 26))
    invoices = bill(rows, first_day=date(2025, 1, 5), last_day=date(2025, 2, 5))
    assert held_months([quiet])["AWS"].cut == frozenset()
    assert held_months([invoices])["AWS"].cut == frozenset()


def test_two_files_that_meet_inside_a_month_cut_nothing():
    first = bill([bill_line("a", 1, "2025-02-01")], name="1", last_day=date(2025, 2, 14))
    second = bill([bill_line("b", 1, "2025-02-01")], name="2", first_day=date(2025, 2, 15))
    assert held_months([first, second])["AWS"].cut == frozenset()


def test_the_same_export_twice_counts_once():
    rows = [bill_line("tokens", 10), bill_line("gpus", 5)]
    kept, repeated = counted(bill(rows, name="a.csv"), bill(rows, name="b.csv"))
    assert sum(line.line.billed for line in kept) == 15
    assert [r.summary() for r in repeated] == ["b.csv: AWS 2025-01 also in a.csv, counted once"]


def test_the_same_account_in_two_formats_counts_once_with_the_finer_lines():
    fine = bill([bill_line("tokens", 10), bill_line("gpus", 5)], name="cur.csv", format="aws_cur")
    coarse = bill([bill_line("invoice", 15)], name="focus.csv")
    kept, _ = counted(coarse, fine)
    assert {line.file for line in kept} == {"cur.csv"}


def test_a_later_export_replaces_the_month_an_earlier_one_was_cut_in():
    early = [bill_line("tokens", 10, "2025-01-01"), bill_line("tokens", 4, "2025-02-01")]
    late = [bill_line("tokens", 10, "2025-01-01"), bill_line("tokens", 9, "2025-02-01")]
    kept, _ = counted(bill(early, name="early.csv"), bill(late, name="late.csv"))
    assert sum(line.line.billed for line in kept) == 19


def test_two_accounts_of_a_supplier_add_up_even_at_the_same_price():
    one = bill([bill_line("node", 10, resource="node-a")], name="a.csv")
    other = bill([bill_line("node", 10, resource="node-b")], name="b.csv")
    kept, repeated = counted(one, other)
    assert (sum(line.line.billed for line in kept), repeated) == (20, ())


texts = st.sampled_from(("tokens", "gpus", "storage"))
days = st.sampled_from(("2025-01-03", "2025-01-21", "2025-02-01"))
money = st.decimals(min_value=-(10**8), max_value=10**8, places=12)


@given(st.lists(st.tuples(texts, money, money, days), min_size=1, max_size=20))
def test_monthly_lines_add_up_to_the_bill(rows):
    made = bill([bill_line(t, spent, day, billed=paid) for t, spent, paid, day in rows])
    found = lines_of(made)
    for column in ("billed", "effective"):
        total = sum((getattr(line.line, column) for line in found), D(0))
        assert total == made.total(column)
    assert sum(line.line.n_rows for line in found) == len(rows)
