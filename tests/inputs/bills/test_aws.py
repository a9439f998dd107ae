"""AWS bills: what was invoiced, what the month consumed, and which rows must not be summed."""

from __future__ import annotations

import csv
import gzip
import os
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from diligence.inputs.bills import Bill, BillLine, read_bill
from diligence.inputs.problems import ProblemLog

VARIABLE = "DILIGENCE_REFERENCE_DATA"
REAL = Path(os.environ.get(VARIABLE, ""), "native-bills", "aws_cur_anonymised.csv.gz")
HEADER = (
    "bill/BillingEntity",
    "lineItem/LineItemType",
    "lineItem/UsageStartDate",
    "lineItem/ProductCode",
    "lineItem/UsageType",
    "lineItem/UsageAmount",
    "lineItem/CurrencyCode",
    "lineItem/UnblendedCost",
    "lineItem/LineItemDescription",
    "product/ProductName",
    "pricing/publicOnDemandCost",
    "reservation/ReservationARN",
    "reservation/EffectiveCost",
    "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod",
    "reservation/UnusedRecurringFee",
    "savingsPlan/TotalCommitmentToDate",
    "savingsPlan/UsedCommitment",
    "savingsPlan/SavingsPlanEffectiveCost",
    "resourceTags/user:team",
)


def _row(kind: str, cost: str, **cells: str) -> dict[str, str]:
    """A row of 1 June 2025; keys are the last words of the column names."""
    given = {
        "BillingEntity": "AWS",
        "LineItemType": kind,
        "UsageStartDate": "2025-06-01T00:00:00.000Z",
        "ProductCode": "AmazonEC2",
        "UsageType": "BoxUsage:p5.48xlarge",
        "UsageAmount": "1",
        "CurrencyCode": "USD",
        "UnblendedCost": cost,
        **cells,
    }
    return {name: given.get(name.split("/")[1].split(":")[-1], "") for name in HEADER}


def _write(folder: Path, rows: list[dict[str, str]]) -> Path:
    path = folder / "cur.csv"
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def _bill(folder: Path, *rows: dict[str, str]) -> Bill:
    log = ProblemLog()
    bill = read_bill(_write(folder, list(rows)), name="cur.csv", log=log)
    assert log.problems == ()
    assert bill is not None
    return bill


def _problems(folder: Path, *rows: dict[str, str]) -> str:
    log = ProblemLog()
    assert read_bill(_write(folder, list(rows)), name="cur.csv", log=log) is None
    return " ".join(f"{p.column}: {p.found}; {p.expected}" for p in log.problems)


def _by_kind(bill: Bill) -> dict[tuple[str, str], BillLine]:
    return {(line.kind, line.commitment): line for line in bill.iter_lines()}


def test_savings_plan_is_invoiced_once_and_consumed_once(tmp_path):
    # An hour of a machine at 10 on demand costs 6 under a plan of 8 an hour: 2 of it idle.
    bill = _bill(
        tmp_path,
        _row(
            "SavingsPlanCoveredUsage", "10", publicOnDemandCost="10", SavingsPlanEffectiveCost="6"
        ),
        _row("SavingsPlanNegation", "-10"),
        _row("SavingsPlanRecurringFee", "8", TotalCommitmentToDate="8", UsedCommitment="6"),
    )
    assert bill.total("billed") == 8
    assert bill.total("effective") == 8
    lines = _by_kind(bill)
    assert lines["usage", "used"].effective == 6
    assert lines["usage", "used"].list_cost == 10
    assert lines["discount", ""].effective == 0
    assert lines["discount", ""].quantity is None
    assert lines["purchase", "unused"].effective == 2


def test_savings_plan_paid_up_front_costs_nothing_when_bought(tmp_path):
    bill = _bill(
        tmp_path,
        _row("SavingsPlanUpfrontFee", "5000"),
        _row(
            "SavingsPlanCoveredUsage", "10", publicOnDemandCost="10", SavingsPlanEffectiveCost="6"
        ),
        _row("SavingsPlanNegation", "-10"),
    )
    assert bill.total("billed") == 5000
    assert bill.total("effective") == 6


