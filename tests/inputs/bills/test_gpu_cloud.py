"""Invoices of GPU clouds: headers of many spellings, and quantity times rate."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diligence.inputs.bills import read_bill
from diligence.inputs.bills.formats.invoice_columns import words_of
from diligence.inputs.mapping import BillMapping
from diligence.inputs.problems import ProblemLog

PLAIN = "Description,Quantity,Unit,Rate,Amount,Currency,Period Start,Period End,Cluster"
ROWS = (
    "gpu_8x_h100_sxm5,10,hour,24.00,240.00,USD,2026-06-01,2026-07-01,train-a",
    "gpu_8x_h100_sxm5,5,hour,24.00,120.00,USD,2026-06-01,2026-07-01,serve-b",
    "Persistent storage,100,GiB month,0.20,20.00,USD,2026-06-01,2026-07-01,",
    "Promotional credit,1,,-30.00,-30.00,USD,2026-06-01,2026-07-01,",
    "Sales tax,1,,8.75,8.75,USD,2026-06-01,2026-07-01,",
)


def invoice(*rows, header=PLAIN):
    return "\n".join([header, *rows]) + "\n"


def test_an_invoice_of_five_lines(read):
    bill, problems = read(invoice(*ROWS), supplier="Lambda")
    assert problems == []
    # the end of the period is the first day after it
    assert (bill.first_day, bill.last_day) == (date(2026, 6, 1), date(2026, 6, 30))
    assert (bill.format, bill.system, bill.currency) == ("gpu_cloud", "gpu_cloud", "USD")
    assert bill.total() == Decimal("358.75")  # 240 + 120 + 20 - 30 + 8.75
    told = {line.project or line.text: line for line in bill.iter_lines()}
    assert (told["train-a"].billed, told["serve-b"].billed) == (240, 120)
    assert (told["train-a"].quantity, told["train-a"].unit) == (10, "hour")
    assert told["Promotional credit"].kind == "credit"
    assert told["Sales tax"].kind == "tax"
    assert {line.supplier for line in bill.iter_lines()} == {"Lambda"}


def test_totals_are_not_added_to_the_lines(read):
    bill, problems = read(invoice(*ROWS, "Total:,,,,358.75,USD,2026-06-01,2026-07-01,"))
    assert problems == []
    assert bill.total() == Decimal("358.75")
    assert "1 rows left out: totals of the invoice, which repeat its lines" in bill.notes


@pytest.mark.parametrize(
    "header",
    [
        "Instance Type,GPU Hours,Rate (USD/hr),Total (USD),Invoice Date",
        "instance_type,gpu_hours,price_per_gpu_hour_usd,total_cost_usd,usage_date",
        "GpuType,Hours,HourlyRate,CostUsd,Date",
        "Item,Node Hours,Unit Price (US$),Line Total,Service Start",
    ],
)
def test_headers_of_many_spellings(read, header):
    bill, problems = read(invoice("H100 SXM,3,2.50,7.50,2026-06-30", header=header))
    assert problems == []
    (line,) = bill.iter_lines()
    assert (line.text, line.quantity, line.billed, line.currency) == (
        "H100 SXM",
        3,
        Decimal("7.5"),
        "USD",
    )
    assert "hour" in line.unit.lower()


def test_quantity_times_rate_must_be_the_amount(read):
    wrong = "gpu_8x_a100,10,hour,12.00,12000,USD,2026-06-01,2026-07-01,"
    bill, problems = read(invoice(ROWS[0], wrong))
    assert bill is None
    assert len(problems) == 1
    assert "quantity x rate is 120.00, amount says 12000" in problems[0]
    cent = "gpu_1x_a10,3,hour,0.333,1.00,USD,2026-06-01,2026-07-01,"
    bill, problems = read(invoice(cent))
    assert problems == []
    assert bill.total() == 1  # 0.999 is within a cent; the invoice rules


def test_a_discount_in_its_own_column(read):
    header = "Instance Type,Hours,Rate,Discount,Amount,Currency,Date"
    bill, problems = read(invoice("H200,10,4.00,8.00,32.00,USD,2026-06-01", header=header))
    assert problems == []
    assert bill.total() == 32


def test_quantities_and_rates_without_amounts_are_multiplied_exactly(read):
    header = "ProviderName,SkuMeter,ConsumedQuantity,ConsumedUnit,ChargePeriodStart,Rate (USD)"
    rows = [f"CoreWeave,H100 node,{hours},Hours,2026-06-0{hours},49.24" for hours in (1, 2, 3)]
    bill, problems = read(invoice(*rows, header=header))
    assert problems == []
    assert bill.total() == Decimal("295.44")  # six hours at 49.24
    (line,) = bill.iter_lines()
    assert (line.supplier, line.quantity, line.unit) == ("CoreWeave", 6, "Hours")


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.decimals(1, 10**5, places=3), st.decimals(0, 10**3, places=4)),
        min_size=1,
        max_size=8,
    )
)
def test_the_bill_is_the_exact_sum_of_the_products(tmp_path_factory, lines):
    path = tmp_path_factory.mktemp("bill") / "gpu.csv"
    rows = [f"H100,{hours:f},{rate:f},USD,2026-06-01" for hours, rate in lines]
    path.write_text(invoice(*rows, header="GPU Type,GPU Hours,Rate,Currency,Date"))
    bill = read_bill(path, name="gpu.csv", log=ProblemLog(), mapping=BillMapping(locale="en"))
    assert bill.total() == sum(hours * rate for hours, rate in lines)


def test_quantities_without_rates_are_never_zero(read):
    header = "ProviderName,SkuMeter,ConsumedQuantity,ConsumedUnit,ChargePeriodStart"
    bill, problems = read(invoice("CoreWeave,H100 node,720,Hours,2026-06-01", header=header))
    assert bill is None
    assert "quantities without amounts in all 1 rows" in problems[0]
    assert "a rate for each quantity" in problems[0]


def test_a_line_without_amount_and_rate_names_itself(read):
    bill, problems = read(invoice(ROWS[0], "gpu_1x_gh200,5,hour,,,USD,2026-06-01,2026-07-01,"))
    assert bill is None
    assert any("no amount and no rate for gpu_1x_gh200" in problem for problem in problems)


def test_an_amount_for_nothing_is_refused(read):
    bill, problems = read(invoice(*ROWS, ",,,,358.75,USD,2026-06-01,2026-07-01,"))
    assert bill is None
    assert "leave a total out, or name it Total" in problems[0]


def test_an_invoice_without_a_currency_is_refused(read):
    header = "Instance Type,Hours,Rate,Amount ($),Date"
    text = invoice("H100,2,2.00,4.00,2026-06-01", header=header)
    bill, problems = read(text)
    assert bill is None
    assert "no currency" in problems[0]
    bill, problems = read(text, unit="USD")
    assert problems == []
    assert (bill.total(), bill.currency) == (4, "USD")


def test_amounts_in_cents_are_not_taken_for_dollars(read):
    header = "Instance Type,Hours,Amount (cents),Currency,Date"
    bill, problems = read(invoice("H100,2,400,USD,2026-06-01", header=header))
    assert bill is None
    assert "quantities without amounts" in problems[0]


def test_a_quarter_on_one_line_is_refused(read):
    row = "Reserved H100,2160,hour,2.00,4320.00,USD,2026-04-01,2026-07-01,"
    bill, problems = read(invoice(row))
    assert bill is None
    assert "a period of 91 days" in problems[0]


def test_an_invoice_without_days_says_which_column_it_needs(read):
    bill, problems = read(invoice("H100,2,4.00,USD", header="GPU Type,Hours,Amount,Currency"))
    assert bill is None
    assert "no column that says when" in problems[0]
    assert "Period Start, Usage Date or Invoice Date" in problems[0]


def test_words_that_change_the_scale_stay_in_a_header():
    assert words_of("Amount (USD k)") == (("amount", "k"), "USD")
    assert words_of("Amount (USD)") == (("amount",), "USD")
