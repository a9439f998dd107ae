"""Every fault of a file is a problem with its place; nothing is raised, nothing is executed."""

import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from diligence.inputs import tables
from diligence.inputs.problems import ProblemLog
from diligence.inputs.tables import read_grid, read_grids, read_table


def read(path: Path, content: bytes, *, name="x.csv", required=("account", "amount"), **options):
    path.write_bytes(content)
    log = ProblemLog()
    table = read_table(
        path, name=name, log=log, required=required, optional=("segment",), **options
    )
    return table, [str(problem) for problem in log.problems]


def rows_of(table):
    return [(row.cells["account"], row.cells["amount"]) for row in table.rows]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_delimiters_and_a_byte_order_mark_are_read(path, delimiter, mark):
    text = delimiter.join(["Account", "Amount "]) + "\r\n" + delimiter.join(["Rent", "12"]) + "\r\n"
    table, problems = read(path, mark + text.encode())
    assert problems == []
    assert rows_of(table) == [("Rent", "12")]
    assert table.rows[0].cells["segment"] == ""
    assert table.delimiter == delimiter


def test_rows_keep_the_numbers_a_spreadsheet_shows(path):
    table, _ = read(path, b'account,amount\n\n"two\nlines",1\n,\nRent,2\n')
    assert [row.number for row in table.rows] == [3, 5]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", "x.csv:0:: found an empty file, expected a header row: account, amount"),
        (b"acount,amount\nRent,1\n", "x.csv:1:A: found the column 'acount', expected a known "
         "column: account"),
        (b"acount,amount\nRent,1\n", "x.csv:1:account: found no such column, expected the "
         "required column 'account'"),
        (b"account,amount,amount\nRent,1,2\n", "x.csv:1:C: found the column 'amount' a second "
         "time, expected each column once"),
        (b'account,amount\n"Rent,1\n', "x.csv:2:: found a quote that is not closed before the "
         "file ends, expected the whole file; it looks cut off"),
        (b"account,amount\nRent,1\nSala", "x.csv:3:: found a last row shorter than the header "
         "(2 columns), expected the whole file; it looks cut off"),
        (b"account,amount\nRent,1,200\n", "x.csv:2:C: found '200' in a column without a header, "
         "expected at most 2 cells; put amounts with commas in quotes"),
        (b"account,amount\nMiete,1\nB\xfcro,2\n", "x.csv:3:: found byte 0xfc, which is not "
         "UTF-8, expected a file saved as CSV UTF-8"),
        ("account,amount\n".encode("utf-16"), "x.csv:1:: found a UTF-16 file, expected a file "
         "saved as CSV UTF-8"),
        (b"account,amount\nRent,\x001\n", "x.csv:2:: found a NUL byte, expected a file saved as "
         "CSV UTF-8"),
        (b"PK\x03\x04....", "x.csv:0:: found a workbook or zip named .csv, expected a file saved "
         "as CSV UTF-8, or the name ending in .xlsx"),
    ],
)  # fmt: skip
def test_each_fault_is_named_with_its_place(path, content, line):
    _, problems = read(path, content)
    assert line in problems


def test_a_cut_off_row_is_left_out(path):
    table, _ = read(path, b"account,amount\nRent,1\nSala")
    assert rows_of(table) == [("Rent", "1")]


def test_a_cell_without_end_is_refused(path):
    _, (line,) = read(path, b'account,amount\n"' + b"x" * 200_000 + b'",1\n')
    assert "a cell over 131,072 characters" in line


def test_sizes_are_bounded_before_anything_is_read(path, monkeypatch):
    monkeypatch.setattr(tables, "LARGEST_LINE_CHARACTERS", 20)
    _, (line,) = read(path, b"account,amount\n" + b"x" * 30 + b",1\n")
    assert line.startswith("x.csv:2:: found an endless line")
    monkeypatch.setattr(tables, "LARGEST_FILE_BYTES", 10)
    _, (line,) = read(path, b"account,amount\n")
    assert line == "x.csv:0:: found 15 bytes, expected at most 10 bytes; export it in parts"


def test_a_file_cut_at_the_limit_of_excel_is_refused(path, monkeypatch):
    monkeypatch.setattr(tables, "EXCEL_ROW_LIMIT", 3)
    table, (line,) = read(path, b"account,amount\nRent,1\nRent,2\n")
    assert table is None
    assert "found exactly 3 rows, the most Excel can hold" in line


