"""mapping.yaml: how to read a spreadsheet that is not in the long form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from diligence.inputs.deal import Payer, Role
from diligence.inputs.problems import ProblemLog
from diligence.inputs.selectors import parse_selector
from diligence.inputs.sheet_layout import SheetLayout, find_layout
from diligence.inputs.tables import read_grids
from diligence.inputs.yaml_files import DateText, read_yaml
from diligence.units.money import Locale

MAPPING_FILE = "mapping.yaml"
CONFIRMATION = "confirmed: {by: A. Analyst, date: 2026-07-01}"
_ONE_LINE = 1_000_000
_Row = Annotated[int, Field(ge=1)]
_Column = Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,3}$")]
_Text = Annotated[str, Field(min_length=1)]
_Price = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=12)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Confirmation(_Closed):
    """Who read the mapping against the spreadsheet, and when."""

    by: _Text
    date: DateText


class AccountRow(_Closed):
    """What one row of a wide sheet is."""

    label: str
    role: Role
    segment: str = ""
    payer: Payer = ""
    vendor: str = ""
    department: str = ""
    project: str = ""
    of_which: str = ""


class FileMapping(_Closed):
    """How to read one spreadsheet; rows and columns are those the spreadsheet shows.

    Children of a subtotal are rows; a negative one is subtracted. Rows in ``undecided`` are
    those a proposal could not place; each is a problem until it is moved or dropped.
    """

    sheet: str | None = None
    layout: Literal["wide", "long"] = "wide"
    header_row: _Row | None = None
    first_row: _Row | None = None
    last_row: _Row | None = None
    label_column: _Column = "A"
    code_column: _Column | None = None
    unit: str | None = None
    sign: Literal["cost_positive", "cost_negative"] = "cost_positive"
    locale: Locale | None = None
    periods: dict[_Column, str] = {}
    subtotals: dict[_Row, tuple[int, ...]] = {}
    totals: dict[_Column, tuple[_Column, ...]] = {}
    skip_rows: tuple[_Row, ...] = ()
    undecided: dict[_Row, str] = {}
    accounts: dict[_Row, AccountRow] = {}


BillColumn = Literal[
    "supplier",
    "service",
    "text",
    "usage_type",
    "operation",
    "resource",
    "project",
    "tags",
    "unit",
    "currency",
    "day",
    "quantity",
    "billed",
    "effective",
    "list_cost",
    "contracted",
]


def _is_selector(text: str) -> str:
    parse_selector(text)
    return text


_LedgerSelector = Annotated[str, AfterValidator(_is_selector)]


class BillMapping(_Closed):
    """How to read one bill, where its header and cells do not say.

    ``format`` forces a known format, or is ``mapped`` together with ``columns``; ``locale`` and
    ``dates`` settle 1.234 and 9/2/2023; ``unit`` is that of the amounts, such as USD cents.
    ``prices`` are those of a unit by the name of the item, for usage without amounts, in ``unit``.
    ``ledger`` is a selector of the ledger lines that book the bill, where they do not name the
    supplier.
    """

    format: _Text | None = None
    locale: Locale | None = None
    dates: Literal["mdy", "dmy"] | None = None
    unit: _Text | None = None
    supplier: _Text | None = None
    columns: dict[BillColumn, _Text] = {}
    prices: dict[_Text, _Price] = {}
    ledger: _LedgerSelector = ""


class Mapping(_Closed):
    """The file mapping.yaml; a proposal is not confirmed."""

    confirmed: Confirmation | None = None
    files: dict[str, FileMapping] = {}
    bills: dict[str, BillMapping] = {}


def read_mapping(path: Path, *, name: str, log: ProblemLog) -> Mapping | None:
    """Read mapping.yaml, confirmed or not; None when it has a problem."""
    return read_yaml(path, name=name, log=log, model=Mapping)


def mapping_of(
    mapping: Mapping | FileMapping | None, name: str, *, log: ProblemLog
) -> FileMapping | None:
    """Return the entry of one file; that nobody confirmed its mapping is a problem."""
    if not isinstance(mapping, Mapping):
        return mapping
    entry = mapping.files.get(name)
    if entry is not None and mapping.confirmed is None:
        expected = f"{CONFIRMATION}, set after reading every line against {name}"
        log.add(MAPPING_FILE, 0, "confirmed", "a mapping nobody has confirmed", expected)
    return entry


def check_bill_files(mapping: Mapping, folder: Path, *, log: ProblemLog) -> None:
    """Log each bill that mapping.yaml names and the folder lacks."""
    for name in mapping.bills:
        if not (folder / name).is_file():
            wanted = "a file of the deal folder, written bills/june.csv"
            log.add(MAPPING_FILE, 0, f"bills.{name}", "no such file", wanted)


def propose_mapping(path: Path, *, name: str, log: ProblemLog) -> FileMapping:
    """Propose how to read a spreadsheet; the analyst reads and confirms it.

    The sheet with most months and captions of a P&L is taken. Subtotals and total columns are
    those whose arithmetic holds; roles come from section captions, subtotals and words. What
    cannot be told stays open: no unit is guessed, and rows without a role are ``undecided``.
    """
    layouts = [find_layout(grid) for grid in read_grids(path, name=name, log=log)]
    found = [layout for layout in layouts if layout is not None]
    if not found:
        wanted = "a row with at least one period heading such as Jan-25, 2025Q1 or FY2025"
        log.add(name, 0, "", "no sheet with periods across", wanted)
        return FileMapping()
    return _file_mapping(max(found, key=lambda layout: layout.score))


def to_yaml(mapping: Mapping) -> str:
    """Write a mapping as mapping.yaml, with a reminder while it is not confirmed."""
    if mapping.confirmed:
        who = _in_quotes(mapping.confirmed.by)
        head = [f"confirmed: {{by: {who}, date: {mapping.confirmed.date}}}"]
    else:
        head = [
            "# Proposed. Read every line against the spreadsheet, then set:",
            f"# {CONFIRMATION}",
        ]
    lines = [*head, "files:" if mapping.files else "files: {}"]
    for name, entry in mapping.files.items():
        lines.extend([f"  {_quoted(name)}:", *(f"    {line}" for line in _entry_lines(entry))])
    if mapping.bills:
        lines.append("bills:")
    for name, bill in mapping.bills.items():
        written = bill.model_dump(exclude_defaults=True)
        columns, prices = written.pop("columns", {}), written.pop("prices", {})
        has_keys = written or columns or prices
        lines.append(f"  {_quoted(name)}:" if has_keys else f"  {_quoted(name)}: {{}}")
        lines.extend(f"    {key}: {_quoted(value)}" for key, value in written.items())
        block = {key: _quoted(value) for key, value in columns.items()}
        lines.extend(f"    {line}" for line in _block("columns", block))
        block = {_quoted(item): f"{price:f}" for item, price in prices.items()}
        lines.extend(f"    {line}" for line in _block("prices", block))
    return "\n".join(lines) + "\n"


def _file_mapping(layout: SheetLayout) -> FileMapping:
    return FileMapping(
        sheet=layout.sheet or None,
        header_row=layout.header_row,
        first_row=layout.first_row,
        last_row=layout.last_row,
        label_column=layout.label_column,
        code_column=layout.code_column,
        unit=layout.unit,
        sign="cost_negative" if layout.is_cost_negative else "cost_positive",
        locale=layout.locale,
        periods={column: period.label for column, period in layout.periods.items()},
        subtotals=layout.subtotals,
        totals=layout.totals,
        skip_rows=layout.skip_rows,
        undecided=layout.undecided,
        accounts={
            row: AccountRow(label=label, role=role)
            for row, (label, role) in layout.accounts.items()
        },
    )


def _entry_lines(entry: FileMapping) -> Iterator[str]:
    if entry.sheet:
        yield f"sheet: {_quoted(entry.sheet)}"
    yield f"layout: {entry.layout}"
    for key in ("header_row", "first_row", "last_row", "label_column", "code_column"):
        value = getattr(entry, key)
        if value is not None:
            yield f"{key}: {_quoted(str(value)) if isinstance(value, str) else value}"
    unit_missing = "unit:          # not stated in the sheet: write one such as USD k"
    yield f"unit: {_quoted(entry.unit)}" if entry.unit else unit_missing
    yield f"sign: {entry.sign}"
    if entry.locale:
        yield f"locale: {entry.locale}"
    yield from _block("periods", {_quoted(k): _quoted(v) for k, v in entry.periods.items()})
    yield from _block("subtotals", {str(k): _numbers(v) for k, v in entry.subtotals.items()})
    columns = {_quoted(k): f"[{', '.join(map(_quoted, v))}]" for k, v in entry.totals.items()}
    yield from _block("totals", columns)
    if entry.skip_rows:
        yield f"skip_rows: {_numbers(entry.skip_rows)}"
    if entry.undecided:
        yield "# rows without a role: move each to accounts, subtotals or skip_rows"
    yield from _block("undecided", {str(k): _quoted(v) for k, v in entry.undecided.items()})
    yield from _block("accounts", {str(k): _account(v) for k, v in entry.accounts.items()})


def _block(key: str, content: dict[str, str]) -> Iterator[str]:
    if content:
        yield f"{key}:"
        yield from (f"  {name}: {value}" for name, value in content.items())


def _account(account: AccountRow) -> str:
    parts = [f"label: {_in_quotes(account.label)}", f"role: {account.role}"]
    for key in ("segment", "payer", "vendor", "department", "project", "of_which"):
        value = getattr(account, key)
        if value:
            parts.append(f"{key}: {_in_quotes(value)}")
    return f"{{{', '.join(parts)}}}"


def _numbers(rows: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, rows))}]"


def _quoted(text: str) -> str:
    """Leave plain words bare and put all else in quotes."""
    is_plain = re.fullmatch(r"[A-Za-z0-9]+([ .&-][A-Za-z0-9.]+)*", text)
    return text if is_plain and text.lower() != "null" else _in_quotes(text)


def _in_quotes(text: str) -> str:
    quoted = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=_ONE_LINE)
    return str(quoted).rstrip("\n")
