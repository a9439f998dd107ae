"""The six sample deals: the same bytes every time, and files that agree with each other."""

from __future__ import annotations

import csv
import gzip
import importlib
import importlib.util
import io
import json
import os
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from diligence.inputs.load import load_deal

DATASETS = Path(__file__).parents[2] / "datasets"
SAMPLES = DATASETS / "samples"
DEALS = (
    "tallowmere-code", "pebblechat", "lanternfind", "vellumgrain", "harrowgate-agents",
    "ardent-lattice",
)  # fmt: skip
MONTHS = [f"2025-{month:02d}" for month in range(1, 13)] + [f"2026-{m:02d}" for m in range(1, 7)]
LAST_TWELVE = MONTHS[6:]
OPERATING = {
    "cost_of_revenue", "research_and_development", "sales_and_marketing",
    "general_and_administrative", "other_operating",
}  # fmt: skip
Totals = dict[tuple[str, str], Decimal]


@pytest.fixture(scope="module")
def builder() -> Iterator[ModuleType]:
    """The builder, imported as its script imports its modules."""
    known = set(sys.modules)
    sys.path.insert(0, str(SAMPLES))
    yield importlib.import_module("build_samples")
    sys.path.remove(str(SAMPLES))
    for name in set(sys.modules) - known:
        file = getattr(sys.modules[name], "__file__", None) or ""
        if Path(file).parent == SAMPLES:
            del sys.modules[name]


@pytest.fixture(scope="module")
def truth() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads((SAMPLES / "truth.json").read_text(encoding="utf-8"))
    return found


def text_of(deal: str, name: str) -> str:
    content = (SAMPLES / deal / name).read_bytes()
    return (gzip.decompress(content) if name.endswith(".gz") else content).decode("utf-8")


def rows_of(deal: str, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text_of(deal, name))))


def ledger_of(deal: str) -> list[dict[str, str]]:
    return rows_of(deal, "ledger.csv")


# --- what each bill says, added up here by hand and month --------------------------------------


def added(found: Iterator[tuple[str, str, Decimal]]) -> Totals:
    totals: Totals = defaultdict(Decimal)
    for supplier, month, amount in found:
        totals[supplier, month] += amount
    return totals


def anthropic_totals(deal: str) -> Iterator[tuple[str, str, Decimal]]:
    report = json.loads(text_of(deal, "bills/anthropic_cost_report.json.gz"))
    for bucket in report["data"]:
        for result in bucket["results"]:
            yield "anthropic", bucket["starting_at"][:7], Decimal(result["amount"]) / 100


def openai_page_totals(deal: str) -> Iterator[tuple[str, str, Decimal]]:
    text = text_of(deal, "bills/openai_costs_pages.json.gz")
    for page in json.loads(text, parse_float=Decimal):
        for bucket in page["data"]:
            month = f"{datetime.fromtimestamp(bucket['start_time'], UTC):%Y-%m}"
            for result in bucket["results"]:
                yield "openai", month, Decimal(result["amount"]["value"])


def column_totals(
    deal: str, name: str, *, day: str, amount: str, supplier: str
) -> Iterator[tuple[str, str, Decimal]]:
    for row in rows_of(deal, name):
        yield row.get(supplier, supplier), row[day][:7], Decimal(row[amount])


def azure_totals(deal: str) -> Iterator[tuple[str, str, Decimal]]:
    for row in rows_of(deal, "bills/azure_cost_export.csv.gz"):
        _, month, year = row["Date"].split("/")
        cost = row["CostInBillingCurrency"].replace(".", "").replace(",", ".")
        yield "azure", f"{year}-{month}", Decimal(cost)


def gcp_totals(deal: str) -> Iterator[tuple[str, str, Decimal]]:
    for row in rows_of(deal, "bills/gcp_billing_export.csv.gz"):
        credits = json.loads(row["credits"], parse_float=Decimal)
        net = Decimal(row["cost"]) + sum((Decimal(c["amount"]) for c in credits), Decimal(0))
        yield "gcp", row["usage_start_time"][:7], net


