"""Databricks usage: quantities that need a price, and corrections that must not count twice."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diligence.inputs.bills import Bill, read_bill
from diligence.inputs.mapping import BillMapping
from diligence.inputs.problems import ProblemLog

ROW = {
    "workspace_id": "17",
    "sku_name": "PREMIUM_JOBS_COMPUTE",
    "usage_date": "2025-06-03",
    "custom_tags": '{"team": "ranking"}',
    "usage_unit": "DBU",
    "usage_quantity": "100",
    "usage_metadata": '{"cluster_id": "0603-a", "job_id": "9", "job_name": "train-ranker"}',
    "record_type": "ORIGINAL",
    "billing_origin_product": "JOBS",
    "currency_code": "USD",
    "price": "0.15",
}


def _without(*names: str) -> dict[str, str]:
    return {name: cell for name, cell in ROW.items() if name not in names}


def _read(
    folder: Path, *rows: dict[str, str], mapping: BillMapping | None = None
) -> tuple[Bill | None, str]:
    path = folder / "usage.csv"
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    log = ProblemLog()
    bill = read_bill(path, name="usage.csv", log=log, mapping=mapping)
    return bill, " ".join(f"{p.column}: {p.found}; {p.expected}" for p in log.problems)


def _bill(folder: Path, *rows: dict[str, str], mapping: BillMapping | None = None) -> Bill:
    bill, problems = _read(folder, *rows, mapping=mapping)
    assert problems == ""
    assert bill is not None
    return bill


def test_evidence_and_amount_of_a_line(tmp_path):
    bill = _bill(tmp_path, ROW)
    (line,) = bill.iter_lines()
    assert (bill.system, line.supplier, line.service) == ("databricks", "Databricks", "JOBS")
    assert line.text == line.usage_type == "PREMIUM_JOBS_COMPUTE"
    assert (line.project, line.resource) == ("17 train-ranker", "train-ranker")
    assert (line.tags, line.unit, line.quantity) == ("team=ranking", "DBU", 100)
    assert line.billed == line.effective == line.list_cost == 15


def test_retraction_and_restatement_count_once(tmp_path):
    # 100 units recorded, all taken back, 80 stated anew: 80 units at 0.15.
    bill = _bill(
        tmp_path,
        ROW,
        ROW | {"record_type": "RETRACTION", "usage_quantity": "-100"},
        ROW | {"record_type": "RESTATEMENT", "usage_quantity": "80"},
    )
    (line,) = bill.iter_lines()
    assert (line.quantity, line.billed, line.n_rows) == (80, 12, 3)


_QUANTITIES = st.lists(
    st.decimals(Decimal("0.001"), Decimal(10_000), places=3), min_size=1, max_size=6
)


@settings(max_examples=15)
@given(quantities=_QUANTITIES)
def test_what_is_retracted_leaves_nothing(tmp_path_factory, quantities):
    first = [ROW | {"usage_quantity": str(quantity)} for quantity in quantities]
    taken = [
        ROW | {"record_type": "RETRACTION", "usage_quantity": str(-quantity)}
        for quantity in quantities
    ]
    folder = tmp_path_factory.mktemp("usage")
    assert _bill(folder, *first).total() == sum(quantities) * Decimal("0.15")
    assert _bill(folder, *first, *taken).total() == 0


def test_product_of_price_and_quantity_is_exact(tmp_path):
    bill = _bill(tmp_path, ROW | {"usage_quantity": "0.003472222222222222", "price": "0.55"})
    assert bill.total() == Decimal("0.003472222222222222") * Decimal("0.55")


@pytest.mark.parametrize(
    "pricing",
    [
        {"default": "0.2"},
        {"default": "0.5", "effective_list": {"default": "0.2"}},
    ],
)
def test_price_inside_the_price_record(tmp_path, pricing):
    row = _without("price") | {"pricing": json.dumps(pricing)}
    assert _bill(tmp_path, row).total() == 20


def test_cost_that_the_export_states_wins(tmp_path):
    assert _bill(tmp_path, ROW | {"usage_cost": "14.5"}).total() == Decimal("14.5")


def test_quantities_without_a_price_are_refused(tmp_path):
    bill, problems = _read(tmp_path, _without("price"))
    assert bill is None
    assert "no price for PREMIUM_JOBS_COMPUTE" in problems
    assert "a column price" in problems


def test_prices_of_the_mapping_are_joined_exactly(tmp_path):
    row = _without("price", "currency_code") | {"usage_quantity": "0.003472222222222222"}
    other = row | {"sku_name": "PREMIUM_SQL", "usage_quantity": "3"}
    prices = {"premium_jobs_compute": Decimal("0.15"), "PREMIUM_SQL": Decimal("12.0625")}
    bill = _bill(tmp_path, row, other, mapping=BillMapping(unit="EUR", prices=prices))
    billed = {line.text: line.billed for line in bill.iter_lines()}
    assert billed == {
        "PREMIUM_JOBS_COMPUTE": Decimal("0.003472222222222222") * Decimal("0.15"),
        "PREMIUM_SQL": Decimal("36.1875"),
    }
    assert bill.currency == "EUR"


def test_a_sku_without_a_price_is_named(tmp_path):
    rows = [_without("price") | {"sku_name": name} for name in ("A", "B", "C")]
    mapping = BillMapping(unit="USD", prices={"B": Decimal("0.07")})
    _, problems = _read(tmp_path, *rows, mapping=mapping)
    assert "no price for A" in problems
    assert "no price for C" in problems
    assert "no price for B" not in problems


def test_prices_stand_in_one_place(tmp_path):
    mapping = BillMapping(unit="USD", prices={"PREMIUM_JOBS_COMPUTE": Decimal("0.07")})
    assert "prices for a bill with a column price" in _read(tmp_path, ROW, mapping=mapping)[1]


def test_currency_may_come_from_the_mapping(tmp_path):
    row = _without("currency_code")
    assert "no currency" in _read(tmp_path, row)[1]
    assert _bill(tmp_path, row, mapping=BillMapping(unit="USD")).currency == "USD"


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ({"usage_unit": "CREDITS"}, "usage_unit: 'CREDITS'"),
        ({"record_type": "COPY"}, "record_type: 'COPY'"),
        ({"record_type": "RETRACTION"}, "a RETRACTION of 100"),
        ({"price": ""}, "no price for PREMIUM_JOBS_COMPUTE"),
    ],
)
def test_rows_that_are_refused(tmp_path, cells, found):
    assert found in _read(tmp_path, ROW, ROW | cells)[1]


def test_flat_metadata_columns(tmp_path):
    row = _without("usage_metadata") | {"usage_metadata.endpoint_name": "chat-prod"}
    (line,) = _bill(tmp_path, row).iter_lines()
    assert line.resource == "chat-prod"
    assert line.project == "17 chat-prod"
