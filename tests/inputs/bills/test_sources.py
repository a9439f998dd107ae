"""How a file is opened, and what the database may reach while it is."""

import duckdb
import pytest

from diligence.inputs.bills.faults import UnreadableBillError
from diligence.inputs.bills.json_rows import open_json, rows_of, to_arrow
from diligence.inputs.bills.sources import open_source
from diligence.inputs.bills.text_scan import find_header


def test_the_database_reaches_nothing_but_the_bill(tmp_path):
    path, other = tmp_path / "bill.csv", tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n")
    other.write_text("a,b\n1,2\n")
    with open_source(path) as source:
        for wish in (
            f"SELECT * FROM read_text('{other}')",
            f"COPY (SELECT 1) TO '{tmp_path / 'new.csv'}'",
            "SET enable_external_access = true",
            "INSTALL httpfs",
        ):
            with pytest.raises(duckdb.Error):
                source.con.execute(wish)
    assert sorted(place.name for place in tmp_path.iterdir()) == ["bill.csv", "other.csv"]


def test_a_header_below_a_title_is_found():
    header = find_header('June 2025\n\nDate;Item, net;"Cost\nUSD"\n1;2;3\n')
    assert header.names == ("Date", "Item, net", "Cost\nUSD")
    assert (header.row, header.lines_before, header.delimiter) == (3, 2, ";")


def test_nested_records_become_flat_rows(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"a": {"b": 1.50, "c": null}, "d": [1], "e": true}\n\n{"f": "x"}\n')
    rows = list(rows_of(open_json(path, is_gzip=False, is_lines=True)))
    assert rows[0]["a.b"] == "1.50"
    assert "a.c" not in rows[0]
    assert (rows[0]["d"], rows[0]["e"]) == ('["1"]', "true")
    table = to_arrow(rows)
    assert table["f"].to_pylist() == [None, "x"]


def test_a_list_inside_a_document_is_its_rows(tmp_path):
    path = tmp_path / "x.json"
    path.write_text('{"meta": 1, "data": [{"a": 1}, {"a": 2}]}')
    rows = list(rows_of(open_json(path, is_gzip=False, is_lines=False)))
    assert rows == [{"a": "1"}, {"a": "2"}]


def test_a_broken_line_is_named(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"a": 1}\n{"a": \n')
    with pytest.raises(UnreadableBillError) as told:
        list(rows_of(open_json(path, is_gzip=False, is_lines=True)))
    assert told.value.row == 2