def databricks_totals(deal: str) -> Iterator[tuple[str, str, Decimal]]:
    for row in rows_of(deal, "bills/databricks_usage.csv.gz"):
        amount = Decimal(row["usage_quantity"]) * Decimal(row["list_price"])
        yield "databricks", row["usage_date"][:7], amount


def parquet_totals(deal: str) -> Iterator[tuple[str, str, Decimal]]:
    import pyarrow.parquet as pq

    for row in pq.read_table(SAMPLES / deal / "bills/aws_focus_1_0.parquet").to_pylist():
        yield "aws", f"{row['ChargePeriodStart']:%Y-%m}", row["BilledCost"]


def bill_totals(deal: str) -> Totals:
    focus = {"day": "ChargePeriodStart", "amount": "BilledCost"}
    invoice = {"day": "period_start", "amount": "amount"}
    readers = {
        "tallowmere-code": lambda: [
            anthropic_totals(deal),
            column_totals(deal, "bills/aws_focus_1_2.csv.gz", supplier="aws", **focus),
        ],
        "pebblechat": lambda: [openai_page_totals(deal), azure_totals(deal)],
        "lanternfind": lambda: [
            column_totals(deal, "bills/openai_costs.csv.gz", day="start_time_iso",
                          amount="amount_value", supplier="openai"),
            column_totals(deal, "bills/litellm_focus.csv.gz", supplier="ProviderName", **focus),
        ],
        "vellumgrain": lambda: [
            column_totals(deal, "bills/coreweave_invoice.csv", supplier="coreweave", **invoice),
            gcp_totals(deal),
        ],
        "harrowgate-agents": lambda: [
            column_totals(deal, "bills/aws_cur.csv.gz", day="lineItem/UsageStartDate",
                          amount="lineItem/UnblendedCost", supplier="aws"),
            databricks_totals(deal),
        ],
        "ardent-lattice": lambda: [
            parquet_totals(deal),
            column_totals(deal, "bills/crusoe_invoice.csv", supplier="crusoe", **invoice),
        ],
    }  # fmt: skip
    return added(found for part in readers[deal]() for found in part)


# --- the same bytes -----------------------------------------------------------------------------


@pytest.mark.parametrize("deal", DEALS)
def test_regenerating_gives_the_committed_files(builder: ModuleType, deal: str) -> None:
    company = next(c for c in builder.COMPANIES if c.DEAL.name == deal)
    unpacked = importlib.import_module("sample_files").unpacked
    for name, content in builder.sample_files(company).items():
        committed = (SAMPLES / deal / name).read_bytes()
        assert unpacked(name, committed) == unpacked(name, content), name


