"""Lines of bills in place of booked totals: every account keeps what is booked, to the digit."""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import date
from decimal import Decimal as D

from hypothesis import given, settings
from hypothesis import strategies as st

from diligence.assumptions import AssumptionRegister
from diligence.costs.classify import BOOKED_BELOW_BILL, PREPAYMENT_TIMING
from diligence.costs.detail import NOT_ON_THE_BILL, ON_THE_BILL, detailed_books
from diligence.costs.proportion import in_running_proportion
from diligence.inputs.deal import Decision, Role
from tests.support import bill, bill_line, deal, line, source

REGISTER = AssumptionRegister.load(date(2025, 12, 31))
RESEARCH = Role.RESEARCH_AND_DEVELOPMENT


def aws(amount, period="2025-01", account="Cloud", role=Role.COST_OF_REVENUE, **fields):
    return line(account, amount, role, period=period, vendor="Amazon Web Services", **fields)


def books(lines, *bills, **fields):
    return detailed_books(
        deal(lines, [], terms={"as_of": date(2025, 12, 31)}, bills=bills, **fields), REGISTER
    )


def by_derivation(found):
    sums = Counter()
    for entry in found.lines:
        sums[entry.derivation] += entry.amount
    return dict(sums)


def placed(lines):
    """Money by where it is booked."""
    sums = Counter()
    for entry in lines:
        sums[entry.period, entry.account, entry.role, entry.segment] += entry.amount
    return {place: amount for place, amount in sums.items() if amount}


def test_without_bills_the_books_stand():
    assert books([aws(100)]).lines == (aws(100),)


def test_the_lines_of_the_bill_stand_in_place_of_the_total():
    found = books([aws(100)], bill([bill_line("tokens", 60), bill_line("gpus", 40)]))
    assert {entry.text: entry.amount for entry in found.lines} == {"gpus": 40, "tokens": 60}
    assert {entry.source.grade for entry in found.lines} == {"A"}


def test_what_the_bill_does_not_explain_stays_as_booked():
    found = books([aws(105)], bill([bill_line("tokens", 100)]))
    assert by_derivation(found) == {ON_THE_BILL: 100, NOT_ON_THE_BILL: 5}


def test_what_the_books_lack_stands_against_the_bill():
    found = books([aws(95)], bill([bill_line("tokens", 100)]))
    assert by_derivation(found) == {ON_THE_BILL: 100, BOOKED_BELOW_BILL: -5}


def test_a_prepayment_is_timing_and_its_use_a_cost():
    # 90 paid ahead and 30 of it used in January; 10 on demand beside it.
    rows = [
        bill_line("block", 0, kind="purchase", billed=90),
        bill_line("block use", 30, billed=0),
        bill_line("on demand", 10),
    ]
    found = books([aws(100)], bill(rows))
    assert by_derivation(found) == {ON_THE_BILL: 40, PREPAYMENT_TIMING: 60}


def test_two_accounts_share_every_line_by_what_they_booked():
    found = books(
        [aws(75), aws(25, account="Research", role=RESEARCH)], bill([bill_line("gpus", 80)])
    )
    lines = {(entry.account, entry.derivation): entry.amount for entry in found.lines}
    assert lines == {
        ("Cloud", ON_THE_BILL): 60,
        ("Cloud", NOT_ON_THE_BILL): 15,
        ("Research", ON_THE_BILL): 20,
        ("Research", NOT_ON_THE_BILL): 5,
    }


def test_an_accrual_meets_its_reversal():
    entries = [aws(100), aws(-100, text="reversal"), aws(105, text="invoice")]
    found = books(entries, bill([bill_line("tokens", 105)]))
    assert [(entry.text, entry.amount) for entry in found.lines] == [("tokens", 105)]


def test_a_credit_booked_elsewhere_stays_where_it_is():
    entries = [aws(100), aws(-20, account="Grants", role=RESEARCH)]
    found = books(entries, bill([bill_line("tokens", 80)]))
    assert placed(found.lines) == placed(entries)


def test_a_month_booked_as_zero_keeps_its_place():
    found = books([aws(0), aws(10, "2025-02")], bill([bill_line("tokens", 10, "2025-02-01")]))
    assert {entry.period.label for entry in found.lines} == {"2025-01", "2025-02"}


def test_a_quarter_takes_the_lines_of_its_months():
    rows = [bill_line("tokens", 10, f"2025-0{month}-01") for month in (1, 2, 3)]
    found = books([aws(30, "2025Q1")], bill(rows))
    assert by_derivation(found) == {ON_THE_BILL: 30}
    assert {entry.period.label for entry in found.lines} == {"2025Q1"}


def test_a_month_booked_later_shows_what_it_used_and_what_it_paid_for_as_timing():
    rows = [bill_line(f"use {m}", 10 * m, f"2025-0{m}-01") for m in (1, 2, 3, 4)]
    found = books([aws(10 * m, f"2025-0{m + 1}") for m in (1, 2, 3)], bill(rows))
    assert [(entry.period.label, entry.text, entry.amount) for entry in found.lines] == [
        ("2025-02", "use 2", 20),
        ("2025-02", "", -10),
        ("2025-03", "use 3", 30),
        ("2025-03", "", -10),
        ("2025-04", "use 4", 40),
        ("2025-04", "", -10),
    ]
    assert by_derivation(found) == {ON_THE_BILL: 90, PREPAYMENT_TIMING: -30}


