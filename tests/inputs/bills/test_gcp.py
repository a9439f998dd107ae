"""Google Cloud bills: credits that lower the price, credits that pay, and the cost table."""

from __future__ import annotations

import csv
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from diligence.inputs.bills import Bill, read_bill
from diligence.inputs.mapping import BillMapping
from diligence.inputs.problems import ProblemLog

ROW = {
    "service": {"id": "6F81", "description": "Compute Engine"},
    "sku": {"id": "S1", "description": "Nvidia H100 80GB GPU running in Americas"},
    "usage_start_time": "2025-06-03 10:00:00 UTC",
    "usage_end_time": "2025-06-03 11:00:00 UTC",
    "project": {"id": "train-1", "name": "Training", "labels": []},
    "labels": [{"key": "job", "value": "pretrain"}],
    "cost": 10.5,
    "currency": "USD",
    "usage": {"amount": 3600.0, "unit": "seconds"},
    "credits": [],
    "cost_type": "regular",
}
COMMITTED = {"name": "Committed use", "amount": -2.25, "type": "COMMITTED_USAGE_DISCOUNT"}
FREE = {"name": "Free tier", "amount": -0.25, "type": "FREE_TIER"}
PROMOTION = {"name": "Startup programme", "amount": -8, "type": "PROMOTION"}
TABLE = (
    "Project name,Project ID,Service description,Service ID,SKU description,SKU ID,Credit type,"
    "Cost type,Usage start date,Usage end date,Usage amount,Usage unit,"
    "Unrounded Cost ({0}),Cost ({0})"
)


def _read(path: Path, mapping: BillMapping | None = None) -> tuple[Bill | None, str]:
    log = ProblemLog()
    bill = read_bill(path, name=path.name, log=log, mapping=mapping)
    return bill, " ".join(f"{p.column}: {p.found}; {p.expected}" for p in log.problems)


def _bill(path: Path, mapping: BillMapping | None = None) -> Bill:
    bill, problems = _read(path, mapping)
    assert problems == ""
    assert bill is not None
    return bill


def _lines_file(folder: Path, *rows: dict[str, object]) -> Path:
    path = folder / "gcp.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def _flat_file(folder: Path, sign: str, row: dict[str, object]) -> Path:
    """The same row with ``service.description`` or ``service_description`` as header."""
    flat: dict[str, object] = {}
    for name, cell in row.items():
        inner = cell if isinstance(cell, dict) else {"": cell}
        for key, value in inner.items():
            text = json.dumps(value) if isinstance(value, list) else value
            flat[f"{name}{sign}{key}" if key else name] = text
    path = folder / "gcp.csv"
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(flat))
        writer.writeheader()
        writer.writerow(flat)
    return path


def _table(folder: Path, *rows: str, sign: str = "€") -> Path:
    before = ["Invoice number,1", "Invoice date,2025-06-30", "Currency,EUR", "Total amount due,1"]
    path = folder / "table.csv"
    path.write_text("\n".join([*before, TABLE.format(sign), *rows]) + "\n")
    return path


@pytest.mark.parametrize("container", ["lines", ".", "_"])
def test_a_line_is_the_same_from_every_container(tmp_path, container):
    row = ROW | {"credits": [COMMITTED, FREE]}
    path = (
        _lines_file(tmp_path, row) if container == "lines" else _flat_file(tmp_path, container, row)
    )
    bill = _bill(path)
    (line,) = bill.iter_lines()
    assert (bill.system, line.supplier, line.service) == ("gcp", "Google Cloud", "Compute Engine")
    assert line.text == line.usage_type == "Nvidia H100 80GB GPU running in Americas"
    assert (line.project, line.tags) == ("Training train-1", "job=pretrain")
    assert (line.quantity, line.unit) == (3600, "seconds")
    # 10.5 less 2.25 for the commitment and 0.25 of the free tier.
    assert line.billed == line.effective == 8
    assert line.list_cost == line.contracted == Decimal("10.5")


def test_days_stay_apart_for_pairing(tmp_path):
    later = ROW | {"usage_start_time": "2025-06-04 10:00:00 UTC"}
    days = [line.day for line in _bill(_lines_file(tmp_path, ROW, later)).iter_lines()]
    assert days == [date(2025, 6, 3), date(2025, 6, 4)]


