"""A deal from folder to memo: the same bytes anywhere, drafts, and deal text as mere data."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from datetime import date
from pathlib import Path

import nbformat
import pytest
from openpyxl import load_workbook

from diligence.cli import run
from diligence.errors import InputError
from diligence.runner.memo_run import company_slug, run_memo
from tests.small_deals import CASES, LEDGER, copy_case, pdf_text, tree_digest, write_deal

PRODUCTS = {"memo.pdf", "memo.html", "memo.ipynb", "memo.xlsx", "requests.xlsx", "run.json"}
BAD_ROW = "2025,Mystery,nine hundred,USD k,cost_of_revenue,\n"
UNIT_ROW = "2025,Consultants,77,USD k,overhead,\n"


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    """MiniMax twice: other process, hash seed, place of the deal, place of the memo, directory."""
    outs = []
    for seed, deal, out in (
        ("0", "one/minimax", "first"),
        ("4242", "two/deep/minimax", "b/second"),
    ):
        root = tmp_path_factory.mktemp("place")
        folder = root / deal
        folder.parent.mkdir(parents=True)
        copy_case("minimax", folder)
        before = tree_digest(folder)
        done = subprocess.run(
            [sys.executable, "-m", "diligence", "memo", str(folder), "--out", out],
            capture_output=True,
            text=True,
            check=False,
            cwd=root,
            env=os.environ | {"PYTHONHASHSEED": seed, "TZ": f"Etc/GMT+{seed[0]}"},
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[-1] == str(Path(out) / "memo.pdf")
        assert "Traceback" not in done.stderr
        assert tree_digest(folder) == before
        outs.append(root / out)
    return outs


def test_two_runs_give_the_same_bytes(twice):
    first, second = (tree_digest(out) for out in twice)
    assert set(first) >= PRODUCTS
    assert any(name.startswith("exhibits/") for name in first)
    differing = {name for name in first if first[name] != second.get(name)}
    assert differing <= {"run.json"}
    assert set(first) == set(second)


def test_run_records_differ_in_their_timing_only(twice):
    records = [json.loads((out / "run.json").read_text(encoding="utf-8")) for out in twice]
    timings = [record.pop("timing") for record in records]
    assert records[0] == records[1]
    assert all(timing["run"] > 0 for timing in timings)


def test_the_run_record_has_a_digest_of_every_input_and_output(twice):
    record = json.loads((twice[0] / "run.json").read_text(encoding="utf-8"))
    known = {entry["path"]: entry["sha256"] for entry in record["inputs"]}
    assert known == tree_digest(CASES / "minimax")
    written = tree_digest(twice[0])
    del written["run.json"]
    assert record["outputs"] == written
    assert re.fullmatch("[0-9a-f]{12}", record["run_id"])
    assert record["run_id"] in pdf_text(twice[0] / "memo.pdf")


def test_no_output_holds_a_path_of_this_machine(twice):
    for out in twice:
        places = {str(out), str(out.parent), str(CASES.parent), str(Path.home()), sys.prefix}
        for path in out.rglob("*"):
            if path.suffix in (".html", ".ipynb", ".json", ".svg"):
                text = path.read_text(encoding="utf-8")
                assert not [place for place in places if place in text], path.name
        cells = [
            str(cell.value)
            for sheet in load_workbook(out / "memo.xlsx")
            for row in sheet.iter_rows()
            for cell in row
        ]
        assert not [cell for cell in cells if cell.startswith("/")]
        pdf = (out / "memo.pdf").read_bytes()
        assert not [place for place in places if place.encode() in pdf]


def test_the_page_loads_nothing_from_elsewhere(twice):
    html = (twice[0] / "memo.html").read_text(encoding="utf-8")
    loads = re.findall(
        r"""(?:src|href|srcset|action|data)\s*=\s*["']?\s*((?:https?:)?//[^"'\s>]*)""", html
    )
    assert loads == []
    assert not re.search(r"url\(\s*[\"']?(https?:)?//", html)
    assert not re.search(r"@import|<link|<iframe|fetch\(|XMLHttpRequest", html)


