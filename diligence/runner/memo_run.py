"""One deal, from folder to memo: checked, executed, rendered, recorded, put in place at once."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from diligence.errors import InputError, RenderError
from diligence.inputs.deal import Deal
from diligence.inputs.load import load_deal
from diligence.reporting.atomic_files import write_atomically
from diligence.resources import resource_path
from diligence.runner.html import render_notebook_html
from diligence.runner.kernel_host import MEMO_PRELOAD, start_kernel_host
from diligence.runner.notebooks import ExecutedNotebook, run_notebook

MEMO_NOTEBOOK = ("notebooks", "deal_memo.ipynb")
RECORD_FILE = "run.json"
SUMMARY_FILE = "summary.json"


@dataclass(frozen=True)
class MemoRun:
    """Where a memo lies and what the run took.

    ``summary`` holds the figures that the portfolio review needs.
    """

    folder: Path
    pdf: Path
    record: Mapping[str, Any]
    summary: Mapping[str, Any]


def default_out(deal: Deal) -> Path:
    """``out/<company>/<as_of>`` below the working directory."""
    return Path("out") / company_slug(deal.company) / deal.terms.as_of.isoformat()


def company_slug(company: str) -> str:
    """Name of a company as a folder name on every system.

    Examples
    --------
    >>> company_slug("Acme / AI: Q3?")
    'acme-ai-q3'
    """
    return re.sub(r"[^\w]+", "-", company.casefold()).strip("-") or "company"


def run_memo(
    folder: Path,
    *,
    out: Path | None = None,
    as_of: date | None = None,
    draft: bool = False,
    parameters: Mapping[str, object] | None = None,
) -> MemoRun:
    """Execute the memo notebook on a deal folder and write its outputs.

    The outputs appear in ``out`` together, when all of them are ready; an earlier memo there is
    replaced only then. Nothing in the deal folder is changed.

    Parameters
    ----------
    folder
        Deal folder.
    out
        Folder for the outputs; ``out/<company>/<as_of>`` by default, never inside a deal folder.
    as_of
        Overrides the date in deal.yaml.
    draft
        Set unreadable rows aside instead of refusing the folder.
    parameters
        Further parameters of the notebook.

    Raises
    ------
    InputError
        When the folder has problems, ``out`` lies inside it, or a parameter is refused.
    RenderError
        When a cell of the notebook or the rendering fails.
    """
    started = time.perf_counter()
    start_kernel_host(MEMO_PRELOAD)
    deal = load_deal(folder, as_of=as_of, draft=draft)
    target = (out or default_out(deal)).resolve()
    require_outside(target, folder.resolve())
    wanted = {
        "deal_folder": str(folder.resolve()),
        "as_of": as_of.isoformat() if as_of else "",
        "draft": draft,
        **(parameters or {}),
    }
    with _Staging(target) as stage:
        executed = run_notebook(
            resource_path(*MEMO_NOTEBOOK),
            out=stage / "memo.ipynb",
            parameters={**wanted, "out_folder": str(stage)},
            preload=MEMO_PRELOAD,
        )
        render_notebook_html(
            executed.node,
            out=stage / "memo.html",
            title=f"{deal.company}: deal memo, {deal.terms.as_of.isoformat()}",
        )
        record = _write_record(stage, executed, seconds=time.perf_counter() - started)
        summary = json.loads((stage / SUMMARY_FILE).read_text(encoding="utf-8"))
        _put_in_place(stage, target)
    return MemoRun(target, target / "memo.pdf", record, summary)


def require_outside(target: Path, folder: Path) -> None:
    """Refuse an output folder inside a deal folder.

    Raises
    ------
    InputError
        When ``target`` is the deal folder, lies in it or in any other deal folder.
    """
    for place in (target, *target.parents):
        if place == folder or (place / "deal.yaml").exists():
            raise InputError(
                f"--out {target.name!r} lies inside the deal folder {place.name!r}, which is never "
                "written to. Name a folder outside."
            )


class _Staging:
    """A private folder beside the target, removed whatever happens."""

    def __init__(self, target: Path) -> None:
        self._target = target

    def __enter__(self) -> Path:
        try:
            self._target.parent.mkdir(parents=True, exist_ok=True)
            self._private = Path(
                tempfile.mkdtemp(prefix=f".{self._target.name}-", dir=self._target.parent)
            )
            # The same last name in every run: the notebook keeps it in its parameters cell.
            self._path = self._private / "memo"
            self._path.mkdir()
        except OSError as error:
            raise RenderError(
                f"Cannot write below {self._target.parent.name!r}: {error.strerror}. Name a folder "
                "you may write to with --out."
            ) from error
        return self._path

    def __exit__(self, *_: object) -> None:
        failed = self._path / "memo.failed.ipynb"
        if failed.exists():
            failed.replace(self._target.parent / f"{self._target.name}.failed.ipynb")
        shutil.rmtree(self._private, ignore_errors=True)


def _write_record(stage: Path, executed: ExecutedNotebook, *, seconds: float) -> dict[str, Any]:
    path = stage / RECORD_FILE
    record = json.loads(path.read_text(encoding="utf-8"))
    record["outputs"] = {
        file.relative_to(stage).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(stage.rglob("*"))
        if file.is_file() and file != path
    }
    record["timing"] = {**executed.timing, "run": seconds}
    write_atomically(path, json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    return dict(record)


def _put_in_place(stage: Path, target: Path) -> None:
    earlier = stage.parent / "earlier"
    try:
        if target.exists():
            target.rename(earlier)
        stage.rename(target)
    except OSError as error:
        if earlier.exists() and not target.exists():
            earlier.rename(target)
        raise RenderError(
            f"Cannot replace {target.name!r}: {error.strerror}. Close the memo or workbook in "
            "other programs and run again."
        ) from error
