"""Usage exports of model suppliers: tokens without amounts, which belong to usage/."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from diligence.inputs.bills.faults import UnreadableBillError
from diligence.inputs.bills.formats.api_pages import Record, results_of
from diligence.inputs.bills.layout import BillFormat, Header

USAGE_ROW_COLUMNS = (
    "date",
    "provider",
    "model",
    "feature",
    "plan",
    "payer",
    "requests",
    "input_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "project",
    "api_key",
    "batch",
    "tier",
)
"""Columns of a usage row; ``input_tokens`` are uncached ones, empty text is not stated."""
_COSTS = ("cost_usd", "cost", "amount", "amount_value", "amount.value")


@dataclass(frozen=True)
class UsageExport:
    """One kind of usage export: how it is recognised and how its rows are read.

    Attributes
    ----------
    columns
        Sets of columns; a flat file of this kind has all columns of one of them.
    tells
        True for a JSON document of the supplier's usage API.
    usage_rows
        Turns the document, or the rows of a flat file by column, into rows of text with
        ``USAGE_ROW_COLUMNS``.
    """

    name: str
    title: str
    columns: tuple[tuple[str, ...], ...]
    tells: Callable[[object], bool]
    usage_rows: Callable[[object], list[dict[str, str]]]

    def has_columns(self, names: Iterable[str]) -> bool:
        """True when a flat file with these columns is one of this kind."""
        header = Header(names)
        return any(header.has(*needed) for needed in self.columns)


def pairs_of(document: object) -> list[tuple[Record, Record]]:
    """Bucket and result of each row; a row of a flat file is both."""
    if isinstance(document, list) and not any(
        isinstance(row, dict) and ("data" in row or "results" in row) for row in document
    ):
        return [(row, row) for row in document if isinstance(row, dict)]
    return results_of(document)


def usage_row(**cells: str) -> dict[str, str]:
    """Row with every column of ``USAGE_ROW_COLUMNS``, empty where nothing is stated."""
    return {name: cells.get(name, "") for name in USAGE_ROW_COLUMNS}


def refused_as_bill(export: UsageExport, *, system: str) -> tuple[BillFormat, ...]:
    """Formats that tell an analyst where a usage export found among the bills belongs."""

    def refuse(_: object) -> NoReturn:
        found = f"a usage export ({export.title}), which has no amounts"
        raise UnreadableBillError(found, "put it in usage/, and the cost export here")

    def select(header: Header) -> Mapping[str, str]:
        refuse(header)

    names = [export.name, *(f"{export.name}_{number}" for number in range(2, 10))]
    return tuple(
        BillFormat(
            name=name,
            title=export.title,
            system=system,
            required=needed,
            select=select,
            forbidden=_COSTS,
            tells=export.tells,
            flatten=refuse,
        )
        for name, needed in zip(names, export.columns, strict=False)
    )
