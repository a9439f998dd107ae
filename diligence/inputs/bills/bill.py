"""What every billing system is brought to: one record for a distinct line of a bill and month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

ChargeKind = Literal["usage", "purchase", "credit", "discount", "tax", "adjustment"]
CHARGE_KINDS: tuple[ChargeKind, ...] = get_args(ChargeKind)
Commitment = Literal["", "used", "unused"]
EVIDENCE_COLUMNS = (
    "supplier",
    "service",
    "text",
    "usage_type",
    "operation",
    "resource",
    "project",
    "tags",
)
"""What a classifier may look at, empty where the bill has no such column."""
KEY_COLUMNS = (*EVIDENCE_COLUMNS, "kind", "commitment", "unit", "currency", "day")
"""What makes a line distinct; ``day`` is the first of the month unless the format pairs by day."""
MONEY_COLUMNS = ("billed", "effective", "list_cost", "contracted")
LINE_COLUMNS = (*KEY_COLUMNS, "quantity", *MONEY_COLUMNS, "n_rows", "first_row")


@dataclass(frozen=True, slots=True)
class BillLine:
    """Rows of a bill with the same evidence in the same month, added up exactly.

    ``billed`` is cash invoiced, ``effective`` what the period consumed (prepayments spread over
    their use, 0 on the purchase itself), ``list_cost`` the price before any discount and
    ``contracted`` the negotiated price before commitments; a bill without one of them repeats
    the nearest it has. Credits and refunds are negative. ``first_row`` is the row of the file
    that the first of the rows stands on; ``sibling`` is filled by pairing, never by a file.
    """

    supplier: str
    service: str
    text: str
    usage_type: str
    operation: str
    resource: str
    project: str
    tags: str
    kind: ChargeKind
    commitment: Commitment
    unit: str
    currency: str
    day: date
    quantity: Decimal | None
    billed: Decimal
    effective: Decimal
    list_cost: Decimal
    contracted: Decimal
    n_rows: int
    first_row: int
    sibling: str = ""

    @property
    def money(self) -> dict[str, Decimal]:
        """The four amounts by name."""
        return {name: getattr(self, name) for name in MONEY_COLUMNS}

    def with_money(self, money: Mapping[str, Decimal], quantity: Decimal | None) -> BillLine:
        """The same line with other amounts."""
        return replace(
            self,
            billed=money["billed"],
            effective=money["effective"],
            list_cost=money["list_cost"],
            contracted=money["contracted"],
            quantity=quantity,
        )


@dataclass(frozen=True)
class Bill:
    """One bill or usage export as read: its format, and its distinct lines.

    Attributes
    ----------
    name
        Path inside the deal folder.
    format
        Name of the format (``focus_1_2``, ``aws_cur_2``, ...); ``how`` says whether it was
        detected from the header, forced or mapped by mapping.yaml.
    system
        Billing system that rules are scoped by, such as ``aws`` or ``openai``.
    first_day, last_day
        First day of the first charge and last day of the last one.
    lines
        Arrow table with ``LINE_COLUMNS``; money as exact decimals.
    ledger
        Selector of the ledger lines that book this bill, from mapping.yaml; empty when they name
        the supplier themselves.
    notes
        What an analyst should know about the reading (unit, locale, retractions, ...).
    """

    name: str
    format: str
    format_title: str
    how: Literal["detected", "forced", "mapped"]
    system: str
    currency: str
    first_day: date
    last_day: date
    n_rows: int
    lines: pa.Table
    notes: tuple[str, ...] = ()
    ledger: str = ""

    def iter_lines(self) -> Iterator[BillLine]:
        """Distinct lines, in the order of supplier, service, text and day."""
        for batch in self.lines.to_batches(max_chunksize=65_536):
            for row in batch.to_pylist():
                yield BillLine(**row)

    def total(self, column: str = "billed") -> Decimal:
        """Exact sum of one money column over the whole bill."""
        import pyarrow.compute as pc

        found = pc.sum(self.lines[column]).as_py()
        return found if found is not None else Decimal(0)

    def to_frame(self) -> pd.DataFrame:
        """One row a distinct line and month, amounts as exact decimals."""
        frame: pd.DataFrame = self.lines.to_pandas()
        return frame

    def summary(self) -> str:
        """One line: what the file is, what it holds and how it was recognised."""
        return (
            f"{self.name}: {self.format_title} ({self.how}), {self.n_rows:,} rows, "
            f"{self.lines.num_rows:,} distinct lines, {self.first_day} to {self.last_day}, "
            f"{self.currency} {self.total():,.2f} billed"
        )

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False, max_rows=60))
