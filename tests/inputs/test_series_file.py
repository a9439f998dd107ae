from contextlib import suppress
from datetime import datetime

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diligence.errors import InputError
from diligence.inputs.series_file import read_series_file


@pytest.fixture
def read(tmp_path):
    def read_text(text, name="unit cost.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return read_series_file(path)

    return read_text


@pytest.fixture
def problems(read):
    def read_problems(text):
        with pytest.raises(InputError) as refused:
            read(text)
        return list(map(str, refused.value.problems))

    return read_problems


def test_one_series_is_named_after_its_file(read):
    file = read("date,cost\n2025-01,2.5\n2025-02,2\n")
    assert file.frame["series"].unique().tolist() == ["unit cost"]
    assert file.frame["cost"].tolist() == [2.5, 2.0]
    assert file.frame["date"].tolist() == [pd.Timestamp("2025-01-01"), pd.Timestamp("2025-02-01")]
    assert file.frame["form"].tolist() == ["month", "month"]
    assert not file.has_volume


def test_columns_in_any_order_and_case_with_others_ignored(read):
    file = read("Series,note,COST,Volume,Date\na,x,2,10,2025\nb,y,3,20,2025\n")
    assert file.frame["series"].tolist() == ["a", "b"]
    assert file.frame["volume"].tolist() == [10, 20]
    assert file.ignored == ("note",)


def test_semicolons_and_decimal_commas(read):
    file = read("date;cost\n2025-01;1,5\n2025-02;1,25\n")
    assert file.frame["cost"].tolist() == [1.5, 1.25]


def test_amounts_with_signs_and_quotes(read):
    file = read('date,cost\n2025Q1,$1.50\n2025Q2,"1,200.50"\n')
    assert file.frame["cost"].tolist() == [1.5, 1200.5]


def test_a_cost_that_is_not_there_stays_missing(read):
    file = read("date,cost\n2025,\n2026,n/a\n2027,0\n")
    assert file.frame["cost"].isna().tolist() == [True, True, False]
    assert file.frame["cost"].iloc[2] == 0


def test_years_with_decimals(read):
    assert read("date,cost\n2019.5,1\n2020,2\n").frame["date"].tolist() == [2019.5, 2020.0]


def test_a_workbook(tmp_path):
    book = openpyxl.Workbook()
    for row in (["date", "cost"], [datetime(2025, 1, 31), 2.5], [datetime(2025, 2, 28), 2]):
        book.active.append(row)
    book.save(tmp_path / "cost.xlsx")
    frame = read_series_file(tmp_path / "cost.xlsx").frame
    assert frame["date"].tolist() == [pd.Timestamp("2025-01-31"), pd.Timestamp("2025-02-28")]
    assert frame["cost"].tolist() == [2.5, 2.0]


def test_every_problem_is_told_at_once_where_it_stands(problems):
    found = problems("date,cost,series\n2025-01,1,a\nsoon,x,a\n2025-03,2,\n")
    assert [problem.split(": found")[0] for problem in found] == [
        "unit cost.csv:3:cost",
        "unit cost.csv:3:date",
        "unit cost.csv:4:series",
    ]
    assert "found 'x', expected a number such as 0.42" in found[0]
    assert "found 'soon', expected a date such as 2025-07-31" in found[1]
    assert "found an empty cell, expected the name of the series" in found[2]


def test_rows_are_counted_as_a_spreadsheet_shows_them(problems):
    assert problems("date,cost\n2025,1\n\n2026,x\n")[0].startswith("unit cost.csv:4:cost")


def test_a_missing_column_is_named_with_those_there_are(problems):
    assert problems("when,cost\n2025,1\n") == [
        "unit cost.csv:1:date: found no such column among when, cost, expected the column 'date'"
    ]


def test_a_near_miss_is_not_ignored(problems):
    assert "expected 'series', or another name" in problems("date,cost,serie\n2025,1,a\n")[0]


def test_a_column_that_stands_twice(problems):
    assert "the column 'cost' twice" in problems("date,cost,cost\n2025,1,2\n")[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "an empty file"),
        ("date,cost\n", "a header without rows"),
        ("date,cost\n2025,1,234\n2026,2\n", "put numbers with commas in quotes"),
        ('date,cost\n2025,"1\n2026,2\n', "it looks cut off"),
        ('date,cost\n2025,"1,234"\n2026,2\n', "may be a thousand or a decimal"),
    ],
)
def test_files_that_cannot_be_read(problems, text, words):
    assert words in problems(text)[0]


def test_two_forms_of_date_in_one_series(problems):
    found = problems("date,cost\n2025-01,1\n2025-02-28,2\n")
    assert found[0].startswith("unit cost.csv:3:date: found '2025-02-28'")


def test_two_series_may_use_two_forms(read):
    file = read("date,cost,series\n2025,1,a\n2025Q1,2,b\n")
    assert file.frame["form"].tolist() == ["year", "quarter"]


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="is not a file; name a CSV or XLSX file"):
        read_series_file(tmp_path / "none.csv")


@given(st.text(max_size=80))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_read_or_refused_in_words(tmp_path, text):
    path = tmp_path / "any.csv"
    path.write_text(f"date,cost\n{text}", encoding="utf-8", newline="")
    with suppress(InputError):
        assert len(read_series_file(path).frame)
