"""What a bill that cannot be read says about itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

_LINE = re.compile(r"CSV Error on Line: (\d+)")
_WIDTH = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")
WHOLE_FILE = "the whole file; it looks cut off"


class UnreadableBillError(Exception):
    """The bill as a whole cannot be read; carries the words of the problem."""

    def __init__(self, found: str, expected: str, *, row: int = 0, column: str = "") -> None:
        super().__init__(found)
        self.row, self.column, self.found, self.expected = row, column, found, expected


def from_database(error: duckdb.Error) -> UnreadableBillError:
    """Words for what the database says about a file, without its own advice."""
    message = str(error)
    line, width = _LINE.search(message), _WIDTH.search(message)
    row = int(line[1]) if line else 0
    if width:
        found = f"a row of {width[2]} cells"
        return UnreadableBillError(found, f"{width[1]} cells, as the header has", row=row)
    if "unterminated quote" in message:
        return UnreadableBillError("a quote that is not closed", WHOLE_FILE, row=row)
    if "state machine" in message:
        found = "quotes or line ends that are no CSV"
        return UnreadableBillError(found, "quotes around a cell, doubled inside it", row=row)
    if type(error).__name__ == "OutOfMemoryException":
        return UnreadableBillError("more distinct lines than memory holds", "a file a month")
    first = message.splitlines()[0].partition(" Error: ")
    reason = re.sub(r"[\"']?/\S+", "the file", first[2] or first[0])[:120]
    return UnreadableBillError(f"a file that cannot be read ({reason})", "the whole file", row=row)
