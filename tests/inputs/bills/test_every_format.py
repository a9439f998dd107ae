"""Every reader meets broken, cut, mis-encoded and hostile files: a problem or the exact sum."""

import csv
import gzip
import io
import zipfile
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from diligence.inputs.bills import read_bill
from diligence.inputs.bills.formats import ALL_FORMATS
from diligence.inputs.mapping import BillMapping
from diligence.inputs.problems import ProblemLog

TEXT, AMOUNT = "@text", "@amount"
FOCUS = "BilledCost,EffectiveCost,BillingCurrency,ChargeCategory,ChargePeriodStart,ProviderName"
FOCUS_ROW = f"{AMOUNT},1,USD,Usage,2026-06-01,AWS"
AWS = ("LineItemType", "UsageType", "ProductCode", "UsageStartDate", "UnblendedCost")
AWS_ROW = f"Usage,{TEXT},AmazonEC2,2026-06-01T00:00:00Z,{AMOUNT},USD"
AZURE_ROW = f"Virtual Machines,{TEXT},{AMOUNT},2026-06-01,USD,"
GCP_ROW = f"Compute Engine,{TEXT},{AMOUNT},USD,2026-06-01 00:00:00 UTC,"
INVOICE = "Description,Quantity,Rate,Amount,Currency,Period Start,Period End"
INVOICE_ROW = f"{TEXT},,,{AMOUNT},USD,2026-06-01,2026-06-30"
HOSTILE = "=cmd|'/c calc'!A1 ../../etc/passwd read_text('*') '); DROP TABLE x; -- *?[a] %s{0}"


@dataclass(frozen=True)
class Example:
    """One charge as a format writes it."""

    content: str
    factor: Decimal = Decimal(1)
    entry: BillMapping | None = None

    @property
    def suffix(self) -> str:
        return "json" if self.content[:1] in "{[" else "csv"

    def filled(self, *, text: str = "GPU hours", amount: str = "7.25") -> str:
        return self.content.replace(TEXT, text).replace(AMOUNT, amount)


def table(header: str, row: str) -> str:
    return f"{header}\n{row}\n{row}\n"


def focus(*more: str) -> Example:
    names, cells = ["ChargeDescription", *more], [TEXT, *("x" for _ in more)]
    return Example(table(",".join([FOCUS, *names]), ",".join([FOCUS_ROW, *cells])))


def openai() -> str:
    result = (
        f'{{"object": "organization.costs.result", "amount": {{"value": {AMOUNT}, '
        f'"currency": "usd"}}, "line_item": "{TEXT}", "project_id": "p"}}'
    )
    return f'{{"data": [{{"start_time": 1780272000, "results": [{result}, {result}]}}]}}'


def anthropic() -> str:
    result = (
        f'{{"currency": "USD", "amount": "{AMOUNT}", "description": "{TEXT}", '
        '"cost_type": "tokens", "workspace_id": null}'
    )
    bucket = f'{{"starting_at": "2026-06-01T00:00:00Z", "results": [{result}, {result}]}}'
    return f'{{"data": [{bucket}], "has_more": false}}'


def anthropic_flat(unit: str) -> Example:
    header = "date,description,amount,currency,cost_type,token_type"
    row = f"2026-06-01,{TEXT},{AMOUNT},USD,tokens,output"
    factor = Decimal("0.01") if unit == "cents" else Decimal(1)
    content = table(header, row)
    return Example(content, factor, BillMapping(format=f"anthropic_costs_{unit}"))


EXAMPLES = {
    "focus_1_0": focus(),
    "focus_1_1": focus("SkuMeter"),
    "focus_1_2": focus("InvoiceId"),
    "litellm_focus": focus(
        "BillingAccountId", "ResourceType", "ServiceSubcategory", "SubAccountType"
    ),
    "aws_cur": Example(
        table(",".join(f"lineItem/{name}" for name in (*AWS, "CurrencyCode")), AWS_ROW)
    ),
    "aws_cur_2": Example(
        table(
            "line_item_line_item_type,line_item_usage_type,line_item_product_code,"
            "line_item_usage_start_date,line_item_unblended_cost,line_item_currency_code",
            AWS_ROW,
        )
    ),
    "azure_cost": Example(
        table(
            "MeterCategory,MeterName,CostInBillingCurrency,Date,BillingCurrencyCode,Tags",
            AZURE_ROW,
        )
    ),
    "azure_cost_ea": Example(
        table("MeterCategory,MeterName,Cost,Date,BillingCurrency,Tags", AZURE_ROW)
    ),
    "azure_usage": Example(
        table("MeterCategory,MeterName,PreTaxCost,UsageDateTime,Currency,Tags", AZURE_ROW)
    ),
    "gcp_billing": Example(
        table("service.description,sku.description,cost,currency,usage_start_time,credits", GCP_ROW)
    ),
    "gcp_billing_flat": Example(
        table("service_description,sku_description,cost,currency,usage_start_time,credits", GCP_ROW)
    ),
    "gcp_cost_table": Example(
        table(
            "Service description,SKU description,Cost type,Usage start date,Cost (€),Credit type",
            f"Vertex AI,{TEXT},Usage,2026-06-01,{AMOUNT},",
        )
    ),
    "databricks_usage": Example(
        table(
            "sku_name,usage_quantity,usage_unit,billing_origin_product,usage_date,price,"
            "currency_code",
            f"{TEXT},1,DBU,JOBS,2026-06-01,{AMOUNT},USD",
        )
    ),
    "openai_costs": Example(openai()),
    "openai_costs_plain": Example(
        table(
            "start_time,amount,currency,line_item,project_id",
            f"1780272000,{AMOUNT},usd,{TEXT},p",
        )
    ),
    "openai_costs_results": Example(
        table(
            "start_time,amount.value,amount.currency,line_item",
            f"1780272000,{AMOUNT},usd,{TEXT}",
        )
    ),
    "anthropic_costs": Example(anthropic(), Decimal("0.01")),
    "anthropic_console_costs": Example(
        table(
            "usage_date_utc,model,cost_usd,token_type,cost_type",
            f"2026-06-01,{TEXT},{AMOUNT},output,tokens",
        )
    ),
    "anthropic_costs_usd": anthropic_flat("usd"),
    "anthropic_costs_cents": anthropic_flat("cents"),
    "gpu_cloud": Example(table(f"{INVOICE},Cluster", f"{INVOICE_ROW},a")),
    "vendor_invoice": Example(table(INVOICE, INVOICE_ROW.replace(TEXT, f"Seats {TEXT}"))),
    "mapped": Example(
        table("Wann,Was,Wert,Anmerkung", f"2026-06-01,{TEXT},{AMOUNT},"),
        entry=BillMapping(
            format="mapped", unit="USD", columns={"day": "Wann", "text": "Was", "billed": "Wert"}
        ),
    ),
}
REFUSED = {"anthropic_costs_flat"} | {
    fmt.name for fmt in ALL_FORMATS if fmt.name.startswith(("openai_usage", "anthropic_usage"))
}
"""Formats that exist to say what is missing; their own tests read them."""
each_format = pytest.mark.parametrize("name", EXAMPLES)


