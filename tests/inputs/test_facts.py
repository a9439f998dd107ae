"""facts.csv: units, one used value, defaults, problems."""

from decimal import Decimal

import pytest

from diligence.inputs.facts import read_facts

HEADER = "concept,value,unit,period,document,page,keyed_by,segment,status,grade\n"


def fact_row(**cells):
    base = {
        "concept": "inference",
        "value": "38.0",
        "unit": "USD m",
        "period": "9M2025",
        "document": "prospectus",
        "page": "p. 12",
        "keyed_by": "AA",
        "segment": "",
        "status": "",
        "grade": "",
    }
    return ",".join((base | cells).values()) + "\n"


def test_money_is_whole_and_the_grade_is_c_unless_said(read_csv):
    (fact,), problems = read_csv(read_facts, HEADER + fact_row())
    assert problems == []
    assert (fact.value, fact.unit, fact.status) == (38_000_000, "USD m", "used")
    assert fact.source.citation == "prospectus p. 12 [C]"


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        ("23.3", "percent", "0.233"),
        ("1.5", "ratio", "1.5"),
        ("(3)", "count", "-3"),
        ("18", "months", "18"),
        ("1000", "GPU-hours", "1000"),
        ("2.50", "USD per Mtok", "2.50"),
    ],
)
def test_units_other_than_money(read_csv, value, unit, expected):
    (fact,), problems = read_csv(read_facts, HEADER + fact_row(value=value, unit=unit))
    assert problems == []
    assert fact.value == Decimal(expected)
    assert fact.unit == unit


def test_foreign_money_is_converted_with_the_rate_shown(read_csv):
    # Federal Reserve G.5A: 7.0809 CNY per USD on average in 2023
    row = fact_row(value="70.809", unit="CNY m", period="2023")
    (fact,), _ = read_csv(read_facts, HEADER + row)
    assert fact.value == 10_000_000
    assert fact.source.note == "CNY 7.0809 per USD, average of 2023"


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"value": "many"}, ":value: found 'many', expected a number such as"),
        ({"value": ""}, ":value: found an empty cell, expected a number"),
        ({"value": "1e999999"}, ":value: found '1e999999'"),
        ({"unit": "USDD"}, ":unit: found 'USDD', expected a unit: USD"),
        ({"unit": "SEK m"}, ":unit: found 'SEK m' with no exchange rate of 'SEK'"),
        ({"period": "0000"}, ":period: found '0000', expected a period such as"),
        ({"period": "2025Q5"}, ":period: found '2025Q5'"),
        ({"period": ""}, ":period: found an empty cell"),
        ({"document": ""}, ":document: found an empty cell, expected the document"),
        ({"page": ""}, ":page: found an empty cell"),
        ({"keyed_by": ""}, ":keyed_by: found an empty cell, expected who keyed"),
        ({"status": "usd"}, ":status: found 'usd', expected used"),
        ({"grade": "F"}, ":grade: found 'F', expected one of A, B, C, D, E"),
    ],
)
def test_each_mistake_names_its_cell(read_csv, cells, words):
    facts, problems = read_csv(read_facts, HEADER + fact_row(**cells))
    assert facts == ()
    assert any(line.startswith(f"x.csv:2{words}") for line in problems), problems


def test_one_value_is_used_and_the_second_is_a_problem(read_csv):
    text = HEADER + fact_row() + fact_row(value="39") + fact_row(value="40", status="alternative")
    facts, problems = read_csv(read_facts, text)
    assert [fact.value for fact in facts] == [38_000_000, 40_000_000]
    assert len(problems) == 1
    assert "x.csv:3:status: found a second used value of 'inference' for 9M2025" in problems[0]
    assert "row 2 is" in problems[0]


def test_segments_and_periods_are_apart(read_csv):
    text = HEADER + fact_row() + fact_row(segment="cloud") + fact_row(period="2024")
    facts, problems = read_csv(read_facts, text)
    assert len(facts) == 3
    assert problems == []


def test_start_and_end_and_the_fiscal_calendar(read_csv):
    header = "concept,value,unit,start,end,document,page,keyed_by\n"
    (fact,), _ = read_csv(read_facts, header + "x,1,count,2025-01-15,2025-02-14,d,1,A\n")
    assert fact.period.days == 31
    facts, problems = read_csv(read_facts, header + "x,1,count,2025-03-01,2025-02-14,d,1,A\n")
    assert facts == ()
    assert "a date on or after the start (2025-03-01)" in problems[0]
    (fact,), _ = read_csv(read_facts, HEADER + fact_row(period="FY2025"), fiscal_month=4)
    assert str(fact.period.start) == "2024-04-01"
