"""The command line as other programs and analysts meet it: help, exit codes, no traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from diligence.cli import run
from tests.small_deals import CASES, tree_digest, write_deal

COMMANDS = (
    "screen", "new", "check", "split", "stress", "memo", "lab", "portfolio", "portfolio run",
    "trajectory", "prices", "prices list", "prices show", "prices events", "prices index",
    "prices append",
)  # fmt: skip
HEAVY = (
    "pandas", "numpy", "scipy", "statsmodels", "altair", "papermill", "nbconvert", "nbformat",
    "IPython", "typst", "yaml", "pydantic", "openpyxl", "genai_prices",
)  # fmt: skip
SIX = ["screen", "--arr", "12m", "--growth", "150%", "--gross-margin", "60%"]
SIX += ["--ai-spend", "3m", "--cash", "20m", "--burn", "800k", "--as-of", "2025-12-31"]


def python(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
        env=os.environ | variables,
    )


@pytest.fixture
def acme(tmp_path):
    return write_deal(tmp_path / "acme")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does(command, capsys):
    assert run([*command.split(), "--help"]) == 0
    printed = capsys.readouterr().out
    sentences = [line.strip() for line in printed.splitlines() if line.startswith("  ")]
    assert len(sentences[0]) > 20
    assert "Options:" in printed


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_and_argument_is_explained(command, capsys):
    run([*command.split(), "--help"])
    listed = capsys.readouterr().out.split("Options:", 1)[1].splitlines()
    for line in listed:
        if line.startswith("  --"):
            assert len(line.split(maxsplit=1)[1].strip()) > 5, line


def test_every_command_is_documented(capsys):
    run(["--help"])
    listed = capsys.readouterr().out
    for command in COMMANDS:
        assert f"  {command.split()[0]} " in listed


def test_help_loads_no_heavy_library():
    code = (
        "import sys\nfrom diligence.cli import run\nassert run(['--help']) == 0\n"
        f"print('loaded:', *sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    done = python("-c", code)
    assert done.stdout.splitlines()[-1] == "loaded:"
    assert done.stderr == ""


def test_the_module_and_the_script_are_the_same_command(acme):
    script = Path(sys.executable).parent / ("diligence.exe" if os.name == "nt" else "diligence")
    runs = [python("-m", "diligence", "split", str(acme), "--json")]
    if script.exists():
        runs.append(
            subprocess.run(
                [script, "split", acme, "--json"], capture_output=True, text=True, check=False
            )
        )
    for done in runs:
        assert done.returncode == 0
        assert json.loads(done.stdout)["company"] == "Acme AI"
        assert done.stderr == ""


REFUSED = {
    "unknown command": ["prise"],
    "unknown option": ["check", "DEAL", "--jsn"],
    "no folder": ["check"],
    "missing folder": ["check", "NOWHERE"],
    "missing folder, memo": ["memo", "NOWHERE"],
    "a file for a folder": ["split", "DEAL/deal.yaml"],
    "as-of in words": ["split", "DEAL", "--as-of", "yesterday"],
    "as-of that does not exist": ["stress", "DEAL", "--as-of", "2025-02-30"],
    "as-of before all books": ["split", "DEAL", "--as-of", "2001-01-01"],
    "as-of in words, memo": ["memo", "DEAL", "--as-of", "soon"],
    "out inside the deal": ["memo", "DEAL", "--out", "DEAL/out"],
    "out is the deal": ["memo", "DEAL", "--out", "DEAL"],
    "out inside another deal": ["memo", "DEAL", "--out", "OTHER/memo"],
    "new in a folder with files": ["new", "DEAL"],
    "new over a file": ["new", "DEAL/deal.yaml"],
    "six numbers without five": ["screen", "--arr", "12m"],
    "words for numbers": [*SIX[:2], "lots", *SIX[3:]],
    "an unknown archetype": [*SIX, "--archetype", "chatbot"],
    "an unknown currency": [*SIX, "--currency", "XQZ"],
    "no quarter": ["portfolio", "run", "DEAL"],
    "a quarter that is none": ["portfolio", "run", "DEAL", "--quarter", "2026Q5"],
    "no deals": ["portfolio", "run", "EMPTY", "--quarter", "2026Q1"],
    "no workers": ["portfolio", "run", "DEAL", "--quarter", "2026Q1", "--workers", "0"],
    "a mapping for nothing": ["check", "EMPTY", "--propose-mapping"],
    "lab on a missing folder": ["lab", "NOWHERE"],
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_ends_with_two_and_a_sentence(name, acme, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    places = {"DEAL": acme, "NOWHERE": tmp_path / "nowhere", "EMPTY": tmp_path / "empty"}
    places["OTHER"] = write_deal(tmp_path / "other")
    arguments = []
    for word in REFUSED[name]:
        for key, place in places.items():
            word = word.replace(key, str(place)) if word.startswith(key) else word
        arguments.append(word)
    before = tree_digest(tmp_path)
    assert run(arguments) == 2
    said = capsys.readouterr()
    assert len(said.err.strip()) > 20
    assert "Traceback" not in said.out + said.err
    assert "did not expect" not in said.err
    assert said.out == ""
    assert tree_digest(tmp_path) == before


def test_without_arguments_the_commands_are_listed(capsys):
    assert run([]) in (0, 2)
    said = capsys.readouterr()
    for command in COMMANDS:
        assert f"  {command.split()[0]} " in said.out + said.err


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("deal.yaml", b"\x00\x01\x02"),
        ("deal.yaml", b"company: [unclosed"),
        ("deal.yaml", b"- a\n- b\n"),
        ("ledger.csv", b"\x89PNG\r\n\x1a\n\x00\x00"),
        ("ledger.csv", b"period,account,amount,unit,role\n"),
        ("revenue.csv", b"\xff\xfe\x00"),
        ("cash.csv", b"kind\n\"\n"),
        ("facts.csv", b",,,,\n,,,,\n"),
        ("claims.yaml", b"{a: {b: &x [*x]}}"),
        ("assumptions.yaml", b"name: 1"),
        ("mapping.yaml", b"files: {ledger.csv: {layout: wide}}"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", ["check", "split"])
def test_no_damaged_file_gives_a_traceback(command, file, content, acme, capsys):
    (acme / file).write_bytes(content)
    assert run([command, str(acme)]) == 2
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err
    assert "did not expect" not in said.err
    assert file in said.out + said.err


RULING = "selector,class,reason,who,date\naccount=No such line,neither,staging,AA,2025-12-01\n"


@pytest.mark.parametrize(
    ("file", "addition"),
    [
        ("decisions.csv", RULING),
        ("deal.yaml", "headline_period: 2019\n"),
        ("deal.yaml", "scenarios:\n  - {name: more, payer: free, from_role: other_operating, "
         "source: press, grade: C, terms: [{concept: no_such_fact, factor: 1}]}\n"),
    ],
    ids=["ruling", "headline", "scenario"],
)  # fmt: skip
def test_what_check_lets_pass_the_other_commands_can_use(file, addition, acme, capsys):
    path = acme / file
    earlier = path.read_text() if path.exists() else ""
    path.write_text(earlier + addition)
    assert run(["split", str(acme)]) == 2
    assert run(["check", str(acme)]) == 2
    assert f"{file}:" in capsys.readouterr().out


def test_check_finds_nothing_in_a_good_folder_and_prints_nothing_to_read(acme, capsys):
    before = tree_digest(acme)
    assert run(["check", str(acme)]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert "No problem" in said.err
    assert tree_digest(acme) == before


def test_check_prints_a_line_a_problem(acme, capsys):
    (acme / "revenue.csv").write_text("period,net,unit\n2025,lots,USD k\n2024,5,USD q\n")
    assert run(["check", str(acme)]) == 2
    assert capsys.readouterr().out.splitlines() == [
        "revenue.csv:2:net: found 'lots', expected an amount such as 1,200.50 or (1,200.50)",
        "revenue.csv:3:unit: found 'USD q', expected a unit of money such as USD, USD k, USD m or "
        "CNY bn",
    ]


def test_new_writes_templates_that_check_reads_and_asks_to_fill_in(tmp_path, capsys):
    target = tmp_path / "new deal"
    assert run(["new", str(target)]) == 0
    assert capsys.readouterr().out.strip() == str(target)
    names = {path.name for path in target.iterdir()}
    assert {"deal.yaml", "ledger.csv", "revenue.csv", "cash.csv", "data_requests.md"} <= names
    assert run(["check", str(target)]) in (0, 2)
    said = capsys.readouterr()
    assert "unknown file" not in said.out
    assert "unknown key" not in said.out
    assert "Traceback" not in said.out + said.err


@pytest.mark.parametrize("case", ["minimax", "openai", "zhipu", "quillfern-code"])
@pytest.mark.parametrize("command", ["check", "split", "stress"])
def test_the_bundled_cases_pass_every_command(command, case, capsys):
    assert run([command, str(CASES / case)]) == 0
    assert capsys.readouterr().err in ("", "No problem found.\n")


def test_an_earlier_as_of_sees_fewer_books(capsys):
    folder = str(CASES / "minimax")
    assert run(["split", folder, "--json", "--as-of", "2025-10-31"]) == 0
    periods = json.loads(capsys.readouterr().out)["period"]
    assert periods["end"] == "2025-09-30"


def test_a_bug_in_the_program_ends_with_two_and_no_traceback(acme, capsys, monkeypatch):
    import diligence.analysis

    def broken(deal):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(diligence.analysis, "analyse", broken)
    monkeypatch.delenv("DILIGENCE_TRACEBACK", raising=False)
    assert run(["split", str(acme)]) == 2
    said = capsys.readouterr()
    assert "ZeroDivisionError: division by zero" in said.err
    assert "Traceback" not in said.err


def test_lists_of_commands_in_the_readme_exist(capsys):
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    run(["--help"])
    listed = capsys.readouterr().out
    named = {
        line.split("diligence ", 1)[1].split()[0]
        for line in readme.splitlines()
        if line.strip().startswith(("diligence ", ".venv/bin/diligence "))
    }
    for command in named - {"--help"}:
        assert f"  {command} " in listed
