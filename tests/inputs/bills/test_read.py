"""A bill becomes its distinct lines: nothing is lost, nothing is rounded."""

import csv
import gzip
import io
from decimal import Decimal, localcontext

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diligence.inputs.bills import read_bill
from diligence.inputs.bills.bill import LINE_COLUMNS, MONEY_COLUMNS
from diligence.inputs.problems import ProblemLog

FIVE = (
    "1.10,1.00,USD,Usage,2025-01-03,GPU hours",
    "2.20,2.00,USD,Usage,2025-01-30,GPU hours",
    "3.30,3.00,USD,Usage,2025-02-01,GPU hours",
    "-0.60,-0.60,USD,Credit,2025-02-02,Promotion",
    "9.00,0,USD,Purchase,2025-02-28,Reservation",
)


def test_rows_of_a_month_become_one_line(read, focus):
    bill, problems = read(focus(*FIVE))
    assert not problems
    lines = {(line.text, line.day.month): line for line in bill.iter_lines()}
    assert set(lines) == {
        ("GPU hours", 1),
        ("GPU hours", 2),
        ("Promotion", 2),
        ("Reservation", 2),
    }
    january = lines["GPU hours", 1]
    assert (january.billed, january.effective, january.n_rows) == (Decimal("3.3"), 3, 2)
    assert (january.first_row, lines["Promotion", 2].first_row) == (2, 5)
    assert (lines["Promotion", 2].kind, lines["Reservation", 2].effective) == ("credit", 0)
    assert bill.total() == Decimal("15.00")
    assert bill.total("effective") == Decimal("5.40")
    assert (str(bill.first_day), str(bill.last_day)) == ("2025-01-03", "2025-02-28")
    assert (bill.n_rows, bill.currency, bill.lines.column_names) == (5, "USD", list(LINE_COLUMNS))


def test_costs_that_are_left_out_repeat_the_nearest_one(read, focus):
    bill, _ = read(focus(*FIVE))
    assert [bill.total(column) for column in MONEY_COLUMNS] == [
        Decimal("15"),
        Decimal("5.4"),
        Decimal("5.4"),
        Decimal("5.4"),
    ]


def test_gzip_and_plain_are_read_alike(read, focus):
    plain, _ = read(focus(*FIVE))
    packed, _ = read(focus(*FIVE), name="bill.csv.gz")
    assert packed.lines.equals(plain.lines)


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters_are_found(read, focus, delimiter):
    plain, _ = read(focus(*FIVE))
    other, problems = read("\ufeff" + focus(*FIVE).replace(",", delimiter))
    assert not problems
    assert other.lines.equals(plain.lines)


def test_parquet_gives_the_lines_of_its_csv(read, focus, tmp_path):
    plain, _ = read(focus(*FIVE))
    rows = list(csv.DictReader(io.StringIO(focus(*FIVE))))
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    kinds = {pa.float64(): float, pa.decimal128(9, 2): Decimal, pa.string(): str}
    for kind, number in kinds.items():
        for cost in ("BilledCost", "EffectiveCost"):
            texts = [row[cost] for row in rows]
            columns[cost] = pa.array([number(text) for text in texts], kind)
        pq.write_table(pa.table(columns), tmp_path / "bill.parquet")
        other, problems = read(tmp_path / "bill.parquet", name="bill.parquet")
        assert not problems
        assert list(map(evidence, other.iter_lines())) == list(map(evidence, plain.iter_lines()))


def evidence(line):
    return (line.text, line.kind, line.day, line.billed, line.effective, line.n_rows)


def test_nested_tags_and_records_of_parquet_are_read(read, tmp_path):
    tags = pa.array([[("team", "b"), ("env", "x")], []], pa.map_(pa.string(), pa.string()))
    days = pa.array([1735689600000000, 1735776000000000], pa.timestamp("us", tz="UTC"))
    table = pa.table(
        {
            "BilledCost": [1.5, 2.5],
            "EffectiveCost": [1.5, 2.5],
            "ChargeCategory": ["Usage", "Usage"],
            "BillingCurrency": ["USD", "USD"],
            "ChargePeriodStart": days,
            "Tags": tags,
        }
    )
    pq.write_table(table, tmp_path / "bill.parquet")
    bill, problems = read(tmp_path / "bill.parquet", name="bill.parquet")
    assert not problems
    assert [(line.tags, line.billed) for line in bill.iter_lines()] == [
        ("", Decimal("2.5")),
        ("env=x team=b", Decimal("1.5")),
    ]


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ('{"a": "1", "b": "x y"}', "a=1 b=x y"),
        ('"b": "2","a": "1"', "a=1 b=2"),
        ('[{"key": "a", "value": "1"}]', "a=1"),
        ("team=x", "team=x"),
        ("{}", ""),
        ("NULL", ""),
        ('{"broken', '{"broken'),
    ],
)
def test_tags_become_words(read, tags, words):
    cell = '"' + tags.replace('"', '""') + '"'
    text = (
        "BilledCost,EffectiveCost,BillingCurrency,ChargeCategory,ChargePeriodStart,Tags\n"
        f"1,1,USD,Usage,2025-01-01,{cell}\n"
    )
    bill, problems = read(text)
    assert not problems
    assert bill.lines["tags"].to_pylist() == [words]


