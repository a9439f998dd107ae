"""Read which company buys which model from a file."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from diligence.errors import InputError
from diligence.units import AmountError, parse_amount

if TYPE_CHECKING:
    from diligence.inputs.problems import ProblemLog
    from diligence.inputs.tables import Row

REQUIRED = ("company", "model")
OPTIONAL = ("provider", "usd_per_month")


@dataclass(frozen=True)
class HeldModel:
    """A model that a company buys.

    Parameters
    ----------
    company, model
        Name of the holding, and the model as the price book knows it.
    provider
        From whom it is bought; the model's maker when left out.
    usd_per_month
        What it spends on it, USD a month; None when not known.
    """

    company: str
    model: str
    provider: str = ""
    usd_per_month: Decimal | None = None


def read_holdings(path: Path) -> tuple[HeldModel, ...]:
    """Read a table of companies and the models they buy.

    Parameters
    ----------
    path
        CSV or workbook with ``company, model`` and, if known, ``provider, usd_per_month``.

    Raises
    ------
    InputError
        With every problem of the file.
    """
    from diligence.inputs.problems import ProblemLog
    from diligence.inputs.tables import read_table

    log = ProblemLog()
    table = read_table(path, name=path.name, log=log, required=REQUIRED, optional=OPTIONAL)
    rows = table.rows if table else ()
    held = tuple(_held(row, path.name, log) for row in rows)
    if log.problems:
        raise InputError(f"{path.name} cannot be used as a table of holdings", log.problems)
    return held


def _held(row: Row, name: str, log: ProblemLog) -> HeldModel:
    cells = {column: text.strip() for column, text in row.cells.items()}
    for column in REQUIRED:
        if not cells[column]:
            log.add(name, row.number, column, "an empty cell", f"the {column}")
    spend = _spend(row, name, log) if cells["usd_per_month"] else None
    return HeldModel(cells["company"], cells["model"], cells["provider"].lower(), spend)


def _spend(row: Row, name: str, log: ProblemLog) -> Decimal | None:
    text = row.cells["usd_per_month"].strip()
    try:
        spend = parse_amount(text)
    except AmountError:
        spend = None
    if spend is not None and spend >= 0:
        return spend
    expected = "USD a month of at least 0, or an empty cell"
    log.add(name, row.number, "usd_per_month", repr(text), expected)
    return None
