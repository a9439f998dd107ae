"""Invoices of vendors that rent out no machines are not read as GPU clouds, and the reverse."""

from decimal import Decimal

import pytest

HEADER = "Description,Quantity,Unit,Unit Price,Amount,Currency,Invoice Date"


def invoice(*rows, header=HEADER):
    return "\n".join([header, *rows]) + "\n"


@pytest.mark.parametrize(
    ("header", "row", "text"),
    [
        (HEADER, "Business plan,40,seat,25,1000,USD,2026-06-30", "Business plan"),
        (
            "Vendor,Task,Hours,Rate,Amount,Currency,Date",
            "Acme Labels,Dialogue rating,50,20,1000,USD,2026-06-30",
            "Dialogue rating",
        ),
        (
            "Licence,Licences,Price per seat,Line Total (USD),Start Date,End Date",
            "Design suite,10,100,1000,2026-06-01,2026-06-30",
            "Design suite",
        ),
        (
            "Annotator,Description,Tasks,Price per task,Amount,Currency,Date",
            "7,Image labels,4000,0.25,1000,USD,2026-06-30",
            "Image labels",
        ),
    ],
)
def test_software_and_data_vendors(read, header, row, text):
    bill, problems = read(invoice(row, header=header))
    assert problems == []
    assert (bill.format, bill.system) == ("vendor_invoice", "vendor_invoice")
    (line,) = bill.iter_lines()
    assert (line.text, line.billed, line.currency) == (text, Decimal(1000), "USD")


@pytest.mark.parametrize(
    ("row", "mapping"),
    [
        ("Nodes of June,40,hour,25,1000,USD,2026-06-30", {"supplier": "CoreWeave"}),
        ("8x H100 SXM,40,hour,25,1000,USD,2026-06-30", {}),
        ("Compute,40,GPU-hours,25,1000,USD,2026-06-30", {}),
    ],
)
def test_machines_in_the_cells_or_a_known_supplier_make_a_gpu_cloud(read, row, mapping):
    bill, problems = read(invoice(row), **mapping)
    assert problems == []
    assert (bill.format, bill.system) == ("gpu_cloud", "gpu_cloud")


def test_a_supplier_in_a_column_makes_a_gpu_cloud(read):
    header = f"Provider,{HEADER}"
    row = "Lambda,Storage,40,TB,25,1000,USD,2026-06-30"
    assert read(invoice(row, header=header))[0].system == "gpu_cloud"
    assert read(invoice(row.replace("Lambda", "Acme"), header=header))[0].system == "vendor_invoice"


def test_a_forced_format_stays(read):
    row = "GPU course for engineers,40,seat,25,1000,USD,2026-06-30"
    assert read(invoice(row), format="vendor_invoice")[0].system == "vendor_invoice"


def test_quantity_times_rate_must_be_the_amount(read):
    bill, problems = read(invoice("Business plan,40,seat,25,10000,USD,2026-06-30"))
    assert bill is None
    assert "quantity x rate is 1000.00, amount says 10000" in problems[0]


@pytest.mark.parametrize(
    "header",
    ["Date,Cost,Product,Currency,ChargeType", "Date,Amount,Description,Currency,cost_type"],
)
def test_an_export_that_lacks_columns_is_no_invoice(read, header):
    bill, problems = read(invoice("2026-06-30,1,a,USD,Usage", header=header))
    assert bill is None
    assert "columns of no known bill" in problems[0]
