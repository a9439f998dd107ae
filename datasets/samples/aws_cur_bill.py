"""AWS Cost and Usage Report in its legacy form, by the month."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from decimal import Decimal

from months import BOOKED, first_day, month_after
from sample_deal import Charge
from sample_files import csv_text, dollars

COLUMNS = (
    "identity/LineItemId", "identity/TimeInterval", "bill/InvoiceId", "bill/InvoicingEntity",
    "bill/BillingEntity", "bill/BillType", "bill/PayerAccountId", "bill/BillingPeriodStartDate",
    "bill/BillingPeriodEndDate", "lineItem/UsageAccountId", "lineItem/LineItemType",
    "lineItem/UsageStartDate", "lineItem/UsageEndDate", "lineItem/ProductCode",
    "lineItem/UsageType", "lineItem/Operation", "lineItem/AvailabilityZone", "lineItem/ResourceId",
    "lineItem/UsageAmount", "lineItem/CurrencyCode", "lineItem/UnblendedRate",
    "lineItem/UnblendedCost", "lineItem/LineItemDescription", "lineItem/TaxType",
    "lineItem/LegalEntity", "product/ProductName", "product/instanceType", "product/region",
    "pricing/publicOnDemandCost", "pricing/term", "pricing/unit", "reservation/EffectiveCost",
    "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod", "reservation/UnusedRecurringFee",
    "savingsPlan/TotalCommitmentToDate", "savingsPlan/UsedCommitment",
    "savingsPlan/SavingsPlanEffectiveCost", "resourceTags/user:app", "resourceTags/user:env",
    "resourceTags/user:team",
)  # fmt: skip
TYPES = {
    "usage": "Usage", "purchase": "Fee", "credit": "Credit", "tax": "Tax",
    "discount": "EdpDiscount", "refund": "Refund",
}  # fmt: skip


def aws_cur_csv(charges: Sequence[Charge]) -> str:
    """All months, one row a charge and month."""
    rows = (_row(charge, month) for month in BOOKED for charge in _of(charges, month))
    return csv_text(COLUMNS, ([row.get(name, "") for name in COLUMNS] for row in rows))


def _of(charges: Sequence[Charge], month: int) -> Iterator[Charge]:
    return (charge for charge in charges if charge.cents[month])


def _row(charge: Charge, month: int) -> dict[str, str]:
    words, cents = charge.words, charge.billed[month]
    start = f"{first_day(month)}T00:00:00.000Z"
    end = f"{month_after(month)}T00:00:00.000Z"
    cost, price = Decimal(cents) / 100, words.get("price", "")
    quantity = f"{cost / Decimal(price):.6f}" if price else "1"
    is_usage = charge.kind == "usage"
    usage_type = words.get("usage_type", "")
    identity = f"{zlib.crc32(f'{charge.name}{month}'.encode()):08x}"
    return {
        "identity/LineItemId": identity * 6,
        "identity/TimeInterval": f"{start[:19]}Z/{end[:19]}Z",
        "bill/InvoiceId": f"{first_day(month):%y%m}884120",
        "bill/InvoicingEntity": "Amazon Web Services, Inc.",
        "bill/BillingEntity": words.get("entity", "AWS"),
        "bill/BillType": "Anniversary",
        "bill/PayerAccountId": "640218835517",
        "bill/BillingPeriodStartDate": start,
        "bill/BillingPeriodEndDate": end,
        "lineItem/UsageAccountId": words.get("account", "640218835517"),
        "lineItem/LineItemType": TYPES[charge.kind],
        "lineItem/UsageStartDate": start,
        "lineItem/UsageEndDate": end,
        "lineItem/ProductCode": words["product"],
        "lineItem/UsageType": usage_type,
        "lineItem/Operation": words.get("operation", ""),
        "lineItem/ResourceId": words.get("resource", ""),
        "lineItem/UsageAmount": quantity,
        "lineItem/CurrencyCode": "USD",
        "lineItem/UnblendedRate": price if is_usage else "",
        "lineItem/UnblendedCost": f"{dollars(cents)}00000000",
        "lineItem/LineItemDescription": words["description"],
        "lineItem/TaxType": "USSalesTax" if charge.kind == "tax" else "",
        "lineItem/LegalEntity": words.get("seller", "Amazon Web Services, Inc."),
        "product/ProductName": words.get("product_name", words["product"]),
        "product/region": "us-east-1",
        "pricing/publicOnDemandCost": dollars(cents) if is_usage else "0",
        "pricing/term": "OnDemand" if is_usage else "",
        "pricing/unit": words.get("unit", "") if is_usage else "",
        "resourceTags/user:app": words.get("app", ""),
        "resourceTags/user:env": words.get("env", ""),
        "resourceTags/user:team": words.get("team", ""),
    }
