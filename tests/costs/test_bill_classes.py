"""A bill classified at once: the same classes as line by line, and sums to the last digit."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diligence.costs import classify_evidence
from diligence.costs.bill_classes import FINDING_COLUMNS, classify_bill, write_classes
from diligence.costs.evidence import evidence_of_bill
from diligence.costs.opaque_ids import without_ids
from diligence.costs.phrases import fold, phrases
from diligence.costs.siblings import pair_siblings
from diligence.inputs.bills import Bill, read_bill
from diligence.inputs.problems import ProblemLog

ROWS = [
    # billed, description, service, resource, tags, day
    ("10.10", "Host:ml.g5.xlarge", "Amazon SageMaker", "endpoint/chat-0a1b2c3d4e5f", "{}", 3),
    (
        "0.0000000001",
        "Host:ml.g5.xlarge",
        "Amazon SageMaker",
        "endpoint/chat-9f8e7d6c5b4a",
        "{}",
        4,
    ),
    ("20.20", "Train:ml.p5.48xlarge", "Amazon SageMaker", "llm-sft", '{"team": "research"}', 5),
    ("-1.30", "EDP discount", "AWS Support", "", "{}", 6),
    ("5.00", "BoxUsage:p5.48xlarge", "Amazon EC2", "i-0a1b2c3d4e5f6a7b8", "{}", 7),
]
HEADER = (
    "BilledCost,EffectiveCost,BillingCurrency,ChargeCategory,ChargePeriodStart,ChargeDescription,"
    "ServiceName,ResourceId,Tags,ProviderName"
)
NAMES = ["vllm-serving", "llm_sft", "prod", "i-0db7c5e2a1003f9b", "eval", "", "db", "ci-runner"]
IDS = st.one_of(
    st.uuids().map(str),
    st.integers(0, 1 << 64).map(lambda number: f"{number:016x}"),
    st.integers(0, 1 << 48).map(lambda number: f"i-0{number:012x}"),
    st.text("bcdfghjklmnpqrstvwxz2456789", min_size=14, max_size=14).map(
        lambda text: f"{text[:9]}-{text[9:]}"
    ),
)


def written(folder: Path, rows, *, months=("2025-01",)) -> Path:
    lines = [
        f'{cost},{cost},USD,Usage,{month}-{day:02d},"{text}",{service},{resource},"{quoted}",AWS'
        for month in months
        for cost, text, service, resource, tags, day in rows
        for quoted in [tags.replace('"', '""')]
    ]
    path = folder / "bill.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return path


def read(path: Path) -> Bill:
    log = ProblemLog()
    bill = read_bill(path, name=path.name, log=log)
    assert bill is not None, log.problems
    return bill


def test_totals_add_up_by_class_month_and_service(tmp_path):
    bill = read(written(tmp_path, ROWS, months=("2025-01", "2025-02")))
    found = classify_bill(bill)
    of_hosting = [t for t in found.totals if t.cost_class == "inference_opex"]
    assert [(t.month.label, t.service, t.billed) for t in of_hosting] == [
        ("2025-01", "Amazon SageMaker", Decimal("10.1000000001")),
        ("2025-02", "Amazon SageMaker", Decimal("10.1000000001")),
    ]
    assert sum(t.billed for t in found.totals) == 2 * Decimal("34.0000000001")
    assert found.total("training_capex") == Decimal("40.40")
    assert "inference_opex 20.20" in found.summary()
    assert set(FINDING_COLUMNS) < set(found.to_frame().columns)
    assert "<table" in found._repr_html_()


def test_a_line_that_cannot_be_told_is_flagged_with_what_would_settle_it(tmp_path):
    lines = classify_bill(read(written(tmp_path, ROWS))).to_frame().set_index("text")
    box = lines.loc["BoxUsage:p5.48xlarge"]
    assert (box["class"], bool(box["flagged"])) == ("shared", True)
    assert box["ask"]


def test_every_row_gets_the_class_of_its_line(tmp_path):
    path = written(tmp_path, ROWS, months=("2025-01", "2025-02"))
    found = classify_bill(read(path))
    out = tmp_path / "rows.parquet"
    assert write_classes(path, found, out=out) == 10
    rows = pd.read_parquet(out)
    assert list(rows.columns[:10]) == HEADER.split(",")
    by_class: dict[str, Decimal] = defaultdict(Decimal)
    for cost, cost_class in zip(rows["BilledCost"], rows["class"], strict=True):
        by_class[cost_class] += Decimal(cost)
    assert by_class == {name: found.total(name, column="billed") for name in by_class}
    assert [entry.name for entry in tmp_path.iterdir() if "part" in entry.name] == []


def test_a_column_of_the_file_keeps_its_name(tmp_path):
    path = tmp_path / "bill.csv"
    path.write_text(f"{HEADER},Class\n1,1,USD,Usage,2025-01-01,Train:ml.p5,SageMaker,,{{}},AWS,x\n")
    out = tmp_path / "rows.parquet"
    write_classes(path, classify_bill(read(path)), out=out)
    row = pd.read_parquet(out).iloc[0]
    assert (row["Class"], row["diligence_class"]) == ("x", "training_capex")


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(
            st.decimals(-100, 100, places=4).map(str),
            st.sampled_from([row[1] for row in ROWS]),
            st.sampled_from([row[2] for row in ROWS]),
            st.tuples(st.sampled_from(NAMES), IDS).map("/".join),
            st.sampled_from(["{}", '{"app": "rlhf"}', '{"job": "0db7c5e2a1003f9b"}']),
            st.integers(1, 28),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_classes_are_those_of_each_line_alone(tmp_path, rows):
    bill = read(written(tmp_path, rows))
    found = classify_bill(bill)
    for row in found.to_frame().to_dict("records"):
        line = next(item for item in bill.iter_lines() if item.first_row == row["first_row"])
        alone = classify_evidence(evidence_of_bill(line, bill.system))
        assert (row["class"], row["rule"], row["payer"], row["reason"]) == (
            alone.cost_class,
            alone.rule,
            alone.payer,
            alone.reason,
        )
    assert sum(t.billed for t in found.totals) == sum(Decimal(row[0]) for row in rows)


GCP = (
    "BilledCost,EffectiveCost,BillingCurrency,ChargeCategory,ChargePeriodStart,ChargeDescription,"
    "ServiceName,SubAccountName,ConsumedQuantity,ConsumedUnit,ProviderName"
)


@pytest.mark.parametrize("fees", [["Training"], ["Training", "Prediction"]])
def test_siblings_settle_lines_of_a_whole_bill(tmp_path, fees):
    rows = ["100,100,USD,Usage,2025-01-01,Nvidia H100 GPU running in Iowa,Compute,p1,4,h,Google"]
    rows += [
        f"1,1,USD,Usage,2025-01-01,Vertex AI {fee} H100 management fee,Vertex AI,p1,3,h,Google"
        for fee in fees
    ]
    path = tmp_path / "bill.csv"
    path.write_text("\n".join([GCP, *rows]) + "\n")
    bill = read(path)
    found = classify_bill(bill)
    paired = pair_siblings(bill.iter_lines(), system=bill.system)
    expected = sorted((line.text, line.sibling, line.billed) for line in paired)
    got = zip(*(found.lines[n].to_pylist() for n in ("text", "sibling", "billed")), strict=True)
    assert sorted(got) == expected
    assert sum(t.billed for t in found.totals) == bill.total()
    out = tmp_path / "rows.parquet"
    assert write_classes(path, found, out=out) == len(rows)
    gpu = pd.read_parquet(out).set_index("ChargeDescription").loc["Nvidia H100 GPU running in Iowa"]
    assert gpu["class"] == ("training_capex" if len(fees) == 1 else "shared")


@given(st.sampled_from(NAMES), IDS)
def test_an_opaque_id_leaves_only_its_name(name, opaque):
    assert fold(without_ids(f"{name}/{opaque}")) in (fold(f"{name} 0"), fold(f"{name} i 0")) or (
        any(sign.isdigit() for sign in name)
    )


@given(
    st.lists(st.sampled_from(["ml.", "*h100", "pre train", "prod.", "p5", "a"]), min_size=1),
    st.text("mlpreadotin h1005*|", max_size=30),
)
def test_phrases_mean_what_they_mean_alone(words, text):
    folded = fold(text)
    alone = any(phrases([word]).found_in(folded) for word in words)
    assert phrases(words).found_in(folded) == alone
