"""The book against price histories collected elsewhere, where they are at hand."""

from __future__ import annotations

import csv
import os
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from diligence.prices import PriceBook
from diligence.prices.repricing_events import repricing_events

REFERENCE = Path(os.environ.get("DILIGENCE_REFERENCE_DATA", "")) / "llm-prices"
pytestmark = pytest.mark.skipif(
    not os.environ.get("DILIGENCE_REFERENCE_DATA") or not REFERENCE.is_dir(),
    reason="DILIGENCE_REFERENCE_DATA does not name a folder with llm-prices",
)
BOOK = PriceBook.load()


def rows(name: str) -> list[dict[str, str]]:
    with (REFERENCE / name).open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_prices_of_2021_to_2023() -> None:
    for row in rows("early_milestones_2021_2023.csv"):
        day = date.fromisoformat(row["date"] if len(row["date"]) == 10 else f"{row['date']}-31")
        model = row["model"].removesuffix(" (GPT-3)")
        price = BOOK.as_of(day).show(model)
        found = (price.usd_per_mtok_input, price.usd_per_mtok_output)
        assert found == (Decimal(row["input_usd_mtok"]), Decimal(row["output_usd_mtok"])), row


def test_hand_checked_rises_are_in_the_event_library() -> None:
    rises = [e for e in repricing_events() if e.state == "effective" and e.direction != "down"]
    for row in rows("genuine_price_increases.csv"):
        seen = date.fromisoformat(row["effective_date"])
        # a list shows a change up to two weeks before or after the day the vendor states
        near = [
            e
            for e in rises
            if e.provider == row["vendor"] and abs(e.effective_date - seen) <= timedelta(14)
        ]
        assert near, row
        before, after = (
            3 * Decimal(row[f"input_{when}"]) + Decimal(row[f"output_{when}"])
            for when in ("before", "after")
        )
        sizes = [e.multiple for e in near]
        if before == 0:
            assert sizes == [None], row
        else:
            assert any(s and abs(s / (after / before) - 1) < Decimal("0.03") for s in sizes), row


# vendor-dated changes, and changes that several collections saw independently
def test_well_attested_changes_of_first_parties() -> None:
    attested = [
        row
        for row in rows("first_party_price_changes.csv")
        if (row["date_is_documented"] == "True" or int(row["n_sources"]) > 1)
        and row["vendor"] in {"openai", "anthropic", "deepseek"}
        and row["direction"] in {"up", "down"}
    ]
    assert len(attested) >= 4
    for row in attested:
        # a collection may be days late, never early
        seen = date.fromisoformat(row["effective_date"]) + timedelta(1)
        price = BOOK.as_of(seen).show(row["model"])
        found = (price.usd_per_mtok_input, price.usd_per_mtok_output)
        assert found == (Decimal(row["input_usd_mtok"]), Decimal(row["output_usd_mtok"])), row


def test_repricings_at_fixed_names_are_no_alias_moves() -> None:
    computed = {
        (c.provider, c.model)
        for c in BOOK.repricings(date(2024, 1, 1), date(2026, 4, 30))
        if c.kind == "repricing"
    }
    moving = {
        (row["vendor"], row["model"])
        for row in rows("first_party_price_changes.csv")
        if row["moving_alias"] == "True"
    }
    assert computed
    assert not computed & moving
