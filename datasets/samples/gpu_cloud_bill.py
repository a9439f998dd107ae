"""Invoice lines of a GPU cloud as plain CSV."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from months import BOOKED, first_day, last_day
from sample_deal import Charge
from sample_files import Row, csv_text, dollars

COLUMNS = (
    "invoice_number", "provider", "period_start", "period_end", "product", "description",
    "cluster", "quantity", "unit", "unit_price", "amount", "currency",
)  # fmt: skip


def gpu_cloud_csv(charges: Sequence[Charge], *, provider: str) -> str:
    """One row a line of the invoice and month."""
    rows = [_row(charge, month, provider)
            for month in BOOKED for charge in charges if charge.billed[month]]  # fmt: skip
    return csv_text(COLUMNS, rows)


def _row(charge: Charge, month: int, provider: str) -> Row:
    words, cents = charge.words, charge.billed[month]
    price = words.get("price", "")
    quantity = f"{Decimal(cents) / 100 / Decimal(price):.4f}" if price else "1"
    start = first_day(month)
    return (f"{provider[:2].upper()}-{start:%Y%m}", provider, start, last_day(month),
            words["product"], words["description"], words.get("cluster", ""), quantity,
            words.get("unit", "each"), price or dollars(cents), dollars(cents), "USD")  # fmt: skip
