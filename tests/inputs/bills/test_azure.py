"""Azure cost exports: actual and amortised, both agreements, and rows that must not be summed."""

from __future__ import annotations

import csv
import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from diligence.inputs.bills import Bill, read_bill
from diligence.inputs.problems import ProblemLog

VARIABLE = "DILIGENCE_REFERENCE_DATA"
REAL = Path(os.environ.get(VARIABLE, ""), "native-bills", "azure_ea_anonymised.csv")
ENTERPRISE = {
    "SubscriptionName": "sub-ml",
    "ResourceGroup": "rg-train",
    "Date": "6/15/2025",
    "ProductName": "Virtual Machines NDv5 Series - ND96isr H100 v5 - US East",
    "MeterCategory": "Virtual Machines",
    "MeterSubCategory": "NDv5 Series",
    "MeterName": "ND96isr H100 v5",
    "UnitOfMeasure": "1 Hour",
    "Quantity": "2",
    "CostInBillingCurrency": "10",
    "ResourceId": "/subscriptions/1/vm/a",
    "Tags": '"team": "pretrain","env": "prod"',
    "ReservationName": "",
    "ChargeType": "Usage",
    "PricingModel": "OnDemand",
    "BillingCurrencyCode": "EUR",
    "PayGPrice": "7.5",
    "PublisherType": "Azure",
    "PublisherName": "",
}


def _write(folder: Path, rows: tuple[dict[str, str], ...]) -> Path:
    path = folder / "azure.csv"
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def _bill(folder: Path, *rows: dict[str, str]) -> Bill:
    log = ProblemLog()
    bill = read_bill(_write(folder, rows), name="azure.csv", log=log)
    assert log.problems == ()
    assert bill is not None
    return bill


def test_evidence_and_list_price_of_a_line(tmp_path):
    (line,) = _bill(tmp_path, ENTERPRISE).iter_lines()
    assert (line.supplier, line.service) == ("Microsoft Azure", "Virtual Machines")
    assert line.text == "Virtual Machines NDv5 Series - ND96isr H100 v5 - US East"
    assert (line.usage_type, line.operation) == ("ND96isr H100 v5", "NDv5 Series")
    assert line.project == "rg-train sub-ml"
    assert set(line.tags.split()) == {"team=pretrain", "env=prod"}
    assert (line.unit, line.currency, line.day) == ("1 Hour", "EUR", date(2025, 6, 1))
    assert line.list_cost == 15
    assert line.billed == line.effective == line.contracted == 10


def test_actual_cost_has_the_money_on_the_purchase(tmp_path):
    covered = {"PricingModel": "Reservation", "ReservationName": "r1"}
    usage = ENTERPRISE | covered | {"CostInBillingCurrency": "0"}
    purchase = usage | {"ChargeType": "Purchase", "CostInBillingCurrency": "700"}
    bill = _bill(tmp_path, usage, purchase)
    lines = {line.kind: line for line in bill.iter_lines()}
    assert (lines["usage"].commitment, lines["usage"].billed) == ("used", 0)
    assert lines["usage"].list_cost == 15
    assert (lines["purchase"].commitment, lines["purchase"].billed) == ("", 700)
    assert bill.total("effective") == 700
    assert [note.partition(":")[0] for note in bill.notes] == ["actual cost"]


def test_amortised_cost_shows_what_was_left_idle(tmp_path):
    usage = ENTERPRISE | {"PricingModel": "Reservation", "ReservationName": "r1"}
    idle = usage | {"ChargeType": "UnusedReservation", "CostInBillingCurrency": "3"}
    plan = ENTERPRISE | {"ChargeType": "UnusedSavingsPlan", "CostInBillingCurrency": "2"}
    bill = _bill(tmp_path, usage, idle, plan)
    amounts = sorted((line.commitment, line.billed) for line in bill.iter_lines())
    assert amounts == [("unused", 2), ("unused", 3), ("used", 10)]
    assert {line.kind for line in bill.iter_lines()} == {"usage"}
    assert [note.partition(":")[0] for note in bill.notes] == ["amortised cost"]
    assert _bill(tmp_path, usage).notes == bill.notes  # covered usage that costs something
    assert _bill(tmp_path, ENTERPRISE).notes == ()  # no commitment, so both views are the same