@pytest.mark.parametrize(
    ("cost_type", "kind"),
    [
        ("regular", "usage"),
        ("tax", "tax"),
        ("adjustment", "adjustment"),
        ("rounding_error", "adjustment"),
    ],
)
def test_cost_type_gives_the_kind(tmp_path, cost_type, kind):
    (line,) = _bill(_lines_file(tmp_path, ROW | {"cost_type": cost_type})).iter_lines()
    assert line.kind == kind


def test_list_price_is_read_where_the_export_has_it(tmp_path):
    (line,) = _bill(_lines_file(tmp_path, ROW | {"cost_at_list": 14})).iter_lines()
    assert (line.list_cost, line.contracted) == (14, Decimal("10.5"))


@pytest.mark.parametrize("container", ["lines", ".", "_", "parquet"])
def test_promotional_credits_are_lines_of_their_own(tmp_path, container):
    again = PROMOTION | {"amount": -0.125}
    row = ROW | {"credits": [COMMITTED, PROMOTION, again, PROMOTION | {"name": "Trial"}]}
    if container == "lines":
        path = _lines_file(tmp_path, row, ROW)
    elif container == "parquet":
        path = tmp_path / "gcp.parquet"
        pq.write_table(pa.Table.from_pylist([row, ROW]), path)
    else:
        path = _flat_file(tmp_path, container, row)
    bill = _bill(path)
    lines = list(bill.iter_lines())
    credits = {line.text: line for line in lines if line.kind == "credit"}
    # 10.5 less 2.25 is 8.25 to pay, of which 8 + 0.125 by the programme and 8 by the trial.
    assert {text: line.billed for text, line in credits.items()} == {
        "Startup programme": Decimal("-8.125"),
        "Trial": -8,
    }
    assert credits["Trial"].project == "Training train-1"
    assert credits["Trial"].quantity is None
    charged = sum(line.billed for line in lines if line.kind == "usage")
    rows = 2 if container in ("lines", "parquet") else 1
    assert charged == Decimal("8.25") + (Decimal("10.5") if rows == 2 else 0)
    assert bill.n_rows == rows


@pytest.mark.parametrize(
    ("credits", "found"),
    [
        ([{"name": "x", "amount": -1, "type": "GIFT"}], "GIFT"),
        ([{"name": "x", "amount": -1}], "amount"),
        ("-1.25", "-1.25"),
    ],
)
def test_credit_of_unknown_type_is_refused(tmp_path, credits, found):
    _, problems = _read(_lines_file(tmp_path, ROW | {"credits": credits}))
    assert problems.startswith("credits")
    assert found in problems


@pytest.mark.parametrize(
    ("cells", "found"), [({"cost_type": "gift"}, "'gift'"), ({"currency": "ABC"}, "ABC")]
)
def test_rows_that_are_refused(tmp_path, cells, found):
    assert found in _read(_lines_file(tmp_path, ROW | cells))[1]


USAGE = 'Prod,prod-1,Vertex AI,C7E2,Gemini Text Input,K,,Usage,2025-06-01,2025-06-30,"1,000",count'
CREDIT = "Prod,prod-1,Vertex AI,C7E2,Gemini Text Input,K,{},Usage,2025-06-01,2025-06-30,,"


def test_cost_table_shows_promotions_and_leaves_totals_out(tmp_path):
    bill = _bill(
        _table(
            tmp_path,
            f"{USAGE},100.004,100.00",
            f"{CREDIT.format('Promotion')},-60.002,-60.00",
            f"{CREDIT.format('Committed use discount')},-10.001,-10.00",
            ",,,,,,,Rounding error,,,,,-0.001,0.00",
            ",,,,,,,Total,,,,,30.00,30.00",
        )
    )
    lines = {line.kind: line for line in bill.iter_lines()}
    assert (bill.currency, bill.total()) == ("EUR", Decimal("30.001"))
    assert lines["usage"].quantity == 1000
    assert lines["credit"].billed == Decimal("-60.002")
    assert lines["credit"].text == "Promotion Gemini Text Input"
    assert lines["discount"].billed == Decimal("-10.001")
    assert bill.notes == ("2 rows left out: rows of totals and rounding",)
    assert (bill.first_day, bill.last_day) == (date(2025, 6, 1), date(2025, 6, 30))


def test_dollar_sign_is_no_currency(tmp_path):
    path = _table(tmp_path, f"{USAGE},100.00,100.00", sign="$")
    assert "unit: USD in mapping.yaml" in _read(path)[1]
    assert _bill(path, BillMapping(unit="AUD")).currency == "AUD"
