"""claims.yaml: what management says."""

from decimal import Decimal

import pytest

from diligence.inputs.claims import read_claims

CLAIM = (
    "- concept: gross_margin\n  value: 72\n  unit: percent\n  source: deck.pdf\n"
    "  page: 12\n  period: 2025\n"
)


def test_a_claim_is_read_as_a_fraction(read_csv):
    (claim,), problems = read_csv(read_claims, CLAIM)
    assert problems == []
    assert (claim.value, claim.unit, claim.page) == (Decimal("0.72"), "percent", "12")
    assert claim.period.label == "2025"


def test_money_without_a_period_takes_the_as_of_date(read_csv):
    # Federal Reserve H.10: 6.9931 CNY per USD on 31 December 2025
    text = "- {concept: arr, value: 6.9931, unit: CNY m, source: deck}\n"
    (claim,), problems = read_csv(read_claims, text)
    assert problems == []
    assert claim.value == 1_000_000
    assert claim.period is None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("period: 2025", "period: soon", "x.csv:1:period: found 'soon'"),
        ("period: 2025", "period: '0000'", "x.csv:1:period: found '0000'"),
        ("unit: percent", "unit: prcent", "x.csv:1:unit: found 'prcent', expected a unit: per"),
        ("value: 72", "value: high", "x.csv:2:[1].value: found 'high'"),
        ("concept: gross_margin", "concept:", "x.csv:1:[1].concept: found nothing"),
    ],
)
def test_each_mistake_names_its_entry(read_csv, old, new, words):
    claims, problems = read_csv(read_claims, CLAIM.replace(old, new, 1))
    assert claims == ()
    assert any(line.startswith(words) for line in problems), problems