@pytest.mark.parametrize(
    ("charge_type", "kind"),
    [("Refund", "adjustment"), ("RoundingAdjustment", "adjustment"), ("Purchase", "purchase")],
)
def test_charge_type_gives_the_kind(tmp_path, charge_type, kind):
    (line,) = _bill(tmp_path, ENTERPRISE | {"ChargeType": charge_type}).iter_lines()
    assert (line.kind, line.list_cost) == (kind, 10)


def test_customer_agreement_columns_and_price_in_another_currency(tmp_path):
    names = {
        "CostInBillingCurrency": "costInBillingCurrency",
        "BillingCurrencyCode": "billingCurrency",
    }
    row = {names.get(name, name[0].lower() + name[1:]): cell for name, cell in ENTERPRISE.items()}
    # The retail price is in dollars and the bill in euro: only the stated euro amount counts.
    (line,) = _bill(tmp_path, row | {"pricingCurrency": "USD"}).iter_lines()
    assert (line.billed, line.currency, line.list_cost) == (10, "EUR", 10)
    stated = row | {"pricingCurrency": "USD", "paygCostInBillingCurrency": "13.5"}
    (line,) = _bill(tmp_path, stated).iter_lines()
    assert line.list_cost == Decimal("13.5")


def test_decimal_commas(tmp_path):
    rows = (
        ENTERPRISE | {"CostInBillingCurrency": "1.234,56", "PayGPrice": ""},
        ENTERPRISE | {"CostInBillingCurrency": "0,44", "PayGPrice": ""},
    )
    assert _bill(tmp_path, *rows).total() == 1235


def test_marketplace_offer_says_so(tmp_path):
    row = ENTERPRISE | {
        "PublisherType": "Marketplace",
        "PublisherName": "Acme AI",
        "ProductName": "Acme Model",
        "MeterName": "",
    }
    (line,) = _bill(tmp_path, row).iter_lines()
    assert line.text == "Azure Marketplace: Acme AI Acme Model"


def test_earlier_usage_details(tmp_path):
    row = {
        "UsageDateTime": "2020-03-01",
        "MeterCategory": "Storage",
        "MeterName": "LRS Data Stored",
        "UsageQuantity": "4",
        "PreTaxCost": "0.08",
        "Currency": "USD",
    }
    (line,) = _bill(tmp_path, row).iter_lines()
    assert (line.kind, line.billed, line.quantity) == ("usage", Decimal("0.08"), 4)


@pytest.mark.parametrize(
    ("cells", "found"),
    [({"ChargeType": "Gift"}, "'Gift'"), ({"BillingCurrencyCode": ""}, "no currency")],
)
def test_rows_that_are_refused(tmp_path, cells, found):
    log = ProblemLog()
    path = _write(tmp_path, (ENTERPRISE | cells,))
    assert read_bill(path, name="azure.csv", log=log) is None
    assert found in " ".join(problem.found for problem in log.problems)


@pytest.mark.skipif(not REAL.exists(), reason=f"reference data not found; set {VARIABLE}")
def test_real_bill_adds_up_to_the_cell():
    with REAL.open(encoding="utf-8-sig") as stream:
        rows = list(csv.DictReader(stream))
    log = ProblemLog()
    bill = read_bill(REAL, name="azure.csv", log=log)
    assert log.problems == ()
    assert bill is not None
    assert (bill.system, bill.currency, bill.n_rows) == ("azure", "CAD", 27)
    assert bill.total() == sum(Decimal(row["CostInBillingCurrency"]) for row in rows)
    retail = sum(Decimal(row["PayGPrice"]) * Decimal(row["Quantity"]) for row in rows)
    assert bill.total("list_cost") == retail
    # All 27 charges are of 2 September 2023; only the period's end tells month from day.
    assert bill.first_day == date(2023, 9, 2)
    assert {line.kind for line in bill.iter_lines()} == {"usage"}
