"""Bills against books: the lag, the measure, what is a gap and what is timing."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.costs.billed_months import billed_lines
from diligence.costs.reconciliation import check_supplier
from diligence.units import parse_period
from tests.support import bill, bill_line, deal, line

YEAR = parse_period("2025")
MONTHS = [f"2025-{month:02d}" for month in range(1, 13)]


def check(booked, rows, *, window=YEAR, cut=(), **fields):
    billed = billed_lines(deal([], [], bills=(bill(rows),)))
    return check_supplier(
        "AWS",
        booked=[line("Cloud", amount, period=month) for month, amount in booked],
        billed=billed,
        held=frozenset(found.month for found in billed),
        window=window,
        cut=frozenset(map(parse_period, cut)),
        **fields,
    )


def monthly(amounts, start=0):
    return list(zip(MONTHS[start:], amounts, strict=False))


def invoices(amounts, **fields):
    return [bill_line("hosting", spent, f"{m}-01", **fields) for m, spent in monthly(amounts)]


def test_booked_in_the_month_of_use():
    found = check(monthly([10, 12, 15]), invoices([10, 12, 15]))
    assert (found.lag_months, found.gap, found.timing, found.is_material) == (0, 0, 0, False)


def test_booked_a_month_later_the_last_bill_is_timing_and_no_gap():
    found = check(monthly([10, 12], start=1), invoices([10, 12, 15]))
    assert (found.lag_months, found.booked, found.billed) == (1, 22, 22)
    assert (found.gap, found.timing) == (0, 15)


def test_the_same_gap_every_month_hides_no_lag():
    # 30 a month that no bill shows: a month later the gap is 30 always, in the month it is not.
    bills = [100, 130, 90, 140, 80]
    found = check(monthly([b + 30 for b in bills], start=1), invoices(bills))
    assert (found.lag_months, found.gap) == (1, 150)


def test_constant_bills_are_taken_as_booked_in_the_same_month():
    assert check(monthly([10, 10, 10]), invoices([10, 10, 10])).lag_months == 0


def test_the_gap_is_booked_less_billed():
    found = check(monthly([103]), invoices([100]))
    assert (found.gap, found.is_material) == (3, True)
    assert found.gap_share == D(3) / D(103)


@pytest.mark.parametrize(("booked", "amount", "material"), [(101, 0, False), (103, 5, False)])
def test_small_gaps_are_not_material(booked, amount, material):
    # 1 is under 2 % of 101; 3 is above 2 % of 103 but under a stated 5.
    found = check(monthly([booked]), invoices([100]), limit_amount=D(amount))
    assert found.is_material is material


def test_a_quarter_is_compared_with_its_three_bills():
    found = check([("2025Q1", 37)], invoices([10, 12, 15]))
    assert (found.booked, found.billed) == (37, 37)


def test_a_quarter_with_a_bill_missing_is_not_compared():
    assert check([("2025Q1", 37)], invoices([10, 12])) is None


def test_a_year_beside_its_months_is_counted_once():
    found = check([*monthly([1] * 12), ("2025", 12)], invoices([1] * 12))
    assert (found.booked, found.billed) == (12, 12)


def test_consumption_is_told_from_cash():
    # 30 paid in January, used at 10 a month; the books follow use.
    rows = [bill_line("block", 0, "2025-01-01", kind="purchase", billed=30)]
    rows += [bill_line("block use", 10, f"{m}-01", billed=0) for m in MONTHS[:3]]
    used = check(monthly([10, 10, 10]), rows)
    paid = check(monthly([30, 0, 0]), rows)
    assert (used.measure, used.gap, paid.measure, paid.gap) == ("effective", 0, "billed", 0)


def test_recoverable_tax_is_no_gap():
    tax = [bill_line("VAT", 2, f"{m}-01", kind="tax") for m in MONTHS[:2]]
    found = check(monthly([10, 15]), [*invoices([10, 15]), *tax])
    assert (found.tax_booked, found.gap, found.timing) == (False, 0, 0)
    assert check(monthly([12, 17]), [*invoices([10, 15]), *tax]).tax_booked is True


def test_a_bill_that_ends_early_is_no_gap():
    found = check(monthly([10, 12, 15]), invoices([10, 12, 6]), cut=["2025-03"])
    assert [entry.period.label for entry in found.periods] == ["2025-01", "2025-02"]
    whole = check(monthly([10, 12, 15]), invoices([10, 12, 15]), cut=["2025-03"])
    assert len(whole.periods) == 3


def test_books_that_end_before_the_window_are_compared_on_their_own_last_year():
    found = check([("2025", 37)], invoices([3] * 12), window=parse_period("2027"))
    assert (found.window, found.gap, found.is_material) == (YEAR, 1, True)


def test_invoices_by_month_or_quarter_meet_the_lines_of_the_same_months():
    by_month = check(
        monthly([10, 12, 15]), invoices([10, 12, 15]), invoices={parse_period("2025-02"): D(13)}
    )
    by_quarter = check(
        monthly([10, 12, 15]), invoices([10, 12, 15]), invoices={parse_period("2025Q1"): D(40)}
    )
    assert (by_month.invoice_lines, by_month.invoice_gap) == (12, -1)
    assert (by_quarter.invoice_lines, by_quarter.invoice_gap) == (37, -3)
    assert by_quarter.is_material


cents = st.decimals(min_value=1, max_value=10**6, places=2)


@given(st.lists(cents, min_size=4, max_size=10, unique=True), st.integers(0, 2))
def test_the_lag_is_found_and_bills_of_the_window_are_billed_and_timing(amounts, lag):
    found = check(monthly(amounts, start=lag), invoices(amounts))
    assert found.gap == 0
    assert found.lag_months == lag
    assert found.billed + found.timing == sum(amounts)


@given(st.lists(st.tuples(cents, cents), min_size=1, max_size=12))
def test_gaps_by_period_add_up_to_the_gap(pairs):
    found = check(monthly([b for b, _ in pairs]), invoices([i for _, i in pairs]))
    assert sum(entry.gap for entry in found.in_window) == found.gap
