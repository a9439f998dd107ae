"""Cloud bills in FOCUS: 1.2 as CSV, 1.0 as Parquet, and LiteLLM's export of gateway spend."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from growth import daily_cents
from months import BOOKED, day_of, days_in, first_day, month_after
from sample_deal import Charge
from sample_files import csv_text, dollars
from token_flows import model_of

COLUMNS_1_0 = (
    "AvailabilityZone", "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency",
    "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription",
    "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart", "CommitmentDiscountCategory",
    "CommitmentDiscountId", "CommitmentDiscountName", "CommitmentDiscountStatus",
    "CommitmentDiscountType", "ConsumedQuantity", "ConsumedUnit", "ContractedCost",
    "ContractedUnitPrice", "EffectiveCost", "InvoiceIssuerName", "ListCost", "ListUnitPrice",
    "PricingCategory", "PricingQuantity", "PricingUnit", "ProviderName", "PublisherName",
    "RegionId", "RegionName", "ResourceId", "ResourceName", "ResourceType", "ServiceCategory",
    "ServiceName", "SkuId", "SkuPriceId", "SubAccountId", "SubAccountName", "Tags",
)  # fmt: skip
SINCE_1_1 = (
    "CapacityReservationId", "CapacityReservationStatus", "CommitmentDiscountQuantity",
    "CommitmentDiscountUnit", "ServiceSubcategory", "SkuMeter", "SkuPriceDetails",
)  # fmt: skip
SINCE_1_2 = (
    "BillingAccountType", "InvoiceId", "PricingCurrency", "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice", "SubAccountType",
)  # fmt: skip
COLUMNS_1_2 = tuple(sorted((*COLUMNS_1_0, *SINCE_1_1, *SINCE_1_2)))
COSTS = ("BilledCost", "EffectiveCost", "ContractedCost", "ListCost")
CATEGORIES = {
    "usage": "Usage", "memo": "Usage", "refund": "Usage", "purchase": "Purchase",
    "credit": "Credit", "tax": "Tax",
}  # fmt: skip


def focus_rows(charges: Sequence[Charge], *, account: str) -> Iterator[dict[str, str]]:
    """One row a charge and month, by the names of FOCUS; empty where nothing is stated."""
    for month in BOOKED:
        for charge in charges:
            if charge.cents[month]:
                yield _row(charge, month, account)


def _row(charge: Charge, month: int, account: str) -> dict[str, str]:
    words = charge.words
    billed, used = charge.billed[month], charge.effective[month]
    listed = charge.cents[month] if charge.kind in ("usage", "purchase") else 0
    if words.get("list_factor"):
        listed = round(listed * float(words["list_factor"]))
    start, end = f"{first_day(month)}T00:00:00Z", f"{month_after(month)}T00:00:00Z"
    unit = words.get("unit", "")
    quantity = f"{Decimal(listed) / 100 / Decimal(words['price']):.4f}" if unit else ""
    sub_account = words.get("account", "")
    contracted = charge.cents[month] if charge.kind != "memo" else 0
    return {
        "BilledCost": dollars(billed),
        "EffectiveCost": dollars(used),
        "ContractedCost": dollars(contracted),
        "ListCost": dollars(listed),
        "BillingAccountId": "418027715530",
        "BillingAccountName": account,
        "BillingAccountType": "Payer",
        "BillingCurrency": "USD",
        "PricingCurrency": "USD",
        "BillingPeriodStart": start,
        "BillingPeriodEnd": end,
        "ChargePeriodStart": start,
        "ChargePeriodEnd": end,
        "ChargeCategory": CATEGORIES[charge.kind],
        "ChargeClass": "Correction" if charge.kind == "refund" else "",
        "ChargeDescription": words["description"],
        "ChargeFrequency": "One-Time" if charge.kind == "purchase" else "Usage-Based",
        "ConsumedQuantity": quantity,
        "ConsumedUnit": unit,
        "PricingQuantity": quantity,
        "PricingUnit": unit,
        "ListUnitPrice": words.get("price", "") if unit else "",
        "PricingCategory": words.get("pricing", "Standard") if charge.kind == "usage" else "",
        "CommitmentDiscountStatus": words.get("commitment", ""),
        "CapacityReservationStatus": words.get("reservation", ""),
        "InvoiceId": f"INV-{first_day(month):%Y%m}",
        "InvoiceIssuerName": "Amazon Web Services, Inc.",
        "ProviderName": "AWS",
        "PublisherName": words.get("publisher", "Amazon Web Services, Inc."),
        "RegionId": "us-east-1",
        "RegionName": "US East (N. Virginia)",
        "ResourceId": words.get("resource", ""),
        "ResourceName": words.get("resource", ""),
        "ServiceCategory": words["category"],
        "ServiceSubcategory": words.get("subcategory", ""),
        "ServiceName": words["service"],
        "SkuId": f"{zlib.crc32(words['description'].encode()):08X}",
        "SkuMeter": words.get("meter", ""),
        "SubAccountId": f"{zlib.crc32(sub_account.encode()):012d}" if sub_account else "",
        "SubAccountName": sub_account,
        "SubAccountType": "Account" if sub_account else "",
        "Tags": words.get("tags", "{}"),
    }


def focus_1_2_csv(charges: Sequence[Charge], *, account: str) -> str:
    """FOCUS 1.2 as comma-separated text."""
    rows = focus_rows(charges, account=account)
    return csv_text(COLUMNS_1_2, ([row.get(name, "") for name in COLUMNS_1_2] for row in rows))


def focus_1_0_parquet(charges: Sequence[Charge], *, account: str) -> bytes:
    """FOCUS 1.0 as Parquet: exact decimals, times in UTC, absent values null."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = list(focus_rows(charges, account=account))
    columns = {name: _column(name, [row.get(name, "") for row in rows]) for name in COLUMNS_1_0}
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer, compression="zstd")
    return buffer.getvalue()


