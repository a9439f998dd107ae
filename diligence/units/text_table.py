"""Tables for a terminal: the first column on the left, the rest on the right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def text_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Align cells in columns; empty without rows.

    Examples
    --------
    >>> print(text_table(("price", "k*"), [("tokens bought", "1.79x"), ("seats bought", "never")]))
    price             k*
    tokens bought  1.79x
    seats bought   never
    """
    cells = [tuple(row) for row in rows]
    if not cells:
        return ""
    table = [tuple(head), *cells]
    widths = [max(len(row[column]) for row in table) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    )
