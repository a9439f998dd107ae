"""The register of assumptions: contents, dates, overrides, schema."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest

from diligence.assumptions import AssumptionRegister
from diligence.assumptions.register import read_register
from diligence.errors import DiligenceError, InputError

AS_OF = date(2026, 6, 30)
ARCHETYPES = [
    "model_lab",
    "coding_assistant",
    "consumer_chat",
    "search",
    "image_generation",
    "enterprise_agent",
    "gpu_cloud",
    "application",
]


@dataclass(frozen=True)
class Stated:
    name: str
    value: Decimal | str
    unit: str
    reason: str = "a price clause"
    source: str = "contract, page 3"
    who: str = "A. Analyst"
    stated_on: date = date(2026, 7, 1)
    low: Decimal | None = None
    high: Decimal | None = None


@pytest.fixture(scope="module")
def register():
    return AssumptionRegister.load(AS_OF)


# Seed 002: models are obsolete in 12 to 18 months. Seed 003: margin under 50 %, COGS over 30 %.
@pytest.mark.parametrize(
    ("name", "low", "value", "high", "seed"),
    [
        ("training_life_months", "12", "15", "18", "Seed 002"),
        ("target_gross_margin", None, "0.5", None, "Seed 003"),
        ("cogs_to_arpu_limit", None, "0.3", None, "Seed 003"),
    ],
)
def test_values_of_the_articles_stand_with_their_article(register, name, low, value, high, seed):
    entry = register.get(name)
    assert (entry.low, entry.value, entry.high) == tuple(
        None if text is None else Decimal(text) for text in (low, value, high)
    )
    assert entry.source.startswith(seed)
    assert "section" in entry.source


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("serving_share_of_unresolved", "1"),
        ("pass_through", "0"),
        ("credit_discount_available", "0"),
        ("monthly_revenue_growth", "0"),
        ("unresolved_share_limit", "0.15"),
        ("supplier_share_limit", "0.7"),
        ("reconciliation_limit", "0.02"),
        ("runway_floor_months", "12"),
        ("price_multiple_max", "10"),
        ("projection_months", "36"),
    ],
)
def test_house_rules_say_that_they_are_house_rules(register, name, value):
    assert register.get(name).value == Decimal(value)
    assert register.get(name).source.startswith("House rule (grade E)")


@pytest.mark.parametrize(
    "name",
    [
        "training_cycles_per_year",
        "training_cost_per_cycle",
        "credits_booked_net",
        "free_share_of_inference",
    ],
)
def test_what_only_the_deal_can_say_has_no_default(register, name):
    assert register.get(name).value is None


def test_every_archetype_has_a_prior(register):
    for archetype in ARCHETYPES:
        entry = register.get(f"inference_share_of_ai_spend_{archetype}")
        assert 0 < entry.value <= 1
    lab = register.get("inference_share_of_ai_spend_model_lab")
    assert lab.low < Decimal(2) / Decimal(7) < lab.high


def test_every_entry_has_source_unit_and_dates(register):
    for name in register.names:
        entry = register.get(name)
        assert entry.source
        assert entry.unit
        assert entry.checked
        assert entry.effective_date <= AS_OF
        assert entry.origin == "register"


def test_an_unknown_name_is_refused_with_near_matches(register):
    with pytest.raises(InputError, match="'pass_trough'; did you mean pass_through"):
        register.get("pass_trough")
    with pytest.raises(InputError, match="did you mean pass_through"):
        register.override([Stated("pass_trough", Decimal("0.5"), "share")])


def test_an_override_makes_a_new_register(register):
    changed = register.override([Stated("pass_through", Decimal("0.5"), "share")])
    entry = changed.get("pass_through")
    assert (entry.value, entry.origin, entry.who) == (Decimal("0.5"), "deal", "A. Analyst")
    assert entry.effective_date == date(2026, 7, 1)
    assert register.get("pass_through").value == 0
    assert "pass_through: 0.5 share (deal: A. Analyst)" in changed.summary()


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        (Stated("pass_through", Decimal("40"), "share"), "between 0 and 1"),
        (Stated("pass_through", Decimal("40"), "percent"), "unit is 'share', not 'percent'"),
        (Stated("training_life_months", "long", "months"), "'long' is no number"),
        (Stated("credits_booked_net", Decimal(1), "share"), "unit is 'currency'"),
    ],
)
def test_wrong_units_and_values_are_refused(register, stated, message):
    with pytest.raises(InputError, match=message):
        register.override([stated])


def test_money_is_stated_in_any_currency(register):
    stated = Stated("credits_booked_net", Decimal("900000"), "USD")
    assert register.override([stated]).get("credits_booked_net").unit == "USD"


def test_before_its_first_date_an_entry_has_no_value():
    entry = AssumptionRegister.load(date(2021, 1, 1)).get("training_life_months")
    assert entry.value is None
    assert entry.source == "no value in force on 2021-01-01"


TWO_VALUES = """
- name: rate_card
  unit: ratio
  description: a number for this test
  values:
    - {effective_date: 2025-01-01, value: 1, source: a source to the page, checked: 2025-02-01}
    - {effective_date: 2026-01-01, value: 2, source: a source to the page, checked: 2026-02-01}
"""


def test_the_latest_value_on_or_before_the_date_is_in_force(tmp_path):
    (tmp_path / "x.yaml").write_text(TWO_VALUES, encoding="utf-8")
    (entry,) = read_register(tmp_path)
    assert entry.as_of(date(2025, 12, 31)).value == 1
    assert entry.as_of(date(2026, 1, 1)).value == 2


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2026-01-01", "2024-01-01"),
        ("value: 1,", "value: 1, low: 3,"),
        ("source: a source to the page,", ""),
        ("unit: ratio", "unit: bananas"),
        ("value: 1,", "valeu: 1,"),
    ],
)
def test_the_schema_is_checked_on_load(tmp_path, old, new):
    assert old in TWO_VALUES
    (tmp_path / "x.yaml").write_text(TWO_VALUES.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DiligenceError, match=r"x\.yaml"):
        read_register(tmp_path)


def test_a_name_stands_once_in_the_register(tmp_path):
    (tmp_path / "x.yaml").write_text(TWO_VALUES * 2, encoding="utf-8")
    with pytest.raises(DiligenceError, match="stands twice"):
        read_register(tmp_path)


def test_the_frame_has_one_row_an_entry(register):
    frame = register.to_frame()
    assert list(frame["name"]) == list(register.names)
    assert "training_life_months" in register._repr_html_()
