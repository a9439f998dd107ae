"""Deal folders small enough to check by hand, for tests that run a deal from end to end."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path

CASES = Path(__file__).parents[1] / "datasets" / "cases"

DEAL = """\
company: {company}
archetype: application
as_of: 2025-12-31
reporting_currency: USD
exposure:
  - {{input: tokens, side: buy, supplier: OpenAI, share: 1, applies_to: inference}}
"""
LEDGER = """\
period,account,amount,unit,role,vendor
2025,Model API,300,USD k,cost_of_revenue,OpenAI
2025,Customer support,180,USD k,cost_of_revenue,
2025,Rent,840,USD k,general_and_administrative,
"""
REVENUE = """\
period,net,unit
2025,1200,USD k
"""
CASH = """\
kind,item,period,amount,unit
cash,bank,2025-12,240,USD k
operating_cash_flow,operating cash flow,2025,-120,USD k
"""


def write_deal(folder: Path, *, company: str = "Acme AI", **files: str | None) -> Path:
    """Write revenue 1200 with inference 300 and support 180 in cost of revenue; None leaves out.

    Paid margin 60 %, k* 3.4 to no margin and 1.4 to half, runway 240 / 10 = 24 months.
    """
    contents = {
        "deal.yaml": DEAL.format(company=company),
        "ledger.csv": LEDGER,
        "revenue.csv": REVENUE,
        "cash.csv": CASH,
    } | {name.replace("__", "."): text for name, text in files.items()}
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in contents.items():
        if text is not None:
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return folder


def copy_case(name: str, folder: Path, *, changes: Iterable[tuple[str, str, str]] = ()) -> Path:
    """Copy a bundled case and replace texts: file, old text (found exactly once), new text."""
    shutil.copytree(CASES / name, folder)
    for file, old, new in changes:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, (file, old, text.count(old))
        path.write_text(text.replace(old, new), encoding="utf-8", newline="\n")
    return folder


def tree_digest(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def pdf_text(path: Path) -> str:
    """Text of a PDF in one line, without the spaces that only steer line breaks."""
    from pypdf import PdfReader

    pages = " ".join(page.extract_text() for page in PdfReader(path).pages)
    return " ".join(pages.replace("\u200b", "").replace("\u00a0", " ").split())
