"""FOCUS bills: the specification's own examples and a published sample, to the last digit."""

import csv
import gzip
import io
import os
from decimal import Decimal
from pathlib import Path

import pytest

VARIABLE = "DILIGENCE_REFERENCE_DATA"
COSTS = {"BilledCost": "billed", "EffectiveCost": "effective", "ListCost": "list_cost"}


@pytest.fixture(scope="module")
def folder():
    place = os.environ.get(VARIABLE)
    if not place:
        pytest.skip(f"{VARIABLE} names no folder with reference data")
    return Path(place) / "focus"


def rows_of(path):
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")
    return [row for row in csv.DictReader(io.StringIO(text)) if any(row.values())]


def amount(text):
    return Decimal(text.replace("$", "").replace(",", "").strip() or 0)


def test_the_published_sample_adds_up_exactly(folder, read):
    path = folder / "focus_1_0_sample_real_anonymised.csv.gz"
    bill, problems = read(path, name=path.name)
    assert not problems
    rows = rows_of(path)
    for column, name in COSTS.items():
        assert bill.total(name) == sum(Decimal(row[column]) for row in rows)
    # cents a line would lose 0.29 of 15.86
    cents = sum(round(Decimal(row["BilledCost"]), 2) for row in rows)
    assert abs(bill.total() - cents) > Decimal("0.25")
    assert (bill.format, bill.system, bill.n_rows) == ("focus_1_0", "focus", len(rows))


def test_every_example_of_the_specification_is_read(folder, read):
    paths = sorted((folder / "spec_examples").glob("*.csv"))
    assert len(paths) == 18
    for path in paths:
        bill, problems = read(path, name=path.name, dates="mdy", unit="USD")
        assert not problems, path.name
        rows = rows_of(path)
        for column, name in COSTS.items():
            if column in rows[0]:
                assert bill.total(name) == sum(amount(row[column]) for row in rows), path.name
        assert bill.n_rows == len(rows)


def test_versions_are_told_by_their_columns(read, focus):
    good = "1,1,USD,Usage,2025-01-01,a"
    for column, version in (
        ("x_Own", "focus_1_0"),
        ("SkuMeter", "focus_1_1"),
        ("InvoiceId", "focus_1_2"),
    ):
        text = focus(good).replace("ChargeDescription", f"ChargeDescription,{column}")
        bill, problems = read(text.replace(",a\n", ",a,b\n"))
        assert not problems
        assert (bill.format, bill.how) == (version, "detected")


def test_kinds_and_commitments(read):
    text = (
        "BilledCost,EffectiveCost,BillingCurrency,ChargeCategory,ChargeClass,ChargePeriodStart,"
        "CommitmentDiscountStatus,CapacityReservationStatus,ProviderName\n"
        "1,1,USD,Usage,,2025-01-01,Used,,AWS\n"
        "2,2,USD,Usage,,2025-01-01,Used,Unused,AWS\n"
        "4,4,USD,Usage,Correction,2025-01-01,,,AWS\n"
        "8,0,USD,Purchase,,2025-01-01,,,AWS\n"
        "16,16,USD,Tax,,2025-01-01,,,AWS\n"
    )
    bill, problems = read(text)
    assert not problems
    found = {(line.kind, line.commitment): line.billed for line in bill.iter_lines()}
    assert found == {
        ("usage", "used"): 1,
        ("usage", "unused"): 2,
        ("adjustment", ""): 4,
        ("purchase", ""): 8,
        ("tax", ""): 16,
    }
    assert bill.system == "aws"


def test_an_unknown_category_is_refused(read, focus):
    bill, problems = read(focus("1,1,USD,Gift,2025-01-01,a"))
    assert bill is None
    assert problems[0].startswith("bill.csv:2:ChargeCategory: found 'Gift'")


def test_an_unknown_or_missing_currency_is_refused(read, focus):
    for code in ("", "Token"):
        bill, problems = read(focus(f"1,1,{code},Usage,2025-01-01,a"))
        assert bill is None
        assert problems[0].startswith("bill.csv:2:currency")


def test_the_export_of_litellm_is_named(read):
    # columns of its export, in its order (litellm/integrations/focus/transformer.py)
    columns = (
        "BilledCost,BillingAccountId,BillingAccountName,BillingAccountType,BillingCurrency,"
        "BillingPeriodEnd,BillingPeriodStart,ChargeCategory,ChargeClass,ChargeDescription,"
        "ChargeFrequency,ChargePeriodEnd,ChargePeriodStart,ConsumedQuantity,ConsumedUnit,"
        "EffectiveCost,ListCost,ProviderName,ResourceId,ResourceName,ResourceType,ServiceName,"
        "ServiceSubcategory,SubAccountId,SubAccountName,SubAccountType,Tags"
    )
    row = (
        "0.25,sk-1,batch-key,API Key,USD,2025-06-02T00:00:00Z,2025-06-01T00:00:00Z,Usage,,gpt-4o,"
        "Usage-Based,2025-06-02T00:00:00Z,2025-06-01T00:00:00Z,1,Requests,0.25,0.25,openai,gpt-4o,"
        'gpt-4o,gpt-4o,chat,Generative AI,t1,evals,,"{""team_id"": ""t1""}"'
    )
    bill, problems = read(f"{columns}\n{row}\n")
    assert not problems
    (line,) = bill.iter_lines()
    assert (bill.format, bill.system, line.text) == ("litellm_focus", "openai", "gpt-4o")
    assert (line.project, line.tags, line.billed) == ("evals gpt-4o", "team_id=t1", Decimal("0.25"))


PERIODS = "BilledCost,EffectiveCost,BillingCurrency,ChargeCategory,ChargePeriodStart,"
PERIODS += "ChargePeriodEnd,ChargeDescription"


@pytest.mark.parametrize(
    ("periods", "last"),
    [
        (["2026-06-01,2026-07-01"], "2026-06-30"),  # a month on one row
        (["2026-06-01T00:00:00Z,2026-06-01T01:00:00Z"], "2026-06-01"),  # an hour
        (["2026-06-14,2026-06-15"] * 2 + ["2026-06-01,2026-07-01"], "2026-06-14"),  # a fee
        (["2026-06-01,2026-07-01", "2026-06-01,2029-06-01"], "2026-06-30"),  # a term of years
        (["2026-06-05,"], "2026-06-05"),
    ],
)
def test_the_last_day_is_the_end_of_the_last_period(read, periods, last):
    rows = [f"1,1,USD,Usage,{period},a" for period in periods]
    bill, problems = read("\n".join([PERIODS, *rows]) + "\n")
    assert not problems
    assert bill.last_day.isoformat() == last
    assert {line.day.isoformat() for line in bill.iter_lines()} == {"2026-06-01"}
