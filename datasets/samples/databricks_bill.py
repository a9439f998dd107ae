"""Databricks billable usage, joined with the list price of each unit as its finance team did."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from decimal import Decimal

from growth import spread
from months import BOOKED, day_of, days_in, index_of
from sample_deal import Charge
from sample_files import Row, csv_text

USAGE_COLUMNS = (
    "account_id", "workspace_id", "record_id", "sku_name", "cloud", "usage_start_time",
    "usage_end_time", "usage_date", "custom_tags", "usage_unit", "usage_quantity",
    "usage_metadata", "identity_metadata", "record_type", "ingestion_date",
    "billing_origin_product", "product_features", "usage_type", "currency_code", "list_price",
)  # fmt: skip
ACCOUNT = "5b1f40c2-9d3e-4a0f-8a44-20d1c76e0b11"
RESTATED = ("2026-02", "2026-05")
WRONG = Decimal("1.18")


def databricks_usage_csv(charges: Sequence[Charge]) -> str:
    """Usage by day in DBU; two months were metered wrongly, taken back and stated again."""
    rows = [row for month in BOOKED for charge in charges for row in _rows(charge, month)]
    return csv_text(USAGE_COLUMNS, sorted(rows, key=lambda row: (str(row[7]), str(row[2]))))


def _rows(charge: Charge, month: int) -> Iterator[Row]:
    total = charge.billed[month]
    if not total:
        return
    days = (6, 13, 20, days_in(month))
    restated = charge.words.get("restated") and month in map(index_of, RESTATED)
    for day, cents in zip(days, spread(total, (6, 7, 7, days_in(month) - 20)), strict=True):
        quantity = quantity_of(charge, cents)
        if restated and day == 13:
            wrong = (quantity * WRONG).quantize(Decimal("0.0001"))
            yield _row(charge, month, day, wrong, "ORIGINAL")
            yield _row(charge, month, day, -wrong, "RETRACTION")
            yield _row(charge, month, day, quantity, "RESTATEMENT")
        else:
            yield _row(charge, month, day, quantity, "ORIGINAL")


def quantity_of(charge: Charge, cents: int) -> Decimal:
    """DBU that an amount buys; prices divide a cent, so that none is lost."""
    return (Decimal(cents) / 100 / Decimal(charge.words["price"])).quantize(Decimal("0.0001"))


def _row(charge: Charge, month: int, day: int, quantity: Decimal, record: str) -> Row:
    words, start = charge.words, day_of(month, day)
    identity = f"{zlib.crc32(f'{charge.name}{start}{record}'.encode()):08x}"
    return (ACCOUNT, "3301842217", identity * 4, words["sku"], "AWS", f"{start}T00:00:00Z",
            f"{start}T23:59:59Z", start, words.get("tags", "{}"), "DBU", f"{quantity:f}",
            json.dumps({key[2:]: value for key, value in words.items() if key[:2] == "m_"}),
            '{"run_as": "svc-platform@harrowgate.example"}', record, start, words["origin"],
            words.get("features", "{}"), "COMPUTE_TIME", "USD", words["price"])  # fmt: skip
