"""Read the cells of one row of a price list; every problem is logged with its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING

from diligence.prices.price_records import TieredRate
from diligence.units import AmountError, PeriodError, parse_amount, parse_date

if TYPE_CHECKING:
    from diligence.inputs.problems import ProblemLog
    from diligence.inputs.tables import Row

PRICE_COLUMNS = (
    "input",
    "output",
    "cached_input",
    "cache_write",
    "batch_input",
    "batch_output",
)
UNITS = {"": 1, "usd_per_mtok": 1, "usd_per_ktok": 1000}


@dataclass(frozen=True)
class RowReader:
    """Cells of one row as typed values; a cell that cannot be read is logged and left out."""

    row: Row
    name: str
    log: ProblemLog

    def refuse(self, column: str, found: str, expected: str) -> None:
        """Log one problem of this row."""
        self.log.add(self.name, self.row.number, column, found, expected)

    def text(self, column: str) -> str:
        """The cell without the blanks around it."""
        return self.row.cells[column].strip()

    def word(self, column: str) -> str:
        """A cell that must not be empty."""
        text = self.text(column)
        if not text:
            self.refuse(column, "nothing", f"the {column} of this row")
        return text

    def day(self, column: str) -> date:
        """A cell that holds a day; `date.min` stands in for one that cannot be read."""
        text = self.text(column)
        try:
            return parse_date(text)
        except PeriodError:
            self.refuse(column, repr(text), "a day such as 2025-02-08")
            return date.min

    def choice(self, column: str, known: Sequence[str], *, default: str = "") -> str:
        """A cell that holds one of some words."""
        text = self.text(column).lower() or default
        if text not in known:
            self.refuse(column, repr(text), f"one of {', '.join(known)}")
        return text

    def rates(self) -> dict[str, TieredRate]:
        """Prices of the row in USD per million tokens, whatever unit they are written in."""
        unit = self.text("unit").lower()
        if unit not in UNITS:
            self.refuse("unit", repr(unit), "usd_per_mtok or usd_per_ktok")
            return {}
        found = {kind: self._price(kind) for kind in PRICE_COLUMNS if self.text(kind)}
        return {kind: TieredRate(price * UNITS[unit]) for kind, price in found.items()}

    def tier(self) -> int:
        """Input tokens above which the row applies; 0 is the base price."""
        text = self.text("context_tier") or "0"
        if text.isascii() and text.isdigit():
            return int(text)
        expected = "input tokens above which the price applies, such as 200000"
        self.refuse("context_tier", repr(text), expected)
        return 0

    def hours(self) -> tuple[time, time] | None:
        """Hours of the day (UTC) at which the row applies."""
        text = self.text("hours_utc")
        if not text:
            return None
        try:
            start, _, end = text.partition("-")
            return time.fromisoformat(start), time.fromisoformat(end)
        except ValueError:
            self.refuse("hours_utc", repr(text), "hours such as 16:30-00:30")
            return None

    def _price(self, kind: str) -> Decimal:
        text = self.text(kind)
        try:
            price = parse_amount(text)
        except AmountError:
            price = None
        if price is None or not price.is_finite() or price <= 0:
            expected = "a price above 0 such as 2.50, or an empty cell where none is listed"
            self.refuse(kind, repr(text), expected)
            return Decimal(1)
        return price
