"""contracts.yaml: supplier terms as signed, kinds by the words people use."""

from datetime import date
from decimal import Decimal

import pytest

from diligence.inputs.contracts import KINDS, contract_kind, read_contracts


def one(text):
    return f"- {{supplier: S, input: tokens, kind: committed, {text}}}\n"


def test_a_reservation_and_credits_are_read(read_csv):
    text = (
        "- {supplier: CoreWeave, input: gpu_hours, kind: reserved twelve months, currency: USD,\n"
        "   minimum_per_month: 300 k, price_lock_until: 2027-03-31, notice_days: 90,\n"
        "   reserved_quantity: 105000, reserved_unit: GPU-hours a month, purpose: training}\n"
        "- {supplier: AWS, input: credits, kind: promotional, balance: 620 k, grade: A,\n"
        "   expires: 2027-03-31, usable_for: Bedrock and hosting,\n"
        "   discount_offered_for_commitment: 0.30}\n"
    )
    (gpus, credits), problems = read_csv(read_contracts, text)
    assert problems == []
    assert (gpus.kind, gpus.kind_stated) == ("reserved", "reserved twelve months")
    assert (gpus.minimum_per_month, gpus.reserved_quantity) == (300_000, 105_000)
    assert (gpus.notice_days, gpus.price_lock_until) == (90, date(2027, 3, 31))
    assert (credits.kind, credits.credit_balance) == ("credits", 620_000)
    assert credits.discount_available == Decimal("0.30")
    assert (credits.usable_for, credits.minimum_per_month) == ("Bedrock and hosting", None)
    assert (gpus.source.row, credits.source.row, credits.source.grade) == (1, 4, "A")


def test_a_balance_is_that_of_the_kind(read_csv):
    text = "- {supplier: S, input: tokens, kind: prepaid, prepaid: 2 m, balance: 500 k}\n"
    (bought,), _ = read_csv(read_contracts, text)
    assert (bought.prepaid, bought.prepaid_balance) == (2_000_000, 500_000)
    assert bought.credit_balance is None


def test_a_minimum_of_zero_needs_no_time(read_csv):
    text = "- {supplier: S, input: tokens, kind: pay as you go, minimum: 0}\n"
    (contract,), problems = read_csv(read_contracts, text)
    assert problems == []
    assert contract.minimum_per_month == 0


def test_money_in_another_currency_needs_a_dated_rate(read_csv):
    (contract,), _ = read_csv(read_contracts, one("minimum_total: 7 m, currency: CNY"))
    assert 0 < contract.minimum_total < 7_000_000
    assert "CNY" in contract.source.note
    _, (line,) = read_csv(read_contracts, one("minimum_total: 7 m, currency: TRY"))
    assert line.startswith("x.csv:1:currency: found 'TRY' with no ")


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("pay as you go", "pay_as_you_go"),
        ("On-Demand", "pay_as_you_go"),
        ("private pricing", "pay_as_you_go"),
        ("take or pay", "committed"),
        ("committed spend", "committed"),
        ("reserved twelve months", "reserved"),
        ("promotional", "credits"),
        ("prepaid credits", "prepaid"),
        ("monthly", "subscription"),
        *((kind, kind) for kind in KINDS),
    ],
)
def test_kinds_are_known_by_their_synonyms(words, kind):
    assert contract_kind(words) == kind


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kind: promotionel", "kind: found 'promotionel', expected promotional"),
        ("kind: barter", "kind: found 'barter', expected one of pay_as_you_go, committed"),
        ("input: gpus", "input: found 'gpus', expected gpu_hours"),
        ("suplier: S", "suplier: found the unknown key 'suplier', expected a known key: supplier"),
        ("discount: 30", "discount: found '30', expected a value less than or equal to 1"),
        ("minimum_per_month: lots", "minimum_per_month: found 'lots', expected an amount such"),
        ("minimum_total: -5", "minimum_total: found '-5', expected an amount of zero or more"),
        ("price_lock_until: soon", "price_lock_until: found 'soon', expected a date that exists"),
        ("notice_days: -1", "notice_days: found '-1', expected a value greater than or equal to 0"),
        ("minimum: 5 k", "minimum: found 5000 of no stated time, expected minimum_per_month or"),
        ("balance: 5", "balance: found 5 for the kind 'committed', expected credit_balance or"),
        ("reserved_quantity: 5", "reserved_unit: found nothing beside reserved_quantity, expected"),
        ("reserved_unit: h", "reserved_quantity: found nothing beside the unit 'h', expected how"),
        (
            "prepaid: 5, prepaid_balance: 6",
            "prepaid_balance: found 6, expected at most what was paid up front (5)",
        ),
        (
            "term_start: 2026-02-01, term_end: 2026-01-01",
            "term_end: found 2026-01-01, expected a date on or after term_start (2026-02-01)",
        ),
        (
            "input: credits",
            "kind: found 'committed' for the input credits, expected kind credits (granted) or",
        ),
        (
            "kind: pay as you go, minimum_per_month: 5",
            "kind: found 'pay as you go' with a minimum_per_month of 5, expected kind committed",
        ),
    ],
)
def test_each_mistake_names_its_key(read_csv, text, words):
    stated = {"supplier": "S", "input": "tokens", "kind": "committed"}
    keys = [part.split(":")[0].strip() for part in text.split(", ")]
    kept = "".join(f"{key}: {value}, " for key, value in stated.items() if key not in keys)
    contracts, problems = read_csv(read_contracts, f"- {{{kept}{text}}}\n")
    assert contracts == ()
    assert any(words in line for line in problems), problems


def test_one_bad_entry_leaves_the_others(read_csv):
    contracts, problems = read_csv(read_contracts, one("note: fine") + one("discount: 2"))
    assert [contract.note for contract in contracts] == ["fine"]
    assert problems[0].startswith("x.csv:2:")
