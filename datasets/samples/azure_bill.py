"""Azure cost export of a European tenant: decimal commas, days before months."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from decimal import Decimal

from growth import spread
from months import BOOKED, day_of, days_in, first_day, last_day
from sample_deal import Charge
from sample_files import csv_text

COLUMNS = (
    "InvoiceSectionName", "AccountName", "AccountOwnerId", "SubscriptionId", "SubscriptionName",
    "ResourceGroup", "ResourceLocation", "Date", "ProductName", "MeterCategory",
    "MeterSubCategory", "MeterId", "MeterName", "MeterRegion", "UnitOfMeasure", "Quantity",
    "EffectivePrice", "CostInBillingCurrency", "CostCenter", "ConsumedService", "ResourceId",
    "Tags", "OfferId", "AdditionalInfo", "ServiceInfo1", "ServiceInfo2", "ResourceName",
    "ReservationId", "ReservationName", "UnitPrice", "ProductOrderId", "ProductOrderName", "Term",
    "PublisherType", "PublisherName", "ChargeType", "Frequency", "PricingModel",
    "AvailabilityZone", "BillingAccountId", "BillingAccountName", "BillingCurrencyCode",
    "BillingPeriodStartDate", "BillingPeriodEndDate", "BillingProfileId", "BillingProfileName",
    "InvoiceSectionId", "IsAzureCreditEligible", "PartNumber", "PayGPrice", "PlanName",
    "ServiceFamily",
)  # fmt: skip


def european(number: Decimal, *, places: int = 2) -> str:
    """Write ``1234.5`` as ``1.234,50``."""
    return f"{number:,.{places}f}".translate(str.maketrans(",.", ".,"))


def azure_csv(charges: Sequence[Charge], *, account: str) -> str:
    """Four rows a month and meter; credits are rows of their own."""
    rows = (row for month in BOOKED for charge in charges for row in _rows(charge, month, account))
    return csv_text(COLUMNS, ([row.get(name, "") for name in COLUMNS] for row in rows))


def _rows(charge: Charge, month: int, account: str) -> Iterator[dict[str, str]]:
    total = charge.billed[month]
    if not total:
        return
    days = (7, 14, 21, days_in(month))
    sign = 1 if total > 0 else -1
    for day, part in zip(days, spread(abs(total), (7, 7, 7, days_in(month) - 21)), strict=True):
        yield _row(charge, month, day, sign * part, account)


def _row(charge: Charge, month: int, day: int, cents: int, account: str) -> dict[str, str]:
    words, cost = charge.words, Decimal(cents) / 100
    price = Decimal(words.get("price", "1"))
    group, subscription = words.get("group", ""), words.get("subscription", "")
    meter = words["meter"]
    return {
        "InvoiceSectionName": account,
        "AccountName": account,
        "SubscriptionId": f"{zlib.crc32(subscription.encode()):08x}-65dd-45d1-973c-000000000000",
        "SubscriptionName": subscription,
        "ResourceGroup": group,
        "ResourceLocation": "westeurope",
        "Date": f"{day_of(month, day):%d/%m/%Y}",
        "ProductName": f"{words['category']} - {meter} - EU West",
        "MeterCategory": words["category"],
        "MeterSubCategory": words.get("subcategory", ""),
        "MeterId": f"{zlib.crc32(meter.encode()):08x}-3fad-4b9f-baef-000000000000",
        "MeterName": meter,
        "MeterRegion": "EU West",
        "UnitOfMeasure": words.get("unit", "1"),
        "Quantity": european(cost / price, places=6),
        "EffectivePrice": european(price, places=6),
        "CostInBillingCurrency": european(cost),
        "ConsumedService": words.get("consumed", "Microsoft.CognitiveServices"),
        "ResourceId": f"/subscriptions/{subscription}/resourceGroups/{group}" if group else "",
        "Tags": words.get("tags", ""),
        "UnitPrice": european(price, places=6),
        "PublisherType": "Azure",
        "PublisherName": "Microsoft",
        "ChargeType": {"credit": "Credit", "tax": "Tax"}.get(charge.kind, "Usage"),
        "Frequency": "UsageBased",
        "PricingModel": "OnDemand",
        "BillingAccountId": "76148820",
        "BillingAccountName": account,
        "BillingCurrencyCode": "USD",
        "BillingPeriodStartDate": f"{first_day(month):%d/%m/%Y}",
        "BillingPeriodEndDate": f"{last_day(month):%d/%m/%Y}",
        "IsAzureCreditEligible": "TRUE",
        "ServiceFamily": words.get("family_name", "AI + Machine Learning"),
    }
