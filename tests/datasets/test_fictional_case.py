"""The fictional case: the same bytes every time, and figures that agree with each other."""

from __future__ import annotations

import csv
import importlib.util
import io
import sys
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest
from openpyxl import load_workbook

CASES = Path(__file__).parents[2] / "datasets" / "cases"
FOLDER = CASES / "quillfern-code"
JUNE = "2026-06"
LAST_TWELVE = [f"2025-{month:02d}" for month in range(7, 13)] + [
    f"2026-{month:02d}" for month in range(1, 7)
]


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_fictional", CASES / "build_fictional.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def files(builder: ModuleType) -> Mapping[str, bytes]:
    return dict(builder.case_files())


def rows_of(name: str) -> list[dict[str, str]]:
    text = (FOLDER / name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def booked(code: int, months: Iterable[str]) -> Decimal:
    """Amount of an account as a person reads it off the sheet, in US dollars."""
    page = load_workbook(FOLDER / "ledger.xlsx")["P&L"]
    header = [cell.value for cell in page[5]]
    names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    wanted = {f"{names[int(m[5:]) - 1]}-{m[2:4]}" for m in months}
    row = next(row for row in page.iter_rows(min_row=6) if row[0].value == code)
    values = [cell.value for cell, name in zip(row, header, strict=False) if name in wanted]
    return sum((amount(value) for value in values), Decimal(0)) * 1000


def amount(value: object) -> Decimal:
    text = str(value)
    if text in ("–", "n/a"):
        return Decimal(0)
    number = Decimal(text.strip("()").replace(",", ""))
    return -number if text.startswith("(") else number


def test_regenerating_gives_the_committed_bytes(files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        assert (FOLDER / name).read_bytes() == content, name


def test_building_twice_in_one_process_gives_the_same_bytes(
    builder: ModuleType, files: Mapping[str, bytes]
) -> None:
    assert dict(builder.case_files()) == files


def test_every_other_file_of_the_folder_is_written_by_hand(files: Mapping[str, bytes]) -> None:
    on_disk = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    by_hand = {
        "assumptions.yaml", "claims.yaml", "commentary.md", "contracts.yaml", "deal.yaml",
        "decisions.csv", "documents.csv",
    }  # fmt: skip
    assert on_disk == set(files) | by_hand


# The worked bridge of the project's documentation, $m: revenue 24.0, cost of revenue 5.2, API in
# software 3.1, shared GPU pool 4.0, free tier 1.4, recurring fine-tuning 0.6, training 9.0.
@pytest.mark.parametrize(
    ("codes", "dollars"),
    [
        ((4010, 4020, 4030, 4040), 24_000_000),
        ((5010, 5020, 5030, 5040), 5_200_000),
        ((6400,), 3_100_000),
        ((6300,), 4_000_000),
        ((6210,), 1_400_000),
        ((6340,), 600_000),
        ((6310, 6320, 6330), 9_000_000),
    ],
)
def test_last_twelve_months_are_the_worked_bridge(codes: tuple[int, ...], dollars: int) -> None:
    assert sum(booked(code, LAST_TWELVE) for code in codes) == dollars


def test_revenue_by_plan_is_the_revenue_of_the_ledger() -> None:
    net = sum(Decimal(row["net"]) for row in rows_of("revenue.csv") if row["period"] == JUNE)
    assert net == sum(booked(code, [JUNE]) for code in (4010, 4020, 4030, 4040))


def test_model_bill_is_what_the_ledger_books_for_the_month() -> None:
    bill = rows_of("bills/openai_costs_2026-06.csv")
    paid = [row for row in bill if row["project_id"] == "proj_prod"]
    free = [row for row in bill if row["project_id"] == "proj_free"]
    assert sum(Decimal(row["amount_value"]) for row in paid) == booked(6400, [JUNE])
    assert sum(Decimal(row["amount_value"]) for row in free) == booked(6210, [JUNE])


def test_cloud_bill_net_of_credits_is_what_the_ledger_books_for_the_month() -> None:
    bill = sum(Decimal(row["BilledCost"]) for row in rows_of("bills/aws_focus_2026-06.csv"))
    assert bill == sum(booked(code, [JUNE]) for code in (5010, 5020, 6120))


def test_tokens_at_list_price_are_the_bill() -> None:
    # gpt-5.4 lists at 2.50, 0.25 (cached) and 15.00 USD per million tokens
    paid = [row for row in rows_of("usage/daily_2026-06.csv") if row["model"] == "gpt-5.4"]
    cost = sum(
        Decimal(row["input_tokens"]) * Decimal("2.50")
        + Decimal(row["cached_input_tokens"]) * Decimal("0.25")
        + Decimal(row["output_tokens"]) * Decimal("15.00")
        for row in paid
    )
    assert cost / 1_000_000 == pytest.approx(booked(6400, [JUNE]), abs=1)


def test_each_cash_balance_is_the_one_before_plus_the_flows() -> None:
    balance, flows = None, 0
    for row in rows_of("cash.csv"):
        if row["kind"] == "cash":
            assert balance is None or int(row["amount"]) == balance + flows
            balance, flows = int(row["amount"]), 0
        elif row["kind"] != "restricted_cash":
            flows += int(row["amount"])
    assert balance == 14_200_000


def test_training_compute_of_the_ledger_is_the_register_of_runs() -> None:
    runs = [row for row in rows_of("training_runs.csv") if row["start"] >= "2025-07-01"]
    assert sum(int(row["cost"]) for row in runs) == booked(6310, LAST_TWELVE)
    assert {row["outcome"] for row in rows_of("training_runs.csv")} >= {"failed", "released"}
