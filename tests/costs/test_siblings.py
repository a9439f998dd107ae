"""A GPU line is settled by the management fee of its project and day; sums are conserved."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.costs.classify import classify_evidence
from diligence.costs.evidence import evidence_of_bill
from diligence.costs.siblings import pair_siblings
from diligence.inputs.bills.bill import MONEY_COLUMNS, BillLine
from tests.support import bill_line

# Published: Vertex AI pricing, flex-start: one Compute Engine SKU for training and for prediction.
DWS = "Nvidia H100 80GB GPU attached to DWS Defined Duration VMs running in Americas"
TRAINING = "Training/Pipelines management fee on H100"
SERVING = "Online/Batch Prediction management fee on H100"


def gcp(text, effective, day="2026-03-02", project="recsys", **fields):
    return BillLine(**bill_line(text, effective, day, project=project, **fields))


def paired(*lines, system="gcp"):
    return pair_siblings(lines, system=system)


def class_of(line):
    return classify_evidence(evidence_of_bill(line, "gcp")).cost_class


@pytest.mark.parametrize(
    ("fee", "expected"), [(TRAINING, "training_capex"), (SERVING, "inference_opex")]
)
def test_dws_gpus_are_paired_with_management_fees(fee, expected):
    gpu, _ = paired(gcp(DWS, 100), gcp(fee, 5))
    assert (gpu.sibling, class_of(gpu)) == (fee, expected)


def test_a_gpu_without_a_fee_stays_open():
    (gpu,) = paired(gcp(DWS, 100))
    assert (gpu.sibling, class_of(gpu)) == ("", "shared")


@pytest.mark.parametrize(
    "fee",
    [
        gcp(TRAINING, 5, project="other"),
        gcp(TRAINING, 5, day="2026-03-03"),
        gcp("Training/Pipelines management fee on A100", 5),
        gcp(TRAINING, -5, kind="credit"),
    ],
    ids=["other project", "other day", "other accelerator", "credit, not use"],
)
def test_only_the_fee_of_the_same_project_day_and_accelerator_tells(fee):
    assert paired(gcp(DWS, 100), fee)[0].sibling == ""


def test_lines_without_a_project_are_not_of_the_same_project():
    assert paired(gcp(DWS, 100, project=""), gcp(TRAINING, 5, project=""))[0].sibling == ""


def test_other_systems_are_left_alone():
    assert paired(gcp(DWS, 100), gcp(TRAINING, 5), system="aws")[0].sibling == ""


def test_both_fees_split_by_their_hours():
    # 30 of 40 fee hours trained: 75 of 100 dollars, 6 of 8 GPU-hours.
    lines = paired(
        gcp(DWS, 100, quantity=8),
        gcp(TRAINING, 90, quantity=30),
        gcp(SERVING, 10, quantity=10),
    )
    parts = {class_of(line): (line.effective, line.quantity) for line in lines[:2]}
    assert parts == {"training_capex": (75, 6), "inference_opex": (25, 2)}


def test_a_credit_on_the_fee_does_not_unpair():
    # The fee is free of charge this month: the credit takes all of it.
    lines = paired(gcp(DWS, 100), gcp(TRAINING, 5), gcp(TRAINING, -5, kind="credit"))
    assert lines[0].sibling == TRAINING


def test_more_digits_than_the_decimal_context_holds():
    long = D("12345678901234.123456789012345678")
    parts = paired(gcp(DWS, long), gcp(TRAINING, 1, quantity=1), gcp(SERVING, 1, quantity=2))[:2]
    units = [int(part.effective.scaleb(0).as_tuple().exponent) for part in parts]
    assert units == [-18, -18]
    assert sum(int(str(part.effective).replace(".", "")) for part in parts) == int(
        str(long).replace(".", "")
    )


money = st.decimals(min_value=-(10**6), max_value=10**6, places=9)


@given(
    st.lists(st.tuples(money, money), min_size=1, max_size=6),
    st.integers(1, 1000),
    st.integers(1, 1000),
)
def test_splits_conserve_every_amount(amounts, trained, served):
    gpus = [gcp(DWS, spent, billed=paid, quantity=3) for spent, paid in amounts]
    fees = [gcp(TRAINING, 1, quantity=trained), gcp(SERVING, 1, quantity=served)]
    found = paired(*gpus, *fees)
    for name in (*MONEY_COLUMNS, "quantity"):
        before = sum(getattr(line, name) for line in (*gpus, *fees))
        assert sum(getattr(line, name) for line in found) == before
