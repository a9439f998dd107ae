"""Suppliers' margins: what is known on a day, and what is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from diligence.errors import DiligenceError, InputError
from diligence.prices.supplier_margins import SupplierMargin, SupplierMargins, read_margins

ENTRY = {
    "supplier": "acme",
    "input": "tokens",
    "rung": "realised_use",
    "concept": "compute margin",
    "margin": "0.6",
    "low": "0.5",
    "high": "0.7",
    "period_end": "2026-03-31",
    "known_on": "2026-04-30",
    "grade": "B",
    "source": "annual report",
    "checked": "2026-11-21",
}


def test_published_margins() -> None:
    # OpenAI, audited accounts of 2025 as reported: 7.50 of 13.07 is cost of revenue, the operating
    # loss 20.92 (methods D). DeepSeek: 87,072 of 562,027 USD a day, and 278 of 226.75 nodes.
    margins = SupplierMargins.known(date(2026, 6, 30))
    openai = {m.rung: m for m in margins.of("openai", input="tokens")}
    deepseek = {m.rung: m for m in margins.of("deepseek", input="tokens", model="deepseek-r1")}

    assert float(openai["free_users"].margin) == pytest.approx(1 - 7.50 / 13.07, abs=5e-4)
    assert float(openai["operating"].margin) == pytest.approx(-20.92 / 13.07, abs=5e-4)
    assert float(openai["amortised_training"].margin) == pytest.approx(
        1 - (7.50 + 10.59) / 13.07, abs=5e-4
    )
    assert openai["realised_use"].margin == Decimal("0.70")
    assert float(deepseek["peak_load"].margin) == pytest.approx(1 - 87_072 / 562_027, abs=5e-4)
    assert float(deepseek["realised_use"].margin) == pytest.approx(
        1 - 278 * 8 * 24 * 2 / 562_027, abs=5e-4
    )


def test_compute_written_off_over_fifteen_months() -> None:
    # 5 in 2024 and 10.59 in 2025, even within each year; each month's spend over 15 months
    spend = [5 / 12] * 12 + [10.59 / 12] * 12
    charged = sum(
        amount * max(0, min(24, month + 0.5 + 15) - max(12, month + 0.5)) / 15
        for month, amount in enumerate(spend)
    )
    high = SupplierMargins.known(date(2026, 6, 30)).of("openai", input="tokens")

    training = next(m for m in high if m.rung == "amortised_training")
    assert float(training.high) == pytest.approx(1 - (7.50 + charged) / 13.07, abs=5e-4)


def test_nothing_is_known_before_it_was_said() -> None:
    rungs = [
        [margin.rung for margin in SupplierMargins.known(day).of("openai", input="tokens")]
        for day in (date(2025, 12, 20), date(2025, 12, 21), date(2026, 6, 16))
    ]

    assert rungs[0] == []
    assert rungs[1] == ["realised_use"]
    assert rungs[2] == ["realised_use", "free_users", "amortised_training", "operating"]


def test_the_latest_period_rules_and_models_are_respected() -> None:
    margins = SupplierMargins.known(date(2026, 6, 30))

    operating = [m for m in margins.of("anthropic", input="tokens") if m.rung == "operating"]
    assert [m.period_end for m in operating] == [date(2026, 6, 30)]
    assert margins.of("deepseek", input="tokens", model="deepseek-v4-pro") == ()
    assert margins.of("google", input="tokens", model="gemini-2.5-flash") == ()


def test_margins_of_one_supplier_do_not_rise_with_cost() -> None:
    # A fuller cost leaves less: checked where all figures are of one year and one company.
    found = SupplierMargins.known(date(2026, 6, 30)).of("openai", input="tokens")

    values = [m.margin for m in found]
    assert values == sorted(values, reverse=True)


def test_cost_share_turns_the_range_round() -> None:
    (margin,) = read_margins([ENTRY])

    assert margin.cost_share.cases == (Decimal("0.3"), Decimal("0.4"), Decimal("0.5"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"margin": "70", "high": "70"}, "70 % is 0.7"),
        ({"low": "0.65"}, "has to rise"),
        ({"rung": "target_margin"}, "supplier_target_margin"),
    ],
)
def test_a_margin_that_cannot_be_meant_is_refused(change: dict[str, str], words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_margins([ENTRY | change])


@pytest.mark.parametrize("change", [{"rung": "cogs"}, {"colour": "blue"}, {"grade": "F"}])
def test_an_unknown_word_breaks_the_schema(change: dict[str, str]) -> None:
    with pytest.raises(DiligenceError, match=r"supplier_margins\.yaml"):
        read_margins([ENTRY | change])


def test_table_and_summary() -> None:
    margins = SupplierMargins.known(date(2026, 6, 30))

    assert len(margins.to_frame()) == len(margins.entries)
    assert "openai" in margins.summary()
    assert "<table" in margins._repr_html_()
    assert all(isinstance(entry, SupplierMargin) for entry in margins.entries)