def _column(name: str, texts: list[str]) -> object:
    import pyarrow as pa
    import pyarrow.compute as pc

    values = [text or None for text in texts]
    if name in (*COSTS, "ConsumedQuantity", "PricingQuantity", "ListUnitPrice"):
        numbers = [None if value is None else Decimal(value) for value in values]
        return pa.array(numbers, pa.decimal128(38, 10))
    column = pa.array(values, pa.string())
    if name.endswith(("PeriodStart", "PeriodEnd")):
        return pc.strptime(column, "%Y-%m-%dT%H:%M:%SZ", "us").cast(pa.timestamp("us", "UTC"))
    return column


LITELLM_COLUMNS = (
    "BilledCost", "BillingAccountId", "BillingAccountName", "BillingAccountType",
    "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory", "ChargeClass",
    "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart",
    "ConsumedQuantity", "ConsumedUnit", "ContractedCost", "ContractedUnitPrice", "EffectiveCost",
    "InvoiceIssuerName", "InvoiceId", "ListCost", "ListUnitPrice", "AvailabilityZone",
    "PricingCurrency", "PricingCategory", "PricingQuantity", "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice", "PricingUnit", "ProviderName",
    "PublisherName", "RegionId", "RegionName", "ResourceId", "ResourceName", "ResourceType",
    "ServiceCategory", "ServiceSubcategory", "ServiceName", "SubAccountId", "SubAccountName",
    "SubAccountType", "Tags",
)  # fmt: skip


def litellm_csv(charges: Sequence[Charge]) -> str:
    """The gateway's export: a row a day, key and model, all tokens of it together."""
    rows = []
    for month in BOOKED:
        groups: dict[tuple[str, str, str, str], int] = {}
        for charge in charges:
            words = charge.words
            key = (words["family"], words["project"], words["provider"], words["team"])
            groups[key] = groups.get(key, 0) + charge.billed[month]
        for key, cents in groups.items():
            days = daily_cents("/".join(key), cents, month) if cents else [0] * days_in(month)
            rows += [
                _gateway_row(key, month, day_of(month, day + 1), part)
                for day, part in enumerate(days)
                if part
            ]
    rows.sort(key=lambda row: (row["ChargePeriodStart"], row["BillingAccountName"]))
    return csv_text(
        LITELLM_COLUMNS, ([row.get(name, "") for name in LITELLM_COLUMNS] for row in rows)
    )


def _gateway_row(
    key: tuple[str, str, str, str], month: int, day: date, cents: int
) -> dict[str, str]:
    family, alias, provider, team = key
    model, spend = model_of(family, month).id, f"{Decimal(cents) / 100:.6f}"
    start, end = f"{day}T00:00:00Z", f"{day + timedelta(days=1)}T00:00:00Z"
    return {
        **dict.fromkeys((*COSTS, "PricingCurrencyEffectiveCost"), spend),
        "BillingAccountId": f"{zlib.crc32(alias.encode()):08x}" * 4,
        "BillingAccountName": alias,
        "BillingAccountType": "API Key",
        "BillingCurrency": "USD",
        "PricingCurrency": "USD",
        "BillingPeriodStart": start,
        "BillingPeriodEnd": end,
        "ChargePeriodStart": start,
        "ChargePeriodEnd": end,
        "ChargeCategory": "Usage",
        "ChargeDescription": model,
        "ChargeFrequency": "Usage-Based",
        "ConsumedQuantity": "1.000000",
        "ConsumedUnit": "Requests",
        "PricingQuantity": "1.000000",
        "PricingUnit": "Requests",
        **dict.fromkeys(("InvoiceIssuerName", "ProviderName", "PublisherName"), provider),
        **dict.fromkeys(("ResourceId", "ResourceName", "ResourceType"), model),
        "ServiceCategory": "AI and Machine Learning",
        "ServiceSubcategory": "Generative AI",
        "ServiceName": model.split("-20")[0],
        "SubAccountId": f"team-{team}",
        "SubAccountName": team,
    }


def tags(**pairs: str) -> str:
    """Tags as FOCUS writes them."""
    return json.dumps(pairs, sort_keys=True)