def test_a_locked_file_says_what_to_close(path, monkeypatch):
    def refuse(*_args, **_options):
        raise PermissionError

    path.write_bytes(b"account,amount\n")
    monkeypatch.setattr(Path, "open", refuse)
    log = ProblemLog()
    assert read_grid(path, name="ledger.xlsx", log=log) is None
    assert "close ledger.xlsx in Excel" in str(log.problems[0])


def test_a_missing_file_is_a_problem(tmp_path):
    log = ProblemLog()
    assert read_grid(tmp_path / "no", name="x.csv", log=log) is None
    assert "cannot be opened" in str(log.problems[0])


def workbook(path, rows, *, title="Sheet"):
    book = Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    book.save(path)


def test_numbers_of_a_workbook_are_exact_text(path):
    workbook(path, [[], ["account", "amount"], ["Rent", 0.1], ["Rent", 1200], ["Rent", "(1,2)"]])
    table, problems = read(path, path.read_bytes(), name="x.xlsx")
    assert problems == []
    assert rows_of(table) == [("Rent", "0.1"), ("Rent", "1200"), ("Rent", "(1,2)")]
    assert [row.number for row in table.rows] == [3, 4, 5]
    assert [bool(row.numbers) for row in table.rows] == [True, True, False]


def test_formulas_are_never_computed_and_error_cells_named(path):
    rows = [["account", "amount"], ["Rent", "=1+1"], ["Staff", "#REF!"], ["Tax", 3]]
    workbook(path, rows)
    table, problems = read(path, path.read_bytes(), name="x.xlsx")
    assert problems == [
        "x.xlsx:2:amount: found =1+1, expected a stored value; open the workbook in Excel and "
        "save it",
        "x.xlsx:3:amount: found #REF!, expected a value; the formula in this cell is broken",
    ]
    assert rows_of(table) == [("Tax", "3")]


def test_an_error_in_a_cell_nobody_needs_is_no_problem(path):
    workbook(path, [["account"], ["#DIV/0!"], ["=1+1"]])
    log = ProblemLog()
    grid = read_grid(path, name="x.xlsx", log=log)
    assert log.problems == ()
    assert (grid.cell(2, "A"), grid.cell(3, "A")) == ("#DIV/0!", "=1+1")


def test_a_sheet_that_is_not_there_is_named_with_a_near_match(path):
    workbook(path, [["account", "amount"]], title="P&L1")
    _, (line,) = read(path, path.read_bytes(), name="x.xlsx", sheet="P&L")
    assert line == "x.xlsx:0:: found no sheet 'P&L', expected a sheet: P&L1"


def test_a_workbook_that_unpacks_beyond_bounds_is_refused(path, monkeypatch):
    monkeypatch.setattr(tables, "LARGEST_UNPACKED_BYTES", 1_000)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/worksheets/sheet1.xml", b"0" * 100_000)
    _, (line,) = read(path, path.read_bytes(), name="x.xlsx")
    assert "a workbook that unpacks to 100,000 bytes" in line


def test_an_old_or_protected_workbook_is_named(path):
    _, (line,) = read(path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", name="x.xlsx")
    assert "an old or password-protected workbook" in line


SETTINGS = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@SETTINGS
@given(data=st.binary(max_size=200), name=st.sampled_from(["x.csv", "x.xlsx"]))
def test_random_bytes_are_problems_never_tracebacks(path, data, name):
    table, problems = read(path, data, name=name)
    assert table is not None or problems
    log = ProblemLog()
    read_grids(path, name=name, log=log)


@SETTINGS
@given(place=st.integers(0, 6000), byte=st.integers(0, 255))
def test_a_damaged_workbook_is_a_problem_never_a_traceback(path, place, byte):
    workbook(path, [["account", "amount"], ["Rent", 1]])
    data = bytearray(path.read_bytes())
    data[place % len(data)] = byte
    read(path, bytes(data), name="x.xlsx")


@SETTINGS
@given(
    amounts=st.lists(
        st.decimals(-(10**12), 10**12, places=2, allow_nan=False), min_size=1, max_size=5
    )
)
def test_any_table_of_amounts_comes_back_as_written(path, amounts):
    lines = "".join(f"Rent,{amount}\n" for amount in amounts)
    table, problems = read(path, f"account,amount\n{lines}".encode())
    assert problems == []
    assert [Decimal(row.cells["amount"]) for row in table.rows] == amounts