def test_a_gap_in_the_bills_leaves_the_month_as_booked():
    rows = [bill_line("tokens", 10, f"2025-0{month}-01") for month in (1, 3)]
    found = books([aws(10, f"2025-0{month}") for month in (1, 2, 3)], bill(rows))
    assert [entry.derivation for entry in found.lines] == [ON_THE_BILL, "as reported", ON_THE_BILL]


def test_a_ruling_on_the_booked_entry_keeps_it():
    ruling = Decision("account=Cloud", "inference_opex", "x", "A", date(2025, 1, 1), source())
    found = books([aws(100)], bill([bill_line("tokens", 100)]), decisions=(ruling,))
    assert by_derivation(found) == {"as reported": 100}


def test_recoverable_tax_is_left_on_the_bill():
    rows = [bill_line("tokens", 100), bill_line("VAT", 19, kind="tax")]
    assert by_derivation(books([aws(100)], bill(rows))) == {ON_THE_BILL: 100}


def test_the_same_bill_twice_counts_once():
    rows = [bill_line("tokens", 100)]
    found = books([aws(100)], bill(rows, name="a.csv"), bill(rows, name="b.csv"))
    assert by_derivation(found) == {ON_THE_BILL: 100}
    assert "b.csv: AWS 2025-01 also in a.csv, counted once" in found.summary()


def test_bills_the_books_do_not_name_are_said():
    found = books([aws(100)], bill([bill_line("tokens", 40, supplier="OpenAI")]))
    assert found.not_in_books == ("OpenAI",)
    assert found.lines == (aws(100),)


def test_a_line_that_names_two_suppliers_takes_one_bill():
    # The vendor decides: OpenAI's bill is not put in place of what AWS was paid.
    entry = aws(100, text="AWS and OpenAI, January")
    rows = [bill_line("gpus", 90), bill_line("tokens", 10, supplier="OpenAI")]
    found = books([entry], bill(rows))
    assert by_derivation(found) == {ON_THE_BILL: 90, NOT_ON_THE_BILL: 10}
    assert found.not_in_books == ("OpenAI",)


signed = st.decimals(min_value=-(10**7), max_value=10**7, places=2)
consumed = st.decimals(min_value=-(10**5), max_value=10**7, places=12)
kinds = st.sampled_from(("usage", "purchase", "credit", "discount", "tax", "adjustment"))
row = st.builds(
    lambda text, spent, paid, kind, month, supplier: bill_line(
        text, spent, f"2025-0{month}-01", billed=paid, kind=kind, supplier=supplier
    ),
    st.sampled_from(("tokens", "gpus", "storage", "support plan")),
    consumed,
    consumed,
    kinds,
    st.integers(1, 5),
    st.sampled_from(("AWS", "OpenAI")),
)
entry = st.builds(
    lambda account, amount, role, period, vendor, segment: line(
        account, amount, role, period=period, vendor=vendor, segment=segment
    ),
    st.sampled_from(("Cloud", "Software")),
    signed,
    st.sampled_from((Role.COST_OF_REVENUE, RESEARCH)),
    st.sampled_from(("2025-01", "2025-02", "2025-03", "2025-04", "2025Q1")),
    st.sampled_from(("Amazon Web Services", "OpenAI", "Landlord")),
    st.sampled_from(("", "A")),
)


@settings(max_examples=60)
@given(st.lists(entry, min_size=1, max_size=8), st.lists(row, min_size=1, max_size=10))
def test_every_account_keeps_what_is_booked(entries, rows):
    found = books(entries, bill(rows))
    assert placed(found.lines) == placed(entries)
    assert {line.period for line in found.lines} == {entry.period for entry in entries}


@given(
    st.lists(consumed, min_size=1, max_size=8), st.lists(signed.map(abs), min_size=1, max_size=4)
)
def test_parts_in_running_proportion_add_up_both_ways(amounts, weights):
    parts = in_running_proportion(amounts, weights)
    for index, amount in enumerate(amounts):
        assert sum(column[index] for column in parts) == amount
    explained = [*weights, -sum(weights)]
    columns = in_running_proportion([weight for weight in explained if weight > 0], weights)
    assert [sum(column, D(0)) for column in columns] == weights


def test_order_of_the_ledger_changes_no_total():
    rows = [bill_line("tokens", "33.333"), bill_line("gpus", "66.667")]
    entries = [aws(60), aws(40, account="Research", role=RESEARCH)]
    one, other = (books(lines, bill(rows)).lines for lines in (entries, entries[::-1]))
    assert placed(one) == placed(other)


def test_a_mapping_says_which_account_books_a_bill():
    rows = [bill_line("tokens", 60), bill_line("storage", 40)]
    entry = line("Cloud hosting", 100, period="2025-01")
    unnamed = books([entry], bill(rows))
    assert by_derivation(unnamed) == {"as reported": 100}
    assert unnamed.not_in_books == ("AWS",)
    named = books([entry], dataclasses.replace(bill(rows), ledger="account=Cloud hosting"))
    assert by_derivation(named) == {ON_THE_BILL: 100}
