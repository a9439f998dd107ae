"""Write the six fictional sample deals and what they hide.

``python datasets/samples/build_samples.py`` writes the computed files again; running it twice
changes nothing. What people write (deal.yaml, contracts, claims, assumptions, rulings,
commentary) is kept by hand in each folder. No such companies exist.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType

import ardent_lattice
import harrow_agents
import lantern_find
import pebble_chat
import tallowmere_code
import vellum_grain
from hidden_truth import truth_of
from sample_deal import LEDGER_HEADER, SampleDeal, ledger_rows
from sample_files import csv_text, write
from statements import cash_csv, revenue_csv

COMPANIES: tuple[ModuleType, ...] = (
    tallowmere_code,
    pebble_chat,
    lantern_find,
    vellum_grain,
    harrow_agents,
    ardent_lattice,
)
HERE = Path(__file__).parent


def sample_files(company: ModuleType) -> dict[str, bytes]:
    """Every computed file of one folder by its path."""
    deal: SampleDeal = company.DEAL
    books = {
        "ledger.csv": csv_text(LEDGER_HEADER, ledger_rows(deal)),
        "revenue.csv": revenue_csv(deal),
        "cash.csv": cash_csv(deal),
    }
    files: dict[str, bytes] = company.files()
    return files | {name: text.encode() for name, text in books.items()}


def truth_json() -> bytes:
    """What each deal hides, over the last twelve months, in whole dollars."""
    truth = {company.DEAL.name: truth_of(company.DEAL) for company in COMPANIES}
    return (json.dumps(truth, indent=2) + "\n").encode()


def build(folder: Path) -> None:
    """Write all folders and truth.json."""
    for company in COMPANIES:
        for name, content in sample_files(company).items():
            write(folder / company.DEAL.name / name, content)
    write(folder / "truth.json", truth_json())


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
