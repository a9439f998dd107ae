"""Supplier by month: have, keyed, missing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

from diligence.assumptions import AssumptionRegister
from diligence.costs.coverage import bill_coverage
from diligence.costs.split import split_books
from diligence.inputs.deal import Contract, Fact, Role
from diligence.units import parse_period
from tests.support import bill, bill_line, deal, line, source

REGISTER = AssumptionRegister.load(date(2025, 4, 30))


def booked(amount, period, vendor="Amazon Web Services", **fields):
    return line("Cloud", amount, period=period, vendor=vendor, **fields)


def keyed(period, supplier="AWS", amount=1):
    return Fact("invoice_total", D(amount), "USD", parse_period(period), source(), segment=supplier)


def covered(lines, *bills, **fields):
    known = deal(lines, [], terms={"as_of": date(2025, 4, 30)}, bills=bills, **fields)
    return bill_coverage(known, split_books(known, REGISTER))


def states(found, supplier, *labels):
    return [found.cell(supplier, parse_period(label)).held for label in labels]


FOUR = ("2025-01", "2025-02", "2025-03", "2025-04")


def test_have_keyed_missing_and_none_booked():
    rows = [bill_line("tokens", 10, "2025-01-01")]
    lines = [booked(10, month) for month in FOUR[:3]]
    found = covered(lines, bill(rows), facts=(keyed("2025-02"),))
    assert states(found, "AWS", *FOUR) == ["have", "keyed", "missing", "none booked"]
    assert [cell.month.label for cell in found.missing] == ["2025-03"]
    assert found.share_with_bills == D(10) / D(30)


def test_a_month_without_lines_inside_a_bill_is_missing():
    rows = [bill_line("tokens", 10, f"{month}-01") for month in ("2025-01", "2025-03")]
    found = covered([booked(10, month) for month in FOUR[:3]], bill(rows))
    assert states(found, "AWS", *FOUR[:3]) == ["have", "missing", "have"]


def test_invoices_booked_a_month_later_ask_for_no_bill_that_is_there():
    rows = [bill_line("tokens", 10 + 5 * n, f"{month}-01") for n, month in enumerate(FOUR)]
    lines = [booked(10 + 5 * n, month) for n, month in enumerate(FOUR[1:])]
    found = covered(lines, bill(rows))
    assert states(found, "AWS", *FOUR) == ["have"] * 4


def test_a_keyed_quarter_is_three_keyed_months():
    found = covered([booked(10, m) for m in FOUR], facts=(keyed("2025Q1"),))
    assert states(found, "AWS", *FOUR) == ["keyed", "keyed", "keyed", "missing"]


def test_a_quarter_is_spread_over_its_months():
    found = covered([booked(30, "2025Q1")])
    assert found.cell("AWS", parse_period("2025-02")).booked == 10


def test_a_bill_that_ends_early_and_explains_too_little_is_missing():
    rows = [
        bill_line("tokens", amount, f"{m}-01")
        for m, amount in zip(FOUR, (10, 11, 12, 4), strict=True)
    ]
    lines = [booked(amount, m) for m, amount in zip(FOUR, (10, 11, 12, 13), strict=True)]
    found = covered(lines, bill(rows, last_day=date(2025, 4, 10)))
    assert states(found, "AWS", *FOUR) == ["have", "have", "have", "missing"]


def test_a_committed_supplier_is_missing_though_nothing_is_booked():
    term = Contract("CoreWeave", "gpu_hours", "committed", source(),
                    term_start=date(2025, 2, 1), term_end=date(2025, 3, 31))  # fmt: skip
    found = covered([booked(10, "2025-01")], contracts=(term,))
    assert states(found, "CoreWeave", *FOUR) == ["none booked", "missing", "missing", "none booked"]


def test_general_cost_of_other_vendors_is_left_out():
    lines = [booked(10, "2025-01"), line("Rent", 99, Role.GENERAL_AND_ADMINISTRATIVE,
                                         period="2025-01", vendor="Landlord")]  # fmt: skip
    assert covered(lines).suppliers == ("AWS",)


def test_what_bills_and_books_leave_open_counts_with_its_supplier():
    rows = [bill_line("tokens", 100), bill_line("block", 0, kind="purchase", billed=50)]
    found = covered([booked(150, "2025-01"), booked(-20, "2025-01", text="rebate")], bill(rows))
    assert found.cell("AWS", parse_period("2025-01")).booked == 130
