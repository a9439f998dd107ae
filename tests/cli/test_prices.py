"""``diligence prices``: JSON other programs read, exit codes, vintages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from diligence.cli import run
from diligence.prices import PriceBook
from tests.prices.price_lists import row, write_list

SHOW = ["prices", "show"]


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert run(["prices", *arguments, "--json"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    return json.loads(said.out)


def test_show_has_the_shape_other_programs_read(capsys: pytest.CaptureFixture[str]) -> None:
    shown = printed(capsys, "show", "gpt-5.5", "--as-of", "2026-06-30", "--known-on", "2026-07-01")

    assert {
        "provider": "openai",
        "model": "gpt-5.5",
        "as_of": "2026-06-30",
        "known_on": "2026-07-01",
        "state": "effective",
        "usd_per_mtok": {"input": 5.0, "output": 30.0, "cached_input": 0.5},
        "effective_date": "2026-04-23",
        "vintage": PriceBook.load().vintage,
    }.items() <= shown.items()
    assert shown["source"]


def test_a_day_before_the_first_dated_price_is_null_with_a_state(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown = printed(capsys, "show", "gpt-5.5", "--as-of", "2020-01-01")

    assert shown["usd_per_mtok"] == {"input": None, "output": None, "cached_input": None}
    assert (shown["state"], shown["effective_date"]) == ("unknown", None)
    assert "2026-04-23" in shown["reason"]


def test_the_same_day_seen_from_two_days(capsys: pytest.CaptureFixture[str]) -> None:
    states = [
        printed(capsys, "show", "claude-sonnet-5", "--as-of", "2026-09-15", "--known-on", known_on)[
            "state"
        ]
        for known_on in ("2026-07-31", "2026-08-31")
    ]
    assert states == ["announced", "effective"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([*SHOW, "gpt-55"], "near matches: gpt-5.5 (openai)"),
        ([*SHOW, "gpt-5.5", "--provider", "opnai"], "near matches: openai"),
        ([*SHOW, "gpt-5.5", "--as-of", "2026-02-30"], "--as-of: '2026-02-30'"),
        ([*SHOW, "gpt-5.5", "--known-on", "soon"], "--known-on: 'soon'"),
        (["prices", "list", "--provider", "opnai"], "near matches: openai"),
        (["prices", "events", "--from", "then"], "--from: 'then'"),
        ([*SHOW, "gpt-5.5", "--list", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_exit_2(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert "Traceback" not in shown.err
    assert shown.out == ""


def test_list_names_every_model_of_a_provider(capsys: pytest.CaptureFixture[str]) -> None:
    listed = printed(capsys, "list", "--provider", "deepseek", "--as-of", "2026-06-30")

    by_model = {price["model"]: price for price in listed}
    assert by_model["deepseek-v4-pro"]["usd_per_mtok"]["input"] == 0.435
    assert run(["prices", "list", "--provider", "deepseek", "--as-of", "2026-06-30"]) == 0
    assert PriceBook.load().vintage in capsys.readouterr().out


def test_events_name_what_moved_and_the_vintage(capsys: pytest.CaptureFixture[str]) -> None:
    span = ("--from", "2025-06-01", "--as-of", "2025-06-30")
    shown = printed(capsys, "events", *span)

    assert [e["label"] for e in shown["events"]] == ["o3 cut", "Gemini 2.5 Flash GA"]
    changes = [(c["model"], c["multiple"], c["kind"]) for c in shown["list_price_changes"]]
    assert changes == [("o3", 0.2, "repricing")]
    assert run(["prices", "events", *span]) == 0
    assert "openai/o3: 10/40 to 2/8 USD per Mtok, x0.2" in capsys.readouterr().out


def test_a_list_of_your_own_rules_and_grows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held = write_list(tmp_path / "mine.csv", row("m", "2025-01-01"))
    new = write_list(tmp_path / "new.csv", row("m", "2025-03-01", prices="8,32,"))

    assert run(["prices", "append", str(new), "--to", str(held)]) == 0
    assert "mine.csv: 1 row\n" in capsys.readouterr().out
    shown = printed(
        capsys, "show", "m", "--provider", "acme", "--list", str(held), "--as-of", "2025-06-30"
    )
    assert shown["usd_per_mtok"]["input"] == 8.0
    assert run(["prices", "append", str(new), "--to", str(held)]) == 2
