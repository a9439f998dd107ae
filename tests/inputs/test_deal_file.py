"""deal.yaml: terms of the deal, and each way to get one wrong."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diligence.inputs.deal import Archetype, Role
from diligence.inputs.deal_amounts import parse_factor, parse_scaled_amount
from diligence.inputs.deal_file import default_terms, read_deal_file
from diligence.inputs.problems import ProblemLog
from diligence.units import AmountError

FULL = """\
company: Acme AI
fictional: true
archetype: application
as_of: 2026-06-30
reporting_currency: usd
display_scale: k
also_show: RMB
prices_known_on: 2026-06-15
fiscal_year_start_month: 2
headline_period: 9M2025
status: REVIEWED
prepared_by: A. Analyst
round: {instrument: preferred, share_class: Series B, preference_multiple: 1, participating: false,
        cheque: 10 m, post_money: 1.2 bn, ownership: 0.05, secondary: 0, price_per_share: 12.5,
        decision_date: 2026-08-15}
cash: {unrestricted: 30 m, debt: 250 k, balance_date: 2026-06-30}
exposure:
  - {input: tokens, side: buy, supplier: OpenAI, share: 0.6, model: gpt-4o,
     lock_until: 2026-12-31, pass_through: 0.5, applies_to: inference, source: contracts.yaml}
  - {input: tokens, side: buy, supplier: Anthropic, share: 0.4}
scenarios:
  - {name: leaked, payer: free, from_role: research_and_development, source: press, grade: C,
     base: false, terms: [{concept: azure, factor: 12/9, period: 9M2025},
                          {concept: in_cost, factor: -1}]}