def read(path: Path, example: Example):
    """The bill and its problems; that nothing is written beside the file is always checked."""
    before = sorted(path.parent.iterdir()), path.read_bytes()
    log = ProblemLog()
    bill = read_bill(path, name=path.name, log=log, mapping=example.entry)
    assert (sorted(path.parent.iterdir()), path.read_bytes()) == before
    problems = [str(problem) for problem in log.problems]
    assert (bill is None) == bool(problems)
    assert not any(str(path.parent) in problem for problem in problems)
    return bill, problems


def written(folder: Path, example: Example, content: str | bytes, *, ending: str = "") -> Path:
    path = folder / f"bill.{example.suffix}{ending}"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_no_format_is_forgotten():
    assert {fmt.name for fmt in ALL_FORMATS} - REFUSED == set(EXAMPLES) - {"mapped"}


@each_format
def test_hostile_cells_are_texts_and_the_sum_is_exact(name, tmp_path):
    example = EXAMPLES[name]
    bill, problems = read(written(tmp_path, example, example.filled(text=HOSTILE)), example)
    assert not problems
    assert bill.format == name
    assert bill.total() == Decimal("14.50") * example.factor
    assert any(HOSTILE in line.text for line in bill.iter_lines())
    assert bill.last_day.isoformat() in ("2026-06-01", "2026-06-30")


@each_format
@pytest.mark.parametrize("cell", ["12abc", "=1+1", "", "1e999"])
def test_an_amount_that_is_none_is_a_problem(name, cell, tmp_path):
    example = EXAMPLES[name]
    broken = example.filled()[::-1].replace("7.25"[::-1], cell[::-1], 1)[::-1]
    bill, problems = read(written(tmp_path, example, broken), example)
    assert bill is None
    assert problems


@each_format
def test_a_cut_file_is_a_problem(name, tmp_path):
    example = EXAMPLES[name]
    whole = example.filled().rstrip()
    cut = whole[: -10 if example.suffix == "json" else whole.rindex("\n") + 4]
    for content in (cut, whole.split("\n")[0][: len(whole) // 3]):
        bill, _ = read(written(tmp_path, example, content), example)
        assert bill is None


@each_format
@pytest.mark.parametrize(
    ("encoding", "words"), [("latin-1", "not UTF-8"), ("utf-16", "UTF-16"), ("nul", "NUL byte")]
)
def test_other_encodings_are_named(name, encoding, words, tmp_path):
    example = EXAMPLES[name]
    text = example.filled(text="a\0b" if encoding == "nul" else "Größe").replace("€", "EUR")
    raw = text.encode("utf-8" if encoding == "nul" else encoding)
    _, problems = read(written(tmp_path, example, raw), example)
    assert words in problems[0]
    assert len(problems) == 1


@each_format
def test_packed_files(name, tmp_path):
    example = EXAMPLES[name]
    packed = gzip.compress(example.filled().encode())
    bill, problems = read(written(tmp_path, example, packed, ending=".gz"), example)
    assert not problems
    assert bill.total() == Decimal("14.50") * example.factor
    _, problems = read(written(tmp_path, example, packed[:-12], ending=".gz"), example)
    assert "gzip" in problems[0]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("bill.csv", example.filled())
    _, problems = read(written(tmp_path, example, stream.getvalue()), example)
    assert "a workbook or zip archive" in problems[0]


@each_format
def test_parquet_whole_and_cut(name, tmp_path):
    example = EXAMPLES[name]
    if example.suffix == "json":
        pytest.skip("pages of an API are never Parquet")
    rows = list(csv.DictReader(io.StringIO(example.filled())))
    path = tmp_path / "bill[1]*.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    bill, problems = read(path, example)
    assert not problems
    assert bill.total() == Decimal("14.50") * example.factor
    path.write_bytes(path.read_bytes()[:-9])
    assert read(path, example)[0] is None
