"""A file of dated cost series: ``date,cost[,volume][,series]``, as CSV or XLSX."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diligence.errors import InputError
from diligence.inputs.problems import ProblemLog
from diligence.inputs.series_dates import SeriesDate, read_series_date
from diligence.inputs.tables import (
    EXCEL_ROW_LIMIT,
    LARGEST_FILE_BYTES,
    SPREADSHEETS,
    column_letter,
    read_grid,
    shown,
)
from diligence.units import AmountError, PeriodError, parse_amount
from diligence.units.money import Locale, detect_locale

if TYPE_CHECKING:
    import pandas as pd

REQUIRED = ("date", "cost")
OPTIONAL = ("volume", "series")
_UNDECIDED = re.compile(r"\D*\d{1,3},\d{3}\D*")
NUMBER_WORDS = "a number such as 0.42, or an empty cell where there is none"


@dataclass(frozen=True)
class SeriesFile:
    """The series of one file.

    Parameters
    ----------
    name
        The file's name.
    frame
        Columns ``series``, ``date`` (first day, or a year with decimals), ``cost``, ``form`` (how
        the date was written) and ``volume`` where the file has it; rows as they came.
    ignored
        Columns that play no part.
    """

    name: str
    frame: pd.DataFrame = field(repr=False, compare=False)
    ignored: tuple[str, ...]

    @property
    def has_volume(self) -> bool:
        """Whether the file has a ``volume`` column."""
        return "volume" in self.frame.columns


@dataclass(frozen=True)
class _Cells:
    """Text cells by column, with the row that a spreadsheet shows for each."""

    header: tuple[str, ...]
    columns: dict[str, Any]
    rows: Any


def read_series_file(path: Path) -> SeriesFile:
    """Read a file of cost series; every problem is collected and raised once.

    Parameters
    ----------
    path
        CSV or XLSX with the columns ``date`` and ``cost``, optionally ``volume`` and ``series``,
        in any order and case. Without ``series`` the rows are one series, named after the file.
        An empty cost is kept as missing: whoever fits the series says what to do about it.

    Raises
    ------
    InputError
        The file cannot be read, lacks a column, or holds a date or number that cannot be read.
    """
    if not path.is_file():
        raise InputError(f"{str(path)!r} is not a file; name a CSV or XLSX file of cost series")
    log = ProblemLog()
    cells = _plain_csv(path) or _any_table(path, log)
    if cells is None:
        raise InputError(f"{path.name} cannot be read:", log.problems)
    ignored = _check_header(cells, path.name, log)
    if log.problems:
        raise InputError(f"{path.name} cannot be used:", log.problems)
    frame = _frame(cells, path, log)
    if log.problems:
        raise InputError(f"{path.name} cannot be used:", log.problems)
    return SeriesFile(path.name, frame, ignored)


def _plain_csv(path: Path) -> _Cells | None:
    """Fast way for a comma-separated file without any irregularity; None sends it the slow way."""
    import numpy as np
    import pandas as pd

    if path.name.lower().endswith(SPREADSHEETS) or path.stat().st_size > LARGEST_FILE_BYTES:
        return None
    try:
        content = path.read_bytes()
        if b"\0" in content:
            return None
        table = pd.read_csv(
            io.BytesIO(content),
            dtype=str,
            header=None,
            keep_default_na=False,
            skip_blank_lines=False,
            encoding="utf-8-sig",
        )
    except (OSError, ValueError):
        return None
    names = tuple(_column_name(str(title)) for title in table.iloc[0])
    is_whole = not table.isna().to_numpy().any() and len(table) != EXCEL_ROW_LIMIT
    if not is_whole or not set(REQUIRED) <= set(names) or len(set(names)) < len(names):
        return None
    columns = {name: table.iloc[1:, place] for place, name in enumerate(names)}
    if (columns["date"] == "").any():
        return None
    return _Cells(names, columns, np.arange(2, len(table) + 1))


def _any_table(path: Path, log: ProblemLog) -> _Cells | None:
    import pandas as pd

    grid = read_grid(path, name=path.name, log=log)
    if grid is None:
        return None
    numbered = [(n, row) for n, row in enumerate(grid.rows, start=1) if any(map(str.strip, row))]
    if not numbered:
        log.add(path.name, 0, "", "an empty file", f"a header row: {', '.join(REQUIRED)}")
        return None
    names = tuple(_column_name(title) for title in numbered[0][1])
    rows = numbered[1:]
    for number, row in rows:
        if any(cell.strip() for cell in row[len(names) :]):
            letter = column_letter(len(names))
            expected = f"at most {len(names)} cells; put numbers with commas in quotes"
            log.add(path.name, number, letter, f"{len(row)} cells", expected)
    texts = [row + ("",) * (len(names) - len(row)) for _, row in rows]
    columns = {
        name: pd.Series([row[place] for row in texts], dtype=object)
        for place, name in enumerate(names)
    }
    return _Cells(names, columns, [number for number, _ in rows])


def _check_header(cells: _Cells, name: str, log: ProblemLog) -> tuple[str, ...]:
    known = (*REQUIRED, *OPTIONAL)
    seen = ", ".join(title or "(no name)" for title in cells.header[:12])
    for column in REQUIRED:
        if column not in cells.header:
            log.add(name, 1, column, f"no such column among {seen}", f"the column {column!r}")
    for column in known:
        if cells.header.count(column) > 1:
            log.add(name, 1, column, f"the column {column!r} twice", "each column once")
    others = [title for title in cells.header if title and title not in known]
    absent = [column for column in known if column not in cells.header]
    for title in others:
        if near := get_close_matches(title, absent, n=1, cutoff=0.8):
            log.add(name, 1, title, f"the column {shown(title)}", f"{near[0]!r}, or another name")
    if not log.problems and not len(cells.rows):
        log.add(name, 0, "", "a header without rows", "a row for each date")
    return tuple(others)


def _frame(cells: _Cells, path: Path, log: ProblemLog) -> pd.DataFrame:
    import pandas as pd

    reader = _ColumnReader(cells, path.name, log)
    dates = reader.distinct("date", _date_or_words)
    frame = pd.DataFrame({"cost": reader.numbers("cost")})
    if "volume" in cells.columns:
        frame["volume"] = reader.numbers("volume")
    frame.insert(0, "series", path.stem)
    if "series" in cells.columns:
        frame["series"] = reader.distinct("series", _name_or_words)
    if not log.problems:
        forms = pd.Series([entry.form for entry in dates], dtype=object)
        frame["form"] = _one_form(forms, frame["series"], reader)
    if not log.problems:
        frame.insert(1, "date", _date_values(dates))
    return frame


class _ColumnReader:
    """Turns text columns into values, each distinct text once, and logs what cannot be read."""

    def __init__(self, cells: _Cells, name: str, log: ProblemLog) -> None:
        self._cells, self._name, self._log = cells, name, log

    def distinct(self, column: str, read: Callable[[str], tuple[Any, str]]) -> list[Any]:
        """Read every distinct text; `read` gives a value and, where there is none, the need."""
        import numpy as np
        import pandas as pd

        codes, texts = pd.factorize(self._cells.columns[column])
        results = [read(str(text)) for text in texts]
        refused = [code for code, (_, expected) in enumerate(results) if expected]
        for row in np.flatnonzero(np.isin(codes, refused)):
            self.refuse(column, int(row), results[codes[row]][1])
        return [results[code][0] for code in codes]

    def numbers(self, column: str) -> Any:
        """Read numbers as analysts write them; nan where the cell says that there is none."""
        import pandas as pd

        plain = pd.to_numeric(self._cells.columns[column], errors="coerce")
        if plain.notna().all():
            return plain.to_numpy(dtype=float)
        locale = self._locale(column)
        return self.distinct(column, lambda text: _number_or_words(text, locale))

    def refuse(self, column: str, row: int, expected: str) -> None:
        text = str(self._cells.columns[column].iloc[row])
        found = shown(text) if text.strip() else "an empty cell"
        self._log.add(self._name, int(self._cells.rows[row]), column, found, expected)

    def _locale(self, column: str) -> Locale | None:
        try:
            return detect_locale(map(str, self._cells.columns[column]))
        except AmountError as error:
            self._log.add(self._name, 0, column, str(error), "one way of writing decimals")
            return "en"


def _date_or_words(text: str) -> tuple[SeriesDate | None, str]:
    try:
        return read_series_date(text), ""
    except PeriodError as error:
        return None, str(error)


def _name_or_words(text: str) -> tuple[str, str]:
    name = "".join(sign if sign.isprintable() else " " for sign in text).strip()
    return name, "" if name else "the name of the series"


def _number_or_words(text: str, locale: Locale | None) -> tuple[float, str]:
    if locale is None and _UNDECIDED.fullmatch(text.strip()):
        return math.nan, "a number without a comma: this may be a thousand or a decimal"
    try:
        amount = parse_amount(text, locale=locale or "en")
    except AmountError:
        return math.nan, NUMBER_WORDS
    return math.nan if amount is None else float(amount), ""


def _one_form(forms: pd.Series, series: pd.Series, reader: _ColumnReader) -> pd.Series:
    """Days and months in one series would count a month of 31 days as an odd gap."""
    if (forms == "decimal year").any():
        forms = forms.replace("year", "decimal year")
        others = forms != "decimal year"
        expected = "years only, as a file with decimal years needs"
    else:
        others = forms != forms.groupby(series, sort=False).transform("first")
        expected = "the form of date this series starts with"
    for row in others.to_numpy().nonzero()[0]:
        reader.refuse("date", int(row), expected)
    return forms


def _date_values(dates: Sequence[SeriesDate]) -> Any:
    import numpy as np

    if any(entry.day is None for entry in dates):
        return np.array([entry.year for entry in dates])
    return np.array([entry.day for entry in dates], dtype="datetime64[us]")


def _column_name(title: str) -> str:
    return "_".join(title.strip().lower().split())
