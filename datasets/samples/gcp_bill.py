"""GCP billing export, one row a day, project and SKU."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal

from growth import daily_cents, spread
from months import BOOKED, MONTHS, day_of
from sample_deal import Charge
from sample_files import csv_text, dollars

COLUMNS = (
    "billing_account_id", "service.id", "service.description", "sku.id", "sku.description",
    "usage_start_time", "usage_end_time", "project.id", "project.name", "labels", "system_labels",
    "location.region", "export_time", "cost", "currency", "currency_conversion_rate",
    "usage.amount", "usage.unit", "usage.amount_in_pricing_units", "usage.pricing_unit", "credits",
    "invoice.month", "cost_type",
)  # fmt: skip


def gcp_csv(charges: Sequence[Charge]) -> str:
    """All months; charges that follow a job share its days, so that siblings meet."""
    rows = [row for month in BOOKED for charge in charges for row in _rows(charge, month)]
    rows.sort(key=lambda row: (row["usage_start_time"], row["project.id"], row["sku.id"]))
    return csv_text(COLUMNS, ([row.get(name, "") for name in COLUMNS] for row in rows))


def _rows(charge: Charge, month: int) -> Iterator[dict[str, str]]:
    total = charge.billed[month]
    if not total:
        return
    if charge.words.get("monthly"):
        yield _row(charge, month, 1, total)
        return
    for day, cents in enumerate(_days(charge, total, month), start=1):
        if cents:
            yield _row(charge, month, day, cents)


def _days(charge: Charge, total: int, month: int) -> list[int]:
    """Cents by day: on every day, or on the days that a job ran."""
    days = daily_cents(charge.name, total, month)
    job = charge.words.get("job_days")
    if not job:
        return days
    first, last = map(int, job.split("-"))
    inside = [cents if first <= day <= last else 0 for day, cents in enumerate(days, start=1)]
    return spread(total, inside)


def _row(charge: Charge, month: int, day: int, cents: int) -> dict[str, str]:
    words = charge.words
    start = day_of(month, day)
    price = Decimal(words.get("price", "1"))
    credit = round(cents * float(words.get("credit", "0")))
    quantity = f"{Decimal(cents + credit) / 100 / price:.6f}"
    sku, service = words["sku"], words["service"]
    credits = [{"name": words.get("credit_name", ""), "amount": -credit / 100,
                "type": words.get("credit_type", "")}]  # fmt: skip
    return {
        "billing_account_id": "01A2F4-77C0DE-5E11A9",
        "service.id": f"{zlib.crc32(service.encode()):08X}",
        "service.description": service,
        "sku.id": f"{zlib.crc32(sku.encode()):08X}",
        "sku.description": sku,
        "usage_start_time": f"{start} 00:00:00 UTC",
        "usage_end_time": f"{start + timedelta(days=1)} 00:00:00 UTC",
        "project.id": words.get("project", ""),
        "project.name": words.get("project", ""),
        "labels": words.get("labels", "[]"),
        "system_labels": "[]",
        "location.region": "us-central1",
        "export_time": f"{start + timedelta(days=1)} 06:12:44 UTC",
        "cost": dollars(cents + credit),
        "currency": "USD",
        "currency_conversion_rate": "1.0",
        "usage.amount": quantity,
        "usage.unit": words.get("unit", "count"),
        "usage.amount_in_pricing_units": quantity,
        "usage.pricing_unit": words.get("unit", "count"),
        "credits": json.dumps(credits) if credit else "[]",
        "invoice.month": "{}{:02d}".format(*MONTHS[month]),
        "cost_type": {"tax": "tax", "adjustment": "adjustment"}.get(charge.kind, "regular"),
    }
