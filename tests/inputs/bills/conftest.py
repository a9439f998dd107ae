"""Small bills, read from a folder of the test."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from diligence.inputs.bills import Bill, read_bill
from diligence.inputs.mapping import BillMapping
from diligence.inputs.problems import ProblemLog

HEADER = (
    "BilledCost,EffectiveCost,BillingCurrency,ChargeCategory,ChargePeriodStart,ChargeDescription"
)


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., tuple[Bill | None, list[str]]]:
    """Write a bill and read it; what mapping.yaml says are the keywords."""

    def run(
        content: str | bytes | Path, *, name: str = "bill.csv", **mapping: object
    ) -> tuple[Bill | None, list[str]]:
        path = content if isinstance(content, Path) else tmp_path / name
        if not isinstance(content, Path):
            raw = content.encode() if isinstance(content, str) else content
            path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
        log = ProblemLog()
        entry = BillMapping.model_validate(mapping) if mapping else None
        bill = read_bill(path, name=name, log=log, mapping=entry)
        return bill, [str(problem) for problem in log.problems]

    return run


@pytest.fixture
def focus() -> Callable[..., str]:
    """A small FOCUS file: rows of billed, effective, currency, category, day and description."""

    def write(*rows: str) -> str:
        return "\n".join([HEADER, *rows]) + "\n"

    return write