def test_reservation_counts_used_hours_and_idle_share(tmp_path):
    # 900 up front; this month 20 used (15 paid up front, 5 recurring), 4 + 1 idle, 7 recurring fee.
    arn = "arn:aws:ec2:us-east-1:1:reserved-instances/r"
    bill = _bill(
        tmp_path,
        _row("Fee", "900", ReservationARN=arn),
        _row("DiscountedUsage", "0", publicOnDemandCost="30", EffectiveCost="20"),
        _row(
            "RIFee",
            "7",
            ReservationARN=arn,
            UnusedAmortizedUpfrontFeeForBillingPeriod="4",
            UnusedRecurringFee="1",
        ),
    )
    lines = _by_kind(bill)
    assert lines["purchase", ""].billed == 900
    assert lines["purchase", ""].effective == 0
    assert lines["usage", "used"].effective == 20
    assert lines["usage", "used"].list_cost == 30
    assert lines["purchase", "unused"].effective == 5
    assert bill.total("billed") == 907
    assert bill.total("effective") == 25


def test_reservation_fee_without_arn_column_is_told_by_its_usage_type(tmp_path):
    row = _row("Fee", "900", UsageType="HeavyUsage:p4d.24xlarge")
    del row["reservation/ReservationARN"]
    assert _bill(tmp_path, row).total("effective") == 0


def test_capacity_block_fee_and_its_refund(tmp_path):
    # Nothing else on the bill carries the fee, so that it stays in effective cost.
    usage = "USE2-CapacityBlockFee:p5.48xlarge"
    bill = _bill(
        tmp_path,
        _row("Fee", "12000", UsageType=usage),
        _row("Refund", "-2000", UsageType=usage),
    )
    lines = _by_kind(bill)
    assert lines["purchase", ""].effective == 12000
    assert lines["adjustment", ""].billed == -2000
    assert bill.total("effective") == 10000


def test_marketplace_model_keeps_supplier_and_names_product(tmp_path):
    bill = _bill(
        tmp_path,
        _row(
            "Usage",
            "3.5",
            BillingEntity="AWS Marketplace",
            ProductCode="8xk2",
            ProductName="Claude Sonnet 4 (Amazon Bedrock Edition)",
            UsageType="USW2-MP:USW2_InputTokenCount-Units",
            LineItemDescription="Million Input Tokens",
        ),
    )
    (line,) = bill.iter_lines()
    assert (line.supplier, line.service) == ("AWS", "Claude Sonnet 4 (Amazon Bedrock Edition)")
    assert line.text == "AWS Marketplace: Million Input Tokens"


@pytest.mark.parametrize(
    ("line_type", "kind"),
    [
        ("Tax", "tax"),
        ("Credit", "credit"),
        ("Refund", "adjustment"),
        ("EdpDiscount", "discount"),
        ("PrivateRateDiscount", "discount"),
        ("BundledDiscount", "discount"),
        ("Fee", "purchase"),
    ],
)
def test_line_item_type_gives_the_kind(tmp_path, line_type, kind):
    (line,) = _bill(tmp_path, _row(line_type, "-1.25")).iter_lines()
    assert (line.kind, line.billed, line.effective) == (kind, Decimal("-1.25"), Decimal("-1.25"))


def test_evidence_of_a_line(tmp_path):
    (line,) = _bill(
        tmp_path, _row("Usage", "2", ProductName="Amazon Elastic Compute Cloud", team="pretrain")
    ).iter_lines()
    assert line.service == "AmazonEC2 Amazon Elastic Compute Cloud"
    assert line.text == line.usage_type == "BoxUsage:p5.48xlarge"
    assert line.tags == "team=pretrain"
    assert line.day == date(2025, 6, 1)


