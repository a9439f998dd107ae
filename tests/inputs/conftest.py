"""Tiny deal folders for the tests of this folder."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from diligence.assumptions import ExchangeRates
from diligence.inputs.context import ReadingContext
from diligence.inputs.deal import Archetype, DealTerms
from diligence.inputs.problems import ProblemLog

DEAL = """\
company: Acme AI
archetype: application
as_of: 2025-12-31
reporting_currency: USD
"""
LEDGER = """\
period,account,amount,unit,role
2025Q3,AWS hosting,"1,200",USD k,cost_of_revenue
2025Q3,GPU cluster,800,USD k,research_and_development
"""
REVENUE = "period,net,unit\n2025Q3,4000,USD k\n"


@pytest.fixture
def write_files() -> Callable[..., Path]:
    """Write files by name, text as UTF-8; None leaves a file out."""

    def write(folder: Path, files: dict[str, str | bytes | None]) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            if content is not None:
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content.encode() if isinstance(content, str) else content)
        return folder

    return write


@pytest.fixture
def good_folder(tmp_path: Path, write_files: Callable[..., Path]) -> Callable[..., Path]:
    """Write the smallest folder that loads, with files added, replaced or left out."""

    def make(files: dict[str, str | bytes | None] | None = None, *, name: str = "acme") -> Path:
        smallest = {"deal.yaml": DEAL, "ledger.csv": LEDGER, "revenue.csv": REVENUE}
        return write_files(tmp_path / name, smallest | (files or {}))

    return make


@pytest.fixture
def make_context() -> Callable[..., ReadingContext]:
    """What a reader of one file needs."""

    def make(*, currency: str = "USD", fiscal_month: int = 1) -> ReadingContext:
        terms = DealTerms(
            "Acme AI",
            Archetype.APPLICATION,
            date(2025, 12, 31),
            currency,
            fiscal_year_start_month=fiscal_month,
        )
        return ReadingContext(terms, ExchangeRates.load(), ProblemLog())

    return make


@pytest.fixture
def read_csv(
    tmp_path: Path, make_context: Callable[..., ReadingContext]
) -> Callable[..., tuple[tuple, list[str]]]:
    """Run a reader on a text and return what it read and the problems as lines."""

    def read(reader: Callable[..., tuple], text: str, **terms: object) -> tuple[tuple, list[str]]:
        path = tmp_path / "records"
        path.write_text(text, encoding="utf-8", newline="\n")
        context = make_context(**terms)
        rows = reader(path, name="x.csv", context=context)
        return rows, [str(problem) for problem in context.log.problems]

    return read