def test_the_executed_notebook_is_whole_and_clean(twice):
    node = nbformat.read(twice[0] / "memo.ipynb", as_version=4)
    code = [cell for cell in node.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code if cell.source.strip())
    assert not [out for cell in code for out in cell.outputs if out.output_type == "error"]
    assert not [out for cell in code for out in cell.outputs if out.get("name") == "stderr"]


def test_the_summary_is_the_row_of_the_review(twice):
    row = json.loads((twice[0] / "summary.json").read_text(encoding="utf-8"))
    # (53.44 - 40.99) / 53.44 and 1 + 12.45 / 37.98
    assert row["reported_margin"] == pytest.approx(12.45 / 53.44)
    assert row["break_even_0"] == pytest.approx(1 + 12.45 / 37.98)
    assert row["verdict"] == "fragile"
    record = json.loads((twice[0] / "run.json").read_text(encoding="utf-8"))
    assert row["run_id"] in ("", record["run_id"])


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    root = tmp_path_factory.mktemp("plain")
    folder = write_deal(root / "acme")
    return folder, run_memo(folder, out=root / "memo")


def test_the_outputs_stand_in_the_folder_and_nothing_else_beside_it(plain):
    _, done = plain
    assert done.pdf.read_bytes()[:5] == b"%PDF-"
    assert {path.name for path in done.folder.iterdir()} >= PRODUCTS
    assert {path.name for path in done.folder.parent.iterdir()} == {"acme", "memo"}
    if os.name != "nt":
        assert stat.S_IMODE(done.folder.stat().st_mode) == 0o755


def test_a_second_run_replaces_the_first_and_an_earlier_date_changes_it(plain):
    folder, done = plain
    (done.folder / "stale.txt").write_text("from an earlier version")
    again = run_memo(folder, out=done.folder)
    assert not (done.folder / "stale.txt").exists()
    assert again.record["run_id"] == done.record["run_id"]
    assert again.record["outputs"] == done.record["outputs"]
    later = run_memo(folder, out=done.folder.parent / "later", as_of=date(2026, 6, 30))
    assert later.record["as_of"] == "2026-06-30"
    assert later.record["run_id"] != done.record["run_id"]


def test_a_refused_run_leaves_the_earlier_memo_alone(plain, tmp_path):
    folder = write_deal(tmp_path / "acme")
    done = run_memo(folder, out=tmp_path / "memo")
    before = tree_digest(done.folder)
    (folder / "revenue.csv").write_text("period,net,unit\n2025,lots,USD k\n")
    with pytest.raises(InputError):
        run_memo(folder, out=tmp_path / "memo")
    assert tree_digest(done.folder) == before
    assert {path.name for path in tmp_path.iterdir()} == {"acme", "memo"}


def test_unknown_parameters_are_refused_before_a_kernel_starts(plain, tmp_path):
    folder, _ = plain
    with pytest.raises(InputError, match="cannot be run with these parameters"):
        run_memo(folder, out=tmp_path / "memo", parameters={"price_multiple_maximum": 3.0})
    assert list(tmp_path.iterdir()) == []


