"""assumptions.yaml: the deal's own values."""

from decimal import Decimal

import pytest

from diligence.assumptions import AssumptionRegister
from diligence.inputs.overrides import read_overrides

ENTRY = """\
- name: pass_through
  value: 40
  low: 25
  high: 50
  unit: percent
  reason: price clause
  source: contract, p. 3
  who: A. Analyst
  date: 2025-11-01
"""


def test_percent_becomes_a_share_the_register_accepts(read_csv, make_context):
    (override,), problems = read_csv(read_overrides, ENTRY)
    assert problems == []
    assert (override.low, override.value, override.high) == tuple(
        map(Decimal, ("0.25", "0.4", "0.5"))
    )
    register = AssumptionRegister.load(make_context().terms.as_of).override([override])
    assert register.get("pass_through").value == Decimal("0.4")


def test_money_becomes_whole_reporting_currency(read_csv):
    # Federal Reserve H.10: 6.9931 CNY per USD on 31 December 2025, the as-of date
    text = ENTRY.replace("pass_through", "credits_booked_net").replace("percent", "CNY m")
    text = text.replace("40", "69.931").replace("  low: 25\n  high: 50\n", "")
    (override,), problems = read_csv(read_overrides, text)
    assert problems == []
    assert round(override.value, 10) == 10_000_000
    assert override.unit == "USD"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("pass_through", "pass_trough", ":name: found 'pass_trough', expected no assumption is "
         "named 'pass_trough'; did you mean pass_through?"),
        ("unit: percent", "unit: months", ":value: found '40 months', expected its unit is"),
        ("unit: percent", "unit: share", ":value: found '40 share', expected 40 is no share"),
        ("value: 40", "value: forty", ":value: found 'forty percent', expected 'forty' is no"),
        ("value: 40", "value: 20", ":value: found low 25, value 20, high 50"),
        ("who: A. Analyst", "whom: A", ":[1].whom: found the unknown key 'whom'"),
        ("date: 2025-11-01", "date: 2025-11-31", ":[1].date: found '2025-11-31'"),
        ("  reason: price clause\n", "", ":[1].reason: found nothing"),
    ],
)  # fmt: skip
def test_each_mistake_names_its_entry(read_csv, old, new, words):
    assert old in ENTRY
    overrides, problems = read_csv(read_overrides, ENTRY.replace(old, new, 1))
    assert overrides == ()
    assert any(words in line for line in problems), problems


def test_an_assumption_stands_once(read_csv):
    overrides, problems = read_csv(read_overrides, ENTRY * 2)
    assert len(overrides) == 1
    assert "x.csv:10:name: found 'pass_through' a second time" in problems[0]


def test_an_empty_list_is_no_problem(read_csv):
    assert read_csv(read_overrides, "# nothing yet\n[]\n") == ((), [])
