"""The trajectory command as an analyst and a program meet it."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from diligence.cli import run
from diligence.trajectories import backtest, fit_experience_curve, fit_random_walk

ENTRY = {
    "series", "method", "n", "decline_per_year", "half_life_months", "forecast", "backtest",
    "notes",
}  # fmt: skip
STEP = {"date", "median", "low80", "high80", "low95", "high95"}
HALVING = "date,cost\n2022,8\n2023,4\n2024,2\n2025,1\n"


@pytest.fixture
def ask(tmp_path, capsys):
    """Write a file, run the command on it, and return exit code, output and messages."""

    def ask_about(text, *options, name="chat.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        code = run(["trajectory", str(path), *options])
        said = capsys.readouterr()
        return code, said.out, said.err

    return ask_about


@pytest.fixture
def entries(ask):
    def read_entries(text, *options):
        code, out, err = ask(text, "--json", *options)
        assert (code, err) == (0, "")
        shown = json.loads(out)
        assert set(shown) == {"series"}
        return shown["series"]

    return read_entries


def monthly(changes, series="chat"):
    months = pd.date_range("2023-01-01", periods=len(changes), freq="MS").strftime("%Y-%m")
    cost = np.exp(np.cumsum(changes))
    return [
        f"{month},{value!r},{series}" for month, value in zip(months, cost.tolist(), strict=True)
    ]


def test_one_series_without_a_name_gives_one_entry(entries):
    (entry,) = entries(HALVING, "--horizon", "3")
    assert set(entry) >= ENTRY
    assert entry["series"] == "chat"
    assert entry["n"] == 4
    assert entry["decline_per_year"]["estimate"] == pytest.approx(0.5)
    assert entry["half_life_months"] == pytest.approx(12)
    assert [step["date"] for step in entry["forecast"]] == ["2026", "2027", "2028"]
    for step in entry["forecast"]:
        assert set(step) == STEP
        ends = [step[name] for name in ("low95", "low80", "median", "high80", "high95")]
        assert ends == sorted(ends)
    assert entry["backtest"]["n"] == 0
    assert entry["backtest"]["coverage80"] is None
    assert entry["backtest"]["crps"] is None


def test_the_entry_is_the_librarys_fit(entries):
    rows = monthly(np.random.default_rng(1).normal(-0.05, 0.1, 24))
    (entry,) = entries("\n".join(["date,cost,series", *rows]), "--horizon", "6")
    cost = pd.Series(
        [float(row.split(",")[1]) for row in rows],
        index=pd.DatetimeIndex([f"{row.split(',')[0]}-01" for row in rows]),
    )
    fit, scored = fit_random_walk(cost), backtest(cost)
    low, high = fit.conf_int(0.90)
    assert entry["decline_per_year"] == pytest.approx(
        {"estimate": fit.decline_per_year, "low90": low, "high90": high}
    )
    for name in ("median", "low80", "high95"):
        assert [step[name] for step in entry["forecast"]] == pytest.approx(fit.forecast(6)[name])
    assert entry["forecast"][0]["date"] == "2025-01"
    assert entry["backtest"]["n"] == scored.n
    assert entry["backtest"]["coverage80"] == pytest.approx(scored.coverage80)
    assert entry["backtest"]["crps"] == pytest.approx(scored.crps)
    assert entry["notes"] == list(fit.notes)


def test_a_rise_is_a_negative_decline_without_half_life(entries):
    (entry,) = entries("date,cost\n2022,1\n2023,2\n2024,4\n2025,8\n", "--horizon", "1")
    assert entry["decline_per_year"]["estimate"] == pytest.approx(-1)
    assert entry["half_life_months"] is None


def test_steps_are_the_median_spacing(entries):
    (entry,) = entries("date,cost\n2024Q1,4\n2024Q2,3\n2024Q3,2.5\n2024Q4,2\n", "--horizon", "2")
    assert [step["date"] for step in entry["forecast"]] == ["2025Q1", "2025Q2"]
    gap = "date,cost\n2025-01,4\n2025-02,3\n2025-04,2.5\n2025-05,2\n2025-06,1.9\n"
    (entry,) = entries(gap, "--horizon", "1")
    assert entry["forecast"][0]["date"] == "2025-07"
    assert any("uneven" in note for note in entry["notes"])


def test_a_bad_series_has_its_error_and_the_others_are_fitted(entries):
    rows = [f"{year},{cost},good" for year, cost in enumerate([8, 4, 2, 1], start=2022)]
    rows += ["2025,1,alone", "2022,3,zero", "2023,0,zero", "2024,2,zero", "2025,1,zero"]
    rows += ["2022,3,negative", "2023,-1,negative", "2024,2,negative", "2025,1,negative"]
    rows += ["2022,3,twice", "2022,3,twice", "2024,2,twice", "2025,1,twice"]
    rows += ["2022,3,empty", "2023,,empty", "2024,2,empty", "2025,1,empty"]
    shown = entries("\n".join(["date,cost,series", *rows]), "--horizon", "1")
    assert [entry["series"] for entry in shown] == [
        "good", "alone", "zero", "negative", "twice", "empty",
    ]  # fmt: skip
    assert "error" not in shown[0]
    assert all(set(entry) == {"series", "error"} for entry in shown[1:])
    words = [entry["error"] for entry in shown[1:]]
    assert "at least 4 points, got 1" in words[0]
    assert "found 0.0 at 2023" in words[1]
    assert "add credits and refunds back" in words[2]
    assert "stands twice" in words[3]
    assert "do not interpolate" in words[4]


@pytest.mark.parametrize(
    "method", ["log_trend", "local_level", "damped_trend", "combination", "auto"]
)
def test_every_method_gives_the_same_shape(entries, method):
    rows = monthly(np.random.default_rng(2).normal(-0.05, 0.1, 10))
    text = "\n".join(["date,cost,series", *rows])
    (entry,) = entries(text, "--horizon", "2", "--method", method)
    assert set(entry) >= ENTRY
    assert entry["method"] == ("random_walk" if method == "auto" else method)
    assert entry["backtest"]["n"] > 0
    assert len(entry["forecast"]) == 2


def test_auto_says_why(entries):
    (entry,) = entries(HALVING, "--horizon", "1", "--method", "auto")
    assert entry["method"] == "random_walk"
    assert entry["notes"][-1].startswith("Default: 0 past dates to forecast from cannot tell")


def test_an_experience_curve_reads_volume(entries):
    years = range(2018, 2026)
    cost, volume = [10, 9, 8.5, 7, 6.5, 6, 5, 4.6], [5, 11, 20, 28, 40, 55, 69, 89]
    rows = [f"{y},{c},{v}" for y, c, v in zip(years, cost, volume, strict=True)]
    text = "\n".join(["date,cost,volume", *rows])
    (entry,) = entries(text, "--horizon", "1", "--method", "experience_curve")
    index = pd.DatetimeIndex([f"{year}-01-01" for year in years])
    fit = fit_experience_curve(
        pd.Series(cost, index=index, dtype=float), pd.Series(volume, index=index, dtype=float)
    )
    assert entry["decline_per_year"]["estimate"] == pytest.approx(fit.decline_per_year)
    (other,) = entries(
        text, "--horizon", "1", "--method", "experience_curve", "--volume-basis", "per_period"
    )
    assert other["decline_per_year"]["estimate"] != pytest.approx(fit.decline_per_year)


def test_the_table_shows_intervals_and_backtest(ask):
    rows = monthly(np.random.default_rng(3).normal(-0.05, 0.1, 12))
    code, out, err = ask("\n".join(["date,cost,series", *rows]), "--horizon", "2")
    assert (code, err) == (0, "")
    assert "chat: random walk with drift, 12 points" in out
    assert "80 % interval" in out
    assert "past forecasts: 80 % intervals held" in out
    assert "2024-01" in out


def test_columns_without_a_part_are_named_on_standard_error(ask):
    code, out, err = ask(
        "date,cost,remark\n2022,8,x\n2023,4,\n2024,2,\n2025,1,\n", "--horizon", "1"
    )
    assert code == 0
    assert err == "chat.csv: columns without a part in this: remark\n"
    assert "remark" not in out


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("date,cost\n2025-01,abc\n", (), "chat.csv:2:cost: found 'abc'"),
        ("date,cost\nsoon,1\n", (), "chat.csv:2:date: found 'soon'"),
        ("when,cost\n2025,1\n", (), "the column 'date'"),
        ("", (), "an empty file"),
        ("date,cost\n2025,1\n", (), "chat.csv: no series can be fitted."),
        (HALVING, ("--horizon", "0"), "Invalid value for '--horizon'"),
        (HALVING, ("--horizon", "soon"), "Invalid value for '--horizon'"),
        (HALVING, ("--method", "crystal_ball"), "'crystal_ball' is not a method"),
        (HALVING, ("--method", "experience_curve"), "there is no volume"),
        (HALVING, ("--volume-basis", "weekly"), "Invalid value for '--volume-basis'"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(ask, text, options, words):
    code, out, err = ask(text, "--horizon", "1", *options)
    assert code == 2
    assert out == ""
    assert words in err
    assert "Traceback" not in err


def test_a_file_whose_series_all_fail_still_prints_them_as_json(ask):
    code, out, err = ask("date,cost\n2025,1\n", "--horizon", "1", "--json")
    assert code == 2
    assert set(json.loads(out)["series"][0]) == {"series", "error"}
    assert "at least 4 points, got 1" in err


def test_a_file_that_is_not_there(capsys):
    assert run(["trajectory", "nowhere.csv", "--horizon", "1"]) == 2
    assert "'nowhere.csv' is not a file" in capsys.readouterr().err


def test_the_installed_command_prints_nothing_but_json(tmp_path):
    path = tmp_path / "chat.csv"
    path.write_text(HALVING, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "diligence", "trajectory", str(path), "--horizon", "1", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["series"][0]["n"] == 4


def test_many_series_go_through_one_pass_and_stay_in_order(entries):
    random = np.random.default_rng(4)
    names = [f"series {number}" for number in range(300)]
    rows = [row for name in names for row in monthly(random.normal(-0.05, 0.1, 12), name)]
    shown = entries("\n".join(["date,cost,series", *rows]), "--horizon", "3")
    assert [entry["series"] for entry in shown] == names
    assert all(len(entry["forecast"]) == 3 for entry in shown)
