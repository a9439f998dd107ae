"""Selectors of rulings and drivers: fields of the ledger, fields of bills, prefixes."""

import pytest

from diligence.inputs.selectors import parse_selector, selector_text, selects


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("servce=x", "a field: service"),
        ("service=x & service=y", "the field 'service' once"),
        ("text=*", r"a value, or the start of one such as text=gpt-4\*"),
        ("vendor=x & service=y", r"fields of the ledger \(vendor\) or of bills \(service\), not"),
    ],
)
def test_what_is_no_selector_says_what_is_needed(text, words):
    with pytest.raises(ValueError, match=words):
        parse_selector(text)


@pytest.mark.parametrize(
    ("selector", "is_selected"),
    [
        ("service=amazon bedrock", True),
        ("service=Amazon*", True),
        ("service=Bedrock*", False),
        ("service=Amazon* & project=prod", True),
        ("service=Amazon* & project=dev", False),
        ("supplier=AWS", False),
    ],
)
def test_every_pair_has_to_describe_the_line(selector, is_selected):
    line = {"service": "Amazon Bedrock", "project": "prod"}
    assert selects(parse_selector(selector), lambda field: line.get(field, "")) is is_selected


def test_order_and_blanks_make_no_difference():
    text = selector_text(parse_selector("text = b &  code=1"))
    assert text == "code=1 & text=b" == selector_text(parse_selector(text))
