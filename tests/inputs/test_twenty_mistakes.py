"""Twenty mistakes of twenty kinds give twenty lines, each at its place, and touch nothing."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from diligence.cli import run
from diligence.errors import InputError
from diligence.inputs.load import check_deal, load_deal

DEAL = """\
company: Acme AI
archetype: chatbot
as_of: 2025-12-31
reporting_currency: USD
colour: blue
"""
EXPOSURE = """\
exposure:
  - {input: tokens, side: buy, supplier: OpenAI, share: 0.7, applies_to: inference}
  - {input: tokens, side: buy, supplier: Anthropic, share: 0.6, applies_to: inference}
"""
LEDGER = """\
period,start,end,account,amount,unit,role,of_which,text
2025Q1,,,AWS hosting,1200,USD k,cost_of_revenue,,
2025Q1,,,OpenAI API,lots,USD k,cost_of_revenue,,
2025Q1,,,Support,90,USD furlongs,cost_of_revenue,,
2025Q1,,,Payments,40,XQZ k,cost_of_revenue,,
2025Q1,,,Fees,3,percent of parent,cost_of_revenue,,
2025Q2,,,AWS hosting,1300,USD k,cost_of_revenue,,
2025Q2,,,Support,100,USD k,cost_of_revenue,,
2025Q2,,,Cost of revenue,1900,USD k,subtotal,,AWS hosting;Support
2025Q2,,,Insurance,7,USD k,general_and_administrative,,
2025Q2,,,Insurance,7,USD k,general_and_administrative,,
2025Q2,,,Rent,250,USD k,general_and_administrative,,
,2025-06-15,2025-07-15,Rent,80,USD k,general_and_administrative,,
"""
REVENUE = """\
period,net,unit
2025Q1,4000,USD k
2025Q2,44"""
FACTS = """\
concept,value,unit,period,document,page,keyed_by
headcount,120,count,2025Q1,board pack,p. 3,AA
headcount,130,count,2025Q1,board pack,p. 9,AA
"""
CASH = """\
kind,item,date,amount
cash,bank,2025-06-30,9000
"""
RUNS = """\
name,purpose,start,end,cost,unit,outcome,release_date
Base,final_run,2025-02-30,2025-03-31,400,USD k,released,2025-04-15
Small,final_run,2025-03-01,2025-04-30,100,USD k,released,2025-01-15
"""
OVERRIDES = """\
- {name: pass_thru, value: 0.5, unit: share, reason: contract, source: contract, who: AA,
   date: 2025-11-30}
"""
DECISIONS = """\
selector,class,reason,who,date
acount=AWS hosting,neither,no accelerators,AA,2025-11-30
"""
CLAIMS = """\
- {concept: gross_margin, unit: percent, source: deck, page: 4, period: 2025Q2}
"""

FILES: dict[str, bytes] = {
    "deal.yaml": DEAL.encode(),
    "ledger.csv": LEDGER.encode(),
    "revenue.csv": REVENUE.encode(),
    "facts.csv": FACTS.encode(),
    "cash.csv": CASH.encode(),
    "training_runs.csv": RUNS.encode(),
    "assumptions.yaml": OVERRIDES.encode(),
    "decisions.csv": DECISIONS.encode(),
    "claims.yaml": CLAIMS.encode(),
    "commentary.md": "Prix élevé".encode("latin-1"),
    "mapping.yaml": b"",
    "revenues.csv": b"period,net,unit\n",
}

# Row by row: where each mistake stands, and a word of what is said about it.
MISTAKES = [
    ("assumptions.yaml", 1, "name", "pass_through"),  # unknown assumption, near match named
    ("cash.csv", 1, "unit", "no such column"),  # missing column
    ("claims.yaml", 1, "[1].value", "required"),  # claim without value
    ("commentary.md", 1, "", "UTF-8"),  # wrong encoding
    ("deal.yaml", 2, "archetype", "'chatbot'"),  # unknown archetype
    ("deal.yaml", 5, "colour", "'colour'"),  # unknown key
    ("decisions.csv", 2, "selector", "account"),  # bad selector
    ("facts.csv", 3, "status", "a second used value of 'headcount'"),  # two used facts
    ("ledger.csv", 3, "amount", "'lots'"),  # text where an amount belongs
    ("ledger.csv", 4, "unit", "'USD furlongs'"),  # unknown unit
    ("ledger.csv", 5, "unit", "'XQZ k'"),  # unknown currency
    ("ledger.csv", 6, "of_which", "percentage"),  # percent without parent
    ("ledger.csv", 9, "amount", "the difference is 500,000"),  # subtotal: 1300 + 100, not 1900
    ("ledger.csv", 11, "", "the same row as row 10"),  # duplicate row
    ("ledger.csv", 13, "period", "overlaps 2025Q2 in row 12"),  # overlapping periods
    ("mapping.yaml", 0, "", "an empty file"),  # empty file
    ("revenue.csv", 3, "", "looks cut off"),  # truncated file
    ("revenues.csv", 0, "", "did you mean revenue.csv?"),  # unknown file name
    ("training_runs.csv", 2, "start", "'2025-02-30'"),  # a date that does not exist
    ("training_runs.csv", 3, "release_date", "2025-03-01"),  # release before start
]


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    deal = tmp_path / "acme"
    deal.mkdir()
    for name, content in FILES.items():
        (deal / name).write_bytes(content)
    return deal


def test_twenty_mistakes_give_twenty_lines_each_at_its_place(folder, capsys):
    before = digests(folder)
    assert run(["check", str(folder)]) == 2
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    places = [f"{file}:{row}:{column}: found " for file, row, column, _ in MISTAKES]
    assert [line[: line.index("found ") + 6] for line in lines] == places
    for line, (*_, word) in zip(lines, MISTAKES, strict=True):
        assert word in line
        assert ", expected " in line
    assert "Traceback" not in printed.out + printed.err
    assert digests(folder) == before


def test_every_other_command_refuses_the_folder_with_the_same_lines(folder, capsys):
    run(["check", str(folder)])
    problems = capsys.readouterr().out.splitlines()
    for command in ("split", "stress"):
        assert run([command, str(folder)]) == 2
        refused = capsys.readouterr()
        assert refused.out == ""
        assert refused.err.splitlines()[1:] == problems


def test_a_problem_is_data_for_a_program_too(folder):
    with pytest.raises(InputError) as refusal:
        load_deal(folder)
    assert refusal.value.problems == check_deal(folder)


@pytest.mark.parametrize("other", ["", "colour: blue\n", "archetype: chatbot\n", "status: MAYBE\n"])
def test_exposure_shares_above_one_are_named_beside_any_other_mistake(folder, other):
    stated = "company: Acme AI\nas_of: 2025-12-31\nreporting_currency: USD\n"
    archetype = "" if "archetype" in other else "archetype: application\n"
    (folder / "deal.yaml").write_text(stated + archetype + other + EXPOSURE)
    found = [str(p) for p in check_deal(folder) if p.file == "deal.yaml"]
    assert len(found) == 1 + bool(other)
    assert any("shares of 1.3 in all for tokens to buy" in line for line in found)
