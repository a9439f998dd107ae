"""One name for a supplier, and which ledger lines a supplier's bills can explain."""

from __future__ import annotations

import pytest

from diligence.costs.suppliers import booked_supplier, known_supplier, supplier_of
from tests.support import line

BILLED = frozenset(("AWS", "Google Cloud", "OpenAI", "Azure", "AcmeCompute"))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Amazon Web Services EMEA SARL", "AWS"),
        ("Amazon Bedrock, Anthropic Claude", "AWS"),
        ("Azure OpenAI", "Azure"),
        ("OpenAI, LLC", "OpenAI"),
        ("Google Ads", ""),
        ("Amazon Business chairs", ""),
        ("Oracle NetSuite", ""),
        ("Coherent Corp", ""),
        ("Harbour Catering", ""),
    ],
)
def test_known_names(text, name):
    assert known_supplier(text) == name
    assert supplier_of(f" {text} ") == (name or text)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"vendor": "OpenAI"}, "OpenAI"),
        ({"text": "AWS June invoice"}, "AWS"),
        ({"account": "Google Cloud hosting"}, "Google Cloud"),
        ({"vendor": "Anthropic", "text": "paid through AWS"}, ""),
        ({"vendor": "acme compute GmbH"}, "AcmeCompute"),
        ({"vendor": "Pacme Compute"}, ""),
        ({"vendor": "Landlord"}, ""),
    ],
)
def test_the_vendor_decides_then_the_memo_then_the_account(fields, name):
    booked = line(fields.pop("account", "Cost"), 1, **fields)
    assert booked_supplier(booked, BILLED) == name


@pytest.mark.parametrize(
    ("vendor", "text"),
    [
        ("OpenAI", "ChatGPT Team, 40 seats"),
        ("Microsoft Corporation", "Office 365"),
        ("Google LLC", "Search ads"),
        ("AWS", "Fair value of warrants vested for compute"),
    ],
)
def test_what_the_supplier_sells_besides_is_not_on_its_bill(vendor, text):
    assert booked_supplier(line("Software", 1, vendor=vendor, text=text), BILLED) == ""
