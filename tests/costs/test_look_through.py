"""Who stands behind an invoice."""

from __future__ import annotations

from datetime import date

import pytest
import yaml

from diligence.costs.look_through import look_through
from diligence.resources import resource_path


@pytest.mark.parametrize(
    ("supplier", "model", "maker"),
    [
        ("Anthropic", "", "Anthropic"),
        ("Anthropic via Bedrock", "claude-sonnet-4-6", "Anthropic"),
        ("Amazon Web Services", "claude-sonnet-4-6", "Anthropic"),
        ("Amazon Web Services", "", "AWS"),
        ("Azure OpenAI", "gpt-5.4-mini", "OpenAI"),
        ("Azure", "gpt-5.4", "OpenAI"),
        ("Microsoft Azure", "", "Azure"),
        ("Google Cloud", "", "Google"),
        ("Vertex AI", "gemini-2.5-flash", "Google"),
        ("Azure", "mistral-large", "Azure"),
        ("Halden Datacentre", "", "Halden Datacentre"),
    ],
)
def test_a_reseller_counts_as_the_maker_and_others_as_themselves(supplier, model, maker):
    assert look_through(supplier, model=model) == maker


def test_open_weights_are_priced_by_whoever_serves_them():
    assert look_through("Together AI", model="gpt-oss-120b") == "Together AI"


def test_looking_through_twice_changes_nothing():
    for name in ("Azure OpenAI", "Anthropic via Bedrock", "Google Cloud", "AWS", "CoreWeave"):
        assert look_through(look_through(name)) == look_through(name)


def test_every_entry_has_a_source_and_a_date():
    table = yaml.safe_load(resource_path("datasets", "suppliers.yaml").read_text(encoding="utf-8"))
    for entry in table["look_through"]:
        assert entry["source"]
        assert isinstance(entry["checked"], date)