def test_building_again_changes_no_byte(builder: ModuleType, tmp_path: Path) -> None:
    builder.build(tmp_path)
    first = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    builder.build(tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == first
    assert first[tmp_path / "truth.json"] == (SAMPLES / "truth.json").read_bytes()


@pytest.mark.parametrize("deal", DEALS)
def test_what_is_not_computed_is_written_by_hand(builder: ModuleType, deal: str) -> None:
    company = next(c for c in builder.COMPANIES if c.DEAL.name == deal)
    computed = set(builder.sample_files(company))
    folder = SAMPLES / deal
    on_disk = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    by_hand = {
        "deal.yaml", "contracts.yaml", "claims.yaml", "assumptions.yaml", "decisions.csv",
        "commentary.md",
    }  # fmt: skip
    assert computed <= on_disk
    assert on_disk - computed <= by_hand


def test_request_lengths_come_from_the_traces() -> None:
    reference = os.environ.get("DILIGENCE_REFERENCE_DATA")
    if not reference:
        pytest.skip("DILIGENCE_REFERENCE_DATA does not name the folder of traces")
    spec = importlib.util.spec_from_file_location(
        "build_request_lengths", DATASETS / "build_request_lengths.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    committed = (DATASETS / "request_lengths.csv").read_text(encoding="utf-8")
    assert module.request_lengths(Path(reference)) == committed


# --- folders -------------------------------------------------------------------------------------


@pytest.mark.parametrize("deal", DEALS)
def test_the_folder_is_read_without_a_problem(deal: str) -> None:
    found = load_deal(SAMPLES / deal)
    assert found.terms.fictional
    assert str(found.terms.as_of) == "2026-06-30"


def test_the_folders_stay_small() -> None:
    sizes = {
        deal: sum(path.stat().st_size for path in (SAMPLES / deal).rglob("*") if path.is_file())
        for deal in DEALS
    }
    assert max(sizes.values()) < 400_000
    assert sum(sizes.values()) < 1_500_000


@pytest.mark.parametrize("deal", DEALS)
def test_bills_agree_with_the_ledger_as_the_card_says(deal: str, truth: Mapping[str, Any]) -> None:
    names = {"google": "gemini"}
    totals = bill_totals(deal)
    for bill, card in truth[deal]["bills"].items():
        late = card["booked_late_by_months"]
        booked: dict[str, Decimal] = defaultdict(Decimal)
        for row in ledger_of(deal):
            if row["vendor"] == card["vendor"] and row["document"] == "supplier invoice":
                booked[row["period"]] += Decimal(row["amount"])
        for position in range(late, len(MONTHS)):
            month, service = MONTHS[position], MONTHS[position - late]
            factor = Decimal(str(card["months_booked_by_estimate"].get(month, 1)))
            billed = totals[names.get(bill, bill), service]
            assert abs(booked[month] - billed * factor) <= Decimal("0.02"), (bill, month)


@pytest.mark.parametrize("deal", DEALS)
def test_one_supplier_is_late_and_one_month_is_three_percent_off(
    deal: str, truth: Mapping[str, Any]
) -> None:
    cards = truth[deal]["bills"].values()
    assert sorted(card["booked_late_by_months"] for card in cards)[-1] == 1
    assert sum(card["booked_late_by_months"] for card in cards) == 1
    gaps = [gap for card in cards for gap in card["months_booked_by_estimate"].values()]
    assert gaps in ([1.03], [0.97])


@pytest.mark.parametrize("deal", DEALS)
def test_the_truth_adds_up_to_the_ledger(deal: str, truth: Mapping[str, Any]) -> None:
    booked = sum(
        Decimal(row["amount"])
        for row in ledger_of(deal)
        if row["role"] in OPERATING and row["period"] in LAST_TWELVE
    )
    stated = truth[deal]
    assert abs(stated["booked_total"] - booked) <= 1
    assert abs(sum(stated["booked"].values()) - booked) <= 4


@pytest.mark.parametrize("deal", DEALS)
def test_revenue_and_cash_add_up(deal: str, truth: Mapping[str, Any]) -> None:
    revenue = rows_of(deal, "revenue.csv")
    recent = [row for row in revenue if row["period"] in LAST_TWELVE]
    assert sum(int(row["net"]) for row in recent) == truth[deal]["net_revenue"]
    for row in revenue:
        taken = int(row["discounts"]) + int(row["channel_fees"])
        assert int(row["gross"]) - taken == int(row["net"])
    cash = rows_of(deal, "cash.csv")
    balances = [int(row["amount"]) for row in cash if row["kind"] == "cash"]
    flows: dict[str, int] = defaultdict(int)
    for row in cash:
        flows[row["period"]] += int(row["amount"]) if row["kind"] != "cash" else 0
    for position, month in enumerate(MONTHS[1:], start=1):
        assert balances[position] - balances[position - 1] == flows[month]
    assert min(balances) > 0


def test_the_card_shows_the_truth(truth: Mapping[str, Any]) -> None:
    card = (SAMPLES / "README.md").read_text(encoding="utf-8")
    for deal, stated in truth.items():
        line = next(line for line in card.splitlines() if line.startswith(f"| `{deal}`"))
        shares = [
            stated["serving_share_of_ai_cost"], stated["paid_margin"],
            stated["fully_loaded_margin"],
        ]  # fmt: skip
        cells = [cell.strip() for cell in line.split("|")][4:8]
        assert Decimal(cells[0]) == Decimal(stated["net_revenue"]) / 1_000_000
        for cell, share in zip(cells[1:], shares, strict=True):
            assert abs(Decimal(cell) - 100 * Decimal(str(share))) <= Decimal("0.051")


# --- what each deal shows -----------------------------------------------------------------------


def test_tallowmere_has_a_tail_and_users_who_cost_more_than_they_pay() -> None:
    listed = {"claude-sonnet-4-6": ("3", "0.3", "3.75", "15"),
              "claude-haiku-4-5-20251001": ("1", "0.1", "1.25", "5")}  # fmt: skip
    columns = ("input_tokens", "cached_input_tokens", "cache_write_tokens", "output_tokens")
    costs, users = [], defaultdict(Decimal)
    for row in rows_of("tallowmere-code", "usage/requests_2026-06.csv.gz"):
        prices = listed[row["model"]]
        cost = sum(
            int(row[name]) * Decimal(price) / 1_000_000
            for name, price in zip(columns, prices, strict=True)
        )
        costs.append(cost)
        users[row["plan"], row["user"]] += cost
    assert statistics.quantiles(costs, n=20)[-1] > 10 * statistics.median(costs)
    assert any(plan == "Solo" and cost > 20 for (plan, _), cost in users.items())


def test_about_forty_percent_of_pebblechats_model_bill_is_free(truth: Mapping[str, Any]) -> None:
    bill = truth["pebblechat"]["bills"]["openai"]
    assert 0.38 < bill["used"]["free"] / bill["billed"] < 0.42
    ledger = [row for row in ledger_of("pebblechat") if row["vendor"] == "OpenAI"]
    selling = sum(Decimal(r["amount"]) for r in ledger if r["role"] == "sales_and_marketing")
    assert abs(selling / sum(Decimal(row["amount"]) for row in ledger) - Decimal("0.25")) < 1e-6


def test_lanternfind_buys_compute_for_164_percent_of_net_revenue(
    truth: Mapping[str, Any],
) -> None:
    stated = truth["lanternfind"]
    billed = sum(bill["billed"] for bill in stated["bills"].values())
    aws = sum(
        Decimal(row["amount"])
        for row in ledger_of("lanternfind")
        if row["vendor"] == "AWS" and row["period"] in LAST_TWELVE
    )
    assert (billed + aws) / stated["net_revenue"] == Decimal("1.64")


def test_vellumgrains_gpus_meet_one_management_fee_a_project_and_day() -> None:
    fees, gpus = defaultdict(set), set()
    for row in rows_of("vellumgrain", "bills/gcp_billing_export.csv.gz"):
        place = row["project.id"], row["usage_start_time"][:10]
        if "management fee" in row["sku.description"]:
            fees[place].add("Training" in row["sku.description"])
        elif "DWS Defined Duration" in row["sku.description"]:
            gpus.add(place)
    assert all(len(kinds) == 1 for kinds in fees.values())
    assert {project for project, _ in gpus - set(fees)} == {"vg-sandbox-2"}


def test_harrowgates_usage_is_right_only_with_all_record_types(
    truth: Mapping[str, Any],
) -> None:
    rows = rows_of("harrowgate-agents", "bills/databricks_usage.csv.gz")
    cost: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        if row["usage_date"][:7] in LAST_TWELVE:
            amount = Decimal(row["usage_quantity"]) * Decimal(row["list_price"])
            cost[row["record_type"]] += amount
    billed = truth["harrowgate-agents"]["bills"]["databricks"]["billed"]
    assert abs(sum(cost.values()) - billed) < 1
    assert cost["RETRACTION"] < 0 < cost["RESTATEMENT"]
    assert cost["ORIGINAL"] - billed > 1_000


def test_ardents_capacity_blocks_are_paid_once_and_used_later() -> None:
    import pyarrow.parquet as pq

    rows = pq.read_table(SAMPLES / "ardent-lattice/bills/aws_focus_1_0.parquet").to_pylist()
    words = ("CapacityBlockFee", "Capacity Block")
    blocks = [row for row in rows if any(word in row["ChargeDescription"] for word in words)]
    paid = [row for row in blocks if row["ChargeCategory"] == "Purchase"]
    used = [row for row in blocks if row["ChargeCategory"] == "Usage"]
    assert sorted(row["BilledCost"] for row in paid) == [2_400_000, 3_600_000]
    assert all(row["EffectiveCost"] == 0 for row in paid)
    assert all(row["BilledCost"] == 0 for row in used)
    assert sum(row["EffectiveCost"] for row in used) == 6_000_000


@pytest.mark.parametrize(
    ("deal", "provider", "project", "kinds"),
    [
        ("lanternfind", "openai", "answers-pro-production", ("input", "cached input", "output")),
        ("lanternfind", "openai", "answers-free-tier", ("input", "cached input", "output")),
    ],
)
def test_usage_at_list_price_gives_the_bill(
    deal: str, provider: str, project: str, kinds: tuple[str, ...]
) -> None:
    june = [
        row
        for row in rows_of(deal, "usage/daily.csv.gz")
        if (row["project"], row["provider"]) == (project, provider)
        and row["date"].startswith("2026-06")
    ]
    # gpt-5.4 and gpt-5.4-mini, USD per million tokens: input, cached, output (genai-prices 0.2.3)
    listed = {"gpt-5.4-2026-03-05": ("2.5", "0.25", "15"),
              "gpt-5.4-mini-2026-03-17": ("0.75", "0.075", "4.5")}  # fmt: skip
    columns = ("input_tokens", "cached_input_tokens", "output_tokens")
    worth = sum(
        int(row[column]) * Decimal(price) / 1_000_000
        for row in june
        for column, price in zip(columns, listed[row["model"]], strict=True)
    )
    billed = sum(
        Decimal(row["amount_value"])
        for row in rows_of(deal, "bills/openai_costs.csv.gz")
        if row["project_name"] == project
        and row["start_time_iso"].startswith("2026-06")
        and row["line_item"].endswith(kinds)
    )
    assert abs(worth - billed) < Decimal("0.01")


# --- drawing -------------------------------------------------------------------------------------


def test_spreading_keeps_the_sum(builder: ModuleType) -> None:
    spread = importlib.import_module("growth").spread
    assert spread(10, [1, 1, 1]) == [4, 3, 3]
    assert spread(7, [0, 1, 0]) == [0, 7, 0]
    assert sum(spread(-100, [1, 2, 4])) == -100


def test_twelve_months_add_up_and_named_months_are_as_stated(builder: ModuleType) -> None:
    growth = importlib.import_module("growth")
    shape = growth.Shape(1_200, 0.1, 0.2, fixed={"2026-05": 300.0, "2025-02": 7.0})
    series = growth.monthly_cents("a line", shape)
    assert sum(series[-12:]) == 120_000
    assert (series[-2], series[2]) == (30_000, 700)
    assert growth.monthly_cents("a line", shape) == series


def test_drawn_tokens_follow_the_quantiles(builder: ModuleType) -> None:
    tokens = importlib.import_module("token_counts")
    rng = importlib.import_module("growth").draws_of("test")
    drawn = tokens.draw_tokens("azure_chat", "input_tokens", rng=rng, size=20_000)
    # request_lengths.csv: 1 % of requests have at most 29 tokens, half 1,020, 99.9 % 6,212
    assert 29 <= drawn.min() <= drawn.max() <= 6_212
    assert 970 < statistics.median(drawn.tolist()) < 1_070