def test_capacity_reservation_that_nobody_used_is_idle(tmp_path):
    (line,) = _bill(
        tmp_path, _row("Usage", "9", UsageType="USE1-UnusedBox:p5.48xlarge")
    ).iter_lines()
    assert line.commitment == "unused"


def test_unknown_line_item_type_is_refused(tmp_path):
    assert "LineItemType: 'Rebate'" in _problems(tmp_path, _row("Rebate", "1"))


def test_missing_currency_is_refused(tmp_path):
    assert "no currency" in _problems(tmp_path, _row("Usage", "1", CurrencyCode=""))


def test_covered_usage_without_its_cost_is_refused(tmp_path):
    row = _row("SavingsPlanCoveredUsage", "10")
    assert "SavingsPlanEffectiveCost" in _problems(tmp_path, row)


SECOND = {
    "bill_billing_entity": "AWS",
    "line_item_line_item_type": "Usage",
    "line_item_usage_start_date": "2025-06-01 00:00:00",
    "line_item_product_code": "AmazonBedrock",
    "line_item_usage_type": "USE1-Claude4Sonnet-input-tokens",
    "line_item_usage_account_name": "prod-inference",
    "line_item_usage_amount": "1000",
    "line_item_currency_code": "USD",
    "line_item_unblended_cost": "3",
    "pricing_unit": "1K tokens",
    "product": '{"product_name": "Amazon Bedrock", "region": "us-east-1"}',
    "resource_tags": '{"user_app": "chat"}',
    "capacity_reservation_capacity_reservation_status": "",
}


def test_second_generation_reads_maps(tmp_path):
    (line,) = _bill(tmp_path, SECOND).iter_lines()
    assert line.service == "AmazonBedrock Amazon Bedrock"
    assert (line.project, line.tags) == ("prod-inference", "user_app=chat")
    assert (line.unit, line.quantity) == ("1K tokens", 1000)


@pytest.mark.parametrize(("status", "commitment"), [("Unused", "unused"), ("Used", "used")])
def test_second_generation_marks_reserved_capacity(tmp_path, status, commitment):
    row = SECOND | {"capacity_reservation_capacity_reservation_status": status}
    (line,) = _bill(tmp_path, row).iter_lines()
    assert line.commitment == commitment


def test_discount_inside_the_net_columns_is_taken_off(tmp_path):
    # Without manual discounts the row says 3 before and 2.7 after a discount of 10 %.
    row = SECOND | {"discount_total_discount": "-0.3", "line_item_net_unblended_cost": "2.7"}
    assert _bill(tmp_path, row).total() == Decimal("2.7")


@pytest.mark.skipif(not REAL.exists(), reason=f"reference data not found; set {VARIABLE}")
def test_real_bill_adds_up_to_the_cell():
    with gzip.open(REAL, "rt") as stream:
        rows = list(csv.DictReader(stream))
    log = ProblemLog()
    bill = read_bill(REAL, name="aws.csv.gz", log=log)
    assert log.problems == ()
    assert bill is not None
    assert bill.system == "aws"
    cost, public = "lineItem/UnblendedCost", "pricing/publicOnDemandCost"
    invoiced = sum(Decimal(row[cost]) for row in rows)
    assert bill.total("billed") == bill.total("effective") == invoiced
    # Tax has no price list, and stands in the list cost with what it costs.
    priced = (row[cost if row["lineItem/LineItemType"] == "Tax" else public] for row in rows)
    assert bill.total("list_cost") == sum(map(Decimal, priced))
    counts: Counter[str] = Counter()
    for line in bill.iter_lines():
        counts[line.kind] += line.n_rows
    # Counted in the file: 1,281 rows, of which 12 of type Tax and the rest Usage.
    assert counts == {"usage": 1269, "tax": 12}
    assert (bill.first_day, bill.last_day) == (date(2023, 11, 1), date(2023, 11, 14))
