"""Which words of a line count as which evidence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.costs.evidence import Evidence, evidence_of, evidence_of_text, system_of
from diligence.inputs.deal import Archetype, Role
from tests.support import line


def of_text(text, *, source_system="gpu_cloud", service="Compute", usage_type=""):
    return evidence_of_text(
        source_system=source_system, text=text, service=service, usage_type=usage_type
    )


@pytest.mark.parametrize(
    ("source", "system"),
    [
        ("aws_cur", "aws"),
        ("Azure Cost Export", "azure"),
        ("gcp_billing_export", "gcp"),
        ("openai_costs_api", "openai"),
        ("databricks_system_billing", "databricks"),
        ("coreweave_invoice", "gpu_cloud"),
        ("oci", "oracle"),
        ("trial_balance", "general_ledger"),
        ("Modal", "modal"),
        ("", ""),
    ],
)
def test_system_of(source, system):
    assert system_of(source) == system


def test_what_stands_after_the_bar_are_names():
    found = of_text("H100 hours | tag app=chat", usage_type="hgx-h100")
    assert (found.names, found.product) == ("tag app=chat", "Compute")
    assert found.meter == "H100 hours | hgx-h100"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("node-hours partition=train", "partition=train"),
        ('gpu_1x_a10 612 hrs - instance "asr-live"', '"asr-live"'),
        ("idle nodes, pool chat-emea", "chat-emea"),
        ("Inference GPU-hours deployment chat-70b", "chat-70b"),
        ("SUNK cluster node-hours", ""),
        ("per endpoint GPU-hour", ""),
        ("H100 hours", ""),
    ],
)
def test_names_inside_a_description(text, names):
    assert of_text(text).names == names


def test_a_source_counts_as_a_supplier_without_the_words_of_its_kind():
    assert of_text("x", source_system="vast_ai").vendor == "vast ai | Compute"
    assert of_text("x", source_system="together_invoice").vendor == "together | Compute"


def test_in_books_the_memo_is_a_name_and_the_service_the_account():
    found = of_text(
        "Token bill", source_system="general_ledger", service="5010 COGS", usage_type="OpenAI"
    )
    assert (found.account, found.role) == ("5010 COGS", Role.COST_OF_REVENUE)
    assert found.vendor.startswith("OpenAI")
    assert found.product == ""


def test_a_ledger_line_without_a_bill():
    found = evidence_of(line("Model APIs", 7, vendor="Cohere", text="June"), Archetype.APPLICATION)
    assert (found.system, found.account) == ("general_ledger", "Model APIs")
    assert "Cohere" in found.vendor
    assert found.archetype is Archetype.APPLICATION


def test_all_words_leave_the_sibling_out():
    words = Evidence(names="a", product="b", meter="c", sibling="d").words
    assert words["all"] == "a | b | c"
    assert words["sibling"] == "d"


@given(st.text(), st.text(), st.text(), st.text())
def test_no_text_breaks_it(source, text, service, usage_type):
    found = of_text(text, source_system=source, service=service, usage_type=usage_type)
    assert set(found.words) >= {"tag", "product", "meter", "account", "vendor", "all"}
