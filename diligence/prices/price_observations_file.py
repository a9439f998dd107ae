"""Read a table of prices from a file, for an index of anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diligence.errors import InputError
from diligence.units import AmountError, PeriodError, parse_amount, parse_date, parse_period

if TYPE_CHECKING:
    import pandas as pd

    from diligence.inputs.problems import ProblemLog
    from diligence.inputs.tables import Row

REQUIRED = ("period", "item", "price")


def read_price_observations(path: Path, *, quality: Sequence[str] = ()) -> pd.DataFrame:
    """Read ``period, item, price`` and, if there, ``quantity`` and the columns of quality.

    Parameters
    ----------
    path
        CSV or workbook. Periods are whole numbers, dates or months, all of one kind.
    quality
        Columns that describe an item, for the hedonic index; numbers where every cell is one.

    Raises
    ------
    InputError
        With every problem of the file.
    """
    import pandas as pd

    from diligence.inputs.problems import ProblemLog
    from diligence.inputs.tables import read_table

    log = ProblemLog()
    optional = ("quantity", *quality)
    table = read_table(path, name=path.name, log=log, required=REQUIRED, optional=optional)
    rows = table.rows if table else ()
    columns: dict[str, list[Any]] = {
        "period": _periods(rows, path.name, log),
        "item": [_item(row, path.name, log) for row in rows],
        "price": [_number(row, "price", path.name, log) for row in rows],
    }
    if any(row.cells["quantity"].strip() for row in rows):
        columns["quantity"] = [_number(row, "quantity", path.name, log) for row in rows]
    for name in quality:
        columns[name] = _quality([row.cells[name].strip() for row in rows])
    if log.problems:
        raise InputError(f"{path.name} cannot be used as a table of prices", log.problems)
    return pd.DataFrame(columns)


def _periods(rows: Sequence[Row], name: str, log: ProblemLog) -> list[Any]:
    texts = [row.cells["period"].strip() for row in rows]
    readers: tuple[Callable[[str], Any], ...] = (int, parse_date, parse_period)
    found = [[_read(reader, text) for text in texts] for reader in readers]
    best = min(found, key=lambda values: values.count(None))
    for row, text, value in zip(rows, texts, best, strict=True):
        if value is None:
            expected = "a whole number, a date or a month, of the same kind as the other rows"
            log.add(name, row.number, "period", repr(text), expected)
    return best


def _read(reader: Callable[[str], Any], text: str) -> Any:
    try:
        return reader(text)
    except (ValueError, PeriodError):
        return None


def _item(row: Row, name: str, log: ProblemLog) -> str:
    text = row.cells["item"].strip()
    if not text:
        log.add(name, row.number, "item", "an empty cell", "the item that is priced")
    return text


def _number(row: Row, column: str, name: str, log: ProblemLog) -> float:
    text = row.cells[column].strip()
    try:
        value = parse_amount(text)
    except AmountError:
        value = None
    if value is not None and (value > 0 or (value == 0 and column == "quantity")):
        return float(value)
    bound = "above 0; leave out what was not priced" if column == "price" else "of at least 0"
    log.add(name, row.number, column, repr(text), f"a {column} {bound}")
    return 0.0


def _quality(texts: Sequence[str]) -> list[Any]:
    """Numbers where every cell is one, else words; an empty cell is missing."""
    numbers = [_read(float, text) for text in texts if text]
    if None not in numbers:
        return [float(text) if text else None for text in texts]
    return [text or None for text in texts]
