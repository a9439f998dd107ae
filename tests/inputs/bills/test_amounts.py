"""Amounts as bills write them, read exactly or refused with their row."""

from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from diligence.inputs.bills import read_bill
from diligence.inputs.mapping import BillMapping
from diligence.inputs.problems import ProblemLog
from diligence.units import AmountError, parse_amount

COLUMNS = "BilledCost;EffectiveCost;BillingCurrency;ChargeCategory;ChargePeriodStart"


def bill_of(cells):
    rows = (f'"{cell}";0;USD;Usage;2025-01-01' for cell in cells)
    return "\n".join([COLUMNS, *rows]) + "\n"


@pytest.mark.parametrize(
    ("cells", "total"),
    [
        (["1,234.56", "0.44"], "1235.00"),
        (["(1,200)", "1,200.5"], "0.5"),
        (["1.234,56", "0,44"], "1235.00"),
        (["1 234,56", "1,00"], "1235.56"),
        (["$10,000.00 ", "-0.01"], "9999.99"),
        (["1.5E-7", "2e3"], "2000.00000015"),
        (["–", "5.00"], "5"),
        (["1,200-", "0.50"], "-1199.5"),
        (["0.00000000000000000001", "1"], "1.00000000000000000001"),
        (["€ 1.234.567,8", "1,25"], "1234569.05"),
    ],
)
def test_amounts_are_read_as_written(read, cells, total):
    bill, problems = read(bill_of(cells))
    assert not problems
    assert bill.total() == Decimal(total)


@pytest.mark.parametrize("cells", [["1,200", "3"], ["1.200", "3,400"], ["1.200"]])
def test_what_can_be_read_two_ways_is_asked_once(read, cells):
    bill, problems = read(bill_of(cells))
    assert bill is None
    assert len(problems) == 1
    assert "locale: en or locale: eu" in problems[0]
    assert read(bill_of(["1.200"]), locale="eu")[0].total() == 1200
    assert read(bill_of(["1.200"]), locale="en")[0].total() == Decimal("1.2")


def test_two_ways_of_writing_in_one_file_are_refused(read):
    bill, problems = read(bill_of(["1.234,56", "1,234.56"]))
    assert bill is None
    assert "decimal comma" in problems[0]


def test_a_cell_that_is_no_number_is_named_with_its_row(read):
    bill, problems = read(bill_of(["1.00", "lots", "2.00"]))
    assert bill is None
    assert problems[0].startswith("bill.csv:3:BilledCost: found 'lots'")
    _, problems = read(bill_of(["1.00", *["lots"] * 50]))
    assert len(problems) == 6
    assert "45 more such cells" in problems[-1]


def test_a_row_without_an_amount_is_a_problem_not_a_zero(read):
    bill, problems = read(bill_of(["1.00", "NULL", "n/a"]))
    assert bill is None
    assert "2 rows without an amount" in problems[0]
    _, problems = read(bill_of(["", ""]))
    assert "quantities without amounts" in problems[0]


def test_more_digits_than_an_exact_column_holds_are_refused(read):
    _, problems = read(bill_of(["1" * 30, "0." + "1" * 20]))
    assert "at most 38 digits" in problems[0]


def parquet_of(path, cells, kind):
    count = len(cells)
    table = pa.table(
        {
            "BilledCost": pa.array(cells, kind),
            "EffectiveCost": pa.array(cells, kind),
            "BillingCurrency": ["USD"] * count,
            "ChargeCategory": ["Usage"] * count,
            "ChargePeriodStart": ["2025-01-01"] * count,
        }
    )
    pq.write_table(table, path)
    return path


def test_numbers_of_every_kind_are_exact(read, tmp_path):
    cases = [
        ([0.1, 0.2, 1e7 + 0.1], pa.float64(), "10000000.4"),
        ([0.1, 0.2], pa.float32(), "0.3"),
        ([3, 4], pa.int64(), "7"),
        ([1.60599e-05, 123456.789], pa.float64(), "123456.7890160599"),
        ([None, 0.0], pa.float64(), None),
    ]
    for cells, kind, total in cases:
        path = parquet_of(tmp_path / "x.parquet", cells, kind)
        bill, problems = read(path, name="x.parquet")
        if total is None:
            assert "1 rows without an amount" in problems[0]
        else:
            assert not problems
            assert bill.total() == Decimal(total)


def test_binary_noise_is_noted_and_infinity_refused(read, tmp_path):
    path = parquet_of(tmp_path / "x.parquet", [123456.78, 5.551115123125783e-17], pa.float64())
    bill, problems = read(path, name="x.parquet")
    assert not problems
    assert abs(bill.total() - Decimal("123456.78")) < Decimal("1e-15")
    assert "binary noise" in bill.notes[0]
    for cell in (float("nan"), float("inf")):
        path = parquet_of(tmp_path / "x.parquet", [1.0, cell], pa.float64())
        bill, problems = read(path, name="x.parquet")
        assert bill is None
        assert "x.parquet:2:BilledCost" in problems[0]


written = st.text(alphabet="0123456789.,()-+ $€CRdre–", min_size=1, max_size=9)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(cell=written, locale=st.sampled_from(["en", "eu"]))
def test_text_is_read_as_everywhere_else_in_a_deal(cell, locale, tmp_path):
    # A bill also reads "5." and refuses powers of ten that no sum has room for.
    assume("e" not in cell and "." not in (cell.rstrip(" )€$-")[-1:], cell.rstrip()[-1:]))
    path = tmp_path / "any.csv"
    path.write_text(bill_of([cell, "0"]), encoding="utf-8")
    log = ProblemLog()
    bill = read_bill(path, name="any.csv", log=log, mapping=BillMapping(locale=locale))
    try:
        expected = parse_amount(cell, locale=locale)
    except AmountError:
        expected = None
    if expected is None:
        assert bill is None
    else:
        assert not log.problems
        assert bill.total() == expected
