"""How one billing format is laid out: which column, in SQL, becomes which column of a bill line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pyarrow as pa

DateOrder = Literal["iso", "mdy", "dmy"]
PART = "~part"
"""Column that names the part of a row, in formats that split rows."""


def quoted(name: str) -> str:
    """SQL identifier of a column as the file writes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


class Header:
    r"""Columns of a file, looked up in any case; builds the SQL of a layout.

    Columns that a file lacks give empty text, no day and no amount, so that one layout serves all
    versions of a format. The SQL functions ``as_text``, ``as_amount``, ``as_day`` and
    ``as_pairs`` are macros that the reader defines for the file: exact decimals in the file's
    locale, days in its date order, tags as ``key=value`` words.

    Examples
    --------
    >>> header = Header(["ChargeDescription", "Tags"])
    >>> header.text("SkuMeter", "chargedescription")
    'coalesce(nullif(as_text("ChargeDescription"), \'\'), \'\')'
    >>> header.text("SkuMeter")
    "''"
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {name.strip().casefold(): name for name in names}

    def has(self, *names: str) -> bool:
        """True when the file has all of these columns."""
        return all(name.casefold() in self._names for name in names)

    @property
    def names(self) -> tuple[str, ...]:
        """Columns as the file writes them."""
        return tuple(self._names.values())

    def column(self, name: str) -> str:
        """SQL identifier of one column, or NULL when the file lacks it."""
        known = self._names.get(name.casefold())
        return quoted(known) if known is not None else "NULL"

    def text(self, *names: str) -> str:
        """First text that is not empty, in the order of the names."""
        present = [f"nullif(as_text({self.column(name)}), '')" for name in names if self.has(name)]
        return f"coalesce({', '.join(present)}, '')" if present else "''"

    def joined(self, *names: str) -> str:
        """All texts that are not empty, each once, separated by a blank."""
        present = [f"nullif(as_text({self.column(name)}), '')" for name in names if self.has(name)]
        return f"concat_ws(' ', {', '.join(present)})" if present else "''"

    def amount(self, *names: str) -> str:
        """First amount that is there, exact; NULL when none is."""
        present = [f"as_amount({self.column(name)})" for name in names if self.has(name)]
        return f"coalesce({', '.join(present)})" if present else "NULL"

    def day(self, *names: str) -> str:
        """First date that is there; NULL when none is."""
        present = [f"as_day({self.column(name)})" for name in names if self.has(name)]
        return f"coalesce({', '.join(present)})" if present else "NULL"

    def day_before(self, *names: str) -> str:
        """First date that is there, less a day: the last day of a period with an open end."""
        day = self.day(*names)
        return day if day == "NULL" else f"CAST({day} - INTERVAL 1 DAY AS DATE)"

    def pairs(self, name: str) -> str:
        """Tags or labels as ``key=value`` words separated by blanks; empty without the column."""
        return f"as_pairs({self.column(name)})" if self.has(name) else "''"


Select = Callable[[Header], Mapping[str, str]]
Prices = Mapping[str, Decimal]


@dataclass(frozen=True)
class Check:
    """Rows that must not be summed: a condition in SQL, and the words of the problem.

    ``found`` is SQL giving the offending text of a row; ``column`` and ``expected`` are words.
    """

    condition: str
    column: str
    found: str
    expected: str


@dataclass(frozen=True)
class Remark:
    """What an analyst should know of a bill when a condition holds.

    ``condition`` is an aggregate in SQL over the lines of the bill, whose columns are those of
    ``BillLine``; ``words`` go into the notes of the bill.
    """

    condition: str
    words: str


@dataclass(frozen=True)
class BillFormat:
    """One billing format: how it is recognised and how its columns are read.

    Attributes
    ----------
    name, title
        Short name (written in mapping.yaml to force it) and the words an analyst knows.
    system
        Billing system whose rules apply, such as ``aws``; ``focus`` rows take the system of their
        provider (``system_of`` in the reader).
    required
        Columns, in any case, that every file of this format has.
    select
        Gives the SQL of each column of a bill line from the header. Left out: text columns are
        empty, ``kind`` is usage, ``commitment`` empty, money columns repeat the nearest one given
        (effective from billed, contracted from effective, list from contracted). ``end``, the
        last day of a charge, is no column of a line: it says how far the bill reaches.
    checks
        Rows to refuse, given the header (unknown unit, missing currency, ...).
    remarks
        What to say of the bill when its lines meet a condition.
    where
        SQL condition of the rows that count; the others are left out and counted in ``left_out``.
    left_out
        Words for the rows that ``where`` leaves out, for the notes.
    by_day
        Keep days apart, because siblings of the same project and day settle a line.
    forbidden
        Columns whose presence says that it is another format.
    any_of
        Columns of which the file has at least one.
    fits
        What else the columns must be like, where names of columns do not say it.
    fixed_unit
        Unit that the format states its amounts in (``USD cents``); a unit in mapping.yaml, which
        would be applied on top of it, is refused.
    with_prices
        Gives the format that multiplies quantities by prices of mapping.yaml (price of a unit by
        name of the item); None where a bill has amounts of its own.
    refined
        Another format with the same columns, of which the lines turn out to be; None when the
        format stays what it is.
    split
        SQL of a list of texts, given the header: a row counts once for each of them, which
        ``select`` finds in the column ``PART`` ("" for the row itself), so that a charge and the
        credits nested in it become lines of their own.
    flatten
        For nested JSON: turns the document into flat rows of text, whose keys are the columns
        that ``required`` and ``select`` speak of.
    tells
        For nested JSON: True for a document of this format.
    """

    name: str
    title: str
    system: str
    required: tuple[str, ...]
    select: Select
    checks: Callable[[Header], tuple[Check, ...]] = lambda header: ()
    remarks: tuple[Remark, ...] = ()
    where: Callable[[Header], str] = lambda header: "true"
    left_out: str = ""
    by_day: bool = False
    forbidden: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    fits: Callable[[Header], bool] = lambda header: True
    fixed_unit: str = ""
    with_prices: Callable[[Prices], BillFormat] | None = None
    refined: Callable[[pa.Table], BillFormat | None] = lambda lines: None
    split: Callable[[Header], str] | None = None
    flatten: Callable[[object], list[dict[str, str]]] | None = None
    tells: Callable[[object], bool] | None = None
