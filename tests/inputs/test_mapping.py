"""A finance team's workbook: proposed, written, read, confirmed, and read to the last digit."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from diligence.inputs.deal import Role
from diligence.inputs.ledger import read_ledger
from diligence.inputs.mapping import (
    AccountRow,
    FileMapping,
    Mapping,
    propose_mapping,
    read_mapping,
    to_yaml,
)
from diligence.inputs.problems import ProblemLog

# Rows 6 to 29 of the sheet; figures in $000: January, February, March. The total column,
# subtotals and results were added up by hand.
MESSY = [
    ("REVENUE", None, None, None, None),
    ("Pro plan", "4010", "1,000", "1,100", "1,200"),
    ("Team plan", "4020", 500.5, 600, 700.25),
    ("Total revenue", None, 1500.5, "1,700", 1900.25),
    (None, None, None, None, None),
    ("Cost of sales", None, None, None, None),
    ("AWS hosting", "5010", "300", 310, 320),
    ("Credits from supplier", "5020", "(50)", "–", "(20)"),
    ("Total cost of sales", None, 250, 310, 300),
    ("Gross profit", None, 1250.5, 1390, 1600.25),
    ("Gross margin %", None, "83.3%", "81.8%", "84.2%"),
    ("Operating expenses", None, None, None, None),
    ("Research and development", None, None, None, None),
    ("Engineers", "6100", 400, 400, 410),
    ("GPU training cluster", "6110", "n/a", 90, 95),
    ("Total R&D", None, 400, 490, 505),
    ("Sales & marketing", None, None, None, None),
    ("Ads", "6200", 100, 100, 110),
    ("Free tier inference", "6210", 40, 45, 50),
    ("Total sales & marketing", None, 140, 145, 160),
    ("G&A", None, None, None, None),
    ("Rent", "7100", 30, 30, 30),
    ("EBITDA", None, 680.5, 725, 905.25),
    ("Headcount", None, 21, 22, 22),
]
FIRST_ROW = 6


def total_of(cells):
    known = [str(cell).replace(",", "") for cell in cells if cell not in (None, "n/a", "–")]
    if any("%" in text for text in known):
        return None
    signed = [f"-{text[1:-1]}" if text.startswith("(") else text for text in known]
    return float(sum(map(Decimal, signed))) if known else None


@pytest.fixture
def messy(tmp_path):
    book = Workbook()
    page = book.active
    page.title = "P&L (final)"
    page["A1"] = "Acme AI - management accounts"
    page["A2"] = "Profit and loss, $000"
    page.merge_cells("A2:D2")
    page["C4"] = 2025
    page.merge_cells("C4:E4")
    for column, text in zip("ABCDEF", ["", "Acct", "Jan", "Feb", "Mar", "Total"], strict=True):
        page[f"{column}5"] = text
    for row, (label, code, *cells) in enumerate(MESSY, start=FIRST_ROW):
        page.append([label, code, *cells, total_of(cells)])
        assert page.cell(row, 1).value == label
    page.append([])
    page.append(["(1) Hosting is net of credits."])
    page.row_dimensions[13].hidden = True
    other = book.create_sheet("Headcount")
    other.append(["Team", "Jan-25", "Feb-25"])
    other.append(["Engineering", 20, 21])
    path = tmp_path / "ledger.xlsx"
    book.save(path)
    return path


def read(path, mapping, make_context):
    context = make_context()
    reading = read_ledger(path, name=path.name, context=context, revenue=(), mapping=mapping)
    return reading, [str(problem) for problem in context.log.problems]


def proposed(path):
    log = ProblemLog()
    entry = propose_mapping(path, name=path.name, log=log)
    assert log.problems == ()
    return entry


def test_a_messy_workbook_is_proposed_whole(messy):
    entry = proposed(messy)
    assert (entry.sheet, entry.header_row, entry.last_row) == ("P&L (final)", 5, 29)
    assert (entry.label_column, entry.code_column, entry.unit) == ("A", "B", "USD k")
    assert entry.periods == {"C": "2025-01", "D": "2025-02", "E": "2025-03"}
    assert entry.totals == {"F": ("C", "D", "E")}
    assert (entry.sign, entry.locale) == ("cost_positive", None)
    assert entry.subtotals == {
        9: (7, 8),
        14: (12, 13),
        15: (9, -14),
        21: (19, 20),
        25: (23, 24),
        28: (15, -21, -25, -27),
    }
    assert entry.undecided == {29: "Headcount"}
    assert {row: account.role.value for row, account in entry.accounts.items()} == {
        7: "revenue",
        8: "revenue",
        12: "cost_of_revenue",
        13: "cost_of_revenue",
        19: "research_and_development",
        20: "research_and_development",
        23: "sales_and_marketing",
        24: "sales_and_marketing",
        27: "general_and_administrative",
    }


def test_a_proposal_survives_writing_and_reading(messy, tmp_path):
    mapping = Mapping(files={"ledger.xlsx": proposed(messy)})
    path = tmp_path / "mapping.yaml"
    path.write_text(to_yaml(mapping), encoding="utf-8")
    log = ProblemLog()
    assert read_mapping(path, name="mapping.yaml", log=log) == mapping
    assert log.problems == ()


def test_a_proposal_is_a_problem_until_it_is_confirmed_and_decided(messy, make_context):
    mapping = Mapping(files={"ledger.xlsx": proposed(messy)})
    _, problems = read(messy, mapping, make_context)
    assert problems == [
        "ledger.xlsx:29:A: found the row 'Headcount', which mapping.yaml does not name, expected "
        "accounts, subtotals or skip_rows",
        "mapping.yaml:0:confirmed: found a mapping nobody has confirmed, expected confirmed: "
        "{by: A. Analyst, date: 2026-07-01}, set after reading every line against ledger.xlsx",
    ]


def confirmed(entry):
    data = entry.model_dump(exclude={"undecided"})
    data["skip_rows"] = (*entry.skip_rows, *entry.undecided)
    return FileMapping.model_validate(data)


def test_the_confirmed_workbook_is_read_to_the_last_digit(messy, make_context):
    reading, problems = read(messy, confirmed(proposed(messy)), make_context)
    assert problems == []
    months = {
        label: sum(line.amount for line in reading.lines if line.period.label == label)
        for label in ("2025-01", "2025-02", "2025-03")
    }
    # 250 + 400 + 140 + 30; 310 + 490 + 145 + 30; 300 + 505 + 160 + 30, in $000
    assert months == {"2025-01": 820_000, "2025-02": 975_000, "2025-03": 995_000}
    assert sum(line.amount for line in reading.revenue_rows) == 5_100_750
    credit = next(line for line in reading.lines if line.account == "Credits from supplier")
    assert (credit.amount, credit.code, credit.source.row, credit.source.column) == (
        -50_000, "5020", 13, "C",
    )  # fmt: skip
    gpu = [line.period.label for line in reading.lines if line.account == "GPU training cluster"]
    assert gpu == ["2025-02", "2025-03"]


def wide(tmp_path, text, **entry):
    path = tmp_path / "pnl.csv"
    path.write_text(text, encoding="utf-8")
    account = AccountRow(label="Hosting", role=Role.COST_OF_REVENUE)
    defaults = {
        "header_row": 1, "first_row": 2, "unit": "USD", "periods": {"B": "2025-01", "C": "2025-02"},
        "accounts": {2: account},
    }  # fmt: skip
    return path, FileMapping.model_validate(defaults | entry)


SHEET = "Account,Jan-25,Feb-25,Total\nHosting,10,20,30\nTotal,10,20,30\n"


def test_subtotal_rows_and_total_columns_are_checked(tmp_path, make_context):
    checks = {"subtotals": {3: [2]}, "totals": {"D": ["B", "C"]}}
    reading, problems = read(*wide(tmp_path, SHEET, **checks), make_context)
    assert (problems, [line.amount for line in reading.lines]) == ([], [10, 20])
    wrong = SHEET.replace("Total,10,20,30", "Total,10,25,35")
    _, problems = read(*wide(tmp_path, wrong, **checks), make_context)
    assert problems == [
        "pnl.csv:3:C: found 'Total' 2025-02 = 25, "
        "expected the sum of rows 2 = 20; the difference is 5"
    ]
    wrong = SHEET.replace("Hosting,10,20,30", "Hosting,10,20,40")
    _, (line,) = read(*wide(tmp_path, wrong, **checks), make_context)
    assert "'Hosting' in column D = 40, expected the sum of columns B, C = 30" in line


@pytest.mark.parametrize(
    ("text", "entry", "words"),
    [
        (SHEET, {}, "the row 'Total', which mapping.yaml does not name"),
        (SHEET.replace("Hosting", "Rent"), {"skip_rows": [3]}, "'Rent', expected 'Hosting'"),
        (SHEET.replace("Feb-25", "Mar-25"), {"skip_rows": [3]}, "'Mar-25', expected 2025-02"),
        (SHEET.replace("Total\n", "Mar-25\n"), {"skip_rows": [3]}, "the heading 'Mar-25'"),
        (SHEET.replace("10,20,30", "#REF!,20,30", 1), {"skip_rows": [3]}, "'#REF!', expected a v"),
        (SHEET, {"skip_rows": [3], "unit": None}, "found no unit, expected a unit of money"),
        (SHEET, {"skip_rows": [3], "periods": {"B": "2025-13"}}, "'2025-13', expected a period"),
    ],
)
def test_what_no_longer_fits_the_mapping_is_a_problem(tmp_path, make_context, text, entry, words):
    _, problems = read(*wide(tmp_path, text, **entry), make_context)
    assert any(words in line for line in problems)


def test_negative_costs_are_turned_and_revenue_is_not(tmp_path, make_context):
    text = "Account,Jan-25\nHosting,(10)\nSales,50\n"
    accounts = {2: {"label": "Hosting", "role": "cost_of_revenue"}, 3: {"label": "Sales",
                "role": "revenue"}}  # fmt: skip
    terms = {"periods": {"B": "2025-01"}, "accounts": accounts, "sign": "cost_negative"}
    reading, problems = read(*wide(tmp_path, text, **terms), make_context)
    assert problems == []
    assert [line.amount for line in reading.lines] == [10]
    assert [line.amount for line in reading.revenue_rows] == [50]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("files:\n  a.csv: {layuot: wide}\n", "the unknown key 'layuot', expected a known key: la"),
        ("files:\n  a.csv: {header_row: five}\n", "'five', expected a whole number"),
        ("files:\n  a.csv:\n    accounts:\n      8: {label: A, role: cogs}\n", "'cogs'"),
        ("confirmed: {by: A}\n", "the required key 'date'"),
    ],
)
def test_mistakes_of_a_mapping_are_named(tmp_path, text, words):
    path = tmp_path / "mapping.yaml"
    path.write_text(text, encoding="utf-8")
    log = ProblemLog()
    assert read_mapping(path, name="mapping.yaml", log=log) is None
    assert words in str(log.problems[0])


def test_a_file_without_periods_across_cannot_be_proposed(tmp_path):
    path = tmp_path / "ledger.csv"
    path.write_text("a,b\n1,2\n")
    log = ProblemLog()
    assert propose_mapping(path, name="ledger.csv", log=log) == FileMapping()
    assert "no sheet with periods across" in str(log.problems[0])


def test_a_total_that_does_not_add_up_is_proposed_for_the_reading_to_name(tmp_path, make_context):
    rows = "Hosting,10,20\nSupport,1,2\nTotal cost of revenue,15,22\n"
    path = tmp_path / "pnl.csv"
    path.write_text("USD,Jan-25,Feb-25\n" + rows)
    entry = proposed(path)
    assert entry.subtotals == {4: (2, 3)}
    _, problems = read(path, entry, make_context)
    assert "= 15, expected the sum of rows 2, 3 = 11; the difference is 4" in problems[0]


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.binary(max_size=300), name=st.sampled_from(["pnl.csv", "pnl.xlsx"]))
def test_random_bytes_never_break_a_proposal(tmp_path, data, name):
    path = tmp_path / name
    path.write_bytes(data)
    log = ProblemLog()
    assert isinstance(propose_mapping(path, name=name, log=log), FileMapping)


WORDS = st.sampled_from(
    ["Jan-25", "Feb-25", "2025", "Total", "Gross profit", "Hosting", "12", "(3)", "–", "n/a", "5%",
     "1.234,5", "$000", "", "Q1'25", "1e400", "٣", "9999-12", "0000"]
)  # fmt: skip


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.lists(WORDS, min_size=4, max_size=4), min_size=1, max_size=8))
def test_odd_sheets_never_break_proposal_or_reading(tmp_path, make_context, rows):
    path = tmp_path / "pnl.csv"
    path.write_text("\n".join(",".join(f'"{cell}"' for cell in row) for row in rows))
    entry = propose_mapping(path, name="pnl.csv", log=ProblemLog())
    (tmp_path / "mapping.yaml").write_text(to_yaml(Mapping(files={"pnl.csv": entry})))
    log = ProblemLog()
    mapping = read_mapping(tmp_path / "mapping.yaml", name="mapping.yaml", log=log)
    assert mapping == Mapping(files={"pnl.csv": entry}), log.problems
    read(path, mapping, make_context)


def test_a_bill_may_name_the_ledger_lines_that_book_it(tmp_path):
    log = ProblemLog()
    path = tmp_path / "mapping.yaml"
    path.write_text("bills: {bills/a.csv: {ledger: account=Cloud}}\n", encoding="utf-8")
    assert read_mapping(path, name="mapping.yaml", log=log).bills["bills/a.csv"].ledger
    path.write_text("bills: {bills/a.csv: {ledger: Cloud}}\n", encoding="utf-8")
    assert read_mapping(path, name="mapping.yaml", log=log) is None
    assert "field=value" in str(log.problems[0])