"""


def read(tmp_path, text):
    path = tmp_path / "deal.yaml"
    path.write_text(text, encoding="utf-8", newline="\n")
    log = ProblemLog()
    return read_deal_file(path, log=log), [str(problem) for problem in log.problems]


def test_a_full_file_is_read(tmp_path):
    terms, problems = read(tmp_path, FULL)
    assert problems == []
    assert (terms.archetype, terms.reporting_currency) == (Archetype.APPLICATION, "USD")
    assert (terms.also_show, terms.display_scale, terms.fictional) == ("CNY", "k", True)
    assert terms.round.cheque == 10_000_000
    assert terms.round.post_money == 1_200_000_000
    assert terms.round.participating is False
    assert terms.round.secondary == 0
    assert terms.round.pre_money is None
    assert terms.cash.debt == 250_000
    assert terms.exposures[0].lock_until == date(2026, 12, 31)
    assert terms.exposures[1].applies_to == "inference"
    assert terms.exposures[1].pass_through is None
    (scenario,) = terms.scenarios
    assert scenario.from_role is Role.RESEARCH_AND_DEVELOPMENT
    assert scenario.terms[1].factor == -1
    # the fiscal year 2025 starts in February 2024
    assert scenario.terms[0].period.start == date(2024, 2, 1)


def test_a_minimal_file_takes_defaults(tmp_path):
    text = "company: A\narchetype: search\nas_of: 2026-06-30\nreporting_currency: EUR\n"
    terms, problems = read(tmp_path, text)
    assert problems == []
    assert (terms.status, terms.display_scale, terms.exposures) == ("DRAFT", "m", ())


@pytest.mark.parametrize(
    ("old", "new", "column", "words"),
    [
        ("application", "aplication", "archetype", "expected application"),
        ("as_of: 2026-06-30", "as_of: 2026-06-31", "as_of", "found '2026-06-31'"),
        ("as_of: 2026-06-30", "as_of: 0026-06-30", "as_of", "a date after 1900"),
        ("usd", "dollars", "reporting_currency", "a currency: one of AUD"),
        ("REVIEWED", "REVIEWD", "status", "expected REVIEWED"),
        ("display_scale: k", "display_scale: mn", "display_scale", "expected m"),
        ("month: 2", "month: 13", "fiscal_year_start_month", "less than or equal to 12"),
        ("9M2025\nstatus", "soon\nstatus", "headline_period", "a period such as 2025"),
        ("cheque: 10 m", "cheque: 10 mio", "round.cheque", "10 m, 250 k, 1.2 bn"),
        ("cheque: 10 m", "cheque: -10 m", "round.cheque", "zero or more"),
        ("cheque: 10 m", "cheque: 1e99999 m", "round.cheque", "found '1e99999 m'"),
        ("ownership: 0.05", "ownership: 5", "round.ownership", "less than or equal to 1"),
        ("participating: false", "participating: no", "round.participating", "true or false"),
        ("date: 2026-06-30}", "date: 2026-07-01}", "cash.balance_date", "on or before as_of"),
        ("side: buy, supplier: OpenAI", "side: by, supplier: OpenAI", "exposure[1].side", "buy"),
        ("share: 0.4", "share: 0.5", "exposure[2].share", "found shares of 1.1 in all"),
        ("share: 0.4", "shares: 0.4", "exposure[2].shares", "a known key: share"),
        ("factor: 12/9", "factor: 12/0", "scenarios[1].terms[1].factor", "1, -1 or 12/9"),
        ("period: 9M2025}", "period: 9M25}", "scenarios[1].terms[1].period", "found '9M25'"),
        ("payer: free", "payer: nobody", "scenarios[1].payer", "paid, promo, free, internal"),
        ("grade: C", "grade: F", "scenarios[1].grade", "one of A, B, C, D, E"),
        ("cash: {", "csh: {", "csh", "a known key: cash"),
    ],
)
def test_each_mistake_names_its_key(tmp_path, old, new, column, words):
    assert old in FULL
    terms, problems = read(tmp_path, FULL.replace(old, new, 1))
    assert terms is None
    assert any(f":{column}: " in line and words in line for line in problems), problems


def test_shares_of_different_uses_are_not_added(tmp_path):
    other = FULL.replace("share: 0.4}", "share: 1, applies_to: internal_tools}")
    assert read(tmp_path, other)[1] == []


def test_many_mistakes_come_in_one_reading(tmp_path):
    text = "archetype: x\nas_of: y\nreporting_currency: z\nstatus: w\nround: {cheque: v}\nfoo: 1\n"
    assert len(read(tmp_path, text)[1]) == 7  # and the company is missing


def test_two_scenarios_need_two_names_and_one_base(tmp_path):
    second = "  - {name: leaked, from_role: cost_of_revenue, source: s, grade: D, base: true,\n"
    second += "     terms: [{concept: c}]}\n"
    text = FULL.replace("base: false", "base: true") + second
    columns = [line.split(":")[2] for line in read(tmp_path, text)[1]]
    assert columns == ["scenarios[2].base", "scenarios[2].name"]


def test_currency_and_calendar_survive_an_unusable_file(tmp_path):
    path = tmp_path / "deal.yaml"
    path.write_text("reporting_currency: CNY\nfiscal_year_start_month: 4\nas_of: 2025-06-30\n")
    terms = default_terms(path)
    assert (terms.reporting_currency, terms.fiscal_year_start_month) == ("CNY", 4)
    assert terms.as_of == date(2025, 6, 30)
    path.write_bytes(b"\xff\xfe")
    assert default_terms(path).reporting_currency == "USD"


@pytest.mark.parametrize(
    ("text", "amount"),
    [("10 m", "1e7"), ("250k", "250000"), ("1.2 bn", "1.2e9"), ("1,250,000", "1250000")],
)
def test_money_with_a_scale(text, amount):
    assert parse_scaled_amount(text) == Decimal(amount)


def test_a_fraction_is_kept_to_28_digits():
    assert parse_factor("12/9") * 9 == pytest.approx(12, abs=1e-26)
    assert len(parse_factor("1/3").as_tuple().digits) == 28
    with pytest.raises(AmountError, match="'n/a' is not a factor such as 1, -1 or 12/9"):
        parse_factor("n/a")


@given(number=st.decimals("-1e6", "1e6", places=3), scale=st.sampled_from(["k", "m", "bn"]))
def test_a_scale_multiplies_exactly(number, scale):
    powers = {"k": 3, "m": 6, "bn": 9}
    assert parse_scaled_amount(f"{number} {scale}") == number * 10 ** powers[scale]


MINIMAL = "company: A\narchetype: search\nas_of: 2026-06-30\nreporting_currency: EUR\n"


def test_earlier_classes_are_read(tmp_path):
    text = MINIMAL + (
        "round: {share_class: Series B, round_size: 10 m, cheque: 10 m, ownership: 0.1}\n"
        "preferences:\n"
        "  - {share_class: Series A, amount: 12 m, ownership: 0.2}\n"
        "  - {share_class: Seed, amount: 3 m, multiple: 1.5, seniority: 2, participating: true,\n"
        "     cap: 3, ownership: 0.12}\n"
        "  - {share_class: options, ownership: 0.1, strike: 40 m}\n"
    )
    terms, problems = read(tmp_path, text)
    assert problems == []
    first, seed, options = terms.earlier_classes
    assert (first.amount, first.multiple, first.seniority) == (12_000_000, 1, 1)
    assert (seed.cap, seed.participating, seed.seniority) == (3, True, 2)
    assert options.strike == 40_000_000


@pytest.mark.parametrize(
    ("row", "column", "expected"),
    [
        ("{share_class: A, ownership: 0.2, cap: 2}", "cap", "participating: true, or no cap"),
        (
            "{share_class: A, ownership: 0.2, participating: true, multiple: 2, cap: 1}",
            "cap",
            "at least the multiple of 2; it is included",
        ),
        ("{share_class: Series B, ownership: 0.2}", "share_class", "each class once"),
        (
            "{share_class: A, ownership: 0.95}",
            "ownership",
            "shares of at most 1 together with the round",
        ),
        (
            "{share_class: A, ownership: 0.1, amount: 1 m, strike: 2 m}",
            "strike",
            "an amount (shares) or a strike (options)",
        ),
    ],
)
def test_rights_that_do_not_fit_together_are_refused(tmp_path, row, column, expected):
    text = MINIMAL + (
        "round: {share_class: Series B, round_size: 10 m, cheque: 10 m, ownership: 0.1}\n"
        f"preferences:\n  - {row}\n"
    )
    terms, problems = read(tmp_path, text)
    assert terms is None
    (problem,) = problems
    assert problem.startswith(f"deal.yaml:7:preferences[1].{column}: found ")
    assert problem.endswith(f"expected {expected}")


def test_a_class_without_its_ownership_is_refused(tmp_path):
    text = MINIMAL + "preferences:\n  - {share_class: A, amount: 3 m}\n"
    _, problems = read(tmp_path, text)
    assert problems == [
        "deal.yaml:6:preferences[1].ownership: found nothing, expected the required key 'ownership'"
    ]