def test_the_default_folder_is_named_by_company_and_date(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_deal(tmp_path / "deals" / "acme", company="Acme AI")
    assert run(["memo", "deals/acme"]) == 0
    shown = capsys.readouterr().out.splitlines()[-1]
    assert shown == str(Path("out") / "acme-ai" / "2025-12-31" / "memo.pdf")
    assert Path(shown).is_file()


@pytest.mark.parametrize(
    ("company", "folder"),
    [("Acme / AI: Q3?", "acme-ai-q3"), ("../../etc", "etc"), ("???", "company"),
     ("智谱", "智谱"), ("CON.", "con")],
)  # fmt: skip
def test_a_company_name_is_a_folder_name_on_every_system(company, folder):
    found = company_slug(company)
    assert found == folder
    assert not set(found) & set('<>:"/\\|?*. ')


@pytest.fixture(scope="module")
def draft(tmp_path_factory):
    root = tmp_path_factory.mktemp("draft")
    folder = write_deal(root / "acme", ledger__csv=LEDGER + BAD_ROW + UNIT_ROW)
    with pytest.raises(InputError):
        run_memo(folder, out=root / "refused")
    return run_memo(folder, out=root / "memo", draft=True)


def test_a_draft_sets_rows_aside_stamps_itself_and_lists_their_money(draft):
    text = pdf_text(draft.pdf)
    assert "DRAFT" in text
    assert "Rows set aside in this draft" in text
    assert "ledger.csv:5:amount: found 'nine hundred'" in text
    assert "ledger.csv:6:role: found 'overhead'" in text
    assert re.search(r"2 rows", text)
    assert "0.08" in text.split("Rows set aside in this draft")[1][:600]


def test_a_draft_keeps_what_can_be_read(draft):
    assert draft.summary["reported_margin"] == pytest.approx(0.6)


def test_a_reviewed_deal_with_nothing_aside_is_no_draft(tmp_path):
    folder = write_deal(tmp_path / "acme")
    deal = folder / "deal.yaml"
    deal.write_text(deal.read_text() + "status: FINAL\n")
    text = pdf_text(run_memo(folder, out=tmp_path / "memo").pdf)
    assert "DRAFT" not in text
    assert "Status FINAL" in text


def test_deal_text_is_data_in_pdf_page_and_workbook(tmp_path):
    name, account = '#panic("x") <script>alert(1)</script>', "=cmd()|' /C calc'!A1"
    deal = (
        f"company: '{name}'\narchetype: application\nas_of: 2025-12-31\nreporting_currency: USD\n"
        "exposure: [{input: tokens, side: buy, supplier: '<b>#set</b>', share: 1}]\n"
    )
    ledger = LEDGER + f'2025,"{account}",5,USD k,cost_of_revenue,<img src=x onerror=alert(2)>\n'
    words = (
        "# Conditions\n\n<script>alert(3)</script> [link](javascript:alert(4)) ![x](http://e.x/y)\n"
    )
    folder = write_deal(
        tmp_path / "acme", deal__yaml=deal, ledger__csv=ledger, commentary__md=words
    )
    done = run_memo(folder, out=tmp_path / "memo")
    text = pdf_text(done.pdf)
    assert name in text
    assert "=cmd()" in text
    html = (done.folder / "memo.html").read_text(encoding="utf-8")
    assert "alert(1)&lt;/script&gt;" in html
    for raw in ("<script>alert(", "<img src=x", 'href="javascript:', 'src="http'):
        assert raw not in html
    cells = [
        cell
        for sheet in load_workbook(done.folder / "memo.xlsx")
        for row in sheet.iter_rows()
        for cell in row
    ]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    assert account in {cell.value for cell in cells}


def test_a_deal_without_exposure_or_cash_still_gets_its_memo(tmp_path):
    deal = "company: Acme AI\narchetype: application\nas_of: 2025-12-31\nreporting_currency: USD\n"
    folder = write_deal(tmp_path / "acme", deal__yaml=deal, cash__csv=None)
    done = run_memo(folder, out=tmp_path / "memo")
    text = pdf_text(done.pdf)
    assert "Reported gross margin 60.0 %" in text
    assert "cannot say" in text
    assert "not computable" in text


def test_a_notebook_in_the_deal_folder_is_not_run(tmp_path):
    trap = tmp_path / "trap"
    node = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(f"open({str(trap)!r}, 'w').close()")]
    )
    folder = write_deal(tmp_path / "acme")
    nbformat.write(node, folder / "deal_memo.ipynb")
    run_memo(folder, out=tmp_path / "memo")
    assert not trap.exists()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named(plain, tmp_path, capsys):
    folder, _ = plain
    tmp_path.chmod(0o500)
    assert run(["memo", str(folder), "--out", str(tmp_path / "memo")]) == 2
    assert "may write to" in capsys.readouterr().err


def test_an_out_that_is_a_file_is_refused_with_a_sentence(plain, tmp_path, capsys):
    folder, _ = plain
    (tmp_path / "taken").write_text("mine")
    assert run(["memo", str(folder), "--out", str(tmp_path / "taken" / "memo")]) == 2
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    assert "did not expect" not in said.err
    assert (tmp_path / "taken").read_text() == "mine"
