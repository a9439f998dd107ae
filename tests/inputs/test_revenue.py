"""Revenue rows become leaves that add up to the company's revenue of each period."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diligence.inputs.mapping import FileMapping
from diligence.inputs.revenue import read_revenue, revenue_of
from diligence.units import parse_period

HEADER = "period,segment,net,unit\n"


def nets(lines):
    return {(line.period.label, line.segment or line.plan): line.net for line in lines}


def test_amounts_are_read_exactly_in_whole_units(read_csv):
    lines, problems = read_csv(read_revenue, "period,net,unit\n2025,53.44,USD m\n")
    assert problems == []
    assert lines[0].net == 53_440_000
    assert (lines[0].source.row, lines[0].source.column, lines[0].source.grade) == (2, "net", "B")


# MiniMax, nine months of 2025: 53.44 m, 71.1 % and 28.9 % of it.
def test_shares_of_the_company_row_become_amounts(read_csv):
    text = HEADER + "9M2025,,53.44,USD m\n9M2025,A,71.1,percent of total\n"
    lines, problems = read_csv(read_revenue, text + "9M2025,B,28.9,percent of total\n")
    assert problems == []
    assert nets(lines) == {("9M2025", "A"): 37_995_840, ("9M2025", "B"): 15_444_160}
    assert lines[0].derivation == "71.1 % of the company's revenue"
    assert sum(line.net for line in lines) == 53_440_000


def test_what_segments_leave_is_unallocated(read_csv):
    lines, _ = read_csv(read_revenue, HEADER + "2025,,100,USD\n2025,A,60,USD\n2025,B,30,USD\n")
    assert nets(lines)["2025", "(unallocated)"] == 10
    assert lines[-1].derivation == "company less segments"


def test_new_customers_and_conversions_are_counted(read_csv):
    header = "period,plan,net,unit,customers,new_customers,free_users,conversions\n"
    text = "2025-01,Pro,10,USD,5,2,,2\n2025-01,Free,0,USD,,30,400,\n"
    (pro, free), problems = read_csv(read_revenue, header + text)
    assert problems == []
    assert (pro.new_customers, pro.free_users, pro.conversions) == (2, None, 2)
    assert (free.new_customers, free.free_users, free.conversions) == (30, 400, None)
    _, (line,) = read_csv(read_revenue, header + "2025-01,Pro,10,USD,5,2,,-2\n")
    assert line == "x.csv:2:conversions: found -2, expected a count of zero or more"


def test_conversions_of_a_derived_quarter_are_subtracted(read_csv):
    header = "period,net,unit,free_users,conversions\n"
    lines, _ = read_csv(read_revenue, header + "9M2025,70,USD,400,6\n2025,100,USD,500,10\n")
    (rest,) = (line for line in lines if line.period.label == "2025Q4")
    assert (rest.conversions, rest.free_users) == (4, None)


def test_segments_over_the_company_are_a_problem(read_csv):
    _, (line,) = read_csv(read_revenue, HEADER + "2025,,100,USD\n2025,A,120,USD\n")
    assert "parts of 2025 that add up to 120, expected at most the company's 100" in line
    assert "the difference is -20" in line


def test_the_missing_quarter_is_derived_and_labelled(read_csv):
    lines, problems = read_csv(read_revenue, HEADER + "9M2025,,70,USD\n2025,,100,USD\n")
    assert problems == []
    assert nets(lines) == {("9M2025", ""): 70, ("2025", ""): 100, ("2025Q4", ""): 30}
    assert lines[-1].derivation == "2025 minus 9M2025"


def test_a_total_of_shorter_periods_is_checked_and_left_out(read_csv):
    halves = "2025H1,,40,USD\n2025H2,,60,USD\n"
    lines, problems = read_csv(read_revenue, HEADER + halves + "2025,,100,USD\n")
    assert (problems, len(lines)) == ([], 2)
    _, (line,) = read_csv(read_revenue, HEADER + halves + "2025,,110,USD\n")
    assert (
        "revenue 2025 = 110, expected the sum of 2025H1, 2025H2 = 100; the difference is 10" in line
    )


def test_a_share_without_a_company_row_is_a_problem(read_csv):
    _, (line,) = read_csv(read_revenue, HEADER + "2025,A,50,percent of total\n")
    assert "expected a row with the company's revenue of 2025" in line


def test_the_same_row_twice_is_a_problem(read_csv):
    lines, (line,) = read_csv(read_revenue, HEADER + "2025,,5,USD\n2025,,6,USD\n")
    assert line.startswith("x.csv:3:net: found a second row of 2025")
    assert [row.net for row in lines] == [5]


def test_plans_without_a_company_row_are_leaves(read_csv):
    text = "period,net,unit,plan,payer,customers,gross,pricing,basis,contract_end\n"
    rows = "2025-01,5,USD k,Pro,paid,10,6,flat,billed,2026-01-31\n2025-01,0,USD k,Free,free,9,,,,\n"
    (pro, free), problems = read_csv(read_revenue, text + rows)
    assert problems == []
    assert (pro.net, pro.gross, pro.customers, pro.basis) == (5000, 6000, 10, "billed")
    assert (free.net, free.gross, free.payer) == (0, None, "free")


def test_foreign_revenue_is_converted_with_a_dated_rate(read_csv):
    (line,), problems = read_csv(read_revenue, HEADER + "2024,,719,CNY m\n")
    assert problems == []
    assert 90_000_000 < line.net < 110_000_000
    assert "CNY" in line.source.note


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("2025,,lots,USD", "'lots', expected an amount such as 1,200.50"),
        ("2025,,,USD", "an empty cell, expected a number, or n/a"),
        ("2025,,5,dollars", "'dollars', expected a unit of money"),
        ("2025Q9,,5,USD", "'2025Q9', expected a period"),
        ("2025,,5,percent of total", "'percent of total', expected a segment"),
    ],
)
def test_each_bad_cell_is_named(read_csv, row, words):
    lines, (line,) = read_csv(read_revenue, HEADER + row + "\n")
    assert lines == ()
    assert words in line


def test_an_unclear_locale_is_asked_once_and_may_be_declared(read_csv):
    text = "period;net;unit\n2024;1.234;USD\n2025;2.345;USD\n"
    _, (line,) = read_csv(read_revenue, text)
    assert "'1.234', which is two different amounts" in line
    assert "declare locale: en or eu in mapping.yaml" in line

    def declared(path, *, name, context):
        return read_revenue(path, name=name, context=context, mapping=FileMapping(locale="eu"))

    lines, problems = read_csv(declared, text)
    assert problems == []
    assert [line.net for line in lines] == [1234, 2345]


def test_unclear_dates_are_asked_once(read_csv):
    text = "start,end,net,unit\n01/02/2025,03/04/2025,5,USD\n"
    _, problems = read_csv(read_revenue, text)
    assert "'01/02/2025', which is two different days" in problems[0]
    lines, problems = read_csv(read_revenue, text.replace("03/04", "31/03"))
    assert problems == []
    assert lines[0].period.start.month == 2


def test_revenue_of_adds_segments(read_csv):
    lines, _ = read_csv(read_revenue, HEADER + "2025,A,60,USD\n2025,B,30,USD\n")
    period = parse_period("2025")
    assert revenue_of(lines, period) == 90
    assert revenue_of(lines, period, "B") == 30
    assert revenue_of(lines, period, "C") is None


CENTS = st.decimals(0, 10**9, places=2, allow_nan=False)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(parts=st.lists(CENTS, min_size=1, max_size=4), rest=CENTS, data=st.data())
def test_leaves_add_up_to_the_company_in_any_order(read_csv, parts, rest, data):
    company = sum(parts, Decimal(0)) + rest
    rows = [f"2025,S{i},{part},USD\n" for i, part in enumerate(parts)] + [f"2025,,{company},USD\n"]
    shuffled = data.draw(st.permutations(rows))
    lines, problems = read_csv(read_revenue, HEADER + "".join(shuffled))
    assert problems == []
    assert sum(line.net for line in lines) == company
