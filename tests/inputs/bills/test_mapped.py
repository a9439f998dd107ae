"""Bills of an unknown layout, through the columns an analyst names."""

from decimal import Decimal

from diligence.inputs.mapping import BillMapping, Mapping, check_bill_files, read_mapping, to_yaml
from diligence.inputs.problems import ProblemLog

BILL = """\
Report for June;;;;
Date;Item;Qty;Unit;Amount
01.06.2025;8x H100 node;10;hour;1.234,56
02.06.2025;8x H100 node;5;hour;617,28
02.06.2025;Storage;1;TB;0,05
"""
COLUMNS = {"text": "Item", "billed": "Amount", "day": "Date", "quantity": "Qty", "unit": "Unit"}


def test_named_columns_are_read(read):
    bill, problems = read(BILL, format="mapped", columns=COLUMNS, unit="EUR", supplier="CoreWeave")
    assert not problems
    assert (bill.how, bill.system, bill.currency) == ("mapped", "gpu_cloud", "EUR")
    node, storage = bill.iter_lines()
    assert (node.text, node.billed, node.quantity) == ("8x H100 node", Decimal("1851.84"), 15)
    assert (storage.billed, storage.supplier, storage.unit) == (Decimal("0.05"), "CoreWeave", "TB")
    assert node.effective == node.list_cost == node.billed


def test_without_a_currency_nothing_is_assumed(read):
    bill, problems = read(BILL, format="mapped", columns=COLUMNS)
    assert bill is None
    assert "no currency" in problems[0]


def test_what_a_mapping_lacks_is_said(read):
    _, problems = read(BILL, format="mapped", columns={"text": "Item"}, unit="EUR")
    assert "no column for billed" in problems[0]
    named = {**COLUMNS, "billed": "Amout"}
    _, problems = read(BILL, format="mapped", columns=named, unit="EUR")
    assert "no column 'Amout'" in problems[0]
    assert "Amount" in problems[0]
    _, problems = read(BILL, format="mapped", columns=COLUMNS, unit="beads")
    assert "unit: beads" in problems[0]


def test_the_section_is_read_written_and_checked(tmp_path):
    path = tmp_path / "mapping.yaml"
    path.write_text(
        "bills:\n  bills/june.csv:\n    format: mapped\n    locale: eu\n    unit: USD cents\n"
        "    columns: {text: Item, billed: Amount, day: Date}\n"
        "  bills/dbu.csv:\n    unit: USD\n    prices: {SKU_A: 0.07, 'SKU: B': 0.0000012}\n"
    )
    (tmp_path / "bills").mkdir()
    (tmp_path / "bills" / "dbu.csv").write_text("")
    log = ProblemLog()
    mapping = read_mapping(path, name="mapping.yaml", log=log)
    assert mapping.bills["bills/june.csv"].columns["day"] == "Date"
    prices = mapping.bills["bills/dbu.csv"].prices
    assert prices == {"SKU_A": Decimal("0.07"), "SKU: B": Decimal("0.0000012")}
    path.write_text(to_yaml(mapping))
    assert read_mapping(path, name="mapping.yaml", log=log) == mapping
    assert not log.problems
    check_bill_files(mapping, tmp_path, log=log)
    assert "bills.bills/june.csv: found no such file" in str(log.problems[0])


def test_an_unknown_key_is_refused(tmp_path):
    path = tmp_path / "mapping.yaml"
    path.write_text("bills:\n  x.csv:\n    formatt: mapped\n    dates: ymd\n")
    log = ProblemLog()
    assert read_mapping(path, name="mapping.yaml", log=log) is None
    assert any("formatt" in str(problem) for problem in log.problems)


def test_an_empty_section_is_no_section():
    assert to_yaml(Mapping(bills={"a.csv": BillMapping()})).endswith("  a.csv: {}\n")


def test_a_unit_and_a_column_of_currencies_must_agree(read):
    named = {**COLUMNS, "currency": "Cur"}
    text = "Date;Item;Qty;Unit;Amount;Cur\n2025-06-01;H100;1;hour;1,50;{}\n"
    for code in ("EUR", "", "eur"):
        bill, problems = read(text.format(code), format="mapped", columns=named, unit="EUR")
        assert not problems
        assert bill.currency == "EUR"
    bill, problems = read(text.format("USD"), format="mapped", columns=named, unit="EUR")
    assert bill is None
    assert "'USD' beside unit: EUR in mapping.yaml" in problems[0]


def test_prices_are_for_usage_without_amounts(read):
    _, problems = read(BILL, format="mapped", columns=COLUMNS, unit="EUR", prices={"a": 1})
    assert "prices for mapped" in problems[0]
