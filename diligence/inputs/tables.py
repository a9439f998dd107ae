"""CSV and XLSX read to plain text cells: bounded, never executed, every fault a problem."""

from __future__ import annotations

import csv
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice, zip_longest
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from diligence.inputs.problems import ProblemLog
from diligence.inputs.yaml_files import near_match

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook

LARGEST_FILE_BYTES = 512_000_000
LARGEST_LINE_CHARACTERS = 10_000_000
LARGEST_CELL_CHARACTERS = 131_072
LARGEST_UNPACKED_BYTES = 1_000_000_000
EXCEL_ROW_LIMIT = 1_048_576
DELIMITERS = ("\t", ";", ",")
SPREADSHEETS = (".xlsx", ".xlsm")
_SAVE_AS = "a file saved as CSV UTF-8"
_SHOWN_CHARACTERS = 60
_SNIFFED_LINES = 50
_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")
_ERROR_CELL = re.compile(r"#[A-Z0-9/!?_]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Row:
    """One row of a table: every known column is present, empty when the file has none.

    ``numbers`` names the cells a workbook stores as numbers: their text is exact and has no
    locale.
    """

    number: int
    cells: dict[str, str]
    numbers: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Table:
    """A file with a header and a row a line."""

    name: str
    rows: tuple[Row, ...]
    delimiter: str = ""


@dataclass(frozen=True)
class Grid:
    """A sheet as it stands, addressed as a spreadsheet shows it.

    Examples
    --------
    >>> grid = Grid("pnl.csv", "", (("Account", "Jan-25"), ("Rent", "1,200")))
    >>> grid.cell(2, "B"), grid.cell(9, "Z")
    ('1,200', '')
    """

    name: str
    sheet: str
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[tuple[int, int]] = frozenset()
    delimiter: str = ""

    def cell(self, row: int, column: str) -> str:
        """Text of a cell; empty outside the sheet."""
        index = column_index(column)
        if 1 <= row <= len(self.rows) and index < len(self.rows[row - 1]):
            return self.rows[row - 1][index].strip()
        return ""

    def is_number(self, row: int, column: str) -> bool:
        """True when the workbook stores the cell as a number."""
        return (row, column_index(column)) in self.numbers

    @property
    def columns(self) -> tuple[str, ...]:
        """Letters of all columns that some row has."""
        return tuple(column_letter(i) for i in range(max(map(len, self.rows), default=0)))


@dataclass(frozen=True)
class _Line:
    """Texts of one row, and which of them are stored numbers or formulas without a value."""

    texts: tuple[str, ...]
    numbers: frozenset[int] = frozenset()
    faults: dict[int, str] = field(default_factory=dict)


class _UnreadableError(Exception):
    """The file as a whole cannot be read; carries the words of the problem."""

    def __init__(self, row: int, found: str, expected: str) -> None:
        super().__init__(found)
        self.row, self.found, self.expected = row, found, expected


def read_table(
    path: Path,
    *,
    name: str,
    log: ProblemLog,
    required: Sequence[str],
    optional: Sequence[str],
    sheet: str | None = None,
) -> Table | None:
    """Read a file with a header row; problems are logged, nothing is raised.

    Parameters
    ----------
    name
        The file's name in problems; ``.xlsx`` is read as a workbook, all else as CSV.
    required, optional
        Known columns; others are a problem with a near match.
    sheet
        Sheet of a workbook; its first one by default.

    Returns
    -------
    Table or None
        None when the file cannot be read or a required column is missing. A row with too many
        cells, an error cell or a formula without a stored value is logged and left out.
    """
    known = (*required, *optional)
    try:
        delimiter, lines = _open_lines(path, name, sheet, known)
        is_cut = bool(delimiter) and not _ends_in_a_line(path)
        return _table(lines, delimiter, name, log, required, known, is_cut)
    except _UnreadableError as error:
        log.add(name, error.row, "", error.found, error.expected)
        return None


def read_grid(
    path: Path,
    *,
    name: str,
    log: ProblemLog,
    sheet: str | None = None,
    most_rows: int | None = None,
) -> Grid | None:
    """Read a sheet as it stands; None when the file cannot be read.

    A formula without a stored value keeps its text (``=SUM(B2:B9)``), an error cell its name
    (``#REF!``): whoever needs such a cell as an amount finds that it is none.
    """
    try:
        delimiter, lines = _open_lines(path, name, sheet, ())
        rows = tuple(islice(lines, most_rows))
        _refuse_excel_limit(len(rows))
        return _grid(name, sheet or "", rows, delimiter)
    except _UnreadableError as error:
        log.add(name, error.row, "", error.found, error.expected)
        return None


def read_grids(path: Path, *, name: str, log: ProblemLog) -> tuple[Grid, ...]:
    """Read every sheet of a workbook, or the one grid of a CSV file."""
    if not _is_workbook(name):
        grid = read_grid(path, name=name, log=log)
        return (grid,) if grid else ()
    try:
        with _open_file(path, name) as stream:
            book = _open_workbook(stream)
            names = [str(page.title) for page in book.worksheets]
    except _UnreadableError as error:
        log.add(name, error.row, "", error.found, error.expected)
        return ()
    grids = (read_grid(path, name=name, log=log, sheet=title) for title in names)
    return tuple(grid for grid in grids if grid)


def column_index(letter: str) -> int:
    """Position of a column, counted from 0.

    Examples
    --------
    >>> column_index("A"), column_index("AB")
    (0, 27)
    """
    index = 0
    for sign in letter.upper():
        index = index * 26 + ord(sign) - 64
    return index - 1


def column_letter(index: int) -> str:
    """Letter of a column counted from 0.

    Examples
    --------
    >>> column_letter(0), column_letter(27)
    ('A', 'AB')
    """
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def shown(text: str) -> str:
    """Quote a cell for a message, shortened when long.

    Examples
    --------
    >>> shown("lots")
    "'lots'"
    """
    quoted = repr(text)
    if len(quoted) <= _SHOWN_CHARACTERS:
        return quoted
    return f"{quoted[: _SHOWN_CHARACTERS - 3]}..."


def _table(
    lines: Iterator[_Line],
    delimiter: str,
    name: str,
    log: ProblemLog,
    required: Sequence[str],
    known: Sequence[str],
    is_cut: bool,
) -> Table | None:
    numbered = enumerate(lines, start=1)
    header_row, header = next(((n, li) for n, li in numbered if any(li.texts)), (0, _Line(())))
    if not header_row:
        raise _UnreadableError(0, "an empty file", f"a header row: {', '.join(required)}")
    columns = _known_columns(header, header_row, name, log, known)
    missing = [column for column in required if column not in columns]
    for column in missing:
        log.add(name, header_row, column, "no such column", f"the required column {column!r}")
    rows: list[Row] = []
    short: list[int] = []
    width, last = _width(header.texts), header_row
    unnamed = {i for i in range(width) if not header.texts[i].strip()}
    for number, line in numbered:
        if not any(text.strip() for text in line.texts):
            continue
        last = number
        if delimiter and len(line.texts) < width:
            short.append(number)
        if _is_sound(line, number, width, unnamed, columns, name, log):
            rows.append(_row(number, line, columns, known))
    _refuse_excel_limit(max(last, header_row))
    # a hand-made row may leave its last cells out; a cut one ends the file or differs from the rest
    if short == [last] and (is_cut or len(rows) > 1):
        found = f"a last row shorter than the header ({width} columns)"
        log.add(name, last, "", found, "the whole file; it looks cut off")
        rows = [row for row in rows if row.number != last]
    return None if missing else Table(name, tuple(rows), delimiter)


def _known_columns(
    header: _Line, header_row: int, name: str, log: ProblemLog, known: Sequence[str]
) -> dict[str, int]:
    columns: dict[str, int] = {}
    for index, text in enumerate(header.texts):
        column = _column_name(text)
        if not column:
            continue
        if column not in known:
            expected = f"a known column: {near_match(column[:_SHOWN_CHARACTERS], known)}"
            log.add(name, header_row, column_letter(index), f"the column {shown(text)}", expected)
        elif column in columns:
            found = f"the column {column!r} a second time"
            log.add(name, header_row, column_letter(index), found, "each column once")
        else:
            columns[column] = index
    return columns


def _is_sound(
    line: _Line,
    number: int,
    width: int,
    unnamed: set[int],
    columns: dict[str, int],
    name: str,
    log: ProblemLog,
) -> bool:
    texts = line.texts
    beyond = [i for i, t in enumerate(texts) if t.strip() and (i >= width or i in unnamed)]
    if beyond:
        found = f"{shown(texts[beyond[0]])} in a column without a header"
        expected = f"at most {width} cells; put amounts with commas in quotes"
        log.add(name, number, column_letter(beyond[0]), found, expected)
    faulty = [(column, line.faults[i]) for column, i in columns.items() if i in line.faults]
    for column, found in faulty:
        log.add(name, number, column, found, value_words(found))
    return not beyond and not faulty


def value_words(found: str) -> str:
    """Say what a cell needs that holds an error or a formula without a stored value.

    Examples
    --------
    >>> value_words("#REF!")
    'a value; the formula in this cell is broken'
    """
    if found.startswith("="):
        return "a stored value; open the workbook in Excel and save it"
    return "a value; the formula in this cell is broken"


def _row(number: int, line: _Line, columns: dict[str, int], known: Sequence[str]) -> Row:
    cells = dict.fromkeys(known, "")
    for column, index in columns.items():
        if index < len(line.texts):
            cells[column] = line.texts[index].strip()
    numbers = frozenset(column for column, index in columns.items() if index in line.numbers)
    return Row(number, cells, numbers)


def _grid(name: str, sheet: str, rows: Sequence[_Line], delimiter: str) -> Grid:
    numbers = ((n, i) for n, line in enumerate(rows, start=1) for i in line.numbers)
    texts = tuple(
        tuple(line.faults.get(i, text) for i, text in enumerate(line.texts)) for line in rows
    )
    return Grid(name, sheet, texts, frozenset(numbers), delimiter)


def _width(texts: Sequence[str]) -> int:
    return max((i + 1 for i, text in enumerate(texts) if text.strip()), default=0)


def _column_name(text: str) -> str:
    return "_".join(text.strip().lower().split())


def _refuse_excel_limit(rows: int) -> None:
    if rows == EXCEL_ROW_LIMIT:
        found = f"exactly {rows:,} rows, the most Excel can hold"
        raise _UnreadableError(0, found, "the whole file; Excel cut it, so export it in parts")


def _is_workbook(name: str) -> bool:
    return name.lower().endswith(SPREADSHEETS)


def _open_lines(
    path: Path, name: str, sheet: str | None, known: Sequence[str]
) -> tuple[str, Iterator[_Line]]:
    if _is_workbook(name):
        return "", _workbook_lines(path, name, sheet)
    with _open_file(path, name) as stream:
        _refuse_other_formats(stream.read(4))
    head = list(islice(_text_lines(path, name), _SNIFFED_LINES))
    delimiter = _delimiter(head, known)
    return delimiter, _csv_lines(path, name, delimiter)


def _open_file(path: Path, name: str) -> IO[bytes]:
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE_BYTES:
            wanted = f"at most {LARGEST_FILE_BYTES:,} bytes; export it in parts"
            raise _UnreadableError(0, f"{size:,} bytes", wanted)
        return path.open("rb")
    except PermissionError as error:
        found = "a file another program holds open"
        raise _UnreadableError(0, found, f"a readable file; close {name} in Excel") from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        found = f"a file that cannot be opened ({reason})"
        raise _UnreadableError(0, found, "a readable file") from error


def _ends_in_a_line(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(0, 2)
        stream.seek(max(stream.tell() - 1, 0))
        return stream.read() in (b"\n", b"\r", b"")


def _refuse_other_formats(start: bytes) -> None:
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise _UnreadableError(1, "a UTF-16 file", _SAVE_AS)
    if start == b"PK\x03\x04":
        wanted = f"{_SAVE_AS}, or the name ending in .xlsx"
        raise _UnreadableError(0, "a workbook or zip named .csv", wanted)


def _text_lines(path: Path, name: str) -> Iterator[str]:
    """Lines of bounded length, each checked for bytes that are no UTF-8 text."""
    _open_file(path, name).close()
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        number = 0
        while line := stream.readline(LARGEST_LINE_CHARACTERS + 1):
            number += 1
            if len(line) > LARGEST_LINE_CHARACTERS:
                wanted = f"lines of at most {LARGEST_LINE_CHARACTERS:,} characters"
                raise _UnreadableError(number, "an endless line", wanted)
            if "\0" in line:
                raise _UnreadableError(number, "a NUL byte", _SAVE_AS)
            if bad := _ESCAPED_BYTE.search(line):
                found = f"byte 0x{ord(bad[0]) - 0xDC00:02x}, which is not UTF-8"
                raise _UnreadableError(number, found, _SAVE_AS)
            yield line


def _csv_lines(path: Path, name: str, delimiter: str) -> Iterator[_Line]:
    reader = csv.reader(_text_lines(path, name), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _UnreadableError(number, *_csv_words(str(error))) from error
        yield _Line(tuple(map(_printable, cells)))


def _csv_words(message: str) -> tuple[str, str]:
    if "unexpected end" in message:
        return "a quote that is not closed before the file ends", "the whole file; it looks cut off"
    if "field larger" in message:
        found = f"a cell over {LARGEST_CELL_CHARACTERS:,} characters"
        return found, "short cells; look for a quote that is not closed"
    return f"a row that is no CSV ({message})", "quotes around a cell, doubled inside it"


def _delimiter(head: Sequence[str], known: Sequence[str]) -> str:
    """The delimiter that finds most known columns, else the widest table."""
    return max(DELIMITERS, key=lambda delimiter: _delimiter_score(head, delimiter, known))


def _delimiter_score(head: Sequence[str], delimiter: str, known: Sequence[str]) -> tuple[int, int]:
    rows: list[list[str]] = []
    # a quote still open after the sniffed lines is told when the whole file is read
    with suppress(csv.Error):
        rows.extend(csv.reader(head, delimiter=delimiter))
    filled = [row for row in rows if any(row)]
    header = {_column_name(cell) for cell in filled[0]} if filled else set()
    widths = Counter(map(len, filled))
    return len(header & set(known)), widths.most_common(1)[0][0] if widths else 0


def _workbook_lines(path: Path, name: str, sheet: str | None) -> Iterator[_Line]:
    with _open_file(path, name) as stream:
        has_formulas = _check_package(stream)
        values = _sheet_rows(stream, name, sheet, data_only=True)
        formulas = _sheet_rows(stream, name, sheet, data_only=False) if has_formulas else iter(())
        for value_row, formula_row in zip_longest(values, formulas, fillvalue=()):
            yield _workbook_line(value_row, formula_row)


def _check_package(stream: IO[bytes]) -> bool:
    """Refuse what is no workbook or unpacks beyond bounds; tell whether it has formulas."""
    start = stream.read(8)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        found = "an old or password-protected workbook"
        raise _UnreadableError(0, found, "a workbook saved as .xlsx without a password")
    try:
        with zipfile.ZipFile(stream) as package:
            size = sum(member.file_size for member in package.infolist())
            if size > LARGEST_UNPACKED_BYTES:
                wanted = f"at most {LARGEST_UNPACKED_BYTES:,} bytes when unpacked"
                raise _UnreadableError(0, f"a workbook that unpacks to {size:,} bytes", wanted)
            sheets = [n for n in package.namelist() if n.startswith("xl/worksheets/")]
            return any(_has_formula(package, member) for member in sheets)
    except _UnreadableError:
        raise
    # a damaged zip raises whatever its broken field leads to
    except Exception as error:
        raise _broken_workbook(error) from error


def _has_formula(package: zipfile.ZipFile, member: str) -> bool:
    with package.open(member) as stream:
        tail = b""
        while chunk := stream.read(1 << 20):
            if b"<f>" in tail + chunk or b"<f " in tail + chunk or b":f>" in tail + chunk:
                return True
            tail = chunk[-2:]
    return False


def _open_workbook(stream: IO[bytes], *, data_only: bool = True) -> Workbook:
    from openpyxl import load_workbook

    try:
        return load_workbook(stream, read_only=True, data_only=data_only, keep_links=False)
    # openpyxl raises KeyError, ValueError, ParseError and others on damaged packages
    except Exception as error:
        raise _broken_workbook(error) from error


def _sheet_rows(
    stream: IO[bytes], name: str, sheet: str | None, *, data_only: bool
) -> Iterator[tuple[Any, ...]]:
    book = _open_workbook(stream, data_only=data_only)
    page = _sheet(book, sheet)
    try:
        page.reset_dimensions()
        yield from page.iter_rows()
    except Exception as error:
        raise _broken_workbook(error) from error


def _sheet(book: Workbook, sheet: str | None) -> Any:
    pages = {str(page.title): page for page in book.worksheets}
    if not pages:
        raise _UnreadableError(0, "a workbook without a worksheet", "a sheet with rows")
    if sheet is None:
        return next(iter(pages.values()))
    if sheet not in pages:
        raise _UnreadableError(
            0, f"no sheet {shown(sheet)}", f"a sheet: {near_match(sheet, pages)}"
        )
    return pages[sheet]


def _workbook_line(values: Iterable[Any], formulas: Iterable[Any]) -> _Line:
    texts: list[str] = []
    numbers: set[int] = set()
    faults: dict[int, str] = {}
    for index, (cell, formula) in enumerate(zip_longest(values, formulas)):
        value = cell.value if cell is not None else None
        text = _cell_text(value)
        texts.append(text)
        if isinstance(value, int | float) and not isinstance(value, bool):
            numbers.add(index)
        elif value is None and formula is not None and formula.data_type == "f":
            faults[index] = _printable(_formula_text(formula.value))
        elif cell is not None and cell.data_type == "e" and text != "#N/A":
            faults[index] = text if _ERROR_CELL.fullmatch(text) else shown(text)
    return _Line(tuple(texts), frozenset(numbers), faults)


def _formula_text(value: Any) -> str:
    text = str(getattr(value, "text", value) or "")
    return text[:_SHOWN_CHARACTERS] if text.startswith("=") else f"={text}"[:_SHOWN_CHARACTERS]


def _cell_text(value: Any) -> str:
    """Exact text of a stored value: the shortest decimal of a float, dates as ISO."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime):
        return (value.date() if value.time() == value.min.time() else value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    if len(text) > LARGEST_CELL_CHARACTERS:
        found = f"a cell of {len(text):,} characters"
        raise _UnreadableError(0, found, f"cells of at most {LARGEST_CELL_CHARACTERS:,} characters")
    return _printable(text)


def _printable(text: str) -> str:
    return _CONTROL.sub(" ", text) if _CONTROL.search(text) else text


def _broken_workbook(error: Exception) -> _UnreadableError:
    found = f"a workbook that does not open ({type(error).__name__})"
    return _UnreadableError(0, found, "a complete .xlsx file; send or copy it again")
