"""Price moves that happened: dated, sized, known from a day on."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from diligence.errors import InputError
from diligence.prices import PriceBook, RepricingEvent
from diligence.prices.repricing_events import (
    events_frame,
    in_force,
    read_events,
    repricing_events,
)

BOOK = PriceBook.load()
ALWAYS = (date(2000, 1, 1), date(2100, 1, 1))


def event(label: str) -> RepricingEvent:
    return next(e for e in repricing_events() if e.label == label)


# Sizes as published: list prices of the vendors, three parts input to one output where a pair moved
@pytest.mark.parametrize(
    ("label", "before", "after"),
    [
        ("GPT-5.5 list", "2.50/15", "5/30"),
        ("o3 cut", "10/40", "2/8"),
        ("Haiku 3.5 launch", "0.25/1.25", "1/5"),
        ("Haiku 3.5 cut", "1/5", "0.80/4"),
        ("GPT-4o cut", "5/15", "2.50/10"),
        ("GPT-4 Turbo", "30/60", "10/30"),
        ("Gemini 1.5 Flash cut", "0.35/1.05", "0.075/0.30"),
        ("Gemini 1.5 Pro cut", "3.50/10.50", "1.25/5"),
        ("DeepSeek V3 discount ends", "0.14/0.28", "0.27/1.10"),
        ("DeepSeek V3.1", "0.27/1.10", "0.56/1.68"),
        ("DeepSeek V3.2", "0.56/1.68", "0.28/0.42"),
        ("DeepSeek V4 Pro rise", "0.435/0.87", "0.66/1.98"),
        ("Gemini 2.5 Flash GA", "0.15/0.60", "0.30/2.50"),
        ("Mistral cut", "3/9", "2/6"),
        ("Opus 4.5", "15/75", "5/25"),
    ],
)
def test_the_size_is_the_ratio_of_the_prices(label: str, before: str, after: str) -> None:
    assert event(label).multiple == pytest.approx(
        blend(after) / blend(before), rel=Decimal("0.005")
    )
    assert before in event(label).what


def blend(prices: str) -> Decimal:
    given, received = map(Decimal, prices.split("/"))
    return 3 * given + received


def test_the_library_moves_both_ways_and_through_every_channel() -> None:
    events = repricing_events()

    assert {e.direction for e in events} == {"up", "down", "depends"}
    assert {"list_price", "tokenizer", "billing_unit", "cache"} <= {e.channel for e in events}
    assert all(e.source and e.grade in set("ABCDE") for e in events)
    assert all(e.known_on <= e.effective_date for e in events)
    assert all(e.low <= e.multiple <= e.high for e in events if e.low and e.multiple and e.high)


def test_copilot_has_no_multiple_because_it_depends_on_use() -> None:
    copilot = event("Copilot usage billing")

    assert copilot.multiple is None
    assert copilot.to_json()["multiple"] is None
    assert "depends on use" in copilot.summary()


def test_an_event_is_not_seen_before_it_was_known() -> None:
    labels = {e.label for e in BOOK.events(*ALWAYS, known_on=date(2024, 12, 31))}

    assert "DeepSeek V3 discount ends" in labels  # announced with the model on 26 December 2024
    assert "o3 cut" not in labels


def test_a_cancelled_rise_is_an_event_only_while_it_stood() -> None:
    rise = "Sonnet 5 rise"
    july = [e for e in BOOK.events(*ALWAYS, known_on=date(2026, 7, 31)) if e.label == rise]

    assert [e.state for e in july] == ["announced"]
    assert rise not in {e.label for e in BOOK.events(*ALWAYS, known_on=date(2026, 8, 31))}
    assert rise not in {e.label for e in BOOK.events(*ALWAYS)}
    assert rise in {e.label for e in repricing_events()}


def test_events_are_taken_by_day_of_effect() -> None:
    june = BOOK.events(date(2025, 6, 1), date(2025, 6, 30))

    assert [e.label for e in june] == ["o3 cut", "Gemini 2.5 Flash GA"]


def test_only_rises_are_drawn_on_the_stress_exhibit() -> None:
    assert all(e.direction == "up" for e in repricing_events() if e.exhibit)


def test_events_as_a_table() -> None:
    frame = events_frame(in_force(repricing_events(), date(2030, 1, 1)))

    assert set(frame["direction"]) == {"up", "down", "depends"}


def test_every_problem_of_the_file_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "events.yaml"
    path.write_text(
        "events:\n"
        "  - {date: soon, label: a, channel: mood, basis: product, multiple: 0, what: w, "
        "source: s, grade: A, checked: 2026-01-01}\n"
        "  - just words\n"
    )
    with pytest.raises(InputError) as caught:
        read_events(path)

    told = "\n".join(map(str, caught.value.problems))
    assert "events[0].date: found 'soon'" in told
    assert "events[0].channel: found 'mood', expected one of list_price" in told
    assert "events[0].multiple: found 0, expected a multiple above 0" in told
    assert "events[1]: found 'just words'" in told


def test_a_file_without_events_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "events.yaml"
    path.write_text("[]")
    with pytest.raises(InputError, match="no list of events"):
        read_events(path)