def test_json_of_flat_records_keeps_the_digits(read):
    records = (
        '{"BilledCost": 0.1000000000000000055, "EffectiveCost": 1e-3, "BillingCurrency": "USD", '
        '"ChargeCategory": "Usage", "ChargePeriodStart": "2025-01-01", "service": {"id": "x"}}'
    )
    one, problems = read(f"[{records}, {records}]", name="bill.json")
    assert not problems
    many, problems = read(f"{records}\n{records}\n", name="bill.jsonl")
    assert not problems
    assert one.lines.equals(many.lines)
    assert one.total() == Decimal("0.2000000000000000110")
    assert one.total("effective") == Decimal("0.002")


def test_a_mixed_bill_says_so_and_lines_carry_the_currency(read, focus):
    bill, problems = read(
        focus("1,1,USD,Usage,2025-01-01,a", "2,2,EUR,Usage,2025-01-01,a"),
    )
    assert not problems
    assert bill.currency == "mixed"
    assert sorted(bill.lines["currency"].to_pylist()) == ["EUR", "USD"]


def test_empty_records_count_as_rows_of_the_file(read, focus):
    text = focus("1,1,USD,Usage,2025-01-01,a", "", "2,2,USD,Usage,2025-01-01,b", "", "x,,,,,c")
    bill, problems = read(text)
    assert bill is None
    assert len(problems) == 1
    assert problems[0].startswith("bill.csv:6:BilledCost: found 'x'")
    good, _ = read(text.replace("x,,,,,c\n", ""))
    assert good.lines["first_row"].to_pylist() == [2, 4]


def test_lines_above_the_header_are_skipped(read, focus):
    bill, problems = read("Usage report\n\n" + focus(*FIVE))
    assert not problems
    assert bill.total() == 15
    assert min(bill.lines["first_row"].to_pylist()) == 4


def test_a_file_is_read_under_any_name(read, focus, tmp_path):
    (tmp_path / "other.csv").write_text("not,this\n")
    for name in ("ju[n]e*?.csv", "a'b.csv", "-x {1}.csv", "read_csv('x').csv"):
        bill, problems = read(focus(*FIVE), name=name)
        assert not problems
        assert bill.total() == 15


def test_amounts_in_cents_are_brought_to_whole_units(read, focus):
    bill, problems = read(
        focus("150,150,USD,Usage,2025-01-01,a", "1,1,USD,Usage,2025-01-01,a"), unit="USD cents"
    )
    assert not problems
    assert bill.total() == Decimal("1.51")


amounts = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(cells=st.lists(st.tuples(amounts, st.sampled_from("abc")), min_size=1, max_size=12))
def test_any_decimals_add_up_exactly_and_grouping_keeps_them(cells, tmp_path):
    # One amount with one decimal says which sign is the decimal one.
    cells = [(cell, word) for cell, word in cells if abs(cell.adjusted()) < 16]
    rows = [f"{c},{c},USD,Usage,2025-01-01,{w}" for c, w in cells]
    header = "BilledCost,EffectiveCost,BillingCurrency,ChargeCategory,ChargePeriodStart"
    text = "\n".join([f"{header},ChargeDescription", *rows, "0.5,0.5,USD,Usage,2025-01-01,half"])
    path = tmp_path / "any.csv"
    path.write_text(text)
    log = ProblemLog()
    bill = read_bill(path, name="any.csv", log=log)
    places = [-min(cell.as_tuple().exponent, 0) for cell, _ in cells]
    if bill is None:
        # the one reason to refuse: no 38 digits hold the column
        assert "digits" in str(log.problems[0])
        assert max(places) > 10
        return
    by_word: dict[str, Decimal] = {}
    with localcontext(prec=60):
        for cell, word in cells:
            by_word[word] = by_word.get(word, Decimal(0)) + cell
    lines = dict(zip(bill.lines["text"].to_pylist(), bill.lines["billed"].to_pylist(), strict=True))
    assert lines == {**by_word, "half": Decimal("0.5")}


doubles = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e9, max_value=1e9)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(cells=st.lists(doubles.map(lambda x: round(x, 12)), min_size=1, max_size=12))
def test_doubles_add_up_at_their_shortest_decimals(cells, tmp_path):
    table = pa.table(
        {
            "BilledCost": pa.array(cells, pa.float64()),
            "EffectiveCost": pa.array(cells, pa.float64()),
            "BillingCurrency": ["USD"] * len(cells),
            "ChargeCategory": ["Usage"] * len(cells),
            "ChargePeriodStart": ["2025-01-01"] * len(cells),
        }
    )
    pq.write_table(table, tmp_path / "any.parquet")
    log = ProblemLog()
    bill = read_bill(tmp_path / "any.parquet", name="any.parquet", log=log)
    assert not log.problems
    with localcontext(prec=60):
        assert bill.total() == sum(Decimal(repr(cell)) for cell in cells)


def test_packed_twice_over_is_one_file(tmp_path, read, focus):
    text = focus(*FIVE)
    head, tail = text[:100], text[100:]
    path = tmp_path / "parts.csv.gz"
    path.write_bytes(gzip.compress(head.encode()) + gzip.compress(tail.encode()))
    bill, problems = read(path, name="parts.csv.gz")
    assert not problems
    assert bill.total() == 15
