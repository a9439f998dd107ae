"""Files that are broken, cut or meant to harm: a clear problem each, no traceback."""

import gzip
import io
import zipfile
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from diligence.inputs.bills import text_scan
from diligence.inputs.tables import EXCEL_ROW_LIMIT

GOOD = "1,1,USD,Usage,2025-01-01,a"


def zipped(text):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr("xl/workbook.xml", text)
    return stream.getvalue()


BROKEN = {
    "empty": (b"", "an empty file"),
    "blank": (b"\n \n\n", "an empty file"),
    "latin": (
        "{}1,1,USD,Usage,2025-01-01,\xe9\n".encode("latin-1"),
        "byte 0xe9, which is not UTF-8",
    ),
    "utf16": ("{}".encode("utf-16"), "a UTF-16 file"),
    "nul": (b"{}1,1,USD,Usage,2025-01-01,a\0b\n", "a NUL byte"),
    "zip": (zipped("x"), "a workbook or zip archive"),
    "pdf": (b"%PDF-1.7\n...", "a file that is no text"),
    "open quote": (b'{}1,1,USD,Usage,2025-01-01,"GPU', "a quote that is not closed"),
    "short row": (b"{}1,1,USD,Usage,2025-01-01,a\n1,1,US", "a row of 3 cells"),
    "long row": (b"{}1,1,USD,Usage,2025-01-01,a,b\n", "a row of 7 cells"),
    "no table": (b"hello\nworld\n", "no table"),
    "unknown": (b"Foo,Bar\n1,2\n", "columns of no known bill (Foo, Bar)"),
    "header only": (b"{}", "no rows below the header"),
    "wide": (b"a," * 6_000 + b"\n", "6,001 columns"),
    "wider": (b"a," * 3_000_000 + b"\n", "an endless line"),
    "parquet": (b"PAR1 no footer", "a file that cannot be read"),
    "json": (b'[{"a": 1}, {"a"', "text that is no JSON"),
    "deep json": (b"[" * 100_000, "JSON nested too deep"),
    "no object": (b"[1, 2]", "a record '1'"),
    "twice": (
        b"BilledCost,billedcost,EffectiveCost,BillingCurrency,ChargeCategory,ChargePeriodStart\n"
        b"1,2,1,USD,Usage,2025-01-01\n",
        "the column 'BilledCost' a second time",
    ),
    "gzip": (gzip.compress(b"{}" * 9)[:-9], "a gzip file that ends too early"),
    "bad gzip": (b"\x1f\x8b\x08\x00nonsense nonsense", "a damaged gzip file"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_file_is_one_clear_problem(what, read, focus, tmp_path):
    content, words = BROKEN[what]
    path = tmp_path / "x.csv"
    path.write_bytes(content.replace(b"{}", focus().encode()))
    before = sorted(tmp_path.iterdir())
    bill, problems = read(path, name="bills/x.csv")
    assert bill is None
    assert len(problems) == 1
    assert words in problems[0]
    assert problems[0].startswith("bills/x.csv:")
    assert str(tmp_path) not in problems[0]
    assert sorted(tmp_path.iterdir()) == before


def test_the_row_of_a_fault_is_named(read, focus):
    _, problems = read(focus(GOOD, GOOD).encode() + b"1,1,USD,Usage,2025-01-01,\xe9\n")
    assert problems[0].startswith("bill.csv:4:")
    _, problems = read(focus(GOOD, "1,1,USD", GOOD))
    assert problems[0].startswith("bill.csv:3:")


def test_a_cut_parquet_file_is_a_problem(read, tmp_path):
    path = tmp_path / "bill.parquet"
    pq.write_table(pa.table({"BilledCost": [1.0] * 1000}), path)
    whole = path.read_bytes()
    for size in (len(whole) // 2, len(whole) - 4):
        path.write_bytes(whole[:size])
        bill, problems = read(path, name="bill.parquet")
        assert bill is None
        assert len(problems) == 1


def test_an_endless_line_is_refused_before_it_is_read(read, tmp_path):
    path = tmp_path / "line.csv"
    with path.open("wb") as stream:
        stream.write(b"a,b\n")
        stream.truncate(4)
        for _ in range(8):
            stream.write(b"x" * 1_000_000)
    _, problems = read(path, name="line.csv")
    assert "line.csv:2:" in problems[0]
    assert "an endless line" in problems[0]


@pytest.mark.parametrize(("start", "words"), [(b"x" * 2_000_000, "an endless line"), (b"", "NUL")])
def test_a_gigabyte_on_one_line_stops_early(read, tmp_path, start, words):
    path = tmp_path / "line.csv"
    with path.open("wb") as stream:
        stream.write(b"a,b\n" + start)
        stream.truncate(1 << 30)
    _, problems = read(path, name="line.csv")
    assert words in problems[0]


def test_json_on_one_line_has_the_limit_of_a_document(read, monkeypatch):
    monkeypatch.setattr(text_scan, "LARGEST_DOCUMENT_BYTES", 2_000_000)
    bill, problems = read('[{"a": "' + "x" * 3_000_000 + '"}]', name="bill.json")
    assert bill is None
    assert "an endless line" in problems[0]
    assert "2,000,000 bytes" in problems[0]


def test_a_gzip_bomb_is_refused_early(read, tmp_path, focus):
    path = tmp_path / "bomb.csv.gz"
    with gzip.open(path, "wb", compresslevel=9) as stream:
        stream.write(focus(GOOD).encode())
        block = (GOOD.encode() + b"\n") * 40_000
        for _ in range(60):
            stream.write(block)
    _, problems = read(path, name="bomb.csv.gz")
    assert "300 times its size" in problems[0]


def test_what_unpacks_without_end_is_refused(read, focus, monkeypatch):
    monkeypatch.setattr(text_scan, "LARGEST_UNPACKED_BYTES", 100)
    _, problems = read(focus(*[GOOD] * 9), name="long.csv.gz")
    assert "unpacks without end" in problems[0]


def test_a_file_that_excel_cut_is_refused(read, focus):
    rows = EXCEL_ROW_LIMIT - 1
    _, problems = read(focus(*[GOOD] * rows))
    assert "exactly 1,048,576 rows" in problems[0]
    bill, problems = read(focus(*[GOOD] * (rows - 1)))
    assert not problems
    assert bill.n_rows == rows - 1


def test_cells_are_data_and_never_run(read, focus):
    cells = ["=cmd|'/c calc'!A1", "/etc/passwd", "read_text('/etc/passwd')", "'); DROP TABLE x; --"]
    bill, problems = read(focus(*(f"1,1,USD,Usage,2025-01-01,{cell}" for cell in cells)))
    assert not problems
    assert sorted(bill.lines["text"].to_pylist()) == sorted(cells)


def test_headers_are_data_and_never_run(read):
    text = 'BilledCost,EffectiveCost,ChargeCategory,ChargePeriodStart,BillingCurrency,"x"") --"\n'
    bill, problems = read(f"{text}1,1,Usage,2025-01-01,USD,z\n")
    assert not problems
    assert bill.total() == 1


def test_a_repeated_column_that_nobody_reads_does_no_harm(read, focus):
    text = focus(GOOD).replace("ChargeDescription", "ChargeDescription,Note,note")
    bill, problems = read(text.replace("-01,a", "-01,a,x,y"))
    assert not problems
    assert bill.total() == 1


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_line_ends_of_other_systems_are_read(read, focus, ends):
    bill, problems = read(focus(GOOD, '2,2,USD,Usage,2025-01-01,"a b"').replace("\n", ends))
    assert not problems
    assert bill.total() == 3


def test_mixed_line_ends_are_read_but_an_open_quote_is_not(read, focus):
    text = focus(GOOD) + "2,2,USD,Usage,2025-01-01,b\r\n"
    bill, problems = read(text)
    assert not problems
    assert bill.lines["billed"].to_pylist() == [1, 2]
    assert bill.lines["text"].to_pylist() == ["a", "b"]
    bill, problems = read(text + '4,4,USD,Usage,2025-01-01,"b\r\n')
    assert bill is None
    assert problems


def test_a_missing_or_unreadable_file_is_a_problem(read, tmp_path):
    assert "cannot be read" in read(tmp_path / "none.csv", name="none.csv")[1][0]
    assert "cannot be read" in read(tmp_path, name="folder.csv")[1][0]


def test_rows_of_commas_alone_are_left_out(read, focus):
    bill, problems = read(focus(GOOD, ",,,,,", ",,,,,"))
    assert not problems
    assert (bill.n_rows, bill.total()) == (1, Decimal(1))
