"""Ledger rows become cost leaves: of one period they add up to the ledger, to the last digit."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diligence.inputs.ledger import read_ledger
from diligence.inputs.mapping import FileMapping
from diligence.inputs.revenue import read_revenue

HEADER = "period,account,amount,unit,role,segment,of_which,bound,basis,text\n"
QUICK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def ledger(tmp_path, make_context):
    """Read a ledger beside a revenue file; rows may leave trailing cells out."""

    def read(rows, *, revenue="", name="ledger.csv", mapping=None, header=HEADER):
        context = make_context()
        lines = ()
        if revenue:
            path = tmp_path / "revenue.csv"
            path.write_text("period,segment,net,unit,basis\n" + _padded(revenue, 5))
            lines = read_revenue(path, name="revenue.csv", context=context)
        path = tmp_path / name
        path.write_text(header + _padded(rows, header.count(",") + 1))
        reading = read_ledger(path, name=name, context=context, revenue=lines, mapping=mapping)
        return reading, [str(problem) for problem in context.log.problems]

    return read


def _padded(rows, width):
    filled = (row + "," * (width - 1 - row.count(",")) for row in rows.strip().splitlines())
    return "".join(f"{row}\n" for row in filled)


def amounts(lines):
    return {(line.period.label, line.account, line.segment): line.amount for line in lines}


def total(lines, period):
    return sum((line.amount for line in lines if line.period.label == period), Decimal(0))


def test_rows_are_read_exactly_with_their_place(ledger):
    reading, problems = ledger("2025Q3,AWS,(1.50),USD k,cost_of_revenue\n")
    (line,) = reading.lines
    assert problems == []
    assert (line.amount, line.derivation) == (-1500, "as reported")
    assert (line.source.file, line.source.row, line.source.column) == ("ledger.csv", 2, "amount")
    assert line.source.grade == "B"


def test_roles_part_cost_revenue_and_balance_sheet(ledger):
    reading, problems = ledger(
        "2025,AWS,1,USD,cost_of_revenue\n2025,Interest,2,USD,below_operating\n"
        "2025,Sales,9,USD,revenue\n2025,Deposits,5,USD,balance_sheet\n"
    )
    assert problems == []
    assert [line.account for line in reading.lines] == ["AWS", "Interest"]
    assert [line.account for line in reading.revenue_rows] == ["Sales"]
    assert [line.account for line in reading.memo_lines] == ["Deposits"]


def test_of_which_rows_leave_a_remainder(ledger):
    reading, problems = ledger(
        "2025,Hosting,100,USD,cost_of_revenue\n2025,GPU,60,USD,cost_of_revenue,,Hosting\n"
        "2025,H100,25,USD,,,GPU\n"
    )
    assert problems == []
    assert amounts(reading.lines) == {
        ("2025", "H100", ""): 25,
        ("2025", "GPU, other", ""): 35,
        ("2025", "Hosting, other", ""): 40,
    }
    parents = {line.account: line.parent for line in reading.lines}
    assert parents == {"H100": "GPU", "GPU, other": "GPU", "Hosting, other": "Hosting"}
    assert reading.lines[-1].derivation == "remainder after of-which rows"


def test_parts_over_the_parent_are_a_problem(ledger):
    _, (line,) = ledger(
        "2025,Hosting,100,USD,cost_of_revenue\n2025,GPU,160,USD,cost_of_revenue,,Hosting\n"
    )
    assert "of-which rows of 'Hosting' that add up to 160, expected at most 100" in line


def test_an_upper_bound_is_kept_and_never_exceeds_the_parent(ledger):
    rows = "2025,Hosting,100,USD,cost_of_revenue\n2025,GPU,{},USD,,,Hosting,at_most\n"
    (gpu, other), _ = ledger(rows.format(60))[0].lines, None
    assert (gpu.amount, gpu.bound, other.amount, other.bound) == (60, "at_most", 40, "at_least")
    reading, problems = ledger(rows.format(160))
    assert problems == []
    assert [(line.amount, line.derivation) for line in reading.lines] == [
        (100, "capped at the parent")
    ]


def test_an_unknown_parent_is_a_problem_with_a_near_match(ledger):
    _, (line,) = ledger(
        "2025,Hosting,100,USD,cost_of_revenue\n2025,GPU,60,USD,cost_of_revenue,,Hostin\n"
    )
    assert "of_which 'Hostin'" in line
    assert line.endswith("an account of this file: Hosting")


def test_parts_of_each_other_are_a_problem(ledger):
    reading, problems = ledger(
        "2025,Rent,1,USD,cost_of_revenue\n2025,A,1,USD,,,B\n2025,B,1,USD,,,A\n"
    )
    assert [line.account for line in reading.lines] == ["Rent"]
    assert len(problems) == 2


def test_another_role_than_the_parent_is_a_problem(ledger):
    _, (line,) = ledger(
        "2025,R&D,9,USD,research_and_development\n2025,GPU,6,USD,cost_of_revenue,,R&D\n"
    )
    assert "expected research_and_development, the role of 'R&D'" in line


# MiniMax, 2023: revenue 3.46 m; gross margin -24.7 %; training cloud cost 1,365 % of revenue.
def test_percentages_of_revenue_become_labelled_money(ledger):
    reading, problems = ledger(
        "2023,Cost of revenue,-24.7,percent of revenue,gross_margin\n"
        "2023,R&D,70,USD m,research_and_development\n"
        "2023,Training,1365,percent of revenue,research_and_development,,R&D\n",
        revenue="2023,,3.46,USD m\n",
    )
    found = {line.account: (line.amount, line.derivation) for line in reading.lines}
    assert problems == []
    assert found["Cost of revenue"] == (Decimal("4314620"), "derived from gross margin -24.7 %")
    assert found["Training"] == (Decimal("47229000"), "1,365 % of revenue")
    assert found["R&D, other"][0] == Decimal("22771000")


def test_a_percentage_without_revenue_is_a_problem(ledger):
    _, (line,) = ledger("2023,Cost,40,percent of revenue,gross_margin\n")
    assert "40 percent without the revenue of 2023" in line


def test_a_margin_beside_the_stated_cost_is_checked(ledger):
    rows = "2025,Cost,{},USD,cost_of_revenue\n2025,Cost,20,percent of revenue,gross_margin\n"
    reading, problems = ledger(rows.format(80), revenue="2025,,100,USD\n")
    assert (problems, [line.amount for line in reading.lines]) == ([], [80])
    _, (line,) = ledger(rows.format(60), revenue="2025,,100,USD\n")
    assert "gross margin 20 %: 80, expected 60 as row 2 states; the difference is -20" in line


def test_a_percentage_of_the_parent_keeps_its_bound(ledger):
    reading, problems = ledger(
        "2025,Cost,200,USD,cost_of_revenue\n"
        "2025,Fees,37.6,percent of parent,cost_of_revenue,,Cost,at_most\n"
    )
    assert problems == []
    fees = reading.lines[0]
    assert (fees.amount, fees.bound, fees.derivation) == (
        Decimal("75.2"), "at_most", "37.6 % of Cost",
    )  # fmt: skip


MINIMAX = (
    "9M2025,Cost of revenue,40.99,USD m,cost_of_revenue\n"
    "9M2025,Inference cost,37.98,USD m,cost_of_revenue,,Cost of revenue\n"
    "9M2025,Cost of revenue,4.7,percent of revenue,gross_margin,AI-native\n"
    "9M2025,Cost of revenue,69.4,percent of revenue,gross_margin,Platform\n"
)
MINIMAX_REVENUE = (
    "9M2025,,53.44,USD m\n9M2025,AI-native,71.1,percent of total\n"
    "9M2025,Platform,28.9,percent of total\n"
)


# 53.44 * 0.711 * 0.953 = 36.21003552; 53.44 * 0.289 * 0.306 = 4.72591296; 40.99 less both
# = 0.05405152. Inference in each segment = 37.98 / 40.99 of it, to the cent.
def test_segments_and_company_wide_parts_of_a_real_filing(ledger):
    reading, problems = ledger(MINIMAX, revenue=MINIMAX_REVENUE)
    found = amounts(reading.lines)
    assert problems == []
    assert total(reading.lines, "9M2025") == 40_990_000
    by_segment = {
        segment: sum(v for (_, _, s), v in found.items() if s == segment)
        for segment in ("AI-native", "Platform", "(unallocated)")
    }
    assert by_segment == {
        "AI-native": Decimal("36210035.52"),
        "Platform": Decimal("4725912.96"),
        "(unallocated)": Decimal("54051.52"),
    }
    inference = [line for line in reading.lines if line.account == "Inference cost"]
    assert sum(line.amount for line in inference) == 37_980_000
    assert inference[0].amount == pytest.approx(
        Decimal("36210035.52") * 3798 / 4099, abs=Decimal("0.01")
    )
    assert {line.derivation for line in inference} == {
        "same share of cost in each segment (assumed)"
    }


def test_parts_with_a_segment_stay_in_it(ledger):
    reading, problems = ledger(
        "2025,Cost,60,USD,cost_of_revenue,A\n2025,Cost,40,USD,cost_of_revenue,B\n"
        "2025,GPU,50,USD,cost_of_revenue,A,Cost\n"
    )
    assert problems == []
    assert amounts(reading.lines) == {
        ("2025", "GPU", "A"): 50, ("2025", "Cost, other", "A"): 10,
        ("2025", "Cost", "B"): 40,
    }  # fmt: skip


def test_subtotals_are_checked_and_left_out(ledger):
    rows = (
        "2025,A,10,USD,cost_of_revenue\n2025,B,20,USD,cost_of_revenue\n"
        "2025,Total,{},USD,subtotal,,,,,A; B\n"
    )
    reading, problems = ledger(rows.format(30))
    assert (problems, len(reading.lines)) == ([], 2)
    _, (line,) = ledger(rows.format(40))
    assert "Total 2025 = 40, expected the sum of its rows = 30; the difference is 10" in line
    _, (line,) = ledger(rows.replace("A; B", "A; Bee").format(30))
    assert "the child 'Bee', expected an account of 2025: one of" in line


def test_the_missing_quarter_is_derived(ledger):
    reading, problems = ledger(
        "2025,R&D,253,USD m,research_and_development\n9M2025,R&D,180,USD m,"
        "research_and_development\n9M2025,Training,142,USD m,,,R&D\n"
    )
    assert problems == []
    last = [line for line in reading.lines if line.period.label == "2025Q4"]
    assert [(line.account, line.amount, line.derivation) for line in last] == [
        ("R&D", 73_000_000, "2025 minus 9M2025")
    ]
    assert total(reading.lines, "9M2025") == 180_000_000


def test_a_negative_derived_cost_is_allowed_and_noted(ledger):
    reading, problems = ledger("2025,R&D,10,USD,other_operating\n9M2025,R&D,12,USD,other_operating")
    assert problems == []
    assert "ledger.csv: R&D in 2025Q4 is -2 (2025 minus 9M2025)" in reading.notes


def test_overlaps_are_problems_unless_comparative(ledger):
    rows = "9M2025,R&D,9,USD,other_operating\n2025H2,R&D,7,USD,other_operating,,,,{}\n"
    _, (line,) = ledger(rows.format(""))
    assert "R&D 2025H2, which overlaps 9M2025 in row 2" in line
    reading, problems = ledger(rows.format("comparative"))
    assert (problems, len(reading.lines)) == ([], 2)


def test_the_same_figure_twice_is_a_problem(ledger):
    _, (line,) = ledger("2025,R&D,9,USD,other_operating\n2025,R&D,9,USD,other_operating\n")
    assert "a second figure of 'R&D' for 2025" in line
    _, problems = ledger(
        "2025,R&D,9,USD,other_operating,,,,,May\n2025,R&D,9,USD,other_operating,,,,,June\n"
    )
    assert problems == []


def test_a_row_without_a_role_is_cost_of_revenue_and_noted(ledger):
    reading, problems = ledger("2025,R&D,9,USD\n2025,GPU,4,USD,,,R&D\n")
    assert problems == []
    assert {line.role.value for line in reading.lines} == {"cost_of_revenue"}
    assert reading.notes == ("ledger.csv: 1 rows without a role are read as cost of revenue: 2",)


def test_missing_figures_are_noted_and_never_zero(ledger):
    reading, problems = ledger("2025,R&D,n/a,USD,other_operating\n2025,Rent,–,USD,other_operating")
    assert problems == []
    assert amounts(reading.lines) == {("2025", "Rent", ""): 0}
    assert reading.notes == ("ledger.csv: 1 rows have no figure (n/a): 2",)


def test_revenue_rows_are_reconciled(ledger):
    rows = "2025,Sales,100,USD k,revenue\n2025,Rent,1,USD,other_operating\n"
    reading, problems = ledger(rows, revenue="2025,,100400,USD\n")
    assert problems == []
    assert "ledger.csv: revenue rows agree with revenue.csv in 1 periods" in reading.notes
    _, (line,) = ledger(rows, revenue="2025,,101000,USD\n")
    assert "revenue rows of 2025 = 100,000, expected 101,000 as revenue.csv says" in line
    reading, problems = ledger(rows, revenue="2025,,101000,USD,billed\n")
    assert problems == []
    assert "revenue.csv (billed) = 101,000" in reading.notes[0]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("2025,R&D,lots,USD,other_operating", "'lots', expected an amount such as 1,200.50"),
        ("2025,R&D,,USD,other_operating", "an empty cell, expected a number, or n/a"),
        ("2025,R&D,5,bananas,other_operating", "'bananas', expected a unit of money"),
        ("2025,R&D,5,USD,cost_of_revenu", "'cost_of_revenu', expected cost_of_revenue"),
        ("2025,R&D,5,percent of parent,other_operating", "expected the account the percentage"),
        ("2025,R&D,5,USD,gross_margin", "'USD', expected percent of revenue"),
        ("1990,R&D,5,CNY,other_operating", "a dated rate"),
    ],
)
def test_each_bad_row_is_named_and_left_out(ledger, row, words):
    reading, problems = ledger(f"2025,Rent,1,USD,other_operating\n{row}\n")
    assert [line.account for line in reading.lines] == ["Rent"]
    assert len(problems) == 1
    assert words in problems[0]


def test_a_long_file_in_semicolons_needs_its_locale_declared(ledger):
    header = "period;account;amount;unit;role\n"
    rows = "2025;Miete;1.234;EUR;other_operating\n"
    _, (line,) = ledger(rows, header=header)
    assert "declare locale: en or eu in mapping.yaml" in line
    entry = FileMapping(layout="long", locale="eu")
    reading, problems = ledger(rows, header=header, mapping=entry)
    assert problems == []
    assert reading.lines[0].source.note


def test_a_wide_sheet_without_a_mapping_is_one_problem(ledger):
    _, problems = ledger("Rent,1,2\n", header="Account,Jan-25,Feb-25\n")
    assert problems == [
        "ledger.csv:0:: found a sheet with periods across, expected the long form, or "
        "mapping.yaml: diligence check DIR --propose-mapping"
    ]


CENTS = st.integers(0, 10**9).map(lambda cents: Decimal(cents).scaleb(-2))


@QUICK
@given(
    segments=st.lists(CENTS, min_size=0, max_size=3), rest=CENTS, share=st.integers(0, 100),
    data=st.data(),
)  # fmt: skip
def test_leaves_add_up_after_any_expansion_in_any_order(ledger, segments, rest, share, data):
    company = sum(segments, Decimal(0)) + rest
    rows = [f"2025,Cost,{company},USD,cost_of_revenue"]
    rows += [f"2025,Cost,{part},USD,cost_of_revenue,S{i}" for i, part in enumerate(segments)]
    rows += [
        f"2025,GPU,{share},percent of parent,,,Cost",
        "2025,H100,50,percent of parent,,,GPU",
    ]
    reading, problems = ledger("\n".join(data.draw(st.permutations(rows))))
    assert problems == []
    assert total(reading.lines, "2025") == company
    for index, part in enumerate(segments):
        assert sum(x.amount for x in reading.lines if x.segment == f"S{index}") == part


def _written(amount, locale):
    text = f"{amount:,}"
    return text if locale == "en" else text.translate(str.maketrans(",.", ".,"))


@QUICK
@given(cents=st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=5),
       locale=st.sampled_from(["en", "eu"]))  # fmt: skip
def test_amounts_of_either_locale_are_read_back_exactly(ledger, cents, locale):
    stated = [Decimal(amount).scaleb(-2) for amount in cents]
    rows = "".join(
        f"2025;A{i};{_written(amount, locale)};USD;other_operating\n"
        for i, amount in enumerate(stated)
    )
    reading, problems = ledger(rows, header="period;account;amount;unit;role\n")
    assert problems == []
    assert [line.amount for line in reading.lines] == stated


@QUICK
@given(st.binary(max_size=300), st.sampled_from(["ledger.csv", "ledger.xlsx"]))
def test_random_bytes_are_problems_never_tracebacks(tmp_path, make_context, data, name):
    path = tmp_path / name
    path.write_bytes(data)
    context = make_context()
    reading = read_ledger(path, name=name, context=context, revenue=(), mapping=None)
    assert reading.lines == ()
    assert context.log.problems


def test_a_trial_balance_has_debit_and_credit_in_place_of_amount(ledger):
    reading, problems = ledger(
        "2025-06,Hosting,1200.50,,USD,cost_of_revenue\n"
        "2025-06,Refund of hosting,,200.50,USD,cost_of_revenue\n"
        "2025-06,Subscriptions,10,5000,USD,revenue\n",
        header="period,account,debit,credit,unit,role\n",
    )
    assert problems == []
    assert [line.amount for line in reading.lines] == [1200.5, Decimal("-200.5")]
    assert [line.amount for line in reading.revenue_rows] == [4990]


def test_half_a_trial_balance_is_refused(ledger):
    _, problems = ledger("2025-06,Hosting,1,USD\n", header="period,account,debit,unit\n")
    assert any("ledger.csv:1:amount: found no such column" in problem for problem in problems)
